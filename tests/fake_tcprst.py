#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for tcprst where the test frame itself is tested: the capture is a text file, each line overrides one verdict."""

import json
import sys

VERDICT = {
    "capture": sys.argv[-1], "frame": 2, "layer": 1, "src": "192.0.2.1", "src_port": 80,
    "dst": "192.0.2.2", "dst_port": 40000, "final": True, "duplicate_of": None,
    "cause": "closed-port", "strength": "certain", "alternatives": [], "stage": "syn-sent",
    "acceptance": "exact", "effect": "reset", "sender": "server", "origin": "endpoint",
    "severity": "benign", "trigger_frame": 1, "event_frame": 2, "idle_seconds": None,
    "evidence": [{"fact": "answers-syn", "text": "it answers a SYN", "frame": 1, "capture": None}],
}
for number, line in enumerate(open(sys.argv[-1], encoding="utf-8"), 2):
    if line.startswith("exit"):
        sys.exit(int(line.split()[1]))
    print(json.dumps({**VERDICT, "frame": number, **json.loads(line)}))

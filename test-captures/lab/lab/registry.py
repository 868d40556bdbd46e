# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of scenarios: one decorated function each, one recording for each family and path it asks for."""

from dataclasses import dataclass, field


@dataclass
class Spec:
    name: str                     # the files' name, beginning with the id of the cause
    run: object
    family: int
    path: str
    seconds: float                # about how long it takes: long ones start first
    sentence: str
    derive: tuple
    options: dict = field(default_factory=dict)


SCENARIOS = {}


def scenario(base, *, families=(4, 6), paths=("plain",), seconds=2, derive=(), **options):
    """Register a scenario function.

    paths: plain, lossy, reordered, duplicated, jittery; those but plain are recorded with one family, turn and turn
    about. derive: names of lab/derive.py. options: rtt_ms (a number, or (least, most)), timestamps, scaling, link
    ("wire" or "veth"), offload, extra_dumps, vantages, thin (two views a seed, of an impaired path and of IPv6 one;
    the default for a module is its THIN).
    """
    def register(function):
        options.setdefault("thin", function.__globals__.get("THIN", False))
        sentence = " ".join(function.__doc__.split())
        for path in paths:
            impaired = (families[(len(SCENARIOS)) % len(families)],) if path != "plain" else families
            for family in impaired:
                name = f"{base}.v{family}" + ("" if path == "plain" else "." + path)
                if name in SCENARIOS:
                    raise ValueError(f"two scenarios are called {name}")
                SCENARIOS[name] = Spec(name, function, family, path, seconds, sentence, tuple(derive), dict(options))
        return function
    return register

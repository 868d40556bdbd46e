# SPDX-License-Identifier: GPL-2.0-or-later
"""The exam nobody wrote scenarios for: random programs over random chains of boxes, captured at every hop.

    loop.py       one thread: programs are generators that yield what they wait for
    fabric.py     nodes (network namespaces), places of capture, and the user-space wires between them; the lineage of packets
    boxes.py      what stands on a wire or in a router: impairments, rewriting, filters, devices, forgers
    programs.py   what runs at the two ends
    situation.py  draws one situation from a seed and runs it
    truth.py      who made each RST, in which state, drawn by what: and which causes are right
    views.py      what is written of it: every place, some cut short, one-sided or begun late
    score.py      asks a tcprst, counts and prints
    command.py    the command line; many situations side by side
"""

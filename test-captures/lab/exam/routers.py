# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet filters of the kernel: at routers and at the ends themselves, from the start or from some moment on (nft)."""

from .boxes import decades

KINDS = ("reject-port", "reject-mid", "reject-mid", "drop-mid", "idle-filter", "idle-filter", "masquerade", "masquerade-idle",
         "synproxy")
HOST_KINDS = ("reject-input", "reject-input", "reject-input-mid", "reject-output")


def draw_filters(situation, rng):
    """What the routers (and hosts) of a situation filter."""
    from .themes import THEMES
    theme = THEMES[situation.theme]
    routers = [node for node in situation.nodes if node.kind == "router"]
    wanted = situation.filter or theme.filter
    if wanted is None:
        wanted = rng.choice(KINDS) if routers and rng.random() < 0.22 else None
    if wanted and routers:
        install(situation, rng.choice(routers), wanted, rng)
    if rng.random() < 0.05 and theme.host_filters:
        install_at_host(situation, situation.node[rng.choice("xyy")], rng.choice(HOST_KINDS), rng)


def port_rule(situation, rng, both=True):
    port = rng.choice(situation.ports)
    return rng.choice((f"tcp dport {port}", f"tcp sport {port}", "meta l4proto tcp") if both else (f"tcp dport {port}",))


def install(situation, node, kind, rng):
    space = node.space

    def note(name=kind):
        node.drain(None)
        situation.filter_added(node.name, name)

    if kind == "reject-port":
        space.chain("forward", f"{port_rule(situation, rng, False)} reject with tcp reset")
        note()
    elif kind == "reject-mid":
        rule = port_rule(situation, rng)

        def add():
            space.chain("forward", f"{rule} reject with tcp reset")
            note()
        situation.loop.after(decades(rng, 0.1, 2), add)
    elif kind == "drop-mid":
        rule = port_rule(situation, rng)

        def drop():
            space.chain("forward", f"{rule} drop")
            note()
        situation.loop.after(decades(rng, 0.1, 2), drop)
    elif kind == "idle-filter":
        conntrack_times(space, rng.choice((1, 1, 2)))
        space.chain("forward", "ct state new tcp flags & (syn|rst|ack) == ack reject with tcp reset")
        note()
    elif kind in ("masquerade", "masquerade-idle"):
        if kind == "masquerade-idle":
            conntrack_times(space, rng.choice((1, 1, 2)))
        out = node.places[-1].device
        space.chain("postrouting", f"oifname {out} masquerade", kind="nat", priority=100)
        note()
    elif kind == "synproxy":
        ports = ", ".join(str(port) for port in situation.ports)
        space.sysctl(net_netfilter_nf_conntrack_tcp_loose=0)
        space.chain("prerouting", f"tcp dport {{ {ports} }} tcp flags & (syn|ack) == syn notrack", priority=-300)
        stamp = " timestamp" if situation.timestamps else ""
        space.chain("forward", f"tcp dport {{ {ports} }} ct state invalid,untracked "
                    f"synproxy mss 1460 wscale 7{stamp} sack-perm", "ct state invalid drop")
        note()


def conntrack_times(space, seconds):
    space.sysctl(**{f"net_netfilter_nf_conntrack_tcp_timeout_{name}": seconds
                    for name in ("established", "unacknowledged", "max_retrans", "close_wait", "fin_wait")})


def install_at_host(situation, node, kind, rng):
    port = rng.choice(situation.ports)
    own = f"tcp dport {port}" if node.name == "y" else f"tcp sport {port}"
    out = f"tcp sport {port}" if node.name == "y" else f"tcp dport {port}"

    def add():
        node.drain(None)
        if kind == "reject-output":
            node.space.chain("output", f"{out} reject with tcp reset")
        else:
            node.space.chain("input", f"{own} reject with tcp reset")
        situation.filter_added(node.name, kind)
    if kind == "reject-input" and node.name == "y":
        add()
    else:
        situation.loop.after(decades(rng, 0.1, 2), add)

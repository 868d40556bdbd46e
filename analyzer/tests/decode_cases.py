# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decoder must see in which packets: one row a case."""
import struct

from packets import (ethernet, extension, fragment6, gre, ipv4, ipv6, mpls, ppp, pppoe, snap, tcp, udp, vlan)


class Case:
    """frames: octets or (octets, length on the wire). expect: for each frame a list of what its segments must have."""

    def __init__(self, name, link_type, frames, expect, tshark=True):
        self.name, self.link_type, self.frames, self.expect = name, link_type, frames, expect
        self.tshark = tshark  # False: tshark differs, the comment at the row says why


V4 = {"src": "10.0.0.1", "dst": "10.0.0.2", "sport": "1234", "dport": "80", "flags": "0x014", "ttl": "64", "len": "0"}
V6 = {"src": "2001:0db8:0000:0000:0000:0000:0000:0001", "sport": "1234", "flags": "0x014", "ttl": "63", "len": "0",
      "flow": str(0xabcde)}
CASES = []


def case(name, link_type, frame, *expect, tshark=True):
    CASES.append(Case(name, link_type, [frame], [list(expect)], tshark))


def cases(name, link_type, frames, expect, tshark=True):
    CASES.append(Case(name, link_type, frames, expect, tshark))


four, six = ipv4(tcp()), ipv6(tcp())
frame = ethernet(four)
long_four = ipv4(tcp(payload=bytes(100)))

# ---- Ethernet and what stands between it and IP ----
case("ethernet-ipv4", 1, frame, V4)
case("ethernet-ipv6", 1, ethernet(six, 0x86dd), V6)
case("ethernet-padding", 1, frame + bytes(6), V4)
case("ethernet-padding-nonzero", 1, frame + b"\x55" * 10, V4)
case("vlan", 1, ethernet(vlan(four), 0x8100), V4)
case("vlan-ipv6", 1, ethernet(vlan(six, 0x86dd), 0x8100), V6)
case("qinq-88a8", 1, ethernet(vlan(vlan(four), 0x8100), 0x88a8), V4)
case("qinq-9100", 1, ethernet(vlan(vlan(four), 0x8100), 0x9100), V4)
case("vlan-three", 1, ethernet(vlan(vlan(vlan(four), 0x8100), 0x8100), 0x8100), V4)
case("vlan-snap", 1, ethernet(vlan(snap(four), len(snap(four))), 0x8100), V4)
case("snap", 1, ethernet(snap(four), len(snap(four))), V4)
case("snap-padding", 1, ethernet(snap(four) + bytes(4), len(snap(four))), V4)
case("snap-cisco-90", 1, ethernet(snap(four, organisation=0xf8), len(snap(four))), V4)
case("snap-bridged", 1, ethernet(snap(frame, 7, 0x80c2), len(snap(frame))))
case("snap-other-organisation", 1, ethernet(snap(four, organisation=0x123456), len(snap(four))))
case("llc-ip", 1, ethernet(b"\x06\x06\x03" + four, 3 + len(four)), V4)
case("length-1501-is-neither", 1, ethernet(snap(four), 1501))
case("mpls-ipv4", 1, ethernet(mpls(four), 0x8847), V4)
case("mpls-three-labels", 1, ethernet(mpls(four, (16, 17, 18)), 0x8847), V4)
case("mpls-ipv6", 1, ethernet(mpls(six), 0x8847), V6)
case("mpls-explicit-null", 1, ethernet(mpls(four, (0,)), 0x8847), V4)
case("mpls-explicit-null-v6", 1, ethernet(mpls(six, (2,)), 0x8847), V6)
case("mpls-router-alert", 1, ethernet(mpls(four, (1, 20)), 0x8847), V4)
case("mpls-entropy", 1, ethernet(mpls(four, (20, 7, 5000)), 0x8847), V4)
case("mpls-upstream", 1, ethernet(mpls(four), 0x8848), V4)
# tshark looks for known vendors in the addresses, we at the type: it does not know made-up addresses.
case("eompls", 1, ethernet(mpls(frame), 0x8847), V4, tshark=False)
case("eompls-control-word", 1, ethernet(mpls(bytes(4) + frame), 0x8847), V4, tshark=False)
case("eompls-control-word-sequence", 1, ethernet(mpls(b"\0\0\0\5" + frame), 0x8847), V4, tshark=False)
case("eompls-vlan", 1, ethernet(mpls(bytes(4) + ethernet(vlan(four), 0x8100)), 0x8847), V4, tshark=False)
real = bytes.fromhex("001b213c4d5e001b213c4d5f0800")
case("eompls-real-addresses", 1, ethernet(mpls(real + four), 0x8847), V4)
case("eompls-real-addresses-control-word", 1, ethernet(mpls(bytes(4) + real + four), 0x8847), V4)
case("eompls-high-nibble", 1, ethernet(mpls(bytes.fromhex("f41b213c4d5e841b213c4d5f0800") + four), 0x8847), V4, tshark=False)
case("pppoe", 1, ethernet(pppoe(four), 0x8864), V4)
case("pppoe-ipv6", 1, ethernet(pppoe(six, 0x0057), 0x8864), V6)
case("pppoe-vlan", 1, ethernet(vlan(pppoe(four), 0x8864), 0x8100), V4)
case("pppoe-padding", 1, ethernet(pppoe(four) + bytes(8), 0x8864), V4)
case("pppoe-mpls", 1, ethernet(pppoe(mpls(four), 0x0281), 0x8864), V4)
case("pppoe-discovery", 1, ethernet(pppoe(four), 0x8863))
case("backbone", 1, ethernet(bytes(4) + frame, 0x88e7), V4)
case("vn-tag", 1, ethernet(bytes(4) + b"\x08\x00" + four, 0x8926), V4)
case("hsr", 1, ethernet(bytes(4) + b"\x08\x00" + four, 0x892f), V4)
case("r-tag", 1, ethernet(bytes(4) + b"\x08\x00" + four, 0xf1c1), V4)
case("e-tag", 1, ethernet(bytes(6) + b"\x08\x00" + four, 0x893f), V4)
case("cisco-metadata", 1, ethernet(b"\1\1\0\1\0\7\x08\0" + four, 0x8909), V4)
case("nsh-ipv4", 1, ethernet(b"\x0f\xc6\x01\x01" + bytes(20) + four, 0x894f), V4)
case("nsh-ethernet", 1, ethernet(b"\x0f\xc2\x02\x03" + bytes(4) + frame, 0x894f), V4)
case("bridging-ethertype", 1, ethernet(frame, 0x6558), V4)
case("ppp-ethertype", 1, ethernet(ppp(four, framing=b""), 0x880b))
case("unknown-ethertype", 1, ethernet(four, 0x1234))

# ---- IP ----
case("ipv4-options", 1, ethernet(ipv4(tcp(), options=b"\x01" * 8)), V4)
case("ipv4-total-0", 1, ethernet(ipv4(tcp(payload=bytes(30)), total=0)), {**V4, "len": "30"})
case("ipv4-total-0-padding", 1, ethernet(ipv4(tcp(), total=0)) + bytes(6), {**V4, "len": "6"})
case("ipv4-total-too-large", 1, ethernet(ipv4(tcp(payload=bytes(30)), total=1000)), {**V4, "len": "30"})
case("ipv4-total-too-small", 1, ethernet(ipv4(tcp(), total=19)))
case("ipv4-total-cuts-tcp", 1, ethernet(ipv4(tcp(), total=30)), tshark=False)  # tshark shows the ports
case("ipv4-header-too-small", 1, ethernet(b"\x44" + four[1:]))
case("ipv4-version-5", 1, ethernet(ipv4(tcp(), version=5)))
case("ipv4-version-6-in-0800", 1, ethernet(six, 0x0800), V6)
case("ipv4-version-6-in-gre", 1, ethernet(ipv4(gre(six), 47)), V6)
case("ipv4-version-6-in-ipip", 1, ethernet(ipv4(six, 4)), V6)
case("ipv4-version-6-in-ppp", 9, ppp(six), V6)
case("ipv4-version-6-in-null", 0, b"\2\0\0\0" + six, V6)
case("ipv4-version-6-in-228", 228, six, V6)
case("ipv6-version-4-in-41", 1, ethernet(ipv4(ipv4(tcp()), 41)))
case("ipv6-version-4-in-229", 229, four)
case("ipv6-version-4-in-86dd", 1, ethernet(four, 0x86dd))
case("ipv4-cut-behind-flags", 1, (ethernet(long_four)[:14 + 20 + 14], 14 + len(long_four)), {**V4, "len": "100", "win": "-1"}, tshark=False)  # tshark shows the ports only; a plugin sees it all
case("ipv4-cut-at-header", 1, (ethernet(long_four)[:14 + 20 + 20], 14 + len(long_four)), {**V4, "len": "100"})
case("ipv4-cut-before-flags", 1, (ethernet(long_four)[:14 + 20 + 13], 14 + len(long_four)), tshark=False)
case("ipv6-plain-cut", 1, (ethernet(ipv6(tcp(payload=bytes(50))), 0x86dd)[:14 + 40 + 20], 14 + 40 + 70), {**V6, "len": "50"})
case("ipv6-length-0", 1, ethernet(ipv6(tcp(), length=0), 0x86dd))
case("ipv6-length-too-large", 1, ethernet(ipv6(tcp(payload=bytes(9)), length=500), 0x86dd), {**V6, "len": "9"})
case("ipv6-padding", 1, ethernet(six, 0x86dd) + bytes(12), V6)
case("ipv6-hop-by-hop", 1, ethernet(ipv6(extension(6) + tcp(), 0), 0x86dd), V6)
case("ipv6-destination", 1, ethernet(ipv6(extension(6, bytes([1, 4]) + bytes(4)) + tcp(), 60), 0x86dd), V6)
case("ipv6-chain", 1, ethernet(ipv6(extension(60) + extension(43) + extension(60, b"\2\0\0\0\0\0" + bytes(16)) + extension(6) + tcp(), 0), 0x86dd), V6)
case("ipv6-ah", 1, ethernet(ipv6(bytes([6, 4]) + bytes(22) + tcp(), 51), 0x86dd), V6)
case("ipv6-mobility", 1, ethernet(ipv6(extension(6, bytes(6)) + tcp(), 135), 0x86dd))
case("ipv6-hip", 1, ethernet(ipv6(bytes([6, 4, 1, 0x11]) + bytes(36) + tcp(), 139), 0x86dd))
case("ipv6-shim6", 1, ethernet(ipv6(bytes([6, 0, 0x80]) + bytes(5) + tcp(), 140), 0x86dd), V6)
case("ipv6-routing-0", 1, ethernet(ipv6(extension(6, bytes([0, 1]) + bytes(4) + bytes.fromhex("20010db8000000000000000000000099")) + tcp(), 43), 0x86dd),
     {**V6, "dst": "2001:0db8:0000:0000:0000:0000:0000:0099"}, tshark=False)  # tshark's ipv6.dst stays the header's
case("ipv6-routing-2", 1, ethernet(ipv6(extension(6, bytes([2, 1]) + bytes(4) + bytes.fromhex("20010db8000000000000000000000099")) + tcp(), 43), 0x86dd),
     {**V6, "dst": "2001:0db8:0000:0000:0000:0000:0000:0099"}, tshark=False)
case("ipv6-segment-routing", 1, ethernet(ipv6(extension(6, bytes([4, 1, 1, 0, 0, 0]) + bytes.fromhex("20010db8000000000000000000000099" "20010db8000000000000000000000002")) + tcp(), 43), 0x86dd),
     {**V6, "dst": "2001:0db8:0000:0000:0000:0000:0000:0099"}, tshark=False)
case("ipv6-home-address", 1, ethernet(ipv6(extension(6, bytes([1, 2, 0, 0, 201, 16]) + bytes.fromhex("20010db8000000000000000000000077")) + tcp(), 60), 0x86dd),
     {**V6, "src": "2001:0db8:0000:0000:0000:0000:0000:0077"}, tshark=False)
case("ipv6-no-next", 1, ethernet(ipv6(tcp(), 59), 0x86dd))
case("ipv6-atomic-fragment", 1, ethernet(ipv6(fragment6(6, 0, 0, 1, tcp()), 44), 0x86dd), V6)
jumbo = tcp(payload=bytes(66000))
case("ipv6-jumbo", 1, ethernet(ipv6(extension(6, struct.pack("!BBI", 0xc2, 4, 8 + len(jumbo))) + jumbo, 0, length=0), 0x86dd), {**V6, "len": "66000"})
case("ipv4-ah", 1, ethernet(ipv4(bytes([6, 4]) + bytes(22) + tcp(), 51)), V4)
case("icmp-quote", 1, ethernet(ipv4(b"\3\3" + bytes(6) + four, 1)))
case("icmpv6-quote", 1, ethernet(ipv6(b"\1\4" + bytes(6) + six, 58), 0x86dd))
case("data-offset-4", 1, ethernet(ipv4(tcp()[:12] + b"\x40\x14" + tcp()[14:])), tshark=False)  # shown, but without a length
case("data-offset-15-of-20", 1, ethernet(ipv4(tcp()[:12] + b"\xf0\x14" + tcp()[14:])), tshark=False)

# ---- IP fragments: the segment counts once, at the frame that completes it ----
body = tcp(payload=bytes(range(60)))


def piece4(start, end, more, ident=77, src="10.0.9.1", ttl=64, data=body):
    return ethernet(ipv4(data[start:end], ident=ident, flags=(0x2000 if more else 0) | start // 8, src=src, ttl=ttl))


F4 = {**V4, "src": "10.0.9.1", "len": "60"}
cases("fragments-two", 1, [piece4(0, 40, True), piece4(40, 80, False)], [[], [F4]])
cases("fragments-last-header-counts", 1, [piece4(0, 40, True, 78), piece4(40, 80, False, 78, ttl=9)], [[], [{**F4, "ttl": "9"}]])
cases("fragments-reordered", 1, [piece4(40, 80, False, 79), piece4(16, 40, True, 79), piece4(0, 16, True, 79)], [[], [], [F4]])
cases("fragments-in-the-header", 1, [piece4(0, 8, True, 80), piece4(8, 80, False, 80)], [[], [F4]])
cases("fragments-duplicate", 1, [piece4(0, 40, True, 81), piece4(0, 40, True, 81), piece4(40, 80, False, 81)], [[], [], [F4]])
cases("fragments-overlap", 1, [piece4(0, 48, True, 82), piece4(40, 80, False, 82)], [[], [F4]])
cases("fragments-missing-middle", 1, [piece4(0, 16, True, 83), piece4(40, 80, False, 83)], [[], []])
cases("fragment-first-only", 1, [piece4(0, 40, True, 84)], [[]])
cases("fragment-other-only", 1, [piece4(40, 80, False, 85)], [[]])
cases("fragments-ids-apart", 1, [piece4(0, 40, True, 86), piece4(0, 40, True, 87), piece4(40, 80, False, 86), piece4(40, 80, False, 87)],
      [[], [], [F4], [F4]])
cases("fragments-addresses-apart", 1, [piece4(0, 40, True, 88), piece4(40, 80, False, 88, src="10.0.9.2")], [[], []])
# The plugin leaves out what Wireshark decodes of a first fragment that was not wholly captured.
cases("fragment-first-cut", 1, [(piece4(0, 40, True, 89)[:14 + 20 + 24], 14 + 20 + 40)], [[]], tshark=False)
cases("fragments-padding", 1, [piece4(0, 16, True, 90) + bytes(10), piece4(16, 80, False, 90)], [[], [F4]])
cases("fragments-total-too-large", 1,
      [ethernet(ipv4(body[:40], ident=92, flags=0x2000, src="10.0.9.1", total=80)), piece4(40, 80, False, 92)], [[], []])


def piece6(start, end, more, ident, data=body, before=b"", first=44):
    payload = before + fragment6(6, start, 1 if more else 0, ident, data[start:end])
    return ethernet(ipv6(payload, first, src="2001:db8::9"), 0x86dd)


F6 = {**V6, "src": "2001:0db8:0000:0000:0000:0000:0000:0009", "len": "60"}
cases("fragments6-two", 1, [piece6(0, 40, True, 77), piece6(40, 80, False, 77)], [[], [F6]])
cases("fragments6-hop-by-hop", 1, [piece6(0, 40, True, 78, before=extension(44), first=0), piece6(40, 80, False, 78, before=extension(44), first=0)],
      [[], [F6]])
inside = extension(6) + body
cases("fragments6-destination-inside", 1,
      [ethernet(ipv6(fragment6(60, 0, 1, 79, inside[:48]), 44, src="2001:db8::9"), 0x86dd),
       ethernet(ipv6(fragment6(60, 48, 0, 79, inside[48:]), 44, src="2001:db8::9"), 0x86dd)], [[], [F6]])
cases("fragment6-first-only", 1, [piece6(0, 40, True, 80)], [[]])
cases("fragments6-length-too-large", 1,
      [ethernet(ipv6(fragment6(6, 0, 1, 81, body[:40]), 44, src="2001:db8::9", length=88), 0x86dd), piece6(40, 80, False, 81)], [[], []])
cases("fragments6-first-cut", 1,
      [(piece6(0, 40, True, 82)[:14 + 40 + 8 + 24], 14 + 40 + 8 + 40), piece6(40, 80, False, 82)], [[], []], tshark=False)
cases("fragments6-last-header-counts", 1,
      [piece6(0, 40, True, 83), ethernet(ipv6(fragment6(6, 40, 0, 83, body[40:]), 44, src="2001:db8::9", hops=5), 0x86dd)],
      [[], [{**F6, "ttl": "5"}]])
cases("fragments6-other-next-header-later", 1,
      [piece6(0, 40, True, 84), ethernet(ipv6(fragment6(17, 40, 0, 84, body[40:]), 44, src="2001:db8::9"), 0x86dd)], [[], []])
tunnelled = udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(long_four))
cases("fragments-of-a-tunnel", 1,
      [ethernet(ipv4(tunnelled[:80], 17, ident=91, flags=0x2000, src="10.0.9.1")),
       ethernet(ipv4(tunnelled[80:], 17, ident=91, flags=10, src="10.0.9.1"))], [[], [{**V4, "len": "100"}]])

# ---- tunnels over IP ----
case("ipip", 1, ethernet(ipv4(four, 4, src="192.0.2.1")), V4)
case("6in4", 1, ethernet(ipv4(six, 41)), V6)
case("4in6", 1, ethernet(ipv6(four, 4), 0x86dd), V4)
case("6in6", 1, ethernet(ipv6(ipv6(tcp()), 41, src="2001:db8::7"), 0x86dd), V6)
case("ipip-four-deep", 1, ethernet(ipv4(ipv4(ipv4(four, 4), 4), 4)), V4)
case("ipip-padding", 1, ethernet(ipv4(four + bytes(10), 4)), V4)
case("gre", 1, ethernet(ipv4(gre(four), 47)), V4)
case("gre-ipv6", 1, ethernet(ipv4(gre(six, 0x86dd), 47)), V6)
case("gre-checksum", 1, ethernet(ipv4(gre(four, flags=0x8000, extra=bytes(4)), 47)), V4)
case("gre-key", 1, ethernet(ipv4(gre(four, flags=0x2000, extra=bytes(4)), 47)), V4)
case("gre-key-sequence", 1, ethernet(ipv4(gre(four, flags=0x3000, extra=bytes(8)), 47)), V4)
case("gre-all", 1, ethernet(ipv4(gre(four, flags=0xb000, extra=bytes(12)), 47)), V4)
case("gre-routing", 1, ethernet(ipv4(gre(four, flags=0x4000, extra=bytes(4) + b"\x08\0\0\4" + bytes(4) + bytes(4)), 47)), V4)
case("gre-pptp", 1, ethernet(ipv4(gre(ppp(four), 0x880b, 0x3001, struct.pack("!HHI", len(ppp(four)), 9, 1)), 47)), V4)
case("gre-pptp-ack", 1, ethernet(ipv4(gre(ppp(four), 0x880b, 0x3081, struct.pack("!HHII", len(ppp(four)), 9, 1, 1)), 47)), V4)
case("gre-pptp-compressed", 1, ethernet(ipv4(gre(b"\x21" + four, 0x880b, 0x3001, struct.pack("!HHI", len(four) + 1, 9, 1)), 47)), V4)
case("gre-bridging", 1, ethernet(ipv4(gre(frame, 0x6558), 47)), V4)
case("gre-mpls", 1, ethernet(ipv4(gre(mpls(four), 0x8847), 47)), V4)
case("gre-wccp-1", 1, ethernet(ipv4(gre(four, 0x883e), 47)), V4)
case("gre-wccp-2", 1, ethernet(ipv4(gre(bytes(4) + four, 0x883e), 47)), V4)
case("gre-over-ipv6", 1, ethernet(ipv6(gre(four), 47), 0x86dd), V4)
case("gre-nsh", 1, ethernet(ipv4(gre(b"\x0f\xc2\x02\x01" + bytes(4) + four, 0x894f), 47)), V4)
case("gre-vlan-is-unknown", 1, ethernet(ipv4(gre(vlan(four), 0x8100), 47)))
case("erspan-1", 1, ethernet(ipv4(gre(frame, 0x88be), 47)), V4)
case("erspan-2", 1, ethernet(ipv4(gre(b"\x10\x01\0\1\0\0\0\2" + frame, 0x88be, 0x1000, bytes(4)), 47)), V4)
case("erspan-3", 1, ethernet(ipv4(gre(b"\x20\x01\0\1" + bytes(8) + frame, 0x22eb, 0x1000, bytes(4)), 47)), V4)
case("erspan-3-subheader", 1, ethernet(ipv4(gre(b"\x20\x01\0\1" + bytes(7) + b"\1" + bytes(8) + frame, 0x22eb, 0x1000, bytes(4)), 47)), V4)
case("erspan-3-ip", 1, ethernet(ipv4(gre(b"\x20\x01\0\1" + bytes(6) + b"\x08\0" + four, 0x22eb, 0x1000, bytes(4)), 47)))
case("etherip", 1, ethernet(ipv4(b"\x30\0" + frame, 97)), V4)
case("mpls-in-ip", 1, ethernet(ipv4(mpls(four), 137)), V4)
case("ethernet-in-ip", 1, ethernet(ipv6(frame, 143), 0x86dd), V4)
case("esp", 1, ethernet(ipv4(bytes(8) + four, 50)))

# ---- tunnels over UDP ----


def over_udp(port, payload, sport=50000):
    return ethernet(ipv4(udp(sport, port, payload), 17, src="192.0.2.1"))


case("vxlan", 1, over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + frame), V4)
case("vxlan-vlan", 1, over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(vlan(four), 0x8100)), V4)
case("vxlan-from-port", 1, ethernet(ipv4(udp(4789, 50000, b"\x08\0\0\0\0\0\x2a\0" + frame), 17)), V4)
case("vxlan-over-ipv6", 1, ethernet(ipv6(udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame), 17), 0x86dd), V4)
case("vxlan-without-flag", 1, over_udp(4789, bytes(8) + frame), V4)
case("vxlan-8472", 1, over_udp(8472, b"\x08\0\0\0\0\0\x2a\0" + frame))
case("vxlan-in-vxlan", 1, over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + frame)), V4)
case("vxlan-gpe-ipv4", 1, over_udp(4790, b"\x0c\0\0\1\0\0\x2a\0" + four), V4)
case("vxlan-gpe-ethernet", 1, over_udp(4790, b"\x0c\0\0\3\0\0\x2a\0" + frame), V4)
case("geneve", 1, over_udp(6081, b"\0\0\x65\x58\0\0\x2a\0" + frame), V4)
case("geneve-options", 1, over_udp(6081, b"\2\0\x65\x58\0\0\x2a\0" + bytes([1, 2, 3, 1]) + bytes(4) + frame), V4)
case("geneve-ip", 1, over_udp(6081, b"\0\0\x08\0\0\0\x2a\0" + four), V4)
case("gtp-u", 1, over_udp(2152, struct.pack("!BBHI", 0x30, 255, len(four), 1) + four, 2152), V4)
case("gtp-u-ipv6", 1, over_udp(2152, struct.pack("!BBHI", 0x30, 255, len(six), 1) + six, 2152), V6)
case("gtp-u-sequence", 1, over_udp(2152, struct.pack("!BBHIHBB", 0x32, 255, 4 + len(four), 1, 7, 0, 0) + four, 2152), V4)
case("gtp-u-extension", 1, over_udp(2152, struct.pack("!BBHIHBB", 0x34, 255, 8 + len(four), 1, 0, 0, 0x85) + bytes([1, 0x10, 9, 0]) + four, 2152), V4)
case("gtp-u-extension-flag-off", 1, over_udp(2152, struct.pack("!BBHIHBB", 0x32, 255, 4 + len(four), 1, 0, 0, 0x85) + four, 2152), V4)
case("gtp-u-first-octet-4f", 1, over_udp(2152, struct.pack("!BBHI", 0x30, 255, len(four), 1) + b"\x4f" + four[1:], 2152))
case("gtp-u-echo", 1, over_udp(2152, struct.pack("!BBHIHBB", 0x32, 1, 4, 0, 7, 0, 0), 2152))
case("gtp-u-ppp", 1, over_udp(2152, struct.pack("!BBHI", 0x30, 255, len(ppp(four)), 1) + ppp(four), 2152))
case("teredo", 1, over_udp(3544, six), V6)
case("teredo-origin", 1, over_udp(3544, bytes(8) + six), V6)
case("teredo-authentication", 1, over_udp(3544, b"\0\1\0\0" + bytes(9) + six), V6)
case("teredo-authentication-origin", 1, over_udp(3544, b"\0\1\2\3" + bytes(14) + bytes(8) + six), V6)
case("l2tp", 1, over_udp(1701, struct.pack("!HHH", 2, 1, 1) + ppp(four), 1701), V4)
case("l2tp-length-sequence", 1, over_udp(1701, struct.pack("!HHHHHH", 0x4802, 12 + len(ppp(four)), 1, 1, 0, 0) + ppp(four), 1701), V4)
case("l2tp-offset", 1, over_udp(1701, struct.pack("!HHHH", 0x0202, 1, 1, 2) + bytes(2) + ppp(four), 1701), V4)
case("mpls-over-udp", 1, over_udp(6635, mpls(four)), V4)
case("gre-over-udp", 1, over_udp(4754, gre(four)), V4)
case("lisp", 1, over_udp(4341, bytes(8) + four), V4)
case("tzsp", 1, over_udp(37008, b"\1\0\0\1\1" + frame), V4)
case("tzsp-tags", 1, over_udp(37008, b"\1\0\0\1\0\x0a\1\7\1" + frame), V4)
case("udp-other-port", 1, over_udp(12345, b"\x08\0\0\0\0\0\x2a\0" + frame))
case("udp-length-cuts", 1, ethernet(ipv4(udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame, length=30), 17)))
case("udp-length-too-large", 1, ethernet(ipv4(udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame, length=3000), 17)), V4)
case("udp-length-0", 1, ethernet(ipv4(udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame, length=0), 17)))
case("udp-length-below-8", 1, ethernet(ipv4(udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame, length=7), 17)))
case("vxlan-cut", 1, (over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(long_four))[:110], 14 + 20 + 8 + 8 + 14 + len(long_four)), {**V4, "len": "100"})

# ---- other link types ----
case("null-le", 0, b"\2\0\0\0" + four, V4)
case("null-be", 0, b"\0\0\0\2" + four, V4)
case("null-ipv6-bsd", 0, b"\x18\0\0\0" + six, V6)
case("null-ipv6-freebsd", 0, b"\x1c\0\0\0" + six, V6)
case("null-ipv6-darwin", 0, b"\x1e\0\0\0" + six, V6)
case("null-ipv6-linux-is-unknown", 0, b"\x0a\0\0\0" + six)
case("null-ipv6-windows-is-ipx", 0, b"\x17\0\0\0" + six)
case("null-ethertype", 0, b"\0\x08\0\0" + four, V4)
case("null-irix", 0, b"\0\2\0\0" + four, V4)
case("loop", 108, b"\0\0\0\2" + four, V4)
case("loop-ipv6", 108, b"\0\0\0\x18" + six, V6)
case("raw-12", 12, four, V4)
case("raw-14", 14, four, V4)
case("raw-101", 101, four, V4)
case("raw-101-ipv6", 101, six, V6)
case("raw-101-zeros", 101, bytes(10) + four, V4)
case("raw-101-ppp", 101, ppp(four), V4)
case("ipv4-228", 228, four, V4)
case("ipv6-229", 229, six, V6)
case("sll", 113, struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x0800) + four, V4)
case("sll-ipv6", 113, struct.pack("!HHH8sH", 4, 1, 6, bytes(8), 0x86dd) + six, V6)
case("sll-vlan", 113, struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x8100) + vlan(four), V4)
case("sll-llc", 113, struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 4) + snap(four), V4)
case("sll-tunnel-device", 113, struct.pack("!HHH8sH", 0, 65534, 0, bytes(8), 0x0800) + four, V4)
case("sll-gre-device", 113, struct.pack("!HHH8sH", 0, 778, 4, bytes(8), 0x0800) + four, V4)
case("sll2", 276, struct.pack("!HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, bytes(8)) + four, V4)
case("sll2-ipv6", 276, struct.pack("!HHIHBB8s", 0x86dd, 0, 2, 1, 0, 6, bytes(8)) + six, V6)
case("sll2-vlan", 276, struct.pack("!HHIHBB8s", 0x8100, 0, 2, 1, 0, 6, bytes(8)) + vlan(four), V4)
case("ppp", 9, ppp(four), V4)
case("ppp-ipv6", 9, ppp(six, 0x0057), V6)
case("ppp-no-framing", 9, ppp(four, framing=b""), V4)
case("ppp-compressed", 9, b"\x21" + four, V4)
case("ppp-cisco", 9, b"\x0f\0\x08\0" + four, V4)
case("ppp-multilink-whole", 9, ppp(b"\xc0\0\0\1\0\x21" + four, 0x3d), V4)
case("ppp-hdlc-50", 50, ppp(four), V4)
case("ppp-hdlc-50-cisco", 50, b"\x0f\0\x08\0" + four, V4)
case("ppp-with-direction", 204, b"\1" + ppp(four), V4)
case("ppp-ether", 51, pppoe(four), V4)
case("chdlc", 104, b"\x0f\0\x08\0" + four, V4)
case("chdlc-ipv6", 104, b"\x0f\0\x86\xdd" + six, V6)
case("chdlc-mpls", 104, b"\x0f\0\x88\x47" + mpls(four), V4)
case("frame-relay-ip", 107, b"\x18\x41\x03\xcc" + four, V4)
case("frame-relay-ipv6", 107, b"\x18\x41\x03\x8e" + six, V6)
case("frame-relay-snap", 107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + four, V4)
case("frame-relay-cisco", 107, b"\x18\x41\x08\0" + four, V4)
case("atm-rfc1483", 100, snap(four), V4)
case("linux-atm-clip", 106, four, V4)
case("fddi", 10, b"\x50" + bytes(12) + snap(four), V4)
case("enc", 109, b"\2\0\0\0" + bytes(8) + four, V4)
case("pflog", 117, bytes([61, 2]) + bytes(62) + four, V4)
case("ip-over-fc", 122, bytes(16) + snap(four), V4)
case("firewire", 138, bytes(16) + b"\x08\0" + four, V4)
case("ipnet", 226, struct.pack("!BBHIIIII", 1, 2, 0, len(four), 1, 2, 0, 0) + four, V4)
case("ipnet-ipv6", 226, struct.pack("!BBHIIIII", 1, 26, 0, len(six), 1, 2, 0, 0) + six, V6)
case("nflog", 239, b"\2\0\0\0" + struct.pack("<HH", 8, 1) + b"\x08\0\0\0" + struct.pack("<HH", 4 + len(four), 9) + four, V4)
case("nflog-ipv6", 239, b"\x0a\0\0\0" + struct.pack("<HH", 4 + len(six), 9) + six, V6)
case("nflog-protocol-0", 239, b"\2\0\0\0" + struct.pack("<HH", 8, 1) + bytes(4) + struct.pack("<HH", 4 + len(four), 9) + four, V4)
case("nflog-big-endian", 239, b"\2\0\0\0" + struct.pack(">HH", 8, 1) + b"\x08\0\0\0" + struct.pack(">HH", 4 + len(four), 9) + four, V4, tshark=False)  # tshark: only on such a machine
case("nflog-prefix", 239, b"\2\0\0\0" + struct.pack("<HH", 5, 10) + b"\0\0\0\0" + struct.pack("<HH", 4 + len(four), 9) + four, V4)
case("pktap-ethernet", 258, struct.pack("<IIIII", 108, 1, 1, 0, 0) + bytes(88) + frame, V4)
case("pktap-raw", 258, struct.pack("<III", 108, 1, 12) + bytes(96) + four, V4)
case("pktap-null", 258, struct.pack("<III", 108, 1, 0) + bytes(96) + b"\2\0\0\0" + four, V4)
case("erf-ethernet", 197, bytes(8) + bytes([2, 4]) + struct.pack("!HHH", 18 + len(frame), 0, len(frame)) + bytes(2) + frame, V4)
case("erf-extension", 197, bytes(8) + bytes([0x82, 4]) + struct.pack("!HHH", 26 + len(frame), 0, len(frame)) + bytes(8) + bytes(2) + frame, V4)
case("erf-ipv4", 197, bytes(8) + bytes([22, 4]) + struct.pack("!HHH", 16 + len(four), 0, len(four)) + four, V4)

# ---- IEEE 802.11 ----


def wlan(payload, control=0x08, flags=0x01, sequence=0, extra=b""):
    addresses = bytes.fromhex("020000000001020000000002020000000003")
    return struct.pack("<BBH", control, flags, 0) + addresses + struct.pack("<H", sequence) + extra + payload


case("wlan", 105, wlan(snap(four)), V4)
case("wlan-ipv6", 105, wlan(snap(six, 0x86dd)), V6)
case("wlan-qos", 105, wlan(snap(four), 0x88, extra=bytes(2)), V4)
case("wlan-qos-ht", 105, wlan(snap(four), 0x88, 0x81, extra=bytes(6)), V4)
case("wlan-from-ds", 105, wlan(snap(four), flags=0x02), V4)
case("wlan-four-addresses", 105, wlan(snap(four), flags=0x03, extra=bytes(6)), V4)
case("wlan-four-addresses-qos", 105, wlan(snap(four), 0x88, flags=0x03, extra=bytes(8)), V4)
case("wlan-protected", 105, wlan(snap(four), flags=0x41))
case("wlan-retry", 105, wlan(snap(four), flags=0x09), V4)
case("wlan-null-data", 105, wlan(snap(four), 0x48))
case("wlan-beacon", 105, wlan(snap(four), 0x80, 0))
subframe = bytes(12) + struct.pack("!H", len(snap(four))) + snap(four)
second = snap(ipv4(tcp(sport=99)))
case("wlan-aggregate", 105, wlan(subframe + bytes(-len(subframe) % 4) + bytes(12) + struct.pack("!H", len(second)) + second, 0x88, extra=b"\x80\0"),
     V4, {**V4, "sport": "99"})
case("radiotap", 127, struct.pack("<BBHI", 0, 0, 8, 0) + wlan(snap(four)), V4)
case("radiotap-fcs", 127, struct.pack("<BBHIBB", 0, 0, 10, 2, 0x10, 0) + wlan(snap(four)) + bytes(4), V4)
case("radiotap-fcs-total-0", 127, struct.pack("<BBHIBB", 0, 0, 10, 2, 0x10, 0) + wlan(snap(ipv4(tcp(), total=0))) + bytes(4), V4)
case("radiotap-tsft-padded", 127, struct.pack("<BBHIQBB", 0, 0, 18, 3, 1, 0x20, 0) + wlan(snap(four), 0x88, extra=bytes(2) + bytes(2)), V4)
case("radiotap-two-bitmaps", 127, struct.pack("<BBHIIBB", 0, 0, 14, 0x80000002, 0, 0x10, 0) + wlan(snap(four)) + bytes(4), V4)
case("prism", 119, struct.pack("<II", 0x44, 144) + bytes(136) + wlan(snap(four)), V4)
case("avs", 163, struct.pack("!II", 0x80211001, 64) + bytes(56) + wlan(snap(four)), V4)
case("avs-as-prism", 119, struct.pack("!II", 0x80211001, 64) + bytes(56) + wlan(snap(four)), V4)
case("ppi-wlan", 192, struct.pack("<BBHI", 0, 0, 8, 105) + wlan(snap(four)), V4)
case("ppi-ethernet", 192, struct.pack("<BBHI", 0, 0, 8, 1) + frame, V4)
swapped = wlan(snap(four))[1::-1] + wlan(snap(four))[2:]
case("capwap-80211", 1, over_udp(5247, b"\0\x10\x03\0" + bytes(4) + swapped), V4)
case("capwap-80211-radio-address", 1, over_udp(5247, b"\0\x20\x03\x10" + bytes(4) + b"\6" + bytes(7) + swapped), V4)
case("capwap-ethernet", 1, over_udp(5247, b"\0\x10\x02\0" + bytes(4) + frame), V4)
case("capwap-keep-alive", 1, over_udp(5247, b"\0\x10\x02\x08" + bytes(4) + frame))
case("capwap-dtls", 1, over_udp(5247, b"\1\x10\x02\0" + bytes(4) + frame))
case("gre-aruba", 1, ethernet(ipv4(gre(wlan(snap(four)), 0x8200), 47)), V4)
case("gre-aruba-last", 1, ethernet(ipv4(gre(wlan(snap(four)), 0x8370), 47)), V4)
case("gre-behind-aruba", 1, ethernet(ipv4(gre(wlan(snap(four)), 0x8380), 47)))
case("unknown-link-type", 147, frame)

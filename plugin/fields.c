/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields.c - tvbuff, packet_info and IP header to the core's segment. */
#include "fields.h"

#include <string.h>

enum { IPV4_DONT_FRAGMENT = 0x4000, NANOSECONDS_PER_SECOND = 1000000000 };

static int64_t read_time(const packet_info *pinfo)
{
    if (!(pinfo->presence_flags & PINFO_HAS_TS))
        return TCPRST_TIME_UNKNOWN;
    int64_t seconds = pinfo->abs_ts.secs;
    int64_t limit = TCPRST_TIME_MOST / NANOSECONDS_PER_SECOND;
    if (seconds > limit || seconds < -limit)
        return TCPRST_TIME_UNKNOWN;
    int64_t time = seconds * NANOSECONDS_PER_SECOND + pinfo->abs_ts.nsecs;
    return tcprst_time_known(time) ? time : TCPRST_TIME_UNKNOWN;
}

static bool read_address(uint8_t octets[16], const address *from, uint8_t ip_version)
{
    int type = ip_version == 4 ? AT_IPv4 : AT_IPv6;
    int size = ip_version == 4 ? 4 : 16;
    if (from->type != type || from->len != size)
        return false;
    memcpy(octets, from->data, (size_t)size);
    return true;
}

static bool read_addresses(struct tcprst_segment *segment, const packet_info *pinfo)
{
    segment->ip_version = pinfo->src.type == AT_IPv6 ? 6 : 4;
    return read_address(segment->source, &pinfo->src, segment->ip_version) &&
           read_address(segment->destination, &pinfo->dst, segment->ip_version);
}

/* Behind IPsec and a few others there is no header: the hop count and the rest are not known then.
 */
static void read_ip_header(struct tcprst_segment *segment, void *data)
{
    const ws_ip4 *ip4 = WS_IP4_PTR(data);
    if (ip4 && segment->ip_version == 4) {
        segment->ip_header = true;
        segment->dont_fragment = (ip4->ip_off & IPV4_DONT_FRAGMENT) != 0;
        segment->ttl = ip4->ip_ttl;
        segment->tos = ip4->ip_tos;
        segment->ip_id = ip4->ip_id;
    }
    const ws_ip6 *ip6 = WS_IP6_PTR(data);
    if (ip6 && segment->ip_version == 6) {
        segment->ip_header = true;
        segment->ttl = ip6->ip6_hop;
        segment->tos = ip6->ip6_tc;
        segment->flow_label = ip6->ip6_flw & 0xfffff;
    }
}

/* Where on its way through the capturing machine the frame was captured. */
static uint16_t read_leg(const packet_info *pinfo)
{
    enum { LINKTYPE_LINUX_SLL = 113, LINKTYPE_LINUX_SLL2 = 276 };
    bool packet = pinfo->rec && pinfo->rec->rec_type == REC_TYPE_PACKET;
    int encapsulation = packet ? pinfo->rec->rec_header.packet_header.pkt_encap : 0;
    uint32_t link_type = encapsulation == WTAP_ENCAP_SLL    ? LINKTYPE_LINUX_SLL
                         : encapsulation == WTAP_ENCAP_SLL2 ? LINKTYPE_LINUX_SLL2
                                                            : 0;
    if (!link_type || !pinfo->data_src)
        return 0;
    tvbuff_t *frame = get_data_source_tvb(pinfo->data_src->data);
    uint32_t captured = tvb_captured_length(frame);
    return captured ? tcprst_segment_leg(link_type, tvb_get_ptr(frame, 0, (int)captured), captured)
                    : 0;
}

bool tcprst_fields_interface(const packet_info *pinfo, uint32_t *interface)
{
    bool packet = pinfo->rec && pinfo->rec->rec_type == REC_TYPE_PACKET;
    bool numbered = packet && (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID);
    *interface = numbered ? pinfo->rec->rec_header.packet_header.interface_id : 0;
    return numbered;
}

bool tcprst_fields_read(struct tcprst_segment *segment, tvbuff_t *tvb, packet_info *pinfo,
                        void *data)
{
    /* A first fragment that was not put together, and a header quoted in an ICMP error, are no
     * segments. */
    if (pinfo->flags.in_error_pkt || pinfo->fragmented)
        return false;
    uint32_t captured = tvb_captured_length(tvb);
    if (captured == 0)
        return false;
    memset(segment, 0, sizeof *segment);
    if (!tcprst_segment_parse(segment, tvb_get_ptr(tvb, 0, (int)captured), captured,
                              tvb_reported_length(tvb), NULL))
        return false;
    if (!read_addresses(segment, pinfo))
        return false;
    read_ip_header(segment, data);
    segment->frame.number = pinfo->num;
    segment->time = read_time(pinfo);
    segment->leg = read_leg(pinfo);
    tcprst_fields_interface(pinfo, &segment->interface);
    return true;
}

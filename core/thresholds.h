/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thresholds.h - every threshold of the core: its name, its unit, and why it is this number.
 *
 * The engine's margins, in orders of magnitude, stand in weigh.c. Each number here but those of
 * several places and of the kernel's trace was halved and doubled over all recordings. Most change
 * some verdict. Those that change none
 * - bound memory or time: MAX_PENDING, MAX_FOLLOWED, MAX_HOSTS, DUPLICATE_BACK, MERGED_BACK, TRAIL,
 *   RECENT_MIN, RECENT_MAX, RECENT_AGE, PACK_..., KEEP_..., REMEMBER_OVER;
 * - lie in a wide gap between what is meant and what is not, for without them (at 0) something does
 *   change: RTT_MOST, TRIGGER_JITTER, TRIGGER_SYN, FRESH_CAPTURE, DUPLICATE_WINDOW, ID_OVERTAKEN,
 *   TIMESTAMP_TICKS, GAP_MOST, PAST_NEAR, STRAY_DISTANCE, FIN_RST_BREATH, PROBED_AGO, FLYING_MAX,
 *   MASS_SPAN, HABIT_WINDOW, LISTENER_SPAN, HALF_MADE_MIN;
 * - or have no recording that comes near them: CLOCK_... (core/tests has), PROXY_HOPS, DUE_JITTER,
 *   DUE_CUT, WINDOW_UNLIKE, FORGET_GAP.
 */
#ifndef TCPRST_THRESHOLDS_H
#define TCPRST_THRESHOLDS_H

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* ---- Time ---- */

/* Times the core can reckon with: 1933 to 2116. The difference of any two of them, and what a clock
 * can have been set back by, fit in 64 bits; what lies beyond is a damaged record. */
#define TIME_MIN (-(INT64_C(1) << 60))
#define TIME_MAX (INT64_C(1) << 62)
/* Queues of a capturing host reorder by milliseconds. A packet that is so much older than one
 * before it was captured by another clock, or by one that was set back ... */
#define CLOCK_BEHIND (1 * NS_PER_S)
/* ... and it was set back when so many in a row are: the packets of two hosts whose clocks differ
 * take turns sooner, and must not push the time on each time. */
#define CLOCK_SET_BACK 64
/* What lies further apart among them is no pause, but one wrong time more. */
#define CLOCK_STEP (3600 * NS_PER_S)

/* ---- When a verdict is final ---- */

/* So long after a RST, in capture time, later packets may still revise its verdict. Long enough for
 * a challenge ACK and its answer, for the first retransmissions of an end that ignored the RST (RFC
 * 6298: 200 ms to 3 s) and for the next SYN (1 s); short enough for a live monitor. */
#define HORIZON (5 * NS_PER_S)

/* RSTs waiting for their horizon at once. A flood beyond that makes the oldest final early, which
 * is counted. */
#define MAX_PENDING 65536

/* Follow-ups (what came after a burst of RSTs) updated at once in one connection; older ones stop
 * growing. */
#define MAX_FOLLOWED 32

/* Earlier or later RSTs of one connection looked at for one verdict. */
#define MAX_RELATED 64

/* RSTs of one form on one connection belong to one act when no more than this lies between them: an
 * answer to each segment of a window in flight, over a slow path. */
#define BURST_SPAN (1 * NS_PER_S)
/* ... and so many of them are looked at. */
#define MAX_BURST 16

/* ---- Matching a RST with what drew it ---- */

/* What took longer was no round trip: the capture's clock jumped. (And some times this fits in 64
 * bits.) */
#define RTT_MOST (3600 * NS_PER_S)

/* A stack answers at once: the answer is seen one round trip to it later. Measured round trips vary
 * with queues, so four times the largest measured one, and at least 250 ms. */
#define TRIGGER_RTTS 4
#define TRIGGER_MIN (250 * NS_PER_MS)
/* What a server sends about the end of its handshake changes places within a round trip, or two
 * where queues stretch them. */
#define HANDSHAKE_RTTS 2
/* Several segments wait for their answers: the first of them is at most so many times older than
 * the last (queues on the way stretch), give or take the scheduling of a busy host. */
#define TRIGGER_SPREAD 3
#define TRIGGER_JITTER (200 * 1000)
/* Where no round trip was measured: RFC 6298's initial retransmission timeout is 1 s; some margin
 * for slow links. */
#define TRIGGER_UNKNOWN_RTT (1500 * NS_PER_MS)
/* A SYN may wait for a slow device before it is refused: as long as Linux keeps trying by default
 * (about 127 s). */
#define TRIGGER_SYN (130 * NS_PER_S)
/* Chance seldom puts a RST so close behind a segment whose numbers it has: in this part of what
 * lies between that segment and the one before it. */
#define NEARER_PART 1000
/* So many RSTs more than segments they answer, and not all were answers: one more may be a copy the
 * network made. */
#define SURPLUS_MIN 2
/* Copies that the network makes of a packet take the same way at the same time: more than this they
 * do not lie apart. */
#define COPIED_MOST TRIGGER_MIN
/* Captures of several queues or interfaces may show the answer just before its trigger. */
#define CAPTURE_REORDER (1 * NS_PER_MS)

/* New octets of an end may have been on the way when it was reset, however slow the way: a stall is
 * shorter than this. */
#define RESUME_MIN (1 * NS_PER_S)
/* What a stack or a program takes to react, beyond the round trip. */
#define REACTION (50 * NS_PER_MS)

/* What came so soon after the capture had begun may answer what came before it: RFC 6298's first
 * three waits of a SYN, 1 + 2 + 4 s. */
#define FRESH_CAPTURE (7 * NS_PER_S)

/* The capturing host's own stack answers within this, also under load: no other host does over a
 * wire and a switch, and where one does, nothing lies between that could matter. */
#define AT_HOST (200 * 1000)

/* ---- Capture duplicates ---- */

/* The same packet seen again on another interface or SPAN port. Queues of a switch and of the
 * capture host: a few ms. */
#define DUPLICATE_WINDOW (20 * NS_PER_MS)
/* Where the packet has no IP identification to tell it from a repetition: much less than any
 * retransmission timer. */
#define DUPLICATE_WINDOW_NO_ID (1 * NS_PER_MS)
/* Of a bulk transfer much lies between two capture points. A RST with an identification is looked
 * for among so many segments of its connection: what a fast link carries within the window. */
#define DUPLICATE_BACK 256

/* Where captures were merged whose clocks differ, the copy comes much later. So many segments of a
 * connection are looked through for its original: at a few hundred a second, some seconds. */
#define MERGED_BACK 256

/* ---- Recent segments kept of a connection ---- */

/* At least so many, for the story just before a RST. */
#define RECENT_MIN 8
/* At most so many: a window of 64 KiB segments on a fast, long path. */
#define RECENT_MAX 1024
/* Younger segments than this are kept while there is room: a trigger lies at most some round trips
 * back. */
#define RECENT_AGE (1500 * NS_PER_MS)

/* So many connections at work, and those that begin are kept as their segments only (young.h): with
 * fewer, room is no matter, and a segment costs a quarter less where it is followed at once. No
 * verdict hangs on it: tests begin with the first one, and what takes no shortcuts never does. */
#if defined(TCPRST_YOUNG_FROM)
#define YOUNG_FROM TCPRST_YOUNG_FROM
#elif defined(TCPRST_NO_SHORTCUTS)
#define YOUNG_FROM UINT32_MAX
#else
#define YOUNG_FROM 16384u
#endif

/* ---- IP: distance and identification ---- */

/* No path is longer, so a TTL that seems to have come further was chosen by its application. */
#define PLAUSIBLE_HOPS 30
/* Routes change by a hop or two; where an end's own segments differ by more, its application chose
 * another TTL for some. */
#define ROUTE_HOPS 2
/* A proxy that answers the SYN for the server stands so many hops before it. */
#define PROXY_HOPS 1
/* Whoever speaks in another's name says no more than it must: so many segments at most, and the
 * RST. */
#define FORGED_SEGMENTS 3
/* A host that counts its packets sends fewer than this to others between two of one connection:
 * more, and what follows a RST's identification by chance (one in 1000) would be taken for it. */
#define ID_STEP 64
/* ... and in each second, where it counts them for all hosts together; no more than this, which one
 * in 16 meets by chance. */
#define ID_REACH 4096
/* ... and packets overtake no more than so many. */
#define ID_OVERTAKEN 16
/* RSTs across hosts are looked back at for one device's count. */
#define TRAIL 8

/* ---- Timestamps ---- */

/* RFC 7323 section 5.4: the clock ticks once a millisecond to once a second; so far on (an hour at
 * the fastest) it is still the same connection's. */
#define TIMESTAMP_TICKS 3600000

/* ---- Sequence space ---- */

/* Octets that the capture may lack are fewer than this; what lies further away was never sent. */
#define GAP_MOST (1 << 20)
/* A number so close to where the incarnation before had come to is of that one: as far as it may
 * have gone on unseen, an unscaled window. Another one's lies there by chance once in 32768. */
#define PAST_NEAR (1 << 16)

/* A segment further than this beyond the peer's offered window, in octets, is not taken as the
 * sender's: it belongs to another incarnation or to nobody. Generous, because captures lose
 * segments too. */
#define STRAY_DISTANCE (1 << 24)

/* So often an end sent again what had been acknowledged, and nothing else, before it seems that
 * nothing reaches it: one acknowledgment may be lost, or slow. */
#define DEAF_MIN 2

/* ---- Closing ---- */

/* From a FIN to a RST that still counts as the same breath of the stack. */
#define FIN_RST_BREATH (50 * NS_PER_MS)
/* Linux forgets FIN-WAIT-2 and TIME-WAIT after 60 s, others after up to 240 s (2 MSL, RFC 9293
 * section 3.4.2); many systems are set lower, so a pause of seconds already says that the other end
 * may have forgotten. */
#define EXPIRY_MIN (2 * NS_PER_S)

/* ---- Idle ---- */

/* No common device forgets a TCP connection sooner than this without being set to. */
#define IDLE_LONG (60 * NS_PER_S)
/* A pause counts as the connection's longest when it is so many times the longest it had survived
 * before ... */
#define IDLE_LONGEST_FACTOR 4
/* ... and at least this long: below lies ordinary thinking time of programs. */
#define IDLE_LONGEST_MIN (2 * NS_PER_S)

/* ---- Timeouts ---- */

/* Unanswered repetitions before a RST that make "gave up" plausible: every stack tries at least
 * this often. */
#define TIMEOUT_PROBES 1
/* Linux waits 75 s between keep-alive probes, where nobody set it otherwise. */
#define PROBED_AGO (76 * NS_PER_S)
/* Linux lets a timer run out late by up to an eighth of it (kernel/time/timer.c), and none early:
 * but what was captured may have been held up by more or less on its way. */
#define BEAT_EARLY 16
#define BEAT_LATE 8
/* No keep-alive waits for less than a second, be it for its first probe or for the next: less by
 * what the way takes off. */
#define KEEPALIVE_MIN (750 * NS_PER_MS)
/* So many probes stacks send before they give up, where nobody set it otherwise. */
#define PROBES_LEAST 8
#define PROBES_MOST 10
#define TIMEOUT_RETRANSMISSIONS 3
#define TIMEOUT_WINDOW_PROBES 3
/* A timer that gives up does so when the next repetition is due. RFC 6298 section 5.5 doubles the
 * wait, to a limit: it is never shorter than the one before, but for a quarter of jitter. */
#define DUE_JITTER 4
/* A limit for the whole (RFC 5482; Linux clamps the timer to TCP_USER_TIMEOUT) may cut the last
 * wait short. A limit is long: it shows after many repetitions, and hardly right after one of them:
 * not in the first quarter. */
#define TIMEOUT_MANY 5
#define DUE_CUT 4

/* So much an end may have sent that a capture does not have: a guess is seldom so near. */
#define SPOKEN_MOST (1u << 24)

/* ---- Aborts ---- */

/* The server's last data to its RST, where it answered early: lingering closes wait up to 2 s
 * (nginx 5 s). */
#define EARLY_REPLY (2 * NS_PER_S)
/* A transfer is bulk when this much came in without the receiver sending data: four full-sized
 * segments, more than a request or an answer to one usually takes. */
#define BULK_OCTETS 5840
/* A sender with text under way is heard again sooner: RFC 6298 retransmits after 1 s, then 3 s. */
#define FLYING_MAX (3 * NS_PER_S)
/* What waits unread takes room in the window. It counts as waiting when it takes this part of it at
 * least: less is within what stacks hold back ... */
#define WINDOW_LOW_PART 4
/* ... and, some time after the sender was last heard, this part: reading frees it, of which Linux
 * tells when the window has doubled (tcp_cleanup_rbuf()). */
#define WINDOW_LOW_LATER 2
/* The abort of an end that has just been handed data it does not read. */
#define UNREAD_BREATH (100 * NS_PER_MS)

/* ---- Ports and windows ---- */

/* Where no opening was captured, the end with a port below this serves: IANA's system ports. */
#define SERVICE_PORTS 1024
/* The window nmap, masscan and others offer: "1024" in their SYNs, of which no stack of today
 * offers less than 4096. */
#define RAW_WINDOW 1024
/* A window that shrinks as text fills it comes this close to a code by chance. */
#define WINDOW_UNLIKE 256

/* ---- Scans ---- */

/* Different ports or hosts one source must have tried within SCAN_WINDOW to count as scanning. */
#define SCAN_FAN_OUT 5
/* ... and so many of the SYN-ACKs it then drew must have been reset: a browser also tries many
 * hosts, but talks to them. */
#define SCAN_ABANDONS 3
/* ... or so many in a row by a lone segment from one and the same port. */
#define SCAN_FROM_ONE 3
#define SCAN_WINDOW (10 * NS_PER_S)

/* ---- Across connections ---- */

/* Aborts of one host this close together are one run: a process that dies closes its sockets within
 * milliseconds, a busy machine within a second. */
#define MASS_GAP (500 * NS_PER_MS)
/* So many connections in a run no longer than this are "at once". */
#define MASS_COUNT 5
#define MASS_SPAN (2 * NS_PER_S)
/* Or fewer, where each had been there for so many times as long as the time between two of them:
 * two others that end by chance within a tenth of the age of a connection come once in a hundred. */
#define MASS_FEW 3
#define MASS_AGE 10
/* Idle times that one timer ends differ by how often it looks: by a quarter, in programs that sweep.
 * Of connections that end for another reason some were in use just before: by this factor. */
#define SWEEP_PART 4
#define SWEEP_NONE 2
/* A process that died does not do so again at once; a load generator does. */
#define HABIT_WINDOW (5 * NS_PER_S)
/* After a restart the clients find out one by one, with their next segments. */
#define FORGET_GAP (60 * NS_PER_S)
/* Idle times within 1/50 (2 %) of each other count as the same timer. */
#define IDLE_SAME 50
/* No timer that ends a connection runs out sooner: the least retransmission timeout of Linux. */
#define TIMER_MIN (200 * NS_PER_MS)
/* Shorter pauses recur by chance. */
#define IDLE_RECUR_MIN (1 * NS_PER_S)
/* Two ends told of one event: the device sends both at once, a queue may lie between them. Some ten
 * milliseconds later it is as well each end's own. */
#define AT_ONCE (10 * NS_PER_MS)
/* A server that aborts one connection before it has sent anything may have been told to; so many
 * more times, and it serves nobody. */
#define UNSERVED_TIMES 2
/* Listener and un-accepted connections are closed in one system call. */
#define LISTENER_SPAN (20 * NS_PER_MS)
/* Different clients challenged with a wrong SYN-ACK before it is a habit of the server's side. */
#define CHALLENGED_CLIENTS 3
/* An end that has ended goes on only in segments it had sent before; further than this, captures do
 * not reorder. */
#define WENT_ON_MIN (30 * NS_PER_MS)
/* An answer in less than this part of the least round trip ever measured was not made at the end of
 * the way. */
#define TOO_FAST_PART 8
/* ... and of too few of them, in less than this part. */
#define TOO_FAST_PART_OF_FEW 64
/* ... and what came sooner than the round trip by more than this part of it was on its way before.
 */
#define SOON_PART 4
/* So many round trips must have been measured before the least of them counts: the first often
 * waits for address resolution. */
#define RTT_SAMPLES 3
/* Round trips below this are within the jitter of hosts and switches. */
#define TOO_FAST_MIN (5 * NS_PER_MS)
/* A handshake is given up as unfinished after at least this: the first SYN-ACK timeout is 1 s, some
 * devices wait less. */
#define HALF_MADE_MIN (300 * NS_PER_MS)
/* Injectors aim some segments ahead (1460, 4380, 12503 octets were seen), never further than an
 * unscaled window. */
#define LADDER_REACH 65536
/* A slow one aims where the sender stood a while before. In so much a guess falls once in 256. */
#define STALE_REACH (1 << 24)
/* RSTs at different places of the sequence space, for one connection, before they look like
 * guesses. */
#define GUESSES 3

/* ---- Several places of capture ---- */

enum {
    SAMPLES = 1 << 18, /* 8 MB: of each packet by itself, and as a copy */
    /* Two sources share packets where so many that nobody repeats are in both, and are so many in a
     * hundred of what the smaller of their samples has ... */
    SHARED_STRONG = 3,
    SHARED_PART = 50,
    /* ... or one, where there are hardly any ... */
    SHARED_FEW_PART = 4,
    /* ... or, of those that might have been repeated (no timestamps, no identification), so many in
     * both directions; fewer where both were capturing at the same time. */
    SHARED_WEAK = 4,
    SHARED_WEAK_PART = 2,
    SHARED_WEAK_FEW = 2,
    SHARED_WEAK_FEW_PART = 4,
    /* ... or nearly all that either has, and one does not just go on where the other ends. */
    SHARED_ALL = 3,
    RING_FEW = 50,   /* samples of a small file */
    GROUP_MOST = 64, /* sources that one packet was looked for in */
    PAIRED_MOST = 8, /* of so many each is compared with each, of more with two of them */
    PAIRS_OF_SAMPLE = PAIRED_MOST / 2,
    /* Copies by clocks that differ, of files that share nothing but them. */
    COPIES_MANY = 8,
    COPIES_LANES = 64, /* sources of one place told apart where they have the same packet */
};

/* Two sources have no way between them where so many of what they share have the same difference of
 * times, of each direction. */
enum { EXACT_OF = 4, EXACT_LEAST = 3 };
/* A way between them, where no router is on it: what goes takes longer than what comes, by so many
 * of the neighbours of opposite directions. Of fewer, most by more than two who stamp packets at
 * one place differ by. */
enum { WAY_PAIRS = 8, WAY_OF = 10, WAY_PART = 9 };
#define STAMPED_APART (50 * INT64_C(1000))

/* Copies of a packet were captured so much apart at most, their clocks aligned: the longest way,
 * and a drift not known yet. */
#define APART_MOST (5 * NS_PER_S)
/* Files of a ring follow each other at once. */
#define RING_GAP (60 * NS_PER_S)
/* No stack sends anything again so long after. */
#define REPEATED_MOST (3600 / 2 * NS_PER_S)

enum {
    BINS = 48,     /* of time, for the drift */
    BIN_LEAST = 4, /* packets of a direction, for a bin to count */
    OUTLIERS = 64, /* one in so many packets may be no copy after all */
};
/* Clocks of computers err by less. */
#define DRIFT_MOST 500e-6
/* A drift is looked for only in captures as long as this. */
#define DRIFT_SPAN (5 * NS_PER_S)
/* Clocks within one capture that differ by less are taken for one: its order is right. */
#define ONE_CLOCK (500 * INT64_C(1000))
/* Segments of the connection so long before and after the RST say whether a place was losing any.
 */
#define AROUND (5 * NS_PER_S)
/* No way has more hops. */
enum { HOPS_MOST = 64 };
/* A port mirror of two ports shows a packet again at once. */
#define DOUBLED_MOST (2 * NS_PER_MS)
/* A place is one where so many packets come twice, for each that does not. */
enum { DOUBLED_LEAST = 4, DOUBLED_PART = 4 };
/* Aligned clocks may still be so far apart that a packet seems to arrive before it is sent. */
#define CLOCKS_APART (100 * NS_PER_MS)

/* Packets of each direction that say how long the way is; one shorter than that is not told from
 * what a busy host takes. */
enum { WAYS_LEAST = 3 };
#define WAY_LEAST (500 * INT64_C(1000))
/* Price of: that it was missing where it should have been is chance. */
enum { MISSING_LIKELY = 4, MISSING_DOUBTFUL = 2 };
/* Price of: what drew it was not captured, where nothing else was lost. */
enum { LOSS_NONE = 3 };

/* ---- The kernel's trace ---- */

/* A RST is captured so long before its line (clocks, cores) or after it (the way) at most. */
#define BEFORE_MOST (100 * NS_PER_MS)
#define AFTER_MOST (400 * NS_PER_MS)
/* The line nearest in time is taken for sure where the next is so much further. */
#define CLEARLY (200 * INT64_C(1000))
/* RSTs that come closer together may have overtaken each other. */
#define REORDER_MOST (5 * NS_PER_MS)
/* A copy of a RST comes so long after it at most. */
#define COPY_MOST (2 * NS_PER_S)

enum {
    SOLID = 4,  /* pairs of line and RST that agree, for the clocks to decide between two */
    FOLLOW = 8, /* the clocks' difference follows a new one by this part */
};

/* ---- Memory ---- */

/* Hosts remembered at once (a power of two); the least recently noted of eight makes room. */
#define MAX_HOSTS 32768

/* A connection that is over (both FINs or a RST) is remembered this long: TIME-WAIT everywhere is
 * at most 240 s. */
#define KEEP_CLOSED (300 * NS_PER_S)
/* ... and that it was, without what it was, so long or twice as long: an end that never heard of
 * its end asks after two hours at the earliest (RFC 9293 section 3.8.4, keep-alives), and Linux
 * goes on asking for 11 minutes. */
#define REMEMBER_OVER (3 * 3600 * NS_PER_S)
/* With all its segments only so long: older ones need not be kept anyhow, and while a RST waits for
 * its horizon nothing is packed. Afterwards nothing but late repetitions comes. */
#define PACK_ENDED RECENT_AGE
/* One that is open: longer than programs pause in the middle of something. */
#define PACK_OPEN (60 * NS_PER_S)
/* One with only one end so far: most answers have come by then, and of a flood nothing more comes.
 */
#define PACK_ONE_SIDED (1 * NS_PER_S)
/* A SYN nobody answered: Linux gives up after 127 s. */
#define KEEP_UNANSWERED (180 * NS_PER_S)

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* example.c - a SYN to a port where nobody listens, and why it was reset.
 *
 *     cc example.c $(pkg-config --cflags --libs tcprst) && ./a.out
 */
#include <stdio.h>
#include <tcprst.h>

static void say(void *user, const struct tcprst_verdict *verdict)
{
    char why[512];
    (void)user;
    tcprst_verdict_summary(verdict, NULL, why, sizeof why);
    printf("frame %llu: %s (%s): %s\n", (unsigned long long)verdict->frame.number,
           tcprst_cause_id(verdict->cause), tcprst_strength_id(verdict->strength), why);
}

int main(void)
{
    static const uint8_t syn[20] = {0xc0, 0, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x02, 0x80},
                         rst[20] = {0, 80, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0x50, 0x14};
    struct tcprst_options options = {.on_verdict = say};
    struct tcprst *core = tcprst_new(&options);
    for (unsigned i = 0; core && i < 2; i++) {
        struct tcprst_segment segment = {.frame = {.number = i + 1}, .layer = 1, .ip_version = 4};
        segment.source[0] = i ? 2 : 1, segment.destination[0] = i ? 1 : 2;
        segment.time = i * 1000000; /* a millisecond later */
        if (tcprst_segment_parse(&segment, i ? rst : syn, 20, 20, NULL))
            tcprst_feed(core, &segment, NULL);
    }
    if (!core)
        return 1;
    tcprst_finish(core);
    tcprst_free(core);
    return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - judges a RST: weighs it with each segment that may have drawn it, then in the company
 * of the RSTs around it.
 */
#ifndef TCPRST_JUDGE_H
#define TCPRST_JUDGE_H

#include "ended.h"
#include "evidence.h"
#include "places_verdict.h"
#include "reset.h"
#include "trace_verdict.h"
#include "weigh.h"

/* Of RSTs in a row of one connection whose verdicts were pending, what was found when their
 * outcomes were last asked for: it is the same for each RST behind them. */
struct ended_memo {
    const struct connection *connection;
    struct reset *end;       /* the last of them, pending or not; NULL: nothing is known */
    uint64_t first, last;    /* serial numbers of the first and of that one */
    uint64_t incarnation;    /* theirs */
    bool peeking;            /* the judge's */
    uint64_t made_at, until; /* the oldest of it, and from when on one has to be judged again: as a
                                RST's outcome_at and outcome_until */
    unsigned says[2];        /* no more than that, to a RST of end 0 or 1, as ended_may_say() */
};

/* What is known beside the connections; nothing is owned. */
struct judge {
    struct hosts *hosts;
    const struct filter *filter;
    struct precedents *precedents;
    struct tcprst_places *places;     /* NULL: there is one place */
    const struct tcprst_order *order; /* NULL: one capture */
    const struct tcprst_trace *trace; /* NULL: no kernel was asked */
    struct ended_memo *memo;
    bool peeking; /* only to look: final verdicts owe it nothing */
    bool roughly; /* what is known about of the RSTs around it will do, though more came since */
};

enum { TRIGGERS = 2 + OTHER_TRIGGERS };

/* A RST judged. Lives as long as its verdict is being made and handed out. */
struct judgement {
    struct ended ended;
    struct ended ended_by[TRIGGERS];    /* the same with each trigger; [0]: with none */
    struct evidence evidence[TRIGGERS]; /* likewise */
    struct place_facts places[TRIGGERS];
    struct trace_facts trace;
    struct reset of;                 /* the RST, as drawn by one of them: at last the verdict's */
    unsigned chosen;                 /* which that is */
    const struct decision *decision; /* there until the next one is weighed, or own_decision */
    struct decision own_decision;    /* of one that has others around it */
    struct outcome alone;            /* what it says by itself */
    struct outcome outcome;
};

/* The RSTs of one burst share what made them: the best founded of them speaks for all that may have
 * come the same way. */
void judge_reset(const struct judge *judge, struct judgement *j, struct reset *r);

#endif

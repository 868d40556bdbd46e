/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - the contracts of tcprst.h as conditions. */
#include "check.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, condition);
    abort();
}

/* FNV-1a; only equality matters. */
static uint64_t add(uint64_t digest, const void *bytes, size_t length)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ p[i]) * 0x100000001b3U;
    return digest;
}

static uint64_t add_number(uint64_t digest, uint64_t number)
{
    return add(digest, &number, sizeof number);
}

void check_segment(const struct tcprst_segment *segment)
{
    static volatile uint64_t sink; /* the octets must really be read */
    CHECK(segment->ip_version == 4 || segment->ip_version == 6);
    CHECK(segment->layer >= 1);
    CHECK(segment->frame.number >= 1);
    CHECK(segment->header_length >= 20 && segment->header_length <= 60);
    CHECK(segment->captured <= segment->length);
    CHECK(segment->header_length <= segment->length);
    CHECK(segment->payload_length == segment->length - segment->header_length);
    CHECK(segment->options_captured <= segment->header_length - 20);
    CHECK(segment->flags <= 0x0fff);
    CHECK(segment->flow_label <= 0xfffff);
    sink = sink + add(0, segment->bytes, segment->captured);
}

static void check_sentence(const char *text, size_t length, size_t size)
{
    CHECK(strlen(text) < size);
    CHECK(g_utf8_validate(text, -1, NULL));
    CHECK(length > 0);
    CHECK(length >= size || strlen(text) == length);
}

/* Every sentence, whole and cut short. */
static uint64_t check_sentences(const struct tcprst_verdict *verdict)
{
    uint64_t digest = 0;
    char whole[2048] = "", cut[24] = "";
    for (unsigned i = 0; i < verdict->evidence_count; i++) {
        const struct tcprst_evidence *evidence = &verdict->evidence[i];
        CHECK((unsigned)evidence->fact < TCPRST_FACT_COUNT);
        check_sentence(whole, tcprst_evidence_text(evidence, NULL, whole, sizeof whole),
                       sizeof whole);
        check_sentence(cut, tcprst_evidence_text(evidence, NULL, cut, sizeof cut), sizeof cut);
        digest = add(digest, whole, strlen(whole));
        digest = add_number(digest, evidence->frame.number);
    }
    check_sentence(whole, tcprst_verdict_summary(verdict, NULL, whole, sizeof whole), sizeof whole);
    check_sentence(cut, tcprst_verdict_summary(verdict, NULL, cut, sizeof cut), sizeof cut);
    return add(digest, whole, strlen(whole));
}

static void check_words(const struct tcprst_verdict *verdict)
{
    CHECK((unsigned)verdict->cause < TCPRST_CAUSE_COUNT);
    CHECK(verdict->strength >= TCPRST_STRENGTH_POSSIBLE &&
          verdict->strength <= TCPRST_STRENGTH_CERTAIN);
    CHECK((unsigned)verdict->stage <= TCPRST_STAGE_MID_STREAM);
    CHECK((unsigned)verdict->acceptance <= TCPRST_ACCEPTANCE_NO_CONNECTION);
    CHECK((unsigned)verdict->effect <= TCPRST_EFFECT_IGNORED);
    CHECK((unsigned)verdict->sender <= TCPRST_SENDER_SERVER);
    CHECK((unsigned)verdict->origin <= TCPRST_ORIGIN_THIRD_PARTY);
    CHECK((unsigned)verdict->severity <= TCPRST_SEVERITY_SUSPICIOUS);
    CHECK((unsigned)verdict->peer_error <= TCPRST_PEER_ERROR_NONE);
    CHECK((unsigned)verdict->settled_by < TCPRST_SETTLED_BY_COUNT);
    CHECK(!verdict->settled_by || verdict->strength < TCPRST_STRENGTH_CERTAIN ||
          verdict->origin == TCPRST_ORIGIN_UNKNOWN);
    CHECK(verdict->alternative_count <= TCPRST_MAX_ALTERNATIVES);
    CHECK(verdict->evidence_count <= TCPRST_MAX_EVIDENCE);
    for (unsigned i = 0; i < verdict->alternative_count; i++) {
        const struct tcprst_alternative *other = &verdict->alternatives[i];
        CHECK((unsigned)other->cause < TCPRST_CAUSE_COUNT && other->cause != verdict->cause);
        CHECK(other->strength >= TCPRST_STRENGTH_POSSIBLE &&
              other->strength <= TCPRST_STRENGTH_CERTAIN);
        for (unsigned j = 0; j < i; j++)
            CHECK(verdict->alternatives[j].cause != other->cause);
    }
}

/* What verdict.def says of the absent. */
#define CHECK_NUMBER(member)
#define CHECK_WORD(member)
#define CHECK_FLAG(member)
#define CHECK_COUNT(member) CHECK(verdict->member >= -1);
#define CHECK_SECONDS(member) CHECK(verdict->member >= -1);
#define CHECK_FRAME(member)
#define CHECK_CAPTURE(member)
#define CHECK_TEXT(member)
#define CHECK_LIST(member)

static void check_numbers(const struct tcprst_verdict *verdict)
{
#define FIELD(KIND, member, of, DOORS, REDACT, key, filter, label, absent, sentence)               \
    CHECK_##KIND(member)
#include "tcprst/verdict.def"
}

static void check_verdict(const struct tcprst_verdict *verdict)
{
    check_words(verdict);
    CHECK(verdict->flags & TCPRST_RST);
    check_numbers(verdict);
    CHECK(verdict->event.number >= 1);
    CHECK(verdict->device_text_length < TCPRST_DEVICE_TEXT_SIZE);
    CHECK(strlen(verdict->device_text) == verdict->device_text_length);
    CHECK(g_utf8_validate(verdict->device_text, -1, NULL));
}

/* A cause is ruled out where its ledger says so, and its total is what its ledger adds up to. */
static void check_finding(struct checker *checker, const struct tcprst_finding *finding)
{
    struct tcprst_ledger_line lines[TCPRST_MAX_LEDGER];
    size_t count = tcprst_ledger(checker->core, finding->cause, lines, TCPRST_MAX_LEDGER);
    CHECK(count > 0 && count <= TCPRST_MAX_LEDGER);
    bool impossible = false;
    unsigned total = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(lines[i].place < TCPRST_LEDGER_PLACES);
        total += lines[i].counted ? lines[i].cost : 0;
        CHECK(lines[i].state != TCPRST_CLAIM_MET || lines[i].cost == 0);
        impossible |= lines[i].cost >= TCPRST_COST_IMPOSSIBLE;
    }
    CHECK(impossible == finding->excluded);
    CHECK(impossible || total == finding->total);
    CHECK(finding->excluded == (finding->total >= TCPRST_COST_IMPOSSIBLE));
    CHECK(finding->excluded || finding->rarity <= finding->total);
}

static void on_verdict(void *user, const struct tcprst_verdict *verdict)
{
    struct checker *checker = user;
    struct tcprst_finding findings[TCPRST_CAUSE_COUNT];
    CHECK(verdict->final);
    CHECK(verdict->reset == checker->verdicts);
    checker->verdicts++;
    check_verdict(verdict);
    size_t count = tcprst_findings(checker->core, findings, TCPRST_CAUSE_COUNT);
    CHECK(count <= TCPRST_CAUSE_COUNT);
    /* The cheapest, and another in turn: all of them would take most of the time. */
    if (count) {
        check_finding(checker, &findings[0]);
        check_finding(checker, &findings[verdict->reset % count]);
    }
    const uint64_t numbers[] = {verdict->frame.number,
                                verdict->connection,
                                verdict->cause,
                                verdict->strength,
                                verdict->stage,
                                verdict->acceptance,
                                verdict->effect,
                                verdict->sender,
                                verdict->origin,
                                verdict->severity,
                                verdict->peer_error,
                                verdict->settled_by,
                                verdict->duplicate_of.number,
                                verdict->trigger.number,
                                verdict->event.number,
                                (uint64_t)verdict->idle,
                                (uint64_t)verdict->risk_from_sender,
                                (uint64_t)verdict->risk_to_sender,
                                (uint64_t)verdict->unread_possible};
    checker->digest = add(checker->digest, numbers, sizeof numbers);
    for (unsigned i = 0; i < verdict->alternative_count; i++)
        checker->digest = add_number(checker->digest, verdict->alternatives[i].cause);
    checker->digest = add_number(checker->digest, check_sentences(verdict));
}

static void on_connection(void *user, const struct tcprst_connection *connection)
{
    struct checker *checker = user;
    CHECK(checker->core != NULL);
    CHECK((unsigned)connection->ending <= TCPRST_ENDING_REFUSED);
    CHECK(connection->first.number >= 1 && connection->last.number >= 1);
    CHECK(connection->client.segments + connection->server.segments + connection->resets >= 1);
}

bool checker_start(struct checker *checker, size_t max_connections, uint64_t hash_seed)
{
    const struct tcprst_options options = {.on_verdict = on_verdict,
                                           .on_connection = on_connection,
                                           .user = checker,
                                           .max_connections = max_connections,
                                           .hash_seed = hash_seed};
    memset(checker, 0, sizeof *checker);
    checker->core = tcprst_new(&options);
    return checker->core != NULL;
}

void checker_feed(struct checker *checker, const struct tcprst_segment *segment)
{
    uint64_t reset = 0;
    check_segment(segment);
    bool is_reset = tcprst_feed(checker->core, segment, &reset);
    CHECK(is_reset == ((segment->flags & TCPRST_RST) != 0));
    if (is_reset)
        CHECK(reset == checker->fed++);
    CHECK(checker->verdicts <= checker->fed);
}

void checker_peek(struct checker *checker)
{
    static struct tcprst_verdict verdict;
    if (checker->fed == 0)
        return;
    uint64_t last = checker->fed - 1;
    bool pending = tcprst_peek(checker->core, last, &verdict);
    CHECK(pending == (last >= checker->verdicts));
    if (!pending)
        return;
    CHECK(!verdict.final && verdict.reset == last);
    check_verdict(&verdict);
    check_sentences(&verdict);
}

void checker_end(struct checker *checker)
{
    struct tcprst_statistics statistics;
    tcprst_finish(checker->core);
    tcprst_statistics(checker->core, &statistics);
    CHECK(checker->verdicts == checker->fed);
    CHECK(statistics.resets + statistics.duplicates == checker->fed);
    CHECK(statistics.events <= statistics.resets);
    tcprst_free(checker->core);
    checker->core = NULL;
}

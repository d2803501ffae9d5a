/* People: the snapshot that identity pushes, and the tokens that it signs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/worker/worker.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

/* ---- snapshots ---- */

/*
 * Whose standing has changed since the last snapshot, or who was not in it: what was begun before
 * this moment is over.  That is exact, whatever was done to a clock, and holds for what has been
 * heard in this process; for what was said before it people_ask() looks at the times.
 */
static uint64_t *over_in(const struct worker *w, const struct snapshot *next)
{
    uint64_t *over = calloc(next->people + 1, sizeof *over);
    if (!over)
        log_die("out of memory for the people of this enclave");
    for (size_t i = 0; w->snapshot && i < next->people; i++) {
        const struct snapshot_holder *now = &next->person[i],
                                     *was = snapshot_find(w->snapshot, now->id);
        bool same =
            was && was->not_before_ms == now->not_before_ms && was->suspended == now->suspended;
        over[i] = !same ? os_boot_ms() : w->over_ms ? w->over_ms[was - w->snapshot->person] : 0;
    }
    return over;
}

static void take_snapshot(struct worker *w, const uint8_t digest[static 32])
{
    struct bytes_view data = bytes_view_of(w->snapshot_parts, w->snapshot_length);
    struct snapshot *snapshot = NULL;
    uint8_t found[32];
    hash_content(SNAPSHOT_PURPOSE, data, found);
    if (memcmp(found, digest, 32) != 0)
        log_die("a snapshot came with another digest than its parts have");
    int r = snapshot_decode(data, &snapshot);
    if (r == ERR_MEMORY)
        log_die("out of memory for the people of this enclave");
    if (r || memcmp(snapshot->enclave, process_enclave(w->process), 8) != 0)
        log_die("a snapshot came that is malformed or another enclave's");
    /* with the old people somebody whose standing has ended would work on: it is asked for again */
    r = decider_people(w->decider, snapshot, worker_now(w));
    if (r)
        log_die("the people of this enclave cannot be decided on: %s", error_text(r));
    uint64_t *over = over_in(w, snapshot);
    if (!w->snapshot)
        w->heard_ms = os_boot_ms();
    free(w->over_ms);
    w->over_ms = over;
    snapshot_free(w->snapshot);
    w->snapshot = snapshot;
    w->snapshot_recorded = false;
    memcpy(w->snapshot_digest, digest, 32);
    w->snapshot_good_until_ms = 0; /* until its signed line comes */
}

int64_t worker_now(const struct worker *w)
{
    int64_t now = os_utc_ms();
    return now > w->floor_ms ? now : w->floor_ms;
}

void people_part(struct worker *w, const struct message_snapshot *m)
{
    if (m->part == 0)
        w->snapshot_length = 0;
    if (w->snapshot_length + m->body.length > SNAPSHOT_BYTES_MAX)
        log_die("a snapshot is larger than allowed");
    memcpy(w->snapshot_parts + w->snapshot_length, m->body.data, m->body.length);
    w->snapshot_length += m->body.length;
    if (m->part + 1 == m->parts)
        take_snapshot(w, m->digest);
}

void people_line(struct worker *w, const struct message_snapshot_line *m)
{
    uint8_t line[SNAPSHOT_LINE_LENGTH];
    snapshot_line(m->epoch, m->digest, m->boot, m->good_until_ms, line);
    if (sign_check(w->root.snapshot, "casemate/snapshot-line/1", bytes_view_of(line, sizeof line),
                   m->signature) != 0)
        log_die("a snapshot line came with a wrong signature");
    if (!w->snapshot || m->epoch != w->snapshot->epoch ||
        memcmp(m->digest, w->snapshot_digest, 32) != 0 || memcmp(m->boot, os_boot_id(), 16) != 0)
        return; /* for another snapshot than the one that lies here */
    w->snapshot_good_until_ms = m->good_until_ms;
}

bool people_stale(const struct worker *w)
{
    return os_boot_ms() >= w->snapshot_good_until_ms;
}

/* ---- tokens ---- */

static struct token_place *place_of(struct worker *w, struct bytes_view text)
{
    uint64_t h = 1469598103934665603u;
    for (uint32_t i = TOKEN_TEXT - 20; i < TOKEN_TEXT; i++) /* of the signature */
        h = (h ^ text.data[i]) * 1099511628211u;
    return &w->tokens[(h ^ h >> 32) % TOKENS];
}

/* Verified once, then known by its exact text. */
static const struct token *known_token(struct worker *w, struct bytes_view text)
{
    if (text.length != TOKEN_TEXT)
        return NULL;
    struct token_place *place = place_of(w, text);
    if (place->used && memcmp(place->text, text.data, TOKEN_TEXT) == 0)
        return &place->token;
    struct token token;
    int r =
        token_check(w->root.statement, text, (const uint8_t *)process_enclave(w->process), &token);
    if (r == ERR_MEMORY) /* which says nothing of the token */
        log_die("out of memory");
    if (r)
        return NULL;
    place->used = true;
    place->token = token;
    memcpy(place->text, text.data, TOKEN_TEXT);
    return &place->token;
}

void people_session(struct worker *w, const uint8_t session[static 16], enum known what)
{
    known_hear(w->sessions, session, what, os_boot_ms());
}

void people_sessions(struct worker *w, const struct message_sessions *m)
{
    if (m->over.length % 16 || m->locked.length % 16)
        log_die("identity sent sessions whose ids are cut off");
    for (uint32_t i = 0; i < m->over.length; i += 16)
        people_session(w, m->over.data + i, KNOWN_OVER);
    for (uint32_t i = 0; i < m->locked.length; i += 16)
        people_session(w, m->locked.data + i, KNOWN_LOCKED);
}

/* Was it issued before this person was suspended or restored?  Not what was issued behind the first
 * snapshot that this process has heard, which said so already.  Else, where it was said before
 * that, by the clock alone: the newest time of the log stands still while the clock lies behind it,
 * and would make a token younger than it is. */
static bool is_over(const struct worker *w, const struct snapshot_holder *person,
                    const struct token *t, uint64_t now)
{
    uint64_t over = w->over_ms ? w->over_ms[person - w->snapshot->person] : 0;
    if (over)
        return t->issued_ms < over;
    if (w->heard_ms && t->issued_ms >= w->heard_ms)
        return false;
    return person->not_before_ms > os_utc_ms() - (int64_t)(now - t->issued_ms);
}

const char *people_ask(struct worker *w, struct bytes_view token,
                       const uint8_t station[static STATION_ID], struct asker *ret_asker)
{
    static const char badge_in[] = "Badge in again.";
    uint64_t now = os_boot_ms();
    const struct token *t = known_token(w, token);
    enum known known = t ? known_ask(w->sessions, t->session) : KNOWN_NOTHING;
    if (!t || known == KNOWN_OVER || !token_is_current(t, os_boot_id(), now) ||
        memcmp(t->station, station, STATION_ID) != 0)
        return badge_in;
    if (!w->snapshot || w->snapshot_good_until_ms == 0)
        return PEOPLE_NOT_YET; /* just started: identity's snapshot is on its way */
    const struct snapshot_holder *person = snapshot_find(w->snapshot, t->person);
    if (!person || is_over(w, person, t, now))
        return badge_in;
    if (known == KNOWN_LOCKED)
        return PEOPLE_LOCKED;
    ret_asker->person = person;
    ret_asker->token = t;
    return NULL;
}

/* Each program's share of the journal: what is beyond it is counted, said, and on record. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define RECORD_EVERY_MS 10000 /* while it lasts: a line of half a kilobyte */
#define QUIET_MS        60000 /* as long nothing came beyond: it is over */

#define AUDIT_CLASS(number, NAME, what) +1
_Static_assert(SHARE_CLASSES == 1
#include "enclave/audit/event.def"
               ,
               "a count for each class, and one for none");

/* ---- whose ---- */

static enum program program_of(const char *origin)
{
    if (strncmp(origin, "worker/", 7) == 0)
        return PROGRAM_WORKER;
    return strncmp(origin, "identity/", 9) == 0 ? PROGRAM_IDENTITY : PROGRAM_NONE;
}

/* NULL for whoever writes without a bound: the keeper, the supervisor, this program. */
static struct origin_share *share_of(struct auditor *auditor, const char *origin)
{
    enum program program = program_of(origin);
    if (!share_is_bound(program))
        return NULL;
    for (size_t i = 0; i < ORIGINS_MAX; i++) {
        struct origin_share *s = &auditor->shares[i];
        if (s->origin[0] == '\0') {
            snprintf(s->origin, sizeof s->origin, "%s", origin);
            share_begin(&s->share, program, os_boot_ms());
        }
        if (strcmp(s->origin, origin) == 0)
            return s;
    }
    log_die("more programs than a site can have");
}

bool shares_allow(struct auditor *auditor, const char *origin, enum share_kind kind)
{
    struct origin_share *s = share_of(auditor, origin);
    return !s || share_is_within(&s->share, kind, os_boot_ms());
}

void shares_spend(struct auditor *auditor, const char *origin, enum share_kind kind,
                  const char *fields)
{
    struct origin_share *s = share_of(auditor, origin);
    if (s)
        share_spend(&s->share, kind, strlen(fields));
}

/* ---- beyond it ---- */

/* An enclave is its id, as everywhere in the journal and the site's log. */
static void note(struct auditor *auditor, const struct origin_share *s, enum audit_outcome outcome,
                 const char *what)
{
    char text[JOURNAL_ORIGIN + SHARE_TEXT + 4];
    snprintf(text, sizeof text, "%s: %s", s->origin, what);
    records_note(auditor, "auditor/-", AUDIT_TYPE_BEYOND, outcome, text);
}

static void say_to(struct auditor *auditor, const struct origin_share *s)
{
    room_words(auditor);
    for (size_t i = 0; i < LISTENERS; i++) {
        char origin[JOURNAL_ORIGIN];
        if (!auditor->listeners[i])
            continue;
        auditor_origin(auditor->listeners[i], origin);
        if (strcmp(origin, s->origin) == 0)
            room_say(auditor, auditor->listeners[i]);
    }
}

void shares_beyond(struct auditor *auditor, const char *origin, unsigned event_class)
{
    struct origin_share *s = share_of(auditor, origin);
    bool begins = s->beyond_ms == 0;
    s->beyond_ms = os_boot_ms();
    s->beyond++;
    share_count(&s->share, event_class, os_utc_ms());
    if (!begins)
        return;
    s->since_ms = os_utc_ms();
    s->recorded_ms = s->beyond_ms;
    log_err("%s writes more to the journal than its share; what is beyond it is counted and not "
            "kept",
            origin);
    note(auditor, s, AUDIT_OUTCOME_REFUSED, "it writes more than its share, and is counted");
    say_to(auditor, s);
}

static void put_on_record(struct auditor *auditor, struct origin_share *s)
{
    char text[SHARE_TEXT];
    if (auditor->full || !share_take(&s->share, text))
        return; /* on a full disk the number waits */
    s->recorded_ms = os_boot_ms();
    note(auditor, s, AUDIT_OUTCOME_REFUSED, text);
}

static void look_at(struct auditor *auditor, struct origin_share *s)
{
    uint64_t now = os_boot_ms();
    if (now - s->recorded_ms >= RECORD_EVERY_MS) {
        put_on_record(auditor, s);
        room_words(auditor);
    }
    if (now - s->beyond_ms < QUIET_MS || s->share.beyond)
        return;
    log_err("%s is within its share of the journal again; %" PRIu64 " records were not kept",
            s->origin, s->beyond);
    s->beyond_ms = s->beyond = 0;
    note(auditor, s, AUDIT_OUTCOME_DONE, "it is within its share again");
    say_to(auditor, s);
}

void shares_second(struct auditor *auditor)
{
    for (size_t i = 0; i < ORIGINS_MAX && auditor->shares[i].origin[0]; i++) {
        struct origin_share *s = &auditor->shares[i];
        struct peer *peer = s->waits;
        s->waits = NULL;
        if (peer)
            anchors_sign(auditor, peer, &s->head);
        if (s->beyond_ms)
            look_at(auditor, s);
    }
}

void shares_told(struct auditor *auditor)
{
    for (size_t i = 0; i < ORIGINS_MAX && auditor->shares[i].origin[0]; i++)
        put_on_record(auditor, &auditor->shares[i]);
}

/* ---- heads that wait ---- */

void shares_later(struct auditor *auditor, struct peer *peer, const struct message_head *m)
{
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    struct origin_share *s = share_of(auditor, origin);
    if (m != &s->head) { /* else it waits already, and still has to */
        s->head = *m;
        if (m->proof.length)
            memcpy(s->proof, m->proof.data, m->proof.length);
        if (m->hot.length)
            memcpy(s->hot, m->hot.data, m->hot.length);
        s->head.proof.data = s->proof;
        s->head.hot.data = s->hot;
    }
    s->waits = peer;
}

void shares_left(struct auditor *auditor, const struct peer *peer)
{
    for (size_t i = 0; i < ORIGINS_MAX; i++)
        if (auditor->shares[i].waits == peer)
            auditor->shares[i].waits = NULL;
}

/* ---- saying it ---- */

bool shares_is_beyond(const struct auditor *auditor, const struct peer *peer)
{
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    for (size_t i = 0; i < ORIGINS_MAX; i++)
        if (strcmp(auditor->shares[i].origin, origin) == 0)
            return auditor->shares[i].beyond_ms != 0;
    return false;
}

/* The one that is worst, and how many others. */
void shares_words(const struct auditor *auditor, char out[static SHARES_WORDS])
{
    const struct origin_share *worst = NULL;
    unsigned others = 0;
    char since[SHARE_TIME], more[40] = "";
    out[0] = '\0';
    for (size_t i = 0; i < ORIGINS_MAX; i++) {
        const struct origin_share *s = &auditor->shares[i];
        if (!s->beyond_ms)
            continue;
        others += worst != NULL;
        if (!worst || s->beyond > worst->beyond)
            worst = s;
    }
    if (!worst)
        return;
    if (others)
        snprintf(more, sizeof more, " So do %u more.", others);
    share_time(worst->since_ms, since);
    snprintf(out, SHARES_WORDS,
             "%s writes more to the journal than its share: %" PRIu64
             " records since %s were counted and not kept.%s",
             worst->origin, worst->beyond, since, more);
}

/* ---- from one life, and one segment, to the next ---- */

void shares_read(struct auditor *auditor, const char *origin, const char *kind, size_t length,
                 bool is_act)
{
    struct origin_share *s = share_of(auditor, origin);
    if (!s || strcmp(kind, "share") == 0)
        return;
    share_spend(&s->share,
                strcmp(kind, "head") == 0 ? SHARE_HEADS
                : is_act                  ? SHARE_ACTS
                                          : SHARE_NOTES,
                length);
}

int shares_read_line(struct auditor *auditor, const char *origin, const char *fields)
{
    struct origin_share *s = share_of(auditor, origin);
    return s ? share_get(&s->share, fields) : ERR_FORMAT;
}

void shares_resume(struct auditor *auditor)
{
    int64_t since = auditor->journal ? os_utc_ms() - journal_begun_ms(auditor->journal) : 0;
    for (size_t i = 0; i < ORIGINS_MAX && auditor->shares[i].origin[0]; i++)
        share_resume(&auditor->shares[i].share, since, os_boot_ms());
}

int shares_carry(struct auditor *auditor, struct journal *journal)
{
    char fields[SHARE_FIELDS];
    int r = 0;
    for (size_t i = 0; r == 0 && i < ORIGINS_MAX && auditor->shares[i].origin[0]; i++) {
        struct origin_share *s = &auditor->shares[i];
        share_fill(&s->share, os_boot_ms());
        share_put(&s->share, fields);
        r = journal_add(journal, s->origin, "share", fields);
    }
    return r;
}

#include "appliance/identity/breaking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

/* "2026-05-03 14:20", UTC. */
static const char *minute_text(int64_t utc_ms, char out[static 20])
{
    struct tm tm;
    time_t seconds = (time_t)(utc_ms / 1000);
    gmtime_r(&seconds, &tm);
    strftime(out, 20, "%Y-%m-%d %H:%M", &tm);
    return out;
}

static const char *name_of(const struct identity *n, const uint8_t person[static 16])
{
    size_t at = people_by_id(n, person);
    return at < PEOPLE_MAX ? n->people[at].name : "";
}

static bool is_same_human(const struct identity *n, size_t person, const uint8_t other[static 16])
{
    size_t at = people_by_id(n, other);
    return at < PEOPLE_MAX && memcmp(n->people[at].natural, n->people[person].natural, 16) == 0;
}

/* ---- breaking ---- */

static void fill_glass(struct identity *n, const char *enclave, size_t person, struct glass *g)
{
    struct bytes_view action = V("action")->text, reason = V("reason")->text;
    *g = (struct glass){.broken_ms = identity_now(n)};
    g->until_ms = g->broken_ms + GLASS_MS;
    memcpy(g->glass, V("id")->bytes, 16);
    memcpy(g->person, n->people[person].person, 16);
    snprintf(g->enclave, sizeof g->enclave, "%s", enclave);
    snprintf(g->action, sizeof g->action, "%.*s", (int)action.length, (const char *)action.data);
    snprintf(g->reason, sizeof g->reason, "%.*s", (int)reason.length, (const char *)reason.data);
}

static const char *break_refused(struct identity *n, const struct glass *g, size_t person)
{
    if (n->people[person].suspended ||
        !record_find(n, person, ATTRIBUTE_READ_IN, g->enclave, identity_now(n)))
        return "You are not read in to this program any more; no glass opens it.";
    if (record_by_id(n, g->glass) || record_has_left(n, g->glass))
        return "A record of this id is there already; take another one.";
    if (n->records_count == RECORDS_MAX && !record_has_room(n, identity_now(n)))
        return "There is no room for more records.";
    return glasses_refuse(&n->glasses, g, identity_now(n));
}

void breaking_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                      const struct operation *operation)
{
    struct token token;
    struct glass g;
    struct session *s = identity_session(n, m->token, gateway->enclave, &token);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.",
                         "Badge in at the entry page.");
        return;
    }
    fill_glass(n, gateway->enclave, s->person, &g);
    const char *why = break_refused(n, &g, s->person);
    if (why) {
        identity_problem(n, gateway, m->request, 409, "", why, "");
        return;
    }
    why = identity_check_statement(n, operation, m->statement, m->body, &token);
    if (why) {
        identity_problem(n, gateway, m->request, 403, "", why,
                         "Sign again with your badge and PIN, or your key.");
        identity_denied(n, &token, operation, why);
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->person = s->person;
    p->token = token;
    p->statement_length = m->statement.length;
    memcpy(p->statement, m->statement.data, m->statement.length);
    memcpy(p->session, token.session, 16);
    if (pending_intent(n, p) == 0)
        return;
    identity_problem(n, gateway, m->request, 503, "",
                     "The auditor is not there, and without its record no glass is broken.",
                     "Try again in a moment.");
    pending_end(p);
}

static void answer_broken(struct identity *n, struct pending *p, const struct glass *g)
{
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char text[160], when[20];
    snprintf(text, sizeof text,
             "Open for you until %s UTC. Everybody in the program sees it, and an officer will "
             "review it.",
             minute_text(g->until_ms, when));
    answer_write_done(&(struct answer_done){.done = true, .text = text}, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
}

void breaking_go_on(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_GLASS_BROKEN};
    struct event_glass_broken *e = &event.glass_broken;
    struct session *s = signin_session(n, p->session);
    struct glass g;
    uint8_t by[16];
    const struct operation *operation = operation_by_number(p->operation);
    if (body_decode(operation, bytes_view_of(p->body, p->body_length), n->scratch, BODY_SCRATCH,
                    &n->body) != 0)
        log_die("a body that was decoded once could not be decoded again");
    fill_glass(n, p->enclave, p->person, &g);
    const char *why =
        s && s->state == SESSION_OPEN ? break_refused(n, &g, p->person) : "The session has ended.";
    memcpy(by, g.person, 16);
    memcpy(e->glass, g.glass, 16);
    memcpy(e->person, g.person, 16);
    memcpy(e->enclave, g.enclave, 8);
    e->action = bytes_text(g.action);
    e->reason = bytes_text(g.reason);
    e->until_ms = g.until_ms;
    e->statement = bytes_view_of(p->statement, p->statement_length);
    if (!why && people_event(n, &event, by, p->operation, g.glass) != 0)
        log_die("identity's store failed");
    if (!why)
        answer_broken(n, p, &g);
    else if (p->gateway)
        identity_problem(n, p->gateway, p->request, 409, "", why, "");
    identity_journal(n, p, why ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, g.action);
    pending_end(p);
}

/* ---- what waits for a review ---- */

/* The first that this officer has to review before anything else; his own are another's. */
static const struct glass *due(struct identity *n, size_t person, int64_t signed_in_ms)
{
    for (size_t i = 0; i < n->glasses.count; i++) {
        const struct glass *g = &n->glasses.glass[i];
        if (glass_is_due(g, signed_in_ms, identity_now(n)) && !is_same_human(n, person, g->person))
            return g;
    }
    return NULL;
}

/* As the newest read-in in force there calls it. */
static const char *program_name(struct identity *n, const char *enclave)
{
    int64_t now = identity_now(n);
    for (size_t i = n->records_count; i-- > 0;) {
        const struct record *r = &n->records[i];
        if (r->attribute->number == ATTRIBUTE_READ_IN && strcmp(r->scope, enclave) == 0 &&
            record_is_active(r, now))
            return r->value;
    }
    return enclave;
}

static const char *due_text(struct identity *n, const struct glass *g)
{
    static char text[400];
    char when[20];
    snprintf(text, sizeof text,
             "The glass was broken by %s in %s at %s UTC (“%s”): review it first.",
             name_of(n, g->person), program_name(n, g->enclave), minute_text(g->broken_ms, when),
             glass_action_text(g->action));
    return text;
}

const char *breaking_note(struct identity *n, size_t person)
{
    const struct glass *g = signin_is_officer(n, person) ? due(n, person, INT64_MAX) : NULL;
    return g ? due_text(n, g) : "";
}

/* What takes something away, and gives nothing, is never held up. */
static bool only_closes(const struct operation *operation)
{
    return operation->number == OPERATION_SUSPEND || operation->number == OPERATION_REVOKE_RECORD ||
           operation->number == OPERATION_REVOKE_CREDENTIAL;
}

bool breaking_holds(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation)
{
    struct token token;
    if (operation->server != SERVER_ENTRY || operation->method == METHOD_GET ||
        operation->action[0] == '\0' || operation->number == OPERATION_REVIEW_GLASS ||
        only_closes(operation))
        return false;
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    if (!s || !signin_is_officer(n, s->person))
        return false;
    int64_t signed_in = identity_now(n) - (int64_t)(os_boot_ms() - s->opened_ms);
    const struct glass *g = due(n, s->person, signed_in);
    if (!g)
        return false;
    identity_problem(n, gateway, m->request, 409, "", due_text(n, g),
                     "Read the broken glass at the entry, and say whether it was justified.");
    return true;
}

/* ---- the review ---- */

void breaking_subject(struct identity *n, struct subject *s)
{
    const struct glass *g = glasses_find(&n->glasses, V("glass")->bytes);
    size_t person = g ? people_by_id(n, g->person) : PEOPLE_MAX;
    if (person == PEOPLE_MAX)
        return;
    memcpy(s->entered_by, n->people[person].natural, 16);
    memcpy(s->about, n->people[person].natural, 16);
}

const char *breaking_review_refused(struct identity *n)
{
    const struct glass *g = glasses_find(&n->glasses, V("glass")->bytes);
    if (!g)
        return "There is no such broken glass.";
    if (g->verdict != GLASS_UNREVIEWED) {
        static char text[160];
        snprintf(text, sizeof text, "It was reviewed already, by %s: %s. Yours is not recorded.",
                 name_of(n, g->reviewed_by),
                 g->verdict == GLASS_JUSTIFIED ? "justified" : "not justified");
        return text;
    }
    return glass_verdict_by_name(V("verdict")->text) == GLASS_UNREVIEWED
               ? "The verdict is justified or not-justified."
               : NULL;
}

void breaking_review(struct identity *n, const struct pending *p, struct event *event)
{
    struct event_glass_reviewed *e = &event->glass_reviewed;
    *event = (struct event){.number = EVENT_GLASS_REVIEWED};
    memcpy(e->glass, V("glass")->bytes, 16);
    e->verdict = (uint8_t)glass_verdict_by_name(V("verdict")->text);
    e->words = V("words")->text;
    e->statement = bytes_view_of(p->statement, p->statement_length);
}

/* When it ended or will: at its hour, at its review, or when it was revoked. */
static int64_t end_of(const struct identity *n, const struct glass *g)
{
    const struct record *r = record_by_id(n, g->glass);
    return r && r->state == RECORD_REVOKED && r->revoked_ms < g->until_ms ? r->revoked_ms
                                                                          : g->until_ms;
}

void breaking_list(struct identity *n, struct bytes_put *out)
{
    size_t count = n->glasses.count;
    struct answer_broken_glass *rows = calloc(count ? count : 1, sizeof *rows);
    if (!rows)
        log_die("out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct glass *g = &n->glasses.glass[count - 1 - i];
        rows[i] = (struct answer_broken_glass){
            .name = name_of(n, g->person),
            .enclave = g->enclave,
            .action = g->action,
            .reason = g->reason,
            .broken = g->broken_ms,
            .until = end_of(n, g),
            .state = g->verdict ? "reviewed" : "waits for a review",
            .verdict = glass_verdict_text(g->verdict),
            .words = g->words,
            .reviewed_by = g->verdict ? name_of(n, g->reviewed_by) : "",
            .reviewed = g->reviewed_ms};
        memcpy(rows[i].glass, g->glass, 16);
        memcpy(rows[i].person, g->person, 16);
    }
    answer_write_broken_glasses(
        &(struct answer_broken_glasses){.glasses = rows, .glasses_count = count}, out);
    free(rows);
}

/* ---- from events ---- */

/* As much of ${text} as fits, in whole characters of UTF-8. */
static void copy_cut(char *out, size_t size, struct bytes_view text)
{
    size_t n = text.length < size ? text.length : size - 1;
    while (n < text.length && n > 0 && (text.data[n] & 0xC0) == 0x80)
        n--;
    memcpy(out, text.data, n);
    out[n] = '\0';
}

static int apply_broken(struct identity *n, const struct event *event)
{
    const struct event_glass_broken *e = &event->glass_broken;
    struct glass g = {.broken_ms = event->common.utc_ms, .until_ms = e->until_ms};
    struct record r = {.kind = HOLDER_PERSON,
                       .holder = people_by_id(n, e->person),
                       .attribute = attribute_by_number(ATTRIBUTE_BREAK_GLASS),
                       .state = RECORD_APPROVED,
                       .granted_by = "nobody: the glass was broken",
                       .granting_role = "break-glass",
                       .document_type = "broken glass:",
                       .document_ms = event->common.utc_ms,
                       .from_ms = event->common.utc_ms,
                       .until_ms = e->until_ms,
                       .entered_ms = event->common.utc_ms};
    memcpy(g.glass, e->glass, 16);
    memcpy(g.person, e->person, 16);
    memcpy(g.station, event->common.station, 16);
    memcpy(g.enclave, e->enclave, 8);
    copy_cut(g.action, sizeof g.action, e->action);
    copy_cut(g.reason, sizeof g.reason, e->reason);
    memcpy(r.record, e->glass, 16);
    memcpy(r.entered_by, e->person, 16);
    memcpy(r.scope, e->enclave, 8);
    copy_cut(r.value, sizeof r.value, e->action);
    copy_cut(r.document, sizeof r.document, e->reason);
    copy_cut(r.reason, sizeof r.reason, e->reason);
    int result = r.holder == PEOPLE_MAX ? ERR_STATE : glasses_break(&n->glasses, &g);
    if (result == 0)
        result = record_make_room(n, event->common.utc_ms);
    return result ? result : record_put(n, &r);
}

/* Nothing is done behind a glass that somebody has already judged. */
static int apply_reviewed(struct identity *n, const struct event *event)
{
    const struct event_glass_reviewed *e = &event->glass_reviewed;
    int64_t now_ms = event->common.utc_ms;
    int r =
        glasses_review(&n->glasses, e->glass, e->verdict, event->common.person, e->words, now_ms);
    struct record *record = record_by_id(n, e->glass);
    if (r || !record || !record_is_active(record, now_ms))
        return r;
    record->state = RECORD_REVOKED;
    record->revoked_ms = now_ms;
    memcpy(record->revoked_by, event->common.person, 16);
    snprintf(record->revoked_why, sizeof record->revoked_why, "The broken glass was reviewed.");
    return 0;
}

int breaking_apply(struct identity *n, const struct event *event)
{
    return event->number == EVENT_GLASS_BROKEN ? apply_broken(n, event) : apply_reviewed(n, event);
}

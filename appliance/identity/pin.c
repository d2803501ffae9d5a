/* A PIN, and what wrong ones lead to. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const uint8_t nobody[16];

/* What the log and the lockout know a badge by: nobody can look it up without the pepper. */
void pin_badge(const struct identity *n, struct bytes_view badge, uint8_t out[static 32])
{
    char text[PASSWORD_PIN_MAX + 1];
    int length = snprintf(text, sizeof text, "badge %.*s", (int)badge.length, badge.data);
    if (password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER),
                        bytes_view_of(text, (size_t)length), out) != 0)
        log_die("a badge is longer than one may be");
}

bool person_is_locked(const struct identity *n, size_t person)
{
    uint8_t badge[32];
    pin_badge(n, bytes_text(n->people[person].badge), badge);
    return n->lockout.locks && lockout_is_locked(&n->lockout, badge, os_utc_ms());
}

/* ---- trying ---- */

static void refuse(struct identity *n, struct pending *p, enum lockout_verdict verdict)
{
    static const char *const words[][3] = {
        [LOCKOUT_LOCKED] = {"This badge is locked after three wrong PINs.",
                            "A security officer can release it.", "locked"},
        [LOCKOUT_QUARANTINED] = {"Nobody can sign in at this station for fifteen minutes: wrong "
                                 "PINs of three badges were entered here.",
                                 "Use another station.", "the station is quarantined"},
        [LOCKOUT_WAIT] = {"Too many wrong PINs.", "Wait five seconds, then try again.",
                          "too many tries at once"},
    };
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 429, "", words[verdict][0], words[verdict][1]);
    os_uuid(p->id);
    identity_refused_proof(n, p, AUDIT_OUTCOME_DENIED, words[verdict][2]);
    pending_end(p);
}

void pin_check(struct identity *n, struct pending *p, struct bytes_view badge,
               struct bytes_view pin, size_t person)
{
    static const uint8_t no_salt[16] = "casemate/nobody";
    const struct person *who = person < PEOPLE_MAX ? &n->people[person] : NULL;
    p->person = who && who->has_pin ? person : PEOPLE_MAX;
    pin_badge(n, badge, p->badge);
    enum lockout_verdict verdict = lockout_ask(&n->lockout, p->badge, p->station, os_utc_ms());
    if (verdict != LOCKOUT_TRY) {
        refuse(n, p, verdict);
        return;
    }
    lockout_begin(&n->lockout, p->badge, p->station);
    p->trying = true;
    /* a badge that nobody has costs the same time as a wrong PIN */
    if (pending_hash(n, p, pin, p->person < PEOPLE_MAX ? who->hash + 1 : no_salt) != 0)
        pending_unavailable(n, p, "PINs cannot be checked at the moment.");
}

void pin_abandoned(struct identity *n, struct pending *p)
{
    lockout_done(&n->lockout, p->badge, p->station);
    p->trying = false;
}

/* ---- outcomes ---- */

static void record(struct identity *n, struct event *event, const struct pending *p)
{
    const uint8_t *by = p->person < PEOPLE_MAX ? n->people[p->person].person : nobody;
    if (people_event(n, event, by, p->operation, p->id) != 0)
        log_die("identity's store failed at a PIN");
}

static void record_locked(struct identity *n, const struct pending *p)
{
    struct event event = {.number = EVENT_PERSON_LOCKED};
    memcpy(event.person_locked.badge, p->badge, 32);
    memcpy(event.person_locked.station, p->station, 16);
    if (p->person < PEOPLE_MAX)
        memcpy(event.person_locked.person, n->people[p->person].person, 16);
    record(n, &event, p);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "the badge was locked");
}

static void record_quarantine(struct identity *n, const struct pending *p)
{
    struct event event = {.number = EVENT_STATION_QUARANTINED};
    memcpy(event.station_quarantined.station, p->station, 16);
    event.station_quarantined.until_ms = os_utc_ms() + LOCKOUT_WINDOW_MS;
    record(n, &event, p);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "the station was quarantined");
}

/* A training site keeps it in memory; a production site in the log, where a restart finds it. */
static void wrong(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_PIN_REFUSED};
    memcpy(event.pin_refused.badge, p->badge, 32);
    memcpy(event.pin_refused.station, p->station, 16);
    event.pin_refused.known = p->person < PEOPLE_MAX;
    n->effect = LOCKOUT_NOTED;
    if (n->lockout.locks)
        record(n, &event, p);
    else
        (void)lockout_wrong(&n->lockout, p->badge, true, p->station, os_utc_ms());
    if (n->effect == LOCKOUT_LOCKS_BADGE)
        record_locked(n, p);
    else if (n->effect == LOCKOUT_QUARANTINES)
        record_quarantine(n, p);
}

static void right(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_PIN_PROVEN};
    memcpy(event.pin_proven.badge, p->badge, 32);
    if (lockout_right(&n->lockout, p->badge) && n->lockout.locks)
        record(n, &event, p);
}

bool pin_is_right(struct identity *n, struct pending *p, const uint8_t hash[static 49])
{
    bool suspended = p->person < PEOPLE_MAX && n->people[p->person].suspended;
    bool fits = p->person < PEOPLE_MAX &&
                sodium_memcmp(n->people[p->person].hash, hash, PASSWORD_HASH_LENGTH) == 0 &&
                !suspended; /* nobody learns from a PIN that it is right */
    pin_abandoned(n, p);    /* it is under way no longer */
    os_uuid(p->id);
    if (fits) {
        right(n, p);
        return true;
    }
    wrong(n, p);
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 403, "", "Badge and PIN do not fit together.",
                         "Scan your badge and enter your PIN again.");
    identity_journal(n, p, AUDIT_OUTCOME_DENIED, suspended ? "suspended" : "wrong badge or PIN");
    pending_end(p);
    return false;
}

/* ---- from the log ---- */

int pin_apply(struct identity *n, const struct event *event)
{
    const struct event_pin_refused *e = &event->pin_refused;
    switch (event->number) {
    case EVENT_PIN_REFUSED:
        n->effect =
            lockout_wrong(&n->lockout, e->badge, e->known, e->station, event->common.utc_ms);
        return 0;
    case EVENT_PIN_PROVEN:
        (void)lockout_right(&n->lockout, event->pin_proven.badge);
        return 0;
    case EVENT_PERSON_RELEASED:
        (void)lockout_release(&n->lockout, event->person_released.badge);
        return 0;
    case EVENT_LOCKOUT_SET:
        n->lockout.released_by_time = event->lockout_set.released_by_time;
        return 0;
    case EVENT_PERSON_LOCKED: /* what the refusals before them led to, said */
    case EVENT_STATION_QUARANTINED:
        return 0;
    default:
        return ERR_UNKNOWN;
    }
}

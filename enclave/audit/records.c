/* Audit records: what a program, the supervisor or the auditor itself has to say. */
#include <inttypes.h>
#include <libaudit.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

/* ---- the text ---- */

/* Zeros are a dash: what does not apply takes no room. */
static char *put_digits(char *at, const uint8_t *bytes, size_t length)
{
    uint8_t any = 0;
    *at++ = ' ';
    for (size_t i = 0; i < length; i++)
        any |= bytes[i];
    if (!any) {
        *at++ = '-';
    } else {
        bytes_to_hex(bytes, length, at);
        at += 2 * length;
    }
    *at = '\0';
    return at;
}

/* One line, one record, one field. */
static char *put_words(char *at, struct bytes_view text)
{
    *at++ = ' ';
    for (size_t i = 0; i < text.length; i++)
        *at++ = text.data[i] > 0x20 && text.data[i] < 0x7f ? (char)text.data[i] : '_';
    if (text.length == 0)
        *at++ = '-';
    *at = '\0';
    return at;
}

void records_text(const struct message_audit *m, char out[static RECORD_TEXT])
{
    char id[33], person[33], session[33], station[33];
    bytes_to_hex(m->id, 16, id);
    bytes_to_hex(m->person, 16, person);
    bytes_to_hex(m->session, 16, session);
    bytes_to_hex(m->station, 16, station);
    char *at = out + sprintf(out, "%u %u %s %s %s %s %u", m->event_class, m->outcome, id, person,
                             session, station, m->operation);
    at = put_words(at, m->detail);
    at += sprintf(at, " %u", m->type);
    at = put_digits(at, m->initiator, 16);
    at = put_digits(at, m->object, 16);
    at += sprintf(at, " %u", m->level);
    at = put_digits(at, m->before, 32);
    at = put_digits(at, m->after, 32);
    at += sprintf(at, " %" PRIu64, m->epoch);
    put_words(at, m->policies);
}

/* ---- keeping them ---- */

/* The kernel's audit log, where it accepts them; the journal always. */
static void tell_kernel(struct auditor *auditor, const char *origin, const struct message_audit *m)
{
    char text[260], person[33], id[33];
    if (auditor->kernel < 0)
        return;
    bytes_to_hex(m->person, 16, person);
    bytes_to_hex(m->id, 16, id);
    snprintf(text, sizeof text,
             "op=casemate origin=%s class=%u type=%s operation=%u outcome=%u person=%s id=%s",
             origin, m->event_class, audit_type_name(m->type), m->operation, m->outcome, person,
             id);
    if (audit_log_user_message(auditor->kernel, AUDIT_TRUSTED_APP, text, NULL, NULL, "",
                               m->outcome == AUDIT_OUTCOME_DONE) <= 0) {
        log_info("the kernel's audit system does not accept records here; the journal keeps them");
        audit_close(auditor->kernel);
        auditor->kernel = -1;
    }
}

static bool keep(struct auditor *auditor, const char *origin, enum share_kind kind,
                 const struct message_audit *m)
{
    char text[RECORD_TEXT];
    records_text(m, text);
    bool is_open = auditor->journal != NULL;
    bool kept = is_open && auditor_add(auditor, origin, "audit", text);
    if (kept || !is_open)
        shares_spend(auditor, origin, kind, text);
    if (kept || !is_open) /* then the kernel's alone has it */
        tell_kernel(auditor, origin, m);
    if (!kept)
        auditor->lost++;
    return kept;
}

void records_note(struct auditor *auditor, const char *origin, enum audit_type type,
                  enum audit_outcome outcome, const char *detail)
{
    struct message_audit m = {.type = (uint16_t)type, .outcome = (uint8_t)outcome};
    m.event_class = (uint16_t)audit_type_class(type);
    os_uuid(m.id);
    m.detail = bytes_text(detail);
    (void)keep(auditor, origin, SHARE_NOTES, &m);
}

/* ---- intents ---- */

static void say_no(struct peer *peer, const struct message_audit *m, const char *why)
{
    struct message no = {.number = MESSAGE_AUDIT_REFUSED};
    memcpy(no.audit_refused.id, m->id, 16);
    no.audit_refused.sentence = bytes_text(why);
    (void)!process_send(peer, &no);
}

/* It closes no intent that was taken: so it is a note, as whoever reads the journal counts it. */
static void refuse(struct auditor *auditor, struct peer *peer, const char *origin,
                   const struct message_audit *m, const char *why)
{
    struct message_audit outcome = *m;
    say_no(peer, m, why);
    if (!shares_allow(auditor, origin, SHARE_NOTES)) {
        shares_beyond(auditor, origin, m->event_class);
        return;
    }
    outcome.outcome = AUDIT_OUTCOME_REFUSED;
    outcome.detail = bytes_text("the journal could not take the intent");
    (void)keep(auditor, origin, SHARE_NOTES, &outcome);
}

static void take_intent(struct auditor *auditor, struct peer *peer, const char *origin,
                        const struct message_audit *m)
{
    struct waiting *w;
    if (!shares_allow(auditor, origin, SHARE_ACTS)) {
        say_no(peer, m, "This program has written more to the journal than its share.");
        shares_beyond(auditor, origin, m->event_class);
        return;
    }
    if (auditor->full) {
        refuse(auditor, peer, origin, m, "The journal's disk is full.");
        return;
    }
    if (!intents_open(auditor, origin, m)) {
        refuse(auditor, peer, origin, m, "More is being decided at once than can be followed.");
        return;
    }
    w = auditor_later(auditor, peer, true);
    if (!w || !keep(auditor, origin, SHARE_ACTS, m)) {
        if (w)
            w->peer = NULL;
        intents_close(auditor, origin, m->id);
        refuse(auditor, peer, origin, m, "The journal's disk is full.");
        return;
    }
    if (strncmp(origin, "keeper/", 7) == 0 && m->type == AUDIT_TYPE_LOSS)
        epochs_agreed(auditor, m);
    w->intent = *m;
    w->intent.detail = w->intent.policies = bytes_text("");
    w->message.number = MESSAGE_AUDIT_ACK;
    memcpy(w->message.audit_ack.id, m->id, 16);
}

/* The kernel's audit log has a disk, too: what is beyond a share is counted alone. */
void records_shut(struct auditor *auditor, struct peer *peer, const struct message_audit *m)
{
    static const char why[] =
        "The auditor's journal is closed: its disk failed, or it cannot be read.";
    bool is_intent = m->outcome == AUDIT_OUTCOME_INTENT;
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    if (!shares_allow(auditor, origin, SHARE_NOTES)) {
        auditor->lost++;
        if (is_intent)
            say_no(peer, m, why);
    } else if (is_intent) {
        refuse(auditor, peer, origin, m, why);
    } else {
        (void)keep(auditor, origin, SHARE_NOTES, m);
    }
}

/* What closes an intent is kept in any case: its room was there when the intent was taken. */
void records_take(struct auditor *auditor, struct peer *peer, const struct message_audit *m)
{
    char origin[JOURNAL_ORIGIN];
    auditor_origin(peer, origin);
    if (m->outcome == AUDIT_OUTCOME_INTENT) {
        take_intent(auditor, peer, origin, m);
        return;
    }
    bool closes = intents_close(auditor, origin, m->id), known = auditor->older[0] != '\0';
    anchors_older(auditor, origin, m->type);
    if (!known && auditor->older[0])
        room_words(auditor);
    if (closes || shares_allow(auditor, origin, SHARE_NOTES))
        (void)keep(auditor, origin, closes ? SHARE_ACTS : SHARE_NOTES, m);
    else
        shares_beyond(auditor, origin, m->event_class);
}

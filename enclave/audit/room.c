/* The journal's disk: how full it is, and what becomes of the records when it is full. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define LOOK_EVERY_MS 5000

void room_say(const struct auditor *auditor, struct peer *peer)
{
    struct message m = {.number = MESSAGE_JOURNAL_STATE};
    m.journal_state.percent = (uint8_t)auditor->percent;
    m.journal_state.full = closed_is(auditor)                ? JOURNAL_STATE_SHUT
                           : auditor->full                   ? JOURNAL_STATE_FULL
                           : shares_is_beyond(auditor, peer) ? JOURNAL_STATE_BEYOND
                                                             : JOURNAL_STATE_OPEN;
    (void)!process_send(peer, &m);
}

void room_say_to_all(const struct auditor *auditor)
{
    for (size_t i = 0; i < LISTENERS; i++)
        if (auditor->listeners[i])
            room_say(auditor, auditor->listeners[i]);
}

void room_tell(struct auditor *auditor, struct peer *peer)
{
    if (auditor->full || auditor->percent || closed_is(auditor) || shares_is_beyond(auditor, peer))
        room_say(auditor, peer);
}

#define WORDS 301 /* a line of the status */

/* A sentence is there whole, or not at all. */
static void add_words(char text[static WORDS], const char *sentence)
{
    size_t n = strlen(text), more = strlen(sentence);
    if (more == 0 || n + (n != 0) + more >= WORDS)
        return;
    if (n)
        text[n++] = ' ';
    memcpy(text + n, sentence, more + 1);
}

/* In short where there is no room for more beside ${used}. */
static void older_words(const struct auditor *auditor, size_t used, char out[static WORDS])
{
    static const char more[] = " Records may be missing: compare casemate audit journal's file "
                               "with the last export, which shows what is gone; see operate.md.";
    int n = snprintf(out, WORDS,
                     "%s has a newer head: the journal is older than the head that it signed.",
                     auditor->older);
    snprintf(out + n, WORDS - (size_t)n, "%s",
             used + (size_t)n + sizeof more + 2 <= WORDS ? more : " See operate.md.");
}

/* The most urgent first; what has no room is on record and in the log. */
void room_words(const struct auditor *auditor)
{
    char text[WORDS] = "", sentence[WORDS] = "", share[SHARES_WORDS];
    shares_words(auditor, share);
    if (auditor->full)
        add_words(text, "The journal's disk is full: acts of the security class are refused until "
                        "there is room.");
    if (!auditor->full && auditor->percent)
        snprintf(text, sizeof text,
                 "The journal's disk is more than %u percent full: make room before it is full.",
                 auditor->percent);
    if (auditor->older[0])
        older_words(auditor, strlen(text) + strlen(share), sentence);
    add_words(text, sentence);
    add_words(text, share);
    process_say(auditor->process, text);
}

void room_full(struct auditor *auditor)
{
    if (auditor->full)
        return;
    auditor->full = true;
    log_err("the journal's disk is full: acts of the security class are refused until there is "
            "room");
    records_note(auditor, "auditor/-", AUDIT_TYPE_FULL, AUDIT_OUTCOME_DONE, "");
    room_words(auditor);
    room_say_to_all(auditor);
}

static void room_again(struct auditor *auditor)
{
    char text[40];
    if (auditor->lost) {
        snprintf(text, sizeof text, "%" PRIu64 "_records", auditor->lost);
        records_note(auditor, "auditor/-", AUDIT_TYPE_GAP, AUDIT_OUTCOME_DONE, text);
    }
    records_note(auditor, "auditor/-", AUDIT_TYPE_ROOM, AUDIT_OUTCOME_DONE, "");
    log_info("the journal has room again; %" PRIu64 " records could not be kept", auditor->lost);
    auditor->full = false;
    auditor->lost = 0;
    room_words(auditor);
    room_say_to_all(auditor);
}

/* 75 and 90 percent are said when they are passed, and again when it has been two points below. */
static void look_at_percent(struct auditor *auditor)
{
    char text[40];
    unsigned now = journal_percent(auditor->journal);
    unsigned level = now >= 90 ? 90 : now >= 75 ? 75 : 0;
    if (level < auditor->percent && now + 2 > auditor->percent)
        return;
    if (level == auditor->percent)
        return;
    auditor->percent = level;
    if (level) {
        snprintf(text, sizeof text, "%u_percent", now);
        records_note(auditor, "auditor/-", AUDIT_TYPE_NEARLY_FULL, AUDIT_OUTCOME_DONE, text);
        log_err("the journal's disk is %u percent full", now);
    }
    room_words(auditor);
    room_say_to_all(auditor);
}

void room_look(struct auditor *auditor)
{
    uint64_t now = os_boot_ms();
    int r = journal_reserve(auditor->journal);
    if (r && r != ERR_FULL)
        closed_failed(r, "at the journal's reserve");
    if (r && !auditor->full)
        room_full(auditor);
    else if (r == 0 && auditor->full)
        room_again(auditor);
    if (auditor->looked_ms && now - auditor->looked_ms < LOOK_EVERY_MS)
        return;
    auditor->looked_ms = now;
    look_at_percent(auditor);
}

/* A journal that is refused, or that the disk has failed: the auditor stays up in words. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/mark.h"
#include "enclave/process/os.h"
#include "enclave/process/whose.h"

#define WHY 300

static const char failed[] =
    "The disk failed while the journal was written. Acts of the security class are refused until "
    "the system administrator has had the journal read again from the disk (casemate reopen "
    "auditor). Production goes on.";

void closed_failed(int r, const char *what)
{
    mark_end(AUDITOR_MARK, r, what);
}

bool closed_is(const struct auditor *auditor)
{
    return auditor->closed[0] != '\0';
}

static void begin(struct auditor *auditor, const char *why)
{
    if (strcmp(auditor->closed, why) == 0)
        return;
    snprintf(auditor->closed, sizeof auditor->closed, "%.299s", why);
    log_err("%s", auditor->closed);
    process_say(auditor->process, auditor->closed);
    room_say_to_all(auditor);
}

/* ---- reading it ---- */

/* A journal that is gone is not a site's first one. */
static bool is_gone(const struct auditor *auditor)
{
    uint8_t public_key[SIGN_PUBLIC_LENGTH];
    struct segment_reader first;
    int fd = os_open(JOURNAL_FILE, O_RDONLY, 0);
    bool missing = fd < 0 && errno == ENOENT;
    if (fd >= 0)
        os_close(fd);
    if (!missing ||
        sign_public(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), public_key) != 0)
        return false;
    int r = segment_open(1, public_key, &first);
    if (r == 0)
        segment_close(&first);
    return r != ERR_UNKNOWN;
}

static int wrong(char why[static WHY], const char *what, uint64_t line)
{
    snprintf(why, WHY,
             "The journal is not opened: line %" PRIu64 " of its last segment, journal.log: %s. "
             "Acts of the security class are refused; production goes on. Keep the file, put its "
             "newest backup in its place, and run casemate reopen auditor.",
             line, what);
    return ERR_FORMAT;
}

/* Put back by root it is root's, and that is no failure of the disk. */
static bool is_anothers(char why[static WHY])
{
    char whose[120];
    int fd = os_open(JOURNAL_FILE, O_RDWR, 0);
    if (fd >= 0)
        os_close(fd);
    if (fd >= 0 || (errno != EACCES && errno != EPERM))
        return false;
    snprintf(why, WHY,
             "The journal is not opened: journal.log may not be read and written by the auditor. "
             "%s Then run casemate reopen auditor. Acts of the security class are refused; "
             "production goes on.",
             whose_words(JOURNAL_FILE, "auditor/" JOURNAL_FILE, whose, sizeof whose));
    return true;
}

/* With what it says of heads, epochs and intents.  Memory that ran out ends the process. */
static int read_journal(struct auditor *auditor, char why[static WHY])
{
    memset(auditor->anchors, 0, sizeof auditor->anchors);
    memset(auditor->intents, 0, sizeof auditor->intents);
    auditor->intents_end = 0;
    memset(auditor->shares, 0, sizeof auditor->shares);
    auditor->bad = NULL;
    if (is_gone(auditor)) {
        snprintf(why, WHY,
                 "The journal is not opened: journal.log is gone, and sealed segments are there. "
                 "Acts of the security class are refused; production goes on. Put its newest "
                 "backup in its place, and run casemate reopen auditor.");
        return ERR_UNKNOWN;
    }
    if (is_anothers(why))
        return ERR_REFUSED;
    int r = journal_open(auditor_read, auditor, &auditor->journal);
    if (r == ERR_MEMORY)
        log_die("out of memory");
    if (r == 0 && auditor->bad) {
        char what[80];
        snprintf(what, sizeof what, "%s in it is not in its form", auditor->bad);
        wrong(why, what, journal_wrong());
        journal_close(auditor->journal);
        r = ERR_FORMAT;
    } else if (r) {
        wrong(why, error_text(r), journal_wrong() + 1);
    }
    if (r)
        auditor->journal = NULL;
    shares_resume(auditor); /* of a refused one, too: what goes to the kernel alone has its share */
    if (r == 0 && journal_torn(auditor->journal))
        log_err("journal.log ended within a line: %" PRIu64 " bytes behind line %" PRIu64
                " were cut off; what was acknowledged is in whole lines",
                journal_torn(auditor->journal), journal_lines(auditor->journal) - 1);
    return r;
}

/* How the process before this one ended, and what it had begun to write, or somebody cut. */
static void note_before(struct auditor *auditor)
{
    char text[100];
    uint64_t torn = journal_torn(auditor->journal);
    if (journal_lines(auditor->journal) <= 2)
        return;
    int n = snprintf(text, sizeof text, "%s",
                     auditor->stopped_well ? "stopped" : "ended_without_a_stop");
    if (torn)
        snprintf(text + n, sizeof text - (size_t)n, ",_%" PRIu64 "_bytes_of_a_torn_end_cut_off",
                 torn);
    records_note(auditor, "auditor/-", AUDIT_TYPE_BEFORE, AUDIT_OUTCOME_DONE, text);
}

int closed_open(struct auditor *auditor)
{
    char why[WHY];
    int r = mark_begin(AUDITOR_MARK, process_is_unsure(auditor->process), &auditor->unsure);
    if (r)
        return r;
    if (auditor->unsure) {
        begin(auditor, failed);
        return 0;
    }
    r = read_journal(auditor, why);
    if (r == ERR_SYSTEM) { /* the disk did not take it, or does not give it back */
        auditor->unsure = true;
        if (mark_begin(AUDITOR_MARK, true, &auditor->unsure) != 0)
            log_err("the mark that the disk failed could not be left");
        begin(auditor, failed);
        return 0;
    }
    if (r) {
        begin(auditor, why);
        return 0;
    }
    note_before(auditor);
    return 0;
}

/* ---- meanwhile ---- */

void closed_message(struct auditor *auditor, struct peer *peer, const struct message *m)
{
    if (m->number == MESSAGE_AUDIT) /* a head, an anchor, an epoch: asked again when it is open */
        records_shut(auditor, peer, &m->audit);
}

/* ---- open again ----
 *
 * By a person's word alone: the beginning of a journal that is being copied into its place is a
 * journal, too, and opening it would cut it short and write behind it.
 */

/* The sealed segments that lie here, from the newest back; older ones may be in the archive. */
static int check_sealed(struct auditor *auditor, uint64_t *ret_segments, char why[static WHY])
{
    static uint8_t part[SEGMENT_PART];
    uint8_t public_key[SIGN_PUBLIC_LENGTH];
    struct segment_head next;
    char name[SEGMENT_NAME];
    size_t length = 1;
    uint64_t number = journal_segment(auditor->journal);
    int r = sign_public(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), public_key);
    if (r == 0)
        r = journal_head(auditor->journal, &next);
    *ret_segments = 0;
    while (r == 0 && number-- > 0) {
        struct segment_reader reader;
        segment_name(number, name);
        if (os_forget(name) != 0)
            r = ERR_SYSTEM;
        if (r == 0)
            r = segment_open(number, public_key, &reader);
        if (r == ERR_UNKNOWN)
            return 0;
        for (length = 1; r == 0 && length;)
            r = segment_read(&reader, process_key(auditor->process, KEY_AUDITOR_SEGMENT), part,
                             &length);
        if (r == 0 && (reader.head.next != next.first || strcmp(reader.head.after, next.before)))
            r = ERR_BEHIND;
        if (r == 0) {
            next = reader.head;
            ++*ret_segments;
            segment_close(&reader);
        }
    }
    if (r)
        snprintf(why, WHY,
                 "Segment %" PRIu64 " of the journal, %.31s, is not as it was sealed: %s. Put it "
                 "back from its backup, or move it to where damaged files are kept, and run "
                 "casemate reopen auditor again.",
                 number, name, error_text(r));
    return r;
}

/* What is not in it, by its first and last moment, before anything else is. */
static void note_gap(struct auditor *auditor, int64_t from_ms, char text[static 120])
{
    char from[SHARE_TIME], to[SHARE_TIME];
    share_time(from_ms, from);
    share_time(os_utc_ms(), to);
    snprintf(text, 120, "reopened,_no_records_from_%s_to_%s,_%" PRIu64 "_lost", from, to,
             auditor->lost);
    records_note(auditor, "auditor/-", AUDIT_TYPE_GAP, AUDIT_OUTCOME_DONE, text);
}

/* The gap is durable before the mark is gone, and the mark before anybody is served. */
static int open_again(struct auditor *auditor, char text[static 120], char why[static WHY])
{
    note_gap(auditor, journal_newest_ms(auditor->journal), text);
    int r = journal_sync(auditor->journal);
    if (r && r != ERR_FULL)
        closed_failed(r, "at recording that the journal is open again");
    if (r == 0 && mark_remove(AUDITOR_MARK) != 0)
        r = ERR_SYSTEM;
    if (r) {
        snprintf(why, WHY,
                 "The journal is whole, but the disk does not take more: make room on it, or "
                 "replace it, and run casemate reopen auditor again.");
        journal_close(auditor->journal);
        auditor->journal = NULL;
        return r;
    }
    auditor->lost = 0; /* now that it is on record */
    auditor->unsure = false;
    auditor->closed[0] = '\0';
    log_err("the journal is open again: %s", text);
    room_words(auditor);
    room_look(auditor);
    room_say_to_all(auditor);
    for (size_t i = 0; i < LISTENERS; i++) {
        struct peer *peer = auditor->listeners[i];
        if (!peer)
            continue;
        if (peer->program != PROGRAM_KEEPER)
            anchors_show(auditor, peer); /* they asked in vain */
        intents_ask(auditor, peer);
    }
    return 0;
}

int closed_reopen(struct auditor *auditor, char *text, size_t size)
{
    char why[WHY], gap[120];
    uint64_t segments = 0;
    if (!closed_is(auditor)) {
        snprintf(text, size, "the journal is open; nothing was changed");
        return 0;
    }
    int r = read_journal(auditor, why);
    if (r == 0) {
        r = check_sealed(auditor, &segments, why);
        if (r) {
            journal_close(auditor->journal);
            auditor->journal = NULL;
        }
    }
    if (r == 0)
        r = open_again(auditor, gap, why);
    if (r) {
        snprintf(text, size, "%s Nothing was changed.", why);
        return 1;
    }
    snprintf(text, size,
             "%" PRIu64 " lines and %" PRIu64
             " sealed segments were read from the disk and are whole; "
             "the auditor takes records again. On record: %s",
             journal_lines(auditor->journal) - 1, segments, gap);
    for (char *c = strstr(text, "On record"); c && *c; c++)
        if (*c == '_')
            *c = ' ';
    return 0;
}

/* The journal's segments: closed and sealed, and read again for the console. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define LONGEST (16u << 20)
#define WEEK_MS ((int64_t)7 * 24 * 3600 * 1000)
#define MONDAY  ((int64_t)4 * 24 * 3600 * 1000) /* 1970-01-05 was one */

/* ---- closing a segment ---- */

/* An officer reviews a week at a time. */
static bool is_due(const struct journal *j)
{
    int64_t begun = journal_begun_ms(j), now = os_utc_ms();
    return journal_segment(j) == 0 || journal_length(j) >= LONGEST ||
           (now - MONDAY) / WEEK_MS > (begun - MONDAY) / WEEK_MS;
}

static int carry(void *context, struct journal *journal)
{
    int r = anchors_carry(context, journal);
    if (r == 0)
        r = intents_carry(context, journal);
    return r ? r : shares_carry(context, journal);
}

/* A crash between the two leaves both: the segment is sealed once more, as it is then. */
static int seal(struct auditor *auditor, struct segment_head *head)
{
    int r = journal_head(auditor->journal, head);
    if (r == 0)
        r = segment_sign(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), head);
    if (r == 0)
        r = segment_seal(head, process_key(auditor->process, KEY_AUDITOR_SEGMENT), JOURNAL_FILE);
    return r ? r : journal_next(auditor->journal, carry, auditor);
}

static bool seal_now(struct auditor *auditor)
{
    struct segment_head head;
    char text[80];
    auditor_sync(auditor);
    int r = seal(auditor, &head);
    if (r == ERR_FULL || r == ERR_STATE)
        return false; /* later, when there is room */
    if (r)
        closed_failed(r, "at sealing a segment of the journal");
    snprintf(text, sizeof text, "segment_%" PRIu64 ",_%" PRIu64 "_lines", head.number,
             head.next - head.first);
    records_note(auditor, "auditor/-", AUDIT_TYPE_SEALED, AUDIT_OUTCOME_DONE, text);
    log_info("segment %" PRIu64 " of the journal is sealed", head.number);
    if (auditor->older[0]) {
        auditor->older[0] = '\0';
        room_words(auditor);
    }
    return true;
}

void sealing_due(struct auditor *auditor)
{
    if (!auditor->full && !auditor->export_request && is_due(auditor->journal))
        (void)seal_now(auditor);
}

/* ---- the whole journal for the console: written to a file, or only read and checked ---- */

#define NAMED 8 /* damaged segments; of more the number is said */

static struct {
    bool checking;
    bool found;               /* checking: a segment, whole or not */
    struct segment_head next; /* what the one behind the last whole one must continue */
    unsigned damaged;
    char names[NAMED * (SEGMENT_NAME + 1)];
    int fd;
    uint64_t segment; /* that is being written */
    uint64_t last;    /* the one that is not sealed */
    bool open;
    struct segment_reader reader;
    uint8_t part[SEGMENT_PART];
} export;

/* Also of one that was being read for somebody who has gone. */
static void let_go(void)
{
    if (export.open)
        segment_close(&export.reader);
    export.open = false;
}

static void finish(struct auditor *auditor, const char *text, uint64_t number, bool well)
{
    char sentence[400];
    snprintf(sentence, sizeof sentence, text, number);
    let_go();
    process_command_done(auditor->process, auditor->export_request, !well, sentence);
    auditor->export_request = 0;
}

static bool put(const void *data, size_t length)
{
    const uint8_t *at = data;
    while (length) {
        ssize_t n = write(export.fd, at, length);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static bool put_head(const struct segment_head *head)
{
    char text[SEGMENT_HEAD_MAX];
    size_t length;
    return segment_print(head, text, &length) == 0 && put(text, length);
}

static void begin_export(struct auditor *auditor, uint64_t request)
{
    struct stat st;
    let_go();
    export.fd = process_descriptor(auditor->process, DESCRIPTOR_OUTPUT);
    export.checking = false;
    export.segment = 0;
    export.last = journal_segment(auditor->journal);
    auditor->export_request = request;
    if (fstat(export.fd, &st) != 0 || !S_ISREG(st.st_mode))
        finish(auditor, "the journal is written to a file only (segment %" PRIu64 ")", 0, false);
}

/* The last segment: as it stands now, in one go; it is not longer than LONGEST, near enough. */
static void export_last(struct auditor *auditor)
{
    struct segment_head head;
    auditor_sync(auditor);
    int r = journal_head(auditor->journal, &head);
    if (r == 0)
        r = segment_sign(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), &head);
    int from = r ? -1 : os_open(JOURNAL_FILE, O_RDONLY, 0);
    bool well = r == 0 && from >= 0 && put_head(&head);
    for (uint64_t at = 0; well && at < head.length;) {
        uint64_t left = head.length - at;
        ssize_t n = os_read(from, export.part, left < SEGMENT_PART ? (size_t)left : SEGMENT_PART);
        well = n > 0 && put(export.part, (size_t)n);
        at += well ? (uint64_t)n : 0;
    }
    if (from >= 0)
        os_close(from);
    finish(auditor, well ? "%" PRIu64 " lines" : "the file could not be written; is its disk full?",
           head.next, well);
}

/* A segment is sealed for a backup, and then every one that lies here is read: what was changed on
 * the disk is found while the backups that have it whole are still kept. */
static void begin_check(struct auditor *auditor, uint64_t request)
{
    let_go();
    export.checking = true;
    export.found = false;
    export.damaged = 0;
    export.names[0] = '\0';
    export.segment = 0;
    export.last = journal_segment(auditor->journal);
    auditor->export_request = request;
}

static void end_check(struct auditor *auditor)
{
    char text[sizeof export.names + 60];
    int n = snprintf(text, sizeof text, export.damaged ? AUDITOR_SEALED_BUT "%s" : "sealed",
                     export.names);
    if (export.damaged > NAMED)
        snprintf(text + n, sizeof text - (size_t)n, " and %u more", export.damaged - NAMED);
    process_command_done(auditor->process, auditor->export_request, 0, text);
    auditor->export_request = 0;
}

static void note_damaged(uint64_t number, int r)
{
    char name[SEGMENT_NAME];
    size_t used = strlen(export.names);
    segment_name(number, name);
    log_err("segment %" PRIu64 " of the journal, %s, is not as it was sealed: %s", number, name,
            error_text(r));
    if (export.damaged++ < NAMED)
        snprintf(export.names + used, sizeof export.names - used, " %s", name);
}

/* A part.  Those before the first one that is here may be in the archive. */
static bool check_on(struct auditor *auditor)
{
    uint8_t public_key[SIGN_PUBLIC_LENGTH];
    size_t n = 0;
    int r = 0;
    if (export.segment == export.last) {
        end_check(auditor);
        return false;
    }
    if (!export.open) {
        r = sign_public(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), public_key);
        if (r == 0)
            r = segment_open(export.segment, public_key, &export.reader);
        export.open = r == 0;
        if (r == ERR_UNKNOWN && !export.found) {
            export.segment++;
            return true;
        }
    }
    if (r == 0)
        r = segment_read(&export.reader, process_key(auditor->process, KEY_AUDITOR_SEGMENT),
                         export.part, &n);
    if (r == 0 && n)
        return true;
    const struct segment_head *head = &export.reader.head;
    if (r == 0 && export.found && !export.damaged &&
        (head->first != export.next.next || strcmp(head->before, export.next.after) != 0))
        r = ERR_BEHIND;
    if (r)
        note_damaged(export.segment, r);
    else
        export.next = *head;
    let_go();
    export.found = true;
    export.segment++;
    return true;
}

bool sealing_export_on(struct auditor *auditor)
{
    uint8_t public_key[SIGN_PUBLIC_LENGTH];
    size_t n = 0;
    if (!auditor->export_request)
        return false;
    if (export.checking)
        return check_on(auditor);
    if (export.segment == export.last) {
        export_last(auditor);
        return false;
    }
    int r = sign_public(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT), public_key);
    if (r == 0 && !export.open) {
        r = segment_open(export.segment, public_key, &export.reader);
        export.open = r == 0;
        if (r == ERR_UNKNOWN && export.segment == 0) { /* there is one on older sites only */
            export.segment++;
            return true;
        }
        if (r == 0 && !put_head(&export.reader.head))
            r = ERR_SYSTEM;
    }
    if (r == 0)
        r = segment_read(&export.reader, process_key(auditor->process, KEY_AUDITOR_SEGMENT),
                         export.part, &n);
    if (r == 0 && !put(export.part, n))
        r = ERR_SYSTEM;
    if (r == ERR_UNKNOWN)
        finish(auditor,
               "segment %" PRIu64 " of the journal is missing: put its file back into the site's "
               "directory auditor, from the archive or from a backup that has it (its journal/), "
               "and do this again",
               export.segment, false);
    else if (r == ERR_SYSTEM)
        finish(auditor, "the file could not be written (segment %" PRIu64 ")", export.segment,
               false);
    else if (r)
        finish(auditor,
               "segment %" PRIu64 " of the journal is not as it was sealed: keep its file, "
               "journal-N.sealed in the site's directory auditor, elsewhere, put that file of a "
               "backup that was made before (its journal/) in its place, and do this again",
               export.segment, false);
    if (r || n)
        return r == 0;
    let_go();
    export.segment++;
    return true;
}

/* ---- the list of a backup ---- */

#define LIST_MAX (1u << 20) /* appliance/cli/backup_set.h */

/* Signed as it is: what stands in it, whoever restores checks. */
static int sign_list(struct auditor *auditor)
{
    static uint8_t list[LIST_MAX + 1];
    uint8_t signature[SIGN_LENGTH];
    char digits[2 * SIGN_LENGTH + 2];
    size_t length = 0;
    ssize_t n;
    int in = process_descriptor(auditor->process, DESCRIPTOR_INPUT);
    int out = process_descriptor(auditor->process, DESCRIPTOR_OUTPUT);
    while (length < sizeof list && (n = read(in, list + length, sizeof list - length)) > 0)
        length += (size_t)n;
    if (length > LIST_MAX)
        return ERR_SIZE;
    int r = sign_make(process_key(auditor->process, KEY_AUDITOR_CHECKPOINT),
                      "casemate/backup-list/1", bytes_view_of(list, length), signature);
    bytes_to_hex(signature, SIGN_LENGTH, digits);
    digits[2 * SIGN_LENGTH] = '\n';
    if (r == 0 && write(out, digits, 2 * SIGN_LENGTH + 1) != 2 * SIGN_LENGTH + 1)
        r = ERR_SYSTEM;
    return r;
}

void sealing_command(struct auditor *auditor, uint64_t request, unsigned command)
{
    char text[600];
    int r;
    if (command == AUDITOR_REOPEN) {
        r = closed_reopen(auditor, text, sizeof text);
        process_command_done(auditor->process, request, r != 0, text);
        return;
    }
    if (closed_is(auditor)) {
        process_command_done(auditor->process, request, 1, auditor->closed);
        return;
    }
    switch ((enum auditor_command)command) {
    case AUDITOR_REOPEN:
        break;
    case AUDITOR_JOURNAL:
        begin_export(auditor, request);
        return;
    case AUDITOR_SEAL:
        if (!auditor->full && seal_now(auditor))
            begin_check(auditor, request);
        else
            process_command_done(auditor->process, request, 1, "the journal's disk is full");
        return;
    case AUDITOR_BACKUP_LIST:
        r = sign_list(auditor);
        process_command_done(auditor->process, request, r != 0, r ? error_text(r) : "signed");
        return;
    }
    log_die("the supervisor asked for a command that is not the auditor's");
}

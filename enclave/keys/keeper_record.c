/*
 * Records for the auditor.  It runs only when the keeper has opened the ring, so what
 * happened before, refused shares above all, waits in a file of the keeper's until the
 * auditor has journaled it: a line each,
 *     ID OPERATION OUTCOME DETAIL
 * (32 hexadecimal digits, two numbers, one word).
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/audit/event.h"
#include "enclave/audit/outcome.h"
#include "enclave/keys/keeper.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define RECORDS_FILE "records"
#define RECORDS_MAX  256
#define DETAIL_MAX   120
#define CHANNEL      24

struct record {
    uint8_t id[16];
    unsigned operation, outcome;
    char detail[DETAIL_MAX + 1];
};

static struct record waiting[RECORDS_MAX];
static size_t waiting_count;
static struct record told[RECORDS_MAX]; /* the last, so that the auditor can ask again */
static size_t told_count;
static int file = -1;

static void send_about(struct keeper *keeper, const struct record *record, unsigned outcome,
                       const uint8_t *about)
{
    struct message m = {.number = MESSAGE_AUDIT};
    memcpy(m.audit.id, record->id, 16);
    m.audit.type = record->operation == KEEPER_ACCEPT_LOSS ? AUDIT_TYPE_LOSS : AUDIT_TYPE_KEYS;
    if (about)
        memcpy(m.audit.after, about, sizeof m.audit.after);
    m.audit.event_class = AUDIT_CLASS_PRIVILEGED;
    m.audit.outcome = (uint8_t)outcome;
    m.audit.operation = (uint16_t)record->operation;
    m.audit.detail = bytes_text(record->detail);
    (void)!process_send(process_peer(keeper->process, CHANNEL, ""), &m);
}

static void send(struct keeper *keeper, const struct record *record, unsigned outcome)
{
    send_about(keeper, record, outcome, NULL);
}

static bool take_line(struct bytes_view line)
{
    struct record r = {0};
    char text[200], id[33];
    if (line.length >= sizeof text)
        return false;
    memcpy(text, line.data, line.length);
    text[line.length] = '\0';
    if (sscanf(text, "%32s %u %u %120s", id, &r.operation, &r.outcome, r.detail) != 4 ||
        bytes_from_hex(bytes_text(id), 16, r.id) != 0)
        return false;
    waiting[waiting_count++] = r;
    return true;
}

int record_open(struct keeper *keeper)
{
    static char text[RECORDS_MAX * 200];
    size_t length = 0;
    ssize_t n = 0;
    file = openat(process_descriptor(keeper->process, DESCRIPTOR_DIRECTORY), RECORDS_FILE,
                  O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (file >= 0 && length < sizeof text &&
           (n = read(file, text + length, sizeof text - length)) > 0)
        length += (size_t)n;
    if (file < 0 || n < 0) {
        log_sys("the keeper's records cannot be read");
        return ERR_SYSTEM;
    }
    struct bytes in = bytes_over(text, length);
    while (bytes_left(&in) && waiting_count < RECORDS_MAX) {
        struct bytes_view line = bytes_line(&in);
        if (in.error || !take_line(line))
            log_err("a record that the keeper kept for the auditor is not in its form");
        if (in.error)
            break;
    }
    return 0;
}

/* A full file loses the newest, and the log says so: it is what somebody at the console repeats. */
static void keep(const struct record *r)
{
    char line[200], id[33];
    bytes_to_hex(r->id, 16, id);
    int n = snprintf(line, sizeof line, "%s %u %u %s\n", id, r->operation, r->outcome, r->detail);
    if (waiting_count == RECORDS_MAX) {
        log_err("too many records wait for the auditor; this one is only here: %s", r->detail);
        return;
    }
    if (n < 0 || (size_t)n >= sizeof line || write(file, line, (size_t)n) != n || fsync(file) != 0)
        log_sys("a record for the auditor could not be kept: %s", r->detail);
    waiting[waiting_count++] = *r;
}

static struct record make(unsigned operation, unsigned outcome, const char *detail)
{
    struct record r = {.operation = operation, .outcome = outcome};
    os_uuid(r.id);
    snprintf(r.detail, sizeof r.detail, "%.*s", DETAIL_MAX, detail);
    for (char *c = r.detail; *c; c++)
        if (*c <= ' ' || *c > '~')
            *c = '_';
    return r;
}

void record_add(struct keeper *keeper, unsigned outcome, unsigned operation, const char *detail)
{
    struct record r = make(operation, outcome, detail);
    keep(&r);
    send(keeper, &r, AUDIT_OUTCOME_INTENT);
}

int record_intent(struct keeper *keeper, unsigned operation, const char *detail,
                  const uint8_t *about, uint8_t ret_id[static 16])
{
    struct record r = make(operation, AUDIT_OUTCOME_INTENT, detail);
    if (!process_peer(keeper->process, CHANNEL, ""))
        return ERR_EOF;
    memcpy(ret_id, r.id, 16);
    send_about(keeper, &r, AUDIT_OUTCOME_INTENT, about);
    return 0;
}

static void remember(const struct record *r)
{
    told[told_count++ % RECORDS_MAX] = *r;
}

void record_outcome(struct keeper *keeper, const uint8_t id[static 16], unsigned outcome,
                    unsigned operation, const char *detail)
{
    struct record r = make(operation, outcome, detail);
    memcpy(r.id, id, 16);
    if (process_peer(keeper->process, CHANNEL, "")) {
        send(keeper, &r, outcome);
        remember(&r);
    } else {
        keep(&r);
    }
}

void record_joined(struct keeper *keeper, struct peer *peer)
{
    (void)peer;
    for (size_t i = 0; i < waiting_count; i++)
        send(keeper, &waiting[i], AUDIT_OUTCOME_INTENT);
}

void record_room(struct keeper *keeper, bool full)
{
    static bool was_full;
    if (was_full && !full)
        record_joined(keeper, NULL);
    was_full = full;
}

bool record_acknowledged(struct keeper *keeper, const uint8_t id[static 16])
{
    for (size_t i = 0; i < waiting_count; i++) {
        if (memcmp(waiting[i].id, id, 16) != 0)
            continue;
        send(keeper, &waiting[i], waiting[i].outcome);
        remember(&waiting[i]);
        waiting[i] = waiting[--waiting_count];
        if (waiting_count == 0 && ftruncate(file, 0) != 0)
            log_sys("the keeper's records could not be emptied; they will be told again");
        return true;
    }
    return false;
}

void record_asked(struct keeper *keeper, const struct message_audit *m)
{
    struct record r = {.operation = m->operation, .outcome = AUDIT_OUTCOME_UNKNOWN};
    memcpy(r.id, m->id, 16);
    for (size_t i = 0; i < waiting_count; i++)
        if (memcmp(waiting[i].id, m->id, 16) == 0)
            return; /* it follows by itself */
    for (size_t i = 0; i < RECORDS_MAX && i < told_count; i++)
        if (memcmp(told[i].id, m->id, 16) == 0)
            r = told[i];
    send(keeper, &r, r.outcome);
}

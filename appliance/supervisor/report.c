#include "appliance/supervisor/report.h"

#include <stdio.h>
#include <string.h>

#include "enclave/process/log.h"

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

struct waiting {
    struct message_report report;
    char detail[160];
};

/* A ring; ${missed} were overwritten in it. */
static struct {
    struct waiting rows[REPORTS_MAX];
    size_t first, count, missed;
} queue;

static void put(struct site *site, const struct message_report *m, const char *detail)
{
    if (queue.count == REPORTS_MAX) {
        queue.first = (queue.first + 1) % REPORTS_MAX;
        queue.count--;
        queue.missed++;
    }
    struct waiting *w = &queue.rows[(queue.first + queue.count++) % REPORTS_MAX];
    w->report = *m;
    snprintf(w->detail, sizeof w->detail, "%s", detail);
    report_send(site);
}

static bool send_one(struct instance *auditor, const struct message_report *report,
                     const char *detail)
{
    struct message m = {.number = MESSAGE_REPORT, .report = *report};
    m.report.detail = bytes_text(detail);
    return channel_put(auditor->control, &m) == 0;
}

void report_send(struct site *site)
{
    struct instance *auditor = site_instance(site, PROGRAM_AUDITOR, -1);
    if (!auditor || !auditor->ready || !auditor->control)
        return;
    if (queue.missed) {
        struct message_report gap = {.type = AUDIT_TYPE_GAP, .outcome = AUDIT_OUTCOME_DONE};
        char text[60];
        snprintf(text, sizeof text, "%zu_of_the_supervisor", queue.missed);
        if (!send_one(auditor, &gap, text))
            return;
        queue.missed = 0;
    }
    while (queue.count) {
        const struct waiting *w = &queue.rows[queue.first];
        if (!send_one(auditor, &w->report, w->detail))
            return;
        queue.first = (queue.first + 1) % REPORTS_MAX;
        queue.count--;
    }
    if (channel_flush(auditor->control) != 0)
        log_err("the auditor does not take reports");
}

void report(struct site *site, enum audit_type type, enum audit_outcome outcome,
            const struct instance *about, const char *detail)
{
    struct message_report m = {.type = (uint16_t)type, .outcome = (uint8_t)outcome};
    if (about)
        m.program = (uint8_t)about->row->program;
    if (about && about->slot >= 0)
        memcpy(m.enclave, site->config.enclave[about->slot], ENCLAVE_ID_LENGTH);
    put(site, &m, detail);
}

static enum audit_type type_of(unsigned command)
{
    switch (command) {
    case COMMAND_AUDIT_EXPORT:
    case COMMAND_AUDIT_JOURNAL:
    case COMMAND_REPLAY:
    case COMMAND_VERIFY:
        return AUDIT_TYPE_AUDIT_READ;
    case COMMAND_BACKUP:
    case COMMAND_BACKUP_IDENTITY:
    case COMMAND_BACKUP_LIST:
    case COMMAND_BRING_BACK:
    case COMMAND_BRING_BACK_IDENTITY:
        return AUDIT_TYPE_BACKUP;
    case COMMAND_IMPORT:
        return AUDIT_TYPE_IMPORTED;
    default:
        return AUDIT_TYPE_CONSOLE_COMMAND;
    }
}

/* What leaves a file behind is recorded as that, too. */
static bool writes_file(unsigned command)
{
    return command == COMMAND_AUDIT_EXPORT || command == COMMAND_AUDIT_JOURNAL ||
           command == COMMAND_STATION_CERTIFICATE || command == COMMAND_GATEWAY_CERTIFICATE;
}

void report_command(struct site *site, unsigned command, int slot, const char *words,
                    enum audit_outcome outcome)
{
    struct message_report m = {.type = (uint16_t)type_of(command), .outcome = (uint8_t)outcome};
    if (command == COMMAND_STATUS)
        return; /* it tells which processes run, and nothing else */
    m.command = (uint16_t)command;
    if (slot >= 0)
        memcpy(m.enclave, site->config.enclave[slot], ENCLAVE_ID_LENGTH);
    put(site, &m, words);
    if (outcome != AUDIT_OUTCOME_DONE || !writes_file(command))
        return;
    m.type = AUDIT_TYPE_FILE_WRITTEN;
    put(site, &m, words);
}

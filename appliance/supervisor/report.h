#ifndef APPLIANCE_SUPERVISOR_REPORT_H
#define APPLIANCE_SUPERVISOR_REPORT_H

#include "appliance/supervisor/site.h"
#include "enclave/audit/event.h"
#include "enclave/audit/outcome.h"

/*
 * What the supervisor alone sees, for the auditor's journal.  While the auditor is away the
 * newest REPORTS_MAX wait, and how many more there were.
 */
#define REPORTS_MAX 256

/* report(site, type, outcome, about, detail): ${about} is the program that it is about, or NULL. */
void report(struct site *site, enum audit_type type, enum audit_outcome outcome,
            const struct instance *about, const char *detail);

/* report_command(site, command, slot, words, outcome): The console asked, and was answered. */
void report_command(struct site *site, unsigned command, int slot, const char *words,
                    enum audit_outcome outcome);

/* report_send(site): The auditor is ready: it gets what waits. */
void report_send(struct site *site);

#endif

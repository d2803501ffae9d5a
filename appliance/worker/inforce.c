/* Which policy sets are in force: as the log says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static void free_view(struct bytes_view v)
{
    free((void *)(uintptr_t)v.data);
}

/* The text of a layer that the log has in force, or the shipped one; the caller frees it. */
static int text_of(struct worker *w, enum policy_layer layer, struct bytes_view *ret)
{
    const struct policy_row *row = policy_at(w->mes, layer, INT64_MAX);
    struct bytes_view shipped = w->shipped[layer - 1];
    if (row)
        return policy_read(w->mes, row, ret, NULL);
    uint8_t *copy = malloc(shipped.length ? shipped.length : 1);
    if (!copy)
        return ERR_MEMORY;
    memcpy(copy, shipped.data, shipped.length);
    *ret = bytes_view_of(copy, shipped.length);
    return 0;
}

static void remember(struct worker *w)
{
    for (int i = 0; i < 2; i++) {
        const struct policy_row *row = policy_at(w->mes, (enum policy_layer)(i + 1), INT64_MAX);
        w->policy_version[i] = row ? row->version : 0;
    }
}

static int load(struct worker *w)
{
    struct bytes_view site = {0}, program = {0};
    char why[300] = "out of memory";
    int r = text_of(w, POLICY_SITE, &site);
    if (r == 0)
        r = text_of(w, POLICY_PROGRAM, &program);
    if (r == 0)
        r = decider_policies_set(w->decider, site, program, why, sizeof why);
    free_view(site);
    free_view(program);
    if (r)
        log_err("the policies in force cannot be used: %s", why);
    else
        remember(w);
    return r;
}

int inforce_load(struct worker *w, struct bytes_view site, struct bytes_view program)
{
    w->shipped[0] = site;
    w->shipped[1] = program;
    return load(w);
}

void inforce_follow(struct worker *w)
{
    for (int i = 0; i < 2; i++) {
        const struct policy_row *row = policy_at(w->mes, (enum policy_layer)(i + 1), INT64_MAX);
        if ((row ? row->version : 0) == w->policy_version[i])
            continue;
        (void)!load(w); /* it was compiled before it was installed; else the old set stays */
        return;
    }
}

/* ---- the shipped sets, into the log ---- */

static int record(struct worker *w, enum policy_layer layer)
{
    struct event proposed = {.number = EVENT_POLICY_PROPOSED};
    struct event installed = {.number = EVENT_POLICY_INSTALLED};
    struct event_policy_proposed *m = &proposed.policy_proposed;
    struct bytes_view text = w->shipped[layer - 1];
    if (text.length > POLICY_TEXT_MAX)
        return ERR_SIZE;
    os_uuid(m->proposal);
    memcpy(installed.policy_installed.proposal, m->proposal, 16);
    m->layer = (uint8_t)layer;
    m->version = 1;
    hash_content(POLICY_HASH, text, m->hash);
    m->policy = text;
    m->reason = bytes_text("shipped with the box");
    m->name = installed.policy_installed.name = bytes_text("the site's creation");
    request_common(w, &proposed.common);
    installed.common = proposed.common;
    int r = worker_event(w, &proposed);
    return r ? r : worker_event(w, &installed);
}

void inforce_record(struct worker *w)
{
    for (int i = 0; i < 2; i++) {
        if (w->policy_version[i] || w->closed[0] || os_boot_ms() < w->record_again_ms)
            continue;
        int r = record(w, (enum policy_layer)(i + 1));
        if (r == ERR_FULL) {
            request_undo(w);
            w->record_again_ms = os_boot_ms() + 5000;
            return;
        }
        if (r)
            log_die("the shipped policies cannot be recorded: %s", error_text(r));
        w->policy_version[i] = 1;
    }
}

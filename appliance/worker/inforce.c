/* Which policy sets are in force: as the log says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/desk.h"
#include "appliance/worker/unsure.h"
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

/* ---- the mandatory rules, as identity says ---- */

struct site_set {
    struct message_site_policy told; /* its views point into the bytes below */
    uint8_t policy[POLICY_TEXT_MAX];
    char reason[201], proposed_by[65], installed_by[65];
    bool waits;
    int64_t tried; /* with this version of the program's layer; -1 not yet */
};

static struct bytes_view keep(struct bytes_view from, void *room)
{
    memcpy(room, from.data, from.length);
    return bytes_view_of(room, from.length);
}

void inforce_told(struct worker *w, const struct message_site_policy *m)
{
    if (policy_set_check(w->root.snapshot, m->version, m->hash, m->policy, m->signature) != 0)
        log_die("mandatory rules came with a wrong signature or another text");
    if (!w->site_set)
        w->site_set = calloc(1, sizeof *w->site_set);
    struct site_set *s = w->site_set;
    if (!s)
        log_die("out of memory");
    s->told = *m;
    s->told.policy = keep(m->policy, s->policy);
    s->told.reason = keep(m->reason, s->reason);
    s->told.proposed_by = keep(m->proposed_by, s->proposed_by);
    s->told.installed_by = keep(m->installed_by, s->installed_by);
    s->waits = true;
    s->tried = -1;
}

/* Why these rules cannot be in force here, or NULL. */
static const char *site_refused(struct worker *w, const struct site_set *s,
                                const struct policy_row *now)
{
    static char why[POLICY_WHY];
    struct bytes_view program = {0};
    if (now && s->told.version <= now->version) {
        snprintf(why, sizeof why,
                 "identity says that version %u of the mandatory rules is in force; here it is "
                 "version %lld, with another text",
                 s->told.version, (long long)now->version);
        return why;
    }
    if (text_of(w, POLICY_PROGRAM, &program) != 0)
        return "the program's layer cannot be read";
    int r = policy_set_compile(s->told.policy, program, why);
    free_view(program);
    return r ? why : NULL;
}

static int record_site(struct worker *w, const struct site_set *s)
{
    struct event proposed = {.number = EVENT_POLICY_PROPOSED};
    struct event installed = {.number = EVENT_POLICY_INSTALLED};
    struct event_policy_proposed *m = &proposed.policy_proposed;
    os_uuid(m->proposal);
    memcpy(installed.policy_installed.proposal, m->proposal, 16);
    m->layer = POLICY_SITE;
    m->version = s->told.version;
    memcpy(m->hash, s->told.hash, 32);
    m->policy = s->told.policy;
    m->reason = s->told.reason;
    m->name = s->told.proposed_by;
    installed.policy_installed.name = s->told.installed_by;
    request_common(w, &proposed.common);
    installed.common = proposed.common;
    int r = worker_event(w, &proposed);
    return r ? r : worker_event(w, &installed);
}

/* What identity told of is put into the log, and from the commit on decides. */
static void follow_site(struct worker *w)
{
    struct site_set *s = w->site_set;
    const struct policy_row *now = policy_at(w->mes, POLICY_SITE, INT64_MAX);
    if (!s || !s->waits || s->tried == w->policy_version[1])
        return;
    bool same = now && memcmp(now->hash, s->told.hash, 32) == 0 && now->version == s->told.version;
    const char *why = same ? NULL : site_refused(w, s, now);
    s->tried = w->policy_version[1];
    snprintf(w->site_wrong, sizeof w->site_wrong, "%s", why ? why : "");
    if (why) {
        log_err("version %u of the mandatory rules is not in force here: %s", s->told.version, why);
        return;
    }
    s->waits = !same; /* until it is seen in the log: a batch may come to nothing */
    if (same)
        return;
    int r = record_site(w, s);
    s->tried = -1;
    if (r == ERR_FULL) {
        request_undo(w);
        return;
    }
    if (r)
        unsure_end(r, "while the mandatory rules were recorded");
}

void inforce_record(struct worker *w)
{
    if (w->closed[0] || os_boot_ms() < w->record_again_ms)
        return;
    if (!w->policy_version[1]) {
        int r = record(w, POLICY_PROGRAM);
        if (r == ERR_FULL) {
            request_undo(w);
            return;
        }
        if (r)
            unsure_end(r, "while the shipped policies were recorded");
        w->policy_version[1] = 1;
    }
    follow_site(w);
}

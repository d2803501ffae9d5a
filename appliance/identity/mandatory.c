#include "appliance/identity/mandatory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define V(name) body_value(&n->body, name)

/* ---- what the log says ---- */

static struct site_policy *by_id(struct identity *n, const uint8_t id[static 16])
{
    for (size_t i = 0; i < n->mandatory.count; i++)
        if (memcmp(n->mandatory.set[i].proposal, id, 16) == 0)
            return &n->mandatory.set[i];
    return NULL;
}

/* The installed one of the highest version; NULL before the first. */
static const struct site_policy *in_force(const struct identity *n)
{
    const struct site_policy *found = NULL;
    for (size_t i = 0; i < n->mandatory.count; i++) {
        const struct site_policy *s = &n->mandatory.set[i];
        if (s->state == POLICY_INSTALLED && (!found || s->version > found->version))
            found = s;
    }
    return found;
}

static uint32_t next_version(const struct identity *n)
{
    uint32_t version = 0;
    for (size_t i = 0; i < n->mandatory.count; i++)
        if (n->mandatory.set[i].version > version)
            version = n->mandatory.set[i].version;
    return version + 1;
}

static void copy(char *out, size_t size, struct bytes_view v)
{
    size_t length = v.length < size ? v.length : size - 1;
    memcpy(out, v.data, length);
    out[length] = '\0';
}

static int apply_proposed(struct identity *n, const struct event *event)
{
    const struct event_policy_proposed *m = &event->policy_proposed;
    if (m->layer != POLICY_SITE || by_id(n, m->proposal))
        return ERR_STATE;
    if (n->mandatory.count == SITE_POLICIES_MAX)
        return ERR_FULL;
    struct site_policy *s = &n->mandatory.set[n->mandatory.count++];
    *s = (struct site_policy){.version = m->version,
                              .passed = m->passed,
                              .proposed_ms = event->common.utc_ms,
                              .event = n->sequence};
    memcpy(s->proposal, m->proposal, 16);
    memcpy(s->hash, m->hash, 32);
    memcpy(s->proposed_by, event->common.person, 16);
    memcpy(s->proposed_at, event->common.station, 16);
    copy(s->reason, sizeof s->reason, m->reason);
    copy(s->proposed_name, sizeof s->proposed_name, m->name);
    return 0;
}

int mandatory_apply(struct identity *n, const struct event *event)
{
    const struct event_policy_declined *d = &event->policy_declined;
    if (event->number == EVENT_POLICY_PROPOSED)
        return apply_proposed(n, event);
    bool installed = event->number == EVENT_POLICY_INSTALLED;
    struct site_policy *s = by_id(n, installed ? event->policy_installed.proposal : d->proposal);
    if (!s || s->state != POLICY_PROPOSED)
        return ERR_STATE;
    s->state = installed ? POLICY_INSTALLED : POLICY_DECLINED;
    s->decided_ms = event->common.utc_ms;
    copy(s->decided_name, sizeof s->decided_name,
         installed ? event->policy_installed.name : d->name);
    if (!installed)
        copy(s->decided_reason, sizeof s->decided_reason, d->reason);
    return 0;
}

/* Text and tests of a set; borrowed until the next call on the store. */
static int read_set(struct identity *n, const struct site_policy *s, struct event *event)
{
    struct store_event stored;
    int r = store_read(n->store, s->event, &stored);
    if (r == 0)
        r = event_decode(stored.payload, event);
    return r == 0 && event->number != EVENT_POLICY_PROPOSED ? ERR_STATE : r;
}

/* ---- in force ---- */

void mandatory_ship(struct identity *n, struct bytes_view site, struct bytes_view program)
{
    n->mandatory.shipped = site;
    n->mandatory.program = program;
}

/* Decide by what the log has in force. */
static int decide_by(struct identity *n, const struct site_policy *s)
{
    struct event event;
    char why[300] = "its text cannot be read";
    int r = read_set(n, s, &event);
    if (r == 0)
        r = decider_policies_set(n->decider, event.policy_proposed.policy, n->mandatory.program,
                                 why, sizeof why);
    if (r)
        log_err("the mandatory rules in force cannot be used: %s", why);
    else
        n->mandatory.followed = s->version;
    return r;
}

int mandatory_begin(struct identity *n)
{
    const struct site_policy *s = in_force(n);
    return s ? decide_by(n, s) : 0;
}

void mandatory_due(struct identity *n)
{
    static const uint8_t nobody[16];
    struct event proposed = {.number = EVENT_POLICY_PROPOSED};
    struct event installed = {.number = EVENT_POLICY_INSTALLED};
    struct event_policy_proposed *m = &proposed.policy_proposed;
    if (n->mandatory.count || n->closed[0] || !n->anchored)
        return;
    os_uuid(m->proposal);
    memcpy(installed.policy_installed.proposal, m->proposal, 16);
    m->layer = POLICY_SITE;
    m->version = 1;
    hash_content(POLICY_HASH, n->mandatory.shipped, m->hash);
    m->policy = n->mandatory.shipped;
    m->reason = bytes_text("shipped with the box");
    m->name = installed.policy_installed.name = bytes_text("the site's creation");
    int r = people_event(n, &proposed, nobody, 0, nobody);
    if (r == 0)
        r = people_event(n, &installed, nobody, 0, nobody);
    if (r)
        log_die("the shipped mandatory rules cannot be recorded: %s", error_text(r));
}

void mandatory_tell(struct identity *n, struct peer *worker)
{
    const struct site_policy *s = in_force(n);
    struct message m = {.number = MESSAGE_SITE_POLICY};
    uint8_t line[POLICY_SITE_LINE];
    struct event event;
    if (!s || s->version != n->mandatory.followed)
        return; /* mandatory_follow() tells */
    if (read_set(n, s, &event) != 0)
        log_die("the mandatory rules in force cannot be read from the log");
    m.site_policy.version = s->version;
    memcpy(m.site_policy.hash, s->hash, 32);
    m.site_policy.policy = event.policy_proposed.policy;
    m.site_policy.reason = bytes_text(s->reason);
    m.site_policy.proposed_by = bytes_text(s->proposed_name);
    m.site_policy.installed_by = bytes_text(s->decided_name);
    policy_set_line(s->version, s->hash, line);
    if (sign_make(process_key(n->process, KEY_IDENTITY_SNAPSHOT), POLICY_SITE_PURPOSE,
                  bytes_view_of(line, sizeof line), m.site_policy.signature) != 0)
        log_die("the mandatory rules could not be signed");
    if (process_send(worker, &m) != 0)
        log_err("a worker does not take the mandatory rules");
}

void mandatory_follow(struct identity *n)
{
    const struct site_policy *s = in_force(n);
    if (!s || (s->version == n->mandatory.followed && n->mandatory.told == s->version))
        return;
    if (s->version != n->mandatory.followed && decide_by(n, s) != 0)
        log_die("mandatory rules were installed that cannot be used");
    n->mandatory.told = s->version;
    for (size_t i = 0; i < n->enclaves_count; i++) {
        struct peer *worker = process_peer(n->process, 12, n->enclaves[i]);
        if (worker)
            mandatory_tell(n, worker);
    }
}

/* ---- the operations ---- */

void mandatory_subject(struct identity *n, struct subject *s)
{
    const struct site_policy *set = by_id(n, V("proposal")->bytes);
    size_t person = set ? people_by_id(n, set->proposed_by) : PEOPLE_MAX;
    if (person < PEOPLE_MAX)
        memcpy(s->entered_by, n->people[person].natural, 16);
}

void mandatory_halves(struct identity *n, const struct pending *p, char out[static STATION_HALVES])
{
    const struct site_policy *set = by_id(n, V("proposal")->bytes);
    if (set)
        station_halves(set->proposed_at, p->station, identity_now(n) - set->proposed_ms, out);
}

/* Who installs rules under which nobody could install the next ones has locked the site. */
static const char *locks_out(struct identity *n, const struct token *token,
                             const struct site_policy *set, struct bytes_view text)
{
    static char why[POLICY_WHY];
    struct circumstance c = {.factor = token->factor, .now_ms = identity_now(n)};
    struct subject subject = {.exists = true, .site = "site"};
    struct decision decision = {0};
    struct decider *trial = NULL;
    memcpy(c.station, token->station, 16);
    memcpy(subject.entered_by, set->proposed_by, 16);
    int r = decider_new("site", process_is_training(n->process), &trial);
    if (r == 0)
        r = decider_people(trial, n->site, c.now_ms);
    if (r == 0)
        r = decider_policies_set(trial, text, n->mandatory.program, why, sizeof why);
    if (r == 0)
        decide(trial, token->person, operation_by_number(OPERATION_INSTALL_SITE_POLICY), &subject,
               &c, &decision);
    decider_free(trial);
    if (r)
        return why[0] ? why : "It cannot be tried: there is no memory.";
    return decision.allowed ? NULL
                            : "Under these rules you could not install the next ones from this "
                              "station: the site would be locked.";
}

static const char *propose_refused(struct identity *n)
{
    static char why[POLICY_WHY];
    static uint8_t room[POLICY_TEXT_MAX];
    struct bytes_view text;
    uint32_t passed;
    if (!in_force(n))
        return "The rules in force are not in the log yet; try again in a moment.";
    if (by_id(n, V("proposal")->bytes))
        return "A proposal of this id is there already.";
    if (n->mandatory.count == SITE_POLICIES_MAX)
        return "There is no room for more proposals.";
    int r = policy_set_canonical(V("policy")->text, room, &text, why);
    if (r == 0)
        r = policy_set_examine(POLICY_SITE, text, n->mandatory.program, V("tests")->text, &passed,
                               why);
    return r ? why : NULL;
}

static const char *install_refused(struct identity *n, const struct token *token,
                                   const struct site_policy *s)
{
    static char why[POLICY_WHY];
    struct event event;
    uint32_t passed;
    if (memcmp(s->hash, V("hash")->bytes, 32) != 0)
        return "The hash is not that of this proposal's canonical text.";
    if (s->version <= in_force(n)->version)
        return "A newer set is in force; versions only go up.";
    if (read_set(n, s, &event) != 0)
        return "The proposal cannot be read from the log.";
    if (policy_set_examine(POLICY_SITE, event.policy_proposed.policy, n->mandatory.program,
                           event.policy_proposed.tests, &passed, why) != 0)
        return why;
    return locks_out(n, token, s, event.policy_proposed.policy);
}

const char *mandatory_refused(struct identity *n, const struct token *token, unsigned operation)
{
    if (operation == OPERATION_PROPOSE_SITE_POLICY)
        return propose_refused(n);
    const struct site_policy *s = by_id(n, V("proposal")->bytes);
    if (!s || s->state != POLICY_PROPOSED)
        return "There is no such proposal that waits.";
    return operation == OPERATION_INSTALL_SITE_POLICY ? install_refused(n, token, s) : NULL;
}

static int propose(struct identity *n, const struct pending *p, const uint8_t by[static 16])
{
    static uint8_t room[POLICY_TEXT_MAX];
    struct event event = {.number = EVENT_POLICY_PROPOSED};
    struct event_policy_proposed *m = &event.policy_proposed;
    char why[POLICY_WHY];
    int r = policy_set_canonical(V("policy")->text, room, &m->policy, why);
    if (r == 0)
        r = policy_set_examine(POLICY_SITE, m->policy, n->mandatory.program, V("tests")->text,
                               &m->passed, why);
    memcpy(m->proposal, V("proposal")->bytes, 16);
    m->layer = POLICY_SITE;
    m->version = next_version(n);
    m->tests = V("tests")->text;
    m->reason = V("reason")->text;
    m->name = bytes_text(n->people[p->person].name);
    if (r == 0)
        hash_content(POLICY_HASH, m->policy, m->hash);
    return r ? r : people_event(n, &event, by, p->operation, V("id")->bytes);
}

int mandatory_event(struct identity *n, const struct pending *p, const uint8_t by[static 16])
{
    struct event event = {.number = EVENT_POLICY_DECLINED};
    struct bytes_view name = bytes_text(n->people[p->person].name);
    if (p->operation == OPERATION_PROPOSE_SITE_POLICY)
        return propose(n, p, by);
    if (p->operation == OPERATION_INSTALL_SITE_POLICY) {
        event.number = EVENT_POLICY_INSTALLED;
        memcpy(event.policy_installed.proposal, V("proposal")->bytes, 16);
        event.policy_installed.name = name;
        event.policy_installed.statement = bytes_view_of(p->statement, p->statement_length);
    } else {
        memcpy(event.policy_declined.proposal, V("proposal")->bytes, 16);
        event.policy_declined.name = name;
        event.policy_declined.reason = V("reason")->text;
    }
    return people_event(n, &event, by, p->operation, V("id")->bytes);
}

/* ---- reading ---- */

static char *text_of(struct identity *n, const struct site_policy *s, bool tests)
{
    struct event event;
    if (!s || read_set(n, s, &event) != 0)
        return strdup("");
    struct bytes_view v = tests ? event.policy_proposed.tests : event.policy_proposed.policy;
    return strndup((const char *)v.data, v.length);
}

static void describe(struct identity *n, const struct site_policy *s, char hash[static 65],
                     struct answer_policy_set *out)
{
    bytes_to_hex(s->hash, 32, hash);
    *out = (struct answer_policy_set){.layer = "site",
                                      .version = s->version,
                                      .state = s->state == POLICY_PROPOSED   ? "proposed"
                                               : s->state == POLICY_DECLINED ? "declined"
                                               : s == in_force(n)            ? "installed"
                                                                             : "superseded",
                                      .hash = hash,
                                      .tests = s->passed,
                                      .reason = s->reason,
                                      .proposed_by = s->proposed_name,
                                      .proposed = s->proposed_ms,
                                      .decided_by = s->decided_name,
                                      .decided = s->decided_ms,
                                      .decided_reason = s->decided_reason};
    memcpy(out->proposal, s->proposal, 16);
}

bool mandatory_list(struct identity *n, struct bytes_put *out)
{
    const struct site_policy *now = in_force(n), *asked = now;
    size_t count = n->mandatory.count;
    if (V("proposal")->present && !(asked = by_id(n, V("proposal")->bytes)))
        return false;
    struct answer_policy_set *rows = calloc(count + 1, sizeof *rows);
    char(*hashes)[65] = calloc(count + 1, sizeof *hashes);
    char *text = text_of(n, asked, false), *tests = text_of(n, asked, true),
         *before = text_of(n, now, false);
    if (!rows || !hashes || !text || !tests || !before)
        log_die("out of memory");
    for (size_t i = 0; i < count; i++)
        describe(n, &n->mandatory.set[count - 1 - i], hashes[i], &rows[i]);
    answer_write_policy(
        &(struct answer_policy){
            .sets = rows, .sets_count = count, .text = text, .in_force = before, .tests = tests},
        out);
    free(rows);
    free(hashes);
    free(text);
    free(tests);
    free(before);
    return true;
}

/* casemate policy: proposing a set, what it changes, and the second officer's word. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/answer.h"
#include "appliance/cli/policy.h"
#include "appliance/cli/progress.h"
#include "enclave/process/os.h"
#include "transfer/file.h"

#define POLICY_MOST 30000
#define TESTS_MOST  12000
#define IMPACT_MS   (30 * 60 * 1000)

static void print_done(const struct caller *c, const char *text)
{
    if (c->o->json)
        policy_says(c);
    else
        caller_print(stdout, "%s\n", text);
}

/* ---- proposing ---- */

/* A file in base64, as the field ${field} of ${body}. */
static int add_file(const struct cli *o, yyjson_mut_doc *body, const char *field, const char *path,
                    size_t most)
{
    size_t length = 0, room = sodium_base64_ENCODED_LEN(most, sodium_base64_VARIANT_ORIGINAL);
    char *data = malloc(most + 1), *text = malloc(room);
    int r = !path ? ERR_STATE : data && text ? file_read(path, data, most, &length) : ERR_MEMORY;
    if (r == ERR_STATE)
        r = cli_complain(o, CLI_USAGE,
                         "--%s names a file; casemate help policy propose says what "
                         "is in it.",
                         field);
    else if (r == ERR_SIZE)
        r = cli_complain(o, CLI_REFUSED, "%s is longer than %zu bytes.", path, most);
    else if (r)
        r = cli_complain_file(o, path, r);
    if (r == 0) {
        sodium_bin2base64(text, room, (const unsigned char *)data, length,
                          sodium_base64_VARIANT_ORIGINAL);
        yyjson_mut_obj_add_strcpy(body, yyjson_mut_doc_get_root(body), field, text);
    }
    free(data);
    free(text);
    return r;
}

int cli_policy_propose(const struct cli *o)
{
    struct caller c = {0};
    yyjson_mut_val *top;
    yyjson_mut_doc *body = caller_body(&top);
    uint8_t id[16];
    char proposal[ANSWER_UUID_TEXT], said[200], path[POLICY_PATH];
    os_uuid(id);
    answer_uuid_text(id, proposal);
    yyjson_mut_obj_add_str(body, top, "proposal", proposal);
    int r = 0;
    if ((!o->layer && !o->everywhere) || !o->reason)
        r = cli_complain(o, CLI_USAGE,
                         "--%s is missing; casemate help policy propose shows an "
                         "example.",
                         o->reason ? "layer" : "reason");
    if (r == 0)
        r = add_file(o, body, "policy", o->policy, POLICY_MOST);
    if (r == 0)
        r = add_file(o, body, "tests", o->tests, TESTS_MOST);
    if (r == 0 && !o->everywhere)
        yyjson_mut_obj_add_str(body, top, "layer", o->layer);
    if (r == 0) {
        yyjson_mut_obj_add_str(body, top, "reason", o->reason);
        r = policy_enter(&c, o);
    }
    if (r)
        yyjson_mut_doc_free(body);
    else
        r = caller_post(&c, policy_way(o), policy_path(o, "/propose", path), body, NULL);
    snprintf(said, sizeof said,
             o->everywhere ? "Proposed as %s. Every test passes. Another officer installs it."
                           : "Proposed as %s. Every test passes. What it changes: casemate policy "
                             "diff tells.",
             proposal);
    if (r == 0 && o->json)
        printf("{\"done\":true,\"proposal\":\"%s\"}\n", proposal);
    else if (r == 0)
        print_done(&c, said);
    caller_close(&c);
    return r;
}

/* ---- what it changes ---- */

/* Ask until it is done; the answer is the caller's. */
static int wait_impact(struct caller *c, const char *proposal, yyjson_doc **ret_doc)
{
    char path[120];
    struct progress p = {0};
    bool shown = false, done = false;
    uint64_t began = os_boot_ms();
    int r = 0;
    snprintf(path, sizeof path, "/api/policy/impact?proposal=%s", proposal);
    while (r == 0 && !done && os_boot_ms() - began < IMPACT_MS) {
        yyjson_doc_free(*ret_doc);
        *ret_doc = NULL;
        r = caller_get(c, CALLER_DOOR, path, ret_doc);
        yyjson_val *top = yyjson_doc_get_root(*ret_doc);
        const char *state = caller_text(top, "state");
        done = strcmp(state, "done") == 0;
        if (r == 0 && strcmp(state, "failed") == 0)
            r = cli_complain(c->o, CLI_REFUSED, "the comparison failed; propose it again.");
        if (r || done)
            break;
        if (!shown && os_boot_ms() - began > 2000) {
            progress_begin(&p, "comparing every decision", (size_t)caller_number(top, "of"));
            shown = true;
        }
        p.done = (size_t)caller_number(top, "decided");
        if (shown)
            progress_wait(&p);
        nanosleep(&(struct timespec){0, 200 * 1000000L}, NULL);
    }
    if (shown)
        progress_end(&p, r == 0 && done);
    if (r == 0 && !done)
        r = cli_complain(c->o, CLI_TROUBLE, "the comparison goes on; ask again later.");
    return r;
}

static void print_changes(yyjson_val *top, const char *title, const char *count, const char *list)
{
    yyjson_val *rows = yyjson_obj_get(top, list), *one;
    size_t i, n;
    long long total = (long long)caller_number(top, count);
    caller_print(stdout, "%s: %lld\n", title, total);
    yyjson_arr_foreach(rows, i, n, one) caller_print(
        stdout, "  %s: %s on %s\n      %s\n      before: %s\n      after:  %s\n",
        caller_text(one, "person"), caller_text(one, "action"), caller_text(one, "object"),
        caller_text(one, "context"), caller_text(one, "before"), caller_text(one, "after"));
    if (total > (long long)yyjson_arr_size(rows))
        caller_print(stdout, "  … and %lld more\n", total - (long long)yyjson_arr_size(rows));
}

static void print_impact(yyjson_val *top)
{
    print_changes(top, "NEWLY ALLOWED", "newly_allowed", "allowed");
    print_changes(top, "Newly denied", "newly_denied", "denied");
    print_changes(top, "Newly in error", "newly_erring", "erring");
    caller_print(stdout, "\n%lld decisions compared. %s\nimpact %s\n",
                 (long long)caller_number(top, "decided"), caller_text(top, "sentence"),
                 caller_text(top, "digest"));
}

/* Its set, which stays in ${ret_list}. */
static int open_set(struct caller *c, const struct cli *o, yyjson_doc **ret_list,
                    yyjson_val **ret_set)
{
    int r = policy_enter(c, o);
    if (r == 0)
        r = policy_list(c, ret_list);
    *ret_set = r ? NULL : policy_find(c, *ret_list, o->operand[0]);
    return r == 0 && !*ret_set ? CLI_REFUSED : r;
}

int cli_policy_diff(const struct cli *o)
{
    struct caller c = {0};
    yyjson_doc *list = NULL, *impact = NULL;
    yyjson_val *set = NULL;
    int r = open_set(&c, o, &list, &set);
    if (r == 0)
        r = wait_impact(&c, caller_text(set, "proposal"), &impact);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_impact(yyjson_doc_get_root(impact));
    yyjson_doc_free(list);
    yyjson_doc_free(impact);
    caller_close(&c);
    return r;
}

/* ---- the second officer ---- */

/* What is signed: with --hash and --impact what was read before, else what is shown now. */
static int what_was_read(struct caller *c, yyjson_val *set, yyjson_doc **impact,
                         const char **ret_hash, const char **ret_impact)
{
    const struct cli *o = c->o;
    *ret_hash = o->hash ? o->hash : caller_text(set, "hash");
    *ret_impact = o->impact;
    if (o->hash && (o->impact || o->everywhere))
        return 0;
    if (o->pin_file)
        return cli_complain(o, CLI_USAGE,
                            "nobody reads along where the PIN comes from a file: name with --hash "
                            "and --impact what was read (casemate policy list, casemate policy "
                            "diff).");
    if (o->everywhere)
        return 0;
    int r = wait_impact(c, caller_text(set, "proposal"), impact);
    if (r)
        return r;
    yyjson_val *top = yyjson_doc_get_root(*impact);
    print_impact(top);
    *ret_impact = o->impact ? o->impact : caller_text(top, "digest");
    return 0;
}

static int sign_install(struct caller *c, yyjson_val *set, const char *hash, const char *impact)
{
    bool everywhere = c->o->everywhere;
    char meaning[161], path[POLICY_PATH];
    yyjson_mut_val *top;
    yyjson_mut_doc *body = caller_body(&top);
    yyjson_mut_obj_add_strcpy(body, top, "proposal", caller_text(set, "proposal"));
    yyjson_mut_obj_add_strcpy(body, top, "hash", hash);
    if (!everywhere)
        yyjson_mut_obj_add_strcpy(body, top, "impact", impact);
    snprintf(meaning, sizeof meaning, "I install policy %s/%lld with the hash %.16s",
             caller_text(set, "layer"), (long long)caller_number(set, "version"), hash);
    return caller_sign(c, policy_way(c->o), policy_path(c->o, "/install", path),
                       everywhere ? "install-site-policy" : "install-policy", meaning, body, NULL);
}

int cli_policy_install(const struct cli *o)
{
    struct caller c = {0};
    yyjson_doc *list = NULL, *read = NULL;
    yyjson_val *set = NULL;
    const char *hash = "", *impact = "";
    int r = open_set(&c, o, &list, &set);
    if (r == 0)
        r = what_was_read(&c, set, &read, &hash, &impact);
    if (r == 0)
        r = sign_install(&c, set, hash, impact);
    if (r == 0)
        print_done(&c, "Installed. It decides from now on; why --at asks of any moment before.");
    yyjson_doc_free(list);
    yyjson_doc_free(read);
    caller_close(&c);
    return r;
}

int cli_policy_decline(const struct cli *o)
{
    struct caller c = {0};
    char path[POLICY_PATH];
    yyjson_doc *list = NULL;
    yyjson_val *set = NULL;
    yyjson_mut_val *top;
    if (!o->reason)
        return cli_complain(o, CLI_USAGE, "--reason says why, in words.");
    int r = open_set(&c, o, &list, &set);
    if (r == 0) {
        yyjson_mut_doc *body = caller_body(&top);
        yyjson_mut_obj_add_strcpy(body, top, "proposal", caller_text(set, "proposal"));
        yyjson_mut_obj_add_str(body, top, "reason", o->reason);
        r = caller_post(&c, policy_way(o), policy_path(o, "/decline", path), body, NULL);
    }
    if (r == 0)
        print_done(&c, "Declined. The set in force stays in force.");
    yyjson_doc_free(list);
    caller_close(&c);
    return r;
}

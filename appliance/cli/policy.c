/* casemate policy: what the policy does and why, asked by a person at the terminal. */
#include "appliance/cli/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 600

/* ---- asking ---- */

void policy_says(const struct caller *c)
{
    printf("%s\n", c->raw);
}

/* What a query string may carry: the characters of CODE in operations.def, and + for a space. */
int policy_word(const struct cli *o, const char *option, const char *text)
{
    static const char good[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/+- ";
    if (text && text[0] && strlen(text) <= 64 && text[strspn(text, good)] == '\0')
        return 0;
    return cli_complain(o, CLI_USAGE, "--%s takes letters, digits and . _ : / -, 64 at most.",
                        option);
}

static int add(const struct cli *o, char *path, const char *name, const char *option,
               const char *text, bool needed)
{
    size_t n = strlen(path);
    if (!text && !needed)
        return 0;
    if (!text)
        return cli_complain(o, CLI_USAGE, "--%s is missing; casemate help %s shows an example.",
                            option, o->words);
    int r = policy_word(o, option, text);
    if (r)
        return r;
    snprintf(path + n, PATH_ROOM - n, "%c%s=%s", strchr(path, '?') ? '&' : '?', name, text);
    for (char *p = path + n; *p; p++)
        if (*p == ' ')
            *p = '+';
    return 0;
}

/* Sign in, go to the enclave, ask, leave. */
static int ask_door(struct caller *c, const struct cli *o, const char *path, yyjson_doc **ret_doc)
{
    int r = caller_open(o, c);
    if (r == 0)
        r = caller_enter(c);
    return r ? r : caller_get(c, CALLER_DOOR, path, ret_doc);
}

/* ---- records and rules ---- */

/* The day of an RFC 3339 time; "-" for none. */
static const char *day_of(yyjson_val *object, const char *key)
{
    static char days[4][11];
    static unsigned turn;
    char *out = days[turn++ % 4];
    const char *text = caller_text(object, key);
    snprintf(out, 11, "%s", text[0] ? text : "-");
    return out;
}

static void print_used(yyjson_val *record)
{
    caller_print(stdout, "        record %s %s of %s: %s, granted by %s, %s to %s, %s\n",
                 caller_text(record, "attribute"), caller_text(record, "value"),
                 caller_text(record, "holder"), caller_text(record, "document"),
                 caller_text(record, "granted_by"), day_of(record, "from"), day_of(record, "until"),
                 caller_text(record, "state"));
}

/* Values stand one a line, further in. */
static void print_values(const char *values)
{
    while (*values) {
        size_t n = strcspn(values, "\n");
        caller_print(stdout, "            %.*s\n", (int)n, values);
        values += n + (values[n] == '\n');
    }
}

static void print_reason(yyjson_val *reason)
{
    const char *kind = caller_text(reason, "kind");
    yyjson_val *one;
    size_t i, n;
    caller_print(stdout, "\n  %s %s\n      %s\n",
                 strcmp(kind, "forbids") == 0   ? "forbidden by"
                 : strcmp(kind, "permits") == 0 ? "permitted by"
                 : strcmp(kind, "erred") == 0   ? "in error:"
                                                : "not permitted by",
                 caller_text(reason, "policy"), caller_text(reason, "why"));
    yyjson_arr_foreach(yyjson_obj_get(reason, "parts"), i, n, one)
    {
        caller_print(stdout, "        %s: %s\n", caller_text(one, "outcome"),
                     caller_text(one, "text"));
        print_values(caller_text(one, "values"));
    }
    yyjson_arr_foreach(yyjson_obj_get(reason, "records"), i, n, one) print_used(one);
}

static void print_why(yyjson_val *top)
{
    yyjson_val *one;
    size_t i, n;
    caller_print(stdout, "%s\n", caller_text(top, "sentence"));
    caller_print(stdout, "  marking %s, from station %s, at %s, by %lld policies (%.16s)\n",
                 caller_text(top, "marking"), caller_text(top, "station"), caller_text(top, "at"),
                 (long long)caller_number(top, "policies"), caller_text(top, "policy_hash"));
    yyjson_arr_foreach(yyjson_obj_get(top, "reasons"), i, n, one) print_reason(one);
}

int cli_policy_why(const struct cli *o)
{
    char path[PATH_ROOM] = "/api/policy/why";
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    int r = add(o, path, "who", "who", o->who, true);
    if (r == 0)
        r = add(o, path, "what", "what", o->what, true);
    if (r == 0)
        r = add(o, path, "on", "on", o->on, false);
    if (r == 0)
        r = add(o, path, "at", "at", o->at, false);
    if (r)
        return r;
    r = ask_door(&c, o, path, &doc);
    yyjson_val *top = yyjson_doc_get_root(doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_why(top);
    if (r == 0 && !yyjson_get_bool(yyjson_obj_get(top, "allowed")))
        r = CLI_DENIED;
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

/* ---- who can, what can ---- */

int cli_policy_who_can(const struct cli *o)
{
    char path[PATH_ROOM] = "/api/policy/who-can";
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    yyjson_val *one;
    size_t i, n;
    int r = add(o, path, "what", "what", o->what, true);
    if (r == 0)
        r = add(o, path, "on", "on", o->on, false);
    if (r == 0)
        r = add(o, path, "at", "at", o->at, false);
    if (r)
        return r;
    r = ask_door(&c, o, path, &doc);
    yyjson_val *top = yyjson_doc_get_root(doc), *people = yyjson_obj_get(top, "people");
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        caller_print(stdout, "%zu of %lld people can do %s on %s, at %s.\n",
                     yyjson_arr_size(people), (long long)caller_number(top, "asked"),
                     caller_text(top, "what"), caller_text(top, "object"), caller_text(top, "at"));
    if (r == 0 && !o->json)
        yyjson_arr_foreach(people, i, n, one) caller_print(
            stdout, "  %-22s %-10s until %s  %s\n", caller_text(one, "name"),
            caller_text(one, "stamp"), day_of(one, "until"), caller_text(one, "policies"));
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

static void print_may(yyjson_val *top)
{
    yyjson_val *one;
    size_t i, n;
    caller_print(stdout, "%s%s%s\n", caller_text(top, "name"),
                 caller_text(top, "name")[0] ? ": " : "", caller_text(top, "sentence"));
    yyjson_arr_foreach(yyjson_obj_get(top, "actions"), i, n, one)
    {
        long long objects = (long long)caller_number(one, "objects");
        char which[120];
        snprintf(which, sizeof which, objects ? "%lld of %s, such as %s" : "%.0lld%s%.0s", objects,
                 caller_text(one, "kind"), caller_text(one, "example"));
        caller_print(stdout, "  %-24s %-36s marked %-12s %s\n", caller_text(one, "action"), which,
                     caller_text(one, "marking"), caller_text(one, "policies"));
    }
}

int cli_policy_what_can(const struct cli *o)
{
    char path[PATH_ROOM] = "/api/policy/what-can";
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    int r = add(o, path, "who", "who", o->who, true);
    if (r == 0)
        r = add(o, path, "at", "at", o->at, false);
    if (r)
        return r;
    r = ask_door(&c, o, path, &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_may(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

/* ---- the sets ---- */

enum caller_way policy_way(const struct cli *o)
{
    return o->everywhere ? CALLER_ENTRY : CALLER_DOOR;
}

const char *policy_path(const struct cli *o, const char *what, char out[static POLICY_PATH])
{
    snprintf(out, POLICY_PATH, "/api/%s%s", o->everywhere ? "site-policy" : "policy", what);
    return out;
}

int policy_enter(struct caller *c, const struct cli *o)
{
    int r = caller_open(o, c);
    return r || o->everywhere ? r : caller_enter(c);
}

int policy_list(struct caller *c, yyjson_doc **ret_doc)
{
    char path[POLICY_PATH];
    return caller_get(c, policy_way(c->o), policy_path(c->o, "", path), ret_doc);
}

yyjson_val *policy_find(const struct caller *c, yyjson_doc *list, const char *text)
{
    yyjson_val *one;
    size_t i, n;
    char name[40];
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(list), "sets"), i, n, one)
    {
        snprintf(name, sizeof name, "%s/%lld", caller_text(one, "layer"),
                 (long long)caller_number(one, "version"));
        if (strcmp(name, text) == 0 || strcmp(caller_text(one, "proposal"), text) == 0)
            return one;
    }
    cli_complain(c->o, CLI_REFUSED,
                 "there is no set %s; it is an id or LAYER/VERSION of casemate policy list.", text);
    return NULL;
}

static void print_set(yyjson_val *set)
{
    caller_print(stdout, "%s/%lld %s  %s\n    %s: %s, by %s, %lld tests\n",
                 caller_text(set, "layer"), (long long)caller_number(set, "version"),
                 caller_text(set, "state"), caller_text(set, "proposal"), day_of(set, "proposed"),
                 caller_text(set, "reason"), caller_text(set, "proposed_by"),
                 (long long)caller_number(set, "tests"));
    if (caller_text(set, "decided_by")[0])
        caller_print(stdout, "    %s: decided by %s %s\n", day_of(set, "decided"),
                     caller_text(set, "decided_by"), caller_text(set, "decided_reason"));
    caller_print(stdout, "    hash %s\n", caller_text(set, "hash"));
}

int cli_policy_list(const struct cli *o)
{
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    yyjson_val *one;
    size_t i, n;
    int r = policy_enter(&c, o);
    if (r == 0)
        r = policy_list(&c, &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "sets"), i, n, one)
            print_set(one);
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

int cli_policy_show(const struct cli *o)
{
    char path[POLICY_PATH], what[60];
    struct caller c = {0};
    yyjson_doc *list = NULL, *doc = NULL;
    yyjson_val *set = NULL;
    int r = policy_enter(&c, o);
    if (r == 0)
        r = policy_list(&c, &list);
    if (r == 0 && o->operands) {
        set = policy_find(&c, list, o->operand[0]);
        r = set ? 0 : CLI_REFUSED;
    }
    snprintf(what, sizeof what, "%s%s", set ? "?proposal=" : "",
             set ? caller_text(set, "proposal") : "");
    if (r == 0)
        r = caller_get(&c, policy_way(o), policy_path(o, what, path), &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        caller_print(stdout, "%s", caller_text(yyjson_doc_get_root(doc), "text"));
    yyjson_doc_free(list);
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

/* ---- why a control is there ---- */

static void print_register(yyjson_val *top)
{
    yyjson_val *one;
    size_t i, n;
    caller_print(stdout, "%s\n", caller_text(top, "sentence"));
    yyjson_arr_foreach(yyjson_obj_get(top, "rows"), i, n, one)
    {
        const char *control = caller_text(one, "control");
        caller_print(stdout, "  %-14s %s\n      %s; met by %s %s%s%s\n", caller_text(one, "kind"),
                     caller_text(one, "obligation"), caller_text(one, "document"),
                     control[0] ? control : "nothing", caller_text(one, "object"),
                     caller_text(one, "note")[0] ? ": " : "", caller_text(one, "note"));
    }
    yyjson_arr_foreach(yyjson_obj_get(top, "without_rationale"), i, n, one)
        caller_print(stdout, "  no reason recorded for %s %s: %s\n", caller_text(one, "control"),
                     caller_text(one, "object"), caller_text(one, "what"));
    yyjson_arr_foreach(yyjson_obj_get(top, "without_control"), i, n, one)
        caller_print(stdout, "  nothing meets: %s (%s)\n", caller_text(one, "obligation"),
                     caller_text(one, "document"));
}

int cli_policy_rationale(const struct cli *o)
{
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    int r = ask_door(&c, o, "/api/rationale", &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_register(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

/* ---- at the entry: what is missing, what ends ---- */

/* The id of whom --who names by badge, stamp, name or id; "" when it is nobody. */
static const char *person_id(yyjson_doc *people, const char *who)
{
    static const char *const keys[] = {"badge", "stamp", "name", "person"};
    yyjson_val *one;
    size_t i, n;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(people), "people"), i, n,
                       one) for (size_t k = 0; k < sizeof keys / sizeof *keys;
                                 k++) if (strcmp(caller_text(one, keys[k]), who) ==
                                          0) return caller_text(one, "person");
    return "";
}

static void print_standings(yyjson_val *top)
{
    yyjson_val *one;
    size_t i, n;
    caller_print(stdout, "%s\n", caller_text(top, "text"));
    yyjson_arr_foreach(yyjson_obj_get(top, "attributes"), i, n, one) caller_print(
        stdout, "  %-10s %-18s %s%s%s\n", caller_text(one, "state"), caller_text(one, "attribute"),
        strcmp(caller_text(one, "state"), "missing") == 0 ? caller_text(one, "what")
                                                          : caller_text(one, "value"),
        caller_text(one, "until")[0] ? ", until " : "",
        caller_text(one, "until")[0] ? day_of(one, "until") : "");
}

int cli_policy_lacks(const struct cli *o)
{
    char path[PATH_ROOM];
    struct caller c = {0};
    yyjson_doc *people = NULL, *doc = NULL;
    if (!o->who)
        return cli_complain(o, CLI_USAGE, "--who names a person by badge, stamp or name.");
    int r = caller_open(o, &c);
    if (r == 0)
        r = caller_enclave(&c);
    if (r == 0)
        r = caller_get(&c, CALLER_ENTRY, "/api/people", &people);
    const char *id = r ? "" : person_id(people, o->who);
    if (r == 0 && !id[0])
        r = cli_complain(o, CLI_REFUSED, "nobody of this site is called %s.", o->who);
    snprintf(path, sizeof path, "/api/people/lacks?person=%s&enclave=%s", id, c.enclave);
    if (r == 0)
        r = caller_get(&c, CALLER_ENTRY, path, &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_standings(yyjson_doc_get_root(doc));
    yyjson_doc_free(people);
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

static void print_expiring(yyjson_val *top)
{
    yyjson_val *list = yyjson_obj_get(top, "records"), *one;
    size_t i, n;
    caller_print(stdout, "%zu records end, wait, or have lost what they stand on.\n",
                 yyjson_arr_size(list));
    yyjson_arr_foreach(list, i, n, one)
        caller_print(stdout, "  %s  %s: %s %s%s%s  %s\n", day_of(one, "until"),
                     caller_text(one, "holder_name"), caller_text(one, "attribute"),
                     caller_text(one, "value"), caller_text(one, "scope")[0] ? " in " : "",
                     caller_text(one, "scope"), caller_text(one, "note"));
}

int cli_policy_expiring(const struct cli *o)
{
    char path[PATH_ROOM] = "/api/records/expiring";
    struct caller c = {0};
    yyjson_doc *doc = NULL;
    int r = add(o, path, "days", "days", o->days, true);
    if (r)
        return r;
    r = caller_open(o, &c);
    if (r == 0)
        r = caller_get(&c, CALLER_ENTRY, path, &doc);
    if (r == 0 && o->json)
        policy_says(&c);
    else if (r == 0)
        print_expiring(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

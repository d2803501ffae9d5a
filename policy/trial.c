#include "policy/trial.h"

#include <stdio.h>
#include <string.h>

const char *const trial_members[] = {"entities", "context", "tests", "comment", NULL};
const char *const trial_test_members[] = {"name",     "principal", "action", "resource", "context",
                                          "want",     "reason",    "errors", "onError",  "entities",
                                          "conforms", "comment",   NULL};

/* Whether the ids named by ${want} (absent: anything goes) are those of ${numbers}, in any order.
 */
static bool ids_agree(const struct trial *t, const struct json *want, const uint32_t *numbers,
                      uint32_t count)
{
    if (want == NULL)
        return true;
    if (want->kind != JSON_ARRAY || want->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        bool found = false;
        for (const struct json *w = want->first; w != NULL && !found; w = w->next)
            found = w->kind == JSON_STRING &&
                    text_is(w->string, cedar_policy_id(t->scenario->policies, numbers[i]));
        if (!found)
            return false;
    }
    return true;
}

/*
 * Principal, action, resource and the common context as changed by the test's own.  A test that
 * says so asks with what the schema does not allow: the services are not to be relied on.
 */
static bool fill_request(struct trial *t, const struct json *test)
{
    const struct json *extra = json_member(test, "entities");
    const struct json *conforms = json_member(test, "conforms");
    struct cedar_schema *schema = t->scenario->schema;
    bool ok;

    if (conforms != NULL && conforms->kind == JSON_BOOL && conforms->number == 0)
        t->scenario->schema = NULL;
    struct entity_json j = scenario_begin(t->scenario, t->source);
    ok = (extra == NULL || entity_json_all(&j, extra) == 0) &&
         scenario_request(t->scenario, t->source, test, t->context, true) == 0;
    t->scenario->schema = schema;
    return ok;
}

bool trial_test(struct trial *trial, const struct json *test, struct cedar_result *ret_result)
{
    const struct json *want = json_member(test, "want"), *mode = json_member(test, "onError");
    const struct json *errors = json_member(test, "errors");
    struct cedar_result *r = ret_result;
    enum cedar_on_error on_error =
        mode != NULL && text_is(mode->string, "skip") ? CEDAR_SKIP_ON_ERROR : CEDAR_DENY_ON_ERROR;

    *r = (struct cedar_result){0};
    trial->scenario->problem = (struct cedar_problem){0};
    if (!fill_request(trial, test))
        return false;
    bool allow = scenario_decide(trial->scenario, on_error, r) == CEDAR_ALLOW;
    return want != NULL && text_is(want->string, allow ? "allow" : "deny") &&
           ids_agree(trial, json_member(test, "reason"), r->determining, r->determining_count) &&
           (errors == NULL ? r->erring_count == 0
                           : ids_agree(trial, errors, r->erring, r->erring_count));
}

/* ---- a whole set of them ---- */

static bool knows(const struct json *object, const char *const *names)
{
    for (const struct json *m = object->kind == JSON_OBJECT ? object->first : NULL; m != NULL;
         m = m->next) {
        const char *const *n = names;
        while (*n != NULL && !text_is(m->key, *n))
            n++;
        if (*n == NULL)
            return false;
    }
    return true;
}

static int refuse(struct cedar_problem *problem, const struct cedar_source *source,
                  const struct json *at, const char *message)
{
    return json_fail(problem, source, at->offset, message);
}

static void list_ids(const struct cedar_policies *policies, const char *before,
                     const uint32_t *numbers, size_t count, char *out, size_t size)
{
    size_t n = strlen(out);
    for (size_t i = 0; i < count && n + 1 < size; i++) {
        snprintf(out + n, size - n, "%s%s", i == 0 ? before : ", ",
                 cedar_policy_id(policies, numbers[i]));
        n = strlen(out);
    }
}

/* Of the first test that fails: its name, and what was decided. */
static void keep_first(const struct trial *t, const struct json *name,
                       const struct cedar_result *result, struct cedar_trial *ret)
{
    const struct cedar_policies *policies = t->scenario->policies;
    snprintf(ret->first_failed, sizeof ret->first_failed, "%.*s",
             name != NULL ? (int)(name->string.length < 100 ? name->string.length : 100) : 7,
             name != NULL ? name->string.data : "unnamed");
    snprintf(ret->first_found, sizeof ret->first_found, "%s",
             result->decision == CEDAR_ALLOW ? "allow" : "deny");
    if (result->determining_count == 0 && result->erring_count == 0)
        snprintf(ret->first_found, sizeof ret->first_found, "deny, because no policy permits it");
    list_ids(policies, ", by ", result->determining, result->determining_count, ret->first_found,
             sizeof ret->first_found);
    list_ids(policies, "; it erred: ", result->erring, result->erring_count, ret->first_found,
             sizeof ret->first_found);
}

static int run_all(struct trial *t, const struct json *top, struct cedar_trial *ret)
{
    const struct json *tests = top->kind == JSON_ARRAY ? top : json_member(top, "tests");
    struct cedar_problem *problem = &t->scenario->problem;
    struct cedar_result result;

    if (tests == NULL || tests->kind != JSON_ARRAY)
        return refuse(problem, t->source, top, "there is no list \"tests\"");
    if (!knows(top, trial_members))
        return refuse(problem, t->source, top, "there is a member that a file of tests has not");
    t->context = json_member(top, "context");
    for (const struct json *test = tests->first; test != NULL; test = test->next) {
        const struct json *name = json_member(test, "name");
        if (!knows(test, trial_test_members))
            return refuse(problem, t->source, test, "there is a member that a test has not");
        if (trial_test(t, test, &result)) {
            ret->passed++;
            continue;
        }
        if (problem->code != 0)
            return problem->code;
        if (ret->failed++ == 0)
            keep_first(t, name, &result, ret);
    }
    return 0;
}

int cedar_trial_run(const struct cedar_source *policies, size_t count,
                    const struct cedar_source *schema, const struct cedar_source *tests,
                    struct cedar_trial *ret_trial, struct cedar_problem *ret_problem)
{
    struct scenario scenario;
    struct trial trial = {.scenario = &scenario, .source = tests};
    const struct json *top = NULL;
    struct arena arena = {0};
    int r = scenario_open(&scenario);

    *ret_trial = (struct cedar_trial){0};
    if (r == 0)
        r = scenario_load(&scenario, policies, count);
    if (r == 0)
        r = scenario_schema(&scenario, schema, NULL);
    if (r == 0)
        r = arena_init_growing(&arena, (size_t)16 * JSON_BYTES_MAX);
    if (r == 0)
        r = json_parse(tests, &arena, &top, &scenario.problem);
    if (r == 0)
        r = scenario_entities(&scenario, tests, json_member(top, "entities"));
    if (r == 0)
        r = run_all(&trial, top, ret_trial);
    *ret_problem = scenario.problem;
    if (r != 0 && ret_problem->code == 0)
        ret_problem->code = r;
    arena_free(&arena);
    scenario_close(&scenario);
    return r;
}

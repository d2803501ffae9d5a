#include "appliance/policy_set.h"

#include <stdio.h>
#include <string.h>

#include "appliance/schema.h"
#include "crypto/hash.h"
#include "policy/cedar.h"

static struct cedar_source source_of(const char *name, struct bytes_view text)
{
    return (struct cedar_source){name, (const char *)text.data, text.length};
}

static int say_problem(const struct cedar_problem *p, char why[static POLICY_WHY])
{
    snprintf(why, POLICY_WHY, "%s line %u column %u: %s%s%s", p->source, p->line, p->column,
             p->message, p->help[0] ? "; " : "", p->help);
    return ERR_POLICY;
}

static int say(const char *text, char why[static POLICY_WHY])
{
    snprintf(why, POLICY_WHY, "%s", text);
    return ERR_POLICY;
}

void policy_set_line(uint32_t version, const uint8_t hash[static 32],
                     uint8_t out[static POLICY_SITE_LINE])
{
    struct bytes_put put = bytes_into(out, POLICY_SITE_LINE);
    bytes_put_u32(&put, version);
    bytes_put_fixed(&put, hash, 32);
}

int policy_set_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], uint32_t version,
                     const uint8_t hash[static 32], struct bytes_view text,
                     const uint8_t signature[static SIGN_LENGTH])
{
    uint8_t line[POLICY_SITE_LINE], found[32];
    hash_content(POLICY_HASH, text, found);
    if (memcmp(found, hash, 32) != 0)
        return ERR_SIGNATURE;
    policy_set_line(version, hash, line);
    return sign_check(public_key, POLICY_SITE_PURPOSE, bytes_view_of(line, sizeof line), signature);
}

int policy_set_canonical(struct bytes_view text, uint8_t out[static POLICY_TEXT_MAX],
                         struct bytes_view *ret_text, char why[static POLICY_WHY])
{
    struct cedar_source source = source_of("the proposal", text);
    struct cedar_problem problem;
    char *formatted = NULL;
    size_t length = 0;
    if (cedar_format(&source, NULL, &formatted, &length, &problem) != 0)
        return say_problem(&problem, why);
    bool fits = length <= POLICY_TEXT_MAX;
    if (fits)
        memcpy(out, formatted, length);
    cedar_text_free(formatted);
    if (!fits)
        return say("The set is longer than 30000 bytes.", why);
    *ret_text = bytes_view_of(out, length);
    return 0;
}

/* ---- validation and tests ---- */

static void take_finding(void *context, const struct cedar_finding *finding)
{
    char *why = context;
    if (finding->is_error && !why[0])
        snprintf(why, POLICY_WHY, "%s line %u column %u: %s", finding->place.source,
                 finding->place.line, finding->place.column, finding->place.message);
}

static int validate(const struct cedar_source sources[static 2],
                    const struct cedar_source *schema_text, char why[static POLICY_WHY])
{
    struct cedar_schema_source fragment = {*schema_text, CEDAR_SCHEMA_TEXT};
    struct cedar_policies *policies = NULL;
    struct cedar_schema *schema = NULL;
    struct cedar_problem problem;
    uint32_t errors = 1;
    int r = 0;
    why[0] = '\0';
    if (cedar_schema_load(&fragment, 1, &schema, &problem) != 0 ||
        cedar_policies_load(sources, 2, &policies, &problem) != 0)
        r = say_problem(&problem, why);
    else if (cedar_validate(policies, schema, take_finding, why, &errors) != 0 || errors)
        r = why[0] ? ERR_POLICY : say("The set is too large to be validated.", why);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    return r;
}

static int run_tests(const struct cedar_source sources[static 2],
                     const struct cedar_source *schema_text, struct bytes_view tests,
                     uint32_t *ret_passed, char why[static POLICY_WHY])
{
    struct cedar_source test_text = source_of("the tests", tests);
    struct cedar_trial trial;
    struct cedar_problem problem;
    if (cedar_trial_run(sources, 2, schema_text, &test_text, &trial, &problem) != 0)
        return say_problem(&problem, why);
    *ret_passed = trial.passed;
    if (!trial.failed)
        return trial.passed ? 0
                            : say("There is no test: a set is proposed with tests of what it "
                                  "decides.",
                                  why);
    snprintf(why, POLICY_WHY, "%u of %u tests fail; the first is \"%s\": the set decides %s.",
             trial.failed, trial.passed + trial.failed, trial.first_failed, trial.first_found);
    return ERR_POLICY;
}

int policy_set_examine(enum policy_layer layer, struct bytes_view proposed, struct bytes_view other,
                       struct bytes_view tests, uint32_t *ret_passed, char why[static POLICY_WHY])
{
    static uint8_t schema[SCHEMA_MAX];
    struct bytes_put put = bytes_into(schema, sizeof schema);
    struct cedar_source sources[2], schema_text;
    schema_write(&put);
    schema_text = source_of("the schema", bytes_view_of(schema, bytes_put_length(&put)));
    sources[layer == POLICY_SITE ? 0 : 1] = source_of("the proposal", proposed);
    sources[layer == POLICY_SITE ? 1 : 0] = source_of("the other layer", other);
    int r = validate(sources, &schema_text, why);
    return r ? r : run_tests(sources, &schema_text, tests, ret_passed, why);
}

int policy_set_compile(struct bytes_view site, struct bytes_view program,
                       char why[static POLICY_WHY])
{
    struct cedar_source sources[] = {source_of("the mandatory layer", site),
                                     source_of("the program's layer", program)};
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    int r = cedar_policies_load(sources, 2, &policies, &problem);
    cedar_policies_free(policies);
    return r ? say_problem(&problem, why) : 0;
}

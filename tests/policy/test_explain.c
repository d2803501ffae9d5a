#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/entity_json.h"
#include "tests/policy/world.h"

#define SHOP "tests/policy/shop/"

static const char rules[] =
    "@id(\"open\") permit(principal, action == Action::\"read\", resource);\n"
    "@id(\"low\") permit(principal, action == Action::\"write\", resource)\n"
    "  when { context has level && context.level < 2 && context.level != 0 }\n"
    "  unless { context.closed };\n"
    "@id(\"secret\") @why(\"Secret things are not shown.\")\n"
    "forbid(principal, action, resource == Doc::\"secret\");\n"
    "@id(\"fragile\") forbid(principal, action == Action::\"break\", resource)\n"
    "  when { context.zone != \"cell\" };\n"
    "@id(\"breaks\") permit(principal, action == Action::\"break\", resource);\n";

static void expect_reason(const struct cedar_reason *r, int kind, const char *text, uint32_t line)
{
    assert_int_equal(r->kind, kind);
    assert_int_equal(r->length, strlen(text));
    assert_memory_equal(r->text, text, r->length);
    assert_int_equal(r->line, line);
}

static size_t explain(struct world *w, const char *action, const char *object, int64_t level,
                      bool closed, struct cedar_reason *out, size_t room)
{
    struct cedar_field fields[] = {{"level", cedar_long(level)}, {"closed", cedar_bool(closed)}};

    cedar_overlay_reset(w->overlay, w->base);
    struct cedar_request r = ask(w, "ana", action, object, fields, 2);
    return cedar_explain(w->policies, w->overlay, &r, w->scratch, out, room);
}

static void explains_the_first_condition_that_was_not_met(void **state)
{
    struct world w = world_new(rules);
    struct cedar_reason out[4];

    (void)state;
    world_ready(&w);
    assert_int_equal(explain(&w, "write", "d", 5, false, out, 4), 1);
    expect_reason(&out[0], CEDAR_REASON_UNMET, "context.level < 2", 3);
    assert_int_equal(explain(&w, "write", "d", 0, false, out, 4), 1);
    expect_reason(&out[0], CEDAR_REASON_UNMET, "context.level != 0", 3);
    assert_int_equal(explain(&w, "write", "d", 1, true, out, 4), 1);
    expect_reason(&out[0], CEDAR_REASON_UNMET, "unless { context.closed }", 4);
    assert_int_equal(explain(&w, "write", "d", 1, false, out, 4), 0);
    world_free(&w);
}

static void explains_forbids_by_their_why_and_errors_by_their_text(void **state)
{
    struct world w = world_new(rules);
    struct cedar_reason out[4];

    (void)state;
    world_ready(&w);
    assert_int_equal(explain(&w, "break", "secret", 0, false, out, 4), 2);
    expect_reason(&out[0], CEDAR_REASON_FORBIDS, "Secret things are not shown.", 5);
    expect_reason(&out[1], CEDAR_REASON_ERRED, "context.zone", 8);
    assert_int_equal(explain(&w, "break", "secret", 0, false, out, 1), 2);
    world_free(&w);
}

static void names_the_permits_that_are_for_others(void **state)
{
    struct world w = world_new(
        "@id(\"cooks\") permit(principal in Role::\"cook\", action == Action::\"read\", "
        "resource);\n"
        "@id(\"bob\") permit(principal == User::\"bob\", action, resource == Doc::\"d\");\n"
        "@id(\"other\") permit(principal == User::\"bob\", action == Action::\"write\", "
        "resource);\n"
        "@id(\"all\") permit(principal, action, resource) when { false };\n"
        "@id(\"no\") forbid(principal == User::\"bob\", action, resource);\n");
    struct cedar_reason out[4];

    (void)state;
    world_ready(&w);
    cedar_overlay_reset(w.overlay, w.base);
    struct cedar_request r = ask(&w, "ana", "read", "d", NULL, 0);
    assert_int_equal(cedar_explain_others(w.policies, w.overlay, &r, w.scratch, out, 4), 2);
    expect_reason(&out[0], CEDAR_REASON_UNMET, "principal in Role::\"cook\"", 1);
    expect_reason(&out[1], CEDAR_REASON_UNMET, "principal == User::\"bob\"", 2);
    assert_int_equal(cedar_explain_others(w.policies, w.overlay, &r, w.scratch, out, 1), 2);
    world_free(&w);
}

/* ---- parts and values ---- */

static const char *outcome_text(const struct cedar_part *part)
{
    return part->outcome == CEDAR_PART_TRUE    ? "true"
           : part->outcome == CEDAR_PART_FALSE ? "false"
                                               : "error";
}

/* All parts of policy ${number} as lines. */
static size_t parts_text(struct world *w, const struct cedar_request *r, uint32_t number, char *out,
                         size_t size)
{
    static char buffer[32768];
    struct cedar_part parts[16];
    size_t n = cedar_explain_values(w->policies, w->overlay, r, w->scratch, number, parts, 16,
                                    buffer, sizeof buffer);
    size_t at = 0;

    assert_true(n <= 16);
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        assert_true(parts[i].line > 0 && parts[i].column > 0);
        at += (size_t)snprintf(out + at, size - at, "%s: %s\n%s", outcome_text(&parts[i]),
                               parts[i].text, parts[i].values);
        assert_true(at < size);
    }
    return n;
}

/* Ana has rank 2 and tag "t"; the context has level 3, a record, and a station that is not there.
 */
static struct world small_world(const char *text, struct cedar_request *ret)
{
    struct world w = world_new(text);

    cedar_entity_begin(w.base, "User", "ana");
    cedar_entity_parent(w.base, "Role", "lead");
    cedar_entity_attribute(w.base, "rank", cedar_long(2));
    cedar_entity_attribute(w.base, "off", cedar_bool(false));
    cedar_entity_tag(w.base, "t", cedar_datetime(86400000));
    cedar_entity_end(w.base);
    world_ready(&w);
    struct cedar_field inner[] = {{"zone", cedar_string(w.overlay, "a\nb", 3)}};
    struct cedar_field fields[] = {
        {"level", cedar_long(3)},
        {"key", cedar_string(w.overlay, "t", 1)},
        {"now", cedar_datetime(1500)},
        {"left", cedar_duration(-93784005)},
        {"place", cedar_record(w.overlay, inner, 1)},
        {"station", cedar_entity(w.overlay, "Station", "s1")},
    };
    *ret = ask(&w, "ana", "read", "d", fields, sizeof fields / sizeof *fields);
    return w;
}

static void shows(const char *condition, const char *wanted)
{
    struct cedar_request r;
    char text[1024], got[4096];

    snprintf(text, sizeof text, "forbid(principal, action, resource)\n%s;", condition);
    struct world w = small_world(text, &r);
    parts_text(&w, &r, 0, got, sizeof got);
    world_free(&w);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\n--- found\n%s--- instead of\n%s", condition, got, wanted);
}

static void shows_the_values_of_the_first_false_part(void **state)
{
    (void)state;
    shows("unless { principal has rank && principal.rank >= context.level && context.level == 9 }",
          "false: principal.rank >= context.level\n"
          "principal.rank = 2\ncontext.level = 3\n");
    shows("unless { context.level > 1 && (context.level > 2 && context.level > 3) }",
          "false: context.level > 3\ncontext.level = 3\n");
    shows("when { context.level == 3 } unless { principal.off }",
          "true: context.level == 3\ncontext.level = 3\n"
          "false: principal.off\nprincipal.off = false\n");
}

static void shows_every_alternative_that_is_false(void **state)
{
    (void)state;
    shows("unless { context.level == 1 || (context.level == 3 && principal.rank == 9) }",
          "false: context.level == 1\ncontext.level = 3\n"
          "false: principal.rank == 9\nprincipal.rank = 2\n");
    shows("when { context.level == 1 || context.level == 3 }",
          "true: context.level == 3\ncontext.level = 3\n");
}

static void turns_negations_and_takes_the_branch_that_was_taken(void **state)
{
    (void)state;
    shows("unless { !(context.level == 3) }", "true: context.level == 3\ncontext.level = 3\n");
    shows("when { !!(principal.rank == 2) }", "true: principal.rank == 2\nprincipal.rank = 2\n");
    shows("unless { if context.level < 5 then principal.rank > 2 else principal.x }",
          "true: context.level < 5\ncontext.level = 3\n"
          "false: principal.rank > 2\nprincipal.rank = 2\n");
}

static void names_what_is_missing(void **state)
{
    (void)state;
    shows("unless { principal has clearance && principal.clearance > 1 }",
          "false: principal has clearance\nprincipal has no clearance\n");
    shows("unless { context.level has a }",
          "error: context.level\ntype error: expected record or entity, got long\n"
          "context.level = 3\n");
    shows("unless { context has place.site.a }",
          "false: context has place.site.a\ncontext.place has no site\n");
    shows("unless { context has station.zone }",
          "false: context has station.zone\n"
          "context.station is Station::\"s1\", of which nothing is known\n");
    shows("unless { principal.hasTag(\"x\") }",
          "false: principal.hasTag(\"x\")\nprincipal has no tag \"x\"\n");
    shows("when { principal has rank }", "true: principal has rank\nprincipal has rank\n");
}

static void shows_how_a_policy_erred(void **state)
{
    (void)state;
    shows("when { context.level == 3 && resource.owner == principal }",
          "error: resource.owner\nthere is no such entity\n"
          "resource is Doc::\"d\", of which nothing is known\n");
    shows("when { principal.clearance > 1 }",
          "error: principal.clearance\nthere is no such attribute: clearance\n"
          "principal has no clearance\n");
    shows("when { 9223372036854775807 + context.level > 0 }",
          "error: 9223372036854775807 + context.level\n"
          "the result is too large for a number\ncontext.level = 3\n");
    shows("when { context.level }",
          "error: context.level\ntype error: expected bool, got long\ncontext.level = 3\n");
}

static void shows_times_readably_and_each_value_once(void **state)
{
    (void)state;
    shows("when { context.left < duration(\"1d\") }",
          "true: context.left < duration(\"1d\")\ncontext.left = duration(\"-1d2h3m4s5ms\")\n");
    shows("unless { context.now.toDate() == context.now }",
          "false: context.now.toDate() == context.now\n"
          "context.now.toDate() = datetime(\"1970-01-01T00:00:00Z\")\n"
          "context.now = datetime(\"1970-01-01T00:00:01.500Z\")\n");
    shows("when { principal.hasTag(context.key) && context.now < principal.getTag(context.key) }",
          "true: principal.hasTag(context.key)\nprincipal has tag \"t\"\ncontext.key = \"t\"\n"
          "true: context.now < principal.getTag(context.key)\n"
          "context.now = datetime(\"1970-01-01T00:00:01.500Z\")\n"
          "principal.getTag(context.key) = datetime(\"1970-01-02T00:00:00Z\")\n"
          "context.key = \"t\"\n");
    shows("when { principal in // who\n  Role::\"lead\" && [principal.rank,\n  1].contains(2) }",
          "true: principal in Role::\"lead\"\nprincipal = User::\"ana\"\n"
          "true: [principal.rank, 1].contains(2)\nprincipal.rank = 2\n");
    shows("when { {a: principal.rank, b: -context.level}.b * 2 == -6 }",
          "true: {a: principal.rank, b: -context.level}.b * 2 == -6\n"
          "{a: principal.rank, b: -context.level}.b * 2 = -6\n"
          "{a: principal.rank, b: -context.level}.b = -3\n"
          "principal.rank = 2\ncontext.level = 3\n");
}

static void says_nothing_of_a_policy_for_others(void **state)
{
    struct cedar_request r;
    char got[256];

    (void)state;
    struct world w = small_world("permit(principal == User::\"bob\", action, resource)"
                                 "when { context.level == 3 };",
                                 &r);
    assert_int_equal(parts_text(&w, &r, 0, got, sizeof got), 0);
    assert_int_equal(parts_text(&w, &r, 1, got, sizeof got), 0);
    world_free(&w);
}

static void cuts_texts_where_the_buffer_ends(void **state)
{
    struct cedar_request r;
    struct cedar_part parts[2];
    char buffer[80];

    (void)state;
    struct world w = small_world("forbid(principal, action, resource) when {"
                                 "context.level == 3 && principal.rank == 2 };",
                                 &r);
    for (size_t size = 0; size < sizeof buffer; size++) {
        memset(buffer, 'x', sizeof buffer);
        assert_int_equal(
            cedar_explain_values(w.policies, w.overlay, &r, w.scratch, 0, parts, 2, buffer, size),
            2);
        for (int i = 0; i < 2 && size > 0; i++)
            assert_true(strlen(parts[i].text) + strlen(parts[i].values) < size);
        assert_int_equal(buffer[size], 'x');
    }
    assert_int_equal(
        cedar_explain_values(w.policies, w.overlay, &r, w.scratch, 0, parts, 1, buffer, 80), 2);
    assert_string_equal(parts[0].values, "context.level = 3\n");
    world_free(&w);
}

/* ---- the worked example ---- */

static struct cedar_source read_source(const char *path)
{
    struct cedar_source s = {path, NULL, 0};
    FILE *f = fopen(path, "re");
    char *text = calloc(1, (1 << 20) + 1);

    assert_true(f != NULL && text != NULL);
    s.length = fread(text, 1, 1 << 20, f);
    s.text = text;
    fclose(f);
    return s;
}

static void explain_test(struct world *w, const struct cedar_source *source,
                         const struct json *test, FILE *out)
{
    static char text[32768];
    struct cedar_problem problem;
    struct cedar_reason reasons[16];
    struct cedar_request r;
    struct entity_json j = {.entities = w->overlay, .source = source, .problem = &problem};

    cedar_overlay_reset(w->overlay, w->base);
    assert_int_equal(entity_json_uid(&j, json_member(test, "principal"), &r.principal), 0);
    assert_int_equal(entity_json_uid(&j, json_member(test, "action"), &r.action), 0);
    assert_int_equal(entity_json_uid(&j, json_member(test, "resource"), &r.resource), 0);
    assert_int_equal(entity_json_context(&j, json_member(test, "context"), NULL, &r.context), 0);
    assert_int_equal(cedar_entities_freeze(w->overlay), 0);
    fprintf(out, "# %s\n", json_member(test, "name")->string.data);
    size_t n = cedar_explain(w->policies, w->overlay, &r, w->scratch, reasons, 16);
    assert_true(n <= 16);
    for (size_t i = 0; i < n; i++) {
        parts_text(w, &r, reasons[i].policy, text, sizeof text);
        fprintf(out, "%s %s\n%s", reasons[i].kind == CEDAR_REASON_FORBIDS ? "forbidden" : "unmet",
                cedar_policy_id(w->policies, reasons[i].policy), text);
    }
}

/* The explanations of all requests stand in a file, so that a change is seen as one. */
static void explains_the_worked_example_as_recorded(void **state)
{
    struct cedar_source policies = read_source(SHOP "shop.cedar");
    struct cedar_source files[] = {read_source(SHOP "entities.json"),
                                   read_source(SHOP "shop.tests.json"),
                                   read_source(SHOP "explanations.txt")};
    struct cedar_problem problem;
    struct arena arena;
    struct world w = world_new(policies.text);
    const struct json *entities, *tests;
    char *got;
    size_t length;
    FILE *out = open_memstream(&got, &length);

    (void)state;
    assert_non_null(out);
    assert_int_equal(arena_init_growing(&arena, 16 << 20), 0);
    assert_int_equal(json_parse(&files[0], &arena, &entities, &problem), 0);
    assert_int_equal(json_parse(&files[1], &arena, &tests, &problem), 0);
    struct entity_json j = {.entities = w.base, .source = &files[0], .problem = &problem};
    assert_int_equal(entity_json_all(&j, entities), 0);
    world_ready(&w);
    for (const struct json *t = tests->first; t != NULL; t = t->next)
        explain_test(&w, &files[1], t, out);
    fclose(out);
    if (length != files[2].length || memcmp(got, files[2].text, length) != 0)
        fail_msg(SHOP "explanations.txt says otherwise; found:\n%s", got);
    free(got);
    world_free(&w);
    arena_free(&arena);
    free((char *)policies.text);
    for (int i = 0; i < 3; i++)
        free((char *)files[i].text);
}

/* ---- what was used ---- */

static void uses(const char *condition, const char *wanted)
{
    static const char *const outcomes[] = {"false", "true", "error"};
    struct cedar_request r;
    struct cedar_use out[8];
    char text[1024], got[1024] = "";
    size_t at = 0;

    snprintf(text, sizeof text, "forbid(principal, action, resource)\n%s;", condition);
    struct world w = small_world(text, &r);
    size_t n = cedar_explain_uses(w.policies, w.overlay, &r, w.scratch, 0, out, 8);
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, "%s %s%s: %s\n", out[i].variable,
                               out[i].is_tag ? "tag " : "", out[i].name, outcomes[out[i].outcome]);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\n--- found\n%s--- instead of\n%s", condition, got, wanted);
    if (n > 0)
        assert_int_equal(cedar_explain_uses(w.policies, w.overlay, &r, w.scratch, 0, out, n - 1),
                         n);
    world_free(&w);
}

static void names_the_facts_that_decided(void **state)
{
    (void)state;
    uses("unless { principal has rank && principal.rank >= context.level && context.key == 1 }",
         "principal rank: false\ncontext level: false\n");
    uses("unless { principal has clearance && principal.clearance > 1 }",
         "principal clearance: false\n");
    uses("when { context.level == 3 && principal.rank == 2 }",
         "context level: true\nprincipal rank: true\n");
    uses("unless { context.level == 1 || (context.place.zone == \"\" && principal.off) }",
         "context level: false\ncontext place: false\n");
    uses("when { context.level == 3 } unless { principal.off }",
         "context level: true\nprincipal off: false\n");
    uses("when { context.level == 3 && resource.owner == principal }", "resource owner: error\n");
    uses("unless { context has station.zone }", "context station: false\n");
}

static void names_each_fact_once_and_tags_by_their_value(void **state)
{
    (void)state;
    uses("unless { principal.hasTag(context.key) && principal.getTag(context.key) < context.now }",
         "principal tag t: false\ncontext key: false\ncontext now: false\n");
    uses("unless { principal.hasTag(\"x\") }", "principal tag x: false\n");
    uses("when { principal.rank < 3 && principal.rank > 1 && [principal.rank].contains(2) }",
         "principal rank: true\n");
    uses("unless { if context.level < 5 then principal.rank > 2 else principal.x }",
         "context level: true\nprincipal rank: false\n");
    uses("when { 1 == 1 }", "");
    uses("when { User::\"ana\".rank == 2 }", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_the_first_condition_that_was_not_met),
        cmocka_unit_test(explains_forbids_by_their_why_and_errors_by_their_text),
        cmocka_unit_test(names_the_permits_that_are_for_others),
        cmocka_unit_test(shows_the_values_of_the_first_false_part),
        cmocka_unit_test(shows_every_alternative_that_is_false),
        cmocka_unit_test(turns_negations_and_takes_the_branch_that_was_taken),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(shows_how_a_policy_erred),
        cmocka_unit_test(shows_times_readably_and_each_value_once),
        cmocka_unit_test(says_nothing_of_a_policy_for_others),
        cmocka_unit_test(cuts_texts_where_the_buffer_ends),
        cmocka_unit_test(explains_the_worked_example_as_recorded),
        cmocka_unit_test(names_the_facts_that_decided),
        cmocka_unit_test(names_each_fact_once_and_tags_by_their_value),
    };
    return cmocka_run_group_tests_name("policy/explain", tests, NULL, NULL);
}

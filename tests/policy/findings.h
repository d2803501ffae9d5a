#ifndef TESTS_POLICY_FINDINGS_H
#define TESTS_POLICY_FINDINGS_H

/* What the validator finds, as one text.  Include after cmocka.h. */

#include "policy/ast.h"
#include "tests/policy/world.h"

/*
 * Each case is a condition, or a whole policy, and what a person would see of
 * what the validator finds: the marked text, the message, the help; nothing if
 * the policy validates.
 */
static const char schema_text[] =
    "type Inner = {p?: Long, q: Long};\n"
    "type Context = {a: {b: {c?: Long}}, o?: Inner, now: datetime, ip: ipaddr, price: decimal};\n"
    "namespace A {\n"
    "  action x, g;\n"
    "  action x2 in [x] appliesTo {principal: [U], resource: [P], context: Context};\n"
    "}\n"
    "namespace B {\n"
    "  action y appliesTo {principal: [U, V], resource: [P, G], context: Context};\n"
    "}\n"
    "entity U in [G] = {name: String, age: Long, opt?: Long, may?: Bool, friends: Set<U>,\n"
    "  mgr: U, act?: A::Action, inner: Inner} tags Long;\n"
    "entity V {name: String, other: Bool};\n"
    "entity W;\n"
    "entity G in [G];\n"
    "entity P in [G, F] = {owner: U};\n"
    "entity F;\n"
    "entity E enum [\"red\", \"green\"];\n"
    "action z appliesTo {principal: [U], resource: [P], context: Context};\n";

struct expected {
    const char *text;
    const char *found;
};

static inline struct cedar_schema *load_schema(const char *text)
{
    struct cedar_schema_source source = {{"test.cedarschema", text, strlen(text)},
                                         CEDAR_SCHEMA_TEXT};
    struct cedar_schema *schema = NULL;
    struct cedar_problem problem;
    char words[1024];

    if (cedar_schema_load(&source, 1, &schema, &problem) != 0)
        fail_msg("%s", cedar_problem_print(&problem, words, sizeof words));
    return schema;
}

/* The part of the excerpt under the caret. */
static inline struct text marked(const struct cedar_problem *p)
{
    struct text t = {p->excerpt, 0};

    for (uint32_t i = 0; i < p->caret; i++)
        do
            t.data++;
        while (((uint8_t)*t.data & 0xc0) == 0x80);
    for (uint32_t i = 0; i < p->width; i++)
        do
            t.length++;
        while (((uint8_t)t.data[t.length] & 0xc0) == 0x80);
    return t;
}

struct seen {
    char text[4096];
    uint32_t errors;
};

static inline void note(void *context, const struct cedar_finding *f)
{
    struct seen *seen = context;
    struct writer w = {seen->text, sizeof seen->text, strlen(seen->text)};

    assert_true(f->place.line > 0 && f->place.column > 0);
    assert_int_equal(f->place.code != 0, f->is_error);
    seen->errors += f->is_error;
    writer_text(&w, text_of(seen->text[0] == '\0' ? "" : "\n"));
    writer_text(&w, text_of(f->is_error ? "" : "warning: "));
    writer_text(&w, marked(&f->place));
    writer_format(&w, ": %s", f->place.message);
    if (f->place.help[0] != '\0')
        writer_format(&w, " (%s)", f->place.help);
}

static inline bool is_policy(const char *text)
{
    return strncmp(text, "permit", 6) == 0 || strncmp(text, "forbid", 6) == 0;
}

static inline void check_case(const struct cedar_schema *schema, const struct expected *e)
{
    struct seen seen = {0};
    uint32_t errors = UINT32_MAX;
    char text[2048];

    snprintf(text, sizeof text,
             is_policy(e->text)
                 ? "%s"
                 : "permit(principal is U, action == Action::\"z\", resource is P) when {%s};",
             e->text);
    struct cedar_policies *policies = load_text(text);
    assert_int_equal(cedar_validate(policies, schema, note, &seen, &errors), 0);
    assert_int_equal(errors, seen.errors);
    cedar_policies_free(policies);
    if (strcmp(seen.text, e->found) != 0)
        fail_msg("%s\n  found   %s\n  instead %s", e->text, seen.text, e->found);
}

static inline void check_cases(const struct expected *cases, size_t count)
{
    struct cedar_schema *schema = load_schema(schema_text);

    for (size_t i = 0; i < count; i++)
        check_case(schema, &cases[i]);
    cedar_schema_free(schema);
}

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof *(cases))

static inline uint32_t validate_text(const char *schema_words, const char *text, struct seen *seen)
{
    struct cedar_schema *schema = load_schema(schema_words);
    struct cedar_policies *policies = load_text(text);
    uint32_t errors = 0;

    assert_int_equal(cedar_validate(policies, schema, note, seen, &errors), 0);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
    return errors;
}

#endif

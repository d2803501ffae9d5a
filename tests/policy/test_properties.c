#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/scenario.h"

/*
 * What must hold for any policies, tried on the pinned cases: neither layout,
 * nor the form in JSON, nor order changes a decision, its reasons or its errors.
 */

#define CASES      "tests/policy/pinned.jsonl"
#define MEMORY_MAX ((size_t)64 << 20)
#define ANSWERS    16U
#define POLICIES   64U

/* What was decided about one request: which policies determined it, and which erred. */
struct answer {
    enum cedar_decision decision;
    bool determining[POLICIES], erring[POLICIES];
};

struct answers {
    uint32_t policies, count;
    struct answer of[ANSWERS];
};

/* One line of the file. */
struct line {
    struct cedar_source source, policies, schema;
    const struct json *top;
    struct arena arena;
};

static void mark(bool marked[POLICIES], const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        marked[numbers[i]] = true;
}

/* The answers of ${policies} to the line's requests. */
static void answer(const struct line *line, const struct cedar_source *policies,
                   struct answers *ret)
{
    const struct json *requests = json_member(line->top, "requests");
    struct cedar_result result;
    struct scenario s;

    *ret = (struct answers){0};
    assert_int_equal(scenario_open(&s), 0);
    assert_int_equal(scenario_load(&s, policies, 1), 0);
    ret->policies = cedar_policies_count(s.policies);
    assert_in_range(ret->policies, 1, POLICIES);
    if (line->schema.text != NULL)
        assert_int_equal(scenario_schema(&s, &line->schema, NULL), 0);
    assert_int_equal(scenario_entities(&s, &line->source, json_member(line->top, "entities")), 0);
    for (const struct json *r = requests->first; r != NULL; r = r->next) {
        struct answer *a = &ret->of[ret->count++];
        assert_in_range(ret->count, 1, ANSWERS);
        scenario_begin(&s, &line->source);
        assert_int_equal(scenario_request(&s, &line->source, r, NULL, false), 0);
        a->decision = scenario_decide(&s, CEDAR_SKIP_ON_ERROR, &result);
        mark(a->determining, result.determining, result.determining_count);
        mark(a->erring, result.erring, result.erring_count);
    }
    scenario_close(&s);
}

static void assert_same(const struct answers *a, const struct answers *b)
{
    assert_int_equal(a->policies, b->policies);
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->of, b->of, sizeof a->of);
}

/* ---- the properties ---- */

static void keeps_answers_when_laid_out(const struct line *line, const struct answers *before)
{
    const struct cedar_style narrow = {20, 7};
    struct cedar_source again = {.name = "laid out"};
    struct cedar_problem problem;
    struct answers after;
    char *text;

    assert_int_equal(cedar_format(&line->policies, &narrow, &text, &again.length, &problem), 0);
    again.text = text;
    answer(line, &again, &after);
    cedar_text_free(text);
    assert_same(before, &after);
}

static void keeps_answers_through_json(const struct line *line, const struct answers *before)
{
    struct cedar_source json = {.name = "json"}, again = {.name = "from json"};
    struct cedar_policies *policies;
    struct cedar_problem problem;
    struct answers after;
    char *made, *text;

    assert_int_equal(cedar_policies_load(&line->policies, 1, &policies, &problem), 0);
    assert_int_equal(cedar_policies_write_json(policies, &made, &json.length), 0);
    json.text = made;
    assert_int_equal(cedar_policies_json_to_text(&json, &text, &again.length, &problem), 0);
    again.text = text;
    answer(line, &again, &after);
    cedar_text_free(text);
    cedar_text_free(made);
    cedar_policies_free(policies);
    assert_same(before, &after);
}

static void turn(bool marked[POLICIES], uint32_t count)
{
    for (uint32_t i = 0, k = count - 1; i < k; i++, k--) {
        bool b = marked[i];
        marked[i] = marked[k];
        marked[k] = b;
    }
}

/* Where the policy ends that begins at ${at}: behind the next `;` that is in no string. */
static size_t policy_end(const struct cedar_source *source, size_t at)
{
    bool in_string = false;

    for (; at < source->length; at++) {
        char c = source->text[at];
        if (c == '"')
            in_string = !in_string;
        else if (c == '\\' && in_string)
            at++;
        else if (c == ';' && !in_string)
            return at + 1;
    }
    return source->length;
}

/* The pinned policies have no comments. */
static void keeps_answers_when_turned_round(const struct line *line, const struct answers *before)
{
    char *text = calloc(1, line->policies.length + 1);
    struct cedar_source again = {"turned round", text, line->policies.length};
    struct answers after;

    assert_non_null(text);
    for (size_t from = 0, end, at = again.length; from < again.length; from = end) {
        end = policy_end(&line->policies, from);
        at -= end - from;
        memcpy(text + at, line->policies.text + from, end - from);
    }
    answer(line, &again, &after);
    free(text);
    for (uint32_t i = 0; i < after.count; i++) {
        turn(after.of[i].determining, after.policies);
        turn(after.of[i].erring, after.policies);
    }
    assert_same(before, &after);
}

/* ---- every case ---- */

static struct cedar_source text_member(const struct json *top, const char *key)
{
    const struct json *v = json_member(top, key);

    return v == NULL ? (struct cedar_source){key, NULL, 0}
                     : (struct cedar_source){key, v->string.data, v->string.length};
}

static void for_each_case(void (*holds)(const struct line *, const struct answers *))
{
    FILE *f = fopen(CASES, "re");
    char *text = NULL;
    size_t room = 0, count = 0;
    ssize_t length;

    assert_non_null(f);
    while ((length = getline(&text, &room, f)) > 0) {
        struct line line = {.source = {CASES, text, (size_t)length}};
        struct cedar_problem problem;
        struct answers before;
        assert_int_equal(arena_init_growing(&line.arena, MEMORY_MAX), 0);
        assert_int_equal(json_parse(&line.source, &line.arena, &line.top, &problem), 0);
        line.policies = text_member(line.top, "policies");
        line.schema = text_member(line.top, "schema");
        answer(&line, &line.policies, &before);
        holds(&line, &before);
        arena_free(&line.arena);
        count++;
    }
    free(text);
    fclose(f);
    assert_true(count > 200);
}

static void layout_changes_no_answer(void **state)
{
    (void)state;
    for_each_case(keeps_answers_when_laid_out);
}

static void the_form_in_json_changes_no_answer(void **state)
{
    (void)state;
    for_each_case(keeps_answers_through_json);
}

static void the_order_of_policies_changes_no_answer(void **state)
{
    (void)state;
    for_each_case(keeps_answers_when_turned_round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_changes_no_answer),
        cmocka_unit_test(the_form_in_json_changes_no_answer),
        cmocka_unit_test(the_order_of_policies_changes_no_answer),
    };
    return cmocka_run_group_tests_name("policy/properties", tests, NULL, NULL);
}

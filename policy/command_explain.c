#include <stdlib.h>
#include <string.h>

#include "policy/ast.h"
#include "policy/command.h"

#define PARTS_MAX  64U
#define TEXT_BYTES ((size_t)256 << 10)

/* Room for one reason, and the reasons themselves. */
struct explanation {
    const struct asked *asked;
    bool json;
    unsigned shown;
    struct cedar_reason *reasons;
    size_t count;
    uint32_t *permits; /* that allow */
    uint32_t permit_count;
    struct cedar_part parts[PARTS_MAX];
    char text[TEXT_BYTES];
};

enum part_of { OF_PERMITTED, OF_FORBIDDEN, OF_ERROR, OF_UNMET };
static const char *const kinds[] = {"permitted by", "forbidden by", "error in", "not permitted by"};

static const char *outcome_text(const struct cedar_part *part)
{
    return part->outcome == CEDAR_PART_TRUE    ? "is true"
           : part->outcome == CEDAR_PART_FALSE ? "is false"
                                               : "cannot be worked out";
}

static void print_entity(const struct asked *a, const struct cedar_value *value)
{
    char text[512];

    fputs(cedar_value_print(a->entities, *value, text, sizeof text), stdout);
}

/* ---- plain words ---- */

static void print_lines(const char *lines)
{
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");
        printf("        %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

static void print_reason(struct explanation *x, enum part_of kind, uint32_t number)
{
    const struct cedar_policies *p = x->asked->policies;
    const struct policy *policy = &p->policies.at[number];
    const char *why = cedar_policy_annotation(p, number, "why");
    uint32_t line, column;
    const struct source *source = policies_place(p, policy->span.start, &line, &column);
    size_t n = cedar_explain_values(p, x->asked->entities, x->asked->request, x->asked->scratch,
                                    number, x->parts, PARTS_MAX, x->text, sizeof x->text);

    printf("\n%s %s (%s, line %u)%s%s\n", kinds[kind], cedar_policy_id(p, number), source->name,
           line, why != NULL ? ": " : "", why != NULL ? why : "");
    if (n == 0)
        printf("    it has no conditions\n");
    for (size_t i = 0; i < n && i < PARTS_MAX; i++) {
        const struct cedar_part *part = &x->parts[i];
        printf("    line %u: %s  %s\n", part->line, part->text, outcome_text(part));
        print_lines(part->values);
    }
    if (n > PARTS_MAX)
        printf("    and %zu further parts\n", n - PARTS_MAX);
}

static void print_head(const struct asked *a, const struct cedar_result *result)
{
    const struct cedar_value *three[] = {&a->request->principal, &a->request->action,
                                         &a->request->resource};
    static const char *const names[] = {"principal", "action", "resource"};

    printf("%s: %s\n", result->decision == CEDAR_ALLOW ? "ALLOW" : "DENY", cause_text(result));
    for (int i = 0; i < 3; i++) {
        printf("  %-10s", names[i]);
        print_entity(a, three[i]);
        printf("\n");
    }
}

/* ---- JSON ---- */

static void print_lines_json(const char *lines)
{
    const char *comma = "";

    printf("[");
    while (*lines != '\0') {
        size_t n = strcspn(lines, "\n");
        fputs(comma, stdout);
        json_print_text(stdout, (struct text){lines, (uint32_t)n});
        lines += n + (lines[n] == '\n');
        comma = ",";
    }
    printf("]");
}

static void print_part_json(const struct cedar_part *part)
{
    static const char *const outcomes[] = {"false", "true", "error"};

    printf("{\"text\":");
    json_print_text(stdout, text_of(part->text));
    printf(",\"outcome\":\"%s\",\"line\":%u,\"column\":%u,\"values\":", outcomes[part->outcome],
           part->line, part->column);
    print_lines_json(part->values);
    printf("}");
}

static void print_reason_json(struct explanation *x, enum part_of kind, uint32_t number)
{
    const struct cedar_policies *p = x->asked->policies;
    const char *why = cedar_policy_annotation(p, number, "why");
    uint32_t line, column;
    const struct source *source =
        policies_place(p, p->policies.at[number].span.start, &line, &column);
    size_t n = cedar_explain_values(p, x->asked->entities, x->asked->request, x->asked->scratch,
                                    number, x->parts, PARTS_MAX, x->text, sizeof x->text);

    printf("%s{\"kind\":\"%s\",\"policy\":", x->shown > 0 ? "," : "", kinds[kind]);
    json_print_text(stdout, text_of(cedar_policy_id(p, number)));
    printf(",\"why\":");
    json_print_text(stdout, text_of(why != NULL ? why : ""));
    printf(",\"file\":");
    json_print_text(stdout, text_of(source->name));
    printf(",\"line\":%u,\"parts\":[", line);
    for (size_t i = 0; i < n && i < PARTS_MAX; i++) {
        fputs(i > 0 ? "," : "", stdout);
        print_part_json(&x->parts[i]);
    }
    printf("]}");
}

static void print_head_json(const struct asked *a, const struct cedar_result *result)
{
    const struct cedar_value *three[] = {&a->request->principal, &a->request->action,
                                         &a->request->resource};
    static const char *const names[] = {"principal", "action", "resource"};
    char text[512];

    printf("{\"decision\":\"%s\",\"cause\":", result->decision == CEDAR_ALLOW ? "allow" : "deny");
    json_print_text(stdout, text_of(cause_text(result)));
    for (int i = 0; i < 3; i++) {
        printf(",\"%s\":", names[i]);
        cedar_value_print(a->entities, *three[i], text, sizeof text);
        json_print_text(stdout, text_of(text));
    }
    printf(",\"reasons\":[");
}

/* ---- both ---- */

static void print_all(struct explanation *x, enum part_of kind, unsigned of)
{
    for (size_t i = 0; i < x->count; i++) {
        if (x->reasons[i].kind != of)
            continue;
        if (x->json)
            print_reason_json(x, kind, x->reasons[i].policy);
        else
            print_reason(x, kind, x->reasons[i].policy);
        x->shown++;
    }
}

/* The lists of a result end when the scratch is used again. */
static bool copy_result(struct explanation *x, const struct cedar_result *result)
{
    uint32_t n = cedar_policies_count(x->asked->policies);

    x->permit_count = result->decision == CEDAR_ALLOW ? result->determining_count : 0;
    x->permits = calloc((size_t)x->permit_count + 1, sizeof *x->permits);
    x->reasons = calloc((size_t)n + 1, sizeof *x->reasons);
    if (x->permits == NULL || x->reasons == NULL)
        return false;
    for (uint32_t i = 0; i < x->permit_count; i++)
        x->permits[i] = result->determining[i];
    x->count = cedar_explain(x->asked->policies, x->asked->entities, x->asked->request,
                             x->asked->scratch, x->reasons, n);
    return true;
}

static void print_explanation(struct explanation *x, const struct cedar_result *result)
{
    if (x->json)
        print_head_json(x->asked, result);
    else
        print_head(x->asked, result);
    for (uint32_t i = 0; i < x->permit_count; i++, x->shown++) {
        if (x->json)
            print_reason_json(x, OF_PERMITTED, x->permits[i]);
        else
            print_reason(x, OF_PERMITTED, x->permits[i]);
    }
    print_all(x, OF_FORBIDDEN, CEDAR_REASON_FORBIDS);
    print_all(x, OF_ERROR, CEDAR_REASON_ERRED);
    if (result->decision != CEDAR_ALLOW)
        print_all(x, OF_UNMET, CEDAR_REASON_UNMET);
    if (x->json)
        printf("]}\n");
    else if (x->shown == 0)
        printf("\nno permit is meant for this principal, action and resource\n");
}

bool explanation_print(const struct asked *asked, const struct cedar_result *result, bool json)
{
    struct explanation *x = calloc(1, sizeof *x);
    bool ok = false;

    if (x != NULL) {
        x->asked = asked;
        x->json = json;
        ok = copy_result(x, result);
    }
    if (ok)
        print_explanation(x, result);
    else
        fprintf(stderr, "casemate-policy: out of memory\n");
    if (x != NULL) {
        free(x->permits);
        free(x->reasons);
    }
    free(x);
    return ok;
}

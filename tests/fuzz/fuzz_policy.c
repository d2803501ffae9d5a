#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/entity_json.h"
#include "policy/lint.h"

/*
 * Policy text, and behind the first NUL byte JSON: {"entities": […], "request":
 * {…}} as casemate-policy reads them.  What loads is looked over, decided and
 * explained: errors never allow, and never turn a denial into an allowance.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context, const struct finding *finding)
{
    char text[1024];

    (void)context;
    cedar_problem_print(&finding->place, text, sizeof text);
}

static void ask(const struct cedar_policies *p, const struct cedar_entities *base,
                const struct entity_json *json, const struct json *request)
{
    struct cedar_entities *overlay = NULL;
    struct cedar_scratch *scratch = NULL;
    struct cedar_problem problem;
    struct cedar_reason reasons[8];
    struct cedar_part parts[4];
    char values[512];
    struct cedar_result strict, lenient;
    struct cedar_request r;

    if (cedar_overlay_new(65536, &overlay) != 0 || cedar_scratch_new(65536, &scratch) != 0)
        abort();
    cedar_overlay_reset(overlay, base);
    const struct json *who = json_member(request, "principal");
    const struct entity_json j = {.entities = overlay, .source = json->source, .problem = &problem};
    if (who == NULL || entity_json_uid(&j, who, &r.principal) != 0)
        r.principal = cedar_entity(overlay, "U", "u");
    r.action = cedar_entity(overlay, "Action", "a");
    r.resource = cedar_entity(overlay, "R", "r");
    if (entity_json_context(&j, json_member(request, "context"), NULL, &r.context) == 0 &&
        cedar_entities_freeze(overlay) == 0) {
        enum cedar_decision d = cedar_decide(p, overlay, &r, CEDAR_DENY_ON_ERROR, scratch, &strict);
        if (cedar_decide(p, overlay, &r, CEDAR_SKIP_ON_ERROR, scratch, &lenient) == CEDAR_DENY &&
            d == CEDAR_ALLOW)
            abort();
        if (strict.erring_count > 0 && d == CEDAR_ALLOW)
            abort();
        (void)cedar_explain(p, overlay, &r, scratch, reasons, 8);
        for (uint32_t i = 0; i < cedar_policies_count(p); i++)
            (void)cedar_explain_values(p, overlay, &r, scratch, i, parts, 4, values, sizeof values);
    }
    cedar_scratch_free(scratch);
    cedar_entities_free(overlay);
}

static void decide(const struct cedar_policies *p, const struct cedar_source *source)
{
    struct cedar_entities *base = NULL;
    const struct json *top = NULL;
    struct cedar_problem problem;
    struct arena arena;
    char text[1024];

    if (arena_init_growing(&arena, 16 << 20) != 0 || cedar_base_new(p, &base) != 0)
        abort();
    if (json_parse(source, &arena, &top, &problem) != 0)
        cedar_problem_print(&problem, text, sizeof text);
    const struct entity_json j = {.entities = base, .source = source, .problem = &problem};
    const struct json *entities = json_member(top, "entities");
    if ((entities == NULL || entity_json_all(&j, entities) == 0) &&
        cedar_entities_freeze(base) == 0)
        ask(p, base, &j, json_member(top, "request"));
    cedar_entities_free(base);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
    size_t length = nul == NULL ? size : (size_t)(nul - data);
    struct cedar_source policy = {"policy", (const char *)data, length};
    struct cedar_source json = {"json", "{}", 2};
    struct cedar_policies *p = NULL;
    struct cedar_problem problem;
    char text[2048];

    if (nul != NULL)
        json = (struct cedar_source){"json", (const char *)nul + 1, size - length - 1};
    if (cedar_policies_load(&policy, 1, &p, &problem) != 0)
        cedar_problem_print(&problem, text, sizeof text);
    else {
        (void)!lint(p, &(struct lint_options){0}, ignore, NULL);
        decide(p, &json);
    }
    cedar_policies_free(p);
    return 0;
}

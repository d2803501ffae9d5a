#include "policy/scenario.h"

#include <string.h>

#include "policy/entity.h"

#define OVERLAY_BYTES ((size_t)4 << 20)
#define SCRATCH_BYTES ((size_t)4 << 20)

/* ${code} where no step has said it better. */
static int told(struct scenario *s, int code)
{
    struct writer w = {s->problem.message, sizeof s->problem.message, 0};

    if (code == 0 || s->problem.code == code)
        return code;
    s->problem = (struct cedar_problem){.code = code};
    writer_text(&w, text_of(cedar_error_text(code)));
    return code;
}

static void quiet(struct scenario *s)
{
    s->problem = (struct cedar_problem){0};
}

int scenario_open(struct scenario *s)
{
    int r;

    *s = (struct scenario){0};
    r = cedar_overlay_new(OVERLAY_BYTES, &s->overlay);
    if (r == 0)
        r = cedar_scratch_new(SCRATCH_BYTES, &s->scratch);
    return told(s, r);
}

void scenario_close(struct scenario *s)
{
    scenario_clear(s);
    cedar_scratch_free(s->scratch);
    cedar_entities_free(s->overlay);
    *s = (struct scenario){0};
}

void scenario_clear(struct scenario *s)
{
    cedar_entities_free(s->base);
    cedar_policies_free(s->policies);
    cedar_schema_free(s->schema);
    s->base = NULL;
    s->policies = NULL;
    s->schema = NULL;
}

int scenario_load(struct scenario *s, const struct cedar_source *sources, size_t count)
{
    quiet(s);
    return told(s, cedar_policies_load(sources, count, &s->policies, &s->problem));
}

/* JSON if it begins as an object does. */
static enum cedar_schema_form form_of(const struct cedar_source *source)
{
    for (size_t i = 0; i < source->length; i++)
        if (strchr(" \t\r\n", source->text[i]) == NULL)
            return source->text[i] == '{' ? CEDAR_SCHEMA_JSON : CEDAR_SCHEMA_TEXT;
    return CEDAR_SCHEMA_TEXT;
}

int scenario_schema(struct scenario *s, const struct cedar_source *source, const char *form)
{
    const struct cedar_schema_source fragment = {*source, form == NULL ? form_of(source)
                                                          : strcmp(form, "json") == 0
                                                              ? CEDAR_SCHEMA_JSON
                                                              : CEDAR_SCHEMA_TEXT};

    quiet(s);
    return told(s, cedar_schema_load(&fragment, 1, &s->schema, &s->problem));
}

int scenario_entities(struct scenario *s, const struct cedar_source *source,
                      const struct json *array)
{
    struct entity_json j = {.source = source, .problem = &s->problem, .schema = s->schema};
    int r;

    quiet(s);
    cedar_entities_free(s->base);
    s->base = NULL;
    r = cedar_base_new(s->policies, &s->base);
    j.entities = s->base;
    if (r == 0 && array != NULL)
        r = entity_json_all(&j, array);
    if (r == 0 && s->schema != NULL)
        r = cedar_schema_actions(s->schema, s->base);
    if (r == 0)
        r = cedar_entities_freeze(s->base);
    if (r == 0 && s->schema != NULL)
        r = cedar_entities_check(s->base, s->schema, &s->problem);
    return told(s, r);
}

struct entity_json scenario_begin(struct scenario *s, const struct cedar_source *source)
{
    quiet(s);
    s->request = (struct cedar_request){0};
    cedar_overlay_reset(s->overlay, s->base);
    return (struct entity_json){
        .entities = s->overlay, .source = source, .problem = &s->problem, .schema = s->schema};
}

/* `Type::"id"`, as a person types it for ${name}. */
static int read_uid(struct scenario *s, const char *name, struct text text, struct cedar_value *ret)
{
    const struct cedar_source source = {name, text.data, text.length};
    struct cedar_policies *expression = NULL;
    struct cedar_entities *base = NULL;
    struct cedar_request nobody = {0};
    struct cedar_value value;
    struct cedar_fault fault;
    int r = cedar_expression_load(&source, &expression, &s->problem);

    if (r == 0)
        r = cedar_base_new(expression, &base);
    if (r == 0) {
        nobody.principal = nobody.action = nobody.resource = cedar_entity(base, "A", "");
        nobody.context = cedar_record(base, NULL, 0);
        r = cedar_entities_freeze(base);
    }
    if (r == 0)
        r = cedar_evaluate(expression, base, &nobody, s->scratch, &value, &fault);
    if (r == 0 && value.tag != VALUE_ENTITY)
        r = json_fail(&s->problem, &source, 0, "this is no entity: write Type::\"id\"");
    if (r == 0)
        *ret = entities_uid(s->overlay, symbols_text(&base->symbols, value.uid.type),
                            symbols_text(&base->symbols, value.uid.id));
    cedar_entities_free(base);
    cedar_policies_free(expression);
    return told(s, r);
}

static int read_variables(struct scenario *s, const struct entity_json *j,
                          const struct json *object)
{
    static const char *const names[] = {"principal", "action", "resource"};
    struct cedar_value *values[] = {&s->request.principal, &s->request.action,
                                    &s->request.resource};

    for (int i = 0; i < 3; i++) {
        const struct json *v = json_member(object, names[i]);
        char message[64];
        struct writer w = {message, sizeof message, 0};
        int r;
        if (v == NULL) {
            writer_format(&w, "the request has no %s", names[i]);
            return entity_json_fail(j, object, message, NULL);
        }
        r = v->kind == JSON_STRING ? read_uid(s, names[i], v->string, values[i])
                                   : entity_json_uid(j, v, values[i]);
        if (r != 0)
            return r;
    }
    return 0;
}

int scenario_request(struct scenario *s, const struct cedar_source *source,
                     const struct json *object, const struct json *common, bool conforms)
{
    static const struct json none = {.kind = JSON_OBJECT};
    const struct json *given = json_member(object, "context"), *own = given != NULL ? given : &none;
    struct entity_json j = {.entities = s->overlay,
                            .source = source,
                            .problem = &s->problem,
                            .schema = s->schema,
                            .action = &s->request.action,
                            .is_lenient = !conforms};
    int r = read_variables(s, &j, object);

    if (r == 0)
        r = entity_json_context(&j, common == NULL ? own : common, common == NULL ? NULL : own,
                                &s->request.context);
    if (r == 0)
        r = cedar_entities_freeze(s->overlay);
    if (r == 0 && s->schema != NULL && conforms)
        r = cedar_entities_check(s->overlay, s->schema, &s->problem);
    if (r == 0 && s->schema != NULL && conforms)
        r = cedar_request_check(s->schema, s->overlay, &s->request, &s->problem);
    return told(s, r);
}

enum cedar_decision scenario_decide(struct scenario *s, enum cedar_on_error on_error,
                                    struct cedar_result *ret)
{
    return cedar_decide(s->policies, s->overlay, &s->request, on_error, s->scratch, ret);
}

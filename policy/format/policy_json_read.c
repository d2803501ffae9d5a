#include "policy/format/policy_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

/* ---- what all readers share ---- */

bool reader_fail(struct policy_reader *r, const struct json *at, const char *message)
{
    if (r->problem->code == 0)
        json_fail(r->problem, r->source, at->offset, message);
    return false;
}

bool reader_put_text(struct policy_reader *r, struct text text)
{
    output_put(r->out, text.data, text.length);
    return r->out->error == 0;
}

bool reader_put(struct policy_reader *r, const char *text)
{
    return reader_put_text(r, text_of(text));
}

bool reader_quote_inside(struct policy_reader *r, struct text t)
{
    uint32_t from = 0;
    char escape[16];

    for (uint32_t i = 0; i < t.length; i++) {
        uint8_t c = (uint8_t)t.data[i];
        if (c >= 0x20 && c != 0x7f && c != '"' && c != '\\')
            continue;
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            snprintf(escape, sizeof escape, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else
            snprintf(escape, sizeof escape, "\\u{%x}", c);
        if (!reader_put_text(r, (struct text){t.data + from, i - from}) || !reader_put(r, escape))
            return false;
        from = i + 1;
    }
    return reader_put_text(r, (struct text){t.data + from, t.length - from});
}

bool reader_quote(struct policy_reader *r, struct text t)
{
    return reader_put(r, "\"") && reader_quote_inside(r, t) && reader_put(r, "\"");
}

static bool unknown_member(struct policy_reader *r, const struct json *at,
                           const struct member *members, size_t count)
{
    char message[sizeof r->problem->message];
    const char *names[8];
    size_t n = 0;

    for (; n < count && n < 8; n++)
        names[n] = members[n].name;
    snprintf(message, sizeof message, "`%.60s` is not known here", at->key.data);
    reader_fail(r, at, message);
    const char *meant = nearest(at->key, names, n);
    if (meant != NULL)
        snprintf(r->problem->help, sizeof r->problem->help, "did you mean \"%s\"?", meant);
    return false;
}

bool reader_members(struct policy_reader *r, const struct json *object, struct member *members,
                    size_t count)
{
    char message[128];

    if (object->kind != JSON_OBJECT)
        return reader_fail(r, object, "an object is expected here");
    for (const struct json *m = object->first; m != NULL; m = m->next) {
        size_t i = 0;
        while (i < count && !text_is(m->key, members[i].name))
            i++;
        if (i == count)
            return unknown_member(r, m, members, count);
        members[i].value = m;
    }
    for (size_t i = 0; i < count; i++) {
        if (members[i].value != NULL || !members[i].is_required)
            continue;
        snprintf(message, sizeof message, "\"%s\" is missing in this object", members[i].name);
        return reader_fail(r, object, message);
    }
    return true;
}

/* ---- names ---- */

bool is_name(struct text t)
{
    struct token word = lex(t.data, 0, t.length);

    return word.kind == TOKEN_IDENTIFIER && word.span.start == 0 && word.span.end == t.length;
}

static bool is_path(struct text t)
{
    uint32_t from = 0;

    for (uint32_t i = 0; i <= t.length; i++) {
        if (i < t.length && t.data[i] != ':')
            continue;
        if (!is_name((struct text){t.data + from, i - from}))
            return false;
        if (i == t.length)
            return true;
        if (i + 1 >= t.length || t.data[i + 1] != ':')
            return false;
        from = ++i + 1;
    }
    return false;
}

bool reader_type(struct policy_reader *r, const struct json *json)
{
    if (json->kind != JSON_STRING)
        return reader_fail(r, json, "an entity type is a string");
    if (!is_path(json->string))
        return reader_fail(r, json, "this is not the name of an entity type");
    return reader_put_text(r, json->string);
}

bool is_uid(const struct json *json)
{
    const struct json *type = json_member(json, "type"), *id = json_member(json, "id");

    return type != NULL && id != NULL && type->kind == JSON_STRING && id->kind == JSON_STRING;
}

bool reader_uid(struct policy_reader *r, const struct json *json)
{
    return reader_type(r, json_member(json, "type")) && reader_put(r, "::") &&
           reader_quote(r, json_member(json, "id")->string);
}

/* ---- scopes ---- */

/* {"type", "id"}, or that in {"__entity": …} */
static bool put_entity(struct policy_reader *r, const struct json *json, enum variable v)
{
    const struct json *inner = json_member(json, "__entity");
    const struct json *uid = is_uid(inner) ? inner : json;

    if (!is_uid(uid) || json_member(json, "__expr") != NULL)
        return reader_fail(r, json, "an entity is {\"type\": \"…\", \"id\": \"…\"}");
    if (v == VARIABLE_ACTION && !is_action_type(json_member(uid, "type")->string))
        return reader_fail(r, uid, "an action's type must be called Action");
    return reader_uid(r, uid);
}

/* The entity that ${scope} names, or the refusal of a slot. */
static bool put_scope_entity(struct policy_reader *r, const struct json *scope, enum variable v)
{
    const struct json *entity = json_member(scope, "entity"), *slot = json_member(scope, "slot");

    if (entity != NULL)
        return put_entity(r, entity, v);
    if (slot == NULL)
        return reader_fail(r, scope, "\"entity\" is missing in this object");
    reader_fail(r, slot, "templates are not supported, and this is a slot");
    r->problem->code = CEDAR_ERR_TEMPLATE;
    return false;
}

static bool put_scope_set(struct policy_reader *r, const struct json *entities)
{
    if (entities->kind != JSON_ARRAY)
        return reader_fail(r, entities, "\"entities\" is a list");
    if (!reader_put(r, "["))
        return false;
    for (const struct json *e = entities->first; e != NULL; e = e->next)
        if (!put_entity(r, e, VARIABLE_ACTION) || !reader_put(r, e->next == NULL ? "" : ", "))
            return false;
    return reader_put(r, "]");
}

static bool put_scope_is(struct policy_reader *r, const struct json *scope, enum variable v)
{
    struct member members[] = {
        {"op", true, NULL}, {"entity_type", true, NULL}, {"in", false, NULL}};

    if (!reader_members(r, scope, members, 3) || !reader_put(r, " is ") ||
        !reader_type(r, members[1].value))
        return false;
    if (members[2].value == NULL || members[2].value->kind == JSON_NULL)
        return true;
    return reader_put(r, " in ") && put_scope_entity(r, members[2].value, v);
}

static bool put_scope(struct policy_reader *r, const struct json *scope, enum variable v)
{
    static const char *const names[] = {"principal", "action", "resource"};
    const struct json *op = json_member(scope, "op");

    if (op == NULL || op->kind != JSON_STRING)
        return reader_fail(r, scope, "a scope is an object with \"op\"");
    if (!reader_put(r, names[v]))
        return false;
    if (text_is(op->string, "All") || text_is(op->string, "all"))
        return true;
    if (text_is(op->string, "=="))
        return reader_put(r, " == ") && put_scope_entity(r, scope, v);
    if (text_is(op->string, "in")) {
        const struct json *entities = json_member(scope, "entities");
        if (v == VARIABLE_ACTION && entities != NULL && json_member(scope, "entity") == NULL)
            return reader_put(r, " in ") && put_scope_set(r, entities);
        return reader_put(r, " in ") && put_scope_entity(r, scope, v);
    }
    if (text_is(op->string, "is") && v != VARIABLE_ACTION)
        return put_scope_is(r, scope, v);
    return reader_fail(r, op,
                       v == VARIABLE_ACTION ? "the op of an action is \"All\", \"==\" or \"in\""
                                            : "the op is \"All\", \"==\", \"in\" or \"is\"");
}

/* ---- policies ---- */

static bool put_annotation(struct policy_reader *r, const struct json *m)
{
    struct token word = lex(m->key.data, 0, m->key.length);

    if (!token_is_word(word.kind) || word.span.start != 0 || word.span.end != m->key.length)
        return reader_fail(r, m, "the name of an annotation is a single word");
    if (!reader_put(r, "@") || !reader_put_text(r, m->key))
        return false;
    if (m->kind == JSON_NULL)
        return reader_put(r, "\n");
    if (m->kind != JSON_STRING)
        return reader_fail(r, m, "an annotation is a string, or null");
    return reader_put(r, "(") && reader_quote(r, m->string) && reader_put(r, ")\n");
}

static bool put_annotations(struct policy_reader *r, const struct json *annotations)
{
    if (annotations->kind != JSON_OBJECT)
        return reader_fail(r, annotations, "\"annotations\" is an object");
    for (const struct json *m = annotations->first; m != NULL; m = m->next)
        if (!put_annotation(r, m))
            return false;
    return true;
}

/* A word out of two, and a space. */
static bool put_choice(struct policy_reader *r, const struct json *json, const char *one,
                       const char *other, const char *message)
{
    if (json->kind != JSON_STRING || (!text_is(json->string, one) && !text_is(json->string, other)))
        return reader_fail(r, json, message);
    return reader_put_text(r, json->string) && reader_put(r, " ");
}

static bool put_condition(struct policy_reader *r, const struct json *condition)
{
    struct member members[] = {{"kind", true, NULL}, {"body", true, NULL}};

    return reader_members(r, condition, members, 2) && reader_put(r, "\n") &&
           put_choice(r, members[0].value, "when", "unless",
                      "the kind is \"when\" or \"unless\"") &&
           reader_put(r, "{ ") && reader_expression(r, members[1].value) && reader_put(r, " }");
}

/* The policy; ${id}, if it is not NULL, is what it must be called. */
static bool put_policy(struct policy_reader *r, const struct json *policy, const struct text *id)
{
    struct member m[] = {{"effect", true, NULL},     {"principal", true, NULL},
                         {"action", true, NULL},     {"resource", true, NULL},
                         {"conditions", true, NULL}, {"annotations", false, NULL}};

    if (!reader_members(r, policy, m, 6))
        return false;
    const struct json *own = json_member(m[5].value, "id");
    if (id != NULL && own == NULL &&
        (!reader_put(r, "@id(") || !reader_quote(r, *id) || !reader_put(r, ")\n")))
        return false;
    if (id != NULL && own != NULL && (own->kind != JSON_STRING || !text_equal(own->string, *id)))
        return reader_fail(r, own, "the policy set calls this policy otherwise than its own @id");
    if ((m[5].value != NULL && !put_annotations(r, m[5].value)) ||
        !put_choice(r, m[0].value, "permit", "forbid", "the effect is \"permit\" or \"forbid\"") ||
        !reader_put(r, "("))
        return false;
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
        if (!put_scope(r, m[1 + v].value, v) || !reader_put(r, v < VARIABLE_RESOURCE ? ", " : ")"))
            return false;
    if (m[4].value->kind != JSON_ARRAY)
        return reader_fail(r, m[4].value, "\"conditions\" is a list");
    for (const struct json *c = m[4].value->first; c != NULL; c = c->next)
        if (!put_condition(r, c))
            return false;
    return reader_put(r, ";\n\n");
}

/* Templates and links are refused; empty lists of them may be there. */
static bool refuse_templates(struct policy_reader *r, const struct json *templates,
                             const struct json *links)
{
    if (templates != NULL && templates->kind != JSON_OBJECT)
        return reader_fail(r, templates, "\"templates\" is an object");
    if (links != NULL && links->kind != JSON_ARRAY)
        return reader_fail(r, links, "\"templateLinks\" is a list");
    const struct json *there = templates != NULL && templates->count > 0 ? templates->first
                               : links != NULL                           ? links->first
                                                                         : NULL;
    if (there == NULL)
        return true;
    reader_fail(r, there, "templates are not supported");
    r->problem->code = CEDAR_ERR_TEMPLATE;
    return false;
}

static bool put_set(struct policy_reader *r, const struct json *set)
{
    struct member members[] = {{"staticPolicies", false, NULL},
                               {"templates", false, NULL},
                               {"templateLinks", false, NULL}};

    if (!reader_members(r, set, members, 3) ||
        !refuse_templates(r, members[1].value, members[2].value))
        return false;
    const struct json *policies = members[0].value;
    if (policies == NULL)
        return true;
    if (policies->kind != JSON_OBJECT && policies->kind != JSON_ARRAY)
        return reader_fail(r, policies, "\"staticPolicies\" is an object of policies by id");
    for (const struct json *p = policies->first; p != NULL; p = p->next)
        if (!put_policy(r, p, policies->kind == JSON_OBJECT ? &p->key : NULL))
            return false;
    return true;
}

/* ---- the public side ---- */

static int fail(struct cedar_problem *problem, const struct cedar_source *source, int code)
{
    struct writer name = {problem->source, sizeof problem->source, 0};
    struct writer words = {problem->message, sizeof problem->message, 0};

    *problem = (struct cedar_problem){.code = code};
    writer_text(&name, text_of(source->name));
    writer_text(&words, text_of(code == CEDAR_ERR_LIMIT ? "the policies are too large as Cedar text"
                                                        : cedar_error_text(code)));
    return code;
}

int cedar_policies_json_to_text(const struct cedar_source *json, char **ret_text,
                                size_t *ret_length, struct cedar_problem *ret_problem)
{
    struct output out = {.limit = CEDAR_SOURCE_MAX};
    struct policy_reader r = {json, ret_problem, &out};
    const struct json *top = NULL;
    struct arena arena;
    int code;

    *ret_problem = (struct cedar_problem){0};
    if (arena_init_growing(&arena, (size_t)8 * JSON_BYTES_MAX) != 0)
        return fail(ret_problem, json, CEDAR_ERR_MEMORY);
    if ((code = json_parse(json, &arena, &top, ret_problem)) != 0)
        goto out;
    bool ok = json_member(top, "effect") != NULL ? put_policy(&r, top, NULL) : put_set(&r, top);
    if (!ok) {
        code = out.error != 0 ? fail(ret_problem, json, out.error) : ret_problem->code;
        goto out;
    }
    struct cedar_source text = {json->name, out.data == NULL ? "" : out.data, out.length};
    if ((code = cedar_format(&text, NULL, ret_text, ret_length, ret_problem)) != 0)
        ret_problem->line = 0; /* the place is in a text that nobody has */
out:
    free(out.data);
    arena_free(&arena);
    return code;
}

int cedar_policies_load_json(const struct cedar_source *sources, size_t count,
                             struct cedar_policies **ret_policies,
                             struct cedar_problem *ret_problem)
{
    struct cedar_source *texts = calloc(count + 1, sizeof *texts);
    int r = texts == NULL ? CEDAR_ERR_MEMORY : 0;

    *ret_problem = (struct cedar_problem){.code = r};
    for (size_t i = 0; r == 0 && i < count; i++) {
        char *text = NULL;
        r = cedar_policies_json_to_text(&sources[i], &text, &texts[i].length, ret_problem);
        texts[i].name = sources[i].name;
        texts[i].text = text;
    }
    if (r == 0)
        r = cedar_policies_load(texts, count, ret_policies, ret_problem);
    for (size_t i = 0; texts != NULL && i < count; i++)
        cedar_text_free((char *)texts[i].text);
    free(texts);
    return r;
}

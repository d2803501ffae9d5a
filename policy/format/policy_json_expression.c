#include "policy/format/policy_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "policy/parse.h"

/* How tight an expression binds; a looser one inside a tighter one needs parentheses. */
enum level {
    LEVEL_IF,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_RELATION,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY,
    LEVEL_MEMBER,
    LEVEL_PRIMARY,
};

/* {"name": {"left": …, "right": …}} */
static const struct binary {
    const char *name;
    enum level level, left, right;
} binaries[] = {
    {"||", LEVEL_OR, LEVEL_OR, LEVEL_AND},        {"&&", LEVEL_AND, LEVEL_AND, LEVEL_RELATION},
    {"==", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM}, {"!=", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM},
    {"<", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM},  {"<=", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM},
    {">", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM},  {">=", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM},
    {"in", LEVEL_RELATION, LEVEL_SUM, LEVEL_SUM}, {"+", LEVEL_SUM, LEVEL_SUM, LEVEL_PRODUCT},
    {"-", LEVEL_SUM, LEVEL_SUM, LEVEL_PRODUCT},   {"*", LEVEL_PRODUCT, LEVEL_PRODUCT, LEVEL_UNARY},
};

/* The other names of expressions that are no functions. */
static const char *const plain[] = {"Value", "Var",          "!",   "neg",   ".", "has", "like",
                                    "is",    "if-then-else", "Set", "Record"};

static bool put_value(struct policy_reader *r, const struct json *v);
static bool put(struct policy_reader *r, const struct json *e, enum level least);

static const struct binary *find_binary(struct text name)
{
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (text_is(name, binaries[i].name))
            return &binaries[i];
    return NULL;
}

static bool is_string(const struct json *v)
{
    return v != NULL && v->kind == JSON_STRING;
}

/* ---- values ---- */

/* {"__entity": {"type", "id"}}: what it holds, or NULL. */
static const struct json *entity_escape(const struct json *v)
{
    const struct json *inner = v->count == 1 ? json_member(v, "__entity") : NULL;

    return is_uid(inner) ? inner : NULL;
}

/* {"__extn": {"fn", "arg" or "args"}}: what it holds, or NULL. */
static const struct json *call_escape(const struct json *v)
{
    const struct json *inner = v->count == 1 ? json_member(v, "__extn") : NULL;
    const struct json *args = json_member(inner, "args");

    if (!is_string(json_member(inner, "fn")))
        return NULL;
    return json_member(inner, "arg") != NULL || (args != NULL && args->kind == JSON_ARRAY) ? inner
                                                                                           : NULL;
}

/* name(…) or x.name(…), of values or of expressions */
static bool put_call(struct policy_reader *r, const struct json *at, struct text name,
                     const struct json *first, bool are_values)
{
    enum function f;

    if (!function_find(name, &f) || function_info(f)->way == METHOD)
        return reader_fail(r, at, "there is no extension function of this name");
    if (function_info(f)->way == EXTENSION_METHOD) {
        if (first == NULL)
            return reader_fail(r, at, "a method needs what stands before its dot");
        if (are_values && first->kind == JSON_NUMBER && first->number < 0) {
            if (!reader_put(r, "(") || !put_value(r, first) || !reader_put(r, ")"))
                return false;
        } else if (are_values ? !put_value(r, first) : !put(r, first, LEVEL_MEMBER)) {
            return false;
        }
        first = first->next;
        if (!reader_put(r, "."))
            return false;
    }
    if (!reader_put_text(r, name) || !reader_put(r, "("))
        return false;
    for (const struct json *a = first; a != NULL; a = a->next)
        if (!(are_values ? put_value(r, a) : put(r, a, LEVEL_IF)) ||
            !reader_put(r, a->next == NULL ? "" : ", "))
            return false;
    return reader_put(r, ")");
}

static bool put_object(struct policy_reader *r, const struct json *v)
{
    const struct json *entity = entity_escape(v), *call = call_escape(v);

    if (entity != NULL)
        return reader_uid(r, entity);
    if (call != NULL) {
        const struct json *one = json_member(call, "arg"), *args = json_member(call, "args");
        struct json lone;
        if (one != NULL) {
            lone = *one;
            lone.next = NULL;
        }
        return put_call(r, v, json_member(call, "fn")->string, one != NULL ? &lone : args->first,
                        true);
    }
    if (v->count == 1 && is_string(json_member(v, "__expr")))
        return reader_fail(r, v, "`__expr` is not supported any more");
    if (!reader_put(r, "{"))
        return false;
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (!reader_quote(r, m->key) || !reader_put(r, ": ") || !put_value(r, m) ||
            !reader_put(r, m->next == NULL ? "" : ", "))
            return false;
    return reader_put(r, "}");
}

static bool put_value(struct policy_reader *r, const struct json *v)
{
    char number[32];

    switch (v->kind) {
    case JSON_NULL:
        return reader_fail(r, v, "null is no value in Cedar");
    case JSON_BOOL:
        return reader_put(r, v->number ? "true" : "false");
    case JSON_NUMBER:
        snprintf(number, sizeof number, "%" PRId64, v->number);
        return reader_put(r, number);
    case JSON_STRING:
        return reader_quote(r, v->string);
    case JSON_ARRAY:
        if (!reader_put(r, "["))
            return false;
        for (const struct json *i = v->first; i != NULL; i = i->next)
            if (!put_value(r, i) || !reader_put(r, i->next == NULL ? "" : ", "))
                return false;
        return reader_put(r, "]");
    case JSON_OBJECT:
        return put_object(r, v);
    }
    return false;
}

/* ---- expressions ---- */

static enum level value_level(const struct json *v)
{
    if (v->kind == JSON_NUMBER && v->number < 0)
        return LEVEL_UNARY;
    return v->kind == JSON_OBJECT && call_escape(v) != NULL ? LEVEL_MEMBER : LEVEL_PRIMARY;
}

/* Whether a path for `has` can be written a.b.c. */
static bool is_path(const struct json *attr)
{
    for (const struct json *a = attr->first; a != NULL; a = a->next)
        if (!is_string(a) || !is_name(a->string))
            return false;
    return true;
}

static enum level level_of(const struct json *m)
{
    const struct binary *binary = find_binary(m->key);
    const struct json *attr = json_member(m, "attr");

    if (binary != NULL)
        return binary->level;
    if (text_is(m->key, "Value"))
        return value_level(m);
    if (text_is(m->key, "!") || text_is(m->key, "neg"))
        return LEVEL_UNARY;
    if (text_is(m->key, "if-then-else"))
        return LEVEL_IF;
    if (text_is(m->key, "has"))
        return attr != NULL && attr->kind == JSON_ARRAY && attr->count > 1 && !is_path(attr)
                   ? LEVEL_AND
                   : LEVEL_RELATION;
    if (text_is(m->key, "like") || text_is(m->key, "is"))
        return LEVEL_RELATION;
    if (text_is(m->key, "Var") || text_is(m->key, "Set") || text_is(m->key, "Record"))
        return LEVEL_PRIMARY;
    return LEVEL_MEMBER;
}

static bool put_binary(struct policy_reader *r, const struct json *m, const struct binary *binary)
{
    struct member sides[] = {{"left", true, NULL}, {"right", true, NULL}};

    return reader_members(r, m, sides, 2) && put(r, sides[0].value, binary->left) &&
           reader_put(r, " ") && reader_put(r, binary->name) && reader_put(r, " ") &&
           put(r, sides[1].value, binary->right);
}

static bool put_variable(struct policy_reader *r, const struct json *m)
{
    static const char *const names[] = {"principal", "action", "resource", "context"};

    for (size_t i = 0; i < 4; i++)
        if (m->kind == JSON_STRING && text_is(m->string, names[i]))
            return reader_put(r, names[i]);
    return reader_fail(r, m, "a variable is principal, action, resource or context");
}

static bool put_sign(struct policy_reader *r, const struct json *m, const char *sign)
{
    struct member arg = {"arg", true, NULL};

    if (!reader_members(r, m, &arg, 1) || !reader_put(r, sign))
        return false;
    const struct json *inner = arg.value->first;
    bool is_number = arg.value->kind == JSON_OBJECT && arg.value->count == 1 &&
                     text_is(inner->key, "Value") && inner->kind == JSON_NUMBER;
    if (!is_number)
        return put(r, arg.value, LEVEL_MEMBER);
    /* -(1) is the negation of 1, but -1 a number */
    return reader_put(r, "(") && put(r, arg.value, LEVEL_IF) && reader_put(r, ")");
}

static bool put_attribute(struct policy_reader *r, struct text name)
{
    if (is_name(name))
        return reader_put(r, ".") && reader_put_text(r, name);
    return reader_put(r, "[") && reader_quote(r, name) && reader_put(r, "]");
}

static bool put_get(struct policy_reader *r, const struct json *m)
{
    struct member members[] = {{"left", true, NULL}, {"attr", true, NULL}};

    if (!reader_members(r, m, members, 2))
        return false;
    if (!is_string(members[1].value))
        return reader_fail(r, members[1].value, "the name of an attribute is a string");
    return put(r, members[0].value, LEVEL_MEMBER) && put_attribute(r, members[1].value->string);
}

/* left has "a b" && left["a b"] has c && …, where a.b.c cannot be written */
static bool put_has_chain(struct policy_reader *r, const struct json *left, const struct json *attr)
{
    uint32_t n = 0;

    for (const struct json *a = attr->first; a != NULL; a = a->next, n++) {
        const struct json *above = attr->first;
        if (!is_string(a))
            return reader_fail(r, a, "the name of an attribute is a string");
        if (n > 0 && !reader_put(r, " && "))
            return false;
        if (!put(r, left, n > 0 ? LEVEL_MEMBER : LEVEL_SUM))
            return false;
        for (uint32_t i = 0; i < n; i++, above = above->next)
            if (!put_attribute(r, above->string))
                return false;
        if (!reader_put(r, " has ") || !reader_quote(r, a->string))
            return false;
    }
    return true;
}

static bool put_has(struct policy_reader *r, const struct json *m)
{
    const struct json *left = json_member(m, "left"), *attr = json_member(m, "attr");

    if (left == NULL || attr == NULL)
        return reader_fail(r, m, "`has` needs left and attr");
    if (attr->kind == JSON_ARRAY && attr->count > 0 && !is_path(attr))
        return put_has_chain(r, left, attr);
    if (!is_string(attr) && (attr->kind != JSON_ARRAY || attr->count == 0))
        return reader_fail(r, attr, "`has` needs the name of an attribute, or a list of names");
    if (!put(r, left, LEVEL_SUM) || !reader_put(r, " has "))
        return false;
    if (is_string(attr))
        return is_name(attr->string) ? reader_put_text(r, attr->string)
                                     : reader_quote(r, attr->string);
    for (const struct json *a = attr->first; a != NULL; a = a->next)
        if (!reader_put(r, a == attr->first ? "" : ".") || !reader_put_text(r, a->string))
            return false;
    return true;
}

/* ${text} inside a pattern: a star in it stands for itself. */
static bool put_literal(struct policy_reader *r, struct text text)
{
    uint32_t from = 0;

    for (uint32_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '*')
            continue;
        if (!reader_quote_inside(r, (struct text){text.data + from, i - from}) ||
            !reader_put(r, i < text.length ? "\\*" : ""))
            return false;
        from = i + 1;
    }
    return true;
}

static bool put_like(struct policy_reader *r, const struct json *m)
{
    struct member members[] = {{"left", true, NULL}, {"pattern", true, NULL}};

    if (!reader_members(r, m, members, 2))
        return false;
    if (members[1].value->kind != JSON_ARRAY)
        return reader_fail(r, members[1].value, "a pattern is a list");
    if (!put(r, members[0].value, LEVEL_SUM) || !reader_put(r, " like \""))
        return false;
    for (const struct json *p = members[1].value->first; p != NULL; p = p->next) {
        const struct json *wild = json_member(p, "Wildcard"), *literal = json_member(p, "Literal");
        bool is_wild = is_string(p) ? text_is(p->string, "Wildcard")
                                    : wild != NULL && p->count == 1 && wild->kind == JSON_NULL;
        if (is_wild ? !reader_put(r, "*")
                    : !is_string(literal) || p->count != 1 || !put_literal(r, literal->string))
            return r->problem->code != 0 || r->out->error != 0
                       ? false
                       : reader_fail(r, p, "this is neither \"Wildcard\" nor {\"Literal\": \"…\"}");
    }
    return reader_put(r, "\"");
}

static bool put_is(struct policy_reader *r, const struct json *m)
{
    struct member members[] = {
        {"left", true, NULL}, {"entity_type", true, NULL}, {"in", false, NULL}};

    if (!reader_members(r, m, members, 3) || !put(r, members[0].value, LEVEL_SUM) ||
        !reader_put(r, " is ") || !reader_type(r, members[1].value))
        return false;
    if (members[2].value == NULL || members[2].value->kind == JSON_NULL)
        return true;
    return reader_put(r, " in ") && put(r, members[2].value, LEVEL_SUM);
}

static bool put_if(struct policy_reader *r, const struct json *m)
{
    struct member members[] = {{"if", true, NULL}, {"then", true, NULL}, {"else", true, NULL}};

    return reader_members(r, m, members, 3) && reader_put(r, "if ") &&
           put(r, members[0].value, LEVEL_IF) && reader_put(r, " then ") &&
           put(r, members[1].value, LEVEL_IF) && reader_put(r, " else ") &&
           put(r, members[2].value, LEVEL_IF);
}

static bool put_set(struct policy_reader *r, const struct json *m)
{
    if (m->kind != JSON_ARRAY)
        return reader_fail(r, m, "a set is a list");
    if (!reader_put(r, "["))
        return false;
    for (const struct json *i = m->first; i != NULL; i = i->next)
        if (!put(r, i, LEVEL_IF) || !reader_put(r, i->next == NULL ? "" : ", "))
            return false;
    return reader_put(r, "]");
}

static bool put_record(struct policy_reader *r, const struct json *m)
{
    if (m->kind != JSON_OBJECT)
        return reader_fail(r, m, "a record is an object");
    if (!reader_put(r, "{"))
        return false;
    for (const struct json *f = m->first; f != NULL; f = f->next)
        if (!(is_name(f->key) ? reader_put_text(r, f->key) : reader_quote(r, f->key)) ||
            !reader_put(r, ": ") || !put(r, f, LEVEL_IF) ||
            !reader_put(r, f->next == NULL ? "" : ", "))
            return false;
    return reader_put(r, "}");
}

static bool put_method(struct policy_reader *r, const struct json *m, enum function f)
{
    bool one = function_info(f)->arguments == 0;
    struct member members[] = {{one ? "arg" : "left", true, NULL}, {"right", true, NULL}};

    return reader_members(r, m, members, one ? 1 : 2) && put(r, members[0].value, LEVEL_MEMBER) &&
           reader_put(r, ".") && reader_put(r, function_info(f)->name) && reader_put(r, "(") &&
           (one || put(r, members[1].value, LEVEL_IF)) && reader_put(r, ")");
}

static bool unknown(struct policy_reader *r, const struct json *m)
{
    const char *names[64];
    size_t count = 0;

    if (text_is(m->key, "Slot")) {
        reader_fail(r, m, "templates are not supported, and this is a slot");
        r->problem->code = CEDAR_ERR_TEMPLATE;
        return false;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        names[count++] = plain[i];
#define FUNCTION(name, text, way, arguments) names[count++] = text;
#include "policy/function.def"
#undef FUNCTION
    const char *meant = nearest(m->key, names, count);
    reader_fail(r, m, "there is no expression of this name");
    if (meant != NULL)
        snprintf(r->problem->help, sizeof r->problem->help, "did you mean \"%s\"?", meant);
    return false;
}

/* What stands under its name: a member of an object that has no other. */
static bool put_named(struct policy_reader *r, const struct json *m)
{
    static bool (*const writers[])(struct policy_reader *, const struct json *) = {
        put_value, put_variable, NULL,   NULL,    put_get,   put_has,
        put_like,  put_is,       put_if, put_set, put_record};
    const struct binary *binary = find_binary(m->key);
    enum function f;

    if (binary != NULL)
        return put_binary(r, m, binary);
    if (text_is(m->key, "!") || text_is(m->key, "neg"))
        return put_sign(r, m, text_is(m->key, "!") ? "!" : "-");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (text_is(m->key, plain[i]))
            return writers[i](r, m);
    if (!function_find(m->key, &f))
        return unknown(r, m);
    if (function_info(f)->way == METHOD)
        return put_method(r, m, f);
    if (m->kind != JSON_ARRAY)
        return reader_fail(r, m, "a call of an extension needs the list of its arguments");
    return put_call(r, m, m->key, m->first, false);
}

static bool put(struct policy_reader *r, const struct json *e, enum level least)
{
    if (e->kind != JSON_OBJECT || e->count != 1)
        return reader_fail(r, e, "an expression is an object with one member");
    if (level_of(e->first) >= least)
        return put_named(r, e->first);
    return reader_put(r, "(") && put_named(r, e->first) && reader_put(r, ")");
}

bool reader_expression(struct policy_reader *r, const struct json *json)
{
    return put(r, json, LEVEL_IF);
}

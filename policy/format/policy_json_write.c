#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/ast.h"
#include "policy/format/doc.h"

/* Policies from the tree of nodes to Cedar's JSON for them. */

struct json_writer {
    const struct cedar_policies *p;
    struct output out;
};

static void put_node(struct json_writer *w, uint32_t node);

static void put(struct json_writer *w, const char *text)
{
    struct text t = text_of(text);

    output_put(&w->out, t.data, t.length);
}

static void put_quoted(struct json_writer *w, struct text t)
{
    uint32_t from = 0;
    char escape[8];

    put(w, "\"");
    for (uint32_t i = 0; i < t.length; i++) {
        uint8_t c = (uint8_t)t.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        output_put(&w->out, t.data + from, i - from);
        snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c);
        put(w, escape);
        from = i + 1;
    }
    output_put(&w->out, t.data + from, t.length - from);
    put(w, "\"");
}

static void put_symbol(struct json_writer *w, uint32_t symbol)
{
    put_quoted(w, symbols_text(&w->p->symbols, symbol));
}

static void put_uid(struct json_writer *w, uint32_t type, uint32_t id)
{
    put(w, "{\"type\":");
    put_symbol(w, type);
    put(w, ",\"id\":");
    put_symbol(w, id);
    put(w, "}");
}

/* ---- expressions ---- */

static void put_literal(struct json_writer *w, const struct cedar_value *v)
{
    char number[32];

    put(w, "{\"Value\":");
    if (v->tag == VALUE_BOOL) {
        put(w, v->number ? "true" : "false");
    } else if (v->tag == VALUE_LONG) {
        snprintf(number, sizeof number, "%" PRId64, v->number);
        put(w, number);
    } else if (v->tag == VALUE_STRING) {
        put_symbol(w, v->symbol);
    } else {
        put(w, "{\"__entity\":");
        put_uid(w, v->uid.type, v->uid.id);
        put(w, "}");
    }
    put(w, "}");
}

static void put_pair(struct json_writer *w, const char *name, uint32_t a, uint32_t b)
{
    put(w, "{\"");
    put(w, name);
    put(w, "\":{\"left\":");
    put_node(w, a);
    put(w, ",\"right\":");
    put_node(w, b);
    put(w, "}}");
}

/* a && b && c is (a && b) && c */
static void put_chain(struct json_writer *w, const char *name, const struct node *n)
{
    const uint32_t *children = w->p->children.at + n->b;

    for (uint32_t i = 1; i < n->c; i++) {
        put(w, "{\"");
        put(w, name);
        put(w, "\":{\"left\":");
    }
    put_node(w, children[0]);
    for (uint32_t i = 1; i < n->c; i++) {
        put(w, ",\"right\":");
        put_node(w, children[i]);
        put(w, "}}");
    }
}

/* left.a.b: the first ${count} names of the path of a `has` */
static void put_path(struct json_writer *w, const struct node *n, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put(w, "{\".\":{\"left\":");
    put_node(w, n->a);
    for (uint32_t i = 0; i < count; i++) {
        put(w, ",\"attr\":");
        put_symbol(w, w->p->children.at[n->b + i]);
        put(w, "}}");
    }
}

/* left has a.b is left has a && left.a has b */
static void put_has(struct json_writer *w, const struct node *n)
{
    for (uint32_t i = 1; i < n->c; i++)
        put(w, "{\"&&\":{\"left\":");
    for (uint32_t i = 0; i < n->c && w->out.error == 0; i++) {
        put(w, i > 0 ? ",\"right\":" : "");
        put(w, "{\"has\":{\"left\":");
        put_path(w, n, i);
        put(w, ",\"attr\":");
        put_symbol(w, w->p->children.at[n->b + i]);
        put(w, "}}");
        put(w, i > 0 ? "}}" : "");
    }
}

static void put_like(struct json_writer *w, const struct node *n)
{
    const struct pattern *pattern = &w->p->patterns.at[n->b];

    put(w, "{\"like\":{\"left\":");
    put_node(w, n->a);
    put(w, ",\"pattern\":[");
    for (uint32_t i = 0; i < pattern->count;) {
        char bytes[4];
        uint32_t length = 0;
        put(w, i > 0 ? "," : "");
        if (pattern->elements[i] == PATTERN_ANY) {
            put(w, "\"Wildcard\"");
            i++;
            continue;
        }
        do /* one character */
            bytes[length++] = (char)pattern->elements[i++];
        while (length < 4 && i < pattern->count && pattern->elements[i] != PATTERN_ANY &&
               (pattern->elements[i] & 0xc0) == 0x80);
        put(w, "{\"Literal\":");
        put_quoted(w, (struct text){bytes, length});
        put(w, "}");
    }
    put(w, "]}}");
}

static void put_is(struct json_writer *w, const struct node *n)
{
    put(w, "{\"is\":{\"left\":");
    put_node(w, n->a);
    put(w, ",\"entity_type\":");
    put_symbol(w, n->b);
    if (n->c != 0) {
        put(w, ",\"in\":");
        put_node(w, n->c);
    }
    put(w, "}}");
}

static void put_list(struct json_writer *w, const struct node *n)
{
    put(w, "[");
    for (uint32_t i = 0; i < n->c && w->out.error == 0; i++) {
        put(w, i > 0 ? "," : "");
        put_node(w, w->p->children.at[n->b + i]);
    }
    put(w, "]}");
}

static void put_record(struct json_writer *w, const struct node *n)
{
    put(w, "{\"Record\":{");
    for (uint32_t i = 0; i < n->c && w->out.error == 0; i += 2) {
        put(w, i > 0 ? "," : "");
        put_symbol(w, w->p->children.at[n->b + i]);
        put(w, ":");
        put_node(w, w->p->children.at[n->b + i + 1]);
    }
    put(w, "}}");
}

static void put_call(struct json_writer *w, const struct node *n)
{
    const struct function_info *info = function_info(n->a);

    if (info->way == METHOD && info->arguments == 1) {
        put_pair(w, info->name, w->p->children.at[n->b], w->p->children.at[n->b + 1]);
        return;
    }
    put(w, "{\"");
    put(w, info->name);
    put(w, "\":");
    if (info->way != METHOD) {
        put_list(w, n);
        return;
    }
    put(w, "{\"arg\":");
    put_node(w, w->p->children.at[n->b]);
    put(w, "}}");
}

static void put_one(struct json_writer *w, const char *before, uint32_t node, const char *after)
{
    put(w, before);
    put_node(w, node);
    put(w, after);
}

static const char *pair_name(enum node_op op)
{
    static const char *const names[] = {
        [NODE_EQ] = "==",      [NODE_NE] = "!=",     [NODE_LT] = "<",  [NODE_LE] = "<=",
        [NODE_GT] = ">",       [NODE_GE] = ">=",     [NODE_IN] = "in", [NODE_ADD] = "+",
        [NODE_SUBTRACT] = "-", [NODE_MULTIPLY] = "*"};

    return names[op];
}

static void put_node(struct json_writer *w, uint32_t node)
{
    static const char *const variables[] = {"principal", "action", "resource", "context"};
    const struct node *n = &w->p->nodes.at[node];

    if (w->out.error != 0)
        return;
    switch ((enum node_op)n->op) {
    case NODE_NONE:
        break;
    case NODE_LITERAL:
        put_literal(w, &w->p->values.at[n->a]);
        break;
    case NODE_VARIABLE:
        put(w, "{\"Var\":\"");
        put(w, variables[n->a]);
        put(w, "\"}");
        break;
    case NODE_NOT:
        put_one(w, "{\"!\":{\"arg\":", n->a, "}}");
        break;
    case NODE_NEGATE:
        put_one(w, "{\"neg\":{\"arg\":", n->a, "}}");
        break;
    case NODE_AND:
    case NODE_OR:
        put_chain(w, n->op == NODE_AND ? "&&" : "||", n);
        break;
    case NODE_IF:
        put_one(w, "{\"if-then-else\":{\"if\":", n->a, ",\"then\":");
        put_one(w, "", n->b, ",\"else\":");
        put_one(w, "", n->c, "}}");
        break;
    case NODE_GET:
        put_one(w, "{\".\":{\"left\":", n->a, ",\"attr\":");
        put_symbol(w, n->b);
        put(w, "}}");
        break;
    case NODE_HAS:
        put_has(w, n);
        break;
    case NODE_LIKE:
        put_like(w, n);
        break;
    case NODE_IS:
        put_is(w, n);
        break;
    case NODE_CALL:
        put_call(w, n);
        break;
    case NODE_SET:
        put(w, "{\"Set\":");
        put_list(w, n);
        break;
    case NODE_RECORD:
        put_record(w, n);
        break;
    default:
        put_pair(w, pair_name(n->op), n->a, n->b);
        break;
    }
}

/* ---- policies ---- */

static void put_scope(struct json_writer *w, const struct scope *s)
{
    static const char *const ops[] = {
        [SCOPE_ANY] = "All", [SCOPE_EQ] = "==",    [SCOPE_IN] = "in",
        [SCOPE_IS] = "is",   [SCOPE_IS_IN] = "is", [SCOPE_IN_SET] = "in"};

    put(w, "{\"op\":\"");
    put(w, ops[s->kind]);
    put(w, "\"");
    if (s->kind == SCOPE_IS || s->kind == SCOPE_IS_IN) {
        put(w, ",\"entity_type\":");
        put_symbol(w, s->type);
    }
    if (s->kind == SCOPE_EQ || s->kind == SCOPE_IN || s->kind == SCOPE_IS_IN) {
        put(w, s->kind == SCOPE_IS_IN ? ",\"in\":{\"entity\":" : ",\"entity\":");
        put_uid(w, s->uid.type, s->uid.id);
        put(w, s->kind == SCOPE_IS_IN ? "}" : "");
    }
    if (s->kind == SCOPE_IN_SET && s->count == 1) { /* as if there were no brackets */
        put(w, ",\"entity\":");
        put_uid(w, w->p->children.at[s->first], w->p->children.at[s->first + 1]);
    } else if (s->kind == SCOPE_IN_SET) {
        put(w, ",\"entities\":[");
        for (uint32_t i = 0; i < s->count; i++) {
            put(w, i > 0 ? "," : "");
            put_uid(w, w->p->children.at[s->first + 2 * i],
                    w->p->children.at[s->first + 2 * i + 1]);
        }
        put(w, "]");
    }
    put(w, "}");
}

static void put_annotations(struct json_writer *w, const struct policy *policy)
{
    if (policy->annotation_count == 0)
        return;
    put(w, ",\"annotations\":{");
    for (uint32_t i = 0; i < policy->annotation_count; i++) {
        const struct annotation *a = &w->p->annotations.at[policy->annotation_first + i];
        put(w, i > 0 ? "," : "");
        put_symbol(w, a->key);
        put(w, ":");
        if (a->has_value)
            put_symbol(w, a->value);
        else
            put(w, "null");
    }
    put(w, "}");
}

static void put_policy(struct json_writer *w, const struct policy *policy)
{
    put(w, policy->is_forbid ? "{\"effect\":\"forbid\",\"principal\":"
                             : "{\"effect\":\"permit\",\"principal\":");
    put_scope(w, &policy->scopes[VARIABLE_PRINCIPAL]);
    put(w, ",\"action\":");
    put_scope(w, &policy->scopes[VARIABLE_ACTION]);
    put(w, ",\"resource\":");
    put_scope(w, &policy->scopes[VARIABLE_RESOURCE]);
    put(w, ",\"conditions\":[");
    for (uint32_t i = 0; i < policy->clause_count && w->out.error == 0; i++) {
        const struct clause *clause = &w->p->clauses.at[policy->clause_first + i];
        put(w, i > 0 ? "," : "");
        put(w,
            clause->is_unless ? "{\"kind\":\"unless\",\"body\":" : "{\"kind\":\"when\",\"body\":");
        put_node(w, clause->node);
        put(w, "}");
    }
    put(w, "]");
    put_annotations(w, policy);
    put(w, "}");
}

static int finish(struct json_writer *w, char **ret_json, size_t *ret_length)
{
    if (w->out.error != 0) {
        free(w->out.data);
        return w->out.error;
    }
    *ret_json = w->out.data;
    *ret_length = w->out.length;
    return 0;
}

int cedar_policy_write_json(const struct cedar_policies *policies, uint32_t number, char **ret_json,
                            size_t *ret_length)
{
    struct json_writer w = {.p = policies, .out.limit = CEDAR_FORMATTED_MAX};

    put_policy(&w, &policies->policies.at[number]);
    return finish(&w, ret_json, ret_length);
}

int cedar_policies_write_json(const struct cedar_policies *policies, char **ret_json,
                              size_t *ret_length)
{
    struct json_writer w = {.p = policies, .out.limit = CEDAR_FORMATTED_MAX};

    put(&w, "{\"templates\":{},\"staticPolicies\":{");
    for (uint32_t i = 0; i < policies->policies.count && w.out.error == 0; i++) {
        put(&w, i > 0 ? "," : "");
        put_symbol(&w, policies->policies.at[i].id);
        put(&w, ":");
        put_policy(&w, &policies->policies.at[i]);
    }
    put(&w, "},\"templateLinks\":[]}");
    return finish(&w, ret_json, ret_length);
}

#include "policy/eval.h"

#include <string.h>

const struct entity *eval_entity(struct eval *ev, struct uid uid)
{
    struct eval_memo *m = &ev->memos[(uid.type * 3 + uid.id) % EVAL_MEMOS];

    if (!m->known || m->uid.type != uid.type || m->uid.id != uid.id)
        *m = (struct eval_memo){uid, true, entities_find(ev->entities, uid)};
    return m->entity;
}

/* Cedar's `child in group`; true for equal uids, existing or not. */
static bool is_in(struct eval *ev, struct uid child, struct uid group)
{
    if (child.type == group.type && child.id == group.id)
        return true;
    const struct entity *entity = eval_entity(ev, child);
    return entity != NULL && entity_has_ancestor(entity, group);
}

bool eval_fail(struct eval *ev, enum fault_kind kind, uint32_t node)
{
    ev->fault = (struct fault){.kind = kind, .node = node};
    return false;
}

bool eval_type(struct eval *ev, uint32_t node, const char *wanted, const struct cedar_value *got)
{
    ev->fault = (struct fault){.kind = FAULT_TYPE, .node = node, .wanted = wanted, .got = got->tag};
    return false;
}

bool eval_bool(struct eval *ev, uint32_t node, bool *ret)
{
    struct cedar_value v;

    if (!eval_node(ev, node, &v))
        return false;
    if (v.tag != VALUE_BOOL)
        return eval_type(ev, node, "bool", &v);
    *ret = v.number != 0;
    return true;
}

static const uint32_t *children(const struct eval *ev, const struct node *n)
{
    return &ev->policies->children.at[n->b];
}

/* && stops at the first false, || at the first true; what is reached must be bool. */
static bool eval_chain(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    bool stop = n->op == NODE_OR, value = !stop;

    for (uint32_t i = 0; i < n->c && value != stop; i++)
        if (!eval_bool(ev, children(ev, n)[i], &value))
            return false;
    *ret = cedar_bool(value);
    return true;
}

static bool eval_compare(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    struct cedar_value a, b;

    if (!eval_node(ev, n->a, &a) || !eval_node(ev, n->b, &b))
        return false;
    if (a.tag != VALUE_LONG && a.tag != VALUE_DATETIME && a.tag != VALUE_DURATION)
        return eval_type(ev, n->a, "long, datetime or duration", &a);
    if (a.tag != b.tag)
        return eval_type(ev, n->b, value_tag_name(a.tag), &b);
    *ret = cedar_bool(n->op == NODE_LT   ? a.number < b.number
                      : n->op == NODE_LE ? a.number <= b.number
                      : n->op == NODE_GT ? a.number > b.number
                                         : a.number >= b.number);
    return true;
}

static bool eval_arithmetic(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value a, b;
    int64_t value;
    bool overflow;

    if (!eval_node(ev, n->a, &a) || !eval_node(ev, n->b, &b))
        return false;
    if (a.tag != VALUE_LONG)
        return eval_type(ev, n->a, "long", &a);
    if (b.tag != VALUE_LONG)
        return eval_type(ev, n->b, "long", &b);
    if (n->op == NODE_ADD)
        overflow = __builtin_add_overflow(a.number, b.number, &value);
    else if (n->op == NODE_SUBTRACT)
        overflow = __builtin_sub_overflow(a.number, b.number, &value);
    else
        overflow = __builtin_mul_overflow(a.number, b.number, &value);
    if (overflow)
        return eval_fail(ev, FAULT_OVERFLOW, node);
    *ret = cedar_long(value);
    return true;
}

static bool eval_negate(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    struct cedar_value v;
    int64_t value;

    if (!eval_node(ev, ev->policies->nodes.at[node].a, &v))
        return false;
    if (v.tag != VALUE_LONG)
        return eval_type(ev, ev->policies->nodes.at[node].a, "long", &v);
    if (__builtin_sub_overflow((int64_t)0, v.number, &value))
        return eval_fail(ev, FAULT_OVERFLOW, node);
    *ret = cedar_long(value);
    return true;
}

bool eval_in(struct eval *ev, uint32_t node, const struct cedar_value *item,
             const struct cedar_value *group, bool *ret)
{
    struct uid child;

    if (item->tag != VALUE_ENTITY)
        return eval_type(ev, node, "entity", item);
    if (group->tag != VALUE_ENTITY && group->tag != VALUE_SET)
        return eval_type(ev, node, "entity or set of entities", group);
    child = (struct uid){item->uid.type, item->uid.id};
    *ret = false;
    if (group->tag == VALUE_ENTITY) {
        *ret = is_in(ev, child, (struct uid){group->uid.type, group->uid.id});
        return true;
    }
    for (uint32_t i = 0; i < group->count; i++)
        if (group->items[i].tag != VALUE_ENTITY)
            return eval_type(ev, node, "entity", &group->items[i]);
    for (uint32_t i = 0; i < group->count && !*ret; i++)
        *ret = is_in(ev, child, (struct uid){group->items[i].uid.type, group->items[i].uid.id});
    return true;
}

/* Two sides evaluated, for ==, != and in. */
static bool eval_relation(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value a, b;
    bool value;

    if (!eval_node(ev, n->a, &a) || !eval_node(ev, n->b, &b))
        return false;
    if (n->op == NODE_IN) {
        if (!eval_in(ev, node, &a, &b, &value))
            return false;
    } else {
        value = value_equal(&a, &b) == (n->op == NODE_EQ);
    }
    *ret = cedar_bool(value);
    return true;
}

/* The attribute, or NULL when it is absent; *ret_entity says whether ${v} itself is there. */
static const struct cedar_value *find_attribute(struct eval *ev, const struct cedar_value *v,
                                                uint32_t key, bool *ret_there)
{
    const struct entity *entity;

    *ret_there = true;
    if (v->tag == VALUE_RECORD)
        return fields_find(v->fields, v->count, key);
    entity = eval_entity(ev, (struct uid){v->uid.type, v->uid.id});
    *ret_there = entity != NULL;
    return entity == NULL ? NULL : fields_find(entity->attributes, entity->attribute_count, key);
}

static bool eval_get(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value v;
    bool there;

    if (!eval_node(ev, n->a, &v))
        return false;
    if (v.tag != VALUE_RECORD && v.tag != VALUE_ENTITY)
        return eval_type(ev, n->a, "record or entity", &v);
    const struct cedar_value *found = find_attribute(ev, &v, n->b, &there);
    if (found == NULL) {
        eval_fail(ev, there ? FAULT_NO_ATTRIBUTE : FAULT_NO_ENTITY, node);
        ev->fault.symbol = n->b;
        return false;
    }
    *ret = *found;
    return true;
}

/* x has a.b.c is x has a && x.a has b && x.a.b has c. */
static bool eval_has(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    struct cedar_value v;
    bool there;

    if (!eval_node(ev, n->a, &v))
        return false;
    for (uint32_t i = 0; i < n->c; i++) {
        if (v.tag != VALUE_RECORD && v.tag != VALUE_ENTITY)
            return eval_type(ev, n->a, "record or entity", &v);
        const struct cedar_value *found = find_attribute(ev, &v, children(ev, n)[i], &there);
        if (found == NULL) {
            *ret = cedar_bool(false);
            return true;
        }
        v = *found;
    }
    *ret = cedar_bool(true);
    return true;
}

/*
 * Greedy with one place to come back to: the last wildcard takes one more byte
 * each time.  Bytes will do, because a wildcard is the only element that does
 * not stand for itself and UTF-8 cannot match out of step.
 */
static bool pattern_matches(const struct pattern *pattern, struct text text)
{
    uint32_t at = 0, element = 0, back_at = 0, back_element = UINT32_MAX;

    while (at < text.length) {
        if (element < pattern->count && pattern->elements[element] == PATTERN_ANY) {
            back_element = ++element;
            back_at = at;
        } else if (element < pattern->count &&
                   pattern->elements[element] == (uint8_t)text.data[at]) {
            element++;
            at++;
        } else if (back_element != UINT32_MAX) {
            element = back_element;
            at = ++back_at;
        } else {
            return false;
        }
    }
    while (element < pattern->count && pattern->elements[element] == PATTERN_ANY)
        element++;
    return element == pattern->count;
}

static bool eval_like(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    struct cedar_value v;

    if (!eval_node(ev, n->a, &v))
        return false;
    if (v.tag != VALUE_STRING)
        return eval_type(ev, n->a, "string", &v);
    *ret = cedar_bool(pattern_matches(&ev->policies->patterns.at[n->b],
                                      symbols_text(&ev->entities->symbols, v.symbol)));
    return true;
}

static bool eval_is(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value v, group;
    bool value;

    if (!eval_node(ev, n->a, &v))
        return false;
    if (v.tag != VALUE_ENTITY)
        return eval_type(ev, n->a, "entity", &v);
    value = v.uid.type == n->b;
    if (value && n->c != 0 &&
        (!eval_node(ev, n->c, &group) || !eval_in(ev, node, &v, &group, &value)))
        return false;
    *ret = cedar_bool(value);
    return true;
}

static bool eval_set(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value *items = arena_take(ev->scratch, n->c * sizeof *items);

    if (items == NULL)
        return eval_fail(ev, FAULT_MEMORY, node);
    for (uint32_t i = 0; i < n->c; i++)
        if (!eval_node(ev, children(ev, n)[i], &items[i]))
            return false;
    *ret = (struct cedar_value){.tag = VALUE_SET, .items = items};
    ret->count = set_order(items, n->c);
    return true;
}

static bool eval_record(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    uint32_t count = n->c / 2;
    struct value_field *fields = arena_take(ev->scratch, count * sizeof *fields);

    if (fields == NULL)
        return eval_fail(ev, FAULT_MEMORY, node);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].key = children(ev, n)[2 * i];
        if (!eval_node(ev, children(ev, n)[2 * i + 1], &fields[i].value))
            return false;
    }
    fields_order(fields, count);
    *ret = (struct cedar_value){.tag = VALUE_RECORD, .count = count, .fields = fields};
    return true;
}

static struct cedar_value variable_value(const struct eval *ev, enum variable v)
{
    switch (v) {
    case VARIABLE_PRINCIPAL:
        return ev->request->principal;
    case VARIABLE_ACTION:
        return ev->request->action;
    case VARIABLE_RESOURCE:
        return ev->request->resource;
    case VARIABLE_CONTEXT:
        break;
    }
    return ev->request->context;
}

bool eval_node(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    bool value;

    switch ((enum node_op)n->op) {
    case NODE_NONE:
        break;
    case NODE_LITERAL:
        *ret = ev->policies->values.at[n->a];
        return true;
    case NODE_VARIABLE:
        *ret = variable_value(ev, n->a);
        return true;
    case NODE_NOT:
        if (!eval_bool(ev, n->a, &value))
            return false;
        *ret = cedar_bool(!value);
        return true;
    case NODE_NEGATE:
        return eval_negate(ev, node, ret);
    case NODE_AND:
    case NODE_OR:
        return eval_chain(ev, n, ret);
    case NODE_EQ:
    case NODE_NE:
    case NODE_IN:
        return eval_relation(ev, node, ret);
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        return eval_compare(ev, n, ret);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        return eval_arithmetic(ev, node, ret);
    case NODE_IF:
        return eval_bool(ev, n->a, &value) && eval_node(ev, value ? n->b : n->c, ret);
    case NODE_GET:
        return eval_get(ev, node, ret);
    case NODE_HAS:
        return eval_has(ev, n, ret);
    case NODE_LIKE:
        return eval_like(ev, n, ret);
    case NODE_IS:
        return eval_is(ev, node, ret);
    case NODE_CALL:
        return eval_call(ev, node, ret);
    case NODE_SET:
        return eval_set(ev, node, ret);
    case NODE_RECORD:
        return eval_record(ev, node, ret);
    }
    return eval_fail(ev, FAULT_TYPE, node);
}

static bool scope_matches(struct eval *ev, const struct scope *s, struct uid uid)
{
    switch (s->kind) {
    case SCOPE_ANY:
        return true;
    case SCOPE_EQ:
        return uid.type == s->uid.type && uid.id == s->uid.id;
    case SCOPE_IN:
        return is_in(ev, uid, s->uid);
    case SCOPE_IS:
        return uid.type == s->type;
    case SCOPE_IS_IN:
        return uid.type == s->type && is_in(ev, uid, s->uid);
    case SCOPE_IN_SET:
        for (uint32_t i = 0; i < s->count; i++) {
            const uint32_t *pair = &ev->policies->children.at[s->first + 2 * i];
            if (is_in(ev, uid, (struct uid){pair[0], pair[1]}))
                return true;
        }
        return false;
    }
    return false;
}

bool eval_scope_of(struct eval *ev, const struct policy *policy, enum variable v)
{
    const struct cedar_value *of[] = {&ev->request->principal, &ev->request->action,
                                      &ev->request->resource};

    return scope_matches(ev, &policy->scopes[v], (struct uid){of[v]->uid.type, of[v]->uid.id});
}

bool eval_scope(struct eval *ev, const struct policy *policy)
{
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
        if (!eval_scope_of(ev, policy, v))
            return false;
    return true;
}

void fault_print(const struct eval *ev, char *out, size_t size)
{
    static const char *const texts[] = {
#define FAULT(kind, text) [kind] = text,
        FAULT_LIST(FAULT)
#undef FAULT
    };
    struct writer w = {out, size, 0};
    const struct fault *f = &ev->fault;

    if (f->kind == FAULT_TYPE) {
        writer_format(&w, "type error: expected %s, got %s", f->wanted, value_tag_name(f->got));
        return;
    }
    writer_text(&w, text_of(texts[f->kind]));
    if (f->kind == FAULT_NO_ATTRIBUTE || f->kind == FAULT_NO_TAG) {
        writer_text(&w, text_of(": "));
        writer_text(&w, symbols_text(&ev->entities->symbols, f->symbol));
    }
}

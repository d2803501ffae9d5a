#include "policy/eval.h"

#include <string.h>

static bool is_uid(const struct eval_place *place, struct uid uid)
{
    return place->value->tag == VALUE_ENTITY && place->value->uid.type == uid.type &&
           place->value->uid.id == uid.id;
}

const struct entity *eval_entity(struct eval *ev, struct uid uid)
{
    if (is_uid(&ev->places[VARIABLE_PRINCIPAL], uid))
        return ev->places[VARIABLE_PRINCIPAL].entity;
    struct eval_memo *m = &ev->memos[(uid.type * 3 + uid.id) % EVAL_MEMOS];

    if (!m->known || m->uid.type != uid.type || m->uid.id != uid.id)
        *m = (struct eval_memo){uid, true, entities_find(ev->entities, uid)};
    return m->entity;
}

static const struct cedar_value *request_value(const struct eval *ev, enum variable v)
{
    switch (v) {
    case VARIABLE_PRINCIPAL:
        return &ev->request->principal;
    case VARIABLE_ACTION:
        return &ev->request->action;
    case VARIABLE_RESOURCE:
        return &ev->request->resource;
    case VARIABLE_CONTEXT:
        break;
    }
    return &ev->request->context;
}

static void enter(const struct eval *ev, struct eval_place *place, const struct cedar_value *value)
{
    *place = (struct eval_place){.value = value};
    if (value->tag == VALUE_RECORD) {
        place->fields = value->fields;
        place->count = value->count;
    } else if (value->tag == VALUE_ENTITY) {
        const struct entity *entity =
            entities_find(ev->entities, (struct uid){value->uid.type, value->uid.id});
        place->entity = entity;
        place->fields = entity == NULL ? NULL : entity->attributes;
        place->count = entity == NULL ? 0 : entity->attribute_count;
    }
}

void eval_enter(struct eval *ev, enum variable v)
{
    enter(ev, &ev->places[v], request_value(ev, v));
}

/* ---- paths that are looked up once ---- */

enum path_state eval_look_up(struct eval *ev, uint32_t row)
{
    const struct path_row *path = &ev->policies->paths[row];
    const struct eval_place *of;
    enum path_state state = eval_row(ev, path->of, &of);

    if (state == PATH_FOUND && of->value->tag != VALUE_RECORD && of->value->tag != VALUE_ENTITY)
        state = PATH_ERRS;
    if (state == PATH_FOUND) {
        const struct cedar_value *value = fields_find(of->fields, of->count, path->key);
        if (value == NULL)
            state = PATH_ABSENT;
        else if (path->is_inner)
            enter(ev, &ev->paths->places[row], value);
        else
            ev->paths->places[row].value = value;
    }
    return ev->paths->states[row] = (uint8_t)state;
}

/* The row of the path that ${node} reads or asks for; 0 when it is to be looked up anew. */
static inline uint32_t row_of(const struct eval *ev, uint32_t node)
{
    return ev->paths == NULL ? 0 : ev->policies->path_of[node];
}

void eval_begin(struct eval *ev, const struct cedar_policies *policies,
                const struct cedar_entities *entities, const struct cedar_request *request,
                struct arena *scratch)
{
    *ev = (struct eval){
        .policies = policies, .entities = entities, .request = request, .scratch = scratch};
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_CONTEXT; v++)
        eval_enter(ev, v);
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

/* What a condition says; erring is below both. */
enum truth { ERRED = -1, FALSE = 0, TRUE = 1 };

static enum truth truth_type(struct eval *ev, uint32_t node, const char *wanted,
                             const struct cedar_value *got)
{
    eval_type(ev, node, wanted, got);
    return ERRED;
}

static const uint32_t *children(const struct eval *ev, const struct node *n)
{
    return &ev->policies->children.at[n->b];
}

/* Cedar's `item in group`. */
static enum truth truth_in(struct eval *ev, uint32_t node, const struct cedar_value *item,
                           const struct cedar_value *group)
{
    if (item->tag != VALUE_ENTITY)
        return truth_type(ev, node, "entity", item);
    if (group->tag != VALUE_ENTITY && group->tag != VALUE_SET)
        return truth_type(ev, node, "entity or set of entities", group);
    struct uid child = {item->uid.type, item->uid.id};
    if (group->tag == VALUE_ENTITY)
        return is_in(ev, child, (struct uid){group->uid.type, group->uid.id});
    for (uint32_t i = 0; i < group->count; i++)
        if (group->items[i].tag != VALUE_ENTITY)
            return truth_type(ev, node, "entity", &group->items[i]);
    for (uint32_t i = 0; i < group->count; i++)
        if (is_in(ev, child, (struct uid){group->items[i].uid.type, group->items[i].uid.id}))
            return TRUE;
    return FALSE;
}

static enum truth truth_compare(struct eval *ev, const struct node *n, const struct cedar_value *a,
                                const struct cedar_value *b)
{
    if (a->tag != VALUE_LONG && a->tag != VALUE_DATETIME && a->tag != VALUE_DURATION)
        return truth_type(ev, n->a, "long, datetime or duration", a);
    if (a->tag != b->tag)
        return truth_type(ev, n->b, value_tag_name(a->tag), b);
    return n->op == NODE_LT   ? a->number < b->number
           : n->op == NODE_LE ? a->number <= b->number
           : n->op == NODE_GT ? a->number > b->number
                              : a->number >= b->number;
}

/* Two sides evaluated, for ==, !=, in, <, <=, > and >=. */
static enum truth truth_of_two(struct eval *ev, uint32_t node, const struct cedar_value *a,
                               const struct cedar_value *b)
{
    const struct node *n = &ev->policies->nodes.at[node];

    if (n->op == NODE_EQ || n->op == NODE_NE)
        return value_equal(a, b) == (n->op == NODE_EQ);
    return n->op == NODE_IN ? truth_in(ev, node, a, b) : truth_compare(ev, n, a, b);
}

/* ---- attributes ---- */

/* The attribute, or NULL when it is absent, or ${v} can have none. */
static const struct cedar_value *find_attribute(struct eval *ev, const struct cedar_value *v,
                                                uint32_t key)
{
    if (v->tag == VALUE_RECORD)
        return fields_find(v->fields, v->count, key);
    if (v->tag != VALUE_ENTITY)
        return NULL;
    const struct entity *entity = eval_entity(ev, (struct uid){v->uid.type, v->uid.id});
    return entity == NULL ? NULL : fields_find(entity->attributes, entity->attribute_count, key);
}

/* Set the fault of ${node}, an attribute that ${v} does not have. */
static void fail_attribute(struct eval *ev, uint32_t node, const struct cedar_value *v)
{
    const struct node *n = &ev->policies->nodes.at[node];

    if (v->tag != VALUE_RECORD && v->tag != VALUE_ENTITY) {
        eval_type(ev, n->a, "record or entity", v);
        return;
    }
    bool is_there =
        v->tag == VALUE_RECORD || eval_entity(ev, (struct uid){v->uid.type, v->uid.id}) != NULL;
    eval_fail(ev, is_there ? FAULT_NO_ATTRIBUTE : FAULT_NO_ENTITY, node);
    ev->fault.symbol = n->b;
}

/* The same where ${v} is the value of the path ${node}: what a variable stands for is at hand. */
static const struct cedar_value *path_attribute(struct eval *ev, uint32_t node,
                                                const struct cedar_value *v, uint32_t key)
{
    const struct node *n = &ev->policies->nodes.at[node];

    if (n->op != NODE_VARIABLE)
        return find_attribute(ev, v, key);
    return fields_find(ev->places[n->a].fields, ev->places[n->a].count, key);
}

static const struct cedar_value *path_value(struct eval *ev, uint32_t node);

/* Most paths begin, and many end, with a variable. */
static inline const struct cedar_value *value_at(struct eval *ev, uint32_t node)
{
    const struct node *n = &ev->policies->nodes.at[node];
    const struct eval_place *place;
    uint32_t row = row_of(ev, node);

    if (row != 0 && eval_row(ev, row, &place) == PATH_FOUND)
        return place->value;
    return n->op == NODE_VARIABLE ? ev->places[n->a].value : path_value(ev, node);
}

/*
 * The value of a path where it stands, in the policies, the request or the store;
 * NULL, and the fault set, if it errs.  Most of what conditions read are paths:
 * so nothing is copied, and no frame needs room for a value.
 */
static const struct cedar_value *path_value(struct eval *ev, uint32_t node)
{
    const struct node *n = &ev->policies->nodes.at[node];

    if (n->op == NODE_VARIABLE)
        return ev->places[n->a].value;
    if (n->op == NODE_LITERAL)
        return &ev->policies->values.at[n->a];
    if (n->op != NODE_GET)
        return &ev->policies->values.at[ev->policies->folded.at[node] - 1];
    const struct cedar_value *of = value_at(ev, n->a);
    if (of == NULL)
        return NULL;
    const struct cedar_value *found = path_attribute(ev, n->a, of, n->b);
    if (found == NULL)
        fail_attribute(ev, node, of);
    return found;
}

static bool eval_get(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value v;

    if (!eval_node(ev, n->a, &v))
        return false;
    const struct cedar_value *found = find_attribute(ev, &v, n->b);
    if (found == NULL) {
        fail_attribute(ev, node, &v);
        return false;
    }
    *ret = *found;
    return true;
}

/* The same for a path that is looked up once; ERRED: look anew, for the words of the error. */
static inline enum truth truth_has_path(struct eval *ev, uint32_t row)
{
    const struct eval_place *place;
    enum path_state state = eval_row(ev, row, &place);

    return state == PATH_FOUND ? TRUE : state == PATH_ABSENT ? FALSE : ERRED;
}

/* x has a.b.c is x has a && x.a has b && x.a.b has c. */
static enum truth truth_has(struct eval *ev, const struct node *n, const struct cedar_value *v)
{
    for (uint32_t i = 0; i < n->c; i++) {
        if (v->tag != VALUE_RECORD && v->tag != VALUE_ENTITY)
            return truth_type(ev, n->a, "record or entity", v);
        v = i == 0 ? path_attribute(ev, n->a, v, children(ev, n)[i])
                   : find_attribute(ev, v, children(ev, n)[i]);
        if (v == NULL)
            return FALSE;
    }
    return TRUE;
}

/* ---- conditions ---- */

/* ${v} is ${n}'s type and, if the node says so, in its group. */
static enum truth truth_is(struct eval *ev, uint32_t node, const struct cedar_value *v)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value group;

    if (v->tag != VALUE_ENTITY)
        return truth_type(ev, n->a, "entity", v);
    if (v->uid.type != n->b || n->c == 0)
        return v->uid.type == n->b;
    return eval_node(ev, n->c, &group) ? truth_in(ev, node, v, &group) : ERRED;
}

static enum truth truth_of_one(struct eval *ev, uint32_t node, const struct cedar_value *v)
{
    const struct node *n = &ev->policies->nodes.at[node];

    return n->op == NODE_HAS ? truth_has(ev, n, v) : truth_is(ev, node, v);
}

/* The same where a side is no path and needs room. */
static enum truth truth_of_made(struct eval *ev, uint32_t node)
{
    const struct node *n = &ev->policies->nodes.at[node];
    struct cedar_value a, b;

    if (!eval_node(ev, n->a, &a))
        return ERRED;
    if (n->op == NODE_HAS || n->op == NODE_IS)
        return truth_of_one(ev, node, &a);
    return eval_node(ev, n->b, &b) ? truth_of_two(ev, node, &a, &b) : ERRED;
}

static enum truth truth_of_value(struct eval *ev, uint32_t node)
{
    struct cedar_value v;

    if (!eval_node(ev, node, &v))
        return ERRED;
    return v.tag == VALUE_BOOL ? v.number != 0 : truth_type(ev, node, "bool", &v);
}

static enum truth truth_of_path(struct eval *ev, uint32_t node)
{
    const struct cedar_value *v = path_value(ev, node);

    if (v == NULL)
        return ERRED;
    return v->tag == VALUE_BOOL ? v->number != 0 : truth_type(ev, node, "bool", v);
}

static enum truth truth_of(struct eval *ev, uint32_t node);

/* What a condition says.  Like eval_node(), of which it is the part that gives bools. */
static enum truth truth_anew(struct eval *ev, uint32_t node)
{
    const struct node *nodes = ev->policies->nodes.at, *n = &nodes[node];
    const struct cedar_value *a, *b;
    enum truth t = TRUE;

    switch ((enum node_op)n->op) {
    case NODE_AND: /* stops at the first false; what is reached must be bool */
        for (uint32_t i = 0; i < n->c && t == TRUE; i++)
            t = truth_of(ev, children(ev, n)[i]);
        return t;
    case NODE_OR:
        t = FALSE;
        for (uint32_t i = 0; i < n->c && t == FALSE; i++)
            t = truth_of(ev, children(ev, n)[i]);
        return t;
    case NODE_NOT:
        t = truth_of(ev, n->a);
        return t == ERRED ? ERRED : t == FALSE;
    case NODE_EQ:
    case NODE_NE:
    case NODE_IN:
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        if (!nodes[n->a].is_path || !nodes[n->b].is_path)
            return truth_of_made(ev, node);
        a = value_at(ev, n->a);
        b = a == NULL ? NULL : value_at(ev, n->b);
        return b == NULL ? ERRED : truth_of_two(ev, node, a, b);
    case NODE_HAS:
        if (row_of(ev, node) != 0 && (t = truth_has_path(ev, row_of(ev, node))) != ERRED)
            return t;
        /* fall through */
    case NODE_IS:
        if (!nodes[n->a].is_path)
            return truth_of_made(ev, node);
        a = value_at(ev, n->a);
        return a == NULL ? ERRED : truth_of_one(ev, node, a);
    default:
        return n->is_path ? truth_of_path(ev, node) : truth_of_value(ev, node);
    }
}

/* The same; a condition that stands at several places is remembered. */
static enum truth truth_of(struct eval *ev, uint32_t node)
{
    if (!ev->policies->nodes.at[node].is_shared || ev->shared == NULL)
        return truth_anew(ev, node);
    uint8_t *known = &ev->shared[ev->policies->shared[node]];
    if (*known != 0)
        return *known - 1;
    enum truth t = truth_anew(ev, node);
    *known = (uint8_t)(t + 1); /* an error stays unknown: each policy must meet it */
    return t;
}

bool eval_bool(struct eval *ev, uint32_t node, bool *ret)
{
    enum truth t = truth_of(ev, node);

    if (t == ERRED)
        return false;
    *ret = t == TRUE;
    return true;
}

const struct cedar_value *eval_path(struct eval *ev, uint32_t node)
{
    return value_at(ev, node);
}

static bool copy_path(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct cedar_value *v = value_at(ev, node);

    if (v == NULL)
        return false;
    *ret = *v;
    return true;
}

static bool eval_condition(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    enum truth t = truth_of(ev, node);

    if (t == ERRED)
        return false;
    *ret = cedar_bool(t == TRUE);
    return true;
}

static bool eval_if(struct eval *ev, const struct node *n, struct cedar_value *ret)
{
    enum truth t = truth_of(ev, n->a);

    return t != ERRED && eval_node(ev, t == TRUE ? n->b : n->c, ret);
}

bool eval_node(struct eval *ev, uint32_t node, struct cedar_value *ret)
{
    const struct node *n = &ev->policies->nodes.at[node];

    if (n->is_path)
        return copy_path(ev, node, ret);
    switch ((enum node_op)n->op) {
    case NODE_NONE:
    case NODE_LITERAL:
    case NODE_VARIABLE:
        break;
    case NODE_GET:
        return eval_get(ev, node, ret);
    case NODE_NOT:
    case NODE_AND:
    case NODE_OR:
    case NODE_EQ:
    case NODE_NE:
    case NODE_IN:
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
    case NODE_HAS:
    case NODE_IS:
        return eval_condition(ev, node, ret);
    case NODE_IF:
        return eval_if(ev, n, ret);
    case NODE_CALL:
        return eval_call(ev, node, ret);
    default:
        return eval_made(ev, node, ret);
    }
    return eval_fail(ev, FAULT_TYPE, node);
}

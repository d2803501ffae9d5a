#include "policy/explain.h"

#include <inttypes.h>
#include <string.h>

#define VALUES_MAX 32U  /* lines for one expression */
#define VALUE_MAX  400U /* bytes of one value */

/* The lines of one expression; what was shown is not shown again. */
struct values {
    struct eval *ev;
    struct writer *w;
    uint32_t seen[VALUES_MAX];
    uint32_t count;
};

static void walk(struct values *v, uint32_t node);

/* ---- one value ---- */

static void write_duration(struct writer *w, int64_t value)
{
    static const struct {
        uint64_t milliseconds;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    writer_format(w, "duration(\"%s", value < 0 ? "-" : "");
    if (rest == 0)
        writer_text(w, text_of("0s"));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (rest / units[i].milliseconds > 0)
            writer_format(w, "%" PRIu64 "%s", rest / units[i].milliseconds, units[i].unit);
        rest %= units[i].milliseconds;
    }
    writer_text(w, text_of("\")"));
}

void explain_value(struct writer *w, const struct cedar_entities *entities,
                   const struct cedar_value *value)
{
    static const char whole_second[] = ".000Z\")";
    char room[VALUE_MAX + 8];
    struct writer one = {room, sizeof room, 0};
    size_t end = sizeof whole_second - 1;

    room[0] = '\0';
    if (value->tag == VALUE_DURATION)
        write_duration(&one, value->number);
    else
        value_write(&one, &entities->symbols, value);
    if (value->tag == VALUE_DATETIME && one.at > end &&
        strcmp(room + one.at - end, whole_second) == 0)
        strcpy(room + one.at - end, "Z\")");
    if (one.at < VALUE_MAX) {
        writer_text(w, text_of(room));
        return;
    }
    size_t n = VALUE_MAX;
    while (((uint8_t)room[n] & 0xc0) == 0x80)
        n--;
    writer_text(w, (struct text){room, (uint32_t)n});
    writer_text(w, text_of("…"));
}

/* ---- lines ---- */

static void write_text(const struct values *v, uint32_t node)
{
    policies_write_line(v->w, v->ev->policies, v->ev->policies->spans.at[node]);
}

/* Whether a line about ${node} may be written, which it then is. */
static bool take_line(struct values *v, uint32_t node)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (node_equal(v->ev->policies, v->seen[i], node))
            return false;
    if (v->count == VALUES_MAX)
        return false;
    v->seen[v->count++] = node;
    return true;
}

static bool value_of(struct values *v, uint32_t node, struct cedar_value *ret)
{
    return eval_node(v->ev, node, ret);
}

/* Why an attribute cannot be read from ${value}, which ${w} has just named. */
static void write_missing(struct values *v, const struct cedar_value *value, uint32_t name)
{
    bool is_known =
        value->tag != VALUE_ENTITY ||
        entities_find(v->ev->entities, (struct uid){value->uid.type, value->uid.id}) != NULL;

    if (!is_known) {
        writer_text(v->w, text_of(" is "));
        explain_value(v->w, v->ev->entities, value);
        writer_text(v->w, text_of(", of which nothing is known\n"));
        return;
    }
    writer_text(v->w, text_of(" has no "));
    writer_text(v->w, symbols_text(&v->ev->entities->symbols, name));
    writer_text(v->w, text_of("\n"));
}

static void show(struct values *v, uint32_t node)
{
    size_t mark = arena_mark(v->ev->scratch);
    struct cedar_value value;

    if (value_of(v, node, &value) && take_line(v, node)) {
        write_text(v, node);
        writer_text(v->w, text_of(" = "));
        explain_value(v->w, v->ev->entities, &value);
        writer_text(v->w, text_of("\n"));
    }
    arena_rewind(v->ev->scratch, mark);
}

/* a.b.c: its value, or the first of the path that is not there. */
static void show_get(struct values *v, uint32_t node)
{
    const struct node *nodes = v->ev->policies->nodes.at;
    struct cedar_value value;

    if (value_of(v, node, &value)) {
        show(v, node);
    } else {
        uint32_t at = v->ev->fault.node;
        bool is_missing =
            (v->ev->fault.kind == FAULT_NO_ATTRIBUTE || v->ev->fault.kind == FAULT_NO_ENTITY) &&
            nodes[at].op == NODE_GET;
        if (is_missing && value_of(v, nodes[at].a, &value) && take_line(v, at)) {
            write_text(v, nodes[at].a);
            write_missing(v, &value, nodes[at].b);
        }
    }
    while (nodes[node].op == NODE_GET)
        node = nodes[node].a;
    if (nodes[node].op != NODE_VARIABLE)
        walk(v, node);
}

static const struct cedar_value *attribute_of(const struct values *v,
                                              const struct cedar_value *value, uint32_t name)
{
    const struct entity *e;

    if (value->tag == VALUE_RECORD)
        return fields_find(value->fields, value->count, name);
    if (value->tag != VALUE_ENTITY)
        return NULL;
    e = entities_find(v->ev->entities, (struct uid){value->uid.type, value->uid.id});
    return e == NULL ? NULL : fields_find(e->attributes, e->attribute_count, name);
}

static void write_path(const struct values *v, const struct node *n, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        writer_text(v->w, text_of("."));
        writer_text(
            v->w, symbols_text(&v->ev->entities->symbols, v->ev->policies->children.at[n->b + i]));
    }
}

/* x has a.b: that it has, or what of the path is not there. */
static void show_has(struct values *v, uint32_t node)
{
    const struct node *n = &v->ev->policies->nodes.at[node];
    struct cedar_value value;

    if (!value_of(v, n->a, &value) || !take_line(v, node))
        return;
    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t name = v->ev->policies->children.at[n->b + i];
        const struct cedar_value *next = attribute_of(v, &value, name);
        if (next == NULL) {
            write_text(v, n->a);
            write_path(v, n, i);
            write_missing(v, &value, name);
            return;
        }
        value = *next;
    }
    write_text(v, node);
    writer_text(v->w, text_of("\n"));
}

static void show_has_tag(struct values *v, uint32_t node)
{
    const uint32_t *arguments = &v->ev->policies->children.at[v->ev->policies->nodes.at[node].b];
    struct cedar_value has, key;

    if (!value_of(v, node, &has) || !value_of(v, arguments[1], &key) || !take_line(v, node))
        return;
    write_text(v, arguments[0]);
    writer_text(v->w, text_of(has.number != 0 ? " has tag " : " has no tag "));
    explain_value(v->w, v->ev->entities, &key);
    writer_text(v->w, text_of("\n"));
}

/* ---- the expression ---- */

static void walk_children(struct values *v, const struct node *n, uint32_t first, uint32_t step)
{
    for (uint32_t i = first; i < n->c; i += step)
        walk(v, v->ev->policies->children.at[n->b + i]);
}

static void walk_call(struct values *v, uint32_t node)
{
    const struct node *n = &v->ev->policies->nodes.at[node];
    struct cedar_value value;

    if (v->ev->policies->folded.at[node] != 0)
        return;
    if (n->a == FUNCTION_HAS_TAG)
        show_has_tag(v, node);
    else if (value_of(v, node, &value) && value.tag != VALUE_BOOL)
        show(v, node);
    /* Whose tag it is stands in the line already. */
    walk_children(v, n, n->a == FUNCTION_HAS_TAG || n->a == FUNCTION_GET_TAG, 1);
}

static void walk_if(struct values *v, const struct node *n)
{
    bool value;

    walk(v, n->a);
    if (eval_bool(v->ev, n->a, &value))
        walk(v, value ? n->b : n->c);
}

static void walk(struct values *v, uint32_t node)
{
    const struct node *n = &v->ev->policies->nodes.at[node];

    switch ((enum node_op)n->op) {
    case NODE_NONE:
    case NODE_LITERAL:
        break;
    case NODE_VARIABLE:
        show(v, node);
        break;
    case NODE_GET:
        show_get(v, node);
        break;
    case NODE_HAS:
        show_has(v, node);
        break;
    case NODE_CALL:
        walk_call(v, node);
        break;
    case NODE_IF:
        walk_if(v, n);
        break;
    case NODE_AND:
    case NODE_OR:
    case NODE_SET:
        walk_children(v, n, 0, 1);
        break;
    case NODE_RECORD:
        walk_children(v, n, 1, 2);
        break;
    case NODE_NOT:
    case NODE_NEGATE:
    case NODE_LIKE:
    case NODE_IS:
        walk(v, n->a);
        if (n->op == NODE_IS && n->c != 0)
            walk(v, n->c);
        break;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        show(v, node);
        walk(v, n->a);
        walk(v, n->b);
        break;
    default:
        walk(v, n->a);
        walk(v, n->b);
        break;
    }
}

void explain_values(struct eval *ev, uint32_t node, struct writer *w)
{
    struct values v = {.ev = ev, .w = w};
    size_t mark = arena_mark(ev->scratch);

    walk(&v, node);
    arena_rewind(ev->scratch, mark);
}

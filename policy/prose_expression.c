#include "policy/prose.h"

#include <inttypes.h>
#include <string.h>

/*
 * FUNCTION_* in words: what stands before the arguments, between them and
 * behind.  For those that are true or false also the words when it is false.
 */
static const struct words {
    enum function function;
    const char *before, *between, *behind;
    const char *not_between, *not_behind;
} words[] = {
    {FUNCTION_CONTAINS, "", " contains ", "", " does not contain ", ""},
    {FUNCTION_CONTAINS_ALL, "", " contains all of ", "", " does not contain all of ", ""},
    {FUNCTION_CONTAINS_ANY, "", " contains at least one of ", "", " contains none of ", ""},
    {FUNCTION_IS_EMPTY, "", "", " is empty", "", " is not empty"},
    {FUNCTION_HAS_TAG, "", " has a tag ", "", " has no tag ", ""},
    {FUNCTION_GET_TAG, "", "'s tag ", "", NULL, NULL},
    {FUNCTION_DECIMAL, "decimal ", "", "", NULL, NULL},
    {FUNCTION_LESS, "", " is less than ", "", " is not less than ", ""},
    {FUNCTION_LESS_EQUAL, "", " is at most ", "", " is not at most ", ""},
    {FUNCTION_GREATER, "", " is more than ", "", " is not more than ", ""},
    {FUNCTION_GREATER_EQUAL, "", " is at least ", "", " is not at least ", ""},
    {FUNCTION_IP, "address ", "", "", NULL, NULL},
    {FUNCTION_IS_IPV4, "", "", " is an IPv4 address", "", " is not an IPv4 address"},
    {FUNCTION_IS_IPV6, "", "", " is an IPv6 address", "", " is not an IPv6 address"},
    {FUNCTION_IS_LOOPBACK, "", "", " is a loopback address", "", " is not a loopback address"},
    {FUNCTION_IS_MULTICAST, "", "", " is a multicast address", "", " is not a multicast address"},
    {FUNCTION_IS_IN_RANGE, "", " is in the range ", "", " is not in the range ", ""},
    {FUNCTION_DATETIME, "time ", "", "", NULL, NULL},
    {FUNCTION_OFFSET, "(", " shifted by ", ")", NULL, NULL},
    {FUNCTION_DURATION_SINCE, "the time until ", " since ", "", NULL, NULL},
    {FUNCTION_TO_DATE, "the day (UTC) of ", "", "", NULL, NULL},
    {FUNCTION_TO_TIME, "the time of day (UTC) of ", "", "", NULL, NULL},
    {FUNCTION_DURATION, "duration ", "", "", NULL, NULL},
    {FUNCTION_TO_MILLISECONDS, "", "", " in whole milliseconds", NULL, NULL},
    {FUNCTION_TO_SECONDS, "", "", " in whole seconds", NULL, NULL},
    {FUNCTION_TO_MINUTES, "", "", " in whole minutes", NULL, NULL},
    {FUNCTION_TO_HOURS, "", "", " in whole hours", NULL, NULL},
    {FUNCTION_TO_DAYS, "", "", " in whole days", NULL, NULL},
};

static const struct words *words_of(uint32_t function)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].function == function)
            return &words[i];
    return NULL;
}

static const struct node *at(const struct prose *p, uint32_t node)
{
    return &p->set->nodes.at[node];
}

static void put(struct writer *w, const char *text)
{
    writer_text(w, text_of(text));
}

static void write_name(const struct prose *p, struct writer *w, uint32_t name)
{
    struct text t = symbols_text(&p->set->symbols, name);
    struct token word = lex(t.data, 0, t.length);

    if (token_is_word(word.kind) && word.span.end == t.length)
        writer_text(w, t);
    else
        writer_quoted(w, t);
}

/* ---- values ---- */

static void write_value(const struct prose *p, struct writer *w, const struct cedar_value *v)
{
    if (v->tag == VALUE_ENTITY)
        prose_uid(p, w, (struct uid){v->uid.type, v->uid.id});
    else
        value_write(w, &p->set->symbols, v);
}

static void write_variable(struct writer *w, uint32_t variable)
{
    static const char *const names[] = {"the principal", "the action", "the resource",
                                        "the context"};

    put(w, names[variable]);
}

/* What the box itself says about the moment: `now`, `the station`. */
static bool is_context(const struct prose *p, uint32_t node)
{
    return at(p, node)->op == NODE_VARIABLE && at(p, node)->a == VARIABLE_CONTEXT;
}

void prose_path(const struct prose *p, struct writer *w, uint32_t node, const uint32_t *names,
                uint32_t count)
{
    bool of_context = is_context(p, node);

    if (!of_context)
        prose_operand(p, w, node);
    else if (!text_is(symbols_text(&p->set->symbols, names[0]), "now"))
        put(w, "the ");
    for (uint32_t i = 0; i < count; i++) {
        put(w, i > 0 || !of_context ? "'s " : "");
        write_name(p, w, names[i]);
    }
}

static bool is_tag_function(uint32_t function)
{
    return function == FUNCTION_HAS_TAG || function == FUNCTION_GET_TAG;
}

void prose_tag(const struct prose *p, struct writer *w, uint32_t node, uint32_t key)
{
    prose_operand(p, w, node);
    put(w, at(p, key)->op == NODE_LITERAL ? "'s tag " : "'s tag named by ");
    prose_operand(p, w, key);
}

static void write_call(const struct prose *p, struct writer *w, const struct node *n, bool value)
{
    const struct words *f = words_of(n->a);
    const uint32_t *arguments = &p->set->children.at[n->b];

    put(w, f->before);
    for (uint32_t i = 0; i < n->c; i++) {
        if (i > 0)
            put(w, i > 1 ? " and " : value ? f->between : f->not_between);
        if (i == 1 && is_tag_function(n->a) && at(p, arguments[1])->op != NODE_LITERAL)
            put(w, "named by ");
        prose_operand(p, w, arguments[i]);
    }
    put(w, value ? f->behind : f->not_behind);
}

static void write_list(const struct prose *p, struct writer *w, const struct node *n)
{
    bool names = n->op == NODE_RECORD;

    put(w, names ? "{" : "[");
    for (uint32_t i = 0; i < n->c; i += 1 + names) {
        put(w, i > 0 ? ", " : "");
        if (names) {
            write_name(p, w, p->set->children.at[n->b + i]);
            put(w, ": ");
        }
        prose_operand(p, w, p->set->children.at[n->b + i + names]);
    }
    put(w, names ? "}" : "]");
}

static void write_choice(const struct prose *p, struct writer *w, const struct node *n)
{
    put(w, "(if ");
    prose_condition(p, w, n->a, true);
    put(w, " then ");
    prose_operand(p, w, n->b);
    put(w, ", otherwise ");
    prose_operand(p, w, n->c);
    put(w, ")");
}

void prose_operand(const struct prose *p, struct writer *w, uint32_t node)
{
    const struct node *n = at(p, node);

    switch ((enum node_op)n->op) {
    case NODE_LITERAL:
        write_value(p, w, &p->set->values.at[n->a]);
        break;
    case NODE_VARIABLE:
        write_variable(w, n->a);
        break;
    case NODE_GET:
        prose_path(p, w, n->a, &n->b, 1);
        break;
    case NODE_SET:
    case NODE_RECORD:
        write_list(p, w, n);
        break;
    case NODE_IF:
        write_choice(p, w, n);
        break;
    case NODE_NEGATE:
        put(w, "minus ");
        prose_operand(p, w, n->a);
        break;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
        put(w, "(");
        prose_operand(p, w, n->a);
        put(w, n->op == NODE_ADD ? " plus " : n->op == NODE_SUBTRACT ? " minus " : " times ");
        prose_operand(p, w, n->b);
        put(w, ")");
        break;
    case NODE_CALL:
        if (words_of(n->a)->not_between == NULL) {
            write_call(p, w, n, true);
            break;
        }
        __attribute__((fallthrough));
    default:
        put(w, "(whether ");
        prose_condition(p, w, node, true);
        put(w, ")");
        break;
    }
}

/* ---- what is true or false ---- */

static bool is_time(const struct prose *p, uint32_t node)
{
    const struct node *n = at(p, node);

    if (n->op == NODE_CALL)
        return n->a == FUNCTION_DATETIME || n->a == FUNCTION_OFFSET || n->a == FUNCTION_TO_DATE;
    return n->op == NODE_GET && is_context(p, n->a) &&
           text_is(symbols_text(&p->set->symbols, n->b), "now");
}

static void write_comparison(const struct prose *p, struct writer *w, const struct node *n,
                             bool value)
{
    static const char *const numbers[] = {" is less than ", " is at most ", " is more than ",
                                          " is at least "};
    static const char *const times[] = {" is before ", " is not after ", " is after ",
                                        " is not before "};
    unsigned which = n->op - NODE_LT;

    /* The opposite of < is >=, of <= is >, … */
    prose_operand(p, w, n->a);
    put(w, (is_time(p, n->a) || is_time(p, n->b) ? times : numbers)[value ? which : 3 - which]);
    prose_operand(p, w, n->b);
}

static void write_has(const struct prose *p, struct writer *w, const struct node *n, bool value)
{
    /* principal has a.b: the principal's a has b */
    bool of_context = is_context(p, n->a) && n->c == 1;

    if (of_context)
        put(w, value ? "there is a " : "there is no ");
    else if (n->c > 1)
        prose_path(p, w, n->a, &p->set->children.at[n->b], n->c - 1);
    else
        prose_operand(p, w, n->a);
    if (!of_context)
        put(w, value ? " has " : " has no ");
    write_name(p, w, p->set->children.at[n->b + n->c - 1]);
}

static void write_pattern(const struct prose *p, struct writer *w, uint32_t number)
{
    const struct pattern *pattern = &p->set->patterns.at[number];
    char byte;

    put(w, "\"");
    for (uint32_t i = 0; i < pattern->count; i++) {
        byte = (char)pattern->elements[i];
        if (pattern->elements[i] == PATTERN_ANY)
            put(w, "*");
        else if (byte == '*' || byte == '"' || byte == '\\')
            writer_format(w, "\\%c", byte);
        else if ((uint8_t)byte < ' ' || byte == 0x7f)
            writer_format(w, "\\u{%x}", (uint8_t)byte);
        else
            writer_format(w, "%c", byte);
    }
    put(w, "\"");
}

static void write_is(const struct prose *p, struct writer *w, const struct node *n, bool value)
{
    struct text type = symbols_text(&p->set->symbols, n->b);
    uint32_t skip = p->namespace.length > 0 ? p->namespace.length + 2 : 0;

    prose_operand(p, w, n->a);
    put(w, value ? " is of type " : " is not of type ");
    writer_text(w, (struct text){type.data + skip, type.length - skip});
    if (n->c != 0) {
        put(w, " in ");
        prose_operand(p, w, n->c);
    }
}

static void write_chain(const struct prose *p, struct writer *w, const struct prose_chain *c)
{
    const char *joint = "";

    if (c->count == 0)
        put(w, "a condition that is too long to be put in words; read it in the text");
    for (uint32_t i = 0; i < c->count; i++) {
        struct prose_chain inner;
        if (c->is_folded[i])
            continue;
        bool is_chain = prose_chain(p, c->parts[i].node, c->parts[i].value, &inner);
        put(w, joint);
        put(w, is_chain ? "(" : "");
        prose_condition(p, w, c->parts[i].node, c->parts[i].value);
        put(w, is_chain ? ")" : "");
        joint = c->all ? " and " : " or ";
    }
    if (c->folded > 0) {
        put(w, " (present: ");
        prose_present(p, w, c);
        put(w, ")");
    }
}

/* Anything else that is true or false: an attribute, a choice. */
static void write_plain(const struct prose *p, struct writer *w, uint32_t node, bool value)
{
    const struct node *n = at(p, node);

    if (n->op == NODE_LITERAL && p->set->values.at[n->a].tag == VALUE_BOOL) {
        put(w, (p->set->values.at[n->a].number != 0) == value ? "in every case" : "in no case");
        return;
    }
    prose_operand(p, w, node);
    put(w, value ? " is true" : " is false");
}

void prose_condition(const struct prose *p, struct writer *w, uint32_t node, bool value)
{
    const struct node *n = at(p, node);
    struct prose_chain chain;

    switch ((enum node_op)n->op) {
    case NODE_NOT:
        prose_condition(p, w, n->a, !value);
        break;
    case NODE_AND:
    case NODE_OR:
        prose_chain(p, node, value, &chain);
        write_chain(p, w, &chain);
        break;
    case NODE_EQ:
    case NODE_NE:
    case NODE_IN:
        prose_operand(p, w, n->a);
        put(w, (n->op != NODE_NE) == value ? " is " : " is not ");
        put(w, n->op == NODE_IN ? "in " : "");
        prose_operand(p, w, n->b);
        break;
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        write_comparison(p, w, n, value);
        break;
    case NODE_HAS:
        write_has(p, w, n, value);
        break;
    case NODE_LIKE:
        prose_operand(p, w, n->a);
        put(w, value ? " is like " : " is not like ");
        write_pattern(p, w, n->b);
        break;
    case NODE_IS:
        write_is(p, w, n, value);
        break;
    case NODE_CALL:
        if (words_of(n->a)->not_between != NULL)
            write_call(p, w, n, value);
        else
            write_plain(p, w, node, value);
        break;
    default:
        write_plain(p, w, node, value);
        break;
    }
}

#include "policy/prose.h"

#include <string.h>

#include "policy/lint_set.h"

#define LINE_MAX  4096U /* bytes of one line */
#define SHORT_MAX 90U   /* bytes of a line that needs no list */

/* ---- names ---- */

static struct text symbol(const struct prose *p, uint32_t number)
{
    return symbols_text(&p->set->symbols, number);
}

/* What stands before the last `::`. */
static struct text namespace_of(struct text type)
{
    for (uint32_t i = type.length; i >= 2; i--)
        if (type.data[i - 1] == ':' && type.data[i - 2] == ':')
            return (struct text){type.data, i - 2};
    return (struct text){type.data, 0};
}

/* ${seen} is the namespace of all types so far; false: they differ. */
static bool same_namespace(const struct prose *p, uint32_t type, struct text *seen)
{
    struct text own = namespace_of(symbol(p, type));

    if (seen->data == NULL)
        *seen = own;
    return text_equal(*seen, own);
}

static bool scope_namespace(const struct prose *p, const struct scope *s, struct text *seen)
{
    bool ok = true;

    if (s->kind == SCOPE_IS || s->kind == SCOPE_IS_IN)
        ok = same_namespace(p, s->type, seen);
    if (s->kind == SCOPE_EQ || s->kind == SCOPE_IN || s->kind == SCOPE_IS_IN)
        ok = ok && same_namespace(p, s->uid.type, seen);
    for (uint32_t i = 0; s->kind == SCOPE_IN_SET && i < s->count; i++)
        ok = ok && same_namespace(p, p->set->children.at[s->first + 2 * i], seen);
    return ok;
}

void prose_open(struct prose *p, const struct cedar_policies *set,
                const struct cedar_schema *schema)
{
    struct text seen = {NULL, 0};
    bool same = true;

    *p = (struct prose){.set = set, .schema = schema};
    for (uint32_t i = 0; i < set->policies.count; i++)
        for (int v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
            same = same && scope_namespace(p, &set->policies.at[i].scopes[v], &seen);
    for (uint32_t i = 0; i < set->values.count; i++)
        if (set->values.at[i].tag == VALUE_ENTITY)
            same = same && same_namespace(p, set->values.at[i].uid.type, &seen);
    for (uint32_t i = 1; i < set->nodes.count; i++)
        if (set->nodes.at[i].op == NODE_IS)
            same = same && same_namespace(p, set->nodes.at[i].b, &seen);
    if (same && seen.data != NULL)
        p->namespace = seen;
}

static void write_type(const struct prose *p, struct writer *w, uint32_t type)
{
    struct text t = symbol(p, type);
    uint32_t skip = p->namespace.length > 0 ? p->namespace.length + 2 : 0;

    writer_text(w, (struct text){t.data + skip, t.length - skip});
}

void prose_uid(const struct prose *p, struct writer *w, struct uid uid)
{
    write_type(p, w, uid.type);
    writer_text(w, text_of(" "));
    writer_quoted(w, symbol(p, uid.id));
}

/* ---- the scope ---- */

/* `Role "lead"`, `Person in Role "lead"`; nothing if it is about all. */
static void write_some(const struct prose *p, struct writer *w, const struct scope *s)
{
    if (s->kind == SCOPE_IS || s->kind == SCOPE_IS_IN)
        write_type(p, w, s->type);
    if (s->kind == SCOPE_IS_IN)
        writer_text(w, text_of(" in "));
    if (s->kind == SCOPE_EQ || s->kind == SCOPE_IN || s->kind == SCOPE_IS_IN)
        prose_uid(p, w, s->uid);
}

void prose_principal(const struct prose *p, struct writer *w, const struct scope *scope)
{
    static const char *const before[] = {
        [SCOPE_ANY] = "anyone", [SCOPE_IN] = "anyone in ", [SCOPE_IS] = "any ",
        [SCOPE_IS_IN] = "any ", [SCOPE_EQ] = "",           [SCOPE_IN_SET] = ""};

    writer_text(w, text_of(before[scope->kind]));
    write_some(p, w, scope);
}

static void write_who(const struct prose *p, struct writer *w, const struct scope *s, bool forbids)
{
    static const char *const before[][2] = {[SCOPE_ANY] = {"Anyone", "Nobody"},
                                            [SCOPE_IN] = {"Anyone in ", "Nobody in "},
                                            [SCOPE_IS] = {"Any ", "No "},
                                            [SCOPE_IS_IN] = {"Any ", "No "},
                                            [SCOPE_EQ] = {"", ""},
                                            [SCOPE_IN_SET] = {"", ""}};

    writer_text(w, text_of(before[s->kind][forbids]));
    write_some(p, w, s);
    writer_text(w, text_of(forbids && s->kind == SCOPE_EQ ? " may not" : " may"));
}

/* An action by its id alone, where that is clear. */
static void write_action(const struct prose *p, struct writer *w, struct uid uid)
{
    struct text type = symbol(p, uid.type), own = namespace_of(type);

    if (text_equal(own, p->namespace))
        writer_quoted(w, symbol(p, uid.id));
    else
        prose_uid(p, w, uid);
}

/* The actions of the schema that are in ${uid}, without itself: `any of "a", "b"`. */
static void write_group(const struct prose *p, struct writer *w, struct uid uid)
{
    const struct scope scope = {.kind = SCOPE_IN, .uid = uid};
    unsigned count = 0;

    for (uint32_t i = 0; p->schema != NULL && i < p->schema->actions.count; i++) {
        struct uid a = p->schema->actions.at[i].uid;
        struct text id = symbols_text(&p->schema->symbols, a.id);
        if (!scope_has_action(p->set, p->schema, &scope, i) || text_equal(id, symbol(p, uid.id)))
            continue;
        writer_text(w, text_of(count++ == 0 ? " (with " : ", "));
        writer_quoted(w, id);
    }
    if (p->schema == NULL)
        writer_text(w, text_of(" (with all that is in it)"));
    else if (count > 0)
        writer_text(w, text_of(")"));
}

void prose_schema_action(const struct prose *p, struct writer *w, uint32_t action)
{
    struct uid uid = p->schema->actions.at[action].uid;
    struct text type = symbols_text(&p->schema->symbols, uid.type);

    if (!text_equal(namespace_of(type), p->namespace)) {
        writer_text(w, type);
        writer_text(w, text_of(" "));
    }
    writer_quoted(w, symbols_text(&p->schema->symbols, uid.id));
}

void prose_action(const struct prose *p, struct writer *w, const struct scope *s)
{
    if (s->kind == SCOPE_ANY || (s->kind == SCOPE_IN_SET && s->count == 0))
        writer_text(w, text_of(s->kind == SCOPE_ANY ? "anything" : "nothing at all"));
    if (s->kind == SCOPE_EQ || s->kind == SCOPE_IN)
        write_action(p, w, s->uid);
    if (s->kind == SCOPE_IN)
        write_group(p, w, s->uid);
    for (uint32_t i = 0; s->kind == SCOPE_IN_SET && i < s->count; i++) {
        const uint32_t *pair = &p->set->children.at[s->first + 2 * i];
        writer_text(w, text_of(i == 0 ? "" : i + 1 < s->count ? ", " : " or "));
        write_action(p, w, (struct uid){pair[0], pair[1]});
        if (p->schema != NULL)
            write_group(p, w, (struct uid){pair[0], pair[1]});
    }
    if (s->kind == SCOPE_IN_SET && s->count > 0 && p->schema == NULL)
        writer_text(w, text_of(" (with all that is in them)"));
}

static void write_on(const struct prose *p, struct writer *w, const struct scope *s)
{
    static const char *const before[] = {[SCOPE_ANY] = "anything", [SCOPE_IN] = "anything in ",
                                         [SCOPE_IS] = "any ",      [SCOPE_IS_IN] = "any ",
                                         [SCOPE_EQ] = "",          [SCOPE_IN_SET] = ""};

    writer_text(w, text_of(" on "));
    writer_text(w, text_of(before[s->kind]));
    write_some(p, w, s);
}

void prose_scope(const struct prose *p, struct writer *w, uint32_t number)
{
    const struct policy *policy = &p->set->policies.at[number];

    write_who(p, w, &policy->scopes[VARIABLE_PRINCIPAL], policy->is_forbid);
    writer_text(w, text_of(" do "));
    prose_action(p, w, &policy->scopes[VARIABLE_ACTION]);
    write_on(p, w, &policy->scopes[VARIABLE_RESOURCE]);
}

/* ---- chains ---- */

/* Whether ${node} reads the value that the `has` or `hasTag` at ${guard} asks for. */
static bool reads(const struct prose *p, uint32_t node, uint32_t guard)
{
    const struct node *g = &p->set->nodes.at[guard], *n = &p->set->nodes.at[node];
    const uint32_t *names = &p->set->children.at[g->b];
    uint32_t inner;

    if (g->op == NODE_HAS && node_is_path(p->set, node, g->a, names, g->c))
        return true;
    if (g->op == NODE_CALL && n->op == NODE_CALL && n->a == FUNCTION_GET_TAG &&
        node_equal(p->set, names[0], p->set->children.at[n->b]) &&
        node_equal(p->set, names[1], p->set->children.at[n->b + 1]))
        return true;
    for (uint32_t i = 0; (inner = node_child(p->set, node, i)) != 0; i++)
        if (reads(p, inner, guard))
            return true;
    return false;
}

static bool add_parts(const struct prose *p, uint32_t node, bool value, bool all,
                      struct prose_chain *c)
{
    const struct node *n = &p->set->nodes.at[node];
    bool is_chain = n->op == NODE_AND || n->op == NODE_OR;

    if (n->op == NODE_NOT)
        return add_parts(p, n->a, !value, all, c);
    if (is_chain && ((n->op == NODE_AND) == value) == all) {
        for (uint32_t i = 0; i < n->c; i++)
            if (!add_parts(p, p->set->children.at[n->b + i], value, all, c))
                return false;
        return true;
    }
    if (c->count == PROSE_PARTS_MAX)
        return false;
    c->parts[c->count++] = (struct prose_part){node, value};
    return true;
}

static void fold(const struct prose *p, struct prose_chain *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct node *n = &p->set->nodes.at[c->parts[i].node];
        if (!c->parts[i].value ||
            (n->op != NODE_HAS && (n->op != NODE_CALL || n->a != FUNCTION_HAS_TAG)))
            continue;
        for (uint32_t k = i + 1; k < c->count && !c->is_folded[i]; k++)
            c->is_folded[i] = reads(p, c->parts[k].node, c->parts[i].node);
        c->folded += c->is_folded[i];
    }
}

bool prose_chain(const struct prose *p, uint32_t node, bool value, struct prose_chain *ret)
{
    const struct node *n = &p->set->nodes.at[node];

    while (n->op == NODE_NOT) {
        value = !value;
        node = n->a;
        n = &p->set->nodes.at[node];
    }
    if (n->op != NODE_AND && n->op != NODE_OR)
        return false;
    memset(ret, 0, sizeof *ret);
    ret->all = (n->op == NODE_AND) == value;
    if (!add_parts(p, node, value, ret->all, ret))
        ret->count = 0;
    else if (ret->all)
        fold(p, ret);
    return true;
}

void prose_present(const struct prose *p, struct writer *w, const struct prose_chain *chain)
{
    const char *comma = "";

    for (uint32_t i = 0; i < chain->count; i++) {
        const struct node *n = &p->set->nodes.at[chain->parts[i].node];
        if (!chain->is_folded[i])
            continue;
        writer_text(w, text_of(comma));
        comma = ", ";
        if (n->op == NODE_HAS)
            prose_path(p, w, n->a, &p->set->children.at[n->b], n->c);
        else
            prose_tag(p, w, p->set->children.at[n->b], p->set->children.at[n->b + 1]);
    }
}

/* ---- conditions, line by line ---- */

struct lines {
    const struct prose *prose;
    void (*line)(void *context, unsigned depth, const char *text);
    void *context;
    char text[LINE_MAX];
    struct writer w;
};

static void begin_line(struct lines *l, const char *text)
{
    l->w = (struct writer){l->text, sizeof l->text, 0};
    writer_text(&l->w, text_of(text));
}

/* A line that was cut would say something else than the policy. */
static void end_line(struct lines *l, unsigned depth)
{
    bool is_cut = l->w.at + 4 >= l->w.size;

    l->line(l->context, depth,
            is_cut ? "a condition that is too long to be put in words; read it in the text"
                   : l->text);
}

static void write_lines(struct lines *l, const char *before, uint32_t node, bool value,
                        unsigned depth);

static void write_present(struct lines *l, const char *before, const struct prose_chain *c,
                          unsigned depth)
{
    if (c->folded == 0)
        return;
    begin_line(l, before);
    prose_present(l->prose, &l->w, c);
    end_line(l, depth);
}

static void write_parts(struct lines *l, const struct prose_chain *c, unsigned depth)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (!c->is_folded[i])
            write_lines(l, "", c->parts[i].node, c->parts[i].value, depth);
    write_present(l, "present: ", c, depth);
}

/* The only part that is not folded, or NULL. */
static const struct prose_part *only_part(const struct prose_chain *c)
{
    uint32_t i = 0;

    if (c->count == 0 || c->count - c->folded != 1)
        return NULL;
    while (c->is_folded[i])
        i++;
    return &c->parts[i];
}

/* Whether a chain in a list is best read as one line. */
static bool is_short(struct lines *l, uint32_t node, bool value, unsigned depth)
{
    char text[SHORT_MAX + 8] = "";
    struct writer w = {text, sizeof text, 0};
    struct span span = l->prose->set->spans.at[node];

    if (depth == 0 || span.end - span.start > 4 * SHORT_MAX)
        return false;
    prose_condition(l->prose, &w, node, value);
    return w.at <= SHORT_MAX;
}

static void write_lines(struct lines *l, const char *before, uint32_t node, bool value,
                        unsigned depth)
{
    struct prose_chain c, inner;
    bool is_chain = prose_chain(l->prose, node, value, &c) && c.count > 0;
    const struct prose_part *only = is_chain ? only_part(&c) : NULL;

    /* Behind the heading of a policy; in a list it would read as one more of its points. */
    if (depth == 0 && only != NULL && prose_chain(l->prose, only->node, only->value, &inner)) {
        write_lines(l, before, only->node, only->value, depth);
        write_present(l, "and present: ", &c, depth);
        return;
    }
    begin_line(l, before);
    if (!is_chain || only != NULL || is_short(l, node, value, depth)) {
        prose_condition(l->prose, &l->w, node, value);
        end_line(l, depth);
        return;
    }
    writer_text(&l->w, text_of(c.all ? "all of these hold:" : "at least one of these holds:"));
    end_line(l, depth);
    write_parts(l, &c, depth + 1);
}

void prose_conditions(const struct prose *p, uint32_t number,
                      void (*line)(void *context, unsigned depth, const char *text), void *context)
{
    static const char *const words[2][2][2] = {
        {{"if ", "but not if "}, {"and if ", "and not if "}},
        {{"if ", "unless "}, {"and if ", "or unless "}},
    };
    const struct policy *policy = &p->set->policies.at[number];
    struct lines l = {.prose = p, .line = line, .context = context};

    for (uint32_t i = 0; i < policy->clause_count; i++) {
        const struct clause *c = &p->set->clauses.at[policy->clause_first + i];
        bool again = i > 0 && c[-1].is_unless == c->is_unless;
        write_lines(&l, words[policy->is_forbid][again][c->is_unless], c->node, true, 0);
    }
}

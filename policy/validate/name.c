#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"
#include "policy/validate/check.h"

#define SUGGESTED_MAX 4096U /* names that are looked at for a suggestion */
#define HELP_MAX      160

uint32_t check_entity_type(const struct check *c, uint32_t symbol)
{
    uint32_t name = c->names[symbol];

    return name < c->schema->symbols.count ? c->schema->entity_type_of[name] : UINT32_MAX;
}

uint32_t check_action(const struct check *c, struct uid uid)
{
    const struct cedar_schema *s = c->schema;
    uint32_t type = c->names[uid.type], id = c->names[uid.id], low = 0, high = s->actions.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct uid at = s->actions.at[s->action_order[middle]].uid;
        if (at.type == type && at.id == id)
            return s->action_order[middle];
        if (at.type < type || (at.type == type && at.id < id))
            low = middle + 1;
        else
            high = middle;
    }
    return UINT32_MAX;
}

/* The last name of a path. */
static struct text last_name(struct text path)
{
    for (uint32_t i = path.length; i > 0; i--)
        if (path.data[i - 1] == ':')
            return (struct text){path.data + i, path.length - i};
    return path;
}

/* ---- what was probably meant ---- */

struct suggestion {
    const char **names;
    size_t count;
    char help[HELP_MAX];
};

static void suggestion_open(struct suggestion *s)
{
    *s = (struct suggestion){.names = malloc(SUGGESTED_MAX * sizeof *s->names)};
}

static void suggestion_add(struct suggestion *s, struct text name)
{
    if (s->names != NULL && s->count < SUGGESTED_MAX)
        s->names[s->count++] = name.data;
}

static const char *suggestion_close(struct check *c, struct suggestion *s, struct text wrong,
                                    const char *type)
{
    const char *meant =
        s->count == 0 || wrong.length < 2 ? NULL : nearest(wrong, s->names, s->count);

    c->work += 32 * s->count;
    free(s->names);
    if (meant == NULL)
        return NULL;
    snprintf(s->help, sizeof s->help,
             type == NULL ? "did you mean `%s`?" : "did you mean %2$s::\"%1$s\"?", meant, type);
    return s->help;
}

static void report_entity_type(struct check *c, uint32_t symbol, struct span span)
{
    const struct cedar_schema *schema = c->schema;
    struct text wrong = symbols_text(&c->policies->symbols, symbol);
    const char *help = NULL;
    struct suggestion s;

    c->work += schema->entity_types.count;
    suggestion_open(&s);
    for (uint32_t i = 0; i < schema->entity_types.count; i++) {
        struct text name = symbols_text(&schema->symbols, schema->entity_types.at[i].name);
        suggestion_add(&s, name);
        if (help == NULL && text_equal(last_name(name), last_name(wrong))) {
            snprintf(s.help, sizeof s.help, "did you mean `%s`?", name.data);
            help = s.help;
        }
    }
    if (help == NULL)
        help = suggestion_close(c, &s, wrong, NULL);
    else
        free(s.names);
    check_report(c, CEDAR_ERR_UNKNOWN, span, help, "the schema has no entity type `%s`",
                 wrong.data);
}

static void report_action(struct check *c, struct uid uid, struct span span)
{
    const struct cedar_schema *schema = c->schema;
    struct text type = symbols_text(&c->policies->symbols, uid.type),
                id = symbols_text(&c->policies->symbols, uid.id);
    const char *help = NULL;
    struct suggestion s;

    c->work += schema->actions.count;
    suggestion_open(&s);
    for (uint32_t i = 0; i < schema->actions.count; i++) {
        struct uid known = schema->actions.at[i].uid;
        struct text its_type = symbols_text(&schema->symbols, known.type),
                    its_id = symbols_text(&schema->symbols, known.id);
        if (text_equal(its_type, type))
            suggestion_add(&s, its_id);
        if (help == NULL && text_equal(its_id, id)) {
            snprintf(s.help, sizeof s.help, "did you mean %s::\"%s\"?", its_type.data, its_id.data);
            help = s.help;
        }
    }
    if (help == NULL)
        help = suggestion_close(c, &s, id, type.data);
    else
        free(s.names);
    check_report(c, CEDAR_ERR_UNKNOWN, span, help, "the schema has no action %s::\"%s\"", type.data,
                 id.data);
}

static void check_enum(struct check *c, const struct schema_entity_type *type, struct uid uid,
                       struct span span)
{
    const struct cedar_schema *schema = c->schema;
    struct text id = symbols_text(&c->policies->symbols, uid.id);
    struct suggestion s;

    c->work += type->ids.count;
    for (uint32_t i = 0; i < type->ids.count; i++)
        if (schema->numbers.at[type->ids.first + i] == c->names[uid.id])
            return;
    suggestion_open(&s);
    for (uint32_t i = 0; i < type->ids.count; i++)
        suggestion_add(&s, symbols_text(&schema->symbols, schema->numbers.at[type->ids.first + i]));
    struct text name = symbols_text(&schema->symbols, type->name);
    const char *help = suggestion_close(c, &s, id, name.data);
    check_report(c, CEDAR_ERR_UNKNOWN, span, help, "`%s` lists all its ids, and \"%s\" is not one",
                 name.data, id.data);
}

/* ---- every name in a policy, also where it is never evaluated ---- */

static void check_type_name(struct check *c, uint32_t symbol, struct span span)
{
    if (!is_action_type(symbols_text(&c->policies->symbols, symbol)) &&
        check_entity_type(c, symbol) == UINT32_MAX)
        report_entity_type(c, symbol, span);
}

static void check_uid(struct check *c, struct uid uid, struct span span)
{
    if (is_action_type(symbols_text(&c->policies->symbols, uid.type))) {
        if (check_action(c, uid) == UINT32_MAX)
            report_action(c, uid, span);
        return;
    }
    uint32_t type = check_entity_type(c, uid.type);
    if (type == UINT32_MAX)
        report_entity_type(c, uid.type, span);
    else if (c->schema->entity_types.at[type].is_enum)
        check_enum(c, &c->schema->entity_types.at[type], uid, span);
}

/* Whether the entity exists as far as the schema can tell; then nothing is to be reported. */
static bool is_known_uid(struct check *c, struct uid uid)
{
    if (is_action_type(symbols_text(&c->policies->symbols, uid.type)))
        return check_action(c, uid) != UINT32_MAX;
    uint32_t type = check_entity_type(c, uid.type);
    return type != UINT32_MAX && !c->schema->entity_types.at[type].is_enum;
}

static void check_part(struct check *c, const struct scope *scope)
{
    if (scope->kind == SCOPE_IS || scope->kind == SCOPE_IS_IN)
        check_type_name(c, scope->type, check_path_span(c, scope->span, 0));
    if (scope->kind == SCOPE_EQ || scope->kind == SCOPE_IN || scope->kind == SCOPE_IS_IN)
        check_uid(c, scope->uid,
                  check_path_span(c, scope->span, scope->kind == SCOPE_IS_IN ? 1 : 0));
    for (uint32_t i = 0; scope->kind == SCOPE_IN_SET && i < scope->count; i++) {
        struct uid uid = check_scope_uid(c, scope, i);
        c->work++;
        if (check_stopped(c))
            break;
        if (!is_known_uid(c, uid)) /* only then is its place looked for, from the first on */
            check_uid(c, uid, check_path_span(c, scope->span, i));
    }
}

static void walk(struct check *c, uint32_t node);

static void walk_children(struct check *c, const struct node *n)
{
    uint32_t step = n->op == NODE_RECORD ? 2 : 1;

    for (uint32_t i = step - 1; i < n->c; i += step)
        walk(c, c->policies->children.at[n->b + i]);
}

/* Not deeper than the nodes are high, which CEDAR_HEIGHT_MAX bounds. */
static void walk(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];

    c->work++;
    if (check_stopped(c))
        return;
    switch ((enum node_op)n->op) {
    case NODE_NONE:
    case NODE_VARIABLE:
        break;
    case NODE_LITERAL: {
        const struct cedar_value *v = &c->policies->values.at[n->a];
        if (v->tag == VALUE_ENTITY)
            check_uid(c, (struct uid){v->uid.type, v->uid.id}, c->policies->spans.at[node]);
        break;
    }
    case NODE_AND:
    case NODE_OR:
    case NODE_CALL:
    case NODE_SET:
    case NODE_RECORD:
        walk_children(c, n);
        break;
    case NODE_IF:
        walk(c, n->a);
        walk(c, n->b);
        walk(c, n->c);
        break;
    case NODE_IS:
        check_type_name(c, n->b, check_member_span(c, node));
        walk(c, n->a);
        if (n->c != 0)
            walk(c, n->c);
        break;
    case NODE_NOT:
    case NODE_NEGATE:
    case NODE_GET:
    case NODE_HAS:
    case NODE_LIKE:
        walk(c, n->a);
        break;
    default:
        walk(c, n->a);
        walk(c, n->b);
        break;
    }
}

void check_scope_names(struct check *c, const struct policy *policy)
{
    for (enum variable v = VARIABLE_PRINCIPAL; v <= VARIABLE_RESOURCE; v++)
        check_part(c, &policy->scopes[v]);
}

void check_names(struct check *c, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->clause_count; i++)
        walk(c, c->policies->clauses.at[policy->clause_first + i].node);
}

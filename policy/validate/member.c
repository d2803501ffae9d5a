#include <stdio.h>
#include <stdlib.h>

#include "policy/parse.h"
#include "policy/validate/check.h"

#define SUGGESTED_MAX 256U

/* What an attribute is asked of, in words. */
static void write_owner(const struct check *c, uint32_t node, uint32_t type, char *out, size_t size)
{
    const struct node *n = &c->policies->nodes.at[node];
    struct writer w = {out, size, 0};

    out[0] = '\0';
    if (n->op == NODE_VARIABLE && n->a == VARIABLE_CONTEXT) {
        struct uid uid = c->schema->actions.at[c->action].uid;
        writer_text(&w, text_of("the context of "));
        writer_text(&w, check_name(c, uid.type));
        writer_text(&w, text_of("::"));
        writer_quoted(&w, check_name(c, uid.id));
        return;
    }
    if (typing_is_record(&c->typing, type)) {
        writer_text(&w, text_of("the record "));
        writer_text(&w, policies_text(c->policies, c->policies->spans.at[node]));
        return;
    }
    typing_write(&w, &c->typing, type);
}

/* Whether the principal or resource ${node} may be of several types; what to write then. */
static const char *help_to_narrow(const struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];

    if (n->op != NODE_VARIABLE || n->a == VARIABLE_ACTION || n->a == VARIABLE_CONTEXT)
        return NULL;
    enum scope_kind kind = c->policies->policies.at[c->policy].scopes[n->a].kind;
    if (kind == SCOPE_EQ || kind == SCOPE_IS || kind == SCOPE_IS_IN)
        return NULL;
    return n->a == VARIABLE_PRINCIPAL
               ? "the scope admits such principals; if others are meant, write `principal is …`"
               : "the scope admits such resources; if others are meant, write `resource is …`";
}

static void report_no_attribute(struct check *c, uint32_t node, uint32_t type, uint32_t name)
{
    static const char no_attribute[] = "%s has no attribute `%s`";
    struct span span = check_member_span(c, node);
    struct schema_type record = typing_at(&c->typing, typing_shape(&c->typing, type));
    uint32_t base = c->policies->nodes.at[node].a;
    struct text wrong = check_name(c, name);
    const char *names[SUGGESTED_MAX], *meant = NULL, *help = help_to_narrow(c, base);
    char owner[100], words[120];
    size_t count = 0;

    if (check_is_reported(c, span, no_attribute))
        return;
    for (uint32_t i = record.a; record.kind == TYPE_RECORD && i < record.b; i++)
        if (count < SUGGESTED_MAX)
            names[count++] = check_name(c, c->typing.attributes.at[i].name).data;
    c->work += 32 * count;
    if (count != 0 && wrong.length > 1)
        meant = nearest(wrong, names, count);
    if (meant != NULL) {
        snprintf(words, sizeof words, "did you mean `%s`?", meant);
        help = words;
    }
    write_owner(c, base, type, owner, sizeof owner);
    check_report(c, CEDAR_ERR_UNKNOWN, span, help, no_attribute, owner, wrong.data);
}

/* Whether attributes may be asked of ${type}, the type of ${node}. */
static bool has_members(struct check *c, struct span span, uint32_t type)
{
    char got[80];

    if (typing_is_entity(&c->typing, type) || typing_is_record(&c->typing, type))
        return true;
    check_report(c, CEDAR_ERR_CONFORM, span,
                 typing_is_set(&c->typing, type) ? "a set is asked with contains()" : NULL,
                 "only entities and records have attributes, this is %s",
                 check_type_text(c, type, got, sizeof got));
    return false;
}

uint32_t check_get(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t type = check_value(c, n->a), name = c->names[n->b];
    char owner[100];

    if (type == KNOWN_NONE || !has_members(c, c->policies->spans.at[n->a], type))
        return KNOWN_NONE;
    const struct schema_attribute *found =
        typing_attribute(&c->typing, typing_shape(&c->typing, type), name);
    if (found == NULL) {
        report_no_attribute(c, node, type, name);
        return KNOWN_NONE;
    }
    if (!found->is_required && !check_is_known(c, shapes_of(&c->shapes, node))) {
        write_owner(c, n->a, type, owner, sizeof owner);
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
                     "make sure of it before: write `… has … && …`, with the same words",
                     "`%s` may be missing in %s", check_name(c, name).data, owner);
    }
    return found->type;
}

/*
 * One step of `x has a.b.c`, where ${type} has been reached and ${shape} is that
 * of x.a.b.c up to the name asked for.  Whether a record has what it must have is
 * known; an entity may not exist.
 */
static uint32_t type_of_has(struct check *c, uint32_t type, uint32_t shape,
                            const struct schema_attribute *found)
{
    if (found == NULL)
        return KNOWN_FALSE;
    if (check_is_known(c, shape) || (found->is_required && typing_is_record(&c->typing, type)))
        return KNOWN_TRUE;
    return KNOWN_BOOL;
}

uint32_t check_has(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t type = check_value(c, n->a), shape = shapes_of(&c->shapes, n->a);
    struct check_chain chain = check_and_begin(c);

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t name = c->policies->children.at[n->b + i];
        if (type == KNOWN_NONE ||
            !has_members(c, c->policies->spans.at[i == 0 ? n->a : node], type)) {
            chain.type = KNOWN_NONE;
            break;
        }
        const struct schema_attribute *found =
            typing_attribute(&c->typing, typing_shape(&c->typing, type), c->names[name]);
        shape = shapes_get(&c->shapes, shape, name);
        uint32_t has = type_of_has(c, type, shape, found);
        type = found == NULL ? KNOWN_NONE : found->type;
        if (found != NULL)
            check_sure(c, shape);
        c->work++;
        if (c->error != 0 || !check_and_next(c, &chain, has))
            break;
    }
    check_and_end(c, &chain);
    return chain.type == KNOWN_NONE ? KNOWN_BOOL : chain.type;
}

/* ---- tags ---- */

static uint32_t tag_type(struct check *c, uint32_t type)
{
    struct schema_type of = typing_at(&c->typing, type);

    return of.kind == TYPE_ENTITY
               ? typing_from_schema(&c->typing, c->schema->entity_types.at[of.a].tags)
               : KNOWN_NONE;
}

static void report_tag(struct check *c, uint32_t node, uint32_t type, bool has_tags)
{
    char owner[100];

    check_type_text(c, type, owner, sizeof owner);
    if (has_tags)
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
                     "make sure of it before: write `x.hasTag(k) && …`, with the same x and k",
                     "this tag may be missing in %s", owner);
    else
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node], NULL,
                     "entities of type %s have no tags", owner);
}

uint32_t check_tag(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    const uint32_t *argument = &c->policies->children.at[n->b];
    bool is_get = n->a == FUNCTION_GET_TAG;
    uint32_t type = check_value(c, argument[0]);
    char got[80];

    if (type != KNOWN_NONE && !typing_is_entity(&c->typing, type)) {
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[argument[0]], NULL,
                     "only entities have tags, this is %s",
                     check_type_text(c, type, got, sizeof got));
        type = KNOWN_NONE;
    }
    check_wanted(c, argument[1], KNOWN_STRING);
    if (type == KNOWN_NONE)
        return is_get ? KNOWN_NONE : KNOWN_BOOL;
    uint32_t tag = tag_type(c, type);
    uint32_t shape = shapes_tag(&c->shapes, shapes_of(&c->shapes, argument[0]),
                                shapes_of(&c->shapes, argument[1]));
    bool is_known = check_is_known(c, shape);
    if (is_get) {
        if (!is_known || tag == KNOWN_NONE)
            report_tag(c, node, type, tag != KNOWN_NONE);
        return tag;
    }
    check_sure(c, shape);
    return tag == KNOWN_NONE ? KNOWN_FALSE : is_known ? KNOWN_TRUE : KNOWN_BOOL;
}

/* ---- sets and records ---- */

uint32_t check_set(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    uint32_t all = KNOWN_NONE;
    bool is_whole = true;
    char one[80], other[80];

    for (uint32_t i = 0; i < n->c; i++) {
        uint32_t element = c->policies->children.at[n->b + i], type = check_value(c, element);
        is_whole = is_whole && type != KNOWN_NONE;
        if (!is_whole)
            continue;
        uint32_t joined = i == 0 ? type : typing_join(&c->typing, all, type);
        if (joined == KNOWN_NONE && c->typing.error == 0)
            check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[element],
                         "the elements of a set are of one type",
                         "this element is %s, those before it are %s",
                         check_type_text(c, type, one, sizeof one),
                         check_type_text(c, all, other, sizeof other));
        is_whole = joined != KNOWN_NONE;
        all = joined;
    }
    if (n->c == 0)
        check_report(c, CEDAR_ERR_CONFORM, c->policies->spans.at[node],
                     "whether a set is empty is asked by x.isEmpty()",
                     "an empty set has no type, so it may not be written");
    return is_whole && n->c != 0 ? typing_set(&c->typing, all) : KNOWN_NONE;
}

uint32_t check_record(struct check *c, uint32_t node)
{
    const struct node *n = &c->policies->nodes.at[node];
    struct schema_attribute *fields = calloc((size_t)n->c / 2 + 1, sizeof *fields);
    uint32_t type = KNOWN_NONE;
    bool is_whole = true;

    if (fields == NULL) {
        c->error = CEDAR_ERR_MEMORY;
        return KNOWN_NONE;
    }
    for (uint32_t i = 0; i < n->c / 2; i++) {
        const uint32_t *field = &c->policies->children.at[n->b + 2 * i];
        fields[i] = (struct schema_attribute){
            .name = c->names[field[0]], .type = check_value(c, field[1]), .is_required = true};
        is_whole = is_whole && fields[i].type != KNOWN_NONE;
    }
    if (is_whole)
        type = typing_record(&c->typing, fields, n->c / 2);
    free(fields);
    return type;
}

#ifndef POLICY_PROSE_H
#define POLICY_PROSE_H

#include "policy/schema/schema.h"

/*
 * Policies in plain English, to be read beside their text.  Nothing is left
 * out but the `has` in front of a value that is read behind it: such values are
 * named once as those that must be present.
 */
struct prose {
    const struct cedar_policies *set;
    const struct cedar_schema *schema; /* or NULL: then it is not said what is in a group */
    struct text namespace;             /* that all types are in and that is left out; or empty */
};

void prose_open(struct prose *p, const struct cedar_policies *set,
                const struct cedar_schema *schema);

/* prose_uid(p, w, uid): An entity, such as `Role "lead"`. */
void prose_uid(const struct prose *p, struct writer *w, struct uid uid);

/* prose_scope(p, w, number): Who may, or may not, do what on what. */
void prose_scope(const struct prose *p, struct writer *w, uint32_t number);

/* prose_principal(p, w, scope), prose_action(p, w, scope): Who, or what, a scope is about. */
void prose_principal(const struct prose *p, struct writer *w, const struct scope *scope);
void prose_action(const struct prose *p, struct writer *w, const struct scope *scope);

/* prose_schema_action(p, w, action): That action of the schema. */
void prose_schema_action(const struct prose *p, struct writer *w, uint32_t action);

/*
 * prose_conditions(p, number, line, context):
 * Hand the policy's conditions to ${line}, one after the other; a line stands
 * under the last one before it with a smaller ${depth}.
 */
void prose_conditions(const struct prose *p, uint32_t number,
                      void (*line)(void *context, unsigned depth, const char *text), void *context);

/* prose_condition(p, w, node, value): On one line, that the expression is ${value}. */
void prose_condition(const struct prose *p, struct writer *w, uint32_t node, bool value);

/* prose_operand(p, w, node): On one line, the value of an expression. */
void prose_operand(const struct prose *p, struct writer *w, uint32_t node);

/* prose_path(p, w, node, names, count): The value at the path of ${names} from ${node}. */
void prose_path(const struct prose *p, struct writer *w, uint32_t node, const uint32_t *names,
                uint32_t count);

/* prose_tag(p, w, node, key): The tag ${key} of ${node}. */
void prose_tag(const struct prose *p, struct writer *w, uint32_t node, uint32_t key);

/* One of the expressions that a && or || joins; ${value} is what it is held to be. */
struct prose_part {
    uint32_t node;
    bool value;
};

/*
 * The parts of a chain.  ${is_folded}: it asks for a value that a later part
 * reads.  ${count} 0: it is too long to be put in words.
 */
#define PROSE_PARTS_MAX 128U
struct prose_chain {
    bool all; /* all must hold; otherwise at least one */
    uint32_t count, folded;
    struct prose_part parts[PROSE_PARTS_MAX];
    bool is_folded[PROSE_PARTS_MAX];
};

/* prose_chain(p, node, value, ret): Take it apart; false if it is no chain. */
bool prose_chain(const struct prose *p, uint32_t node, bool value, struct prose_chain *ret);

/* prose_present(p, w, chain): The values that the folded parts ask for, with commas. */
void prose_present(const struct prose *p, struct writer *w, const struct prose_chain *chain);

#endif

#ifndef POLICY_VALIDATE_CHECK_H
#define POLICY_VALIDATE_CHECK_H

#include "policy/validate/shape.h"
#include "policy/validate/typing.h"

#define CHECK_FINDINGS_MAX 64U /* about one policy; it is not looked at further then */

/* One finding, before it is handed out. */
struct check_finding {
    struct span span;
    const char *format; /* the same mistake at the same place has the same */
    struct cedar_finding finding;
};

/*
 * A validation under way: one policy at a time, and of that one request
 * environment at a time, that is an action with a type of principal and a type of
 * resource that it applies to.
 */
struct check {
    const struct cedar_policies *policies;
    const struct cedar_schema *schema;
    struct typing typing;
    struct shapes shapes;
    uint32_t *names; /* by symbol of ${policies}: its number in ${typing}.names */

    uint32_t policy;
    struct check_finding *findings;
    uint32_t finding_count;
    bool has_error; /* the policy does not validate */

    uint32_t action;           /* number of the action */
    uint32_t variable_type[4]; /* by enum variable */

    /*
     * What the expression last typed has made sure of if it is true: shapes, from
     * where its caller saw the end of this list.
     */
    ARRAY(uint32_t) sure;
    unsigned depth;
    uint64_t work;
    int error; /* CEDAR_ERR_LIMIT or CEDAR_ERR_MEMORY: stop */
};

/* ---- what was found (finding.c) ---- */

/*
 * check_report(c, code, span, help, format, …):
 * The policy has a mistake at ${span}; ${code} 0: it is a warning only.  What
 * stands there already, from another environment, is not repeated.
 */
void check_report(struct check *c, int code, struct span span, const char *help, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));
/* check_is_reported(c, span, format): Whether that stands there already. */
bool check_is_reported(struct check *c, struct span span, const char *format);
/* check_stopped(c): Whether to look no further at this policy, also because of a limit. */
bool check_stopped(struct check *c);
/* check_type_text(c, type, out, size): ${type} for people.  ${out}. */
const char *check_type_text(const struct check *c, uint32_t type, char *out, size_t size);
/* check_path_span(c, span, number): Where in ${span} the type name, or entity, number stands. */
struct span check_path_span(const struct check *c, struct span span, uint32_t number);
/* check_member_span(c, node): The name behind the base of x.name, x["name"], x is Name. */
struct span check_member_span(const struct check *c, uint32_t node);
/* check_name(c, number): The text of a name of ${typing}. */
struct text check_name(const struct check *c, uint32_t number);

/* ---- names (name.c) ---- */

/* check_entity_type(c, symbol), check_action(c, uid): Its number in the schema, or UINT32_MAX. */
uint32_t check_entity_type(const struct check *c, uint32_t symbol);
uint32_t check_action(const struct check *c, struct uid uid);
/*
 * check_scope_names(c, policy), check_names(c, policy):
 * Report every type, action and enum's id that does not exist: in the scope, in
 * the conditions, there also where nothing is ever evaluated.
 */
void check_scope_names(struct check *c, const struct policy *policy);
void check_names(struct check *c, const struct policy *policy);

/* ---- the scope (scope.c) ---- */

/* check_scope_uid(c, scope, i): Entity ${i} of `action in [ … ]`. */
struct uid check_scope_uid(const struct check *c, const struct scope *scope, uint32_t i);

/*
 * check_scope_entity(c, scope, entity_type), check_scope_action(c, scope):
 * What is known of a part of the scope when the principal or resource is of that
 * type, or the action is that of the environment: a type of boolean.
 */
uint32_t check_scope_entity(const struct check *c, const struct scope *scope, uint32_t entity_type);
uint32_t check_scope_action(struct check *c, const struct scope *scope);
/* check_scope(c, policy): Report a scope that fits no action of the schema. */
void check_scope(struct check *c, const struct policy *policy);
/* check_scope_list(c, scope): Report what is wrong with `action in [ … ]` itself. */
void check_scope_list(struct check *c, const struct scope *scope);

/* ---- expressions (expression.c and the others) ---- */

/*
 * check_expression(c, node):
 * The type of the expression in this environment, KNOWN_NONE if it has none.
 * Every mistake is reported.  What it makes sure of is added to ${c}->sure.
 */
uint32_t check_expression(struct check *c, uint32_t node);
/* check_boolean(c, node): Likewise, and a mistake if it is no boolean. */
uint32_t check_boolean(struct check *c, uint32_t node);
/* check_value(c, node): Likewise, of any type, and it makes sure of nothing. */
uint32_t check_value(struct check *c, uint32_t node);
/* check_wanted(c, node, type): Likewise, and a mistake if it is of another type. */
uint32_t check_wanted(struct check *c, uint32_t node, uint32_t type);
/* check_clauses(c, policy): The type of all conditions of the policy. */
uint32_t check_clauses(struct check *c, const struct policy *policy);

/*
 * check_and_begin(c, …), check_and_next(c, …), check_and_end(c, …):
 * A chain of && from the left.  After each operand was typed, the next is typed
 * in the knowledge of it; false: what follows can never be evaluated.
 */
struct check_chain {
    uint32_t type;
    uint32_t first, known; /* of ${sure}: where the chain begins, up to where it is known */
};
struct check_chain check_and_begin(const struct check *c);
bool check_and_next(struct check *c, struct check_chain *chain, uint32_t type);
uint32_t check_and_end(struct check *c, struct check_chain *chain);

/* check_sure(c, shape): ${shape} is made sure of. */
void check_sure(struct check *c, uint32_t shape);
bool check_is_known(const struct check *c, uint32_t shape);

uint32_t check_not(uint32_t type);
uint32_t check_relation(struct check *c, uint32_t node);
uint32_t check_in(struct check *c, uint32_t left_node, uint32_t left, uint32_t right_node);
uint32_t check_is(struct check *c, uint32_t node);
uint32_t check_get(struct check *c, uint32_t node);
uint32_t check_has(struct check *c, uint32_t node);
uint32_t check_tag(struct check *c, uint32_t node);
uint32_t check_set(struct check *c, uint32_t node);
uint32_t check_record(struct check *c, uint32_t node);
uint32_t check_call(struct check *c, uint32_t node);

#endif

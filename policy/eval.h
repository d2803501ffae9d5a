#ifndef POLICY_EVAL_H
#define POLICY_EVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ast.h"
#include "policy/entity.h"

/* FAULT(kind, text): what can go wrong in an evaluation. */
#define FAULT_LIST(FAULT)                                                                          \
    FAULT(FAULT_NONE, "no error")                                                                  \
    FAULT(FAULT_TYPE, "wrong type")                                                                \
    FAULT(FAULT_OVERFLOW, "the result is too large for a number")                                  \
    FAULT(FAULT_NO_ATTRIBUTE, "there is no such attribute")                                        \
    FAULT(FAULT_NO_TAG, "there is no such tag")                                                    \
    FAULT(FAULT_NO_ENTITY, "there is no such entity")                                              \
    FAULT(FAULT_EXTENSION, "the text is not well-formed")                                          \
    FAULT(FAULT_ARGUMENTS, "wrong number of arguments")                                            \
    FAULT(FAULT_MEMORY, "the decision needs more memory than it was given")

enum fault_kind {
#define FAULT(kind, text) kind,
    FAULT_LIST(FAULT)
#undef FAULT
};

struct fault {
    enum fault_kind kind;
    uint32_t node;      /* where */
    const char *wanted; /* FAULT_TYPE: what was needed */
    enum value_tag got; /* FAULT_TYPE: what was there */
    uint32_t symbol;    /* FAULT_NO_ATTRIBUTE, FAULT_NO_TAG: which */
};

/* An entity that was looked up; a request comes back to the same few again and again. */
struct eval_memo {
    struct uid uid;
    bool known;
    const struct entity *entity; /* NULL: there is none */
};

#define EVAL_MEMOS 8U

/* What a variable stands for, and what is known of that entity or record. */
struct eval_place {
    const struct cedar_value *value;
    const struct entity *entity; /* NULL: there is none, or the context */
    const struct value_field *fields;
    uint32_t count;
};

/* What is known of the paths of the set, by row of ${paths}. */
enum path_state { PATH_UNKNOWN, PATH_ABSENT, PATH_ERRS, PATH_FOUND };

struct eval_paths {
    uint8_t states[PATHS_MAX];
    struct eval_place places[PATHS_MAX]; /* where PATH_FOUND, but for the variables */
};

/* One evaluation.  Everything but the scratch, the fault and the memos is only read. */
struct eval {
    const struct cedar_policies *policies;
    const struct cedar_entities *entities;
    const struct cedar_request *request;
    struct arena *scratch;
    struct fault fault;
    struct eval_place places[4]; /* by enum variable */
    struct eval_memo memos[EVAL_MEMOS];
    struct eval_paths *paths; /* or NULL: every path is looked up anew */
    uint8_t *shared; /* by number of a shared condition: 0, or 1 and what it says; or NULL */
};

/*
 * eval_begin(ev, policies, entities, request, scratch):
 * Begin an evaluation; the arguments are borrowed until its end.  When ${request}
 * changes, call eval_enter() with the variable that did.
 */
void eval_begin(struct eval *ev, const struct cedar_policies *policies,
                const struct cedar_entities *entities, const struct cedar_request *request,
                struct arena *scratch);
void eval_enter(struct eval *ev, enum variable v);

/* eval_entity(ev, uid): The entity, or NULL. */
const struct entity *eval_entity(struct eval *ev, struct uid uid);

/*
 * eval_row(ev, row, ret):
 * What the path of ${row} is, with ${ev->paths} given; where that is PATH_FOUND,
 * ${ret} is its place, of which the fields are known if the row is inner.
 */
enum path_state eval_look_up(struct eval *ev, uint32_t row);
static inline enum path_state eval_row(struct eval *ev, uint32_t row, const struct eval_place **ret)
{
    enum path_state state = ev->paths->states[row];

    *ret = row <= VARIABLE_CONTEXT ? &ev->places[row] : &ev->paths->places[row];
    return row <= VARIABLE_CONTEXT ? PATH_FOUND
           : state != PATH_UNKNOWN ? state
                                   : eval_look_up(ev, row);
}

/* eval_path(ev, node): The value of a node that is_path, where it stands; NULL, and the fault, if
 * it errs. */
const struct cedar_value *eval_path(struct eval *ev, uint32_t node);

/* eval_node(ev, node, ret): The value of the expression; false, and ${fault} set, if it errs. */
bool eval_node(struct eval *ev, uint32_t node, struct cedar_value *ret);

/* eval_bool(ev, node, ret): The same where only a bool will do. */
bool eval_bool(struct eval *ev, uint32_t node, bool *ret);

/* eval_call(ev, node, ret): NODE_CALL; eval_made(…): arithmetic, `like`, sets and records. */
bool eval_call(struct eval *ev, uint32_t node, struct cedar_value *ret);
bool eval_made(struct eval *ev, uint32_t node, struct cedar_value *ret);

/* eval_scope(ev, policy): Whether the policy's scope matches; it cannot err. */
bool eval_scope(struct eval *ev, const struct policy *policy);

/* eval_scope_of(ev, policy, v): The same of its principal, action or resource alone. */
bool eval_scope_of(struct eval *ev, const struct policy *policy, enum variable v);

/* eval_fail(ev, kind, node), eval_type(…): Set the fault; always false. */
bool eval_fail(struct eval *ev, enum fault_kind kind, uint32_t node);
bool eval_type(struct eval *ev, uint32_t node, const char *wanted, const struct cedar_value *got);

/*
 * extension_make(f, text, arena, ret): The value that decimal, ip, datetime or
 * duration makes of ${text}; false if it is not well-formed, or ${arena} is full.
 */
bool extension_make(enum function f, struct text text, struct arena *arena,
                    struct cedar_value *ret);

/*
 * extension_call(entities, f, values, count, ret): What an extension function
 * gives for values of a store that is being filled; false if it errs.
 */
bool extension_call(struct cedar_entities *entities, enum function f,
                    const struct cedar_value *values, uint32_t count, struct cedar_value *ret);

/* fault_print(ev, out, size): The fault in words. */
void fault_print(const struct eval *ev, char *out, size_t size);

#endif

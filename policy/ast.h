#ifndef POLICY_AST_H
#define POLICY_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/cedar.h"
#include "policy/index.h"
#include "policy/lex.h"
#include "policy/symbol.h"
#include "policy/value.h"

/*
 * A policy set as flat arrays.  Nodes, children and the rest refer to one
 * another by index, so that a set can be walked, printed and compared without
 * pointers, and nothing in it changes after it was loaded.
 */

enum function {
#define METHOD                               0
#define EXTENSION_METHOD                     1
#define EXTENSION                            2
#define FUNCTION(name, text, way, arguments) name,
#include "policy/function.def"
#undef FUNCTION
};

struct function_info {
    const char *name;
    uint8_t way; /* METHOD, EXTENSION_METHOD or EXTENSION */
    uint8_t arguments;
};

/* function_info(f), function_find(name, ret): The row of function.def. */
const struct function_info *function_info(enum function f);
bool function_find(struct text name, enum function *ret);

enum variable { VARIABLE_PRINCIPAL, VARIABLE_ACTION, VARIABLE_RESOURCE, VARIABLE_CONTEXT };

/* What ${a}, ${b}, ${c} of a node are.  "[b, c]" are c elements of ${children} from b. */
enum node_op {
    NODE_NONE,     /* number 0: no node */
    NODE_LITERAL,  /* a: value */
    NODE_VARIABLE, /* a: enum variable */
    NODE_NOT,      /* a: node */
    NODE_NEGATE,   /* a: node */
    NODE_AND,      /* [b, c]: nodes, two or more */
    NODE_OR,       /* [b, c]: nodes, two or more */
    NODE_EQ,       /* a, b: nodes, also below */
    NODE_NE,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE,
    NODE_IN,
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_IF,     /* a then b else c: nodes */
    NODE_GET,    /* a: node, b: symbol */
    NODE_HAS,    /* a: node, [b, c]: symbols of the path */
    NODE_LIKE,   /* a: node, b: pattern */
    NODE_IS,     /* a: node, b: type symbol, c: node that it must be in, or 0 */
    NODE_CALL,   /* a: enum function, [b, c]: nodes; the x of x.f() first */
    NODE_SET,    /* [b, c]: nodes */
    NODE_RECORD, /* [b, c]: pairs of symbol and node, c counts both */
};

struct node {
    uint8_t op;
    uint8_t is_path : 1;   /* a literal or what was folded, a variable, an attribute of a path */
    uint8_t is_shared : 1; /* ${shared} knows it */
    uint16_t height;       /* 1 for a leaf */
    uint32_t a, b, c;
};

enum scope_kind {
    SCOPE_ANY,
    SCOPE_EQ,     /* == uid */
    SCOPE_IN,     /* in uid */
    SCOPE_IS,     /* is type */
    SCOPE_IS_IN,  /* is type in uid */
    SCOPE_IN_SET, /* action in [uid, …]: pairs of symbols in ${children} */
};

struct scope {
    enum scope_kind kind;
    uint32_t type;
    struct uid uid;
    uint32_t first, count; /* SCOPE_IN_SET; count is of uids */
    struct span span;      /* from the variable to the end of what it must be */
};

struct clause {
    bool is_unless;
    uint32_t node;
    struct span span; /* from the keyword to the brace */
};

struct annotation {
    uint32_t key, value; /* symbols */
    bool has_value;      /* @name(""), not @name; both have the value "" */
};

struct policy {
    bool is_forbid;
    bool has_id;            /* @id given, not counted */
    uint32_t id;            /* symbol */
    struct scope scopes[3]; /* by enum variable */
    uint32_t clause_first, clause_count;
    uint32_t step_first;
    uint32_t annotation_first, annotation_count;
    struct span span;
};

struct pattern {
    const uint16_t *elements; /* bytes and PATTERN_ANY */
    uint32_t count;
};

struct source {
    const char *name;
    struct span span;
};

/* An array that grows while the set is loaded. */
#define ARRAY(type)                                                                                \
    struct {                                                                                       \
        type *at;                                                                                  \
        uint32_t count, room;                                                                      \
    }

/* Where a place in the text is, so that no place has to be counted out from the first. */
struct mark {
    uint32_t offset, line, column;
};
#define MARK_STEP 2048U

/* How many conditions that stand at several places are evaluated once for a decision. */
#define SHARED_MAX 256U

/*
 * How many paths of attributes, such as principal.sites, are looked up once for a decision.
 * The first four rows are the variables themselves, by enum variable.
 */
#define PATHS_MAX 128U

struct path_row {
    uint32_t of;   /* the row of what has the attribute */
    uint32_t key;  /* symbol */
    bool is_inner; /* attributes of it are asked for */
};

/* One condition of a policy, and the step behind it: a number, or one of the two ends. */
struct step {
    uint32_t node, yes, no;
    uint16_t shared; /* the number of the condition plus 1; 0: none */
    uint16_t row;    /* of ${paths}, where the condition is no more than that; 0: none */
    bool is_has;     /* whether it is there, not what it says */
};
#define STEP_SATISFIED     UINT32_MAX
#define STEP_NOT_SATISFIED (UINT32_MAX - 1)

struct cedar_policies {
    char *bytes; /* what cedar_policies_source() gives; spans are offsets into it */
    size_t length;
    struct arena arena;
    struct symbols symbols;
    ARRAY(struct source) sources;
    ARRAY(struct policy) policies;
    ARRAY(struct clause) clauses;
    ARRAY(struct annotation) annotations;
    ARRAY(struct node) nodes;
    ARRAY(struct span) spans; /* of the node with the same number */
    ARRAY(uint32_t)
    folded; /* likewise: the value of a call on literals, or of a set of them, plus 1; 0: none */
    uint16_t *shared;      /* likewise, where is_shared: the number of the condition */
    uint32_t shared_count; /* at most SHARED_MAX */
    struct path_row paths[PATHS_MAX];
    uint32_t path_count;
    uint16_t *path_of; /* likewise: the row of what NODE_GET reads or NODE_HAS asks for; 0: none */
    ARRAY(struct step) steps;
    ARRAY(uint32_t) children;
    ARRAY(struct cedar_value) values;
    ARRAY(struct pattern) patterns;
    ARRAY(struct mark) marks;  /* one for each MARK_STEP bytes of a source, and its first */
    struct policy_index index; /* made last */
};

/* policies_text(p, span): The text there. */
struct text policies_text(const struct cedar_policies *p, struct span span);

/* policies_write_line(w, p, span): The text there on one line, without comments. */
void policies_write_line(struct writer *w, const struct cedar_policies *p, struct span span);

/* policies_place(p, offset, ret_line, ret_column): Where that is in its source, which is returned.
 */
const struct source *policies_place(const struct cedar_policies *p, uint32_t offset,
                                    uint32_t *ret_line, uint32_t *ret_column);

/* policies_annotation(p, policy, name): The symbol of the text of @name, or UINT32_MAX. */
uint32_t policies_annotation(const struct cedar_policies *p, const struct policy *policy,
                             const char *name);

/* node_child(p, node, i): The ${i}th expression in this one, as they stand; 0 after the last. */
uint32_t node_child(const struct cedar_policies *p, uint32_t node, uint32_t i);

/* node_is_path(p, node, base, names, count): Whether it is ${base}.a.b, with these symbols. */
bool node_is_path(const struct cedar_policies *p, uint32_t node, uint32_t base,
                  const uint32_t *names, uint32_t count);

/* node_equal(p, a, b): Whether two expressions are the same but for white space and comments. */
bool node_equal(const struct cedar_policies *p, uint32_t a, uint32_t b);

/* node_hash(p, node): Equal for expressions that are the same, and seldom for others. */
uint32_t node_hash(const struct cedar_policies *p, uint32_t node);

/*
 * share_build(p): Number the conditions that stand at several places, and the
 * paths of attributes.  0 or CEDAR_ERR_MEMORY.
 */
int share_build(struct cedar_policies *p);

/* steps_build(p): Lay the clauses of every policy out as steps, after share_build().  As above. */
int steps_build(struct cedar_policies *p);

#endif

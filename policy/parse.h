#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ast.h"

/*
 * A recursive descent over one source, one token ahead.  The first problem is
 * kept in ${problem}; after it every parse function returns 0 or false, and the
 * caller only has to hand that on.
 */
struct parser {
    struct cedar_policies *set;
    const struct source *source;
    struct token now;
    uint32_t before; /* where the token before ${now} ends */
    unsigned nesting;
    ARRAY(uint32_t) stack; /* children whose parent is not read yet */
    uint16_t *decoded;     /* room for the longest string of the source */
    struct cedar_problem *problem;
};

/* array_push(array, element): Append; false when memory is out. */
#define array_push(array, element)                                                                 \
    ({                                                                                             \
        void *moved_ = array_grow((array).at, (array).count, &(array).room, sizeof *(array).at);   \
        if (moved_ != NULL) {                                                                      \
            (array).at = moved_;                                                                   \
            (array).at[(array).count++] = (element);                                               \
        }                                                                                          \
        moved_ != NULL;                                                                            \
    })

/* parser_fail(p, code, span, help, format, …): Keep the first problem.  Always false. */
bool parser_fail(struct parser *p, int code, struct span span, const char *help, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));
/* parser_expected(p, what): The token ahead is not ${what}. */
bool parser_expected(struct parser *p, const char *what);
bool parser_failed(const struct parser *p);

/* parser_advance(p): Take the token ahead. */
void parser_advance(struct parser *p);
bool parser_at(const struct parser *p, enum token_kind kind);
/* parser_take(p, kind): Take it if it is ${kind}.  parser_need: else it is a problem. */
bool parser_take(struct parser *p, enum token_kind kind);
bool parser_need(struct parser *p, enum token_kind kind);
struct text parser_text(const struct parser *p, struct span span);

/* parser_symbol(p, text, ret), parser_string(p, ret): A text, or the string ahead, as symbol. */
bool parser_symbol(struct parser *p, struct text text, uint32_t *ret);
bool parser_string(struct parser *p, uint32_t *ret);
/* parser_name(p, ret): A name that is not reserved, ahead, as symbol. */
bool parser_name(struct parser *p, uint32_t *ret);

/*
 * parser_path(p, ret_type, ret_id, ret_is_uid):
 * A::B or A::B::"id", as the token ahead begins it: the symbols of both.
 */
bool parser_path(struct parser *p, uint32_t *ret_type, uint32_t *ret_id, bool *ret_is_uid);
/* parser_uid(p, ret): An entity, where only that may stand. */
bool parser_uid(struct parser *p, struct uid *ret);
/* parser_type(p, ret): An entity type, where only that may stand. */
bool parser_type(struct parser *p, uint32_t *ret);

/*
 * Nodes in the making.  parser_add_node(p, node, start, below): append one that
 * covers the text from ${start} to the last token taken, on top of children at
 * most ${below} high; its number, or 0.  parser_push(p, element): onto the
 * stack.  parser_add_children(p, mark): what the stack holds from ${mark} on
 * becomes children; the first one's number.  parser_tallest(p, mark, first,
 * step): the height of the tallest node among the stack's elements mark + first,
 * mark + first + step, …
 */
uint32_t parser_add_node(struct parser *p, struct node node, uint32_t start, unsigned below);
uint32_t parser_add_children(struct parser *p, uint32_t mark);
bool parser_push(struct parser *p, uint32_t element);
unsigned parser_height(const struct parser *p, uint32_t node);
unsigned parser_tallest(const struct parser *p, uint32_t mark, uint32_t first, uint32_t step);
bool parser_no_memory(struct parser *p);

/* parse_number(p, negative, start): The number ahead; its minus, if any, is taken and at ${start}.
 */
uint32_t parse_number(struct parser *p, bool negative, uint32_t start);

/* parse_member(p): What binds closest, with its .attributes, ["attributes"] and .methods(). */
uint32_t parse_member(struct parser *p);

/* parse_expression(p): The number of the node, or 0. */
uint32_t parse_expression(struct parser *p);

/* parse_source(p): All policies of the source, appended to the set. */
bool parse_source(struct parser *p);

/* policies_check(source, ret_problem): Whether its policies can be read; ids are not compared. */
must_use int policies_check(const struct cedar_source *source, struct cedar_problem *ret_problem);

/* parser_open(p, source, problem), parser_close(p): Before and after. */
bool parser_open(struct parser *p, struct cedar_policies *set, const struct source *source,
                 struct cedar_problem *problem);
void parser_close(struct parser *p);

/* nearest(got, names, count): The one of ${names} that ${got} was probably meant to be, or NULL. */
const char *nearest(struct text got, const char *const *names, size_t count);

/* text_distance(a, b): How many letters differ, are missing, or are swapped; names are short. */
unsigned text_distance(struct text a, struct text b);

/* problem_at(problem, source, code, span, help, message): Fill it, for a place in a text. */
void problem_at(struct cedar_problem *problem, const struct cedar_source *source, int code,
                struct span span, const char *help, const char *message);

/* problem_set(problem, set, code, span, help, message): Fill it, with place and excerpt. */
void problem_set(struct cedar_problem *problem, const struct cedar_policies *set, int code,
                 struct span span, const char *help, const char *message);

#endif

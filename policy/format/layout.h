#ifndef POLICY_FORMAT_LAYOUT_H
#define POLICY_FORMAT_LAYOUT_H

#include "policy/format/comment.h"
#include "policy/format/doc.h"

/*
 * From the tokens of policies that are known to be well-formed to documents: a
 * recursive descent along the grammar, as deep as the parser has gone before.
 */
struct layout {
    struct docs *docs;
    struct commented_text *text;
    uint32_t at; /* the token ahead */
    unsigned indent;
    bool lost; /* the tokens are not those of a policy after all */
};

/* layout_policy(l): The document of the policy ahead. */
uint32_t layout_policy(struct layout *l);

/* layout_expression(l), layout_sum(l): Of an expression; of one that has no comparison outside. */
uint32_t layout_expression(struct layout *l);
uint32_t layout_sum(struct layout *l);

/* ---- for the two above ---- */

/* layout_kind(l): Of the token ahead.  layout_skip(l): Take it; its number. */
enum token_kind layout_kind(const struct layout *l);
uint32_t layout_skip(struct layout *l);

/* layout_leading(l, token), layout_trailing(l, token, next): The comments of a token, or nothing
 * if they were asked for before; ${next} stands where no comment trails. */
uint32_t layout_leading(struct layout *l, uint32_t token);
uint32_t layout_trailing(struct layout *l, uint32_t token, uint32_t next);

/* layout_word(l, token): The token alone. */
uint32_t layout_word(struct layout *l, uint32_t token);

/* layout_token(l), layout_token_then(l, next): Take the token ahead, with its comments. */
uint32_t layout_token(struct layout *l);
uint32_t layout_token_then(struct layout *l, uint32_t next);

/* join(l, …): Documents one behind the other. */
#define join(l, ...)                                                                               \
    layout_join((l), (const uint32_t[]){__VA_ARGS__},                                              \
                sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
uint32_t layout_join(struct layout *l, const uint32_t *docs, size_t count);

#endif

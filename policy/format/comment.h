#ifndef POLICY_FORMAT_COMMENT_H
#define POLICY_FORMAT_COMMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ast.h"

/*
 * The tokens of a text, each with its comments: behind it on the same line the
 * one that trails, above it on lines of their own those that lead.  What
 * follows the line of the last token belongs to no token.
 */
struct commented {
    struct token token;
    uint32_t first, count; /* of the comments that lead */
    struct span trails;    /* empty if there is none; lines that end in CR may make it several */
    bool leads_placed;     /* the layout has a place for the ones, and the other */
    bool trails_placed;
};

struct commented_text {
    const char *text;
    uint32_t length;
    ARRAY(struct commented) tokens;
    ARRAY(struct span) comments;
    uint32_t end_first, end_count; /* of the comments at the end */
};

/* span_trim(text, span): ${span} without the white space at its ends. */
struct span span_trim(const char *text, struct span span);

/* commented_read(c, text, length): 0 or CEDAR_ERR_MEMORY.  End with commented_free() either way. */
int commented_read(struct commented_text *c, const char *text, uint32_t length);
void commented_free(struct commented_text *c);

/* commented_add(c, gap): Append every comment in ${gap} to ${comments}; false when memory is out.
 */
bool commented_add(struct commented_text *c, struct span gap);

/*
 * commented_settle(c, from, to, ret_moved):
 * Behind a layout of the tokens from ${from} to before ${to}: what it had no
 * place for leads the next token from now on; if there was any, ${ret_moved} is
 * set and the layout must be made again.  0 or CEDAR_ERR_MEMORY.
 */
int commented_settle(struct commented_text *c, uint32_t from, uint32_t to, bool *ret_moved);

#endif

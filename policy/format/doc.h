#ifndef POLICY_FORMAT_DOC_H
#define POLICY_FORMAT_DOC_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/ast.h"

/*
 * A document that can be laid out in more than one way (Wadler, "A prettier
 * printer"): texts, breaks, indentation and groups.  Documents are numbers; 0
 * is the empty one.  When memory is out ${failed} is set and everything is 0.
 */
struct doc {
    uint8_t kind;
    uint32_t a, b;
    uint32_t width; /* of a text */
};

struct docs {
    const char *text; /* what the texts are parts of */
    ARRAY(struct doc) at;
    bool failed;
};

void docs_open(struct docs *d, const char *text);
void docs_close(struct docs *d);
/* docs_clear(d): Forget all documents. */
void docs_clear(struct docs *d);

/* A part of the text; one space; a line break; a break or a space; a break or nothing. */
uint32_t doc_text(struct docs *d, struct span span);
uint32_t doc_space(struct docs *d);
uint32_t doc_newline(struct docs *d);
uint32_t doc_line(struct docs *d);
uint32_t doc_seam(struct docs *d);

/* doc_join(d, a, b): One behind the other. */
uint32_t doc_join(struct docs *d, uint32_t a, uint32_t b);

/* doc_nest(d, indent, a): The lines that begin inside ${a} are indented by so much more. */
uint32_t doc_nest(struct docs *d, unsigned indent, uint32_t a);

/* doc_group(d, a): If ${a} fits on the line none of its breaks is one, otherwise all of them. */
uint32_t doc_group(struct docs *d, uint32_t a);

/* Text that grows.  Ended with free(). */
struct output {
    char *data;
    size_t length, room, limit;
    int error; /* 0, CEDAR_ERR_MEMORY or CEDAR_ERR_LIMIT */
};

void output_put(struct output *out, const char *data, size_t length);

/* doc_render(d, doc, width, out): Lay it out on lines of ${width}, as far as that is possible. */
void doc_render(struct docs *d, uint32_t doc, unsigned width, struct output *out);

#endif

#ifndef POLICY_HTML_H
#define POLICY_HTML_H

#include <stdio.h>

#include "policy/symbol.h"

/*
 * html_text(out, text):
 * ${text} as the content of an element or of a quoted attribute.  What would be
 * invisible, or would change the order of what is seen, is shown by its number;
 * a byte that is not UTF-8 becomes a question mark.
 */
void html_text(FILE *out, struct text text);

/* html_string(out, string): The same for a C string. */
void html_string(FILE *out, const char *string);

#endif

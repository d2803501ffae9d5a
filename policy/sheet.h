#ifndef POLICY_SHEET_H
#define POLICY_SHEET_H

#include <stdio.h>

#include "policy/cedar.h"

/* What a sheet shows beside the policies. */
struct sheet_options {
    const char *title;                 /* NULL: a general one */
    const char *date;                  /* as it is to be printed; NULL: a line to write it on */
    const struct cedar_schema *schema; /* or NULL */
    const struct cedar_source *schema_source; /* with ${schema}: its file, to be named and hashed */
};

/*
 * sheet_write(policies, options, out):
 * Write one page of HTML for two officers to read, print and sign: every policy
 * as prose, forbids first; who and what they are about; what lint finds; the
 * hash of cedar_policies_source(); lines for signatures; and the text itself.
 * The page has no script and asks for nothing from elsewhere; the same arguments
 * give the same bytes.  Return 0 or a CEDAR_ERR_ code.  What ${out} did with the
 * bytes is the caller's to check.
 */
must_use int sheet_write(const struct cedar_policies *policies, const struct sheet_options *options,
                         FILE *out);

#endif

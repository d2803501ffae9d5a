#ifndef POLICY_COMMAND_DIFF_H
#define POLICY_COMMAND_DIFF_H

#include <time.h>

#include "policy/command.h"
#include "policy/diff.h"

/* One of the two policy sets, with the store that both decide over. */
struct side {
    struct files files;
    struct cedar_policies *policies;
    struct cedar_entities *base, *overlay;
    struct cedar_scratch *scratch;
    struct cedar_request request;
    struct cedar_result result;
};

/* A change that is kept to be shown. */
struct sample {
    char *text;
    char *json;
};

struct change {
    uint64_t count;
    struct sample *samples;
    uint32_t sample_count;
};

/* The whole comparison. */
struct comparison {
    struct side sides[2]; /* old, new */
    struct diff diff;
    struct cedar_schema *schema; /* or NULL */
    struct cedar_source schema_source;
    struct json_file entities, requests;
    const struct cedar_source *entity_source;                /* of ${entity_list} */
    const struct json *entity_list, *request_list, *context; /* or NULL */
    enum cedar_on_error on_error;
    bool all, json;
    uint32_t limit;
    struct change changes[DIFF_SAME];
    uint64_t compared, total;
    uint32_t contexts;
    uint32_t left_out; /* pairs of action and context that the schema does not admit */
    time_t started, told;
    bool failed;
};

/* comparison_run(c): Decide all requests by both sides.  False, and said why, if that failed. */
bool comparison_run(struct comparison *c);

/* comparison_note(c, name): Both sides have decided; count and keep what changed.  ${name} is what
 * the request is called. */
void comparison_note(struct comparison *c, const char *name);

/* comparison_keep(c, kind, name): The same of a change that is counted already. */
void comparison_keep(struct comparison *c, enum diff_kind kind, const char *name);

/* comparison_print(c): The outcome. */
void comparison_print(const struct comparison *c);

#endif

#ifndef POLICY_FORMAT_POLICY_JSON_H
#define POLICY_FORMAT_POLICY_JSON_H

#include "policy/ast.h"
#include "policy/format/doc.h"
#include "policy/json.h"

/* One pass over policies in JSON, written as Cedar text to ${out}. */
struct policy_reader {
    const struct cedar_source *source;
    struct cedar_problem *problem;
    struct output *out;
};

/* reader_fail(r, at, message): Keep what is wrong, and where.  Always false. */
bool reader_fail(struct policy_reader *r, const struct json *at, const char *message);

/* One member that an object may have. */
struct member {
    const char *name;
    bool is_required;
    const struct json *value; /* NULL if it is not there */
};

/* reader_members(r, object, members, count): Find them; there may be no others. */
bool reader_members(struct policy_reader *r, const struct json *object, struct member *members,
                    size_t count);

/* reader_put(r, text), reader_quote(r, text): Cedar text; a string literal of it. */
bool reader_put(struct policy_reader *r, const char *text);
bool reader_put_text(struct policy_reader *r, struct text text);
bool reader_quote(struct policy_reader *r, struct text text);
/* reader_quote_inside(r, text): What stands between the quotes. */
bool reader_quote_inside(struct policy_reader *r, struct text text);

/* reader_type(r, json): The name of an entity type. */
bool reader_type(struct policy_reader *r, const struct json *json);

/* reader_uid(r, json): Type::"id" of {"type", "id"}, of which it is known that they are there. */
bool reader_uid(struct policy_reader *r, const struct json *json);

/* is_uid(json): Whether there are a type and an id, both strings.  is_name(text): an identifier. */
bool is_uid(const struct json *json);
bool is_name(struct text text);

/* reader_expression(r, json): The expression, as text. */
bool reader_expression(struct policy_reader *r, const struct json *json);

#endif

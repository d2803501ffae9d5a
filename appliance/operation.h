#ifndef APPLIANCE_OPERATION_H
#define APPLIANCE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/bytes.h"

/* operations.def as data: what may be asked, where it goes, what its body may hold. */

enum operation_number {
    OPERATION_NONE = 0,
#define OPERATION(number, NAME, ...) OPERATION_##NAME = (number),
#include "appliance/operations.def"
#undef OPERATION
};

enum server { SERVER_ENTRY = 1, SERVER_DOOR, SERVER_WORKER, SERVER_SELF };
enum method { METHOD_GET = 1, METHOD_POST };
enum strength { STRENGTH_SIGNED = 0, STRENGTH_SESSION, STRENGTH_OPEN };
enum audit_class { AUDIT_NONE = 1, AUDIT_EVENT, AUDIT_OPENING, AUDIT_SECURITY };

enum field_kind {
    FIELD_ID = 1,
    FIELD_REF,
    FIELD_TEXT,
    FIELD_CODE,
    FIELD_NUMBER,
    FIELD_DECIMAL,
    FIELD_TIME,
    FIELD_FLAG,
    FIELD_BASE64,
    FIELD_HEX,
    FIELD_READINGS,
    FIELD_REFS
};

struct field {
    const char *name;
    enum field_kind kind;
    bool needed;
    long least; /* shortest length or smallest number */
    long most;
};

struct operation {
    enum operation_number number;
    const char *name; /* in C; where it is signed or logged its underscores are dashes */
    enum method method;
    const char *path;
    enum server server;
    const char *action;   /* Cedar action, "" before there is a session */
    const char *resource; /* Cedar type of the object */
    enum strength strength;
    enum audit_class audit;
    const struct field *fields;
    size_t fields_count;
};

#define OPERATION_FIELDS_MAX 16
#define OPERATION_BODY_MAX   60000

extern const struct operation operations[];
extern const size_t operations_count;

/* operation_by_number(number): The row, or NULL. */
const struct operation *operation_by_number(unsigned number);

/* operation_by_name(name): By its dashed name, or NULL. */
const struct operation *operation_by_name(struct bytes_view name);

/* operation_action_first(operation): The first row with the same Cedar action; NULL for one without
 * an action. */
const struct operation *operation_action_first(const struct operation *operation);

/* operation_action_group(operation): "read", "write" or "security": the group of its action, as
 * resource, method and audit class of the action's first row say. */
const char *operation_action_group(const struct operation *operation);

/* operation_route(method, path): The row that a request asks for, or NULL. */
const struct operation *operation_route(enum method method, const char *path);

#endif

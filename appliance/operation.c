#include "appliance/operation.h"

#include <string.h>

#define NEEDED   true
#define OPTIONAL false

#define ID(n)                            {#n, FIELD_ID, true, 0, 0},
#define REF(n, need)                     {#n, FIELD_REF, need, 0, 0},
#define TEXT(n, shortest, longest, need) {#n, FIELD_TEXT, need, shortest, longest},
#define CODE(n, shortest, longest, need) {#n, FIELD_CODE, need, shortest, longest},
#define NUMBER(n, least, most, need)     {#n, FIELD_NUMBER, need, least, most},
#define DECIMAL(n, need)                 {#n, FIELD_DECIMAL, need, 0, 0},
#define TIME(n, need)                    {#n, FIELD_TIME, need, 0, 0},
#define FLAG(n, need)                    {#n, FIELD_FLAG, need, 0, 0},
#define BASE64(n, longest, need)         {#n, FIELD_BASE64, need, 1, longest},
#define HEX(n, length, need)             {#n, FIELD_HEX, need, length, length},
#define READINGS(n, most, need)          {#n, FIELD_READINGS, need, 1, most},
#define REFS(n, most, need)              {#n, FIELD_REFS, need, 1, most},

/* Each table ends with an empty row, so that an operation without fields has one too. */
#define OPERATION(number, NAME, name, METHOD, path, SERVER, action, RESOURCE, STRENGTH, AUDIT,     \
                  ...)                                                                             \
    static const struct field fields_##name[] = {__VA_ARGS__{NULL, FIELD_ID, false, 0, 0}};
#include "appliance/operations.def"
#undef OPERATION

const struct operation operations[] = {
#define OPERATION(number, NAME, name, METHOD, path, SERVER, action, RESOURCE, STRENGTH, AUDIT,     \
                  ...)                                                                             \
    {OPERATION_##NAME,                                                                             \
     #name,                                                                                        \
     METHOD_##METHOD,                                                                              \
     path,                                                                                         \
     SERVER_##SERVER,                                                                              \
     action,                                                                                       \
     #RESOURCE,                                                                                    \
     STRENGTH_##STRENGTH,                                                                          \
     AUDIT_##AUDIT,                                                                                \
     fields_##name,                                                                                \
     sizeof fields_##name / sizeof *fields_##name - 1},
#include "appliance/operations.def"
#undef OPERATION
};

const size_t operations_count = sizeof operations / sizeof *operations;

const struct operation *operation_by_number(unsigned number)
{
    for (size_t i = 0; i < operations_count; i++)
        if (operations[i].number == number)
            return &operations[i];
    return NULL;
}

const struct operation *operation_by_name(struct bytes_view name)
{
    for (size_t i = 0; i < operations_count; i++) {
        const char *mine = operations[i].name;
        size_t k = 0;
        if (strlen(mine) != name.length)
            continue;
        while (k < name.length && (mine[k] == '_' ? '-' : mine[k]) == name.data[k])
            k++;
        if (k == name.length)
            return &operations[i];
    }
    return NULL;
}

const struct operation *operation_action_first(const struct operation *operation)
{
    for (size_t i = 0; operation->action[0] && i < operations_count; i++)
        if (strcmp(operations[i].action, operation->action) == 0)
            return &operations[i];
    return NULL;
}

const char *operation_action_group(const struct operation *operation)
{
    static const char *const administrative[] = {"Authorization", "Security", "Policy"};
    const struct operation *first = operation_action_first(operation);
    if (!first || first->audit == AUDIT_SECURITY)
        return "security";
    for (size_t i = 0; i < sizeof administrative / sizeof *administrative; i++)
        if (strcmp(first->resource, administrative[i]) == 0)
            return "security";
    return first->method == METHOD_POST ? "write" : "read";
}

const struct operation *operation_route(enum method method, const char *path)
{
    for (size_t i = 0; i < operations_count; i++)
        if (operations[i].method == method && strcmp(operations[i].path, path) == 0)
            return &operations[i];
    return NULL;
}

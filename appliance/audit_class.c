#include "appliance/audit_class.h"

#include <string.h>

enum audit_record_class audit_class_of(unsigned operation)
{
    switch (operation) {
#define RECORDED_AS(NAME, CLASS)                                                                   \
    case OPERATION_##NAME:                                                                         \
        return AUDIT_CLASS_##CLASS;
#include "appliance/audit_class.def"
#undef RECORDED_AS
    default:
        return AUDIT_CLASS_OBJECT;
    }
}

void audit_object(const struct operation *operation, const struct body *body,
                  uint8_t out[static 16])
{
    memset(out, 0, 16);
    for (size_t i = 0; i < operation->fields_count; i++)
        if (operation->fields[i].kind == FIELD_REF && body->values[i].present) {
            memcpy(out, body->values[i].bytes, 16);
            return;
        }
}

bool audit_is_guessable(const struct operation *operation)
{
    for (size_t i = 0; i < operation->fields_count; i++)
        if (strstr(operation->fields[i].name, "pin"))
            return true;
    return false;
}

#include "enclave/audit/event.h"

enum audit_record_class audit_type_class(unsigned type)
{
    switch (type) {
#define AUDIT_TYPE(number, NAME, name, CLASS, what)                                                \
    case number:                                                                                   \
        return AUDIT_CLASS_##CLASS;
#include "enclave/audit/event.def"
    default:
        return AUDIT_CLASS_NONE;
    }
}

const char *audit_type_name(unsigned type)
{
    switch (type) {
#define AUDIT_TYPE(number, NAME, name, CLASS, what)                                                \
    case number:                                                                                   \
        return #name;
#include "enclave/audit/event.def"
    default:
        return "unknown";
    }
}

const char *audit_class_name(unsigned record_class)
{
    switch (record_class) {
#define AUDIT_CLASS(number, NAME, what)                                                            \
    case number:                                                                                   \
        return what;
#include "enclave/audit/event.def"
    default:
        return "no class";
    }
}

#ifndef ENCLAVE_AUDIT_EVENT_H
#define ENCLAVE_AUDIT_EVENT_H

/* event.def as numbers: the classes of what is recorded, and its types. */

enum audit_record_class {
    AUDIT_CLASS_NONE = 0,
#define AUDIT_CLASS(number, NAME, what) AUDIT_CLASS_##NAME = (number),
#include "enclave/audit/event.def"
};

enum audit_type {
    AUDIT_TYPE_NONE = 0,
#define AUDIT_TYPE(number, NAME, name, CLASS, what) AUDIT_TYPE_##NAME = (number),
#include "enclave/audit/event.def"
};

/* audit_type_class(type): The class of a type; AUDIT_CLASS_NONE for operations and for no type. */
enum audit_record_class audit_type_class(unsigned type);

/* audit_type_name(type): For people; never NULL. */
const char *audit_type_name(unsigned type);

/* audit_class_name(class): What a class is about, in words; never NULL. */
const char *audit_class_name(unsigned record_class);

#endif

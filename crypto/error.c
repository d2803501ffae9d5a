#include "crypto/error.h"

const char *error_text(int code)
{
    switch (code) {
    case 0:
        return "no error";
#define ERROR(name, number, text)                                                                  \
    case name:                                                                                     \
        return text;
        ERROR_LIST(ERROR)
#undef ERROR
    }
    return "an unknown error";
}

#include <stdlib.h>
#include <string.h>

#include "appliance/body.h"

static void check_value(const struct field *f, const struct value *v)
{
    bool wrong = false;
    switch (f->kind) {
    case FIELD_ID:
        wrong = v->bytes[6] >> 4 != 7;
        break;
    case FIELD_TEXT:
    case FIELD_CODE:
        wrong = (long)v->text.length < f->least || (long)v->text.length > f->most ||
                (v->text.length && memchr(v->text.data, 0, v->text.length));
        break;
    case FIELD_NUMBER:
        wrong = v->number < f->least || v->number > f->most;
        break;
    case FIELD_BASE64:
        wrong = v->text.length == 0 || (long)v->text.length > f->most;
        break;
    case FIELD_FLAG:
        wrong = v->number != 0 && v->number != 1;
        break;
    default:
        break;
    }
    if (wrong)
        abort();
}

/* The first byte chooses the operation; what is accepted keeps what its row says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char scratch[BODY_SCRATCH];
    static struct body body;
    if (size == 0 || size > OPERATION_BODY_MAX)
        return 0;
    const struct operation *o = &operations[data[0] % operations_count];
    int r = body_decode(o, bytes_view_of(data + 1, size - 1), scratch, sizeof scratch, &body);
    if (r && (r != ERR_FORMAT || body.problem[0] == '\0'))
        abort();
    for (size_t i = 0; r == 0 && i < o->fields_count; i++) {
        if (o->fields[i].needed && !body.values[i].present)
            abort();
        if (body.values[i].present)
            check_value(&o->fields[i], &body.values[i]);
    }
    return 0;
}

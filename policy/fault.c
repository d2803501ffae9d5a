#include "policy/eval.h"

void fault_print(const struct eval *ev, char *out, size_t size)
{
    static const char *const texts[] = {
#define FAULT(kind, text) [kind] = text,
        FAULT_LIST(FAULT)
#undef FAULT
    };
    struct writer w = {out, size, 0};
    const struct fault *f = &ev->fault;

    if (f->kind == FAULT_TYPE) {
        writer_format(&w, "type error: expected %s, got %s", f->wanted, value_tag_name(f->got));
        return;
    }
    writer_text(&w, text_of(texts[f->kind]));
    if (f->kind == FAULT_NO_ATTRIBUTE || f->kind == FAULT_NO_TAG) {
        writer_text(&w, text_of(": "));
        writer_text(&w, symbols_text(&ev->entities->symbols, f->symbol));
    }
}

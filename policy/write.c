#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/extension/extension.h"
#include "policy/value.h"

/* Cuts between characters, never inside one. */
void writer_text(struct writer *w, struct text t)
{
    if (w->size == 0)
        return;
    size_t left = w->size - 1 - w->at, n = t.length;

    if (n > left) {
        n = left;
        while (n > 0 && ((uint8_t)t.data[n] & 0xc0) == 0x80)
            n--;
    }
    if (n > 0)
        memcpy(w->out + w->at, t.data, n);
    w->at += n;
    w->out[w->at] = '\0';
}

void writer_format(struct writer *w, const char *format, ...)
{
    char line[256];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t length = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    writer_text(w, (struct text){line, (uint32_t)length});
}

void writer_quoted(struct writer *w, struct text t)
{
    uint32_t plain = 0;

    writer_text(w, text_of("\""));
    for (uint32_t i = 0; i < t.length; i++) {
        uint8_t c = (uint8_t)t.data[i];
        if (c >= 0x20 && c != 0x7f && c != '"' && c != '\\')
            continue;
        writer_text(w, (struct text){t.data + plain, i - plain});
        plain = i + 1;
        if (c == '"' || c == '\\')
            writer_format(w, "\\%c", c);
        else if (c == '\n')
            writer_text(w, text_of("\\n"));
        else
            writer_format(w, "\\u{%x}", c);
    }
    writer_text(w, (struct text){t.data + plain, t.length - plain});
    writer_text(w, text_of("\""));
}

static void write_items(struct writer *w, const struct symbols *symbols,
                        const struct cedar_value *v)
{
    writer_text(w, text_of("["));
    for (uint32_t i = 0; i < v->count; i++) {
        writer_text(w, text_of(i > 0 ? ", " : ""));
        value_write(w, symbols, &v->items[i]);
    }
    writer_text(w, text_of("]"));
}

static void write_fields(struct writer *w, const struct symbols *symbols,
                         const struct cedar_value *v)
{
    writer_text(w, text_of("{"));
    for (uint32_t i = 0; i < v->count; i++) {
        writer_text(w, text_of(i > 0 ? ", " : ""));
        writer_quoted(w, symbols_text(symbols, v->fields[i].key));
        writer_text(w, text_of(": "));
        value_write(w, symbols, &v->fields[i].value);
    }
    writer_text(w, text_of("}"));
}

void value_write(struct writer *w, const struct symbols *symbols, const struct cedar_value *v)
{
    switch ((enum value_tag)v->tag) {
    case VALUE_NONE:
        break;
    case VALUE_BOOL:
        writer_text(w, text_of(v->number ? "true" : "false"));
        break;
    case VALUE_LONG:
        writer_format(w, "%" PRId64, v->number);
        break;
    case VALUE_STRING:
        writer_quoted(w, symbols_text(symbols, v->symbol));
        break;
    case VALUE_ENTITY:
        writer_text(w, symbols_text(symbols, v->uid.type));
        writer_text(w, text_of("::"));
        writer_quoted(w, symbols_text(symbols, v->uid.id));
        break;
    case VALUE_SET:
        write_items(w, symbols, v);
        break;
    case VALUE_RECORD:
        write_fields(w, symbols, v);
        break;
    case VALUE_DECIMAL:
        writer_text(w, text_of("decimal(\""));
        decimal_write(w, v->number);
        writer_text(w, text_of("\")"));
        break;
    case VALUE_IPADDR:
        writer_text(w, text_of("ip(\""));
        ipaddr_write(w, v->ip);
        writer_text(w, text_of("\")"));
        break;
    case VALUE_DATETIME:
        datetime_write(w, v->number);
        break;
    case VALUE_DURATION:
        duration_write(w, v->number);
        break;
    }
}

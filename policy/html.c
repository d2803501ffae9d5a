#include "policy/html.h"

#include <string.h>

/* Whether the character would hide, or turn the writing round. */
static bool is_hidden(uint32_t c)
{
    return (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xad ||
           c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 ||
           (c >= 0x180b && c <= 0x180f) || c == 0x2800 || c == 0x3164 ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0xffa0 || (c >= 0xfff0 && c <= 0xfffb) ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* The character at ${s}, which is well-formed, and its length. */
static uint32_t character(const uint8_t *s, uint32_t *ret_length)
{
    uint32_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fU >> n);

    for (uint32_t i = 1; i < n; i++)
        c = c << 6 | (s[i] & 0x3f);
    *ret_length = n;
    return c;
}

static void put(FILE *out, const uint8_t *s, uint32_t *ret_length)
{
    uint32_t c = character(s, ret_length);

    if (c == '&')
        fputs("&amp;", out);
    else if (c == '<')
        fputs("&lt;", out);
    else if (c == '>')
        fputs("&gt;", out);
    else if (c == '"')
        fputs("&quot;", out);
    else if (c == '\'')
        fputs("&#39;", out);
    else if (is_hidden(c))
        fprintf(out, "[U+%04X]", c);
    else
        fwrite(s, 1, *ret_length, out);
}

void html_text(FILE *out, struct text text)
{
    size_t good = text_utf8_prefix(text.data, text.length);
    uint32_t n;

    for (uint32_t i = 0; i < text.length; i += n) {
        n = 1;
        if (i < good) {
            put(out, (const uint8_t *)text.data + i, &n);
            continue;
        }
        fputc('?', out);
        good = i + 1 + text_utf8_prefix(text.data + i + 1, text.length - i - 1);
    }
}

void html_string(FILE *out, const char *string)
{
    html_text(out, text_of(string));
}

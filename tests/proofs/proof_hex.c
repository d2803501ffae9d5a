#include "crypto/bytes.c"

/* Digits of up to LENGTH bytes: both ways, and nothing outside. */
#define LENGTH 6

size_t nondet_size(void);
unsigned char nondet_byte(void);

int main(void)
{
    uint8_t text[2 * LENGTH], out[LENGTH];
    char again[2 * LENGTH + 1];
    size_t length = nondet_size(), wanted = nondet_size();
    __CPROVER_assume(length <= 2 * LENGTH && wanted <= LENGTH);
    if (bytes_from_hex(bytes_view_of(text, length), wanted, out) != 0)
        return 0;
    bytes_to_hex(out, wanted, again);
    for (size_t i = 0; i < length; i++)
        __CPROVER_assert(again[i] == (char)text[i], "what was read is what would be written");
    __CPROVER_assert(length == 2 * wanted, "all of it was read");
    return 0;
}

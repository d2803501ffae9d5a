#include <stdlib.h>
#include <string.h>

#include "crypto/minisign.h"

static struct minisign_public public_key;
static char right[MINISIGN_FILE_MAX];
static size_t right_length;

static void begin(void)
{
    struct secret *seed = NULL;

    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
        minisign_public_of(seed, &public_key) ||
        minisign_sign(seed, "data", 4, "a comment", right, &right_length))
        abort();
    secret_free(seed);
}

/* No text but the one that was signed is accepted; a public key has one form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_view text = bytes_view_of(data, size), comment;
    char again[MINISIGN_PUBLIC_TEXT + 1];
    struct minisign_public other;

    if (right_length == 0)
        begin();
    if (minisign_check(&public_key, "data", 4, text, &comment) == 0 &&
        !bytes_equal(text, bytes_view_of(right, right_length)))
        abort();
    if (minisign_public_parse(text, &other))
        return 0;
    minisign_public_print(&other, again);
    if (!bytes_equal_text(text, again))
        abort();
    return 0;
}

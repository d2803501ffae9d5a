#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"

static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static char right[NOTE_MAX];
static size_t right_length;

static void begin(void)
{
    struct note_checkpoint c = {.origin = "casemate/e7k2m9qa/1", .size = 7, .has_hot = true};
    struct secret *seed = NULL;

    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
        sign_public(seed, public_key) || note_sign(seed, &c, right, &right_length))
        abort();
    secret_free(seed);
}

/* No text but the one that was signed is accepted. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_view text = bytes_view_of(data, size);
    struct note_checkpoint c;

    if (right_length == 0)
        begin();
    if (note_check(public_key, text, &c) == 0 &&
        !bytes_equal(text, bytes_view_of(right, right_length)))
        abort();
    return 0;
}

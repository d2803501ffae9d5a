#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "enclave/store/skeleton.h"

static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static char text[1 << 16];
static size_t head_length;

/* The head of a log of two events whose lines nobody knows. */
static void begin(void)
{
    struct note_checkpoint c = {.origin = "casemate/e7k2m9qa/1", .size = 2};
    struct secret *seed = NULL;
    char note[NOTE_MAX];
    size_t n;
    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
        sign_public(seed, public_key) || note_sign(seed, &c, note, &n))
        abort();
    secret_free(seed);
    head_length = strlen(SKELETON_FIRST_LINE);
    memcpy(text, SKELETON_FIRST_LINE, head_length);
    memcpy(text + head_length, note, n);
    head_length += n;
    text[head_length++] = '\n';
}

/* Nothing verifies: neither any text, nor any lines behind the signed head. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct skeleton_result result;
    if (head_length == 0)
        begin();
    if (skeleton_check(bytes_view_of(data, size), public_key, NULL, &result) == 0)
        abort();
    if (size > sizeof text - head_length)
        return 0;
    memcpy(text + head_length, data, size);
    if (skeleton_check(bytes_view_of(text, head_length + size), public_key, NULL, &result) == 0)
        abort();
    return 0;
}

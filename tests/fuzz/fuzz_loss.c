#include <stdlib.h>
#include <string.h>

#include "enclave/store/loss.h"

static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static uint8_t words[STATEMENT_MAX];
static size_t words_length;
static char body[LOSS_BODY + 1];
static struct loss loss = {.enclave = "e7k2m9qa", .signed_log = {.epoch = 1, .size = 9}};

static void begin(void)
{
    struct secret *seed = NULL;
    struct statement s = {.enclave = "e7k2m9qa",
                          .natural = {1},
                          .factor = STATEMENT_FIDO2,
                          .operation = LOSS_OPERATION,
                          .name = "N",
                          .meaning = "M"};
    uint8_t digest[32];
    loss_digest(&loss, digest);
    memcpy(body, "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a0\",\"loss\":\"", 53);
    bytes_to_hex(digest, 32, body + 53);
    memcpy(body + 117, "\"}", 2);
    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) ||
        sign_public(seed, public_key) ||
        statement_action_digest(LOSS_OPERATION_NAME, s.enclave, bytes_view_of(body, LOSS_BODY),
                                s.action) ||
        statement_sign(seed, &s, words, &words_length))
        abort();
    secret_free(seed);
}

/* Nothing is a person's word but what was signed: the input is a body, then a statement, then both
 * with the right other half. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct statement s;
    if (words_length == 0)
        begin();
    struct bytes_view right_body = bytes_view_of(body, LOSS_BODY);
    struct bytes_view right_words = bytes_view_of(words, words_length);
    struct bytes_view view = bytes_view_of(data, size);
    struct loss_consent one = {view, right_words}, two = {right_body, view};
    if (loss_check(&loss, public_key, true, &one, &s) == 0 && !bytes_equal(view, right_body))
        abort();
    if (loss_check(&loss, public_key, true, &two, &s) == 0 && !bytes_equal(view, right_words))
        abort();
    if (size > LOSS_BODY) {
        struct loss_consent split = {bytes_view_of(data, LOSS_BODY),
                                     bytes_view_of(data + LOSS_BODY, size - LOSS_BODY)};
        if (loss_check(&loss, public_key, true, &split, &s) == 0 &&
            !(bytes_equal(split.body, right_body) && bytes_equal(split.statement, right_words)))
            abort();
    }
    return 0;
}

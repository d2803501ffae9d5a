#include <stdlib.h>
#include <string.h>

#include "tests/appliance/identity/key.h"

static const struct webauthn_site site = {.rp_id = "localhost", .origin = "http://localhost:7800"};
static const uint8_t challenge[32] = "a challenge that nobody guesses";
static struct test_answer registration, assertion;
static struct webauthn_key known;

static void begin(void)
{
    struct test_key key;
    const char *why;
    test_key_new(&key, WEBAUTHN_ES256);
    test_key_register(&key, challenge, &registration);
    if (webauthn_register(
            &site, challenge, bytes_view_of(registration.client_data, registration.client_length),
            bytes_view_of(registration.object, registration.object_length), &known, &why) != 0)
        abort();
    key.counter = 2;
    test_key_assert(&key, challenge, &assertion);
    test_key_free(&key);
}

static void change(uint8_t *data, size_t length, const uint8_t *changes, size_t size)
{
    for (size_t i = 0; i + 2 < size; i += 3)
        data[(size_t)(changes[i] << 8 | changes[i + 1]) % length] ^= changes[i + 2];
}

/* No changed assertion is taken, and nothing that a browser may send does harm: the first byte
 * says what is read as what. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct test_answer a;
    struct webauthn_key key;
    uint32_t counter;
    const char *why;
    if (known.id_length == 0)
        begin();
    if (size == 0)
        return 0;
    struct bytes_view rest = bytes_view_of(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: /* an attestation of its own */
        a = registration;
        (void)!webauthn_register(&site, challenge, bytes_view_of(a.client_data, a.client_length),
                                 rest, &key, &why);
        return 0;
    case 1: /* client data of its own */
        (void)!webauthn_register(&site, challenge, rest,
                                 bytes_view_of(registration.object, registration.object_length),
                                 &key, &why);
        return 0;
    case 2: /* a changed attestation */
        a = registration;
        change(a.object, a.object_length, rest.data, rest.length);
        (void)!webauthn_register(&site, challenge, bytes_view_of(a.client_data, a.client_length),
                                 bytes_view_of(a.object, a.object_length), &key, &why);
        return 0;
    default: /* a changed assertion */
        a = assertion;
        change(a.object, a.object_length, rest.data, rest.length);
        if (webauthn_assert(&site, &known, challenge, bytes_view_of(a.client_data, a.client_length),
                            bytes_view_of(a.object, a.object_length),
                            bytes_view_of(a.signature, a.signature_length), &counter, &why) == 0 &&
            memcmp(a.object, assertion.object, a.object_length) != 0)
            abort();
        return 0;
    }
}

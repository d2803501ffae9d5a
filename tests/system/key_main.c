/*
 * A security key and a browser for the system tests.
 *   key register FILE CHALLENGE ORIGIN            a new key, kept in FILE
 *   key again FILE CHALLENGE ORIGIN               registered once more
 *   key assert FILE CHALLENGE ORIGIN              its counter rises
 *   key copy FILE CHALLENGE ORIGIN                as a copy of it would: the counter does not
 * CHALLENGE is in hex.  Prints the members of a request's body that it has made.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/appliance/identity/key.h"

static void print(const char *name, const uint8_t *data, size_t length, const char *end)
{
    char text[8192];
    sodium_bin2base64(text, sizeof text, data, length, sodium_base64_VARIANT_ORIGINAL);
    printf("\"%s\":\"%s\"%s", name, text, end);
}

/* What the browser makes of its address. */
static const char *host_of(const char *origin)
{
    static char host[256];
    const char *at = strstr(origin, "://");
    snprintf(host, sizeof host, "%s", at ? at + 3 : origin);
    host[strcspn(host, ":")] = '\0';
    return host;
}

int main(int argc, char **argv)
{
    static struct test_answer answer;
    struct test_key key;
    uint8_t challenge[32];
    if (argc != 5 || bytes_from_hex(bytes_text(argv[3]), 32, challenge) != 0)
        return 2;
    bool fresh = strcmp(argv[1], "register") == 0;
    bool registers = fresh || strcmp(argv[1], "again") == 0;
    if (fresh) {
        test_key_new(&key, WEBAUTHN_ES256);
        randombytes_buf(key.id, key.id_length);
    } else if (test_key_load(&key, argv[2]) != 0) {
        return 1;
    }
    key.origin = argv[4];
    key.rp_id = host_of(argv[4]);
    if (registers)
        test_key_register(&key, challenge, &answer);
    key.counter += strcmp(argv[1], "copy") != 0;
    if (!registers)
        test_key_assert(&key, challenge, &answer);
    if (test_key_save(&key, argv[2]) != 0)
        return 1;
    print("client_data", answer.client_data, answer.client_length, ",");
    if (registers) {
        print("attestation", answer.object, answer.object_length, "\n");
    } else {
        print("credential", key.id, key.id_length, ",");
        print("authenticator", answer.object, answer.object_length, ",");
        print("signature", answer.signature, answer.signature_length, "\n");
    }
    test_key_free(&key);
    return 0;
}

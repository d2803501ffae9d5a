#include "tests/appliance/identity/key.h"

/* OpenSSL has a type of the name of one of our error codes. */
#define ERR_STATE openssl_error_state
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#undef ERR_STATE

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

#define UP 0x01
#define UV 0x04
#define AT 0x40

void test_key_new(struct test_key *key, enum webauthn_algorithm algorithm)
{
    *key = (struct test_key){.algorithm = algorithm, .id_length = 32, .flags = UP | UV};
    key->rp_id = "localhost";
    key->origin = "http://localhost:7800";
    key->pair = algorithm == WEBAUTHN_ES256 ? EVP_EC_gen("P-256")
                                            : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!key->pair)
        abort();
    for (size_t i = 0; i < key->id_length; i++)
        key->id[i] = (uint8_t)(i + 1);
    memset(key->aaguid, 0x77, 16);
    key->counter = 1;
}

void test_key_free(struct test_key *key)
{
    EVP_PKEY_free(key->pair);
    key->pair = NULL;
}

int test_key_load(struct test_key *key, const char *file)
{
    char id[2 * WEBAUTHN_ID_MAX + 1];
    FILE *f = fopen(file, "re");
    test_key_new(key, WEBAUTHN_ES256);
    test_key_free(key);
    if (!f || fscanf(f, "%u %510s\n", &key->counter, id) != 2)
        return -1;
    key->id_length = strlen(id) / 2;
    int r = bytes_from_hex(bytes_text(id), key->id_length, key->id);
    key->pair = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return r || !key->pair ? -1 : 0;
}

int test_key_save(const struct test_key *key, const char *file)
{
    char id[2 * WEBAUTHN_ID_MAX + 1];
    FILE *f = fopen(file, "we");
    bytes_to_hex(key->id, key->id_length, id);
    if (!f || fprintf(f, "%u %s\n", key->counter, id) < 0 ||
        PEM_write_PrivateKey(f, key->pair, NULL, NULL, 0, NULL, NULL) != 1)
        return -1;
    return fclose(f);
}

static void client_data(const struct test_key *key, const char *type, const uint8_t *challenge,
                        struct test_answer *out)
{
    char text[64];
    sodium_bin2base64(text, sizeof text, challenge, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    out->client_length = (size_t)snprintf(
        (char *)out->client_data, sizeof out->client_data,
        "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", key->type ? key->type : type,
        text, key->origin, key->more ? key->more : ",\"crossOrigin\":false");
}

static void put_public(const struct test_key *key, struct bytes_put *put)
{
    static const uint8_t es256[] = {0xa5, 1, 2, 3, 0x26, 0x20, 1},
                         eddsa[] = {0xa4, 1, 1, 3, 0x27, 0x20, 6};
    uint8_t raw[80];
    size_t length = sizeof raw;
    bytes_put_fixed(put, key->algorithm == WEBAUTHN_ES256 ? es256 : eddsa, 7);
    if (key->algorithm == WEBAUTHN_ES256) {
        if (EVP_PKEY_get_octet_string_param(key->pair, OSSL_PKEY_PARAM_PUB_KEY, raw, sizeof raw,
                                            &length) != 1)
            abort();
    } else if (EVP_PKEY_get_raw_public_key(key->pair, raw + 1, &length) != 1) {
        abort();
    }
    bytes_put_fixed(put, "\x21\x58\x20", 3);
    bytes_put_fixed(put, raw + 1, 32);
    if (key->algorithm == WEBAUTHN_ES256) {
        bytes_put_fixed(put, "\x22\x58\x20", 3);
        bytes_put_fixed(put, raw + 33, 32);
    }
}

static size_t authenticator_data(const struct test_key *key, bool registration, uint8_t *out,
                                 size_t room)
{
    struct bytes_put put = bytes_into(out, room);
    uint8_t rp[32];
    hash_sha256(bytes_text(key->rp_id), rp);
    bytes_put_fixed(&put, rp, 32);
    bytes_put_u8(&put, key->flags | (registration ? AT : 0));
    bytes_put_u32(&put, key->counter);
    if (registration) {
        bytes_put_fixed(&put, key->aaguid, 16);
        bytes_put_u16(&put, (uint16_t)key->id_length);
        bytes_put_fixed(&put, key->id, key->id_length);
        put_public(key, &put);
    }
    return bytes_put_length(&put);
}

static size_t sign(const struct test_key *key, const uint8_t *data, size_t length,
                   const struct test_answer *answer, uint8_t *out, size_t room)
{
    uint8_t message[2048];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || length + 32 > sizeof message)
        abort();
    memcpy(message, data, length);
    hash_sha256(bytes_view_of(answer->client_data, answer->client_length), message + length);
    const EVP_MD *digest = key->algorithm == WEBAUTHN_ES256 ? EVP_sha256() : NULL;
    if (EVP_DigestSignInit(context, NULL, digest, NULL, key->pair) != 1 ||
        EVP_DigestSign(context, out, &room, message, length + 32) != 1)
        abort();
    EVP_MD_CTX_free(context);
    return room;
}

static void put_head(struct bytes_put *put, uint8_t major, size_t length)
{
    if (length < 24) {
        bytes_put_u8(put, (uint8_t)(major | length));
    } else if (length < 256) {
        bytes_put_u8(put, major | 24);
        bytes_put_u8(put, (uint8_t)length);
    } else {
        bytes_put_u8(put, major | 25);
        bytes_put_u16(put, (uint16_t)length);
    }
}

static void put_text(struct bytes_put *put, const char *text)
{
    put_head(put, 0x60, strlen(text));
    bytes_put_fixed(put, text, strlen(text));
}

static void put_bytes(struct bytes_put *put, const uint8_t *data, size_t length)
{
    put_head(put, 0x40, length);
    bytes_put_fixed(put, data, length);
}

void test_key_register(struct test_key *key, const uint8_t challenge[static 32],
                       struct test_answer *out)
{
    uint8_t data[1024];
    struct bytes_put put = bytes_into(out->object, sizeof out->object);
    client_data(key, "webauthn.create", challenge, out);
    size_t length = authenticator_data(key, true, data, sizeof data);
    bytes_put_u8(&put, 0xa3);
    put_text(&put, "fmt");
    put_text(&put, key->packed ? "packed" : "none");
    put_text(&put, "attStmt");
    bytes_put_u8(&put, key->packed ? 0xa2 : 0xa0);
    if (key->packed) {
        put_text(&put, "alg");
        bytes_put_u8(&put, key->algorithm == WEBAUTHN_ES256 ? 0x26 : 0x27);
        put_text(&put, "sig");
        out->signature_length = sign(key, data, length, out, out->signature, sizeof out->signature);
        put_bytes(&put, out->signature, out->signature_length);
    }
    put_text(&put, "authData");
    put_bytes(&put, data, length);
    out->object_length = bytes_put_length(&put);
}

void test_key_assert(struct test_key *key, const uint8_t challenge[static 32],
                     struct test_answer *out)
{
    client_data(key, "webauthn.get", challenge, out);
    out->object_length = authenticator_data(key, false, out->object, sizeof out->object);
    out->signature_length =
        sign(key, out->object, out->object_length, out, out->signature, sizeof out->signature);
}

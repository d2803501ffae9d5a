#ifndef TESTS_APPLIANCE_IDENTITY_KEY_H
#define TESTS_APPLIANCE_IDENTITY_KEY_H

#include "appliance/identity/webauthn.h"

/*
 * A security key in software, and the browser in front of it: every field may be set
 * wrong before it speaks.
 */
struct test_key {
    struct evp_pkey_st *pair;
    enum webauthn_algorithm algorithm;
    uint8_t id[WEBAUTHN_ID_MAX];
    size_t id_length;
    uint8_t aaguid[16];
    uint32_t counter;
    uint8_t flags; /* of the next answer; what a registration has beside is added */
    const char *rp_id;
    const char *origin;
    const char *type; /* NULL: the right one */
    const char *more; /* text of further members of the client's data, with a comma in front */
    bool packed;      /* attest by itself, instead of not at all */
};

struct test_answer {
    uint8_t client_data[2048];
    size_t client_length;
    uint8_t object[2048]; /* the attestation, or the authenticator's data */
    size_t object_length;
    uint8_t signature[256];
    size_t signature_length;
};

/* test_key_new(key, algorithm): A fresh one for "localhost" at http://localhost:7800. */
void test_key_new(struct test_key *key, enum webauthn_algorithm algorithm);
/* test_key_load(key, file), test_key_save(key, file): 0, or -1. */
int test_key_load(struct test_key *key, const char *file);
int test_key_save(const struct test_key *key, const char *file);
void test_key_free(struct test_key *key);
void test_key_register(struct test_key *key, const uint8_t challenge[static 32],
                       struct test_answer *out);
void test_key_assert(struct test_key *key, const uint8_t challenge[static 32],
                     struct test_answer *out);

#endif

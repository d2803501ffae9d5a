#include "appliance/identity/credential.h"

#include <string.h>

#include "crypto/hash.h"

static bool is_same_authenticator(const struct credential *a, const struct credential *b)
{
    if (a->is_card != b->is_card)
        return false;
    if (a->is_card)
        return memcmp(a->subject_key, b->subject_key, 32) == 0 ||
               strcmp(a->identifier, b->identifier) == 0;
    return (a->key.id_length == b->key.id_length &&
            memcmp(a->key.id, b->key.id, a->key.id_length) == 0) ||
           (a->key.public_length == b->key.public_length &&
            memcmp(a->key.public_key, b->key.public_key, a->key.public_length) == 0);
}

const char *credentials_refused(const struct credentials *c, const struct credential *wanted)
{
    unsigned keys = 0;
    if (c->count == CREDENTIALS_MAX)
        return "There is no room for more keys and cards.";
    for (size_t i = 0; i < c->count; i++) {
        const struct credential *k = &c->credential[i];
        if (memcmp(k->credential, wanted->credential, 16) == 0)
            return "A key or card of this id is there already.";
        if (is_same_authenticator(k, wanted))
            return wanted->is_card ? "This card is registered already."
                                   : "This key is registered already.";
        keys += k->person == wanted->person && k->is_card == wanted->is_card &&
                k->state != CREDENTIAL_REVOKED;
    }
    if (keys >= KEYS_OF_PERSON)
        return wanted->is_card ? "You have two cards already: an officer revokes one first."
                               : "You have two keys already: an officer revokes one first.";
    return NULL;
}

int credentials_add(struct credentials *c, const struct credential *wanted)
{
    if (c->count == CREDENTIALS_MAX)
        return ERR_FULL;
    if (credentials_refused(c, wanted))
        return ERR_DUPLICATE;
    c->credential[c->count] = *wanted;
    c->credential[c->count++].state = CREDENTIAL_PENDING;
    return 0;
}

struct credential *credentials_find(struct credentials *c, const uint8_t id[static 16])
{
    for (size_t i = 0; i < c->count; i++)
        if (memcmp(c->credential[i].credential, id, 16) == 0)
            return &c->credential[i];
    return NULL;
}

struct credential *credentials_key(struct credentials *c, size_t person, struct bytes_view key)
{
    for (size_t i = 0; i < c->count; i++) {
        struct credential *k = &c->credential[i];
        if (!k->is_card && k->person == person && k->state == CREDENTIAL_APPROVED &&
            bytes_equal(key, bytes_view_of(k->key.id, k->key.id_length)))
            return k;
    }
    return NULL;
}

struct credential *credentials_card(struct credentials *c, const uint8_t subject_key[static 32],
                                    const char *identifier)
{
    for (size_t i = 0; i < c->count; i++) {
        struct credential *k = &c->credential[i];
        if (k->is_card && k->state == CREDENTIAL_APPROVED &&
            memcmp(k->subject_key, subject_key, 32) == 0 && strcmp(k->identifier, identifier) == 0)
            return k;
    }
    return NULL;
}

int credential_approve(struct credential *credential)
{
    if (credential->state != CREDENTIAL_PENDING)
        return ERR_STATE;
    credential->state = CREDENTIAL_APPROVED;
    return 0;
}

int credential_revoke(struct credential *credential)
{
    if (credential->state == CREDENTIAL_REVOKED)
        return ERR_STATE;
    credential->state = CREDENTIAL_REVOKED;
    return 0;
}

void credential_fingerprint(const struct credential *credential,
                            char out[static CREDENTIAL_FINGERPRINT])
{
    uint8_t digest[32];
    size_t at = 0;
    if (credential->is_card)
        memcpy(digest, credential->subject_key, sizeof digest);
    else
        hash_content("casemate/fingerprint/1",
                     bytes_view_of(credential->key.public_key, credential->key.public_length),
                     digest);
    for (size_t i = 0; i < 4; i++) {
        bytes_to_hex(digest + 2 * i, 2, out + at);
        at += 5;
        out[at - 1] = i < 3 ? ' ' : '\0';
    }
}

const char *credential_state_text(const struct credential *credential)
{
    switch (credential->state) {
    case CREDENTIAL_PENDING:
        return "pending";
    case CREDENTIAL_APPROVED:
        return "approved";
    case CREDENTIAL_REVOKED:
    case CREDENTIAL_NONE:
        break;
    }
    return "revoked";
}

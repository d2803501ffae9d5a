#ifndef APPLIANCE_IDENTITY_CREDENTIAL_H
#define APPLIANCE_IDENTITY_CREDENTIAL_H

#include "appliance/identity/webauthn.h"

/*
 * Which security key and which card is whose.  A pure table, filled from events.  What
 * nobody approved opens nothing; what was revoked never opens anything again, and its
 * authenticator is nobody else's either.
 */
#define CREDENTIALS_MAX     6000
#define KEYS_OF_PERSON      2
#define CREDENTIAL_LABEL    40
#define CARD_IDENTIFIER_MAX 80

enum credential_state {
    CREDENTIAL_NONE = 0,
    CREDENTIAL_PENDING,
    CREDENTIAL_REVOKED,
    CREDENTIAL_APPROVED
};

struct credential {
    enum credential_state state;
    uint8_t credential[16];
    size_t person; /* place in people */
    char label[CREDENTIAL_LABEL + 1];
    int64_t registered_ms;
    uint8_t registered_at[16]; /* a station */
    bool is_card;
    struct webauthn_key key;
    uint8_t subject_key[32]; /* SHA-256 of the card's SubjectPublicKeyInfo */
    char identifier[CARD_IDENTIFIER_MAX + 1];
};

struct credentials {
    size_t count;
    struct credential credential[CREDENTIALS_MAX];
};

/* credentials_refused(c, wanted): NULL when ${wanted} may be registered, else why not, in words. */
const char *credentials_refused(const struct credentials *c, const struct credential *wanted);

/* credentials_add(c, wanted): Register it, pending.  ERR_DUPLICATE, ERR_FULL. */
must_use int credentials_add(struct credentials *c, const struct credential *wanted);

struct credential *credentials_find(struct credentials *c, const uint8_t id[static 16]);

/* credentials_key(c, person, key): The approved key of this person with the authenticator's name
 * ${key}; NULL when there is none.  credentials_card(c, subject_key, identifier): The approved
 * card. */
struct credential *credentials_key(struct credentials *c, size_t person, struct bytes_view key);
struct credential *credentials_card(struct credentials *c, const uint8_t subject_key[static 32],
                                    const char *identifier);

/* credential_approve(credential), credential_revoke(credential): ERR_STATE for one that is not
 * pending, or revoked already. */
must_use int credential_approve(struct credential *credential);
must_use int credential_revoke(struct credential *credential);

/* credential_fingerprint(credential, out): What its person and an officer compare: the first 64
 * bits of a digest of its public key, as "3f2a 91c0 77d4 05be". */
#define CREDENTIAL_FINGERPRINT 20
void credential_fingerprint(const struct credential *credential,
                            char out[static CREDENTIAL_FINGERPRINT]);

const char *credential_state_text(const struct credential *credential);

#endif

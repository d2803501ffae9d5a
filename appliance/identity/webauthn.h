#ifndef APPLIANCE_IDENTITY_WEBAUTHN_H
#define APPLIANCE_IDENTITY_WEBAUTHN_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * What a security key said through a browser, judged: W3C Web Authentication Level 2, the
 * registration (section 7.1) and the assertion (7.2).  Nothing here talks to a device, keeps
 * anything or looks at a clock.  CBOR, COSE and the signatures are libfido2's; the client's data
 * (JSON, section 5.8.1) and the authenticator's data (6.1) are looked at here, too.
 *
 * Demanded of both: the site's RP id and origin, letter for letter; the very challenge; not from a
 * page inside another page; the person present and verified by the key itself (its PIN or finger).
 * Refused: keys whose secret may be copied (backup eligible), other algorithms than ES256 and
 * EdDSA, other attestations than "none" and "packed", extensions that nobody asked for.
 * An attestation is checked for its signature, not for who vouches for its certificate: an AAGUID
 * is the key's own word, and an officer approves each key by looking at it.
 */
#define WEBAUTHN_ID_MAX          255
#define WEBAUTHN_CHALLENGE       32
#define WEBAUTHN_CLIENT_DATA_MAX 1024
#define WEBAUTHN_ATTESTATION_MAX 4096
#define WEBAUTHN_AAGUIDS_MAX     32

enum webauthn_algorithm { WEBAUTHN_NONE = 0, WEBAUTHN_ES256 = 1, WEBAUTHN_EDDSA = 2 };

struct webauthn_site {
    const char *rp_id;
    const char *origin;
    size_t aaguids_count; /* 0: any model */
    uint8_t aaguids[WEBAUTHN_AAGUIDS_MAX][16];
};

struct webauthn_key {
    uint8_t id[WEBAUTHN_ID_MAX]; /* the authenticator's own name for it */
    size_t id_length;
    enum webauthn_algorithm algorithm;
    uint8_t public_key[64]; /* ES256: x and y; EdDSA: 32 bytes */
    size_t public_length;
    uint8_t aaguid[16];
    uint32_t counter;
};

/*
 * webauthn_register(site, challenge, client_data, attestation, ret_key, ret_why):
 * Judge a registration and set ${ret_key}.  Return 0; ERR_FORMAT for what is malformed; ERR_REFUSED
 * for what is well formed and not admitted; ERR_SIGNATURE; ERR_MEMORY.  On failure ${ret_why}, a
 * static sentence, says what it was.
 */
must_use int webauthn_register(const struct webauthn_site *site,
                               const uint8_t challenge[static WEBAUTHN_CHALLENGE],
                               struct bytes_view client_data, struct bytes_view attestation,
                               struct webauthn_key *ret_key, const char **ret_why);

/*
 * webauthn_assert(site, key, challenge, client_data, authenticator, signature, ret_counter,
 * ret_why): Judge an assertion by ${key}.  Return as above; ERR_STALE when everything else is right
 * and the key's counter has not risen above ${key}'s: there are two of it.  A key that always says
 * 0 keeps no counter.  On success ${ret_counter} is what the caller keeps.
 */
must_use int webauthn_assert(const struct webauthn_site *site, const struct webauthn_key *key,
                             const uint8_t challenge[static WEBAUTHN_CHALLENGE],
                             struct bytes_view client_data, struct bytes_view authenticator,
                             struct bytes_view signature, uint32_t *ret_counter,
                             const char **ret_why);

#endif

#ifndef APPLIANCE_IDENTITY_PIV_H
#define APPLIANCE_IDENTITY_PIV_H

#include <stdbool.h>

#include "crypto/bytes.h"

/*
 * A PIV or CAC certificate, judged offline: RFC 5280 path validation by libcrypto against the
 * site's own trust anchors and revocation lists, and what FIPS 201 says of the card's names.  Pure:
 * no clock (${now_ms} is the caller's UTC), no file, no network.
 *
 * Denied: a path that does not end in an anchor (a self-signed root); any certificate of the
 * path, the root's too, for which there is no revocation list in force; one that is revoked, not
 * yet or no longer valid, or signed with less than 112 bits of strength; a card's certificate
 * that is a CA's, has no key usage digitalSignature, is neither for client authentication nor
 * for PIV card authentication, or whose key is not RSA of at least 2048 bits, P-256 or P-384;
 * one that names no card.
 */
#define PIV_CHAIN_MAX      8192
#define PIV_CERTIFICATES   6
#define PIV_PEM_MAX        20000
#define PIV_IDENTIFIER_MAX 80

struct piv_trust {
    struct bytes_view anchors; /* PEM, one certificate behind the other */
    struct bytes_view crls;    /* PEM, likewise */
};

struct piv_card {
    uint8_t subject_key[32]; /* SHA-256 of the SubjectPublicKeyInfo */
    /* "fascn:" and hex, else "uuid:" and the UUID, else "upn:" and the name */
    char identifier[PIV_IDENTIFIER_MAX + 1];
    bool asks_pin; /* false for the card authentication key, which answers without a PIN */
};

/*
 * piv_judge(trust, chain, now_ms, ret_card, ret_why):
 * Judge ${chain}: DER certificates, the card's first, each with a u32 length in front.  That its
 * secret key is in the card the caller knows from elsewhere (the handshake).  Return 0; ERR_FORMAT
 * for what is malformed; ERR_REFUSED with a static sentence in ${ret_why} for what is denied;
 * ERR_MEMORY.
 */
must_use int piv_judge(const struct piv_trust *trust, struct bytes_view chain, int64_t now_ms,
                       struct piv_card *ret_card, const char **ret_why);

/* piv_trust_refused(trust, now_ms): NULL when the site may rely on it from now on, else why not. */
const char *piv_trust_refused(const struct piv_trust *trust, int64_t now_ms);

#endif

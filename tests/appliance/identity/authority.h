#ifndef TESTS_APPLIANCE_IDENTITY_AUTHORITY_H
#define TESTS_APPLIANCE_IDENTITY_AUTHORITY_H

#include "appliance/identity/piv.h"

/* A small authority: a root, an issuer below it, cards, revocation lists; each may be made wrong.
 */
#define AUTHORITY_NOW ((int64_t)1800000000000)

struct evp_pkey_st;
struct x509_st;

struct authority {
    struct evp_pkey_st *root_key, *issuer_key, *card_key;
    struct x509_st *root, *issuer, *card;
    uint8_t anchors[8192], crls[8192], chain[PIV_CHAIN_MAX];
    size_t anchors_length, crls_length, chain_length;
};

/* What the card's certificate says; zeros and NULL are a good one of P-256. */
struct card_plan {
    const char *key;   /* "P-256", "P-384", "P-521", "RSA 2048", "RSA 1024", "ED25519" */
    const char *usage; /* extension values as openssl.cnf has them; "" leaves the extension out */
    const char *uses;
    const char *names;
    bool fascn; /* beside these names */
    const char *constraints;
    const char *critical_oid; /* an extension that nobody knows */
    int from_days, until_days;
    bool weak_digest;
    bool by_root; /* issued by the root itself */
};

struct crl_plan {
    bool revoked;   /* the card */
    bool no_issuer; /* the issuer's list is missing */
    bool no_root;   /* the root's is */
    int until_days; /* 0: thirty */
    bool other_key; /* the issuer's list is signed by somebody else */
    bool no_end;    /* it does not say until when it is good */
};

/* authority_new(a): Root and issuer.  authority_card(a, plan): Its certificate, and the chain.
 * authority_crls(a, plan): The lists. */
void authority_new(struct authority *a);
void authority_card(struct authority *a, const struct card_plan *plan);
void authority_crls(struct authority *a, const struct crl_plan *plan);
void authority_free(struct authority *a);

/* authority_judge(a, ret_card, ret_why): piv_judge() on all of it, now. */
int authority_judge(const struct authority *a, struct piv_card *ret_card, const char **ret_why);

#endif

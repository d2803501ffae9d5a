#include "appliance/identity/piv.h"

/* OpenSSL has a type of the name of one of our error codes. */
#define ERR_STATE openssl_error_state
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"

#define CARD_AUTHENTICATION "2.16.840.1.101.3.6.8"
#define FASC_N              "2.16.840.1.101.3.6.6"
#define UPN                 "1.3.6.1.4.1.311.20.2.3"
#define DEPTH_MAX           4

static int refuse(const char **ret_why, int code, const char *why)
{
    *ret_why = why;
    return code;
}

/* ---- trust: PEM, until nothing is left ---- */

/* Was the end of the text the only thing wrong? */
static bool ended_well(void)
{
    unsigned long error = ERR_peek_last_error();
    bool end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return end;
}

/* What begins and does not end is no text between two certificates, which PEM admits. */
static size_t begun(struct bytes_view pem)
{
    static const char mark[] = "-----BEGIN ";
    size_t n = 0;
    for (size_t i = 0; i + sizeof mark - 1 <= pem.length; i++)
        n += memcmp(pem.data + i, mark, sizeof mark - 1) == 0;
    return n;
}

static const char *read_anchors(X509_STORE *store, struct bytes_view pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.length);
    const char *why = bio ? NULL : "There is no memory.";
    size_t count = 0;
    X509 *x;
    ERR_clear_error();
    while (!why && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        count++;
        if (X509_check_ca(x) != 1 || !(X509_get_extension_flags(x) & EXFLAG_SS))
            why = "A trust anchor is not a self-signed certificate of an authority.";
        else if (X509_STORE_add_cert(store, x) != 1)
            why = "A trust anchor cannot be taken.";
        X509_free(x);
    }
    if (!why && (!ended_well() || count == 0 || count != begun(pem)))
        why = "The trust anchors are not certificates in PEM.";
    BIO_free(bio);
    return why;
}

static const char *read_crls(X509_STORE *store, struct bytes_view pem, const ASN1_TIME *now)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.length);
    const char *why = bio ? NULL : "There is no memory.";
    size_t count = 0;
    X509_CRL *crl;
    ERR_clear_error();
    while (!why && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL))) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
        count++;
        if (!next)
            why = "A revocation list does not say until when it is good.";
        else if (now && ASN1_TIME_compare(next, now) <= 0)
            why = "A revocation list has expired: bring in a new one.";
        else if (X509_STORE_add_crl(store, crl) != 1)
            why = "A revocation list cannot be taken.";
        X509_CRL_free(crl);
    }
    if (!why && (!ended_well() || count == 0 || count != begun(pem)))
        why = "The revocation lists are not lists in PEM.";
    BIO_free(bio);
    return why;
}

const char *piv_trust_refused(const struct piv_trust *trust, int64_t now_ms)
{
    X509_STORE *store = X509_STORE_new();
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)(now_ms / 1000));
    const char *why = store && now ? read_anchors(store, trust->anchors) : "There is no memory.";
    if (!why)
        why = read_crls(store, trust->crls, now);
    ASN1_TIME_free(now);
    X509_STORE_free(store);
    ERR_clear_error();
    return why;
}

/* ---- the chain ---- */

static void free_chain(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

static int read_chain(struct bytes_view bytes, STACK_OF(X509) * chain)
{
    struct bytes b = bytes_over(bytes.data, bytes.length);
    if (bytes.length == 0 || bytes.length > PIV_CHAIN_MAX)
        return ERR_SIZE;
    while (bytes_left(&b) > 0) {
        struct bytes_view der = bytes_var(&b, PIV_CHAIN_MAX);
        const unsigned char *at = der.data;
        if (b.error || sk_X509_num(chain) == PIV_CERTIFICATES)
            return ERR_FORMAT;
        X509 *x = d2i_X509(NULL, &at, (long)der.length);
        if (!x || at != der.data + der.length || sk_X509_push(chain, x) == 0) {
            X509_free(x);
            return ERR_FORMAT;
        }
    }
    return bytes_done(&b);
}

static const char *why_of(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_REVOKED:
        return "The certificate is revoked.";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        return "There is no revocation list for this certificate's issuer.";
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return "The revocation list for this certificate's issuer is not in force.";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "The certificate, or its issuer's, has expired.";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "The certificate is not yet valid.";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "The certificate is not from an issuer that this site trusts.";
    default:
        return "The certificate's path does not hold.";
    }
}

static const char *verify(X509_STORE *store, STACK_OF(X509) * chain, int64_t now_ms)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    const char *why = "There is no memory.";
    if (context && X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1) {
        X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(context);
        (void)X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                                 X509_V_FLAG_X509_STRICT);
        X509_VERIFY_PARAM_set_time(p, (time_t)(now_ms / 1000));
        X509_VERIFY_PARAM_set_depth(p, DEPTH_MAX);
        X509_VERIFY_PARAM_set_auth_level(p, 2);
        why = X509_verify_cert(context) == 1 ? NULL : why_of(X509_STORE_CTX_get_error(context));
    }
    X509_STORE_CTX_free(context);
    return why;
}

/* ---- the card's own certificate ---- */

static bool is_strong(X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    char group[32] = "";
    if (!key)
        return false;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) >= 2048;
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0);
}

static bool has_use(X509 *x, const char *oid)
{
    EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    char text[64];
    bool found = false;
    for (int i = 0; uses && i < sk_ASN1_OBJECT_num(uses) && !found; i++)
        found = OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(uses, i), 1) > 0 &&
                strcmp(text, oid) == 0;
    EXTENDED_KEY_USAGE_free(uses);
    return found;
}

static const char *judge_use(X509 *x, bool *ret_asks_pin)
{
    uint32_t flags = X509_get_extension_flags(x);
    if (X509_check_ca(x) != 0)
        return "This is the certificate of an authority, not of a card.";
    if (!(flags & EXFLAG_KUSAGE) || !(X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE))
        return "The certificate is not for signatures.";
    *ret_asks_pin = has_use(x, "1.3.6.1.5.5.7.3.2");
    if (!*ret_asks_pin && !has_use(x, CARD_AUTHENTICATION))
        return "The certificate is not for signing in.";
    return is_strong(x) ? NULL : "The card's key is weaker than this site admits.";
}

/* ---- the card's name ---- */

static bool is_printable(const unsigned char *text, int length)
{
    for (int i = 0; i < length; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return false;
    return length > 0;
}

/* How good a name is for a card; 0 for one that is none.  It is written to ${out}. */
static int take_name(const GENERAL_NAME *name, char out[static PIV_IDENTIFIER_MAX + 1])
{
    char oid[64], hex[65];
    if (name->type == GEN_URI) {
        const ASN1_STRING *uri = name->d.uniformResourceIdentifier;
        const unsigned char *text = ASN1_STRING_get0_data(uri);
        int length = ASN1_STRING_length(uri);
        if (length != 45 || memcmp(text, "urn:uuid:", 9) != 0 || !is_printable(text, length))
            return 0;
        snprintf(out, PIV_IDENTIFIER_MAX + 1, "uuid:%.36s", (const char *)text + 9);
        return 2;
    }
    if (name->type != GEN_OTHERNAME ||
        OBJ_obj2txt(oid, sizeof oid, name->d.otherName->type_id, 1) <= 0)
        return 0;
    const ASN1_TYPE *value = name->d.otherName->value;
    if (strcmp(oid, FASC_N) == 0 && value->type == V_ASN1_OCTET_STRING) {
        int length = ASN1_STRING_length(value->value.octet_string);
        if (length != 25)
            return 0;
        bytes_to_hex(ASN1_STRING_get0_data(value->value.octet_string), 25, hex);
        snprintf(out, PIV_IDENTIFIER_MAX + 1, "fascn:%s", hex);
        return 3;
    }
    if (strcmp(oid, UPN) == 0 && value->type == V_ASN1_UTF8STRING) {
        const unsigned char *text = ASN1_STRING_get0_data(value->value.utf8string);
        int length = ASN1_STRING_length(value->value.utf8string);
        if (length > PIV_IDENTIFIER_MAX - 4 || !is_printable(text, length))
            return 0;
        snprintf(out, PIV_IDENTIFIER_MAX + 1, "upn:%.*s", length, (const char *)text);
        return 1;
    }
    return 0;
}

static const char *take_identifier(X509 *x, char out[static PIV_IDENTIFIER_MAX + 1])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    char text[PIV_IDENTIFIER_MAX + 1];
    int best = 0;
    bool twice = false;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        int rank = take_name(sk_GENERAL_NAME_value(names, i), text);
        if (rank == best && rank)
            twice = true; /* two of the best kind: which one is it? */
        if (rank <= best)
            continue;
        best = rank;
        twice = false;
        strcpy(out, text);
    }
    GENERAL_NAMES_free(names);
    if (twice)
        return "The certificate names two cards.";
    return best ? NULL : "The certificate names no card.";
}

static int take_key(X509 *x, uint8_t out[static 32])
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    if (length <= 0)
        return ERR_MEMORY;
    hash_sha256(bytes_view_of(der, (size_t)length), out);
    OPENSSL_free(der);
    return 0;
}

static const char *judge(const struct piv_trust *trust, STACK_OF(X509) * chain, int64_t now_ms,
                         struct piv_card *card)
{
    X509_STORE *store = X509_STORE_new();
    X509 *x = sk_X509_value(chain, 0);
    const char *why = store ? read_anchors(store, trust->anchors) : "There is no memory.";
    if (!why)
        why = read_crls(store, trust->crls, NULL); /* each is looked at where it is needed */
    if (!why)
        why = verify(store, chain, now_ms);
    if (!why)
        why = judge_use(x, &card->asks_pin);
    if (!why)
        why = take_identifier(x, card->identifier);
    if (!why && take_key(x, card->subject_key) != 0)
        why = "There is no memory.";
    X509_STORE_free(store);
    return why;
}

int piv_judge(const struct piv_trust *trust, struct bytes_view chain, int64_t now_ms,
              struct piv_card *ret_card, const char **ret_why)
{
    STACK_OF(X509) *certificates = sk_X509_new_null();
    struct piv_card card = {0};
    int r = ERR_FORMAT;
    if (!certificates)
        return refuse(ret_why, ERR_MEMORY, "There is no memory.");
    *ret_why = "The card's certificates are not in their form.";
    if (read_chain(chain, certificates) == 0) {
        *ret_why = judge(trust, certificates, now_ms, &card);
        r = *ret_why ? ERR_REFUSED : 0;
    }
    if (r == 0)
        *ret_card = card;
    free_chain(certificates);
    ERR_clear_error();
    return r;
}

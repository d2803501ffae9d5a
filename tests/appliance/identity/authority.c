#include "tests/appliance/identity/authority.h"

/* OpenSSL has a type of the name of one of our error codes. */
#define ERR_STATE openssl_error_state
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include <stdlib.h>
#include <string.h>

#define DAY 86400

static void need(bool held)
{
    if (held)
        return;
    ERR_print_errors_fp(stderr);
    abort();
}

static EVP_PKEY *new_key(const char *kind)
{
    EVP_PKEY *key;
    if (strncmp(kind, "RSA ", 4) == 0)
        key = EVP_RSA_gen((unsigned)atoi(kind + 4));
    else if (strcmp(kind, "ED25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else
        key = EVP_EC_gen(kind);
    need(key != NULL);
    return key;
}

/* openssl.cnf cannot say a FASC-N beside another name: it is added by hand. */
static void add_fascn(X509 *x, GENERAL_NAMES *names)
{
    static const uint8_t fascn[25] = "a card's FASC-N, 25 bytes";
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_TYPE *type = ASN1_TYPE_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    need(value && type && name && ASN1_OCTET_STRING_set(value, fascn, 25) == 1);
    ASN1_TYPE_set(type, V_ASN1_OCTET_STRING, value);
    need(GENERAL_NAME_set0_othername(name, OBJ_txt2obj("2.16.840.1.101.3.6.6", 1), type) == 1 &&
         sk_GENERAL_NAME_push(names, name) > 0 &&
         X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_REPLACE) == 1);
}

static void extend(X509 *x, X509 *issuer, const char *name, const char *value)
{
    X509V3_CTX context;
    if (!value[0])
        return;
    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf(NULL, &context, name, value);
    need(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void set_times(X509 *x, int from_days, int until_days)
{
    time_t now = AUTHORITY_NOW / 1000;
    need(ASN1_TIME_set(X509_getm_notBefore(x), now + (time_t)from_days * DAY) != NULL);
    need(ASN1_TIME_set(X509_getm_notAfter(x), now + (time_t)until_days * DAY) != NULL);
}

static X509 *new_certificate(const char *name, long serial, EVP_PKEY *key, X509 *issuer)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_NAME_new();
    need(x && subject &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                    -1, 0) == 1);
    need(X509_set_version(x, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), serial) == 1 &&
         X509_set_subject_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1);
    need(X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject) == 1);
    X509_NAME_free(subject);
    return x;
}

static X509 *new_authority(const char *name, long serial, EVP_PKEY *key, X509 *issuer,
                           EVP_PKEY *signer)
{
    X509 *x = new_certificate(name, serial, key, issuer);
    set_times(x, -100, 1000);
    extend(x, issuer ? issuer : x, "basicConstraints", "critical,CA:TRUE");
    extend(x, issuer ? issuer : x, "keyUsage", "critical,keyCertSign,cRLSign");
    extend(x, issuer ? issuer : x, "subjectKeyIdentifier", "hash");
    extend(x, issuer ? issuer : x, "authorityKeyIdentifier", "keyid:always");
    need(X509_sign(x, signer, EVP_sha256()) > 0);
    return x;
}

static size_t take(BIO *bio, uint8_t *out, size_t room)
{
    int n = BIO_read(bio, out, (int)room);
    BIO_free(bio);
    return n > 0 ? (size_t)n : 0;
}

void authority_new(struct authority *a)
{
    BIO *bio = BIO_new(BIO_s_mem());
    memset(a, 0, sizeof *a);
    a->root_key = new_key("P-384");
    a->issuer_key = new_key("P-256");
    a->root = new_authority("Root", 1, a->root_key, NULL, a->root_key);
    a->issuer = new_authority("Issuer", 2, a->issuer_key, a->root, a->root_key);
    need(bio && PEM_write_bio_X509(bio, a->root) == 1);
    a->anchors_length = take(bio, a->anchors, sizeof a->anchors);
    authority_card(a, &(struct card_plan){0});
    authority_crls(a, &(struct crl_plan){0});
}

void authority_free(struct authority *a)
{
    EVP_PKEY_free(a->root_key);
    EVP_PKEY_free(a->issuer_key);
    EVP_PKEY_free(a->card_key);
    X509_free(a->root);
    X509_free(a->issuer);
    X509_free(a->card);
    memset(a, 0, sizeof *a);
}

static void put_der(struct bytes_put *put, X509 *x)
{
    unsigned char *der = NULL;
    int length = i2d_X509(x, &der);
    need(length > 0);
    bytes_put_var(put, bytes_view_of(der, (size_t)length), PIV_CHAIN_MAX);
    OPENSSL_free(der);
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

void authority_card(struct authority *a, const struct card_plan *plan)
{
    X509 *issuer = plan->by_root ? a->root : a->issuer;
    struct bytes_put put = bytes_into(a->chain, sizeof a->chain);
    EVP_PKEY_free(a->card_key);
    X509_free(a->card);
    a->card_key = new_key(or_else(plan->key, "P-256"));
    a->card = new_certificate("Card", 77, a->card_key, issuer);
    set_times(a->card, plan->from_days ? plan->from_days : -10,
              plan->until_days ? plan->until_days : 300);
    extend(a->card, issuer, "basicConstraints", or_else(plan->constraints, "critical,CA:FALSE"));
    extend(a->card, issuer, "keyUsage", or_else(plan->usage, "critical,digitalSignature"));
    extend(a->card, issuer, "extendedKeyUsage", or_else(plan->uses, "clientAuth"));
    extend(a->card, issuer, "subjectKeyIdentifier", "hash");
    extend(a->card, issuer, "authorityKeyIdentifier", "keyid:always");
    extend(a->card, issuer, "subjectAltName",
           or_else(plan->names, "URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
    if (plan->fascn) {
        GENERAL_NAMES *names = X509_get_ext_d2i(a->card, NID_subject_alt_name, NULL, NULL);
        need(names != NULL);
        add_fascn(a->card, names);
        GENERAL_NAMES_free(names);
    }
    if (plan->critical_oid)
        extend(a->card, issuer, plan->critical_oid, "critical,ASN1:NULL");
    need(X509_sign(a->card, plan->by_root ? a->root_key : a->issuer_key,
                   plan->weak_digest ? EVP_sha1() : EVP_sha256()) > 0);
    put_der(&put, a->card);
    if (!plan->by_root)
        put_der(&put, a->issuer);
    a->chain_length = bytes_put_length(&put);
}

static void put_crl(BIO *bio, X509 *issuer, EVP_PKEY *key, X509 *revoked, int until_days,
                    bool no_end)
{
    X509_CRL *crl = X509_CRL_new();
    time_t now = AUTHORITY_NOW / 1000;
    ASN1_TIME *at = ASN1_TIME_set(NULL, now - DAY),
              *next = ASN1_TIME_set(NULL, now + (time_t)until_days * DAY);
    X509V3_CTX context;
    need(crl && at && next && X509_CRL_set_version(crl, 1) == 1 &&
         X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
         X509_CRL_set1_lastUpdate(crl, at) == 1 &&
         (no_end || X509_CRL_set1_nextUpdate(crl, next) == 1));
    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *e = X509V3_EXT_conf(NULL, &context, "authorityKeyIdentifier", "keyid:always");
    need(e && X509_CRL_add_ext(crl, e, -1) == 1);
    X509_EXTENSION_free(e);
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    need(number && ASN1_INTEGER_set(number, 7) == 1 &&
         X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1);
    ASN1_INTEGER_free(number);
    if (revoked) {
        X509_REVOKED *r = X509_REVOKED_new();
        need(r && X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked)) == 1 &&
             X509_REVOKED_set_revocationDate(r, at) == 1 && X509_CRL_add0_revoked(crl, r) == 1);
    }
    need(X509_CRL_sign(crl, key, EVP_sha256()) > 0 && PEM_write_bio_X509_CRL(bio, crl) == 1);
    X509_CRL_free(crl);
    ASN1_TIME_free(at);
    ASN1_TIME_free(next);
}

void authority_crls(struct authority *a, const struct crl_plan *plan)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int until = plan->until_days ? plan->until_days : 30;
    need(bio != NULL);
    if (!plan->no_root)
        put_crl(bio, a->root, a->root_key, NULL, 30, false);
    if (!plan->no_issuer)
        put_crl(bio, a->issuer, plan->other_key ? a->root_key : a->issuer_key,
                plan->revoked ? a->card : NULL, until, plan->no_end);
    a->crls_length = take(bio, a->crls, sizeof a->crls);
}

int authority_judge(const struct authority *a, struct piv_card *ret_card, const char **ret_why)
{
    struct piv_trust trust = {bytes_view_of(a->anchors, a->anchors_length),
                              bytes_view_of(a->crls, a->crls_length)};
    return piv_judge(&trust, bytes_view_of(a->chain, a->chain_length), AUTHORITY_NOW, ret_card,
                     ret_why);
}

#include "appliance/identity/webauthn.h"

/* OpenSSL has a type of the name of one of our error codes. */
#define ERR_STATE openssl_error_state
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#undef ERR_STATE

#include <sodium.h>
#include <string.h>
#include <yyjson.h>

#include "crypto/hash.h"

#define BACKUP_ELIGIBLE 0x08
#define BACKED_UP       0x10
#define ASSERTION       37 /* bytes of authenticator data with nothing behind the counter */
/* Behind the counter of a registration: AAGUID, length and name of the key, and its public key in
 * CTAP2's canonical CBOR, which has one length for each algorithm. */
#define REGISTRATION           (ASSERTION + 16 + 2)
#define COSE_LENGTH(algorithm) ((algorithm) == COSE_ES256 ? 77u : 42u)

static int refuse(const char **ret_why, int code, const char *why)
{
    *ret_why = why;
    return code;
}

/* ---- the client's data ---- */

static bool is_text(yyjson_val *object, const char *key, const char *wanted)
{
    yyjson_val *value = yyjson_obj_get(object, key);
    return yyjson_is_str(value) && yyjson_get_len(value) == strlen(wanted) &&
           memcmp(yyjson_get_str(value), wanted, strlen(wanted)) == 0;
}

static bool has_twice(yyjson_val *object)
{
    yyjson_obj_iter outer;
    yyjson_val *key;
    yyjson_obj_iter_init(object, &outer);
    while ((key = yyjson_obj_iter_next(&outer))) {
        size_t same = 0, i, n;
        yyjson_val *other, *value;
        yyjson_obj_foreach(object, i, n, other, value) same +=
            yyjson_equals_strn(other, yyjson_get_str(key), yyjson_get_len(key));
        if (same != 1)
            return true;
    }
    return false;
}

static int judge_object(const struct webauthn_site *site, yyjson_val *object, const char *type,
                        const uint8_t *challenge, const char **ret_why)
{
    char text[64];
    yyjson_val *crossed = yyjson_obj_get(object, "crossOrigin");
    sodium_bin2base64(text, sizeof text, challenge, WEBAUTHN_CHALLENGE,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (!yyjson_is_obj(object) || yyjson_obj_size(object) > 16 || has_twice(object))
        return refuse(ret_why, ERR_FORMAT, "What the browser said of the key is not in its form.");
    if (!is_text(object, "type", type))
        return refuse(ret_why, ERR_REFUSED, "The key's answer is to another question.");
    if (!is_text(object, "challenge", text))
        return refuse(ret_why, ERR_REFUSED, "The key's answer is to another challenge.");
    if (!is_text(object, "origin", site->origin))
        return refuse(ret_why, ERR_REFUSED, "The key's answer was given at another address.");
    if ((crossed && !yyjson_is_false(crossed)) || yyjson_obj_get(object, "topOrigin"))
        return refuse(ret_why, ERR_REFUSED, "The key's answer was given inside another page.");
    return 0;
}

static int judge_client(const struct webauthn_site *site, struct bytes_view text, const char *type,
                        const uint8_t *challenge, const char **ret_why)
{
    if (text.length > WEBAUTHN_CLIENT_DATA_MAX)
        return refuse(ret_why, ERR_FORMAT, "What the browser said of the key is too long.");
    yyjson_doc *doc = yyjson_read((const char *)text.data, text.length, 0);
    if (!doc)
        return refuse(ret_why, ERR_FORMAT, "What the browser said of the key is not JSON.");
    int r = judge_object(site, yyjson_doc_get_root(doc), type, challenge, ret_why);
    yyjson_doc_free(doc);
    return r;
}

/* ---- the authenticator's data ---- */

static int judge_authenticator(const struct webauthn_site *site, struct bytes_view data,
                               uint8_t wanted_kind, const char **ret_why)
{
    struct bytes b = bytes_over(data.data, data.length);
    uint8_t rp[32], own[32];
    bytes_fixed(&b, rp, sizeof rp);
    uint8_t flags = bytes_u8(&b);
    if (b.error)
        return refuse(ret_why, ERR_FORMAT, "What the key said ends too early.");
    hash_sha256(bytes_text(site->rp_id), own);
    if (sodium_memcmp(rp, own, 32) != 0)
        return refuse(ret_why, ERR_REFUSED, "The key's answer is for another site.");
    if (!(flags & CTAP_AUTHDATA_USER_PRESENT))
        return refuse(ret_why, ERR_REFUSED, "Nobody touched the key.");
    if (!(flags & CTAP_AUTHDATA_USER_VERIFIED))
        return refuse(ret_why, ERR_REFUSED,
                      "The key did not verify its person: it needs a PIN or finger of its own.");
    if (flags & (BACKUP_ELIGIBLE | BACKED_UP))
        return refuse(ret_why, ERR_REFUSED,
                      "This key can be copied to other devices; one that cannot is needed.");
    if ((flags & (CTAP_AUTHDATA_ATT_CRED | CTAP_AUTHDATA_EXT_DATA)) != wanted_kind)
        return refuse(ret_why, ERR_REFUSED, "The key said more, or less, than it was asked.");
    return 0;
}

static bool is_admitted(const struct webauthn_site *site, const uint8_t *aaguid)
{
    for (size_t i = 0; i < site->aaguids_count; i++)
        if (memcmp(site->aaguids[i], aaguid, 16) == 0)
            return true;
    return site->aaguids_count == 0;
}

/* ---- CBOR (RFC 8949), before libfido2's reader sees it ---- */

#define NESTING_MAX 6

static uint64_t argument(struct bytes *b, uint8_t info)
{
    switch (info) {
    case 24:
        return bytes_u8(b);
    case 25:
        return bytes_u16(b);
    case 26:
        return bytes_u32(b);
    case 27:
        return bytes_u64(b);
    default:
        if (info > 27)
            b->error = ERR_FORMAT; /* of no stated length */
        return info;
    }
}

/* One item, and all in it.  A count that promises more than there are bytes is refused here:
 * readers make room for what is promised. */
static void skip_item(struct bytes *b, unsigned depth)
{
    uint8_t head = bytes_u8(b);
    unsigned major = head >> 5;
    uint64_t n = argument(b, head & 31);
    if (depth > NESTING_MAX || major == 6 || (major >= 2 && major <= 5 && n > bytes_left(b)))
        b->error = b->error ? b->error : ERR_FORMAT;
    if (b->error)
        return;
    if (major == 2 || major == 3)
        (void)bytes_run(b, (uint32_t)n);
    for (uint64_t i = 0; major == 4 && i < n && !b->error; i++)
        skip_item(b, depth + 1);
    for (uint64_t i = 0; major == 5 && i < 2 * n && !b->error; i++)
        skip_item(b, depth + 1);
}

static bool is_one_item(struct bytes_view cbor)
{
    struct bytes b = bytes_over(cbor.data, cbor.length);
    skip_item(&b, 0);
    return bytes_done(&b) == 0;
}

/* The bytes under "authData" of an attestation that is one item; none when there are none. */
static struct bytes_view authenticator_of(struct bytes_view attestation)
{
    struct bytes b = bytes_over(attestation.data, attestation.length);
    struct bytes_view none = bytes_view_of(NULL, 0);
    uint8_t head = bytes_u8(&b);
    if (head >> 5 != 5)
        return none;
    for (uint64_t n = argument(&b, head & 31); n > 0 && !b.error; n--) {
        uint8_t key = bytes_u8(&b);
        uint64_t length = argument(&b, key & 31);
        if (key >> 5 != 3 || length > bytes_left(&b))
            return none; /* every member's name is a text */
        bool found = bytes_equal_text(bytes_run(&b, (uint32_t)length), "authData");
        struct bytes value = b;
        skip_item(&b, 1);
        if (!found)
            continue;
        key = bytes_u8(&value);
        length = argument(&value, key & 31);
        return key >> 5 == 2 && length <= bytes_left(&value) ? bytes_run(&value, (uint32_t)length)
                                                             : none;
    }
    return none;
}

/* The public key lies in the authenticator's data as CBOR within CBOR. */
static bool has_bounded_key(struct bytes_view attestation)
{
    struct bytes_view data = authenticator_of(attestation);
    struct bytes b = bytes_over(data.data, data.length);
    (void)bytes_run(&b, REGISTRATION - 2);
    (void)bytes_run(&b, bytes_u16(&b));
    return !b.error && is_one_item(bytes_run(&b, (uint32_t)bytes_left(&b)));
}

/* ---- registration ---- */

static fido_cred_t *decode(const struct webauthn_site *site, struct bytes_view client_data,
                           struct bytes_view attestation, int algorithm)
{
    fido_cred_t *cred = fido_cred_new();
    if (cred && fido_cred_set_type(cred, algorithm) == FIDO_OK &&
        fido_cred_set_rp(cred, site->rp_id, NULL) == FIDO_OK &&
        fido_cred_set_uv(cred, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_cred_set_clientdata(cred, client_data.data, client_data.length) == FIDO_OK &&
        fido_cred_set_attobj(cred, attestation.data, attestation.length) == FIDO_OK &&
        fido_cred_fmt(cred) && fido_cred_aaguid_len(cred) == 16)
        return cred;
    fido_cred_free(&cred);
    return NULL;
}

/* "none" has nothing to verify: that the key is there its first assertion shows. */
static int verify(const fido_cred_t *cred, const char **ret_why)
{
    const char *format = fido_cred_fmt(cred);
    if (strcmp(format, "none") == 0)
        return 0;
    if (strcmp(format, "packed") != 0)
        return refuse(ret_why, ERR_REFUSED, "This kind of attestation is not known here.");
    int r = fido_cred_x5c_len(cred) ? fido_cred_verify(cred) : fido_cred_verify_self(cred);
    return r == FIDO_OK ? 0
                        : refuse(ret_why, ERR_SIGNATURE,
                                 "The key's attestation is not signed by what it names.");
}

static int take_key(const struct webauthn_site *site, const fido_cred_t *cred, int algorithm,
                    struct webauthn_key *k, const char **ret_why)
{
    struct bytes_view data =
        bytes_view_of(fido_cred_authdata_raw_ptr(cred), fido_cred_authdata_raw_len(cred));
    int r = judge_authenticator(site, data, CTAP_AUTHDATA_ATT_CRED, ret_why);
    if (r)
        return r;
    size_t wanted = algorithm == COSE_ES256 ? 64 : 32;
    size_t id = fido_cred_id_len(cred);
    if (id == 0 || id > WEBAUTHN_ID_MAX || fido_cred_pubkey_len(cred) != wanted ||
        data.length != REGISTRATION + id + COSE_LENGTH(algorithm))
        return refuse(ret_why, ERR_FORMAT, "The key's name or public key has no possible length.");
    *k = (struct webauthn_key){.id_length = id, .public_length = wanted};
    k->algorithm = algorithm == COSE_ES256 ? WEBAUTHN_ES256 : WEBAUTHN_EDDSA;
    memcpy(k->id, fido_cred_id_ptr(cred), id);
    memcpy(k->public_key, fido_cred_pubkey_ptr(cred), wanted);
    memcpy(k->aaguid, fido_cred_aaguid_ptr(cred), 16);
    k->counter = fido_cred_sigcount(cred);
    return is_admitted(site, k->aaguid)
               ? 0
               : refuse(ret_why, ERR_REFUSED, "This model of key is not on the site's list.");
}

int webauthn_register(const struct webauthn_site *site,
                      const uint8_t challenge[static WEBAUTHN_CHALLENGE],
                      struct bytes_view client_data, struct bytes_view attestation,
                      struct webauthn_key *ret_key, const char **ret_why)
{
    static const int algorithms[] = {COSE_ES256, COSE_EDDSA};
    struct webauthn_key key;
    fido_cred_t *cred = NULL;
    int algorithm = 0;
    int r = judge_client(site, client_data, "webauthn.create", challenge, ret_why);
    if (r)
        return r;
    if (attestation.length > WEBAUTHN_ATTESTATION_MAX)
        return refuse(ret_why, ERR_FORMAT, "What the key said is too long.");
    if (!is_one_item(attestation) || !has_bounded_key(attestation))
        return refuse(ret_why, ERR_FORMAT, "What the key said is not in its form.");
    for (size_t i = 0; !cred && i < sizeof algorithms / sizeof *algorithms; i++) {
        algorithm = algorithms[i];
        cred = decode(site, client_data, attestation, algorithm);
    }
    if (!cred)
        return refuse(ret_why, ERR_FORMAT,
                      "What the key said is not in its form, or its algorithm is not known here.");
    r = take_key(site, cred, algorithm, &key, ret_why);
    if (r == 0)
        r = verify(cred, ret_why);
    fido_cred_free(&cred);
    if (r == 0)
        *ret_key = key;
    return r;
}

/* ---- assertion ---- */

static int verify_with(const fido_assert_t *assertion, const struct webauthn_key *key)
{
    int r = FIDO_ERR_INTERNAL;
    if (key->algorithm == WEBAUTHN_ES256) {
        es256_pk_t *pk = es256_pk_new();
        if (pk && es256_pk_from_ptr(pk, key->public_key, key->public_length) == FIDO_OK)
            r = fido_assert_verify(assertion, 0, COSE_ES256, pk);
        es256_pk_free(&pk);
    } else if (key->algorithm == WEBAUTHN_EDDSA) {
        eddsa_pk_t *pk = eddsa_pk_new();
        if (pk && eddsa_pk_from_ptr(pk, key->public_key, key->public_length) == FIDO_OK)
            r = fido_assert_verify(assertion, 0, COSE_EDDSA, pk);
        eddsa_pk_free(&pk);
    }
    return r;
}

static int verify_assertion(const struct webauthn_site *site, const struct webauthn_key *key,
                            struct bytes_view client_data, struct bytes_view authenticator,
                            struct bytes_view signature)
{
    fido_assert_t *a = fido_assert_new();
    int r = FIDO_ERR_INTERNAL;
    if (a && fido_assert_set_rp(a, site->rp_id) == FIDO_OK &&
        fido_assert_set_clientdata(a, client_data.data, client_data.length) == FIDO_OK &&
        fido_assert_set_count(a, 1) == FIDO_OK && fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(a, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_authdata_raw(a, 0, authenticator.data, authenticator.length) == FIDO_OK &&
        fido_assert_set_sig(a, 0, signature.data, signature.length) == FIDO_OK)
        r = verify_with(a, key);
    fido_assert_free(&a);
    return r;
}

int webauthn_assert(const struct webauthn_site *site, const struct webauthn_key *key,
                    const uint8_t challenge[static WEBAUTHN_CHALLENGE],
                    struct bytes_view client_data, struct bytes_view authenticator,
                    struct bytes_view signature, uint32_t *ret_counter, const char **ret_why)
{
    int r = judge_client(site, client_data, "webauthn.get", challenge, ret_why);
    if (r)
        return r;
    if (authenticator.length != ASSERTION)
        return refuse(ret_why, ERR_FORMAT, "What the key said has not the length that it must.");
    r = judge_authenticator(site, authenticator, 0, ret_why);
    if (r)
        return r;
    if (verify_assertion(site, key, client_data, authenticator, signature) != FIDO_OK)
        return refuse(ret_why, ERR_SIGNATURE, "The signature is not this key's.");
    struct bytes b = bytes_over(authenticator.data + 33, 4);
    uint32_t counter = bytes_u32(&b);
    if ((counter || key->counter) && counter <= key->counter)
        return refuse(ret_why, ERR_STALE,
                      "This key's counter went back: there is a copy of it. It opens nothing.");
    *ret_counter = counter;
    return 0;
}

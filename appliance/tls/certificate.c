#include "appliance/tls/certificate.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define EARLIER_S ((int64_t)5 * 60)
#define DAY_S     ((int64_t)24 * 3600)

/* ---- names and keys ---- */

static bool is_alphanumeric(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool certificate_name_is_good(struct bytes_view name)
{
    if (name.length == 0 || name.length > CERTIFICATE_NAME || !is_alphanumeric(name.data[0]) ||
        !is_alphanumeric(name.data[name.length - 1]))
        return false;
    for (uint32_t i = 0; i < name.length; i++)
        if (!is_alphanumeric(name.data[i]) && (name.data[i] == 0 || !strchr(" -_.", name.data[i])))
            return false;
    return true;
}

int certificate_parse(struct bytes_view pem, gnutls_x509_crt_t *ret_certificate)
{
    gnutls_x509_crt_t list[2];
    unsigned count = 2;
    gnutls_datum_t data = {(unsigned char *)(uintptr_t)pem.data, pem.length};
    int got = gnutls_x509_crt_list_import(list, &count, &data, GNUTLS_X509_FMT_PEM,
                                          GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (got < 0)
        return ERR_FORMAT;
    for (int i = 1; i < got; i++)
        gnutls_x509_crt_deinit(list[i]);
    if (got == 1)
        *ret_certificate = list[0];
    else if (got > 1)
        gnutls_x509_crt_deinit(list[0]);
    return got == 1 ? 0 : ERR_FORMAT;
}

int certificate_key(gnutls_x509_crt_t certificate, gnutls_pubkey_t *ret_public)
{
    gnutls_pubkey_t made = NULL;
    if (gnutls_pubkey_init(&made) < 0)
        return ERR_MEMORY;
    if (gnutls_pubkey_import_x509(made, certificate, 0) < 0) {
        gnutls_pubkey_deinit(made);
        return ERR_FORMAT;
    }
    *ret_public = made;
    return 0;
}

bool certificate_is_ours(gnutls_x509_crt_t authority, gnutls_privkey_t private_key)
{
    gnutls_pubkey_t its = NULL, own = NULL;
    uint8_t a[STATION_ID], b[STATION_ID];
    bool same = certificate_key(authority, &its) == 0 && tls_key_public(private_key, &own) == 0 &&
                tls_key_station(its, a) == 0 && tls_key_station(own, b) == 0 &&
                memcmp(a, b, sizeof a) == 0;
    gnutls_pubkey_deinit(its);
    gnutls_pubkey_deinit(own);
    return same;
}

/* ---- making one ---- */

/* What every certificate has: version, serial number, times, key.  A negative code is GnuTLS's. */
static int begin(gnutls_x509_crt_t c, gnutls_x509_crt_t authority, gnutls_pubkey_t key,
                 const char *name, int64_t now_s, int64_t days)
{
    uint8_t serial[16], id[32];
    size_t length = sizeof id;
    int64_t until = now_s + days * DAY_S;
    if (authority && until > gnutls_x509_crt_get_expiration_time(authority))
        until = gnutls_x509_crt_get_expiration_time(authority);
    randombytes_buf(serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and always 16 bytes */
    int r = gnutls_x509_crt_set_version(c, 3);
    if (r >= 0)
        r = gnutls_x509_crt_set_serial(c, serial, sizeof serial);
    if (r >= 0)
        r = gnutls_x509_crt_set_activation_time(c, now_s - EARLIER_S);
    if (r >= 0)
        r = gnutls_x509_crt_set_expiration_time(c, until);
    if (r >= 0)
        r = gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                          (unsigned)strlen(name));
    if (r >= 0)
        r = gnutls_x509_crt_set_pubkey(c, key);
    if (r >= 0)
        r = gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, id, &length);
    if (r >= 0)
        r = gnutls_x509_crt_set_subject_key_id(c, id, 20);
    return r;
}

static int sign(gnutls_x509_crt_t c, gnutls_x509_crt_t authority, gnutls_privkey_t key,
                char out[static CERTIFICATE_PEM])
{
    uint8_t id[64];
    size_t length = sizeof id, room = CERTIFICATE_PEM - 1;
    int r = gnutls_x509_crt_get_subject_key_id(authority, id, &length, NULL);
    if (r >= 0)
        r = gnutls_x509_crt_set_authority_key_id(c, id, length);
    if (r >= 0)
        r = gnutls_x509_crt_privkey_sign(c, authority, key, GNUTLS_DIG_SHA384, 0);
    if (r >= 0)
        r = gnutls_x509_crt_export(c, GNUTLS_X509_FMT_PEM, out, &room);
    if (r >= 0)
        out[room] = '\0';
    return r;
}

int certificate_authority(gnutls_privkey_t key, const char *site, int64_t now_s,
                          char out[static CERTIFICATE_PEM])
{
    gnutls_x509_crt_t c = NULL;
    gnutls_pubkey_t public_key = NULL;
    char name[CERTIFICATE_NAME + 1];
    snprintf(name, sizeof name, "Casemate stations of %s", site);
    int r = tls_key_public(key, &public_key);
    if (r)
        return r;
    int g = gnutls_x509_crt_init(&c);
    if (g >= 0)
        g = begin(c, NULL, public_key, name, now_s, 20 * 365);
    if (g >= 0)
        g = gnutls_x509_crt_set_basic_constraints(c, 1, 0);
    if (g >= 0)
        g = gnutls_x509_crt_set_key_usage(c, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    if (g >= 0)
        g = sign(c, c, key, out);
    gnutls_x509_crt_deinit(c);
    gnutls_pubkey_deinit(public_key);
    return g < 0 ? ERR_KEY : 0;
}

static int add_address(gnutls_x509_crt_t c, const char *address)
{
    uint8_t bytes[16];
    unsigned length = inet_pton(AF_INET, address, bytes) == 1    ? 4
                      : inet_pton(AF_INET6, address, bytes) == 1 ? 16
                                                                 : 0;
    return length ? gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, bytes, length,
                                                         GNUTLS_FSAN_APPEND)
                  : GNUTLS_E_INVALID_REQUEST;
}

static int add_host(gnutls_x509_crt_t c, const char *host)
{
    return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, host, (unsigned)strlen(host),
                                                GNUTLS_FSAN_APPEND);
}

/* An end of the chain: no authority, one use. */
static int narrow(gnutls_x509_crt_t c, const char *purpose)
{
    int r = gnutls_x509_crt_set_basic_constraints(c, 0, -1);
    if (r >= 0)
        r = gnutls_x509_crt_set_key_usage(c, GNUTLS_KEY_DIGITAL_SIGNATURE);
    return r < 0 ? r : gnutls_x509_crt_set_key_purpose_oid(c, purpose, 0);
}

int certificate_gateway(gnutls_privkey_t key, gnutls_x509_crt_t authority,
                        gnutls_pubkey_t public_key, const char *host, const char *address,
                        int64_t now_s, char out[static CERTIFICATE_PEM])
{
    gnutls_x509_crt_t c = NULL;
    int r = gnutls_x509_crt_init(&c);
    if (r >= 0)
        r = begin(c, authority, public_key, host, now_s, 5 * 365);
    if (r >= 0)
        r = narrow(c, GNUTLS_KP_TLS_WWW_SERVER);
    if (r >= 0)
        r = add_host(c, host);
    if (r >= 0 && strcmp(host, "localhost") != 0)
        r = add_host(c, "localhost");
    if (r >= 0)
        r = add_address(c, "127.0.0.1");
    if (r >= 0)
        r = add_address(c, "::1");
    if (r >= 0 && address[0] && strcmp(address, "127.0.0.1") != 0 && strcmp(address, "::1") != 0)
        r = add_address(c, address);
    if (r >= 0)
        r = sign(c, authority, key, out);
    gnutls_x509_crt_deinit(c);
    return r < 0 ? ERR_KEY : 0;
}

/* ---- a station's request ---- */

static bool is_pem(struct bytes_view text)
{
    static const char front[] = "-----BEGIN ";
    return text.length > sizeof front && memmem(text.data, text.length, front, sizeof front - 1);
}

/* NULL, or what is wrong with the key. */
static const char *judge_key(gnutls_pubkey_t key)
{
    unsigned bits = 0;
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    int algorithm = gnutls_pubkey_get_pk_algorithm(key, &bits);
    if (algorithm == GNUTLS_PK_ECDSA)
        return gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) >= 0 &&
                       (curve == GNUTLS_ECC_CURVE_SECP256R1 || curve == GNUTLS_ECC_CURVE_SECP384R1)
                   ? NULL
                   : "Its key lies on another curve than P-256 and P-384.";
    if (algorithm != GNUTLS_PK_RSA)
        return "Its key is neither P-256, P-384 nor RSA.";
    if (bits < 3072)
        return "Its RSA key has fewer than 3072 bits.";
    return bits > 8192 ? "Its RSA key has more than 8192 bits." : NULL;
}

static const char *judge_request(gnutls_x509_crq_t request, gnutls_pubkey_t key)
{
    const char *why = judge_key(key);
    if (why)
        return why;
    switch (gnutls_x509_crq_get_signature_algorithm(request)) {
    case GNUTLS_SIGN_RSA_SHA256:
    case GNUTLS_SIGN_RSA_SHA384:
    case GNUTLS_SIGN_RSA_SHA512:
    case GNUTLS_SIGN_ECDSA_SHA256:
    case GNUTLS_SIGN_ECDSA_SHA384:
    case GNUTLS_SIGN_ECDSA_SHA512:
        break;
    default:
        return "It is signed with another algorithm than RSA or ECDSA with SHA-2.";
    }
    return gnutls_x509_crq_verify(request, 0) < 0
               ? "Its own signature does not verify: who made it does not show the key."
               : NULL;
}

static const char *read_request(struct bytes_view text, gnutls_x509_crq_t request,
                                gnutls_pubkey_t key)
{
    gnutls_datum_t data = {(unsigned char *)(uintptr_t)text.data, text.length};
    if (text.length == 0)
        return "The request is empty.";
    if (text.length > CERTIFICATE_REQUEST)
        return "The request is longer than 16384 bytes.";
    if (gnutls_x509_crq_import(request, &data,
                               is_pem(text) ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_pubkey_import_x509_crq(key, request, 0) < 0)
        return "The file is no certificate request (PKCS#10, as openssl req -new writes it).";
    return judge_request(request, key);
}

static int make_station(gnutls_privkey_t key, gnutls_x509_crt_t authority, gnutls_pubkey_t its_key,
                        const char *name, int64_t now_s, char out[static CERTIFICATE_PEM])
{
    gnutls_x509_crt_t c = NULL;
    int r = gnutls_x509_crt_init(&c);
    if (r >= 0)
        r = begin(c, authority, its_key, name, now_s, STATION_DAYS);
    if (r >= 0)
        r = narrow(c, GNUTLS_KP_TLS_WWW_CLIENT);
    if (r >= 0)
        r = sign(c, authority, key, out);
    gnutls_x509_crt_deinit(c);
    return r < 0 ? ERR_KEY : 0;
}

int certificate_station(gnutls_privkey_t key, gnutls_x509_crt_t authority,
                        struct bytes_view request, const char *name, int64_t now_s,
                        char out[static CERTIFICATE_PEM], uint8_t ret_station[static STATION_ID],
                        char why[static CERTIFICATE_WHY])
{
    gnutls_x509_crq_t parsed = NULL;
    gnutls_pubkey_t its_key = NULL;
    const char *wrong = "There was no memory for a request.";
    int r = ERR_REFUSED;
    if (gnutls_x509_crq_init(&parsed) < 0 || gnutls_pubkey_init(&its_key) < 0)
        goto out;
    wrong = NULL;
    if (!certificate_name_is_good(bytes_text(name)))
        wrong = "A station's name is 1 to 64 letters, digits, blanks, and . - _ between them.";
    else if (gnutls_x509_crt_get_expiration_time(authority) <= now_s)
        wrong = "The site's own certificate has expired.";
    else
        wrong = read_request(request, parsed, its_key);
    if (wrong)
        goto out;
    r = tls_key_station(its_key, ret_station);
    if (r == 0)
        r = make_station(key, authority, its_key, name, now_s, out);
    wrong = r ? "The certificate could not be made." : NULL;
out:
    if (wrong)
        snprintf(why, CERTIFICATE_WHY, "%s", wrong);
    gnutls_x509_crq_deinit(parsed);
    gnutls_pubkey_deinit(its_key);
    return r;
}

/* ---- a gateway's certificate again ---- */

static bool is_for_servers(gnutls_x509_crt_t c)
{
    char oid[64];
    size_t length = sizeof oid;
    return gnutls_x509_crt_get_key_purpose_oid(c, 0, oid, &length, NULL) == 0 &&
           strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0;
}

int certificate_renew(gnutls_privkey_t key, gnutls_x509_crt_t authority, struct bytes_view old,
                      const char *host, const char *address, int64_t now_s,
                      char out[static CERTIFICATE_PEM], char why[static CERTIFICATE_WHY])
{
    gnutls_x509_crt_t c = NULL;
    gnutls_pubkey_t its_key = NULL;
    unsigned status = GNUTLS_CERT_INVALID;
    const char *wrong = "The gateway's certificate is not one that this site's authority made.";
    int r = certificate_parse(old, &c);
    if (r == 0 &&
        (gnutls_x509_crt_verify(c, &authority, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) < 0 ||
         status != 0 || !is_for_servers(c)))
        r = ERR_REFUSED;
    if (r == 0) {
        wrong = "The certificate could not be made.";
        r = certificate_key(c, &its_key);
    }
    if (r == 0)
        r = certificate_gateway(key, authority, its_key, host, address, now_s, out);
    if (r)
        snprintf(why, CERTIFICATE_WHY, "%s", wrong);
    gnutls_x509_crt_deinit(c);
    gnutls_pubkey_deinit(its_key);
    return r;
}

#include "tests/crypto/cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "appliance/tls/certificate.h"

#define NOW ((int64_t)1800000000) /* in 2027 */
#define DAY ((int64_t)24 * 3600)

static gnutls_privkey_t authority_key;
static gnutls_x509_crt_t authority;
static char pem[CERTIFICATE_PEM], why[CERTIFICATE_WHY];
static uint8_t station[STATION_ID];

static gnutls_privkey_t key_of(uint8_t fill)
{
    struct secret *secret = secret_of(fill, 32);
    gnutls_privkey_t key;
    assert_int_equal(tls_key(secret, &key), 0);
    secret_free(secret);
    return key;
}

static int begin(void **state)
{
    (void)state;
    authority_key = key_of(1);
    assert_int_equal(certificate_authority(authority_key, "mes.test", NOW, pem), 0);
    assert_int_equal(certificate_parse(bytes_text(pem), &authority), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gnutls_x509_crt_deinit(authority);
    gnutls_privkey_deinit(authority_key);
    return 0;
}

/* ---- requests ---- */

static gnutls_x509_privkey_t generated(gnutls_pk_algorithm_t algorithm, unsigned bits)
{
    gnutls_x509_privkey_t key;
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
    return key;
}

/* A request that asks for everything that it must not get. */
static gnutls_datum_t request_of(gnutls_x509_privkey_t key, gnutls_digest_algorithm_t digest)
{
    gnutls_x509_crq_t request;
    gnutls_datum_t out;
    assert_int_equal(gnutls_x509_crq_init(&request), 0);
    assert_int_equal(gnutls_x509_crq_set_version(request, 1), 0);
    assert_int_equal(gnutls_x509_crq_set_dn(request, "CN=mes.test,O=Nobody", NULL), 0);
    assert_int_equal(gnutls_x509_crq_set_basic_constraints(request, 1, 5), 0);
    assert_int_equal(gnutls_x509_crq_set_key_usage(request, GNUTLS_KEY_KEY_CERT_SIGN), 0);
    assert_int_equal(gnutls_x509_crq_set_key_purpose_oid(request, GNUTLS_KP_TLS_WWW_SERVER, 0), 0);
    assert_int_equal(
        gnutls_x509_crq_set_subject_alt_name(request, GNUTLS_SAN_DNSNAME, "mes.test", 8, 0), 0);
    assert_int_equal(gnutls_x509_crq_set_key(request, key), 0);
    assert_int_equal(gnutls_x509_crq_sign2(request, key, digest, 0), 0);
    assert_int_equal(gnutls_x509_crq_export2(request, GNUTLS_X509_FMT_PEM, &out), 0);
    gnutls_x509_crq_deinit(request);
    return out;
}

static int certify(const void *request, size_t length, const char *name, int64_t now_s)
{
    why[0] = '\0';
    return certificate_station(authority_key, authority, bytes_view_of(request, length), name,
                               now_s, pem, station, why);
}

static void refuses(const void *request, size_t length, const char *words)
{
    assert_int_equal(certify(request, length, "Bench 7", NOW), ERR_REFUSED);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void refuses_key(gnutls_pk_algorithm_t algorithm, unsigned bits,
                        gnutls_digest_algorithm_t digest, const char *words)
{
    gnutls_x509_privkey_t key = generated(algorithm, bits);
    gnutls_datum_t request = request_of(key, digest);
    refuses(request.data, request.size, words);
    gnutls_free(request.data);
    gnutls_x509_privkey_deinit(key);
}

/* ---- cases ---- */

static bool has_purpose(gnutls_x509_crt_t c, const char *purpose)
{
    char oid[64];
    size_t length = sizeof oid;
    unsigned critical;
    int first = gnutls_x509_crt_get_key_purpose_oid(c, 0, oid, &length, &critical);
    size_t rest = 1;
    char none[1];
    return first == 0 && strcmp(oid, purpose) == 0 &&
           gnutls_x509_crt_get_key_purpose_oid(c, 1, none, &rest, &critical) ==
               GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

static unsigned usage_of(gnutls_x509_crt_t c)
{
    unsigned usage = 0, critical = 0;
    assert_int_equal(gnutls_x509_crt_get_key_usage(c, &usage, &critical), 0);
    assert_true(critical);
    return usage;
}

static bool is_authority(gnutls_x509_crt_t c)
{
    unsigned ca = 1, critical = 0;
    int path = 0;
    assert_true(gnutls_x509_crt_get_basic_constraints(c, &critical, &ca, &path) >= 0);
    assert_true(critical);
    return ca;
}

static void a_station_gets_its_key_certified_and_nothing_else(void **state)
{
    static const struct {
        gnutls_pk_algorithm_t algorithm;
        unsigned bits;
    } keys[] = {{GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
                {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
                {GNUTLS_PK_RSA, 3072}};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        gnutls_x509_privkey_t key = generated(keys[i].algorithm, keys[i].bits);
        gnutls_datum_t request = request_of(key, GNUTLS_DIG_SHA256);
        gnutls_x509_crt_t c;
        gnutls_pubkey_t its;
        char text[100], none[8];
        uint8_t again[STATION_ID];
        size_t length = sizeof text, room = sizeof none;
        unsigned status = 1;
        assert_int_equal(certify(request.data, request.size, "Bench 7", NOW), 0);
        assert_int_equal(certificate_parse(bytes_text(pem), &c), 0);
        assert_int_equal(gnutls_x509_crt_get_dn(c, text, &length), 0);
        assert_string_equal(text, "CN=Bench 7");
        assert_false(is_authority(c));
        assert_int_equal(usage_of(c), GNUTLS_KEY_DIGITAL_SIGNATURE);
        assert_true(has_purpose(c, GNUTLS_KP_TLS_WWW_CLIENT));
        assert_int_equal(gnutls_x509_crt_get_subject_alt_name(c, 0, none, &room, NULL),
                         GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
        assert_int_equal(gnutls_x509_crt_get_activation_time(c), NOW - 300);
        assert_int_equal(gnutls_x509_crt_get_expiration_time(c), NOW + 365 * DAY);
        assert_int_equal(
            gnutls_x509_crt_verify(c, &authority, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status),
            0);
        assert_int_equal(status, 0);
        assert_int_equal(certificate_key(c, &its), 0);
        assert_int_equal(tls_key_station(its, again), 0);
        assert_memory_equal(again, station, STATION_ID);
        gnutls_pubkey_deinit(its);
        gnutls_x509_crt_deinit(c);
        gnutls_free(request.data);
        gnutls_x509_privkey_deinit(key);
    }
}

static void refuses_keys_that_are_weak_or_of_another_kind(void **state)
{
    (void)state;
    refuses_key(GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA256, "fewer than 3072 bits");
    refuses_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1),
                GNUTLS_DIG_SHA512, "another curve");
    refuses_key(GNUTLS_PK_EDDSA_ED25519, 0, GNUTLS_DIG_SHA512, "neither P-256, P-384 nor RSA");
    refuses_key(GNUTLS_PK_RSA_PSS, 3072, GNUTLS_DIG_SHA256, "neither P-256, P-384 nor RSA");
    refuses_key(GNUTLS_PK_RSA, 3072, GNUTLS_DIG_SHA1, "another algorithm");
}

static void refuses_every_request_with_a_changed_byte_or_cut_short(void **state)
{
    gnutls_x509_privkey_t key =
        generated(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
    gnutls_datum_t request = request_of(key, GNUTLS_DIG_SHA256), der = {NULL, 0};
    (void)state;
    assert_int_equal(gnutls_pem_base64_decode2("NEW CERTIFICATE REQUEST", &request, &der), 0);
    assert_int_equal(certify(der.data, der.size, "Bench 7", NOW), 0);
    for (unsigned at = 0; at < der.size; at++) {
        der.data[at] ^= 1;
        assert_int_equal(certify(der.data, der.size, "Bench 7", NOW), ERR_REFUSED);
        assert_true(why[0]);
        der.data[at] ^= 1;
    }
    for (unsigned n = 0; n < der.size; n++)
        assert_int_equal(certify(der.data, n, "Bench 7", NOW), ERR_REFUSED);
    gnutls_free(der.data);
    gnutls_free(request.data);
    gnutls_x509_privkey_deinit(key);
}

static void refuses_what_is_no_request(void **state)
{
    static uint8_t large[CERTIFICATE_REQUEST + 1];
    (void)state;
    refuses("", 0, "is empty");
    refuses("nonsense", 8, "no certificate request");
    refuses(large, sizeof large, "longer than 16384");
    refuses(pem, strlen(pem), "no certificate request"); /* a certificate */
}

static void refuses_a_name_that_is_none(void **state)
{
    static const char *const bad[] = {"",        " Bench", "Bench ", "-Bench",           "Bench/7",
                                      "Bench,7", "a=b",    "a\nb",   "\xc3\xa9t\xc3\xa9"};
    char longest[CERTIFICATE_NAME + 2];
    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[CERTIFICATE_NAME + 1] = '\0';
    assert_false(certificate_name_is_good(bytes_text(longest)));
    longest[CERTIFICATE_NAME] = '\0';
    assert_true(certificate_name_is_good(bytes_text(longest)));
    assert_true(certificate_name_is_good(bytes_text("Bench 7.b_c-d")));
    assert_false(certificate_name_is_good(bytes_view_of("a\0b", 3)));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(certify("x", 1, bad[i], NOW), ERR_REFUSED);
        assert_non_null(strstr(why, "A station's name"));
    }
}

static void nothing_outlives_the_authority(void **state)
{
    gnutls_x509_privkey_t key =
        generated(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
    gnutls_datum_t request = request_of(key, GNUTLS_DIG_SHA256);
    int64_t last = gnutls_x509_crt_get_expiration_time(authority);
    gnutls_x509_crt_t c;
    (void)state;
    assert_int_equal(last, NOW + 20 * 365 * DAY);
    assert_int_equal(certify(request.data, request.size, "Bench 7", last - DAY), 0);
    assert_int_equal(certificate_parse(bytes_text(pem), &c), 0);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(c), last);
    gnutls_x509_crt_deinit(c);
    assert_int_equal(certify(request.data, request.size, "Bench 7", last), ERR_REFUSED);
    assert_non_null(strstr(why, "has expired"));
    gnutls_free(request.data);
    gnutls_x509_privkey_deinit(key);
}

static void a_gateway_is_named_by_host_localhost_and_addresses(void **state)
{
    gnutls_privkey_t key = key_of(2);
    gnutls_pubkey_t public_key;
    gnutls_x509_crt_t c;
    unsigned status = 1;
    (void)state;
    assert_int_equal(tls_key_public(key, &public_key), 0);
    assert_int_equal(
        certificate_gateway(authority_key, authority, public_key, "mes.test", "10.1.2.3", NOW, pem),
        0);
    assert_int_equal(certificate_parse(bytes_text(pem), &c), 0);
    assert_true(gnutls_x509_crt_check_hostname(c, "mes.test"));
    assert_true(gnutls_x509_crt_check_hostname(c, "localhost"));
    assert_true(gnutls_x509_crt_check_hostname(c, "127.0.0.1"));
    assert_true(gnutls_x509_crt_check_hostname(c, "::1"));
    assert_true(gnutls_x509_crt_check_hostname(c, "10.1.2.3"));
    assert_false(gnutls_x509_crt_check_hostname(c, "10.1.2.4"));
    assert_false(gnutls_x509_crt_check_hostname(c, "other.test"));
    assert_false(is_authority(c));
    assert_true(has_purpose(c, GNUTLS_KP_TLS_WWW_SERVER));
    assert_int_equal(gnutls_x509_crt_get_expiration_time(c), NOW + 5 * 365 * DAY);
    assert_int_equal(
        gnutls_x509_crt_verify(c, &authority, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status), 0);
    assert_int_equal(status, 0);
    assert_true(certificate_is_ours(c, key));
    assert_false(certificate_is_ours(c, authority_key));
    assert_int_equal(
        certificate_gateway(authority_key, authority, public_key, "mes.test", "ten.one", NOW, pem),
        ERR_KEY);
    gnutls_x509_crt_deinit(c);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(key);
}

static void the_authority_signs_ends_of_chains_only(void **state)
{
    (void)state;
    unsigned critical, ca;
    int path = -1;
    assert_true(gnutls_x509_crt_get_basic_constraints(authority, &critical, &ca, &path) >= 0);
    assert_true(critical && ca);
    assert_int_equal(path, 0);
    assert_int_equal(usage_of(authority), GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    assert_true(certificate_is_ours(authority, authority_key));
}

static void two_certificates_have_two_serial_numbers(void **state)
{
    gnutls_x509_crt_t again;
    uint8_t a[32], b[32];
    size_t n = sizeof a, m = sizeof b;
    (void)state;
    assert_int_equal(certificate_authority(authority_key, "mes.test", NOW, pem), 0);
    assert_int_equal(certificate_parse(bytes_text(pem), &again), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(authority, a, &n), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(again, b, &m), 0);
    assert_int_equal(n, 16);
    assert_int_equal(m, 16);
    assert_memory_not_equal(a, b, 16);
    gnutls_x509_crt_deinit(again);
}

static void a_file_of_two_certificates_is_not_one(void **state)
{
    char two[2 * CERTIFICATE_PEM];
    gnutls_x509_crt_t c;
    (void)state;
    assert_int_equal(certificate_authority(authority_key, "mes.test", NOW, pem), 0);
    snprintf(two, sizeof two, "%s%s", pem, pem);
    assert_int_equal(certificate_parse(bytes_text(two), &c), ERR_FORMAT);
    assert_int_equal(certificate_parse(bytes_text("nonsense"), &c), ERR_FORMAT);
    assert_int_equal(certificate_parse(bytes_text(""), &c), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_station_gets_its_key_certified_and_nothing_else),
        cmocka_unit_test(refuses_keys_that_are_weak_or_of_another_kind),
        cmocka_unit_test(refuses_every_request_with_a_changed_byte_or_cut_short),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(refuses_a_name_that_is_none),
        cmocka_unit_test(nothing_outlives_the_authority),
        cmocka_unit_test(a_gateway_is_named_by_host_localhost_and_addresses),
        cmocka_unit_test(the_authority_signs_ends_of_chains_only),
        cmocka_unit_test(two_certificates_have_two_serial_numbers),
        cmocka_unit_test(a_file_of_two_certificates_is_not_one),
    };
    return cmocka_run_group_tests_name("tls/certificate", cases, begin, end);
}

#include "tests/appliance/identity/authority.h"
#include "tests/crypto/cases.h"

static struct authority a;
static struct piv_card card;
static const char *why;

static int set_up(void **state)
{
    (void)state;
    authority_new(&a);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    authority_free(&a);
    return 0;
}

static int judged(void)
{
    struct piv_card untouched;
    memset(&card, 0x55, sizeof card);
    untouched = card;
    int r = authority_judge(&a, &card, &why);
    assert_true((r == 0) == (why == NULL));
    if (r)
        assert_memory_equal(&card, &untouched, sizeof card);
    return r;
}

static void refused(const char *words)
{
    assert_int_equal(judged(), ERR_REFUSED);
    if (!strstr(why, words))
        fail_msg("said: %s", why);
}

static void refused_card(struct card_plan plan, const char *words)
{
    authority_card(&a, &plan);
    refused(words);
}

static void refused_crls(struct crl_plan plan, const char *words)
{
    authority_crls(&a, &plan);
    refused(words);
    authority_crls(&a, &(struct crl_plan){0});
    assert_int_equal(judged(), 0);
}

static void a_good_card_is_its_key_and_its_name(void **state)
{
    uint8_t first[32];
    (void)state;
    assert_int_equal(judged(), 0);
    assert_string_equal(card.identifier, "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assert_true(card.asks_pin);
    memcpy(first, card.subject_key, 32);
    static const char *const keys[] = {"P-384", "RSA 2048", "RSA 3072"};
    for (size_t i = 0; i < 3; i++) {
        authority_card(&a, &(struct card_plan){.key = keys[i]});
        assert_int_equal(judged(), 0);
        assert_memory_not_equal(first, card.subject_key, 32);
    }
    authority_card(&a, &(struct card_plan){.by_root = true});
    assert_int_equal(judged(), 0);
}

static void refuses_keys_that_are_weak_or_unknown(void **state)
{
    static const char *const keys[] = {"RSA 1024", "P-521", "ED25519", "P-224"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        authority_card(&a, &(struct card_plan){.key = keys[i]});
        assert_int_equal(judged(), ERR_REFUSED);
    }
    refused_card((struct card_plan){.key = "P-521"}, "weaker than this site admits");
    authority_card(&a, &(struct card_plan){.weak_digest = true});
    assert_int_equal(judged(), ERR_REFUSED);
}

static void refuses_what_no_list_speaks_of(void **state)
{
    (void)state;
    refused_crls((struct crl_plan){.revoked = true}, "is revoked");
    refused_crls((struct crl_plan){.no_issuer = true}, "no revocation list");
    refused_crls((struct crl_plan){.no_root = true}, "no revocation list");
    refused_crls((struct crl_plan){.no_issuer = true, .no_root = true}, "not lists in PEM");
    refused_crls((struct crl_plan){.until_days = -1 + 0}, "not in force");
    refused_crls((struct crl_plan){.other_key = true}, "path does not hold");
    refused_crls((struct crl_plan){.no_end = true}, "until when it is good");
}

static void refuses_what_is_not_valid_now(void **state)
{
    (void)state;
    refused_card((struct card_plan){.until_days = -1}, "has expired");
    refused_card((struct card_plan){.from_days = 1}, "not yet valid");
}

static void refuses_other_uses(void **state)
{
    (void)state;
    refused_card((struct card_plan){.uses = "serverAuth"}, "not for signing in");
    refused_card((struct card_plan){.uses = "anyExtendedKeyUsage"}, "not for signing in");
    refused_card((struct card_plan){.uses = ""}, "not for signing in");
    refused_card((struct card_plan){.usage = "critical,keyEncipherment"}, "not for signatures");
    refused_card((struct card_plan){.usage = ""}, "not for signatures");
    refused_card((struct card_plan){.constraints = "critical,CA:TRUE",
                                    .usage = "critical,digitalSignature,keyCertSign"},
                 "of an authority");
    refused_card((struct card_plan){.critical_oid = "1.3.6.1.4.1.99999.7"}, "path does not hold");
    authority_card(&a, &(struct card_plan){.uses = "critical,2.16.840.1.101.3.6.8"});
    assert_int_equal(judged(), 0);
    assert_false(card.asks_pin); /* the card's word, not its person's */
}

static void a_card_has_one_name_and_the_best_of_its_kinds(void **state)
{
    (void)state;
    authority_card(&a,
                   &(struct card_plan){.names = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:anne@site,"
                                                "URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                                       .fascn = true});
    assert_int_equal(judged(), 0);
    assert_string_equal(card.identifier, "fascn:6120636172642773204641"
                                         "53432d4e2c203235206279746573");
    authority_card(&a,
                   &(struct card_plan){.names = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:anne@site"});
    assert_int_equal(judged(), 0);
    assert_string_equal(card.identifier, "upn:anne@site");
    refused_card((struct card_plan){.names = ""}, "names no card");
    refused_card((struct card_plan){.names = "email:anne@site"}, "names no card");
    refused_card((struct card_plan){.names = "URI:urn:uuid:short"}, "names no card");
    refused_card((struct card_plan){.names = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:anne at site"},
                 "names no card");
    refused_card((struct card_plan){.names = "URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6,"
                                             "URI:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7"},
                 "names two cards");
}

static void refuses_an_issuer_that_nobody_trusts(void **state)
{
    static struct authority other;
    (void)state;
    authority_new(&other); /* the same names, other keys */
    memcpy(a.chain, other.chain, other.chain_length);
    a.chain_length = other.chain_length;
    assert_int_equal(judged(), ERR_REFUSED);
    authority_free(&other);
    authority_card(&a, &(struct card_plan){0});
    struct bytes b = bytes_over(a.chain, a.chain_length);
    (void)bytes_var(&b, PIV_CHAIN_MAX);
    a.chain_length -= bytes_left(&b); /* without the issuer's */
    refused("not from an issuer");
    authority_card(&a, &(struct card_plan){0});
    a.anchors_length = 0;
    refused("not certificates in PEM");
}

static void refuses_every_length_but_its_own(void **state)
{
    (void)state;
    struct bytes b = bytes_over(a.chain, a.chain_length);
    (void)bytes_var(&b, PIV_CHAIN_MAX);
    size_t length = a.chain_length, first = length - bytes_left(&b);
    for (a.chain_length = 0; a.chain_length < length; a.chain_length++)
        assert_int_equal(judged(), a.chain_length == first ? ERR_REFUSED : ERR_FORMAT);
    memset(a.chain + length, 0, 8);
    a.chain_length = length + 3;
    assert_int_equal(judged(), ERR_FORMAT);
    a.chain_length = length + 4; /* a certificate of no length */
    assert_int_equal(judged(), ERR_FORMAT);
}

static void refuses_every_changed_byte_of_the_cards_certificate(void **state)
{
    (void)state;
    struct bytes b = bytes_over(a.chain, a.chain_length);
    (void)bytes_var(&b, PIV_CHAIN_MAX);
    size_t length = a.chain_length - bytes_left(&b);
    for (size_t i = 0; i < length; i++) {
        a.chain[i] ^= 0x01;
        if (judged() == 0)
            fail_msg("byte %zu was changed unseen", i);
        a.chain[i] ^= 0x01;
    }
    assert_int_equal(judged(), 0);
}

static void refuses_more_certificates_than_a_path_has(void **state)
{
    (void)state;
    struct bytes b = bytes_over(a.chain, a.chain_length);
    struct bytes_view leaf = bytes_var(&b, PIV_CHAIN_MAX);
    static uint8_t copy[2048];
    memcpy(copy, a.chain, leaf.length + 4);
    struct bytes_put put = bytes_into(a.chain, sizeof a.chain);
    for (int i = 0; i <= PIV_CERTIFICATES; i++)
        bytes_put_fixed(&put, copy, leaf.length + 4);
    a.chain_length = bytes_put_length(&put);
    assert_int_equal(judged(), ERR_FORMAT);
}

static const char *trust_refused(struct bytes_view anchors, struct bytes_view crls)
{
    struct piv_trust trust = {anchors, crls};
    const char *said = piv_trust_refused(&trust, AUTHORITY_NOW);
    return said ? said : "";
}

static void a_site_relies_on_roots_and_lists_that_are_in_force(void **state)
{
    (void)state;
    struct bytes_view anchors = bytes_view_of(a.anchors, a.anchors_length);
    assert_string_equal(trust_refused(anchors, bytes_view_of(a.crls, a.crls_length)), "");
    assert_non_null(strstr(trust_refused(bytes_text("x"), bytes_view_of(a.crls, a.crls_length)),
                           "not certificates in PEM"));
    assert_non_null(strstr(trust_refused(anchors, bytes_text("")), "not lists in PEM"));
    size_t second = 0;
    for (size_t i = 1; i + 11 < a.crls_length; i++)
        if (memcmp(a.crls + i, "-----BEGIN ", 11) == 0)
            second = i;
    assert_true(second > 0);
    for (size_t length = second + 11; length + 2 < a.crls_length; length += 7) /* it is cut off */
        assert_string_equal(trust_refused(anchors, bytes_view_of(a.crls, length)),
                            "The revocation lists are not lists in PEM.");
    authority_crls(&a, &(struct crl_plan){.until_days = -1});
    assert_non_null(
        strstr(trust_refused(anchors, bytes_view_of(a.crls, a.crls_length)), "has expired"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        CASE(a_good_card_is_its_key_and_its_name),
        CASE(refuses_keys_that_are_weak_or_unknown),
        CASE(refuses_what_no_list_speaks_of),
        CASE(refuses_what_is_not_valid_now),
        CASE(refuses_other_uses),
        CASE(a_card_has_one_name_and_the_best_of_its_kinds),
        CASE(refuses_an_issuer_that_nobody_trusts),
        CASE(refuses_every_length_but_its_own),
        CASE(refuses_every_changed_byte_of_the_cards_certificate),
        CASE(refuses_more_certificates_than_a_path_has),
        CASE(a_site_relies_on_roots_and_lists_that_are_in_force),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

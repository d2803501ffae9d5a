#include "tests/transfer/guard_b/world.h"

#include <stdlib.h>

#include "tests/transfer/guard_b/vector.h"

/* root.json changes and the manifest names the changed one. */
#define ROOT_EDIT(from, to) (text_edit(&w->root, from, to), world_compose(w))
#define ROOT_REFUSED(case_name, code, from, to)                                                    \
    REFUSES(case_name, code, "root.json", ROOT_EDIT(from, to), )
#define ROOT_ACCEPTED(case_name, from, to) ACCEPTS(case_name, ROOT_EDIT(from, to), )

#define SNAPSHOT   "2012cb90ca60e8e5d8daf66e2272d2233e0486d557e8c66141ed8920177d7eb7"
#define CHECKPOINT "f80cccdce4ae1c07ae208a2adf99a310ae4207e0306fa0236110b06827bbb8d0"

ROOT_ACCEPTED(accepts_a_production_root, "training\"", "production\"")
ROOT_ACCEPTED(accepts_all_three_factors, "[\"badge+pin\"]", "[\"badge+pin\",\"fido2\",\"piv\"]")
ROOT_ACCEPTED(accepts_two_factors, "[\"badge+pin\"]", "[\"badge+pin\",\"piv\"]")
ACCEPTS(accepts_fido2_where_only_it_is_admitted,
        (w->word[0].factor = w->word[1].factor = 2, ROOT_EDIT("\"badge+pin\"", "\"fido2\"")), )
REFUSES(refuses_the_pin_where_it_is_not_admitted, ERR_REFUSED, "factor",
        ROOT_EDIT("\"badge+pin\"", "\"fido2\",\"piv\""), )

ROOT_REFUSED(refuses_no_factor, ERR_FORMAT, "[\"badge+pin\"]", "[]")
ROOT_REFUSED(refuses_an_unknown_factor, ERR_FORMAT, "badge+pin", "badge")
ROOT_REFUSED(refuses_factors_in_another_order, ERR_FORMAT, "\"badge+pin\"",
             "\"fido2\",\"badge+pin\"")
ROOT_REFUSED(refuses_a_factor_twice, ERR_FORMAT, "\"badge+pin\"", "\"badge+pin\",\"badge+pin\"")
ROOT_REFUSED(refuses_a_comma_behind_the_last_factor, ERR_FORMAT, "\"badge+pin\"", "\"badge+pin\",")
ROOT_REFUSED(refuses_an_unknown_kind, ERR_FORMAT, "\"training\"", "\"trial\"")
ROOT_REFUSED(refuses_another_version, ERR_FORMAT, "\"version\":1", "\"version\":2")
ROOT_REFUSED(refuses_another_format, ERR_FORMAT, "mes-xfer-root/1", "mes-xfer-root/2")
ROOT_REFUSED(refuses_a_key_more, ERR_FORMAT, "\"kind\"", "\"keen\":1,\"kind\"")
ROOT_REFUSED(refuses_a_role_less, ERR_FORMAT,
             "\"orders\":\"RWR4Ca5/OBiLM27gkf0oCptoVU+nPFiBJdR9NCXGiia6I2tNrZD5Co+S\",", "")
ROOT_REFUSED(refuses_trailing_bytes, ERR_FORMAT, "}\n", "}\n ")
ROOT_REFUSED(refuses_a_site_in_upper_case, ERR_FORMAT, "\"training-1\"", "\"Training-1\"")
ROOT_REFUSED(refuses_a_site_of_33, ERR_FORMAT, "\"training-1\"",
             "\"a23456789012345678901234567890123\"")
ROOT_REFUSED(refuses_an_empty_site, ERR_FORMAT, "\"training-1\"", "\"\"")
ROOT_REFUSED(refuses_another_algorithm_of_a_key, ERR_FORMAT, "RWTe0u", "RUTe0u")
ROOT_REFUSED(refuses_a_key_id_that_is_not_of_the_key, ERR_FORMAT, "RWTe0ujed", "RWTe0ujee")
ROOT_REFUSED(refuses_a_short_hex_key, ERR_FORMAT, "2012cb", "2012c")
ROOT_REFUSED(refuses_one_key_in_two_hex_roles, ERR_DUPLICATE, SNAPSHOT, CHECKPOINT)
ROOT_REFUSED(refuses_one_key_in_two_minisign_roles, ERR_DUPLICATE,
             "RWQTEWMd5q++M6zcyElNRY9Ep6qsHWqE7GJNruiENtsq4m5numRaEGIo",
             "RWQcUbup+3/5HCX8MsR4paT4TkVXoDQuCCeMiDZBthSb2wtKmGq2wst4")
ROOT_REFUSED(refuses_a_key_of_small_order, ERR_KEY, SNAPSHOT,
             "0100000000000000000000000000000000000000000000000000000000000000")
ROOT_REFUSED(refuses_a_key_that_is_no_point, ERR_KEY, SNAPSHOT,
             "0200000000000000000000000000000000000000000000000000000000000000")

/* A hex role may not hold what a minisign role holds. */
static void refuses_one_key_in_a_hex_and_a_minisign_role(void **state)
{
    struct world *w = *state;
    struct b_trust trust;
    struct b_refusal why;
    char hex[65];
    assert_int_equal(b_trust_read(b_view_of(w->root.data, w->root.length), &trust, &why), 0);
    b_digits_hex(trust.key[B_ROLE_OUTER].point, 32, hex);
    text_edit(&w->root, SNAPSHOT, hex);
    assert_int_equal(b_trust_read(b_view_of(w->root.data, w->root.length), &trust, &why),
                     ERR_DUPLICATE);
}

/* Each in memory of exactly its length, so that a sanitizer sees a step too far. */
static void refuses_every_beginning_of_a_root(void **state)
{
    struct world *w = *state;
    struct b_trust trust;
    struct b_refusal why;
    for (size_t n = 0; n < w->root.length; n++) {
        uint8_t *cut = malloc(n + (n == 0));
        assert_non_null(cut);
        memcpy(cut, w->root.data, n);
        assert_int_equal(b_trust_read(b_view_of(cut, n), &trust, &why), ERR_FORMAT);
        free(cut);
    }
}

static void reads_the_vector(void **state)
{
    struct world *w = *state;
    struct b_trust trust;
    struct b_refusal why;
    char hex[65];
    assert_int_equal(b_trust_read(b_view_of(w->root.data, w->root.length), &trust, &why), 0);
    b_digits_hex(trust.digest, 32, hex);
    assert_string_equal(hex, vector_root_digest);
    assert_string_equal(trust.site, "training-1");
    assert_true(trust.factor[1] && !trust.factor[0] && !trust.factor[2] && !trust.factor[3]);
}

static void refuses_a_root_longer_than_2048(void **state)
{
    struct world *w = *state;
    struct b_trust trust;
    struct b_refusal why;
    while (w->root.length <= B_TRUST_MAX)
        text_append(&w->root, "\n");
    assert_int_equal(b_trust_read(b_view_of(w->root.data, w->root.length), &trust, &why), ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(accepts_a_production_root),
        CASE(accepts_all_three_factors),
        CASE(accepts_two_factors),
        CASE(accepts_fido2_where_only_it_is_admitted),
        CASE(refuses_the_pin_where_it_is_not_admitted),
        CASE(refuses_no_factor),
        CASE(refuses_an_unknown_factor),
        CASE(refuses_factors_in_another_order),
        CASE(refuses_a_factor_twice),
        CASE(refuses_a_comma_behind_the_last_factor),
        CASE(refuses_an_unknown_kind),
        CASE(refuses_another_version),
        CASE(refuses_another_format),
        CASE(refuses_a_key_more),
        CASE(refuses_a_role_less),
        CASE(refuses_trailing_bytes),
        CASE(refuses_a_site_in_upper_case),
        CASE(refuses_a_site_of_33),
        CASE(refuses_an_empty_site),
        CASE(refuses_another_algorithm_of_a_key),
        CASE(refuses_a_key_id_that_is_not_of_the_key),
        CASE(refuses_a_short_hex_key),
        CASE(refuses_one_key_in_two_hex_roles),
        CASE(refuses_one_key_in_two_minisign_roles),
        CASE(refuses_a_key_of_small_order),
        CASE(refuses_a_key_that_is_no_point),
        CASE(refuses_one_key_in_a_hex_and_a_minisign_role),
        CASE(refuses_every_beginning_of_a_root),
        CASE(reads_the_vector),
        CASE(refuses_a_root_longer_than_2048),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/crypto/cases.h"

#include "crypto/p384.h"

/* Computed with Python: hashlib.blake2b(key=…), and the curve's arithmetic by the book. */
static void assert_pair(uint8_t fill, const char *scalar, const char *x, const char *y)
{
    struct secret *key = secret_of(fill, 32), *d = NULL;
    struct p384_point point;
    assert_int_equal(p384_derive(key, &d, &point), 0);
    assert_int_equal(secret_length(d), P384_LENGTH);
    assert_hex(secret_open(d), P384_LENGTH, scalar);
    secret_close(d);
    assert_hex(point.x, P384_LENGTH, x);
    assert_hex(point.y, P384_LENGTH, y);
    secret_free(d);
    secret_free(key);
}

static void derives_the_pinned_pairs(void **state)
{
    (void)state;
    assert_pair(0x11,
                "84eec30715edd3a2cfd3d915ba4516cc0c6b76f8dcfd46de1396bdb6bdf61c1b94f672b66984523dfc"
                "c4b3dc7ae5344d",
                "7acc2bd24cd1e0bbc4e1def943c6f7dbd0f2a511cc124e0159da2dc1b3ee179306fc21749275df3139"
                "b2ef1889d648ae",
                "cb541ecd5889446565651877e12eeff5e54a2cf56b933f7005fea707696a27e4d51abee3747c6bb9d8"
                "b18a1935fa1c02");
    assert_pair(0xff,
                "0513da1ec71beb9e8a3d18efc9d777cb40fb11637e117414cc684b640c9a7ec86e5ec0cbb6908a7d00"
                "84396d5849fab0",
                "91dbfed5e5bb5de06087005fb0ea3713137b015d73fe480cff299ec87505c83d60c638cd6659e43813"
                "2b29ab1bf9e6b0",
                "0749e32a4450b32568597b5d22d96fb99afe13a87c0558eb7439c0c7239758acb1331762680ee9f96c"
                "c4956f85e50b69");
}

static void refuses_a_key_of_another_length(void **state)
{
    struct secret *key = secret_of(1, 48), *d = NULL;
    struct p384_point point;
    (void)state;
    assert_int_equal(p384_derive(key, &d, &point), ERR_KEY);
    assert_null(d);
    secret_free(key);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(derives_the_pinned_pairs),
        cmocka_unit_test(refuses_a_key_of_another_length),
    };
    return cmocka_run_group_tests_name("crypto/p384", cases, NULL, NULL);
}

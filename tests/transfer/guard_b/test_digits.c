#include "tests/transfer/guard_b/world.h"

/* RFC 4648, section 10. */
static const struct {
    const char *plain, *text;
} known[] = {{"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
             {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

static void writes_and_reads_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[16];
        uint8_t plain[16];
        size_t length = strlen(known[i].plain);
        b_digits_base64((const uint8_t *)known[i].plain, length, text);
        assert_string_equal(text, known[i].text);
        assert_true(b_digits_from_base64((const uint8_t *)text, length, plain));
        assert_memory_equal(plain, known[i].plain, length);
    }
}

static bool reads(const char *text, size_t length)
{
    uint8_t out[16];
    return b_digits_from_base64((const uint8_t *)text, length, out);
}

static void refuses_base64_in_another_form(void **state)
{
    (void)state;
    assert_false(reads("Zh==", 1)); /* an unused bit is set */
    assert_false(reads("Zm9=", 2));
    assert_false(reads("Zg=A", 1));
    assert_false(reads("Zg==", 2));
    assert_false(reads("Zm8=", 3));
    assert_false(reads("Zm9v", 2));
    assert_false(reads("Zm-v", 3)); /* the alphabet for addresses */
    assert_false(reads("Zm\n=", 2));
    assert_false(reads("Zm9\0", 3));
    assert_false(reads("====", 1));
}

static void writes_hex_in_lower_case(void **state)
{
    char out[9];
    (void)state;
    b_digits_hex((const uint8_t *)"\x00\x9f\xa0\xff", 4, out);
    assert_string_equal(out, "009fa0ff");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(writes_and_reads_the_vectors_of_rfc_4648),
        cmocka_unit_test(refuses_base64_in_another_form),
        cmocka_unit_test(writes_hex_in_lower_case),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

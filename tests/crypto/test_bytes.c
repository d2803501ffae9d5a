#include "tests/crypto/cases.h"

static void reads_what_was_written(void **state)
{
    uint8_t memory[64];
    struct bytes_put put = bytes_into(memory, sizeof(memory));
    struct bytes b;
    size_t length;
    (void)state;

    bytes_put_u8(&put, 1);
    bytes_put_u16(&put, 0x0203);
    bytes_put_u32(&put, 0x04050607);
    bytes_put_i64(&put, -2);
    bytes_put_var(&put, bytes_text("abc"), 3);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    assert_int_equal(length, 1 + 2 + 4 + 8 + 4 + 3);
    b = bytes_over(memory, length);
    assert_int_equal(bytes_u8(&b), 1);
    assert_int_equal(bytes_u16(&b), 0x0203);
    assert_int_equal(bytes_u32(&b), 0x04050607);
    assert_int_equal(bytes_i64(&b), -2);
    assert_true(bytes_equal_text(bytes_var(&b, 3), "abc"));
    assert_int_equal(bytes_done(&b), 0);
}

static void refuses_short_long_and_oversize(void **state)
{
    static const uint8_t six[6] = {0, 0, 0, 2, 'a', 'b'};
    struct bytes b = bytes_over(six, 5);
    (void)state;

    assert_int_equal(bytes_var(&b, 9).length, 0);
    assert_int_equal(bytes_done(&b), ERR_TRUNCATED);
    assert_int_equal(bytes_u8(&b), 0);
    b = bytes_over(six, 6);
    assert_int_equal(bytes_var(&b, 1).length, 0);
    assert_int_equal(bytes_done(&b), ERR_SIZE);
    b = bytes_over(six, 6);
    assert_int_equal(bytes_u32(&b), 2);
    assert_int_equal(bytes_done(&b), ERR_TRAILING);
}

static void writer_remembers_its_first_failure(void **state)
{
    uint8_t memory[3];
    struct bytes_put put = bytes_into(memory, sizeof(memory));
    size_t length;
    (void)state;

    bytes_put_u16(&put, 1);
    bytes_put_u16(&put, 2);
    bytes_put_u8(&put, 3);
    assert_int_equal(bytes_put_done(&put, &length), ERR_SIZE);
    assert_int_equal(bytes_put_length(&put), 2);
}

static void hex_is_lower_case_and_exact(void **state)
{
    uint8_t out[2];
    char text[5];
    (void)state;

    assert_int_equal(bytes_from_hex(bytes_text("a0ff"), 2, out), 0);
    bytes_to_hex(out, 2, text);
    assert_string_equal(text, "a0ff");
    assert_int_equal(bytes_from_hex(bytes_text("A0ff"), 2, out), ERR_FORMAT);
    assert_int_equal(bytes_from_hex(bytes_text("a0f"), 2, out), ERR_FORMAT);
    assert_int_equal(bytes_from_hex(bytes_text("a0fg"), 2, out), ERR_FORMAT);
}

static void every_error_has_its_text(void **state)
{
    (void)state;
#define ERROR(name, number, text) assert_string_equal(error_text(name), text);
    ERROR_LIST(ERROR)
#undef ERROR
    assert_string_equal(error_text(12345), "an unknown error");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(refuses_short_long_and_oversize),
        cmocka_unit_test(writer_remembers_its_first_failure),
        cmocka_unit_test(hex_is_lower_case_and_exact),
        cmocka_unit_test(every_error_has_its_text),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/crypto/cases.h"

#include "transfer/canonical.h"

/* A text with one of everything: {"a":[..],"b":{..},"n":-5,"t":".."}. */
static int read_all(struct bytes_view text)
{
    struct canonical_reader r = canonical_over(text);
    uint8_t hex[2];

    canonical_open_object(&r, NULL);
    canonical_open_array(&r, "a");
    while (canonical_more(&r))
        canonical_number(&r, NULL, 0, 9);
    canonical_close_array(&r);
    canonical_open_object(&r, "b");
    canonical_hex(&r, "h", hex, 2);
    canonical_close_object(&r);
    canonical_number(&r, "n", -9, 999);
    canonical_expect(&r, "t", "x\\\"\\\\y");
    canonical_close_object(&r);
    return canonical_end(&r);
}

static const char whole[] = "{\"a\":[1,2],\"b\":{\"h\":\"a0ff\"},\"n\":-5,\"t\":\"x\\\"\\\\y\"}\n";

static void reader_takes_what_the_writer_makes(void **state)
{
    char out[128];
    struct canonical_writer w = canonical_into(out, sizeof(out));
    size_t length;
    (void)state;

    canonical_put_object(&w, NULL);
    canonical_put_array(&w, "a");
    canonical_put_number(&w, NULL, 1);
    canonical_put_number(&w, NULL, 2);
    canonical_put_array_end(&w);
    canonical_put_object(&w, "b");
    canonical_put_hex(&w, "h", "\xa0\xff", 2);
    canonical_put_object_end(&w);
    canonical_put_number(&w, "n", -5);
    canonical_put_text(&w, "t", "x\"\\y");
    canonical_put_object_end(&w);
    assert_int_equal(canonical_put_end(&w, &length), 0);
    assert_true(bytes_equal_text(bytes_view_of(out, length), whole));
    assert_int_equal(read_all(bytes_text(whole)), 0);
    assert_int_equal(
        read_all(bytes_text("{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n")),
        0);
}

static void refuses_every_other_form(void **state)
{
    static const char *const others[] = {
        "",
        "{",
        "{}\n",
        /* white space */
        " {\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[], \"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[1, 2],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        /* keys: another order, twice, unknown, missing */
        "{\"b\":{\"h\":\"a0ff\"},\"a\":[],\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"c\":1,\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"t\":\"x\\\"\\\\y\"}\n",
        /* numbers */
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":00,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":05,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":-0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":+1,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":1.0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":1e1,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":-,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":1000,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":9007199254740992,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":99999999999999999999999,\"t\":\"x\\\"\\\\y\"}\n",
        /* strings */
        "{\"a\":[],\"b\":{\"h\":\"A0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0f\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"\\u0078\\\"\\\\y\"}\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\t\"}\n",
        /* arrays */
        "{\"a\":[1,],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[,1],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        "{\"a\":[[1]],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n",
        /* the end */
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\r\n",
        "{\"a\":[],\"b\":{\"h\":\"a0ff\"},\"n\":0,\"t\":\"x\\\"\\\\y\"}\n\n",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (read_all(bytes_text(others[i])) == 0)
            fail_msg("accepted %s", others[i]);
}

static void refuses_every_cut_and_every_flipped_bit_of_structure(void **state)
{
    char text[sizeof(whole)];
    (void)state;

    for (size_t i = 0; i < strlen(whole); i++)
        assert_int_not_equal(read_all(bytes_view_of(whole, i)), 0);
    memcpy(text, whole, sizeof(whole));
    for (size_t i = 0; i < strlen(whole); i++) {
        text[i] = (char)(text[i] ^ 0x80);
        assert_int_not_equal(read_all(bytes_view_of(text, strlen(whole))), 0);
        text[i] = whole[i];
    }
}

static bool reads_text(const char *text, size_t length)
{
    struct canonical_reader r = canonical_over(bytes_view_of(text, length));

    canonical_text(&r, NULL);
    return canonical_done(&r) == 0;
}

static void strings_have_two_escapes_and_printable_bytes_only(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const char plain[] = {'"', 'a', (char)c, '"'};
        const char escaped[] = {'"', '\\', (char)c, '"'};
        bool quote = c == '"' || c == '\\';
        assert_int_equal(reads_text(plain, sizeof(plain)), c >= 0x20 && c <= 0x7e && !quote);
        assert_int_equal(reads_text(escaped, sizeof(escaped)), quote);
    }
}

static void refuses_more_than_eight_levels(void **state)
{
    struct canonical_reader r = canonical_over(bytes_text("[[[[[[[[[]]]]]]]]]"));
    char out[64];
    struct canonical_writer w = canonical_into(out, sizeof(out));
    size_t length;
    (void)state;

    for (int i = 0; i < 8; i++) {
        canonical_open_array(&r, NULL);
        canonical_put_array(&w, NULL);
    }
    assert_int_equal(r.bytes.error, 0);
    assert_int_equal(w.put.error, 0);
    canonical_open_array(&r, NULL);
    canonical_put_array(&w, NULL);
    assert_int_equal(canonical_done(&r), ERR_CANONICAL);
    assert_int_equal(canonical_put_end(&w, &length), ERR_CANONICAL);
}

static void writer_refuses_what_no_reader_takes(void **state)
{
    char out[64];
    struct canonical_writer w = canonical_into(out, sizeof(out));
    size_t length;
    (void)state;

    canonical_put_text(&w, NULL, "caf\xc3\xa9");
    assert_int_equal(canonical_put_end(&w, &length), ERR_FORMAT);
    w = canonical_into(out, sizeof(out));
    canonical_put_number(&w, NULL, CANONICAL_NUMBER_MAX);
    assert_int_equal(canonical_put_end(&w, &length), ERR_RANGE);
    w = canonical_into(out, 3);
    canonical_put_text(&w, NULL, "ab");
    assert_int_equal(canonical_put_end(&w, &length), ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(reader_takes_what_the_writer_makes),
        cmocka_unit_test(refuses_every_other_form),
        cmocka_unit_test(refuses_every_cut_and_every_flipped_bit_of_structure),
        cmocka_unit_test(strings_have_two_escapes_and_printable_bytes_only),
        cmocka_unit_test(refuses_more_than_eight_levels),
        cmocka_unit_test(writer_refuses_what_no_reader_takes),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/crypto/cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "transfer/ustar.h"

struct archive {
    uint8_t data[8192];
    size_t length;
};

static void make(struct archive *a)
{
    struct bytes_put put = bytes_into(a->data, sizeof(a->data));

    ustar_put(&put, "manifest.json", bytes_text("{}\n"));
    ustar_put(&put, "b", bytes_text(""));
    ustar_put_end(&put);
    assert_int_equal(bytes_put_done(&put, &a->length), 0);
    assert_int_equal(a->length, 5 * USTAR_BLOCK);
}

/* How reading all of it ends; ERR_EOF is the right end. */
static int read_all(const struct archive *a, int *members)
{
    struct bytes b = bytes_over(a->data, a->length);
    struct ustar_member m;
    int r;

    for (*members = 0; (r = ustar_next(&b, &m)) == 0; (*members)++)
        ;
    return r;
}

static void members_come_back(void **state)
{
    struct archive a;
    struct ustar_member m;
    struct bytes b;
    (void)state;

    make(&a);
    b = bytes_over(a.data, a.length);
    assert_int_equal(ustar_next(&b, &m), 0);
    assert_string_equal(m.name, "manifest.json");
    assert_true(bytes_equal_text(m.content, "{}\n"));
    assert_int_equal(ustar_next(&b, &m), 0);
    assert_string_equal(m.name, "b");
    assert_int_equal(m.content.length, 0);
    assert_int_equal(ustar_next(&b, &m), ERR_EOF);
}

static void stock_tar_lists_it(void **state)
{
    struct archive a;
    char line[256] = "";
    FILE *out, *in;
    (void)state;

    make(&a);
    out = fopen("/tmp/test_ustar.tar", "w");
    assert_non_null(out);
    assert_int_equal(fwrite(a.data, 1, a.length, out), a.length);
    assert_int_equal(fclose(out), 0);
    in = popen("TZ=UTC tar -tvf /tmp/test_ustar.tar", "r");
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof(line), in));
    assert_string_equal(line, "-r--r--r-- 0/0               3 1970-01-01 00:00 manifest.json\n");
    assert_non_null(fgets(line, sizeof(line), in));
    assert_int_equal(pclose(in), 0);
    assert_int_equal(remove("/tmp/test_ustar.tar"), 0);
}

/* Only the content, and the name within its alphabet with the checksum made right, are free. */
static void refuses_every_flipped_bit_outside_the_content(void **state)
{
    struct archive a;
    int members;
    (void)state;

    make(&a);
    for (size_t i = 0; i < a.length; i++) {
        if (i >= USTAR_BLOCK && i < USTAR_BLOCK + 3)
            continue;
        for (int bit = 0; bit < 8; bit++) {
            a.data[i] ^= (uint8_t)(1 << bit);
            assert_int_not_equal(read_all(&a, &members), ERR_EOF);
            a.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_int_equal(read_all(&a, &members), ERR_EOF);
    assert_int_equal(members, 2);
}

static void refuses_every_cut_and_bytes_after_the_end(void **state)
{
    struct archive a;
    size_t whole;
    int members;
    (void)state;

    make(&a);
    whole = a.length;
    for (a.length = 0; a.length < whole; a.length++)
        assert_int_equal(read_all(&a, &members), ERR_TRUNCATED);
    a.data[whole] = 0;
    a.length = whole + 1;
    assert_int_equal(read_all(&a, &members), ERR_TRAILING);
    memset(a.data + whole, 0, USTAR_BLOCK);
    a.length = whole + USTAR_BLOCK;
    assert_int_equal(read_all(&a, &members), ERR_TRAILING);
}

/* Give the first header a right checksum again after it was changed. */
static void fix_checksum(struct archive *a)
{
    unsigned sum = 0;
    char text[8];

    memset(a->data + 148, ' ', 8);
    for (size_t i = 0; i < USTAR_BLOCK; i++)
        sum += a->data[i];
    snprintf(text, sizeof(text), "%06o", sum & 0777777);
    memcpy(a->data + 148, text, 7);
}

/* One case for each field that stock tar leaves free. */
static void refuses_other_headers_with_a_right_checksum(void **state)
{
    static const struct {
        size_t at;
        const char *bytes;
        size_t length;
    } changes[] = {
        {0, "../x\0", 5},
        {0, "a/b\0", 4},
        {0, ".hidden", 7},
        {0, "UPPER", 5},
        {14, "x", 1},
        {100, "0000644", 7},
        {100, "0000444 ", 8},
        {108, "0000001", 7},
        {116, "0000001", 7},
        {124, "\x80\0\0\0", 4},
        {124, " ", 1},
        {124, "3          \0", 12},
        {124, "77777777777", 11},
        {136, "00000000001", 11},
        {156, "\0", 1},
        {156, "1", 1},
        {156, "2", 1},
        {156, "5", 1},
        {156, "L", 1},
        {156, "x", 1},
        {156, "g", 1},
        {156, "S", 1},
        {157, "link", 4},
        {257, "ustar  \0", 8},
        {265, "root", 4},
        {297, "root", 4},
        {329, "0000001", 7},
        {337, "0000001", 7},
        {345, "dir", 3},
        {500, "x", 1},
    };
    struct archive a;
    int members;
    (void)state;

    make(&a);
    fix_checksum(&a);
    assert_int_equal(read_all(&a, &members), ERR_EOF);
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        make(&a);
        memcpy(a.data + changes[i].at, changes[i].bytes, changes[i].length);
        fix_checksum(&a);
        assert_int_not_equal(read_all(&a, &members), ERR_EOF);
        assert_int_equal(members, 0);
    }
    make(&a);
    memcpy(a.data + 148, "0006414 ", 8); /* seven digits and a space */
    assert_int_equal(read_all(&a, &members), ERR_FORMAT);
}

static void writer_refuses_a_name_that_no_reader_takes(void **state)
{
    static const char *const names[] = {"", ".", "..", "-x", "a/b", "A", "a b"};
    uint8_t data[2048];
    char name[USTAR_NAME_MAX + 2];
    size_t length;
    (void)state;

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct bytes_put put = bytes_into(data, sizeof(data));
        ustar_put(&put, names[i], bytes_text("x"));
        assert_int_equal(bytes_put_done(&put, &length), ERR_FORMAT);
    }
    for (size_t n = USTAR_NAME_MAX; n <= USTAR_NAME_MAX + 1; n++) {
        struct bytes_put put = bytes_into(data, sizeof(data));
        memset(name, 'a', n);
        name[n] = '\0';
        ustar_put(&put, name, bytes_text("x"));
        assert_int_equal(bytes_put_done(&put, &length), n > USTAR_NAME_MAX ? ERR_FORMAT : 0);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(members_come_back),
        cmocka_unit_test(stock_tar_lists_it),
        cmocka_unit_test(refuses_every_flipped_bit_outside_the_content),
        cmocka_unit_test(refuses_every_cut_and_bytes_after_the_end),
        cmocka_unit_test(refuses_other_headers_with_a_right_checksum),
        cmocka_unit_test(writer_refuses_a_name_that_no_reader_takes),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

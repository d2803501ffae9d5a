#include "tests/crypto/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/minisign.h"

static const char data[] = "what is signed\n";
static const char comment[] = "mes-xfer/1 kind=outer dir=h2l chan=perf-e1234567";

struct file {
    struct minisign_public public_key;
    char text[MINISIGN_FILE_MAX * 2];
    size_t length;
};

static void make(struct file *f)
{
    struct secret *seed = secret_of(0x33, 32);

    assert_int_equal(minisign_public_of(seed, &f->public_key), 0);
    assert_int_equal(minisign_sign(seed, data, strlen(data), comment, f->text, &f->length), 0);
    secret_free(seed);
}

static int check(const struct file *f)
{
    struct bytes_view got;

    return minisign_check(&f->public_key, data, strlen(data), bytes_view_of(f->text, f->length),
                          &got);
}

static void signature_file_has_its_pinned_form(void **state)
{
    struct file f;
    struct bytes_view got;
    char text[MINISIGN_PUBLIC_TEXT + 1];
    (void)state;

    make(&f);
    assert_string_equal(f.text,
                        "untrusted comment: mes-xfer/1\n"
                        "RURkZYbyfmxOIRWqPv/PxlvsPoHLEYtovnat/"
                        "qOEZPjU9keU5OEK2JutCRSgo0hhvWSwQH5EOtr3ANhb4oqoHz4Vrpe7Xn6lLAI=\n"
                        "trusted comment: mes-xfer/1 kind=outer dir=h2l chan=perf-e1234567\n"
                        "1Zpv8EDOHO+GmZxJF8hukZVFInUulcmRLvI9BswPYcaj/NXEJT4ZC082adMdx+E9Ja/"
                        "fiGyBLOMsD5ZH60UBDA==\n");
    assert_int_equal(
        minisign_check(&f.public_key, data, strlen(data), bytes_view_of(f.text, f.length), &got),
        0);
    assert_true(bytes_equal_text(got, comment));
    minisign_public_print(&f.public_key, text);
    assert_string_equal(text, "RWRkZYbyfmxOIRfLefsrQSDysexl5BmNbgiyjoE/6wHkpACDm4XhgIDO");
}

static void public_key_text_comes_back_and_only_one_form_does(void **state)
{
    struct minisign_public got;
    struct file f;
    char text[MINISIGN_PUBLIC_TEXT + 2];
    (void)state;

    make(&f);
    minisign_public_print(&f.public_key, text);
    assert_int_equal(minisign_public_parse(bytes_text(text), &got), 0);
    assert_memory_equal(&got, &f.public_key, sizeof(got));
    assert_int_equal(minisign_public_parse(bytes_view_of(text, 55), &got), ERR_FORMAT);
    strcat(text, "\n");
    assert_int_equal(minisign_public_parse(bytes_text(text), &got), ERR_FORMAT);
    text[0] = 'S';
    assert_int_equal(minisign_public_parse(bytes_view_of(text, 56), &got), ERR_FORMAT);
}

/* Replace the first ${from} of the file by ${to}. */
static void replace(struct file *f, const char *from, const char *to)
{
    char rest[MINISIGN_FILE_MAX];
    char *at = strstr(f->text, from);

    assert_non_null(at);
    strcpy(rest, at + strlen(from));
    strcpy(at, to);
    strcat(at, rest);
    f->length = strlen(f->text);
}

static void refuses_another_untrusted_comment(void **state)
{
    struct file f;
    (void)state;

    make(&f);
    replace(&f, "mes-xfer/1\n", "mes-xfer/2\n");
    assert_int_equal(check(&f), ERR_FORMAT);
}

static void refuses_bytes_after_line_four(void **state)
{
    struct file f;
    (void)state;

    make(&f);
    strcat(f.text, "\n");
    f.length++;
    assert_int_equal(check(&f), ERR_FORMAT);
}

/* 'ED' to 'Ed' makes it a signature over the 64-byte digest as a file. */
static void refuses_the_flipped_algorithm(void **state)
{
    struct file f;
    (void)state;

    make(&f);
    replace(&f, "\nRUR", "\nRWR"); /* base64 of "ED" and of "Ed", and the key id's first bits */
    assert_int_equal(check(&f), ERR_FORMAT);
}

static void refuses_carriage_returns(void **state)
{
    struct file f;
    (void)state;

    make(&f);
    replace(&f, "mes-xfer/1\n", "mes-xfer/1\r\n");
    assert_int_equal(check(&f), ERR_FORMAT);
    make(&f);
    replace(&f, "perf-e1234567\n", "perf-e1234567\r\n");
    assert_int_equal(check(&f), ERR_FORMAT);
}

/* The unused low bits of the last base64 digit. */
static void refuses_base64_slack_bits(void **state)
{
    struct file f;
    char *end;
    (void)state;

    make(&f);
    end = f.text + f.length - 1; /* "…X==\n" */
    assert_int_equal(end[-1], '=');
    assert_int_equal(end[-2], '=');
    end[-3]++;
    assert_int_equal(check(&f), ERR_FORMAT);
    make(&f);
    end = strchr(strchr(f.text, '\n') + 1, '\n');
    assert_int_equal(end[-1], '=');
    end[-2]++;
    assert_int_equal(check(&f), ERR_FORMAT);
}

static void refuses_another_key_number(void **state)
{
    struct file f;
    char *line;
    (void)state;

    make(&f);
    line = strchr(f.text, '\n') + 1;
    line[8] = line[8] == 'A' ? 'B' : 'A';
    assert_int_equal(check(&f), ERR_KEY);
}

static void refuses_the_global_signature_of_another_file(void **state)
{
    struct secret *seed = secret_of(0x33, 32);
    struct file f, other;
    (void)state;

    make(&f);
    make(&other);
    assert_int_equal(minisign_sign(seed, "other", 5, comment, other.text, &other.length), 0);
    memcpy(f.text + f.length - 89, other.text + other.length - 89, 89);
    assert_int_equal(check(&f), ERR_SIGNATURE);
    secret_free(seed);
}

static void refuses_tab_and_utf8_in_the_comment(void **state)
{
    struct secret *seed = secret_of(0x33, 32);
    struct file f;
    (void)state;

    make(&f);
    replace(&f, "kind=outer ", "kind=outer\t");
    assert_int_equal(check(&f), ERR_FORMAT);
    make(&f);
    replace(&f, "outer", "out\xc3\xa9r");
    assert_int_equal(check(&f), ERR_FORMAT);
    assert_int_equal(minisign_sign(seed, data, 3, "a\tb", f.text, &f.length), ERR_FORMAT);
    assert_int_equal(minisign_sign(seed, data, 3, "", f.text, &f.length), ERR_FORMAT);
    secret_free(seed);
}

static void refuses_every_flipped_bit_and_every_cut(void **state)
{
    struct file f;
    (void)state;

    make(&f);
    for (size_t i = 0; i < f.length * 8; i++) {
        f.text[i / 8] = (char)(f.text[i / 8] ^ 1 << i % 8);
        assert_int_not_equal(check(&f), 0);
        f.text[i / 8] = (char)(f.text[i / 8] ^ 1 << i % 8);
    }
    for (size_t whole = f.length; f.length-- > 0 && whole;)
        assert_int_equal(check(&f), ERR_FORMAT);
}

static void write_file(const char *name, const char *text, size_t length)
{
    FILE *out = fopen(name, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static void stock_minisign_accepts_it(void **state)
{
    char dir[] = "/tmp/minisign-XXXXXX", key[MINISIGN_PUBLIC_TEXT + 1], line[256];
    struct file f;
    (void)state;

    make(&f);
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    minisign_public_print(&f.public_key, key);
    write_file("data", data, strlen(data));
    write_file("sig", f.text, f.length);
    snprintf(line, sizeof(line), "minisign -VHq -P %s -m data -x sig >/dev/null", key);
    assert_int_equal(system(line), 0);
    write_file("data", "What is signed\n", strlen(data));
    assert_int_not_equal(system(line), 0);
    assert_int_equal(unlink("data"), 0);
    assert_int_equal(unlink("sig"), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(signature_file_has_its_pinned_form),
        cmocka_unit_test(public_key_text_comes_back_and_only_one_form_does),
        cmocka_unit_test(refuses_another_untrusted_comment),
        cmocka_unit_test(refuses_bytes_after_line_four),
        cmocka_unit_test(refuses_the_flipped_algorithm),
        cmocka_unit_test(refuses_carriage_returns),
        cmocka_unit_test(refuses_base64_slack_bits),
        cmocka_unit_test(refuses_another_key_number),
        cmocka_unit_test(refuses_the_global_signature_of_another_file),
        cmocka_unit_test(refuses_tab_and_utf8_in_the_comment),
        cmocka_unit_test(refuses_every_flipped_bit_and_every_cut),
        cmocka_unit_test(stock_minisign_accepts_it),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

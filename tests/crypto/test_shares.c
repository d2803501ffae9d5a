#include "tests/crypto/cases.h"

#include <stdio.h>

#include "crypto/shares.h"

static struct custodians site;
static struct share shares[SHARES_MAX];
static char why[SHARE_WHY];

static void split(unsigned count, unsigned threshold)
{
    struct secret *root = secret_of(0x5a, 32);
    assert_int_equal(shares_split(root, SHARE_UNLOCK, count, threshold, &site, shares), 0);
    secret_free(root);
}

static void assert_root(const struct share *chosen, size_t count)
{
    struct secret *root = NULL;
    uint8_t expected[32];
    memset(expected, 0x5a, sizeof expected);
    assert_int_equal(shares_combine(&site, chosen, count, &root, why), 0);
    assert_memory_equal(secret_open(root), expected, 32);
    secret_close(root);
    secret_free(root);
}

static void refuses(const struct share *chosen, size_t count, int code, const char *words)
{
    struct secret *root = NULL;
    why[0] = '\0';
    assert_int_equal(shares_combine(&site, chosen, count, &root, why), code);
    assert_null(root);
    assert_non_null(strstr(why, words));
}

/* ---- combining ---- */

static void any_threshold_of_them_give_the_key_back(void **state)
{
    (void)state;
    split(6, 3);
    for (unsigned set = 0; set < 1u << 6; set++) {
        struct share chosen[6];
        size_t n = 0;
        for (unsigned i = 0; i < 6; i++)
            if (set >> i & 1)
                chosen[n++] = shares[i];
        if (n >= 3)
            assert_root(chosen, n);
        else
            refuses(chosen, n, ERR_TRUNCATED, "this site needs 3");
    }
}

static void the_order_says_nothing(void **state)
{
    (void)state;
    split(5, 3);
    assert_root((struct share[]){shares[4], shares[0], shares[2]}, 3);
    assert_root((struct share[]){shares[2], shares[4], shares[0]}, 3);
}

static void the_smallest_and_the_largest_number_of_custodians_work(void **state)
{
    (void)state;
    split(2, 2);
    assert_root(shares, 2);
    split(16, 16);
    assert_root(shares, 16);
    split(16, 2);
    assert_root(shares + 14, 2);
}

static void refuses_another_number_of_custodians(void **state)
{
    static const unsigned wrong[][2] = {{1, 1}, {3, 1}, {2, 3}, {17, 2}, {17, 17}, {0, 0}};
    struct secret *root = secret_of(1, 32), *small = secret_of(1, 31);
    struct share s[20];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(shares_split(root, SHARE_UNLOCK, wrong[i][0], wrong[i][1], &site, s),
                         ERR_RANGE);
    assert_int_equal(shares_split(small, SHARE_UNLOCK, 3, 2, &site, s), ERR_KEY);
    secret_free(root);
    secret_free(small);
}

/* Byte ${at} of the key is a value of degree 1: with two points any third is foretold.  With the
 * arithmetic by the book, and not with ours. */
static uint8_t by_the_book(unsigned a, unsigned b)
{
    unsigned r = 0;
    for (; b; b >>= 1, a = a << 1 ^ (a & 0x80 ? 0x11b : 0))
        if (b & 1)
            r ^= a;
    return (uint8_t)r;
}

static void shares_lie_on_a_polynomial_whose_value_at_zero_is_the_key(void **state)
{
    (void)state;
    split(3, 2);
    for (size_t at = 0; at < SHARE_LENGTH; at++) {
        unsigned slope = 0; /* the one that leads from 0x5a to the first share */
        for (unsigned s = 0; s < 256; s++)
            if ((by_the_book(s, 1) ^ 0x5a) == shares[0].data[at])
                slope = s;
        assert_int_equal(by_the_book(slope, 2) ^ 0x5a, shares[1].data[at]);
        assert_int_equal(by_the_book(slope, 3) ^ 0x5a, shares[2].data[at]);
    }
}

static void names_a_share_that_was_given_twice(void **state)
{
    (void)state;
    split(5, 3);
    refuses((struct share[]){shares[2], shares[0], shares[2]}, 3, ERR_DUPLICATE,
            "The third share given (number 3 on it) was given twice: it is the first, too.");
}

static void names_a_share_of_another_site(void **state)
{
    struct share other;
    (void)state;
    split(5, 3);
    other = shares[3];
    split(5, 3);
    refuses((struct share[]){shares[0], other, shares[1]}, 3, ERR_KEY,
            "The second share given (number 4 on it) belongs to another site");
}

static void names_a_share_of_the_other_kind(void **state)
{
    struct share unlocks[3], recovers[3], back;
    struct custodians unlocking, recovering;
    char text[SHARE_TEXT + 1];
    struct secret *root = secret_of(0x5a, 32);
    (void)state;
    assert_int_equal(shares_split(root, SHARE_UNLOCK, 3, 2, &unlocking, unlocks), 0);
    assert_int_equal(shares_split(root, SHARE_RECOVERY, 3, 2, &recovering, recovers), 0);
    for (int i = 0; i < 3; i++) {
        share_print(&recovers[i], text);
        assert_int_equal(share_parse(bytes_text(text), &back, why), 0);
        assert_int_equal(back.kind, SHARE_RECOVERY);
    }
    site = unlocking;
    refuses((struct share[]){unlocks[0], recovers[1]}, 2, ERR_KEY,
            "The second share given (number 2 on it) is a recovery share");
    site = recovering;
    refuses((struct share[]){unlocks[0], recovers[1]}, 2, ERR_KEY,
            "The first share given (number 1 on it) is no recovery share");
    assert_root(recovers, 2);
    site = unlocking; /* the numbers are those of both sets: the place says which of the two 1s */
    refuses((struct share[]){unlocks[0], unlocks[1], recovers[0]}, 3, ERR_KEY,
            "The third share given (number 1 on it) is a recovery share");
    recovers[0].kind = SHARE_UNLOCK; /* nor is one made the other by its mark */
    memcpy(recovers[0].site, unlocking.site, SHARE_SITE);
    site = unlocking;
    refuses((struct share[]){recovers[0], unlocks[1]}, 2, ERR_KEY,
            "The first share given (number 1 on it) is not");
    secret_free(root);
}

static void names_a_share_that_was_changed(void **state)
{
    (void)state;
    split(5, 3);
    for (size_t at = 0; at < SHARE_LENGTH; at++) {
        struct share changed[3] = {shares[0], shares[1], shares[2]};
        changed[1].data[at] ^= 1;
        refuses(changed, 3, ERR_KEY,
                "The second share given (number 2 on it) is not the share 2 that this site made");
    }
    struct share changed[3] = {shares[0], shares[1], shares[2]};
    changed[2].threshold = 2;
    refuses(changed, 3, ERR_KEY, "The third share given (number 3 on it) is not");
    changed[2] = shares[2];
    changed[2].index = 4;
    refuses(changed, 3, ERR_KEY, "The third share given (number 4 on it) is not");
    changed[2].index = 0;
    refuses(changed, 3, ERR_KEY, "The third share given (number 0 on it) is not");
    changed[2].index = 6;
    refuses(changed, 3, ERR_KEY, "The third share given (number 6 on it) is not");
}

static void the_key_itself_is_checked_behind_the_shares(void **state)
{
    (void)state;
    split(3, 2);
    site.check[15] ^= 1;
    refuses(shares, 2, ERR_KEY, "a key that is not this site's");
}

/* ---- what a person types ---- */

static void assert_same(const struct share *a, const struct share *b)
{
    assert_memory_equal(a->site, b->site, SHARE_SITE);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->threshold, b->threshold);
    assert_memory_equal(a->data, b->data, SHARE_LENGTH);
}

static void a_printed_share_is_read_back(void **state)
{
    char text[SHARE_TEXT + 1], loose[2 * SHARE_TEXT];
    struct share back;
    (void)state;
    split(7, 4);
    for (int i = 0; i < 7; i++) {
        share_print(&shares[i], text);
        assert_int_equal(strlen(text), SHARE_TEXT);
        assert_int_equal(share_parse(bytes_text(text), &back, why), 0);
        assert_same(&back, &shares[i]);
        size_t n = 0;
        for (const char *p = text; *p; p++) { /* as a hand writes it */
            loose[n++] = *p == '0' ? 'o' : *p == '1' ? (i & 1 ? 'L' : 'i') : *p;
            if (loose[n - 1] >= 'A' && loose[n - 1] <= 'Z')
                loose[n - 1] = (char)(loose[n - 1] | 0x20);
            if (loose[n - 1] == '-')
                loose[n - 1] = ' ';
        }
        assert_int_equal(share_parse(bytes_view_of(loose, n), &back, why), 0);
        assert_same(&back, &shares[i]);
    }
}

static void the_text_of_a_share_is_pinned(void **state)
{
    struct share s = {
        .kind = SHARE_UNLOCK, .site = {1, 2, 3, 4, 5, 6, 7, 8}, .index = 9, .threshold = 3};
    char text[SHARE_TEXT + 1];
    (void)state;
    for (unsigned i = 0; i < SHARE_LENGTH; i++)
        s.data[i] = (uint8_t)(0xa0 + i);
    share_print(&s, text);
    assert_string_equal(text, "040G-40R4-0M30-E21M\n"
                              "141T-18D2-MEJA-B9Q5\n"
                              "MYMA-KANB-NJPT-XBSE\n"
                              "P2RV-5CXM-PPVB-FE1C\n"
                              "Q6XB-QF5X-QTZP-GMFD\n");
}

static void parse_refuses(const char *text, size_t length, int code, const char *words)
{
    struct share back;
    memset(&back, 0x33, sizeof back);
    struct share before = back;
    why[0] = '\0';
    assert_int_equal(share_parse(bytes_view_of(text, length), &back, why), code);
    assert_non_null(strstr(why, words));
    assert_memory_equal(&back, &before, sizeof back);
}

static void refuses_a_share_that_is_short_or_long(void **state)
{
    char text[SHARE_TEXT + 3];
    (void)state;
    split(3, 2);
    share_print(&shares[0], text);
    for (size_t n = 0; n < SHARE_TEXT - 1; n++)
        parse_refuses(text, n, ERR_TRUNCATED, "ends in row");
    strcat(text, "A");
    parse_refuses(text, SHARE_TEXT + 1, ERR_TRAILING, "longer than");
    text[30] = 'U';
    parse_refuses(text, SHARE_TEXT, ERR_FORMAT, "Row 2 of the share has a character");
    text[30] = '\0';
    parse_refuses(text, SHARE_TEXT, ERR_FORMAT, "Row 2 of the share has a character");
}

/* Every single wrong character is noticed, and nearly always with its row. */
static void names_the_row_of_a_wrong_character(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[SHARE_TEXT + 1], row[40];
    unsigned tried = 0, named = 0;
    struct share back;
    (void)state;
    split(3, 2);
    share_print(&shares[0], text);
    for (size_t at = 0; at < SHARE_TEXT; at++) {
        char was = text[at];
        if (was == '-' || was == '\n')
            continue;
        for (const char *c = alphabet; *c; c++) {
            if (*c == was)
                continue;
            text[at] = *c;
            assert_int_not_equal(share_parse(bytes_text(text), &back, why), 0);
            snprintf(row, sizeof row, "Row %zu of the share is mistyped.", at / 20 + 1);
            named += strcmp(why, row) == 0;
            tried++;
        }
        text[at] = was;
    }
    assert_int_equal(tried, 80 * 31);
    assert_true(named >= tried * 98 / 100);
}

static void refuses_rows_in_another_order_and_of_two_shares(void **state)
{
    char one[SHARE_TEXT + 1], two[SHARE_TEXT + 1], mixed[SHARE_TEXT + 1];
    (void)state;
    split(3, 2);
    share_print(&shares[0], one);
    share_print(&shares[1], two);
    memcpy(mixed, one, sizeof mixed);
    memcpy(mixed + 20, one + 40, 20);
    memcpy(mixed + 40, one + 20, 20);
    parse_refuses(mixed, SHARE_TEXT, ERR_FORMAT, "mistyped");
    memcpy(mixed, one, sizeof mixed);
    memcpy(mixed + 60, two + 60, 20); /* each row is good by itself */
    parse_refuses(mixed, SHARE_TEXT, ERR_FORMAT, "its rows do not belong together");
}

/* ---- the file of custodians ---- */

static void the_custodians_file_is_read_back(void **state)
{
    char text[CUSTODIANS_MAX];
    struct custodians back;
    size_t length;
    (void)state;
    for (unsigned count = 2; count <= SHARES_MAX; count++) {
        split(count, 2);
        assert_int_equal(custodians_print(&site, text, &length), 0);
        assert_int_equal(custodians_parse(bytes_view_of(text, length), &back), 0);
        assert_memory_equal(&back, &site, sizeof back);
    }
}

static void refuses_another_custodians_file(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"custodians 1", "custodians 2"},
        {"site ", "site"},
        {"threshold 2", "threshold 02"},
        {"threshold 2", "threshold 1"},
        {"threshold 2", "threshold 4"},
        {"threshold 2", "threshold 2x"},
        {"threshold 2", "threshold 258"},
        {"threshold 2", "threshold "},
        {"check ", "share "},
        {"share ", "share  "},
        {"share ", "Share "},
        {"\nshare", "\n\nshare"},
    };
    char text[CUSTODIANS_MAX], changed[CUSTODIANS_MAX + 16];
    struct custodians back;
    size_t length;
    (void)state;
    split(3, 2);
    assert_int_equal(custodians_print(&site, text, &length), 0);
    text[length] = '\0';
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(text, changes[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, changes[i].to,
                 at + strlen(changes[i].from));
        assert_int_not_equal(custodians_parse(bytes_text(changed), &back), 0);
    }
    for (size_t n = 0; n < length; n++)
        if (text[n - (n > 0)] != '\n' || n < 160) /* whole shares fewer: see below */
            assert_int_not_equal(custodians_parse(bytes_view_of(text, n), &back), 0);
    memcpy(changed, text, length);
    changed[length] = 'x';
    assert_int_not_equal(custodians_parse(bytes_view_of(changed, length + 1), &back), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(any_threshold_of_them_give_the_key_back),
        cmocka_unit_test(the_order_says_nothing),
        cmocka_unit_test(the_smallest_and_the_largest_number_of_custodians_work),
        cmocka_unit_test(refuses_another_number_of_custodians),
        cmocka_unit_test(shares_lie_on_a_polynomial_whose_value_at_zero_is_the_key),
        cmocka_unit_test(names_a_share_that_was_given_twice),
        cmocka_unit_test(names_a_share_of_another_site),
        cmocka_unit_test(names_a_share_of_the_other_kind),
        cmocka_unit_test(names_a_share_that_was_changed),
        cmocka_unit_test(the_key_itself_is_checked_behind_the_shares),
        cmocka_unit_test(a_printed_share_is_read_back),
        cmocka_unit_test(the_text_of_a_share_is_pinned),
        cmocka_unit_test(refuses_a_share_that_is_short_or_long),
        cmocka_unit_test(names_the_row_of_a_wrong_character),
        cmocka_unit_test(refuses_rows_in_another_order_and_of_two_shares),
        cmocka_unit_test(the_custodians_file_is_read_back),
        cmocka_unit_test(refuses_another_custodians_file),
    };
    return cmocka_run_group_tests_name("crypto/shares", cases, NULL, NULL);
}

#include "tests/transfer/fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct fixture_bundle made;
static struct root root;

static int check(enum manifest_direction direction, struct refusal *why)
{
    struct bundle got;

    return bundle_check(bytes_view_of(made.tar, made.tar_length),
                        bytes_view_of(made.minisig, made.minisig_length), &root, direction, &got,
                        why);
}

static int set_up(void **state)
{
    (void)state;
    fixture_root(&root);
    return 0;
}

static void whole_bundles_are_accepted_in_their_direction_only(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    assert_int_equal(check(MANIFEST_H2L, &why), 0);
    assert_int_equal(check(MANIFEST_L2H, &why), ERR_REFUSED);
    fixture_make(&made, MANIFEST_L2H, 1);
    assert_int_equal(check(MANIFEST_L2H, &why), 0);
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    fixture_sign_outer(&made, SEED_OUTER);
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    assert_string_equal(why.text, "The bundle goes in the other direction.");
}

static void opened_bundle_gives_its_parts(void **state)
{
    struct bundle got;
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    assert_int_equal(bundle_open_unverified(bytes_view_of(made.tar, made.tar_length), &got, &why),
                     0);
    assert_true(bytes_equal_text(got.records, fixture_records));
    assert_int_equal(got.manifest.seq, 3);
    assert_int_equal(got.manifest.orders, 3);
    assert_int_equal(got.manifest.member_count, 3);
    assert_string_equal(got.manifest.members[0].name, "b2sums");
}

/* The whole file is pinned: gcc and clang, -O0 and -O3 must give the same. */
static void bytes_are_determined_by_the_data(void **state)
{
    static struct fixture_bundle other;
    uint8_t digest[HASH_CONTENT_LENGTH];
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    fixture_make(&other, MANIFEST_H2L, 3);
    assert_int_equal(made.tar_length, other.tar_length);
    assert_memory_equal(made.tar, other.tar, made.tar_length);
    assert_int_equal(made.minisig_length, other.minisig_length);
    assert_memory_equal(made.minisig, other.minisig, made.minisig_length);
    hash_short(made.tar, made.tar_length, digest);
    assert_hex(digest, sizeof(digest),
               "17052932a56c211a0bd266fda00764156fdd9699f1a612be1483075f1d9af8aa");
}

static void assert_shown(const char *page, struct bytes_view text)
{
    char line[MANIFEST_MAX + 1];

    /* the page indents: compare line by line */
    for (struct bytes b = bytes_over(text.data, text.length); bytes_left(&b);) {
        struct bytes_view got = bytes_line(&b);
        snprintf(line, sizeof(line), "\n    %.*s\n", (int)got.length, (const char *)got.data);
        if (b.error || !strstr(page, line))
            fail_msg("docs/FORMAT.md does not show %s", line);
    }
}

/* Who writes a second guard has nothing but the page. */
static void the_page_shows_these_bytes(void **state)
{
    static char page[65536];
    FILE *in = fopen("docs/FORMAT.md", "r");
    struct bundle got;
    struct refusal why;
    char text[ROOT_MAX];
    size_t length;
    (void)state;

    assert_non_null(in);
    page[fread(page, 1, sizeof(page) - 1, in)] = '\0';
    fclose(in);
    fixture_root_text(text, &length);
    assert_shown(page, bytes_view_of(text, length));
    fixture_make(&made, MANIFEST_H2L, 3);
    assert_int_equal(bundle_open_unverified(bytes_view_of(made.tar, made.tar_length), &got, &why),
                     0);
    assert_shown(page, got.manifest_text);
    assert_shown(page, got.release[0]);
    assert_shown(page, got.release[1]);
    assert_shown(page, got.b2sums);
    assert_shown(page, got.policy);
    assert_shown(page, got.records);
    assert_shown(page, bytes_view_of(made.minisig, made.minisig_length));
}

static void outer_signature_covers_every_byte(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    for (size_t i = 0; i < made.tar_length; i++) {
        made.tar[i] ^= 1;
        assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
        made.tar[i] ^= 1;
    }
    for (size_t i = 0; i < made.minisig_length; i++) {
        made.minisig[i] = (char)(made.minisig[i] ^ 1);
        assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
        made.minisig[i] = (char)(made.minisig[i] ^ 1);
    }
    made.tar_length--;
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
}

/* Whoever has the outer key alone can change nothing: what stands inside is covered again. */
static void inner_signatures_cover_every_byte_too(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    for (size_t i = 0; i < made.tar_length; i += 1) {
        made.tar[i] ^= 0x10;
        fixture_sign_outer(&made, SEED_OUTER);
        if (check(MANIFEST_H2L, &why) != ERR_REFUSED)
            fail_msg("accepted with byte %zu changed", i);
        made.tar[i] ^= 0x10;
    }
}

/* Build ${made} again with other signatures on the manifest. */
static void reassemble(enum fixture_seed a, char letter_a, enum fixture_seed b, char letter_b)
{
    char texts[2][MINISIGN_FILE_MAX], comment[MANIFEST_COMMENT_MAX];
    enum fixture_seed seeds[2] = {a, b};
    char letters[2] = {letter_a, letter_b};
    struct bytes_view views[2];
    size_t length;

    for (int i = 0; i < 2; i++) {
        struct secret *s = secret_of((uint8_t)seeds[i], 32);
        manifest_release_comment(&made.manifest, letters[i], comment);
        assert_int_equal(minisign_sign(s, made.parts.manifest, made.parts.manifest_length, comment,
                                       texts[i], &length),
                         0);
        views[i] = bytes_view_of(texts[i], length);
        secret_free(s);
    }
    assert_int_equal(bundle_assemble(&made.parts, MANIFEST_H2L, views, made.tar, &made.tar_length),
                     0);
    fixture_sign_outer(&made, SEED_OUTER);
}

static void both_guards_must_have_signed_in_their_own_role(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    reassemble(SEED_GUARD_A, 'a', SEED_GUARD_B, 'b');
    assert_int_equal(check(MANIFEST_H2L, &why), 0);
    reassemble(SEED_GUARD_A, 'a', SEED_GUARD_A, 'b');
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    assert_string_equal(why.text,
                        "The signature of guard-b on manifest.json: the key does not fit.");
    reassemble(SEED_GUARD_B, 'b', SEED_GUARD_A, 'a');
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    reassemble(SEED_GUARD_A, 'b', SEED_GUARD_B, 'a');
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    assert_string_equal(
        why.text, "The signature of guard-a on manifest.json is for another place in the channel.");
    reassemble(SEED_ORDERS, 'a', SEED_ORDERS, 'b');
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
}

static void a_signature_by_another_role_is_refused(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    fixture_sign_outer(&made, SEED_GUARD_A);
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    assert_string_equal(why.text, "The outer signature (role outer): the key does not fit.");
    made.manifest.seq = 4;
    fixture_sign_outer(&made, SEED_OUTER);
    assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
    assert_string_equal(why.text, "The outer signature is for another bundle or size.");
}

/* Take the members apart and put them together in the order of ${order}; 0 ends it. */
static void reorder(const char *order)
{
    static uint8_t copy[BUNDLE_MAX];
    struct bytes_put put = bytes_into(made.tar, sizeof(made.tar));
    struct ustar_member members[8];
    size_t n = 0;
    struct bytes b;

    memcpy(copy, made.tar, made.tar_length);
    b = bytes_over(copy, made.tar_length);
    while (n < 8 && ustar_next(&b, &members[n]) == 0)
        n++;
    for (; *order; order++)
        ustar_put(&put, members[*order - '1'].name, members[*order - '1'].content);
    ustar_put_end(&put);
    assert_int_equal(bytes_put_done(&put, &made.tar_length), 0);
    fixture_sign_outer(&made, SEED_OUTER);
}

static void members_stand_in_their_order_each_once(void **state)
{
    static const char *const orders[] = {"123465", "213456", "132456",  "12345",   "23456",  "1",
                                         "",       "654321", "1234566", "1123456", "1234562"};
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    reorder("123456");
    assert_int_equal(check(MANIFEST_H2L, &why), 0);
    for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
        fixture_make(&made, MANIFEST_H2L, 3);
        reorder(orders[i]);
        assert_int_equal(check(MANIFEST_H2L, &why), ERR_REFUSED);
        assert_true(strlen(why.text) > 10);
    }
}

static void another_site_and_another_root_are_refused(void **state)
{
    struct root other = root;
    struct bundle got;
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 3);
    other.digest[0] ^= 1;
    assert_int_equal(bundle_check(bytes_view_of(made.tar, made.tar_length),
                                  bytes_view_of(made.minisig, made.minisig_length), &other,
                                  MANIFEST_H2L, &got, &why),
                     ERR_REFUSED);
    assert_string_equal(why.text, "manifest.json was made under another root.json.");
    other = root;
    strcpy(other.site, "training-2");
    assert_int_equal(bundle_check(bytes_view_of(made.tar, made.tar_length),
                                  bytes_view_of(made.minisig, made.minisig_length), &other,
                                  MANIFEST_H2L, &got, &why),
                     ERR_REFUSED);
    assert_string_equal(why.text, "manifest.json is for another site.");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(whole_bundles_are_accepted_in_their_direction_only),
        cmocka_unit_test(opened_bundle_gives_its_parts),
        cmocka_unit_test(bytes_are_determined_by_the_data),
        cmocka_unit_test(the_page_shows_these_bytes),
        cmocka_unit_test(outer_signature_covers_every_byte),
        cmocka_unit_test(inner_signatures_cover_every_byte_too),
        cmocka_unit_test(both_guards_must_have_signed_in_their_own_role),
        cmocka_unit_test(a_signature_by_another_role_is_refused),
        cmocka_unit_test(members_stand_in_their_order_each_once),
        cmocka_unit_test(another_site_and_another_root_are_refused),
    };
    return cmocka_run_group_tests(cases, set_up, NULL);
}

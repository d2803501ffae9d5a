#include "tests/transfer/fixture.h"

#include "transfer/intake_judge.h"

static struct fixture_bundle made;
static struct intake got;
static struct root root;

static int judge(const char *enclave, struct refusal *why)
{
    return intake_judge(bytes_view_of(made.tar, made.tar_length),
                        bytes_view_of(made.minisig, made.minisig_length), &root, enclave, &got,
                        why);
}

static int set_up(void **state)
{
    (void)state;
    fixture_root(&root);
    return 0;
}

static void orders_come_out_of_a_right_bundle(void **state)
{
    struct refusal why;
    uint8_t digest[32];
    (void)state;

    fixture_make(&made, MANIFEST_L2H, 2);
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), 0);
    assert_int_equal(got.count, 2);
    assert_string_equal(got.orders[1].number, "WO-26-0144");
    assert_int_equal(got.manifest.seq, 2);
    manifest_digest(bytes_view_of(made.parts.manifest, made.parts.manifest_length), digest);
    assert_memory_equal(got.digest, digest, 32);
}

static void another_program_is_refused(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_L2H, 2);
    assert_int_equal(judge("e0000000", &why), ERR_REFUSED);
    assert_string_equal(why.text, "The bundle is for another program.");
}

/* Sign ${records} as the enterprise would. */
static void make_with(const char *records)
{
    struct secret *s = secret_of(SEED_ORDERS, 32);
    char text[MINISIGN_FILE_MAX], comment[MANIFEST_COMMENT_MAX];
    struct bytes_view release[2];
    size_t length;

    assert_int_equal(bundle_make_parts(&made.manifest, bytes_text(records), &made.parts), 0);
    manifest_release_comment(&made.manifest, 0, comment);
    assert_int_equal(
        minisign_sign(s, made.parts.manifest, made.parts.manifest_length, comment, text, &length),
        0);
    release[0] = release[1] = bytes_view_of(text, length);
    assert_int_equal(
        bundle_assemble(&made.parts, MANIFEST_L2H, release, made.tar, &made.tar_length), 0);
    fixture_sign_outer(&made, SEED_ORDERS_OUTER);
    secret_free(s);
}

static void well_signed_wrong_orders_are_refused(void **state)
{
    char records[1024];
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_L2H, 2);
    strcpy(records, fixture_orders);
    make_with(records);
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), 0);
    memcpy(strstr(records, "\"C\""), "\"c\"", 3);
    make_with(records);
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
    assert_string_equal(why.text,
                        "rec-order-001.ndjson line 1, at or after \"rev\": a value is out "
                        "of range.");
    strcpy(records, fixture_orders);
    *(strchr(records, '\n') + 1) = '\0';
    make_with(records);
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
    assert_string_equal(why.text, "manifest.json, \"n\": it does not count the records.");
    make_with("");
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
}

static void refuses_every_changed_byte_and_leaves_the_result_alone(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_L2H, 2);
    memset(&got, 0x5a, sizeof(got));
    for (size_t i = 0; i < made.tar_length; i++) {
        made.tar[i] ^= 0x20;
        assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
        made.tar[i] ^= 0x20;
    }
    for (size_t i = 0; i < made.tar_length; i += 7) {
        made.tar[i] ^= 0x20;
        fixture_sign_outer(&made, SEED_ORDERS_OUTER);
        assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
        made.tar[i] ^= 0x20;
    }
    for (size_t i = 0; i < sizeof(got); i++)
        assert_int_equal(((uint8_t *)&got)[i], 0x5a);
}

static void an_outbound_bundle_does_not_come_in(void **state)
{
    struct refusal why;
    (void)state;

    fixture_make(&made, MANIFEST_H2L, 2);
    assert_int_equal(judge(FIXTURE_ENCLAVE, &why), ERR_REFUSED);
    assert_string_equal(why.text, "The outer signature (role orders-outer): the key does not fit.");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(orders_come_out_of_a_right_bundle),
        cmocka_unit_test(another_program_is_refused),
        cmocka_unit_test(well_signed_wrong_orders_are_refused),
        cmocka_unit_test(refuses_every_changed_byte_and_leaves_the_result_alone),
        cmocka_unit_test(an_outbound_bundle_does_not_come_in),
    };
    return cmocka_run_group_tests(cases, set_up, NULL);
}

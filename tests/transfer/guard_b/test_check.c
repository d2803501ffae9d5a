#include "tests/transfer/guard_b/world.h"

#include <stdio.h>

#include <sodium.h>

#define MANIFEST       (&w->piece[B_PIECE_MANIFEST])
#define RECORDS        (&w->piece[B_PIECE_RECORDS])
#define EDIT(from, to) text_edit(MANIFEST, from, to)
/* The records change and everything else follows them. */
#define RECORDS_EDIT(from, to) (text_edit(RECORDS, from, to), world_compose(w))

ACCEPTS(accepts_a_release_that_two_approved, , )
ACCEPTS(accepts_members_in_the_first_run, w->asked.stage = B_STAGE_BUILD, )
ACCEPTS(accepts_the_first_bundle_of_a_channel_without_a_chain_file,
        (w->sequence = 1, w->past.length = 0, world_compose(w)), )
ACCEPTS(accepts_a_summary_without_an_order,
        (text_set(RECORDS, "{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n"), w->orders = 0,
         world_compose(w)), )
ACCEPTS(accepts_week_53_of_a_year_that_begins_on_a_thursday,
        (w->slot = "2026-W53", world_compose(w)), )
ACCEPTS(accepts_week_53_of_a_leap_year_that_ends_on_a_thursday,
        (w->slot = "2020-W53", world_compose(w)), )
ACCEPTS(accepts_number_40_with_sixteen_before_it,
        (w->sequence = 40, world_remember(w, 39), world_compose(w)), )

/* ---- what was given ---- */
REFUSES(refuses_a_stage_that_does_not_exist, ERR_STATE, "neither", w->asked.stage = 3, )
REFUSES(refuses_stage_zero, ERR_STATE, "neither", w->asked.stage = 0, )
REFUSES(refuses_an_empty_piece, ERR_FORMAT, "rec-summary", , RECORDS->length = 0)
REFUSES(refuses_another_root, ERR_DIGEST, "another root.json", ,
        text_edit(&w->root, "training\"", "production\""))

/* ---- the manifest's form ---- */
REFUSES(refuses_manifest_with_trailing_byte, ERR_FORMAT, "near byte", text_append(MANIFEST, "x"), )
REFUSES(refuses_manifest_without_its_last_lf, ERR_FORMAT, "near byte", MANIFEST->length--, )
REFUSES(refuses_manifest_with_white_space, ERR_FORMAT, "near byte", EDIT(",\"seq\"", ", \"seq\""), )
REFUSES(refuses_manifest_with_a_key_more, ERR_FORMAT, "near byte",
        EDIT(",\"v\":", ",\"u\":1,\"v\":"), )
REFUSES(refuses_manifest_with_a_key_less, ERR_FORMAT, "near byte", EDIT(",\"prof\":\"open\"", ""), )
REFUSES(refuses_manifest_with_a_key_twice, ERR_FORMAT, "near byte",
        EDIT(",\"seq\":3", ",\"seq\":3,\"seq\":3"), )
REFUSES(refuses_manifest_with_keys_in_another_order, ERR_FORMAT, "near byte",
        EDIT("\"seq\":3,\"site\":\"training-1\"", "\"site\":\"training-1\",\"seq\":3"), )
REFUSES(refuses_manifest_with_an_escape, ERR_FORMAT, "near byte",
        EDIT("training-1", "tr\\u0061ining-1"), )
REFUSES(refuses_manifest_longer_than_4096, ERR_SIZE, "4096",
        while (MANIFEST->length <= 4096) text_append(MANIFEST, " "), )
REFUSES(refuses_one_approval_for_two, ERR_FORMAT, "near byte", EDIT("\"got\":2", "\"got\":1"), )
REFUSES(refuses_the_other_direction, ERR_FORMAT, "near byte", EDIT("\"h2l\"", "\"l2h\""), )
REFUSES(refuses_the_other_channel, ERR_FORMAT, "near byte", EDIT("perf-", "orders-"), )
REFUSES(refuses_another_profile, ERR_FORMAT, "near byte", EDIT("\"open\"", "\"sealed\""), )
REFUSES(refuses_another_version, ERR_FORMAT, "near byte", EDIT("mes-xfer/1\"}", "mes-xfer/2\"}"), )
REFUSES(refuses_an_unknown_schema_digest, ERR_FORMAT, "near byte", EDIT("7f3f8e91", "7f3f8e92"), )
REFUSES(refuses_the_orders_schema, ERR_FORMAT, "near byte", EDIT("weekly-summary", "orders"), )
REFUSES(refuses_another_schema_version, ERR_FORMAT, "near byte",
        EDIT("\"weekly-summary\",\"version\":1", "\"weekly-summary\",\"version\":2"), )
REFUSES(refuses_another_root_version, ERR_FORMAT, "near byte",
        EDIT("\"version\":1},\"schema\"", "\"version\":2},\"schema\""), )
REFUSES(refuses_epoch_0, ERR_FORMAT, "near byte", EDIT("\"epoch\":1", "\"epoch\":0"), )
REFUSES(refuses_epoch_10000, ERR_FORMAT, "near byte", EDIT("\"epoch\":1", "\"epoch\":10000"), )
REFUSES(refuses_a_number_with_a_leading_zero, ERR_FORMAT, "near byte",
        EDIT("\"seq\":3", "\"seq\":03"), )
REFUSES(refuses_a_number_with_a_sign, ERR_FORMAT, "near byte", EDIT("\"seq\":3", "\"seq\":+3"), )
REFUSES(refuses_a_number_with_a_fraction, ERR_FORMAT, "near byte",
        EDIT("\"seq\":3", "\"seq\":3.0"), )
REFUSES(refuses_number_0, ERR_FORMAT, "near byte", EDIT("\"seq\":3", "\"seq\":0"), )
REFUSES(refuses_a_number_beyond_ten_digits, ERR_FORMAT, "near byte",
        EDIT("\"seq\":3", "\"seq\":10000000003"), )
REFUSES(refuses_a_number_that_overflows, ERR_FORMAT, "near byte",
        EDIT("\"seq\":3", "\"seq\":18446744073709551619"), )
REFUSES(refuses_upper_case_hex, ERR_FORMAT, "near byte",
        EDIT("7f3f8e9168778f1d", "7F3f8e9168778f1d"), )
REFUSES(refuses_members_in_another_order, ERR_FORMAT, "near byte",
        (EDIT("\"b2sums\"", "\"x\""), EDIT("\"policy.json\"", "\"b2sums\"")), )
REFUSES(refuses_two_yields, ERR_FORMAT, "near byte", EDIT("\"yield\":1", "\"yield\":2"), )
REFUSES(refuses_another_policy_id, ERR_FORMAT, "near byte", EDIT("\"release\"}", "\"releases\"}"), )
REFUSES(refuses_a_site_that_begins_with_a_hyphen, ERR_FORMAT, "near byte",
        EDIT("\"training-1\"", "\"-training\""), )

/* ---- what the manifest says ---- */
REFUSES(refuses_a_manifest_of_another_enclave, ERR_REFUSED, "manifest.json is of another enclave",
        (w->enclave = "e0000000", world_compose(w)), )
REFUSES(refuses_an_enclave_that_is_none, ERR_FORMAT, "near byte",
        (EDIT("perf-e7k2m9qa", "perf-E7k2m9qa")), )
REFUSES(refuses_another_number_than_asked, ERR_STATE, "another number", , w->sequence = 4)
REFUSES(refuses_another_epoch_than_asked, ERR_STATE, "another number", , w->epoch = 2)
REFUSES(refuses_another_slot_than_asked, ERR_STATE, "another slot", , w->slot = "2026-W46")
REFUSES(refuses_a_slot_asked_for_with_a_byte_more, ERR_STATE, "another slot", ,
        w->slot = "2026-W47 ")
REFUSES(refuses_another_site, ERR_REFUSED, "another site",
        (w->site = "training-2", world_compose(w)), )
REFUSES(refuses_week_0, ERR_RANGE, "week", (w->slot = "2026-W00", world_compose(w)), )
REFUSES(refuses_week_54, ERR_RANGE, "week", (w->slot = "2026-W54", world_compose(w)), )
REFUSES(refuses_week_53_of_a_year_without_it, ERR_RANGE, "week",
        (w->slot = "2027-W53", world_compose(w)), )
REFUSES(refuses_year_2100, ERR_RANGE, "week", (w->slot = "2100-W01", world_compose(w)), )
REFUSES(refuses_year_1999, ERR_RANGE, "week", (w->slot = "1999-W01", world_compose(w)), )
REFUSES(refuses_a_small_w, ERR_RANGE, "week", (w->slot = "2026-w47", world_compose(w)), )
REFUSES(refuses_a_wrong_count_of_orders, ERR_RANGE, "count", (w->orders = 4, world_compose(w)), )
REFUSES(refuses_another_policy, ERR_DIGEST, "another policy", , w->asked.policy_digest[31] ^= 1)
REFUSES(refuses_a_policy_json_that_differs_from_the_manifest, ERR_DIGEST, "policy.json is not",
        (text_edit(&w->piece[B_PIECE_POLICY], "7070", "7071"), world_compose(w)), )
REFUSES(refuses_a_policy_json_with_a_byte_more, ERR_DIGEST, "policy.json is not",
        (text_append(&w->piece[B_PIECE_POLICY], "\n"), world_compose(w)), )
REFUSES(refuses_a_wrong_size_of_b2sums, ERR_SIZE, "size of b2sums",
        EDIT("\"b2sums\",295", "\"b2sums\",296"), )
REFUSES(refuses_a_wrong_size_of_policy, ERR_SIZE, "size of policy.json",
        EDIT("\"policy.json\",93", "\"policy.json\",94"), )
REFUSES(refuses_a_wrong_size_of_the_records, ERR_SIZE, "size of rec-summary",
        EDIT("ndjson\",221", "ndjson\",222"), )
REFUSES(refuses_a_wrong_digest_of_b2sums, ERR_DIGEST, "digest of b2sums",
        EDIT("254053793e", "254053793f"), )
REFUSES(refuses_a_wrong_digest_of_policy, ERR_DIGEST, "digest of policy.json",
        EDIT("174311f194", "174311f195"), )
REFUSES(refuses_a_wrong_digest_of_the_records, ERR_DIGEST, "digest of rec-summary",
        EDIT("fa80942f31", "fa80942f32"), )
REFUSES(refuses_b2sums_with_a_wrong_digest, ERR_DIGEST, "b2sums: the digest of rec-summary", ,
        text_edit(&w->piece[B_PIECE_B2SUMS], "fa80942f31", "fa80942f32"))
REFUSES(refuses_b2sums_with_one_space, ERR_FORMAT, "b2sums is not", ,
        text_edit(&w->piece[B_PIECE_B2SUMS], "  policy", " policy"))
REFUSES(refuses_b2sums_with_a_line_more, ERR_FORMAT, "b2sums is not", ,
        text_append(&w->piece[B_PIECE_B2SUMS], "x\n"))

#define HEX_03 "0303030303030303030303030303030303030303030303030303030303030303"

/* ---- prev, recent, the chain ---- */
REFUSES(refuses_prev_that_is_not_the_last_of_recent, ERR_STATE, "prev and recent",
        EDIT("\"prev\":\"02", "\"prev\":\"03"), )
REFUSES(refuses_prev_of_the_first_that_is_not_zeros, ERR_STATE, "prev and recent",
        (w->sequence = 1, w->past.length = 0, world_compose(w),
         EDIT("\"prev\":\"00", "\"prev\":\"01")), )
REFUSES(refuses_recent_with_a_gap, ERR_STATE, "prev and recent", EDIT("[[1,", "[[2,"), )
REFUSES(refuses_recent_that_is_too_short, ERR_STATE, "prev and recent",
        EDIT("[1,\"0101010101010101010101010101010101010101010101010101010101010101\"],", ""), )
REFUSES(refuses_recent_that_is_too_long, ERR_STATE, "prev and recent",
        EDIT("\"]],\"root\"", "\"],[3,\"" HEX_03 "\"]],\"root\""), )
REFUSES(refuses_seventeen_in_recent, ERR_FORMAT, "near byte",
        (w->sequence = 40, world_remember(w, 39), world_compose(w),
         EDIT("\"recent\":[", "\"recent\":[[23,\"" HEX_03 "\"],")), )
REFUSES(refuses_recent_with_a_comma_at_its_end, ERR_FORMAT, "near byte",
        EDIT("\"]],\"root\"", "\"],],\"root\""), )
REFUSES(refuses_another_epoch_than_remembered, ERR_STATE, "another epoch",
        (w->epoch = 2, world_remember(w, 2), w->epoch = 1), )
REFUSES(refuses_a_fork, ERR_STATE, "fork", (w->history[1] = 0x99, world_remember(w, 2)), )
REFUSES(refuses_a_gap, ERR_STATE, "gap", world_remember(w, 1), )
REFUSES(refuses_equivocation, ERR_STATE, "equivocation", world_remember(w, 3), )
REFUSES(refuses_an_old_number, ERR_STALE, "old", world_remember(w, 30), )
REFUSES(refuses_number_3_without_a_chain_file, ERR_STATE, "gap", w->past.length = 0, )
REFUSES(refuses_a_chain_file_of_another_enclave, ERR_STATE, "another channel", ,
        text_edit(&w->past, "e7k2m9qa", "e7k2m9qb"))
REFUSES(refuses_a_chain_file_cut_short, ERR_FORMAT, "chain file", , w->past.length -= 76)
REFUSES(refuses_a_chain_file_with_a_line_more, ERR_FORMAT, "chain file", ,
        text_append(&w->past, "\n"))
REFUSES(refuses_a_chain_file_of_the_other_direction, ERR_FORMAT, "chain file", ,
        text_edit(&w->past, "dir=h2l", "dir=l2h"))
REFUSES(refuses_a_chain_file_of_epoch_0, ERR_FORMAT, "chain file", ,
        text_edit(&w->past, "epoch=0001", "epoch=0000"))
REFUSES(refuses_a_chain_file_whose_numbers_jump, ERR_FORMAT, "chain file", ,
        text_edit(&w->past, "0000000001 ", "0000000000 "))

/* ---- guard-a's signature ---- */
#define SIGNATURE (&w->piece[B_PIECE_SIGNATURE_A])
REFUSES(refuses_guard_a_over_another_manifest, ERR_SIGNATURE, "a.minisig does not verify", ,
        (w->slot = "2026-W48", world_compose(w), world_sign_a(w), w->slot = "2026-W47",
         world_compose(w)))
REFUSES(refuses_guard_a_with_the_comment_of_guard_b, ERR_FORMAT, "a.minisig is not", ,
        text_edit(SIGNATURE, "guard=a", "guard=b"))
REFUSES(refuses_guard_a_of_another_number, ERR_FORMAT, "a.minisig is not", ,
        (w->sequence = 4, world_sign_a(w), w->sequence = 3))
REFUSES(refuses_guard_a_with_another_untrusted_comment, ERR_FORMAT, "a.minisig is not", ,
        text_edit(SIGNATURE, "untrusted comment: mes", "untrusted comment: mez"))
REFUSES(refuses_the_algorithm_without_prehash, ERR_FORMAT, "a.minisig is not", ,
        text_edit(SIGNATURE, "RUTe", "RWTe"))
REFUSES(refuses_guard_a_with_crlf, ERR_FORMAT, "a.minisig is not", ,
        text_edit(SIGNATURE, "mes-xfer/1\n", "mes-xfer/1\r\n"))
REFUSES(refuses_guard_a_with_a_fifth_line, ERR_FORMAT, "a.minisig is not", ,
        text_append(SIGNATURE, "x\n"))
REFUSES(refuses_guard_a_by_another_key_id, ERR_KEY, "another key", ,
        text_edit(SIGNATURE, "RUTe0", "RUTe1"))
REFUSES(refuses_base64_with_unused_bits, ERR_FORMAT, "a.minisig is not", ,
        text_edit(SIGNATURE, "==\n", "=A\n"))

static void refuses_a_piece_that_is_not_given(void **state)
{
    struct world *w = *state;
    struct b_found found;
    struct b_refusal why;
    world_seal(w);
    assert_int_equal(world_judge(w, &why), 0);
    for (unsigned i = 0; i < B_PIECES; i++) {
        struct b_view kept = w->asked.piece[i];
        w->asked.piece[i].data = NULL;
        assert_int_equal(b_check(&w->asked, &found, &why), ERR_STATE);
        assert_non_null(strstr(why.sentence, b_check_piece[i]));
        w->asked.piece[i] = kept;
    }
    w->asked.stage = B_STAGE_BUILD;
    assert_int_equal(b_check(&w->asked, &found, &why), ERR_STATE);
    assert_non_null(strstr(why.sentence, "no place"));
}

static void refuses_a_chain_file_that_is_given_and_empty(void **state)
{
    struct world *w = *state;
    struct b_past past;
    struct b_refusal why;
    assert_int_equal(b_past_read(b_view_of(w->past.data, 0), w->enclave, &past, &why), ERR_FORMAT);
}

static void knows_the_digest_of_the_schema_in_this_tree(void **state)
{
    static uint8_t file[65536];
    uint8_t digest[32];
    char hex[65];
    struct world *w = *state;
    FILE *f = fopen("transfer/release/weekly-summary.json", "r");
    assert_non_null(f);
    size_t length = fread(file, 1, sizeof file, f);
    fclose(f);
    crypto_generichash(digest, 32, file, length, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, 32);
    world_compose(w);
    assert_non_null(memmem(MANIFEST->data, MANIFEST->length, hex, 64));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(accepts_a_release_that_two_approved),
        CASE(accepts_members_in_the_first_run),
        CASE(accepts_the_first_bundle_of_a_channel_without_a_chain_file),
        CASE(accepts_a_summary_without_an_order),
        CASE(accepts_week_53_of_a_year_that_begins_on_a_thursday),
        CASE(accepts_week_53_of_a_leap_year_that_ends_on_a_thursday),
        CASE(accepts_number_40_with_sixteen_before_it),
        CASE(refuses_a_stage_that_does_not_exist),
        CASE(refuses_stage_zero),
        CASE(refuses_an_empty_piece),
        CASE(refuses_another_root),
        CASE(refuses_manifest_with_trailing_byte),
        CASE(refuses_manifest_without_its_last_lf),
        CASE(refuses_manifest_with_white_space),
        CASE(refuses_manifest_with_a_key_more),
        CASE(refuses_manifest_with_a_key_less),
        CASE(refuses_manifest_with_a_key_twice),
        CASE(refuses_manifest_with_keys_in_another_order),
        CASE(refuses_manifest_with_an_escape),
        CASE(refuses_manifest_longer_than_4096),
        CASE(refuses_one_approval_for_two),
        CASE(refuses_the_other_direction),
        CASE(refuses_the_other_channel),
        CASE(refuses_another_profile),
        CASE(refuses_another_version),
        CASE(refuses_an_unknown_schema_digest),
        CASE(refuses_the_orders_schema),
        CASE(refuses_another_schema_version),
        CASE(refuses_another_root_version),
        CASE(refuses_epoch_0),
        CASE(refuses_epoch_10000),
        CASE(refuses_a_number_with_a_leading_zero),
        CASE(refuses_a_number_with_a_sign),
        CASE(refuses_a_number_with_a_fraction),
        CASE(refuses_number_0),
        CASE(refuses_a_number_beyond_ten_digits),
        CASE(refuses_a_number_that_overflows),
        CASE(refuses_upper_case_hex),
        CASE(refuses_members_in_another_order),
        CASE(refuses_two_yields),
        CASE(refuses_another_policy_id),
        CASE(refuses_a_site_that_begins_with_a_hyphen),
        CASE(refuses_a_manifest_of_another_enclave),
        CASE(refuses_an_enclave_that_is_none),
        CASE(refuses_another_number_than_asked),
        CASE(refuses_another_epoch_than_asked),
        CASE(refuses_another_slot_than_asked),
        CASE(refuses_a_slot_asked_for_with_a_byte_more),
        CASE(refuses_another_site),
        CASE(refuses_week_0),
        CASE(refuses_week_54),
        CASE(refuses_week_53_of_a_year_without_it),
        CASE(refuses_year_2100),
        CASE(refuses_year_1999),
        CASE(refuses_a_small_w),
        CASE(refuses_a_wrong_count_of_orders),
        CASE(refuses_another_policy),
        CASE(refuses_a_policy_json_that_differs_from_the_manifest),
        CASE(refuses_a_policy_json_with_a_byte_more),
        CASE(refuses_a_wrong_size_of_b2sums),
        CASE(refuses_a_wrong_size_of_policy),
        CASE(refuses_a_wrong_size_of_the_records),
        CASE(refuses_a_wrong_digest_of_b2sums),
        CASE(refuses_a_wrong_digest_of_policy),
        CASE(refuses_a_wrong_digest_of_the_records),
        CASE(refuses_b2sums_with_a_wrong_digest),
        CASE(refuses_b2sums_with_one_space),
        CASE(refuses_b2sums_with_a_line_more),
        CASE(refuses_prev_that_is_not_the_last_of_recent),
        CASE(refuses_prev_of_the_first_that_is_not_zeros),
        CASE(refuses_recent_with_a_gap),
        CASE(refuses_recent_that_is_too_short),
        CASE(refuses_recent_that_is_too_long),
        CASE(refuses_seventeen_in_recent),
        CASE(refuses_recent_with_a_comma_at_its_end),
        CASE(refuses_another_epoch_than_remembered),
        CASE(refuses_a_fork),
        CASE(refuses_a_gap),
        CASE(refuses_equivocation),
        CASE(refuses_an_old_number),
        CASE(refuses_number_3_without_a_chain_file),
        CASE(refuses_a_chain_file_of_another_enclave),
        CASE(refuses_a_chain_file_cut_short),
        CASE(refuses_a_chain_file_with_a_line_more),
        CASE(refuses_a_chain_file_of_the_other_direction),
        CASE(refuses_a_chain_file_of_epoch_0),
        CASE(refuses_a_chain_file_whose_numbers_jump),
        CASE(refuses_guard_a_over_another_manifest),
        CASE(refuses_guard_a_with_the_comment_of_guard_b),
        CASE(refuses_guard_a_of_another_number),
        CASE(refuses_guard_a_with_another_untrusted_comment),
        CASE(refuses_the_algorithm_without_prehash),
        CASE(refuses_guard_a_with_crlf),
        CASE(refuses_guard_a_with_a_fifth_line),
        CASE(refuses_guard_a_by_another_key_id),
        CASE(refuses_base64_with_unused_bits),
        CASE(refuses_a_piece_that_is_not_given),
        CASE(refuses_a_chain_file_that_is_given_and_empty),
        CASE(knows_the_digest_of_the_schema_in_this_tree),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

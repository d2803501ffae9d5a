#include "tests/transfer/guard_b/world.h"

#include <stdlib.h>

#include <sodium.h>

#include "tests/transfer/guard_b/vector.h"

static struct b_release first, second;

static void assert_text(const void *data, size_t length, const char *expected)
{
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(data, expected, length);
}

static void the_world_is_the_one_of_the_vectors(void **state)
{
    struct world *w = *state;
    char hex[600];
    world_seal(w);
    assert_text(w->piece[B_PIECE_MANIFEST].data, w->piece[B_PIECE_MANIFEST].length,
                vector_manifest);
    assert_text(w->piece[B_PIECE_B2SUMS].data, w->piece[B_PIECE_B2SUMS].length, vector_b2sums);
    assert_text(w->piece[B_PIECE_SIGNATURE_A].data, w->piece[B_PIECE_SIGNATURE_A].length,
                vector_signature_a);
    assert_text(w->piece[B_PIECE_BODY_1].data, w->piece[B_PIECE_BODY_1].length, vector_body);
    sodium_bin2hex(hex, sizeof hex, w->piece[B_PIECE_STATEMENT_1].data,
                   w->piece[B_PIECE_STATEMENT_1].length);
    assert_string_equal(hex, vector_statement);
}

static void makes_the_bytes_of_the_vectors(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    uint8_t digest[32];
    char hex[65];
    world_seal(w);
    assert_int_equal(world_release(w, &first, &why), 0);
    assert_text(first.signature, first.signature_length, vector_signature_b);
    assert_text(first.outer, first.outer_length, vector_outer);
    assert_int_equal(first.tar_length, 8192);
    crypto_generichash(digest, 32, first.tar, first.tar_length, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, 32);
    assert_string_equal(hex, vector_tar_digest);
    assert_string_equal(first.tar_name, "h2l-perf-e7k2m9qa-0001-0000000003.tar");
    assert_string_equal(first.outer_name, "h2l-perf-e7k2m9qa-0001-0000000003.tar.minisig");
}

static void remembers_the_number_and_then_makes_the_same_bytes_again(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    struct b_past past;
    world_seal(w);
    assert_int_equal(world_release(w, &first, &why), 0);
    assert_true(first.past_length > 0);
    text_bytes(&w->past, first.past, first.past_length);
    assert_int_equal(b_past_read(b_view_of(first.past, first.past_length), "e7k2m9qa", &past, &why),
                     0);
    assert_int_equal(past.newest, 3);
    assert_int_equal(past.count, 3);
    assert_int_equal(world_release(w, &second, &why), 0);
    assert_int_equal(second.past_length, 0);
    assert_int_equal(first.tar_length, second.tar_length);
    assert_memory_equal(first.tar, second.tar, first.tar_length);
    assert_string_equal(first.outer, second.outer);
}

static void refuses_other_bytes_under_a_number_that_was_signed(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    world_seal(w);
    assert_int_equal(world_release(w, &first, &why), 0);
    text_bytes(&w->past, first.past, first.past_length);
    w->slot = "2026-W48";
    world_compose(w);
    world_seal(w);
    assert_int_equal(world_release(w, &second, &why), ERR_STATE);
    assert_non_null(strstr(why.sentence, "equivocation"));
}

static void refuses_to_sign_with_keys_that_root_does_not_name(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    uint8_t guard[32], outer[32];
    world_seal(w);
    assert_int_equal(world_judge(w, &why), 0); /* fills what is asked */
    seed_of(SEED_B, guard);
    seed_of(SEED_OUTER, outer);
    assert_int_equal(b_release_make(&w->asked, outer, guard, &first, &why), ERR_KEY);
    assert_int_equal(b_release_make(&w->asked, guard, guard, &first, &why), ERR_KEY);
    assert_int_equal(b_release_make(&w->asked, outer, outer, &first, &why), ERR_KEY);
    assert_int_equal(b_release_make(&w->asked, guard, outer, &first, &why), 0);
}

static void refuses_to_sign_in_the_first_run(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    world_seal(w);
    w->asked.stage = B_STAGE_BUILD;
    assert_int_equal(world_judge(w, &why), 0);
    assert_int_equal(world_release(w, &first, &why), ERR_STATE);
}

static void refuses_to_sign_what_the_check_refuses(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    world_seal(w);
    w->piece[B_PIECE_RECORDS].data[0] ^= 1;
    assert_int_equal(world_release(w, &first, &why), ERR_FORMAT);
}

/* Every bit that guard-b is given counts: no flip of any of them is signed. */
static void refuses_each_piece_with_one_byte_flipped(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    world_seal(w);
    for (unsigned i = 0; i < B_PIECES; i++)
        for (size_t k = 0; k < w->piece[i].length; k++) {
            w->piece[i].data[k] ^= (uint8_t)(1 << k % 8);
            if (world_judge(w, &why) == 0)
                fail_msg("%s, byte %zu", b_check_piece[i], k);
            w->piece[i].data[k] ^= (uint8_t)(1 << k % 8);
        }
    assert_int_equal(world_judge(w, &why), 0);
}

static void refuses_each_piece_cut_or_with_a_byte_more(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    world_seal(w);
    for (unsigned i = 0; i < B_PIECES; i++) {
        size_t length = w->piece[i].length;
        for (size_t k = 0; k < length; k += 1 + length / 100) {
            w->piece[i].length = k;
            assert_int_not_equal(world_judge(w, &why), 0);
        }
        w->piece[i].length = length;
        text_append(&w->piece[i], "\n");
        assert_int_not_equal(world_judge(w, &why), 0);
        w->piece[i].length = length;
    }
    assert_int_equal(world_judge(w, &why), 0);
}

static void refuses_root_and_chain_file_with_one_byte_flipped(void **state)
{
    struct world *w = *state;
    struct b_refusal why;
    struct text *own[] = {&w->root, &w->past};
    world_seal(w);
    for (unsigned i = 0; i < 2; i++)
        for (size_t k = 0; k < own[i]->length; k++) {
            own[i]->data[k] ^= 1;
            if (world_judge(w, &why) == 0)
                fail_msg("%u, byte %zu", i, k);
            own[i]->data[k] ^= 1;
        }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(the_world_is_the_one_of_the_vectors),
        CASE(makes_the_bytes_of_the_vectors),
        CASE(remembers_the_number_and_then_makes_the_same_bytes_again),
        CASE(refuses_other_bytes_under_a_number_that_was_signed),
        CASE(refuses_to_sign_with_keys_that_root_does_not_name),
        CASE(refuses_to_sign_in_the_first_run),
        CASE(refuses_to_sign_what_the_check_refuses),
        CASE(refuses_each_piece_with_one_byte_flipped),
        CASE(refuses_each_piece_cut_or_with_a_byte_more),
        CASE(refuses_root_and_chain_file_with_one_byte_flipped),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/enclave/vectors.h"

#include "enclave/store/tree.h"

#define LEAVES 300

static uint8_t leaves[LEAVES][32];

/* RFC 6962 section 2.1, word for word. */
static void reference_root(size_t from, size_t n, uint8_t out[static 32])
{
    uint8_t left[32], right[32];
    size_t k = 1;
    if (n == 0) {
        hash_sha256(bytes_view_of("", 0), out);
        return;
    }
    if (n == 1) {
        memcpy(out, leaves[from], 32);
        return;
    }
    while (2 * k < n)
        k *= 2;
    reference_root(from, k, left);
    reference_root(from + k, n - k, right);
    hash_node(left, right, out);
}

static void run_of(size_t from, size_t to, struct tree *ret)
{
    tree_begin(ret, from);
    for (size_t i = from; i < to; i++)
        tree_append(ret, leaves[i]);
}

static size_t proof_of(size_t from, size_t to, uint8_t out[static TREE_PROOF_MAX])
{
    struct tree old, run;
    struct bytes_put put = bytes_into(out, TREE_PROOF_MAX);
    size_t length = 0;
    run_of(0, from, &old);
    run_of(from, to, &run);
    tree_proof_write(&old, &run, &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    return length;
}

static int checked(const uint8_t *proof, size_t length, size_t from, size_t to)
{
    uint8_t old[32], new[32];
    reference_root(0, from, old);
    reference_root(0, to, new);
    return tree_proof_check(bytes_view_of(proof, length), from, old, to, new);
}

static void roots_are_those_of_rfc_6962(void **state)
{
    uint8_t mine[32], expected[32];
    struct tree tree;
    (void)state;
    tree_begin(&tree, 0);
    for (size_t n = 0; n <= LEAVES; n++) {
        tree_root(&tree, mine);
        reference_root(0, n, expected);
        assert_memory_equal(mine, expected, 32);
        assert_true(tree.end == n);
        assert_int_equal(tree.count, __builtin_popcountll(n));
        if (n < LEAVES)
            tree_append(&tree, leaves[n]);
    }
}

static void a_run_appended_is_the_whole_tree(void **state)
{
    uint8_t mine[32], expected[32];
    struct tree tree, run;
    (void)state;
    for (size_t from = 0; from <= 70; from++)
        for (size_t to = from; to <= 140; to += 7) {
            run_of(0, from, &tree);
            run_of(from, to, &run);
            assert_int_equal(tree_extend(&tree, &run), 0);
            tree_root(&tree, mine);
            reference_root(0, to, expected);
            assert_memory_equal(mine, expected, 32);
        }
}

static void refuses_a_run_that_begins_elsewhere(void **state)
{
    struct tree tree, run;
    (void)state;
    run_of(0, 8, &tree);
    run_of(9, 12, &run);
    assert_int_equal(tree_extend(&tree, &run), ERR_STATE);
    run_of(7, 12, &run);
    assert_int_equal(tree_extend(&tree, &run), ERR_STATE);
}

static void proofs_hold_between_all_sizes(void **state)
{
    uint8_t proof[TREE_PROOF_MAX];
    (void)state;
    for (size_t from = 0; from <= 64; from++)
        for (size_t to = from; to <= 64; to++)
            assert_int_equal(checked(proof, proof_of(from, to, proof), from, to), 0);
}

static void refuses_every_changed_bit_of_a_proof(void **state)
{
    static const size_t pairs[][2] = {{0, 5}, {1, 2}, {6, 13}, {21, 64}, {7, 7}};
    uint8_t proof[TREE_PROOF_MAX];
    (void)state;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        size_t length = proof_of(pairs[p][0], pairs[p][1], proof);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(checked(proof, length, pairs[p][0], pairs[p][1]), 0);
            proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void refuses_a_proof_cut_short_or_with_more(void **state)
{
    uint8_t proof[TREE_PROOF_MAX];
    size_t length = proof_of(21, 50, proof);
    (void)state;
    for (size_t n = 0; n < length; n++)
        assert_int_not_equal(checked(proof, n, 21, 50), 0);
    proof[length] = 0;
    assert_int_equal(checked(proof, length + 1, 21, 50), ERR_TRAILING);
}

static void refuses_a_proof_of_other_sizes(void **state)
{
    uint8_t proof[TREE_PROOF_MAX];
    size_t length = proof_of(21, 50, proof);
    (void)state;
    for (size_t from = 0; from <= 64; from++)
        for (size_t to = from; to <= 64; to++)
            if (from != 21 || to != 50)
                assert_int_not_equal(checked(proof, length, from, to), 0);
}

/* A log that was rewritten behind the signed head cannot prove that it was not. */
static void refuses_a_proof_of_a_rewritten_log(void **state)
{
    uint8_t proof[TREE_PROOF_MAX], old[32], new[32];
    (void)state;
    for (size_t changed = 0; changed < 21; changed++) {
        reference_root(0, 21, old);
        leaves[changed][0] ^= 1;
        size_t length = proof_of(21, 50, proof);
        reference_root(0, 50, new);
        assert_int_equal(tree_proof_check(bytes_view_of(proof, length), 21, old, 50, new),
                         ERR_DIGEST);
        leaves[changed][0] ^= 1;
    }
}

static void refuses_a_tree_in_another_form(void **state)
{
    uint8_t wire[2000];
    struct tree tree;
    size_t length;
    static const struct {
        uint64_t start;
        uint8_t heights[4];
        unsigned count;
    } bad[] = {
        {0, {0, 0}, 2},                    /* two leaves that are one subtree */
        {0, {1, 0, 0}, 3},    {1, {1}, 1}, /* a subtree that cannot begin there */
        {2, {2}, 1},          {0, {0, 1}, 2},
        {0, {48}, 1}, /* higher than any tree */
        {0, {255}, 1},        {(UINT64_C(1) << 48) + 1, {0}, 1},
        {UINT64_MAX, {0}, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes_put put = bytes_into(wire, sizeof wire);
        bytes_put_u64(&put, bad[i].start);
        bytes_put_u8(&put, (uint8_t)bad[i].count);
        for (unsigned k = 0; k < bad[i].count; k++) {
            bytes_put_u8(&put, bad[i].heights[k]);
            bytes_put_fixed(&put, leaves[k], 32);
        }
        assert_int_equal(bytes_put_done(&put, &length), 0);
        struct bytes in = bytes_over(wire, length);
        assert_int_not_equal(tree_read(&in, &tree), 0);
    }
}

static void what_is_written_is_read(void **state)
{
    uint8_t wire[TREE_PROOF_MAX];
    struct tree tree, back;
    (void)state;
    for (size_t from = 0; from < 40; from++) {
        struct bytes_put put = bytes_into(wire, sizeof wire);
        run_of(from, 3 * from, &tree);
        tree_write(&tree, &put);
        struct bytes in = bytes_over(wire, bytes_put_length(&put));
        assert_int_equal(tree_read(&in, &back), 0);
        assert_int_equal(bytes_done(&in), 0);
        assert_true(back.start == tree.start && back.end == tree.end && back.count == tree.count);
        for (unsigned k = 0; k < tree.count; k++) {
            assert_int_equal(back.nodes[k].height, tree.nodes[k].height);
            assert_memory_equal(back.nodes[k].hash, tree.nodes[k].hash, 32);
        }
    }
}

static void byte_forms_are_pinned(void **state)
{
    uint8_t header[25], salt[32], commitment[32], out[32], wire[TREE_PROOF_MAX];
    struct tree tree;
    (void)state;
    for (size_t i = 0; i < sizeof header; i++)
        header[i] = (uint8_t)i;
    memset(salt, 7, sizeof salt);
    hash_commitment(salt, bytes_text("payload"), commitment);
    assert_pinned("tree", "commitment", commitment, 32);
    hash_leaf(header, sizeof header, commitment, out);
    assert_pinned("tree", "leaf", out, 32);
    reference_root(0, 0, out);
    assert_pinned("tree", "root_of_0", out, 32);
    run_of(0, 7, &tree);
    tree_root(&tree, out);
    assert_pinned("tree", "root_of_7", out, 32);
    assert_pinned("tree", "proof_of_3_to_7", wire, proof_of(3, 7, wire));
}

static int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++)
        hash_sha256(bytes_view_of(&i, sizeof i), leaves[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(roots_are_those_of_rfc_6962),
        cmocka_unit_test(a_run_appended_is_the_whole_tree),
        cmocka_unit_test(refuses_a_run_that_begins_elsewhere),
        cmocka_unit_test(proofs_hold_between_all_sizes),
        cmocka_unit_test(refuses_every_changed_bit_of_a_proof),
        cmocka_unit_test(refuses_a_proof_cut_short_or_with_more),
        cmocka_unit_test(refuses_a_proof_of_other_sizes),
        cmocka_unit_test(refuses_a_proof_of_a_rewritten_log),
        cmocka_unit_test(refuses_a_tree_in_another_form),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(byte_forms_are_pinned),
    };
    return cmocka_run_group_tests_name("store/tree", cases, begin, NULL);
}

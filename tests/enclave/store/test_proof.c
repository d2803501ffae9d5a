/* Inclusion and consistency proofs: RFC 6962's, as the Certificate Transparency project published
 * them for its sample tree of eight leaves, and each one of every small tree. */
#include "tests/crypto/cases.h"

#include "enclave/store/proof.h"
#include "enclave/store/tree.h"

#define LEAVES 70

static uint8_t leaves[LEAVES][32];

/* MTH(D[from:to]) as RFC 6962 §2.1 says it. */
static void naive(uint64_t from, uint64_t to, uint8_t out[static 32])
{
    uint8_t left[32], right[32];
    uint64_t k = 1;
    if (to - from == 1) {
        memcpy(out, leaves[from], 32);
        return;
    }
    while (2 * k < to - from)
        k *= 2;
    naive(from, from + k, left);
    naive(from + k, to, right);
    hash_node(left, right, out);
}

static int subtree(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    (void)context;
    naive(from, to, out);
    return 0;
}

static int failing(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    (void)context, (void)from, (void)to, (void)out;
    return ERR_STORE;
}

static int make_leaves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LEAVES; i++)
        hash_sha256(bytes_view_of(&i, sizeof i), leaves[i]);
    return 0;
}

/* The sample tree's leaves: SHA-256(0x00 || data). */
static void make_sample(void)
{
    static const char *const data[] = {"",
                                       "00",
                                       "10",
                                       "2021",
                                       "3031",
                                       "40414243",
                                       "5051525354555657",
                                       "606162636465666768696a6b6c6d6e6f"};
    for (unsigned i = 0; i < 8; i++) {
        uint8_t bytes[17] = {0};
        size_t n = strlen(data[i]) / 2;
        from_hex(data[i], n, bytes + 1);
        hash_sha256(bytes_view_of(bytes, n + 1), leaves[i]);
    }
}

#define H96 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H5F "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H6B "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define HBC "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define HCA "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define HD3 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define HFA "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H6E "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H0E "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"

static void roots_are_those_that_were_published(void **state)
{
    static const char *const roots[] = {
        H6E,
        HFA,
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        HD3,
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct tree tree;
    uint8_t root[32];
    (void)state;
    make_sample();
    tree_begin(&tree, 0);
    for (unsigned i = 0; i < 8; i++) {
        tree_append(&tree, leaves[i]);
        tree_root(&tree, root);
        assert_hex(root, 32, roots[i]);
    }
}

static void assert_hashes(const struct proof *proof, const char *const expected[3], unsigned count)
{
    assert_int_equal(proof->count, count);
    for (unsigned i = 0; i < count; i++)
        assert_hex(proof->hashes[i], 32, expected[i]);
}

static void proofs_are_those_that_were_published(void **state)
{
    static const struct {
        unsigned first, size, count; /* place or old size */
        const char *hashes[3];
    } inclusion[] = {{0, 1, 0, {0}},
                     {0, 8, 3, {H96, H5F, H6B}},
                     {5, 8, 3, {HBC, HCA, HD3}},
                     {2, 3, 1, {HFA}},
                     {1, 5, 3, {H6E, H5F, HBC}}},
      consistency[] = {{1, 1, 0, {0}},
                       {1, 8, 3, {H96, H5F, H6B}},
                       {6, 8, 3, {H0E, HCA, HD3}},
                       {2, 5, 2, {H5F, HBC}}};
    struct proof proof;
    uint8_t root[32], old[32];
    (void)state;
    make_sample();
    for (size_t i = 0; i < sizeof inclusion / sizeof *inclusion; i++) {
        unsigned place = inclusion[i].first, size = inclusion[i].size;
        assert_int_equal(proof_inclusion(place, size, subtree, NULL, &proof), 0);
        assert_hashes(&proof, inclusion[i].hashes, inclusion[i].count);
        naive(0, size, root);
        assert_int_equal(proof_inclusion_check(&proof, place, size, leaves[place], root), 0);
    }
    for (size_t i = 0; i < sizeof consistency / sizeof *consistency; i++) {
        unsigned old_size = consistency[i].first, size = consistency[i].size;
        assert_int_equal(proof_consistency(old_size, size, subtree, NULL, &proof), 0);
        assert_hashes(&proof, consistency[i].hashes, consistency[i].count);
        naive(0, size, root);
        naive(0, old_size, old);
        assert_int_equal(proof_consistency_check(&proof, old_size, old, size, root), 0);
    }
}

/* ---- every small tree ---- */

static void every_leaf_of_every_tree_is_proved_and_no_other(void **state)
{
    struct proof proof;
    uint8_t root[32];
    (void)state;
    for (unsigned size = 1; size <= LEAVES; size++) {
        naive(0, size, root);
        for (unsigned place = 0; place < size; place++) {
            assert_int_equal(proof_inclusion(place, size, subtree, NULL, &proof), 0);
            for (unsigned other = 0; other < size; other++) {
                assert_int_equal(proof_inclusion_check(&proof, place, size, leaves[other], root),
                                 other == place ? 0 : ERR_DIGEST);
                if (other != place)
                    assert_int_not_equal(
                        proof_inclusion_check(&proof, other, size, leaves[place], root), 0);
            }
        }
    }
}

static void every_tree_grows_from_every_smaller_one(void **state)
{
    struct proof proof;
    uint8_t root[32], old[32], other[32];
    (void)state;
    for (unsigned size = 1; size <= LEAVES; size++)
        for (unsigned before = 1; before <= size; before++) {
            naive(0, size, root);
            naive(0, before, old);
            assert_int_equal(proof_consistency(before, size, subtree, NULL, &proof), 0);
            assert_int_equal(proof_consistency_check(&proof, before, old, size, root), 0);
            memcpy(other, old, 32);
            other[7] ^= 1;
            assert_int_equal(proof_consistency_check(&proof, before, other, size, root),
                             ERR_DIGEST);
            memcpy(other, root, 32);
            other[7] ^= 1;
            assert_int_equal(proof_consistency_check(&proof, before, old, size, other), ERR_DIGEST);
            if (before > 1)
                assert_int_not_equal(proof_consistency_check(&proof, before - 1, old, size, root),
                                     0);
        }
}

static void refused(unsigned kind, const struct proof *bad, const uint8_t old[static 32],
                    const uint8_t root[static 32])
{
    assert_int_equal(kind ? proof_consistency_check(bad, 27, old, 45, root)
                          : proof_inclusion_check(bad, 27, 45, leaves[27], root),
                     ERR_DIGEST);
}

static void refuses_a_proof_with_any_hash_changed_lost_or_added(void **state)
{
    struct proof proof, bad;
    uint8_t root[32], old[32];
    (void)state;
    naive(0, 45, root);
    naive(0, 27, old);
    for (unsigned kind = 0; kind < 2; kind++) {
        assert_int_equal(kind ? proof_consistency(27, 45, subtree, NULL, &proof)
                              : proof_inclusion(27, 45, subtree, NULL, &proof),
                         0);
        assert_true(proof.count > 3);
        for (unsigned i = 0; i < proof.count; i++) {
            bad = proof; /* changed */
            bad.hashes[i][i] ^= 0x10;
            refused(kind, &bad, old, root);
            bad = proof; /* cut off, down to none */
            bad.count = i;
            refused(kind, &bad, old, root);
            bad = proof; /* lost in the middle */
            memmove(bad.hashes[i], bad.hashes[i + 1], sizeof bad.hashes[0] * (bad.count - i - 1));
            bad.count--;
            refused(kind, &bad, old, root);
            bad = proof; /* repeated */
            memmove(bad.hashes[i + 1], bad.hashes[i], sizeof bad.hashes[0] * (bad.count - i));
            bad.count++;
            refused(kind, &bad, old, root);
            bad = proof; /* exchanged */
            memcpy(bad.hashes[i], proof.hashes[(i + 1) % proof.count], 32);
            memcpy(bad.hashes[(i + 1) % proof.count], proof.hashes[i], 32);
            refused(kind, &bad, old, root);
        }
    }
}

static void refuses_sizes_that_cannot_be(void **state)
{
    struct proof proof;
    uint8_t root[32];
    (void)state;
    naive(0, 9, root);
    assert_int_equal(proof_inclusion(9, 9, subtree, NULL, &proof), ERR_RANGE);
    assert_int_equal(proof_inclusion(0, 0, subtree, NULL, &proof), ERR_RANGE);
    assert_int_equal(proof_consistency(0, 9, subtree, NULL, &proof), ERR_RANGE);
    assert_int_equal(proof_consistency(10, 9, subtree, NULL, &proof), ERR_RANGE);
    assert_int_equal(proof_inclusion_check(&proof, 9, 9, leaves[0], root), ERR_RANGE);
    assert_int_equal(proof_inclusion_check(&proof, 0, 0, leaves[0], root), ERR_RANGE);
    assert_int_equal(proof_consistency_check(&proof, 0, root, 9, root), ERR_RANGE);
    assert_int_equal(proof_consistency_check(&proof, 10, root, 9, root), ERR_RANGE);
    assert_int_equal(proof_inclusion(3, 9, failing, NULL, &proof), ERR_STORE);
    assert_int_equal(proof_consistency(3, 9, failing, NULL, &proof), ERR_STORE);
}

#define CASE(name) cmocka_unit_test_setup(name, make_leaves)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(roots_are_those_that_were_published),
        CASE(proofs_are_those_that_were_published),
        CASE(every_leaf_of_every_tree_is_proved_and_no_other),
        CASE(every_tree_grows_from_every_smaller_one),
        CASE(refuses_a_proof_with_any_hash_changed_lost_or_added),
        CASE(refuses_sizes_that_cannot_be),
    };
    return cmocka_run_group_tests_name("store/proof", cases, NULL, NULL);
}

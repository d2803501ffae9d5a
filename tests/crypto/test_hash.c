#include "tests/crypto/cases.h"

#include "crypto/hash.h"

/* The leaf and node prefixes of RFC 6962, and the vectors of the certificate-transparency
 * reference tests: the empty tree, and the leaf of the empty string. */
static void tree_hashes_are_those_of_rfc_6962(void **state)
{
    uint8_t out[32], left[32], right[32];
    (void)state;

    hash_sha256(bytes_text(""), out);
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    /* SHA-256(00 || 32 zero bytes): a leaf without a header. */
    memset(left, 0, sizeof(left));
    hash_leaf("", 0, left, out);
    assert_hex(out, 32, "7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9");
    from_hex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", 32, left);
    from_hex("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", 32, right);
    hash_node(left, right, out);
    assert_hex(out, 32, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

static void leaf_covers_header_and_commitment(void **state)
{
    uint8_t salt[32] = {1}, commitment[32], out[32], all[33 + 3] = {0, 'h', 'd', 'r'}, other[32];
    (void)state;

    hash_commitment(salt, bytes_text("payload"), commitment);
    hash_leaf("hdr", 3, commitment, out);
    memcpy(all + 4, commitment, 32);
    hash_sha256(bytes_view_of(all, sizeof(all)), other);
    assert_memory_equal(out, other, 32);
}

/* Two libraries: what the tree's functions compute is libsodium's SHA-256, for every length. */
static void the_trees_sha256_is_the_other_librarys(void **state)
{
    static uint8_t all[32 + 700];
    uint8_t out[32], other[32];
    (void)state;

    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (uint8_t)(i * 151 + 7);
    for (size_t n = 0; n <= 700; n++) {
        hash_commitment(all, bytes_view_of(all + 32, n), out);
        hash_sha256(bytes_view_of(all, 32 + n), other);
        assert_memory_equal(out, other, 32);
    }
    uint8_t node[65] = {1}, leaf[1 + 200 + 32] = {0};
    for (unsigned round = 0; round < 200; round++) {
        memcpy(node + 1, out, 32);
        memcpy(node + 33, all + round, 32);
        hash_node(out, all + round, out);
        hash_sha256(bytes_view_of(node, sizeof(node)), other);
        assert_memory_equal(out, other, 32);
        memcpy(leaf + 1, all + round, round);
        memcpy(leaf + 1 + round, out, 32);
        hash_leaf(all + round, round, out, other);
        hash_sha256(bytes_view_of(leaf, 1 + round + 32), out);
        assert_memory_equal(out, other, 32);
    }
}

static void file_digest_is_what_b2sum_prints(void **state)
{
    uint8_t out[HASH_FILE_LENGTH];
    (void)state;

    hash_file("abc", 3, out);
    assert_hex(out, 64,
               "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
               "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

static void content_digest_depends_on_its_purpose(void **state)
{
    uint8_t a[32], b[32];
    (void)state;

    hash_content("a", bytes_text("bc"), a);
    hash_content("ab", bytes_text("c"), b);
    assert_memory_not_equal(a, b, 32);
    assert_hex(a, 32, "a58482a00311d04faa226b26b8faf2c1828f6bd3f36f15b7d37bc15a24e82114");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(tree_hashes_are_those_of_rfc_6962),
        cmocka_unit_test(leaf_covers_header_and_commitment),
        cmocka_unit_test(the_trees_sha256_is_the_other_librarys),
        cmocka_unit_test(file_digest_is_what_b2sum_prints),
        cmocka_unit_test(content_digest_depends_on_its_purpose),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

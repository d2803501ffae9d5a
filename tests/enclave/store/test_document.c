#include "tests/enclave/store/opened.h"

/* ---- documents ---- */

static void documents_come_back(void **state)
{
    static const uint32_t lengths[] = {1, 100, 16383, 16384, 16385, 40000, 3 * 16384};
    static uint8_t content[1 << 16], out[1 << 16];
    uint8_t digest[32], again[32];
    size_t length;
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * i >> 3);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bytes_view view = bytes_view_of(content, lengths[i]);
        assert_int_equal(store_document_put(store, view, digest), ERR_STATE);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_document_put(store, view, digest), 0);
        assert_int_equal(store_document_put(store, view, again), 0);
        assert_int_equal(store_commit(store), 0);
        assert_memory_equal(digest, again, 32);
        assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), 0);
        assert_int_equal(length, lengths[i]);
        assert_memory_equal(out, content, length);
        assert_int_equal(store_document_get(store, digest, out, lengths[i] - 1, &length), ERR_SIZE);
        assert_int_equal(store_document_get(store, digest, out, lengths[i], &length), 0);
    }
    digest[0] ^= 1;
    assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), ERR_UNKNOWN);
}

static void a_document_that_does_not_fit_its_digest_is_refused(void **state)
{
    static const char *const changes[] = {
        "UPDATE document_chunk SET content = x'00' WHERE part = 1",
        "DELETE FROM document_chunk WHERE part = 1",
        "DELETE FROM document_chunk WHERE part = 0",
    };
    static uint8_t content[40000], out[1 << 16];
    uint8_t digest[32];
    size_t length;
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_document_put(store, bytes_view_of(content, sizeof content), digest), 0);
    assert_int_equal(store_commit(store), 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(run_sql(changes[i]), SQLITE_OK);
        assert_int_equal(store_document_get(store, digest, out, sizeof out, &length), ERR_DIGEST);
    }
}

static void refuses_a_document_that_is_too_large(void **state)
{
    uint8_t *content = calloc(1, STORE_DOCUMENT_MAX + 1), digest[32];
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(
        store_document_put(store, bytes_view_of(content, STORE_DOCUMENT_MAX + 1), digest),
        ERR_SIZE);
    store_rollback(store);
    free(content);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(documents_come_back),
        CASE(a_document_that_does_not_fit_its_digest_is_refused),
        CASE(refuses_a_document_that_is_too_large),
    };
    return cmocka_run_group_tests_name("store/document", cases, NULL, NULL);
}

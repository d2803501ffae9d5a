#include "tests/enclave/store/opened.h"

#include <fcntl.h>

static int count_event(void *context, const struct store_event *event)
{
    uint64_t *next = context;
    assert_true(event->sequence == *next);
    ++*next;
    return 0;
}

/* ---- transactions ---- */

static void refuses_to_append_outside_a_transaction(void **state)
{
    uint64_t sequence = 77;
    (void)state;
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    append_committed(1);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_int_equal(store_begin(store), 0);
    store_rollback(store);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_true(sequence == 77);
    assert_true(store_size(store) == 1);
}

static void refuses_a_payload_that_is_too_long(void **state)
{
    static char data[STORE_PAYLOAD_MAX + 1];
    uint64_t sequence;
    (void)state;
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_append(store, bytes_view_of(data, sizeof data), &sequence), ERR_SIZE);
    assert_int_equal(store_append(store, bytes_view_of(data, sizeof data - 1), &sequence), 0);
    assert_int_equal(store_commit(store), 0);
}

static void a_rollback_restores_the_tree(void **state)
{
    uint8_t before[32], during[32], after[32];
    (void)state;
    append_committed(5);
    store_root(store, before);
    assert_int_equal(store_begin(store), 0);
    append("lost");
    append("lost too");
    assert_true(store_size(store) == 7);
    store_root(store, during);
    assert_memory_not_equal(before, during, 32);
    store_rollback(store);
    assert_true(store_size(store) == 5);
    assert_true(store_unsigned(store) == 5);
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    append_committed(2);
    store_root(store, before);
    reopen();
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    assert_true(store_size(store) == 7);
}

static void what_was_not_committed_is_gone_after_reopening(void **state)
{
    (void)state;
    append_committed(4);
    assert_int_equal(store_begin(store), 0);
    append("not committed");
    reopen();
    assert_true(store_size(store) == 4);
}

static void a_failed_commit_rolls_back(void **state)
{
    char sql[64];
    int r = 0;
    uint64_t sequence;
    static char data[60000];
    (void)state;
    append_committed(5);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = 40");
    assert_int_equal(run_sql(sql), SQLITE_OK);
    assert_int_equal(store_begin(store), 0);
    for (int i = 0; i < 50 && r == 0; i++)
        r = store_append(store, bytes_view_of(data, sizeof data), &sequence);
    assert_int_equal(r, ERR_FULL);
    store_rollback(store);
    assert_true(store_size(store) == 5);
    append_committed(1); /* there is room for a little one */
    assert_true(store_size(store) == 6);
    reopen();
    assert_true(store_size(store) == 6);
}

/* ---- reading ---- */

static void an_event_reads_as_it_was_written(void **state)
{
    struct store_event event;
    (void)state;
    append_committed(10);
    for (unsigned i = 0; i < 10; i++) {
        char text[100];
        snprintf(text, sizeof text, "event %u of a case, some bytes long", i);
        assert_int_equal(store_read(store, i, &event), 0);
        assert_true(event.sequence == i);
        assert_true(bytes_equal_text(event.payload, text));
        assert_memory_equal(event.boot, os_boot_id(), 16);
    }
    assert_int_equal(store_read(store, 10, &event), ERR_UNKNOWN);
    assert_int_equal(store_read(store, UINT64_MAX, &event), ERR_UNKNOWN);
}

static void no_two_events_have_one_salt(void **state)
{
    struct store_event a, b;
    uint8_t salt[32];
    (void)state;
    append_committed(2);
    assert_int_equal(store_read(store, 0, &a), 0);
    memcpy(salt, a.salt, 32);
    assert_int_equal(store_read(store, 1, &b), 0);
    assert_memory_not_equal(salt, b.salt, 32);
}

static int tree_of_events(void *context, const struct store_event *event)
{
    uint8_t leaf[32];
    store_leaf(event, leaf);
    tree_append(context, leaf);
    return 0;
}

static void the_root_is_that_of_the_events(void **state)
{
    struct tree tree;
    uint8_t mine[32], expected[32];
    (void)state;
    append_committed(77);
    tree_begin(&tree, 0);
    assert_int_equal(store_walk(store, 0, INT64_MAX, tree_of_events, &tree), 0);
    tree_root(&tree, expected);
    store_root(store, mine);
    assert_memory_equal(mine, expected, 32);
    reopen();
    store_root(store, mine);
    assert_memory_equal(mine, expected, 32);
}

static int stop_at_three(void *context, const struct store_event *event)
{
    (void)context;
    return event->sequence == 3 ? ERR_REFUSED : 0;
}

static void a_walk_gives_what_it_was_asked_for(void **state)
{
    uint64_t next = 2;
    (void)state;
    append_committed(10);
    assert_int_equal(store_walk(store, 2, 7, count_event, &next), 0);
    assert_true(next == 7);
    assert_int_equal(store_walk(store, 0, 10, stop_at_three, NULL), ERR_REFUSED);
    next = 9;
    assert_int_equal(store_walk(store, 9, INT64_MAX, count_event, &next), 0);
    assert_true(next == 10);
}

static void a_gap_in_the_log_is_seen(void **state)
{
    uint64_t next = 0;
    struct store *none = NULL;
    (void)state;
    append_committed(10);
    assert_int_equal(run_sql("DELETE FROM event WHERE sequence = 4"), SQLITE_OK);
    assert_int_equal(store_walk(store, 0, 10, count_event, &next), ERR_FORMAT);
    assert_true(next == 4);
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &none), ERR_FORMAT);
}

/* Wherever a byte of the file is changed, what is read is refused or is what was written. */
static void a_flipped_page_is_refused(void **state)
{
    uint8_t before[32], after[32], byte;
    unsigned refused = 0, pages = 0;
    (void)state;
    append_committed(200);
    store_root(store, before);
    store_close(store);
    store = NULL;
    int fd = open("store", O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 1000; at < size; at += 4096, pages++) {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        if (store_open("store", ENCLAVE, key, &store) != 0) {
            refused++;
            assert_null(store);
        } else {
            store_root(store, after);
            assert_memory_equal(before, after, 32);
            store_close(store);
            store = NULL;
        }
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    assert_true(refused >= pages / 2);
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
}

/* ---- heads ---- */

static void take_head(uint64_t *ret_size, uint8_t root[static 32])
{
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    uint64_t old_size;
    assert_int_equal(store_head(store, &put, &old_size, ret_size, root), 0);
}

static void heads_prove_that_the_log_grew(void **state)
{
    uint8_t proof[TREE_PROOF_MAX], root[32], old_root[32];
    uint64_t old_size, size, signed_size = 0;
    char note[40];
    (void)state;
    hash_sha256(bytes_view_of("", 0), old_root);
    for (unsigned i = 1; i < 40; i++) {
        struct bytes_put put = bytes_into(proof, sizeof proof);
        append_committed(i % 7 + 1);
        assert_int_equal(store_head(store, &put, &old_size, &size, root), 0);
        assert_true(old_size == signed_size && size == store_size(store));
        append_committed(i % 3); /* goes on while the head is under way */
        assert_int_equal(tree_proof_check(bytes_view_of(proof, bytes_put_length(&put)), old_size,
                                          old_root, size, root),
                         0);
        if (i % 5 == 0) {
            store_head_lost(store);
            continue;
        }
        snprintf(note, sizeof note, "note %u", i);
        assert_int_equal(store_head_signed(store, size, bytes_text(note)), 0);
        signed_size = size;
        memcpy(old_root, root, 32);
        assert_true(store_unsigned(store) == store_size(store) - size);
        if (i % 4 == 0)
            reopen();
        assert_true(store_unsigned(store) == store_size(store) - size);
    }
}

static void a_head_holds_what_is_committed_only(void **state)
{
    uint64_t size;
    uint8_t root[32], committed[32];
    (void)state;
    append_committed(3);
    store_root(store, committed);
    assert_int_equal(store_begin(store), 0);
    append("open");
    take_head(&size, root);
    assert_true(size == 3);
    assert_memory_equal(root, committed, 32);
    store_rollback(store);
}

static void refuses_an_answer_that_was_not_asked_for(void **state)
{
    uint64_t size;
    uint8_t root[32];
    (void)state;
    append_committed(3);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), ERR_STATE);
    take_head(&size, root);
    assert_int_equal(store_head_signed(store, 2, bytes_text("n")), ERR_STATE);
    assert_int_equal(store_head_signed(store, 4, bytes_text("n")), ERR_STATE);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), 0);
    assert_int_equal(store_head_signed(store, 3, bytes_text("n")), ERR_STATE);
    append_committed(1);
    take_head(&size, root);
    store_head_lost(store);
    assert_int_equal(store_head_signed(store, size, bytes_text("n")), ERR_STATE);
}

static void the_newest_checkpoint_is_kept(void **state)
{
    char out[64];
    size_t length;
    uint64_t size;
    uint8_t root[32];
    (void)state;
    assert_int_equal(store_checkpoint(store, 1, out, sizeof out, &length, &size), ERR_UNKNOWN);
    for (unsigned i = 1; i <= 3; i++) {
        char note[20];
        append_committed(2);
        take_head(&size, root);
        snprintf(note, sizeof note, "note %u", i);
        assert_int_equal(store_head_signed(store, size, bytes_text(note)), 0);
    }
    reopen();
    assert_int_equal(store_checkpoint(store, 1, out, sizeof out, &length, &size), 0);
    assert_string_equal(out, "note 3");
    assert_true(length == 6 && size == 6);
    assert_int_equal(store_checkpoint(store, 1, out, 6, &length, &size), ERR_SIZE);
}

/* The disk fills up exactly when a checkpoint comes: the next event still has its transaction. */
static void a_checkpoint_that_cannot_be_kept_leaves_no_transaction(void **state)
{
    static char note[500];
    uint64_t size, sequence;
    uint8_t root[32];
    (void)state;
    append_committed(3);
    take_head(&size, root);
    assert_int_equal(run_sql("CREATE TRIGGER full BEFORE INSERT ON checkpoint BEGIN"
                             " SELECT raise(FAIL, 'no room'); END"),
                     SQLITE_OK);
    memset(note, 'n', sizeof note);
    assert_int_not_equal(store_head_signed(store, size, bytes_view_of(note, sizeof note)), 0);
    assert_int_equal(store_append(store, bytes_text("x"), &sequence), ERR_STATE);
    assert_int_equal(run_sql("DROP TRIGGER full"), SQLITE_OK);
    append_committed(1);
    assert_true(store_unsigned(store) == 4);
    reopen();
    assert_true(store_size(store) == 4);
}

static void the_anchor_must_be_contained(void **state)
{
    uint8_t roots[11][32], other[32];
    uint64_t size;
    uint8_t root[32];
    (void)state;
    for (unsigned i = 0; i <= 10; i++) {
        store_root(store, roots[i]);
        if (i < 10)
            append_committed(1);
        if (i == 6) {
            take_head(&size, root);
            assert_int_equal(store_head_signed(store, size, bytes_text("seven")), 0);
        }
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i <= 10; i++)
            assert_int_equal(store_check_anchor(store, 1, i, roots[i]), 0);
        for (unsigned i = 0; i <= 10; i++) {
            memcpy(other, roots[i], 32);
            other[31] ^= 1;
            assert_int_equal(store_check_anchor(store, 1, i, other), ERR_BEHIND);
        }
        assert_int_equal(store_check_anchor(store, 1, 11, roots[10]), ERR_BEHIND);
        assert_int_equal(store_check_anchor(store, 1, UINT64_MAX, roots[10]), ERR_BEHIND);
        reopen();
    }
}

static void a_head_whose_answer_was_lost_is_adopted(void **state)
{
    uint8_t root[32], proof[TREE_PROOF_MAX], new_root[32];
    uint64_t size, old_size;
    char out[64];
    size_t length;
    (void)state;
    append_committed(5);
    take_head(&size, root);
    assert_int_equal(store_head_signed(store, size, bytes_text("five")), 0);
    append_committed(4);
    take_head(&size, root); /* the auditor signs this one, and its answer is lost */
    append_committed(3);
    reopen();
    assert_int_equal(store_head_adopt(store, 5, bytes_text("old")), ERR_STATE);
    assert_int_equal(store_head_adopt(store, 13, bytes_text("more")), ERR_STATE);
    assert_int_equal(store_check_anchor(store, 1, 9, root), 0);
    assert_int_equal(store_head_adopt(store, 9, bytes_text("nine")), 0);
    assert_true(store_unsigned(store) == 3);
    assert_int_equal(store_checkpoint(store, 1, out, sizeof out, &length, &size), 0);
    assert_string_equal(out, "nine");
    struct bytes_put put = bytes_into(proof, sizeof proof);
    assert_int_equal(store_head(store, &put, &old_size, &size, new_root), 0);
    assert_true(old_size == 9 && size == 12);
    assert_int_equal(
        tree_proof_check(bytes_view_of(proof, bytes_put_length(&put)), 9, root, 12, new_root), 0);
    reopen();
    assert_true(store_unsigned(store) == 3);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(refuses_to_append_outside_a_transaction),
        CASE(refuses_a_payload_that_is_too_long),
        CASE(a_rollback_restores_the_tree),
        CASE(what_was_not_committed_is_gone_after_reopening),
        CASE(a_failed_commit_rolls_back),
        CASE(an_event_reads_as_it_was_written),
        CASE(no_two_events_have_one_salt),
        CASE(the_root_is_that_of_the_events),
        CASE(a_walk_gives_what_it_was_asked_for),
        CASE(a_gap_in_the_log_is_seen),
        CASE(a_flipped_page_is_refused),
        CASE(heads_prove_that_the_log_grew),
        CASE(a_head_holds_what_is_committed_only),
        CASE(refuses_an_answer_that_was_not_asked_for),
        CASE(the_newest_checkpoint_is_kept),
        CASE(a_checkpoint_that_cannot_be_kept_leaves_no_transaction),
        CASE(the_anchor_must_be_contained),
        CASE(a_head_whose_answer_was_lost_is_adopted),
    };
    return cmocka_run_group_tests_name("store/log", cases, NULL, NULL);
}

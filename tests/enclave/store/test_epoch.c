/* Epochs of a log, the nodes of their trees, and what is proved with them. */
#include "tests/enclave/store/opened.h"

#include "crypto/note.h"
#include "enclave/store/evidence.h"
#include "enclave/store/skeleton.h"

#include <fcntl.h>

static struct secret *seed;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];

static int begin(void **state)
{
    int r = set_up(state);
    seed = secret_of(6, 32);
    return r || sign_public(seed, public_key);
}

static int end(void **state)
{
    secret_free(seed);
    return tear_down(state);
}

static void sign(uint32_t epoch, uint64_t size, const uint8_t root[static 32],
                 char note[static NOTE_MAX], size_t *ret_length)
{
    struct note_checkpoint c = {.size = size};
    snprintf(c.origin, sizeof c.origin, "casemate/" ENCLAVE "/%u", epoch);
    memcpy(c.root, root, 32);
    assert_int_equal(note_sign(seed, &c, note, ret_length), 0);
}

/* A head over everything that is committed, signed and kept. */
static uint64_t sign_head(void)
{
    uint8_t proof[TREE_PROOF_MAX], root[32];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    uint64_t old_size, size;
    char note[NOTE_MAX];
    size_t length;
    assert_int_equal(store_head(store, &put, &old_size, &size, root), 0);
    sign(store_epoch(store)->number, size, root, note, &length);
    assert_int_equal(store_head_signed(store, size, bytes_view_of(note, length)), 0);
    return size;
}

static void open_epoch(uint32_t number, unsigned more)
{
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, number), 0);
    append("the first event names what was lost");
    assert_int_equal(store_commit(store), 0);
    if (more)
        append_committed(more);
}

/* ---- epochs ---- */

static void sequences_go_on_and_trees_begin_anew(void **state)
{
    struct store_epoch epoch;
    struct store_event event;
    uint8_t root[32], alone[32];
    uint64_t behind;
    (void)state;
    append_committed(5);
    assert_true(sign_head() == 5);
    append_committed(2);
    open_epoch(2, 0);
    assert_true(store_size(store) == 8 && store_epoch(store)->number == 2 &&
                store_epoch(store)->first == 7);
    assert_int_equal(store_read(store, 7, &event), 0);
    store_leaf(&event, alone);
    for (int round = 0; round < 2; round++) {
        store_root(store, root);
        assert_memory_equal(root, alone, 32); /* a tree of one leaf */
        assert_true(store_unsigned(store) == 1);
        reopen();
    }
    assert_true(sign_head() == 1);
    append_committed(4);
    assert_true(sign_head() == 5);
    open_epoch(7, 2);
    for (uint64_t i = 0; i < store_size(store); i++) {
        assert_int_equal(store_epoch_of(store, i, &epoch, &behind), 0);
        assert_int_equal(epoch.number, i < 7 ? 1 : i < 12 ? 2 : 7);
        assert_true(epoch.first == (i < 7 ? 0 : i < 12 ? 7 : 12));
        assert_true(behind == (i < 7 ? 7 : i < 12 ? 12 : 15));
    }
    assert_int_equal(store_epoch_of(store, 15, &epoch, &behind), ERR_UNKNOWN);
}

static void an_epoch_that_is_rolled_back_was_never_opened(void **state)
{
    uint8_t before[32], after[32];
    (void)state;
    append_committed(5);
    sign_head();
    append_committed(1);
    store_root(store, before);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, 2), 0);
    append("x");
    store_rollback(store);
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    assert_true(store_epoch(store)->number == 1 && store_unsigned(store) == 1);
    reopen();
    store_root(store, after);
    assert_memory_equal(before, after, 32);
    append_committed(1);
    assert_true(sign_head() == 7);
}

static void refuses_an_epoch_that_cannot_be_the_next(void **state)
{
    (void)state;
    assert_int_equal(store_epoch_open(store, 2), ERR_STATE); /* no transaction */
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, 1), ERR_STATE);
    append("x");
    assert_int_equal(store_epoch_open(store, 2), ERR_STATE); /* not the first of it */
    store_rollback(store);
}

static void an_anchor_is_of_its_epoch(void **state)
{
    uint8_t first[32], second[32];
    (void)state;
    append_committed(5);
    sign_head();
    store_root(store, first);
    assert_int_equal(store_check_anchor(store, 2, 0, first), ERR_BEHIND);
    open_epoch(2, 3);
    store_root(store, second);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_check_anchor(store, 2, 4, second), 0);
        assert_int_equal(store_check_anchor(store, 1, 5, first), ERR_STALE);
        assert_int_equal(store_check_anchor(store, 2, 5, second), ERR_BEHIND);
        assert_int_equal(store_check_anchor(store, 3, 0, second), ERR_BEHIND);
        sign_head();
        reopen();
    }
}

/* Rows of the log are gone, behind the back of its head: the store says so to its anchor, and does
 * not go on where the head ended. */
static void a_log_shorter_than_its_own_head_is_behind_its_anchor(void **state)
{
    uint8_t root[32];
    (void)state;
    append_committed(9);
    sign_head();
    store_root(store, root);
    assert_int_equal(run_sql("DELETE FROM event WHERE sequence >= 6"), SQLITE_OK);
    reopen();
    assert_true(store_size(store) == 6);
    assert_int_equal(store_check_anchor(store, 1, 9, root), ERR_BEHIND);
}

static void of_older_checkpoints_one_in_a_thousand_events_is_kept(void **state)
{
    char out[NOTE_MAX];
    size_t length;
    uint64_t size;
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        append_committed(100);
        sign_head();
    }
    assert_int_equal(run_sql("CREATE TEMP TABLE three (a INTEGER CHECK (a = 3)) STRICT;"
                             "INSERT INTO three SELECT count(*) FROM checkpoint"),
                     SQLITE_OK); /* 1000, 2000, 3000 */
    assert_int_equal(store_checkpoint(store, 1, out, sizeof out, &length, &size), 0);
    assert_true(size == 3000);
    open_epoch(2, 0);
    assert_int_equal(store_checkpoint(store, 2, out, sizeof out, &length, &size), ERR_UNKNOWN);
    sign_head();
    assert_int_equal(store_checkpoint(store, 2, out, sizeof out, &length, &size), 0);
    assert_true(size == 1);
    assert_int_equal(store_checkpoint(store, 1, out, sizeof out, &length, &size), 0);
    assert_true(size == 3000);
}

/* ---- nodes ---- */

static uint64_t position;

static int add_node(void *context, const struct store_event *event)
{
    (void)context;
    return store_nodes_add(store, event);
}

static void fill(uint64_t step)
{
    while (position < store_size(store)) {
        uint64_t to = position + step < store_size(store) ? position + step : store_size(store);
        assert_int_equal(store_begin(store), 0);
        assert_int_equal(store_walk(store, position, to, add_node, NULL), 0);
        assert_int_equal(store_nodes_seen(store), 0);
        assert_int_equal(store_commit(store), 0);
        position = to;
    }
}

static void assert_nodes(int low, int high)
{
    char sql[300];
    snprintf(
        sql, sizeof sql,
        "DROP TABLE IF EXISTS temp.n; CREATE TEMP TABLE n (a INTEGER CHECK (a = %d), b INTEGER "
        "CHECK (b = %d)) STRICT; INSERT INTO n SELECT sum(height = 8), sum(height = 16) FROM "
        "node",
        low, high);
    assert_int_equal(run_sql(sql), SQLITE_OK);
}

static int leaf_of(void *tree, const struct store_event *event)
{
    uint8_t leaf[32];
    store_leaf(event, leaf);
    tree_append(tree, leaf);
    return 0;
}

static void assert_subtrees(void)
{
    const struct store_epoch *e = store_epoch(store);
    uint64_t size = store_size(store) - e->first;
    uint8_t root[32], found[32];
    struct tree tree;
    store_root(store, root);
    assert_int_equal(store_subtree(store, e, 0, size, found), 0);
    assert_memory_equal(root, found, 32);
    for (uint64_t at = 0; at < size; at += 1 + size / 13) {
        tree_begin(&tree, 0);
        assert_int_equal(store_walk(store, e->first, e->first + at + 1, leaf_of, &tree), 0);
        tree_root(&tree, root);
        assert_int_equal(store_subtree(store, e, 0, at + 1, found), 0);
        assert_memory_equal(root, found, 32);
    }
}

static void nodes_are_the_same_however_they_were_filled(void **state)
{
    (void)state;
    assert_int_equal(store_nodes_open(store, &position), 0);
    assert_true(position == 0);
    append_committed(700);
    fill(97);
    assert_nodes(2, 0);
    assert_subtrees();
    reopen();
    assert_int_equal(store_nodes_open(store, &position), 0);
    assert_true(position == 512); /* the last block is begun again */
    append_committed(400);
    fill(1000);
    assert_nodes(4, 0);
    assert_subtrees();
    open_epoch(2, 600);
    fill(300);
    assert_nodes(6, 0);
    assert_subtrees();
    reopen();
    assert_int_equal(store_nodes_open(store, &position), 0);
    assert_true(position == 1100 + 512);
    assert_int_equal(store_nodes_drop(store), 0);
    assert_int_equal(run_sql("INSERT INTO node VALUES (1, 9, 9, x'00')"), SQLITE_OK);
    position = 0;
    fill(5000);
    assert_nodes(6, 0);
    assert_subtrees();
}

static void large_subtrees_are_stored_too(void **state)
{
    (void)state;
    assert_int_equal(store_nodes_open(store, &position), 0);
    append_committed(66000);
    fill(4096);
    assert_nodes(257, 1);
    reopen();
    assert_int_equal(store_nodes_open(store, &position), 0);
    append_committed(66000);
    fill(4096);
    assert_nodes(515, 2);
    assert_subtrees();
}

/* ---- what leaves ---- */

static char text[EVIDENCE_MAX + 1], changed[EVIDENCE_MAX + 1];
static size_t length;
static struct evidence found;

static int subtree(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    return store_subtree(store, context, from, to, out);
}

static int check(const char *what, size_t n, const struct note_checkpoint *since)
{
    char *copy = malloc(n ? n : 1); /* of exactly this size, so that reading past it is seen */
    memcpy(copy, what, n);
    int r = evidence_check(bytes_view_of(copy, n), public_key, since, &found);
    free(copy);
    assert_true((r == 0) == (found.why[0] == '\0'));
    return r;
}

static void prove(uint64_t sequence)
{
    struct bytes_put put = bytes_into(text, sizeof text);
    struct store_epoch epoch;
    struct store_event event;
    struct proof proof;
    char note[NOTE_MAX];
    size_t n;
    uint64_t behind, size;
    assert_int_equal(store_epoch_of(store, sequence, &epoch, &behind), 0);
    assert_int_equal(store_checkpoint(store, epoch.number, note, sizeof note, &n, &size), 0);
    assert_int_equal(proof_inclusion(sequence - epoch.first, size, subtree, &epoch, &proof), 0);
    assert_int_equal(store_read(store, sequence, &event), 0);
    evidence_write_record(&event, sequence - epoch.first, &proof, bytes_view_of(note, n), &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
}

static void checkpoint(uint32_t epoch, char note[static NOTE_MAX], struct note_checkpoint *ret)
{
    size_t n;
    uint64_t size;
    assert_int_equal(store_checkpoint(store, epoch, note, NOTE_MAX, &n, &size), 0);
    assert_int_equal(note_check(public_key, bytes_view_of(note, n), ret), 0);
}

static void prove_growth(const char *old_note)
{
    struct bytes_put put = bytes_into(text, sizeof text);
    struct note_checkpoint old, new;
    struct store_epoch epoch = *store_epoch(store);
    struct proof proof;
    char note[NOTE_MAX];
    checkpoint(epoch.number, note, &new);
    assert_int_equal(note_check(public_key, bytes_text(old_note), &old), 0);
    assert_int_equal(proof_consistency(old.size, new.size, subtree, &epoch, &proof), 0);
    evidence_write_consistency(bytes_text(old_note), &proof, bytes_text(note), &put);
    assert_int_equal(bytes_put_done(&put, &length), 0);
}

static void a_record_is_proved_by_itself(void **state)
{
    (void)state;
    append_committed(300);
    sign_head();
    open_epoch(2, 300);
    sign_head();
    for (uint64_t i = 0; i < store_size(store); i += 37) {
        struct store_event event;
        prove(i);
        assert_int_equal(check(text, length, NULL), 0);
        assert_int_equal(found.kind, EVIDENCE_RECORD);
        assert_true(found.record.sequence == i && found.index == (i < 300 ? i : i - 300));
        assert_int_equal(store_read(store, i, &event), 0);
        assert_true(bytes_equal(found.record.payload, event.payload));
        assert_string_equal(found.head.origin,
                            i < 300 ? "casemate/" ENCLAVE "/1" : "casemate/" ENCLAVE "/2");
    }
    /* its neighbours are in it as hashes only */
    prove(299);
    assert_non_null(memmem(text, length, "index 299\n", 10));
    assert_null(strstr(text, "event 298"));
    assert_true(length < 1600);
}

static void refuses_every_bit_of_a_record_changed_and_every_cut(void **state)
{
    (void)state;
    append_committed(11);
    sign_head();
    prove(6);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(changed, text, length);
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        if (check(changed, length, NULL) == 0)
            fail_msg("bit %zu was changed and it verified", bit);
    }
    for (size_t n = 0; n < length; n++)
        assert_int_not_equal(check(text, n, NULL), 0);
    memcpy(changed, text, length);
    changed[length] = '\n';
    assert_int_not_equal(check(changed, length + 1, NULL), 0);
    public_key[3] ^= 1;
    assert_int_equal(check(text, length, NULL), ERR_KEY);
}

static void growth_is_proved_between_two_checkpoints(void **state)
{
    char first[NOTE_MAX], second[NOTE_MAX], third[NOTE_MAX];
    struct note_checkpoint a, b, c;
    (void)state;
    append_committed(300);
    sign_head();
    checkpoint(1, first, &a);
    append_committed(1000);
    sign_head();
    checkpoint(1, second, &b);
    prove_growth(first);
    assert_int_equal(check(text, length, NULL), 0);
    assert_int_equal(found.kind, EVIDENCE_CONSISTENCY);
    assert_true(found.old.size == 300 && found.head.size == 1300);
    assert_int_equal(check(text, length, &a), 0);
    assert_int_equal(check(text, length, &b), 0);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        memcpy(changed, text, length);
        changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
        if (check(changed, length, NULL) == 0)
            fail_msg("bit %zu was changed and it verified", bit);
    }
    for (size_t n = 0; n < length; n++)
        assert_int_not_equal(check(text, n, NULL), 0);
    /* one that another log was kept of, or another size */
    c = a;
    c.root[0] ^= 1;
    assert_int_equal(check(text, length, &c), ERR_DIGEST);
    append_committed(5);
    sign_head();
    checkpoint(1, third, &c);
    assert_int_equal(check(text, length, &c), ERR_STATE);
    assert_int_equal(check(third, strlen(third), &a), ERR_STATE);
    assert_int_equal(check(third, strlen(third), &c), 0);
    prove_growth(third);
    assert_int_equal(check(text, length, &c), 0); /* from itself: no hashes */
    strcpy(c.origin, "casemate/" ENCLAVE "/2");
    assert_int_equal(check(text, length, &c), ERR_STATE);
}

static void a_skeleton_is_compared_with_what_was_kept(void **state)
{
    char first[NOTE_MAX], second[NOTE_MAX];
    struct note_checkpoint a, b;
    (void)state;
    append_committed(30);
    open_epoch(2, 9);
    sign_head();
    checkpoint(2, first, &a);
    append_committed(30);
    sign_head();
    checkpoint(2, second, &b);
    int fd = open("skeleton", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(skeleton_write(store, fd, store_epoch(store)->first, bytes_text(second), 40),
                     0);
    length = (size_t)pread(fd, text, sizeof text, 0);
    close(fd);
    assert_int_equal(check(text, length, NULL), 0);
    assert_int_equal(found.kind, EVIDENCE_SKELETON);
    assert_true(found.head.size == 40);
    assert_int_equal(check(text, length, &a), 0);
    assert_int_equal(check(text, length, &b), 0);
    a.root[5] ^= 1;
    assert_int_equal(check(text, length, &a), ERR_DIGEST);
    assert_non_null(strstr(found.why, "first 10 events"));
    a.size = 41;
    assert_int_equal(check(text, length, &a), ERR_STATE);
    /* a line that is gone is named by its sequence */
    size_t gone = length - 31 * 116;
    memmove(text + gone, text + gone + 116, 30 * 116);
    memset(text + length - 116, '0', 116);
    assert_int_not_equal(check(text, length, NULL), 0);
    assert_non_null(strstr(found.why, "event 39 is missing"));
}

static void the_newest_checkpoint_is_found_in_any_file(void **state)
{
    char first[NOTE_MAX], second[NOTE_MAX];
    struct note_checkpoint a, b;
    struct bytes_view note;
    (void)state;
    append_committed(3);
    sign_head();
    checkpoint(1, first, &a);
    append_committed(3);
    sign_head();
    checkpoint(1, second, &b);
    prove_growth(first);
    assert_int_equal(evidence_head(bytes_view_of(text, length), public_key, &note, &a), 0);
    assert_true(bytes_equal_text(note, second) && a.size == 6);
    prove(2);
    assert_int_equal(evidence_head(bytes_view_of(text, length), public_key, &note, &a), 0);
    assert_true(bytes_equal_text(note, second));
    assert_int_equal(evidence_head(bytes_text(first), public_key, &note, &a), 0);
    assert_true(a.size == 3);
    assert_int_equal(evidence_head(bytes_text("something"), public_key, &note, &a), ERR_FORMAT);
    assert_int_equal(evidence_head(bytes_text(""), public_key, &note, &a), ERR_FORMAT);
    assert_int_not_equal(evidence_head(bytes_view_of(text, 40), public_key, &note, &a), 0);
}

#define EPOCH_CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest cases[] = {
        EPOCH_CASE(sequences_go_on_and_trees_begin_anew),
        EPOCH_CASE(an_epoch_that_is_rolled_back_was_never_opened),
        EPOCH_CASE(refuses_an_epoch_that_cannot_be_the_next),
        EPOCH_CASE(an_anchor_is_of_its_epoch),
        EPOCH_CASE(a_log_shorter_than_its_own_head_is_behind_its_anchor),
        EPOCH_CASE(of_older_checkpoints_one_in_a_thousand_events_is_kept),
        EPOCH_CASE(nodes_are_the_same_however_they_were_filled),
        EPOCH_CASE(large_subtrees_are_stored_too),
        EPOCH_CASE(a_record_is_proved_by_itself),
        EPOCH_CASE(refuses_every_bit_of_a_record_changed_and_every_cut),
        EPOCH_CASE(growth_is_proved_between_two_checkpoints),
        EPOCH_CASE(a_skeleton_is_compared_with_what_was_kept),
        EPOCH_CASE(the_newest_checkpoint_is_found_in_any_file),
    };
    return cmocka_run_group_tests_name("store/epoch", cases, NULL, NULL);
}

/* A log behind its anchor: what is kept of a loss, and which anchor is the epoch granted for it;
 * and the whole log against its heads. */
#include "tests/enclave/store/opened.h"

#include "crypto/note.h"
#include "enclave/store/behind.h"
#include "enclave/store/verify.h"

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

static struct loss lost(void)
{
    struct loss loss = {.enclave = ENCLAVE, .signed_log = {.epoch = 1, .size = 40}};
    memset(loss.signed_log.root, 9, 32);
    behind_here(store, &loss.here);
    return loss;
}

/* ---- the loss ---- */

static void what_lies_here_is_the_last_epoch(void **state)
{
    struct loss_log here;
    uint8_t root[32];
    (void)state;
    append_committed(7);
    behind_here(store, &here);
    store_root(store, root);
    assert_true(here.epoch == 1 && here.size == 7);
    assert_memory_equal(here.root, root, 32);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, 3), 0);
    append("the first of another epoch");
    assert_int_equal(store_commit(store), 0);
    behind_here(store, &here);
    assert_true(here.epoch == 3 && here.size == 1);
}

static void a_loss_is_kept_and_taken_again(void **state)
{
    uint8_t kept[BEHIND_KEPT];
    struct bytes_put put = bytes_into(kept, sizeof kept);
    struct loss again = {.enclave = ENCLAVE};
    int64_t signed_ms = 0;
    (void)state;
    append_committed(3);
    struct loss loss = lost();
    behind_put(&put, &loss, 1795000000000);
    assert_int_equal(bytes_put_length(&put), sizeof kept);
    struct bytes in = bytes_over(kept, sizeof kept);
    behind_take(&in, &again, &signed_ms);
    assert_int_equal(bytes_done(&in), 0);
    assert_true(signed_ms == 1795000000000);
    uint8_t before[32], after[32];
    loss_digest(&loss, before);
    loss_digest(&again, after);
    assert_memory_equal(before, after, 32);
    in = bytes_over(kept, sizeof kept - 1); /* short */
    behind_take(&in, &again, &signed_ms);
    assert_int_not_equal(bytes_done(&in), 0);
}

static void the_sentence_says_what_is_lost(void **state)
{
    char text[BEHIND_SENTENCE];
    (void)state;
    append_committed(3);
    struct loss loss = lost();
    assert_string_equal(behind_sentence(&loss, text, sizeof text),
                        "The auditor has signed a log of 40 events, and 3 lie here: 37 are gone.");
    loss.signed_log.size = 3;
    assert_non_null(strstr(behind_sentence(&loss, text, sizeof text), "other events lie here: 3"));
    loss.signed_log.epoch = 2;
    assert_non_null(strstr(behind_sentence(&loss, text, sizeof text),
                           "3 events of epoch 2 of this log, and here it ends in epoch 1"));
}

/* Only the epoch that follows, with nothing in it, and only over the log that it was granted for.
 */
static void an_anchor_is_the_epoch_that_was_granted_for_exactly_this(void **state)
{
    struct loss_log here;
    (void)state;
    append_committed(3);
    struct loss loss = lost();
    behind_here(store, &here);
    assert_true(behind_was_granted(&loss, &here, 2, 0));
    assert_false(behind_was_granted(&loss, &here, 2, 1));
    assert_false(behind_was_granted(&loss, &here, 1, 0));
    assert_false(behind_was_granted(&loss, &here, 3, 0));
    append_committed(1);
    behind_here(store, &here);
    assert_false(behind_was_granted(&loss, &here, 2, 0));
    behind_here(store, &loss.here);
    loss.here.root[31] ^= 1;
    assert_false(behind_was_granted(&loss, &here, 2, 0));
}

/* ---- the whole log ---- */

static int count(void *context, const struct store_event *stored)
{
    (void)stored;
    ++*(unsigned *)context;
    return 0;
}

static int refuse_fifth(void *context, const struct store_event *stored)
{
    (void)context;
    return stored->sequence == 4 ? ERR_FORMAT : 0;
}

/* A head over what is committed, which ${by} signs. */
static void sign_head(const struct secret *by)
{
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct note_checkpoint c = {0};
    uint64_t old_size;
    char note[NOTE_MAX];
    size_t length;
    assert_int_equal(store_head(store, &put, &old_size, &c.size, c.root), 0);
    snprintf(c.origin, sizeof c.origin, "casemate/" ENCLAVE "/%u", store_epoch(store)->number);
    assert_int_equal(note_sign(by, &c, note, &length), 0);
    assert_int_equal(store_head_signed(store, c.size, bytes_view_of(note, length)), 0);
}

static void every_epoch_is_compared_with_its_head(void **state)
{
    unsigned seen = 0;
    uint64_t behind_heads = 99;
    (void)state;
    append_committed(8);
    assert_int_equal(store_verify(store, public_key, count, &seen, &behind_heads), 0);
    assert_true(seen == 0 && behind_heads == 0); /* no head yet */
    sign_head(seed);
    assert_int_equal(store_begin(store), 0);
    assert_int_equal(store_epoch_open(store, 3), 0); /* numbers may be left out */
    append("the first of another epoch");
    assert_int_equal(store_commit(store), 0);
    append_committed(4);
    sign_head(seed);
    append_committed(2);
    assert_int_equal(store_verify(store, public_key, count, &seen, &behind_heads), 0);
    assert_true(seen == 13 && behind_heads == 13);
    seen = 0;
    assert_int_equal(store_verify_last(store, count, &seen), 0);
    assert_int_equal(seen, 7); /* what is behind the head, too */
    assert_int_equal(store_verify(store, public_key, refuse_fifth, NULL, &behind_heads),
                     ERR_FORMAT);
}

static void a_head_of_another_key_is_refused(void **state)
{
    struct secret *other = secret_of(7, 32);
    unsigned seen = 0;
    uint64_t behind_heads;
    (void)state;
    append_committed(3);
    sign_head(other);
    assert_int_equal(store_verify(store, public_key, count, &seen, &behind_heads), ERR_KEY);
    assert_int_equal(seen, 0);
    secret_free(other);
}

int main(void)
{
#define BOTH(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest cases[] = {
        BOTH(what_lies_here_is_the_last_epoch),
        BOTH(a_loss_is_kept_and_taken_again),
        BOTH(the_sentence_says_what_is_lost),
        BOTH(an_anchor_is_the_epoch_that_was_granted_for_exactly_this),
        BOTH(every_epoch_is_compared_with_its_head),
        BOTH(a_head_of_another_key_is_refused),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

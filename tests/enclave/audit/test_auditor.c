/* The auditor: what it has answered is on the disk whatever call fails, what does not continue a
 * log is not signed, and a new epoch takes two people's word. */
#include "tests/enclave/audit/living.h"

#include "enclave/store/loss.h"

/* ---- what it does when nothing fails ---- */

static void a_whole_day(void)
{
    a_day();
    if (!export_verifies())
        _exit(WRONG);
}

static void what_was_signed_and_left_open_is_known_in_the_next_life(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_whole_day), DONE);
    assert_true(seen->size == 9);
    assert_true(seen->checkpoints == 2);
    assert_true(seen->acked[1] && seen->acked[2] && seen->acked[0]);
    assert_int_equal(seen->asked_again, 0);
    assert_true(seen->records_told > 4);
    seen->size = 0;
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->size == 9);
    assert_true(seen->asked[2] && seen->asked[0] && !seen->asked[1]);
    assert_int_equal(seen->asked_again, 2);
}

static void a_kernel_that_takes_no_records_is_asked_once(void **state)
{
    (void)state;
    kernel_takes = 0;
    assert_int_equal(in_a_life(a_whole_day), DONE);
    assert_int_equal(seen->records_told, 1);
}

/* ---- what is not signed ---- */

static void heads_that_do_not_continue(void)
{
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    ask_head(2, 7, false, true); /* not from what was signed */
    turn();
    ask_head(5, 5, false, true); /* nothing new */
    turn();
    ask_head(5, 8, false, false);
    turn();
    seen->epoch = 4;
    ask_head(5, 8, false, true);
    turn();
}

static void only_what_continues_the_log_is_signed(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(heads_that_do_not_continue), DONE);
    assert_int_equal(seen->checkpoints, 1);
    assert_int_equal(seen->anchors, 4); /* shown to whoever missed something */
    assert_true(seen->size == 5);
}

static void a_digest_of_no_length(void)
{
    struct message m = {.number = MESSAGE_HEAD};
    struct tree old, run;
    uint8_t proof[TREE_PROOF_MAX], hot[5] = {0};
    struct bytes_put put = bytes_into(proof, sizeof proof);
    size_t length;
    tree_begin(&old, 0);
    tree_begin(&run, 0);
    grow(&run, 2);
    tree_proof_write(&old, &run, &put);
    tree_root(&run, m.head.root);
    if (bytes_put_done(&put, &length) != 0)
        abort();
    m.head.epoch = 1;
    m.head.size = 2;
    m.head.proof = bytes_view_of(proof, length);
    m.head.hot = bytes_view_of(hot, sizeof hot);
    give(&box.worker, &m);
}

static void a_message_of_another(void)
{
    give(&box.worker, &(struct message){.number = MESSAGE_CHECKPOINT});
}

static void a_command_of_another(void)
{
    handlers->command(handlers->context, 1, 1);
}

static void malformed_messages_end_it(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_digest_of_no_length), DIED);
    assert_int_equal(in_a_life(a_message_of_another), DIED);
    assert_int_equal(in_a_life(a_command_of_another), DIED);
    assert_int_equal(seen->checkpoints, 0);
    assert_int_equal(in_a_life(nothing_more), DONE);
}

/* ---- a new epoch ---- */

static char bodies[2][LOSS_BODY + 20];
static uint8_t words[2][STATEMENT_MAX];

static struct bytes_view consent(int which, uint8_t person, const struct loss *loss)
{
    struct statement s = {.factor = STATEMENT_FIDO2,
                          .at_ms = 1795000000000,
                          .operation = LOSS_OPERATION,
                          .name = "An Officer",
                          .meaning = "I know what is lost."};
    uint8_t digest[32];
    char hex[65];
    size_t length;
    loss_digest(loss, digest);
    bytes_to_hex(digest, 32, hex);
    snprintf(bodies[which], sizeof bodies[which],
             "{\"id\":\"01a1ffd4-5c95-7c2f-83fb-13c6026c04a%d\",\"loss\":\"%s\"}", which, hex);
    memset(s.person, person, sizeof s.person);
    memset(s.natural, person, sizeof s.natural);
    strcpy(s.enclave, ENCLAVE);
    if (statement_action_digest(LOSS_OPERATION_NAME, ENCLAVE, bytes_text(bodies[which]),
                                s.action) != 0 ||
        statement_sign(statement_key, &s, words[which], &length) != 0)
        abort();
    return bytes_view_of(words[which], length);
}

static void ask_epoch(struct peer *peer, uint32_t epoch, uint8_t first, uint8_t second)
{
    struct message m = {.number = MESSAGE_EPOCH};
    struct loss loss = {.signed_log = {.epoch = seen->epoch, .size = seen->size},
                        .here = {.epoch = 1, .size = 2}};
    strcpy(loss.enclave, ENCLAVE);
    memcpy(loss.signed_log.root, seen->root, 32);
    memset(loss.here.root, 0xbb, 32);
    m.epoch.epoch = epoch;
    m.epoch.here = 1;
    m.epoch.size = 2;
    memcpy(m.epoch.root, loss.here.root, 32);
    m.epoch.first_statement = consent(0, first, &loss);
    m.epoch.second_statement = consent(1, second, &loss);
    m.epoch.first_body = bytes_text(bodies[0]);
    m.epoch.second_body = bytes_text(bodies[1]);
    give(peer, &m);
    turn();
}

static void epochs_that_may_not_begin(void)
{
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    ask_epoch(&box.worker, 3, 1, 2);
    ask_epoch(&box.worker, 1, 1, 2);
    ask_epoch(&box.identity, 2, 1, 2);
    ask_epoch(&box.worker, 2, 1, 1); /* by one person alone */
}

static void a_new_epoch_is_the_next_and_by_two_people(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(epochs_that_may_not_begin), DONE);
    assert_int_equal(seen->epochs_refused, 4);
    assert_int_equal(seen->epoch, 1);
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->epoch == 1 && seen->size == 5);
}

static void an_epoch_begins(void)
{
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    ask_epoch(&box.worker, 2, 1, 2);
    if (seen->epoch != 2 || seen->size != 0)
        _exit(WRONG);
    seen->epoch = 0;
    ask_epoch(&box.worker, 2, 1, 2); /* its answer was lost */
    if (seen->epoch != 2)
        _exit(WRONG);
    ask_head(0, 1, false, true);
    turn();
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    turn();
}

static void an_epoch_is_known_in_the_next_life_also_from_a_new_segment(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(an_epoch_begins), DONE);
    assert_int_equal(seen->epochs_refused, 0);
    seen->epoch = 0;
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->epoch == 2 && seen->size == 1);
}

/* ---- identity's log, whose people cannot sign for what their own records have lost ---- */

static void custodians_agree(const struct loss *loss)
{
    struct message m = {.number = MESSAGE_AUDIT};
    struct peer keeper = box.identity;
    keeper.program = PROGRAM_KEEPER;
    m.audit.type = AUDIT_TYPE_LOSS;
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    m.audit.id[0] = 1;
    loss_digest(loss, m.audit.after);
    give(&keeper, &m);
    turn();
}

static void an_epoch_of_identity_s_log(void)
{
    struct loss loss = {.here = {.epoch = 1, .size = 2}};
    box.worker = box.identity; /* heads are asked for as identity */
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    loss.signed_log = (struct loss_log){.epoch = seen->epoch, .size = seen->size};
    memcpy(loss.signed_log.root, seen->root, 32);
    memset(loss.here.root, 0xbb, 32);
    strcpy(loss.enclave, "identity");
    loss.here.size = 3;
    custodians_agree(&loss);
    ask_epoch(&box.identity, 2, 1, 2);
    if (seen->epochs_refused != 1 || seen->epoch != 1) /* they agreed to another loss */
        _exit(WRONG);
    loss.here.size = 2;
    custodians_agree(&loss);
    ask_epoch(&box.identity, 2, 1, 2);
    if (seen->epoch != 2 || seen->size != 0)
        _exit(WRONG);
    ask_head(0, 2, false, true);
    turn();
    ask_epoch(&box.identity, 3, 1, 2); /* their word was for one loss alone */
}

static void identity_s_epoch_takes_the_custodians_word_for_this_loss(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(an_epoch_of_identity_s_log), DONE);
    assert_int_equal(seen->epochs_refused, 2);
    assert_int_equal(seen->epoch, 2);
}

/* ---- room ---- */

static void more_than_can_be_followed(void)
{
    struct message m = {.number = MESSAGE_AUDIT};
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    for (unsigned i = 0; i < INTENTS_OF_ONE + 2; i++) {
        m.audit.id[0] = 1;
        memcpy(m.audit.id + 4, &i, 4);
        give(&box.worker, &m);
    }
    turn();
}

static void an_intent_more_than_can_be_followed_is_refused(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(more_than_can_be_followed), DONE);
    assert_int_equal(seen->refused, 2);
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_int_equal(seen->asked_again, INTENTS_OF_ONE);
}

static void a_disk_that_fills(void)
{
    ask_anchor();
    ask_head(0, 3, false, true);
    turn();
    disk_room(disk, disk_used(disk));
    for (unsigned i = 0; i < 3000; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, "denied, and much is said about it again");
    turn();
    tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    each_second(each_second_context);
    if (!seen->full || seen->acked[2])
        _exit(WRONG);
    for (unsigned i = 0; i < 12000; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, "denied, and much is said about it again");
    turn();
    uint64_t signed_size = seen->size;
    for (unsigned i = 0; i < ACKS_MAX + 3; i++)
        ask_head(3, 4 + i % 2, false, true);
    turn();
    if (seen->size != signed_size)
        _exit(WRONG);
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    if (seen->outcome == 0)
        _exit(WRONG);
    disk_room(disk, 0);
    each_second(each_second_context);
    turn();
    tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    if (seen->full || !seen->acked[2])
        _exit(WRONG);
}

static void a_full_disk_refuses_intents_until_there_is_room(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_disk_that_fills), DONE);
    assert_true(seen->refused > 0);
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->asked[2]);
}

static void a_reopening_that_the_disk_has_no_room_for(void)
{
    for (unsigned i = 0; i < 3; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, "denied while it is closed");
    disk_room(disk, 1);
    handlers->command(handlers->context, 6, AUDITOR_REOPEN);
    if (seen->outcome == 0 || seen->full != JOURNAL_STATE_SHUT)
        _exit(WRONG);
    disk_room(disk, 0);
    handlers->command(handlers->context, 6, AUDITOR_REOPEN);
    if (seen->outcome != 0)
        _exit(WRONG);
}

static void what_was_lost_is_counted_until_the_gap_is_on_record(void **state)
{
    unsigned lost = 0;
    (void)state;
    assert_int_equal(in_a_life(nothing_more), DONE);
    seen->told_unsure = true;
    assert_int_equal(in_a_life(a_reopening_that_the_disk_has_no_room_for), DONE);
    const char *at = strstr(seen->sentence, "Z, ");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "Z, %u lost", &lost), 1);
    assert_in_range(lost, 3, 4); /* with the gap itself, which the full disk did not take */
}

/* ---- the k-th call, for every k ---- */

static unsigned calls;
static int call_error;
static uint64_t nth;
static bool of_memory;

static int life_with_a_failure(void)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(WRONG);
        make_keys();
        if (of_memory)
            memory_fail(nth, false);
        else
            disk_fail(disk, calls, nth, call_error);
        bool on = begin();
        if (on) {
            a_day();
            handlers->stopping(handlers->context);
        }
        seen->reached = of_memory ? memory_failed() : disk_failed(disk);
        memory_fail(0, false);
        _exit(on ? DONE : NOT_STARTED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Every call of a life behind another fails once: what was answered until then is there. */
static uint64_t for_every_call(void)
{
    uint64_t trials = 0;
    disk_clear(disk, 7);
    assert_int_equal(in_a_life(nothing_more), DONE);
    disk_copy_whole(disk, before);
    for (nth = 1;; nth++) {
        memset((char *)seen + sizeof seen->machine, 0, sizeof *seen - sizeof seen->machine);
        disk_clear(disk, nth);
        disk_copy_whole(before, disk);
        int end = life_with_a_failure();
        assert_true(end == DONE || end == DIED || end == NOT_STARTED || end == UNSURE);
        if (end == DONE && !seen->reached)
            return trials;
        trials++;
        disk_fail(disk, 0, 0, 0);
        seen->told_unsure = nth % 2 && end == UNSURE; /* nobody remembers behind a power cut */
        if (nth % 2)
            disk_kill(disk);
        else
            disk_cut(disk, nth);
        struct seen was = *seen;
        memset(seen->asked, 0, sizeof seen->asked);
        if (in_a_life(nothing_more) != DONE)
            fail_msg("calls %x error %d: behind the %luth it does not start", calls, call_error,
                     (unsigned long)nth);
        assert_true(seen->size >= was.size);
        assert_true(seen->size != was.size || memcmp(seen->root, was.root, 32) == 0);
        assert_true(seen->asked[2] || !was.acked[2]);
        assert_true(seen->asked[0] || !was.acked[0]);
    }
}

static void what_was_answered_is_there_whatever_the_disk_does(void **state)
{
    static const struct {
        unsigned calls;
        int error;
    } kinds[] = {{DISK_ANY, EIO},
                 {DISK_BIT(DISK_WRITE) | DISK_BIT(DISK_OPEN) | DISK_BIT(DISK_TRUNCATE), ENOSPC},
                 {DISK_BIT(DISK_WRITE) | DISK_BIT(DISK_READ), EINTR},
                 {DISK_BIT(DISK_WRITE) | DISK_BIT(DISK_OPEN), EDQUOT},
                 {DISK_BIT(DISK_WRITE), 0}};
    (void)state;
    of_memory = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        calls = kinds[i].calls;
        call_error = kinds[i].error;
        assert_true(for_every_call() > 20);
    }
}

static void what_was_answered_is_there_when_memory_runs_out(void **state)
{
    (void)state;
    of_memory = true;
    assert_true(for_every_call() > 1);
}

int main(void)
{
#undef CASE
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(what_was_signed_and_left_open_is_known_in_the_next_life),
        CASE(a_kernel_that_takes_no_records_is_asked_once),
        CASE(only_what_continues_the_log_is_signed),
        CASE(malformed_messages_end_it),
        CASE(a_new_epoch_is_the_next_and_by_two_people),
        CASE(an_epoch_is_known_in_the_next_life_also_from_a_new_segment),
        CASE(identity_s_epoch_takes_the_custodians_word_for_this_loss),
        CASE(an_intent_more_than_can_be_followed_is_refused),
        CASE(a_full_disk_refuses_intents_until_there_is_room),
        CASE(what_was_lost_is_counted_until_the_gap_is_on_record),
        CASE(what_was_answered_is_there_whatever_the_disk_does),
        CASE(what_was_answered_is_there_when_memory_runs_out),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

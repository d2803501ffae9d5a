/* Lines whose chain is right and whose form is not, sealed segments that lie at another's place,
 * and what becomes of an auditor whose disk is full while many wait. */
#include "tests/enclave/audit/living.h"

static char text[8192];
static size_t used;
static char chain[65];

static void file_begin(void)
{
    used = 0;
    memset(chain, '0', 64);
    chain[64] = '\0';
}

/* A line of the journal with its chain. */
static void line(const char *fields)
{
    static char bytes[8192];
    uint8_t digest[32];
    size_t n = strlen(fields);
    memcpy(bytes, chain, 64);
    memcpy(bytes + 64, fields, n);
    hash_content("casemate/journal/1", bytes_view_of(bytes, 64 + n), digest);
    bytes_to_hex(digest, 32, chain);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %s\n", fields, chain);
}

static void none(void *context, const char *origin, const char *kind, char *fields)
{
    (void)context, (void)origin, (void)kind, (void)fields;
}

static int opens(void)
{
    struct journal *j = NULL;
    disk_put(disk, JOURNAL_FILE, text, used);
    int r = journal_open(none, NULL, &j);
    if (r == 0)
        journal_close(j);
    disk_kill(disk);
    return r;
}

static int opens_with(const char *fields)
{
    file_begin();
    line(fields);
    return opens();
}

static void refuses_lines_in_another_form(void **state)
{
    static const char *const wrong[] = {
        "0",
        "0 17",
        "0 17 boot",
        "0 17 boot auditor/-",
        "7 17 boot auditor/- kind",
        "0x 17 boot auditor/- kind",
        "0 17x boot auditor/- kind",
        "0 17 boot a-program-of-a-name/that-is-longer-than-one-may-be kind",
    };
    (void)state;
    assert_int_equal(opens_with("0 17 boot auditor/- kind"), 0);
    assert_int_equal(opens_with("0 17 boot auditor/- kind and fields"), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (opens_with(wrong[i]) != ERR_FORMAT)
            fail_msg("\"%s\" was taken", wrong[i]);
}

static void refuses_a_line_without_its_chain_or_too_long(void **state)
{
    char longest[JOURNAL_LINE_MAX + 1];
    (void)state;
    used = (size_t)snprintf(text, sizeof text, "0 17 boot auditor/- kind\n");
    assert_int_equal(opens(), ERR_FORMAT);
    used = (size_t)snprintf(text, sizeof text, "0 17 boot auditor/- kind_%064d\n", 7);
    assert_int_equal(opens(), ERR_FORMAT);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "0 17 boot auditor/- kind ", 25);
    assert_int_equal(opens_with(longest), ERR_FORMAT);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void refuses_a_segment_that_does_not_say_where_it_goes_on(void **state)
{
    (void)state;
    assert_int_equal(opens_with("0 17 boot auditor/- segment 2 1 " ZEROS " 5 S"), 0);
    assert_int_equal(opens_with("0 17 boot auditor/- segment 2 0 " ZEROS " 5 S"), ERR_FORMAT);
    assert_int_equal(opens_with("0 17 boot auditor/- segment 2 1 00 5 S"), ERR_FORMAT);
    assert_int_equal(opens_with("0 17 boot auditor/- segment 2 1 g" ZEROS " 5 S"), ERR_FORMAT);
    file_begin();
    line("0 17 boot auditor/- segment 2 1 " ZEROS " 5 S");
    line("1-and-no-more");
    assert_int_equal(opens(), ERR_FORMAT);
    file_begin();
    line("0 17 boot auditor/- segment 2 1 " ZEROS " 5 S");
    line("1 more");
    assert_int_equal(opens(), ERR_FORMAT);
}

static void a_line_longer_than_one_may_be_is_not_kept(void **state)
{
    static char much[JOURNAL_LINE_MAX];
    struct journal *j;
    (void)state;
    memset(much, 'x', sizeof much - 1);
    assert_int_equal(journal_open(none, NULL, &j), 0);
    uint64_t lines = journal_lines(j);
    assert_int_equal(journal_add(j, "worker/-", "audit", much), ERR_SIZE);
    assert_true(journal_lines(j) == lines);
    assert_int_equal(journal_add(j, "worker/-", "audit", "short"), 0);
    struct segment_head head;
    assert_int_equal(journal_head(j, &head), ERR_STATE);
    assert_int_equal(journal_next(j, NULL, NULL), ERR_STATE);
    assert_int_equal(journal_sync(j), 0);
    journal_close(j);
    assert_int_equal(journal_open(none, NULL, &j), 0);
    journal_close(j);
    journal_close(NULL);
}

/* A write of which half reached the disk: the half line is taken back, and all of it comes later.
 */
static void a_line_of_which_half_fits_is_taken_back(void **state)
{
    struct journal *j;
    size_t was, n;
    (void)state;
    assert_int_equal(journal_open(none, NULL, &j), 0);
    assert_int_equal(journal_sync(j), 0);
    assert_non_null(disk_content(disk, JOURNAL_FILE, &was));
    for (int again = 0; again < 2; again++) {
        for (int i = 0; i < 5; i++)
            assert_int_equal(journal_add(j, "worker/-", "audit", "a record of some length"), 0);
        disk_room(disk, disk_used(disk) + 250);
        assert_int_equal(journal_write(j), ERR_FULL);
        assert_true(journal_unsynced(j));
        disk_room(disk, disk_used(disk) + 500);
        disk_fail(disk, DISK_BIT(DISK_WRITE), 1, 0);
        assert_int_equal(journal_write(j), ERR_FULL);
        assert_true(disk_failed(disk));
        const uint8_t *seen_now = disk_content(disk, JOURNAL_FILE, &n);
        assert_true(n == 0 || seen_now[n - 1] == '\n');
        disk_room(disk, 0);
        assert_int_equal(journal_sync(j), 0);
        disk_content(disk, JOURNAL_FILE, &n);
        assert_true(n > was);
        was = n;
    }
    journal_close(j);
}

static void a_journal_that_cannot_be_read_or_cut_is_not_opened(void **state)
{
    static const struct {
        unsigned call;
        uint64_t nth;
    } fails[] = {{DISK_BIT(DISK_READ), 1},
                 {DISK_BIT(DISK_READ), 2},
                 {DISK_BIT(DISK_TRUNCATE), 1},
                 {DISK_BIT(DISK_SYNC), 1},
                 {DISK_BIT(DISK_OPEN), 1}};
    struct journal *j;
    (void)state;
    for (int torn = 0; torn < 2; torn++) /* holes in the last write, or a line without its end */
        for (size_t i = 0; i < sizeof fails / sizeof *fails; i++) {
            disk_fail(disk, 0, 0, 0);
            file_begin();
            line("0 17 boot auditor/- kind");
            line("1 17 boot auditor/- kind");
            if (torn)
                text[used - 90] = '\0';
            else
                used -= 5;
            disk_put(disk, JOURNAL_FILE, text, used);
            disk_fail(disk, fails[i].call, fails[i].nth, EIO);
            assert_int_equal(journal_open(none, NULL, &j), ERR_SYSTEM);
            disk_kill(disk);
        }
    disk_fail(disk, 0, 0, 0);
    assert_int_equal(journal_open(none, NULL, &j), 0);
    assert_true(journal_lines(j) == 1);
    assert_true(journal_torn(j) == used - journal_length(j)); /* the holes and what is behind */
    journal_close(j);
    disk_put(disk, JOURNAL_FILE, text, used - 5);
    assert_int_equal(journal_open(none, NULL, &j), 0);
    assert_true(journal_torn(j) == used - 5 - journal_length(j) && journal_torn(j) > 60);
    journal_close(j);
    assert_int_equal(journal_open(none, NULL, &j), 0);
    assert_true(journal_torn(j) == 0);
    journal_close(j);
}

/* The reserve is given up for what waits; when that fails the process must end. */
static void a_reserve_that_cannot_be_given_up_is_a_failed_disk(void **state)
{
    static const unsigned calls[] = {DISK_BIT(DISK_OPEN), DISK_BIT(DISK_SYNC), 0};
    struct journal *j;
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        disk_clear(disk, 3);
        assert_int_equal(journal_open(none, NULL, &j), 0);
        assert_int_equal(journal_reserve(j), 0);
        assert_true(journal_has_reserve(j));
        assert_int_equal(journal_add(j, "worker/-", "audit", "a record"), 0);
        disk_room(disk, disk_used(disk));
        assert_int_equal(journal_percent(j), 100);
        disk_fail(disk, calls[i], calls[i] != 0, EIO);
        assert_int_equal(journal_sync(j), calls[i] ? ERR_SYSTEM : 0);
        assert_false(journal_has_reserve(j));
        disk_fail(disk, 0, 0, 0);
        assert_int_equal(journal_reserve(j), ERR_FULL);
        journal_close(j);
        disk_kill(disk);
    }
}

/* ---- sealed segments ---- */

static void two_segments(void)
{
    for (int i = 0; i < 2; i++) {
        tell(&box.worker, 1, AUDIT_OUTCOME_DONE, "something");
        turn();
        handlers->command(handlers->context, 4, AUDITOR_SEAL);
        turn();
    }
}

static void export_of_what_is_wrong(void)
{
    box.output = memfd_create("export", MFD_CLOEXEC);
    handlers->command(handlers->context, 5, AUDITOR_JOURNAL);
    for (int i = 0; i < 20; i++)
        turn();
    close(box.output);
}

static void a_backup_seals(void)
{
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    for (int i = 0; i < 20; i++)
        turn();
}

static void a_segment_at_another_s_place_is_not_exported(void **state)
{
    char first[SEGMENT_NAME], second[SEGMENT_NAME];
    static uint8_t copy[1 << 16];
    size_t n;
    (void)state;
    segment_name(1, first);
    segment_name(2, second);
    assert_int_equal(in_a_life(two_segments), DONE);
    assert_int_equal(in_a_life(export_of_what_is_wrong), DONE);
    assert_int_equal(seen->outcome, 0);
    const uint8_t *sealed = disk_content(disk, first, &n);
    assert_non_null(sealed);
    assert_true(n < sizeof copy);
    memcpy(copy, sealed, n);
    disk_put(disk, second, copy, n);
    assert_int_equal(in_a_life(export_of_what_is_wrong), DONE);
    assert_int_equal(seen->outcome, 1);
    assert_non_null(strstr(seen->sentence, "segment 2"));
    disk_drop(disk, second);
    assert_int_equal(in_a_life(export_of_what_is_wrong), DONE);
    assert_non_null(strstr(seen->sentence, "is missing"));
    disk_put(disk, second, copy, n / 2);
    assert_int_equal(in_a_life(export_of_what_is_wrong), DONE);
    assert_int_equal(seen->outcome, 1);
    disk_put(disk, second, copy, 20);
    assert_int_equal(in_a_life(export_of_what_is_wrong), DONE);
    assert_int_equal(seen->outcome, 1);
}

static void a_segment_that_is_not_as_it_was_sealed_is_named_to_a_backup(void **state)
{
    char second[SEGMENT_NAME];
    static uint8_t copy[1 << 16];
    size_t n;
    (void)state;
    segment_name(2, second);
    assert_int_equal(in_a_life(two_segments), DONE);
    assert_int_equal(in_a_life(a_backup_seals), DONE);
    assert_string_equal(seen->sentence, "sealed");
    const uint8_t *sealed = disk_content(disk, second, &n);
    assert_non_null(sealed);
    assert_true(n < sizeof copy);
    memcpy(copy, sealed, n);
    copy[n - 20] ^= 1;
    disk_put(disk, second, copy, n);
    assert_int_equal(in_a_life(a_backup_seals), DONE);
    assert_int_equal(seen->outcome, 0);
    assert_string_equal(seen->sentence, AUDITOR_SEALED_BUT " journal-000002.sealed");
    copy[n - 20] ^= 1;
    disk_put(disk, second, copy, n);
    assert_int_equal(in_a_life(a_backup_seals), DONE);
    assert_string_equal(seen->sentence, "sealed");
    disk_drop(disk, second);
    assert_int_equal(in_a_life(a_backup_seals), DONE);
    assert_string_equal(seen->sentence, AUDITOR_SEALED_BUT " journal-000002.sealed");
}

/* What is parsed must be what is printed: nothing else that a lenient reader would take. */
static void refuses_every_other_form_of_a_head(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {{"number 7", "number  7"},     {"number 7", "number 07"},
                   {"utc 5", "utc +5"},           {"length 9", "length 9 "},
                   {"chain 0", "chain "},         {" 1111", " 111"},
                   {"signature ", "signature  "}, {"\n\n", "\n"},
                   {"lines 3 4", "lines 3\t4"}};
    struct segment_head head = {
        .number = 7, .first = 3, .next = 4, .from_ms = 5, .to_ms = 6, .length = 9};
    char good[SEGMENT_HEAD_MAX], bad[SEGMENT_HEAD_MAX + 8];
    size_t length, taken;
    (void)state;
    memset(head.before, '0', 64);
    memset(head.after, '1', 64);
    assert_int_equal(segment_sign(checkpoint_key, &head), 0);
    assert_int_equal(segment_print(&head, good, &length), 0);
    assert_int_equal(segment_parse(bytes_text(good), public_key, &head, &taken), 0);
    assert_int_equal(taken, length);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char *at = strstr(good, changes[i].from);
        assert_non_null(at);
        snprintf(bad, sizeof bad, "%.*s%s%s", (int)(at - good), good, changes[i].to,
                 at + strlen(changes[i].from));
        if (segment_parse(bytes_text(bad), public_key, &head, &taken) != ERR_FORMAT)
            fail_msg("\"%s\" was taken", changes[i].to);
    }
    head.number = 8;
    assert_int_equal(segment_print(&head, good, &length), 0);
    assert_int_equal(segment_parse(bytes_text(good), public_key, &head, &taken), ERR_SIGNATURE);
}

/* A head, and lines, that are each right and do not belong together. */
static int check_of(const struct segment_head *heads, size_t count, const char *lines)
{
    struct segment_result result;
    char out[SEGMENT_HEAD_MAX];
    size_t n;
    FILE *f = tmpfile();
    assert_non_null(f);
    for (size_t i = 0; i < count; i++) {
        struct segment_head head = heads[i];
        assert_int_equal(segment_sign(checkpoint_key, &head), 0);
        assert_int_equal(segment_print(&head, out, &n), 0);
        assert_int_equal(fwrite(out, 1, n, f), n);
        if (i == 0)
            assert_int_equal(fwrite(lines, 1, strlen(lines), f), strlen(lines));
    }
    rewind(f);
    int r = segment_check(f, public_key, &result);
    fclose(f);
    return r;
}

static void an_export_that_does_not_hold_together_is_refused(void **state)
{
    struct segment_head heads[2] = {{.number = 1, .first = 0, .next = 1}, {0}};
    (void)state;
    file_begin();
    line("0 17 boot auditor/- kind");
    text[used] = '\0';
    memset(heads[0].before, '0', 64);
    memcpy(heads[0].after, chain, 65);
    heads[0].length = used;
    assert_int_equal(check_of(heads, 1, text), 0);
    heads[1] = (struct segment_head){.number = 2, .first = 1, .next = 1};
    memcpy(heads[1].before, chain, 65);
    memcpy(heads[1].after, chain, 65);
    assert_int_equal(check_of(heads, 2, text), 0);
    heads[1].number = 3;
    assert_int_equal(check_of(heads, 2, text), ERR_BEHIND);
    heads[1].number = 2;
    heads[1].first = heads[1].next = 2;
    assert_int_equal(check_of(heads, 2, text), ERR_BEHIND);
    heads[1].first = heads[1].next = 1;
    memset(heads[1].before, '1', 64);
    assert_int_equal(check_of(heads, 2, text), ERR_BEHIND);
    heads[0].length++;
    assert_int_equal(check_of(heads, 1, text), ERR_DIGEST);
    heads[0].length--;
    memset(heads[0].after, '2', 64);
    assert_int_equal(check_of(heads, 1, text), ERR_DIGEST);
}

/* ---- much at once ---- */

static void ask_intent(unsigned number)
{
    struct message m = {.number = MESSAGE_AUDIT};
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    memcpy(m.audit.id, &number, 4);
    give(&box.worker, &m);
}

/* No room, and nobody has looked yet: what comes is refused when it cannot wait any more. */
static void no_room_while_many_wait(void)
{
    ask_anchor();
    ask_head(0, 3, false, true);
    turn();
    disk_room(disk, disk_used(disk));
    for (unsigned i = 0; i < ACKS_MAX + 1; i++)
        ask_head(3, 4, false, true);
    for (unsigned i = 0; i < 2000; i++)
        ask_intent(3 * i);
    turn();
    ask_anchor();
    ask_head(3, 5, false, true);
    if (seen->acked[0] && seen->full)
        _exit(WRONG);
    disk_room(disk, 0);
    each_second(each_second_context);
    turn();
}

static void what_cannot_be_kept_is_refused_and_not_forgotten(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(no_room_while_many_wait), DONE);
    assert_true(seen->refused > 0);
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->size >= 3);
}

static void a_shorter_log(void)
{
    struct message m = {.number = MESSAGE_HEAD};
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    m.head.epoch = 1;
    m.head.old_size = 5;
    m.head.size = 2;
    m.head.proof = bytes_text("");
    give(&box.worker, &m);
    turn();
}

static void a_log_that_became_shorter_is_not_signed(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_shorter_log), DONE);
    assert_int_equal(seen->checkpoints, 1);
    assert_true(seen->size == 5);
}

static void of_identity(void)
{
    box.worker.program = PROGRAM_IDENTITY;
    box.worker.enclave[0] = '\0';
    seen->epoch = 1;
    ask_head(0, 4, false, true);
    turn();
}

static void identity_s_log_is_signed_under_its_own_name(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(of_identity), DONE);
    assert_true(seen->size == 4);
    assert_string_equal(seen->sentence, "casemate/identity/1");
    seen->size = 0;
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_true(seen->size == 0); /* the worker's is another */
}

int main(void)
{
#undef CASE
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(refuses_lines_in_another_form),
        CASE(refuses_a_line_without_its_chain_or_too_long),
        CASE(refuses_a_segment_that_does_not_say_where_it_goes_on),
        CASE(a_line_longer_than_one_may_be_is_not_kept),
        CASE(a_line_of_which_half_fits_is_taken_back),
        CASE(a_journal_that_cannot_be_read_or_cut_is_not_opened),
        CASE(a_reserve_that_cannot_be_given_up_is_a_failed_disk),
        CASE(a_segment_at_another_s_place_is_not_exported),
        CASE(a_segment_that_is_not_as_it_was_sealed_is_named_to_a_backup),
        CASE(refuses_every_other_form_of_a_head),
        CASE(an_export_that_does_not_hold_together_is_refused),
        CASE(what_cannot_be_kept_is_refused_and_not_forgotten),
        CASE(a_log_that_became_shorter_is_not_signed),
        CASE(identity_s_log_is_signed_under_its_own_name),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One program writes as fast as it can: the journal takes its share, counts the rest, and what the
 * others have to say is taken as before. */
#include "tests/enclave/audit/living.h"

#include <fcntl.h>

#define OTHER "e7k2m3p4"

static struct peer other;

static _Noreturn void wrong(int line)
{
    printf("# line %d: full %u, refused %u, said: %s\n", line, seen->full, seen->refused,
           seen->said);
    fflush(stdout);
    _exit(WRONG);
}

static void join_other(void)
{
    static int link;
    other = (struct peer){.channel = 8, .program = PROGRAM_WORKER, .enclave = OTHER};
    other.link = (struct channel *)&link;
    handlers->joined(handlers->context, &other);
}

/* A second of the box: its timers, and a turn. */
static void second(void)
{
    seen->machine.boot_ns += 1000000000;
    seen->machine.utc_ms += 1000;
    each_second(each_second_context);
    turn();
}

/* ---- the journal as it lies on the disk ---- */

static uint64_t journal_bytes;

/* Lines of the open segment with each of two texts in them. */
static unsigned lines(const char *one, const char *two)
{
    static char text[24 << 20];
    unsigned n = 0;
    int fd = os_open(JOURNAL_FILE, O_RDONLY, 0);
    ssize_t got, length = 0;
    while ((got = os_read(fd, text + length, sizeof text - 1 - (size_t)length)) > 0)
        length += got;
    os_close(fd);
    text[length] = '\0';
    journal_bytes = (uint64_t)length;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        n += strstr(line, one) && strstr(line, two);
    }
    return n;
}

/* What the records say was not kept, added up. */
static unsigned long not_kept(const char *origin)
{
    static char text[24 << 20], name[80];
    unsigned long sum = 0;
    int fd = os_open(JOURNAL_FILE, O_RDONLY, 0);
    ssize_t got, length = 0;
    while ((got = os_read(fd, text + length, sizeof text - 1 - (size_t)length)) > 0)
        length += got;
    os_close(fd);
    text[length] = '\0';
    int n = snprintf(name, sizeof name, " worker/%s:_", origin);
    for (char *at = text; (at = strstr(at, name)); at += n) {
        char *end;
        unsigned long number = strtoul(at + n, &end, 10);
        if (strncmp(end, "_records_not_kept,_", 19) == 0)
            sum += number;
    }
    return sum;
}

#define WORST ((uint64_t)(4 << 20) + 4096) /* one kind's burst, and what stands beside it */

static bool whole_journal_verifies(void)
{
    struct segment_result result;
    box.output = memfd_create("export", MFD_CLOEXEC);
    seen->outcome = 99;
    handlers->command(handlers->context, 5, AUDITOR_JOURNAL);
    for (int i = 0; i < 1000 && seen->outcome == 99; i++)
        turn();
    FILE *f = fdopen(box.output, "r");
    rewind(f);
    int r = segment_check(f, public_key, &result);
    fclose(f);
    return seen->outcome == 0 && r == 0 && result.segments == 2;
}

/* ---- the cases ---- */

#define FLOOD 30000
static const char forged[] = "a record that says the same again and again, as long as it may be";

static void a_flood(void)
{
    join_other();
    (void)lines("", "");
    uint64_t before_it = journal_bytes;
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    second();
    unsigned kept = lines(" worker/" ENCLAVE " ", "a_record_that_says_the_same");
    if (kept < 1000 || kept >= FLOOD || journal_bytes - before_it > WORST)
        wrong(__LINE__);
    if (lines(" auditor/- audit 9 2 ", "worker/" ENCLAVE ":_it_writes_more_than_its_share") != 1)
        wrong(__LINE__);
    if (!strstr(seen->said, "worker/" ENCLAVE " writes more to the journal than its share"))
        wrong(__LINE__);
    /* another program's act, and its denial */
    tell(&other, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    tell(&other, 2, AUDIT_OUTCOME_DONE, "");
    tell(&other, 1, AUDIT_OUTCOME_DENIED, "denied beside it");
    tell(&box.identity, 1, AUDIT_OUTCOME_DENIED, "denied at identity");
    turn();
    if (!seen->acked[2] || seen->refused || lines(" worker/" OTHER " ", " audit 0 ") != 3 ||
        lines(" identity/- ", "denied_at_identity") != 1)
        wrong(__LINE__);
    /* its own acts and heads have their own shares */
    seen->acked[2] = false;
    tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    ask_anchor();
    ask_head(0, 5, false, true);
    turn();
    if (!seen->acked[2] || seen->size != 5)
        wrong(__LINE__);
    for (unsigned i = 0; i < 11; i++)
        second();
    if (kept + not_kept(ENCLAVE) != FLOOD) /* each is a line, or counted */
        wrong(__LINE__);
    for (unsigned i = 0; i < 60; i++)
        second();
    if (seen->said[0] || lines(" auditor/- audit 9 1 ", "it_is_within_its_share_again") != 1)
        wrong(__LINE__);
    if (not_kept(OTHER))
        wrong(__LINE__);
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    for (int i = 0; i < 1000; i++)
        turn();
    if (!whole_journal_verifies())
        wrong(__LINE__);
}

static void a_flood_is_counted_and_others_are_heard(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_flood), DONE);
    assert_int_equal(in_a_life(nothing_more), DONE);
}

/* Only whoever is at fault is told of it. */
static void who_is_told(void)
{
    join_other();
    seen->full = JOURNAL_STATE_SHUT; /* what was said last to anybody */
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&other, 1, AUDIT_OUTCOME_REFUSED, forged);
    if (seen->full != JOURNAL_STATE_BEYOND)
        wrong(__LINE__);
    seen->full = JOURNAL_STATE_SHUT;
    handlers->joined(handlers->context, &box.worker);
    if (seen->full != JOURNAL_STATE_SHUT) /* nothing is said to it */
        wrong(__LINE__);
    handlers->joined(handlers->context, &other);
    if (seen->full != JOURNAL_STATE_BEYOND)
        wrong(__LINE__);
    for (unsigned i = 0; i < 71; i++)
        second();
    if (seen->full != JOURNAL_STATE_OPEN)
        wrong(__LINE__);
}

static void who_writes_too_much_is_told_and_nobody_else(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(who_is_told), DONE);
}

/* Of several that are at fault the worst is named, and how many others there are. */
static void two_floods(void)
{
    join_other();
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < FLOOD + 1000; i++)
        tell(&other, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < 11; i++) /* how many it is now is said every ten seconds */
        second();
    if (!strstr(seen->said, "worker/" OTHER " writes more") || !strstr(seen->said, "So do 1 more."))
        wrong(__LINE__);
    for (unsigned i = 0; i < 2000; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < 11; i++)
        second();
    if (!strstr(seen->said, "worker/" ENCLAVE " writes more") ||
        !strstr(seen->said, "So do 1 more."))
        wrong(__LINE__);
}

static void the_worst_is_named_and_how_many_others_there_are(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(two_floods), DONE);
}

static void intents_without_end(void)
{
    unsigned before_it, i;
    join_other();
    for (i = 0; i < 40000 && seen->refused == 0; i++) {
        tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
        tell(&box.worker, 2, AUDIT_OUTCOME_DONE, "");
        if (i % 100 == 0)
            turn();
    }
    if (i < 1000 || i == 40000)
        wrong(__LINE__);
    turn();
    before_it = lines(" worker/" ENCLAVE " ", "");
    for (i = 0; i < 1000; i++)
        tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    /* with the last of the loop; no line for each refusal */
    if (seen->refused != 1001 || lines(" worker/" ENCLAVE " ", "") != before_it ||
        journal_bytes > WORST)
        wrong(__LINE__);
    seen->acked[2] = false;
    tell(&other, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    if (!seen->acked[2] || seen->refused != 1001)
        wrong(__LINE__);
    for (i = 0; i < 10; i++) /* its own denials are heard */
        tell(&box.worker, 0, AUDIT_OUTCOME_DENIED, "denied beside its own flood");
    second();
    if (lines(" worker/" ENCLAVE " ", "denied_beside_its_own_flood") != 10)
        wrong(__LINE__);
    seen->acked[2] = false; /* and after a second there is room for one again */
    tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    if (!seen->acked[2])
        wrong(__LINE__);
}

static void acts_beyond_a_share_are_refused_in_words_and_others_are_done(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(intents_without_end), DONE);
}

/* What closes an intent that was taken is kept, whatever is left. */
static void outcomes_behind_a_flood(void)
{
    for (unsigned i = 0; i < 100; i++) {
        struct message m = {.number = MESSAGE_AUDIT};
        m.audit.id[0] = 4;
        m.audit.id[1] = (uint8_t)i;
        give(&box.worker, &m);
    }
    turn();
    for (unsigned i = 0; i < 40000 && seen->refused == 0; i++) {
        tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
        tell(&box.worker, 2, AUDIT_OUTCOME_DONE, "");
        if (i % 100 == 0)
            turn();
    }
    for (unsigned i = 0; i < 30000; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < 100; i++) {
        struct message m = {.number = MESSAGE_AUDIT};
        m.audit.id[0] = 4;
        m.audit.id[1] = (uint8_t)i;
        m.audit.outcome = AUDIT_OUTCOME_DONE;
        m.audit.detail = bytes_text("the outcome of what was begun");
        give(&box.worker, &m);
    }
    turn();
    if (lines(" worker/" ENCLAVE " ", "the_outcome_of_what_was_begun") != 100)
        wrong(__LINE__);
}

static void what_became_of_an_act_is_kept_whatever_is_left(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(outcomes_behind_a_flood), DONE);
    assert_int_equal(in_a_life(nothing_more), DONE);
    assert_int_equal(seen->asked_again, 0);
}

/* Heads, each a turn behind the other, until one is not signed in its turn: that one waits. */
static void heads_until_one_waits(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t wanted = seen->size + 1;
        ask_head(seen->size, wanted, true, true);
        turn();
        if (seen->size != wanted)
            return;
    }
    wrong(__LINE__);
}

static void heads_without_end(void)
{
    uint64_t began_ns = seen->machine.boot_ns;
    ask_anchor();
    heads_until_one_waits();
    if (seen->checkpoints < 1000)
        wrong(__LINE__);
    (void)lines("", "");
    if (journal_bytes > WORST + (seen->machine.boot_ns - began_ns) / 1000000000 * 2048)
        wrong(__LINE__);
    uint64_t wanted = seen->size + 1; /* it is not asked for again */
    for (unsigned i = 0; i < 3 && seen->size != wanted; i++)
        second();
    if (seen->size != wanted || seen->said[0])
        wrong(__LINE__);
    heads_until_one_waits();
    wanted = seen->size + 5;
    ask_head(seen->size, wanted, true, true); /* a newer one takes its place */
    for (unsigned i = 0; i < 3 && seen->size != wanted; i++)
        second();
    if (seen->size != wanted)
        wrong(__LINE__);
    heads_until_one_waits();
    unsigned heads = lines(" head ", "");
    handlers->left(handlers->context, &box.worker); /* who has gone is not waited for */
    for (unsigned i = 0; i < 5; i++)
        second();
    if (lines(" head ", "") != heads)
        wrong(__LINE__);
}

static void a_head_beyond_a_share_waits_and_is_signed(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(heads_without_end), DONE);
}

static void heads_that_continue_nothing(void)
{
    ask_anchor();
    for (unsigned i = 0; i < FLOOD; i++)
        ask_head(0, 2, false, false);
    struct message m = {.number = MESSAGE_EPOCH};
    m.epoch.epoch = 7;
    for (unsigned i = 0; i < 100; i++)
        give(&box.worker, &m);
    second();
    (void)lines("", "");
    if (journal_bytes > WORST || seen->epochs_refused != 100)
        wrong(__LINE__);
    for (unsigned i = 0; i < 11; i++)
        second();
    if (lines(" refused ", "") + not_kept(ENCLAVE) != FLOOD + 100)
        wrong(__LINE__);
}

static void refusals_of_heads_and_epochs_are_counted_too(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(heads_that_continue_nothing), DONE);
}

/* ---- from life to life, and from segment to segment ---- */

static unsigned kept_in_this_life;

static void flood_again(void)
{
    unsigned before_it = lines(" worker/" ENCLAVE " ", "a_record_that_says_the_same");
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    turn();
    kept_in_this_life = lines(" worker/" ENCLAVE " ", "a_record_that_says_the_same") - before_it;
}

static void flood_once(void)
{
    flood_again();
    if (kept_in_this_life < 1000)
        wrong(__LINE__);
}

static void flood_is_over(void)
{
    flood_again();
    if (kept_in_this_life > 10)
        wrong(__LINE__);
}

static void flood_in_a_new_segment(void)
{
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    turn();
    if (lines(" worker/" ENCLAVE " share ", "") != 1)
        wrong(__LINE__);
    flood_is_over();
}

static void the_end_of_the_auditor_or_of_a_segment_gives_no_new_share(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(flood_once), DONE);
    assert_int_equal(in_a_life(flood_is_over), DONE);
    assert_int_equal(in_a_life(flood_in_a_new_segment), DONE);
    assert_int_equal(in_a_life(flood_is_over), DONE);
    seen->machine.utc_ms += 7200000; /* two hours later something has come back */
    assert_int_equal(in_a_life(flood_once), DONE);
}

/* Intents that cannot be taken are lines, too: by which share is what the next life must find. */
static void intents_that_are_refused(void)
{
    static const char refused[] = "the_journal_could_not_take_the_intent";
    unsigned before_it = lines(" worker/" ENCLAVE " ", refused);
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    kept_in_this_life = lines(" worker/" ENCLAVE " ", refused) - before_it;
}

static void refused_once(void)
{
    intents_that_are_refused();
    if (kept_in_this_life < 1000)
        wrong(__LINE__);
}

static void refused_no_more(void)
{
    intents_that_are_refused();
    if (kept_in_this_life > 10)
        wrong(__LINE__);
}

static void refused_intents_are_not_forgotten_with_the_auditor_s_end(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(refused_once), DONE);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(in_a_life(refused_no_more), DONE);
}

static void stops_at_once(void)
{
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
}

static void adds_up(void)
{
    if (lines(" worker/" ENCLAVE " ", "a_record_that_says_the_same") + not_kept(ENCLAVE) != FLOOD)
        wrong(__LINE__);
}

static void what_was_counted_is_on_record_when_it_stops(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(stops_at_once), DONE);
    assert_int_equal(in_a_life(adds_up), DONE);
}

/* On a full disk, and while the journal is closed. */
static void a_flood_on_a_full_disk(void)
{
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    turn();
    disk_room(disk, disk_used(disk));
    for (unsigned i = 0; i < 8000; i++)
        tell(&box.identity, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < 15; i++)
        second();
    if (seen->full != JOURNAL_STATE_FULL || !strstr(seen->said, "disk is full") ||
        !strstr(seen->said, "worker/" ENCLAVE " writes more") || not_kept(ENCLAVE))
        wrong(__LINE__);
    unsigned kept = lines(" worker/" ENCLAVE " ", "a_record_that_says_the_same");
    disk_room(disk, 0);
    for (unsigned i = 0; i < 15; i++)
        second();
    if (kept + not_kept(ENCLAVE) != FLOOD)
        wrong(__LINE__);
}

static void a_number_waits_for_room_on_a_full_disk(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_flood_on_a_full_disk), DONE);
}

static void a_flood_while_it_is_closed(void)
{
    unsigned told = seen->records_told;
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, forged);
    for (unsigned i = 0; i < FLOOD; i++)
        tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    if (seen->records_told - told > 30000 || seen->refused != FLOOD)
        wrong(__LINE__);
    handlers->command(handlers->context, 6, AUDITOR_REOPEN);
    if (seen->outcome != 0 || !strstr(seen->sentence, "60000 lost"))
        wrong(__LINE__);
}

static void the_kernel_s_log_is_not_flooded_either(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(nothing_more), DONE);
    seen->told_unsure = true;
    assert_int_equal(in_a_life(a_flood_while_it_is_closed), DONE);
}

/* Its last line was changed. */
static void break_the_journal(void)
{
    static uint8_t text[24 << 20];
    size_t length;
    const uint8_t *content = disk_content(disk, JOURNAL_FILE, &length);
    assert_true(content && length > 100 && length < sizeof text);
    memcpy(text, content, length);
    text[length - 2] = text[length - 2] == '0' ? '1' : '0';
    disk_put(disk, JOURNAL_FILE, text, length);
}

/* What lies in it is of a week, or of as long as it took: nothing of that is owed here. */
static void a_denial_while_it_is_broken(void)
{
    if (seen->full != JOURNAL_STATE_SHUT)
        wrong(__LINE__);
    second();
    unsigned told = seen->records_told;
    tell(&box.worker, 1, AUDIT_OUTCOME_DENIED, "denied by the policy");
    if (seen->records_told != told + 1)
        wrong(__LINE__);
}

static void who_has_written_much_is_told_to_the_kernel_while_it_is_broken(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(flood_once), DONE);
    seen->machine.utc_ms += 7200000;
    assert_int_equal(in_a_life(flood_once), DONE);
    break_the_journal();
    assert_int_equal(in_a_life(a_denial_while_it_is_broken), DONE);
}

int main(void)
{
#undef CASE
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(a_flood_is_counted_and_others_are_heard),
        CASE(who_writes_too_much_is_told_and_nobody_else),
        CASE(the_worst_is_named_and_how_many_others_there_are),
        CASE(acts_beyond_a_share_are_refused_in_words_and_others_are_done),
        CASE(what_became_of_an_act_is_kept_whatever_is_left),
        CASE(a_head_beyond_a_share_waits_and_is_signed),
        CASE(refusals_of_heads_and_epochs_are_counted_too),
        CASE(the_end_of_the_auditor_or_of_a_segment_gives_no_new_share),
        CASE(refused_intents_are_not_forgotten_with_the_auditor_s_end),
        CASE(what_was_counted_is_on_record_when_it_stops),
        CASE(a_number_waits_for_room_on_a_full_disk),
        CASE(the_kernel_s_log_is_not_flooded_either),
        CASE(who_has_written_much_is_told_to_the_kernel_while_it_is_broken),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

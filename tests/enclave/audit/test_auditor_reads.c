/* What the auditor reads at its start: a line or a root.json that is not in its form is refused,
 * and that a program has a newer head than the journal is said until it is sealed. */
#include "tests/enclave/audit/living.h"

static struct auditor auditor;

static int trust(const char *text)
{
    int fd = holding(text);
    int r = epochs_trust(&auditor, fd);
    close(fd);
    return r;
}

static void refuses_a_root_that_does_not_name_one_key(void **state)
{
    char text[300], twice[700], *at;
    static char much[5000];
    (void)state;
    root_text(text);
    assert_int_equal(trust(text), 0);
    assert_true(auditor.admits_pin);
    assert_memory_equal(auditor.statement_key, statement_public, SIGN_PUBLIC_LENGTH);
    at = strstr(text, ",\"factors");
    strcpy(at, "}");
    assert_int_equal(trust(text), 0);
    assert_false(auditor.admits_pin);
    assert_int_equal(trust(""), ERR_FORMAT);
    assert_int_equal(trust("{}"), ERR_FORMAT);
    snprintf(twice, sizeof twice, "%s%s", text, text);
    assert_int_equal(trust(twice), ERR_FORMAT);
    memset(much, ' ', sizeof much - 1);
    memcpy(much, text, strlen(text));
    assert_int_equal(trust(much), ERR_FORMAT);
    text[strlen(text) - 2] = '0'; /* one digit more in the quote's place */
    assert_int_equal(trust(text), ERR_FORMAT);
    root_text(text);
    text[20] = 'g';
    assert_true(trust(text) != 0);
    text[40] = '\0';
    assert_int_equal(trust(text), ERR_FORMAT);
    assert_int_equal(epochs_trust(&auditor, -1), ERR_FORMAT);
}

static int reads_head(const char *fields)
{
    char text[300];
    snprintf(text, sizeof text, "%s", fields);
    return anchors_read(&auditor, "worker/" ENCLAVE, text);
}

static int reads_epoch(const char *fields)
{
    return epochs_read(&auditor, "worker/" ENCLAVE, fields);
}

#define ROOT "0000000000000000000000000000000000000000000000000000000000000000"

static void a_line_that_is_not_in_its_form_is_refused(void **state)
{
    (void)state;
    assert_int_equal(reads_head("7 " ROOT " aGVsbG8= 99"), 0);
    assert_int_equal(reads_head("7 " ROOT " aGVsbG8="), 0); /* of an older site */
    assert_int_equal(reads_head(""), ERR_FORMAT);
    assert_int_equal(reads_head("7"), ERR_FORMAT);
    assert_int_equal(reads_head("7 " ROOT), ERR_FORMAT);
    assert_int_equal(reads_head("7 00 aGVsbG8= 99"), ERR_FORMAT);
    assert_int_equal(reads_head("7 " ROOT " !!!! 99"), ERR_FORMAT);
    assert_int_equal(reads_epoch("2"), 0);
    assert_int_equal(reads_epoch("2 more"), 0);
    assert_int_equal(reads_epoch(""), ERR_FORMAT);
    assert_int_equal(reads_epoch("two"), ERR_FORMAT);
    assert_int_equal(reads_epoch("2x"), ERR_FORMAT);
    assert_int_equal(reads_epoch("0"), ERR_FORMAT);
    assert_int_equal(reads_epoch("4294967296"), ERR_FORMAT);
}

static void an_intent_that_is_not_in_its_form_is_none(void **state)
{
    static const char id[] = "00000000000000000000000000000001";
    char line[200];
    (void)state;
    memset(&auditor, 0, sizeof auditor);
    snprintf(line, sizeof line, "1 %d %s %s - - 12", AUDIT_OUTCOME_INTENT, id, "xyz");
    intents_read(&auditor, "worker/" ENCLAVE, line);
    snprintf(line, sizeof line, "1 %d %s %s - - 12", AUDIT_OUTCOME_INTENT, "xyz", id);
    intents_read(&auditor, "worker/" ENCLAVE, line);
    intents_read(&auditor, "worker/" ENCLAVE, strcpy(line, "1 1"));
    assert_false(auditor.intents[0].used);
    snprintf(line, sizeof line, "1 %d %s %s - - 12", AUDIT_OUTCOME_INTENT, id, id);
    intents_read(&auditor, "worker/" ENCLAVE, line);
    assert_true(auditor.intents[0].used);
    intents_close(&auditor, "worker/e0000000", auditor.intents[0].id);
    assert_true(auditor.intents[0].used);
    snprintf(line, sizeof line, "1 %d %s %s - - 12", AUDIT_OUTCOME_DONE, id, id);
    intents_read(&auditor, "worker/" ENCLAVE, line);
    assert_false(auditor.intents[0].used);
}

static void more_logs_than_a_site_can_have_end_it(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char origin[JOURNAL_ORIGIN];
        if (!freopen("/dev/null", "w", stderr))
            _exit(WRONG);
        memset(&auditor, 0, sizeof auditor);
        for (unsigned i = 0; i <= ORIGINS_MAX; i++) {
            snprintf(origin, sizeof origin, "worker/e%07u", i);
            if (anchors_of(&auditor, origin)->epoch != 1)
                _exit(WRONG);
        }
        _exit(DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), DIED);
}

/* ---- a journal that was taken away ---- */

static void tell_gap(struct peer *peer)
{
    struct message m = {.number = MESSAGE_AUDIT};
    m.audit.type = AUDIT_TYPE_GAP;
    m.audit.event_class = AUDIT_CLASS_AUDIT;
    m.audit.outcome = AUDIT_OUTCOME_DONE;
    m.audit.detail = bytes_text("the journal is older than the head that it signed, from 0 on");
    give(peer, &m);
    turn();
}

static bool says_older(const char *who)
{
    return strstr(seen->said, "journal is older than the head that it signed") &&
           strstr(seen->said, who) && strstr(seen->said, "last export");
}

static void a_head_that_it_does_not_know(void)
{
    if (seen->said[0])
        _exit(WRONG);
    tell_gap(&box.worker);
    if (!says_older("worker/" ENCLAVE))
        _exit(WRONG);
}

static void is_said_until_it_is_sealed(void)
{
    if (!says_older("worker/" ENCLAVE))
        _exit(WRONG);
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    for (int i = 0; i < 5; i++)
        turn();
    if (seen->outcome != 0 || seen->said[0])
        _exit(WRONG);
}

static void is_said_no_more(void)
{
    if (seen->said[0])
        _exit(WRONG);
}

static void a_journal_that_is_older_than_its_heads_is_said_until_the_segment_is_sealed(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(a_head_that_it_does_not_know), DONE);
    seen->said[0] = '\0';
    assert_int_equal(in_a_life(is_said_until_it_is_sealed), DONE);
    assert_int_equal(in_a_life(is_said_no_more), DONE);
}

/* The supervisor's own gaps, and any other record of a program, say nothing of the journal. */
static void other_records(void)
{
    struct message_report report = {.type = AUDIT_TYPE_GAP, .outcome = AUDIT_OUTCOME_DONE};
    report.detail = bytes_text("3_records");
    handlers->report(handlers->context, &report);
    tell(&box.worker, 1, AUDIT_OUTCOME_REFUSED, "44");
    turn();
    is_said_no_more();
}

static void other_records_do_not_say_that_the_journal_is_older(void **state)
{
    (void)state;
    assert_int_equal(in_a_life(other_records), DONE);
    assert_int_equal(in_a_life(is_said_no_more), DONE);
}

int main(void)
{
#undef CASE
#define CASE(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        CASE(refuses_a_root_that_does_not_name_one_key),
        CASE(a_line_that_is_not_in_its_form_is_refused),
        CASE(an_intent_that_is_not_in_its_form_is_none),
        CASE(more_logs_than_a_site_can_have_end_it),
        CASE(a_journal_that_is_older_than_its_heads_is_said_until_the_segment_is_sealed),
        CASE(other_records_do_not_say_that_the_journal_is_older),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

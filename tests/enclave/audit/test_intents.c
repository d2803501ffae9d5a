/* What one program may leave open, so that it takes nothing from the others. */
#include "tests/crypto/cases.h"

#include "enclave/audit/auditor.h"

static struct auditor auditor;

/* of the auditor's own files, which this does not come to */
void auditor_origin(const struct peer *peer, char out[static JOURNAL_ORIGIN])
{
    (void)peer;
    out[0] = '\0';
}
void records_text(const struct message_audit *m, char out[static RECORD_TEXT])
{
    (void)m;
    out[0] = '\0';
}

static bool opened(const char *origin, unsigned number)
{
    struct message_audit m = {.outcome = AUDIT_OUTCOME_INTENT};
    memcpy(m.id, &number, sizeof number);
    m.id[15] = 1;
    return intents_open(&auditor, origin, &m);
}

static void one_program_cannot_leave_so_many_open_that_others_are_refused(void **state)
{
    unsigned n = 0;
    (void)state;
    while (n < INTENTS_MAX && opened("worker/e0000001", n))
        n++;
    assert_int_equal(n, INTENTS_OF_ONE);
    assert_true(opened("worker/e0000002", n));
    assert_true(opened("keeper/-", n));
    assert_true(opened("identity/-", n));
    for (unsigned i = 0; i < n; i++) { /* its own outcomes make room again */
        uint8_t id[16] = {0};
        memcpy(id, &i, sizeof i);
        id[15] = 1;
        intents_close(&auditor, "worker/e0000001", id);
    }
    assert_true(opened("worker/e0000001", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_program_cannot_leave_so_many_open_that_others_are_refused),
    };
    return cmocka_run_group_tests_name("audit/intents", tests, NULL, NULL);
}

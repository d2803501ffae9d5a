/* A batch that is refused: what else than the rows was remembered of it. */
#include "tests/enclave/store/opened.h"

#include "appliance/worker/desk.h"
#include "appliance/worker/late.h"
#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "enclave/process/os.h"

/* ---- what a batch tells, which is nothing here ---- */

void staging_undone(void)
{
}

void staging_answer(void)
{
}

void inforce_follow(struct worker *worker)
{
    (void)worker;
}

void late_forget_gateway(struct worker *worker, const struct peer *gateway)
{
    (void)worker, (void)gateway;
}

void unsure_end(int r, const char *what)
{
    fail_msg("%s: %s", what, error_text(r));
    abort();
}

/* ---- a worker with a store ---- */

static struct worker *w;

static int begin(void **state)
{
    if (set_up(state) != 0)
        return -1;
    w = calloc(1, sizeof *w);
    if (!w || mes_new(store, ENCLAVE, true, &w->mes) != 0 || hot_new(key, &w->hot) != 0 ||
        tables_attach(&w->kept, store, w->mes) != 0)
        return -1;
    w->store = store;
    return 0;
}

static int end(void **state)
{
    mes_free(w->mes);
    hot_free(w->hot);
    free(w);
    return tear_down(state);
}

static void who_is_known_is_recorded_again_behind_a_refused_batch(void **state)
{
    uint64_t before = os_boot_ms();
    (void)state;
    assert_int_equal(request_transaction(w), 0);
    w->snapshot_recorded = true; /* in this transaction */
    request_undo(w);
    assert_false(w->in_transaction);
    assert_false(w->snapshot_recorded);
    assert_true(w->record_again_ms > before); /* and not at each turn, while the disk is full */
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(who_is_known_is_recorded_again_behind_a_refused_batch,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("batch", cases, NULL, NULL);
}

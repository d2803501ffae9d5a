/* A batch that is refused: what else than the rows was remembered of it. */
#include "tests/enclave/store/opened.h"

#include <sqlcipher/sqlite3.h>

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

/* As request.c has it. */
int worker_event(struct worker *worker, struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length = 0;
    uint64_t sequence;
    event_encode(event, &put);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(worker->store, bytes_view_of(payload, length), &sequence);
    return r ? r : mes_apply(worker->mes, event, sequence);
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

/* ---- how much is read ---- */

static uint64_t rows;

static int count_row(unsigned what, void *context, void *statement, void *more)
{
    (void)what, (void)context, (void)statement, (void)more;
    rows++;
    return 0;
}

static void define(unsigned number)
{
    struct event e = {.number = EVENT_MATERIAL_DEFINED};
    char part[24];
    snprintf(part, sizeof part, "PART-%u", number);
    e.material_defined.number = bytes_text(part);
    e.material_defined.revision = bytes_text("A");
    e.material_defined.tracking = bytes_text("serial");
    e.material_defined.unit = bytes_text("EA");
    assert_int_equal(worker_event(w, &e), 0);
}

static void a_batch_that_did_nothing_is_undone_without_reading(void **state)
{
    (void)state;
    assert_int_equal(request_transaction(w), 0);
    for (unsigned i = 0; i < 100; i++)
        define(i);
    request_batch_end(w);
    assert_int_equal(tables_save(&w->kept, w->hot), 0);
    sqlite3_trace_v2(store_db(store), SQLITE_TRACE_ROW, count_row, NULL);
    assert_int_equal(request_transaction(w), 0);
    request_undo(w);
    assert_int_equal(rows, 0);
    w->full_asked = false;
    assert_int_equal(request_transaction(w), 0); /* there is room */
    rows = 0;
    define(100);
    assert_int_equal(rows_count(w->mes->entities, ENTITY_MATERIAL), 101);
    request_undo(w);
    assert_int_equal(rows_count(w->mes->entities, ENTITY_MATERIAL), 100);
    assert_true(rows >= 100); /* what did something is read back */
}

/* Nothing is begun, not even to find that out, before there is room for more than a page. */
static void while_the_disk_is_full_no_transaction_is_begun(void **state)
{
    (void)state;
    assert_int_equal(request_transaction(w), 0);
    request_undo(w);
    assert_int_equal(run_sql("PRAGMA max_page_count = 1"), SQLITE_OK); /* as many as there are */
    assert_int_equal(request_transaction(w), ERR_FULL);
    assert_false(w->in_transaction);
    assert_int_equal(run_sql("PRAGMA max_page_count = 100000"), SQLITE_OK);
    assert_int_equal(request_transaction(w), ERR_FULL); /* asked once in a turn */
    w->full_asked = false;
    w->full_until_ms = os_boot_ms() + 1000000;
    assert_int_equal(request_transaction(w), ERR_FULL); /* nor while an undo has just taken long */
    w->full_until_ms = 0;
    assert_int_equal(request_transaction(w), 0);
    define(1);
    request_batch_end(w);
    assert_int_equal(rows_count(w->mes->entities, ENTITY_MATERIAL), 1);
    assert_true(request_has_room(w));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(who_is_known_is_recorded_again_behind_a_refused_batch,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_batch_that_did_nothing_is_undone_without_reading, begin,
                                        end),
        cmocka_unit_test_setup_teardown(while_the_disk_is_full_no_transaction_is_begun, begin, end),
    };
    return cmocka_run_group_tests_name("batch", cases, NULL, NULL);
}

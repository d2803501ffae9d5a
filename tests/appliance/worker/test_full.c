/* A disk that is full: what is refused costs little, what only reads goes on, and nothing is lost.
 */
#include "tests/appliance/worker/life.h"

#define PARTS 5000u

static void record_parts(void)
{
    char part[24];
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < PARTS; i++) {
        struct event e = {.number = EVENT_MATERIAL_DEFINED};
        snprintf(part, sizeof part, "PART-%u", i);
        os_uuid(e.common.id);
        e.material_defined.number = bytes_text(part);
        e.material_defined.revision = bytes_text("A");
        e.material_defined.tracking = bytes_text("serial");
        e.material_defined.unit = bytes_text("EA");
        emit(&e, now);
    }
    assert_int_equal(store_commit(store), 0);
}

static int begin(void **state)
{
    (void)state;
    return life_begin(record_parts);
}

/* ---- how much is read ---- */

static uint64_t rows; /* of one hot table, read to have it in memory again */

static int count_row(unsigned what, void *context, void *statement, void *more)
{
    (void)what, (void)context, (void)more;
    rows += strcmp(sqlite3_sql(statement), "SELECT * FROM mes_material ORDER BY row_number") == 0;
    return 0;
}

static void watch(void)
{
    rows = 0;
    must(sqlite3_trace_v2(store_db(product()->store), SQLITE_TRACE_ROW, count_row, NULL) ==
         SQLITE_OK);
}

/* Asked again with new ids until it is done: with room again that is not long. */
static void define_until_done(uint64_t number, const char *part)
{
    for (uint64_t until = os_boot_ms() + 20000; os_boot_ms() < until; number++) {
        define(number, os_utc_ms(), (unsigned)number, part);
        if (status_of(number) == 200)
            return;
        answered = 0;
    }
    wrong("there is room again, and nothing is recorded");
}

/* ---- cases ---- */

/* From a first write that is undone to 200 that are refused at once. */
static void be_refused(uint64_t number, const char *part)
{
    uint64_t before = events();
    rows = 0;
    is_full = true;
    define(number, os_utc_ms(), (unsigned)number, part);
    must(status_of(number) == 503);
    must(strstr(words_of(number), "The store is full. Nothing was recorded."));
    must(rows >= PARTS); /* its batch was undone */
    rows = 0;
    product()->full_until_ms = 0; /* as if an undo took no time: it is the disk that is asked */
    for (uint64_t i = number + 1; i < number + 200; i++) {
        define(i, os_utc_ms(), (unsigned)i, part);
        must(status_of(i) == 503);
        must(strstr(words_of(i), "The store is full. Nothing was recorded."));
        ask(1000 + i, ANA, OPERATION_GET_TASKS, "");
        must(status_of(1000 + i) == 200);
    }
    must(rows < PARTS);
    must(events() == before);
    is_full = false;
    answered = 0;
    define_until_done(5000 + number, part);
    must(events() == before + 1);
}

static void write_on_a_full_disk(void)
{
    watch();
    be_refused(1, "NEW-1");
    be_refused(10000, "NEW-2"); /* and the next time */
    define_until_done(20000, "NEW-3");
}

static void what_is_refused_while_the_disk_is_full_reads_nothing_again(void **state)
{
    (void)state;
    in_a_life(write_on_a_full_disk);
}

static void write_many_at_once(void)
{
    uint64_t before = events();
    char part[24];
    is_full = true;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 100; i++) {
            snprintf(part, sizeof part, "NEW-%u-%u", round, i);
            define(1 + 100 * round + i, os_utc_ms(), 100 * round + i, part);
        }
    for (unsigned i = 0; i < 300; i++)
        must(status_of(1 + i) == 503);
    must(events() == before);
    is_full = false;
    answered = 0;
    define_until_done(5000, "NEW-0-0");
    must(events() == before + 1);
}

static void all_of_a_batch_are_refused_and_none_is_there(void **state)
{
    (void)state;
    in_a_life(write_many_at_once);
}

static bool is_remembered(const struct opening *opening)
{
    uint8_t any = 0;
    for (size_t i = 0; i < sizeof opening->digest; i++)
        any |= opening->digest[i];
    return any != 0;
}

/* A page of a job asks again every two seconds: what was opened before the disk was full is on
 * record, and is shown. */
static void read_what_was_opened_before(void)
{
    struct opening *row = product()->openings[5];
    memset(row[0].digest, 1, sizeof row[0].digest);
    memset(row[1].digest, 2, sizeof row[1].digest);
    row[0].event = events(); /* in the batch that comes now */
    row[1].event = events() - 1;
    is_full = true;
    define(1, os_utc_ms(), 1, "NEW-4");
    must(status_of(1) == 503);
    must(!is_remembered(&row[0]) && is_remembered(&row[1]));
    for (uint64_t i = 2; i < 20; i++) {
        define(i, os_utc_ms(), (unsigned)i, "NEW-4");
        must(status_of(i) == 503);
    }
    must(is_remembered(&row[1]));
    is_full = false;
}

static void what_was_opened_before_stays_so_on_a_full_disk(void **state)
{
    (void)state;
    in_a_life(read_what_was_opened_before);
}

/* Whoever is known is recorded by the worker itself, when it can be. */
static void change_people_on_a_full_disk(void)
{
    is_full = true;
    define(1, os_utc_ms(), 1, "NEW-9");
    must(status_of(1) == 503);
    world->epoch = 2;
    memcpy(world->standing[2], world->standing[1], sizeof world->standing[1]);
    world->standing[2][EVE].suspended = true;
    tell_identity();
    define(2, os_utc_ms(), 2, "NEW-9");
    must(status_of(2) == 401); /* heard by the new snapshot all the same */
    watch();
    product()->record_again_ms = 0;
    for (int i = 0; i < 100; i++)
        turn();
    must(rows < PARTS && !product()->snapshot_recorded);
    is_full = false;
    uint64_t before = events();
    for (uint64_t until = os_boot_ms() + 20000; os_boot_ms() < until; turn()) {
        product()->record_again_ms = 0;
        if (product()->snapshot_recorded)
            break;
    }
    must(product()->snapshot_recorded && events() > before);
}

static void who_is_known_is_recorded_when_there_is_room_again(void **state)
{
    (void)state;
    in_a_life(change_people_on_a_full_disk);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_is_refused_while_the_disk_is_full_reads_nothing_again),
        cmocka_unit_test(all_of_a_batch_are_refused_and_none_is_there),
        cmocka_unit_test(what_was_opened_before_stays_so_on_a_full_disk),
        cmocka_unit_test(who_is_known_is_recorded_when_there_is_room_again),
    };
    return cmocka_run_group_tests_name("full", cases, begin, life_end);
}

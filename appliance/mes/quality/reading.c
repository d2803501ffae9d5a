#include "appliance/mes/quality/reading.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct readings {
    sqlite3_stmt *add;
    sqlite3_stmt *recent;
    sqlite3_stmt *all;
};

static const char schema[] =
    "DROP TABLE IF EXISTS mes_reading;"
    "CREATE TABLE mes_reading ("
    " event INTEGER NOT NULL,"        /* sequence in the log */
    " item INTEGER NOT NULL,"         /* which reading of that event, from 0 */
    " unit BLOB NOT NULL,"            /* UUID */
    " route INTEGER NOT NULL,"        /* row of mes_route */
    " segment INTEGER NOT NULL,"      /* the operation's sequence in the route */
    " balloon TEXT NOT NULL,"         /* the characteristic's number on the drawing */
    " value INTEGER NOT NULL,"        /* millionths of the characteristic's unit */
    " passed INTEGER NOT NULL,"       /* 1 within its limits */
    " gage TEXT NOT NULL,"            /* asset number, '' where none is asked for */
    " person BLOB NOT NULL,"          /* UUID of who measured */
    " performed_ms INTEGER NOT NULL," /* UTC */
    " PRIMARY KEY (event, item)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX mes_reading_characteristic ON mes_reading (route, segment, balloon, event);";

static const char add_text[] =
    "INSERT INTO mes_reading VALUES (:event, :item, :unit, :route, :segment, :balloon, :value,"
    " :passed, :gage, :person, :performed_ms)";

/* So many rows are looked at; a unit that was measured again and again takes more than one. */
static const char recent_text[] =
    "SELECT unit, value FROM mes_reading"
    " WHERE route = :route AND segment = :segment AND balloon = :balloon"
    " ORDER BY event DESC, item DESC LIMIT 64";

static const char all_text[] = "SELECT * FROM mes_reading WHERE event >= :from AND event < :to"
                               " ORDER BY event, item";

static int prepare(struct store *store, const char *text, sqlite3_stmt **ret)
{
    return sqlite3_prepare_v3(store_db(store), text, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) ==
                   SQLITE_OK
               ? 0
               : ERR_STORE;
}

int readings_open(struct store *store, struct readings **ret_readings, uint64_t *ret_position)
{
    struct readings *readings = calloc(1, sizeof *readings);
    if (!readings)
        return ERR_MEMORY;
    int r = store_projection(store, READINGS_NAME, schema, ret_position);
    if (r == 0)
        r = prepare(store, add_text, &readings->add);
    if (r == 0)
        r = prepare(store, recent_text, &readings->recent);
    if (r == 0)
        r = prepare(store, all_text, &readings->all);
    if (r) {
        readings_free(readings);
        return r;
    }
    *ret_readings = readings;
    return 0;
}

void readings_free(struct readings *readings)
{
    if (!readings)
        return;
    sqlite3_finalize(readings->add);
    sqlite3_finalize(readings->recent);
    sqlite3_finalize(readings->all);
    free(readings);
}

/* ---- what an event measured ---- */

struct row {
    uint64_t event;
    int64_t item;
    const uint8_t *unit;
    int64_t route, segment;
    struct bytes_view balloon;
    int64_t value, passed;
    struct bytes_view gage;
    const uint8_t *person;
    int64_t performed_ms;
};

typedef int row_taker(void *context, const struct row *row);

static int64_t route_of(const struct mes *mes, const uint8_t unit[static 16])
{
    size_t n;
    if (!rows_find(mes->entities, ENTITY_UNIT, unit, &n))
        return -1;
    size_t order = (size_t)entities_unit(mes->entities, n)->order;
    return entities_order(mes->entities, order)->route;
}

/* A completion carries the readings that came with it, all of them within their limits. */
static int each_of_completion(const struct event *e, struct row *row, row_taker *take,
                              void *context)
{
    struct bytes list =
        bytes_over(e->operation_completed.readings.data, e->operation_completed.readings.length);
    unsigned count = bytes_left(&list) ? bytes_u8(&list) : 0;
    int r = 0;
    row->unit = e->operation_completed.unit;
    row->segment = e->operation_completed.sequence;
    row->passed = 1;
    for (unsigned i = 0; r == 0 && i < count; i++) {
        row->item = i;
        row->balloon = bytes_var(&list, 8);
        row->value = bytes_i64(&list);
        row->gage = bytes_var(&list, 16);
        r = list.error ? ERR_FORMAT : take(context, row);
    }
    return r;
}

static int each(const struct mes *mes, const struct event *e, uint64_t sequence, row_taker *take,
                void *context)
{
    struct row row = {
        .event = sequence, .person = e->common.person, .performed_ms = e->common.performed_ms};
    if (e->number == EVENT_OPERATION_COMPLETED) {
        row.route = route_of(mes, e->operation_completed.unit);
        return each_of_completion(e, &row, take, context);
    }
    if (e->number != EVENT_READING_RECORDED)
        return 0;
    row.unit = e->reading_recorded.unit;
    row.route = route_of(mes, e->reading_recorded.unit);
    row.segment = e->reading_recorded.sequence;
    row.balloon = e->reading_recorded.balloon;
    row.value = e->reading_recorded.value;
    row.passed = e->reading_recorded.passed;
    row.gage = e->reading_recorded.gage;
    return take(context, &row);
}

/* ---- into the table ---- */

static int add(void *context, const struct row *row)
{
    struct readings *readings = context;
    sqlite3_stmt *s = readings->add;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)row->event);
    sqlite3_bind_int64(s, 2, row->item);
    sqlite3_bind_blob(s, 3, row->unit, 16, SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, row->route);
    sqlite3_bind_int64(s, 5, row->segment);
    sqlite3_bind_text(s, 6, (const char *)row->balloon.data, (int)row->balloon.length,
                      SQLITE_STATIC);
    sqlite3_bind_int64(s, 7, row->value);
    sqlite3_bind_int64(s, 8, row->passed);
    sqlite3_bind_text(s, 9, (const char *)row->gage.data, (int)row->gage.length, SQLITE_STATIC);
    sqlite3_bind_blob(s, 10, row->person, 16, SQLITE_STATIC);
    sqlite3_bind_int64(s, 11, row->performed_ms);
    int r = sqlite3_step(s);
    sqlite3_reset(s);
    if (r == SQLITE_DONE)
        return 0;
    return r == SQLITE_FULL ? ERR_FULL : ERR_STORE;
}

int readings_apply(struct readings *readings, const struct mes *mes, const struct event *event,
                   uint64_t sequence)
{
    return each(mes, event, sequence, add, readings);
}

static bool is_among(const uint8_t *unit, const struct reading_past *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(out[i].unit, unit, 16) == 0)
            return true;
    return false;
}

size_t readings_recent(struct readings *readings, int64_t route, int64_t sequence,
                       const char *balloon, const uint8_t unit[static 16], struct reading_past *out,
                       size_t room)
{
    sqlite3_stmt *s = readings->recent;
    size_t n = 0;
    sqlite3_bind_int64(s, 1, route);
    sqlite3_bind_int64(s, 2, sequence);
    sqlite3_bind_text(s, 3, balloon, -1, SQLITE_STATIC);
    while (n < room && sqlite3_step(s) == SQLITE_ROW) {
        const uint8_t *other = sqlite3_column_blob(s, 0);
        if (sqlite3_column_bytes(s, 0) != 16 || memcmp(other, unit, 16) == 0 ||
            is_among(other, out, n))
            continue;
        memcpy(out[n].unit, other, 16);
        out[n++].value = sqlite3_column_int64(s, 1);
    }
    sqlite3_reset(s);
    return n;
}

/* ---- comparing ---- */

struct readings_sum {
    crypto_generichash_state state;
    size_t rows;
};

static void digest_number(struct readings_sum *d, int64_t n)
{
    crypto_generichash_update(&d->state, (const uint8_t *)&n, sizeof n);
}

static void digest_bytes(struct readings_sum *d, const void *data, size_t length)
{
    digest_number(d, (int64_t)length);
    crypto_generichash_update(&d->state, data, length);
}

static int digest_row(void *context, const struct row *row)
{
    struct readings_sum *d = context;
    d->rows++;
    digest_number(d, (int64_t)row->event);
    digest_number(d, row->item);
    digest_bytes(d, row->unit, 16);
    digest_number(d, row->route);
    digest_number(d, row->segment);
    digest_bytes(d, row->balloon.data, row->balloon.length);
    digest_number(d, row->value);
    digest_number(d, row->passed);
    digest_bytes(d, row->gage.data, row->gage.length);
    digest_bytes(d, row->person, 16);
    digest_number(d, row->performed_ms);
    return 0;
}

int readings_sum_new(struct readings_sum **ret_sum)
{
    *ret_sum = calloc(1, sizeof **ret_sum);
    if (!*ret_sum)
        return ERR_MEMORY;
    crypto_generichash_init(&(*ret_sum)->state, NULL, 0, 32);
    return 0;
}

void readings_sum_free(struct readings_sum *sum)
{
    free(sum);
}

int readings_sum_expect(struct readings_sum *sum, const struct mes *mes, const struct event *event,
                        uint64_t sequence)
{
    return each(mes, event, sequence, digest_row, sum);
}

int readings_sum_found(struct readings_sum *sum, struct readings *readings, uint64_t from,
                       uint64_t to)
{
    static const enum {
        NUMBER,
        BYTES
    } kinds[] = {NUMBER, NUMBER, BYTES, NUMBER, NUMBER, BYTES,
                 NUMBER, NUMBER, BYTES, BYTES,  NUMBER};
    sqlite3_stmt *s = readings->all;
    int step;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)to);
    while ((step = sqlite3_step(s)) == SQLITE_ROW) {
        sum->rows++;
        for (int i = 0; i < (int)(sizeof kinds / sizeof *kinds); i++)
            if (kinds[i] == NUMBER)
                digest_number(sum, sqlite3_column_int64(s, i));
            else
                digest_bytes(sum, sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i));
    }
    sqlite3_reset(s);
    return step == SQLITE_DONE ? 0 : ERR_STORE;
}

void readings_sum_end(struct readings_sum *sum, uint8_t out[static 32])
{
    crypto_generichash_final(&sum->state, out, 32);
}

size_t readings_sum_rows(const struct readings_sum *sum)
{
    return sum->rows;
}

#include "appliance/mes/quality/reading.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/process/os.h"

struct readings {
    sqlite3_stmt *add;
    sqlite3_stmt *recent;
    sqlite3_stmt *all;
};

/* One tree, in the order in which values are looked for: a second one in the order of the log would
 * cost each value as much again. */
static const char schema[] =
    "DROP TABLE IF EXISTS mes_reading;"
    "CREATE TABLE mes_reading ("
    " route INTEGER NOT NULL,"        /* row of mes_route */
    " segment INTEGER NOT NULL,"      /* the operation's sequence in the route */
    " balloon TEXT NOT NULL,"         /* the characteristic's number on the drawing */
    " event INTEGER NOT NULL,"        /* sequence in the log */
    " item INTEGER NOT NULL,"         /* which reading of that event, from 0 */
    " unit BLOB NOT NULL,"            /* UUID */
    " value INTEGER NOT NULL,"        /* millionths of the characteristic's unit */
    " passed INTEGER NOT NULL,"       /* 1 within its limits */
    " gage TEXT NOT NULL,"            /* asset number, '' where none is asked for */
    " person BLOB NOT NULL,"          /* UUID of who measured */
    " performed_ms INTEGER NOT NULL," /* UTC */
    " PRIMARY KEY (route, segment, balloon, event, item)) STRICT, WITHOUT ROWID;";

static const char add_text[] =
    "INSERT INTO mes_reading VALUES (:route, :segment, :balloon, :event, :item, :unit, :value,"
    " :passed, :gage, :person, :performed_ms)";

/* So many rows are looked at; a unit that was measured again and again takes more than one. */
static const char recent_text[] =
    "SELECT unit, value FROM mes_reading"
    " WHERE route = :route AND segment = :segment AND balloon = :balloon"
    " ORDER BY event DESC, item DESC LIMIT 64";

static const char all_text[] =
    "SELECT * FROM mes_reading"
    " WHERE (route, segment, balloon, event, item) > (:route, :segment, :balloon, :event, :item)"
    " ORDER BY route, segment, balloon, event, item LIMIT :count";

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

/* The first of a row's columns, by which it is found. */
static void bind_place(sqlite3_stmt *s, const struct row *row)
{
    sqlite3_bind_int64(s, 1, row->route);
    sqlite3_bind_int64(s, 2, row->segment);
    sqlite3_bind_text(s, 3, (const char *)row->balloon.data, (int)row->balloon.length,
                      SQLITE_STATIC);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)row->event);
    sqlite3_bind_int64(s, 5, row->item);
}

static int add(void *context, const struct row *row)
{
    struct readings *readings = context;
    sqlite3_stmt *s = readings->add;
    bind_place(s, row);
    sqlite3_bind_blob(s, 6, row->unit, 16, SQLITE_STATIC);
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
    sqlite3_stmt *s = readings ? readings->recent : NULL;
    size_t n = 0;
    if (!s)
        return 0;
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

#define BALLOON_MAX 8
#define GAGE_MAX    16
#define ROW_MAX     (7 * 8 + 2 * 16 + 2 * 4 + BALLOON_MAX + GAGE_MAX)

/* The sum, in two halves of 64 bits, of a keyed hash of each row: the same rows in whatever order
 * give the same.  Nobody else has the key, so nobody makes other rows that do. */
struct readings_sum {
    uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
    uint64_t half[2];
    size_t rows;
    bool is_odd; /* a row that no event gives */
    /* the last row that was found */
    struct row last;
    char balloon[BALLOON_MAX];
};

static int take_row(void *context, const struct row *row)
{
    struct readings_sum *sum = context;
    uint8_t bytes[ROW_MAX], hash[crypto_shorthash_siphashx24_BYTES];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    size_t length;
    bytes_put_i64(&put, row->route);
    bytes_put_i64(&put, row->segment);
    bytes_put_var(&put, row->balloon, BALLOON_MAX);
    bytes_put_u64(&put, row->event);
    bytes_put_i64(&put, row->item);
    bytes_put_fixed(&put, row->unit, 16);
    bytes_put_i64(&put, row->value);
    bytes_put_i64(&put, row->passed);
    bytes_put_var(&put, row->gage, GAGE_MAX);
    bytes_put_fixed(&put, row->person, 16);
    bytes_put_i64(&put, row->performed_ms);
    sum->rows++;
    if (bytes_put_done(&put, &length) != 0) {
        sum->is_odd = true;
        return 0;
    }
    crypto_shorthash_siphashx24(hash, bytes, length, sum->key);
    struct bytes in = bytes_over(hash, sizeof hash);
    for (int i = 0; i < 2; i++)
        sum->half[i] += bytes_u64(&in);
    return 0;
}

int readings_sum_new(const struct readings_sum *like, struct readings_sum **ret_sum)
{
    struct readings_sum *sum = calloc(1, sizeof *sum);
    if (!sum)
        return ERR_MEMORY;
    if (like)
        memcpy(sum->key, like->key, sizeof sum->key);
    else
        os_random(sum->key, sizeof sum->key);
    sum->last.route = sum->last.segment = INT64_MIN;
    sum->last.balloon = bytes_view_of(sum->balloon, 0);
    *ret_sum = sum;
    return 0;
}

void readings_sum_free(struct readings_sum *sum)
{
    free(sum);
}

int readings_sum_expect(struct readings_sum *sum, const struct mes *mes, const struct event *event,
                        uint64_t sequence)
{
    return each(mes, event, sequence, take_row, sum);
}

static struct bytes_view column(sqlite3_stmt *s, int at)
{
    const void *data = sqlite3_column_blob(s, at);
    return bytes_view_of(data, (size_t)sqlite3_column_bytes(s, at));
}

/* A row of the table; false for one that is not in its form. */
static bool read_row(sqlite3_stmt *s, struct row *row)
{
    static const uint8_t none[16];
    struct bytes_view unit = column(s, 5), person = column(s, 9);
    bool whole = unit.length == 16 && person.length == 16;
    *row = (struct row){.route = sqlite3_column_int64(s, 0),
                        .segment = sqlite3_column_int64(s, 1),
                        .balloon = column(s, 2),
                        .event = (uint64_t)sqlite3_column_int64(s, 3),
                        .item = sqlite3_column_int64(s, 4),
                        .unit = whole ? unit.data : none,
                        .value = sqlite3_column_int64(s, 6),
                        .passed = sqlite3_column_int64(s, 7),
                        .gage = column(s, 8),
                        .person = whole ? person.data : none,
                        .performed_ms = sqlite3_column_int64(s, 10)};
    return whole && row->balloon.length <= BALLOON_MAX;
}

/* Where the next part begins. */
static void remember(struct readings_sum *sum, const struct row *row)
{
    sum->last = *row;
    if (row->balloon.length)
        memcpy(sum->balloon, row->balloon.data, row->balloon.length);
    sum->last.balloon = bytes_view_of(sum->balloon, row->balloon.length);
}

int readings_sum_found(struct readings_sum *sum, struct readings *readings, uint64_t below,
                       uint64_t filled, size_t rows, bool *ret_more)
{
    sqlite3_stmt *s = readings->all;
    struct row row, last = sum->last;
    char balloon[BALLOON_MAX]; /* of a copy: what is bound stays while the rows come */
    size_t found = 0;
    int step = SQLITE_ROW;
    memcpy(balloon, sum->balloon, sizeof balloon);
    last.balloon.data = (const uint8_t *)balloon;
    bind_place(s, &last);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)rows);
    while (!sum->is_odd && (step = sqlite3_step(s)) == SQLITE_ROW) {
        found++;
        if (!read_row(s, &row) || row.event >= filled) {
            sum->is_odd = true;
            break;
        }
        remember(sum, &row);
        if (row.event < below)
            (void)take_row(sum, &row);
    }
    sqlite3_reset(s);
    *ret_more = !sum->is_odd && found == rows;
    return step == SQLITE_DONE || sum->is_odd ? 0 : ERR_STORE;
}

bool readings_sum_is(const struct readings_sum *a, const struct readings_sum *b)
{
    return !a->is_odd && !b->is_odd && a->rows == b->rows && a->half[0] == b->half[0] &&
           a->half[1] == b->half[1];
}

size_t readings_sum_rows(const struct readings_sum *sum)
{
    return sum->rows;
}

#include "transfer/orders.h"

#include <stdlib.h>
#include <string.h>

#include "transfer/canonical.h"

/* The columns of the table; a field is what a record and a table have in common. */
enum field { NUMBER, KEY, PART, REV, QTY, DUE, PRIORITY, FIELDS };

static const struct {
    const char *name, *allowed;
} fields[FIELDS] = {
    [NUMBER] = {"number", "1 to 24 of A-Z, 0-9 and -"},
    [KEY] = {"key", "4 to 16 of A-Z, 0-9 and -"},
    [PART] = {"part", "1 to 24 of A-Z, 0-9 and -"},
    [REV] = {"rev", "1 to 4 of A-Z and 0-9"},
    [QTY] = {"qty", "a whole number from 1 to 10000"},
    [DUE] = {"due", "a day such as 2026-12-18"},
    [PRIORITY] = {"priority", "a whole number from 1 to 99"},
};

static bool set_text(char *out, struct bytes_view text, bool allowed)
{
    if (!allowed)
        return false;
    memcpy(out, text.data, text.length);
    out[text.length] = '\0';
    return true;
}

static bool set_number(struct bytes_view text, uint64_t max, uint64_t *v)
{
    return grammar_number(text, max, v) == 0 && *v >= 1;
}

/* Set one field from its text; false if it is not ${fields[field].allowed}. */
static bool set_field(struct order *o, enum field field, struct bytes_view text)
{
    uint64_t v = 0;

    switch (field) {
    case NUMBER:
        return set_text(o->number, text, grammar_is_code(text, 1, 24, true));
    case KEY:
        return set_text(o->key, text, grammar_is_code(text, 4, 16, true));
    case PART:
        return set_text(o->part, text, grammar_is_code(text, 1, 24, true));
    case REV:
        return set_text(o->rev, text, grammar_is_code(text, 1, 4, false));
    case DUE:
        return set_text(o->due, text, grammar_is_day(text));
    case QTY:
        if (!set_number(text, 10000, &v))
            return false;
        o->qty = (uint32_t)v;
        return true;
    case PRIORITY:
        if (!set_number(text, 99, &v))
            return false;
        o->priority = (uint8_t)v;
        return true;
    case FIELDS:
        break;
    }
    return false;
}

static int by_number(const void *a, const void *b)
{
    return strcmp(((const struct order *)a)->number, ((const struct order *)b)->number);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No key twice: the summary names an order by its key alone. */
static int check_keys(const struct order *orders, size_t count, struct refusal *why)
{
    const char *keys[ORDERS_MAX];

    for (size_t i = 0; i < count; i++)
        keys[i] = orders[i].key;
    qsort(keys, count, sizeof(keys[0]), by_key);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            return refuse(why, "Two orders have the key \"%s\".", keys[i]);
    return 0;
}

static void read_field(struct canonical_reader *r, struct order *o, enum field field)
{
    struct bytes_view text = canonical_text(r, fields[field].name);

    if (!r->bytes.error && !set_field(o, field, text))
        canonical_fail(r, ERR_RANGE);
}

static int parse_line(struct bytes_view line, size_t number, struct order *o, struct refusal *why)
{
    struct canonical_reader r = canonical_over(line);
    int e;

    canonical_open_object(&r, NULL);
    read_field(&r, o, DUE);
    read_field(&r, o, KEY);
    read_field(&r, o, NUMBER);
    read_field(&r, o, PART);
    o->priority = (uint8_t)canonical_number(&r, "priority", 1, 99);
    o->qty = (uint32_t)canonical_number(&r, "qty", 1, 10000);
    read_field(&r, o, REV);
    canonical_expect(&r, "t", "order");
    canonical_close_object(&r);
    e = canonical_done(&r);
    if (e == 0)
        return 0;
    return refuse(why, ORDERS_MEMBER " line %zu, at or after \"%s\": %s.", number, r.where,
                  error_text(e));
}

int orders_parse(struct bytes_view text, struct order out[static ORDERS_MAX], size_t *ret_count,
                 struct refusal *why)
{
    struct bytes b = bytes_over(text.data, text.length);
    size_t count = 0;
    int r;

    while (bytes_left(&b)) {
        struct bytes_view line = bytes_line(&b);
        if (b.error)
            return refuse(why, ORDERS_MEMBER " does not end in a line feed.");
        if (count == ORDERS_MAX)
            return refuse(why, ORDERS_MEMBER " has more than %d orders.", ORDERS_MAX);
        r = parse_line(line, count + 1, &out[count], why);
        if (r)
            return r;
        if (count && strcmp(out[count - 1].number, out[count].number) >= 0)
            return refuse(why,
                          ORDERS_MEMBER " line %zu: \"number\" is not above that of the line "
                                        "before.",
                          count + 1);
        count++;
    }
    if (count == 0)
        return refuse(why, ORDERS_MEMBER " has no order.");
    r = check_keys(out, count, why);
    if (r)
        return r;
    *ret_count = count;
    return 0;
}

int orders_print(const struct order *orders, size_t count, char out[static ORDERS_TEXT_MAX],
                 size_t *ret_length)
{
    size_t length = 0, line;
    int r;

    for (size_t i = 0; i < count; i++) {
        struct canonical_writer w = canonical_into(out + length, ORDERS_TEXT_MAX - length);
        canonical_put_object(&w, NULL);
        canonical_put_text(&w, "due", orders[i].due);
        canonical_put_text(&w, "key", orders[i].key);
        canonical_put_text(&w, "number", orders[i].number);
        canonical_put_text(&w, "part", orders[i].part);
        canonical_put_number(&w, "priority", orders[i].priority);
        canonical_put_number(&w, "qty", orders[i].qty);
        canonical_put_text(&w, "rev", orders[i].rev);
        canonical_put_text(&w, "t", "order");
        canonical_put_object_end(&w);
        r = canonical_put_end(&w, &line);
        if (r)
            return r;
        length += line;
    }
    *ret_length = length;
    return 0;
}

/* A line of the table without its CR. */
static struct bytes_view table_line(struct bytes *b)
{
    const uint8_t *start = b->at;
    struct bytes ahead = *b;
    struct bytes_view line = bytes_line(&ahead);

    if (ahead.error)
        line = bytes_run(b, (uint32_t)bytes_left(b)); /* the last line may lack its LF */
    else
        bytes_run(b, (uint32_t)(ahead.at - start));
    if (line.length && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

/* The next cell of ${line}, without the quotes that a spreadsheet may put around it. */
static struct bytes_view cell(struct bytes *line, bool *last)
{
    const uint8_t *comma = memchr(line->at, ',', bytes_left(line));
    size_t length = comma ? (size_t)(comma - line->at) : bytes_left(line);
    struct bytes_view text = bytes_run(line, (uint32_t)length);

    *last = !comma;
    if (comma)
        bytes_u8(line);
    if (text.length >= 2 && text.data[0] == '"' && text.data[text.length - 1] == '"')
        text = bytes_view_of(text.data + 1, text.length - 2);
    return text;
}

static int parse_header(struct bytes_view line, enum field columns[static FIELDS],
                        struct refusal *why)
{
    struct bytes b = bytes_over(line.data, line.length);
    bool seen[FIELDS] = {false}, last = false;
    size_t n = 0;

    for (; !last; n++) {
        struct bytes_view name = cell(&b, &last);
        enum field f = 0;
        while (f < FIELDS && !bytes_equal_text(name, fields[f].name))
            f++;
        if (f == FIELDS || n == FIELDS || seen[f])
            return refuse(why,
                          "Line 1, column %zu: the columns must be number, key, part, rev, qty, "
                          "due and priority, each once.",
                          n + 1);
        seen[f] = true;
        columns[n] = f;
    }
    for (enum field f = 0; f < FIELDS; f++)
        if (!seen[f])
            return refuse(why, "Line 1: the column \"%s\" is missing.", fields[f].name);
    return 0;
}

static int parse_row(struct bytes_view line, size_t number, const enum field columns[static FIELDS],
                     struct order *o, struct refusal *why)
{
    struct bytes b = bytes_over(line.data, line.length);
    bool last = false;
    size_t n = 0;

    for (; !last; n++) {
        struct bytes_view text = cell(&b, &last);
        if (n == FIELDS)
            return refuse(why, "Line %zu has more than %d columns.", number, FIELDS);
        if (!set_field(o, columns[n], text))
            return refuse(why, "Line %zu, column \"%s\": it must be %s.", number,
                          fields[columns[n]].name, fields[columns[n]].allowed);
    }
    if (n < FIELDS)
        return refuse(why, "Line %zu, column \"%s\": it is missing.", number,
                      fields[columns[n]].name);
    return 0;
}

static int check_numbers(const struct order *orders, size_t count, struct refusal *why)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(orders[i - 1].number, orders[i].number) == 0)
            return refuse(why, "Two orders have the number \"%s\".", orders[i].number);
    return check_keys(orders, count, why);
}

int orders_from_csv(struct bytes_view text, struct order out[static ORDERS_MAX], size_t *ret_count,
                    struct refusal *why)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct bytes b = bytes_over(text.data, text.length), ahead = b;
    enum field columns[FIELDS];
    size_t count = 0, number = 1;
    int r;

    if (bytes_equal_text(bytes_run(&ahead, 3), mark))
        b = ahead;
    r = parse_header(table_line(&b), columns, why);
    while (r == 0 && bytes_left(&b)) {
        struct bytes_view line = table_line(&b);
        number++;
        if (line.length == 0)
            continue;
        if (count == ORDERS_MAX)
            return refuse(why, "The table has more than %d orders.", ORDERS_MAX);
        r = parse_row(line, number, columns, &out[count++], why);
    }
    if (r)
        return r;
    if (count == 0)
        return refuse(why, "The table has a header line but no order.");
    qsort(out, count, sizeof(out[0]), by_number);
    r = check_numbers(out, count, why);
    if (r)
        return r;
    *ret_count = count;
    return 0;
}

#include "transfer/guard_b/record.h"

/* What a value may be.  Quotes belong to the value. */
enum kind { KIND_BAND = 1, KIND_KEY, KIND_CHOICE, KIND_LITERAL };

struct field {
    const char *name;
    enum kind kind;
    const char *const *choices;
    const char *literal;
};

static const char *const states[] = {"Waiting", "Running", "Completed", "Closed", NULL};
static const char *const bands[] = {"<80", "80-90", "90-95", "95-98", ">98", "S", NULL};

/* Both sorted by name, ended by a field without one. */
static const struct field order_fields[] = {
    {.name = "good", .kind = KIND_BAND},
    {.name = "key", .kind = KIND_KEY},
    {.name = "state", .kind = KIND_CHOICE, .choices = states},
    {.name = "t", .kind = KIND_LITERAL, .literal = "\"order\""},
    {0},
};

static const struct field yield_fields[] = {
    {.name = "fpy", .kind = KIND_CHOICE, .choices = bands},
    {.name = "t", .kind = KIND_LITERAL, .literal = "\"yield\""},
    {.name = "weeks", .kind = KIND_LITERAL, .literal = "4"},
    {0},
};

/* A multiple of 5 from 5 to 10000, or S. */
static void band(struct b_reader *r)
{
    b_reader_text(r, "\"");
    if (b_reader_meets(r, "S"))
        b_reader_text(r, "S");
    else if (b_reader_number(r, 5, 10000) % 5 != 0)
        r->failed = true;
    b_reader_text(r, "\"");
}

static void value(struct b_reader *r, const struct field *field, struct b_view *ret_key)
{
    switch (field->kind) {
    case KIND_BAND:
        band(r);
        return;
    case KIND_KEY:
        b_reader_text(r, "\"");
        *ret_key = b_reader_word(r, B_UPPER B_DECIMAL "-", 4, 16);
        b_reader_text(r, "\"");
        return;
    case KIND_CHOICE:
        b_reader_text(r, "\"");
        (void)b_reader_choice(r, field->choices);
        return;
    case KIND_LITERAL:
        b_reader_text(r, field->literal);
        return;
    }
    r->failed = true;
}

/* One line; the one field of KIND_KEY, if there is one, becomes ${ret_key}. */
static void record(struct b_reader *r, const struct field *fields, struct b_view *ret_key)
{
    for (const struct field *f = fields; f->name; f++) {
        b_reader_text(r, f == fields ? "{\"" : ",\"");
        b_reader_text(r, f->name);
        b_reader_text(r, "\":");
        value(r, f, ret_key);
    }
    b_reader_text(r, "}\n");
}

int b_record_check(struct b_view file, unsigned *ret_orders, struct b_refusal *why)
{
    struct b_reader r = b_reader_over(file);
    struct b_view before = {0};
    unsigned orders = 0;
    while (b_reader_meets(&r, "{\"good\":")) {
        struct b_view key = {0};
        record(&r, order_fields, &key);
        if (r.failed)
            return b_refuse(why, ERR_FORMAT, "rec-summary-001.ndjson: record %u is not an order",
                            orders + 1);
        if (orders && !b_view_before(before, key))
            return b_refuse(why, ERR_DUPLICATE,
                            "rec-summary-001.ndjson: the key of record %u does not sort behind the "
                            "one before",
                            orders + 1);
        if (++orders > B_RECORD_ORDERS_MAX)
            return b_refuse(why, ERR_SIZE, "rec-summary-001.ndjson has more than 1000 orders");
        before = key;
    }
    record(&r, yield_fields, &before);
    if (!b_reader_done(&r))
        return b_refuse(why, ERR_FORMAT,
                        "rec-summary-001.ndjson: record %u is neither an order nor the one yield "
                        "that ends the file",
                        orders + 1);
    *ret_orders = orders;
    return 0;
}

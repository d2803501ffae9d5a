#include "appliance/holder.h"

#include <string.h>

#include "appliance/answer.h"
#include "policy/cedar.h"

#define ITEMS_MAX SNAPSHOT_RECORDS_MAX

/* What is put together: a holder, at a time. */
struct putting {
    struct cedar_entities *entities;
    const struct snapshot_holder *holder;
    int64_t now_ms;
};

const char *holder_type(enum holder_kind kind)
{
    return kind == HOLDER_STATION ? "Casemate::Station" : "Casemate::Person";
}

void holder_id(const uint8_t id[static 16], char out[static HOLDER_ID_TEXT])
{
    answer_uuid_text(id, out);
}

static void text_of(struct bytes_view v, char out[static ATTRIBUTE_VALUE_MAX + 1])
{
    memcpy(out, v.data, v.length);
    out[v.length] = '\0';
}

static bool counts(const struct putting *p, const struct attribute *row,
                   const struct snapshot_record *r)
{
    return r->attribute == row->number && snapshot_is_active(r, p->now_ms);
}

/* The record in force that began last; of two that began together the one behind. */
static const struct snapshot_record *last_of(const struct putting *p, const struct attribute *row)
{
    const struct snapshot_record *last = NULL;
    for (size_t i = 0; i < p->holder->records; i++) {
        const struct snapshot_record *r = &p->holder->record[i];
        if (counts(p, row, r) && (!last || r->from_ms >= last->from_ms))
            last = r;
    }
    return last;
}

/* The same, also when it has ended. */
static const struct snapshot_record *newest_of(const struct snapshot_holder *holder,
                                               enum attribute_number attribute, int64_t now_ms)
{
    const struct snapshot_record *newest = NULL;
    for (size_t i = 0; i < holder->records; i++) {
        const struct snapshot_record *r = &holder->record[i];
        if (r->attribute == attribute && r->from_ms <= now_ms &&
            (!newest || r->from_ms >= newest->from_ms))
            newest = r;
    }
    return newest;
}

/* In force; or ended, and beside one in force it goes on closing what it closed. */
static bool counts_on(const struct putting *p, const struct attribute *row,
                      const struct snapshot_record *r)
{
    return counts(p, row, r) || (r->attribute == row->number && r->from_ms <= p->now_ms &&
                                 attribute_stays(row, r->value));
}

/* Whether this value stood there before: of a set each once. */
static bool is_repeated(const struct putting *p, const struct attribute *row, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (counts_on(p, row, &p->holder->record[i]) &&
            bytes_equal(p->holder->record[i].value, p->holder->record[at].value))
            return true;
    return false;
}

static void put_set(const struct putting *p, const struct attribute *row)
{
    struct cedar_value items[ITEMS_MAX];
    char text[ATTRIBUTE_VALUE_MAX + 1];
    size_t n = 0;
    bool any = last_of(p, row) != NULL;
    for (size_t i = 0; any && i < p->holder->records; i++) {
        const struct snapshot_record *r = &p->holder->record[i];
        if (!counts_on(p, row, r) || is_repeated(p, row, i))
            continue;
        text_of(r->value, text);
        items[n++] = row->into == ATTRIBUTE_INTO_NATIONS
                         ? cedar_entity(p->entities, "Casemate::Country", text)
                         : cedar_string(p->entities, text, r->value.length);
    }
    cedar_entity_attribute(p->entities, row->as, cedar_set(p->entities, items, n));
}

/* The record in force that began last, unless a later one has ended and nothing took its place:
 * what is more open than it was is not believed. */
static const struct snapshot_record *believed(const struct putting *p, const struct attribute *row)
{
    const struct snapshot_record *r = last_of(p, row),
                                 *newest = newest_of(p->holder, row->number, p->now_ms);
    if (row->past == ATTRIBUTE_PAST_ENDS || newest == r)
        return r;
    if (attribute_stays(row, newest->value))
        return newest;
    if (!r || bytes_equal(r->value, newest->value))
        return r;
    if (row->into != ATTRIBUTE_INTO_LEVEL)
        return NULL;
    return newest->value.data[0] < r->value.data[0] ? newest : r;
}

static void put_last(const struct putting *p, const struct attribute *row)
{
    const struct snapshot_record *r = believed(p, row);
    char text[ATTRIBUTE_VALUE_MAX + 1];
    if (!r)
        return;
    text_of(r->value, text);
    struct cedar_value v = row->into == ATTRIBUTE_INTO_LEVEL ? cedar_long(text[0] - '0')
                           : row->into == ATTRIBUTE_INTO_ONE
                               ? cedar_entity(p->entities, "Casemate::Country", text)
                               : cedar_string(p->entities, text, r->value.length);
    cedar_entity_attribute(p->entities, row->as, v);
}

static void put_until(const struct putting *p, const struct attribute *row)
{
    int64_t until = 0;
    for (size_t i = 0; i < p->holder->records; i++) {
        const struct snapshot_record *r = &p->holder->record[i];
        if (r->attribute == row->number && r->from_ms <= p->now_ms && r->until_ms > until)
            until = r->until_ms;
    }
    if (until)
        cedar_entity_attribute(p->entities, row->as, cedar_datetime(until));
}

static void put_tags(const struct putting *p, const struct attribute *row)
{
    char tag[80];
    size_t n = strlen(row->as);
    memcpy(tag, row->as, n);
    for (size_t i = 0; i < p->holder->records; i++) {
        const struct snapshot_record *r = &p->holder->record[i];
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen || (p->holder->record[k].attribute == row->number &&
                            p->holder->record[k].from_ms <= p->now_ms &&
                            bytes_equal(p->holder->record[k].value, r->value));
        if (seen || r->attribute != row->number || r->from_ms > p->now_ms)
            continue;
        text_of(r->value, tag + n);
        cedar_entity_tag(
            p->entities, tag,
            cedar_datetime(snapshot_until(p->holder, row->number, tag + n, p->now_ms)));
    }
}

static void put_roles(const struct putting *p, const struct attribute *row)
{
    char text[ATTRIBUTE_VALUE_MAX + 1];
    for (size_t i = 0; i < p->holder->records; i++) {
        const struct snapshot_record *r = &p->holder->record[i];
        if (!counts(p, row, r) || is_repeated(p, row, i))
            continue;
        text_of(r->value, text);
        cedar_entity_parent(p->entities, "Casemate::Role", text);
    }
}

static void put_window(const struct putting *p, const struct attribute *row)
{
    const struct snapshot_record *r = holder_window(p->holder, p->now_ms);
    struct attribute_window window;
    struct cedar_value days[7];
    size_t n = 0;
    if (!r || !attribute_window(r->value, &window))
        return;
    for (int day = 1; day <= 7; day++)
        if (window.days >> day & 1)
            days[n++] = cedar_long(day);
    struct cedar_field fields[] = {
        {"days", cedar_set(p->entities, days, n)},
        {"from", cedar_duration(window.from_ms)},
        {"to", cedar_duration(window.to_ms)},
    };
    cedar_entity_attribute(p->entities, row->as, cedar_record(p->entities, fields, 3));
}

const struct snapshot_record *holder_window(const struct snapshot_holder *holder, int64_t now_ms)
{
    return newest_of(holder, ATTRIBUTE_WINDOW, now_ms);
}

bool holder_visit_is_over(const struct snapshot_holder *holder, int64_t now_ms)
{
    bool over = false;
    for (size_t i = 0; i < holder->records; i++) {
        const struct snapshot_record *r = &holder->record[i];
        bool visit = r->attribute == ATTRIBUTE_VISITOR || r->attribute == ATTRIBUTE_VENDOR;
        if (visit && snapshot_is_active(r, now_ms))
            return false;
        over = over || (visit && r->until_ms <= now_ms);
    }
    return over;
}

static void put(const struct putting *p, const struct attribute *row)
{
    switch (row->into) {
    case ATTRIBUTE_INTO_ROLE:
        put_roles(p, row);
        return;
    case ATTRIBUTE_INTO_BOOL:
        cedar_entity_attribute(p->entities, row->as, cedar_bool(believed(p, row) != NULL));
        return;
    case ATTRIBUTE_INTO_LEVEL:
    case ATTRIBUTE_INTO_ONE:
    case ATTRIBUTE_INTO_NAME:
        put_last(p, row);
        return;
    case ATTRIBUTE_INTO_NATIONS:
    case ATTRIBUTE_INTO_NAMES:
        put_set(p, row);
        return;
    case ATTRIBUTE_INTO_UNTIL:
        put_until(p, row);
        return;
    case ATTRIBUTE_INTO_TAG:
        put_tags(p, row);
        return;
    case ATTRIBUTE_INTO_WINDOW:
        put_window(p, row);
        return;
    }
}

void holder_add(struct cedar_entities *entities, const struct snapshot_holder *holder,
                int64_t now_ms, int64_t *ret_next_ms)
{
    struct putting p = {entities, holder, now_ms};
    char id[HOLDER_ID_TEXT];
    holder_id(holder->id, id);
    cedar_entity_begin(entities, holder_type(holder->kind), id);
    cedar_entity_attribute(entities, "suspended",
                           cedar_bool(holder->suspended || holder_visit_is_over(holder, now_ms)));
    if (holder->kind == HOLDER_PERSON) {
        holder_id(holder->natural, id);
        cedar_entity_attribute(entities, "natural", cedar_string(entities, id, strlen(id)));
    } else {
        cedar_entity_attribute(entities, "training", cedar_bool(false));
    }
    for (size_t i = 0; i < attributes_count; i++)
        if (attributes[i].holder == holder->kind)
            put(&p, &attributes[i]);
    cedar_entity_end(entities);
    for (size_t i = 0; i < holder->records; i++) {
        const struct snapshot_record *r = &holder->record[i];
        if (r->from_ms > now_ms && r->from_ms < *ret_next_ms)
            *ret_next_ms = r->from_ms;
        if (r->until_ms > now_ms && r->until_ms < *ret_next_ms)
            *ret_next_ms = r->until_ms;
    }
}

bool holder_attribute_is(const struct attribute *attribute, const char *name)
{
    return attribute->into == ATTRIBUTE_INTO_TAG
               ? strncmp(name, attribute->as, strlen(attribute->as)) == 0
               : strcmp(name, attribute->as) == 0;
}

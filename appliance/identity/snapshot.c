#include "appliance/identity/snapshot.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_SMALLEST 46 /* bytes of a record with one byte of value and no other text */

/* ---- writing ---- */

void snapshot_put_head(struct bytes_put *out, const uint8_t enclave[static 8], uint64_t epoch,
                       size_t people, size_t stations)
{
    bytes_put_u8(out, 2);
    bytes_put_fixed(out, enclave, 8);
    bytes_put_u64(out, epoch);
    bytes_put_u16(out, (uint16_t)people);
    bytes_put_u16(out, (uint16_t)stations);
}

static void put_record(struct bytes_put *out, const struct snapshot_record *r)
{
    bytes_put_fixed(out, r->record, 16);
    bytes_put_u8(out, (uint8_t)r->attribute);
    bytes_put_var(out, r->value, ATTRIBUTE_VALUE_MAX);
    bytes_put_i64(out, r->from_ms);
    bytes_put_i64(out, r->until_ms);
    bytes_put_var(out, r->document, SNAPSHOT_DOCUMENT_MAX);
    bytes_put_var(out, r->granted_by, SNAPSHOT_NAME_MAX);
}

void snapshot_put_holder(struct bytes_put *out, const struct snapshot_holder *holder)
{
    uint8_t *length = out->at;
    bytes_put_u32(out, 0);
    const uint8_t *start = out->at;
    bytes_put_u8(out, (uint8_t)holder->kind);
    bytes_put_fixed(out, holder->id, 16);
    bytes_put_fixed(out, holder->natural, 16);
    bytes_put_var(out, bytes_text(holder->name), SNAPSHOT_NAME_MAX);
    bytes_put_var(out, bytes_text(holder->stamp), SNAPSHOT_WORD_MAX);
    bytes_put_u8(out, holder->suspended);
    bytes_put_i64(out, holder->not_before_ms);
    bytes_put_u16(out, (uint16_t)holder->records);
    for (size_t i = 0; i < holder->records; i++)
        put_record(out, &holder->record[i]);
    if (out->error)
        return;
    if (out->at - start > SNAPSHOT_HOLDER_MAX) {
        out->error = ERR_SIZE;
        return;
    }
    struct bytes_put back = bytes_into(length, 4);
    bytes_put_u32(&back, (uint32_t)(out->at - start));
}

/* ---- reading ---- */

/* A text; a zero byte inside it would hide what follows. */
static struct bytes_view take_view(struct bytes *in, uint32_t max)
{
    struct bytes_view v = bytes_var(in, max);
    if (!in->error && v.length && memchr(v.data, 0, v.length))
        in->error = ERR_FORMAT;
    return v;
}

static void take_text(struct bytes *in, char *out, uint32_t max)
{
    struct bytes_view v = take_view(in, max);
    if (!in->error)
        memcpy(out, v.data, v.length);
}

static void take_record(struct bytes *in, enum holder_kind kind, struct snapshot_record *r)
{
    bytes_fixed(in, r->record, 16);
    r->attribute = (enum attribute_number)bytes_u8(in);
    r->value = take_view(in, ATTRIBUTE_VALUE_MAX);
    r->from_ms = bytes_i64(in);
    r->until_ms = bytes_i64(in);
    r->document = take_view(in, SNAPSHOT_DOCUMENT_MAX);
    r->granted_by = take_view(in, SNAPSHOT_NAME_MAX);
    if (in->error)
        return;
    const struct attribute *a = attribute_by_number(r->attribute);
    if (!a || a->holder != kind || attribute_refuse(a, r->value) || r->until_ms <= r->from_ms)
        in->error = ERR_FORMAT;
}

static bool in_order(const struct snapshot_record *a, const struct snapshot_record *b)
{
    return a->attribute < b->attribute ||
           (a->attribute == b->attribute && memcmp(a->record, b->record, 16) < 0);
}

static void take_holder(struct bytes *all, enum holder_kind kind, struct snapshot_holder *h,
                        struct snapshot_record **next)
{
    h->bytes = bytes_var(all, SNAPSHOT_HOLDER_MAX);
    struct bytes in = bytes_over(h->bytes.data, h->bytes.length);
    h->kind = (enum holder_kind)bytes_u8(&in);
    bytes_fixed(&in, h->id, 16);
    bytes_fixed(&in, h->natural, 16);
    take_text(&in, h->name, SNAPSHOT_NAME_MAX);
    take_text(&in, h->stamp, SNAPSHOT_WORD_MAX);
    uint8_t suspended = bytes_u8(&in);
    h->suspended = suspended;
    h->not_before_ms = bytes_i64(&in);
    h->records = bytes_u16(&in);
    h->record = *next;
    if (!in.error && (h->kind != kind || suspended > 1 || h->records > SNAPSHOT_RECORDS_MAX))
        in.error = ERR_FORMAT;
    for (size_t i = 0; !in.error && i < h->records; i++, (*next)++) {
        take_record(&in, kind, *next);
        if (!in.error && i && !in_order(*next - 1, *next))
            in.error = ERR_CANONICAL;
    }
    if (!all->error)
        all->error = bytes_done(&in);
}

static void take_holders(struct bytes *in, enum holder_kind kind, struct snapshot_holder *list,
                         size_t count, struct snapshot_record **next)
{
    for (size_t i = 0; !in->error && i < count; i++) {
        take_holder(in, kind, &list[i], next);
        if (!in->error && i && memcmp(list[i - 1].id, list[i].id, 16) >= 0)
            in->error = ERR_CANONICAL;
    }
}

static int make_room(struct snapshot *s, struct bytes_view data)
{
    s->bytes = malloc(data.length ? data.length : 1);
    s->person = calloc(s->people + s->stations + 1, sizeof *s->person);
    s->records = calloc(data.length / RECORD_SMALLEST + 1, sizeof *s->records);
    if (!s->bytes || !s->person || !s->records)
        return ERR_MEMORY;
    s->station = s->person + s->people;
    memcpy(s->bytes, data.data, data.length);
    return 0;
}

int snapshot_decode(struct bytes_view data, struct snapshot **ret_snapshot)
{
    struct bytes in = bytes_over(data.data, data.length);
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    uint8_t version = bytes_u8(&in);
    bytes_fixed(&in, s->enclave, 8);
    s->epoch = bytes_u64(&in);
    s->people = bytes_u16(&in);
    s->stations = bytes_u16(&in);
    int r = in.error ? in.error : version != 2 ? ERR_FORMAT : 0;
    if (r == 0 && (s->people > SNAPSHOT_PEOPLE_MAX || s->stations > SNAPSHOT_STATIONS_MAX))
        r = ERR_SIZE;
    if (r == 0)
        r = make_room(s, data);
    if (r == 0) {
        struct snapshot_record *next = s->records;
        size_t head = (size_t)(in.at - data.data);
        in = bytes_over(s->bytes + head, data.length - head);
        take_holders(&in, HOLDER_PERSON, s->person, s->people, &next);
        take_holders(&in, HOLDER_STATION, s->station, s->stations, &next);
        r = bytes_done(&in);
    }
    if (r) {
        snapshot_free(s);
        return r;
    }
    *ret_snapshot = s;
    return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->bytes);
    free(snapshot->person);
    free(snapshot->records);
    free(snapshot);
}

/* ---- looking up ---- */

static const struct snapshot_holder *find(const struct snapshot_holder *list, size_t count,
                                          const uint8_t id[static 16])
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(list[middle].id, id, 16);
        if (order == 0)
            return &list[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct snapshot_holder *snapshot_find(const struct snapshot *snapshot,
                                            const uint8_t person[static 16])
{
    return find(snapshot->person, snapshot->people, person);
}

const struct snapshot_holder *snapshot_find_station(const struct snapshot *snapshot,
                                                    const uint8_t station[static 16])
{
    return find(snapshot->station, snapshot->stations, station);
}

bool snapshot_is_active(const struct snapshot_record *record, int64_t now_ms)
{
    return record->from_ms <= now_ms && now_ms < record->until_ms;
}

int64_t snapshot_until(const struct snapshot_holder *holder, enum attribute_number attribute,
                       const char *value, int64_t now_ms)
{
    int64_t until = 0;
    for (size_t i = 0; i < holder->records; i++) {
        const struct snapshot_record *r = &holder->record[i];
        if (r->attribute == attribute && r->from_ms <= now_ms && r->until_ms > until &&
            bytes_equal_text(r->value, value))
            until = r->until_ms;
    }
    return until;
}

void snapshot_line(uint64_t epoch, const uint8_t digest[static 32], const uint8_t boot[static 16],
                   uint64_t good_until_ms, uint8_t out[static SNAPSHOT_LINE_LENGTH])
{
    struct bytes_put put = bytes_into(out, SNAPSHOT_LINE_LENGTH);
    bytes_put_u64(&put, epoch);
    bytes_put_fixed(&put, digest, 32);
    bytes_put_fixed(&put, boot, 16);
    bytes_put_u64(&put, good_until_ms);
}

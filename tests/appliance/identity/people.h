#ifndef TESTS_APPLIANCE_IDENTITY_PEOPLE_H
#define TESTS_APPLIANCE_IDENTITY_PEOPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "appliance/identity/snapshot.h"
#include "tests/crypto/cases.h"

#define PEOPLE_SITE "PLANT-1"
#define PEOPLE_FROM 1000
#define PEOPLE_END  4000000000000

/* A snapshot in the making: holders in the order of their ids, people first. */
struct making {
    struct snapshot_holder holder[300];
    struct snapshot_record record[300][40];
    size_t people, stations;
};

/* The holder whose id is ${number} sixteen times, without a record. */
static inline struct snapshot_holder *add_holder(struct making *m, enum holder_kind kind,
                                                 unsigned number)
{
    size_t at = m->people + m->stations;
    struct snapshot_holder *h = &m->holder[at];
    *h = (struct snapshot_holder){.kind = kind, .record = m->record[at]};
    memset(h->id, (int)number, 16);
    if (kind == HOLDER_PERSON)
        memset(h->natural, (int)number, 16);
    snprintf(h->name, sizeof h->name, "Holder %u", number);
    *(kind == HOLDER_PERSON ? &m->people : &m->stations) += 1;
    return h;
}

/* One more record, in the order of attributes; the texts are borrowed. */
static inline void add_record(struct snapshot_holder *h, enum attribute_number attribute,
                              const char *value, int64_t from_ms, int64_t until_ms)
{
    struct snapshot_record *list = (struct snapshot_record *)(uintptr_t)h->record;
    size_t at = h->records++;
    while (at && list[at - 1].attribute > attribute) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = (struct snapshot_record){.attribute = attribute,
                                        .value = bytes_text(value),
                                        .from_ms = from_ms,
                                        .until_ms = until_ms,
                                        .document = bytes_text("letter 7"),
                                        .granted_by = bytes_text("Export office")};
    for (size_t i = 0; i < h->records; i++)
        memset(list[i].record, (int)i + 1, 16);
}

/* The record of this attribute, to be changed. */
static inline struct snapshot_record *record_of(struct snapshot_holder *h,
                                                enum attribute_number attribute)
{
    struct snapshot_record *list = (struct snapshot_record *)(uintptr_t)h->record;
    for (size_t i = 0; i < h->records; i++)
        if (list[i].attribute == attribute)
            return &list[i];
    fail_msg("there is no such record");
    return NULL;
}

static inline void drop_record(struct snapshot_holder *h, enum attribute_number attribute)
{
    struct snapshot_record *at = record_of(h, attribute);
    size_t behind = (size_t)(&h->record[h->records] - (at + 1));
    memmove(at, at + 1, behind * sizeof *at);
    h->records--;
}

/* Somebody whom every mandatory rule lets pass, with ${role} alone. */
static inline struct snapshot_holder *good_person(struct making *m, unsigned number,
                                                  const char *role)
{
    static const struct {
        enum attribute_number attribute;
        const char *value;
    } good[] = {{ATTRIBUTE_ITAR_US_PERSON, "true"}, {ATTRIBUTE_CITIZENSHIP, "USA"},
                {ATTRIBUTE_COUNTRY_ITAR, "USA"},    {ATTRIBUTE_COUNTRY_EAR, "USA"},
                {ATTRIBUTE_CLEARANCE, "3"},         {ATTRIBUTE_CLEARANCE_NATION, "USA"},
                {ATTRIBUTE_INVESTIGATION, "true"},  {ATTRIBUTE_NDA, "true"},
                {ATTRIBUTE_READ_IN, "PROGRAM"},     {ATTRIBUTE_SITE, PEOPLE_SITE},
                {ATTRIBUTE_SKILL, "torque"},        {ATTRIBUTE_COURSE, "security-refresher"}};
    struct snapshot_holder *h = add_holder(m, HOLDER_PERSON, number);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        add_record(h, good[i].attribute, good[i].value, PEOPLE_FROM, PEOPLE_END);
    add_record(h, ATTRIBUTE_ROLE, role, PEOPLE_FROM, PEOPLE_END);
    return h;
}

static inline struct snapshot_holder *good_station(struct making *m, unsigned number)
{
    static const struct {
        enum attribute_number attribute;
        const char *value;
    } good[] = {{ATTRIBUTE_STATION_SITE, PEOPLE_SITE}, {ATTRIBUTE_ZONE, "cell"},
                {ATTRIBUTE_ACCREDITATION, "L-1"},      {ATTRIBUTE_CEILING, "3"},
                {ATTRIBUTE_ATTESTATION, "true"},       {ATTRIBUTE_STATION_PROGRAM, "true"},
                {ATTRIBUTE_STATION_COUNTRY, "USA"}};
    struct snapshot_holder *h = add_holder(m, HOLDER_STATION, number);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        add_record(h, good[i].attribute, good[i].value, PEOPLE_FROM, PEOPLE_END);
    return h;
}

static inline size_t put_snapshot(const struct making *m, uint8_t *out, size_t room)
{
    struct bytes_put put = bytes_into(out, room);
    size_t length = 0;
    snapshot_put_head(&put, (const uint8_t *)"e3f9k2m1", 7, m->people, m->stations);
    for (size_t i = 0; i < m->people + m->stations; i++)
        snapshot_put_holder(&put, &m->holder[i]);
    assert_int_equal(bytes_put_done(&put, &length), 0);
    return length;
}

static inline struct snapshot *made(const struct making *m)
{
    static uint8_t bytes[1 << 20];
    struct snapshot *s = NULL;
    size_t length = put_snapshot(m, bytes, sizeof bytes);
    assert_int_equal(snapshot_decode(bytes_view_of(bytes, length), &s), 0);
    return s;
}

#endif

#include "appliance/identity/snapshot.h"

#include <stdlib.h>
#include <string.h>

int snapshot_new(size_t people, struct snapshot **ret_snapshot)
{
    if (people > SNAPSHOT_PEOPLE_MAX)
        return ERR_SIZE;
    struct snapshot *s = calloc(1, sizeof *s + people * sizeof s->person[0]);
    if (!s)
        return ERR_MEMORY;
    s->people = people;
    *ret_snapshot = s;
    return 0;
}

static void put_text(struct bytes_put *out, const char *text, uint32_t max)
{
    bytes_put_var(out, bytes_text(text), max);
}

static void put_person(struct bytes_put *out, const struct snapshot_person *p)
{
    bytes_put_fixed(out, p->person, 16);
    put_text(out, p->name, SNAPSHOT_NAME_MAX);
    put_text(out, p->stamp, SNAPSHOT_WORD_MAX);
    bytes_put_u8(out, p->suspended);
    bytes_put_u8(out, p->us_person);
    bytes_put_u8(out, p->clearance);
    bytes_put_i64(out, p->read_in_until_ms);
    bytes_put_i64(out, p->export_until_ms);
    bytes_put_i64(out, p->not_before_ms);
    bytes_put_u8(out, (uint8_t)p->citizenships);
    for (size_t i = 0; i < p->citizenships; i++)
        bytes_put_fixed(out, p->citizenship[i], 3);
    bytes_put_u8(out, (uint8_t)p->countries_itar);
    for (size_t i = 0; i < p->countries_itar; i++)
        bytes_put_fixed(out, p->country_itar[i], 3);
    bytes_put_u8(out, (uint8_t)p->roles);
    for (size_t i = 0; i < p->roles; i++)
        put_text(out, p->role[i], SNAPSHOT_WORD_MAX);
    bytes_put_u8(out, (uint8_t)p->sites);
    for (size_t i = 0; i < p->sites; i++)
        put_text(out, p->site[i], SNAPSHOT_WORD_MAX);
    bytes_put_u8(out, (uint8_t)p->skills);
    for (size_t i = 0; i < p->skills; i++) {
        put_text(out, p->skill[i].name, SNAPSHOT_WORD_MAX);
        bytes_put_i64(out, p->skill[i].until_ms);
    }
}

void snapshot_encode(const struct snapshot *snapshot, struct bytes_put *out)
{
    bytes_put_u8(out, 1);
    bytes_put_fixed(out, snapshot->enclave, 8);
    bytes_put_u64(out, snapshot->epoch);
    bytes_put_u16(out, (uint16_t)snapshot->people);
    for (size_t i = 0; i < snapshot->people; i++)
        put_person(out, &snapshot->person[i]);
}

/* A text field; a zero byte inside it would hide what follows. */
static void take_text(struct bytes *in, char *out, uint32_t max)
{
    struct bytes_view v = bytes_var(in, max);
    if (!in->error && v.length && memchr(v.data, 0, v.length))
        in->error = ERR_FORMAT;
    if (!in->error)
        memcpy(out, v.data, v.length);
}

static size_t take_count(struct bytes *in, size_t max)
{
    size_t n = bytes_u8(in);
    if (!in->error && n > max)
        in->error = ERR_SIZE;
    return in->error ? 0 : n;
}

static uint8_t take_flag(struct bytes *in)
{
    uint8_t v = bytes_u8(in);
    if (!in->error && v > 1)
        in->error = ERR_RANGE;
    return v;
}

static void take_person(struct bytes *in, struct snapshot_person *p)
{
    bytes_fixed(in, p->person, 16);
    take_text(in, p->name, SNAPSHOT_NAME_MAX);
    take_text(in, p->stamp, SNAPSHOT_WORD_MAX);
    p->suspended = take_flag(in);
    p->us_person = take_flag(in);
    p->clearance = bytes_u8(in);
    p->read_in_until_ms = bytes_i64(in);
    p->export_until_ms = bytes_i64(in);
    p->not_before_ms = bytes_i64(in);
    p->citizenships = take_count(in, SNAPSHOT_COUNTRIES_MAX);
    for (size_t i = 0; i < p->citizenships; i++)
        bytes_fixed(in, p->citizenship[i], 3);
    p->countries_itar = take_count(in, SNAPSHOT_COUNTRIES_MAX);
    for (size_t i = 0; i < p->countries_itar; i++)
        bytes_fixed(in, p->country_itar[i], 3);
    p->roles = take_count(in, SNAPSHOT_ROLES_MAX);
    for (size_t i = 0; i < p->roles; i++)
        take_text(in, p->role[i], SNAPSHOT_WORD_MAX);
    p->sites = take_count(in, SNAPSHOT_SITES_MAX);
    for (size_t i = 0; i < p->sites; i++)
        take_text(in, p->site[i], SNAPSHOT_WORD_MAX);
    p->skills = take_count(in, SNAPSHOT_SKILLS_MAX);
    for (size_t i = 0; i < p->skills; i++) {
        take_text(in, p->skill[i].name, SNAPSHOT_WORD_MAX);
        p->skill[i].until_ms = bytes_i64(in);
    }
}

int snapshot_decode(struct bytes_view data, struct snapshot **ret_snapshot)
{
    struct bytes in = bytes_over(data.data, data.length);
    struct snapshot *s = NULL;
    uint8_t enclave[8];
    uint8_t version = bytes_u8(&in);
    bytes_fixed(&in, enclave, 8);
    uint64_t epoch = bytes_u64(&in);
    size_t people = bytes_u16(&in);
    if (in.error || version != 1)
        return in.error ? in.error : ERR_FORMAT;
    int r = snapshot_new(people, &s);
    if (r)
        return r;
    memcpy(s->enclave, enclave, 8);
    s->epoch = epoch;
    for (size_t i = 0; r == 0 && i < people; i++) {
        take_person(&in, &s->person[i]);
        r = in.error;
        if (r == 0 && i && memcmp(s->person[i - 1].person, s->person[i].person, 16) >= 0)
            r = ERR_CANONICAL;
    }
    if (r == 0)
        r = bytes_done(&in);
    if (r) {
        free(s);
        return r;
    }
    *ret_snapshot = s;
    return 0;
}

const struct snapshot_person *snapshot_find(const struct snapshot *snapshot,
                                            const uint8_t person[static 16])
{
    size_t low = 0, high = snapshot->people;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(snapshot->person[middle].person, person, 16);
        if (order == 0)
            return &snapshot->person[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool snapshot_has_role(const struct snapshot_person *person, const char *role)
{
    for (size_t i = 0; i < person->roles; i++)
        if (strcmp(person->role[i], role) == 0)
            return true;
    return false;
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

#include "tests/simulator/roster.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/snapshot.h"
#include "appliance/station.h"
#include "crypto/minisign.h"
#include "enclave/process/os.h"
#include "tests/faults/memory.h"
#include "transfer/root.h"

#define SITE "PLANT-1"
#define FROM 1000
#define END  4000000000000

static struct secret *statement_key, *snapshot_key, *checkpoint_key;

static struct secret *key_of(uint8_t value)
{
    uint8_t bytes[32];
    struct secret *key = NULL;
    memset(bytes, value, sizeof bytes);
    if (secret_copy(bytes, sizeof bytes, &key) != 0)
        abort();
    return key;
}

void roster_keys(void)
{
    statement_key = key_of(0x51);
    snapshot_key = key_of(0x52);
    checkpoint_key = key_of(0x53);
}

const struct secret *roster_checkpoint_key(void)
{
    return checkpoint_key;
}

void roster_root(char *out, size_t *ret_length)
{
    struct root root = {.site = "sim", .kind = ROOT_TRAINING};
    root.factors[STATEMENT_BADGE_PIN] = root.factors[STATEMENT_FIDO2] = true;
    for (int i = 0; i < ROOT_ROLE_COUNT; i++) {
        struct secret *key = key_of((uint8_t)(0x60 + i));
        if (minisign_public_of(key, &root.keys[i]) != 0)
            abort();
        secret_free(key);
    }
    if (sign_public(statement_key, root.statement) != 0 ||
        sign_public(snapshot_key, root.snapshot) != 0 ||
        sign_public(checkpoint_key, root.checkpoint) != 0 ||
        root_print(&root, out, ret_length) != 0)
        abort();
}

const char *roster_name(enum person person)
{
    static const char *const names[PEOPLE] = {"Ana", "Bo", "Cy", "Dee", "Eve", "Pia", "Qui", "Zed"};
    return names[person];
}

const char *roster_role(enum person person)
{
    static const char *const roles[PEOPLE] = {
        "operator", "operator",         "operator", "operator", "manufacturing-engineer",
        "planner",  "quality-engineer", "planner"};
    return roles[person];
}

void roster_id(enum person person, uint8_t out[static 16])
{
    memset(out, (int)person + 1, 16);
}

void roster_sign_in(enum person person)
{
    unsigned number = world->sessions++ % SESSIONS;
    struct session *s = &world->session[number];
    struct token token = {.factor = FACTOR_FIDO2};
    *s = (struct session){.person = person};
    world->now[person] = number;
    os_random(s->id, sizeof s->id);
    memcpy(s->boot, os_boot_id(), 16);
    s->expires_ms = os_boot_ms() + (world->lives && pick(6) == 0 ? 1500 : 8 * 3600 * 1000);
    memcpy(token.audience, WORLD_ENCLAVE, 8);
    roster_id(person, token.person);
    roster_id(person, token.natural);
    memcpy(token.session, s->id, 16);
    memcpy(token.station, station_training, STATION_ID);
    memcpy(token.boot, s->boot, 16);
    token.issued_ms = token.verified_ms = os_boot_ms();
    token.expires_ms = s->expires_ms;
    memory_hold(true);
    if (token_make(statement_key, &token, s->token) != 0)
        abort();
    memory_hold(false);
}

/* ---- snapshots ---- */

static const struct {
    enum attribute_number attribute;
    const char *value;
} good[] = {{ATTRIBUTE_ITAR_US_PERSON, "true"},
            {ATTRIBUTE_CITIZENSHIP, "USA"},
            {ATTRIBUTE_COUNTRY_ITAR, "USA"},
            {ATTRIBUTE_COUNTRY_EAR, "USA"},
            {ATTRIBUTE_CLEARANCE, "3"},
            {ATTRIBUTE_CLEARANCE_NATION, "USA"},
            {ATTRIBUTE_INVESTIGATION, "true"},
            {ATTRIBUTE_NDA, "true"},
            {ATTRIBUTE_READ_IN, "PROGRAM"},
            {ATTRIBUTE_SITE, SITE},
            {ATTRIBUTE_COURSE, "security-refresher"},
            {ATTRIBUTE_AFFILIATION, "contractor"},
            {ATTRIBUTE_EMPLOYER, "CALDOR-WORKS"}};
#define RECORDS_MAX 20

/* In the order of attributes. */
static void add_record(struct snapshot_record *list, size_t *count, enum attribute_number attribute,
                       const char *value, int64_t until_ms)
{
    size_t at = (*count)++;
    while (at && list[at - 1].attribute > attribute) {
        list[at] = list[at - 1];
        at--;
    }
    list[at] = (struct snapshot_record){.attribute = attribute,
                                        .value = bytes_text(value),
                                        .from_ms = FROM,
                                        .until_ms = until_ms,
                                        .document = bytes_text("letter 7"),
                                        .granted_by = bytes_text("Office")};
}

static void put_person(struct bytes_put *put, enum person person)
{
    const struct standing *standing = &world->standing[world->epoch % STATES][person];
    struct snapshot_record list[RECORDS_MAX];
    struct snapshot_holder h = {.kind = HOLDER_PERSON, .record = list};
    roster_id(person, h.id);
    roster_id(person, h.natural);
    snprintf(h.name, sizeof h.name, "%s", roster_name(person));
    h.suspended = standing->suspended;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        add_record(list, &h.records, good[i].attribute, good[i].value, END);
    add_record(list, &h.records, ATTRIBUTE_ROLE, roster_role(person), standing->role_until_ms);
    if (standing->skilled)
        add_record(list, &h.records, ATTRIBUTE_SKILL, "torque", standing->skill_until_ms);
    for (size_t i = 0; i < h.records; i++)
        memset(list[i].record, (int)i + 1, 16);
    snapshot_put_holder(put, &h);
}

size_t roster_snapshot(uint8_t *out, size_t room)
{
    struct bytes_put put = bytes_into(out, room);
    size_t length;
    snapshot_put_head(&put, (const uint8_t *)WORLD_ENCLAVE, world->epoch, PEOPLE, 0);
    for (int p = 0; p < PEOPLE; p++)
        put_person(&put, (enum person)p);
    if (bytes_put_done(&put, &length) != 0)
        abort();
    return length;
}

void roster_line(const uint8_t digest[static 32], struct message *m)
{
    uint8_t line[SNAPSHOT_LINE_LENGTH];
    *m = (struct message){.number = MESSAGE_SNAPSHOT_LINE};
    m->snapshot_line.epoch = world->epoch;
    memcpy(m->snapshot_line.digest, digest, 32);
    memcpy(m->snapshot_line.boot, os_boot_id(), 16);
    m->snapshot_line.good_until_ms = os_boot_ms() + SNAPSHOT_GOOD_MS;
    snapshot_line(world->epoch, digest, os_boot_id(), m->snapshot_line.good_until_ms, line);
    memory_hold(true);
    if (sign_make(snapshot_key, "casemate/snapshot-line/1", bytes_view_of(line, sizeof line),
                  m->snapshot_line.signature) != 0)
        abort();
    memory_hold(false);
}

void roster_statement(const struct session *session, enum person person, unsigned operation,
                      const char *name, const char *body, char out[static 900])
{
    struct statement s = {.factor = STATEMENT_FIDO2, .at_ms = os_utc_ms()};
    uint8_t bytes[STATEMENT_MAX];
    size_t length;
    memcpy(s.enclave, WORLD_ENCLAVE, 8);
    roster_id(person, s.person);
    roster_id(person, s.natural);
    memcpy(s.session, session->id, 16);
    memcpy(s.station, station_training, STATION_ID);
    s.operation = (uint16_t)operation;
    snprintf(s.name, sizeof s.name, "%s", roster_name(person));
    snprintf(s.meaning, sizeof s.meaning, "I accept it");
    memory_hold(true);
    if (statement_action_digest(name, WORLD_ENCLAVE, bytes_text(body), s.action) != 0 ||
        statement_sign(statement_key, &s, bytes, &length) != 0)
        abort();
    memory_hold(false);
    sodium_bin2base64(out, 900, bytes, length, sodium_base64_VARIANT_ORIGINAL);
}

#include "tests/simulator/floor.h"

#include <stdio.h>
#include <string.h>

#include "appliance/event.h"
#include "appliance/station.h"
#include "crypto/bytes.h"
#include "enclave/process/os.h"
#include "tests/simulator/box.h"
#include "tests/simulator/roster.h"
#include "tests/simulator/plant.h"

/* ---- bodies ---- */

static void text_of(const uint8_t id[static 16], char out[static 37])
{
    char hex[33];
    bytes_to_hex(id, 16, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* The id of something that is not there. */
static void nobody(uint8_t out[static 16])
{
    os_uuid(out);
}

static void id_of_unit(const struct asked *a, char out[static 37])
{
    uint8_t id[16];
    if (a->unit >= 0)
        memcpy(id, world->unit[a->unit].id, 16);
    else
        nobody(id);
    text_of(id, out);
}

static void add(struct asked *a, const char *more)
{
    size_t length = strlen(a->body);
    snprintf(a->body + length, sizeof a->body - length, "%s", more);
}

static void add_readings(struct asked *a)
{
    static const char *const gages[] = {"", "G1", "G2", "G9"};
    char one[120];
    add(a, ",\"readings\":[");
    for (unsigned i = 0; i < a->readings; i++) {
        snprintf(one, sizeof one, "%s{\"characteristic\":\"%s\",\"value\":\"%s\",\"gage\":\"%s\"}",
                 i ? "," : "", plant_characteristic[a->reading[i].characteristic].balloon,
                 a->reading[i].passes ? "1.000" : "2.000", gages[a->reading[i].gage]);
        add(a, one);
    }
    add(a, "]");
}

static void write_floor_body(struct asked *a)
{
    char id[37], unit[37], more[80];
    bool get = operation_by_number(a->operation)->method == METHOD_GET;
    text_of(a->id, id);
    id_of_unit(a, unit);
    if (get) {
        snprintf(a->body, sizeof a->body, "unit=%s&sequence=%u", unit, plant_sequence[a->segment]);
        return;
    }
    snprintf(a->body, sizeof a->body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u", id, unit,
             plant_sequence[a->segment]);
    if (a->operation == OPERATION_SCAN_SERIAL) {
        snprintf(more, sizeof more, ",\"code\":\"%s\"",
                 a->wrong_code || a->unit < 0 ? "ZZ-999999" : world->unit[a->unit].serial);
        add(a, more);
    }
    if (a->operation == OPERATION_SAVE_DRAFT) {
        snprintf(more, sizeof more, ",\"draft\":\"d%u\"", a->draft);
        add(a, more);
    }
    if (a->readings)
        add_readings(a);
    add(a, a->malformed ? ",\"more\":1}" : "}");
}

/* ---- asking ---- */

static struct asked *place(void)
{
    for (int i = 0; i < ASKED; i++)
        if (world->asked[i].is == NOT_ASKED)
            return &world->asked[i];
    return NULL;
}

static void sign(struct asked *a)
{
    const struct operation *o = operation_by_number(a->operation);
    char name[48] = "";
    if (o->strength != STRENGTH_SIGNED)
        return;
    for (size_t i = 0; o->name[i] && i + 1 < sizeof name; i++)
        name[i] = o->name[i] == '_' ? '-' : o->name[i];
    a->signed_ms = os_utc_ms();
    roster_statement(&world->session[a->session], a->person, a->operation, name, a->body,
                     a->statement);
}

/* It leaves the browser, with the session that its person has now. */
static void send(struct asked *a)
{
    a->session = world->now[a->person];
    const struct session *s = &world->session[a->session];
    memcpy(a->token, s->token, sizeof a->token);
    if (a->token_is == TOKEN_IS_FORGED)
        a->token[20] = a->token[20] == 'A' ? 'B' : 'A';
    sign(a);
    a->number = ++world->numbers;
    a->is = ON_ITS_WAY;
    a->tries++;
}

static struct asked *begin(enum person person, unsigned operation)
{
    struct asked *a = place();
    if (!a)
        return NULL;
    *a = (struct asked){.person = person, .operation = operation};
    a->unit = a->order = a->bundle = -1;
    a->made_ms = os_utc_ms();
    os_uuid(a->id);
    uint64_t odd = world->lives ? pick(60) : 2; /* whoever sets the plant up makes no mistakes */
    if (odd == 0)
        a->token_is = TOKEN_IS_FORGED;
    else if (odd == 1)
        a->token_is = TOKEN_IS_ELSEWHERE;
    return a;
}

/* ---- the floor ---- */

static void choose_readings(struct asked *a)
{
    unsigned c = a->segment == 2 ? 2 : 0;
    a->readings = a->segment == 0 ? 1 + (unsigned)pick(2) : 1;
    for (unsigned i = 0; i < a->readings; i++) {
        a->reading[i].characteristic = c + i;
        a->reading[i].passes = pick(12) != 0;
        a->reading[i].gage =
            a->segment == 2 ? (pick(8) ? 1 + (unsigned)pick(2) : (unsigned)pick(4)) : 0;
    }
    if (a->readings == 1 && a->segment == 0)
        a->reading[0].characteristic = (unsigned)pick(2);
}

/* What would be next on this unit, most of the time. */
static unsigned next_operation(const struct model_unit *u, unsigned *ret_segment)
{
    unsigned segment = u->running     ? u->running - 1
                       : u->done == 0 ? 0
                       : u->done == 1 ? 1
                       : u->done == 3 ? 2
                                      : (unsigned)pick(3);
    *ret_segment = pick(15) ? segment : (unsigned)pick(3);
    if (!u->running)
        return OPERATION_START_OPERATION;
    if (segment == 1 && !u->scanned)
        return OPERATION_SCAN_SERIAL;
    return pick(3) ? OPERATION_COMPLETE_OPERATION : OPERATION_RECORD_READING;
}

static void ask_on_unit(void)
{
    static const unsigned any[] = {
        OPERATION_START_OPERATION, OPERATION_RECORD_READING,     OPERATION_SCAN_SERIAL,
        OPERATION_SAVE_DRAFT,      OPERATION_COMPLETE_OPERATION, OPERATION_GET_JOB,
        OPERATION_GET_DRAFT,       OPERATION_SAVE_DRAFT,         OPERATION_GET_JOB};
    long unit = world->units && pick(25) ? (long)pick(world->units) : -1;
    unsigned segment = (unsigned)pick(3), operation = any[pick(sizeof any / sizeof *any)];
    enum person person = (enum person)pick(pick(10) ? 4 : PEOPLE);
    if (unit >= 0 && pick(4)) {
        const struct model_unit *u = &world->unit[unit];
        operation = next_operation(u, &segment);
        person = u->running && pick(12) ? u->operator: person;
    }
    if (operation == OPERATION_GET_JOB && world->unsure)
        operation = OPERATION_GET_DRAFT; /* its opening cannot be recorded now */
    struct asked *a = begin(person, operation);
    if (!a)
        return;
    a->unit = unit;
    a->segment = segment;
    a->wrong_code = pick(10) == 0;
    a->malformed = operation == OPERATION_START_OPERATION && pick(40) == 0;
    if (operation == OPERATION_SAVE_DRAFT)
        a->draft = ++world->drafts;
    if (operation == OPERATION_RECORD_READING ||
        (operation == OPERATION_COMPLETE_OPERATION && segment != 1 && pick(4)))
        choose_readings(a);
    write_floor_body(a);
    send(a);
}

/* ---- orders ---- */

void floor_releases(enum person person, long order)
{
    char id[37], other[37];
    uint8_t none[16];
    struct asked *a = begin(person, OPERATION_RELEASE_ORDER);
    if (!a)
        return;
    a->order = order;
    nobody(none);
    text_of(a->id, id);
    text_of(order >= 0 ? world->order[order].id : none, other);
    snprintf(a->body, sizeof a->body, "{\"id\":\"%s\",\"order\":\"%s\"}", id, other);
    send(a);
}

static void ask_on_bundle(enum person person, long bundle, unsigned operation)
{
    char id[37], other[37], digest[65] = "";
    struct asked *a = begin(person, operation);
    if (!a)
        return;
    a->bundle = bundle;
    text_of(a->id, id);
    text_of(world->bundle[bundle].id, other);
    bytes_to_hex(world->bundle[bundle].digest, 32, digest);
    if (operation == OPERATION_ACCEPT_INBOUND)
        snprintf(a->body, sizeof a->body, "{\"id\":\"%s\",\"inbound\":\"%s\",\"digest\":\"%s\"}",
                 id, other, digest);
    else
        snprintf(a->body, sizeof a->body,
                 "{\"id\":\"%s\",\"inbound\":\"%s\",\"reason\":\"Nobody wants it.\"}", id, other);
    send(a);
}

void floor_accepts(enum person person, long bundle)
{
    ask_on_bundle(person, bundle, OPERATION_ACCEPT_INBOUND);
}

static void ask_of_orders(void)
{
    static const enum person planners[] = {PIA, QUI, ZED};
    enum person person = pick(12) ? planners[pick(3)] : (enum person)pick(PEOPLE);
    if (world->orders && world->units + 4 < UNITS && pick(2))
        floor_releases(person, pick(15) ? (long)pick(world->orders) : -1);
    else if (world->bundles && world->orders + 4 < ORDERS)
        ask_on_bundle(person, (long)pick(world->bundles),
                      pick(8) ? OPERATION_ACCEPT_INBOUND : OPERATION_DECLINE_INBOUND);
}

/* ---- definitions ---- */

static const struct definition {
    unsigned operation, kind;
    const char *body; /* behind the id */
} definitions[] = {
    {OPERATION_DEFINE_PROGRAM, EVENT_PROGRAM_DEFINED,
     "\"name\":\"SIM\",\"banner\":\"UNCLASSIFIED\",\"banner_kind\":\"unclassified\",\"legend\":"
     "\"\","
     "\"site\":\"PLANT-1\",\"level\":0,\"export_controlled\":false,\"serial_prefix\":\"SO\"}"},
    {OPERATION_DEFINE_MATERIAL, EVENT_MATERIAL_DEFINED,
     "\"number\":\"P-1\",\"revision\":\"A\",\"description\":\"A part\",\"tracking\":\"serial\","
     "\"unit\":\"EA\"}"},
    {OPERATION_DEFINE_ROUTE, EVENT_ROUTE_DEFINED,
     "\"route\":\"R1\",\"revision\":\"A\",\"part\":\"P-1\",\"part_revision\":\"A\"}"},
    {OPERATION_DEFINE_SEGMENT, EVENT_SEGMENT_DEFINED,
     "\"route\":\"R1\",\"sequence\":10,\"name\":\"Turn\",\"equipment\":\"LATHE\",\"run_minutes\":5,"
     "\"scan\":false,\"buyoff\":false}"},
    {OPERATION_DEFINE_SEGMENT, EVENT_SEGMENT_DEFINED,
     "\"route\":\"R1\",\"sequence\":20,\"name\":\"Mark\",\"equipment\":\"BENCH\",\"after\":\"10\","
     "\"run_minutes\":5,\"scan\":true,\"buyoff\":false}"},
    {OPERATION_DEFINE_SEGMENT, EVENT_SEGMENT_DEFINED,
     "\"route\":\"R1\",\"sequence\":30,\"name\":\"Measure\",\"equipment\":\"BENCH\",\"skill\":"
     "\"torque\",\"after\":\"20\",\"run_minutes\":5,\"scan\":false,\"buyoff\":false}"},
    {OPERATION_DEFINE_CHARACTERISTIC, EVENT_CHARACTERISTIC_DEFINED,
     "\"route\":\"R1\",\"sequence\":10,\"balloon\":\"C1\",\"name\":\"Diameter\",\"unit\":\"mm\","
     "\"lower\":\"0.500\",\"upper\":\"1.500\",\"key\":false}"},
    {OPERATION_DEFINE_CHARACTERISTIC, EVENT_CHARACTERISTIC_DEFINED,
     "\"route\":\"R1\",\"sequence\":10,\"balloon\":\"C2\",\"name\":\"Length\",\"unit\":\"mm\","
     "\"lower\":\"0.500\",\"upper\":\"1.500\",\"key\":false}"},
    {OPERATION_DEFINE_CHARACTERISTIC, EVENT_CHARACTERISTIC_DEFINED,
     "\"route\":\"R1\",\"sequence\":30,\"balloon\":\"C3\",\"name\":\"Torque\",\"unit\":\"Nm\","
     "\"lower\":\"0.500\",\"upper\":\"1.500\",\"gage_class\":\"MIC\",\"key\":false}"},
    {OPERATION_DEFINE_ASSET, EVENT_ASSET_DEFINED,
     "\"number\":\"G1\",\"class\":\"MIC\",\"name\":\"Gage 1\"}"},
    {OPERATION_DEFINE_ASSET, EVENT_ASSET_DEFINED,
     "\"number\":\"G2\",\"class\":\"MIC\",\"name\":\"Gage 2\",\"calibration_due\":"
     "\"2026-06-17T20:26:40Z\"}"},
};

bool floor_defines(unsigned number)
{
    char id[37];
    if (number >= sizeof definitions / sizeof *definitions)
        return false;
    const struct definition *d = &definitions[number];
    struct asked *a = begin(EVE, d->operation);
    if (!a)
        return false;
    a->token_is = TOKEN_IS_GOOD;
    a->kind = d->kind;
    text_of(a->id, id);
    snprintf(a->body, sizeof a->body, "{\"id\":\"%s\",%s", id, d->body);
    send(a);
    return true;
}

/* ---- once more ---- */

static bool ask_again(void)
{
    for (unsigned n = (unsigned)pick(ASKED), i = 0; i < ASKED; i++) {
        struct asked *a = &world->asked[(n + i) % ASKED];
        if (a->is != IN_DOUBT)
            continue;
        a->token_is = TOKEN_IS_GOOD;
        send(a);
        return true;
    }
    return false;
}

/* What was done already: the same, or something else under its id. */
static void ask_what_is_done(void)
{
    unsigned n = world->pasts < 16 ? world->pasts : 16;
    struct asked *a = n ? place() : NULL;
    if (!a)
        return;
    *a = world->past[pick(n)];
    a->token_is = TOKEN_IS_GOOD;
    a->acknowledged = a->unread = false;
    a->place = 0; /* a request of its own */
    if (pick(4) == 0 && a->unit >= 0 && a->operation != OPERATION_SAVE_DRAFT) {
        a->segment = (a->segment + 1) % SEGMENTS;
        a->readings = 0;
        if (a->operation == OPERATION_RECORD_READING)
            choose_readings(a);
        a->body[0] = '\0';
        write_floor_body(a);
    }
    send(a);
}

void floor_asks(void)
{
    uint64_t what = pick(100);
    if (what < 25 && ask_again())
        return;
    if (what < 35)
        ask_what_is_done();
    else if (what < 47)
        ask_of_orders();
    else if (what < 52) {
        struct asked *a = begin((enum person)pick(PEOPLE), OPERATION_GET_TASKS);
        if (a)
            send(a);
    } else
        ask_on_unit();
}

/* ---- to the worker, and back ---- */

static void give(struct asked *a)
{
    struct message m = {.number = MESSAGE_REQUEST};
    m.request.request = a->number;
    m.request.operation = (uint16_t)a->operation;
    if (a->token_is == TOKEN_IS_ELSEWHERE)
        memset(m.request.station, 0x77, 16);
    else
        memcpy(m.request.station, station_training, STATION_ID);
    m.request.token = bytes_text(a->token);
    m.request.statement = bytes_text(a->statement);
    m.request.certificates = bytes_text("");
    m.request.body = bytes_text(a->body);
    plant_given(a);
    box_give(PROGRAM_GATEWAY, &m);
}

unsigned floor_gives(unsigned most)
{
    unsigned n = 0;
    for (; n < most; n++) {
        struct asked *first = NULL;
        for (int i = 0; i < ASKED; i++) {
            struct asked *a = &world->asked[i];
            if (a->is == ON_ITS_WAY && (!first || a->number < first->number))
                first = a;
        }
        if (!first)
            break;
        give(first);
    }
    return n;
}

void floor_hears(void)
{
    struct bytes in = bytes_over(world->answers.data, world->answers.length);
    while (bytes_left(&in)) {
        struct message m;
        if (message_decode(&in, &m) != 0 || m.number != MESSAGE_ANSWER)
            wrong("the gateway was sent something that is no answer");
        plant_hear(&m.answer);
    }
    world->answers.length = 0;
}

void floor_gateway_gone(void)
{
    for (int i = 0; i < ASKED; i++) {
        struct asked *a = &world->asked[i];
        if (a->is == ON_ITS_WAY || a->is == TO_BE_HEARD) {
            if (operation_by_number(a->operation)->method == METHOD_GET) {
                a->is = NOT_ASKED;
                continue;
            }
            a->is = IN_DOUBT;
            if (a->place == 0)
                a->place = ++world->places;
        }
    }
}

unsigned floor_waits(void)
{
    unsigned n = 0;
    for (int i = 0; i < ASKED; i++)
        n += world->asked[i].is != NOT_ASKED;
    return n;
}

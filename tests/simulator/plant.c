#include "tests/simulator/plant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/worker.h"
#include "enclave/process/os.h"
#include "tests/faults/memory.h"
#include "tests/simulator/box.h"
#include "tests/simulator/roster.h"

#define EVENTS_MAX 4096
#define KINDS_MAX  80
#define FUTURE_MS  ((int64_t)5 * 60 * 1000)
#define SIGNED_MS  ((int64_t)2 * 60 * 1000)

/* It waits for the auditor; no status of HTTP. */
#define WAITS 1

const struct plant_characteristic plant_characteristic[PLANT_CHARACTERISTICS] = {
    {"C1", 0, false}, {"C2", 0, false}, {"C3", 2, true}};
const unsigned plant_sequence[SEGMENTS] = {10, 20, 30};

uint64_t plant_hash(const void *data, size_t length)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    return h;
}

static struct worker *product(void)
{
    return worker_handlers()->context;
}

/* ---- what an answer must be ---- */

/* A status, and the events that it comes with; ${also} where two clocks that may both be meant say
 * different things. */
struct expected {
    unsigned status, also;
    enum event_number kinds[KINDS_MAX];
    size_t count;
};

static void expect_event(struct expected *e, enum event_number kind)
{
    if (e->count < KINDS_MAX)
        e->kinds[e->count++] = kind;
}

static bool is_write(const struct asked *a)
{
    return operation_by_number(a->operation)->method == METHOD_POST;
}

static bool is_security(const struct asked *a)
{
    return operation_by_number(a->operation)->audit == AUDIT_SECURITY;
}

/* It was carried out in an earlier life, at another time than now. */
static bool looking_back;

static const struct standing *standing_of(const struct asked *a)
{
    uint64_t epoch = looking_back ? a->epoch : world->view.epoch;
    return &world->standing[epoch % STATES][a->person];
}

bool plant_allows(const struct asked *a, int64_t now_ms)
{
    const struct standing *s = standing_of(a);
    const char *role = roster_role(a->person);
    bool floor = strcmp(role, "operator") == 0, plans = strcmp(role, "planner") == 0;
    if (s->suspended)
        return false;
    if (a->operation == OPERATION_GET_TASKS)
        return true;
    if (s->role_until_ms <= now_ms)
        return false;
    switch (a->operation) {
    case OPERATION_START_OPERATION:
    case OPERATION_RECORD_READING:
    case OPERATION_SCAN_SERIAL:
    case OPERATION_COMPLETE_OPERATION:
    case OPERATION_SAVE_DRAFT:
    case OPERATION_GET_DRAFT:
        return floor;
    case OPERATION_GET_JOB:
        return floor || a->person == EVE || a->person == QUI;
    case OPERATION_RELEASE_ORDER:
        return plans;
    case OPERATION_ACCEPT_INBOUND:
    case OPERATION_DECLINE_INBOUND:
        return plans || a->person == QUI;
    default:
        return a->person == EVE; /* definitions */
    }
}

/* Before anything of the plant is looked at; 0 when it is heard. */
static unsigned expect_hearing(const struct asked *a)
{
    const struct view *v = &world->view;
    const struct session *s = &world->session[a->session];
    if (!product()->store)
        return 503; /* which is said to everybody */
    if (a->token_is != TOKEN_IS_GOOD || s->told_over || memcmp(s->boot, os_boot_id(), 16) != 0 ||
        os_boot_ms() >= s->expires_ms)
        return 401;
    if (!v->ready)
        return 503;
    if (s->told_locked)
        return 423;
    if (world->unsure)
        return 503;
    if (a->malformed)
        return 400;
    return is_security(a) && os_boot_ms() >= v->good_until_ms ? 503 : 0;
}

static bool exists(const struct asked *a)
{
    switch (a->operation) {
    case OPERATION_RELEASE_ORDER:
        return a->order >= 0;
    case OPERATION_ACCEPT_INBOUND:
    case OPERATION_DECLINE_INBOUND:
        return a->bundle >= 0;
    case OPERATION_GET_TASKS:
        return true;
    default:
        return a->kind != 0 || a->unit >= 0;
    }
}

/* What every operation on a unit asks first. */
static bool gate(const struct asked *a, bool running, int64_t now_ms)
{
    const struct model_unit *u = &world->unit[a->unit];
    const struct standing *s = standing_of(a);
    if (u->is == IS_HELD || u->is == IS_FINISHED || u->done & 1u << a->segment)
        return false;
    if (a->segment > 0 && !(u->done & 1u << (a->segment - 1)))
        return false;
    if (u->running && (u->running != a->segment + 1 || u->operator!= a->person))
        return false;
    if (a->segment == 2 && !(s->skilled && s->skill_until_ms > now_ms))
        return false;
    return running == (u->running != 0);
}

static bool gages_fit(const struct asked *a, int64_t now_ms)
{
    for (unsigned i = 0; i < a->readings; i++) {
        const struct plant_characteristic *c = &plant_characteristic[a->reading[i].characteristic];
        unsigned gage = a->reading[i].gage;
        if (c->segment != a->segment)
            return false;
        if (c->gaged && (gage == 0 || gage == 3 ||
                         (gage == 2 && PLANT_BEGAN_MS + PLANT_GAGE_UNTIL_DAYS * DAY_MS <= now_ms)))
            return false;
    }
    return true;
}

static void expect_readings(const struct asked *a, struct expected *e)
{
    for (unsigned i = 0; i < a->readings; i++) {
        expect_event(e, EVENT_READING_RECORDED);
        if (a->reading[i].passes)
            continue;
        expect_event(e, EVENT_NONCONFORMANCE_OPENED);
        expect_event(e, EVENT_UNIT_HELD);
    }
}

static unsigned expect_completion(const struct asked *a, struct expected *e)
{
    const struct model_unit *u = &world->unit[a->unit];
    unsigned recorded = u->recorded, needed = a->segment == 0 ? 3 : a->segment == 2 ? 4 : 0;
    for (unsigned i = 0; i < a->readings; i++) {
        if (!a->reading[i].passes) {
            expect_readings(a, e);
            return 200;
        }
        recorded |= 1u << a->reading[i].characteristic;
    }
    if ((recorded & needed) != needed || (a->segment == 1 && !u->scanned))
        return 409;
    expect_event(e, EVENT_OPERATION_COMPLETED);
    return 200;
}

static unsigned expect_on_unit(const struct asked *a, int64_t now_ms, struct expected *e)
{
    const struct model_unit *u = &world->unit[a->unit];
    switch (a->operation) {
    case OPERATION_GET_JOB:
    case OPERATION_GET_DRAFT:
        return 200;
    case OPERATION_SAVE_DRAFT:
        if (u->running != a->segment + 1 || u->operator!= a->person)
            return 409;
        expect_event(e, EVENT_DRAFT_SAVED);
        return 200;
    case OPERATION_START_OPERATION:
        if (!gate(a, false, now_ms))
            return 409;
        expect_event(e, EVENT_OPERATION_STARTED);
        return 200;
    case OPERATION_SCAN_SERIAL:
        if (!gate(a, true, now_ms) || a->wrong_code)
            return 409;
        expect_event(e, EVENT_SERIAL_SCANNED);
        return 200;
    case OPERATION_RECORD_READING:
        if (!gate(a, true, now_ms) || !gages_fit(a, now_ms))
            return 409;
        expect_readings(a, e);
        return 200;
    default:
        return gate(a, true, now_ms) && gages_fit(a, now_ms) ? expect_completion(a, e) : 409;
    }
}

static unsigned expect_on_bundle(const struct asked *a, struct expected *e)
{
    const struct model_bundle *b = &world->bundle[a->bundle];
    if (b->declined || b->accepted == 2)
        return 409;
    if (a->operation == OPERATION_DECLINE_INBOUND) {
        expect_event(e, EVENT_INBOUND_DECLINED);
        return 200;
    }
    expect_event(e, EVENT_INBOUND_ACCEPTED);
    if (b->accepted == 1)
        for (int i = 0; i < 2; i++)
            expect_event(e, EVENT_ORDER_CREATED);
    return 200;
}

static unsigned expect_run(const struct asked *a, int64_t now_ms, struct expected *e)
{
    if (a->operation == OPERATION_GET_TASKS)
        return 200;
    if (a->kind) {
        expect_event(e, (enum event_number)a->kind);
        return 200;
    }
    if (a->operation == OPERATION_RELEASE_ORDER) {
        const struct model_order *o = &world->order[a->order];
        if (o->released)
            return 409;
        expect_event(e, EVENT_ORDER_RELEASED);
        for (unsigned i = 0; i < o->quantity; i++)
            expect_event(e, EVENT_UNIT_CREATED);
        return 200;
    }
    return a->bundle >= 0 ? expect_on_bundle(a, e) : expect_on_unit(a, now_ms, e);
}

const struct model_done *plant_done(const uint8_t id[static 16], enum person person,
                                    unsigned operation)
{
    for (unsigned i = world->dones; i-- > 0;) {
        const struct model_done *d = &world->done[i];
        if (memcmp(d->id, id, 16) == 0 && d->person == person && d->operation == operation)
            return d;
    }
    return NULL;
}

/* The first and the second acceptance must be two people's. */
static bool is_own_half(const struct asked *a)
{
    const struct model_bundle *b = a->operation == OPERATION_ACCEPT_INBOUND && a->bundle >= 0
                                       ? &world->bundle[a->bundle]
                                       : NULL;
    return b && b->accepted > 0 && b->first == a->person;
}

static unsigned expect_at(const struct asked *a, int64_t now_ms, struct expected *e)
{
    const struct model_done *done = is_write(a) ? plant_done(a->id, a->person, a->operation) : NULL;
    e->count = 0;
    if (!exists(a) || !plant_allows(a, now_ms) || (!done && is_own_half(a)))
        return 404;
    if (done)
        return done->body == plant_hash(a->body, strlen(a->body)) ? 200 : 409;
    if (looking_back)
        return expect_run(a, now_ms, e);
    if (is_write(a) && a->made_ms > os_utc_ms() + FUTURE_MS)
        return 400;
    if (a->statement[0] && (a->signed_ms < now_ms - SIGNED_MS || a->signed_ms > now_ms + FUTURE_MS))
        return 403;
    if (is_security(a) && !a->acknowledged)
        return world->view.auditor ? WAITS : 503;
    return expect_run(a, now_ms, e);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void expect(const struct asked *a, struct expected *e)
{
    struct expected other = {0};
    e->count = 0;
    e->status = e->also = expect_hearing(a);
    /* a closed enclave may still be read in, as far as nothing has to be recorded for it */
    if (e->status == 503 && world->view.ready && product()->store && !is_write(a))
        e->also = expect_at(a, later(os_utc_ms(), world->floor_ms), &other);
    if (e->status)
        return;
    e->also = expect_at(a, later(os_utc_ms(), world->memory_ms), &other);
    e->status = expect_at(a, later(os_utc_ms(), world->floor_ms), e);
}

/* ---- what the log gained ---- */

static struct gained {
    struct event event;
    bool taken;
} gained[EVENTS_MAX];
static size_t gained_count;
static uint8_t *payloads;
static size_t payloads_used;

static int gain(void *context, const struct store_event *stored)
{
    (void)context;
    struct gained *g = &gained[gained_count];
    if (gained_count == EVENTS_MAX || payloads_used + stored->payload.length > (8u << 20))
        wrong("more events at once than the simulator has room for");
    uint8_t *copy = payloads + payloads_used;
    memcpy(copy, stored->payload.data, stored->payload.length);
    payloads_used += stored->payload.length;
    world_digest(stored->payload.data, stored->payload.length);
    *g = (struct gained){0};
    if (event_decode(bytes_view_of(copy, stored->payload.length), &g->event) != 0)
        wrong("event %lu does not decode", stored->sequence);
    if (g->event.common.utc_ms < world->floor_ms)
        wrong("event %lu is older than the one before it", stored->sequence);
    world->floor_ms = g->event.common.utc_ms;
    gained_count++;
    return 0;
}

static void read_log(void)
{
    struct store *store = product()->store;
    gained_count = payloads_used = 0;
    if (!store)
        return; /* it could not be opened, and is answered for in words */
    /* as far as it is committed */
    uint64_t size = product()->in_transaction ? product()->batch_from : store_size(store);
    if (!payloads)
        payloads = malloc(8u << 20);
    if (size < world->seen)
        wrong("the log has %lu events and had %lu", size, world->seen);
    if (store_walk(store, world->seen, size, gain, NULL) != 0)
        wrong("the log cannot be read from event %lu on", world->seen);
    world->events += size - world->seen;
    world->seen = size;
}

static bool is_of(const struct event *e, const struct asked *a)
{
    uint8_t person[16];
    roster_id(a->person, person);
    return memcmp(e->common.id, a->id, 16) == 0 && memcmp(e->common.person, person, 16) == 0 &&
           e->common.operation == a->operation && e->number != EVENT_OBJECT_OPENED;
}

static struct model_unit *unit_of(const uint8_t id[static 16])
{
    for (unsigned i = 0; i < world->units; i++)
        if (memcmp(world->unit[i].id, id, 16) == 0)
            return &world->unit[i];
    wrong("an event names a unit that was never made");
}

static void take_unit(const struct event_unit_created *m, const struct asked *a)
{
    struct model_unit *u = &world->unit[world->units++];
    if (world->units == UNITS)
        wrong("more units than the simulator has room for");
    *u = (struct model_unit){.order = (unsigned)a->order};
    memcpy(u->id, m->unit, 16);
    snprintf(u->serial, sizeof u->serial, "%.*s", (int)m->serial.length,
             (const char *)m->serial.data);
}

static void take_completion(struct model_unit *u, const struct asked *a)
{
    u->done |= 1u << a->segment;
    u->running = u->recorded = 0;
    u->scanned = false;
    u->is = u->done == 7 ? IS_FINISHED : IS_READY;
    memset(u->draft[a->segment], 0, sizeof u->draft[a->segment]);
}

/* A reading in the log is the one that was sent. */
static void take_reading(const struct event_reading_recorded *m, const struct asked *a)
{
    struct model_unit *u = unit_of(m->unit);
    for (unsigned i = 0; i < a->readings; i++) {
        unsigned c = a->reading[i].characteristic;
        if (!bytes_equal_text(m->balloon, plant_characteristic[c].balloon) ||
            m->passed != a->reading[i].passes)
            continue;
        u->recorded |= 1u << c;
        return;
    }
    wrong("a reading lies in the log that nobody sent");
}

static void take(const struct event *e, const struct asked *a)
{
    struct model_unit *u;
    if (getenv("SIMULATOR_LOG"))
        fprintf(stderr, "  %s by %s, unit %ld\n", event_name(e->number), roster_name(a->person),
                a->unit);
    switch (e->number) {
    case EVENT_OPERATION_STARTED:
        u = unit_of(e->operation_started.unit);
        u->is = IS_RUNNING;
        u->running = a->segment + 1;
        u->operator= a->person;
        u->recorded = 0;
        u->scanned = false;
        return;
    case EVENT_READING_RECORDED:
        take_reading(&e->reading_recorded, a);
        return;
    case EVENT_UNIT_HELD:
        unit_of(e->unit_held.unit)->is = IS_HELD;
        return;
    case EVENT_SERIAL_SCANNED:
        unit_of(e->serial_scanned.unit)->scanned = true;
        return;
    case EVENT_OPERATION_COMPLETED:
        take_completion(unit_of(e->operation_completed.unit), a);
        return;
    case EVENT_DRAFT_SAVED:
        unit_of(e->draft_saved.unit)->draft[a->segment][a->person] = a->draft;
        return;
    case EVENT_ORDER_RELEASED:
        world->order[a->order].released = true;
        return;
    case EVENT_UNIT_CREATED:
        take_unit(&e->unit_created, a);
        return;
    case EVENT_ORDER_CREATED:
        memcpy(world->order[world->orders].id, e->order_created.order, 16);
        world->order[world->orders].released = false;
        world->order[world->orders++].quantity = e->order_created.quantity;
        return;
    case EVENT_INBOUND_ACCEPTED:
        if (world->bundle[a->bundle].accepted++ == 0)
            world->bundle[a->bundle].first = a->person;
        return;
    case EVENT_INBOUND_DECLINED:
        world->bundle[a->bundle].declined = true;
        return;
    default:
        return;
    }
}

/* Its events, one behind the other and of the kinds that they must be; false when there is none. */
static bool take_events(const struct asked *a, const struct expected *e)
{
    size_t at = 0, n = 0;
    while (at < gained_count && (gained[at].taken || !is_of(&gained[at].event, a)))
        at++;
    if (at == gained_count)
        return false;
    if (e->status != 200 || e->count == 0)
        wrong("%s of %s was done, and must have been answered %u",
              operation_by_number(a->operation)->name, roster_name(a->person), e->status);
    for (; at < gained_count && is_of(&gained[at].event, a); at++, n++) {
        if (n == e->count || gained[at].event.number != e->kinds[n])
            wrong("%s: event %zu is %s", operation_by_number(a->operation)->name, n,
                  event_name(gained[at].event.number));
        gained[at].taken = true;
        take(&gained[at].event, a);
    }
    if (n != e->count)
        wrong("%s: %zu events of %zu: half of it was done", operation_by_number(a->operation)->name,
              n, e->count);
    struct model_done *d = &world->done[world->dones++];
    if (world->dones == DONE)
        wrong("more was done than the simulator has room for");
    memcpy(d->id, a->id, 16);
    d->person = a->person;
    d->operation = a->operation;
    d->body = plant_hash(a->body, strlen(a->body));
    return true;
}

/* Of the box itself, or the record of an opening. */
static void take_own(struct event *e)
{
    switch (e->number) {
    case EVENT_OBJECT_OPENED:
    case EVENT_SNAPSHOT_TAKEN:
    case EVENT_HOLDER_KNOWN:
    case EVENT_HOLDER_FORGOTTEN:
    case EVENT_POLICY_PROPOSED:
    case EVENT_POLICY_INSTALLED:
    case EVENT_INBOUND_ORDER_RECEIVED:
        return;
    case EVENT_INBOUND_RECEIVED:
        if (world->bundles == BUNDLES)
            wrong("more bundles than the simulator has room for");
        for (unsigned i = 0; i < world->bundles; i++)
            if (memcmp(world->bundle[i].digest, e->inbound_received.digest, 32) == 0)
                wrong("a bundle was taken twice");
        world->bundle[world->bundles] = (struct model_bundle){0};
        memcpy(world->bundle[world->bundles].id, e->inbound_received.inbound, 16);
        memcpy(world->bundle[world->bundles++].digest, e->inbound_received.digest, 32);
        return;
    default:
        wrong("%s lies in the log, and nobody asked for it, or not once more",
              event_name(e->number));
    }
}

/* ---- answers ---- */

static struct asked *asked_of(uint64_t number)
{
    for (int i = 0; i < ASKED; i++)
        if (world->asked[i].is != NOT_ASKED && world->asked[i].number == number)
            return &world->asked[i];
    return NULL;
}

void plant_given(struct asked *a)
{
    a->is = DELIVERED;
    if (!a->unread) /* else the place of the try that may be in the log counts */
        a->place = ++world->places;
    a->answer = 0;
    a->acknowledged = false;
    world->memory_ms = later(world->memory_ms, os_utc_ms());
}

void plant_acknowledged(const uint8_t id[static 16])
{
    for (int i = 0; i < ASKED; i++) {
        struct asked *a = &world->asked[i];
        if (a->is != WAITS_FOR_AUDITOR || memcmp(a->id, id, 16) != 0)
            continue;
        a->is = DELIVERED;
        a->place = ++world->places;
        a->acknowledged = true;
        world->memory_ms = later(world->memory_ms, os_utc_ms());
    }
}

void plant_answered(const struct message_answer *m)
{
    struct asked *a = asked_of(m->request);
    static const char key[] = "\"draft\":\"d";
    if (!a)
        wrong("an answer to a request that nobody made");
    if (m->part == 0)
        a->answer = m->status;
    snprintf(a->words, sizeof a->words, "%.*s", (int)m->body.length, (const char *)m->body.data);
    const uint8_t *found = memmem(m->body.data, m->body.length, key, sizeof key - 1);
    a->heard_draft = found ? (unsigned)atoi((const char *)found + sizeof key - 1) : 0;
}

static int find_opening(void *context, const struct store_event *stored)
{
    const struct asked *a = context;
    struct event e;
    if (event_decode(stored->payload, &e) != 0 || e.number != EVENT_OBJECT_OPENED)
        return 0;
    return memcmp(e.common.session, world->session[a->session].id, 16) == 0 &&
           memcmp(e.object_opened.object, world->unit[a->unit].id, 16) == 0 &&
           e.object_opened.sequence == plant_sequence[a->segment];
}

/* What was read was recorded first, and is what was kept. */
static void check_reading(struct asked *a)
{
    struct store *store = product()->store;
    if (a->operation == OPERATION_GET_JOB &&
        store_walk(store, 0, store_size(store), find_opening, a) != 1)
        wrong("a job was shown to %s, and its opening is not in the log: unit %ld segment %u, "
              "session %u of %u, %lu events",
              roster_name(a->person), a->unit, a->segment, a->session, world->sessions,
              world->seen);
    if (a->operation == OPERATION_GET_DRAFT &&
        a->heard_draft != world->unit[a->unit].draft[a->segment][a->person])
        wrong("a draft is another than was kept: d%u, not d%u", a->heard_draft,
              world->unit[a->unit].draft[a->segment][a->person]);
}

/* Some requests of this turn were undone by a full disk: what others were told of their state may
 * be told for that moment. */
static bool undone;

static void hold_against(struct asked *a, const struct expected *e, bool done)
{
    const char *name = operation_by_number(a->operation)->name;
    bool write = e->status == 200 && e->count > 0;
    if (a->answer == 200 && is_write(a) && !done && !plant_done(a->id, a->person, a->operation))
        wrong("%s of %s was answered as done and is not in the log", name, roster_name(a->person));
    if (done && a->answer != 200)
        wrong("%s was done and answered with %u", name, a->answer);
    if (a->answer == e->status || a->answer == e->also) {
        if (a->answer == 200)
            check_reading(a);
        return;
    }
    if (a->answer == 503 && world->full &&
        (write || (e->status == 200 && !is_write(a)) || undone)) {
        undone = true;
        return;
    }
    if (undone && (a->answer == 409 || a->answer == 404))
        return;
    /* while it is known to be full nobody asks whether a write would have been possible */
    if (a->answer == 503 && world->full &&
        ((is_security(a) && a->acknowledged) || (is_write(a) && e->status == 409)))
        return;
    /* a verification that had no memory for a page's cipher cannot tell that from a wrong page */
    if (a->answer == 503 && memory_failed() && strstr(a->words, "does not verify"))
        return;
    wrong("%s of %s at unit %ld segment %u: %u, must be %u: %s", name, roster_name(a->person),
          a->unit, a->segment, a->answer, e->status, a->words);
}

static struct asked *next_in_order(uint64_t behind, bool restarted)
{
    struct asked *first = NULL;
    for (int i = 0; i < ASKED; i++) {
        struct asked *a = &world->asked[i];
        bool counts = a->is == DELIVERED || (restarted && a->is == IN_DOUBT) ||
                      (a->is == WAITS_FOR_AUDITOR && (a->answer || restarted));
        if (counts && a->place > behind && (!first || a->place < first->place))
            first = a;
    }
    return first;
}

/* When it was carried out, if it was. */
static int64_t time_of_events(const struct asked *a)
{
    for (size_t i = 0; i < gained_count; i++)
        if (is_of(&gained[i].event, a))
            return gained[i].event.common.utc_ms;
    return os_utc_ms();
}

static void settle_one(struct asked *a, bool restarted)
{
    struct expected e;
    if (restarted) {
        if (!a->unread)
            a->epoch = world->view.epoch;
        looking_back = true;
        e.status = expect_at(a, time_of_events(a), &e);
        looking_back = false;
        world->in_doubt++;
        world->recovered += take_events(a, &e);
        a->is = IN_DOUBT;
        a->unread = !product()->store;
        return;
    }
    expect(a, &e);
    if (a->is == WAITS_FOR_AUDITOR) {
        if (a->answer != 503 && !(a->answer == 404 && a->maybe))
            wrong("what waited for the auditor was answered with %u without its word", a->answer);
        a->is = TO_BE_HEARD;
        a->wanted = a->answer;
        return;
    }
    bool done = take_events(a, &e);
    if (a->answer == 0 && !done && (e.status == WAITS || e.also == WAITS)) {
        a->is = WAITS_FOR_AUDITOR;
        a->maybe = e.status != e.also;
        return;
    }
    if (a->answer == 0 && !done && (e.status == 404 || e.also == 404 || undone)) {
        a->is = TO_BE_HEARD; /* what is not there is told at the next tick */
        a->wanted = 404;
        return;
    }
    if (a->answer == 0)
        wrong("%s of %s was not answered, must be %u; denied last: %s",
              operation_by_number(a->operation)->name, roster_name(a->person), e.status,
              box_last_denial());
    hold_against(a, &e, done);
    a->is = TO_BE_HEARD;
    a->wanted = a->answer;
}

void plant_settle(bool restarted)
{
    uint64_t place = 0;
    struct asked *a;
    undone = false;
    memory_hold(true);
    read_log();
    while ((a = next_in_order(place, restarted))) {
        place = a->place;
        settle_one(a, restarted);
    }
    for (size_t i = 0; i < gained_count; i++)
        if (!gained[i].taken)
            take_own(&gained[i].event);
    memory_hold(false);
}

void plant_hear(const struct message_answer *m)
{
    struct asked *a = asked_of(m->request);
    if (!a)
        return; /* the browser has given it up */
    world_digest(&m->status, sizeof m->status);
    world_digest(m->body.data, m->body.length);
    if (m->part != 0 || a->is != TO_BE_HEARD)
        return;
    if (a->wanted != m->status)
        wrong("%s was answered with %u, and %u reached the browser",
              operation_by_number(a->operation)->name, a->wanted, m->status);
    if (getenv("SIMULATOR_LOG"))
        fprintf(stderr, "%s of %s, unit %ld segment %u, try %u: %u %.*s\n",
                operation_by_number(a->operation)->name, roster_name(a->person), a->unit,
                a->segment, a->tries, m->status, m->status == 200 ? 0 : (int)m->body.length,
                (const char *)m->body.data);
    world->answered++;
    world->refused += m->status != 200;
    if (m->status == 200 && is_write(a))
        world->past[world->pasts++ % 16] = *a;
    a->is = a->unread && is_write(a) ? IN_DOUBT : NOT_ASKED;
}

void plant_verdicts(struct wire *wire)
{
    struct bytes in = bytes_over(wire->data, wire->length);
    while (bytes_left(&in)) {
        struct message m;
        if (message_decode(&in, &m) != 0 || m.number != MESSAGE_INBOUND_VERDICT)
            wrong("intake was told something that is no verdict");
        if (m.inbound_verdict.staged != (world->bundles == world->bundle_sent) && !world->full &&
            !world->unsure)
            wrong("intake was told %d of bundle %lu, and %u lie there: %.*s",
                  m.inbound_verdict.staged, world->bundle_sent, world->bundles,
                  (int)m.inbound_verdict.sentence.length,
                  (const char *)m.inbound_verdict.sentence.data);
        if (m.inbound_verdict.staged && world->bundles != world->bundle_sent)
            wrong("intake was told that a bundle lies there that does not");
        world->bundle_sent = 0;
    }
    wire->length = 0;
}

/* ---- tables ---- */

static const struct unit *row_of(const struct model_unit *u)
{
    size_t n;
    if (!rows_find(product()->mes->entities, ENTITY_UNIT, u->id, &n))
        wrong("unit %s is in the log and not in its table", u->serial);
    return entities_unit(product()->mes->entities, n);
}

void plant_compare(void)
{
    static const int64_t states[] = {UNIT_READY, UNIT_RUNNING, UNIT_HELD, UNIT_FINISHED};
    if (!product()->store)
        return;
    if (rows_count(product()->mes->entities, ENTITY_UNIT) != world->units)
        wrong("%zu units in their table, %u were made",
              rows_count(product()->mes->entities, ENTITY_UNIT), world->units);
    for (unsigned i = 0; i < world->units; i++) {
        const struct model_unit *u = &world->unit[i];
        const struct unit *row = row_of(u);
        uint8_t person[16];
        roster_id(u->operator, person);
        if (row->state != states[u->is] || row->done != u->done ||
            (row->running != u->running && u->is != IS_HELD) ||
            (u->is == IS_RUNNING &&
             (row->scanned != u->scanned || memcmp(row->operator_id, person, 16) != 0)))
            wrong("unit %s: state %ld done %ld running %ld; must be %d %u %u", u->serial,
                  (long)row->state, (long)row->done, (long)row->running, (int)u->is, u->done,
                  u->running);
    }
}

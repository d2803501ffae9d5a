/*
 * log [EVENTS]: a store of so many events (10,000,000), and what its log costs: appending,
 * opening, verifying against a head, a skeleton, a replay into new tables, the projections
 * behind it, and proofs.  In the working directory, where the store stays.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/mes/hot.h"
#include "appliance/mes/mes.h"
#include "appliance/worker/projector.h"
#include "appliance/worker/tables.h"
#include "enclave/process/os.h"
#include "enclave/store/evidence.h"
#include "enclave/store/library.h"
#include "enclave/store/skeleton.h"

#define ENCLAVE  "ebenchaa"
#define SEGMENTS 40
#define BATCH    1000

static struct store *store;
static struct mes *mes;
static struct tables tables;
static struct hot *digest;
static struct secret *key, *seed;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static uint64_t began;

static void die(const char *what, int r)
{
    fprintf(stderr, "log: %s: %s\n", what, error_text(r));
    exit(1);
}

static double seconds(void)
{
    uint64_t now = os_boot_ns();
    double s = (double)(now - began) / 1e9;
    began = now;
    return s > 0 ? s : 1e-9;
}

/* What this process had of the processor since the last call. */
static double cpu_seconds(void)
{
    static double before;
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    double now = (double)t.tv_sec + (double)t.tv_nsec / 1e9, s = now - before;
    before = now;
    return s > 0 ? s : 1e-9;
}

static void say(const char *what, uint64_t n)
{
    double s = seconds(), cpu = cpu_seconds();
    printf("%-28s %10.0f a second  %8.2f s  %7.2f us CPU  %10.0f a CPU second\n", what,
           (double)n / s, s, cpu * 1e6 / (double)n, (double)n / cpu);
    fflush(stdout);
}

static void emit(struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    static uint64_t counter;
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    counter++;
    memcpy(event->common.id, &counter, sizeof counter);
    event->common.operation = 15;
    event->common.utc_ms = event->common.performed_ms = 1795000000000 + (int64_t)counter;
    event->common.policies = bytes_text("P02-operator");
    event_encode(event, &put);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(store, bytes_view_of(payload, length), &sequence);
    if (r == 0)
        r = mes_apply(mes, event, sequence);
    if (r)
        die("an event", r);
}

static void define(void)
{
    struct event e = {.number = EVENT_ROUTE_DEFINED};
    e.route_defined.route = e.route_defined.part = bytes_text("R");
    e.route_defined.revision = e.route_defined.part_revision = bytes_text("A");
    emit(&e);
    for (unsigned s = 1; s <= SEGMENTS; s++) {
        e = (struct event){.number = EVENT_SEGMENT_DEFINED};
        e.segment_defined.route = bytes_text("R");
        e.segment_defined.sequence = s;
        emit(&e);
        e = (struct event){.number = EVENT_CHARACTERISTIC_DEFINED};
        e.characteristic_defined.route = bytes_text("R");
        e.characteristic_defined.sequence = s;
        e.characteristic_defined.balloon = bytes_text("B12");
        emit(&e);
    }
    e = (struct event){.number = EVENT_ORDER_CREATED};
    memset(e.order_created.order, 7, 16);
    e.order_created.part = bytes_text("R");
    e.order_created.revision = bytes_text("A");
    e.order_created.quantity = 1000000;
    emit(&e);
    e = (struct event){.number = EVENT_ORDER_RELEASED};
    memset(e.order_released.order, 7, 16);
    emit(&e);
}

/* One unit's way: created, and each operation started and completed with a reading. */
static void make_unit(uint64_t number, uint64_t *left)
{
    uint8_t list[64], unit[16] = {0};
    struct event e = {.number = EVENT_UNIT_CREATED};
    size_t length;
    memcpy(unit, &number, sizeof number);
    memcpy(e.unit_created.unit, unit, 16);
    memset(e.unit_created.order, 7, 16);
    e.unit_created.serial = bytes_text("HV-000001");
    emit(&e);
    --*left;
    for (unsigned s = 1; s <= SEGMENTS && *left >= 2; s++, *left -= 2) {
        struct bytes_put put = bytes_into(list, sizeof list);
        bytes_put_u8(&put, 1);
        bytes_put_var(&put, bytes_text("B12"), 8);
        bytes_put_i64(&put, 24003000);
        bytes_put_var(&put, bytes_text("M-1"), 16);
        e = (struct event){.number = EVENT_OPERATION_STARTED};
        memcpy(e.operation_started.unit, unit, 16);
        e.operation_started.sequence = s;
        e.operation_started.operator= bytes_text("A. Operator");
        emit(&e);
        e = (struct event){.number = EVENT_OPERATION_COMPLETED};
        memcpy(e.operation_completed.unit, unit, 16);
        e.operation_completed.sequence = s;
        if (bytes_put_done(&put, &length) != 0)
            die("readings", ERR_SIZE);
        e.operation_completed.readings = bytes_view_of(list, length);
        emit(&e);
    }
}

static void commit(void)
{
    int r = store_commit(store);
    if (r == 0 && tables_are_due(&tables))
        r = tables_save(&tables, digest);
    if (r)
        die("a commit", r);
}

static void fill(uint64_t events)
{
    uint64_t left = events, number = 0;
    int r = tables_attach(&tables, store, mes);
    if (r == 0)
        r = hot_new(key, &digest);
    if (r == 0)
        r = store_begin(store);
    if (r)
        die("the tables", r);
    define();
    left -= store_size(store);
    while (left > 0) {
        make_unit(++number, &left);
        if (number % (BATCH / SEGMENTS) == 0) {
            commit();
            if (store_begin(store) != 0)
                die("a transaction", ERR_STORE);
        }
    }
    commit();
    hot_free(digest);
}

static void sign_head(char note[static NOTE_MAX], size_t *ret_length)
{
    uint8_t proof[TREE_PROOF_MAX], root[32];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct note_checkpoint c = {.origin = "casemate/" ENCLAVE "/1"};
    uint64_t old_size;
    int r = store_head(store, &put, &old_size, &c.size, root);
    memcpy(c.root, root, 32);
    if (r == 0)
        r = note_sign(seed, &c, note, ret_length);
    if (r == 0)
        r = store_head_signed(store, c.size, bytes_view_of(note, *ret_length));
    if (r)
        die("a head", r);
}

/* ---- what is measured ---- */

static int take_leaf(void *tree, const struct store_event *stored)
{
    uint8_t leaf[32];
    struct event event;
    int r = event_decode(stored->payload, &event);
    store_leaf(stored, leaf);
    tree_append(tree, leaf);
    return r;
}

static int count(void *context, const struct store_event *stored)
{
    (void)stored;
    ++*(uint64_t *)context;
    return 0;
}

static int replay_one(void *context, const struct store_event *stored)
{
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : mes_apply(context, &event, stored->sequence);
}

static int subtree(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    (void)context;
    return store_subtree(store, store_epoch(store), from, to, out);
}

static void measure(uint64_t events)
{
    static struct tree tree;
    struct projector projector;
    struct proof proof;
    struct mes *again = NULL;
    struct hot *hot = NULL;
    char note[NOTE_MAX];
    uint64_t n = 0;
    size_t length;
    (void)seconds();
    store_close(store);
    seconds();
    if (store_open("store", ENCLAVE, key, &store) != 0)
        die("the store", ERR_STORE);
    say("open without a head", 1);
    sign_head(note, &length);
    store_close(store);
    seconds();
    if (store_open("store", ENCLAVE, key, &store) != 0)
        die("the store", ERR_STORE);
    say("open", 1);
    if (store_walk(store, 0, events, count, &n) != 0)
        die("reading", ERR_STORE);
    say("read alone", events);
    tree_begin(&tree, 0);
    if (store_walk(store, 0, events, take_leaf, &tree) != 0)
        die("verifying", ERR_STORE);
    say("verify", events);
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (skeleton_write(store, fd, 0, bytes_view_of(note, length), events) != 0)
        die("a skeleton", ERR_SYSTEM);
    say("skeleton", events);
    if (mes_new(NULL, ENCLAVE, true, &again) != 0 ||
        store_walk(store, 0, events, replay_one, again) != 0)
        die("replay", ERR_STORE);
    say("replay", events);
    if (hot_new(key, &hot) != 0 || hot_follow(hot, again->entities) != 0)
        die("digest", ERR_MEMORY);
    say("digest of every row", rows_count(again->entities, ENTITY_UNIT));
    if (projector_open(&projector, store, again) != 0)
        die("projector", ERR_STORE);
    uint64_t behind = events - projector.position;
    seconds();
    if (projector_catch_up(&projector) != 0)
        die("projector", ERR_STORE);
    say("projections", behind ? behind : 1);
    for (unsigned i = 0; i < 100; i++)
        if (proof_inclusion((uint64_t)i * (events / 101), events, subtree, NULL, &proof) != 0)
            die("a proof", ERR_STORE);
    say("inclusion proof", 100);
    for (unsigned i = 1; i <= 100; i++)
        if (proof_consistency((uint64_t)i * (events / 101), events, subtree, NULL, &proof) != 0)
            die("a proof", ERR_STORE);
    say("consistency proof", 100);
    projector_close(&projector);
    mes_free(again);
    hot_free(hot);
}

int main(int argc, char **argv)
{
    uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    uint8_t bytes[32];
    memset(bytes, 3, sizeof bytes);
    store_library_begin();
    if (sodium_init() < 0 || os_boot_id_load() != 0 || secret_copy(bytes, 32, &key) != 0 ||
        secret_copy(bytes, 32, &seed) != 0 || sign_public(seed, public_key) != 0 ||
        store_open("store", ENCLAVE, key, &store) != 0 || mes_new(store, ENCLAVE, true, &mes) != 0)
        die("beginning", ERR_SYSTEM);
    (void)seconds();
    if (store_size(store) == 0) {
        fill(events);
        say("append, apply, save, commit", events);
    }
    events = store_size(store);
    mes_free(mes);
    measure(events);
    store_close(store);
    return 0;
}

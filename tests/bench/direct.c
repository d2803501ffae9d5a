#include "tests/bench/direct.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/mes/mes.h"
#include "appliance/operation.h"
#include "appliance/worker/projector.h"
#include "appliance/worker/tables.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"

struct direct {
    struct secret *key;
    struct store *store;
    struct mes *mes;
    struct tables tables;
    struct hot *hot;
    struct projector projector;
    uint8_t (*units)[16];
    size_t units_count;
    uint8_t order[16], person[16];
};

static int emit(struct direct *d, struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    os_uuid(event->common.id);
    memcpy(event->common.person, d->person, 16);
    event->common.operation = OPERATION_COMPLETE_OPERATION;
    event->common.utc_ms = event->common.performed_ms = os_utc_ms();
    event->common.boot_ms = os_boot_ms();
    event->common.policies = bytes_text("P02-operator");
    event_encode(event, &put);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(d->store, bytes_view_of(payload, length), &sequence);
    return r ? r : mes_apply(d->mes, event, sequence);
}

static int commit(struct direct *d)
{
    int r = store_commit(d->store);
    if (r == 0 && tables_are_due(&d->tables))
        r = tables_save(&d->tables, d->hot);
    return r;
}

static int define_operation(struct direct *d, unsigned sequence)
{
    static const char *const balloons[] = {"C1", "C2", "C3"};
    struct event e = {.number = EVENT_SEGMENT_DEFINED};
    e.segment_defined.route = bytes_text("BENCH");
    e.segment_defined.sequence = sequence;
    e.segment_defined.name = bytes_text("Measure");
    e.segment_defined.equipment = bytes_text("BENCH");
    e.segment_defined.predecessors = sequence > 1 ? (uint64_t)1 << (sequence - 2) : 0;
    int r = emit(d, &e);
    for (size_t i = 0; r == 0 && i < 3; i++) {
        e = (struct event){.number = EVENT_CHARACTERISTIC_DEFINED};
        e.characteristic_defined.route = bytes_text("BENCH");
        e.characteristic_defined.sequence = sequence;
        e.characteristic_defined.balloon = bytes_text(balloons[i]);
        e.characteristic_defined.name = bytes_text("Diameter");
        e.characteristic_defined.unit = bytes_text("mm");
        e.characteristic_defined.bounds = 6;
        e.characteristic_defined.places = 3;
        e.characteristic_defined.lower = 500000;
        e.characteristic_defined.upper = 1500000;
        r = emit(d, &e);
    }
    return r;
}

static int create_order(struct direct *d)
{
    struct event e = {.number = EVENT_ORDER_CREATED};
    os_uuid(d->order);
    memcpy(e.order_created.order, d->order, 16);
    e.order_created.number = bytes_text("WO-1");
    e.order_created.key = bytes_text("ORD-1");
    e.order_created.part = bytes_text("BENCH");
    e.order_created.revision = bytes_text("A");
    e.order_created.quantity = (uint32_t)d->units_count;
    int r = emit(d, &e);
    e = (struct event){.number = EVENT_ORDER_RELEASED};
    memcpy(e.order_released.order, d->order, 16);
    return r ? r : emit(d, &e);
}

static int create_units(struct direct *d)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < d->units_count; i++) {
        struct event e = {.number = EVENT_UNIT_CREATED};
        os_uuid(d->units[i]);
        memcpy(e.unit_created.unit, d->units[i], 16);
        memcpy(e.unit_created.order, d->order, 16);
        e.unit_created.serial = bytes_text("SO-234567");
        r = emit(d, &e);
    }
    return r;
}

static int fill(struct direct *d, unsigned count)
{
    struct event e = {.number = EVENT_ROUTE_DEFINED};
    e.route_defined.route = e.route_defined.part = bytes_text("BENCH");
    e.route_defined.revision = e.route_defined.part_revision = bytes_text("A");
    int r = store_begin(d->store);
    if (r == 0)
        r = emit(d, &e);
    for (unsigned i = 1; r == 0 && i <= count; i++)
        r = define_operation(d, i);
    return r ? r : commit(d);
}

int direct_order(struct direct *d, size_t units)
{
    free(d->units);
    d->units_count = units;
    d->units = calloc(units, sizeof *d->units);
    int r = d->units ? store_begin(d->store) : ERR_MEMORY;
    if (r == 0)
        r = create_order(d);
    if (r == 0)
        r = create_units(d);
    return r ? r : commit(d);
}

static int open_tables(struct direct *d)
{
    int r = mes_new(d->store, DIRECT_ENCLAVE, true, &d->mes);
    if (r == 0)
        r = hot_new(d->key, &d->hot);
    if (r == 0)
        r = tables_attach(&d->tables, d->store, d->mes);
    if (r == 0)
        r = projector_open(&d->projector, d->store, d->mes);
    return r ? r : store_seal(d->store);
}

int direct_open(const char *name, size_t units, unsigned operation_count,
                struct direct **ret_direct)
{
    struct direct *d = calloc(1, sizeof *d);
    int r = ERR_MEMORY;
    if (!d)
        goto out;
    os_uuid(d->person);
    store_library_begin();
    r = os_boot_id_load();
    if (r == 0)
        r = secret_random(32, &d->key);
    if (r == 0)
        r = store_open(name, DIRECT_ENCLAVE, d->key, &d->store);
    if (r == 0)
        r = open_tables(d);
    if (r == 0)
        r = fill(d, operation_count);
    if (r == 0)
        r = direct_order(d, units);
    if (r)
        goto out;
    *ret_direct = d;
    d = NULL;
out:
    direct_close(d);
    return r;
}

void direct_close(struct direct *d)
{
    if (!d)
        return;
    projector_close(&d->projector);
    hot_free(d->hot);
    mes_free(d->mes);
    store_close(d->store);
    secret_free(d->key);
    free(d->units);
    free(d);
}

int direct_start(struct direct *d, unsigned sequence)
{
    int r = store_begin(d->store);
    for (size_t i = 0; r == 0 && i < d->units_count; i++) {
        struct event e = {.number = EVENT_OPERATION_STARTED};
        memcpy(e.operation_started.unit, d->units[i], 16);
        e.operation_started.sequence = sequence;
        e.operation_started.operator= bytes_text("Mara Lindqvist");
        r = emit(d, &e);
    }
    return r ? r : commit(d);
}

static int complete_one(struct direct *d, size_t unit, unsigned sequence)
{
    static const char *const balloons[] = {"C1", "C2", "C3"};
    uint8_t list[200];
    struct bytes_put put = bytes_into(list, sizeof list);
    size_t length;
    struct event e = {.number = EVENT_OPERATION_COMPLETED};
    bytes_put_u8(&put, 3);
    for (size_t i = 0; i < 3; i++) {
        bytes_put_var(&put, bytes_text(balloons[i]), 8);
        bytes_put_i64(&put, 1001000);
        bytes_put_var(&put, bytes_text(""), 16);
    }
    int r = bytes_put_done(&put, &length);
    memcpy(e.operation_completed.unit, d->units[unit], 16);
    e.operation_completed.sequence = sequence;
    e.operation_completed.readings = bytes_view_of(list, length);
    return r ? r : emit(d, &e);
}

int direct_complete(struct direct *d, unsigned sequence, size_t group)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < d->units_count;) {
        r = store_begin(d->store);
        for (size_t k = 0; r == 0 && k < group && i < d->units_count; k++)
            r = complete_one(d, i++, sequence);
        if (r == 0)
            r = commit(d);
    }
    return r;
}

int direct_project(struct direct *d)
{
    return projector_catch_up(&d->projector);
}

int direct_sign(struct direct *d)
{
    static const char note[] = "what the auditor would have signed";
    uint8_t proof[TREE_PROOF_MAX], root[HASH_TREE_LENGTH];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    uint64_t old_size, size;
    int r = store_head(d->store, &put, &old_size, &size, root);
    return r ? r : store_head_signed(d->store, size, bytes_text(note));
}

struct store *direct_store(const struct direct *d)
{
    return d->store;
}

const struct secret *direct_key(const struct direct *d)
{
    return d->key;
}

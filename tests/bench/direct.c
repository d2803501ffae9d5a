#include "tests/bench/direct.h"

#include <stdlib.h>
#include <string.h>

#include "appliance/mes/mes.h"
#include "appliance/operation.h"
#include "appliance/worker/projector.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"

#define ENCLAVE "ebenchaa"

static struct store *store;
static struct mes *mes;
static struct projector projector;
static uint8_t (*units)[16];
static size_t units_count;
static uint8_t order[16], person[16];

static int emit(struct event *event)
{
    static uint8_t payload[STORE_PAYLOAD_MAX];
    struct bytes_put put = bytes_into(payload, sizeof payload);
    size_t length;
    uint64_t sequence;
    os_uuid(event->common.id);
    memcpy(event->common.person, person, 16);
    event->common.operation = OPERATION_COMPLETE_OPERATION;
    event->common.utc_ms = event->common.performed_ms = os_utc_ms();
    event->common.boot_ms = os_boot_ms();
    event->common.policies = bytes_text("P02-operator");
    event_encode(event, &put);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = store_append(store, bytes_view_of(payload, length), &sequence);
    return r ? r : mes_apply(mes, event, sequence);
}

static int commit(void)
{
    int r = rows_save(mes->entities);
    return r ? r : store_commit(store);
}

static int define_operation(unsigned sequence)
{
    static const char *const balloons[] = {"C1", "C2", "C3"};
    struct event e = {.number = EVENT_SEGMENT_DEFINED};
    e.segment_defined.route = bytes_text("BENCH");
    e.segment_defined.sequence = sequence;
    e.segment_defined.name = bytes_text("Measure");
    e.segment_defined.equipment = bytes_text("BENCH");
    e.segment_defined.predecessors = sequence > 1 ? (uint64_t)1 << (sequence - 2) : 0;
    int r = emit(&e);
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
        r = emit(&e);
    }
    return r;
}

static int create_order(void)
{
    struct event e = {.number = EVENT_ORDER_CREATED};
    os_uuid(order);
    memcpy(e.order_created.order, order, 16);
    e.order_created.number = bytes_text("WO-1");
    e.order_created.key = bytes_text("ORD-1");
    e.order_created.part = bytes_text("BENCH");
    e.order_created.revision = bytes_text("A");
    e.order_created.quantity = (uint32_t)units_count;
    int r = emit(&e);
    e = (struct event){.number = EVENT_ORDER_RELEASED};
    memcpy(e.order_released.order, order, 16);
    return r ? r : emit(&e);
}

static int create_units(void)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < units_count; i++) {
        struct event e = {.number = EVENT_UNIT_CREATED};
        os_uuid(units[i]);
        memcpy(e.unit_created.unit, units[i], 16);
        memcpy(e.unit_created.order, order, 16);
        e.unit_created.serial = bytes_text("SO-234567");
        r = emit(&e);
    }
    return r;
}

static int fill(unsigned count)
{
    struct event e = {.number = EVENT_ROUTE_DEFINED};
    e.route_defined.route = e.route_defined.part = bytes_text("BENCH");
    e.route_defined.revision = e.route_defined.part_revision = bytes_text("A");
    int r = store_begin(store);
    if (r == 0)
        r = emit(&e);
    for (unsigned i = 1; r == 0 && i <= count; i++)
        r = define_operation(i);
    if (r == 0)
        r = create_order();
    if (r == 0)
        r = create_units();
    return r ? r : commit();
}

int direct_open(size_t many, unsigned operation_count)
{
    struct secret *key = NULL;
    uint64_t position;
    units_count = many;
    units = calloc(many, sizeof *units);
    os_uuid(person);
    store_library_begin();
    int r = units ? os_boot_id_load() : ERR_MEMORY;
    if (r == 0)
        r = secret_random(32, &key);
    if (r == 0)
        r = store_open("direct.db", ENCLAVE, key, &store);
    secret_free(key);
    if (r == 0)
        r = mes_new(store, ENCLAVE, true, &mes);
    if (r == 0)
        r = store_projection(store, "mes", rows_schema(), &position);
    if (r == 0)
        r = rows_attach(mes->entities, store_db(store));
    if (r == 0)
        r = projector_open(&projector, store, mes);
    if (r == 0)
        r = store_seal(store);
    return r ? r : fill(operation_count);
}

int direct_start(unsigned sequence)
{
    int r = store_begin(store);
    for (size_t i = 0; r == 0 && i < units_count; i++) {
        struct event e = {.number = EVENT_OPERATION_STARTED};
        memcpy(e.operation_started.unit, units[i], 16);
        e.operation_started.sequence = sequence;
        e.operation_started.operator= bytes_text("Mara Lindqvist");
        r = emit(&e);
    }
    return r ? r : commit();
}

static int complete_one(size_t unit, unsigned sequence)
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
    memcpy(e.operation_completed.unit, units[unit], 16);
    e.operation_completed.sequence = sequence;
    e.operation_completed.readings = bytes_view_of(list, length);
    return r ? r : emit(&e);
}

int direct_complete(unsigned sequence, size_t group)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < units_count;) {
        r = store_begin(store);
        for (size_t k = 0; r == 0 && k < group && i < units_count; k++)
            r = complete_one(i++, sequence);
        if (r == 0)
            r = commit();
    }
    return r;
}

int direct_project(void)
{
    return projector_catch_up(&projector);
}

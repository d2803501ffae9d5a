/*
 * The figures of a store of ten million events, made here in a few minutes, in the working
 * directory: completions against those in an empty store, opening it, and reading its whole log
 * as a verification and as a replay do.
 *   many [EVENTS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/mes/mes.h"
#include "appliance/mes/quality/reading.h"
#include "enclave/process/os.h"
#include "enclave/store/store.h"
#include "tests/bench/direct.h"
#include "tests/bench/figure.h"

#define OPERATIONS 60
#define UNITS      2000 /* of an order that is made only to fill the store */
#define BULK       4096 /* its completions in a transaction */
#define GROUP      64
#define AT_WORK    3840 /* units that are measured */
#define ROUNDS     5
#define OPENINGS   21

static double seconds_since(uint64_t began)
{
    return (double)(figure_ns() - began) / 1e9;
}

static void well(int r)
{
    if (r == 0)
        return;
    fprintf(stderr, "bench: %s\n", error_text(r));
    exit(2);
}

/* Orders that are finished, one after the other. */
static void fill(struct direct *d, uint64_t events)
{
    uint64_t began = figure_ns();
    while (store_size(direct_store(d)) < events) {
        for (unsigned i = 1; i <= OPERATIONS; i++) {
            well(direct_start(d, i));
            well(direct_complete(d, i, BULK));
        }
        well(direct_order(d, UNITS));
    }
    well(direct_sign(d));
    store_idle(direct_store(d));
    figure_note("%llu events in %.0f s", (unsigned long long)store_size(direct_store(d)),
                seconds_since(began));
}

static double complete(struct direct *d, unsigned sequence)
{
    well(direct_start(d, sequence));
    uint64_t began = figure_ns();
    well(direct_complete(d, sequence, GROUP));
    return AT_WORK / seconds_since(began);
}

static bool completions(struct direct *many, struct direct *empty)
{
    double values[ROUNDS], limits[ROUNDS];
    well(direct_order(many, AT_WORK));
    for (unsigned i = 0; i < ROUNDS; i++) {
        limits[i] = complete(empty, i + 1);
        values[i] = complete(many, i + 1);
    }
    return figure_print(&(struct figure){.name = "many_completions",
                                         .unit = "per-second",
                                         .value = figure_median(values, ROUNDS),
                                         .limit = figure_median(limits, ROUNDS),
                                         .wants = 0.8});
}

/* As a worker opens it that was stopped: its newest head is signed, and its log written back. */
static bool opening(const char *name, const struct secret *key, struct store **ret_store)
{
    double values[OPENINGS];
    struct store *store = NULL;
    for (int i = 0; i < OPENINGS; i++) {
        store_close(store);
        uint64_t began = figure_ns();
        well(store_open(name, DIRECT_ENCLAVE, key, &store));
        values[i] = seconds_since(began) * 1e3;
    }
    *ret_store = store;
    return figure_print(&(struct figure){.name = "many_store_open",
                                         .unit = "ms",
                                         .places = 2,
                                         .value = figure_median(values, OPENINGS),
                                         .limit = 5,
                                         .wants = 1,
                                         .sense = FIGURE_AT_MOST});
}

/* ---- the whole log, with the steps of appliance/worker/replay.c ---- */

struct reading_again {
    struct tree tree;
    struct mes *mes; /* NULL: only verified */
    struct readings_sum *sum;
};

static int take(void *context, const struct store_event *stored)
{
    struct reading_again *a = context;
    uint8_t leaf[HASH_TREE_LENGTH];
    struct event event;
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    store_leaf(stored, leaf);
    tree_append(&a->tree, leaf);
    if (!a->mes)
        return 0;
    r = mes_apply(a->mes, &event, stored->sequence);
    return r ? r : readings_sum_expect(a->sum, a->mes, &event, stored->sequence);
}

static bool reading(const char *name, struct store *store, bool replay, double limit)
{
    uint8_t root[HASH_TREE_LENGTH], found[HASH_TREE_LENGTH];
    static struct reading_again a;
    tree_begin(&a.tree, 0);
    if (replay) {
        well(mes_new(NULL, DIRECT_ENCLAVE, true, &a.mes));
        well(readings_sum_new(NULL, &a.sum));
    }
    double cpu = figure_cpu_us();
    uint64_t began = figure_ns(), size = store_size(store);
    well(store_walk(store, 0, size, take, &a));
    double took = seconds_since(began);
    tree_root(&a.tree, found);
    store_root(store, root);
    if (memcmp(root, found, sizeof root) != 0)
        figure_die("the log does not verify");
    figure_note("%s: %.2f us of processor time an event", name,
                (figure_cpu_us() - cpu) / (double)size);
    mes_free(a.mes);
    readings_sum_free(a.sum);
    return figure_print(&(struct figure){.name = name,
                                         .unit = "per-second",
                                         .value = (double)size / took,
                                         .limit = limit,
                                         .wants = 1});
}

int main(int argc, char **argv)
{
    struct direct *many, *empty;
    struct secret *key = NULL;
    struct store *store;
    bool good = true;
    uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    well(direct_open("many.db", UNITS, OPERATIONS, &many));
    well(direct_open("empty.db", AT_WORK, ROUNDS + 1, &empty));
    fill(many, events);
    good = completions(many, empty) && good;
    well(direct_sign(many));
    well(secret_copy(secret_open(direct_key(many)), 32, &key));
    secret_close(direct_key(many));
    direct_close(many);
    direct_close(empty);
    good = opening("many.db", key, &store) && good;
    good = reading("many_verified", store, false, 300000) && good;
    good = reading("many_replayed", store, true, 200000) && good;
    store_close(store);
    secret_free(key);
    return good ? 0 : 1;
}

/*
 * The figures of a completion: an operation completed with three values over HTTP,
 * through policy and log, against the same events and tables written directly.
 * Medians of five rounds; in each round every figure and its limit are measured.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/process/os.h"
#include "tests/bench/direct.h"
#include "tests/bench/figure.h"
#include "tests/bench/load.h"
#include "tests/bench/plan.h"

#define ROUNDS       5
#define STATIONS_MAX 64
#define REPEAT       2 /* operations a round and figure with several stations */

/* Operations a unit that all rounds take. */
#define OPERATIONS (ROUNDS * (1 + REPEAT))

struct request {
    char text[LOAD_REQUEST];
    size_t length;
};

static struct plan plan;
static struct direct *direct;
static struct load stations[STATIONS_MAX];
static struct request requests[PLAN_UNITS];
static unsigned next_operation = 1, next_direct = 1;

static void die(const char *what, const struct load *load)
{
    fprintf(stderr, "bench: %s: %u %s\n", what, load ? load->status : 0,
            load && load->fd >= 0 ? load->body : "");
    exit(2);
}

static void prepare(const char *path, unsigned sequence, const char *more)
{
    char id[37], body[600];
    for (size_t i = 0; i < plan.units; i++) {
        load_uuid(id);
        snprintf(body, sizeof body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u%s}", id,
                 plan.unit[i], sequence, more);
        requests[i].length =
            load_print(requests[i].text, plan.port, path, plan.token[i % plan.tokens], body);
    }
}

/* Send every request over ${count} stations, each with one under way; the nanoseconds. */
static uint64_t send_all(size_t count)
{
    struct pollfd p[STATIONS_MAX];
    size_t next = 0, done = 0;
    uint64_t began = os_boot_ns();
    for (size_t i = 0; i < count; i++) {
        if (next < plan.units &&
            load_send(&stations[i], requests[next].text, requests[next].length))
            die("nothing can be sent", NULL);
        p[i] = (struct pollfd){.fd = next < plan.units ? stations[i].fd : -1, .events = POLLIN};
        next++;
    }
    while (done < plan.units) {
        if (poll(p, count, 5000) <= 0)
            die("no answer in five seconds", NULL);
        for (size_t i = 0; i < count; i++) {
            if (p[i].fd < 0 || !p[i].revents)
                continue;
            enum load_result r = load_receive(&stations[i]);
            if (r == LOAD_WAITING)
                continue;
            if (r == LOAD_FAILED || stations[i].status != 200)
                die("not done", &stations[i]);
            done++;
            if (next >= plan.units)
                p[i].fd = -1;
            else if (load_send(&stations[i], requests[next].text, requests[next].length) != 0)
                die("nothing can be sent", NULL);
            next++;
        }
    }
    return os_boot_ns() - began;
}

/* One operation on every unit: started untimed, completed timed. */
static uint64_t complete_over_http(size_t count)
{
    static const char readings[] =
        ",\"readings\":[{\"characteristic\":\"C1\",\"value\":\"1.001\",\"gage\":\"\"},"
        "{\"characteristic\":\"C2\",\"value\":\"1.001\",\"gage\":\"\"},"
        "{\"characteristic\":\"C3\",\"value\":\"1.001\",\"gage\":\"\"}]";
    prepare("/api/operations/start", next_operation, "");
    send_all(16);
    prepare("/api/operations/complete", next_operation++, readings);
    return send_all(count);
}

static uint64_t complete_directly(size_t group)
{
    if (direct_start(direct, next_direct) != 0)
        die("the direct store fails", NULL);
    uint64_t began = os_boot_ns();
    if (direct_complete(direct, next_direct++, group) != 0)
        die("the direct store fails", NULL);
    return os_boot_ns() - began;
}

/* Processor time of the cold table for the completions of this round, a completion. */
static double project_directly(unsigned completed)
{
    double before = figure_cpu_us();
    if (direct_project(direct) != 0)
        die("the direct store fails", NULL);
    return (figure_cpu_us() - before) / (double)plan.units / completed;
}

static double per_second(uint64_t ns, unsigned times)
{
    return (double)plan.units * times * 1e9 / (double)ns;
}

static bool print(const char *name, double *values, double *limits)
{
    return figure_print(&(struct figure){.name = name,
                                         .unit = "per-second",
                                         .value = figure_median(values, ROUNDS),
                                         .limit = figure_median(limits, ROUNDS),
                                         .wants = 0.5});
}

int main(int argc, char **argv)
{
    static double one[ROUNDS], one_limit[ROUNDS], eight[ROUNDS], eight_limit[ROUNDS],
        projection[ROUNDS];
    bool want_one = figure_is_wanted("completion_1_station");
    bool want_eight = figure_is_wanted("completion_8_stations");
    bool want_projection = figure_is_wanted("projection_cpu_per_completion");
    bool good = true;
    if (argc != 2 || plan_read(argv[1], &plan) != 0 || plan.operations < OPERATIONS) {
        fprintf(stderr, "usage: bench PLAN, with %d operations a unit\n", OPERATIONS);
        return 2;
    }
    for (size_t i = 0; i < STATIONS_MAX; i++)
        load_begin(&stations[i], plan.port);
    if (direct_open("direct.db", plan.units, ROUNDS * (1 + REPEAT), &direct) != 0)
        die("the direct store cannot be made", NULL);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t limit = 0, http = 0;
        if (want_one) {
            one_limit[round] = per_second(complete_directly(1), 1);
            one[round] = per_second(complete_over_http(1), 1);
        }
        for (int i = 0; i < REPEAT; i++) {
            if (want_eight || want_projection)
                limit += complete_directly(8);
            if (want_eight)
                http += complete_over_http(8);
        }
        if (want_projection)
            projection[round] = project_directly(REPEAT + want_one);
        eight_limit[round] = per_second(limit, REPEAT);
        eight[round] = per_second(http, REPEAT);
    }
    if (want_one)
        good = print("completion_1_station", one, one_limit) && good;
    if (want_eight)
        good = print("completion_8_stations", eight, eight_limit) && good;
    if (want_projection)
        good = figure_print(&(struct figure){.name = "projection_cpu_per_completion",
                                             .unit = "us",
                                             .places = 1,
                                             .value = figure_median(projection, ROUNDS),
                                             .limit = 30,
                                             .wants = 1,
                                             .sense = FIGURE_AT_MOST}) &&
               good;
    return good ? 0 : 1;
}

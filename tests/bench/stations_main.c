/*
 * The figures of a floor that works: 64 stations complete operations over HTTP, in bursts and
 * for a minute, against a bare libmicrohttpd that is asked by the same program over as many
 * connections in the same rounds; the worker's processor time; a task list.
 *   stations FIGURE PLAN
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yyjson.h>

#include "enclave/process/os.h"
#include "tests/bench/figure.h"
#include "tests/bench/hello.h"
#include "tests/bench/load.h"
#include "tests/bench/plan.h"

#define STATIONS    64
#define SAMPLES_MAX 400000
#define BURST_NS    5000000000u
#define LONG_NS     60000000000u
#define SECOND_NS   1000000000u
#define SYNCS       40 /* a round */

static struct plan plan;
static struct load stations[STATIONS], others[STATIONS]; /* at the gateway, at hello */

/* ---- rounds of requests ---- */

/* One exchange after the other at each of ${count} connections, until ${next} has no more. */
struct rush {
    struct load *at;
    size_t count;
    size_t (*next)(void *context, size_t station, char *out); /* 0: no more */
    void *context;
    uint64_t sent[STATIONS];
    double *samples; /* milliseconds of each; NULL: not kept */
    size_t done;
};

static char text[LOAD_REQUEST];

static bool give(struct rush *r, size_t station)
{
    size_t length = r->next(r->context, station, text);
    if (length == 0)
        return false;
    if (load_send(&r->at[station], text, length) != 0)
        figure_die("nothing can be sent");
    r->sent[station] = os_boot_ns();
    return true;
}

static bool take(struct rush *r, size_t station)
{
    struct load *load = &r->at[station];
    enum load_result result = load_receive(load);
    if (result == LOAD_WAITING)
        return false;
    if (result == LOAD_FAILED || load->status != 200) {
        fprintf(stderr, "bench: %u %s\n", load->status, load->fd >= 0 ? load->body : "");
        figure_die("a request was not done");
    }
    if (r->samples && r->done < SAMPLES_MAX)
        r->samples[r->done] = (double)(os_boot_ns() - r->sent[station]) / 1e6;
    r->done++;
    return true;
}

/* The nanoseconds that it took. */
static uint64_t rush(struct rush *r)
{
    struct pollfd p[STATIONS];
    size_t open = 0;
    uint64_t began = os_boot_ns();
    for (size_t i = 0; i < r->count; i++) {
        bool given = give(r, i);
        p[i] = (struct pollfd){.fd = given ? r->at[i].fd : -1, .events = POLLIN};
        open += given;
    }
    while (open) {
        if (poll(p, r->count, 10000) <= 0)
            figure_die("no answer in ten seconds");
        for (size_t i = 0; i < r->count; i++)
            if (p[i].fd >= 0 && p[i].revents && take(r, i) && !give(r, i)) {
                p[i].fd = -1;
                open--;
            }
    }
    return os_boot_ns() - began;
}

/* ---- hello ---- */

struct until {
    uint64_t end;
    const char *path;
    const char *token;
};

static size_t ask_until(void *context, size_t station, char *out)
{
    const struct until *u = context;
    (void)station;
    return os_boot_ns() < u->end ? load_print(out, plan.port, u->path, u->token, NULL) : 0;
}

/* Answers a second over ${count} connections. */
static double rate_of(struct load *at, size_t count, const char *path, const char *token,
                      uint64_t ns)
{
    struct until u = {.end = os_boot_ns() + ns, .path = path, .token = token};
    struct rush r = {.at = at, .count = count, .next = ask_until, .context = &u};
    uint64_t took = rush(&r);
    return (double)r.done * 1e9 / (double)took;
}

static double hello(size_t count)
{
    return rate_of(others, count, "/", "none", SECOND_NS);
}

/* ---- the disk ---- */

static double syncs[SAMPLES_MAX];
static size_t syncs_count;

static void sync_some(void)
{
    static const uint8_t page[4096];
    int fd = open("sync", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (int i = 0; i < SYNCS && syncs_count < SAMPLES_MAX; i++) {
        uint64_t began = os_boot_ns();
        if (write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
            figure_die("the disk cannot be written");
        syncs[syncs_count++] = (double)(os_boot_ns() - began) / 1e6;
    }
    close(fd);
}

/* ---- units ---- */

static char (*units)[37];
static size_t units_count;

/* The first operation of the units that this answer shows as ready. */
struct finding {
    char unit[200][37];
    size_t count, next;
    const char *token;
};

static void read_tasks(struct finding *f, const char *body)
{
    yyjson_doc *doc = yyjson_read(body, strlen(body), 0);
    yyjson_val *tasks = yyjson_obj_get(yyjson_doc_get_root(doc), "tasks"), *task;
    size_t i, n;
    f->count = f->next = 0;
    yyjson_arr_foreach(tasks, i, n, task)
    {
        const char *order = yyjson_get_str(yyjson_obj_get(task, "order_number"));
        const char *state = yyjson_get_str(yyjson_obj_get(task, "state"));
        const char *unit = yyjson_get_str(yyjson_obj_get(task, "unit"));
        if (order && state && unit && strcmp(order, plan.order) == 0 &&
            strcmp(state, "ready") == 0 && f->count < 200)
            memcpy(f->unit[f->count++], unit, 37);
    }
    yyjson_doc_free(doc);
}

static size_t print_start(char *out, const char *token, const char *unit, unsigned sequence)
{
    char id[37], body[200];
    load_uuid(id);
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u}", id, unit,
             sequence);
    return load_print(out, plan.port, "/api/operations/start", token, body);
}

static size_t print_complete(char *out, const char *token, const char *unit, unsigned sequence)
{
    char id[37], body[600];
    load_uuid(id);
    snprintf(body, sizeof body,
             "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u,\"readings\":["
             "{\"characteristic\":\"C1\",\"value\":\"1.001\",\"gage\":\"\"},"
             "{\"characteristic\":\"C2\",\"value\":\"1.001\",\"gage\":\"\"},"
             "{\"characteristic\":\"C3\",\"value\":\"1.001\",\"gage\":\"\"}]}",
             id, unit, sequence);
    return load_print(out, plan.port, "/api/operations/complete", token, body);
}

static size_t start_found(void *context, size_t station, char *out)
{
    struct finding *f = context;
    (void)station;
    return f->next < f->count ? print_start(out, f->token, f->unit[f->next++], 1) : 0;
}

/* The list shows 200; who has started a unit does not see it as ready, nor does anybody else. */
static void find_units(void)
{
    static struct finding f;
    units = calloc(plan.expected, sizeof *units);
    f.token = plan.token[0];
    while (units && units_count < plan.expected) {
        size_t length = load_print(text, plan.port, "/api/tasks", plan.token[1], NULL);
        if (load_ask(&stations[0], text, length, 10000) != LOAD_ANSWERED ||
            stations[0].status != 200)
            figure_die("the task list does not come");
        read_tasks(&f, stations[0].body);
        if (f.count == 0 || units_count + f.count > plan.expected)
            figure_die("the task list does not show the units of the order");
        memcpy(units + units_count, f.unit, f.count * sizeof *f.unit);
        units_count += f.count;
        rush(&(struct rush){.at = stations, .count = 16, .next = start_found, .context = &f});
    }
}

/* One operation of every unit. */
struct operation_round {
    unsigned sequence;
    bool complete;
    size_t next;
};

static size_t next_unit(void *context, size_t station, char *out)
{
    struct operation_round *o = context;
    (void)station;
    if (o->next >= units_count)
        return 0;
    const char *unit = units[o->next++];
    const char *token = plan.token[0];
    return o->complete ? print_complete(out, token, unit, o->sequence)
                       : print_start(out, token, unit, o->sequence);
}

static uint64_t work(unsigned sequence, bool complete, size_t *ret_done, double *samples)
{
    struct operation_round o = {.sequence = sequence, .complete = complete};
    struct rush r = {
        .at = stations, .count = STATIONS, .next = next_unit, .context = &o, .samples = samples};
    uint64_t took = rush(&r);
    if (ret_done)
        *ret_done = r.done;
    return took;
}

/* ---- the worker ---- */

/* Its processor time, in nanoseconds. */
static uint64_t worker_ns(void)
{
    char path[40];
    uint64_t ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", plan.worker);
    FILE *in = fopen(path, "re");
    if (!in || fscanf(in, "%" SCNu64, &ns) != 1)
        figure_die("the worker's time cannot be read");
    fclose(in);
    return ns;
}

/* Seconds until the worker has nothing more to do: what is due behind an answer is done then. */
static double seconds_to_rest(void)
{
    uint64_t began = os_boot_ns(), last = began, used = worker_ns();
    while (os_boot_ns() - last < 3 * SECOND_NS / 5 && os_boot_ns() - began < 20u * SECOND_NS) {
        usleep(20000);
        uint64_t now = worker_ns();
        if (now - used > 1000000) /* a look at the clock takes less than a millisecond */
            last = os_boot_ns();
        used = now;
    }
    return (double)(last - began) / 1e9;
}

/* ---- figures ---- */

static unsigned next_operation = 1;
static double samples[SAMPLES_MAX];

static bool p99_figure(const char *name, size_t count)
{
    double sync = figure_part(syncs, syncs_count, 0.99), p99 = figure_part(samples, count, 0.99);
    figure_note("%s: fdatasync of 4 KiB takes %.2f ms at the median, %.2f ms at p99", name,
                figure_median(syncs, syncs_count), sync);
    bool good = figure_print(&(struct figure){.name = name,
                                              .unit = "ms",
                                              .places = 2,
                                              .value = p99,
                                              .limit = 10,
                                              .wants = 1,
                                              .sense = FIGURE_AT_MOST});
    return good || sync > 1; /* then the disk is not quiet, and this is a report */
}

/* Bursts of completions, five seconds of them in all; what was started before is not timed. */
static bool burst(void)
{
    double values[64], limits[64];
    size_t rounds = 0, count = 0, done;
    uint64_t spent = 0, used = 0;
    while (spent < BURST_NS && rounds < 64 && next_operation <= plan.operations) {
        limits[rounds] = hello(STATIONS);
        sync_some();
        if (next_operation > 1)
            work(next_operation, false, NULL, NULL);
        uint64_t before = worker_ns();
        uint64_t took = work(next_operation++, true, &done,
                             count + units_count <= SAMPLES_MAX ? samples + count : NULL);
        used += worker_ns() - before;
        values[rounds++] = (double)done * 1e9 / (double)took;
        spent += took;
        count += done;
    }
    figure_note("%zu completions in %.1f s, with %.1f us of the worker's processor time each",
                count, (double)spent / 1e9, (double)used / 1e3 / (double)count);
    bool good = figure_print(&(struct figure){.name = "completion_64_stations_of_hello",
                                              .unit = "per-second",
                                              .value = figure_median(values, rounds),
                                              .limit = figure_median(limits, rounds),
                                              .wants = 0.35});
    const char *postgresql = getenv("POSTGRESQL"); /* what it does, just measured */
    if (postgresql && *postgresql)
        good = figure_print(&(struct figure){.name = "completion_of_postgresql",
                                             .unit = "per-second",
                                             .value = figure_median(values, rounds),
                                             .limit = strtod(postgresql, NULL),
                                             .wants = 3}) &&
               good;
    good = p99_figure("completion_64_stations_p99", count) && good;
    return figure_print(&(struct figure){.name = "worker_cpu_per_completion_64",
                                         .unit = "us",
                                         .places = 1,
                                         .value = (double)used / 1e3 / (double)count,
                                         .limit = 20,
                                         .wants = 1,
                                         .sense = FIGURE_AT_MOST}) &&
           good;
}

/* Each station takes the next unit of the order, starts its operation and completes it. */
struct shift {
    uint64_t end;
    size_t next;
    unsigned sequence;
    size_t unit[STATIONS];
    unsigned at[STATIONS];
    bool started[STATIONS];
    size_t completed;
};

static size_t next_act(void *context, size_t station, char *out)
{
    struct shift *s = context;
    const char *token = plan.token[0];
    if (s->started[station]) {
        s->started[station] = false;
        s->completed++;
        return print_complete(out, token, units[s->unit[station]], s->at[station]);
    }
    if (os_boot_ns() >= s->end)
        return 0;
    if (s->next == units_count) {
        s->next = 0;
        s->sequence++;
    }
    if (s->sequence > plan.operations) { /* an order has no more: the note says how long it was */
        s->end = 0;
        return 0;
    }
    s->unit[station] = s->next++;
    s->at[station] = s->sequence;
    s->started[station] = true;
    return print_start(out, token, units[s->unit[station]], s->at[station]);
}

static bool sustained(void)
{
    double limits[6];
    if (next_operation == 1) /* of which finding them started the first one */
        work(next_operation++, true, NULL, NULL);
    for (int i = 0; i < 3; i++)
        limits[i] = hello(STATIONS);
    struct shift shift = {.end = os_boot_ns() + LONG_NS, .sequence = next_operation};
    struct rush r = {.at = stations, .count = STATIONS, .next = next_act, .context = &shift};
    uint64_t took = rush(&r);
    double rest = seconds_to_rest();
    for (int i = 3; i < 6; i++)
        limits[i] = hello(STATIONS);
    next_operation = shift.sequence + 1;
    double requests = (double)r.done * 1e9 / (double)took;
    figure_note("%zu starts and completions in %.1f s, %.0f requests a second, %.2f of the bare "
                "library's; the projections were caught up %.2f s after the last answer",
                r.done, (double)took / 1e9, requests, requests / figure_median(limits, 6), rest);
    bool good = figure_print(&(struct figure){.name = "completion_64_sustained_60s",
                                              .unit = "per-second",
                                              .value = (double)shift.completed * 1e9 / (double)took,
                                              .limit = figure_median(limits, 6),
                                              .wants = 0.15});
    return figure_print(&(struct figure){.name = "projection_lag_after_60s",
                                         .unit = "s",
                                         .places = 2,
                                         .value = rest,
                                         .limit = 2,
                                         .wants = 1,
                                         .sense = FIGURE_AT_MOST}) &&
           good;
}

/* One backup after the other, by $BACKUP, until there is a file "stop". */
static pid_t backups_begin(void)
{
    unlink("stop");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl("/bin/sh", "sh", "-ec",
              "until [ -e stop ]; do $BACKUP >said 2>&1 || { cat said >&2; exit 1; };"
              " echo >>backups; rm -rf backups.d/*; done",
              (char *)NULL);
        _exit(2);
    }
    return child;
}

/* Behind the last of them: how many there have been. */
static size_t backups_end(pid_t child)
{
    size_t n = 0;
    int status = 0, fd = open("stop", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || close(fd) != 0 || waitpid(child, &status, 0) != child || status != 0)
        figure_die("a backup failed");
    FILE *in = fopen("backups", "re");
    for (int c; in && (c = getc(in)) != EOF;)
        n += c == '\n';
    if (in)
        fclose(in);
    return n;
}

#define BACKUP_ROUNDS 8

static bool with_backup(void)
{
    static double beside[SAMPLES_MAX];
    size_t quiet = 0, busy = 0, done, backups = 0;
    for (int i = 0; i < BACKUP_ROUNDS && next_operation <= plan.operations; i++) {
        bool backup = i % 2;
        double *into = backup ? beside + busy : samples + quiet;
        if (next_operation > 1)
            work(next_operation, false, NULL, NULL);
        pid_t child = backup ? backups_begin() : 0;
        work(next_operation++, true, &done, into);
        if (backup)
            backups = backups_end(child);
        *(backup ? &busy : &quiet) += done;
    }
    figure_note("%zu backups were finished meanwhile", backups);
    return figure_print(&(struct figure){.name = "completion_p99_with_backup",
                                         .unit = "ms",
                                         .places = 2,
                                         .value = figure_part(beside, busy, 0.99),
                                         .limit = figure_part(samples, quiet, 0.99),
                                         .wants = 2,
                                         .sense = FIGURE_AT_MOST});
}

#define LISTS 5
#define EIGHT 8

static bool task_list(void)
{
    double values[LISTS], limits[LISTS];
    for (int i = 0; i < LISTS; i++) {
        limits[i] = hello(EIGHT);
        values[i] = rate_of(stations, EIGHT, "/api/tasks", plan.token[0], SECOND_NS);
    }
    figure_note("a list of %zu bytes", strlen(stations[0].body));
    return figure_print(&(struct figure){.name = "task_list_20",
                                         .unit = "per-second",
                                         .value = figure_median(values, LISTS),
                                         .limit = figure_median(limits, LISTS),
                                         .wants = 0.3});
}

int main(int argc, char **argv)
{
    bool good = true;
    if (argc != 3 || plan_read(argv[2], &plan) != 0 || plan.tokens < 2) {
        fprintf(stderr, "usage: stations floor|list PLAN, with two operators\n");
        return 2;
    }
    uint16_t port = hello_start(NULL, NULL);
    for (size_t i = 0; i < STATIONS; i++) {
        load_begin(&stations[i], plan.port);
        load_begin(&others[i], port);
    }
    if (strcmp(argv[1], "list") == 0)
        return task_list() ? 0 : 1;
    find_units();
    if (figure_is_wanted("completion_64_stations_of_hello") ||
        figure_is_wanted("completion_64_stations_p99") ||
        figure_is_wanted("worker_cpu_per_completion_64") ||
        figure_is_wanted("completion_of_postgresql"))
        good = burst() && good;
    if (figure_is_wanted("completion_64_sustained_60s") ||
        figure_is_wanted("projection_lag_after_60s"))
        good = sustained() && good;
    const char *only = getenv("FIGURE");
    if (only && strcmp(only, "completion_p99_with_backup") == 0) /* with an order of its own */
        good = with_backup() && good;
    return good ? 0 : 1;
}

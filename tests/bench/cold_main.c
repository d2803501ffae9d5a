/*
 * The figure of a cold start: the worker is killed, and the time runs until a station's request
 * that writes has its first 200.  The supervisor finds out and starts the next one by itself.
 *   cold PLAN
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/figure.h"
#include "tests/bench/load.h"
#include "tests/bench/plan.h"

#define TIMES       20
#define PATIENCE_MS 2000
#define AT_MOST_NS  10000000000u

static struct plan plan;

/* The uid that a process runs as, if it is a worker; else -1.  Its folder in /proc is root's. */
static long worker_uid(const char *pid)
{
    char path[300], line[200], name[32] = "";
    long uid = -1;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *in = fopen(path, "re");
    while (in && fgets(line, sizeof line, in)) {
        if (sscanf(line, "Name: %31s", name) == 1 && strcmp(name, "worker") != 0)
            break;
        if (sscanf(line, "Uid: %ld", &uid) == 1)
            break;
    }
    if (in)
        fclose(in);
    return uid;
}

/* The pid of the enclave's worker that runs now: each enclave has a uid of its own. */
static int find_worker(uid_t uid, int before)
{
    struct dirent *entry;
    DIR *all = opendir("/proc");
    int found = 0;
    while (all && (entry = readdir(all)) != NULL) {
        int pid = atoi(entry->d_name);
        if (pid > 0 && pid != before && worker_uid(entry->d_name) == (long)uid)
            found = pid;
    }
    if (all)
        closedir(all);
    return found;
}

static void prepare(char out[static LOAD_REQUEST], size_t *ret_length, int i)
{
    char id[37], body[200];
    load_uuid(id);
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":1}", id, plan.unit[i]);
    *ret_length = load_print(out, plan.port, "/api/operations/start", plan.token[0], body);
}

/* The same request with the same id until it is done: milliseconds from the kill. */
static double restart(struct load *station, int i)
{
    char request[LOAD_REQUEST];
    size_t length;
    prepare(request, &length, i);
    uint64_t began = figure_ns();
    if (kill(plan.worker, SIGKILL) != 0)
        figure_die("the worker has gone");
    for (;;) {
        enum load_result r = load_ask(station, request, length, PATIENCE_MS);
        if (r == LOAD_ANSWERED && station->status == 200)
            return (double)(figure_ns() - began) / 1e6;
        if (figure_ns() - began > AT_MOST_NS) {
            fprintf(stderr, "bench: %s\n", r == LOAD_ANSWERED ? station->body : "no answer");
            figure_die("the worker does not come back in ten seconds");
        }
        usleep(500);
    }
}

int main(int argc, char **argv)
{
    static struct load station;
    double took[TIMES];
    char pid[16];
    if (argc != 2 || plan_read(argv[1], &plan) != 0 || plan.units < TIMES) {
        fprintf(stderr, "usage: cold PLAN, with %d units\n", TIMES);
        return 2;
    }
    snprintf(pid, sizeof pid, "%d", plan.worker);
    long uid = worker_uid(pid);
    if (uid < 0)
        figure_die("the plan does not name a worker");
    load_begin(&station, plan.port);
    for (int i = 0; i < TIMES; i++) {
        took[i] = restart(&station, i);
        plan.worker = find_worker((uid_t)uid, plan.worker);
        usleep(1100000); /* one that lived for less than a second is started again after a pause */
    }
    figure_note("cold_start: from %.0f to %.0f ms", figure_part(took, TIMES, 0),
                figure_part(took, TIMES, 1));
    return figure_print(&(struct figure){.name = "cold_start",
                                         .unit = "ms",
                                         .places = 1,
                                         .value = figure_median(took, TIMES),
                                         .limit = 100,
                                         .wants = 1,
                                         .sense = FIGURE_AT_MOST})
               ? 0
               : 1;
}

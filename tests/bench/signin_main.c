/*
 * The figures of signing in: how many a second, 64 at once, against bare Argon2id in
 * this process; and what 64 at once do to the completions of a shift that works on.
 *   signin PLAN PEOPLE        PEOPLE has the entry's port, then a badge and a PIN a line
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/password.h"
#include "enclave/process/os.h"
#include "tests/bench/load.h"
#include "tests/bench/plan.h"

#define AT_ONCE     64
#define SIGN_INS    192
#define STATIONS    4
#define PEOPLE_MAX  64
#define HASHES      16
#define ROUNDS      3
#define SAMPLES_MAX 4096

struct request {
    char text[LOAD_REQUEST];
    size_t length;
};

static struct plan plan;
static uint16_t entry;
static size_t people;
static struct request sign_ins[PEOPLE_MAX], completions[PLAN_UNITS];
static struct load doors[AT_ONCE], stations[STATIONS];
static uint64_t sent_ns[STATIONS];
static unsigned next_operation = 1;

static void die(const char *what, const struct load *load)
{
    fprintf(stderr, "signin: %s: %u %s\n", what, load ? load->status : 0,
            load && load->fd >= 0 ? load->body : "");
    exit(2);
}

static int read_people(const char *path)
{
    char badge[40], pin[80], body[200];
    unsigned port;
    FILE *in = fopen(path, "re");
    if (!in || fscanf(in, "%u", &port) != 1)
        return ERR_FORMAT;
    entry = (uint16_t)port;
    while (people < PEOPLE_MAX && fscanf(in, "%39s %79s", badge, pin) == 2) {
        snprintf(body, sizeof body, "{\"badge\":\"%s\",\"pin\":\"%s\"}", badge, pin);
        sign_ins[people].length =
            load_print(sign_ins[people].text, entry, "/api/sign-in", "none", body);
        people++;
    }
    fclose(in);
    return 3 * people >= AT_ONCE ? 0 : ERR_FORMAT; /* of one badge three PINs are tried at once */
}

/* Bare Argon2id, as the hasher runs it, one after the other: hashes a second. */
static double bare(void)
{
    uint8_t peppered[32] = "a PIN behind the pepper", salt[16] = "salt", hash[49];
    uint64_t began = os_boot_ns();
    for (int i = 0; i < HASHES; i++) {
        salt[0]++;
        if (password_hash(peppered, salt, hash) != 0)
            die("there is no memory for Argon2id", NULL);
    }
    return HASHES * 1e9 / (double)(os_boot_ns() - began);
}

/* Always the same badge at a door, so that of none more than three are tried at once. */
static void knock(size_t i)
{
    const struct request *r = &sign_ins[i % people];
    if (load_send(&doors[i], r->text, r->length) != 0)
        die("nothing can be sent", NULL);
}

/* What poll() said of a door: true when somebody was let in. */
static bool let_in(struct load *door)
{
    enum load_result r = load_receive(door);
    if (r == LOAD_WAITING)
        return false;
    if (r == LOAD_FAILED || door->status != 200)
        die("nobody is let in", door);
    return true;
}

/* Wait for the doors, of which those with a mark have somebody before them; how many were let in.
 * Who was let in knocks again while ${again}. */
static size_t open_doors(bool waiting[static AT_ONCE], bool again)
{
    struct pollfd p[AT_ONCE];
    size_t done = 0;
    for (size_t i = 0; i < AT_ONCE; i++)
        p[i] = (struct pollfd){.fd = waiting[i] ? doors[i].fd : -1, .events = POLLIN};
    if (poll(p, AT_ONCE, 20000) <= 0)
        die("no answer in twenty seconds", NULL);
    for (size_t i = 0; i < AT_ONCE; i++) {
        if (p[i].fd < 0 || !p[i].revents || !let_in(&doors[i]))
            continue;
        done++;
        waiting[i] = again;
        if (again)
            knock(i);
    }
    return done;
}

static bool anybody(const bool waiting[static AT_ONCE])
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (waiting[i])
            return true;
    return false;
}

/* 64 at once until ${wanted} were let in, and all of them: sign-ins a second. */
static double sign_in(size_t wanted)
{
    bool waiting[AT_ONCE];
    size_t done = 0;
    uint64_t began = os_boot_ns();
    for (size_t i = 0; i < AT_ONCE; i++) {
        knock(i);
        waiting[i] = true;
    }
    while (anybody(waiting))
        done += open_doors(waiting, done < wanted - AT_ONCE);
    return (double)done * 1e9 / (double)(os_boot_ns() - began);
}

/* ---- completions ---- */

static void prepare(const char *path, const char *more)
{
    char id[37], body[600];
    for (size_t i = 0; i < plan.units; i++) {
        load_uuid(id);
        snprintf(body, sizeof body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u%s}", id,
                 plan.unit[i], next_operation, more);
        completions[i].length =
            load_print(completions[i].text, plan.port, path, plan.token[i % plan.tokens], body);
    }
}

static bool give(size_t station, size_t unit)
{
    if (unit >= plan.units)
        return false;
    if (load_send(&stations[station], completions[unit].text, completions[unit].length) != 0)
        die("nothing can be sent", NULL);
    sent_ns[station] = os_boot_ns();
    return true;
}

/* All units at four stations, one under way at each; with ${knocking} 64 sign in all the while.
 * The milliseconds of each go to ${samples}. */
static size_t send_all(bool knocking, double *samples)
{
    struct pollfd p[STATIONS + AT_ONCE];
    size_t next = 0, done = 0, count = STATIONS + (knocking ? AT_ONCE : 0);
    for (size_t i = 0; knocking && i < AT_ONCE; i++)
        knock(i);
    for (size_t i = 0; i < STATIONS; i++)
        (void)give(i, next++);
    while (done < plan.units) {
        for (size_t i = 0; i < count; i++)
            p[i] = (struct pollfd){.fd = i < STATIONS ? stations[i].fd : doors[i - STATIONS].fd,
                                   .events = POLLIN};
        if (poll(p, count, 10000) <= 0)
            die("no answer in ten seconds", NULL);
        for (size_t i = 0; i < STATIONS; i++) {
            if (!p[i].revents || sent_ns[i] == 0)
                continue;
            enum load_result r = load_receive(&stations[i]);
            if (r == LOAD_WAITING)
                continue;
            if (r == LOAD_FAILED || stations[i].status != 200)
                die("not done", &stations[i]);
            samples[done++] = (double)(os_boot_ns() - sent_ns[i]) / 1e6;
            sent_ns[i] = 0;
            (void)give(i, next++);
        }
        for (size_t i = 0; knocking && i < AT_ONCE; i++)
            if (p[STATIONS + i].revents && let_in(&doors[i]))
                knock(i);
    }
    bool waiting[AT_ONCE];
    memset(waiting, knocking, sizeof waiting);
    while (anybody(waiting))
        (void)open_doors(waiting, false);
    return done;
}

static size_t complete(bool knocking, double *samples)
{
    static const char readings[] =
        ",\"readings\":[{\"characteristic\":\"C1\",\"value\":\"1.001\",\"gage\":\"\"},"
        "{\"characteristic\":\"C2\",\"value\":\"1.001\",\"gage\":\"\"},"
        "{\"characteristic\":\"C3\",\"value\":\"1.001\",\"gage\":\"\"}]";
    static double unseen[SAMPLES_MAX];
    prepare("/api/operations/start", "");
    send_all(false, unseen);
    prepare("/api/operations/complete", readings);
    size_t n = send_all(knocking, samples);
    next_operation++;
    return n;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double p99(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[(count * 99) / 100];
}

static bool is_wanted(const char *figure)
{
    const char *only = getenv("FIGURE");
    return !only || only[0] == '\0' || strcmp(only, figure) == 0;
}

/* The hasher works when the machine has nothing else to do: bare runs directly before and behind.
 */
static bool figure_rate(void)
{
    double rate[ROUNDS], limit[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double before = bare();
        rate[i] = sign_in(SIGN_INS);
        limit[i] = (before + bare()) / 2;
    }
    qsort(rate, ROUNDS, sizeof *rate, compare);
    qsort(limit, ROUNDS, sizeof *limit, compare);
    double ratio = rate[ROUNDS / 2] / limit[ROUNDS / 2];
    printf("figure sign_in_rate = %.1f per-second (limit %.1f, ratio %.2f, wants 0.90) %s\n",
           rate[ROUNDS / 2], limit[ROUNDS / 2], ratio, ratio >= 0.9 ? "ok" : "short");
    return ratio >= 0.9;
}

static bool figure_p99(void)
{
    static double quiet[SAMPLES_MAX], busy[SAMPLES_MAX];
    size_t quiets = 0, busies = 0;
    for (unsigned i = 0; i < plan.operations / 2 && quiets + plan.units <= SAMPLES_MAX; i++) {
        quiets += complete(false, quiet + quiets);
        busies += complete(true, busy + busies);
    }
    double without = p99(quiet, quiets), with = p99(busy, busies);
    printf(
        "figure completion_p99_with_sign_ins = %.2f ms (limit %.2f, ratio %.2f, wants 2.00) %s\n",
        with, without, with / without, with <= 2 * without ? "ok" : "short");
    return with <= 2 * without;
}

int main(int argc, char **argv)
{
    bool good = true;
    if (argc != 3 || plan_read(argv[1], &plan) != 0 || read_people(argv[2]) != 0) {
        fprintf(stderr, "usage: signin PLAN PEOPLE, with %d people or more\n", AT_ONCE / 3 + 1);
        return 2;
    }
    for (size_t i = 0; i < AT_ONCE; i++)
        load_begin(&doors[i], entry);
    for (size_t i = 0; i < STATIONS; i++)
        load_begin(&stations[i], plan.port);
    if (is_wanted("sign_in_rate"))
        good = figure_rate() && good;
    if (is_wanted("completion_p99_with_sign_ins"))
        good = figure_p99() && good;
    return good ? 0 : 1;
}

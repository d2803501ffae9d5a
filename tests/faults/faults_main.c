/*
 * The load of the fault campaign, and what must be true after it.  Eight connections
 * work on units without a pause; run.sh kills processes meanwhile and says which kind
 * on the standard input, "phase NAME" a line, "end" at last.
 *
 * A request without an answer is sent again, the same, until it is answered.  In the
 * end every request is sent once more: it must be answered as before, and the log must
 * have grown by exactly the events of what was acknowledged.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/process/os.h"
#include "tests/bench/load.h"
#include "tests/bench/plan.h"

#define STATIONS    8
#define PATIENCE_MS 3000  /* then the connection is given up and the request sent again */
#define DRAIN_MS    60000 /* after "end"; what is unanswered then never will be */
#define PHASES      64
#define STEPS       3  /* start, measure, complete */
#define ASKED_AGAIN 12 /* times, of 5 s each, until what has no answer counts as lost */

struct acknowledged {
    char *text; /* the request, whole */
    size_t length;
    char *answer;
    unsigned phase, events;
};

struct phase {
    char name[32];
    uint64_t acknowledged, again, lost, longest_ms, signed_out;
};

struct station {
    struct load load;
    char text[LOAD_REQUEST];
    size_t length;  /* 0: nothing is asked for */
    bool waiting;   /* sent, not answered */
    uint64_t at_ms; /* when it was sent, or is to be sent */
    size_t unit;    /* now working on */
};

static struct plan plan;
static struct station stations[STATIONS];
static unsigned steps[PLAN_UNITS]; /* acknowledged, of each unit */
static struct phase phases[PHASES] = {{.name = "before"}};
static unsigned phase;
static struct acknowledged *records;
static size_t records_count, records_room;
static uint64_t last_answer_ms, wrong;
static bool ending;
static uint64_t pause_ms; /* a station's, between an answer and its next request */
static int told = -1;     /* the file in which run.sh reads how many were acknowledged */

static const char *token_of(size_t unit)
{
    return plan.token[unit % STATIONS % plan.tokens];
}

/* ---- what is asked for ---- */

static void print_step(char out[static LOAD_REQUEST], size_t unit, size_t *ret_length)
{
    static const char *const paths[STEPS] = {"/api/operations/start", "/api/operations/readings",
                                             "/api/operations/complete"};
    static const char readings[] =
        ",\"readings\":[{\"characteristic\":\"C1\",\"value\":\"1.001\",\"gage\":\"\"},"
        "{\"characteristic\":\"C2\",\"value\":\"1.002\",\"gage\":\"\"},"
        "{\"characteristic\":\"C3\",\"value\":\"1.003\",\"gage\":\"\"}]";
    char id[37], body[600];
    unsigned step = steps[unit] % STEPS;
    load_uuid(id);
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":%u%s}", id,
             plan.unit[unit], steps[unit] / STEPS + 1, step == 1 ? readings : "");
    *ret_length = load_print(out, plan.port, paths[step], token_of(unit), body);
}

/* A station has every eighth unit and takes them in turn. */
static void next_request(struct station *s)
{
    for (size_t tried = 0; tried < plan.units; tried += STATIONS) {
        s->unit += STATIONS;
        if (s->unit >= plan.units)
            s->unit %= STATIONS;
        if (steps[s->unit] == plan.operations * STEPS)
            continue;
        print_step(s->text, s->unit, &s->length);
        return;
    }
    s->length = 0;
}

/* ---- what is answered ---- */

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        exit(2);
    return copy;
}

static void tell(void)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%020zu\n", records_count);
    if (pwrite(told, text, (size_t)n, 0) != n)
        exit(2);
}

static void keep(const struct station *s)
{
    if (records_count == records_room) {
        records_room = records_room ? 2 * records_room : 4096;
        records = realloc(records, records_room * sizeof *records);
        if (!records)
            exit(2);
    }
    struct acknowledged *a = &records[records_count++];
    *a = (struct acknowledged){.text = copy_of(s->text), .length = s->length, .phase = phase};
    a->answer = copy_of(s->load.body);
    a->events = steps[s->unit] % STEPS == 1 ? 3 : 1;
    tell();
}

static void answered(struct station *s, uint64_t now)
{
    s->waiting = false;
    if (s->load.status >= 500 || s->load.status == 401) { /* not confirmed */
        phases[phase].again++;
        phases[phase].signed_out += s->load.status == 401;
        s->at_ms = now + 20;
        return;
    }
    if (s->load.status != 200) {
        if (wrong++ < 5)
            fprintf(stderr, "refused: %u %s\n  %s\n", s->load.status, s->load.body, s->text);
        s->length = 0;
        s->at_ms = UINT64_MAX;
        return;
    }
    if (now - last_answer_ms > phases[phase].longest_ms)
        phases[phase].longest_ms = now - last_answer_ms;
    last_answer_ms = now;
    keep(s);
    phases[phase].acknowledged++;
    steps[s->unit]++;
    s->length = 0;
    s->at_ms = now + pause_ms;
}

static void lost_connection(struct station *s, uint64_t now)
{
    load_end(&s->load);
    s->waiting = false;
    s->at_ms = now + 20;
    phases[phase].again++;
}

/* ---- the turns ---- */

static void send_due(struct station *s, uint64_t now)
{
    if (s->waiting && now - s->at_ms > PATIENCE_MS)
        lost_connection(s, now);
    if (s->waiting || now < s->at_ms)
        return;
    if (s->length == 0 && !ending)
        next_request(s);
    if (s->length == 0)
        return;
    s->at_ms = now;
    s->waiting = load_send(&s->load, s->text, s->length) == 0;
    if (!s->waiting)
        lost_connection(s, now);
}

static void command(const char *line)
{
    char name[32];
    if (strncmp(line, "end", 3) == 0)
        ending = true;
    if (sscanf(line, "phase %31s", name) != 1 || phase + 1 == PHASES)
        return;
    snprintf(phases[++phase].name, sizeof phases[0].name, "%s", name);
}

static void read_commands(void)
{
    char text[256];
    ssize_t n = read(STDIN_FILENO, text, sizeof text - 1);
    if (n <= 0) {
        ending = true;
        return;
    }
    text[n] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        command(line);
}

static bool is_busy(void)
{
    for (size_t i = 0; i < STATIONS; i++)
        if (stations[i].length)
            return true;
    return false;
}

static void turn(void)
{
    struct pollfd p[STATIONS + 1];
    uint64_t now = os_boot_ms();
    for (size_t i = 0; i < STATIONS; i++) {
        send_due(&stations[i], now);
        p[i] =
            (struct pollfd){.fd = stations[i].waiting ? stations[i].load.fd : -1, .events = POLLIN};
    }
    p[STATIONS] = (struct pollfd){.fd = ending ? -1 : STDIN_FILENO, .events = POLLIN};
    if (poll(p, STATIONS + 1, 4) <= 0)
        return;
    now = os_boot_ms();
    if (p[STATIONS].revents)
        read_commands();
    for (size_t i = 0; i < STATIONS; i++) {
        if (!p[i].revents)
            continue;
        enum load_result r = load_receive(&stations[i].load);
        if (r == LOAD_ANSWERED)
            answered(&stations[i], now);
        else if (r == LOAD_FAILED)
            lost_connection(&stations[i], now);
    }
}

/* ---- what must be true afterwards ---- */

static bool ask_get(struct load *load, const char *path, const char *token)
{
    char text[LOAD_REQUEST];
    size_t length = load_print(text, plan.port, path, token, NULL);
    for (int attempt = 0; attempt < 20; attempt++) {
        if (load_ask(load, text, length, 5000) == LOAD_ANSWERED && load->status == 200)
            return true;
        usleep(200000);
    }
    fprintf(stderr, "GET %s: %u\n", path, load->status);
    return false;
}

static uint64_t events(struct load *load)
{
    const char *at =
        ask_get(load, "/api/security", plan.officer) ? strstr(load->body, "\"events\":") : NULL;
    return at ? strtoull(at + 9, NULL, 10) : 0;
}

/* What is not confirmed is asked for again; an answer is the right one or another. */
static bool is_answered_as_before(struct load *load, const struct acknowledged *a)
{
    for (int i = 0; i < ASKED_AGAIN; i++)
        if (load_ask(load, a->text, a->length, 5000) == LOAD_ANSWERED && load->status < 500)
            return load->status == 200 && strcmp(load->body, a->answer) == 0;
        else
            usleep(100000);
    return false;
}

static void send_all_again(struct load *load)
{
    for (size_t i = 0; i < records_count; i++) {
        const struct acknowledged *a = &records[i];
        if (is_answered_as_before(load, a))
            continue;
        if (phases[a->phase].lost++ < 3)
            fprintf(stderr, "not as acknowledged: %s\n  now %u %s\n", a->answer, load->status,
                    load->fd >= 0 ? load->body : "no answer");
    }
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

/* The unit stands where the last acknowledged request has put it. */
static bool unit_agrees(struct load *load, size_t unit)
{
    char path[120];
    unsigned step = steps[unit] % STEPS, sequence = steps[unit] / STEPS + 1;
    if (sequence > plan.operations)
        return true; /* finished; the completions were compared one by one */
    snprintf(path, sizeof path, "/api/job?unit=%s&sequence=%u", plan.unit[unit], sequence);
    if (!ask_get(load, path, token_of(unit)))
        return false;
    const char *state = step ? "\"state\":\"running\"" : "\"state\":\"ready\"";
    return strstr(load->body, state) &&
           count(load->body, "\"recorded\":true") == (step == 2 ? 3 : 0);
}

static void verify(uint64_t before)
{
    static struct load load;
    uint64_t wanted = before, differ = 0;
    load_begin(&load, plan.port);
    for (size_t i = 0; i < records_count; i++)
        wanted += records[i].events;
    uint64_t after_load = events(&load);
    send_all_again(&load);
    uint64_t after_again = events(&load);
    for (size_t i = 0; i < plan.units; i++)
        differ += !unit_agrees(&load, i);
    for (unsigned i = 0; i <= phase; i++)
        printf("phase %s acknowledged %" PRIu64 " again %" PRIu64 " lost %" PRIu64
               " longest-ms %" PRIu64 " signed-out %" PRIu64 "\n",
               phases[i].name, phases[i].acknowledged, phases[i].again, phases[i].lost,
               phases[i].longest_ms, phases[i].signed_out);
    printf("log events %" PRIu64 " wanted %" PRIu64 " again %" PRIu64 " refused %" PRIu64
           " units-differ %" PRIu64 "\n",
           after_load, wanted, after_again, wrong, differ);
}

int main(int argc, char **argv)
{
    static struct load load;
    if (argc != 4 || plan_read(argv[1], &plan) != 0 ||
        (told = open(argv[3], O_WRONLY | O_CLOEXEC)) < 0) {
        fprintf(stderr, "usage: faults PLAN PAUSE-MS ANSWERED-FILE <COMMANDS\n");
        return 2;
    }
    pause_ms = strtoull(argv[2], NULL, 10);
    load_begin(&load, plan.port);
    uint64_t before = events(&load);
    last_answer_ms = os_boot_ms();
    for (size_t i = 0; i < STATIONS; i++) {
        load_begin(&stations[i].load, plan.port);
        stations[i].unit = i;
    }
    while (!ending)
        turn();
    for (uint64_t until = os_boot_ms() + DRAIN_MS; is_busy() && os_boot_ms() < until;)
        turn();
    if (is_busy()) {
        fprintf(stderr, "requests stay without an answer; the site does not go on\n");
        return 1;
    }
    verify(before);
    return 0;
}

/*
 * The figures of what an officer relies on: how soon a revocation is a denial on an open
 * session, and whether the time of an answer tells what is forbidden from what is not there.
 *   officer revoke FILE | exist FILE      FILE has what officer.sh found, a word and a value a line
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enclave/process/os.h"
#include "tests/bench/load.h"
#include "crypto/statement.h"

#define TRIALS    200
#define PARTS     8     /* of the drawing */
#define SAMPLES   10000 /* of each operation, half of each kind */
#define UNITS_MAX 200
#define TEXT      6000

struct facts {
    unsigned entry, door;
    char one[700], two[700], badge[40], pin[80]; /* officers, at the entry */
    char victim[700], path[200], drawing[200];   /* at the door: a job, and its drawing */
    char holder[40], record[40], attribute[40], value[70], scope[12];
    char unit[UNITS_MAX][40];
    size_t units;
};
static struct facts f;
static struct load entry, door;

static void die(const char *what, const struct load *load)
{
    fprintf(stderr, "officer: %s: %u %.300s\n", what, load ? load->status : 0,
            load && load->fd >= 0 ? load->body : "");
    exit(2);
}

static void read_facts(const char *path)
{
    static const struct {
        const char *word;
        size_t at, size;
    } rows[] = {{"one", offsetof(struct facts, one), sizeof f.one},
                {"two", offsetof(struct facts, two), sizeof f.two},
                {"badge", offsetof(struct facts, badge), sizeof f.badge},
                {"pin", offsetof(struct facts, pin), sizeof f.pin},
                {"victim", offsetof(struct facts, victim), sizeof f.victim},
                {"path", offsetof(struct facts, path), sizeof f.path},
                {"drawing", offsetof(struct facts, drawing), sizeof f.drawing},
                {"holder", offsetof(struct facts, holder), sizeof f.holder},
                {"record", offsetof(struct facts, record), sizeof f.record},
                {"attribute", offsetof(struct facts, attribute), sizeof f.attribute},
                {"value", offsetof(struct facts, value), sizeof f.value},
                {"scope", offsetof(struct facts, scope), sizeof f.scope}};
    char word[20], value[900];
    FILE *in = fopen(path, "re");
    if (!in)
        die(path, NULL);
    while (fscanf(in, "%19s %899s", word, value) == 2) {
        if (strcmp(word, "entry") == 0)
            f.entry = (unsigned)atoi(value);
        if (strcmp(word, "door") == 0)
            f.door = (unsigned)atoi(value);
        if (strcmp(word, "unit") == 0 && f.units < UNITS_MAX)
            snprintf(f.unit[f.units++], sizeof f.unit[0], "%.39s", value);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strcmp(word, rows[i].word) == 0)
                snprintf((char *)&f + rows[i].at, rows[i].size, "%.*s", (int)rows[i].size - 1,
                         value);
    }
    fclose(in);
    load_begin(&entry, (uint16_t)f.entry);
    load_begin(&door, (uint16_t)f.door);
}

/* A whole request; ${body} NULL is a GET, ${statement} NULL is none. */
static void ask(struct load *load, const char *path, const char *token, const char *body,
                const char *statement)
{
    char text[TEXT];
    int n = snprintf(text, sizeof text,
                     "%s %s HTTP/1.1\r\nHost: localhost:%u\r\nAuthorization: Bearer %s\r\n%s%s%s",
                     body ? "POST" : "GET", path, load->port, token,
                     statement ? "X-Casemate-Statement: " : "", statement ? statement : "",
                     statement ? "\r\n" : "");
    if (body)
        n += snprintf(text + n, sizeof text - (size_t)n, "Content-Length: %zu\r\n\r\n%s",
                      strlen(body), body);
    else
        n += snprintf(text + n, sizeof text - (size_t)n, "\r\n");
    if (load_ask(load, text, (size_t)n, 10000) != LOAD_ANSWERED)
        die(path, load);
}

static void must(struct load *load, unsigned status, const char *what)
{
    if (load->status != status)
        die(what, load);
}

/* ---- revocation ---- */

/* A job again and again, or a drawing as it streams, part after part. */
static void wait_for(unsigned status, bool streams)
{
    static unsigned part;
    char path[220];
    uint64_t began = os_boot_ms();
    do {
        if (streams)
            snprintf(path, sizeof path, "%s&part=%u", f.drawing, part++ % PARTS + 1);
        else
            snprintf(path, sizeof path, "%s", f.path);
        ask(&door, path, f.victim, NULL, NULL);
    } while (door.status != status && os_boot_ms() - began < 20000);
    must(&door, status, "the session's status did not change");
}

static void print_time(int64_t utc_s, char out[static 25])
{
    time_t t = utc_s;
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, 25, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void grant(void)
{
    char id[37], body[1200], from[25], until[25], statement[900], hex[65];
    uint8_t digest[32];
    int64_t now = os_utc_ms() / 1000;
    load_uuid(id);
    load_uuid(f.record);
    print_time(now - 60, from);
    print_time(now + 86400, until);
    snprintf(
        body, sizeof body,
        "{\"id\":\"%s\",\"record\":\"%s\",\"holder\":\"%s\",\"attribute\":\"%s\",\"value\":\"%s\","
        "\"scope\":\"%s\",\"granted_by\":\"Test office\",\"granting_role\":\"tester\","
        "\"document_type\":\"letter\",\"document\":\"Letter 7\",\"document_date\":\"%s\","
        "\"from\":\"%s\",\"until\":\"%s\"}",
        id, f.record, f.holder, f.attribute, f.value, f.scope, from, from, until);
    ask(&entry, "/api/records", f.one, body, NULL);
    must(&entry, 200, "a record is not entered");
    char approval[200], sign[600];
    load_uuid(id);
    snprintf(approval, sizeof approval, "{\"id\":\"%s\",\"records\":[\"%s\"]}", id, f.record);
    if (statement_action_digest("approve-records", STATEMENT_ENTRY, bytes_text(approval), digest))
        die("no digest", NULL);
    bytes_to_hex(digest, 32, hex);
    snprintf(sign, sizeof sign,
             "{\"badge\":\"%s\",\"pin\":\"%s\",\"operation\":\"approve-records\",\"digest\":\"%s\","
             "\"meaning\":\"I approve a record\"}",
             f.badge, f.pin, hex);
    ask(&entry, "/api/entry/sign", f.two, sign, NULL);
    must(&entry, 200, "an officer cannot sign");
    if (sscanf(entry.body, "{\"statement\":\"%899[^\"]", statement) != 1)
        die("no statement", &entry);
    ask(&entry, "/api/records/approve", f.two, approval, statement);
    must(&entry, 200, "a record is not approved");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool figure(const char *name, double value, const char *unit, double limit, double wants)
{
    bool ok = value <= wants;
    printf("figure %s = %.3g %s (limit %.3g, ratio %.3g, wants %.3g) %s\n", name, value, unit,
           limit, value / limit, wants, ok ? "ok" : "short");
    return ok;
}

static bool revoke(void)
{
    static double taken[TRIALS];
    char id[37], body[300];
    for (int i = 0; i < TRIALS; i++) {
        bool streams = i % 2;
        wait_for(200, streams);
        load_uuid(id);
        snprintf(body, sizeof body, "{\"id\":\"%s\",\"record\":\"%s\",\"reason\":\"measured\"}", id,
                 f.record);
        uint64_t began = os_boot_ns();
        ask(&entry, "/api/records/revoke", f.one, body, NULL);
        must(&entry, 200, "a record is not revoked");
        wait_for(404, streams);
        taken[i] = (double)(os_boot_ns() - began) / 1e6;
        grant();
        if (i % 50 == 49)
            fprintf(stderr, "%d of %d revocations\n", i + 1, TRIALS);
    }
    qsort(taken, TRIALS, sizeof *taken, compare);
    bool ok = figure("revocation_to_denial_p99", taken[TRIALS * 99 / 100], "ms", 1000, 1000);
    return figure("revocation_to_denial_max", taken[TRIALS - 1], "ms", 5000, 5000) && ok;
}

/* ---- existence ---- */

struct sample {
    double ns;
    bool absent;
};

static int by_time(const void *a, const void *b)
{
    double x = ((const struct sample *)a)->ns, y = ((const struct sample *)b)->ns;
    return x < y ? -1 : x > y;
}

/* How well the time tells one from the other: 0.5 is not at all, in either direction. */
static double auc(struct sample *s, size_t count)
{
    double ranks = 0, absent = 0;
    qsort(s, count, sizeof *s, by_time);
    for (size_t i = 0; i < count; i++)
        if (s[i].absent) {
            ranks += (double)i + 1;
            absent++;
        }
    double a = (ranks - absent * (absent + 1) / 2) / (absent * ((double)count - absent));
    return a < 0.5 ? 1 - a : a;
}

static bool exist(const char *name, const char *path, const char *form)
{
    static struct sample samples[SAMPLES];
    static char first[2000];
    char unit[37], id[37], text[400];
    first[0] = '\0';
    for (size_t i = 0; i < SAMPLES + 200; i++) {
        bool absent = random() & 1;
        load_uuid(unit);
        load_uuid(id);
        const char *object = absent ? unit : f.unit[(size_t)random() % f.units];
        bool get = strchr(path, '%') != NULL;
        if (get)
            snprintf(text, sizeof text, path, object);
        else
            snprintf(text, sizeof text, form, id, object);
        uint64_t began = os_boot_ns();
        ask(&door, get ? text : path, f.victim, get ? NULL : text, NULL);
        double taken = (double)(os_boot_ns() - began);
        must(&door, 404, "it is not denied");
        if (!first[0])
            snprintf(first, sizeof first, "%s", door.body);
        if (strcmp(first, door.body) != 0)
            die("the answers differ", &door);
        if (i >= 200)
            samples[i - 200] = (struct sample){taken, absent};
    }
    char figure_name[80];
    snprintf(figure_name, sizeof figure_name, "existence_auc_%s", name);
    return figure(figure_name, auc(samples, SAMPLES), "of-10000", 0.5, 0.55);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    read_facts(argv[2]);
    if (strcmp(argv[1], "revoke") == 0)
        return revoke() ? 0 : 1;
    bool ok = exist("job", "/api/job?unit=%s&sequence=1", NULL);
    ok =
        exist("start", "/api/operations/start", "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":1}") &&
        ok;
    ok = exist("complete", "/api/operations/complete",
               "{\"id\":\"%s\",\"unit\":\"%s\",\"sequence\":1}") &&
         ok;
    return ok ? 0 : 1;
}

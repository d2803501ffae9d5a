/*
 * The figures of a decision: the shipped policies over the requests of their own
 * tests, and the same with grants added until there are 10,010.  Processor time,
 * medians of five rounds; beside it, in the same rounds, one look into a hash table
 * of as many entries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/command.h"
#include "policy/entity_json.h"

#define ROUNDS     5
#define REQUESTS   64
#define TIMES      2000 /* every request, in a round */
#define MANY       10010U
#define TABLE      32768U /* places for MANY entries */
#define TEXT_BYTES (2U << 20)

struct question_of_tests {
    struct cedar_entities *overlay;
    struct cedar_request request;
};

struct figure {
    struct cedar_policies *policies;
    struct cedar_entities *base;
    struct question_of_tests asked[REQUESTS];
    size_t count;
    double us[ROUNDS];
};

static struct cedar_scratch *scratch;
static uint64_t table[TABLE];
static double lookup_us[ROUNDS];
static volatile uint64_t sink; /* what was found, so that it is looked for */

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(2);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Grants to one person each, and on one object each, as a program's own policies would be. */
static char *more_grants(unsigned count)
{
    char *text = malloc(TEXT_BYTES), *at = text;
    if (text == NULL)
        die("out of memory");
    *at = '\0';
    for (unsigned i = 0; i < count && at < text + TEXT_BYTES - 200; i++)
        at += sprintf(at,
                      i % 2 ? "permit(principal==Casemate::Person::\"n%u\",action,resource);\n"
                            : "permit(principal,action,resource==Casemate::Unit::\"n%u\");\n",
                      i);
    return text;
}

static void load(struct figure *f, char **paths, size_t count, unsigned more)
{
    struct cedar_source sources[8] = {0};
    struct cedar_problem problem;
    for (size_t i = 0; i < count; i++)
        if (!file_read(paths[i], &sources[i]))
            exit(2);
    char *text = more_grants(more);
    sources[count] = (struct cedar_source){"grants", text, strlen(text)};
    if (cedar_policies_load(sources, count + 1, &f->policies, &problem) != 0) {
        problem_report(&problem);
        exit(2);
    }
    for (size_t i = 0; i < count; i++)
        file_free(&sources[i]);
    free(text);
}

static bool read_one(const struct json *test, const struct json *context,
                     const struct cedar_source *source, struct question_of_tests *a)
{
    struct cedar_problem problem;
    const struct entity_json j = {.entities = a->overlay, .source = source, .problem = &problem};
    return json_member(test, "entities") == NULL &&
           entity_json_uid(&j, json_member(test, "principal"), &a->request.principal) == 0 &&
           entity_json_uid(&j, json_member(test, "action"), &a->request.action) == 0 &&
           entity_json_uid(&j, json_member(test, "resource"), &a->request.resource) == 0 &&
           entity_json_context(&j, context, json_member(test, "context"), &a->request.context) ==
               0 &&
           cedar_entities_freeze(a->overlay) == 0;
}

static void read_requests(struct figure *f, const struct json_file *file)
{
    const struct json *tests = json_member(file->top, "tests");
    struct cedar_problem problem;
    if (cedar_base_new(f->policies, &f->base) != 0)
        die("out of memory");
    const struct entity_json j = {
        .entities = f->base, .source = &file->source, .problem = &problem};
    if (entity_json_all(&j, json_member(file->top, "entities")) != 0 ||
        cedar_entities_freeze(f->base) != 0)
        die("the entities of the tests cannot be read");
    for (const struct json *t = tests ? tests->first : NULL; t && f->count < REQUESTS;
         t = t->next) {
        struct question_of_tests *a = &f->asked[f->count];
        if (cedar_overlay_new(65536, &a->overlay) != 0)
            die("out of memory");
        cedar_overlay_reset(a->overlay, f->base);
        if (read_one(t, json_member(file->top, "context"), &file->source, a))
            f->count++;
        else
            cedar_entities_free(a->overlay);
    }
    if (f->count < 20)
        die("the tests hold too few requests");
}

static void measure(struct figure *f, int round)
{
    struct cedar_result result;
    uint64_t allowed = 0;
    double before = cpu_us();
    for (unsigned n = 0; n < TIMES; n++)
        for (size_t i = 0; i < f->count; i++)
            allowed += cedar_decide(f->policies, f->asked[i].overlay, &f->asked[i].request,
                                    CEDAR_DENY_ON_ERROR, scratch, &result) == CEDAR_ALLOW;
    f->us[round] = (cpu_us() - before) / TIMES / (double)f->count;
    sink += allowed;
}

static uint64_t mix(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 32;
}

static size_t place_of(uint64_t key)
{
    size_t at = mix(key) % TABLE;
    while (table[at] != 0 && table[at] != key)
        at = (at + 1) % TABLE;
    return at;
}

static void measure_lookup(int round)
{
    uint64_t found = 0, key = 1;
    unsigned times = 1000000;
    double before = cpu_us();
    for (unsigned n = 0; n < times; n++) {
        key = key * 6364136223846793005u + 1442695040888963407u;
        found += table[place_of(key % MANY + 1)];
    }
    lookup_us[round] = (cpu_us() - before) / times;
    sink += found;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool print(const char *name, double us[static ROUNDS], double wants)
{
    const char *only = getenv("FIGURE");
    if (only && only[0] && strcmp(only, name) != 0)
        return true;
    qsort(us, ROUNDS, sizeof *us, compare);
    double value = us[ROUNDS / 2], limit = lookup_us[ROUNDS / 2];
    printf("figure %s = %.3f us (limit %.4f, ratio %.0f, wants %.1f) %s\n", name, value, limit,
           value / limit, wants, value <= wants ? "ok" : "short");
    return value <= wants;
}

int main(int argc, char **argv)
{
    static struct figure shipped, many;
    struct json_file tests;
    if (argc < 3 || argc > 9) {
        fprintf(stderr, "usage: decide TESTS.json POLICIES.cedar...\n");
        return 2;
    }
    if (!json_file_read(argv[1], &tests) || cedar_scratch_new(65536, &scratch) != 0)
        return 2;
    load(&shipped, argv + 2, (size_t)argc - 2, 0);
    load(&many, argv + 2, (size_t)argc - 2, MANY - cedar_policies_count(shipped.policies));
    if (cedar_policies_count(many.policies) != MANY)
        die("another number of policies than was asked for");
    read_requests(&shipped, &tests);
    read_requests(&many, &tests);
    for (uint64_t key = 1; key <= MANY; key++)
        table[place_of(key)] = key;
    for (int round = 0; round < ROUNDS; round++) {
        measure(&shipped, round);
        measure(&many, round);
        measure_lookup(round);
    }
    qsort(lookup_us, ROUNDS, sizeof *lookup_us, compare);
    bool good = print("policy_decision_shipped", shipped.us, 1.0);
    good = print("policy_decision_10010", many.us, 1.5) && good;
    return good ? 0 : 1;
}

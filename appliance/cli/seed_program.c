/* What a program makes and how, then the orders that come in for it. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/data.h"
#include "appliance/cli/seed.h"
#include "transfer/file.h"

#define PATIENCE_MS 60000 /* a machine may be busy; what comes at once is not waited for */
#define STEP_MS     200

/* ---- definitions ---- */

/* A drawing goes in several parts, as a real one does. */
#define PART_BYTES 3000u

static unsigned parts_of(const char *file)
{
    return (data_file(file).length + PART_BYTES - 1) / PART_BYTES;
}

static void add_part(yyjson_mut_doc *body, yyjson_mut_val *top, const char *file, unsigned part)
{
    struct bytes_view bytes = data_file(file);
    bytes.data += (part - 1) * PART_BYTES;
    bytes.length -= (part - 1) * PART_BYTES;
    if (bytes.length > PART_BYTES)
        bytes.length = PART_BYTES;
    size_t room = sodium_base64_encoded_len(bytes.length, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (!text)
        return; /* the operation will say that content is missing */
    sodium_bin2base64(text, room, bytes.data, bytes.length, sodium_base64_VARIANT_ORIGINAL);
    yyjson_mut_obj_add_strcpy(body, top, "content", text);
    free(text);
}

/* "calibration_due_in_days": 5 becomes "calibration_due": that time. */
static void add_days(const struct seed *s, yyjson_mut_doc *body, yyjson_mut_val *top,
                     const char *key, size_t length, yyjson_val *days)
{
    char time[SEED_TIME];
    yyjson_mut_val *name = yyjson_mut_strncpy(body, key, length);
    seed_time(s, yyjson_get_sint(days), 0, time);
    yyjson_mut_obj_add(top, name, yyjson_mut_strcpy(body, time));
}

static yyjson_mut_doc *make_body(const struct seed *s, yyjson_val *data)
{
    static const char ending[] = "_in_days";
    size_t i, n, e = sizeof ending - 1;
    yyjson_val *key, *value;
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    yyjson_obj_foreach(data, i, n, key, value)
    {
        const char *name = yyjson_get_str(key);
        size_t length = yyjson_get_len(key);
        if (strcmp(name, "content_file") == 0) {
            unsigned parts = parts_of(yyjson_get_str(value));
            add_part(body, top, yyjson_get_str(value), parts);
            yyjson_mut_obj_add_uint(body, top, "parts", parts);
        } else if (length > e && strcmp(name + length - e, ending) == 0)
            add_days(s, body, top, name, length - e, value);
        else
            yyjson_mut_obj_add(top, yyjson_mut_strncpy(body, name, length),
                               yyjson_val_mut_copy(body, value));
    }
    return body;
}

/* What goes before the last part of a definition's content; that goes with the definition. */
static int send_parts(struct seed *s, int program, struct actor *engineer, yyjson_val *data)
{
    const char *file = yyjson_get_str(yyjson_obj_get(data, "content_file"));
    unsigned parts = file ? parts_of(file) : 0;
    int r = 0;
    for (unsigned part = 1; r == 0 && part < parts; part++) {
        yyjson_mut_val *top;
        yyjson_mut_doc *body = seed_body(&top);
        yyjson_mut_obj_add_strcpy(body, top, "document", seed_text(data, "document"));
        yyjson_mut_obj_add_uint(body, top, "part", part);
        add_part(body, top, file, part);
        r = seed_post(s, program, engineer, "/api/define/document/part", body, NULL);
    }
    return r;
}

static int missing_role(struct seed *s, int program, const char *role)
{
    progress_end(&s->progress, false);
    return cli_complain(s->o, CLI_TROUBLE, "nobody in %s is %s.", seed_program_name(s, program),
                        role);
}

int seed_definitions(struct seed *s, int program)
{
    char what[64], path[64];
    yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(s->program[program]), "define"), *one;
    size_t i, n;
    struct actor *engineer = seed_with_role(s, program, "manufacturing-engineer");
    snprintf(what, sizeof what, "%s: definitions", seed_program_name(s, program));
    progress_begin(&s->progress, what, yyjson_arr_size(list));
    int r = engineer ? seed_enter(s, program, engineer)
                     : missing_role(s, program, "manufacturing engineer");
    if (r)
        return r;
    /* identity tells a worker of new people within a second */
    nanosleep(&(struct timespec){1, 0}, NULL);
    yyjson_arr_foreach(list, i, n, one)
    {
        s->patient = i == 0;
        snprintf(path, sizeof path, "/api/define/%s", seed_text(one, "kind"));
        yyjson_val *data = yyjson_obj_get(one, "body");
        r = send_parts(s, program, engineer, data);
        if (r == 0)
            r = seed_post(s, program, engineer, path, make_body(s, data), NULL);
        if (r)
            return r;
        progress_step(&s->progress);
    }
    progress_end(&s->progress, true);
    return 0;
}

/* ---- orders ---- */

static int print_csv(const struct seed *s, int program, char *text, size_t size, size_t *ret_length)
{
    size_t i, n;
    yyjson_val *order;
    FILE *out = fmemopen(text, size, "w");
    if (!out)
        return ERR_MEMORY;
    fprintf(out, "number,key,part,rev,qty,due,priority\n");
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(s->program[program]), "orders"), i, n,
                       order)
    {
        char due[SEED_TIME];
        seed_time(s, yyjson_get_sint(yyjson_obj_get(order, "due_in_days")), 0, due);
        fprintf(out, "%s,%s,%s,%s,%lld,%.10s,%lld\n", seed_text(order, "number"),
                seed_text(order, "key"), seed_text(order, "part"), seed_text(order, "rev"),
                (long long)yyjson_get_sint(yyjson_obj_get(order, "qty")), due,
                (long long)yyjson_get_sint(yyjson_obj_get(order, "priority")));
    }
    *ret_length = (size_t)ftell(out);
    return fclose(out) == 0 ? 0 : ERR_MEMORY;
}

/* As the enterprise does it: from a table to a signed bundle, by its own tool. */
static int make_bundle(struct seed *s, int program, char tar[static FILE_PATH_MAX])
{
    char csv[4096], name[64], path[FILE_PATH_MAX], dir[FILE_PATH_MAX], tool[CLI_PATH_MAX];
    char text[1024];
    size_t length = 0;
    const char *argv[] = {
        tool, "make-orders", "--json", "--dir", dir, "--enclave", s->config.enclave[program],
        path, NULL};
    int r = print_csv(s, program, csv, sizeof csv, &length);
    if (r)
        return cli_complain_file(s->o, "orders.csv", r);
    snprintf(name, sizeof name, "enterprise/orders-%s.csv", s->config.enclave[program]);
    r = training_site_put(s->o, s->site, name, 0644, csv, length);
    if (r)
        return r;
    r = file_path(path, "%s/%s", s->site->dir, name);
    if (r == 0)
        r = file_path(dir, "%s/enterprise", s->site->dir);
    if (r == 0)
        r = cli_beside("casemate-bundle", tool);
    if (r == 0)
        r = cli_run(argv, text, sizeof text) == 0 ? 0 : ERR_STATE;
    if (r)
        return cli_complain(s->o, CLI_TROUBLE, "casemate-bundle make-orders made no bundle.");
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    r = file_path(tar, "%s/out/%s.tar", dir, seed_text(yyjson_doc_get_root(doc), "name"));
    yyjson_doc_free(doc);
    return r ? cli_complain_file(s->o, dir, r) : 0;
}

static int import(struct seed *s, const char *tar)
{
    struct ask_answer answer;
    const char *wrong;
    int r = ask_import(s->site->dir, tar, &answer, &wrong);
    if (r)
        return cli_complain(s->o, CLI_TROUBLE, "import of %s: %s.", tar,
                            wrong ? wrong : error_text(r));
    return answer.well ? 0 : cli_complain(s->o, CLI_REFUSED, "import of %s: %s", tar, answer.text);
}

/* The bundle that waits, by its id and digest; it appears when the worker has taken it. */
static int find_staged(struct seed *s, int program, struct actor *who, char id[static SEED_UUID],
                       char digest[static 65])
{
    for (int ms = 0; ms < PATIENCE_MS; ms += STEP_MS) {
        yyjson_doc *doc = NULL;
        size_t i, n;
        yyjson_val *one;
        bool found = false;
        int r = seed_get(s, program, who, "/api/inbound", &doc);
        if (r)
            return r;
        yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "inbound"), i, n, one)
        {
            if (found || strcmp(seed_text(one, "state"), "staged") != 0)
                continue;
            found = true;
            snprintf(id, SEED_UUID, "%s", seed_text(one, "inbound"));
            snprintf(digest, 65, "%s", seed_text(one, "digest"));
        }
        yyjson_doc_free(doc);
        if (found)
            return 0;
        nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
    }
    progress_end(&s->progress, false);
    return cli_complain(s->o, CLI_TROUBLE, "the bundle does not lie in %s; see the site's log.",
                        seed_program_name(s, program));
}

static int accept(struct seed *s, int program, struct actor *who, const char *id,
                  const char *digest)
{
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    yyjson_mut_obj_add_str(body, top, "inbound", id);
    yyjson_mut_obj_add_str(body, top, "digest", digest);
    return seed_post_signed(s, program, who, "/api/inbound/accept", "accept-inbound",
                            "I have read this delivery and accept it", body);
}

int seed_orders(struct seed *s, int program)
{
    char what[64], tar[FILE_PATH_MAX], id[SEED_UUID], digest[65];
    struct actor *first = seed_with_role(s, program, "planner");
    struct actor *second = seed_with_role(s, program, "quality-engineer");
    snprintf(what, sizeof what, "%s: orders come in", seed_program_name(s, program));
    progress_begin(&s->progress, what, 0);
    if (!first || !second)
        return missing_role(s, program, "planner and another quality engineer");
    int r = make_bundle(s, program, tar);
    if (r == 0)
        r = import(s, tar);
    if (r == 0)
        r = seed_enter(s, program, first);
    if (r == 0)
        r = seed_enter(s, program, second);
    if (r == 0)
        r = find_staged(s, program, first, id, digest);
    if (r == 0)
        r = accept(s, program, first, id, digest);
    if (r == 0)
        r = accept(s, program, second, id, digest);
    if (r == 0)
        progress_end(&s->progress, true);
    return r;
}

#include "appliance/cli/seed.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appliance/answer.h"
#include "appliance/cli/card.h"
#include "appliance/cli/data.h"
#include "enclave/process/os.h"
#include "transfer/file.h"
#include "crypto/statement.h"

#define MINUTE_MS   ((int64_t)60 * 1000)
#define DAY_MS      (24 * 60 * MINUTE_MS)
#define PATIENCE_MS 60000 /* a machine may be busy; what comes at once is not waited for */

static const char *const program_files[TRAINING_ENCLAVES] = {"harrow-vane.json",
                                                             "sable-orchard.json"};

/* ---- small things ---- */

const char *seed_text(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "";
}

void seed_time(const struct seed *s, int64_t days, int64_t minutes, char out[static SEED_TIME])
{
    answer_time_text(s->now_ms + days * DAY_MS + minutes * MINUTE_MS, out);
}

void seed_uuid(char out[static SEED_UUID])
{
    uint8_t bytes[16];
    os_uuid(bytes);
    answer_uuid_text(bytes, out);
}

struct actor *seed_actor(struct seed *s, const char *badge)
{
    for (size_t i = 0; i < s->actors_count; i++)
        if (strcmp(s->actors[i].badge, badge) == 0)
            return &s->actors[i];
    assert(!"the training data name a badge that nobody has");
    return NULL;
}

struct actor *seed_with_role(struct seed *s, int program, const char *role)
{
    const char *name = program == SEED_ENTRY ? "" : seed_program_name(s, program);
    for (size_t i = 0; i < s->actors_count; i++) {
        size_t k, n;
        yyjson_val *record;
        yyjson_arr_foreach(s->actors[i].records, k, n,
                           record) if (strcmp(seed_text(record, "attribute"), "role") == 0 &&
                                       strcmp(seed_text(record, "value"), role) == 0 &&
                                       strcmp(seed_text(record, "scope"), name) ==
                                           0) return &s->actors[i];
    }
    return NULL;
}

const char *seed_program_name(const struct seed *s, int program)
{
    return seed_text(yyjson_doc_get_root(s->program[program]), "enclave");
}

yyjson_mut_doc *seed_body(yyjson_mut_val **ret_top)
{
    char id[SEED_UUID];
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, top);
    seed_uuid(id);
    yyjson_mut_obj_add_strcpy(doc, top, "id", id);
    *ret_top = top;
    return doc;
}

/* ---- asking ---- */

static struct http *way(struct seed *s, int program)
{
    return program == SEED_ENTRY ? s->entry : s->door[program];
}

static const char *token_of(const struct actor *who, int program)
{
    if (!who)
        return NULL;
    return program == SEED_ENTRY ? who->entry : who->door[program];
}

static int complain_of(struct seed *s, const struct http_call *call, const struct actor *who, int r,
                       const struct http_reply *reply)
{
    progress_end(&s->progress, false);
    if (r)
        return cli_complain(s->o, CLI_TROUBLE, "%s %s was not answered: %s.", call->method,
                            call->path, r == ERR_SYSTEM ? strerror(errno) : error_text(r));
    yyjson_doc *doc = yyjson_read(reply->body, reply->length, 0);
    yyjson_val *top = yyjson_doc_get_root(doc);
    cli_complain(s->o, CLI_REFUSED, "%s %s%s%s was answered with %u: %s %s %s", call->method,
                 call->path, who ? " by " : "", who ? who->name : "", reply->status,
                 seed_text(top, "field"), top ? seed_text(top, "error") : "(no JSON)",
                 seed_text(top, "todo"));
    yyjson_doc_free(doc);
    return CLI_REFUSED;
}

static int perform(struct seed *s, int program, const struct actor *who,
                   const struct http_call *call, yyjson_doc **ret_doc)
{
    struct http_reply reply = {0};
    uint64_t deadline = os_boot_ms() + PATIENCE_MS;
    int r = http_ask(way(s, program), call, &reply);
    while (r == 0 && reply.status == 404 && s->patient && os_boot_ms() < deadline) {
        nanosleep(&(struct timespec){0, 500 * 1000000L}, NULL);
        progress_wait(&s->progress);
        r = http_ask(way(s, program), call, &reply);
    }
    if (r || reply.status != 200)
        return complain_of(s, call, who, r, &reply);
    if (!ret_doc)
        return 0;
    *ret_doc = yyjson_read(reply.body, reply.length, 0);
    return *ret_doc ? 0 : complain_of(s, call, who, ERR_FORMAT, &reply);
}

int seed_get(struct seed *s, int program, struct actor *who, const char *path, yyjson_doc **ret_doc)
{
    struct http_call call = {.method = "GET", .path = path, .token = token_of(who, program)};
    return perform(s, program, who, &call, ret_doc);
}

/* A body may hold a PIN: it is wiped. */
static void free_text(char *text)
{
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
}

int seed_post(struct seed *s, int program, struct actor *who, const char *path,
              yyjson_mut_doc *body, yyjson_doc **ret_doc)
{
    char *text = yyjson_mut_write(body, 0, NULL);
    struct http_call call = {
        .method = "POST", .path = path, .token = token_of(who, program), .body = text};
    int r = text ? perform(s, program, who, &call, ret_doc)
                 : complain_of(s, &call, who, ERR_MEMORY, NULL);
    yyjson_mut_doc_free(body);
    free_text(text);
    return r;
}

/* Badge and PIN again, for exactly these bytes. */
static int sign(struct seed *s, int program, struct actor *who, const char *operation,
                const char *meaning, const char *text, yyjson_doc **ret_statement)
{
    uint8_t digest[32];
    char hex[65];
    yyjson_mut_doc *body = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(body);
    yyjson_mut_doc_set_root(body, top);
    bool entry = program == SEED_ENTRY;
    int r = statement_action_digest(operation, entry ? STATEMENT_ENTRY : s->config.enclave[program],
                                    bytes_text(text), digest);
    assert(r == 0); /* its inputs are ours */
    bytes_to_hex(digest, sizeof digest, hex);
    yyjson_mut_obj_add_str(body, top, "badge", who->badge);
    yyjson_mut_obj_add_str(body, top, "pin", who->pin);
    yyjson_mut_obj_add_str(body, top, "operation", operation);
    yyjson_mut_obj_add_str(body, top, "digest", hex);
    yyjson_mut_obj_add_str(body, top, "meaning", meaning);
    return seed_post(s, program, who, entry ? "/api/entry/sign" : "/api/sign", body, ret_statement);
}

int seed_post_signed(struct seed *s, int program, struct actor *who, const char *path,
                     const char *operation, const char *meaning, yyjson_mut_doc *body)
{
    yyjson_doc *statement = NULL;
    char *text = yyjson_mut_write(body, 0, NULL);
    struct http_call call = {
        .method = "POST", .path = path, .token = token_of(who, program), .body = text};
    int r = text ? sign(s, program, who, operation, meaning, text, &statement)
                 : complain_of(s, &call, who, ERR_MEMORY, NULL);
    if (r == 0) {
        call.statement = seed_text(yyjson_doc_get_root(statement), "statement");
        r = perform(s, program, who, &call, NULL);
    }
    yyjson_doc_free(statement);
    yyjson_mut_doc_free(body);
    free(text);
    return r;
}

/* ---- signing in ---- */

static int keep_token(struct seed *s, yyjson_doc *answer, char out[static SEED_TOKEN])
{
    const char *token = seed_text(yyjson_doc_get_root(answer), "token");
    int n = snprintf(out, SEED_TOKEN, "%s", token);
    yyjson_doc_free(answer);
    if (n > 0 && n < SEED_TOKEN)
        return 0;
    progress_end(&s->progress, false);
    return cli_complain(s->o, CLI_TROUBLE, "a sign-in was answered without a token.");
}

int seed_sign_in(struct seed *s, struct actor *who)
{
    yyjson_doc *answer = NULL;
    if (who->entry[0])
        return 0;
    yyjson_mut_doc *body = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(body);
    yyjson_mut_doc_set_root(body, top);
    yyjson_mut_obj_add_str(body, top, "badge", who->badge);
    yyjson_mut_obj_add_str(body, top, "pin", who->pin);
    int r = seed_post(s, SEED_ENTRY, NULL, "/api/sign-in", body, &answer);
    return r ? r : keep_token(s, answer, who->entry);
}

int seed_enter(struct seed *s, int program, struct actor *who)
{
    yyjson_doc *code = NULL, *answer = NULL;
    if (who->door[program][0])
        return 0;
    int r = seed_sign_in(s, who);
    if (r)
        return r;
    yyjson_mut_doc *body = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(body);
    yyjson_mut_doc_set_root(body, top);
    yyjson_mut_obj_add_str(body, top, "enclave", s->config.enclave[program]);
    r = seed_post(s, SEED_ENTRY, who, "/api/enter", body, &code);
    if (r)
        return r;
    body = yyjson_mut_doc_new(NULL);
    top = yyjson_mut_obj(body);
    yyjson_mut_doc_set_root(body, top);
    yyjson_mut_obj_add_strcpy(body, top, "code", seed_text(yyjson_doc_get_root(code), "code"));
    yyjson_doc_free(code);
    r = seed_post(s, program, NULL, "/api/redeem", body, &answer);
    return r ? r : keep_token(s, answer, who->door[program]);
}

/* ---- all of it ---- */

static int read_people(struct seed *s)
{
    size_t i, n;
    yyjson_val *person;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(s->people), "people"), i, n, person)
    {
        struct actor *a = &s->actors[s->actors_count++];
        assert(s->actors_count <= ACTORS_MAX);
        a->badge = seed_text(person, "badge");
        a->name = seed_text(person, "name");
        a->stamp = seed_text(person, "stamp");
        a->records = yyjson_obj_get(person, "records");
        a->pin = "";
        seed_uuid(a->person);
    }
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(s->card), "people"), i, n, person)
        seed_actor(s, seed_text(person, "badge"))
            ->pin = seed_text(person, "pin");
    return 0;
}

static int begin(struct seed *s)
{
    char path[FILE_PATH_MAX];
    struct bytes_view text = data_file("people.json");
    int r = card_read(s->o, s->site, &s->card);
    if (r)
        return r;
    r = file_path(path, "%s/site.conf", s->site->dir);
    if (r == 0)
        r = config_read(path, &s->config);
    if (r == 0 && s->config.enclaves != TRAINING_ENCLAVES)
        r = ERR_FORMAT;
    s->people = yyjson_read((const char *)text.data, text.length, 0);
    for (int i = 0; i < TRAINING_ENCLAVES; i++) {
        text = data_file(program_files[i]);
        s->program[i] = yyjson_read((const char *)text.data, text.length, 0);
        if (r == 0)
            r = http_new((uint16_t)(s->config.port + 1 + i), &s->door[i]);
    }
    if (r == 0)
        r = http_new(s->config.port, &s->entry);
    s->now_ms = os_utc_ms();
    return r ? cli_complain_file(s->o, path, r) : read_people(s);
}

static int sign_out_all(struct seed *s)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->actors_count; i++)
        for (int p = 0; r == 0 && p < TRAINING_ENCLAVES; p++) {
            struct http_call call = {.method = "POST", .path = "/api/sign-out", .body = "{}"};
            call.token = s->actors[i].door[p];
            if (call.token[0])
                r = perform(s, p, &s->actors[i], &call, NULL);
        }
    return r;
}

static void end(struct seed *s)
{
    sodium_memzero(s->actors, sizeof s->actors);
    http_free(s->entry);
    for (int i = 0; i < TRAINING_ENCLAVES; i++) {
        http_free(s->door[i]);
        yyjson_doc_free(s->program[i]);
    }
    yyjson_doc_free(s->people);
    yyjson_doc_free(s->card);
}

int seed_site(const struct cli *o, const struct training_site *site)
{
    static struct seed s;
    s = (struct seed){.o = o, .site = site};
    int r = begin(&s);
    if (r == 0)
        r = seed_people(&s);
    for (int p = 0; r == 0 && p < TRAINING_ENCLAVES; p++) {
        r = seed_definitions(&s, p);
        if (r == 0)
            r = seed_orders(&s, p);
        if (r == 0)
            r = seed_history(&s, p);
    }
    if (r == 0)
        r = sign_out_all(&s);
    end(&s);
    return r;
}

/* The two officers, then everybody else and what is on record of them. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/seed.h"

#define OFFICERS        2
#define RECORDS_AT_ONCE 64

/* The first two who are officers of the whole site. */
static size_t find_officers(struct seed *s, struct actor *officers[static OFFICERS])
{
    size_t found = 0;
    for (size_t i = 0; i < s->actors_count && found < OFFICERS; i++) {
        size_t k, n;
        yyjson_val *record;
        yyjson_arr_foreach(s->actors[i].records, k, n,
                           record) if (strcmp(seed_text(record, "value"), "security-officer") ==
                                           0 &&
                                       !yyjson_obj_get(record, "scope"))
        {
            officers[found++] = &s->actors[i];
            break;
        }
    }
    return found;
}

/* On the console, because nobody can sign in yet; identity takes it once. */
static int bootstrap(struct seed *s, struct actor *officers[static OFFICERS])
{
    struct ask_answer answer;
    char lines[600];
    int pair[2], n = 0;
    for (int i = 0; i < OFFICERS; i++)
        n += snprintf(lines + n, sizeof lines - (size_t)n, "officer %s %s %s %s %s\n",
                      officers[i]->person, officers[i]->badge, officers[i]->pin, officers[i]->stamp,
                      officers[i]->name);
    int r = pipe2(pair, O_CLOEXEC) != 0 ? ERR_SYSTEM : 0;
    if (r == 0) {
        r = write(pair[1], lines, (size_t)n) == n ? 0 : ERR_SYSTEM;
        close(pair[1]);
        if (r == 0)
            r = ask(s->site->dir, COMMAND_BOOTSTRAP, "", &pair[0], 1, &answer);
        close(pair[0]);
    }
    sodium_memzero(lines, sizeof lines);
    if (r)
        return cli_complain(s->o, CLI_TROUBLE, "the first two officers: %s.",
                            r == ERR_SYSTEM ? strerror(errno) : error_text(r));
    if (!answer.well)
        return cli_complain(s->o, CLI_REFUSED, "the first two officers: %s", answer.text);
    return 0;
}

static int add_person(struct seed *s, struct actor *officer, const struct actor *who)
{
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    yyjson_mut_obj_add_str(body, top, "person", who->person);
    yyjson_mut_obj_add_str(body, top, "badge", who->badge);
    yyjson_mut_obj_add_str(body, top, "pin", who->pin);
    yyjson_mut_obj_add_str(body, top, "name", who->name);
    yyjson_mut_obj_add_str(body, top, "stamp", who->stamp);
    yyjson_mut_obj_add_bool(body, top, "own_pin", true); /* it stands on the card */
    return seed_post(s, SEED_ENTRY, officer, "/api/people", body, NULL);
}

/* The scope's name as the enclave's id, "" for the whole site. */
static const char *scope_id(const struct seed *s, const char *name)
{
    for (int p = 0; p < TRAINING_ENCLAVES; p++)
        if (strcmp(seed_program_name(s, p), name) == 0)
            return s->config.enclave[p];
    return "";
}

/* Who grants this kind of attribute on what kind of document, in people.json. */
static const char *grant_of(const struct seed *s, const char *attribute, const char *key)
{
    yyjson_val *grants = yyjson_obj_get(yyjson_doc_get_root(s->people), "grants");
    return seed_text(yyjson_obj_get(grants, attribute), key);
}

static int enter_record(struct seed *s, struct actor *officer, const struct actor *who,
                        yyjson_val *record, const char *id)
{
    char from[SEED_TIME], until[SEED_TIME];
    const char *attribute = seed_text(record, "attribute"), *scope = seed_text(record, "scope");
    bool read_in = strcmp(attribute, "read-in") == 0;
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    seed_time(s, yyjson_get_sint(yyjson_obj_get(record, "from_in_days")), 0, from);
    seed_time(s, yyjson_get_sint(yyjson_obj_get(record, "until_in_days")), 0, until);
    yyjson_mut_obj_add_str(body, top, "record", id);
    yyjson_mut_obj_add_str(body, top, "holder", who->person);
    yyjson_mut_obj_add_str(body, top, "attribute", attribute);
    /* the page on which people choose a program knows its name from here */
    yyjson_mut_obj_add_str(body, top, "value", read_in ? scope : seed_text(record, "value"));
    yyjson_mut_obj_add_str(body, top, "scope", scope_id(s, scope));
    yyjson_mut_obj_add_str(body, top, "granted_by", grant_of(s, attribute, "granted_by"));
    yyjson_mut_obj_add_str(body, top, "granting_role", grant_of(s, attribute, "granting_role"));
    yyjson_mut_obj_add_str(body, top, "document_type", grant_of(s, attribute, "document_type"));
    yyjson_mut_obj_add_str(body, top, "document", seed_text(record, "document"));
    yyjson_mut_obj_add_str(body, top, "document_date", from);
    yyjson_mut_obj_add_str(body, top, "from", from);
    yyjson_mut_obj_add_str(body, top, "until", until);
    return seed_post(s, SEED_ENTRY, officer, "/api/records", body, NULL);
}

/* One signature for the records of one person. */
static int approve_records(struct seed *s, struct actor *officer, const struct actor *who,
                           const char (*ids)[SEED_UUID], size_t count)
{
    char meaning[120];
    yyjson_mut_val *top;
    yyjson_mut_doc *body = seed_body(&top);
    yyjson_mut_val *list = yyjson_mut_obj_add_arr(body, top, "records");
    for (size_t i = 0; i < count; i++)
        yyjson_mut_arr_add_str(body, list, ids[i]);
    snprintf(meaning, sizeof meaning, "I approve %zu records of %.60s", count, who->name);
    return seed_post_signed(s, SEED_ENTRY, officer, "/api/records/approve", "approve-records",
                            meaning, body);
}

/* What the first step gave the officers already. */
static bool is_given(const struct actor *who, struct actor *const officers[static OFFICERS],
                     yyjson_val *record)
{
    return (who == officers[0] || who == officers[1]) &&
           strcmp(seed_text(record, "value"), "security-officer") == 0 &&
           !yyjson_obj_get(record, "scope");
}

/* One officer enters, the other approves; never the one whom it is about, where that can be. */
static int add_records(struct seed *s, struct actor *officers[static OFFICERS], struct actor *who)
{
    static char ids[RECORDS_AT_ONCE][SEED_UUID];
    struct actor *enters = who == officers[0] ? officers[1] : officers[0];
    struct actor *approves = enters == officers[0] ? officers[1] : officers[0];
    size_t i, n, count = 0;
    yyjson_val *record;
    int r = 0;
    yyjson_arr_foreach(who->records, i, n, record)
    {
        if (is_given(who, officers, record) || count == RECORDS_AT_ONCE)
            continue;
        seed_uuid(ids[count]);
        r = enter_record(s, enters, who, record, ids[count++]);
        if (r)
            return r;
        progress_step(&s->progress);
    }
    return count ? approve_records(s, approves, who, (const char(*)[SEED_UUID])ids, count) : 0;
}

static size_t count_records(const struct seed *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->actors_count; i++)
        n += yyjson_arr_size(s->actors[i].records);
    return n - OFFICERS;
}

int seed_people(struct seed *s)
{
    struct actor *officers[OFFICERS];
    if (find_officers(s, officers) != OFFICERS)
        return cli_complain(s->o, CLI_TROUBLE, "people.json does not name two officers.");
    int r = bootstrap(s, officers);
    if (r)
        return r;
    progress_begin(&s->progress, "people", s->actors_count);
    for (int i = 0; r == 0 && i < OFFICERS; i++)
        r = seed_sign_in(s, officers[i]);
    for (size_t i = 0; r == 0 && i < s->actors_count; i++) {
        struct actor *who = &s->actors[i];
        if (who != officers[0] && who != officers[1])
            r = add_person(s, officers[0], who);
        if (r == 0)
            progress_step(&s->progress);
    }
    if (r)
        return r;
    progress_end(&s->progress, true);
    progress_begin(&s->progress, "authorization records", count_records(s));
    for (size_t i = 0; r == 0 && i < s->actors_count; i++)
        r = add_records(s, officers, &s->actors[i]);
    if (r == 0)
        progress_end(&s->progress, true);
    return r;
}

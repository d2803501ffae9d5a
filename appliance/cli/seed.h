#ifndef APPLIANCE_CLI_SEED_H
#define APPLIANCE_CLI_SEED_H

#include <yyjson.h>

#include "appliance/cli/http.h"
#include "appliance/cli/progress.h"
#include "appliance/cli/training_site.h"
#include "appliance/supervisor/config.h"

/*
 * Filling a new training site: by the operations that people use, as those people,
 * through the gateways.  Nothing here can do what a browser could not.
 */

/* seed_site(o, site): 0, or an enum cli_exit after a complaint that names the operation. */
must_use int seed_site(const struct cli *o, const struct training_site *site);

/* ---- shared by the parts ---- */

#define SEED_TOKEN 320
#define SEED_UUID  37
#define SEED_TIME  25
#define SEED_ENTRY (-1) /* in the place of a program: the entry */

/* Somebody of people.json, as far as she or he has signed in. */
struct actor {
    const char *badge, *name, *stamp, *pin;
    char person[SEED_UUID];
    char entry[SEED_TOKEN];
    char door[TRAINING_ENCLAVES][SEED_TOKEN];
    yyjson_val *records;
};
#define ACTORS_MAX 64

struct seed {
    const struct cli *o;
    const struct training_site *site;
    struct config config;
    int64_t now_ms;
    struct http *entry;
    struct http *door[TRAINING_ENCLAVES];
    yyjson_doc *card, *people, *program[TRAINING_ENCLAVES];
    struct actor actors[ACTORS_MAX];
    size_t actors_count;
    struct progress progress;
    bool patient; /* the people of a program may not be known there yet: ask again for a while */
};

/* seed_text(object, key): Its text, "" where there is none. */
const char *seed_text(yyjson_val *object, const char *key);
/* seed_time(s, days, minutes, out): That many days and minutes from the first start, RFC 3339. */
void seed_time(const struct seed *s, int64_t days, int64_t minutes, char out[static SEED_TIME]);
/* seed_uuid(out): A UUIDv7 of now. */
void seed_uuid(char out[static SEED_UUID]);
/* seed_actor(s, badge): Never NULL for a badge of people.json. */
struct actor *seed_actor(struct seed *s, const char *badge);
/* seed_with_role(s, program, role): The first person with ${role} in ${program}; or NULL. */
struct actor *seed_with_role(struct seed *s, int program, const char *role);
/* seed_program_name(s, program) */
const char *seed_program_name(const struct seed *s, int program);

/*
 * seed_post(s, program, who, path, body, ret_doc):
 * POST ${body}, which is freed with its document, as ${who} (or nobody: NULL) to the
 * gateway of ${program} or SEED_ENTRY.  ${ret_doc} may be NULL.  Anything but 200 is
 * complained of and returned.
 */
must_use int seed_post(struct seed *s, int program, struct actor *who, const char *path,
                       yyjson_mut_doc *body, yyjson_doc **ret_doc);
/* seed_post_signed(s, program, who, path, operation, meaning, body): The same with a signature. */
must_use int seed_post_signed(struct seed *s, int program, struct actor *who, const char *path,
                              const char *operation, const char *meaning, yyjson_mut_doc *body);
must_use int seed_get(struct seed *s, int program, struct actor *who, const char *path,
                      yyjson_doc **ret_doc);

/* seed_sign_in(s, who): At the entry, unless that was done.
 * seed_enter(s, program, who): At the program, unless that was done. */
must_use int seed_sign_in(struct seed *s, struct actor *who);
must_use int seed_enter(struct seed *s, int program, struct actor *who);

/* seed_body(ret_top): A new document with an object that has a fresh "id". */
yyjson_mut_doc *seed_body(yyjson_mut_val **ret_top);

/* The parts, in their order. */
must_use int seed_people(struct seed *s);
must_use int seed_definitions(struct seed *s, int program);
must_use int seed_orders(struct seed *s, int program);
must_use int seed_history(struct seed *s, int program);

#endif

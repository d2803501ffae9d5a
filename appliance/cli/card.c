#include "appliance/cli/card.h"

#include <pwd.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "appliance/cli/data.h"
#include "transfer/file.h"

#define CARD_MAX (64 * 1024)

static const char *const programs[TRAINING_ENCLAVES] = {"HARROW VANE", "SABLE ORCHARD"};

/* Whom the card shows, in this order, and what each is there for. */
static const struct shown {
    const char *badge, *what;
} shown[] = {
    {"CW-1001", "operator and inspector: does operation 40 and buys it off"},
    {"CW-1004", "operator; the export authorization ended yesterday"},
    {"CW-1006", "operator in both programs: chooses one at sign-in"},
    {"CW-1012", "quality engineer: reads everything, accepts what comes in"},
    {"CW-1015", "planner: releases orders, requests the weekly release"},
    {"CW-1014", "program manager: accepts what comes in, approves releases"},
    {"CW-3001", "security officer: what was refused and why; approves releases"},
    {"CW-3002", "security officer, too: approves what the other enters"},
    {"CW-2004", "lead and planner of the other program"},
    {"CW-9001", "visitor: known, read in to nothing"},
};

/* ---- making ---- */

static bool array_has(yyjson_mut_val *array, const char *text)
{
    size_t i, n;
    yyjson_mut_val *v;
    yyjson_mut_arr_foreach(array, i, n,
                           v) if (strcmp(yyjson_mut_get_str(v), text) == 0) return true;
    return false;
}

static void add_person(yyjson_mut_doc *doc, yyjson_mut_val *people, yyjson_val *person)
{
    char pin[8];
    size_t i, n;
    yyjson_val *record;
    yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, people);
    yyjson_mut_val *roles = yyjson_mut_arr(doc), *enclaves = yyjson_mut_arr(doc);
    snprintf(pin, sizeof pin, "%06u", randombytes_uniform(1000000));
    yyjson_arr_foreach(yyjson_obj_get(person, "records"), i, n, record)
    {
        const char *attribute = yyjson_get_str(yyjson_obj_get(record, "attribute"));
        const char *value = yyjson_get_str(yyjson_obj_get(record, "value"));
        const char *scope = yyjson_get_str(yyjson_obj_get(record, "scope"));
        if (strcmp(attribute, "role") == 0 && !array_has(roles, value))
            yyjson_mut_arr_add_strcpy(doc, roles, value);
        if (strcmp(attribute, "read-in") == 0 && scope)
            yyjson_mut_arr_add_strcpy(doc, enclaves, scope);
    }
    yyjson_mut_obj_add_strcpy(doc, one, "name", yyjson_get_str(yyjson_obj_get(person, "name")));
    yyjson_mut_obj_add_strcpy(doc, one, "badge", yyjson_get_str(yyjson_obj_get(person, "badge")));
    yyjson_mut_obj_add_strcpy(doc, one, "pin", pin);
    yyjson_mut_obj_add_val(doc, one, "roles", roles);
    yyjson_mut_obj_add_val(doc, one, "enclaves", enclaves);
    sodium_memzero(pin, sizeof pin);
}

static void add_people(yyjson_mut_doc *doc, yyjson_mut_val *top)
{
    struct bytes_view text = data_file("people.json");
    yyjson_doc *data = yyjson_read((const char *)text.data, text.length, 0);
    yyjson_mut_val *people = yyjson_mut_obj_add_arr(doc, top, "people");
    size_t i, n;
    yyjson_val *person;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(data), "people"), i, n, person)
        add_person(doc, people, person);
    yyjson_doc_free(data);
}

/* Who takes part in the release of the first program. */
static void add_release(yyjson_mut_doc *doc, yyjson_mut_val *top)
{
    yyjson_mut_val *release = yyjson_mut_obj_add_obj(doc, top, "release");
    yyjson_mut_obj_add_str(doc, release, "program", programs[0]);
    yyjson_mut_obj_add_str(doc, release, "requester", "CW-1015");
    yyjson_mut_val *approvers = yyjson_mut_obj_add_arr(doc, release, "approvers");
    yyjson_mut_arr_add_str(doc, approvers, "CW-1014");
    yyjson_mut_arr_add_str(doc, approvers, "CW-3001");
}

static yyjson_mut_doc *print_json(const struct training_site *site, const struct config *config)
{
    char entry[64];
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *top = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, top);
    snprintf(entry, sizeof entry, "http://localhost:%u", config->port);
    yyjson_mut_obj_add_strcpy(doc, top, "entry", entry);
    yyjson_mut_obj_add_strcpy(doc, top, "site", site->dir);
    yyjson_mut_val *enclaves = yyjson_mut_obj_add_arr(doc, top, "enclaves");
    for (size_t i = 0; i < TRAINING_ENCLAVES; i++) {
        yyjson_mut_val *e = yyjson_mut_arr_add_obj(doc, enclaves);
        yyjson_mut_obj_add_strcpy(doc, e, "id", config->enclave[i]);
        yyjson_mut_obj_add_str(doc, e, "name", programs[i]);
        yyjson_mut_obj_add_uint(doc, e, "port", config->port + 1 + i);
    }
    add_people(doc, top);
    add_release(doc, top);
    return doc;
}

/* ---- the screen ---- */

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text ? text : "";
}

static yyjson_val *person_of(yyjson_val *top, const char *badge)
{
    size_t i, n;
    yyjson_val *person;
    yyjson_arr_foreach(yyjson_obj_get(top, "people"), i, n,
                       person) if (strcmp(text_of(person, "badge"), badge) == 0) return person;
    return NULL;
}

static void print_list(FILE *out, yyjson_val *array, const char *none)
{
    size_t i, n;
    yyjson_val *v;
    if (yyjson_arr_size(array) == 0)
        fprintf(out, "%s", none);
    yyjson_arr_foreach(array, i, n, v) fprintf(out, "%s%s", i ? ", " : "", yyjson_get_str(v));
}

static void print_everybody(FILE *out, yyjson_val *top)
{
    size_t i, n;
    yyjson_val *person;
    fprintf(out, "EVERYBODY\n\n  %-17s %-8s %-7s\n", "name", "badge", "PIN");
    yyjson_arr_foreach(yyjson_obj_get(top, "people"), i, n, person)
    {
        fprintf(out, "  %-17s %-8s %-7s ", text_of(person, "name"), text_of(person, "badge"),
                text_of(person, "pin"));
        print_list(out, yyjson_obj_get(person, "roles"), "no role");
        fprintf(out, " (");
        print_list(out, yyjson_obj_get(person, "enclaves"), "no program");
        fprintf(out, ")\n");
    }
}

static void print_shown(FILE *out, yyjson_val *top)
{
    fprintf(out, "WHO CAN SIGN IN  (everybody: casemate training card --all)\n\n");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        yyjson_val *person = person_of(top, shown[i].badge);
        fprintf(out, "  %-17s %-8s %-7s %s\n", text_of(person, "name"), shown[i].badge,
                text_of(person, "pin"), shown[i].what);
    }
}

/* The ports under the same numbers on both machines: links between the pages hold them. */
static void print_tunnel(FILE *out, yyjson_val *top, const char *port)
{
    char host[256] = "HOST";
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *self = getpwuid(getuid());
    size_t i, n;
    yyjson_val *e;
    gethostname(host, sizeof host - 1);
    fprintf(out, "    ssh -N -L %s:localhost:%s", port, port);
    yyjson_arr_foreach(yyjson_obj_get(top, "enclaves"), i, n, e)
    {
        unsigned p = (unsigned)yyjson_get_uint(yyjson_obj_get(e, "port"));
        fprintf(out, " -L %u:localhost:%u", p, p);
    }
    fprintf(out, " \\\n        %s@%s\n", sudo ? sudo : self ? self->pw_name : "USER", host);
}

static void print_things_to_try(FILE *out, yyjson_val *top)
{
    yyjson_val *first = yyjson_arr_get_first(yyjson_obj_get(top, "enclaves"));
    const char *site = text_of(top, "site"), *enclave = text_of(first, "id");
    fprintf(out,
            "THREE THINGS TO TRY\n\n"
            "  1  %s, HARROW VANE: start operation 40 of a unit of WO-26-0141 and enter\n"
            "     24.012 for the bore. The limit is 24.010: the unit is held, and says why.\n"
            "  2  %s: open operation 40 and its drawing. Refused: the export\n"
            "     authorization has ended. Then %s, who chooses HARROW VANE, page\n"
            "     Denials: who, what, and the rule that forbade it, with its reason.\n"
            "  3  %s requests the release of last week (Transfer, Going out);\n"
            "     %s and %s approve it. Then, as the enterprise, change one\n"
            "     byte and ask stock minisign:\n",
            text_of(person_of(top, "CW-1001"), "name"), text_of(person_of(top, "CW-1004"), "name"),
            text_of(person_of(top, "CW-3001"), "name"), text_of(person_of(top, "CW-1015"), "name"),
            text_of(person_of(top, "CW-1014"), "name"), text_of(person_of(top, "CW-3001"), "name"));
    fprintf(out,
            "       cd %s/enterprise && cp ../%s/outbox/*.tar* .\n"
            "       minisign -VH -p outer.pub -m h2l-*.tar            # it verifies\n"
            "       printf X | dd of=$(ls h2l-*.tar) bs=1 seek=700 conv=notrunc status=none\n"
            "       minisign -VH -p outer.pub -m h2l-*.tar            # it is refused\n",
            site, enclave);
}

static void print_screen(FILE *out, yyjson_val *top, bool all)
{
    const char *entry = text_of(top, "entry"), *port = strrchr(entry, ':');
    size_t i, n;
    yyjson_val *e;
    fprintf(out, "\nCASEMATE  training site\n\n  Open      %s\n", entry);
    yyjson_arr_foreach(yyjson_obj_get(top, "enclaves"), i, n, e)
        fprintf(out, "  Enclave   %s on port %u: %s\n", text_of(e, "id"),
                (unsigned)yyjson_get_uint(yyjson_obj_get(e, "port")), text_of(e, "name"));
    fprintf(out, "  From another machine, first:\n");
    print_tunnel(out, top, port ? port + 1 : "");
    fprintf(out, "\n");
    if (all) {
        print_everybody(out, top);
        return;
    }
    print_shown(out, top);
    fprintf(out, "\n");
    print_things_to_try(out, top);
    fprintf(
        out,
        "\nStop it with: make stop (or casemate training stop). Nothing is lost.\n"
        "This is a training site: everything in it is fictional, and it unlocks by itself from\n"
        "a key file that lies beside it, %s/training.key.\n\n",
        text_of(top, "site"));
}

/* ---- */

int card_make(const struct cli *o, const struct training_site *site, const struct config *config)
{
    yyjson_mut_doc *mutable = print_json(site, config);
    size_t length = 0, screen_length = 0;
    char *text = yyjson_mut_write(mutable, YYJSON_WRITE_PRETTY, &length), *screen = NULL;
    yyjson_doc *doc = text ? yyjson_read(text, length, 0) : NULL;
    FILE *out = open_memstream(&screen, &screen_length);
    int r = ERR_MEMORY;
    if (doc && out) {
        print_screen(out, yyjson_doc_get_root(doc), true);
        r = 0;
    }
    if (out && fclose(out) != 0)
        r = ERR_MEMORY;
    if (r)
        r = cli_complain_file(o, "card.json", r);
    else
        r = training_site_put(o, site, "card.json", 0600, text, length);
    if (r == 0)
        r = training_site_put(o, site, "card", 0600, screen, screen_length);
    yyjson_mut_doc_free(mutable);
    yyjson_doc_free(doc);
    free(screen);
    free(text);
    return r;
}

int card_read(const struct cli *o, const struct training_site *site, struct yyjson_doc **ret_doc)
{
    char path[FILE_PATH_MAX];
    size_t length;
    char *text = malloc(CARD_MAX);
    int r = text ? file_path(path, "%s/card.json", site->dir) : ERR_MEMORY;
    if (r == 0)
        r = file_read(path, text, CARD_MAX, &length);
    if (r == 0) {
        *ret_doc = yyjson_read(text, length, 0);
        r = *ret_doc ? 0 : ERR_FORMAT;
    }
    free(text);
    return r ? cli_complain_file(o, "card.json", r) : 0;
}

int card_show(const struct cli *o, const struct training_site *site)
{
    yyjson_doc *doc = NULL;
    int r = card_read(o, site, &doc);
    if (r)
        return r;
    if (o->json) {
        char *text = yyjson_write(doc, 0, NULL);
        printf("%s\n", text ? text : "{}");
        free(text);
    } else {
        print_screen(stdout, yyjson_doc_get_root(doc), o->all);
    }
    yyjson_doc_free(doc);
    return CLI_DONE;
}

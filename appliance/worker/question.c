/* Who, what, on what and when: what a question of the desk names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/token.h"
#include "appliance/mes/people/known.h"
#include "appliance/worker/desk.h"

/* ---- the moment ---- */

static int open_past(struct worker *w, struct moment *m)
{
    const struct policy_row *site = policy_at(w->mes, POLICY_SITE, m->at_ms);
    const struct policy_row *program = policy_at(w->mes, POLICY_PROGRAM, m->at_ms);
    struct bytes_view site_text = {0}, program_text = {0};
    char why[300];
    if (!site || !program)
        return ERR_UNKNOWN;
    int r = policy_read(w->mes, site, &site_text, NULL);
    if (r == 0)
        r = policy_read(w->mes, program, &program_text, NULL);
    if (r == 0)
        r = known_snapshot(w->mes, m->at_ms, &m->own_snapshot);
    m->own_markings = calloc(MES_MARKINGS_MAX, sizeof *m->own_markings);
    if (r == 0 && !m->own_markings)
        r = ERR_MEMORY;
    if (r == 0)
        r = decider_new(process_enclave(w->process), process_is_training(w->process),
                        &m->own_decider);
    if (r == 0)
        r = decider_people(m->own_decider, m->own_snapshot, m->at_ms);
    if (r == 0)
        r = decider_markings(m->own_decider, m->own_markings,
                             mes_markings(w->mes, m->at_ms, m->own_markings, MES_MARKINGS_MAX),
                             m->at_ms);
    if (r == 0)
        r = decider_policies_set(m->own_decider, site_text, program_text, why, sizeof why);
    free((void *)(uintptr_t)site_text.data);
    free((void *)(uintptr_t)program_text.data);
    m->decider = m->own_decider;
    m->snapshot = m->own_snapshot;
    return r;
}

int moment_open(struct worker *w, int64_t at_ms, struct moment *ret_moment)
{
    int64_t now = worker_now(w);
    *ret_moment = (struct moment){.at_ms = at_ms && at_ms < now ? at_ms : now};
    ret_moment->is_past = ret_moment->at_ms < now;
    if (!ret_moment->is_past) {
        ret_moment->decider = w->decider;
        ret_moment->snapshot = w->snapshot;
        return 0;
    }
    int r = open_past(w, ret_moment);
    if (r)
        moment_close(ret_moment);
    return r;
}

void moment_close(struct moment *moment)
{
    decider_free(moment->own_decider);
    snapshot_free(moment->own_snapshot);
    free(moment->own_markings);
    *moment = (struct moment){0};
}

/* ---- who ---- */

static bool is_named(const char *name, struct bytes_view text)
{
    size_t n = strlen(name);
    if (n != text.length)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((text.data[i] == '+' ? ' ' : text.data[i]) != (uint8_t)name[i])
            return false;
    return true;
}

const struct snapshot_holder *question_person(const struct moment *moment, struct bytes_view text)
{
    uint8_t id[16];
    if (body_uuid(text, id) == 0)
        return snapshot_find(moment->snapshot, id);
    for (size_t i = 0; i < moment->snapshot->people; i++) {
        const struct snapshot_holder *p = &moment->snapshot->person[i];
        if (bytes_equal_text(text, p->stamp) || is_named(p->name, text))
            return p;
    }
    return NULL;
}

/* ---- on what ---- */

static bool is_row(const struct worker *w, enum entity_kind kind, size_t number,
                   struct bytes_view text, struct object *o)
{
    struct entities *e = w->mes->entities;
    const char *name = kind == ENTITY_UNIT    ? entities_unit(e, number)->serial
                       : kind == ENTITY_ORDER ? entities_order(e, number)->number
                                              : entities_document(e, number)->number;
    const uint8_t *id = kind == ENTITY_UNIT    ? entities_unit(e, number)->unit
                        : kind == ENTITY_ORDER ? entities_order(e, number)->order
                                               : entities_document(e, number)->document;
    uint8_t wanted[16];
    bool by_id = body_uuid(text, wanted) == 0;
    if (by_id ? memcmp(id, wanted, 16) != 0 : !bytes_equal_text(text, name))
        return false;
    *o = (struct object){.kind = kind, .number = number};
    o->type = kind == ENTITY_UNIT ? "Unit" : kind == ENTITY_ORDER ? "Order" : "Document";
    snprintf(o->name, sizeof o->name, "%s %s", o->type, name);
    return true;
}

bool question_object(const struct worker *w, struct bytes_view text, struct object *ret_object)
{
    static const enum entity_kind kinds[] = {ENTITY_UNIT, ENTITY_ORDER, ENTITY_DOCUMENT};
    *ret_object = (struct object){.kind = ENTITY_COUNT, .type = "", .name = "the program"};
    if (text.length == 0)
        return true;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = rows_count(w->mes->entities, kinds[k]); i > 0; i--)
            if (is_row(w, kinds[k], i - 1, text, ret_object)) /* the newest of that name */
                return true;
    return false;
}

/* ---- what ---- */

static bool is_called(const struct operation *o, struct bytes_view text)
{
    size_t n = strlen(o->name);
    if (bytes_equal_text(text, o->action))
        return true;
    if (n != text.length)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((o->name[i] == '_' ? '-' : o->name[i]) != (char)text.data[i])
            return false;
    return true;
}

const struct operation *question_operation(struct bytes_view text, const char *type)
{
    const struct operation *any = NULL;
    for (size_t i = 0; i < operations_count; i++) {
        const struct operation *o = &operations[i];
        if (o->server != SERVER_WORKER || o->action[0] == '\0' || !is_called(o, text))
            continue;
        if (type[0] == '\0' || strcmp(o->resource, type) == 0)
            return o;
        any = any ? any : o;
    }
    return type[0] ? NULL : any;
}

void question_subject(const struct worker *w, const struct object *object, const char *resource,
                      struct subject *ret)
{
    mes_subject_of(w->mes, object->kind, object->number, ret);
    if (question_takes_two(resource))
        memcpy(ret->requester, decide_somebody, 16);
}

bool question_takes_two(const char *resource)
{
    return strcmp(resource, "Release") == 0 || strcmp(resource, "Policy") == 0;
}

void question_circumstance(const struct worker *w, const struct command *command,
                           const struct moment *moment, struct circumstance *ret)
{
    (void)w;
    *ret = (struct circumstance){.factor = FACTOR_FIDO2, .now_ms = moment->at_ms};
    memcpy(ret->station, command->actor.station, 16);
}

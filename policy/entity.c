#include "policy/entity.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAY_MIN         ((size_t)16384)
#define BYTES_PER_SYMBOL    64
#define BYTES_PER_ENTITY    256
#define BASE_FIRST_SYMBOLS  1024
#define BASE_FIRST_ENTITIES 256
#define CLOSED              UINT32_MAX

static int compare_uid(struct uid a, struct uid b)
{
    if (a.type != b.type)
        return a.type < b.type ? -1 : 1;
    return a.id < b.id ? -1 : a.id > b.id;
}

/* ---- the table ---- */

static uint32_t slot_of(const struct cedar_entities *e, struct uid uid, bool *ret_used)
{
    uint64_t mixed = ((uint64_t)uid.type << 32 | uid.id) * 0x9e3779b97f4a7c15U;
    uint32_t slot = (uint32_t)(mixed >> 32) & (e->slot_count - 1);

    for (;; slot = (slot + 1) & (e->slot_count - 1)) {
        uint32_t i = e->slots[slot];
        *ret_used = i < e->count && e->items[i].slot == slot;
        if (!*ret_used || compare_uid(e->items[i].uid, uid) == 0)
            return slot;
    }
}

static struct entity *find_here(const struct cedar_entities *e, struct uid uid)
{
    bool used;
    uint32_t slot = slot_of(e, uid, &used);

    return used ? &e->items[e->slots[slot]] : NULL;
}

const struct entity *entities_find(const struct cedar_entities *e, struct uid uid)
{
    const struct entity *found = NULL;

    for (; e != NULL && found == NULL; e = e->below)
        found = find_here(e, uid);
    return found;
}

bool entity_has_ancestor(const struct entity *entity, struct uid group)
{
    uint32_t low = 0, high = entity->ancestor_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = compare_uid(entity->ancestors[middle], group);
        if (c == 0)
            return true;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static int make_room(struct cedar_entities *e)
{
    if (e->count < e->room)
        return 0;
    if (e->is_overlay || e->room > UINT32_MAX / 8)
        return CEDAR_ERR_LIMIT;
    struct entity *items = reallocarray(e->items, (size_t)e->room * 2, sizeof *items);
    if (items == NULL)
        return CEDAR_ERR_MEMORY;
    e->items = items;
    e->room *= 2;
    uint32_t *slots = calloc((size_t)e->slot_count * 2, sizeof *slots);
    if (slots == NULL)
        return CEDAR_ERR_MEMORY;
    free(e->slots);
    e->slots = slots;
    e->slot_count *= 2;
    for (uint32_t i = 0; i < e->count; i++)
        e->items[i].slot = UINT32_MAX;
    for (uint32_t i = 0; i < e->count; i++) {
        bool used;
        e->items[i].slot = slot_of(e, e->items[i].uid, &used);
        e->slots[e->items[i].slot] = i;
    }
    return 0;
}

/* ---- beginning and end ---- */

static int create(size_t bytes, bool is_overlay, struct cedar_entities **ret)
{
    struct cedar_entities *e = calloc(1, sizeof *e);
    uint32_t symbols = is_overlay ? (uint32_t)(bytes / BYTES_PER_SYMBOL) : BASE_FIRST_SYMBOLS;
    int r;

    if (e == NULL)
        return CEDAR_ERR_MEMORY;
    e->is_overlay = is_overlay;
    e->room = is_overlay ? (uint32_t)(bytes / BYTES_PER_ENTITY) : BASE_FIRST_ENTITIES;
    for (e->slot_count = 16; e->slot_count < e->room * 2;)
        e->slot_count *= 2;
    r = is_overlay ? arena_init_fixed(&e->arena, bytes)
                   : arena_init_growing(&e->arena, CEDAR_BASE_MAX);
    if (r != 0 || (r = symbols_init(&e->symbols, NULL, symbols, !is_overlay, &e->arena)) != 0)
        goto out;
    r = CEDAR_ERR_MEMORY;
    e->items = calloc(e->room, sizeof *e->items);
    e->slots = calloc(e->slot_count, sizeof *e->slots);
    if (e->items == NULL || e->slots == NULL)
        goto out;
    *ret = e;
    e = NULL;
    r = 0;
out:
    cedar_entities_free(e);
    return r;
}

int cedar_base_new(const struct cedar_policies *policies, struct cedar_entities **ret_base)
{
    struct cedar_entities *e;
    int r = create(0, false, &e);

    if (r != 0)
        return r;
    symbols_reset(&e->symbols, &policies->symbols);
    e->policies = policies;
    e->state = ENTITIES_FILLING;
    *ret_base = e;
    return 0;
}

int cedar_overlay_new(size_t bytes, struct cedar_entities **ret_overlay)
{
    if (bytes < OVERLAY_MIN || bytes > CEDAR_BASE_MAX)
        return CEDAR_ERR_LIMIT;
    return create(bytes, true, ret_overlay);
}

void cedar_overlay_reset(struct cedar_entities *overlay, const struct cedar_entities *base)
{
    bool usable = overlay->is_overlay && !base->is_overlay && base->state == ENTITIES_FROZEN;

    overlay->state = usable ? ENTITIES_FILLING : ENTITIES_UNUSABLE;
    overlay->error = usable ? 0 : CEDAR_ERR_STATE;
    if (!usable)
        return;
    overlay->policies = base->policies;
    overlay->below = base;
    overlay->count = 0;
    arena_rewind(&overlay->arena, 0);
    symbols_reset(&overlay->symbols, &base->symbols);
}

void cedar_entities_free(struct cedar_entities *e)
{
    if (e == NULL)
        return;
    free(e->items);
    free(e->slots);
    symbols_free(&e->symbols);
    arena_free(&e->arena);
    free(e);
}

void entities_fail(struct cedar_entities *e, int code)
{
    if (e->error == 0)
        e->error = code;
}

/* ---- describing one ---- */

static bool is_state(struct cedar_entities *e, enum entities_state state)
{
    if (e->state != state)
        entities_fail(e, CEDAR_ERR_STATE);
    return e->error == 0;
}

void entities_begin(struct cedar_entities *e, struct text type, struct text id)
{
    if (!is_state(e, ENTITIES_FILLING))
        return;
    struct cedar_value v = entities_uid(e, type, id);
    if (e->error != 0)
        return;
    e->draft.uid = (struct uid){v.uid.type, v.uid.id};
    e->draft.attribute_count = e->draft.tag_count = e->draft.parent_count = 0;
    if (entities_find(e->forgives_same ? e->below : e, e->draft.uid) != NULL)
        entities_fail(e, CEDAR_ERR_DUPLICATE);
    e->state = ENTITIES_IN_ENTITY;
}

void entities_parent(struct cedar_entities *e, struct text type, struct text id)
{
    struct draft *d = &e->draft;

    if (!is_state(e, ENTITIES_IN_ENTITY))
        return;
    struct cedar_value v = entities_uid(e, type, id);
    if (d->parent_count == CEDAR_ANCESTORS_MAX)
        entities_fail(e, CEDAR_ERR_LIMIT);
    if (e->error == 0 && is_action_type(symbols_text(&e->symbols, d->uid.type)) &&
        !is_action_type(type))
        entities_fail(e, CEDAR_ERR_PARENT);
    if (e->error == 0)
        d->parents[d->parent_count++] = (struct uid){v.uid.type, v.uid.id};
}

/* Appends to the attributes or tags of the draft. */
static void add_field(struct cedar_entities *e, struct value_field *fields, uint32_t *count,
                      struct text name, struct cedar_value value)
{
    uint32_t key = 0;

    if (value.tag == VALUE_NONE)
        entities_fail(e, CEDAR_ERR_VALUE);
    else if (*count == CEDAR_ATTRIBUTES_MAX || !value_depth_ok(&value, CEDAR_DEPTH_MAX))
        entities_fail(e, CEDAR_ERR_LIMIT);
    else if (!text_is_utf8(name.data, name.length))
        entities_fail(e, CEDAR_ERR_TEXT);
    if (e->error == 0)
        entities_fail(e, symbols_add(&e->symbols, name, &key));
    if (e->error == 0)
        fields[(*count)++] = (struct value_field){key, value};
}

void entities_attribute(struct cedar_entities *e, struct text name, struct cedar_value value)
{
    if (is_state(e, ENTITIES_IN_ENTITY))
        add_field(e, e->draft.attributes, &e->draft.attribute_count, name, value);
}

void entities_tag(struct cedar_entities *e, struct text name, struct cedar_value value)
{
    if (is_state(e, ENTITIES_IN_ENTITY))
        add_field(e, e->draft.tags, &e->draft.tag_count, name, value);
}

void cedar_entity_begin(struct cedar_entities *e, const char *type, const char *id)
{
    entities_begin(e, text_of(type), text_of(id));
}

void cedar_entity_parent(struct cedar_entities *e, const char *type, const char *id)
{
    entities_parent(e, text_of(type), text_of(id));
}

void cedar_entity_attribute(struct cedar_entities *e, const char *name, struct cedar_value value)
{
    entities_attribute(e, text_of(name), value);
}

void cedar_entity_tag(struct cedar_entities *e, const char *name, struct cedar_value value)
{
    entities_tag(e, text_of(name), value);
}

static bool fields_equal(const struct value_field *a, const struct value_field *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (a[i].key != b[i].key || !value_equal(&a[i].value, &b[i].value))
            return false;
    return true;
}

static bool has_parents(const struct uid *all, uint32_t count, const struct uid *some, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (k < count && compare_uid(all[k], some[i]) != 0)
            k++;
        if (k == count)
            return false;
    }
    return true;
}

/* Whether the draft, its fields in order, says of ${entity} what is known already. */
static bool is_same(const struct draft *d, const struct entity *entity)
{
    return d->attribute_count == entity->attribute_count && d->tag_count == entity->tag_count &&
           fields_equal(d->attributes, entity->attributes, d->attribute_count) &&
           fields_equal(d->tags, entity->tags, d->tag_count) &&
           has_parents(d->parents, d->parent_count, entity->parents, entity->parent_count) &&
           has_parents(entity->parents, entity->parent_count, d->parents, d->parent_count);
}

void cedar_entity_end(struct cedar_entities *e)
{
    struct draft *d = &e->draft;
    bool used;

    if (!is_state(e, ENTITIES_IN_ENTITY))
        return;
    e->state = ENTITIES_FILLING;
    if (!fields_order(d->attributes, d->attribute_count) || !fields_order(d->tags, d->tag_count))
        entities_fail(e, CEDAR_ERR_DUPLICATE);
    const struct entity *before = e->forgives_same ? find_here(e, d->uid) : NULL;
    if (before != NULL) {
        if (!is_same(d, before))
            entities_fail(e, CEDAR_ERR_DUPLICATE);
        return;
    }
    entities_fail(e, make_room(e));
    if (e->error != 0)
        return;
    struct entity entity = {
        .uid = d->uid,
        .attribute_count = d->attribute_count,
        .tag_count = d->tag_count,
        .parent_count = d->parent_count,
        .attributes =
            arena_copy(&e->arena, d->attributes, d->attribute_count * sizeof *d->attributes),
        .tags = arena_copy(&e->arena, d->tags, d->tag_count * sizeof *d->tags),
        .parents = arena_copy(&e->arena, d->parents, d->parent_count * sizeof *d->parents),
        .slot = slot_of(e, d->uid, &used),
    };
    entities_fail(e, e->arena.error);
    if (e->error != 0)
        return;
    e->slots[entity.slot] = e->count;
    e->items[e->count++] = entity;
}

/* ---- closing the ancestor relation ---- */

/* The draft's parents serve as a sorted set while one entity's ancestors are gathered. */
static void gather(struct cedar_entities *e, struct uid uid)
{
    struct draft *d = &e->draft;
    uint32_t low = 0, high = d->parent_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = compare_uid(d->parents[middle], uid);
        if (c == 0)
            return;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (d->parent_count == CEDAR_ANCESTORS_MAX) {
        entities_fail(e, CEDAR_ERR_LIMIT);
        return;
    }
    memmove(&d->parents[low + 1], &d->parents[low], (d->parent_count - low) * sizeof *d->parents);
    d->parents[low] = uid;
    d->parent_count++;
}

/* All parents of ${entity} are closed: its ancestors are theirs and they. */
static void close_one(struct cedar_entities *e, struct entity *entity)
{
    struct draft *d = &e->draft;

    d->parent_count = 0;
    for (uint32_t i = 0; i < entity->parent_count; i++) {
        const struct entity *parent = entities_find(e, entity->parents[i]);
        gather(e, entity->parents[i]);
        for (uint32_t k = 0; parent != NULL && k < parent->ancestor_count; k++)
            gather(e, parent->ancestors[k]);
    }
    entity->ancestor_count = d->parent_count;
    entity->ancestors = arena_copy(&e->arena, d->parents, d->parent_count * sizeof *d->parents);
    entity->cursor = CLOSED;
    entities_fail(e, e->arena.error);
}

/*
 * Depth first from entity ${start}, without recursion: ${cursor} and ${from} of
 * the entities on the way are the stack.  An entity that is met again while its
 * cursor is under way is its own ancestor.
 */
static void close_from(struct cedar_entities *e, uint32_t start)
{
    uint32_t at = start;

    e->items[start].from = CLOSED;
    e->items[start].cursor = 1;
    while (at != CLOSED && e->error == 0) {
        struct entity *entity = &e->items[at];
        if (entity->cursor > entity->parent_count) {
            close_one(e, entity);
            at = entity->from;
            continue;
        }
        struct entity *parent = find_here(e, entity->parents[entity->cursor++ - 1]);
        if (parent == NULL || parent->cursor == CLOSED)
            continue;
        if (parent->cursor != 0) {
            entities_fail(e, CEDAR_ERR_CYCLE);
            return;
        }
        parent->from = at;
        parent->cursor = 1;
        at = (uint32_t)(parent - e->items);
    }
}

int cedar_entities_freeze(struct cedar_entities *e)
{
    if (!is_state(e, ENTITIES_FILLING)) {
        e->state = ENTITIES_UNUSABLE;
        return e->error;
    }
    for (uint32_t i = 0; i < e->count && e->error == 0; i++)
        if (e->items[i].cursor != CLOSED)
            close_from(e, i);
    e->state = e->error == 0 ? ENTITIES_FROZEN : ENTITIES_UNUSABLE;
    return e->error;
}

#include "policy/schema/typetable.h"

#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

#define FIRST_SLOTS 256U

int types_open(struct types *t, struct cedar_schema *schema)
{
    *t = (struct types){.schema = schema, .slot_count = FIRST_SLOTS};
    t->slots = calloc(t->slot_count, sizeof *t->slots);
    if (t->slots == NULL || !array_push(schema->types, (struct schema_type){0}) ||
        !array_push(t->heights, 0))
        return CEDAR_ERR_MEMORY;
    return 0;
}

void types_close(struct types *t)
{
    free(t->heights.at);
    free(t->slots);
}

static const struct schema_attribute *attributes_of(const struct types *t,
                                                    const struct schema_type *type)
{
    return t->schema->attributes.at + type->a;
}

static uint32_t hash_add(uint32_t hash, uint32_t number)
{
    return (hash ^ number) * 0x9e3779b1U ^ hash >> 15;
}

static uint32_t hash_of(const struct types *t, const struct schema_type *type)
{
    uint32_t hash = hash_add(2166136261U, type->kind);

    if (type->kind != TYPE_RECORD)
        return hash_add(hash, type->a);
    for (uint32_t i = 0; i < type->b - type->a; i++) {
        const struct schema_attribute *a = attributes_of(t, type) + i;
        hash = hash_add(hash_add(hash, a->name), a->type * 2 + a->is_required);
    }
    return hash;
}

static bool is_same(const struct types *t, const struct schema_type *x, const struct schema_type *y)
{
    if (x->kind != y->kind)
        return false;
    if (x->kind != TYPE_RECORD)
        return x->a == y->a;
    if (x->b - x->a != y->b - y->a)
        return false;
    for (uint32_t i = 0; i < x->b - x->a; i++) {
        const struct schema_attribute *a = attributes_of(t, x) + i, *b = attributes_of(t, y) + i;
        if (a->name != b->name || a->type != b->type || a->is_required != b->is_required)
            return false;
    }
    return true;
}

static uint32_t *slot_of(const struct types *t, const struct schema_type *type)
{
    uint32_t slot = hash_of(t, type) & (t->slot_count - 1);

    while (t->slots[slot] != 0 && !is_same(t, &t->schema->types.at[t->slots[slot]], type))
        slot = (slot + 1) & (t->slot_count - 1);
    return &t->slots[slot];
}

static int make_room(struct types *t)
{
    uint32_t *slots;

    if (t->schema->types.count < t->slot_count / 2)
        return 0;
    slots = calloc((size_t)t->slot_count * 2, sizeof *slots);
    if (slots == NULL)
        return CEDAR_ERR_MEMORY;
    free(t->slots);
    t->slots = slots;
    t->slot_count *= 2;
    for (uint32_t i = 1; i < t->schema->types.count; i++)
        *slot_of(t, &t->schema->types.at[i]) = i;
    return 0;
}

static int add(struct types *t, struct schema_type type, uint32_t height, uint32_t *ret)
{
    int r = make_room(t);
    uint32_t *slot;

    if (r != 0)
        return r;
    slot = slot_of(t, &type);
    if (*slot == 0) {
        if (height > CEDAR_NESTING_MAX)
            return CEDAR_ERR_LIMIT;
        if (!array_push(t->schema->types, type) || !array_push(t->heights, height))
            return CEDAR_ERR_MEMORY;
        *slot = t->schema->types.count - 1;
    }
    *ret = *slot;
    return 0;
}

int types_add(struct types *t, enum type_kind kind, uint32_t a, uint32_t *ret)
{
    uint32_t height = kind == TYPE_SET ? t->heights.at[a] + 1 : 1;

    return add(t, (struct schema_type){kind, a, 0}, height, ret);
}

int types_add_record(struct types *t, const struct schema_attribute *attributes, uint32_t count,
                     uint32_t *ret)
{
    struct cedar_schema *s = t->schema;
    uint32_t first = s->attributes.count, height = 0;
    int r;

    for (uint32_t i = 0; i < count; i++) {
        if (!array_push(s->attributes, attributes[i]))
            return CEDAR_ERR_MEMORY;
        if (t->heights.at[attributes[i].type] > height)
            height = t->heights.at[attributes[i].type];
    }
    uint32_t before = s->types.count;
    r = add(t, (struct schema_type){TYPE_RECORD, first, first + count}, height + 1, ret);
    if (r != 0 || s->types.count == before)
        s->attributes.count = first;
    return r;
}

#include "policy/validate/typing.h"

#include <stdlib.h>
#include <string.h>

#include "policy/parse.h"

#define NAMES_MAX  (64U << 20) /* bytes of names that the policies have and the schema has not */
#define TYPES_MAX  (1U << 20)
#define NESTED_MAX (CEDAR_HEIGHT_MAX + CEDAR_NESTING_MAX)

static uint32_t fail(struct typing *t, int code)
{
    if (t->error == 0)
        t->error = code;
    return KNOWN_NONE;
}

static uint32_t mix(uint32_t hash, uint32_t value)
{
    hash = (hash ^ value) * 0x9e3779b1U;
    return hash ^ (hash >> 15);
}

static uint32_t type_hash(const struct typing *t, struct schema_type type)
{
    uint32_t hash = mix(2166136261U, type.kind);

    if (type.kind != TYPE_RECORD)
        return mix(mix(hash, type.a), type.b);
    for (uint32_t i = type.a; i < type.b; i++) {
        const struct schema_attribute *a = &t->attributes.at[i];
        hash = mix(mix(mix(hash, a->name), a->type), a->is_required);
    }
    return hash;
}

static bool type_equal(const struct typing *t, struct schema_type x, struct schema_type y)
{
    if (x.kind != y.kind)
        return false;
    if (x.kind != TYPE_RECORD)
        return x.a == y.a && x.b == y.b;
    if (x.b - x.a != y.b - y.a)
        return false;
    for (uint32_t i = 0; i < x.b - x.a; i++) {
        const struct schema_attribute *p = &t->attributes.at[x.a + i],
                                      *q = &t->attributes.at[y.a + i];
        if (p->name != q->name || p->type != q->type || p->is_required != q->is_required)
            return false;
    }
    return true;
}

static uint32_t *slot_of(const struct typing *t, struct schema_type type)
{
    uint32_t slot = type_hash(t, type) & (t->slot_count - 1);

    while (t->slots[slot] != 0 && !type_equal(t, t->list.at[t->slots[slot]], type))
        slot = (slot + 1) & (t->slot_count - 1);
    return &t->slots[slot];
}

static bool grow(struct typing *t)
{
    uint32_t *more = calloc((size_t)t->slot_count * 2, sizeof *more);

    if (more == NULL)
        return fail(t, CEDAR_ERR_MEMORY);
    free(t->slots);
    t->slots = more;
    t->slot_count *= 2;
    for (uint32_t i = 1; i < t->list.count; i++)
        *slot_of(t, t->list.at[i]) = i;
    return true;
}

/* The number of ${type}, which for a record has the last attributes of the list. */
static uint32_t intern(struct typing *t, struct schema_type type)
{
    if (t->error != 0)
        return KNOWN_NONE;
    uint32_t *slot = slot_of(t, type);
    if (*slot != 0) {
        if (type.kind == TYPE_RECORD)
            t->attributes.count = type.a;
        return *slot;
    }
    if (t->list.count >= TYPES_MAX)
        return fail(t, CEDAR_ERR_LIMIT);
    if (!array_push(t->list, type))
        return fail(t, CEDAR_ERR_MEMORY);
    *slot = t->list.count - 1;
    uint32_t number = *slot;
    if (t->list.count * 2 > t->slot_count && !grow(t))
        return KNOWN_NONE;
    return number;
}

int typing_open(struct typing *t, const struct cedar_schema *schema)
{
    static const int always[] = {
        [KNOWN_BOOL] = TYPE_BOOL,         [KNOWN_TRUE] = TYPE_TRUE,
        [KNOWN_FALSE] = TYPE_FALSE,       [KNOWN_LONG] = TYPE_LONG,
        [KNOWN_STRING] = TYPE_STRING,     [KNOWN_DECIMAL] = TYPE_DECIMAL,
        [KNOWN_IPADDR] = TYPE_IPADDR,     [KNOWN_DATETIME] = TYPE_DATETIME,
        [KNOWN_DURATION] = TYPE_DURATION,
    };

    *t = (struct typing){.schema = schema, .slot_count = 256};
    t->slots = calloc(t->slot_count, sizeof *t->slots);
    t->of_schema = calloc((size_t)schema->types.count + 1, sizeof *t->of_schema);
    if (arena_init_growing(&t->arena, NAMES_MAX) != 0 || t->slots == NULL || t->of_schema == NULL ||
        symbols_init(&t->names, &schema->symbols, 64, true, &t->arena) != 0 ||
        !array_push(t->list, (struct schema_type){0}))
        return CEDAR_ERR_MEMORY;
    for (uint32_t i = KNOWN_BOOL; i <= KNOWN_DURATION; i++)
        intern(t, (struct schema_type){.kind = (enum type_kind)always[i]});
    return t->error;
}

void typing_close(struct typing *t)
{
    symbols_free(&t->names);
    arena_free(&t->arena);
    free(t->list.at);
    free(t->attributes.at);
    free(t->slots);
    free(t->of_schema);
}

struct schema_type typing_at(const struct typing *t, uint32_t type)
{
    return t->list.at[type];
}

bool typing_is_bool(uint32_t type)
{
    return type == KNOWN_BOOL || type == KNOWN_TRUE || type == KNOWN_FALSE;
}

bool typing_is_entity(const struct typing *t, uint32_t type)
{
    return t->list.at[type].kind == TYPE_ENTITY || t->list.at[type].kind == TYPE_ACTION;
}

bool typing_is_record(const struct typing *t, uint32_t type)
{
    return t->list.at[type].kind == TYPE_RECORD;
}

bool typing_is_set(const struct typing *t, uint32_t type)
{
    return t->list.at[type].kind == TYPE_SET;
}

uint32_t typing_entity(struct typing *t, uint32_t entity_type)
{
    return intern(t, (struct schema_type){.kind = TYPE_ENTITY, .a = entity_type});
}

uint32_t typing_action(struct typing *t, uint32_t name)
{
    return intern(t, (struct schema_type){.kind = TYPE_ACTION, .a = name});
}

uint32_t typing_set(struct typing *t, uint32_t element)
{
    return intern(t, (struct schema_type){.kind = TYPE_SET, .a = element});
}

static int attribute_order(const void *a, const void *b)
{
    uint32_t x = ((const struct schema_attribute *)a)->name,
             y = ((const struct schema_attribute *)b)->name;

    return x < y ? -1 : x > y;
}

uint32_t typing_record(struct typing *t, struct schema_attribute *attributes, uint32_t count)
{
    struct schema_type type = {.kind = TYPE_RECORD, .a = t->attributes.count};

    if (count != 0)
        qsort(attributes, count, sizeof *attributes, attribute_order);
    t->work += count;
    for (uint32_t i = 0; i < count; i++)
        if (!array_push(t->attributes, attributes[i]))
            return fail(t, CEDAR_ERR_MEMORY);
    type.b = t->attributes.count;
    return intern(t, type);
}

/* A copy of the attributes [first, last) with other types, as a record. */
static uint32_t record_from_schema(struct typing *t, uint32_t first, uint32_t last)
{
    struct schema_attribute *copy = calloc((size_t)(last - first) + 1, sizeof *copy);
    uint32_t number = KNOWN_NONE;

    if (copy == NULL)
        return fail(t, CEDAR_ERR_MEMORY);
    for (uint32_t i = first; i < last; i++) {
        copy[i - first] = t->schema->attributes.at[i];
        copy[i - first].type = typing_from_schema(t, copy[i - first].type);
    }
    if (t->error == 0)
        number = typing_record(t, copy, last - first);
    free(copy);
    return number;
}

static uint32_t make_from_schema(struct typing *t, struct schema_type type)
{
    if (type.kind == TYPE_RECORD)
        return record_from_schema(t, type.a, type.b);
    if (type.kind == TYPE_SET) {
        type.a = typing_from_schema(t, type.a);
        type.b = 0;
    } else if (type.kind == TYPE_ENTITY || type.kind == TYPE_ACTION) {
        type.b = 0;
    } else {
        type.a = type.b = 0;
    }
    return intern(t, type);
}

uint32_t typing_from_schema(struct typing *t, uint32_t type)
{
    if (type == 0 || t->error != 0)
        return KNOWN_NONE;
    if (t->of_schema[type] != 0)
        return t->of_schema[type];
    if (t->depth == NESTED_MAX)
        return fail(t, CEDAR_ERR_LIMIT);
    t->depth++;
    t->of_schema[type] = make_from_schema(t, t->schema->types.at[type]);
    t->depth--;
    return t->of_schema[type];
}

uint32_t typing_shape(struct typing *t, uint32_t type)
{
    struct schema_type of = t->list.at[type];

    if (of.kind == TYPE_RECORD)
        return type;
    return of.kind == TYPE_ENTITY ? typing_from_schema(t, t->schema->entity_types.at[of.a].shape)
                                  : KNOWN_NONE;
}

const struct schema_attribute *typing_attribute(const struct typing *t, uint32_t record,
                                                uint32_t name)
{
    struct schema_type of = t->list.at[record];
    uint32_t low = of.a, high = of.b;

    if (of.kind != TYPE_RECORD)
        return NULL;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct schema_attribute *a = &t->attributes.at[middle];
        if (a->name == name)
            return a;
        if (a->name < name)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- the join of two types ---- */

static uint32_t join_records(struct typing *t, struct schema_type x, struct schema_type y)
{
    uint32_t count = x.b - x.a, number = KNOWN_NONE;

    if (y.b - y.a != count)
        return KNOWN_NONE;
    struct schema_attribute *joined = calloc((size_t)count + 1, sizeof *joined);
    if (joined == NULL)
        return fail(t, CEDAR_ERR_MEMORY);
    for (uint32_t i = 0; i < count; i++) {
        struct schema_attribute p = t->attributes.at[x.a + i], q = t->attributes.at[y.a + i];
        joined[i] = p;
        if (p.name != q.name || p.is_required != q.is_required ||
            (joined[i].type = typing_join(t, p.type, q.type)) == KNOWN_NONE)
            goto out;
    }
    number = typing_record(t, joined, count);
out:
    free(joined);
    return number;
}

static uint32_t join_unlike(struct typing *t, uint32_t a, uint32_t b)
{
    struct schema_type x = t->list.at[a], y = t->list.at[b];

    if (typing_is_bool(a) && typing_is_bool(b))
        return KNOWN_BOOL;
    if (x.kind == TYPE_RECORD && y.kind == TYPE_RECORD)
        return join_records(t, x, y);
    if (x.kind != TYPE_SET || y.kind != TYPE_SET)
        return KNOWN_NONE;
    uint32_t element = typing_join(t, x.a, y.a);
    return element == KNOWN_NONE ? KNOWN_NONE : typing_set(t, element);
}

uint32_t typing_join(struct typing *t, uint32_t a, uint32_t b)
{
    uint32_t joined;

    if (a == b || t->error != 0)
        return a;
    if (t->depth == NESTED_MAX)
        return fail(t, CEDAR_ERR_LIMIT);
    t->depth++;
    t->work++;
    joined = join_unlike(t, a, b);
    t->depth--;
    return joined;
}

/* ---- for people ---- */

static void write_record(struct writer *w, const struct typing *t, struct schema_type of,
                         unsigned depth);

static void write_type(struct writer *w, const struct typing *t, uint32_t type, unsigned depth)
{
    static const char *const names[] = {
        [KNOWN_NONE] = "?",
        [KNOWN_BOOL] = "Bool",
        [KNOWN_TRUE] = "Bool",
        [KNOWN_FALSE] = "Bool",
        [KNOWN_LONG] = "Long",
        [KNOWN_STRING] = "String",
        [KNOWN_DECIMAL] = "decimal",
        [KNOWN_IPADDR] = "ipaddr",
        [KNOWN_DATETIME] = "datetime",
        [KNOWN_DURATION] = "duration",
    };
    struct schema_type of = t->list.at[type];

    if (type <= KNOWN_DURATION) {
        writer_text(w, text_of(names[type]));
    } else if (of.kind == TYPE_ENTITY) {
        writer_text(w, symbols_text(&t->names, t->schema->entity_types.at[of.a].name));
    } else if (of.kind == TYPE_ACTION) {
        writer_text(w, symbols_text(&t->names, of.a));
    } else if (of.kind == TYPE_RECORD) {
        write_record(w, t, of, depth);
    } else {
        writer_text(w, text_of("Set<"));
        write_type(w, t, of.a, depth + 1);
        writer_text(w, text_of(">"));
    }
}

/* As much of a record as a message has room for. */
static void write_record(struct writer *w, const struct typing *t, struct schema_type of,
                         unsigned depth)
{
    bool is_cut = depth > 2 || of.b - of.a > 4;
    uint32_t last = is_cut ? of.a + (depth > 2 ? 0 : 4) : of.b;

    writer_text(w, text_of("{"));
    for (uint32_t i = of.a; i < last; i++) {
        const struct schema_attribute *a = &t->attributes.at[i];
        writer_text(w, text_of(i == of.a ? "" : ", "));
        writer_text(w, symbols_text(&t->names, a->name));
        writer_text(w, text_of(a->is_required ? ": " : "?: "));
        write_type(w, t, a->type, depth + 1);
    }
    writer_text(w, text_of(!is_cut ? "}" : last == of.a ? "…}" : ", …}"));
}

void typing_write(struct writer *w, const struct typing *t, uint32_t type)
{
    write_type(w, t, type, 0);
}

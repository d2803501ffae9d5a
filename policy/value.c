#include "policy/value.h"

#include <string.h>

const char *value_tag_name(enum value_tag tag)
{
    static const char *const names[] = {
#define VALUE(name, text) [name] = text,
        VALUE_LIST(VALUE)
#undef VALUE
    };

    return tag < sizeof names / sizeof *names ? names[tag] : "nothing";
}

static int compare_u32(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_fields(const struct cedar_value *a, const struct cedar_value *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        int c = compare_u32(a->fields[i].key, b->fields[i].key);
        if (c == 0)
            c = value_compare(&a->fields[i].value, &b->fields[i].value);
        if (c != 0)
            return c;
    }
    return 0;
}

static int compare_items(const struct cedar_value *a, const struct cedar_value *b)
{
    int c = 0;

    for (uint32_t i = 0; c == 0 && i < a->count; i++)
        c = value_compare(&a->items[i], &b->items[i]);
    return c;
}

int value_compare(const struct cedar_value *a, const struct cedar_value *b)
{
    int c = compare_u32(a->tag, b->tag);

    if (c != 0)
        return c;
    switch ((enum value_tag)a->tag) {
    case VALUE_NONE:
        return 0;
    case VALUE_BOOL:
    case VALUE_LONG:
    case VALUE_DECIMAL:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        return a->number < b->number ? -1 : a->number > b->number;
    case VALUE_STRING:
        return compare_u32(a->symbol, b->symbol);
    case VALUE_ENTITY:
        c = compare_u32(a->uid.type, b->uid.type);
        return c != 0 ? c : compare_u32(a->uid.id, b->uid.id);
    case VALUE_SET:
        c = compare_u32(a->count, b->count);
        return c != 0 ? c : compare_items(a, b);
    case VALUE_RECORD:
        c = compare_u32(a->count, b->count);
        return c != 0 ? c : compare_fields(a, b);
    case VALUE_IPADDR:
        return memcmp(a->ip, b->ip, sizeof *a->ip);
    }
    return 0;
}

bool value_equal(const struct cedar_value *a, const struct cedar_value *b)
{
    return value_compare(a, b) == 0;
}

static uint32_t hash_more(uint32_t hash, uint64_t more)
{
    uint64_t h = (hash ^ more) * 0x9e3779b97f4a7c15u;

    return (uint32_t)(h >> 32 ^ h);
}

uint32_t value_hash(const struct cedar_value *v)
{
    uint32_t hash = hash_more(0, v->tag);

    switch ((enum value_tag)v->tag) {
    case VALUE_NONE:
        break;
    case VALUE_BOOL:
    case VALUE_LONG:
    case VALUE_DECIMAL:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        return hash_more(hash, (uint64_t)v->number);
    case VALUE_STRING:
        return hash_more(hash, v->symbol);
    case VALUE_ENTITY:
        return hash_more(hash, (uint64_t)v->uid.type << 32 | v->uid.id);
    case VALUE_SET:
        for (uint32_t i = 0; i < v->count; i++)
            hash = hash_more(hash, value_hash(&v->items[i]));
        break;
    case VALUE_RECORD:
        for (uint32_t i = 0; i < v->count; i++) {
            hash = hash_more(hash, v->fields[i].key);
            hash = hash_more(hash, value_hash(&v->fields[i].value));
        }
        break;
    case VALUE_IPADDR:
        hash = hash_more(hash, (uint64_t)v->ip->is_v6 << 8 | v->ip->prefix);
        for (size_t i = 0; i < sizeof v->ip->bytes; i++)
            hash = hash_more(hash, v->ip->bytes[i]);
        break;
    }
    return hash;
}

bool value_depth_ok(const struct cedar_value *v, unsigned most)
{
    if (v->tag != VALUE_SET && v->tag != VALUE_RECORD)
        return true;
    if (most == 0)
        return false;
    for (uint32_t i = 0; i < v->count; i++)
        if (!value_depth_ok(v->tag == VALUE_SET ? &v->items[i] : &v->fields[i].value, most - 1))
            return false;
    return true;
}

/*
 * Heap sort: qsort() may allocate, and a decision must not.  ${base} are ${count}
 * elements of ${size} bytes, at most the largest of ours.
 */
static void sort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    uint8_t *at = base;
    uint8_t hold[sizeof(struct value_field)];

    for (size_t start = count / 2, end = count; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            memcpy(hold, at + end * size, size);
            memcpy(at + end * size, at, size);
            memcpy(at, hold, size);
        }
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && compare(at + child * size, at + (child + 1) * size) < 0)
                child++;
            if (compare(at + root * size, at + child * size) >= 0)
                break;
            memcpy(hold, at + root * size, size);
            memcpy(at + root * size, at + child * size, size);
            memcpy(at + child * size, hold, size);
        }
    }
}

static int compare_item(const void *a, const void *b)
{
    return value_compare(a, b);
}

static int compare_key(const void *a, const void *b)
{
    return compare_u32(((const struct value_field *)a)->key, ((const struct value_field *)b)->key);
}

uint32_t set_order(struct cedar_value *items, uint32_t count)
{
    uint32_t kept = 0;

    sort(items, count, sizeof *items, compare_item);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || !value_equal(&items[kept - 1], &items[i]))
            items[kept++] = items[i];
    return kept;
}

bool set_contains(const struct cedar_value *set, const struct cedar_value *item)
{
    uint32_t low = 0, high = set->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int c = value_compare(&set->items[middle], item);
        if (c == 0)
            return true;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool set_contains_all(const struct cedar_value *set, const struct cedar_value *others)
{
    uint32_t i = 0;

    for (uint32_t k = 0; k < others->count; k++) {
        while (i < set->count && value_compare(&set->items[i], &others->items[k]) < 0)
            i++;
        if (i == set->count || !value_equal(&set->items[i], &others->items[k]))
            return false;
    }
    return true;
}

bool set_contains_any(const struct cedar_value *set, const struct cedar_value *others)
{
    for (uint32_t i = 0, k = 0; i < set->count && k < others->count;) {
        int c = value_compare(&set->items[i], &others->items[k]);
        if (c == 0)
            return true;
        if (c < 0)
            i++;
        else
            k++;
    }
    return false;
}

bool fields_order(struct value_field *fields, uint32_t count)
{
    sort(fields, count, sizeof *fields, compare_key);
    for (uint32_t i = 1; i < count; i++)
        if (fields[i - 1].key == fields[i].key)
            return false;
    return true;
}

/* So many are looked at one after the other: faster than halving. */
#define FEW 12

const struct cedar_value *fields_find(const struct value_field *fields, uint32_t count,
                                      uint32_t key)
{
    uint32_t low = 0, high = count;

    while (high - low > FEW) {
        uint32_t middle = low + (high - low) / 2;
        if (fields[middle].key == key)
            return &fields[middle].value;
        if (fields[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < high; low++)
        if (fields[low].key == key)
            return &fields[low].value;
    return NULL;
}

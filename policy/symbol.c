#include "policy/symbol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/cedar.h"

struct symbol {
    const char *data;
    uint32_t length;
    uint32_t hash;
    uint32_t slot;
};

struct text text_of(const char *string)
{
    size_t n = strlen(string);

    return (struct text){string, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n};
}

bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool text_is(struct text a, const char *string)
{
    return text_equal(a, text_of(string));
}

bool is_action_type(struct text type)
{
    uint32_t at = type.length;

    while (at > 0 && type.data[at - 1] != ':')
        at--;
    return text_is((struct text){type.data + at, type.length - at}, "Action");
}

/* How many bytes the well-formed character at ${s} has, or 0.  Unicode, table 3-7. */
static size_t utf8_length(const uint8_t *s, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t n;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        n = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        n = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (left < n || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

size_t text_utf8_prefix(const char *data, size_t length)
{
    const uint8_t *s = (const uint8_t *)data;
    size_t at = 0;

    while (at < length) {
        size_t n = utf8_length(s + at, length - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

bool text_is_utf8(const char *data, size_t length)
{
    return text_utf8_prefix(data, length) == length;
}

static uint32_t text_hash(struct text t)
{
    uint32_t h = 2166136261U;

    for (uint32_t i = 0; i < t.length; i++)
        h = (h ^ (uint8_t)t.data[i]) * 16777619U;
    return h ^ (h >> 15);
}

int symbols_init(struct symbols *s, const struct symbols *below, uint32_t room, bool grows,
                 struct arena *arena)
{
    uint32_t slots = 16;

    while (slots < room * 2)
        slots *= 2;
    *s = (struct symbols){.room = room, .slot_count = slots, .grows = grows, .arena = arena};
    s->entries = calloc(room, sizeof *s->entries);
    s->slots = calloc(slots, sizeof *s->slots);
    symbols_reset(s, below);
    return s->entries == NULL || s->slots == NULL ? CEDAR_ERR_MEMORY : 0;
}

void symbols_free(struct symbols *s)
{
    free(s->entries);
    free(s->slots);
    *s = (struct symbols){0};
}

void symbols_reset(struct symbols *s, const struct symbols *below)
{
    s->below = below;
    s->first = below == NULL ? 0 : below->first + below->count;
    s->count = 0;
}

/* The slot where ${t} is, or would be put. */
static uint32_t slot_of(const struct symbols *s, struct text t, uint32_t hash, bool *ret_used)
{
    uint32_t slot = hash & (s->slot_count - 1);

    for (;; slot = (slot + 1) & (s->slot_count - 1)) {
        uint32_t i = s->slots[slot];
        *ret_used = i < s->count && s->entries[i].slot == slot;
        if (!*ret_used)
            return slot;
        const struct symbol *e = &s->entries[i];
        if (e->hash == hash && text_equal((struct text){e->data, e->length}, t))
            return slot;
    }
}

static bool find_hashed(const struct symbols *s, struct text t, uint32_t hash, uint32_t *ret)
{
    bool used;

    for (; s != NULL; s = s->below) {
        uint32_t slot = slot_of(s, t, hash, &used);
        if (used) {
            *ret = s->first + s->slots[slot];
            return true;
        }
    }
    return false;
}

bool symbols_find(const struct symbols *s, struct text t, uint32_t *ret)
{
    return find_hashed(s, t, text_hash(t), ret);
}

static int make_room(struct symbols *s)
{
    if (s->count < s->room)
        return 0;
    if (!s->grows || s->room > UINT32_MAX / 8)
        return CEDAR_ERR_LIMIT;
    struct symbol *entries = reallocarray(s->entries, s->room * 2, sizeof *entries);
    if (entries == NULL)
        return CEDAR_ERR_MEMORY;
    s->entries = entries;
    s->room *= 2;
    uint32_t *slots = calloc((size_t)s->slot_count * 2, sizeof *slots);
    if (slots == NULL)
        return CEDAR_ERR_MEMORY;
    free(s->slots);
    s->slots = slots;
    s->slot_count *= 2;
    for (uint32_t i = 0; i < s->count; i++)
        s->entries[i].slot = UINT32_MAX;
    for (uint32_t i = 0; i < s->count; i++) {
        struct symbol *e = &s->entries[i];
        bool used;
        e->slot = slot_of(s, (struct text){e->data, e->length}, e->hash, &used);
        s->slots[e->slot] = i;
    }
    return 0;
}

int symbols_add(struct symbols *s, struct text t, uint32_t *ret)
{
    uint32_t hash = text_hash(t);
    bool used;
    int r;

    if (find_hashed(s, t, hash, ret))
        return 0;
    if (t.length > CEDAR_TEXT_MAX)
        return CEDAR_ERR_LIMIT;
    if ((r = make_room(s)) != 0)
        return r;
    char *copy = arena_take(s->arena, (size_t)t.length + 1);
    if (copy == NULL)
        return s->arena->error;
    if (t.length != 0)
        memcpy(copy, t.data, t.length);
    copy[t.length] = '\0';
    uint32_t slot = slot_of(s, t, hash, &used);
    s->entries[s->count] = (struct symbol){copy, t.length, hash, slot};
    s->slots[slot] = s->count;
    *ret = s->first + s->count++;
    return 0;
}

struct text symbols_text(const struct symbols *s, uint32_t number)
{
    while (number < s->first) {
        s = s->below;
        assert(s != NULL);
    }
    assert(number - s->first < s->count);
    const struct symbol *e = &s->entries[number - s->first];
    return (struct text){e->data, e->length};
}

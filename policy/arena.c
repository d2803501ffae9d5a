#include "policy/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/cedar.h"

#define CHUNK_BYTES ((size_t)16384)
#define ALIGN       ((size_t)8)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    _Alignas(8) uint8_t data[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t size)
{
    struct arena_chunk *c = malloc(sizeof *c + size);

    if (c == NULL) {
        a->error = CEDAR_ERR_MEMORY;
        return NULL;
    }
    c->next = NULL;
    c->size = size;
    c->used = 0;
    a->taken += size;
    return c;
}

int arena_init_growing(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
    a->first = a->now = chunk_new(a, CHUNK_BYTES);
    return a->error;
}

int arena_init_fixed(struct arena *a, size_t bytes)
{
    *a = (struct arena){.limit = bytes};
    a->first = a->now = chunk_new(a, bytes);
    return a->error;
}

void arena_free(struct arena *a)
{
    struct arena_chunk *c = a->first;

    while (c != NULL) {
        struct arena_chunk *next = c->next;
        free(c);
        c = next;
    }
    *a = (struct arena){0};
}

void *arena_take(struct arena *a, size_t size)
{
    if (a->error != 0 || size > a->limit) {
        a->error = a->error != 0 ? a->error : CEDAR_ERR_LIMIT;
        return NULL;
    }
    size = (size + ALIGN - 1) & ~(ALIGN - 1);
    if (size > a->now->size - a->now->used) {
        size_t bytes = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        if (bytes > a->limit - (a->taken < a->limit ? a->taken : a->limit)) {
            a->error = CEDAR_ERR_LIMIT;
            return NULL;
        }
        struct arena_chunk *c = chunk_new(a, bytes);
        if (c == NULL)
            return NULL;
        a->now->next = c;
        a->now = c;
    }
    void *at = a->now->data + a->now->used;
    a->now->used += size;
    return at;
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *at = arena_take(a, size);

    if (at != NULL && size != 0)
        memcpy(at, data, size);
    return at;
}

size_t arena_mark(const struct arena *a)
{
    return a->now->used;
}

void arena_rewind(struct arena *a, size_t mark)
{
    assert(a->now == a->first && mark <= a->now->used);
    a->now->used = mark;
    a->error = 0;
}

void *array_grow(void *data, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return data;
    if (*room > UINT32_MAX / 2 || (size_t)*room * 2 > SIZE_MAX / size)
        return NULL;
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *moved = realloc(data, more * size);
    if (moved != NULL)
        *room = more;
    return moved;
}

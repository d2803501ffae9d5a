#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is given back all at once.  A growing arena takes more chunks from
 * malloc until ${limit} bytes; a fixed one never takes more than its first.
 * After a failure ${error} says why and every later request fails too.
 */
struct arena {
    struct arena_chunk *first;
    struct arena_chunk *now;
    size_t taken; /* bytes in all chunks */
    size_t limit;
    int error; /* 0, CEDAR_ERR_MEMORY or CEDAR_ERR_LIMIT */
};

/* arena_init_*(a, …): 0 or CEDAR_ERR_MEMORY.  End with arena_free(), also after a failure. */
int arena_init_growing(struct arena *a, size_t limit);
int arena_init_fixed(struct arena *a, size_t bytes);
void arena_free(struct arena *a);

/* arena_take(a, size): ${size} bytes, aligned for anything we keep, or NULL. */
void *arena_take(struct arena *a, size_t size);

/* arena_copy(a, data, size): The same, filled from ${data}. */
void *arena_copy(struct arena *a, const void *data, size_t size);

/* arena_mark(a), arena_rewind(a, mark): Give back what was taken since.  Fixed arenas only. */
size_t arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, size_t mark);

/*
 * array_grow(data, count, room, size):
 * Make room for one more element behind the ${count} in ${data}, a malloc'd
 * array of *${room} elements of ${size} bytes.  Return the array, perhaps moved,
 * or NULL, and then the old one is untouched.
 */
void *array_grow(void *data, uint32_t count, uint32_t *room, size_t size);

#endif

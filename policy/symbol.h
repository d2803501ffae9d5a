#ifndef POLICY_SYMBOL_H
#define POLICY_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A borrowed run of UTF-8, not terminated unless said so. */
struct text {
    const char *data;
    uint32_t length;
};

/* text_of(string): The text of a C string. */
struct text text_of(const char *string);
bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *string);

/* text_is_utf8(data, length): Whether it is well-formed (no surrogates, no overlong forms). */
bool text_is_utf8(const char *data, size_t length);

/* text_utf8_prefix(data, length): How many bytes of it, from the start, are well-formed. */
size_t text_utf8_prefix(const char *data, size_t length);

/* is_action_type(type): Whether the last name of an entity type's path is `Action`. */
bool is_action_type(struct text type);

/*
 * Texts numbered 0, 1, 2, …  A table may stand on another (policies, then base,
 * then overlay) and goes on counting where that one ends; a text is added only
 * where no table below has it.  So within one stack equal text means equal number.
 */
struct symbols {
    const struct symbols *below;
    uint32_t first; /* the number of entries[0] */
    uint32_t count;
    uint32_t room;
    struct symbol *entries;
    uint32_t *slots; /* open addressing; a slot is in use if its entry points back at it */
    uint32_t slot_count;
    struct arena *arena; /* keeps the texts, terminated */
    bool grows;
};

/*
 * symbols_init(s, below, room, grows, arena):
 * An empty table on top of ${below} (or NULL), whose count must not change any
 * more, with ${room} places at first.  0 or CEDAR_ERR_MEMORY.
 */
int symbols_init(struct symbols *s, const struct symbols *below, uint32_t room, bool grows,
                 struct arena *arena);
void symbols_free(struct symbols *s);

/* symbols_reset(s, below): Empty, on top of ${below}, in constant time. */
void symbols_reset(struct symbols *s, const struct symbols *below);

/* symbols_add(s, text, ret): The number of ${text}, new or not.  0 or a CEDAR_ERR_ code. */
int symbols_add(struct symbols *s, struct text text, uint32_t *ret);

/* symbols_find(s, text, ret): Whether some table of the stack has ${text}, and its number. */
bool symbols_find(const struct symbols *s, struct text text, uint32_t *ret);

/* symbols_text(s, number): Its text, terminated. */
struct text symbols_text(const struct symbols *s, uint32_t number);

#endif

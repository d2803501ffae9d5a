#ifndef POLICY_SCHEMA_TEXT_READER_H
#define POLICY_SCHEMA_TEXT_READER_H

#include "policy/schema/raw.h"

/*
 * Cedar's schema language: a recursive descent, one token ahead.  The first
 * problem is kept in ${raw}; after it every function returns false.
 */
struct reader {
    struct raw *raw;
    uint32_t fragment;
    const char *text;
    uint32_t end;
    struct token now;
    uint32_t before; /* where the token before ${now} ends */
    unsigned nesting;
    uint16_t *decoded; /* room for the longest string */
    uint32_t nameless; /* the empty namespace, or UINT32_MAX while there is none */
};

/* reader_place(r, span), reader_here(r), reader_since(r, start): A place; that of the token ahead;
   from ${start} to the last token taken. */
struct place reader_place(const struct reader *r, struct span span);
struct place reader_here(const struct reader *r);
struct place reader_since(const struct reader *r, uint32_t start);

/* reader_ahead(r), reader_advance(r): The text of the token ahead; take it. */
struct text reader_ahead(const struct reader *r);
void reader_advance(struct reader *r);

/*
 * reader_at…: Whether it is ahead.  reader_take…: Take it then.  reader_need: It
 * is a problem otherwise.  Words of the schema language are reserved nowhere.
 */
bool reader_at(const struct reader *r, enum token_kind kind);
bool reader_at_word(const struct reader *r, const char *word);
bool reader_take(struct reader *r, enum token_kind kind);
bool reader_take_word(struct reader *r, const char *word);
bool reader_take_question(struct reader *r);
bool reader_need(struct reader *r, enum token_kind kind);

/* reader_more(r, close, what): Take a `,`, behind which ${close} is a problem: ${what} is missing.
 */
bool reader_more(struct reader *r, enum token_kind close, const char *what);

/* reader_expected(r, what, help): The token ahead is not ${what}.  Always false. */
bool reader_expected(struct reader *r, const char *what, const char *help);

/* reader_enter(r): Something nests; ${nesting} is to be lowered behind it. */
bool reader_enter(struct reader *r);

/*
 * The symbol of a string; of a name that ${what} says; of one that is declared,
 * which `__cedar` cannot be; of either; of A::B as one path.  With ${ret_id}
 * also A::B::"id", which then sets it.
 */
bool reader_string(struct reader *r, uint32_t *ret);
bool reader_name(struct reader *r, const char *what, uint32_t *ret);
bool reader_own_name(struct reader *r, const char *what, uint32_t *ret);
bool reader_name_or_string(struct reader *r, const char *what, uint32_t *ret);
bool reader_path(struct reader *r, const char *what, uint32_t *ret, uint32_t *ret_id);

/* reader_annotations(r): Any number; each name stands once, and means nothing. */
bool reader_annotations(struct reader *r);

#endif

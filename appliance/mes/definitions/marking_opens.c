/* Does a changed marking open what the one before closed? */
#include <string.h>

#include "appliance/mes/definitions/marking.h"

/* The next word of ${text}, its length in ${ret_length}; NULL behind the last. */
static const char *next_word(const char *text, size_t *ret_length)
{
    text += strspn(text, " ");
    *ret_length = strcspn(text, " ");
    return *ret_length ? text : NULL;
}

static bool has_word(const char *text, const char *word, size_t length)
{
    size_t n;
    for (const char *at = text; (at = next_word(at, &n)); at += n)
        if (n == length && memcmp(at, word, n) == 0)
            return true;
    return false;
}

/* Each word of the one is among those of the other. */
static bool is_within(const char *words, const char *others)
{
    size_t n;
    for (const char *at = words; (at = next_word(at, &n)); at += n)
        if (!has_word(others, at, n))
            return false;
    return true;
}

/* Only who is on the list passes; without a list everybody does. */
static bool widens(const char *before, const char *after)
{
    return before[0] && (!after[0] || !is_within(after, before));
}

static bool differs(const char *before, const char *after)
{
    return strcmp(before, after) != 0;
}

const char *marking_opens(const struct marking *before, const struct marking *after)
{
    const struct marking *b = before, *a = after;
    if (!b)
        return NULL;
    if (a->level < b->level)
        return "the level goes down";
    if (b->itar && !a->itar)
        return "it would be ITAR technical data no more";
    if (b->ear && !a->ear)
        return "it would be EAR technology no more";
    if (!is_within(b->dissem, a->dissem))
        return "a control word such as NOFORN is taken off";
    if (!is_within(b->ldc, a->ldc))
        return "a limit of dissemination such as FEDONLY is taken off";
    if (!is_within(b->excluded, a->excluded) || (b->excluded[0] && !a->excluded[0]))
        return "an employer is shut out no more";
    if (widens(b->rel_to, a->rel_to))
        return "it is released to more countries";
    if (a->rel_to[0] && differs(b->id, a->id))
        return "a disclosure record that names it counts from then on";
    if (widens(b->zones, a->zones))
        return "it may be shown in more zones";
    if (b->group[0] && differs(b->group, a->group))
        return "another need-to-know group, or none";
    if ((b->itar || b->ear) && differs(b->category, a->category))
        return "another category, for which others are authorized";
    if (b->itar && a->party[0] && differs(b->party, a->party))
        return "another party, whose employees are exempt";
    if (has_word(b->ldc, "DL", 2) && a->list[0] && differs(b->list, a->list))
        return "another distribution list";
    if (a->contract[0] && differs(b->contract, a->contract))
        return "another contract, whose people may see it";
    return NULL;
}

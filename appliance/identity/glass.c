#include "appliance/identity/glass.h"

#include <string.h>

#include "crypto/error.h"

#define GLASS(action, words) action,
const char *const glass_actions[] = {
#include "appliance/identity/glass.def"
    NULL};
#undef GLASS
#define GLASS(action, words) words,
static const char *const texts[] = {
#include "appliance/identity/glass.def"
};

const char *glass_action_text(const char *action)
{
    for (size_t i = 0; glass_actions[i]; i++)
        if (strcmp(action, glass_actions[i]) == 0)
            return texts[i];
    return action;
}

bool glass_is_action(struct bytes_view action)
{
    for (size_t i = 0; glass_actions[i]; i++)
        if (bytes_equal_text(action, glass_actions[i]))
            return true;
    return false;
}

struct glass *glasses_find(struct glasses *glasses, const uint8_t id[static 16])
{
    for (size_t i = 0; i < glasses->count; i++)
        if (memcmp(glasses->glass[i].glass, id, 16) == 0)
            return &glasses->glass[i];
    return NULL;
}

/* The oldest that was reviewed: it may be forgotten here, the log keeps it. */
static size_t oldest_reviewed(const struct glasses *glasses)
{
    size_t i = 0;
    while (i < glasses->count && glasses->glass[i].verdict == GLASS_UNREVIEWED)
        i++;
    return i;
}

const char *glasses_refuse(struct glasses *glasses, const struct glass *wanted, int64_t now_ms)
{
    size_t waiting = 0;
    if (!glass_is_action(bytes_text(wanted->action)))
        return "The glass is not broken for this: only for seeing and doing a job, never for "
               "releases, approvals, people, policy or audit.";
    if (glasses_find(glasses, wanted->glass))
        return "This was done already.";
    for (size_t i = 0; i < glasses->count; i++) {
        const struct glass *g = &glasses->glass[i];
        if (memcmp(g->person, wanted->person, 16) != 0)
            continue;
        if (now_ms < g->until_ms && strcmp(g->enclave, wanted->enclave) == 0 &&
            strcmp(g->action, wanted->action) == 0)
            return "You have broken the glass for this within the hour. If it does not open any "
                   "more, "
                   "an officer has closed it: call your security officer.";
        waiting += g->verdict == GLASS_UNREVIEWED;
    }
    if (waiting >= GLASS_OF_PERSON)
        return "You have broken the glass too often without a review. Call your security officer.";
    if (glasses->count == GLASS_MAX && oldest_reviewed(glasses) == GLASS_MAX)
        return "Too much broken glass waits for a review. Call your security officer.";
    return NULL;
}

int glasses_break(struct glasses *glasses, const struct glass *glass)
{
    if (glasses_find(glasses, glass->glass))
        return ERR_DUPLICATE;
    if (glasses->count == GLASS_MAX) {
        size_t gone = oldest_reviewed(glasses);
        if (gone == GLASS_MAX)
            return ERR_FULL;
        memmove(&glasses->glass[gone], &glasses->glass[gone + 1],
                (GLASS_MAX - gone - 1) * sizeof *glass);
        glasses->count--;
    }
    glasses->glass[glasses->count++] = *glass;
    return 0;
}

int glasses_review(struct glasses *glasses, const uint8_t id[static 16], unsigned verdict,
                   const uint8_t by[static 16], struct bytes_view words, int64_t now_ms)
{
    struct glass *g = glasses_find(glasses, id);
    if (!g)
        return ERR_UNKNOWN;
    if (g->verdict != GLASS_UNREVIEWED)
        return ERR_STATE;
    if (verdict != GLASS_JUSTIFIED && verdict != GLASS_NOT_JUSTIFIED)
        return ERR_RANGE;
    size_t length = words.length < sizeof g->words ? words.length : sizeof g->words - 1;
    g->verdict = (enum glass_verdict)verdict;
    g->reviewed_ms = now_ms;
    memcpy(g->reviewed_by, by, 16);
    memcpy(g->words, words.data, length);
    g->words[length] = '\0';
    return 0;
}

bool glass_is_due(const struct glass *glass, int64_t signed_in_ms, int64_t now_ms)
{
    return glass->verdict == GLASS_UNREVIEWED &&
           (signed_in_ms > glass->broken_ms || now_ms >= glass->broken_ms + GLASS_REVIEW_MS);
}

enum glass_verdict glass_verdict_by_name(struct bytes_view text)
{
    if (bytes_equal_text(text, "justified"))
        return GLASS_JUSTIFIED;
    return bytes_equal_text(text, "not-justified") ? GLASS_NOT_JUSTIFIED : GLASS_UNREVIEWED;
}

const char *glass_verdict_text(enum glass_verdict verdict)
{
    return verdict == GLASS_JUSTIFIED       ? "justified"
           : verdict == GLASS_NOT_JUSTIFIED ? "not-justified"
                                            : "";
}

#ifndef APPLIANCE_IDENTITY_GLASS_H
#define APPLIANCE_IDENTITY_GLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"

/*
 * Broken glass, without a clock and without a log: who opened which action for an hour,
 * and whether an officer has looked at it.  The one list of what may be opened so is
 * glass.def.
 */
#define GLASS_MS        ((int64_t)60 * 60 * 1000)
#define GLASS_REVIEW_MS ((int64_t)24 * 60 * 60 * 1000)
#define GLASS_MAX       512 /* remembered: all that wait, and the newest that were reviewed */
#define GLASS_OF_PERSON 8   /* of one person that may wait for a review */

enum glass_verdict { GLASS_UNREVIEWED = 0, GLASS_JUSTIFIED, GLASS_NOT_JUSTIFIED };

struct glass {
    uint8_t glass[16]; /* and the id of its record */
    uint8_t person[16];
    uint8_t station[16]; /* where it was broken */
    char enclave[9];
    char action[41];
    char reason[201];
    int64_t broken_ms, until_ms;
    enum glass_verdict verdict;
    uint8_t reviewed_by[16];
    int64_t reviewed_ms;
    char words[201];
};

struct glasses {
    struct glass glass[GLASS_MAX]; /* in the order of time */
    size_t count;
};

/* glass_actions: The names of what may be opened, ended by NULL. */
extern const char *const glass_actions[];
bool glass_is_action(struct bytes_view action);
/* glass_action_text(action): What it opens, as one says it; ${action} itself where it is none. */
const char *glass_action_text(const char *action);

/* glasses_find(glasses, id): NULL where it is not remembered. */
struct glass *glasses_find(struct glasses *glasses, const uint8_t id[static 16]);

/* glasses_refuse(glasses, wanted, now_ms): NULL when ${wanted} (glass, person, enclave, action) may
 * be broken now, else why not, in words. */
const char *glasses_refuse(struct glasses *glasses, const struct glass *wanted, int64_t now_ms);

/* glasses_break(glasses, glass): ERR_DUPLICATE; ERR_FULL when all that are remembered wait. */
must_use int glasses_break(struct glasses *glasses, const struct glass *glass);

/* glasses_review(glasses, id, verdict, by, words, now_ms): ERR_UNKNOWN; ERR_STATE when it was
 * reviewed; ERR_RANGE for a verdict that is none. */
must_use int glasses_review(struct glasses *glasses, const uint8_t id[static 16], unsigned verdict,
                            const uint8_t by[static 16], struct bytes_view words, int64_t now_ms);

/* glass_is_due(glass, signed_in_ms, now_ms): Must an officer who signed in at ${signed_in_ms}
 * review it before anything else?  From the next sign-in on, and from a day later in any case. */
bool glass_is_due(const struct glass *glass, int64_t signed_in_ms, int64_t now_ms);

/* glass_verdict_by_name(text): GLASS_UNREVIEWED for a text that is none. */
enum glass_verdict glass_verdict_by_name(struct bytes_view text);
const char *glass_verdict_text(enum glass_verdict verdict);

#endif

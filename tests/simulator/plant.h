#ifndef TESTS_SIMULATOR_PLANT_H
#define TESTS_SIMULATOR_PLANT_H

#include "appliance/mes/mes.h"
#include "enclave/process/message.h"
#include "tests/simulator/world.h"

/*
 * The reference model: what a floor, its orders and its people are, written from what the
 * operations promise.  It says what each answer must be, and holds every event of the log against
 * what was asked: there once when it was answered as done, and otherwise not at all.
 */

/* plant_given(asked): The worker is about to be given this request. */
void plant_given(struct asked *asked);
/* plant_acknowledged(id): The worker is about to hear that the auditor has this intent. */
void plant_acknowledged(const uint8_t id[static 16]);
/* plant_answered(answer): The worker has answered; nothing has left yet. */
void plant_answered(const struct message_answer *answer);
/* plant_verdicts(wire): What intake was told; empties it. */
void plant_verdicts(struct wire *wire);

/*
 * plant_settle(restarted): Read what the log has gained, and hold it and the answers against the
 * requests that the worker was given.  With ${restarted} those without an answer are in doubt, and
 * the log says what became of each.  Ends the life when something is not as it must be.
 */
void plant_settle(bool restarted);

/* plant_compare(): The worker's rows of units against the model's. */
void plant_compare(void);

/* plant_hear(answer): An answer has reached its browser. */
void plant_hear(const struct message_answer *answer);

/* plant_is_done(id, person, operation): NULL, or what was done. */
const struct model_done *plant_done(const uint8_t id[static 16], enum person person,
                                    unsigned operation);

/* plant_allows(asked, now_ms): Would the policies let this person do this? */
bool plant_allows(const struct asked *asked, int64_t now_ms);

/* The characteristics: of the segments 0 and 2. */
#define PLANT_CHARACTERISTICS 3
extern const struct plant_characteristic {
    const char *balloon;
    unsigned segment;
    bool gaged;
} plant_characteristic[PLANT_CHARACTERISTICS];
extern const unsigned plant_sequence[SEGMENTS];
#define PLANT_GAGE_UNTIL_DAYS 20 /* the second gage's calibration */
#define PLANT_BEGAN_MS        ((int64_t)1780000000000)

uint64_t plant_hash(const void *data, size_t length);

#endif

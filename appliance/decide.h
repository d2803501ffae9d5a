#ifndef APPLIANCE_DECIDE_H
#define APPLIANCE_DECIDE_H

#include "appliance/identity/snapshot.h"
#include "appliance/operation.h"
#include "appliance/station.h"
#include "policy/cedar.h"

/*
 * The policy decision: the Cedar policies in force, the people and stations of the
 * snapshot, the markings of objects, and for each request the object it is about.  Any
 * policy error is a denial.
 */
struct decider;

/* How a kind of object is marked.  Texts are "" where nothing is said; lists are words
 * with spaces between. */
struct marking {
    char id[33]; /* "program", or the number of a part or document */
    int64_t level;
    bool itar, ear;
    char category[25]; /* of the USML, or an ECCN */
    char party[33];    /* the foreign party whose employees may be exempt */
    bool noforn;
    char rel_to[81]; /* countries */
    char dissem[81]; /* NOFORN ORCON PROPIN FGI */
    char ldc[61];    /* limited dissemination: NOCON FEDONLY FEDCON DL DISPLAY */
    char list[33];   /* the distribution list of DL */
    char contract[41];
    char excluded[81]; /* employers that a clause shuts out */
    char zones[61];
    char group[33]; /* of need-to-know */
};

/* Somebody else than everybody who is known: in questions about what takes two people, who did the
 * other half.  Every base has him, and no session is his. */
extern const uint8_t decide_somebody[16];

/* What the policy is asked about: built before the decision, also for what does not exist. */
struct subject {
    bool exists;
    size_t number; /* of the row of its table */
    const char *site;
    const char *marking; /* the id of one, NULL for what has no content */
    bool technical;
    const char *skill;     /* of a unit's operation; NULL for none */
    uint8_t requester[16]; /* people; zeros for none */
    uint8_t approver[16];
    uint8_t entered_by[16]; /* natural persons; zeros for none */
    uint8_t about[16];
};

/* Where, when and how surely somebody asks. */
struct circumstance {
    uint8_t station[16];
    unsigned factor;    /* enum factor */
    int64_t since_ms;   /* how long ago it was verified */
    uint8_t escort[16]; /* zeros for none */
    int64_t now_ms;
};

#define DECIDE_REASONS_MAX 8
#define DECIDE_DETAIL      80
#define DECIDE_POLICIES    401

struct decide_reason {
    char policy[48];
    char why[160];
};

struct decision {
    bool allowed;
    bool erred;
    char erring[48];                /* the id of the first policy that erred */
    char policies[DECIDE_POLICIES]; /* the ids that determined it, with spaces between */
    size_t reasons;                 /* of a denial: the forbids that fired, or what was not met */
    struct decide_reason reason[DECIDE_REASONS_MAX];
};

/*
 * decider_new(enclave, training, ret_decider): One without policies, which denies.
 * decider_policies_set(decider, site, program, why, size): Compile both layers, in this order;
 * on ERR_POLICY nothing has changed and ${why} says where and what.  The people and markings
 * are kept.  ${program} may be empty.
 */
must_use int decider_new(const char *enclave, bool training, struct decider **ret_decider);
must_use int decider_policies_set(struct decider *decider, struct bytes_view site,
                                  struct bytes_view program, char *why, size_t size);
void decider_free(struct decider *decider);

/* decider_people(decider, snapshot, now_ms): From now on these are the people and stations, swapped
 * whole; borrowed.  What begins or ends with time is followed by itself. */
must_use int decider_people(struct decider *decider, const struct snapshot *snapshot,
                            int64_t now_ms);

/* decider_markings(decider, markings, count, now_ms): From now on these are the markings; borrowed.
 */
must_use int decider_markings(struct decider *decider, const struct marking *markings, size_t count,
                              int64_t now_ms);

/* decide(decider, person, operation, subject, circumstance, ret_decision): A denial explains
 * itself in ${ret_decision}; what is not decided is denied. */
void decide(struct decider *decider, const uint8_t person[static 16],
            const struct operation *operation, const struct subject *subject,
            const struct circumstance *circumstance, struct decision *ret_decision);

/* decide_detail(decision, out): A denial for the journal: its first policy, or which one erred. */
const char *decide_detail(const struct decision *decision, char out[static DECIDE_DETAIL]);

/*
 * decider_request(decider, person, operation, subject, circumstance, ret_request):
 * The same question without its answer, for explaining: it stands in decider_entities() until
 * the next question.  ERR_POLICY when it cannot be asked.
 */
must_use int decider_request(struct decider *decider, const uint8_t person[static 16],
                             const struct operation *operation, const struct subject *subject,
                             const struct circumstance *circumstance,
                             struct cedar_request *ret_request);
const struct cedar_policies *decider_compiled(const struct decider *decider);
const struct cedar_entities *decider_entities(const struct decider *decider);
struct cedar_scratch *decider_scratch(struct decider *decider);

/* decider_base_add(decider, entities, now_ms, ret_next_ms): What stays between questions (actions,
 * people, stations, markings), described in a base of somebody else's. */
void decider_base_add(const struct decider *decider, struct cedar_entities *entities,
                      int64_t now_ms, int64_t *ret_next_ms);

/* decider_object_add(decider, entities, type, id, subject), decider_training_station(entities,
 * site), decider_context(decider, entities, circumstance, action, weekday, time_of_day): The other
 * parts of a question, in somebody else's base: an object, the only station of a training site, a
 * context. */
void decider_object_add(const struct decider *decider, struct cedar_entities *entities,
                        const char *type, const char *id, const struct subject *subject);
void decider_training_station(struct cedar_entities *entities, const char *site);
struct cedar_value decider_context(const struct decider *decider, struct cedar_entities *entities,
                                   const struct circumstance *circumstance, const char *action,
                                   int64_t weekday, int64_t time_of_day);

/* decider_hash(decider): BLAKE2b-256 of the policy texts. */
const uint8_t *decider_hash(const struct decider *decider);
unsigned decider_policies(const struct decider *decider);

#endif

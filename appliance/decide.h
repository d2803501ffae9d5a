#ifndef APPLIANCE_WORKER_DECIDE_H
#define APPLIANCE_WORKER_DECIDE_H

#include "appliance/identity/snapshot.h"
#include "appliance/operation.h"

/*
 * The policy decision: the Cedar policies in force, the people of the snapshot, and
 * for each request the object it is about.  Any policy error is a denial.
 */
struct decider;

/* What the policy is asked about: built before the decision, also for what does not exist. */
struct subject {
    bool exists;
    size_t number; /* of the row of its table */
    const char *site;
    int64_t level;
    bool export_controlled;
    bool technical;
    uint8_t requester[16]; /* zeros for none */
    uint8_t approver[16];
};

#define DECIDE_REASONS_MAX 8

struct decide_reason {
    char policy[48];
    char why[160];
};

struct decision {
    bool allowed;
    bool erred;
    char policies[401]; /* the ids that determined it, with spaces between */
    size_t reasons;     /* of a denial: the forbids that fired, or what was not met */
    struct decide_reason reason[DECIDE_REASONS_MAX];
};

/* decider_new(enclave, policy, training, ret_decider): Compile ${policy}.  ERR_POLICY after a
 * logged message with line and column. */
must_use int decider_new(const char *enclave, struct bytes_view policy, bool training,
                         struct decider **ret_decider);
void decider_free(struct decider *decider);

/* decider_people(decider, snapshot): From now on these are the people; swapped whole. */
must_use int decider_people(struct decider *decider, const struct snapshot *snapshot);

/* decide(decider, person, operation, subject, factor, now_ms, ret_decision): A denial explains
 * itself in ${ret_decision}; what is not decided is denied. */
void decide(struct decider *decider, const struct snapshot_person *person,
            const struct operation *operation, const struct subject *subject, unsigned factor,
            int64_t now_ms, struct decision *ret_decision);

/* decider_hash(decider): BLAKE2b-256 of the policy texts. */
const uint8_t *decider_hash(const struct decider *decider);
unsigned decider_policies(const struct decider *decider);

#endif

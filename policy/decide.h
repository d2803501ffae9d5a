#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/eval.h"

/* What deciding and explaining share. */
struct cedar_scratch {
    struct arena arena;
};

/* request_is_decidable(policies, entities, request): Whether the store is frozen over these
 * policies and the request is three entities and a record. */
bool request_is_decidable(const struct cedar_policies *policies,
                          const struct cedar_entities *entities,
                          const struct cedar_request *request);

#endif

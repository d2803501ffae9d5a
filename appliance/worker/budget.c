#include "appliance/worker/budget.h"

#include <string.h>

uint64_t budget_take(struct budget *budget, const uint8_t session[static 16], uint64_t now_ms)
{
    const struct asked_once *first = NULL, *first_of_session = NULL;
    size_t all = 0, of_session = 0;
    for (size_t i = 0; i < budget->count; i++) {
        const struct asked_once *a =
            &budget->asked[(budget->next + BUDGET_ALL - budget->count + i) % BUDGET_ALL];
        if (now_ms - a->at_ms >= BUDGET_WINDOW_MS)
            continue;
        first = all++ ? first : a;
        if (memcmp(a->session, session, 16) == 0)
            first_of_session = of_session++ ? first_of_session : a;
    }
    if (all == BUDGET_ALL)
        return first->at_ms + BUDGET_WINDOW_MS - now_ms;
    if (of_session == BUDGET_SESSION)
        return first_of_session->at_ms + BUDGET_WINDOW_MS - now_ms;
    struct asked_once *a = &budget->asked[budget->next];
    memcpy(a->session, session, 16);
    a->at_ms = now_ms;
    budget->next = (budget->next + 1) % BUDGET_ALL;
    budget->count += budget->count < BUDGET_ALL;
    return 0;
}

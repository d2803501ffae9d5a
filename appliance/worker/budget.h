#ifndef APPLIANCE_WORKER_BUDGET_H
#define APPLIANCE_WORKER_BUDGET_H

#include <stddef.h>
#include <stdint.h>

/*
 * How often what keeps everybody waiting may be asked.  Putting a past day together reads every
 * person of that day from the log, in the one thread that all work in: so often in any minute for
 * one session, and so often for all of them.  A pure table; zeroed memory is an empty one.
 */
#define BUDGET_SESSION   10
#define BUDGET_ALL       20
#define BUDGET_WINDOW_MS 60000

struct budget {
    struct asked_once {
        uint8_t session[16];
        uint64_t at_ms;
    } asked[BUDGET_ALL]; /* the last ones, in a ring */
    size_t count, next;
};

/* budget_take(budget, session, now_ms): 0, and it counts; or in how many milliseconds ${session}
 * may ask again. */
uint64_t budget_take(struct budget *budget, const uint8_t session[static 16], uint64_t now_ms);

#endif

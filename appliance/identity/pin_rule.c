#include "appliance/identity/pin_rule.h"

#include <stdbool.h>

#define PIN_SHORTEST 6
#define PIN_DIGITS   3 /* different ones */

static bool is_digits(struct bytes_view pin)
{
    for (size_t i = 0; i < pin.length; i++)
        if (pin.data[i] < '0' || pin.data[i] > '9')
            return false;
    return true;
}

static unsigned digits_of(struct bytes_view pin)
{
    bool seen[10] = {false};
    unsigned count = 0;
    for (size_t i = 0; i < pin.length; i++) {
        count += !seen[pin.data[i] - '0'];
        seen[pin.data[i] - '0'] = true;
    }
    return count;
}

/* 123456, 987654, 789012: each digit is the next one's neighbour, always on the same side. */
static bool is_run(struct bytes_view pin)
{
    unsigned step = (10u + pin.data[1] - pin.data[0]) % 10;
    for (size_t i = 1; i < pin.length; i++)
        if ((10u + pin.data[i] - pin.data[i - 1]) % 10 != step)
            return false;
    return step == 1 || step == 9;
}

/* 123123, 1231231: what stands at the front comes again and again, at least twice. */
static bool is_repetition(struct bytes_view pin)
{
    for (size_t period = 1; period <= pin.length / 2; period++) {
        size_t i = period;
        while (i < pin.length && pin.data[i] == pin.data[i - period])
            i++;
        if (i == pin.length)
            return true;
    }
    return false;
}

const char *pin_rule_refused(struct bytes_view pin)
{
    bool good = pin.length >= PIN_SHORTEST && is_digits(pin) && digits_of(pin) >= PIN_DIGITS &&
                !is_run(pin) && !is_repetition(pin);
    return good ? NULL
                : "A new PIN has six digits or more, at least three different ones, and is no run "
                  "such as 123456 and no repetition such as 123123.";
}

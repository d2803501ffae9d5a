#ifndef TESTS_SIMULATOR_FLOOR_H
#define TESTS_SIMULATOR_FLOOR_H

#include "tests/simulator/world.h"

/* The people at their stations: what they ask next, and what they ask once more. */

/* floor_asks(): Somebody asks something; or sends again what he had no answer to, or what was done
 * already, with the same body or another. */
void floor_asks(void);

/* floor_gives(most): The gateway hands up to ${most} of what was asked to the worker. */
unsigned floor_gives(unsigned most);

/* floor_hears(): All answers that have left reach their browsers. */
void floor_hears(void);

/* floor_gateway_gone(): Whoever waits for an answer does not know what became of it. */
void floor_gateway_gone(void);

/* floor_waits(): How many have no answer yet. */
unsigned floor_waits(void);

/* floor_defines(number): The ${number}th of the definitions that a plant begins with; false behind
 * the last. */
bool floor_defines(unsigned number);
/* floor_accepts(person, bundle): As named. */
void floor_accepts(enum person person, long bundle);
void floor_releases(enum person person, long order);

#endif

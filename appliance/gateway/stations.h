#ifndef APPLIANCE_GATEWAY_STATIONS_H
#define APPLIANCE_GATEWAY_STATIONS_H

#include <stdbool.h>

#include "appliance/station.h"
#include "enclave/process/message.h"

/* The stations in force, as identity last said: swapped whole, when its last part has come. */
#define STATIONS_LIST_MAX 4096

struct stations;

must_use int stations_new(struct stations **ret_stations);
void stations_free(struct stations *stations);

/*
 * stations_take(stations, message, ret_whole):
 * A part of a list.  Part 0 begins a new one, whatever came of the last.  With the last
 * part the new list is in force, and ${ret_whole} is true.  ERR_FORMAT for a part out of
 * its order or with a broken id, ERR_SIZE for more than STATIONS_LIST_MAX; then the list
 * before stays in force.
 */
must_use int stations_take(struct stations *stations, const struct message_stations *message,
                           bool *ret_whole);

/* stations_has(stations, station): false for every one before the first list. */
bool stations_has(const struct stations *stations, const uint8_t station[static STATION_ID]);

#endif

/* Which stations are in force, for the gateways: only these end a handshake. */
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "enclave/process/log.h"

#define PART ((size_t)60000 / STATION_ID)

/* Attested, of a site, and not suspended. */
static bool in_force(const struct identity *n, size_t station, int64_t now_ms)
{
    for (const struct record *r = record_newest(n, HOLDER_STATION, station); r;
         r = record_before(n, r))
        if (r->attribute->number == ATTRIBUTE_ATTESTATION && record_is_active(r, now_ms))
            return !n->stations[station].suspended;
    return false;
}

size_t identity_stations(const struct identity *n, uint8_t (*ids)[STATION_ID], size_t max)
{
    int64_t now = identity_now(n);
    size_t count = 0;
    for (size_t i = 0; i < n->stations_count && count < max; i++)
        if (in_force(n, i, now))
            memcpy(ids[count++], n->stations[i].station, STATION_ID);
    return count;
}

void stations_push(struct identity *n, struct peer *gateway)
{
    static uint8_t ids[STATIONS_MAX][STATION_ID];
    struct message m = {.number = MESSAGE_STATIONS};
    if (process_is_training(n->process) || !gateway)
        return;
    size_t count = identity_stations(n, ids, STATIONS_MAX);
    size_t parts = count ? (count + PART - 1) / PART : 1;
    m.stations.parts = (uint16_t)parts;
    for (size_t i = 0; i < parts; i++) {
        size_t from = i * PART, some = count - from < PART ? count - from : PART;
        m.stations.part = (uint16_t)i;
        m.stations.ids = bytes_view_of(ids[from], some * STATION_ID);
        if (process_send(gateway, &m) != 0) {
            log_err("a gateway did not take the list of stations; it gets it when it is back");
            return;
        }
    }
}

void stations_changed(struct identity *n)
{
    stations_push(n, process_peer(n->process, 9, ""));
    for (size_t i = 0; i < n->enclaves_count; i++)
        stations_push(n, process_peer(n->process, 10, n->enclaves[i]));
}

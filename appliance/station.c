#include "appliance/station.h"

#include <stdio.h>
#include <string.h>

const uint8_t station_training[STATION_ID] = "TRAINING";

void station_halves(const uint8_t first[static STATION_ID], const uint8_t second[static STATION_ID],
                    int64_t behind_ms, char out[static STATION_HALVES])
{
    static const uint8_t none[STATION_ID];
    out[0] = '\0';
    if (memcmp(first, none, STATION_ID) != 0 && memcmp(first, second, STATION_ID) == 0)
        snprintf(out, STATION_HALVES, "both halves at one station, %lld s apart",
                 (long long)(behind_ms / 1000));
}

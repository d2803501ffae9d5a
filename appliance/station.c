#include "appliance/station.h"

const uint8_t station_training[STATION_ID] = "TRAINING";

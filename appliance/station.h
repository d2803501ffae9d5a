#ifndef APPLIANCE_STATION_H
#define APPLIANCE_STATION_H

#include <stdint.h>

/*
 * A station's id: the first 16 bytes of SHA-256 over the SubjectPublicKeyInfo (DER)
 * of its certificate.  So it stays the same when the certificate is renewed for the
 * same key, and nobody can choose it.
 */
#define STATION_ID 16

/* The only station of a training site: its name, and zeros. */
extern const uint8_t station_training[STATION_ID];

/*
 * station_halves(first, second, behind_ms, out):
 * What two people did in two halves, at the stations ${first} and ${second}: when they are one,
 * the words for the journal, which a reviewer looks for; else "".  Zeros are no station.
 */
#define STATION_HALVES 64
void station_halves(const uint8_t first[static STATION_ID], const uint8_t second[static STATION_ID],
                    int64_t behind_ms, char out[static STATION_HALVES]);

#endif

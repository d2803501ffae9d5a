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

#endif

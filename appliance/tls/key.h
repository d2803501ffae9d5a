#ifndef APPLIANCE_TLS_KEY_H
#define APPLIANCE_TLS_KEY_H

#include <gnutls/abstract.h>

#include "appliance/station.h"
#include "crypto/bytes.h"
#include "crypto/secret.h"

/* Keys of TLS as GnuTLS has them. */

/*
 * tls_key(key, ret_private):
 * The P-384 pair that crypto/p384.h derives from the 32-byte ${key}.  GnuTLS keeps its
 * copy in ordinary memory, locked where the process's is; end it with
 * gnutls_privkey_deinit().
 */
must_use int tls_key(const struct secret *key, gnutls_privkey_t *ret_private);

/* tls_key_public(private, ret_public): End it with gnutls_pubkey_deinit(). */
must_use int tls_key_public(gnutls_privkey_t private_key, gnutls_pubkey_t *ret_public);

/* tls_key_station(public, out): The id of the station that has this key (appliance/station.h). */
must_use int tls_key_station(gnutls_pubkey_t public_key, uint8_t out[static STATION_ID]);

#endif

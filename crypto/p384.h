#ifndef CRYPTO_P384_H
#define CRYPTO_P384_H

#include "crypto/secret.h"

/*
 * A P-384 key pair (NIST SP 800-186, ECDSA of FIPS 186-5) that is derived and so never
 * stored: c is BLAKE2b-512, keyed with the 32-byte key, of "casemate/p384/1", read as a
 * big-endian number; the scalar is c mod (n - 1) + 1, n the order of the group (FIPS
 * 186-5 A.2.1, with 128 bits more than it asks for).  The public point is nettle's.
 */
#define P384_LENGTH 48

struct p384_point {
    uint8_t x[P384_LENGTH]; /* big-endian */
    uint8_t y[P384_LENGTH];
};

/*
 * p384_derive(key, ret_scalar, ret_point):
 * The pair of ${key}.  ${ret_scalar} is P384_LENGTH bytes, big-endian; the caller frees
 * it.  ERR_KEY unless ${key} is 32 bytes long.
 */
must_use int p384_derive(const struct secret *key, struct secret **ret_scalar,
                         struct p384_point *ret_point);

#endif

#ifndef POLICY_SHA256_H
#define POLICY_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LENGTH 32U

/* sha256(data, length, ret): SHA-256 (FIPS 180-4) of ${length} bytes: the name of a policy set. */
void sha256(const void *data, size_t length, uint8_t ret[static SHA256_LENGTH]);

#endif

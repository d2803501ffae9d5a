#ifndef CRYPTO_DERIVE_H
#define CRYPTO_DERIVE_H

#include "crypto/secret.h"

/*
 * derive_key(root, site_kind, holder, purpose, ret_key):
 * The 32-byte key of ${holder} (an enclave's or a service's id) for ${purpose}
 * ("store", "statement", ...), from the 32-byte ${root}.  ${site_kind} is
 * "training" or "production": it is mixed into every derivation, so that no key
 * of one is a key of the other.  BLAKE2b-256 keyed with ${root} over
 * "casemate/derive/1", site_kind, holder and purpose, each with its length as a
 * big-endian u32 in front.  Texts are 1 to 64 bytes; ERR_RANGE otherwise.
 */
must_use int derive_key(const struct secret *root, const char *site_kind, const char *holder,
                        const char *purpose, struct secret **ret_key);

/*
 * derive_both(a, b, site_kind, purpose, ret_key):
 * A key that neither of the 32-byte ${a} and ${b} gives alone.  BLAKE2b-256 keyed with
 * ${a} over "casemate/derive-both/1", site_kind and purpose, each with its length as a
 * big-endian u32 in front, and the bytes of ${b}.
 */
must_use int derive_both(const struct secret *a, const struct secret *b, const char *site_kind,
                         const char *purpose, struct secret **ret_key);

#endif

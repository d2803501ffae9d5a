#ifndef ENCLAVE_KEYS_TPM_H
#define ENCLAVE_KEYS_TPM_H

#include "crypto/secret.h"
#include "enclave/keys/tpm_sealed.h"

/*
 * A TPM 2.0 that gives a secret back on this machine only, and only while what it has
 * measured is what it was (TCG, TPM 2.0 Library, parts 1 to 3).  The secret is sealed under
 * a storage key of the owner hierarchy, which the TPM makes again each time from its own
 * seed (ECC P-256, AES-128-CFB, no unique part: the same key each time), with PolicyPCR
 * over SHA-256 PCRs.  What passes between us and the TPM is encrypted and authenticated by
 * a session whose salt only that storage key can read; the key's name is kept with the
 * sealed secret, so that another TPM, or something in between that plays one, is known.
 *
 * All of it is done by libtss2-esys over a descriptor that somebody else has opened:
 * /dev/tpmrm0, or a socket.  The owner hierarchy has no password.
 */
#define TPM_WHY 200

/* tpm_begin(): Before confinement, once: keep the libraries from files and from the log. */
void tpm_begin(void);

/*
 * tpm_seal(fd, pcrs, secret, ret_sealed, why):
 * Seal the 32-byte ${secret} to what the ${pcrs} hold now.  ERR_SYSTEM, and ${why} in words.
 */
must_use int tpm_seal(int fd, uint32_t pcrs, const struct secret *secret,
                      struct tpm_sealed *ret_sealed, char why[static TPM_WHY]);

/* tpm_unseal(fd, sealed, ret_secret, why): ERR_KEY for another TPM, ERR_STATE when a PCR holds
 * something else, ERR_SYSTEM when the TPM does not answer; ${why} in words. */
must_use int tpm_unseal(int fd, const struct tpm_sealed *sealed, struct secret **ret_secret,
                        char why[static TPM_WHY]);

#endif

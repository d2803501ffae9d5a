#ifndef ENCLAVE_KEYS_TPM_SEALED_H
#define ENCLAVE_KEYS_TPM_SEALED_H

#include "crypto/bytes.h"

/* What the ring keeps of a TPM's sealed secret; nothing of it is secret. */

#define TPM_PCRS      24
#define TPM_NAME      34 /* an algorithm id and a SHA-256 */
#define TPM_BLOB_MAX  256
#define TPM_PCRS_TEXT 80 /* "0,2,4,7,11" */

/* The blobs are marshalled TPM2B_PUBLIC and TPM2B_PRIVATE; ${name} is the storage key's. */
struct tpm_sealed {
    uint32_t pcrs; /* a bit for each, none above TPM_PCRS */
    uint8_t name[TPM_NAME];
    uint8_t public_blob[TPM_BLOB_MAX];
    uint8_t private_blob[TPM_BLOB_MAX];
    uint16_t public_length, private_length; /* 0: there is none */
};

/* tpm_pcrs_print(pcrs, out), tpm_pcrs_parse(text, ret_pcrs): "0,2,4", rising, at least one. */
void tpm_pcrs_print(uint32_t pcrs, char out[static TPM_PCRS_TEXT]);
must_use int tpm_pcrs_parse(struct bytes_view text, uint32_t *ret_pcrs);

#endif

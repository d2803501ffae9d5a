#include "enclave/keys/tpm_sealed.h"

#include <stdio.h>

void tpm_pcrs_print(uint32_t pcrs, char out[static TPM_PCRS_TEXT])
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < TPM_PCRS; i++)
        if (pcrs >> i & 1)
            n += (size_t)snprintf(out + n, TPM_PCRS_TEXT - n, "%s%u", n ? "," : "", i);
}

int tpm_pcrs_parse(struct bytes_view text, uint32_t *ret_pcrs)
{
    char again[TPM_PCRS_TEXT];
    uint32_t pcrs = 0;
    unsigned number = 0;
    if (text.length == 0 || text.length >= TPM_PCRS_TEXT)
        return ERR_FORMAT;
    for (uint32_t i = 0; i <= text.length; i++) {
        if (i == text.length || text.data[i] == ',') {
            pcrs |= (uint32_t)1 << number;
            number = 0;
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_FORMAT;
        number = number * 10 + text.data[i] - '0';
        if (number >= TPM_PCRS)
            return ERR_RANGE;
    }
    tpm_pcrs_print(pcrs, again); /* in their order, each once */
    if (!bytes_equal_text(text, again))
        return ERR_CANONICAL;
    *ret_pcrs = pcrs;
    return 0;
}

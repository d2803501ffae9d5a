#include "enclave/store/library.h"

#include <openssl/crypto.h>

void store_library_begin(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

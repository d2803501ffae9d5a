#include "enclave/store/library.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

void store_library_begin(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static bool has_mac(const char *hash)
{
    static const uint8_t key[32];
    uint8_t out[EVP_MAX_MD_SIZE];
    size_t length;
    return EVP_Q_mac(NULL, "HMAC", NULL, hash, NULL, key, sizeof key, key, sizeof key, out,
                     sizeof out, &length) != NULL;
}

bool store_library_works(void)
{
    static const uint8_t key[32], iv[16];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool works = cipher && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, 0) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return works && has_mac("SHA256") && has_mac("SHA512");
}

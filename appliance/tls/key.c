#include "appliance/tls/key.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/p384.h"

int tls_key(const struct secret *key, gnutls_privkey_t *ret_private)
{
    struct secret *scalar = NULL;
    struct p384_point point;
    gnutls_privkey_t made = NULL;
    int r = p384_derive(key, &scalar, &point);
    if (r)
        return r;
    gnutls_datum_t x = {point.x, P384_LENGTH}, y = {point.y, P384_LENGTH};
    gnutls_datum_t k = {secret_open_writable(scalar), P384_LENGTH};
    if (gnutls_privkey_init(&made) < 0)
        r = ERR_MEMORY;
    else if (gnutls_privkey_import_ecc_raw(made, GNUTLS_ECC_CURVE_SECP384R1, &x, &y, &k) < 0)
        r = ERR_KEY;
    secret_close(scalar);
    secret_free(scalar);
    if (r) {
        gnutls_privkey_deinit(made);
        return r;
    }
    *ret_private = made;
    return 0;
}

int tls_key_public(gnutls_privkey_t private_key, gnutls_pubkey_t *ret_public)
{
    gnutls_pubkey_t made = NULL;
    if (gnutls_pubkey_init(&made) < 0)
        return ERR_MEMORY;
    if (gnutls_pubkey_import_privkey(made, private_key, 0, 0) < 0) {
        gnutls_pubkey_deinit(made);
        return ERR_KEY;
    }
    *ret_public = made;
    return 0;
}

int tls_key_station(gnutls_pubkey_t public_key, uint8_t out[static STATION_ID])
{
    gnutls_datum_t der = {NULL, 0};
    uint8_t digest[32];
    if (gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &der) < 0)
        return ERR_FORMAT;
    hash_sha256(bytes_view_of(der.data, der.size), digest);
    gnutls_free(der.data);
    memcpy(out, digest, STATION_ID);
    return 0;
}

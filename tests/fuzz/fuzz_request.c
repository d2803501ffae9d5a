#include <stdlib.h>

#include "appliance/tls/certificate.h"

/* Whatever comes as a request is certified or refused with a sentence, and what is certified is
 * for a client and names the station that was given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gnutls_privkey_t key;
    static gnutls_x509_crt_t authority;
    static char pem[CERTIFICATE_PEM];
    char why[CERTIFICATE_WHY] = "";
    uint8_t station[STATION_ID];
    gnutls_x509_crt_t made;
    if (!key) {
        struct secret *secret = NULL;
        if (secret_copy("0123456789abcdef0123456789abcdef", 32, &secret) || tls_key(secret, &key) ||
            certificate_authority(key, "fuzz", 1800000000, pem) ||
            certificate_parse(bytes_text(pem), &authority))
            abort();
        secret_free(secret);
    }
    int r = certificate_station(key, authority, bytes_view_of(data, size), "Bench", 1800000000, pem,
                                station, why);
    if (r && !why[0])
        abort();
    if (r)
        return 0;
    if (certificate_parse(bytes_text(pem), &made) ||
        gnutls_x509_crt_get_expiration_time(made) != 1800000000 + STATION_DAYS * 24 * 3600)
        abort();
    gnutls_x509_crt_deinit(made);
    return 0;
}

/*
 * expired CUSTODIANS SHARE SHARE AUTHORITY.pem REQUEST.csr: a station's certificate of this
 * site that was good until a year ago, to standard output.  No program of the site makes
 * one; two shares of it do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "appliance/tls/certificate.h"
#include "crypto/derive.h"
#include "crypto/shares.h"

static struct bytes_view read_file(const char *path)
{
    FILE *in = fopen(path, "re");
    char *text = malloc(CERTIFICATE_REQUEST);
    if (!in || !text)
        exit(3);
    size_t n = fread(text, 1, CERTIFICATE_REQUEST, in);
    fclose(in);
    return bytes_view_of(text, n);
}

int main(int argc, char **argv)
{
    char why[CERTIFICATE_WHY], pem[CERTIFICATE_PEM];
    uint8_t station[STATION_ID];
    struct custodians custodians;
    struct share shares[2];
    struct secret *root = NULL, *key = NULL;
    gnutls_privkey_t authority_key;
    gnutls_x509_crt_t authority;
    if (argc != 6 || custodians_parse(read_file(argv[1]), &custodians) != 0 ||
        share_parse(read_file(argv[2]), &shares[0], why) != 0 ||
        share_parse(read_file(argv[3]), &shares[1], why) != 0 ||
        shares_combine(&custodians, shares, 2, &root, why) != 0 ||
        derive_key(root, "production", "certifier", "station-ca", &key) != 0 ||
        tls_key(key, &authority_key) != 0 ||
        certificate_parse(read_file(argv[4]), &authority) != 0 ||
        certificate_station(authority_key, authority, read_file(argv[5]), "Long ago",
                            time(NULL) - (int64_t)2 * 366 * 24 * 3600, pem, station, why) != 0)
        return 1;
    fputs(pem, stdout);
    return 0;
}

/*
 * expired KEEPER-DIRECTORY SHARE SHARE AUTHORITY.pem REQUEST.csr: a station's certificate of this
 * site that was good until a year ago, to standard output.  No program of the site makes
 * one; two shares of it do.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "appliance/tls/certificate.h"
#include "enclave/keys/keyring.h"

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

static struct keyring ring;

/* The key of the site's authority, by two shares. */
static int authority_key_of(const char *directory, const struct share *shares,
                            struct secret **ret_key)
{
    struct secret *unlock = NULL, *root = NULL;
    char why[KEYRING_WHY], said[SHARE_WHY];
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < topology_keys_count; i++)
        if (topology_keys[i].number == KEY_CERTIFIER_AUTHORITY)
            return keyring_load(dir, &ring, why) != 0 ||
                   shares_combine(&ring.custodians, shares, 2, &unlock, said) != 0 ||
                   keyring_open(&ring, unlock, NULL, &root, why) != 0 ||
                   keyring_derive(&ring, root, &topology_keys[i], "", ret_key) != 0;
    return 1;
}

int main(int argc, char **argv)
{
    char why[CERTIFICATE_WHY], pem[CERTIFICATE_PEM];
    uint8_t station[STATION_ID];
    struct share shares[2];
    struct secret *key = NULL;
    gnutls_privkey_t authority_key;
    gnutls_x509_crt_t authority;
    if (argc != 6 || share_parse(read_file(argv[2]), &shares[0], why) != 0 ||
        share_parse(read_file(argv[3]), &shares[1], why) != 0 ||
        authority_key_of(argv[1], shares, &key) != 0 || tls_key(key, &authority_key) != 0 ||
        certificate_parse(read_file(argv[4]), &authority) != 0 ||
        certificate_station(authority_key, authority, read_file(argv[5]), "Long ago",
                            time(NULL) - (int64_t)2 * 366 * 24 * 3600, pem, station, why) != 0)
        return 1;
    fputs(pem, stdout);
    return 0;
}

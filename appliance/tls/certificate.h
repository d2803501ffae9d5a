#ifndef APPLIANCE_TLS_CERTIFICATE_H
#define APPLIANCE_TLS_CERTIFICATE_H

#include <gnutls/x509.h>

#include "appliance/tls/key.h"

/*
 * The site's own certificates (RFC 5280), all signed with ECDSA P-384 and SHA-384 by the
 * site's key for them:
 *   the authority   self-signed, CA, may sign certificates and nothing below them; 20 years
 *   a gateway       for TLS servers, named by the site's host name, localhost and its
 *                   addresses; 5 years, never past the authority
 *   a station       for TLS clients, named by one CN; a year at most, never past the authority
 * Each begins five minutes before it is made, for clocks that differ, and has a random
 * serial number of 16 bytes.  A certificate is PEM where it is a file.
 */
#define CERTIFICATE_PEM     8192
#define CERTIFICATE_REQUEST 16384 /* the longest PKCS#10 request that is read */
#define CERTIFICATE_NAME    64
#define CERTIFICATE_WHY     200
#define STATION_DAYS        365

/* certificate_name_is_good(name): 1 to CERTIFICATE_NAME of letters, digits, blank, '-', '_', '.',
 * beginning and ending with a letter or digit. */
bool certificate_name_is_good(struct bytes_view name);

/* certificate_authority(key, site, now_s, out): The authority's own, for the site's public id. */
must_use int certificate_authority(gnutls_privkey_t key, const char *site, int64_t now_s,
                                   char out[static CERTIFICATE_PEM]);

/* certificate_gateway(key, authority, public_key, host, address, now_s, out): For a gateway whose
 * key is ${public_key}; ${address} is IPv4 or IPv6, or "" for the loopback alone. */
must_use int certificate_gateway(gnutls_privkey_t key, gnutls_x509_crt_t authority,
                                 gnutls_pubkey_t public_key, const char *host, const char *address,
                                 int64_t now_s, char out[static CERTIFICATE_PEM]);

/*
 * certificate_station(key, authority, request, name, now_s, out, ret_station, why):
 * For the key that signed the PKCS#10 ${request} (RFC 2986; PEM or DER): P-256, P-384 or
 * RSA from 3072 to 8192 bits, signed with SHA-2.  Of the request only the key is taken;
 * the subject and every extension that it asks for are ignored.  On a refusal
 * (ERR_REFUSED) ${why} says what is wrong, in a sentence.
 */
must_use int certificate_station(gnutls_privkey_t key, gnutls_x509_crt_t authority,
                                 struct bytes_view request, const char *name, int64_t now_s,
                                 char out[static CERTIFICATE_PEM],
                                 uint8_t ret_station[static STATION_ID],
                                 char why[static CERTIFICATE_WHY]);

/*
 * certificate_renew(key, authority, old, host, address, now_s, out, why):
 * For a gateway that has the certificate ${old} (PEM): the same key, other times and
 * names.  ${old} must be one that this authority made for a server, whenever it ended.
 */
must_use int certificate_renew(gnutls_privkey_t key, gnutls_x509_crt_t authority,
                               struct bytes_view old, const char *host, const char *address,
                               int64_t now_s, char out[static CERTIFICATE_PEM],
                               char why[static CERTIFICATE_WHY]);

/* certificate_parse(pem, ret_certificate): Exactly one; end it with gnutls_x509_crt_deinit(). */
must_use int certificate_parse(struct bytes_view pem, gnutls_x509_crt_t *ret_certificate);

/* certificate_key(certificate, ret_public): Its key; end it with gnutls_pubkey_deinit(). */
must_use int certificate_key(gnutls_x509_crt_t certificate, gnutls_pubkey_t *ret_public);

/* certificate_is_ours(authority, private): Whether ${authority} is the certificate of this key. */
bool certificate_is_ours(gnutls_x509_crt_t authority, gnutls_privkey_t private_key);

#endif

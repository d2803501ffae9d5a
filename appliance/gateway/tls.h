#ifndef APPLIANCE_GATEWAY_TLS_H
#define APPLIANCE_GATEWAY_TLS_H

#include <microhttpd.h>

#include "appliance/gateway/stations.h"
#include "appliance/tls/certificate.h"
#include "enclave/process/process.h"

/*
 * TLS of a production site's gateway: 1.3 and nothing else, no tickets and so no early
 * data, no renegotiation (TLS 1.3 has none).  On a station's listener the handshake
 * ends only for a certificate of the site's authority whose station is in identity's
 * newest list; before the first list for none.  libmicrohttpd by itself only asks for a
 * certificate: its notice of a new connection, which comes before the first byte is read,
 * makes the session require one and sets the function that judges it.  On the PIV
 * listener any certificate will do whose key is shown to be there, and browsers are told
 * the PIV issuers' names; who issued it, whose it is and whether it holds is identity's
 * to say.
 */
#define TLS_CHAIN_MAX        8192 /* as the message REQUEST has it */
#define TLS_CONNECTIONS_EACH 32   /* from one address, so that one cannot take all of them */

enum tls_door { TLS_DOOR_NONE = 0, TLS_DOOR_STATION, TLS_DOOR_PIV };

struct tls;

/*
 * tls_new(process, ret_tls): Read the certificates that were given and derive the key.
 * Logs what is wrong.
 */
must_use int tls_new(struct process *process, struct tls **ret_tls);

/* tls_has_piv(tls): Whether the issuers of PIV cards are known here. */
bool tls_has_piv(const struct tls *tls);

/* tls_options(tls, door, options): The options of a libmicrohttpd daemon for this door; ${options}
 * has room for TLS_OPTIONS.  They stay good as long as ${tls}. */
#define TLS_OPTIONS 6
void tls_options(struct tls *tls, enum tls_door door,
                 struct MHD_OptionItem options[static TLS_OPTIONS]);

/* tls_stations(tls, message): A part of identity's list; with the last one connections of stations
 * that are gone are closed. */
void tls_stations(struct tls *tls, const struct message_stations *message);

/* tls_is_own_host(tls, host, port): Is ${host}, of the header, a name in the gateway's certificate,
 * with this port? */
bool tls_is_own_host(const struct tls *tls, const char *host, uint16_t port);

/* One connection, behind its handshake. */
struct tls_link {
    struct tls *tls;
    struct tls_link *next, **place;
    struct MHD_Connection *connection;
    enum tls_door door;
    bool judged; /* its certificate was found good */
    uint8_t station[STATION_ID];
    char name[CERTIFICATE_NAME + 1]; /* the certificate's CN */
    uint8_t *chain;                  /* PIV: each certificate behind its u32 length */
    size_t chain_length;
};

/* tls_link(connection): Of a connection, or NULL on a training site. */
struct tls_link *tls_link(struct MHD_Connection *connection);

/* tls_link_is_in_force(link): Whether its station is still in the newest list. */
bool tls_link_is_in_force(const struct tls_link *link);

#endif

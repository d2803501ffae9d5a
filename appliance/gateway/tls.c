#include "appliance/gateway/tls.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1"
#define PEM_MAX  65536

struct tls {
    gnutls_privkey_t key;
    gnutls_x509_crt_t own;
    gnutls_pcert_st shown; /* the same, as it is sent */
    char *authority;       /* PEM, with a terminator */
    char *issuers;         /* PEM, or NULL */
    struct tls_link *links;
    struct stations *stations;
};

static struct tls *only; /* GnuTLS's callbacks have no context of ours */

/* ---- stations in force ---- */

bool tls_link_is_in_force(const struct tls_link *link)
{
    return link->judged &&
           (link->door == TLS_DOOR_PIV || stations_has(link->tls->stations, link->station));
}

/* libmicrohttpd finds its connection at an end and lets it go. */
static void close_gone(struct tls *t)
{
    for (struct tls_link *l = t->links; l; l = l->next) {
        const union MHD_ConnectionInfo *info;
        if (l->door != TLS_DOOR_STATION || !l->judged || stations_has(t->stations, l->station))
            continue;
        info = MHD_get_connection_info(l->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
            shutdown(info->connect_fd, SHUT_RDWR);
    }
}

void tls_stations(struct tls *t, const struct message_stations *m)
{
    bool whole = false;
    if (stations_take(t->stations, m, &whole) != 0)
        log_die("identity sent a list of stations that is not in its form");
    if (whole)
        close_gone(t);
}

/* ---- the handshake ---- */

static int show_own(gnutls_session_t session, const gnutls_datum_t *names, int count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithms_count,
                    gnutls_pcert_st **ret_chain, unsigned *ret_length, gnutls_privkey_t *ret_key)
{
    (void)session;
    (void)names;
    (void)count;
    (void)algorithms;
    (void)algorithms_count;
    *ret_chain = &only->shown;
    *ret_length = 1;
    *ret_key = only->key;
    return 0;
}

static int take_chain(struct tls_link *l, const gnutls_datum_t *chain, unsigned count)
{
    uint8_t room[TLS_CHAIN_MAX];
    struct bytes_put put = bytes_into(room, sizeof room);
    for (unsigned i = 0; i < count; i++)
        bytes_put_var(&put, bytes_view_of(chain[i].data, chain[i].size), TLS_CHAIN_MAX);
    if (bytes_put_done(&put, &l->chain_length) != 0)
        return ERR_SIZE;
    l->chain = malloc(l->chain_length);
    if (!l->chain)
        return ERR_MEMORY;
    memcpy(l->chain, room, l->chain_length);
    return 0;
}

static int take_station(struct tls_link *l, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t c = NULL;
    gnutls_pubkey_t key = NULL;
    size_t length = sizeof l->name;
    int r = ERR_FORMAT;
    if (gnutls_x509_crt_init(&c) < 0)
        return ERR_MEMORY;
    if (gnutls_x509_crt_import(c, der, GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_x509_crt_get_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, l->name, &length) >= 0)
        r = certificate_key(c, &key);
    if (r == 0)
        r = tls_key_station(key, l->station);
    gnutls_x509_crt_deinit(c);
    gnutls_pubkey_deinit(key);
    return r;
}

/* The other side is told why, as TLS can say it; libmicrohttpd would only close. */
static int refuse(gnutls_session_t session, gnutls_alert_description_t why)
{
    (void)!gnutls_alert_send(session, GNUTLS_AL_FATAL, why);
    return GNUTLS_E_CERTIFICATE_ERROR;
}

/* Its certificate is good and its station is not: an officer may look for it.  Once a second. */
static void log_station(const struct tls_link *l)
{
    static uint64_t next_ms;
    char id[2 * STATION_ID + 1];
    uint64_t now = os_boot_ms();
    if (now < next_ms)
        return;
    next_ms = now + 1000;
    bytes_to_hex(l->station, STATION_ID, id);
    log_info("a station that is not in force was refused: %s (%s)", id, l->name);
}

/* Called inside the handshake: anything but 0 ends it. */
static int judge(gnutls_session_t session)
{
    struct tls_link *l =
        gnutls_session_get_ptr(session) ? tls_link(gnutls_session_get_ptr(session)) : NULL;
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned count = 0, status = GNUTLS_CERT_INVALID;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (!l || !chain || count == 0)
        return GNUTLS_E_CERTIFICATE_REQUIRED;
    if (l->door == TLS_DOOR_PIV) { /* it shows that it has the key; what it is identity judges */
        l->judged = take_chain(l, chain, count) == 0;
        return l->judged ? 0 : refuse(session, GNUTLS_A_BAD_CERTIFICATE);
    }
    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0)
        return refuse(session, GNUTLS_A_INTERNAL_ERROR);
    if (status != 0)
        return refuse(session, status & GNUTLS_CERT_SIGNER_NOT_FOUND ? GNUTLS_A_UNKNOWN_CA
                               : status & GNUTLS_CERT_EXPIRED        ? GNUTLS_A_CERTIFICATE_EXPIRED
                                                                     : GNUTLS_A_BAD_CERTIFICATE);
    if (take_station(l, &chain[0]) != 0)
        return refuse(session, GNUTLS_A_BAD_CERTIFICATE);
    if (!stations_has(l->tls->stations, l->station)) {
        log_station(l);
        return refuse(session, GNUTLS_A_ACCESS_DENIED);
    }
    l->judged = true;
    return 0;
}

/* ---- connections ---- */

struct tls_link *tls_link(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void end_link(struct tls_link *l)
{
    *l->place = l->next;
    if (l->next)
        l->next->place = l->place;
    free(l->chain);
    free(l);
}

static void begin_link(struct tls *t, enum tls_door door, struct MHD_Connection *connection,
                       void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    struct tls_link *l = calloc(1, sizeof *l);
    if (!l || !info || !info->tls_session)
        log_die("a connection came without its TLS session");
    l->tls = t;
    l->connection = connection;
    l->door = door;
    l->next = t->links;
    l->place = &t->links;
    if (l->next)
        l->next->place = &l->next;
    t->links = l;
    *context = l;
    gnutls_session_t session = info->tls_session;
    gnutls_session_set_ptr(session, connection);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function(session, judge);
}

static void notice(struct tls *t, enum tls_door door, struct MHD_Connection *connection,
                   void **context, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        begin_link(t, door, connection, context);
    } else if (*context) {
        end_link(*context);
        *context = NULL;
    }
}

static void notice_station(void *tls, struct MHD_Connection *connection, void **context,
                           enum MHD_ConnectionNotificationCode what)
{
    notice(tls, TLS_DOOR_STATION, connection, context, what);
}

static void notice_piv(void *tls, struct MHD_Connection *connection, void **context,
                       enum MHD_ConnectionNotificationCode what)
{
    notice(tls, TLS_DOOR_PIV, connection, context, what);
}

void tls_options(struct tls *t, enum tls_door door,
                 struct MHD_OptionItem options[static TLS_OPTIONS])
{
    /* the list of names that a browser chooses its certificate by comes from this trust */
    char *trust = door == TLS_DOOR_PIV ? t->issuers : t->authority;
    options[0] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITY};
    options[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)show_own};
    options[2] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, trust};
    options[3] =
        (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION,
                                (intptr_t)(door == TLS_DOOR_PIV ? notice_piv : notice_station), t};
    options[4] =
        (struct MHD_OptionItem){MHD_OPTION_PER_IP_CONNECTION_LIMIT, TLS_CONNECTIONS_EACH, NULL};
    options[5] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

/* ---- names ---- */

bool tls_is_own_host(const struct tls *t, const char *host, uint16_t port)
{
    char name[300], end[8];
    const char *colon = host ? strrchr(host, ':') : NULL;
    snprintf(end, sizeof end, "%u", port);
    if (!colon || strcmp(colon + 1, end) != 0 || (size_t)(colon - host) >= sizeof name)
        return false;
    bool six = host[0] == '[' && colon - host > 2 && colon[-1] == ']';
    size_t length = (size_t)(colon - host) - (six ? 2 : 0);
    memcpy(name, host + (six ? 1 : 0), length);
    name[length] = '\0';
    return gnutls_x509_crt_check_hostname2(t->own, name, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS) != 0;
}

/* ---- beginning ---- */

static char *read_pem(const struct process *process, enum descriptor what)
{
    char *text = malloc(PEM_MAX + 1);
    int fd = process_descriptor(process, what);
    size_t n = 0;
    ssize_t got;
    while (text && fd >= 0 && n < PEM_MAX && (got = read(fd, text + n, PEM_MAX - n)) > 0)
        n += (size_t)got;
    if (!text || n == 0 || n == PEM_MAX) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

static int take_own(struct tls *t, struct process *process, enum key key)
{
    char *pem = read_pem(process, DESCRIPTOR_CERTIFICATE);
    int r = pem ? certificate_parse(bytes_text(pem), &t->own) : ERR_FORMAT;
    free(pem);
    if (r == 0)
        r = tls_key(process_key(process, key), &t->key);
    if (r) {
        log_err("the gateway's certificate (gateway.pem) or key cannot be read");
        return r;
    }
    if (!certificate_is_ours(t->own, t->key)) {
        log_err("gateway.pem is not the certificate of this gateway's key");
        return ERR_KEY;
    }
    return gnutls_pcert_import_x509(&t->shown, t->own, 0) < 0 ? ERR_FORMAT : 0;
}

/* Where their file is there: certificates, and nothing else that looks like one. */
static int take_issuers(struct tls *t, struct process *process)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    if (process_descriptor(process, DESCRIPTOR_PIV_ISSUERS) < 0)
        return 0;
    t->issuers = read_pem(process, DESCRIPTOR_PIV_ISSUERS);
    gnutls_datum_t data = {(unsigned char *)t->issuers,
                           t->issuers ? (unsigned)strlen(t->issuers) : 0};
    int r = t->issuers ? gnutls_x509_crt_list_import2(&list, &count, &data, GNUTLS_X509_FMT_PEM, 0)
                       : GNUTLS_E_NO_CERTIFICATE_FOUND;
    for (unsigned i = 0; r >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    if (r >= 0 && count > 0)
        return 0;
    log_err("piv-issuers.pem must hold the issuers' certificates as PEM, at most 64 KiB of them; "
            "correct it, or remove it, and start the site again");
    return ERR_FORMAT;
}

int tls_new(struct process *process, struct tls **ret_tls)
{
    struct tls *t = calloc(1, sizeof *t);
    enum key key = process_program(process) == PROGRAM_ENTRY ? KEY_ENTRY_TLS : KEY_GATEWAY_TLS;
    if (!t)
        return ERR_MEMORY;
    int r = stations_new(&t->stations);
    if (r)
        return r;
    t->authority = read_pem(process, DESCRIPTOR_AUTHORITY);
    if (!t->authority) {
        log_err("authority.pem cannot be read");
        return ERR_FORMAT;
    }
    r = take_issuers(t, process);
    if (r)
        return r;
    r = take_own(t, process, key);
    if (r == 0) {
        only = t;
        *ret_tls = t;
    }
    return r;
}

bool tls_has_piv(const struct tls *tls)
{
    return tls->issuers != NULL;
}

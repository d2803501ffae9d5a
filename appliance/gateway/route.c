#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "appliance/answer.h"
#include "appliance/gateway/gateway.h"
#include "appliance/station.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const char *header(struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

struct counted {
    const char *name;
    unsigned times;
};

static enum MHD_Result count(void *context, enum MHD_ValueKind kind, const char *name,
                             const char *value)
{
    struct counted *c = context;
    (void)kind;
    (void)value;
    c->times += strcasecmp(name, c->name) == 0;
    return MHD_YES;
}

/* Of two, each program on the way may believe another. */
static bool is_given_twice(struct exchange *x, const char *name)
{
    struct counted c = {name, 0};
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count, &c);
    return c.times > 1;
}

/* One of the three names of the loopback, with exactly this port; with TLS, a name in the
 * gateway's certificate. */
static bool is_own_host(const struct gateway *g, const char *host, uint16_t port)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    char own[40];
    if (g->tls)
        return tls_is_own_host(g->tls, host, port);
    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        snprintf(own, sizeof own, "%s:%u", names[i], port);
        if (strcmp(host, own) == 0)
            return true;
    }
    return false;
}

/* Ports are one site to a browser: the origin must be exactly this one.  At the PIV listener it is
 * the entry's, under the same name. */
static bool is_own_origin(const struct gateway *g, struct exchange *x, const char *host)
{
    const char *origin = header(x, "Origin");
    char own[320];
    int name = (int)(strrchr(host, ':') - host);
    int n = x->piv ? snprintf(own, sizeof own, "https://%.*s:%u", name, host, g->port)
                   : snprintf(own, sizeof own, "%s%s", g->tls ? "https://" : "http://", host);
    return n > 0 && (size_t)n < sizeof own && (origin ? strcmp(origin, own) == 0 : !x->piv);
}

/* A page of somebody else asks, or a name was rebound: for the site's log, bounded for each
 * station. Nothing of what it asked is written. */
static void log_refused(struct gateway *g, struct exchange *x)
{
    const uint8_t *station = x->link ? x->link->station : station_training;
    char text[QUOTA_TEXT], hex[2 * STATION_ID + 1];
    if (!quota_line(&g->refused, station, "a request under another name or from another origin",
                    false, os_boot_ms(), text))
        return;
    bytes_to_hex(station, STATION_ID, hex);
    log_err("station %s: refused %s", hex, text);
}

static void answer_station(struct gateway *g, struct exchange *x)
{
    uint8_t text[1024];
    struct bytes_put put = bytes_into(text, sizeof text);
    struct answer_station a = {.station = x->link ? x->link->name : "TRAINING",
                               .entry = g->entry,
                               .entry_port = process_port(g->process),
                               .card_port = g->entry ? g->piv_port : 0,
                               .banner = "UNCLASSIFIED \xe2\x80\x93 TRAINING MARKINGS ONLY",
                               .banner_kind = "unclassified",
                               .training = process_is_training(g->process)};
    if (g->tls) { /* no program is shown yet, and which this is nobody learns before sign-in */
        a.banner = "NO PROGRAM IS SHOWN";
        a.banner_kind = "unknown";
    }
    answer_write_station(&a, &put);
    x->answer_length = bytes_put_length(&put);
    x->answer = malloc(x->answer_length);
    if (!x->answer)
        log_die("out of memory");
    memcpy(x->answer, text, x->answer_length);
    x->status = 200;
}

static struct peer *server_of(struct gateway *g, const struct operation *operation)
{
    if (g->entry)
        return process_peer(g->process, 9, "");
    return process_peer(g->process, operation->server == SERVER_WORKER ? 11 : 10, "");
}

static bool is_served_here(const struct gateway *g, const struct exchange *x,
                           const struct operation *operation)
{
    bool piv = operation->number == OPERATION_SIGN_IN_PIV;
    if (piv || x->piv)
        return piv && x->piv;
    if (operation->server == SERVER_SELF)
        return true;
    return g->entry == (operation->server == SERVER_ENTRY);
}

static enum MHD_Result forward(struct gateway *g, struct exchange *x)
{
    static const char bearer[] = "Bearer ";
    const char *authorization = header(x, "Authorization");
    const char *statement = header(x, "X-Casemate-Statement");
    const char *query = strchr(x->uri, '?');
    struct message m = {.number = MESSAGE_REQUEST};
    m.request.request = ++g->next_request;
    m.request.operation = (uint16_t)x->operation->number;
    memcpy(m.request.station, x->link ? x->link->station : station_training, STATION_ID);
    if (x->piv)
        m.request.certificates = bytes_view_of(x->link->chain, x->link->chain_length);
    if (authorization && strncmp(authorization, bearer, sizeof bearer - 1) == 0)
        m.request.token = bytes_text(authorization + sizeof bearer - 1);
    m.request.statement = bytes_text(statement ? statement : "");
    m.request.body = x->operation->method == METHOD_GET ? bytes_text(query ? query + 1 : "")
                                                        : bytes_view_of(x->body, x->body_length);
    int r = process_send(server_of(g, x->operation), &m);
    if (r) {
        reply_problem(x, r == ERR_SIZE ? 400 : 503,
                      r == ERR_SIZE ? "A header or the address is longer than one may be."
                                    : "The program that answers this is being started again.",
                      "Nothing is lost: what was confirmed is recorded.",
                      "Try again in a moment, with the same request.");
        return reply_send(x);
    }
    x->request = m.request.request;
    x->deadline_ms = os_boot_ms() + GATEWAY_DEADLINE_MS;
    x->next = g->waiting;
    g->waiting = x;
    x->suspended = true;
    MHD_suspend_connection(x->connection);
    if (++g->built == GATEWAY_TOGETHER) {
        process_flush(g->process);
        g->built = 0;
    }
    return MHD_YES;
}

/* No path of ours has an escape; and one that is undone may hide where it ends. */
static bool is_plain(const char *uri)
{
    return uri[strcspn(uri, "%?")] != '%';
}

enum MHD_Result route_request(struct gateway *g, struct exchange *x, const char *url,
                              const char *method)
{
    const char *host = header(x, "Host");
    x->link = g->tls ? tls_link(x->connection) : NULL;
    x->piv = x->link && x->link->door == TLS_DOOR_PIV;
    if (g->tls && (!x->link || !tls_link_is_in_force(x->link)))
        return MHD_NO; /* its station went while the request came */
    bool get = strcmp(method, "GET") == 0, post = strcmp(method, "POST") == 0;
    if (!is_own_host(g, host, x->piv ? g->piv_port : g->port) || !is_own_origin(g, x, host) ||
        is_given_twice(x, "Host") || is_given_twice(x, "Origin") ||
        is_given_twice(x, "Authorization")) {
        reply_problem(x, 403, "This address is not this station's.", "",
                      "Use the address that the "
                      "training card or your system administrator gave you.");
        log_refused(g, x);
        return reply_send(x);
    }
    x->allowed = true;
    bool plain = is_plain(x->uri);
    for (size_t i = 0; plain && get && !x->piv && i < asset_files_count; i++)
        if (strcmp(url, asset_files[i].path) == 0)
            return reply_asset(x, asset_files[i].type, asset_files[i].data,
                               (size_t)(asset_files[i].end - asset_files[i].data));
    x->operation =
        plain && (get || post) ? operation_route(get ? METHOD_GET : METHOD_POST, url) : NULL;
    if (!x->operation || !is_served_here(g, x, x->operation)) {
        reply_problem(x, 404, "There is nothing here under that name.", "", "");
        return reply_send(x);
    }
    if (x->too_large) {
        reply_problem(x, 413, "The request is larger than 60000 bytes.", "Nothing was recorded.",
                      "Send less at once.");
        return reply_send(x);
    }
    if (x->operation->server == SERVER_SELF) {
        answer_station(g, x);
        return reply_send(x);
    }
    return forward(g, x);
}

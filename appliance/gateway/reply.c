#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/answer.h"
#include "appliance/gateway/gateway.h"
#include "enclave/process/log.h"

/* On everything that is served.  Nothing is fetched from elsewhere, kept or framed. */
static const char *const headers[][2] = {
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Origin-Agent-Cluster", "?1"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
};

#define POLICY_BEFORE "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
#define POLICY_AFTER                                                                               \
    "; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "        \
    "require-trusted-types-for 'script'"

/* The entry's page may also ask at the listener for PIV cards, under the name that it came by. */
static enum MHD_Result add_policy(const struct exchange *x, struct MHD_Response *response)
{
    const struct gateway *g = x->gateway;
    const char *host = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Host");
    const char *colon = g->piv_port && host ? strrchr(host, ':') : NULL;
    char policy[700] = POLICY_BEFORE POLICY_AFTER;
    if (colon && tls_is_own_host(g->tls, host, g->port))
        snprintf(policy, sizeof policy, POLICY_BEFORE " https://%.*s:%u" POLICY_AFTER,
                 (int)(colon - host), host, g->piv_port);
    return MHD_add_response_header(response, "Content-Security-Policy", policy);
}

/* The entry's page asks at another port, and may read the answer: exactly its origin, which
 * route.c has compared.  It must ask as a plain form would (text/plain): a browser shows no
 * certificate when it asks beforehand whether it may ask. */
static enum MHD_Result allow_entry(const struct exchange *x, struct MHD_Response *response)
{
    const char *origin = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Origin");
    if (!x->piv || !origin)
        return MHD_YES;
    enum MHD_Result ok = MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
    if (ok == MHD_YES) /* without it a browser sends no certificate */
        ok = MHD_add_response_header(response, "Access-Control-Allow-Credentials", "true");
    return ok == MHD_YES ? MHD_add_response_header(response, "Vary", "Origin") : ok;
}

static enum MHD_Result queue(struct exchange *x, unsigned status, const char *type,
                             struct MHD_Response *response)
{
    enum MHD_Result ok = MHD_NO;
    if (!response)
        return MHD_NO;
    ok = MHD_add_response_header(response, "Content-Type", type);
    if (ok == MHD_YES)
        ok = add_policy(x, response);
    if (ok == MHD_YES && x->allowed)
        ok = allow_entry(x, response);
    for (size_t i = 0; ok == MHD_YES && i < sizeof headers / sizeof *headers; i++)
        ok = MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (ok == MHD_YES)
        ok = MHD_queue_response(x->connection, status, response);
    MHD_destroy_response(response);
    return ok;
}

enum MHD_Result reply_send(struct exchange *x)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(x->answer_length, x->answer, free);
    x->answer = NULL;
    return queue(x, x->status, x->raw ? "image/svg+xml" : "application/json", response);
}

enum MHD_Result reply_asset(struct exchange *x, const char *type, const void *data, size_t length)
{
    return queue(x, 200, type, MHD_create_response_from_buffer_static(length, data));
}

void reply_problem(struct exchange *x, unsigned status, const char *error, const char *kept,
                   const char *todo)
{
    uint8_t text[2048];
    struct bytes_put put = bytes_into(text, sizeof text);
    answer_write_problem(&(struct answer_problem){.error = error, .kept = kept, .todo = todo},
                         &put);
    free(x->answer);
    x->answer_length = bytes_put_length(&put);
    x->answer = malloc(x->answer_length);
    if (!x->answer)
        log_die("out of memory");
    memcpy(x->answer, text, x->answer_length);
    x->status = status;
    x->raw = false;
}

#include <stdlib.h>
#include <string.h>

#include "appliance/answer.h"
#include "appliance/gateway/gateway.h"
#include "enclave/process/log.h"

/* On everything that is served.  Nothing is fetched from elsewhere, kept or framed. */
static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Origin-Agent-Cluster", "?1"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
};

static enum MHD_Result queue(struct exchange *x, unsigned status, const char *type,
                             struct MHD_Response *response)
{
    enum MHD_Result ok = MHD_NO;
    if (!response)
        return MHD_NO;
    ok = MHD_add_response_header(response, "Content-Type", type);
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

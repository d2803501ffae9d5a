#ifndef APPLIANCE_CLI_HTTP_H
#define APPLIANCE_CLI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"

/*
 * A client of a gateway on this machine's loopback: HTTP/1.1, one connection that
 * is kept, one request at a time.  No redirects, no chunks, no encodings: a gateway
 * sends none.
 */
struct http;

struct http_reply {
    unsigned status;
    const char *body; /* with a terminator; the next call's on the same connection ends it */
    size_t length;
};

struct http_call {
    const char *method;    /* "GET" or "POST" */
    const char *path;      /* with the query */
    const char *token;     /* or NULL */
    const char *statement; /* or NULL */
    const char *body;      /* or NULL */
};

/* http_new(port, ret_http): Nothing is connected yet. */
must_use int http_new(uint16_t port, struct http **ret_http);
void http_free(struct http *http);

/*
 * http_ask(http, call, ret_reply):
 * Send one request and read its answer.  A kept connection that has ended is opened
 * again once: a request with an id is done once however often it is sent.
 * ERR_SYSTEM (errno), ERR_FORMAT, ERR_SIZE, ERR_EOF.
 */
must_use int http_ask(struct http *http, const struct http_call *call,
                      struct http_reply *ret_reply);

/* http_head(text, ret_status, ret_length): Read a whole answer's head, which ends with its empty
 * line.  ERR_FORMAT; ERR_SIZE for a length above HTTP_BODY_MAX. */
#define HTTP_HEAD_MAX 8192
#define HTTP_BODY_MAX (4u << 20)
must_use int http_head(struct bytes_view text, unsigned *ret_status, size_t *ret_length);

#endif

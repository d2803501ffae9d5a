#ifndef APPLIANCE_GATEWAY_GATEWAY_H
#define APPLIANCE_GATEWAY_GATEWAY_H

#include <microhttpd.h>

#include "appliance/gateway/tls.h"
#include "appliance/operation.h"
#include "appliance/quota.h"
#include "enclave/process/process.h"

/*
 * A gateway: HTTP on one side, messages on the other.  It looks a route up, limits a
 * size, checks Host and Origin, and hands everything else on unread.  It holds no
 * data key and cannot mint an identity.
 */
#define GATEWAY_DEADLINE_MS 10000
#define GATEWAY_TOGETHER    4u /* requests in one datagram: they are worked on while others come */
#define GATEWAY_CONNECTIONS 600
#define GATEWAY_IDLE_S                                                                             \
    30u /* an idle or half-sent connection is closed; a browser opens another                      \
         */

/* two listeners for stations, two for PIV cards */
#define GATEWAY_DAEMONS 4

struct gateway;

/* One HTTP request, from its first byte to its end. */
struct exchange {
    struct gateway *gateway;
    struct MHD_Connection *connection;
    struct tls_link *link; /* NULL on a training site */
    bool piv;              /* it came to the listener for PIV cards */
    bool allowed;          /* its Host and Origin are ours */
    struct exchange *next; /* among those that wait */
    char *uri;             /* as it came, with the query */
    const struct operation *operation;
    uint64_t request; /* its number towards the worker; 0 before it was sent */
    uint64_t deadline_ms;
    uint8_t *body; /* what has come of the body */
    size_t body_length;
    bool too_large;
    bool suspended;
    /* the answer */
    unsigned status; /* 0: none yet */
    bool raw;
    uint8_t *answer;
    size_t answer_length;
    unsigned parts_seen;
};

struct gateway {
    struct process *process;
    struct MHD_Daemon *daemons[GATEWAY_DAEMONS];
    struct tls *tls; /* NULL on a training site */
    bool entry;
    uint16_t port;
    uint16_t piv_port; /* 0 where there is none */
    unsigned resumed;  /* by bit: a connection of this daemon was resumed in this turn */
    uint64_t next_request;
    unsigned built; /* requests of this turn that have not left yet */
    struct exchange *waiting;
    struct quota refused; /* of each station: requests under another name or origin */
};

/* route.c */
enum MHD_Result route_request(struct gateway *g, struct exchange *x, const char *url,
                              const char *method);

/* reply.c */
enum MHD_Result reply_send(struct exchange *x);
enum MHD_Result reply_asset(struct exchange *x, const char *type, const void *data, size_t length);
/* reply_problem(x, status, error, kept, todo): Make it the answer of ${x}. */
void reply_problem(struct exchange *x, unsigned status, const char *error, const char *kept,
                   const char *todo);

/* The page, compiled in from what esbuild made. */
struct asset_file {
    const char *path;
    const char *type;
    const uint8_t *data;
    const uint8_t *end;
};
extern const struct asset_file asset_files[];
extern const size_t asset_files_count;

#endif

/*
 * A gateway: the entry, where people sign in, or the one of an enclave, which knows
 * only its worker and identity.  TLS with station certificates on a production site;
 * plain HTTP on the loopback of a training site.
 */
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "appliance/gateway/gateway.h"
#include "crypto/hash.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

/* How often libmicrohttpd may say in one turn that it has more to do at once. */
#define RUNS_MAX 8

static struct gateway gateway;

/* ---- exchanges ---- */

static void *uri_arrived(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->gateway = context;
    x->connection = connection;
    x->uri = strdup(uri);
    return x;
}

static void forget(struct gateway *g, struct exchange *x)
{
    for (struct exchange **p = &g->waiting; *p; p = &(*p)->next)
        if (*p == x) {
            *p = x->next;
            return;
        }
}

/* A body may hold a PIN; what realloc() leaves behind would hold it, too. */
static void forget_bytes(uint8_t *bytes, size_t length)
{
    if (bytes)
        explicit_bzero(bytes, length);
    free(bytes);
}

static void exchange_ended(void *context, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *state;
    (void)connection;
    (void)why;
    if (!x)
        return;
    forget(context, x);
    free(x->uri);
    forget_bytes(x->body, x->body_length);
    forget_bytes(x->answer, x->answer_length);
    free(x);
    *state = NULL;
}

static void take_body(struct exchange *x, const char *data, size_t length)
{
    if (x->too_large || x->body_length + length > OPERATION_BODY_MAX) {
        x->too_large = true;
        return;
    }
    uint8_t *grown = malloc(x->body_length + length);
    if (!grown)
        log_die("out of memory");
    if (x->body) {
        memcpy(grown, x->body, x->body_length);
        forget_bytes(x->body, x->body_length);
    }
    x->body = grown;
    memcpy(x->body + x->body_length, data, length);
    x->body_length += length;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    struct exchange *x = *state;
    (void)connection;
    (void)version;
    if (!x || !x->uri)
        return MHD_NO;
    if (x->status)
        return reply_send(x);
    if (x->request == 0 && !x->deadline_ms) { /* the first call: headers only */
        x->deadline_ms = 1;
        return MHD_YES;
    }
    if (*size) {
        take_body(x, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return route_request(context, x, url, method);
}

/* ---- answers ---- */

static const struct MHD_Daemon *daemon_of(struct exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_DAEMON);
    return info ? info->daemon : NULL;
}

static void resume(struct gateway *g, struct exchange *x)
{
    forget(g, x);
    x->suspended = false;
    for (unsigned i = 0; i < GATEWAY_DAEMONS; i++)
        if (g->daemons[i] && g->daemons[i] == daemon_of(x))
            g->resumed |= 1u << i;
    MHD_resume_connection(x->connection);
}

static struct exchange *find_waiting(struct gateway *g, uint64_t request)
{
    for (struct exchange *x = g->waiting; x; x = x->next)
        if (x->request == request)
            return x;
    return NULL;
}

static void take_answer(struct gateway *g, const struct message_answer *m)
{
    struct exchange *x = find_waiting(g, m->request);
    uint8_t digest[32];
    if (!x)
        return; /* its browser has gone, or its deadline */
    if (m->part != x->parts_seen || m->parts == 0 || m->part >= m->parts)
        log_die("the parts of an answer came in disorder (%u of %u, expected %u)", m->part,
                m->parts, x->parts_seen);
    uint8_t *grown = realloc(x->answer, x->answer_length + m->body.length + 1);
    if (!grown)
        log_die("out of memory");
    x->answer = grown;
    memcpy(x->answer + x->answer_length, m->body.data, m->body.length);
    x->answer_length += m->body.length;
    if (++x->parts_seen != m->parts)
        return;
    if (m->parts > 1) { /* of one part there is nothing that could be another's */
        hash_content("casemate/answer/1", bytes_view_of(x->answer, x->answer_length), digest);
        if (memcmp(digest, m->digest, 32) != 0)
            log_die("an answer came with another digest than its parts have");
    }
    x->status = m->status;
    x->raw = m->kind == 1;
    resume(g, x);
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    struct gateway *g = context;
    if (m->number == MESSAGE_STATIONS && g->tls && peer->program == PROGRAM_IDENTITY)
        tls_stations(g->tls, &m->stations);
    else if (m->number == MESSAGE_ANSWER)
        take_answer(g, &m->answer);
    else
        log_die("a server sent message %s", message_name(m->number));
}

static void give_up(struct gateway *g, struct exchange *x)
{
    x->parts_seen = 0;
    reply_problem(x, 503, "It is not known whether this was recorded.",
                  "Nothing is lost: if it was recorded it stays recorded once.",
                  "Send the same request again, with the same id.");
    resume(g, x);
}

/* The other side has gone: who waits for it is told to ask again. */
static void on_left(void *context, struct peer *peer)
{
    struct gateway *g = context;
    bool worker = peer->program == PROGRAM_WORKER;
    struct exchange *next;
    for (struct exchange *x = g->waiting; x; x = next) {
        next = x->next;
        if (worker == (x->operation->server == SERVER_WORKER))
            give_up(g, x);
    }
}

static void each_half_second(void *context)
{
    struct gateway *g = context;
    uint64_t now = os_boot_ms();
    struct exchange *next;
    for (struct exchange *x = g->waiting; x; x = next) {
        next = x->next;
        if (now >= x->deadline_ms)
            give_up(g, x);
    }
}

/* ---- libmicrohttpd in our loop ---- */

static void daemon_ready(void *context, short events)
{
    (void)events;
    if (MHD_run(context) != MHD_YES)
        log_die("libmicrohttpd failed");
}

static int start_daemon(struct gateway *g, int n, enum descriptor listener, enum tls_door door)
{
    static const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem tls[TLS_OPTIONS];
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = process_descriptor(g->process, listener);
    if (fd < 0)
        return 0;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return ERR_SYSTEM;
    if (door != TLS_DOOR_NONE)
        tls_options(g->tls, door, tls);
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (address.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0) |
                     (door != TLS_DOOR_NONE ? MHD_USE_TLS : 0);
    g->daemons[n] = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, g, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)GATEWAY_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, GATEWAY_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)8192, MHD_OPTION_URI_LOG_CALLBACK, uri_arrived,
        g, MHD_OPTION_NOTIFY_COMPLETED, exchange_ended, g, MHD_OPTION_ARRAY,
        door != TLS_DOOR_NONE ? tls : none, MHD_OPTION_END);
    if (!g->daemons[n]) {
        log_err("libmicrohttpd could not be started");
        return ERR_SYSTEM;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(g->daemons[n], MHD_DAEMON_INFO_EPOLL_FD);
    return info ? loop_watch(process_loop(g->process), info->epoll_fd, POLLIN, daemon_ready,
                             g->daemons[n])
                : ERR_SYSTEM;
}

/* Before confinement: GnuTLS looks at files of the system when it takes its priorities. */
static int prepare(void *context, struct process *process)
{
    struct gateway *g = context;
    bool training = process_is_training(process);
    enum tls_door door = training ? TLS_DOOR_NONE : TLS_DOOR_STATION;
    g->process = process;
    g->entry = process_program(process) == PROGRAM_ENTRY;
    g->port = (uint16_t)(process_port(process) + (g->entry ? 0 : 1 + process_slot(process)));
    int r = training ? 0 : tls_new(process, &g->tls);
    if (r == 0)
        r = start_daemon(g, 0, DESCRIPTOR_LISTENER, door);
    if (r == 0)
        r = start_daemon(g, 1, DESCRIPTOR_LISTENER6, door);
    if (r == 0 && g->tls && tls_has_piv(g->tls)) {
        g->piv_port = (uint16_t)(process_port(process) + ENCLAVES_MAX + 1);
        r = start_daemon(g, 2, DESCRIPTOR_PIV_LISTENER, TLS_DOOR_PIV);
        if (r == 0)
            r = start_daemon(g, 3, DESCRIPTOR_PIV_LISTENER2, TLS_DOOR_PIV);
    }
    return r;
}

static int on_started(void *context, struct process *process)
{
    return loop_every(process_loop(process), 500, each_half_second, context);
}

/* What was resumed in this turn is answered before waiting, and what is due is done; otherwise
 * libmicrohttpd is left alone until its descriptor is ready. */
static int on_turn(void *context)
{
    struct gateway *g = context;
    int wait = -1;
    for (int i = 0; i < GATEWAY_DAEMONS; i++) {
        int64_t next = g->daemons[i] ? MHD_get_timeout64s(g->daemons[i]) : -1;
        if (!g->daemons[i])
            continue;
        bool due = g->resumed >> i & 1;
        for (int n = 0; n < RUNS_MAX && (due || next == 0); n++, due = false) {
            if (MHD_run(g->daemons[i]) != MHD_YES)
                log_die("libmicrohttpd failed");
            next = MHD_get_timeout64s(g->daemons[i]);
        }
        if (next >= 0 && (wait < 0 || next < wait))
            wait = next > 1000 ? 1000 : (int)next;
    }
    g->resumed = 0;
    g->built = 0;
    return wait;
}

static void on_stopping(void *context)
{
    struct gateway *g = context;
    struct exchange *next;
    for (struct exchange *x = g->waiting; x; x = next) {
        next = x->next;
        give_up(g, x);
    }
    for (int i = 0; i < GATEWAY_DAEMONS; i++)
        if (g->daemons[i])
            MHD_stop_daemon(g->daemons[i]);
}

int main(int argc, char **argv)
{
    static const struct process_handlers handlers = {
        .context = &gateway,
        .prepare = prepare,
        .started = on_started,
        .message = on_message,
        .left = on_left,
        .turn = on_turn,
        .stopping = on_stopping,
    };
    (void)argc;
    /* one binary, two rows of topology.def: the supervisor names the row by argv[0] */
    (void)mallopt(M_PERTURB, 1); /* what the HTTP library frees is overwritten: a PIN came in it */
    return process_main(strcmp(argv[0], "entry") == 0 ? PROGRAM_ENTRY : PROGRAM_GATEWAY, &handlers);
}

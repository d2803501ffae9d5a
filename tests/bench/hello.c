#include "tests/bench/hello.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/figure.h"

#define PEM_MAX 16384

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    static int seen;
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    (void)size;
    if (!*state) { /* the headers; the second call is the request's end */
        *state = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, context);
}

static char *read_pem(const char *path)
{
    char *text = calloc(1, PEM_MAX);
    FILE *in = fopen(path, "re");
    if (!text || !in || fread(text, 1, PEM_MAX - 1, in) == 0)
        figure_die("the certificate of hello cannot be read");
    fclose(in);
    return text;
}

static struct MHD_Daemon *start(const char *certificate, const char *key)
{
    static char body[] = "hello, world\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Response *hello =
        MHD_create_response_from_buffer(sizeof body - 1, body, MHD_RESPMEM_PERSISTENT);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate ? read_pem(certificate) : NULL},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, key ? read_pem(key) : NULL},
        {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | (certificate ? MHD_USE_TLS : 0), 0,
                            NULL, NULL, answer, hello, MHD_OPTION_SOCK_ADDR,
                            (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, 1000u,
                            MHD_OPTION_ARRAY, certificate ? tls : none, MHD_OPTION_END);
}

_Noreturn static void serve(const char *certificate, const char *key, int to)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct MHD_Daemon *daemon = start(certificate, key);
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info || write(to, &info->port, sizeof info->port) != sizeof info->port)
        figure_die("hello does not start");
    for (;;)
        pause();
}

uint16_t hello_start(const char *certificate, const char *key)
{
    uint16_t port = 0;
    int pipes[2];
    if (pipe(pipes) != 0)
        figure_die("there is no pipe");
    pid_t child = fork();
    if (child == 0)
        serve(certificate, key, pipes[1]);
    close(pipes[1]);
    if (child < 0 || read(pipes[0], &port, sizeof port) != sizeof port)
        figure_die("hello does not start");
    close(pipes[0]);
    return port;
}

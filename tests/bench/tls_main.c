/*
 * The figure of a hello over TLS: what the gateway of a production site says by itself, against
 * a bare libmicrohttpd with a certificate of the same type; both asked by this program over as
 * many connections that stay open.
 *   tls PORT AUTHORITY.pem STATION.pem STATION.key HELLO.pem HELLO.key
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/bench/figure.h"
#include "tests/bench/hello.h"

#define CONNECTIONS 8
#define ROUNDS      5
#define ROUND_NS    1000000000u

struct target {
    uint16_t port;
    char request[256];
    int length;
    SSL *connections[CONNECTIONS];
};

static SSL *dial(SSL_CTX *context, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SSL *ssl = SSL_new(context);
    if (fd < 0 || !ssl || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        figure_die("nobody listens");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (SSL_set_fd(ssl, fd) != 1 || SSL_set_tlsext_host_name(ssl, "mes.test") != 1 ||
        SSL_connect(ssl) != 1)
        figure_die("there is no handshake");
    return ssl;
}

static void begin(struct target *t, SSL_CTX *context, uint16_t port, const char *path)
{
    t->port = port;
    t->length = snprintf(t->request, sizeof t->request,
                         "GET %s HTTP/1.1\r\nHost: mes.test:%u\r\n\r\n", path, port);
    for (int i = 0; i < CONNECTIONS; i++)
        t->connections[i] = dial(context, port);
}

/* A whole answer with 200. */
static void receive(SSL *ssl)
{
    static char in[8192];
    size_t got = 0;
    const char *head = NULL, *said = NULL;
    do {
        int n = SSL_read(ssl, in + got, (int)(sizeof in - 1 - got));
        if (n <= 0)
            figure_die("the answer is cut short");
        got += (size_t)n;
        in[got] = '\0';
        head = strstr(in, "\r\n\r\n");
        said = strcasestr(in, "\r\nContent-Length: ");
    } while (!head || !said || (size_t)(head + 4 - in) + strtoul(said + 18, NULL, 10) > got);
    if (strncmp(in + 9, "200", 3) != 0)
        figure_die(in);
}

/* One request under way at each connection: answers a second. */
static double rate_of(struct target *t)
{
    uint64_t began = figure_ns(), done = 0;
    do {
        for (int i = 0; i < CONNECTIONS; i++)
            if (SSL_write(t->connections[i], t->request, t->length) != t->length)
                figure_die("nothing can be sent");
        for (int i = 0; i < CONNECTIONS; i++, done++)
            receive(t->connections[i]);
    } while (figure_ns() - began < ROUND_NS);
    return (double)done * 1e9 / (double)(figure_ns() - began);
}

int main(int argc, char **argv)
{
    static struct target gateway, hello;
    double values[ROUNDS], limits[ROUNDS];
    SSL_CTX *station = SSL_CTX_new(TLS_client_method()), *bare = SSL_CTX_new(TLS_client_method());
    if (argc != 7 || !station || !bare) {
        fprintf(stderr, "usage: tls PORT AUTHORITY STATION KEY HELLO KEY\n");
        return 2;
    }
    SSL_CTX_set_verify(station, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(station, argv[2], NULL) != 1 ||
        SSL_CTX_use_certificate_file(station, argv[3], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(station, argv[4], SSL_FILETYPE_PEM) != 1)
        figure_die("the station's certificate cannot be used");
    begin(&gateway, station, (uint16_t)strtoul(argv[1], NULL, 10), "/api/station");
    begin(&hello, bare, hello_start(argv[5], argv[6]), "/");
    for (int i = 0; i < ROUNDS; i++) {
        limits[i] = rate_of(&hello);
        values[i] = rate_of(&gateway);
    }
    figure_note("%s against %s", SSL_get_cipher(gateway.connections[0]),
                SSL_get_cipher(hello.connections[0]));
    return figure_print(&(struct figure){.name = "hello_tls",
                                         .unit = "per-second",
                                         .value = figure_median(values, ROUNDS),
                                         .limit = figure_median(limits, ROUNDS),
                                         .wants = 0.8})
               ? 0
               : 1;
}

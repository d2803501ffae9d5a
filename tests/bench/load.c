#include "tests/bench/load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/process/os.h"

void load_begin(struct load *load, uint16_t port)
{
    load->port = port;
    load->fd = -1;
    load->got = 0;
}

void load_end(struct load *load)
{
    if (load->fd >= 0)
        close(load->fd);
    load->fd = -1;
    load->got = 0;
}

size_t load_print(char out[static LOAD_REQUEST], uint16_t port, const char *path, const char *token,
                  const char *body)
{
    int n = snprintf(out, LOAD_REQUEST,
                     "%s %s HTTP/1.1\r\nHost: localhost:%u\r\nAuthorization: Bearer %s\r\n",
                     body ? "POST" : "GET", path, port, token);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (body)
        n = snprintf(out + used, LOAD_REQUEST - used,
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     strlen(body), body);
    else
        n = snprintf(out + used, LOAD_REQUEST - used, "\r\n");
    used += n < 0 ? 0 : (size_t)n;
    if (used >= LOAD_REQUEST) {
        fprintf(stderr, "a request is longer than %d bytes\n", LOAD_REQUEST);
        exit(2);
    }
    return used;
}

static int dial(struct load *load)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load->got = 0;
    load->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (load->fd < 0)
        return ERR_SYSTEM;
    setsockopt(load->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(load->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    load_end(load);
    return ERR_SYSTEM;
}

int load_send(struct load *load, const char *text, size_t length)
{
    if (load->fd < 0 && dial(load) != 0)
        return ERR_SYSTEM;
    load->got = 0;
    if (send(load->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length)
        return 0;
    load_end(load);
    return ERR_SYSTEM;
}

static enum load_result answered(struct load *load)
{
    load->in[load->got] = '\0';
    char *head = strstr(load->in, "\r\n\r\n");
    char *said = strcasestr(load->in, "\r\nContent-Length: ");
    if (!head || !said || said > head)
        return LOAD_WAITING;
    size_t length = strtoul(said + 18, NULL, 10);
    load->body = head + 4;
    if ((size_t)(load->body - load->in) + length > load->got)
        return LOAD_WAITING;
    load->status = (unsigned)strtoul(load->in + 9, NULL, 10);
    return LOAD_ANSWERED;
}

enum load_result load_receive(struct load *load)
{
    ssize_t n = recv(load->fd, load->in + load->got, sizeof load->in - 1 - load->got, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return LOAD_WAITING;
    if (n <= 0) {
        load_end(load);
        return LOAD_FAILED;
    }
    load->got += (size_t)n;
    return answered(load);
}

enum load_result load_ask(struct load *load, const char *text, size_t length, int patience_ms)
{
    if (load_send(load, text, length) != 0)
        return LOAD_FAILED;
    for (;;) {
        struct pollfd p = {.fd = load->fd, .events = POLLIN};
        if (poll(&p, 1, patience_ms) <= 0) {
            load_end(load);
            return LOAD_FAILED;
        }
        enum load_result result = load_receive(load);
        if (result != LOAD_WAITING)
            return result;
    }
}

void load_uuid(char out[static 37])
{
    uint8_t b[16];
    os_uuid(b);
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}

#include "appliance/cli/http.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_S 30

struct http {
    uint16_t port;
    int fd; /* -1: not connected */
    char *data;
    size_t room;
};

int http_new(uint16_t port, struct http **ret_http)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h)
        return ERR_MEMORY;
    h->port = port;
    h->fd = -1;
    h->room = HTTP_HEAD_MAX;
    h->data = malloc(h->room + 1);
    if (!h->data) {
        free(h);
        return ERR_MEMORY;
    }
    *ret_http = h;
    return 0;
}

static void hang_up(struct http *h)
{
    int kept = errno;
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    errno = kept;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    hang_up(http);
    free(http->data);
    free(http);
}

static int dial(struct http *h)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(h->port)};
    struct timeval patience = {PATIENCE_S, 0};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (h->fd < 0)
        return ERR_SYSTEM;
    setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(h->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(h->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    hang_up(h);
    return ERR_SYSTEM;
}

/* ---- asking ---- */

static int send_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0)
            return ERR_SYSTEM;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}

static int print_call(const struct http *h, const struct http_call *c, char **ret_text,
                      size_t *ret_length)
{
    FILE *out = open_memstream(ret_text, ret_length);
    if (!out)
        return ERR_MEMORY;
    fprintf(out, "%s %s HTTP/1.1\r\nHost: localhost:%u\r\n", c->method, c->path, h->port);
    if (c->token)
        fprintf(out, "Authorization: Bearer %s\r\n", c->token);
    if (c->statement)
        fprintf(out, "X-Casemate-Statement: %s\r\n", c->statement);
    if (strcmp(c->method, "POST") == 0)
        fprintf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                c->body ? strlen(c->body) : 0);
    fprintf(out, "\r\n%s", c->body ? c->body : "");
    return fclose(out) == 0 ? 0 : ERR_MEMORY;
}

/* ---- the answer ---- */

static bool names(struct bytes_view line, const char *name)
{
    size_t n = strlen(name);
    return line.length > n && strncasecmp((const char *)line.data, name, n) == 0;
}

static int number(struct bytes_view text, size_t most, size_t *ret_number)
{
    size_t v = 0;
    if (text.length == 0 || text.length > 9)
        return ERR_FORMAT;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_FORMAT;
        v = v * 10 + (size_t)(text.data[i] - '0');
    }
    *ret_number = v;
    return v > most ? ERR_SIZE : 0;
}

/* A line without its CR LF. */
static struct bytes_view head_line(struct bytes *in)
{
    struct bytes_view line = bytes_line(in);
    if (line.length && line.data[line.length - 1] == '\r')
        line.length--;
    else if (!in->error)
        in->error = ERR_FORMAT;
    return line;
}

int http_head(struct bytes_view text, unsigned *ret_status, size_t *ret_length)
{
    static const char first[] = "HTTP/1.1 ", content_length[] = "Content-Length: ";
    struct bytes in = bytes_over(text.data, text.length);
    size_t status = 0, length = 0;
    bool said = false;
    struct bytes_view line = head_line(&in);
    if (in.error || !names(line, first) || line.length < sizeof first - 1 + 3)
        return ERR_FORMAT;
    int r = number(bytes_view_of(line.data + sizeof first - 1, 3), 599, &status);
    while (r == 0 && (line = head_line(&in)).length && !in.error) {
        if (names(line, "Transfer-Encoding:") || (said && names(line, "Content-Length:")))
            return ERR_FORMAT;
        if (!names(line, "Content-Length:"))
            continue;
        if (!names(line, content_length))
            return ERR_FORMAT;
        r = number(bytes_view_of(line.data + sizeof content_length - 1,
                                 line.length - (sizeof content_length - 1)),
                   HTTP_BODY_MAX, &length);
        said = true;
    }
    if (r)
        return r;
    if (bytes_done(&in) != 0 || !said || status < 200)
        return ERR_FORMAT;
    *ret_status = (unsigned)status;
    *ret_length = length;
    return 0;
}

static int make_room(struct http *h, size_t room)
{
    if (room <= h->room)
        return 0;
    char *grown = realloc(h->data, room + 1);
    if (!grown)
        return ERR_MEMORY;
    h->data = grown;
    h->room = room;
    return 0;
}

/* Read until ${wanted} bytes, or with 0 until a head's end; *${used} is what there is. */
static int fill(struct http *h, size_t wanted, size_t *used, size_t *ret_head)
{
    for (;;) {
        const char *end = wanted ? NULL : memmem(h->data, *used, "\r\n\r\n", 4);
        if (end) {
            *ret_head = (size_t)(end - h->data) + 4;
            return 0;
        }
        if (wanted && *used >= wanted)
            return *used == wanted ? 0 : ERR_TRAILING;
        if (!wanted && *used >= HTTP_HEAD_MAX)
            return ERR_SIZE;
        ssize_t n = recv(h->fd, h->data + *used, h->room - *used, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno != ECONNRESET ? ERR_SYSTEM : ERR_EOF;
        *used += (size_t)n;
    }
}

static int receive(struct http *h, struct http_reply *ret_reply, size_t *used)
{
    size_t head = 0, length = 0;
    unsigned status = 0;
    int r = fill(h, 0, used, &head);
    if (r == 0)
        r = http_head(bytes_view_of(h->data, head), &status, &length);
    if (r == 0)
        r = make_room(h, head + length);
    if (r == 0)
        r = fill(h, head + length, used, &head);
    if (r)
        return r;
    h->data[head + length] = '\0';
    *ret_reply = (struct http_reply){status, h->data + head, length};
    return 0;
}

int http_ask(struct http *http, const struct http_call *call, struct http_reply *ret_reply)
{
    char *text = NULL;
    size_t length = 0, used = 0;
    int r = print_call(http, call, &text, &length);
    for (int attempt = 0; r == 0 && attempt < 2; attempt++) {
        bool kept = http->fd >= 0;
        used = 0;
        r = kept ? 0 : dial(http);
        if (r == 0 && send_all(http->fd, text, length) != 0)
            r = ERR_EOF;
        if (r == 0)
            r = receive(http, ret_reply, &used);
        if (r == 0)
            break;
        hang_up(http);
        if (!kept || used || r != ERR_EOF)
            break;
        r = attempt == 0 ? 0 : r;
    }
    free(text);
    return r;
}

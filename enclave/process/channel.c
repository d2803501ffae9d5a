#include "enclave/process/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/process/log.h"

struct datagram {
    struct datagram *next;
    size_t length;
    uint8_t data[];
};

struct channel {
    int fd;
    uid_t uid;
    pid_t pid;
    bool takes_fds;
    bool survives; /* the supervisor's end: a bad datagram ends the channel, not the process */
    bool bad;
    bool gone;    /* the peer has closed: sending says ERR_EOF */
    size_t built; /* bytes of the datagram being built */
    struct datagram *first, *last;
    size_t queued;
    uint8_t building[MESSAGE_DATAGRAM_MAX];
};

/* One datagram is handled at a time, so one buffer serves every channel. */
static uint8_t incoming[MESSAGE_DATAGRAM_MAX + 1];

/* A message may hold a PIN: what has been sent or handled is not kept. */
static void forget(struct datagram *d)
{
    explicit_bzero(d->data, d->length);
    free(d);
}

int channel_new(int fd, uid_t uid, pid_t pid, bool takes_fds, struct channel **ret_channel)
{
    struct channel *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_MEMORY;
    c->fd = fd;
    c->uid = uid;
    c->pid = pid;
    c->takes_fds = takes_fds;
    *ret_channel = c;
    return 0;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    while (channel->first) {
        struct datagram *d = channel->first;
        channel->first = d->next;
        forget(d);
    }
    explicit_bzero(channel->building, sizeof channel->building);
    close(channel->fd);
    free(channel);
}

void channel_survive(struct channel *channel)
{
    channel->survives = true;
}

int channel_fd(const struct channel *channel)
{
    return channel->fd;
}

pid_t channel_pid(const struct channel *channel)
{
    return channel->pid;
}

/* Send one datagram: 0, ERR_FULL when the peer's buffer is full, ERR_EOF. */
static int send_now(struct channel *c, const void *data, size_t length, int fd)
{
    struct iovec part = {(void *)(uintptr_t)data, length};
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        memset(&control, 0, sizeof control);
        header.msg_control = control.room;
        header.msg_controllen = sizeof control.room;
        struct cmsghdr *m = CMSG_FIRSTHDR(&header);
        m->cmsg_level = SOL_SOCKET;
        m->cmsg_type = SCM_RIGHTS;
        m->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(m), &fd, sizeof fd);
    }
    for (;;) {
        if (sendmsg(c->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return 0;
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == ENOBUFS)
            return ERR_FULL;
        c->gone = true;
        return ERR_EOF;
    }
}

static int enqueue(struct channel *c, const void *data, size_t length)
{
    if (c->queued >= CHANNEL_QUEUE_MAX)
        return ERR_FULL;
    struct datagram *d = malloc(sizeof *d + length);
    if (!d)
        return ERR_MEMORY;
    d->next = NULL;
    d->length = length;
    memcpy(d->data, data, length);
    if (c->last)
        c->last->next = d;
    else
        c->first = d;
    c->last = d;
    c->queued++;
    return 0;
}

static int drain_queue(struct channel *c)
{
    while (c->first) {
        struct datagram *d = c->first;
        int r = send_now(c, d->data, d->length, -1);
        if (r)
            return r;
        c->first = d->next;
        if (!c->first)
            c->last = NULL;
        c->queued--;
        forget(d);
    }
    return 0;
}

/* Order is kept: what is built goes behind what waits. */
static int ship_built(struct channel *c)
{
    if (c->built == 0)
        return 0;
    int r = drain_queue(c);
    if (r == 0)
        r = send_now(c, c->building, c->built, -1);
    if (r == ERR_FULL)
        r = enqueue(c, c->building, c->built);
    if (r == 0 || r == ERR_EOF) {
        explicit_bzero(c->building, c->built);
        c->built = 0;
    }
    return r;
}

int channel_put(struct channel *channel, const struct message *message)
{
    if (channel->gone)
        return ERR_EOF;
    for (int attempt = 0; attempt < 2; attempt++) {
        struct bytes_put out = bytes_into(channel->building + channel->built,
                                          sizeof channel->building - channel->built);
        message_encode(message, &out);
        if (!out.error) {
            channel->built += bytes_put_length(&out);
            return 0;
        }
        if (channel->built == 0)
            return out.error;
        int r = ship_built(channel);
        if (r)
            return r;
    }
    return ERR_SIZE;
}

int channel_put_fd(struct channel *channel, const struct message *message, int fd)
{
    int r = channel_flush(channel);
    if (r)
        return r;
    if (channel->first)
        return ERR_FULL;
    struct bytes_put out = bytes_into(channel->building, sizeof channel->building);
    message_encode(message, &out);
    if (out.error)
        return out.error;
    return send_now(channel, channel->building, bytes_put_length(&out), fd);
}

int channel_flush(struct channel *channel)
{
    if (channel->gone)
        return ERR_EOF;
    int r = ship_built(channel);
    if (r)
        return r;
    r = drain_queue(channel);
    return r == ERR_FULL ? 0 : r;
}

bool channel_waiting(const struct channel *channel)
{
    return !channel->gone && (channel->first || channel->built);
}

/* A datagram that no honest peer sends. */
static void mistrust(struct channel *c, const char *what)
{
    if (!c->survives)
        log_die("%s", what);
    log_err("%s; its process is ended", what);
    c->bad = true;
}

/*
 * Read the ancillary data.  On a data channel the room is exactly that of the
 * credentials, so that a descriptor shows as MSG_CTRUNC.
 */
static int check_sender(struct channel *c, struct msghdr *header)
{
    int fd = -1;
    bool known = false;
    for (struct cmsghdr *m = CMSG_FIRSTHDR(header); m; m = CMSG_NXTHDR(header, m)) {
        if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_CREDENTIALS) {
            struct ucred from;
            memcpy(&from, CMSG_DATA(m), sizeof from);
            known = from.uid == c->uid && from.pid == c->pid;
            if (!known)
                mistrust(c, "a message came from another process than the one that was joined");
        } else if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_RIGHTS && c->takes_fds &&
                   fd < 0 && m->cmsg_len == CMSG_LEN(sizeof(int))) {
            memcpy(&fd, CMSG_DATA(m), sizeof fd);
        } else {
            mistrust(c, "a peer sent more than a message may carry beside its bytes");
        }
    }
    if (header->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        mistrust(c, "a peer sent a descriptor or a datagram that may not come on this channel");
    else if (!known)
        mistrust(c, "a message came without its sender's credentials");
    return fd;
}

static void dispatch(struct channel *c, size_t length, int fd, channel_handler *handle,
                     void *context)
{
    struct bytes in = bytes_over(incoming, length);
    while (!c->bad && bytes_left(&in)) {
        struct message message;
        if (message_decode(&in, &message) != 0) {
            mistrust(c, "a peer sent a malformed message");
            return;
        }
        if (message_carries_fd(message.number) != (fd >= 0)) {
            mistrust(c, "a message came with a descriptor, or without the one that it carries");
            return;
        }
        int given = fd;
        fd = -1;
        handle(context, &message, given);
    }
    if (!c->bad && fd >= 0)
        mistrust(c, "a descriptor came without a message");
}

static int receive(struct channel *channel, int flags, channel_handler *handle, void *context)
{
    union {
        char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {incoming, sizeof incoming};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
    header.msg_controllen =
        channel->takes_fds ? sizeof control.room : CMSG_SPACE(sizeof(struct ucred));
    ssize_t n;
    do
        n = recvmsg(channel->fd, &header, flags | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) {
        channel->gone = true;
        return ERR_EOF;
    }
    int fd = check_sender(channel, &header);
    dispatch(channel, (size_t)n, fd, handle, context);
    explicit_bzero(incoming, (size_t)n);
    return channel->bad ? ERR_PEER : 1;
}

int channel_receive(struct channel *channel, channel_handler *handle, void *context)
{
    return receive(channel, MSG_DONTWAIT, handle, context);
}

int channel_await(struct channel *channel, channel_handler *handle, void *context)
{
    return receive(channel, 0, handle, context);
}

#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/process/channel.h"

static void make_pair(int fds[2])
{
    int on = 1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0 ||
        setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        setsockopt(fds[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        abort();
}

static struct channel *channel_on(int fd, bool takes_fds)
{
    struct channel *c = NULL;
    if (channel_new(fd, getuid(), getpid(), takes_fds, &c) != 0)
        abort();
    return c;
}

/* Raw bytes, with ${count} descriptors. */
static void send_raw(int fd, const void *data, size_t length, unsigned count)
{
    struct iovec part = {(void *)(uintptr_t)data, length};
    union {
        char room[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    int null[4] = {0, 0, 0, 0};
    if (count) {
        header.msg_control = control.room;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *m = CMSG_FIRSTHDR(&header);
        m->cmsg_level = SOL_SOCKET;
        m->cmsg_type = SCM_RIGHTS;
        m->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(m), null, count * sizeof(int));
    }
    if (sendmsg(fd, &header, 0) != (ssize_t)length)
        abort();
}

static size_t stop_message(uint8_t out[static 64])
{
    struct message m = {.number = MESSAGE_STOP};
    struct bytes_put put = bytes_into(out, 64);
    message_encode(&m, &put);
    return bytes_put_length(&put);
}

static size_t descriptor_message(uint8_t out[static 64])
{
    struct message m = {.number = MESSAGE_DESCRIPTOR};
    struct bytes_put put = bytes_into(out, 64);
    message_encode(&m, &put);
    return bytes_put_length(&put);
}

struct seen {
    unsigned count;
    unsigned fds;
    uint64_t last;
};

static void take(void *context, const struct message *message, int fd)
{
    struct seen *s = context;
    s->count++;
    if (fd >= 0) {
        s->fds++;
        close(fd);
    }
    if (message->number == MESSAGE_SNAPSHOT) {
        if (message->snapshot.epoch != s->last + 1)
            abort();
        s->last = message->snapshot.epoch;
    }
}

/* ---- what must end the process: tried in a child, whose last words are looked at ---- */

static void assert_ends_with(void (*attack)(void), const char *words)
{
    int out[2], status;
    char text[1000];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(out[1], STDERR_FILENO);
        attack();
        _exit(42);
    }
    close(out[1]);
    ssize_t n = read(out[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    close(out[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    if (!strstr(text, words))
        fail_msg("it ended with other words: %s", text);
}

static void receive_with_fds(const void *data, size_t length, unsigned count, bool takes_fds)
{
    int fds[2];
    struct seen seen = {0};
    make_pair(fds);
    struct channel *c = channel_on(fds[1], takes_fds);
    send_raw(fds[0], data, length, count);
    (void)!channel_receive(c, take, &seen);
}

static uint8_t raw[64];

static void send_descriptor_on_data_channel(void)
{
    receive_with_fds(raw, stop_message(raw), 1, false);
}
static void send_descriptor_row_on_data_channel(void)
{
    receive_with_fds(raw, descriptor_message(raw), 1, false);
}
static void send_descriptor_row_without_one(void)
{
    receive_with_fds(raw, descriptor_message(raw), 0, true);
}
static void send_unasked_descriptor(void)
{
    receive_with_fds(raw, stop_message(raw), 1, true);
}
static void send_two_descriptors(void)
{
    receive_with_fds(raw, descriptor_message(raw), 2, true);
}
static void send_three_descriptors(void)
{
    receive_with_fds(raw, descriptor_message(raw), 3, true);
}
static void send_garbage(void)
{
    receive_with_fds("garbage and more", 16, 0, false);
}
static void send_half_a_message(void)
{
    receive_with_fds(raw, stop_message(raw) - 1, 0, false);
}
static void send_message_and_a_byte(void)
{
    size_t n = stop_message(raw);
    raw[n] = 0;
    receive_with_fds(raw, n + 1, 0, false);
}
static void send_too_large(void)
{
    static uint8_t large[MESSAGE_DATAGRAM_MAX + 100];
    int fds[2], room = 1 << 20;
    struct seen seen = {0};
    make_pair(fds);
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    struct channel *c = channel_on(fds[1], false);
    send_raw(fds[0], large, sizeof large, 0);
    (void)!channel_receive(c, take, &seen);
}

static void send_as(uid_t uid, pid_t pid)
{
    int fds[2];
    struct channel *c = NULL;
    struct seen seen = {0};
    make_pair(fds);
    if (channel_new(fds[1], uid, pid, false, &c) != 0)
        abort();
    send_raw(fds[0], raw, stop_message(raw), 0);
    (void)!channel_receive(c, take, &seen);
}
static void send_from_another_uid(void)
{
    send_as(getuid() + 1, getpid());
}
static void send_from_another_process(void)
{
    send_as(getuid(), getpid() + 1);
}
static void send_without_credentials(void)
{
    int fds[2], off = 0;
    struct seen seen = {0};
    make_pair(fds);
    setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
    setsockopt(fds[1], SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
    struct channel *c = channel_on(fds[1], false);
    send_raw(fds[0], raw, stop_message(raw), 0);
    (void)!channel_receive(c, take, &seen);
}

static void a_descriptor_where_none_may_come_ends_the_process(void **state)
{
    (void)state;
    assert_ends_with(send_descriptor_on_data_channel, "a descriptor or a datagram that may not");
    assert_ends_with(send_descriptor_row_on_data_channel,
                     "a descriptor or a datagram that may not");
    assert_ends_with(send_unasked_descriptor, "came with a descriptor, or without the one");
    assert_ends_with(send_descriptor_row_without_one, "came with a descriptor, or without the one");
    assert_ends_with(send_two_descriptors, "more than a message may carry");
    assert_ends_with(send_three_descriptors, "beside its bytes");
}

static void other_credentials_end_the_process(void **state)
{
    (void)state;
    assert_ends_with(send_from_another_uid, "a message came from another process");
    assert_ends_with(send_from_another_process, "a message came from another process");
    assert_ends_with(send_without_credentials, "without its sender's credentials");
}

static void malformed_messages_end_the_process(void **state)
{
    (void)state;
    assert_ends_with(send_garbage, "malformed");
    assert_ends_with(send_half_a_message, "malformed");
    assert_ends_with(send_message_and_a_byte, "malformed");
    assert_ends_with(send_too_large, "a datagram that may not come");
}

/* A child of the peer shares its socket, and is another process. */
static void a_child_of_the_peer_cannot_speak_for_it(void **state)
{
    (void)state;
    int fds[2], status;
    make_pair(fds);
    pid_t reader = fork();
    if (reader == 0) {
        struct channel *c = NULL;
        struct seen seen = {0};
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        close(fds[0]);
        if (channel_new(fds[1], getuid(), getppid(), false, &c) != 0)
            _exit(40);
        for (int i = 0; i < 200; i++) {
            if (channel_receive(c, take, &seen) < 0)
                _exit(41);
            usleep(5000);
        }
        _exit(42);
    }
    pid_t impostor = fork();
    if (impostor == 0) {
        send_raw(fds[0], raw, stop_message(raw), 0);
        _exit(0);
    }
    assert_int_equal(waitpid(impostor, &status, 0), impostor);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    close(fds[0]);
    close(fds[1]);
}

/* ---- sending and receiving ---- */

static void messages_of_one_turn_go_in_one_datagram(void **state)
{
    int fds[2];
    struct seen seen = {0};
    struct message m = {.number = MESSAGE_STOP};
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], false), *b = channel_on(fds[1], false);
    for (int i = 0; i < 10; i++)
        assert_int_equal(channel_put(a, &m), 0);
    assert_int_equal(channel_receive(b, take, &seen), 0);
    assert_true(channel_waiting(a));
    assert_int_equal(channel_flush(a), 0);
    assert_false(channel_waiting(a));
    assert_int_equal(channel_receive(b, take, &seen), 1);
    assert_int_equal(seen.count, 10);
    assert_int_equal(channel_receive(b, take, &seen), 0);
    channel_free(a);
    channel_free(b);
}

static void a_descriptor_comes_with_its_message(void **state)
{
    int fds[2];
    struct seen seen = {0};
    struct message stop = {.number = MESSAGE_STOP}, m = {.number = MESSAGE_DESCRIPTOR};
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], true), *b = channel_on(fds[1], true);
    assert_int_equal(channel_put(a, &stop), 0); /* goes before it */
    assert_int_equal(channel_put_fd(a, &m, STDIN_FILENO), 0);
    assert_int_equal(channel_receive(b, take, &seen), 1);
    assert_int_equal(seen.fds, 0);
    assert_int_equal(channel_receive(b, take, &seen), 1);
    assert_int_equal(seen.fds, 1);
    assert_int_equal(seen.count, 2);
    channel_free(a);
    channel_free(b);
}

static void a_full_queue_refuses_and_loses_nothing(void **state)
{
    static uint8_t body[50000];
    int fds[2], r = 0;
    struct seen seen = {0};
    uint64_t sent = 0;
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], false), *b = channel_on(fds[1], false);
    struct message m = {.number = MESSAGE_SNAPSHOT};
    m.snapshot.body = bytes_view_of(body, sizeof body);
    while (r == 0 && sent < 10 * CHANNEL_QUEUE_MAX) {
        m.snapshot.epoch = sent + 1;
        r = channel_put(a, &m);
        sent += r == 0;
    }
    assert_int_equal(r, ERR_FULL);
    assert_in_range(sent, CHANNEL_QUEUE_MAX, CHANNEL_QUEUE_MAX + 20);
    assert_int_equal(channel_put(a, &m), ERR_FULL);
    /* some are read, some more are sent: order is kept */
    for (int i = 0; i < 2; i++)
        assert_int_equal(channel_receive(b, take, &seen), 1);
    assert_int_equal(channel_flush(a), 0);
    m.snapshot.epoch = sent + 1;
    assert_int_equal(channel_put(a, &m), 0);
    sent++;
    while (channel_waiting(a)) {
        assert_int_equal(channel_flush(a), 0);
        while ((r = channel_receive(b, take, &seen)) == 1)
            ;
        assert_int_equal(r, 0);
    }
    assert_int_equal(seen.last, sent);
    assert_int_equal(seen.count, sent);
    channel_free(a);
    channel_free(b);
}

static void a_descriptor_never_overtakes_what_waits(void **state)
{
    static uint8_t body[50000];
    int fds[2];
    struct message m = {.number = MESSAGE_SNAPSHOT}, d = {.number = MESSAGE_DESCRIPTOR};
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], false);
    m.snapshot.body = bytes_view_of(body, sizeof body);
    for (int i = 0; i < 20; i++)
        assert_int_equal(channel_put(a, &m), 0);
    assert_int_equal(channel_put_fd(a, &d, STDIN_FILENO), ERR_FULL);
    channel_free(a);
    close(fds[1]);
}

static void a_field_that_is_too_long_harms_nothing_else(void **state)
{
    static uint8_t body[60001];
    int fds[2];
    struct seen seen = {0};
    struct message good = {.number = MESSAGE_STOP}, bad = {.number = MESSAGE_SNAPSHOT};
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], false), *b = channel_on(fds[1], false);
    bad.snapshot.body = bytes_view_of(body, sizeof body);
    assert_int_equal(channel_put(a, &bad), ERR_SIZE);
    assert_int_equal(channel_put(a, &good), 0);
    assert_int_equal(channel_put(a, &bad), ERR_SIZE);
    assert_int_equal(channel_put(a, &good), 0);
    assert_int_equal(channel_flush(a), 0);
    while (channel_receive(b, take, &seen) == 1)
        ;
    assert_int_equal(seen.count, 2);
    channel_free(a);
    channel_free(b);
}

static void a_peer_that_has_gone_is_an_end_of_file(void **state)
{
    int fds[2];
    struct seen seen = {0};
    struct message m = {.number = MESSAGE_STOP};
    (void)state;
    make_pair(fds);
    struct channel *a = channel_on(fds[0], false), *b = channel_on(fds[1], false);
    assert_int_equal(channel_put(a, &m), 0);
    assert_int_equal(channel_flush(a), 0);
    channel_free(a);
    assert_int_equal(channel_put(b, &m), 0);
    assert_int_equal(channel_flush(b), ERR_EOF);
    assert_int_equal(channel_receive(b, take, &seen), 1); /* what it said before is still heard */
    assert_int_equal(seen.count, 1);
    assert_int_equal(channel_receive(b, take, &seen), ERR_EOF);
    assert_int_equal(channel_put(b, &m), ERR_EOF);
    assert_false(channel_waiting(b));
    channel_free(b);
    channel_free(NULL);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_descriptor_where_none_may_come_ends_the_process),
        cmocka_unit_test(other_credentials_end_the_process),
        cmocka_unit_test(malformed_messages_end_the_process),
        cmocka_unit_test(a_child_of_the_peer_cannot_speak_for_it),
        cmocka_unit_test(messages_of_one_turn_go_in_one_datagram),
        cmocka_unit_test(a_descriptor_comes_with_its_message),
        cmocka_unit_test(a_full_queue_refuses_and_loses_nothing),
        cmocka_unit_test(a_descriptor_never_overtakes_what_waits),
        cmocka_unit_test(a_field_that_is_too_long_harms_nothing_else),
        cmocka_unit_test(a_peer_that_has_gone_is_an_end_of_file),
    };
    return cmocka_run_group_tests_name("process/channel", cases, NULL, NULL);
}

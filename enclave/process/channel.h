#ifndef ENCLAVE_PROCESS_CHANNEL_H
#define ENCLAVE_PROCESS_CHANNEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "enclave/process/message.h"

/*
 * One end of a SEQPACKET socketpair to one peer.  The peer is known by the
 * credentials that the kernel stamps on every datagram; a datagram with other
 * credentials, with a descriptor where none may come, or malformed, ends the
 * process: it is never an error to recover from.
 */
struct channel;

/* Datagrams that wait while the peer does not read; beyond that sending is refused. */
#define CHANNEL_QUEUE_MAX 256

/*
 * channel_new(fd, uid, pid, takes_fds, ret_channel):
 * Take over ${fd}.  Every datagram must come from ${uid} and ${pid}.  With
 * ${takes_fds} the messages of message.def that carry a descriptor may come.
 */
must_use int channel_new(int fd, uid_t uid, pid_t pid, bool takes_fds,
                         struct channel **ret_channel);
void channel_free(struct channel *channel);

/* channel_survive(channel): What would end this process ends the channel instead: receiving says
 * ERR_PEER.  For the supervisor alone, which outlives a child that misbehaves. */
void channel_survive(struct channel *channel);

int channel_fd(const struct channel *channel);
pid_t channel_pid(const struct channel *channel);

/*
 * channel_put(channel, message):
 * Append to the datagram being built; sends it first when ${message} no longer
 * fits.  Never blocks.  ERR_FULL when too much waits already, ERR_EOF when the
 * peer is gone, ERR_SIZE when a field is longer than its row allows.
 */
must_use int channel_put(struct channel *channel, const struct message *message);

/* channel_put_fd(channel, message, fd): Send at once, with a descriptor; the caller closes it. */
must_use int channel_put_fd(struct channel *channel, const struct message *message, int fd);

/* channel_flush(channel): Send what is built and what waits, as far as the peer takes it. */
must_use int channel_flush(struct channel *channel);

/* channel_waiting(channel): Is something left to send when the peer takes it? */
bool channel_waiting(const struct channel *channel);

/*
 * channel_receive(channel, handle, context):
 * Take one datagram if there is one and give its messages to ${handle} in
 * order; ${fd} is the descriptor that came with a message, owned by ${handle},
 * else -1.  Return 1 for a datagram, 0 for none, ERR_EOF when the peer is gone.
 */
typedef void channel_handler(void *context, const struct message *message, int fd);
must_use int channel_receive(struct channel *channel, channel_handler *handle, void *context);

/* channel_await(channel, handle, context): The same, but wait for one.  For a program that lives
 * for one task and has nothing else to do. */
must_use int channel_await(struct channel *channel, channel_handler *handle, void *context);

#endif

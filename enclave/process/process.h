#ifndef ENCLAVE_PROCESS_PROCESS_H
#define ENCLAVE_PROCESS_PROCESS_H

#include <stdbool.h>

#include "crypto/secret.h"
#include "enclave/process/channel.h"
#include "enclave/process/loop.h"
#include "enclave/process/topology.h"

/*
 * How a program of the box runs: it is started by the supervisor with one control
 * channel on descriptor 3, takes its descriptors, its peers and its keys, confines
 * itself, says that it is ready, and then answers messages until it is stopped.
 * The _main.c of a program gives the handlers and nothing else.
 */
#define PROCESS_CONTROL_FD 3
#define PROCESS_RUN_MAX    300

/* The exit status of a program that the disk has failed (mark.h); what it is started for next ends
 * with this word, until it is ready: process_is_unsure(), and process_run() is without it. */
#define PROCESS_EXIT_UNSURE 3
#define PROCESS_RUN_UNSURE  "unsure"

/* Identity of this build: BLAKE2b-256 of its tables and sources; both ends must have the same. */
extern const uint8_t process_build[32];

struct process;

/* Another process, at the other end of one channel. */
struct peer {
    unsigned channel; /* its row in topology.def */
    enum program program;
    char enclave[ENCLAVE_ID_LENGTH + 1]; /* "" for a program of the site */
    struct channel *link;
    struct process *process;
    void *data; /* the program's own, NULL when joined */
};

/* What a program does when something comes.  Any of them may be NULL. */
struct process_handlers {
    void *context;
    /* before confinement, with descriptors and keys: what cannot be opened later; an error ends it
     */
    int (*prepare)(void *context, struct process *process);
    /* after confinement: open what there is to open; an error ends the process */
    int (*started)(void *context, struct process *process);
    void (*message)(void *context, struct peer *peer, const struct message *message);
    void (*joined)(void *context, struct peer *peer);
    void (*left)(void *context, struct peer *peer);
    /* the console asks: answer with process_command_done(); the descriptors stay valid until then
     */
    void (*command)(void *context, uint64_t request, unsigned command);
    /* the supervisor reports; for the auditor alone */
    void (*report)(void *context, const struct message_report *report);
    /* once after each turn of the loop, before waiting: milliseconds at most to wait, or -1 */
    int (*turn)(void *context);
    void (*stopping)(void *context);
};

/* process_main(program, handlers): Run until stopped; returns the exit status. */
int process_main(enum program program, const struct process_handlers *handlers);

/* What the supervisor said at the start. */
bool process_is_training(const struct process *process);
const char *process_enclave(const struct process *process);
unsigned process_port(const struct process *process); /* the entry's port */
unsigned process_slot(const struct process *process); /* the enclave's place, from 0 */
/* what a one-run program was started for; for identity, the ids of the enclaves in the order of
 * their ports, one behind the other, '@', and the site's host name ("" on a training site) */
const char *process_run(const struct process *process);
/* the one before this one ended with PROCESS_EXIT_UNSURE */
bool process_is_unsure(const struct process *process);
enum program process_program(const struct process *process);
/* for which enclave the console's last command was, "" for none */
const char *process_asked_enclave(const struct process *process);
struct loop *process_loop(struct process *process);

/* process_descriptor(process, what): A descriptor that was given, or -1.  Stays the process's. */
int process_descriptor(const struct process *process, enum descriptor what);

/* process_key(process, key): A key that the keeper handed out; never NULL for a row of ours. */
struct secret *process_key(struct process *process, enum key key);

/* process_peer(process, channel, enclave): The peer on that row, or NULL while it is away.
 * ${enclave} is "" for any. */
struct peer *process_peer(struct process *process, unsigned channel, const char *enclave);

/* process_send(peer, message): Queue a message; it leaves when the turn ends.  Errors as
 * channel_put(); ${peer} may be NULL (ERR_EOF). */
must_use int process_send(struct peer *peer, const struct message *message);

/* process_flush(process): Let what is queued leave now, before something that takes long. */
void process_flush(struct process *process);

/* process_send_control(process, message): The same to the supervisor. */
must_use int process_send_control(struct process *process, const struct message *message);

/* process_command_done(process, request, outcome, text): Answer the console: ${outcome} 0 is well.
 */
void process_command_done(struct process *process, uint64_t request, unsigned outcome,
                          const char *text);

/* process_say(process, text): What people should know of this program, for the site's status; ""
 * when there is nothing any more. */
void process_say(struct process *process, const char *text);

/* process_end(process): Leave the loop after this turn. */
void process_end(struct process *process);

#endif

#ifndef TESTS_ENCLAVE_AUDIT_LIVING_H
#define TESTS_ENCLAVE_AUDIT_LIVING_H

/*
 * The auditor's own program on a made-up disk, beside made-up peers.  Each life is a forked child;
 * what it has told its peers is in shared memory and outlives it, as the disk does.  A test that
 * includes this is linked with the program, whose main has another name, and with no process.o.
 */
#include "tests/crypto/cases.h"

#include <errno.h>
#include <libaudit.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/os.h"
#include "enclave/store/tree.h"
#include "tests/faults/disk.h"
#include "tests/faults/machine.h"
#include "tests/faults/memory.h"

#define ENCLAVE "e3f9k2m1"
#define IDS     3

enum end { DONE = 0, DIED = 1, NOT_STARTED = 200, WRONG = 201, UNSURE = PROCESS_EXIT_UNSURE };

/* What the auditor has said, to whom it may concern; of the worker's log. */
static struct seen {
    struct machine machine;
    uint32_t epoch;
    uint64_t size;
    uint8_t root[32];
    unsigned checkpoints, anchors, refused, asked_again, epochs_refused, records_told;
    bool acked[IDS], asked[IDS], reached;
    bool told_unsure; /* the supervisor's word on how the life before has ended */
    uint8_t full, percent;
    unsigned outcome;
    char sentence[300];
    char said[301]; /* to the site's status */
} *seen;

static struct disk *disk, *before;
static struct secret *checkpoint_key, *segment_key, *statement_key;
static uint8_t public_key[SIGN_PUBLIC_LENGTH], statement_public[SIGN_PUBLIC_LENGTH];
static const struct process_handlers *handlers;

/* Each process has its own: a secret does not go to children. */
static inline void make_keys(void)
{
    checkpoint_key = secret_of(0x21, 32);
    segment_key = secret_of(0x22, 32);
    statement_key = secret_of(0x23, 32);
}

/* ---- process.h, without a process ---- */

struct process {
    struct peer worker, identity;
    int output;
};
static struct process box = {.output = -1};

static inline int holding(const char *text)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

static inline void root_text(char out[static 300])
{
    char hex[2 * SIGN_PUBLIC_LENGTH + 1];
    bytes_to_hex(statement_public, SIGN_PUBLIC_LENGTH, hex);
    snprintf(out, 300, "{\"statement\":\"%s\",\"factors\":[\"badge+pin\"]}", hex);
}

int process_descriptor(const struct process *process, enum descriptor what)
{
    char text[300];
    root_text(text);
    return what == DESCRIPTOR_ROOT     ? holding(text)
           : what == DESCRIPTOR_OUTPUT ? process->output
                                       : -1;
}

struct secret *process_key(struct process *process, enum key key)
{
    (void)process;
    return key == KEY_AUDITOR_CHECKPOINT ? checkpoint_key : segment_key;
}

struct loop *process_loop(struct process *process)
{
    return (struct loop *)process;
}

static loop_due *each_second;
static void *each_second_context;

int loop_every(struct loop *loop, uint64_t ms, loop_due *due, void *context)
{
    (void)loop, (void)ms;
    each_second = due;
    each_second_context = context;
    return 0;
}

void process_command_done(struct process *process, uint64_t request, unsigned outcome,
                          const char *text)
{
    (void)process, (void)request;
    seen->outcome = outcome;
    snprintf(seen->sentence, sizeof seen->sentence, "%s", text);
}

bool process_is_unsure(const struct process *process)
{
    (void)process;
    return seen->told_unsure;
}

void process_say(struct process *process, const char *text)
{
    (void)process;
    snprintf(seen->said, sizeof seen->said, "%s", text);
}

int process_main(enum program program, const struct process_handlers *h)
{
    (void)program, (void)h;
    return 1;
}

static inline void take_checkpoint(struct bytes_view note)
{
    struct note_checkpoint c;
    if (note_check(public_key, note, &c) != 0)
        abort();
    seen->checkpoints++;
    snprintf(seen->sentence, sizeof seen->sentence, "%s", c.origin);
    seen->size = c.size;
    memcpy(seen->root, c.root, 32);
}

int process_send(struct peer *peer, const struct message *m)
{
    if (!peer || !peer->link)
        return ERR_EOF;
    switch (m->number) {
    case MESSAGE_ANCHOR:
        seen->anchors++;
        seen->epoch = m->anchor.epoch;
        seen->size = m->anchor.size;
        memcpy(seen->root, m->anchor.root, 32);
        return 0;
    case MESSAGE_CHECKPOINT:
        take_checkpoint(m->checkpoint.note);
        return 0;
    case MESSAGE_AUDIT_ACK:
        seen->acked[m->audit_ack.id[0] % IDS] = true;
        return 0;
    case MESSAGE_AUDIT_REFUSED:
        seen->refused++;
        return 0;
    case MESSAGE_AUDIT:
        seen->asked_again++;
        seen->asked[m->audit.id[0] % IDS] = true;
        return 0;
    case MESSAGE_JOURNAL_STATE:
        seen->full = m->journal_state.full;
        seen->percent = m->journal_state.percent;
        return 0;
    case MESSAGE_EPOCH_REFUSED:
        seen->epochs_refused++;
        return 0;
    default:
        abort();
    }
}

/* ---- the kernel's audit log ---- */

static int kernel_takes = 1;

int audit_open(void)
{
    return 1000;
}

void audit_close(int fd)
{
    (void)fd;
}

int audit_log_user_message(int fd, int type, const char *message, const char *hostname,
                           const char *address, const char *tty, int result)
{
    (void)fd, (void)type, (void)message, (void)hostname, (void)address, (void)tty, (void)result;
    seen->records_told++;
    return kernel_takes;
}

/* ---- a life ---- */

/* What nobody waits for becomes durable a moment later: two turns. */
static inline void turn(void)
{
    for (int i = 0; i < 2; i++) {
        seen->machine.boot_ns += 60000000;
        seen->machine.utc_ms += 60;
        (void)handlers->turn(handlers->context);
    }
}

static inline void give(struct peer *peer, const struct message *m)
{
    handlers->message(handlers->context, peer, m);
}

static inline bool begin(void)
{
    static int link;
    handlers = auditor_handlers();
    seen->full = JOURNAL_STATE_OPEN;
    if (handlers->prepare(handlers->context, &box) != 0 ||
        handlers->started(handlers->context, &box) != 0)
        return false;
    box.worker = (struct peer){.channel = 8, .program = PROGRAM_WORKER, .enclave = ENCLAVE};
    box.identity = (struct peer){.channel = 7, .program = PROGRAM_IDENTITY};
    box.worker.link = box.identity.link = (struct channel *)&link;
    handlers->joined(handlers->context, &box.worker);
    handlers->joined(handlers->context, &box.identity);
    return true;
}

static inline void leaf(uint64_t number, uint8_t out[static 32])
{
    memset(out, (int)number & 0xff, 32);
}

static inline void grow(struct tree *tree, uint64_t to)
{
    uint8_t bytes[32];
    while (tree->end < to) {
        leaf(tree->end, bytes);
        tree_append(tree, bytes);
    }
}

/* The head of a log that has grown from what was signed last to ${size}, where ${from} is what is
 * claimed to have been signed. */
static inline void ask_head(uint64_t from, uint64_t size, bool with_hot, bool honest)
{
    static uint8_t proof[TREE_PROOF_MAX], hot[NOTE_HOT_LENGTH] = {7};
    struct tree old, run, whole;
    struct message m = {.number = MESSAGE_HEAD};
    struct bytes_put put = bytes_into(proof, sizeof proof);
    size_t length;
    tree_begin(&old, 0);
    grow(&old, from);
    tree_begin(&run, from);
    grow(&run, size);
    tree_proof_write(&old, &run, &put);
    tree_begin(&whole, 0);
    grow(&whole, size);
    tree_root(&whole, m.head.root);
    if (!honest)
        m.head.root[0] ^= 1;
    if (bytes_put_done(&put, &length) != 0)
        abort();
    m.head.epoch = seen->epoch;
    m.head.size = size;
    m.head.old_size = from;
    m.head.proof = bytes_view_of(proof, length);
    m.head.hot = bytes_view_of(hot, with_hot ? sizeof hot : 0);
    give(&box.worker, &m);
}

static inline void ask_anchor(void)
{
    struct message m = {.number = MESSAGE_ANCHOR_ASK};
    give(&box.worker, &m);
    turn();
}

static inline void tell(struct peer *peer, uint8_t id, enum audit_outcome outcome,
                        const char *detail)
{
    struct message m = {.number = MESSAGE_AUDIT};
    m.audit.type = AUDIT_TYPE_OPERATION;
    m.audit.outcome = (uint8_t)outcome;
    m.audit.operation = 12;
    m.audit.detail = bytes_text(detail);
    m.audit.policies = bytes_text("a-rule b-rule");
    memset(m.audit.id, id, 16);
    memset(m.audit.person, 9, 16);
    if (outcome != AUDIT_OUTCOME_INTENT)
        memset(m.audit.object, 4, 16);
    give(peer, &m);
}

static inline bool export_verifies(void)
{
    struct segment_result result;
    box.output = memfd_create("export", MFD_CLOEXEC);
    handlers->command(handlers->context, 5, AUDITOR_JOURNAL);
    for (int i = 0; i < 20; i++)
        turn();
    if (seen->outcome != 0)
        return false;
    FILE *f = fdopen(box.output, "r");
    rewind(f);
    int r = segment_check(f, public_key, &result);
    fclose(f);
    return r == 0 && result.segments >= 2;
}

/* All that it does. */
static inline void a_day(void)
{
    struct message_report report = {.type = AUDIT_TYPE_PROGRAM_ENDED, .program = PROGRAM_WORKER};
    ask_anchor();
    ask_head(0, 3, false, true);
    turn();
    tell(&box.worker, 1, AUDIT_OUTCOME_INTENT, "");
    turn();
    tell(&box.worker, 1, AUDIT_OUTCOME_DONE, "done \x01 \xc3\xa4");
    tell(&box.worker, 2, AUDIT_OUTCOME_INTENT, "");
    turn();
    ask_head(3, 9, true, true);
    ask_head(3, 9, true, true); /* again, before the answer has come */
    turn();
    ask_head(9, 12, true, false); /* it does not continue the log */
    tell(&box.identity, 1, AUDIT_OUTCOME_REFUSED, "");
    report.detail = bytes_text("ended");
    memcpy(report.enclave, ENCLAVE, 8);
    handlers->report(handlers->context, &report);
    turn();
    seen->machine.utc_ms += 3600000; /* the clock is set */
    each_second(each_second_context);
    turn();
    handlers->command(handlers->context, 4, AUDITOR_SEAL);
    turn();
    tell(&box.worker, 3, AUDIT_OUTCOME_INTENT, "");
    turn();
    handlers->left(handlers->context, &box.identity);
    box.identity.link = NULL;
}

static inline int in_a_life(void (*play)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(WRONG);
        make_keys();
        if (!begin())
            _exit(NOT_STARTED);
        play();
        handlers->stopping(handlers->context);
        _exit(DONE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    disk_kill(disk);
    seen->told_unsure = WEXITSTATUS(status) == UNSURE;
    return WEXITSTATUS(status);
}

static inline void *shared(size_t length)
{
    void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}

static inline int set_up(void **state)
{
    (void)state;
    if (!seen) {
        seen = shared(sizeof *seen);
        disk = disk_new();
        before = disk_new();
        make_keys();
    }
    memset(seen, 0, sizeof *seen);
    machine_begin(&seen->machine, 7);
    machine_use(&seen->machine);
    disk_clear(disk, 7);
    disk_mount(disk);
    kernel_takes = 1;
    return sign_public(checkpoint_key, public_key) || sign_public(statement_key, statement_public);
}

/* Where the disk has failed the life before, a person has the journal read again. */
static inline void nothing_more(void)
{
    if (seen->full == JOURNAL_STATE_SHUT) {
        handlers->command(handlers->context, 6, AUDITOR_REOPEN);
        if (seen->outcome != 0 || seen->full == JOURNAL_STATE_SHUT)
            _exit(WRONG);
    }
    ask_anchor();
}

#endif

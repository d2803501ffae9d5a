/*
 * guard-b: the second judge of what leaves the box.  It was written from
 * docs/FORMAT.md alone and shares with the first only libsodium and the process
 * shell.  One run, for one worker: it checks what was built, or it signs what
 * two people approved.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"
#include "transfer/guard_b/desk.h"
#include "transfer/guard_b/disk.h"
#include "transfer/guard_b/release.h"

#define CHAIN_FILE "chain"

struct guard {
    struct process *process;
    struct b_desk desk;
    uint8_t root[B_TRUST_MAX];
    uint8_t past[B_PAST_MAX];
    struct b_release release;
    struct peer *asker; /* set once it has its verdict */
};

static struct guard guard;

static int started(void *context, struct process *process)
{
    struct guard *g = context;
    struct b_asked *asked = &g->desk.asked;
    size_t length = 0;
    g->process = process;
    memcpy(asked->enclave, process_enclave(process), B_ENCLAVE_LENGTH);
    int r =
        b_disk_read(process_descriptor(process, DESCRIPTOR_ROOT), g->root, sizeof g->root, &length);
    if (r) {
        log_err("root.json cannot be read: %s", error_text(r));
        return r;
    }
    asked->root = b_view_of(g->root, length);
    r = b_disk_digest(process_descriptor(process, DESCRIPTOR_POLICY), asked->policy_digest);
    if (r) {
        log_err("the policy cannot be read: %s", error_text(r));
        return r;
    }
    r = b_disk_read_named(process_descriptor(process, DESCRIPTOR_DIRECTORY), CHAIN_FILE, g->past,
                          sizeof g->past, &length);
    if (r == ERR_EOF)
        return 0;
    if (r)
        log_err("the chain file cannot be read: %s", error_text(r));
    asked->past = b_view_of(g->past, length);
    return r;
}

/*
 * The number first: from here on these bytes are the only ones that it can have.
 * A disk that fails is no verdict: the process ends, the worker asks again, and
 * then it is a replay.
 */
static void let_out(const struct guard *g)
{
    const struct b_release *out = &g->release;
    int own = process_descriptor(g->process, DESCRIPTOR_DIRECTORY);
    int outbox = process_descriptor(g->process, DESCRIPTOR_OUTBOX);
    int r = 0;
    if (out->past_length)
        r = b_disk_write(own, CHAIN_FILE, 0600, b_view_of(out->past, out->past_length));
    if (r)
        log_die("the chain file cannot be written, so nothing leaves: %s", strerror(errno));
    r = b_disk_write(outbox, out->outer_name, 0644, b_view_of(out->outer, out->outer_length));
    if (r == 0)
        r = b_disk_write(outbox, out->tar_name, 0644, b_view_of(out->tar, out->tar_length));
    if (r)
        log_die("the outbox cannot be written: %s", strerror(errno));
}

/* What is said when nothing was refused is borrowed from ${g}. */
static int judge(struct guard *g, struct b_refusal *why, const char **ret_sentence)
{
    struct b_asked *asked = &g->desk.asked;
    struct b_found found;
    asked->now_ms = os_utc_ms();
    if (asked->stage == B_STAGE_BUILD) {
        *ret_sentence = "every member is as it must be";
        return b_check(asked, &found, why);
    }
    struct secret *seed = process_key(g->process, KEY_GUARD_B_RELEASE);
    struct secret *outer = process_key(g->process, KEY_GUARD_B_OUTER);
    int r = b_release_make(asked, secret_open(seed), secret_open(outer), &g->release, why);
    secret_close(outer);
    secret_close(seed);
    if (r == 0)
        let_out(g);
    *ret_sentence = g->release.tar_name;
    return r;
}

static void on_message(void *context, struct peer *peer, const struct message *message)
{
    struct guard *g = context;
    struct b_refusal why = {""};
    const char *sentence = NULL;
    struct message answer = {.number = MESSAGE_GUARD_VERDICT};
    int r = b_desk_take(&g->desk, message);
    if (r)
        log_die("the worker does not keep to the protocol, message %s: %s",
                message_name(message->number), error_text(r));
    if (!g->desk.complete)
        return;
    r = judge(g, &why, &sentence);
    if (r)
        log_err("refused: %s", why.sentence);
    answer.guard_verdict.accepted = r == 0;
    answer.guard_verdict.sentence = bytes_text(r ? why.sentence : sentence);
    if (process_send(peer, &answer) != 0)
        log_die("the worker does not take the verdict");
    g->asker = peer;
}

/* One run: once the verdict has gone, so does guard-b. */
static int turn(void *context)
{
    struct guard *g = context;
    if (!g->asker)
        return -1;
    if (g->asker->link && channel_waiting(g->asker->link))
        return 10;
    process_end(g->process);
    return 0;
}

static void left(void *context, struct peer *peer)
{
    struct guard *g = context;
    if (peer->program == PROGRAM_WORKER)
        process_end(g->process);
}

int main(void)
{
    static const struct process_handlers handlers = {
        .context = &guard, .started = started, .message = on_message, .left = left, .turn = turn};
    umask(022); /* the mode of a released bundle is what disk.h is asked for */
    return process_main(PROGRAM_GUARD_B, &handlers);
}

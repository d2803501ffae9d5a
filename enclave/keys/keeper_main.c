/*
 * The keeper: opens the site's key ring, holds the root key and hands each program the
 * keys that topology.def lists for it, once per channel, each in pages of its own.  What
 * opens the ring is a training site's key file or the custodians' shares; nobody else
 * reads those descriptors.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "enclave/keys/keeper.h"
#include "enclave/keys/tpm.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static struct keeper keeper;

int64_t keeper_now(void)
{
    return os_utc_ms() / 1000;
}

int keeper_save(struct keeper *k)
{
    int r = keyring_save(process_descriptor(k->process, DESCRIPTOR_DIRECTORY), &k->ring, k->root);
    if (r == ERR_STATE)
        log_die("the key ring's directory could not be synced: which ring is there is not known; "
                "look at the disk and unlock the site again");
    if (r)
        log_sys("the key ring could not be written: %s", error_text(r));
    return r;
}

static int give_key(struct peer *peer, const struct key_row *row)
{
    struct secret *key = NULL;
    struct message m = {.number = MESSAGE_KEY, .key = {.number = (uint8_t)row->number}};
    int fd = -1;
    int r = keyring_derive(&keeper.ring, keeper.root, row, peer->enclave, &key);
    if (r == 0)
        r = secret_hand_out(key, &fd);
    if (r == ERR_STATE) {
        log_err("this kernel has no memfd_secret: keys are handed over in ordinary locked memory");
        r = secret_hand_out_plain(key, &fd);
    }
    if (r == 0)
        r = channel_put_fd(peer->link, &m, fd);
    if (fd >= 0)
        close(fd);
    secret_free(key);
    return r;
}

static void on_joined(void *context, struct peer *peer)
{
    (void)context;
    if (!topology_gives_keys(topology_channel(peer->channel))) {
        record_joined(&keeper, peer);
        return;
    }
    for (size_t i = 0; i < topology_keys_count; i++) {
        if (topology_keys[i].program != peer->program)
            continue;
        int r = give_key(peer, &topology_keys[i]);
        if (r)
            log_err("%s %s did not get its key: %s", topology_program(peer->program)->binary,
                    peer->enclave, error_text(r));
    }
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    if (!topology_gives_keys(topology_channel(peer->channel)))
        keeper_auditor_gone(&keeper);
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    bool auditor = !topology_gives_keys(topology_channel(peer->channel));
    if (auditor && m->number == MESSAGE_AUDIT_ACK) {
        if (!record_acknowledged(&keeper, m->audit_ack.id))
            keeper_intent_acknowledged(&keeper, m->audit_ack.id);
    } else if (auditor && m->number == MESSAGE_AUDIT) {
        record_asked(&keeper, &m->audit);
    } else if (auditor && m->number == MESSAGE_AUDIT_REFUSED) {
        keeper_intent_refused(&keeper, &m->audit_refused);
    } else if (auditor && m->number == MESSAGE_JOURNAL_STATE) {
        record_room(&keeper, m->journal_state.full);
    } else {
        log_die("%s asked the keeper for something (%s)", topology_program(peer->program)->binary,
                message_name(m->number));
    }
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    (void)context;
    keeper_command(&keeper, request, command);
}

static int on_started(void *context, struct process *process)
{
    (void)context;
    keeper.process = process;
    int r = record_open(&keeper);
    return r ? r : keeper_open(&keeper);
}

static void on_stopping(void *context)
{
    (void)context;
    secret_free(keeper.root);
    secret_free(keeper.tpm);
}

static int on_prepare(void *context, struct process *process)
{
    (void)context;
    (void)process;
    tpm_begin();
    return 0;
}

int main(void)
{
    static const struct process_handlers handlers = {
        .prepare = on_prepare,
        .started = on_started,
        .joined = on_joined,
        .left = on_left,
        .message = on_message,
        .command = on_command,
        .stopping = on_stopping,
    };
    return process_main(PROGRAM_KEEPER, &handlers);
}

/*
 * The keeper: holds the root key and hands each program the keys that topology.def
 * lists for it, once per channel, each in pages of its own.  A training site's root
 * key comes from its key file; nobody else reads that descriptor.
 */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "enclave/process/log.h"
#include "enclave/process/process.h"

static struct secret *root_key;
static struct process *self;

static int give_key(struct peer *peer, const struct key_row *row)
{
    struct secret *key = NULL;
    struct message m = {.number = MESSAGE_KEY, .key = {.number = (uint8_t)row->number}};
    int fd = -1;
    /* a worker's key is its enclave's; a guard signs for the site, in whichever enclave it runs */
    const char *holder =
        row->program == PROGRAM_WORKER ? peer->enclave : topology_program(row->program)->binary;
    int r = derive_key(root_key, process_is_training(self) ? "training" : "production", holder,
                       row->purpose, &key);
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
    for (size_t i = 0; i < topology_keys_count; i++) {
        if (topology_keys[i].program != peer->program)
            continue;
        int r = give_key(peer, &topology_keys[i]);
        if (r)
            log_err("%s did not get its key: %s", topology_program(peer->program)->binary,
                    error_text(r));
    }
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    log_die("%s asked the keeper for something (%s)", topology_program(peer->program)->binary,
            message_name(m->number));
}

static int on_started(void *context, struct process *process)
{
    uint8_t bytes[33];
    int r;
    (void)context;
    self = process;
    int fd = process_descriptor(process, DESCRIPTOR_KEY_FILE);
    if (fd < 0 || !process_is_training(process)) {
        log_err("there is no key file, and no custodian's shares were given");
        return ERR_KEY;
    }
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    if (n != 32) {
        log_err("the training site's key file is not 32 bytes long");
        r = ERR_FORMAT;
    } else {
        r = secret_copy(bytes, 32, &root_key);
    }
    sodium_memzero(bytes, sizeof bytes);
    if (r == 0)
        log_info("unlocked from the training site's key file");
    return r;
}

static void on_stopping(void *context)
{
    (void)context;
    secret_free(root_key);
}

int main(void)
{
    static const struct process_handlers handlers = {
        .started = on_started,
        .joined = on_joined,
        .message = on_message,
        .stopping = on_stopping,
    };
    return process_main(PROGRAM_KEEPER, &handlers);
}

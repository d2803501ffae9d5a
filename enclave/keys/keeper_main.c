/*
 * The keeper: holds the root key and hands each program the keys that topology.def
 * lists for it, once per channel, each in pages of its own.  A training site's root
 * key comes from its key file, a production site's from its custodians' shares; nobody
 * else reads those descriptors.  Shares that the console passes on later are checked the
 * same way, for what custodians alone may allow.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "crypto/shares.h"
#include "enclave/process/log.h"
#include "enclave/process/process.h"

/* what the console passes on: a line for each share */
#define SHARES_TEXT (SHARES_MAX * (SHARE_TEXT + 1))

static struct secret *root_key;
static struct process *self;
static struct custodians custodians; /* of a production site */

static int give_key(struct peer *peer, const struct key_row *row)
{
    struct secret *key = NULL;
    struct message m = {.number = MESSAGE_KEY, .key = {.number = (uint8_t)row->number}};
    int fd = -1;
    const char *holder = topology_holder(row, peer->enclave);
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

/* ---- a training site ---- */

static int from_key_file(void)
{
    uint8_t bytes[33];
    int fd = process_descriptor(self, DESCRIPTOR_KEY_FILE);
    if (fd < 0) {
        log_err("there is no key file");
        return ERR_KEY;
    }
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    int r = n == 32 ? secret_copy(bytes, 32, &root_key) : ERR_FORMAT;
    sodium_memzero(bytes, sizeof bytes);
    if (r)
        log_err("the training site's key file is not 32 bytes long");
    else
        log_info("unlocked from the training site's key file");
    return r;
}

/* ---- a production site ---- */

static size_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (fd >= 0 && n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

/* The shares as the console passed them on, one a line. */
static int take_shares(struct share *shares, size_t *ret_count, char why[static SHARE_WHY])
{
    static char text[SHARES_TEXT + 1];
    size_t length = read_all(process_descriptor(self, DESCRIPTOR_INPUT), text, sizeof text);
    struct bytes in = bytes_over(text, length);
    size_t count = 0;
    int r = 0;
    while (r == 0 && bytes_left(&in)) {
        struct bytes_view line = bytes_line(&in);
        if (in.error || count == SHARES_MAX) {
            snprintf(why, SHARE_WHY, "The shares came in another form than the console's.");
            r = ERR_FORMAT;
        } else {
            r = share_parse(line, &shares[count++], why);
        }
    }
    sodium_memzero(text, sizeof text);
    *ret_count = count;
    return r;
}

static int from_shares(void)
{
    static char text[CUSTODIANS_MAX + 1];
    static struct share shares[SHARES_MAX];
    char why[SHARE_WHY] = "";
    size_t count = 0;
    size_t length = read_all(process_descriptor(self, DESCRIPTOR_CUSTODIANS), text, sizeof text);
    int r = custodians_parse(bytes_view_of(text, length), &custodians);
    if (r)
        snprintf(why, sizeof why, "The site's file of custodians is not in its form.");
    else
        r = take_shares(shares, &count, why);
    if (r == 0)
        r = shares_combine(&custodians, shares, count, &root_key, why);
    sodium_memzero(shares, sizeof shares);
    if (r == 0) {
        log_info("unlocked by %u custodians", custodians.threshold);
        return 0;
    }
    log_err("not unlocked: %s", why);
    int out = process_descriptor(self, DESCRIPTOR_OUTPUT);
    if (out >= 0 && write(out, why, strlen(why)) < 0)
        log_err("the console has gone");
    return r;
}

/* ---- custodians who agree, while the site is unlocked ---- */

/* Their shares are checked as at an unlocking, to the key that comes out; nothing is kept. */
static int agree(char why[static SHARE_WHY])
{
    static struct share shares[SHARES_MAX];
    struct secret *again = NULL;
    size_t count = 0;
    int r = take_shares(shares, &count, why);
    if (r == 0)
        r = shares_combine(&custodians, shares, count, &again, why);
    sodium_memzero(shares, sizeof shares);
    secret_free(again);
    return r;
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    char why[SHARE_WHY] = "";
    (void)context;
    (void)command;
    if (process_is_training(self))
        log_die("a training site has no custodians to ask");
    int r = agree(why);
    if (r)
        log_err("custodians were asked, and did not agree: %s", why);
    else
        log_info("%u custodians agreed to what the console asks", custodians.threshold);
    process_command_done(self, request, r != 0, r ? why : "agreed");
}

static int on_started(void *context, struct process *process)
{
    (void)context;
    self = process;
    return process_is_training(process) ? from_key_file() : from_shares();
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
        .command = on_command,
        .stopping = on_stopping,
    };
    return process_main(PROGRAM_KEEPER, &handlers);
}

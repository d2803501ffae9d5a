/*
 * The hasher: runs Argon2id over peppered PINs for identity, one at a time, at low
 * priority.  It holds nothing and keeps nothing.
 */
#include <sys/resource.h>

#include "crypto/password.h"
#include "enclave/process/log.h"
#include "enclave/process/process.h"

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    struct message answer = {.number = MESSAGE_HASHED};
    (void)context;
    if (m->number != MESSAGE_HASH)
        log_die("identity sent message %s", message_name(m->number));
    answer.hashed.request = m->hash.request;
    if (password_hash(m->hash.peppered, m->hash.salt, answer.hashed.hash) != 0)
        log_die("there was no memory for a hash");
    if (process_send(peer, &answer) != 0)
        log_err("identity did not take an answer");
}

int main(void)
{
    static const struct process_handlers handlers = {.message = on_message};
    (void)setpriority(PRIO_PROCESS, 0, 10);
    return process_main(PROGRAM_HASHER, &handlers);
}

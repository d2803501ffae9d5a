/* A worker whose store cannot be opened: it says so, and waits until it can. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/replay.h"
#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/rekey.h"

#define LOOK_AGAIN_MS ((uint64_t)10000)

void shut_begin(struct worker *w, const char *why)
{
    snprintf(w->closed, sizeof w->closed, "%.299s", why);
    w->dark = true;
    log_err("the store is not opened: %s", why);
    process_say(w->process, w->closed);
}

/* The site's status has the reason; who asks over the floor's network is told no more than that. */
static void answer(struct peer *gateway, uint64_t request)
{
    uint8_t text[600];
    struct bytes_put put = bytes_into(text, sizeof text);
    struct message m = {.number = MESSAGE_ANSWER};
    answer_write_problem(
        &(struct answer_problem){.error = "The store of this program cannot be opened.",
                                 .kept = "What is recorded was not touched.",
                                 .todo = "Tell the system administrator: the site's status says "
                                         "why."},
        &put);
    m.answer.request = request;
    m.answer.status = 503;
    m.answer.parts = 1;
    m.answer.body = bytes_view_of(text, bytes_put_length(&put));
    (void)!process_send(gateway, &m);
}

void shut_message(struct worker *w, struct peer *peer, const struct message *m)
{
    struct message verdict = {.number = MESSAGE_INBOUND_VERDICT};
    struct message not_held = {.number = MESSAGE_HELD};
    if (m->number == MESSAGE_HOLD) /* a backup's run */
        (void)!process_send(peer, &not_held);
    if (m->number == MESSAGE_REQUEST)
        answer(peer, m->request.request);
    if (m->number == MESSAGE_INBOUND_END) {
        verdict.inbound_verdict.sentence = bytes_text(w->closed);
        (void)!process_send(peer, &verdict);
    }
}

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

static int open_it(struct worker *w, enum store_use use, struct store_refusal *why,
                   struct store **ret_store)
{
    bool is_next;
    return store_rekey_open(
        STORE_FILE, process_enclave(w->process), process_key(w->process, KEY_WORKER_STORE),
        process_key(w->process, KEY_WORKER_STORE_NEXT), use, why, ret_store, &is_next);
}

/* Tables that cannot be read are made again; everything else needs a store. */
void shut_command(struct worker *w, uint64_t request, unsigned command)
{
    struct store_refusal why;
    struct store *store = NULL;
    if (command != COMMAND_REBUILD || open_it(w, STORE_READ_WRITE, &why, &store) != 0) {
        process_command_done(w->process, request, 1, w->closed);
        return;
    }
    int log = verify_log(w, store), r = log ? log : replay_rebuild(store);
    store_close(store);
    if (log) {
        process_command_done(w->process, request, 1, REBUILD_IN_VAIN);
        return;
    }
    process_command_done(
        w->process, request, r != 0,
        r ? error_text(r)
          : "the tables are given up; the enclave starts now and makes each again from the log: "
            "casemate status says when it is ready, or what keeps it");
    process_end(w->process);
}

/* Somebody may have put the right files there: then the process starts again with them. */
void shut_due(struct worker *w)
{
    static uint64_t looked_ms;
    struct store_refusal why;
    struct store *store = NULL;
    uint64_t now = os_boot_ms();
    if (looked_ms == 0)
        looked_ms = now;
    if (now - looked_ms < LOOK_AGAIN_MS)
        return;
    looked_ms = now;
    if (open_it(w, STORE_READ_ONLY, &why, &store) == 0) {
        store_close(store);
        log_info("the store can be opened now; the worker starts again");
        process_end(w->process);
        return;
    }
    if (strncmp(why.text, w->closed, sizeof w->closed - 1) != 0)
        shut_begin(w, why.text);
}

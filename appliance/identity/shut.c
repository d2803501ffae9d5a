/* A store that is refused, or that the disk has failed: identity stays up in words, and says what
 * was found and what to do. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "enclave/process/log.h"
#include "enclave/process/mark.h"
#include "enclave/process/os.h"
#include "enclave/store/rekey.h"
#include "enclave/store/verify.h"

#define MARK          "unsure"
#define LOOK_AGAIN_MS ((uint64_t)10000)

static const char failed[] =
    "The disk failed while identity's store was written. Nobody can sign in until the system "
    "administrator has had it read again from the disk (casemate reopen identity).";

void shut_failed(int r, const char *what)
{
    mark_end(MARK, r, what);
}

void shut_begin(struct identity *n, const char *why)
{
    if (strcmp(n->closed, why) == 0)
        return;
    snprintf(n->closed, sizeof n->closed, "%.299s", why);
    log_err("%s", n->closed);
    process_say(n->process, n->closed);
}

static int open_as(struct identity *n, enum store_use use, struct store_refusal *why,
                   struct store **ret_store)
{
    bool is_next;
    return store_rekey_open(STORE_FILE, "identity", process_key(n->process, KEY_IDENTITY_STORE),
                            process_key(n->process, KEY_IDENTITY_STORE_NEXT), use, why, ret_store,
                            &is_next);
}

static void refuse(struct identity *n, const char *found)
{
    char why[300];
    snprintf(why, sizeof why, "Identity's store is not opened, and nobody can sign in. %.220s",
             found);
    shut_begin(n, why);
}

/* What was opened and cannot be used is closed again. */
static void give_up(struct identity *n, int code)
{
    char found[200];
    snprintf(found, sizeof found,
             "What is in " STORE_FILE " cannot be read (%s): put it back from its newest backup.",
             error_text(code));
    store_close(n->store);
    n->store = NULL;
    n->given_up = true;
    refuse(n, found);
}

int shut_open(struct identity *n, store_each *each)
{
    struct store_refusal why;
    int r = mark_begin(MARK, process_is_unsure(n->process), &n->unsure);
    if (r)
        return r;
    r = open_as(n, STORE_READ_WRITE, &why, &n->store);
    if (r == ERR_MEMORY)
        return r;
    if (r) {
        refuse(n, why.text);
        return 0;
    }
    r = store_seal(n->store);
    if (r == 0)
        r = store_walk(n->store, 0, store_size(n->store), each, n);
    if (r == ERR_MEMORY)
        return r;
    if (r)
        give_up(n, r);
    else if (n->unsure)
        shut_begin(n, failed);
    return 0;
}

void shut_due(struct identity *n)
{
    struct store_refusal why;
    struct store *store = NULL;
    uint64_t now = os_boot_ms();
    if (n->store || now - n->looked_ms < LOOK_AGAIN_MS)
        return;
    n->looked_ms = now;
    if (open_as(n, STORE_READ_ONLY, &why, &store) != 0) {
        refuse(n, why.text);
        return;
    }
    store_close(store);
    if (n->given_up) /* it opens, as before, and what is in it cannot be used */
        return;
    log_info("the store can be opened now; identity starts again");
    process_end(n->process);
}

int shut_decode(void *context, const struct store_event *stored)
{
    struct event event;
    (void)context;
    return event_decode(stored->payload, &event);
}

int shut_reopen(struct identity *n, char *text, size_t size)
{
    uint64_t signed_size = 0;
    if (!n->unsure) {
        snprintf(text, size, "the disk has not failed identity; nothing was changed%s%s",
                 n->closed[0] ? ". It says: " : "", n->closed);
        return 0;
    }
    if (!n->store || store_forget(n->store) != 0 ||
        store_verify_last(n->store, shut_decode, NULL) != 0 ||
        store_verify(n->store, n->checkpoint_key, shut_decode, NULL, &signed_size) != 0) {
        snprintf(text, size,
                 "what lies on the disk is not what was recorded: identity stays closed. Nothing "
                 "was changed. Put its store back from its newest backup (casemate restore "
                 "identity).%s%s",
                 n->store ? "" : " It says: ", n->store ? "" : n->closed);
        return 1;
    }
    if (mark_remove(MARK) != 0) {
        snprintf(text, size,
                 "the log is whole, but the disk does not let the mark be removed: identity stays "
                 "closed. Replace the disk.");
        return 1;
    }
    snprintf(text, size, "%llu events were read from the disk and are whole; identity starts again",
             (unsigned long long)store_size(n->store));
    log_err("reopened: %s", text);
    process_end(n->process); /* with what is on the disk, and nothing that was in memory */
    return 0;
}

/* A store that the disk has failed: closed until its whole log has been read again. */
#include "appliance/worker/unsure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

static const char closed[] =
    "The disk failed while this enclave's store was written. Nothing more is recorded until the "
    "system administrator has had it read again from the disk (casemate reopen).";

static int leave_mark(void)
{
    int fd = os_open(UNSURE_MARK, O_WRONLY | O_CREAT, 0600);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = os_sync(fd) == 0 ? 0 : ERR_SYSTEM;
    os_close(fd);
    return r;
}

void unsure_end(int r, const char *what)
{
    log_err("the store failed %s: %s; this process ends and nothing was acknowledged", what,
            error_text(r));
    if (r != ERR_STORE && r != ERR_SYSTEM)
        _exit(1);
    (void)!leave_mark(); /* the exit status says it too */
    _exit(PROCESS_EXIT_UNSURE);
}

int unsure_begin(struct worker *w, bool told)
{
    int fd = told ? -1 : os_open(UNSURE_MARK, O_RDONLY, 0);
    if (!told && fd < 0)
        return errno == ENOENT ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        os_close(fd);
    int r = told ? leave_mark() : 0;
    if (r == 0) {
        w->unsure = true;
        snprintf(w->closed, sizeof w->closed, "%s", closed);
        log_err("the disk failed the last worker; the enclave stays closed until casemate reopen");
    }
    return r;
}

static int count(void *context, const struct store_event *stored)
{
    uint8_t leaf[HASH_TREE_LENGTH];
    struct event event;
    int r = event_decode(stored->payload, &event);
    store_leaf(stored, leaf);
    tree_append(context, leaf);
    return r;
}

/* What is behind the signed head, too: every event of the last epoch that there is. */
static int read_all(struct worker *w)
{
    struct tree tree;
    uint8_t mine[HASH_TREE_LENGTH], found[HASH_TREE_LENGTH];
    uint64_t first = store_epoch(w->store)->first;
    tree_begin(&tree, 0);
    int r = store_walk(w->store, first, store_size(w->store), count, &tree);
    tree_root(&tree, found);
    store_root(w->store, mine);
    return r || (first + tree.end == store_size(w->store) && memcmp(mine, found, sizeof mine) == 0)
               ? r
               : ERR_DIGEST;
}

static int look_again(struct worker *w)
{
    char more[3000];
    int r = store_forget(w->store);
    if (r == 0)
        r = read_all(w);
    if (r == 0 && worker_verify(w, more, sizeof more) != 0)
        r = ERR_DIGEST;
    return r ? r : worker_compare(w);
}

int unsure_reopen(struct worker *w, char *text, size_t size)
{
    if (!w->unsure) {
        snprintf(text, size, "the disk has not failed this enclave; nothing was changed");
        return 0;
    }
    int r = look_again(w);
    if (r == ERR_SYSTEM || r == ERR_STORE ||
        r == ERR_MEMORY) { /* which is no word on what lies there */
        snprintf(text, size,
                 "the store could not be read again from the disk (%s): the enclave stays closed. "
                 "Nothing was changed. Ask once more; if it is refused again, replace the disk and "
                 "restore a backup. casemate verify and casemate replay say more.",
                 error_text(r));
        return 1;
    }
    if (r) {
        snprintf(text, size,
                 "what lies on the disk is not what was recorded: the enclave stays "
                 "closed. Nothing was changed. casemate verify and casemate replay say "
                 "where; a backup has what is missing.");
        return 1;
    }
    if (os_unlink(UNSURE_MARK) != 0) {
        snprintf(text, size,
                 "the log is whole, but the disk does not let the mark be removed: the "
                 "enclave stays closed. Replace the disk.");
        return 1;
    }
    w->unsure = false;
    if (strcmp(w->closed, closed) == 0)
        w->closed[0] = '\0';
    snprintf(text, size, "%llu events were read from the disk and are whole%s",
             (unsigned long long)store_size(w->store),
             w->closed[0]
                 ? "; the enclave stays closed for another reason, which its Security page "
                   "shows"
                 : "; the enclave works again");
    log_err("reopened: %llu events were read from the disk and are whole",
            (unsigned long long)store_size(w->store));
    return 0;
}

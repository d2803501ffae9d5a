/* A store that the disk has failed: closed until its whole log has been read again. */
#include "appliance/worker/unsure.h"

#include <stdio.h>
#include <string.h>

#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/mark.h"
#include "enclave/store/verify.h"

static const char closed[] =
    "The disk failed while this enclave's store was written. Nothing more is recorded until the "
    "system administrator has had it read again from the disk (casemate reopen).";

void unsure_end(int r, const char *what)
{
    mark_end(UNSURE_MARK, r, what);
}

int unsure_begin(struct worker *w, bool told)
{
    int r = mark_begin(UNSURE_MARK, told, &w->unsure);
    if (r == 0 && w->unsure) {
        snprintf(w->closed, sizeof w->closed, "%s", closed);
        log_err("the disk failed the last worker; the enclave stays closed until casemate reopen");
    }
    return r;
}

static int look_again(struct worker *w)
{
    char more[3000];
    int r = store_forget(w->store);
    if (r == 0)
        r = store_verify_last(w->store, verify_decode, NULL);
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
    if (mark_remove(UNSURE_MARK) != 0) {
        snprintf(text, size,
                 "the log is whole, but the disk does not let the mark be removed: the "
                 "enclave stays closed. Replace the disk.");
        return 1;
    }
    w->unsure = false;
    if (strcmp(w->closed, closed) == 0)
        w->closed[0] = '\0';
    if (!w->closed[0])
        loss_reopened(w);
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

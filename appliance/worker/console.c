/* What root asks on the console. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/worker/replay.h"
#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "crypto/note.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/skeleton.h"

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

/* ---- skeleton ---- */

static int export(struct worker *w, char *text, size_t size)
{
    int fd = process_descriptor(w->process, DESCRIPTOR_OUTPUT);
    uint8_t question[5];
    char note[NOTE_MAX];
    size_t length;
    uint64_t signed_size;
    struct store_epoch epoch = *store_epoch(w->store);
    ssize_t n = read(process_descriptor(w->process, DESCRIPTOR_INPUT), question, sizeof question);
    struct bytes in = bytes_over(question, n > 0 ? (size_t)n : 0);
    uint32_t number = bytes_u32(&in);
    int r = bytes_done(&in);
    if (r == 0 && number)
        r = store_epoch_by(w->store, number, &epoch);
    if (r) {
        snprintf(text, size, "this log has no epoch %u; the last one is %u", number,
                 store_epoch(w->store)->number);
        return 1;
    }
    r = store_checkpoint(w->store, epoch.number, note, sizeof note, &length, &signed_size);
    if (r == 0)
        r = skeleton_write(w->store, fd, epoch.first, bytes_view_of(note, length), signed_size);
    if (r) {
        snprintf(text, size, "the log could not be exported: %s",
                 r == ERR_UNKNOWN  ? "no head has been signed yet"
                 : r == ERR_SYSTEM ? strerror(errno) /* what it is written to refused */
                                   : error_text(r));
        return 1;
    }
    snprintf(text, size, "%llu events, without content", (unsigned long long)signed_size);
    return 0;
}

static int rebuild(struct worker *w, char *text, size_t size)
{
    int r = verify_log(w, w->store);
    if (r) {
        snprintf(text, size, "%s", REBUILD_IN_VAIN);
        return 1;
    }
    r = replay_rebuild(w->store);
    if (r) {
        snprintf(text, size, "the tables cannot be given up: %s", error_text(r));
        return 1;
    }
    snprintf(text, size,
             "the tables are given up; the enclave starts now and makes each again from the log: "
             "casemate status says when it is ready");
    process_end(w->process);
    return 0;
}

void console_command(struct worker *w, uint64_t request, unsigned command)
{
    char text[4000] = "";
    int outcome = 1;
    request_batch_end(w);
    switch (command) {
    case COMMAND_AUDIT_EXPORT:
        outcome = export(w, text, sizeof text);
        break;
    case COMMAND_REOPEN:
        outcome = unsure_reopen(w, text, sizeof text);
        break;
    case COMMAND_AUDIT_CONSISTENCY:
        outcome = prove_consistency(w, text, sizeof text);
        break;
    case COMMAND_REBUILD:
        outcome = rebuild(w, text, sizeof text);
        break;
    case COMMAND_REPLAY:
    case COMMAND_VERIFY:
        if (replay_ask(w, request, command == COMMAND_REPLAY ? REPLAY_TABLES : REPLAY_LOG))
            return; /* answered when it is done; work goes on */
        snprintf(text, sizeof text, "it is asked already; try again when that has been answered");
        break;
    default:
        log_die("the supervisor asked for a command that is not the worker's");
    }
    process_command_done(w->process, request, (unsigned)outcome, text);
}

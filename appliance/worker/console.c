/* What root asks on the console: a skeleton of the log, a replay, a verification. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* ---- the whole log against its signed head ---- */

struct verification {
    struct tree tree;
};

static int verify_one(void *context, const struct store_event *stored)
{
    struct verification *v = context;
    struct event event;
    uint8_t leaf[32];
    int r = event_decode(stored->payload, &event);
    if (r)
        return r;
    store_leaf(stored, leaf);
    tree_append(&v->tree, leaf);
    return 0;
}

int console_verify(struct worker *w, char *text, size_t size)
{
    struct verification v;
    char note[NOTE_MAX];
    struct note_checkpoint head;
    size_t length;
    uint64_t signed_size = 0;
    uint8_t root[32];
    tree_begin(&v.tree, 0);
    int r = store_checkpoint(w->store, note, sizeof note, &length, &signed_size);
    if (r == ERR_UNKNOWN) {
        snprintf(text, size, "no head has been signed yet");
        return CONSOLE_NO_HEAD;
    }
    if (r == 0)
        r = note_check(w->root.checkpoint, bytes_view_of(note, length), &head);
    if (r == 0)
        r = store_walk(w->store, 0, signed_size, verify_one, &v);
    tree_root(&v.tree, root);
    if (r == ERR_MEMORY) {
        snprintf(text, size, "there was no memory to verify the log with; try again");
        return CONSOLE_NO_HEAD; /* which is no fault of the log's either */
    }
    if (r == 0 && (head.size != v.tree.end || memcmp(root, head.root, 32) != 0))
        r = ERR_DIGEST;
    if (r) {
        snprintf(text, size, "the log does not verify: %s", error_text(r));
        return 1;
    }
    w->verified_size = signed_size;
    w->verified_ms = os_utc_ms();
    snprintf(text, size, "%llu events verified against their signed head; %llu are behind it",
             (unsigned long long)signed_size,
             (unsigned long long)(store_size(w->store) - signed_size));
    return 0;
}

/* ---- replay ---- */

static int replay_one(void *context, const struct store_event *stored)
{
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : mes_apply(context, &event, stored->sequence);
}

/* The cold table against the log; the text gains its line. */
static int compare_readings(struct worker *w, const struct mes *again, char *text, size_t size,
                            bool *ret_same)
{
    uint8_t a[32], b[32];
    size_t rows, expected = 0;
    int r = w->closed[0] ? 0 : projector_catch_up(&w->projector);
    if (r && r != ERR_FULL)
        unsure_end(r, "while readings were put into their table");
    r = readings_digest(w->projector.readings, a, &rows); /* as far as it is filled */
    if (r == 0)
        r = readings_expect(w->store, again, w->projector.position, b, &expected);
    *ret_same = r == 0 && memcmp(a, b, 32) == 0;
    snprintf(text, size, "%-16s %6zu rows  %s\n", "reading", expected,
             *ret_same ? "the same" : "DIFFERENT");
    return r;
}

int console_replay(struct worker *w, char *text, size_t size)
{
    bool readings_same = false;
    struct mes *again = NULL;
    size_t used = 0;
    int differing = 0;
    int r = mes_new(NULL, process_enclave(w->process), process_is_training(w->process), &again);
    if (r == 0)
        r = store_walk(w->store, 0, store_size(w->store), replay_one, again);
    if (r == 0) /* compare with what the store holds, not with what memory believes */
        r = rows_load(w->mes->entities);
    if (r) {
        snprintf(text, size, "the log could not be replayed: %s", error_text(r));
        mes_free(again);
        return 1;
    }
    for (int k = 0; k < ENTITY_COUNT; k++) {
        uint8_t a[32], b[32];
        rows_digest(w->mes->entities, (enum entity_kind)k, a);
        rows_digest(again->entities, (enum entity_kind)k, b);
        bool same = memcmp(a, b, 32) == 0;
        differing += !same;
        used += (size_t)snprintf(text + used, used < size ? size - used : 0,
                                 "%-16s %6zu rows  %s\n", entity_name((enum entity_kind)k),
                                 rows_count(again->entities, (enum entity_kind)k),
                                 same ? "the same" : "DIFFERENT");
    }
    r = used < size ? compare_readings(w, again, text + used, size - used, &readings_same)
                    : ERR_SIZE;
    used += strlen(text + used);
    differing += !readings_same;
    if (used < size)
        snprintf(text + used, size - used, "%llu events replayed, %d tables differ",
                 (unsigned long long)store_size(w->store), differing);
    mes_free(again);
    return r != 0 || differing != 0;
}

/* ---- skeleton ---- */

static int export(struct worker *w, char *text, size_t size)
{
    int fd = process_descriptor(w->process, DESCRIPTOR_OUTPUT);
    char note[NOTE_MAX];
    size_t length;
    uint64_t signed_size;
    int r = store_checkpoint(w->store, note, sizeof note, &length, &signed_size);
    if (r == 0)
        r = skeleton_write(w->store, fd, bytes_view_of(note, length), signed_size);
    if (r) {
        snprintf(text, size, "the log could not be exported: %s",
                 r == ERR_UNKNOWN ? "no head has been signed yet" : error_text(r));
        return 1;
    }
    snprintf(text, size, "%llu events, without content", (unsigned long long)signed_size);
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
    case COMMAND_REPLAY:
        outcome = console_replay(w, text, sizeof text);
        break;
    case COMMAND_REOPEN:
        outcome = unsure_reopen(w, text, sizeof text);
        break;
    case COMMAND_VERIFY:
        outcome = console_verify(w, text, sizeof text);
        break;
    default:
        log_die("the supervisor asked for a command that is not the worker's");
    }
    process_command_done(w->process, request, (unsigned)outcome, text);
}

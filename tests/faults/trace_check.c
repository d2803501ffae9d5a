/* What is found of a trace's work afterwards, and what a changed file is taken for. */
#include "tests/faults/trace_work.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"

#define HEADS_MAX 4096

/* What the journal says, and how far the log has been counted. */
struct finding {
    struct trace *trace;
    struct tree tree;
    size_t heads, next;
    struct {
        uint64_t size;
        uint8_t root[HASH_TREE_LENGTH];
    } head[HEADS_MAX];
    bool malformed;
};
static struct finding found;

#define WRONG(...) (snprintf(why, size, __VA_ARGS__), why)

static void take_head(void *context, const char *origin, const char *kind, char *fields)
{
    char *space = fields ? strchr(fields, ' ') : NULL;
    (void)context, (void)origin;
    if (strcmp(kind, "head") != 0)
        return;
    if (!space || found.heads == HEADS_MAX ||
        bytes_from_hex(bytes_view_of(space + 1, 64), HASH_TREE_LENGTH,
                       found.head[found.heads].root) != 0)
        found.malformed = true;
    else
        found.head[found.heads++].size = strtoull(fields, NULL, 10);
}

/* The roots that somebody was told of, at their sizes. */
static int compare_roots(void)
{
    const struct trace_told *told = found.trace->told;
    uint8_t root[HASH_TREE_LENGTH];
    tree_root(&found.tree, root);
    if (found.tree.end == told->events && memcmp(root, told->root, sizeof root) != 0)
        return ERR_BEHIND;
    while (found.next < found.heads && found.head[found.next].size == found.tree.end)
        if (memcmp(found.head[found.next++].root, root, sizeof root) != 0)
            return ERR_BEHIND;
    return 0;
}

static int compare_one(void *context, const struct store_event *event)
{
    uint8_t leaf[HASH_TREE_LENGTH];
    struct bytes_view expected = trace_payload_of(found.trace->seed, event->sequence);
    (void)context;
    if (expected.length != event->payload.length ||
        memcmp(expected.data, event->payload.data, expected.length) != 0)
        return ERR_DIGEST;
    store_leaf(event, leaf);
    tree_append(&found.tree, leaf);
    return compare_roots();
}

static int64_t number_of(struct store *store, const char *question)
{
    sqlite3_stmt *s = NULL;
    int64_t n = -1;
    if (sqlite3_prepare_v2(store_db(store), question, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static const char *check_rows(struct trace *t, char *why, size_t size)
{
    uint64_t events = store_size(t->store);
    int64_t all = 0, followed = 0;
    for (uint64_t i = 0; i < events; i++) {
        int64_t v = trace_value_of(trace_payload_of(t->seed, i));
        all += v;
        followed += i < t->cold ? v : 0;
    }
    if (number_of(t->store, "SELECT sum(count) FROM hot") != (int64_t)events ||
        number_of(t->store, "SELECT sum(sum) FROM hot") != all)
        return WRONG("the projection of the same transaction is not that of %" PRIu64 " events",
                     events);
    if (number_of(t->store, "SELECT count(*) FROM cold") != (int64_t)t->cold ||
        number_of(t->store, "SELECT coalesce(sum(value), 0) FROM cold") != followed)
        return WRONG("the projection that follows is not at its position");
    return NULL;
}

static const char *check_documents(struct trace *t, uint64_t transactions, char *why, size_t size)
{
    static uint8_t content[TRACE_DOCUMENT_MAX];
    for (uint64_t i = 0; i < transactions; i++) {
        uint8_t digest[32];
        size_t length;
        if (!trace_has_document(t->seed, i))
            continue;
        hash_content("casemate/document/1", trace_document_of(t->seed, i), digest);
        int r = store_document_get(t->store, digest, content, sizeof content, &length);
        if (r)
            return WRONG("the document of transaction %" PRIu64 ": %s", i, error_text(r));
    }
    return NULL;
}

static const char *check_journal(struct trace *t, char *why, size_t size)
{
    char note[NOTE_MAX];
    size_t length;
    uint64_t kept = 0;
    found = (struct finding){.trace = t};
    tree_begin(&found.tree, 0);
    int r = journal_open(take_head, NULL, &t->journal);
    if (r || found.malformed)
        return WRONG("the journal does not open: %s", error_text(r));
    if (found.heads < t->told->heads)
        return WRONG("the journal has %zu heads of %" PRIu64, found.heads, t->told->heads);
    if (store_checkpoint(t->store, 1, note, sizeof note, &length, &kept) == 0 &&
        (found.heads == 0 || kept > found.head[found.heads - 1].size))
        return WRONG("the store has a head of %" PRIu64 " events, and the journal none", kept);
    return NULL;
}

static const char *check_log(struct trace *t, uint64_t *ret_transactions, char *why, size_t size)
{
    const struct trace_told *told = t->told;
    uint64_t events = store_size(t->store);
    uint64_t more = told->events + trace_events_of(t->seed, told->transactions);
    uint8_t root[HASH_TREE_LENGTH];
    if (events != told->events && events != more)
        return WRONG("%" PRIu64 " events; told were %" PRIu64
                     ", the next transaction ends at %" PRIu64,
                     events, told->events, more);
    *ret_transactions = told->transactions + (events == more);
    int r = store_walk(t->store, 0, events, compare_one, NULL);
    if (r)
        return WRONG("event %" PRIu64 " is not what was recorded: %s", found.tree.end,
                     error_text(r));
    if (found.next < found.heads)
        return WRONG("the journal has a head of %" PRIu64 " events, the store %" PRIu64,
                     found.head[found.next].size, events);
    store_root(t->store, root);
    uint8_t counted[HASH_TREE_LENGTH];
    tree_root(&found.tree, counted);
    return memcmp(root, counted, sizeof root) == 0 ? NULL
                                                   : WRONG("the store's root is not its log's");
}

static int same_event(void *context, const struct store_event *event)
{
    const struct trace *t = context;
    struct bytes_view expected = trace_payload_of(t->seed, event->sequence);
    return expected.length == event->payload.length &&
                   memcmp(expected.data, event->payload.data, expected.length) == 0
               ? 0
               : ERR_DIGEST;
}

int trace_read(struct trace *t)
{
    static uint8_t content[TRACE_DOCUMENT_MAX];
    struct store_event event;
    uint8_t digest[32];
    char note[NOTE_MAX];
    uint64_t size;
    size_t length;
    int r = store_walk(t->store, 0, t->told->events, same_event, t);
    for (uint64_t i = 0; r == 0 && i < t->told->events; i += 7) {
        r = store_read(t->store, i, &event);
        if (r == 0)
            r = same_event(t, &event);
    }
    for (uint64_t i = 0; r == 0 && i < t->told->transactions; i++) {
        if (!trace_has_document(t->seed, i))
            continue;
        hash_content("casemate/document/1", trace_document_of(t->seed, i), digest);
        r = store_document_get(t->store, digest, content, sizeof content, &length);
    }
    if (r == 0)
        r = store_checkpoint(t->store, 1, note, sizeof note, &length, &size);
    return r ? r : store_check_anchor(t->store, 1, t->told->events, t->told->root);
}

const char *trace_check(struct trace *t, char *why, size_t size)
{
    uint64_t transactions = 0;
    int r = trace_open(t);
    if (r)
        return WRONG("the store does not open: %s", error_text(r));
    const char *wrong = check_journal(t, why, size);
    if (!wrong)
        wrong = check_log(t, &transactions, why, size);
    if (!wrong)
        wrong = check_documents(t, transactions, why, size);
    if (!wrong)
        wrong = check_rows(t, why, size);
    if (wrong)
        return wrong;
    /* it goes on, and what it does then is there at the next opening */
    t->told->transactions = transactions;
    r = trace_transaction(t);
    uint64_t events = store_size(t->store);
    trace_close(t);
    if (r == 0)
        r = trace_open(t);
    if (r || store_size(t->store) != events ||
        events != trace_events_before(t->seed, transactions + 1))
        return WRONG("it does not go on: %s", error_text(r));
    trace_close(t);
    return NULL;
}

/* ---- files that somebody has changed ---- */

static int count_leaf(void *context, const struct store_event *event)
{
    uint8_t leaf[HASH_TREE_LENGTH];
    store_leaf(event, leaf);
    tree_append(context, leaf);
    return 0;
}

const char *trace_found_names[TRACE_FOUND] = {
    "refused at open", "refused by the anchor", "refused at use", "seen by verify",
    "seen by replay",  "the tail is gone",      "the same",       "SERVED",
};

static bool documents_read(struct trace *t)
{
    char why[100];
    return check_documents(t, t->told->transactions, why, sizeof why) == NULL;
}

/* Events one by one, as a request reads them. */
static bool reads_right(struct trace *t, uint64_t events, bool *ret_refused)
{
    bool right = true;
    struct store_event event;
    for (uint64_t i = 0; i < events && !*ret_refused; i += 3) {
        *ret_refused = store_read(t->store, i, &event) != 0;
        right = right && (*ret_refused || same_event(t, &event) == 0);
    }
    return right;
}

static enum trace_found look_at_log(struct trace *t)
{
    char why[200];
    uint8_t root[HASH_TREE_LENGTH];
    uint64_t events = store_size(t->store);
    bool refused = false;
    bool right = reads_right(t, events, &refused);
    struct tree tree;
    tree_begin(&tree, 0);
    int r = store_walk(t->store, 0, found.head[found.heads - 1].size, count_leaf, &tree);
    tree_root(&tree, root);
    if (refused || r || !documents_read(t))
        return TRACE_REFUSED_AT_USE;
    if (memcmp(root, found.head[found.heads - 1].root, sizeof root) != 0)
        return TRACE_SEEN_BY_VERIFY;
    if (!right || events > t->told->events)
        return TRACE_SERVED;
    if (number_of(t->store, "SELECT sum(count) FROM hot") < 0 ||
        number_of(t->store, "SELECT count(*) FROM cold WHERE value = -1") < 0)
        return TRACE_REFUSED_AT_USE;
    if (check_rows(t, why, sizeof why))
        return TRACE_SEEN_BY_REPLAY;
    return events < t->told->events ? TRACE_TAIL_GONE : TRACE_SAME;
}

enum trace_found trace_look(struct trace *t)
{
    char note[NOTE_MAX];
    size_t length;
    uint64_t kept = 0;
    found = (struct finding){.trace = t};
    if (journal_open(take_head, NULL, &t->journal) != 0 || found.malformed || trace_open(t) != 0)
        return TRACE_REFUSED_AT_OPEN;
    uint64_t last = found.heads ? found.head[found.heads - 1].size : 0;
    int r = store_checkpoint(t->store, 1, note, sizeof note, &length, &kept);
    if (r && r != ERR_UNKNOWN)
        return TRACE_REFUSED_AT_USE;
    if (kept > last || found.heads == 0 ||
        store_check_anchor(t->store, 1, last, found.head[found.heads - 1].root) != 0)
        return TRACE_REFUSED_BY_ANCHOR;
    return look_at_log(t);
}

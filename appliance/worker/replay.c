#include "appliance/worker/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/request.h"
#include "crypto/note.h"
#include "enclave/audit/event.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define SLICE_NS   ((uint64_t)2000000)
#define CHUNK      256 /* events between two looks at the clock */
#define ROWS       512 /* rows, likewise */
#define EVERY_MS   ((int64_t)24 * 3600 * 1000)
#define QUIET_MS   ((uint64_t)10 * 60 * 1000)
#define LATEST_MS  ((int64_t)36 * 3600 * 1000) /* then also where it is never quiet */
#define UNKNOWN_MS ((uint64_t)5000)            /* behind a start that could not compare */
#define META_PAST  "replayed"

enum phase { PHASE_NONE = 0, PHASE_LOG, PHASE_TABLES, PHASE_READINGS };

struct replay {
    enum phase phase;
    enum replay_what what;
    uint64_t request; /* of the console, or 0 */
    uint64_t at;      /* the next event */
    /* the trees */
    struct tree tree;
    struct store_epoch epoch;
    uint64_t end; /* sequence behind the epoch's last event, as it was looked up */
    bool has_head;
    struct note_checkpoint head; /* the newest of this epoch, when it was entered */
    uint64_t verified;           /* events below heads that agreed */
    bool log_is_whole;
    char why[160]; /* what is wrong with the log */
    /* the tables */
    struct mes *again;
    struct hot *hot;
    struct readings_sum *expected, *found;
    bool different[ENTITY_COUNT];
    bool readings_differ;
    int kind;
    uint64_t row;
    /* what is remembered */
    struct replay_past past;
    uint64_t began_ms, written_ms, seen_size;
    bool once; /* the first of this process has been looked at */
};

static struct replay self;

/* ---- what is known of the last one ---- */

static int remember(struct worker *w)
{
    uint8_t bytes[32];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_i64(&put, self.past.replayed_ms);
    bytes_put_u64(&put, self.past.replayed);
    bytes_put_i64(&put, self.past.verified_ms);
    bytes_put_u64(&put, self.past.verified);
    int r = store_begin(w->store);
    if (r)
        return r;
    r = store_meta_set(w->store, META_PAST, bytes_view_of(bytes, sizeof bytes));
    if (r == 0)
        return store_commit(w->store);
    store_rollback(w->store);
    return r;
}

int replay_open(struct worker *w)
{
    uint8_t bytes[32];
    size_t length;
    self.began_ms = os_boot_ms();
    self.seen_size = store_size(w->store);
    if (store_meta_get(w->store, META_PAST, bytes, sizeof bytes, &length) != 0 ||
        length != sizeof bytes)
        return 0;
    struct bytes in = bytes_over(bytes, sizeof bytes);
    self.past.replayed_ms = bytes_i64(&in);
    self.past.replayed = bytes_u64(&in);
    self.past.verified_ms = bytes_i64(&in);
    self.past.verified = bytes_u64(&in);
    return 0;
}

static void forget(void)
{
    mes_free(self.again);
    hot_free(self.hot);
    readings_sum_free(self.expected);
    readings_sum_free(self.found);
    self.again = NULL;
    self.hot = NULL;
    self.expected = self.found = NULL;
    self.phase = PHASE_NONE;
}

void replay_close(struct worker *w)
{
    (void)w;
    forget();
}

void replay_past(const struct worker *w, struct replay_past *ret_past)
{
    (void)w;
    *ret_past = self.past;
    ret_past->running = self.phase != PHASE_NONE;
    ret_past->at = self.at;
}

/* ---- beginning ---- */

static void begin(struct worker *w, uint64_t request, enum replay_what what)
{
    forget();
    self.phase = PHASE_LOG;
    self.what = what;
    self.request = request;
    self.at = self.verified = self.row = self.end = 0;
    self.kind = 0;
    self.epoch = (struct store_epoch){0};
    self.log_is_whole = true;
    self.has_head = self.readings_differ = false;
    self.why[0] = '\0';
    memset(self.different, 0, sizeof self.different);
    if (what == REPLAY_LOG)
        return;
    if (mes_new(NULL, process_enclave(w->process), process_is_training(w->process), &self.again) !=
            0 ||
        hot_copy(w->hot, &self.hot) != 0 || readings_sum_new(NULL, &self.expected) != 0 ||
        readings_sum_new(self.expected, &self.found) != 0)
        log_die("out of memory");
}

bool replay_ask(struct worker *w, uint64_t request, enum replay_what what)
{
    if (self.phase != PHASE_NONE && self.request)
        return false;
    if (self.phase != PHASE_NONE && self.what >= what)
        self.request = request; /* the one of the night will say */
    else
        begin(w, request, what);
    return true;
}

static bool is_quiet(const struct worker *w)
{
    if (store_size(w->store) != self.seen_size) {
        self.seen_size = store_size(w->store);
        self.written_ms = os_boot_ms();
    }
    return os_boot_ms() - self.written_ms >= QUIET_MS;
}

void replay_due(struct worker *w)
{
    uint64_t now = os_boot_ms();
    int64_t age = os_utc_ms() - self.past.replayed_ms;
    bool quiet = is_quiet(w);
    if (self.phase != PHASE_NONE || w->closed[0] || w->stopping)
        return;
    bool unknown = !self.once && w->tables == TABLES_UNKNOWN && now - self.began_ms >= UNKNOWN_MS;
    if (!unknown && (age < EVERY_MS || !(quiet || age >= LATEST_MS) || store_size(w->store) == 0))
        return;
    self.once = true;
    begin(w, 0, REPLAY_TABLES);
}

/* ---- the log ---- */

static int wrong(const char *what, uint64_t sequence)
{
    self.log_is_whole = false;
    snprintf(self.why, sizeof self.why, "%s, at event %llu", what, (unsigned long long)sequence);
    return ERR_DIGEST;
}

/* The newest head of an epoch, verified: it is met on the way. */
static int take_head(struct worker *w)
{
    char note[NOTE_MAX], origin[NOTE_ORIGIN_MAX + 1];
    size_t length;
    uint64_t size;
    int r = store_checkpoint(w->store, self.epoch.number, note, sizeof note, &length, &size);
    self.has_head = r == 0;
    if (r)
        return r == ERR_UNKNOWN ? 0 : r;
    snprintf(origin, sizeof origin, "casemate/%s/%u", process_enclave(w->process),
             self.epoch.number);
    if (note_check(w->root.checkpoint, bytes_view_of(note, length), &self.head) != 0 ||
        strcmp(self.head.origin, origin) != 0 || self.head.size != size)
        return wrong("the signed head of its epoch is not one", self.epoch.first);
    return 0;
}

static int enter(struct worker *w, uint64_t sequence)
{
    uint32_t before = self.epoch.number;
    int r = store_epoch_of(w->store, sequence, &self.epoch, &self.end);
    if (r || self.epoch.number == before)
        return r;
    if (before && self.has_head && self.head.size > self.tree.end)
        return wrong("its epoch ends before its signed head", sequence);
    return take_head(w); /* the tree of the one before is still there, for its first event */
}

/* The first event of an epoch says how the one before it ended. */
static int compare_end(const struct event *event, uint64_t sequence)
{
    const struct event_log_epoch_opened *m = &event->log_epoch_opened;
    uint8_t root[HASH_TREE_LENGTH];
    tree_root(&self.tree, root);
    if (event->number != EVENT_LOG_EPOCH_OPENED || m->epoch != self.epoch.number)
        return wrong("an epoch begins without saying what was lost", sequence);
    if (m->here_size != self.tree.end || memcmp(m->here_root, root, sizeof root) != 0)
        return wrong("the epoch before does not end as was signed for", sequence);
    return 0;
}

static int take_leaf(const struct store_event *stored)
{
    uint8_t leaf[HASH_TREE_LENGTH], root[HASH_TREE_LENGTH];
    store_leaf(stored, leaf);
    tree_append(&self.tree, leaf);
    if (!self.has_head || self.tree.end != self.head.size)
        return 0;
    tree_root(&self.tree, root);
    if (memcmp(root, self.head.root, sizeof root) != 0)
        return wrong("the events do not give the root that was signed", stored->sequence);
    self.verified += self.head.size;
    return 0;
}

static int take_event(void *context, const struct store_event *stored)
{
    struct worker *w = context;
    struct event event;
    int r = stored->sequence >= self.end ? enter(w, stored->sequence) : 0;
    if (r == 0 && event_decode(stored->payload, &event) != 0)
        r = wrong("an event is not in its form", stored->sequence);
    if (r == 0 && stored->sequence == self.epoch.first) {
        r = stored->sequence && self.epoch.number > 1 ? compare_end(&event, stored->sequence) : 0;
        tree_begin(&self.tree, 0);
    }
    if (r == 0)
        r = take_leaf(stored);
    if (r || self.what == REPLAY_LOG)
        return r;
    if (mes_apply(self.again, &event, stored->sequence) != 0)
        return wrong("an event does not fit those before it", stored->sequence);
    return readings_sum_expect(self.expected, self.again, &event, stored->sequence);
}

static void walk_on(struct worker *w)
{
    uint64_t size = store_size(w->store);
    uint64_t to = size - self.at > CHUNK ? self.at + CHUNK : size;
    int r = store_walk(w->store, self.at, to, take_event, w);
    if (r && self.log_is_whole)
        (void)wrong(error_text(r), self.at);
    self.at = to;
    if (self.hot && self.log_is_whole && hot_follow(self.hot, self.again->entities) != 0)
        log_die("out of memory");
}

/* ---- the tables ---- */

/* In the moment in which both have seen the same events. */
static void compare_memory(struct worker *w)
{
    if (hot_follow(w->hot, w->mes->entities) != 0)
        log_die("out of memory");
    for (int k = 0; k < ENTITY_COUNT; k++)
        self.different[k] = !hot_table_is(w->hot, self.hot, (enum entity_kind)k);
}

static void compare_disk(struct worker *w)
{
    bool same = true, more = false;
    int r =
        rows_compare(w->mes->entities, (enum entity_kind)self.kind, self.row, ROWS, &same, &more);
    if (r)
        log_die("the store failed while its tables were compared: %s", error_text(r));
    self.different[self.kind] |= !same;
    self.row += ROWS;
    if (more && same)
        return;
    self.row = 0;
    if (++self.kind == ENTITY_COUNT)
        self.phase = PHASE_READINGS;
}

/* Is the cold table there up to where the log was read?  It is filled behind the log. */
static bool readings_are_there(const struct worker *w)
{
    return w->projector.position >= self.at || w->closed[0];
}

/* Some rows of it; true when it is done. */
static bool compare_readings(struct worker *w)
{
    bool more = false;
    if (!w->projector.readings)
        return true; /* left aside, in a store that can only be read */
    if (readings_sum_found(self.found, w->projector.readings, self.at, w->projector.position,
                           8 * CHUNK, &more) != 0)
        log_die("the store failed while its tables were compared");
    if (more)
        return false;
    self.readings_differ =
        w->projector.position >= self.at && !readings_sum_is(self.expected, self.found);
    return true;
}

/* ---- the end ---- */

static size_t add_table(char *text, size_t size, size_t used, const char *name, size_t rows,
                        bool different)
{
    return used >= size ? used
                        : used + (size_t)snprintf(text + used, size - used, "%-16s %6zu rows  %s\n",
                                                  name, rows, different ? "DIFFERENT" : "the same");
}

static int report(struct worker *w, char *text, size_t size, char *names, size_t names_size)
{
    int differing = 0;
    size_t used = 0, named = 0;
    for (int k = 0; k < ENTITY_COUNT; k++) {
        const char *name = entity_name((enum entity_kind)k);
        used = add_table(text, size, used, name, rows_count(w->mes->entities, (enum entity_kind)k),
                         self.different[k]);
        differing += self.different[k];
        if (self.different[k] && named < names_size)
            named += (size_t)snprintf(names + named, names_size - named, "%s%s", named ? ", " : "",
                                      name);
    }
    used = add_table(text, size, used, "reading", readings_sum_rows(self.expected),
                     self.readings_differ);
    differing += self.readings_differ;
    if (self.readings_differ && named < names_size)
        snprintf(names + named, names_size - named, "%sreading", named ? ", " : "");
    if (used < size)
        snprintf(text + used, size - used, "%llu events replayed, %d tables differ",
                 (unsigned long long)self.at, differing);
    return differing;
}

static void tell_journal(struct worker *w, enum audit_outcome outcome, const char *detail)
{
    struct message_audit audit = {.type = AUDIT_TYPE_EXAMINED,
                                  .event_class = AUDIT_CLASS_AUDIT,
                                  .outcome = (uint8_t)outcome,
                                  .detail = bytes_text(detail)};
    os_uuid(audit.id);
    batch_journal(w, &audit);
}

static void close_for(struct worker *w, const char *what)
{
    log_err("%s", what);
    w->doubted = true;
    if (!w->closed[0] || w->behind) /* that nobody signs for before this is mended */
        snprintf(w->closed, sizeof w->closed, "%.280s", what);
}

static void answer(struct worker *w, unsigned outcome, const char *text)
{
    if (self.request)
        process_command_done(w->process, self.request, outcome, text);
    self.request = 0;
}

/* The log itself is not what was signed. */
static void end_wrong(struct worker *w)
{
    char text[300];
    snprintf(text, sizeof text,
             "The log of this enclave does not verify: %s. Nothing is recorded until it has been "
             "looked at.",
             self.why);
    close_for(w, text);
    tell_journal(w, AUDIT_OUTCOME_REFUSED, "the_log_does_not_verify");
    snprintf(text, sizeof text, "the log does not verify: %s", self.why);
    answer(w, 1, text);
    forget();
}

static void say_verified(struct worker *w, char *text, size_t size)
{
    if (self.verified == 0)
        snprintf(text, size, "no head has been signed yet");
    else
        snprintf(text, size, "%llu events verified against their signed head; %llu are behind it",
                 (unsigned long long)self.verified, (unsigned long long)store_unsigned(w->store));
}

static void end_log(struct worker *w)
{
    char text[200];
    say_verified(w, text, sizeof text);
    answer(w, self.verified == 0, text);
    forget();
}

static void end_tables(struct worker *w)
{
    char text[4000] = "", names[160] = "", sentence[300];
    int differing = report(w, text, sizeof text, names, sizeof names);
    self.past.replayed_ms = os_utc_ms();
    self.past.replayed = self.at;
    if (differing) {
        w->tables = TABLES_DIFFERENT;
        snprintf(sentence, sizeof sentence,
                 "Tables of this enclave are not what its log says: %.120s. Nothing is recorded "
                 "until they have been made again from the log (casemate rebuild).",
                 names);
        close_for(w, sentence);
    } else if (w->tables != TABLES_AS_SIGNED) {
        w->tables = TABLES_AS_REPLAYED;
    }
    tell_journal(w, differing ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE,
                 differing ? "tables_differ_from_the_log" : "the_tables_are_the_log");
    answer(w, differing != 0, text);
    forget();
}

/* The trees are done; of the last epoch what is behind its head is in nobody's word yet. */
static void end_walk(struct worker *w)
{
    if (self.has_head && self.head.size > self.tree.end)
        (void)wrong("the log ends before its signed head", self.at);
    if (!self.log_is_whole) {
        end_wrong(w);
        return;
    }
    self.past.verified_ms = os_utc_ms();
    self.past.verified = self.verified;
    if (self.what == REPLAY_LOG) {
        end_log(w);
    } else {
        compare_memory(w);
        self.phase = PHASE_TABLES;
        self.kind = 0;
        self.row = 0;
    }
    if (!w->closed[0] && remember(w) == ERR_STORE)
        log_die("the store failed at keeping when it was verified");
}

static bool step(struct worker *w)
{
    switch (self.phase) {
    case PHASE_LOG:
        if (self.at < store_size(w->store) && self.log_is_whole)
            walk_on(w);
        else
            end_walk(w);
        return true;
    case PHASE_TABLES:
        compare_disk(w);
        return true;
    case PHASE_READINGS:
        if (!readings_are_there(w))
            return false; /* the projector has to come first */
        if (!compare_readings(w))
            return true;
        end_tables(w);
        if (!w->closed[0] && remember(w) == ERR_STORE)
            log_die("the store failed at keeping when it was replayed");
        return true;
    case PHASE_NONE:
    default:
        return false;
    }
}

bool replay_turn(struct worker *w)
{
    uint64_t until = os_boot_ns() + SLICE_NS;
    if (self.phase == PHASE_NONE || w->in_transaction)
        return false;
    while (self.phase != PHASE_NONE) {
        if (!step(w))
            return false;
        if (os_boot_ns() >= until)
            return true;
    }
    return false;
}

int replay_rebuild(struct store *store)
{
    static const char *const names[] = {TABLES_NAME, READINGS_NAME, STORE_NODES};
    int r = store_begin(store);
    if (r)
        return r;
    for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++)
        r = store_projection_forget(store, names[i]);
    if (r == 0)
        return store_commit(store);
    store_rollback(store);
    return r;
}

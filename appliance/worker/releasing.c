/* A release on its way through the guards: build and check, then, approved by two, sign. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/halves.h"
#include "appliance/worker/unsure.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#include <sodium.h>

enum stage { STAGE_BUILD = 1, STAGE_SIGN = 2 };

#define PIECES_MAX 12
#define PIECE_ROOM 65000
#define RETRY_MS   3000

/* What the guards of one release have said so far; lost with the process and asked again. */
static struct {
    bool running; /* a guard has been asked for */
    enum program guard;
    enum stage stage;
    size_t release; /* number of the row */
    uint64_t asked_ms;
    size_t pieces;
    struct {
        char name[81];
        uint32_t length;
        uint8_t body[PIECE_ROOM];
    } piece[PIECES_MAX];
} run;

static void start_guard(struct worker *w, enum program guard, enum stage stage, size_t release)
{
    struct message m = {.number = MESSAGE_RUN};
    run.running = true;
    run.guard = guard;
    run.stage = stage;
    run.release = release;
    run.asked_ms = os_boot_ms();
    m.run.program = (uint8_t)guard;
    m.run.run = bytes_text(stage == STAGE_BUILD ? "build" : "sign");
    if (process_send_control(w->process, &m) != 0)
        log_die("the supervisor is gone");
}

static void refused(struct worker *w, const char *who, struct bytes_view sentence);

/* Approved twice; but before a guard signs, both must still be people who may. */
static bool is_void(struct worker *w, size_t release)
{
    char text[120];
    const char *who = halves_void(w, release);
    if (!who)
        return false;
    run.release = release;
    snprintf(text, sizeof text, "%s, who approved it, may not do so any more", who);
    refused(w, "worker", bytes_text(text));
    return true;
}

void releasing_due(struct worker *w)
{
    const struct entities *e = w->mes->entities;
    if (w->closed[0])
        return;
    if (run.running) {
        if (os_boot_ms() - run.asked_ms > RETRY_MS)
            run.running = false; /* the guard ended without a verdict: ask again */
        return;
    }
    for (size_t i = 0; i < rows_count(e, ENTITY_RELEASE); i++) {
        const struct release *row = entities_release(e, i);
        if (row->state != RELEASE_BUILDING && row->state != RELEASE_SIGNING)
            continue;
        if (row->state == RELEASE_SIGNING && people_stale(w))
            continue; /* who may approve is not known: just started, or identity is gone */
        if (is_void(w, i))
            return;
        run.pieces = 0;
        start_guard(w, PROGRAM_GUARD_A, row->state == RELEASE_BUILDING ? STAGE_BUILD : STAGE_SIGN,
                    i);
        return;
    }
}

/* ---- what a guard is given ---- */

static void send_piece(struct peer *guard, const char *name, struct bytes_view body)
{
    struct message m = {.number = MESSAGE_GUARD_PIECE};
    uint32_t parts = (body.length + 59999) / 60000;
    m.guard_piece.name = bytes_text(name);
    m.guard_piece.parts = parts ? parts : 1;
    for (uint32_t i = 0; i < m.guard_piece.parts; i++) {
        uint32_t at = i * 60000, left = body.length - at;
        m.guard_piece.part = i;
        m.guard_piece.body = bytes_view_of(body.data + at, left < 60000 ? left : 60000);
        if (process_send(guard, &m) != 0)
            log_err("a guard does not take what it is given");
    }
}

static void keep_piece(const char *name, struct bytes_view body)
{
    if (run.pieces == PIECES_MAX || body.length > PIECE_ROOM)
        log_die("a release has more pieces than there can be");
    snprintf(run.piece[run.pieces].name, sizeof run.piece[0].name, "%.80s", name);
    memcpy(run.piece[run.pieces].body, body.data, body.length);
    run.piece[run.pieces++].length = body.length;
}

/* A stored event of this release, decoded in place. */
static bool stored_event(struct worker *w, int64_t sequence, struct event *event)
{
    struct store_event stored;
    return store_read(w->store, (uint64_t)sequence, &stored) == 0 &&
           event_decode(stored.payload, event) == 0;
}

static void send_members(struct worker *w, struct peer *guard)
{
    const struct entities *e = w->mes->entities;
    struct event event;
    for (size_t i = 0; i < rows_count(e, ENTITY_MEMBER); i++) {
        const struct member *m = entities_member(e, i);
        if (m->release == (int64_t)run.release && stored_event(w, m->event, &event) &&
            event.number == EVENT_RELEASE_MEMBER_BUILT)
            send_piece(guard, m->name, event.release_member_built.content);
    }
}

static void send_approval(struct worker *w, struct peer *guard, int64_t sequence, const char *which)
{
    struct event event;
    char name[32];
    uint8_t bytes[600];
    if (!stored_event(w, sequence, &event) || event.number != EVENT_RELEASE_APPROVED)
        return;
    memcpy(bytes, event.release_approved.statement.data, event.release_approved.statement.length);
    uint32_t length = event.release_approved.statement.length;
    snprintf(name, sizeof name, "approval-%s.body", which);
    send_piece(guard, name, event.release_approved.body);
    snprintf(name, sizeof name, "approval-%s.statement", which);
    send_piece(guard, name, bytes_view_of(bytes, length));
}

/* The human being who asked; where identity does not name one any more the guards refuse. */
static const uint8_t *requester_of(const struct worker *w, const struct release *row)
{
    static const uint8_t nobody[16];
    const struct snapshot_holder *holder =
        w->snapshot ? snapshot_find(w->snapshot, row->requester) : NULL;
    return holder ? holder->natural : nobody;
}

void releasing_joined(struct worker *w, struct peer *guard)
{
    struct message m = {.number = MESSAGE_GUARD_FACTS};
    struct event event;
    if (!run.running || guard->program != run.guard) {
        /* started for a run that was given up: told to go without facts it ends, and the next
         * one can be started */
        m.number = MESSAGE_GUARD_GO;
        (void)!process_send(guard, &m);
        return;
    }
    const struct release *row = entities_release(w->mes->entities, run.release);
    m.guard_facts.stage = (uint8_t)run.stage;
    memcpy(m.guard_facts.enclave, process_enclave(w->process), 8);
    m.guard_facts.epoch = (uint32_t)row->epoch;
    m.guard_facts.sequence = (uint64_t)row->sequence;
    memcpy(m.guard_facts.requester, requester_of(w, row), 16);
    m.guard_facts.now_ms = os_utc_ms();
    m.guard_facts.slot = bytes_text(row->slot);
    if (process_send(guard, &m) != 0)
        return;
    if (run.stage == STAGE_BUILD && run.guard == PROGRAM_GUARD_A) {
        if (stored_event(w, row->requested_event, &event))
            send_piece(guard, "records", event.release_requested.records);
    } else if (run.stage == STAGE_BUILD) {
        for (size_t i = 0; i < run.pieces; i++)
            send_piece(guard, run.piece[i].name,
                       bytes_view_of(run.piece[i].body, run.piece[i].length));
    } else {
        send_members(w, guard);
        send_approval(w, guard, row->first_event, "1");
        send_approval(w, guard, row->second_event, "2");
        for (size_t i = 0; i < run.pieces; i++)
            send_piece(guard, run.piece[i].name,
                       bytes_view_of(run.piece[i].body, run.piece[i].length));
    }
    m = (struct message){.number = MESSAGE_GUARD_GO};
    m.guard_go.stage = (uint8_t)run.stage;
    (void)!process_send(guard, &m);
}

/* ---- what a guard says ---- */

/* false when the disk is full: nothing of it is recorded, and it is asked for again after a while.
 */
static bool emit(struct worker *w, struct event *event)
{
    request_common(w, &event->common);
    int r = worker_event(w, event);
    if (r == ERR_FULL) {
        request_undo(w);
        run.running = true;
        run.asked_ms = os_boot_ms();
        return false;
    }
    if (r)
        unsure_end(r, "while a release was carried on");
    return true;
}

static void refused(struct worker *w, const char *who, struct bytes_view sentence)
{
    char text[400];
    struct event event = {.number = EVENT_RELEASE_REFUSED};
    snprintf(text, sizeof text, "%s: %.*s", who,
             (int)(sentence.length < 380 ? sentence.length : 380), (const char *)sentence.data);
    memcpy(event.release_refused.release, entities_release(w->mes->entities, run.release)->release,
           16);
    event.release_refused.reason = bytes_text(text);
    if (emit(w, &event))
        run.running = false;
}

/* Both guards agree on what was built: it goes into the log and before the approvers. */
static void built(struct worker *w)
{
    uint8_t id[16];
    memcpy(id, entities_release(w->mes->entities, run.release)->release, 16);
    struct event done = {.number = EVENT_RELEASE_BUILT};
    memcpy(done.release_built.release, id, 16);
    for (size_t i = 0; i < run.pieces; i++) {
        struct event event = {.number = EVENT_RELEASE_MEMBER_BUILT};
        struct bytes_view content = bytes_view_of(run.piece[i].body, run.piece[i].length);
        memcpy(event.release_member_built.release, id, 16);
        event.release_member_built.name = bytes_text(run.piece[i].name);
        event.release_member_built.content = content;
        if (!emit(w, &event))
            return;
        if (strcmp(run.piece[i].name, "manifest.json") == 0)
            hash_file(content.data, content.length, done.release_built.manifest);
    }
    if (emit(w, &done))
        run.running = false;
}

static void released(struct worker *w, struct bytes_view file)
{
    struct event event = {.number = EVENT_RELEASE_SIGNED};
    memcpy(event.release_signed.release, entities_release(w->mes->entities, run.release)->release,
           16);
    event.release_signed.file = file;
    if (emit(w, &event))
        run.running = false;
}

static void verdict(struct worker *w, const struct message_guard_verdict *m)
{
    if (!m->accepted) {
        refused(w, run.guard == PROGRAM_GUARD_A ? "guard-a" : "guard-b", m->sentence);
    } else if (run.guard == PROGRAM_GUARD_A) {
        start_guard(w, PROGRAM_GUARD_B, run.stage, run.release);
    } else if (run.stage == STAGE_BUILD) {
        built(w);
    } else {
        released(w, m->sentence);
    }
}

void releasing_message(struct worker *w, struct peer *guard, const struct message *m)
{
    char name[81];
    if (!run.running || guard->program != run.guard)
        return; /* a guard of a run that was given up */
    switch (m->number) {
    case MESSAGE_GUARD_PIECE:
        if (m->guard_piece.parts != 1)
            log_die("a guard sent a piece in parts");
        entity_text(name, sizeof name, m->guard_piece.name);
        keep_piece(name, m->guard_piece.body);
        return;
    case MESSAGE_GUARD_VERDICT:
        verdict(w, &m->guard_verdict);
        return;
    default:
        log_die("a guard sent message %s", message_name(m->number));
    }
}

void releasing_left(struct worker *w, const struct peer *guard)
{
    (void)w;
    (void)guard; /* without a verdict the run is asked for again after a while */
}

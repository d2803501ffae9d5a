/*
 * The worker of one enclave: its store, its key, its policy snapshot, and nothing
 * else.  It opens no socket, executes nothing and reads nothing outside its directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "appliance/worker/desk.h"
#include "appliance/worker/late.h"
#include "appliance/worker/replay.h"
#include "appliance/worker/request.h"
#include "appliance/worker/unsure.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/hold.h"
#include "enclave/store/library.h"
#include "enclave/store/rekey.h"

static struct worker worker;

static int read_descriptor(int fd, void *out, size_t room, size_t *ret_length)
{
    size_t n = 0;
    ssize_t got;
    while (n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    *ret_length = n;
    return n > 0 && n < room ? 0 : ERR_FORMAT;
}

int worker_read_root(struct worker *w, struct process *process)
{
    static uint8_t text[1 << 20];
    struct refusal why = {"it is empty"};
    size_t length;
    if (read_descriptor(process_descriptor(process, DESCRIPTOR_ROOT), text, ROOT_MAX + 1,
                        &length) != 0 ||
        root_parse(bytes_view_of(text, length), &w->root, &why) != 0) {
        log_err("root.json cannot be read: %s", why.text);
        return ERR_FORMAT;
    }
    return 0;
}

/* The layers that an enclave begins with. */
static int read_policy(struct worker *w, struct process *process)
{
    static uint8_t site[1 << 19], program[1 << 19];
    size_t site_length, program_length;
    if (read_descriptor(process_descriptor(process, DESCRIPTOR_POLICY), site, sizeof site,
                        &site_length) != 0 ||
        read_descriptor(process_descriptor(process, DESCRIPTOR_PROGRAM_POLICY), program,
                        sizeof program, &program_length) != 0) {
        log_err("the policy cannot be read");
        return ERR_FORMAT;
    }
    int r = decider_new(process_enclave(process), process_is_training(process), &w->decider);
    w->shipped[0] = bytes_view_of(site, site_length);
    w->shipped[1] = bytes_view_of(program, program_length);
    return r;
}

static int open_projections(struct worker *w)
{
    int r = tables_attach(&w->kept, w->store, w->mes);
    if (r == 0)
        r = projector_open(&w->projector, w->store, w->mes);
    w->mes->readings = w->projector.readings;
    if (r == 0)
        r = store_seal(w->store);
    return r;
}

/* The time of the newest event: a clock that was set back brings nothing back. */
static int find_floor(struct worker *w)
{
    struct store_event stored;
    struct event event;
    uint64_t size = store_size(w->store);
    int r = size ? store_read(w->store, size - 1, &stored) : 0;
    if (r == 0 && size)
        r = event_decode(stored.payload, &event);
    if (r == 0 && size)
        w->floor_ms = event.common.utc_ms;
    return r;
}

/* There is no room to bring it into this program's form: it is read as it is. */
static int read_alone(struct worker *w, const struct secret *key, const char *why)
{
    struct store_refusal again;
    int r = store_open_as(STORE_FILE, process_enclave(w->process), key, STORE_READ_ONLY, &again,
                          &w->store);
    if (r)
        return r;
    snprintf(w->closed, sizeof w->closed, "%.200s Until there is, nothing is recorded.", why);
    log_err("%s", w->closed);
    return 0;
}

/* To read and write; to read alone where there is no room to bring it up to date.  A store that is
 * refused is not the end of this process: it says why, and waits. */
static int open_file(struct worker *w, const struct secret **ret_key)
{
    struct store_refusal why;
    const struct secret *key = process_key(w->process, KEY_WORKER_STORE),
                        *next = process_key(w->process, KEY_WORKER_STORE_NEXT);
    bool is_next = false;
    int r = store_rekey_open(STORE_FILE, process_enclave(w->process), key, next, STORE_READ_WRITE,
                             &why, &w->store, &is_next);
    *ret_key = is_next ? next : key;
    if (r == ERR_FULL && read_alone(w, *ret_key, why.text) == 0)
        return 0;
    if (r)
        shut_begin(w, why.text);
    return r == ERR_MEMORY ? r : 0;
}

static void close_file(struct worker *w)
{
    projector_close(&w->projector);
    mes_free(w->mes);
    w->mes = NULL;
    store_close(w->store);
    w->store = NULL;
}

/* It was opened, and what is in it cannot be used.  Tables are made from the log alone: where that
 * is damaged, making them again ends here again. */
static void give_up_store(struct worker *w, int code)
{
    char why[300];
    int log = verify_log(w, w->store);
    if (log)
        snprintf(why, sizeof why,
                 "The log in " STORE_FILE " does not verify (%s), so its tables cannot be made "
                 "again. Put the store back from its newest backup.",
                 error_text(log));
    else
        snprintf(why, sizeof why,
                 "%.90s%sWhat is in " STORE_FILE " cannot be read (%s). Its log verifies: if its "
                 "tables are damaged, casemate rebuild makes them again; else put the store back "
                 "from its newest backup.",
                 w->closed, w->closed[0] ? " " : "", error_text(code));
    close_file(w);
    shut_begin(w, why);
}

static int open_tables(struct worker *w)
{
    int r =
        mes_new(w->store, process_enclave(w->process), process_is_training(w->process), &w->mes);
    return r ? r : open_projections(w);
}

static int open_store(struct worker *w)
{
    const struct secret *key = NULL;
    int r = open_file(w, &key);
    if (r || !w->store)
        return r;
    r = open_tables(w);
    if (r == ERR_FULL && !store_is_read_only(w->store)) { /* their form is an older program's */
        close_file(w);
        r = read_alone(w, key, "There is no room left on the disk to make the tables again.");
        if (r == 0)
            r = open_tables(w);
    }
    if (r == 0)
        r = heads_open(w);
    if (r == 0)
        r = replay_open(w);
    if (r == 0)
        r = retries_new(&w->retries);
    if (r == 0)
        r = retries_fill(w->retries, w->store);
    if (r == 0)
        r = find_floor(w);
    if (r == 0)
        r = inforce_load(w, w->shipped[0], w->shipped[1]);
    if (r)
        give_up_store(w, r);
    return r == ERR_MEMORY ? r : 0;
}

/* What the site's status says of this enclave. */
static void say_state(struct worker *w)
{
    const char *text = w->closed[0] ? w->closed
                       : w->tables == TABLES_UNKNOWN && store_size(w->store)
                           ? "the tables have not been compared with the log since the start"
                           : "";
    if (strcmp(text, w->said) == 0)
        return;
    snprintf(w->said, sizeof w->said, "%s", text);
    process_say(w->process, w->said);
}

static void four_times_a_second(void *context)
{
    struct worker *w = context;
    if (!w->store) {
        shut_due(w);
        return;
    }
    releasing_due(w);
    hold_due(w->store);
    loss_due(w);
    replay_due(w);
    int r = retries_fill_further(w->retries, w->store);
    if (r)
        unsure_end(r, "while what was done before was read");
}

static int on_started(void *context, struct process *process)
{
    struct worker *w = context;
    w->process = process;
    w->arena = malloc(ARENA_SIZE);
    w->scratch = malloc(BODY_SCRATCH);
    w->out = malloc(ANSWER_MAX);
    w->tokens = calloc(TOKENS, sizeof *w->tokens);
    w->snapshot_parts = malloc(SNAPSHOT_BYTES_MAX);
    w->markings = calloc(MES_MARKINGS_MAX, sizeof *w->markings);
    if (!w->arena || !w->scratch || !w->out || !w->tokens || !w->snapshot_parts || !w->markings)
        return ERR_MEMORY;
    int r = known_new(&w->sessions);
    if (r == 0)
        r = worker_read_root(w, process);
    if (r == 0)
        r = read_policy(w, process);
    if (r == 0)
        r = unsure_begin(w, process_is_unsure(process));
    if (r == 0)
        r = open_store(w);
    if (r == 0)
        r = loop_every(process_loop(process), 250, four_times_a_second, w);
    if (r == 0 && w->store)
        log_info("%llu events", (unsigned long long)store_size(w->store));
    return r;
}

static void from_auditor(struct worker *w, const struct message *m)
{
    switch (m->number) {
    case MESSAGE_ANCHOR:
        heads_anchor(w, &m->anchor);
        return;
    case MESSAGE_CHECKPOINT:
        heads_checkpoint(w, &m->checkpoint);
        return;
    case MESSAGE_EPOCH_REFUSED:
        loss_refused(w, &m->epoch_refused);
        return;
    case MESSAGE_AUDIT_ACK:
        request_intent_acknowledged(w, m->audit_ack.id);
        return;
    case MESSAGE_AUDIT_REFUSED:
        request_intent_refused(w, &m->audit_refused);
        return;
    case MESSAGE_JOURNAL_STATE:
        w->journal_percent = m->journal_state.percent;
        w->journal = (enum journal_state)m->journal_state.full;
        return;
    case MESSAGE_AUDIT:
        late_question(w, &m->audit);
        return;
    default:
        log_die("the auditor sent message %s", message_name(m->number));
    }
}

static void from_identity(struct worker *w, const struct message *m)
{
    if (m->number == MESSAGE_SNAPSHOT)
        people_part(w, &m->snapshot);
    else if (m->number == MESSAGE_SNAPSHOT_LINE)
        people_line(w, &m->snapshot_line);
    else if (m->number == MESSAGE_SESSION_OVER)
        people_session(w, m->session_over.session, KNOWN_OVER);
    else if (m->number == MESSAGE_SESSION_LOCKED)
        people_session(w, m->session_locked.session, KNOWN_LOCKED);
    else if (m->number == MESSAGE_SESSION_UNLOCKED)
        people_session(w, m->session_unlocked.session, KNOWN_NOTHING);
    else if (m->number == MESSAGE_SESSIONS)
        people_sessions(w, &m->sessions);
    else if (m->number == MESSAGE_SITE_POLICY)
        inforce_told(w, &m->site_policy);
    else
        log_die("identity sent message %s", message_name(m->number));
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    struct worker *w = context;
    if (!w->store) {
        shut_message(w, peer, m);
        return;
    }
    switch (peer->program) {
    case PROGRAM_GATEWAY:
        if (m->number != MESSAGE_REQUEST)
            log_die("the gateway sent message %s", message_name(m->number));
        if (w->stopping)
            return; /* it is asked again, with the same id, of the one that starts next */
        request_arrived(w, peer, &m->request);
        request_batch_due(w);
        return;
    case PROGRAM_AUDITOR:
        from_auditor(w, m);
        return;
    case PROGRAM_IDENTITY:
        from_identity(w, m);
        return;
    case PROGRAM_INTAKE:
        staging_message(w, peer, m);
        return;
    case PROGRAM_BACKUP:
        request_batch_end(w);
        hold_message(w->store, peer, m);
        return;
    case PROGRAM_GUARD_A:
    case PROGRAM_GUARD_B:
        releasing_message(w, peer, m);
        return;
    default:
        log_die("a message came from a program that the worker does not know");
    }
}

static void on_joined(void *context, struct peer *peer)
{
    const struct worker *w = context;
    if (!w->store)
        return;
    if (peer->program == PROGRAM_AUDITOR)
        heads_joined(context, peer);
    if (peer->program == PROGRAM_GUARD_A || peer->program == PROGRAM_GUARD_B)
        releasing_joined(context, peer);
}

static void on_left(void *context, struct peer *peer)
{
    const struct worker *w = context;
    if (!w->store)
        return;
    if (peer->program == PROGRAM_AUDITOR)
        heads_left(context);
    if (peer->program == PROGRAM_GATEWAY)
        request_forget_gateway(context, peer);
    if (peer->program == PROGRAM_INTAKE)
        staging_left();
    if (peer->program == PROGRAM_BACKUP)
        hold_left(((struct worker *)context)->store);
    if (peer->program == PROGRAM_GUARD_A || peer->program == PROGRAM_GUARD_B)
        releasing_left(context, peer);
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    struct worker *w = context;
    if (w->store)
        console_command(w, request, command);
    else
        shut_command(w, request, command);
}

/* Behind the answers: nobody waits for it.  A full disk leaves it for later. */
static void project_if_due(struct worker *w)
{
    if (w->closed[0] || !projector_is_due(&w->projector) || !request_has_room(w))
        return;
    process_flush(w->process);
    int r = projector_step(&w->projector);
    if (r && r != ERR_FULL)
        unsure_end(r, "while readings were put into their table");
}

/* Likewise.  Not where the enclave is closed: what its tables are is in doubt then. */
static void save_if_due(struct worker *w, bool now)
{
    if (w->closed[0] || store_size(w->store) == 0 || !(now || tables_are_due(&w->kept)) ||
        !request_has_room(w))
        return;
    process_flush(w->process);
    int r = tables_save(&w->kept, w->hot);
    if (r && r != ERR_FULL)
        unsure_end(r, "while its tables were written");
}

static int on_turn(void *context)
{
    struct worker *w = context;
    if (!w->store)
        return -1;
    late_answer(context);
    inforce_record(context);
    people_record(context);
    request_batch_end(context);
    heads_due(context);
    project_if_due(context);
    save_if_due(context, false);
    int wait = batch_let_go(context);
    bool more = replay_turn(context);
    more |= late_turn(context);
    w->full_asked = false;
    say_state(context);
    return impact_due(context) || more ? 0 : wait;
}

static void on_stopping(void *context)
{
    struct worker *w = context;
    if (!w->store)
        return;
    request_batch_end(w);
    heads_last(w);
    request_batch_end(w);
    save_if_due(w, true);
    replay_close(w);
    hot_free(w->hot);
    projector_close(&w->projector);
    mes_free(w->mes); /* with its statements: else the store stays open, and its log is not written
                         back */
    store_close(w->store);
}

const struct process_handlers *worker_handlers(void)
{
    static const struct process_handlers handlers = {
        .context = &worker,
        .started = on_started,
        .message = on_message,
        .joined = on_joined,
        .left = on_left,
        .command = on_command,
        .turn = on_turn,
        .stopping = on_stopping,
    };
    return &handlers;
}

int main(int argc, char **argv)
{
    static const struct process_handlers rekey = {.context = &worker, .started = rekey_started};
    (void)argc;
    store_library_begin();
    /* one binary, two rows of topology.def: the supervisor names the row by argv[0] */
    return strcmp(argv[0], "rekey") == 0 ? process_main(PROGRAM_REKEY, &rekey)
                                         : process_main(PROGRAM_WORKER, worker_handlers());
}

/*
 * Identity: who people are and what was granted to them.  It signs tokens, statements
 * and snapshots; it sees no program data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/mandatory.h"
#include "crypto/hash.h"
#include "appliance/identity/proof.h"
#include "transfer/root.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/hold.h"
#include "enclave/store/library.h"

static struct identity identity;

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

/* ---- answers: kept until the transaction that they speak of is committed ---- */

#define ANSWERS_MAX 256
#define PART        60000u
static struct waiting_answer {
    struct peer *gateway;
    uint64_t request;
    unsigned status;
    uint8_t *body;
    size_t length;
} answers[ANSWERS_MAX];
static size_t answers_count;

static void send_answer(const struct waiting_answer *a)
{
    struct message m = {.number = MESSAGE_ANSWER};
    unsigned parts = a->length ? (unsigned)((a->length + PART - 1) / PART) : 1;
    m.answer.request = a->request;
    m.answer.status = (uint16_t)a->status;
    m.answer.parts = (uint16_t)parts;
    if (parts > 1)
        hash_content("casemate/answer/1", bytes_view_of(a->body, a->length), m.answer.digest);
    for (unsigned i = 0; i < parts; i++) {
        size_t at = (size_t)i * PART;
        m.answer.part = (uint16_t)i;
        m.answer.body = bytes_view_of(a->body + at, a->length - at < PART ? a->length - at : PART);
        if (process_send(a->gateway, &m) != 0)
            return; /* it is gone, or does not read */
    }
}

void identity_commit(struct identity *n)
{
    int r = n->in_transaction ? store_commit(n->store) : 0;
    if (r)
        shut_failed(r, "at a commit");
    n->in_transaction = false;
    for (size_t i = 0; i < answers_count; i++) {
        if (answers[i].gateway)
            send_answer(&answers[i]);
        free(answers[i].body);
    }
    answers_count = 0;
}

void identity_answer(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                     const struct bytes_put *body)
{
    size_t length = bytes_put_length(body);
    if (body->error) {
        identity_problem(n, gateway, request, 500, "", "The answer is longer than one may be.", "");
        return;
    }
    if (answers_count == ANSWERS_MAX)
        identity_commit(n);
    struct waiting_answer *a = &answers[answers_count++];
    *a = (struct waiting_answer){.gateway = gateway, .request = request, .status = status};
    a->body = malloc(length + 1);
    if (!a->body)
        log_die("out of memory");
    memcpy(a->body, body->start, length);
    a->length = length;
}

void identity_problem(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                      const char *field, const char *error, const char *todo)
{
    uint8_t text[2048];
    struct bytes_put put = bytes_into(text, sizeof text);
    answer_write_problem(
        &(struct answer_problem){
            .error = error, .field = field, .kept = "Nothing was changed.", .todo = todo},
        &put);
    identity_answer(n, gateway, request, status, &put);
}

/* ---- start ---- */

static int replay_one(void *context, const struct store_event *stored)
{
    struct identity *n = context;
    struct event event;
    int r = event_decode(stored->payload, &event);
    n->sequence = stored->sequence;
    return r ? r : people_apply(n, &event);
}

static int read_text(struct process *process, enum descriptor what, struct bytes_view *ret_text)
{
    uint8_t *text = malloc(1 << 20);
    ssize_t got = text ? read(process_descriptor(process, what), text, 1 << 20) : -1;
    if (got <= 0 || got == 1 << 20) {
        log_err("the policy cannot be read");
        free(text);
        return ERR_SYSTEM;
    }
    *ret_text = bytes_view_of(text, (size_t)got);
    return 0;
}

static int read_policy(struct identity *n, struct process *process)
{
    struct bytes_view site = {0}, program = {0};
    char why[300];
    int r = decider_new("site", process_is_training(process), &n->decider);
    if (r == 0)
        r = read_text(process, DESCRIPTOR_POLICY, &site);
    if (r == 0)
        r = read_text(process, DESCRIPTOR_PROGRAM_POLICY, &program);
    if (r == 0 && decider_policies_set(n->decider, site, program, why, sizeof why) != 0) {
        log_err("%s", why);
        r = ERR_POLICY;
    }
    mandatory_ship(n, site, program);
    return r;
}

static int take_enclaves(struct identity *n)
{
    const char *ids = process_run(n->process);
    const char *at = strchr(ids, '@');
    n->enclaves_count = (at ? (size_t)(at - ids) : strlen(ids)) / ENCLAVE_ID_LENGTH;
    n->site_name = at && at[1] ? at + 1 : "localhost";
    for (size_t i = 0; i < n->enclaves_count; i++) {
        memcpy(n->enclaves[i], ids + i * ENCLAVE_ID_LENGTH, ENCLAVE_ID_LENGTH);
        memcpy(n->issued[i].enclave, n->enclaves[i], ENCLAVE_ID_LENGTH);
        n->issued[i].bytes = malloc(SNAPSHOT_BYTES_MAX);
        if (!n->issued[i].bytes)
            return ERR_MEMORY;
    }
    return 0;
}

static void four_times_a_second(void *context)
{
    struct identity *n = context;
    memset(n->station, 0, sizeof n->station); /* what time does is done nowhere */
    shut_due(n);
    behind_due(n);
    if (!heads_allow(n))
        return;
    mandatory_due(n);
    if (n->people_changed || identity_now(n) >= n->next_ms) /* a record begins or ends */
        issue_all(n);
    sessions_pass(n);
}

static void each_minute(void *context)
{
    if (!heads_allow(context))
        return;
    issue_all(context); /* what ended long ago is told no more */
    issue_lines(context);
}

/* Who signs heads of the log. */
int identity_read_root(struct identity *n, struct process *process)
{
    static uint8_t text[ROOT_MAX + 1];
    struct refusal why = {"it is empty"};
    struct root root;
    ssize_t got = read(process_descriptor(process, DESCRIPTOR_ROOT), text, sizeof text);
    if (got <= 0 || got > ROOT_MAX ||
        root_parse(bytes_view_of(text, (size_t)got), &root, &why) != 0) {
        log_err("root.json cannot be read: %s", why.text);
        return ERR_FORMAT;
    }
    memcpy(n->checkpoint_key, root.checkpoint, sizeof n->checkpoint_key);
    return 0;
}

static int on_started(void *context, struct process *process)
{
    struct identity *n = context;
    n->process = process;
    n->began_ms = os_boot_ms();
    n->lockout.locks = !process_is_training(process);
    n->people = calloc(PEOPLE_MAX, sizeof *n->people);
    n->stations = calloc(STATIONS_MAX, sizeof *n->stations);
    n->records = calloc(RECORDS_MAX, sizeof *n->records);
    n->site_bytes = malloc(SNAPSHOT_BYTES_MAX);
    n->scratch = malloc(BODY_SCRATCH);
    n->out = malloc(IDENTITY_OUT);
    if (!n->people || !n->stations || !n->records || !n->site_bytes || !n->scratch || !n->out)
        return ERR_MEMORY;
    int r = sign_public(process_key(process, KEY_IDENTITY_STATEMENT), n->public_key);
    if (r == 0)
        r = read_policy(n, process);
    if (r == 0)
        r = take_enclaves(n);
    if (r == 0)
        r = identity_read_root(n, process);
    if (r == 0)
        r = shut_open(n, replay_one);
    if (r == 0)
        r = mandatory_begin(n);
    if (r == 0)
        sessions_replayed(n);
    if (r == 0)
        r = loop_every(process_loop(process), 250, four_times_a_second, n);
    if (r == 0)
        r = loop_every(process_loop(process), 60000, each_minute, n);
    if (r)
        log_err("identity cannot begin: %s", error_text(r));
    else if (n->store)
        issue_site(n, identity_now(n));
    return r;
}

/* ---- requests ---- */

static void on_request(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    const struct operation *operation = operation_by_number(m->operation);
    char error[260];
    bool entry = gateway->program == PROGRAM_ENTRY;
    memcpy(n->station, m->station, STATION_ID);
    memcpy(n->door, gateway->enclave, sizeof n->door);
    if (!operation || operation->server != (entry ? SERVER_ENTRY : SERVER_DOOR))
        log_die("a gateway sent an operation that is not identity's");
    if (n->closed[0]) {
        identity_problem(n, gateway, m->request, 503, "", n->closed, "");
        return;
    }
    if (body_decode(operation, m->body, n->scratch, BODY_SCRATCH, &n->body) != 0) {
        snprintf(error, sizeof error, "%s%s%s", n->body.field, n->body.field[0] ? " " : "",
                 n->body.problem);
        identity_problem(n, gateway, m->request, 400, n->body.field, error,
                         "Correct it and send it again.");
        return;
    }
    identity_refused_token(n, gateway, m, operation);
    if (lock_holds(n, gateway, m, operation) || own_pin_holds(n, gateway, m, operation) ||
        breaking_holds(n, gateway, m, operation))
        return;
    if (operation->number == OPERATION_SIGN_IN_PIV)
        cards_shown(n, gateway, m->request, body_value(&n->body, "challenge")->text,
                    m->certificates);
    else if (operation->action[0] == '\0' && operation->number < OPERATION_TOUCH)
        signin_request(n, gateway, m, operation);
    else if (PROOF_OPERATIONS(operation->number))
        proof_request(n, gateway, m, operation);
    else
        records_request(n, gateway, m, operation);
}

/* ---- messages ---- */

static void from_auditor(struct identity *n, const struct message *m)
{
    struct message answer = {.number = MESSAGE_AUDIT};
    switch (m->number) {
    case MESSAGE_AUDIT_ACK:
        signin_acknowledged(n, m->audit_ack.id);
        return;
    case MESSAGE_AUDIT_REFUSED:
        signin_refused(n, &m->audit_refused);
        return;
    case MESSAGE_JOURNAL_STATE:
        n->journal_percent = m->journal_state.percent;
        return;
    case MESSAGE_ANCHOR:
        heads_anchor(n, &m->anchor);
        return;
    case MESSAGE_CHECKPOINT:
        heads_checkpoint(n, &m->checkpoint);
        return;
    case MESSAGE_EPOCH_REFUSED:
        behind_refused(n, &m->epoch_refused);
        return;
    case MESSAGE_AUDIT:
        /* an intent of the process before this one: whether it was done, its own log says */
        answer.audit = m->audit;
        answer.audit.detail = bytes_text("");
        answer.audit.outcome = AUDIT_OUTCOME_UNKNOWN;
        (void)!process_send(process_peer(n->process, 7, ""), &answer);
        return;
    default:
        log_die("the auditor sent message %s", message_name(m->number));
    }
}

/* Nothing is held still that cannot be opened. */
static void answer_held(struct peer *backup)
{
    struct message m = {.number = MESSAGE_HELD};
    (void)!process_send(backup, &m);
}

static void take_message(struct identity *n, struct peer *peer, const struct message *m)
{
    switch (peer->program) {
    case PROGRAM_ENTRY:
    case PROGRAM_GATEWAY:
        if (m->number != MESSAGE_REQUEST)
            log_die("a gateway sent message %s", message_name(m->number));
        if (n->stopping)
            return; /* it is asked again of the one that starts next */
        on_request(n, peer, &m->request);
        return;
    case PROGRAM_HASHER:
        if (m->number != MESSAGE_HASHED)
            log_die("the hasher sent message %s", message_name(m->number));
        signin_hashed(n, &m->hashed);
        return;
    case PROGRAM_AUDITOR:
        from_auditor(n, m);
        return;
    case PROGRAM_BACKUP_IDENTITY:
        if (!n->store) {
            answer_held(peer);
            return;
        }
        identity_commit(n);
        hold_message(n->store, peer, m);
        return;
    default:
        log_die("%s sent message %s", topology_program(peer->program)->name,
                message_name(m->number));
    }
}

/* What a request was decoded into may be a PIN. */
static void on_message(void *context, struct peer *peer, const struct message *m)
{
    struct identity *n = context;
    take_message(n, peer, m);
    explicit_bzero(n->scratch, BODY_SCRATCH);
}

static void tell(struct identity *n, struct peer *peer)
{
    if (peer->program == PROGRAM_WORKER) {
        sessions_push(n, peer); /* first: with its people it begins to let them in */
        mandatory_tell(n, peer);
        issue_to(n, peer);
    }
    if (peer->program == PROGRAM_ENTRY || peer->program == PROGRAM_GATEWAY)
        stations_push(n, peer);
}

/* As soon as it may: everybody who came before. */
static void tell_all(struct identity *n)
{
    if (n->told || !heads_allow(n))
        return;
    n->told = true;
    for (size_t i = 0; i < n->enclaves_count; i++) {
        struct peer *worker = process_peer(n->process, 12, n->enclaves[i]);
        if (worker)
            tell(n, worker);
    }
    issue_all(n); /* with the stations' list to every gateway */
}

static void on_joined(void *context, struct peer *peer)
{
    struct identity *n = context;
    if (n->told && heads_allow(n))
        tell(n, peer);
    else if (peer->program == PROGRAM_ENTRY && n->store)
        stations_push(n, peer); /* so that people read why nobody can sign in */
    if (peer->program == PROGRAM_AUDITOR)
        heads_joined(n, peer);
}

static void on_left(void *context, struct peer *peer)
{
    struct identity *n = context;
    signin_peer_gone(n, peer);
    for (size_t i = 0; i < answers_count; i++)
        if (answers[i].gateway == peer)
            answers[i].gateway = NULL;
    if (peer->program == PROGRAM_AUDITOR && n->store)
        store_head_lost(n->store);
    if (peer->program == PROGRAM_BACKUP_IDENTITY && n->store)
        hold_left(n->store);
}

/* ---- the console ---- */

/* What changes people; NULL, or why it was refused. */
static const char *ceremony(struct identity *n, unsigned command)
{
    if (n->closed[0])
        return n->closed;
    switch (command) {
    case COMMAND_BOOTSTRAP:
        return ceremony_begin(n);
    case COMMAND_SUSPEND:
        return ceremony_suspend(n);
    case COMMAND_RESTORE:
        return ceremony_restore(n);
    default:
        log_die("the supervisor asked for a command that is not identity's");
    }
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    struct identity *n = context;
    char text[3000] = "recorded";
    unsigned outcome = 1;
    memset(n->station, 0, sizeof n->station);
    if (command == COMMAND_REOPEN_IDENTITY) {
        outcome = (unsigned)shut_reopen(n, text, sizeof text);
    } else if (command == COMMAND_LOSS_IDENTITY) {
        outcome = (unsigned)behind_words(n, text, sizeof text);
    } else if (command == COMMAND_ACCEPT_LOSS_IDENTITY) {
        if (behind_accept(n, request, text, sizeof text))
            return;
    } else {
        const char *why = ceremony(n, command);
        outcome = why != NULL;
        if (why) {
            snprintf(text, sizeof text, "%s", why);
        } else {
            identity_commit(n);
            n->people_changed = true; /* told within a moment, where it may be */
        }
    }
    process_command_done(n->process, request, outcome, text);
}

static int on_turn(void *context)
{
    struct identity *n = context;
    if (!n->store) {
        identity_commit(n); /* answers leave all the same */
        return -1;
    }
    tell_all(n);
    identity_commit(n);
    if (heads_allow(n))
        mandatory_follow(n);
    heads_due(n);
    hold_due(n->store);
    return -1;
}

static void on_stopping(void *context)
{
    struct identity *n = context;
    if (!n->store)
        return;
    identity_commit(n);
    n->stopping = true;
    heads_last(n);
    store_close(n->store);
}

int main(int argc, char **argv)
{
    static const struct process_handlers handlers = {
        .context = &identity,
        .started = on_started,
        .message = on_message,
        .joined = on_joined,
        .left = on_left,
        .command = on_command,
        .turn = on_turn,
        .stopping = on_stopping,
    };
    static const struct process_handlers rekey = {.context = &identity, .started = rekey_started};
    (void)argc;
    store_library_begin();
    /* one binary, two rows of topology.def: the supervisor names the row by argv[0] */
    return strcmp(argv[0], "rekey-identity") == 0 ? process_main(PROGRAM_REKEY_IDENTITY, &rekey)
                                                  : process_main(PROGRAM_IDENTITY, &handlers);
}

/*
 * Identity: who people are and what was granted to them.  It signs tokens, statements
 * and snapshots; it sees no program data.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/identity/identity.h"
#include "crypto/note.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
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
static struct {
    struct peer *gateway;
    struct message message;
    uint8_t *body;
} answers[ANSWERS_MAX];
static size_t answers_count;

static void commit(struct identity *n)
{
    if (n->in_transaction && store_commit(n->store) != 0)
        log_die("the store failed at a commit; nothing was acknowledged");
    n->in_transaction = false;
    for (size_t i = 0; i < answers_count; i++) {
        if (answers[i].gateway)
            (void)!process_send(answers[i].gateway, &answers[i].message);
        free(answers[i].body);
    }
    answers_count = 0;
}

void identity_answer(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                     const struct bytes_put *body)
{
    size_t length = bytes_put_length(body);
    if (body->error || length > 60000) {
        identity_problem(n, gateway, request, 500, "", "The answer is longer than one may be.", "");
        return;
    }
    if (answers_count == ANSWERS_MAX)
        commit(n);
    struct message *m = &answers[answers_count].message;
    answers[answers_count].gateway = gateway;
    answers[answers_count].body = malloc(length + 1);
    if (!answers[answers_count].body)
        log_die("out of memory");
    memcpy(answers[answers_count].body, body->start, length);
    *m = (struct message){.number = MESSAGE_ANSWER};
    m->answer.request = request;
    m->answer.status = (uint16_t)status;
    m->answer.parts = 1;
    m->answer.body = bytes_view_of(answers[answers_count].body, length);
    answers_count++;
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
    struct event event;
    int r = event_decode(stored->payload, &event);
    return r ? r : people_apply(context, &event);
}

static int read_policy(struct identity *n, struct process *process)
{
    static uint8_t text[1 << 20];
    ssize_t got = read(process_descriptor(process, DESCRIPTOR_POLICY), text, sizeof text);
    if (got <= 0) {
        log_err("the policy cannot be read");
        return ERR_SYSTEM;
    }
    return decider_new("site", bytes_view_of(text, (size_t)got), process_is_training(process),
                       &n->decider);
}

static int take_enclaves(struct identity *n)
{
    const char *ids = process_run(n->process);
    n->enclaves_count = strlen(ids) / ENCLAVE_ID_LENGTH;
    for (size_t i = 0; i < n->enclaves_count; i++) {
        memcpy(n->enclaves[i], ids + i * ENCLAVE_ID_LENGTH, ENCLAVE_ID_LENGTH);
        memcpy(n->issued[i].enclave, n->enclaves[i], ENCLAVE_ID_LENGTH);
        n->issued[i].bytes = malloc(SNAPSHOT_BYTES_MAX);
        if (!n->issued[i].bytes)
            return ERR_MEMORY;
    }
    return 0;
}

static void twice_a_second(void *context)
{
    struct identity *n = context;
    if (n->people_changed)
        issue_all(n);
}

static void each_minute(void *context)
{
    issue_all(context); /* a record may have begun or ended */
    issue_lines(context);
}

static int on_started(void *context, struct process *process)
{
    struct identity *n = context;
    n->process = process;
    n->people = calloc(PEOPLE_MAX, sizeof *n->people);
    n->records = calloc(RECORDS_MAX, sizeof *n->records);
    n->scratch = malloc(BODY_SCRATCH);
    n->out = malloc(IDENTITY_OUT);
    if (!n->people || !n->records || !n->scratch || !n->out)
        return ERR_MEMORY;
    int r = sign_public(process_key(process, KEY_IDENTITY_STATEMENT), n->public_key);
    if (r == 0)
        r = read_policy(n, process);
    if (r == 0)
        r = take_enclaves(n);
    if (r == 0)
        r = store_open("store.db", "identity", process_key(process, KEY_IDENTITY_STORE), &n->store);
    if (r == 0)
        r = store_seal(n->store);
    if (r == 0)
        r = store_walk(n->store, 0, store_size(n->store), replay_one, n);
    if (r == 0)
        r = loop_every(process_loop(process), 250, twice_a_second, n);
    if (r == 0)
        r = loop_every(process_loop(process), 60000, each_minute, n);
    if (r)
        log_err("identity cannot begin: %s", error_text(r));
    else
        issue_all(n);
    return r;
}

/* ---- requests ---- */

static void on_request(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    const struct operation *operation = operation_by_number(m->operation);
    char error[260];
    bool entry = gateway->program == PROGRAM_ENTRY;
    memcpy(n->station, m->station, STATION_ID);
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
    if (operation->number == OPERATION_SIGN_IN_PIV)
        identity_problem(n, gateway, m->request, 404, "", "There is nothing here under that name.",
                         "");
    else if (operation->number <= OPERATION_SIGN_OUT)
        signin_request(n, gateway, m, operation);
    else
        records_request(n, gateway, m, operation);
}

/* ---- heads, as a worker's ---- */

static void heads_due(struct identity *n)
{
    struct message m = {.number = MESSAGE_HEAD};
    uint8_t proof[TREE_PROOF_MAX];
    struct bytes_put put = bytes_into(proof, sizeof proof);
    struct peer *auditor = process_peer(n->process, 7, "");
    uint64_t now = os_boot_ms();
    if (!auditor || !n->anchored || n->closed[0] || store_unsigned(n->store) == 0 ||
        (n->head_asked_ms && now - n->head_asked_ms < 1000))
        return;
    if (store_head(n->store, &put, &m.head.old_size, &m.head.size, m.head.root) != 0)
        log_die("a head cannot be formed");
    m.head.proof = bytes_view_of(proof, bytes_put_length(&put));
    n->head_asked_ms = now;
    if (process_send(auditor, &m) != 0)
        store_head_lost(n->store);
}

static void from_auditor(struct identity *n, const struct message *m)
{
    struct message answer = {.number = MESSAGE_AUDIT};
    unsigned long long size = 0;
    switch (m->number) {
    case MESSAGE_AUDIT_ACK:
        signin_acknowledged(n, m->audit_ack.id);
        return;
    case MESSAGE_ANCHOR:
        n->anchored = true;
        if (m->anchor.size && store_check_anchor(n->store, m->anchor.size, m->anchor.root) != 0) {
            snprintf(n->closed, sizeof n->closed,
                     "Identity's store is behind its anchor of %llu events. Nobody can sign in.",
                     (unsigned long long)m->anchor.size);
            log_err("the store is behind its anchor");
        } else if (m->anchor.size &&
                   store_head_adopt(n->store, m->anchor.size, m->anchor.note) == ERR_STORE) {
            log_die("the store failed at keeping a checkpoint");
        }
        n->head_asked_ms = 0;
        return;
    case MESSAGE_CHECKPOINT:
        commit(n);
        /* the second line of a checkpoint is its size */
        if (sscanf((const char *)m->checkpoint.note.data, "%*[^\n]\n%llu\n", &size) != 1)
            log_die("the auditor sent a malformed checkpoint");
        if (store_head_signed(n->store, size, m->checkpoint.note) == ERR_STORE)
            log_die("the store failed at keeping a checkpoint");
        n->head_asked_ms = 0;
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

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    struct identity *n = context;
    switch (peer->program) {
    case PROGRAM_ENTRY:
    case PROGRAM_GATEWAY:
        if (m->number != MESSAGE_REQUEST)
            log_die("a gateway sent message %s", message_name(m->number));
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
    default:
        log_die("%s sent message %s", topology_program(peer->program)->name,
                message_name(m->number));
    }
}

static void on_joined(void *context, struct peer *peer)
{
    struct identity *n = context;
    struct message m = {.number = MESSAGE_ANCHOR_ASK};
    if (peer->program == PROGRAM_WORKER)
        issue_to(n, peer);
    if (peer->program == PROGRAM_ENTRY || peer->program == PROGRAM_GATEWAY)
        stations_push(n, peer);
    if (peer->program == PROGRAM_AUDITOR) {
        store_head_lost(n->store);
        n->head_asked_ms = 0;
        (void)!process_send(peer, &m);
    }
}

static void on_left(void *context, struct peer *peer)
{
    struct identity *n = context;
    signin_peer_gone(n, peer);
    for (size_t i = 0; i < answers_count; i++)
        if (answers[i].gateway == peer)
            answers[i].gateway = NULL;
    if (peer->program == PROGRAM_AUDITOR)
        store_head_lost(n->store);
}

/* ---- the first two officers of a site, and its stations ---- */

static int add_officer(struct identity *n, char *line)
{
    static const uint8_t console[16];
    char uuid[40], badge[33], pin[65], stamp[17];
    int used = 0;
    struct event event = {.number = EVENT_PERSON_ADDED};
    uint8_t person[16], peppered[32], salt[16], hash[PASSWORD_HASH_LENGTH];
    if (sscanf(line, "officer %39s %32s %64s %16s %n", uuid, badge, pin, stamp, &used) != 4 ||
        body_uuid(bytes_text(uuid), person) != 0 || line[used] == '\0' || strlen(line + used) > 64)
        return ERR_FORMAT;
    memcpy(event.person_added.person, person, 16);
    event.person_added.badge = bytes_text(badge);
    event.person_added.name = bytes_text(line + used);
    event.person_added.stamp = bytes_text(stamp);
    int r = people_event(n, &event, console, 0, console);
    os_random(salt, sizeof salt);
    if (r == 0)
        r = password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER), bytes_text(pin),
                            peppered);
    if (r == 0)
        r = password_hash(peppered, salt, hash);
    sodium_memzero(pin, sizeof pin);
    event = (struct event){.number = EVENT_PIN_SET};
    memcpy(event.pin_set.person, person, 16);
    memcpy(event.pin_set.hash, hash, sizeof hash);
    if (r == 0)
        r = people_event(n, &event, console, 0, console);
    event = (struct event){.number = EVENT_RECORD_ENTERED};
    os_uuid(event.record_entered.record);
    uint8_t record[16];
    memcpy(record, event.record_entered.record, 16);
    memcpy(event.record_entered.person, person, 16);
    event.record_entered.attribute = bytes_text("role");
    event.record_entered.value = bytes_text("security-officer");
    event.record_entered.document = bytes_text("creation of the site");
    event.record_entered.from_ms = os_utc_ms() - 1000;
    event.record_entered.until_ms = os_utc_ms() + (int64_t)365 * 24 * 3600 * 1000;
    if (r == 0)
        r = people_event(n, &event, console, 0, console);
    event = (struct event){.number = EVENT_RECORD_APPROVED};
    memcpy(event.record_approved.record, record, 16);
    return r ? r : people_event(n, &event, console, 0, console);
}

/* "station ID SITE ZONE CEILING" */
static int read_station(const char *line, struct station *ret_station)
{
    char id[2 * STATION_ID + 1];
    struct station s = {0};
    int used = 0;
    if (sscanf(line, "station %32s %32s %32s %32s%n", id, s.site, s.zone, s.ceiling, &used) != 4 ||
        line[used] != '\0' || bytes_from_hex(bytes_text(id), STATION_ID, s.id) != 0)
        return ERR_FORMAT;
    *ret_station = s;
    return 0;
}

static bool is_station(const char *line)
{
    return strncmp(line, "station ", 8) == 0;
}

/* NULL, or what is wrong; the stations in ${ret_stations}, and how many officers there are. */
static const char *read_lines(char *text, struct station *ret_stations, size_t *ret_count,
                              int *ret_officers)
{
    static char why[120];
    unsigned number = 0;
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchrnul(line, '\n');
        bool last = *end == '\0';
        *end = '\0';
        number++;
        bool good = is_station(line) && *ret_count < STATIONS_MAX
                        ? read_station(line, &ret_stations[(*ret_count)++]) == 0
                        : strncmp(line, "officer ", 8) == 0;
        *ret_officers += good && !is_station(line);
        *end = last ? '\0' : '\n';
        if (!good) {
            snprintf(why, sizeof why,
                     "line %u is neither an officer nor a station in its form; nothing was changed",
                     number);
            return why;
        }
        if (last)
            break;
    }
    return NULL;
}

/* Two officers, once, and the stations in force: those that are named, and no others. */
static const char *bootstrap(struct identity *n)
{
    static char text[512 * 1024];
    static struct station stations[STATIONS_MAX];
    char *save = NULL;
    int officers = 0;
    size_t count = 0, length = 0;
    ssize_t got;
    int fd = process_descriptor(n->process, DESCRIPTOR_INPUT);
    while (length + 1 < sizeof text &&
           (got = read(fd, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    const char *why = read_lines(text, stations, &count, &officers);
    if (why)
        return why;
    if (officers != (n->people_count ? 0 : 2))
        return n->people_count ? "people are known already; nothing was changed"
                               : "a new site has exactly two officers; nothing was changed";
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (!is_station(line) && add_officer(n, line) != 0)
            log_die("the officers of a new site are not in their form; nothing was kept");
    sodium_memzero(text, sizeof text);
    memcpy(n->stations, stations, count * sizeof *stations);
    n->stations_count = count;
    commit(n);
    issue_all(n);
    stations_changed(n);
    return NULL;
}

static void on_command(void *context, uint64_t request, unsigned command)
{
    struct identity *n = context;
    if (command != COMMAND_BOOTSTRAP)
        log_die("the supervisor asked for a command that is not identity's");
    const char *why = bootstrap(n);
    process_command_done(n->process, request, why != NULL, why ? why : "recorded");
}

static int on_turn(void *context)
{
    commit(context);
    heads_due(context);
    return -1;
}

static void on_stopping(void *context)
{
    struct identity *n = context;
    commit(n);
    store_close(n->store);
}

int main(void)
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
    store_library_begin();
    return process_main(PROGRAM_IDENTITY, &handlers);
}

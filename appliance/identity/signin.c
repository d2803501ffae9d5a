/* Sign-in at the entry, the hand-off to an enclave, and signatures. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/identity.h"
#include "crypto/hash.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "transfer/statement.h"

/* A training site delays after wrong PINs and never locks. */
#define WRONG_MAX  3
#define WRONG_WAIT 5000
#define ROLES_MAX  16

static const char wrong_pin[] = "Badge and PIN do not fit together.";

/* ---- waiting ---- */

struct pending *pending_new(struct identity *n, struct peer *gateway, uint64_t request,
                            const struct operation *operation, struct bytes_view body)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits != WAITS_NOTHING)
            continue;
        *p = (struct pending){.gateway = gateway, .request = request, .person = PEOPLE_MAX};
        p->operation = operation->number;
        p->body = malloc(body.length + 1);
        if (!p->body)
            log_die("out of memory");
        memcpy(p->body, body.data, body.length);
        p->body_length = body.length;
        memcpy(p->enclave, gateway->enclave, sizeof p->enclave);
        memcpy(p->station, n->station, STATION_ID);
        return p;
    }
    identity_problem(n, gateway, request, 503, "", "Too many people are signing in at once.",
                     "Try again in a moment.");
    return NULL;
}

void pending_end(struct pending *p)
{
    if (p->body)
        sodium_memzero(p->body, p->body_length); /* it may hold a PIN */
    free(p->body);
    sodium_memzero(p, sizeof *p);
}

int pending_hash(struct identity *n, struct pending *p, struct bytes_view pin,
                 const uint8_t salt[static 16])
{
    struct message m = {.number = MESSAGE_HASH};
    int r = password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER), pin, m.hash.peppered);
    p->waits = WAITS_HASH;
    p->number = ++n->next_number;
    m.hash.request = p->number;
    memcpy(m.hash.salt, salt, 16);
    if (r == 0)
        r = process_send(process_peer(n->process, 6, ""), &m);
    sodium_memzero(&m, sizeof m);
    return r;
}

static void fill_audit(const struct identity *n, const struct pending *p, struct message *m)
{
    *m = (struct message){.number = MESSAGE_AUDIT};
    memcpy(m->audit.id, p->id, 16);
    m->audit.event_class = 1;
    if (p->person < PEOPLE_MAX)
        memcpy(m->audit.person, n->people[p->person].person, 16);
    memcpy(m->audit.session, p->session, 16);
    memcpy(m->audit.station, p->station, STATION_ID);
    m->audit.operation = (uint16_t)p->operation;
}

int pending_intent(struct identity *n, struct pending *p)
{
    struct message m;
    os_uuid(p->id);
    p->waits = WAITS_AUDITOR;
    fill_audit(n, p, &m);
    m.audit.outcome = AUDIT_OUTCOME_INTENT;
    return process_send(process_peer(n->process, 7, ""), &m);
}

void identity_journal(struct identity *n, const struct pending *p, unsigned outcome,
                      const char *detail)
{
    struct message m;
    fill_audit(n, p, &m);
    m.audit.outcome = (uint8_t)outcome;
    m.audit.detail = bytes_text(detail);
    (void)!process_send(process_peer(n->process, 7, ""), &m);
}

static void unavailable(struct identity *n, struct pending *p, const char *what)
{
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 503, "", what,
                         "Try again in a moment. Work that has begun goes on.");
    pending_end(p);
}

/* ---- throttling: by badge, known or not ---- */

static struct throttle *throttle_of(struct identity *n, struct bytes_view badge)
{
    uint8_t digest[32];
    struct throttle *oldest = &n->throttles[0];
    hash_content("casemate/badge/1", badge, digest);
    for (size_t i = 0; i < THROTTLES; i++) {
        struct throttle *t = &n->throttles[i];
        if (memcmp(t->badge, digest, 8) == 0)
            return t;
        if (t->next_ms < oldest->next_ms)
            oldest = t;
    }
    *oldest = (struct throttle){0}; /* a place of its own: another badge cannot clear this one */
    memcpy(oldest->badge, digest, 8);
    return oldest;
}

/* ---- sessions and codes ---- */

struct session *identity_session(struct identity *n, struct bytes_view token,
                                 const char audience[static 8], struct token *ret_token)
{
    if (token_check(n->public_key, token, (const uint8_t *)audience, ret_token) != 0 ||
        !token_is_current(ret_token, os_boot_id(), os_boot_ms()) ||
        memcmp(ret_token->station, n->station, STATION_ID) != 0)
        return NULL;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (n->sessions[i].used && memcmp(n->sessions[i].session, ret_token->session, 16) == 0)
            return &n->sessions[i];
    return NULL;
}

static struct session *open_session(struct identity *n, const struct pending *p)
{
    struct session *oldest = &n->sessions[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions[i];
        if (!s->used || s->expires_ms < os_boot_ms()) {
            oldest = s;
            break;
        }
        if (s->expires_ms < oldest->expires_ms)
            oldest = s;
    }
    *oldest = (struct session){.used = true, .person = p->person};
    memcpy(oldest->station, p->station, STATION_ID);
    os_random(oldest->session, 16);
    oldest->expires_ms = os_boot_ms() + SESSION_MS;
    return oldest;
}

static int make_token(struct identity *n, const struct session *s, const char audience[static 8],
                      char out[static TOKEN_TEXT + 1])
{
    struct token t = {.factor = FACTOR_BADGE_PIN, .issued_ms = os_boot_ms()};
    t.expires_ms = s->expires_ms;
    memcpy(t.audience, audience, 8);
    memcpy(t.person, n->people[s->person].person, 16);
    memcpy(t.session, s->session, 16);
    memcpy(t.station, s->station, STATION_ID);
    memcpy(t.boot, os_boot_id(), 16);
    return token_make(process_key(n->process, KEY_IDENTITY_STATEMENT), &t, out);
}

/* ---- sign-in ---- */

static size_t choices_of(struct identity *n, size_t person, struct answer_enclave_choice *out)
{
    size_t count = 0;
    for (size_t e = 0; e < n->enclaves_count; e++) {
        const struct record *r =
            record_find(n, person, ATTRIBUTE_READ_IN, n->enclaves[e], identity_now(n));
        if (r && !n->people[person].suspended)
            out[count++] =
                (struct answer_enclave_choice){.enclave = n->enclaves[e],
                                               .name = r->value,
                                               .port = (int64_t)(process_port(n->process) + 1 + e)};
    }
    return count;
}

static bool is_officer(const struct identity *n, size_t person)
{
    const struct record *r = record_newest(n, HOLDER_PERSON, person);
    for (; r; r = record_before(n, r))
        if (r->attribute->number == ATTRIBUTE_ROLE && r->scope[0] == '\0' &&
            strcmp(r->value, "security-officer") == 0 && record_is_active(r, identity_now(n)))
            return true;
    return false;
}

static void answer_signed_in(struct identity *n, struct pending *p)
{
    struct answer_enclave_choice choices[ENCLAVES_MAX];
    struct session *s = open_session(n, p);
    char token[TOKEN_TEXT + 1];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    if (make_token(n, s, TOKEN_ENTRY, token) != 0)
        log_die("a token could not be signed");
    memcpy(p->session, s->session, 16);
    struct answer_signed_in a = {.token = token, .name = n->people[p->person].name};
    memcpy(a.person, n->people[p->person].person, 16);
    memcpy(a.session, s->session, 16);
    a.now = os_utc_ms();
    a.until = a.now + (int64_t)SESSION_MS;
    a.officer = is_officer(n, p->person);
    a.enclaves_count = choices_of(n, p->person, choices);
    a.enclaves = choices;
    answer_write_signed_in(&a, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "");
    pending_end(p);
}

static void check_pin(struct identity *n, struct pending *p, size_t person)
{
    static const uint8_t nobody[16] = "casemate/nobody";
    const struct person *who = person < PEOPLE_MAX ? &n->people[person] : NULL;
    p->person = who && who->has_pin ? person : PEOPLE_MAX;
    struct bytes_view badge = body_value(&n->body, "badge")->text;
    struct throttle *t = throttle_of(n, badge);
    memcpy(p->badge, badge.data, badge.length);
    p->badge_length = (uint8_t)badge.length;
    if (t->wrong >= WRONG_MAX && os_boot_ms() < t->next_ms) {
        identity_problem(n, p->gateway, p->request, 429, "", "Too many wrong PINs.",
                         "Wait five seconds, then try again.");
        pending_end(p);
        return;
    }
    /* counted when it begins, so that many at once are not many tries; a right PIN clears it */
    t->wrong++;
    t->next_ms = os_boot_ms() + WRONG_WAIT;
    /* a badge that nobody has costs the same time as a wrong PIN */
    const uint8_t *salt = p->person < PEOPLE_MAX ? who->hash + 1 : nobody;
    if (pending_hash(n, p, body_value(&n->body, "pin")->text, salt) != 0)
        unavailable(n, p, "PINs cannot be checked at the moment.");
}

/* ---- signature ---- */

static void answer_statement(struct identity *n, struct pending *p)
{
    uint8_t bytes[STATEMENT_MAX];
    char text[2 * STATEMENT_MAX];
    size_t length;
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct statement s = {.factor = STATEMENT_BADGE_PIN, .at_ms = os_utc_ms()};
    if (body_decode(operation_by_number(p->operation), bytes_view_of(p->body, p->body_length),
                    n->scratch, BODY_SCRATCH, &n->body) != 0)
        log_die("a body that was decoded once could not be decoded again");
    const struct operation *action = operation_by_name(body_value(&n->body, "operation")->text);
    struct bytes_view meaning = body_value(&n->body, "meaning")->text;
    strcpy(s.enclave, p->enclave[0] ? p->enclave : STATEMENT_ENTRY);
    memcpy(s.person, p->token.person, 16);
    memcpy(s.session, p->token.session, 16);
    memcpy(s.station, p->token.station, 16);
    s.operation = (uint16_t)(action ? action->number : 0);
    memcpy(s.action, body_value(&n->body, "digest")->bytes, 32);
    strcpy(s.name, n->people[p->person].name);
    memcpy(s.meaning, meaning.data, meaning.length);
    if (statement_sign(process_key(n->process, KEY_IDENTITY_STATEMENT), &s, bytes, &length) != 0)
        log_die("a statement could not be signed");
    sodium_bin2base64(text, sizeof text, bytes, length, sodium_base64_VARIANT_ORIGINAL);
    answer_write_statement(&(struct answer_statement){.statement = text}, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "");
    pending_end(p);
}

static void sign(struct identity *n, struct peer *gateway, const struct message_request *m,
                 const struct operation *operation)
{
    struct token token;
    bool entry = operation->number == OPERATION_SIGN_AT_ENTRY;
    struct session *s =
        identity_session(n, m->token, entry ? TOKEN_ENTRY : gateway->enclave, &token);
    size_t badge = people_by_badge(n, body_value(&n->body, "badge")->text);
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.",
                         "Badge in at the entry page.");
        return;
    }
    if (!operation_by_name(body_value(&n->body, "operation")->text)) {
        identity_problem(n, gateway, m->request, 400, "operation",
                         "is not an operation of this box", "");
        return;
    }
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    p->token = token;
    memcpy(p->session, token.session, 16);
    /* only the person of this session may sign in it; another's badge is a wrong PIN */
    check_pin(n, p, badge == s->person ? badge : PEOPLE_MAX);
}

/* ---- hand-off ---- */

static void enter(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    struct answer_enclave_choice choices[ENCLAVES_MAX];
    struct token token;
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct session *s = identity_session(n, m->token, TOKEN_ENTRY, &token);
    struct bytes_view wanted = body_value(&n->body, "enclave")->text;
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "Badge in again.", "");
        return;
    }
    size_t count = choices_of(n, s->person, choices);
    for (size_t i = 0; i < count; i++) {
        if (!bytes_equal_text(wanted, choices[i].enclave))
            continue;
        struct code *c = &n->codes[n->next_number++ % CODES_MAX];
        uint8_t random[16];
        os_random(random, sizeof random);
        *c = (struct code){.used = true, .person = s->person};
        bytes_to_hex(random, 16, c->text);
        memcpy(c->session, s->session, 16);
        strcpy(c->enclave, choices[i].enclave);
        c->expires_ms = os_boot_ms() + CODE_MS;
        answer_write_handed_off(
            &(struct answer_handed_off){.code = c->text, .port = choices[i].port}, &out);
        identity_answer(n, gateway, m->request, 200, &out);
        return;
    }
    /* not read in, and not there at all: one answer */
    identity_problem(n, gateway, m->request, 404, "", "There is nothing here under that name.", "");
}

static struct code *take_code(struct identity *n, struct bytes_view text)
{
    for (size_t i = 0; i < CODES_MAX; i++)
        if (n->codes[i].used && text.length == 32 &&
            sodium_memcmp(n->codes[i].text, text.data, 32) == 0)
            return &n->codes[i];
    return NULL;
}

static size_t roles_of(struct identity *n, size_t person, const char *enclave,
                       struct answer_role *out, size_t max)
{
    size_t count = 0;
    const struct record *r = record_newest(n, HOLDER_PERSON, person);
    for (; r && count < max; r = record_before(n, r)) {
        bool seen = r->attribute->number != ATTRIBUTE_ROLE ||
                    (r->scope[0] && strcmp(r->scope, enclave) != 0) ||
                    !record_is_active(r, identity_now(n));
        for (size_t k = 0; k < count && !seen; k++)
            seen = strcmp(out[k].role, r->value) == 0;
        if (!seen)
            out[count++] = (struct answer_role){.role = r->value};
    }
    return count;
}

static void redeem(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    struct answer_role roles[ROLES_MAX];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char token[TOKEN_TEXT + 1];
    struct code *c = take_code(n, body_value(&n->body, "code")->text);
    struct session *s = NULL;
    bool good = c && strcmp(c->enclave, gateway->enclave) == 0 && os_boot_ms() < c->expires_ms;
    for (size_t i = 0; good && i < SESSIONS_MAX; i++)
        if (n->sessions[i].used && memcmp(n->sessions[i].session, c->session, 16) == 0 &&
            memcmp(n->sessions[i].station, n->station, STATION_ID) == 0)
            s = &n->sessions[i];
    if (c)
        c->used = false; /* once, also when it came to the wrong door */
    if (!s) {
        identity_problem(n, gateway, m->request, 401, "", "This way in has expired.",
                         "Badge in at the entry page.");
        return;
    }
    if (make_token(n, s, gateway->enclave, token) != 0)
        log_die("a token could not be signed");
    const struct person *who = &n->people[s->person];
    struct answer_redeemed a = {.token = token, .name = who->name, .stamp = who->stamp};
    memcpy(a.person, who->person, 16);
    memcpy(a.session, s->session, 16);
    a.now = os_utc_ms();
    a.until = a.now + (int64_t)(s->expires_ms - os_boot_ms());
    a.enclave = gateway->enclave;
    a.roles_count = roles_of(n, s->person, gateway->enclave, roles, ROLES_MAX);
    a.roles = roles;
    answer_write_redeemed(&a, &out);
    identity_answer(n, gateway, m->request, 200, &out);
}

/* Its tokens are refused from now on, at every program. */
static void tell_workers(struct identity *n, const uint8_t session[static 16])
{
    struct message m = {.number = MESSAGE_SESSION_OVER};
    memcpy(m.session_over.session, session, 16);
    for (size_t i = 0; i < n->enclaves_count; i++)
        (void)!process_send(process_peer(n->process, 12, n->enclaves[i]), &m);
}

void signin_end_sessions(struct identity *n, enum holder_kind kind, const uint8_t holder[static 16])
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions[i];
        bool his = kind == HOLDER_PERSON && s->used &&
                   memcmp(n->people[s->person].person, holder, 16) == 0;
        if (!his)
            continue;
        s->used = false;
        tell_workers(n, s->session);
    }
}

static void sign_out(struct identity *n, struct peer *gateway, const struct message_request *m)
{
    struct token token;
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct session *s = identity_session(n, m->token, gateway->enclave, &token);
    if (s) {
        s->used = false;
        tell_workers(n, s->session);
    }
    answer_write_done(&(struct answer_done){.done = true, .text = "Signed out."}, &out);
    identity_answer(n, gateway, m->request, 200, &out);
}

void signin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation)
{
    struct pending *p;
    switch (operation->number) {
    case OPERATION_SIGN_IN:
        p = pending_new(n, gateway, m->request, operation, m->body);
        if (p)
            check_pin(n, p, people_by_badge(n, body_value(&n->body, "badge")->text));
        return;
    case OPERATION_SIGN:
    case OPERATION_SIGN_AT_ENTRY:
        sign(n, gateway, m, operation);
        return;
    case OPERATION_ENTER:
        enter(n, gateway, m);
        return;
    case OPERATION_REDEEM:
        redeem(n, gateway, m);
        return;
    default:
        sign_out(n, gateway, m);
    }
}

/* ---- what comes back ---- */

static void pin_checked(struct identity *n, struct pending *p, const uint8_t hash[static 49])
{
    struct throttle *t = throttle_of(n, bytes_view_of(p->badge, p->badge_length));
    bool right = p->person < PEOPLE_MAX &&
                 sodium_memcmp(n->people[p->person].hash, hash, PASSWORD_HASH_LENGTH) == 0;
    if (right) {
        t->wrong = 0;
        if (pending_intent(n, p) != 0)
            unavailable(n, p, "The auditor is not there, and without its record nobody signs in.");
        return;
    }
    t->next_ms = os_boot_ms() + WRONG_WAIT;
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 403, "", wrong_pin,
                         "Scan your badge and enter your PIN again.");
    os_uuid(p->id);
    identity_journal(n, p, AUDIT_OUTCOME_DENIED, "wrong badge or PIN");
    pending_end(p);
}

void signin_hashed(struct identity *n, const struct message_hashed *m)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits != WAITS_HASH || p->number != m->request)
            continue;
        if (p->operation == OPERATION_ADD_PERSON) {
            memcpy(p->hash, m->hash, PASSWORD_HASH_LENGTH);
            if (pending_intent(n, p) != 0)
                unavailable(n, p, "The auditor is not there.");
        } else {
            pin_checked(n, p, m->hash);
        }
        return;
    }
}

void signin_acknowledged(struct identity *n, const uint8_t id[static 16])
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits != WAITS_AUDITOR || memcmp(p->id, id, 16) != 0)
            continue;
        if (p->operation == OPERATION_SIGN_IN)
            answer_signed_in(n, p);
        else if (p->operation == OPERATION_SIGN || p->operation == OPERATION_SIGN_AT_ENTRY)
            answer_statement(n, p);
        else
            records_go_on(n, p);
        return;
    }
}

void signin_peer_gone(struct identity *n, const struct peer *peer)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits == WAITS_NOTHING)
            continue;
        if (p->gateway == peer)
            p->gateway = NULL;
        if (peer->program == PROGRAM_HASHER && p->waits == WAITS_HASH)
            unavailable(n, p, "PINs cannot be checked at the moment.");
        else if (peer->program == PROGRAM_AUDITOR && p->waits == WAITS_AUDITOR)
            unavailable(n, p, "The auditor went away.");
    }
}

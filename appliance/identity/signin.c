/* Sign-in at the entry, the hand-off to an enclave, and signatures. */
#include <sodium.h>
#include <string.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/proof.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "crypto/statement.h"

#define ROLES_MAX 16

/* ---- who ---- */

bool session_is_of(const struct identity *n, const struct session *s, const struct token *token)
{
    return memcmp(n->people[s->person].person, token->person, 16) == 0;
}

struct session *signin_session(struct identity *n, const uint8_t id[static 16])
{
    struct session *s = sessions_find(&n->sessions, id, os_boot_ms());
    return s && !signin_is_shut_out(n, s->person) ? s : NULL;
}

struct session *identity_session(struct identity *n, struct bytes_view token,
                                 const char audience[static 8], struct token *ret_token)
{
    if (token_check(n->public_key, token, (const uint8_t *)audience, ret_token) != 0 ||
        !token_is_current(ret_token, os_boot_id(), os_boot_ms()) ||
        memcmp(ret_token->station, n->station, 16) != 0)
        return NULL;
    struct session *s = signin_session(n, ret_token->session);
    return s && s->state == SESSION_OPEN && session_is_of(n, s, ret_token) ? s : NULL;
}

bool signin_is_shut_out(const struct identity *n, size_t person)
{
    return n->people[person].suspended || record_visit_is_over(n, person, identity_now(n));
}

size_t choices_of(struct identity *n, size_t person, struct answer_enclave_choice *out)
{
    size_t count = 0;
    for (size_t e = 0; e < n->enclaves_count; e++) {
        const struct record *r =
            record_find(n, person, ATTRIBUTE_READ_IN, n->enclaves[e], identity_now(n));
        if (r && !signin_is_shut_out(n, person))
            out[count++] =
                (struct answer_enclave_choice){.enclave = n->enclaves[e],
                                               .name = r->value,
                                               .port = (int64_t)(process_port(n->process) + 1 + e)};
    }
    return count;
}

/* What the records call each enclave: an officer, who keeps them, reads it there already. */
static size_t programs_of(const struct identity *n, struct answer_known_program *out)
{
    for (size_t e = 0; e < n->enclaves_count; e++) {
        const char *name = record_program(n, n->enclaves[e], identity_now(n));
        out[e] = (struct answer_known_program){.enclave = n->enclaves[e],
                                               .name = name ? name : n->enclaves[e]};
    }
    return n->enclaves_count;
}

bool signin_is_officer(const struct identity *n, size_t person)
{
    const struct record *r = record_newest(n, HOLDER_PERSON, person);
    for (; r; r = record_before(n, r))
        if (r->attribute->number == ATTRIBUTE_ROLE && r->scope[0] == '\0' &&
            strcmp(r->value, "security-officer") == 0 && record_is_active(r, identity_now(n)))
            return true;
    return false;
}

/* ---- sign-in ---- */

static void refuse_sign_in(struct identity *n, struct pending *p, unsigned status,
                           const char *field, const char *error, const char *todo)
{
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, status, field, error, todo);
    identity_journal(n, p, AUDIT_OUTCOME_REFUSED, error);
    pending_end(p);
}

void signin_answer(struct identity *n, struct pending *p, size_t person, size_t escort,
                   enum factor factor)
{
    struct answer_enclave_choice choices[ENCLAVES_MAX];
    char token[TOKEN_TEXT + 1];
    bool displaced;
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    if (signin_is_shut_out(n, person)) { /* since the proof was right */
        refuse_sign_in(n, p, 403, "", "Your access was stopped a moment ago.",
                       "Ask a security officer.");
        return;
    }
    struct session *s = session_begin(n, p, person, escort, factor, &displaced);
    if (!s) {
        pending_unavailable(n, p, "More people are signed in than this box has room for.");
        return;
    }
    if (session_token(n, s, TOKEN_ENTRY, token) != 0)
        log_die("a token could not be signed");
    struct answer_known_program programs[ENCLAVES_MAX];
    struct answer_signed_in a = {
        .token = token, .name = n->people[person].name, .badge = n->people[person].badge};
    memcpy(a.person, n->people[person].person, 16);
    memcpy(a.session, s->session, 16);
    a.now = identity_now(n);
    a.until = a.now + (int64_t)(s->expires_ms - os_boot_ms());
    a.choose_pin = n->people[person].pin_given; /* and is told of nothing before */
    a.officer = !a.choose_pin && signin_is_officer(n, person);
    a.note = a.choose_pin ? "" : breaking_note(n, person);
    if (a.note[0] == '\0' && displaced)
        a.note = "You were signed in three times already: the oldest of these sessions has ended.";
    a.enclaves_count = a.choose_pin ? 0 : choices_of(n, person, choices);
    a.enclaves = choices;
    a.programs_count = a.officer ? programs_of(n, programs) : 0;
    a.programs = programs;
    answer_write_signed_in(&a, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, factor_text(factor));
    pending_end(p);
}

/* Whose badge a visitor's or a vendor's record names: NULL for everybody else. */
static const struct record *escort_record(const struct identity *n, size_t person)
{
    const struct record *r = record_any(n, person, ATTRIBUTE_VISITOR, identity_now(n));
    return r ? r : record_any(n, person, ATTRIBUTE_VENDOR, identity_now(n));
}

bool signin_needs_escort(const struct identity *n, size_t person)
{
    return escort_record(n, person) != NULL;
}

/* A visitor's own PIN was right.  Now the escort's, who is the one of the record. */
static void check_escort(struct identity *n, struct pending *p)
{
    const struct value *badge = body_value(&n->body, "escort_badge");
    const struct value *pin = body_value(&n->body, "escort_pin");
    const struct record *r = escort_record(n, p->person);
    size_t escort = badge->present ? people_by_badge(n, badge->text) : PEOPLE_MAX;
    if (!badge->present || !pin->present) {
        refuse_sign_in(n, p, 403, "escort_badge",
                       "A visitor or vendor signs in together with the escort.",
                       "Let your escort scan a badge and enter a PIN behind yours.");
        return;
    }
    /* another's badge than the record's is checked like one that nobody has */
    bool right = escort != PEOPLE_MAX && strcmp(r->value, n->people[escort].badge) == 0 &&
                 escort != p->person && !signin_needs_escort(n, escort);
    p->visitor = p->person;
    pin_check(n, p, badge->text, pin->text, right ? escort : PEOPLE_MAX);
}

static void pin_fits(struct identity *n, struct pending *p)
{
    pending_body(n, p);
    if (p->operation == OPERATION_SIGN_IN && record_visit_is_over(n, p->person, identity_now(n))) {
        refuse_sign_in(n, p, 403, "", "Your visit is over: it ended when its record did.",
                       "Two security officers can give you another.");
        return;
    }
    if (p->operation == OPERATION_SIGN_IN && p->visitor == PEOPLE_MAX &&
        escort_record(n, p->person)) {
        check_escort(n, p);
        return;
    }
    if (p->visitor < PEOPLE_MAX && n->people[p->person].pin_given) {
        refuse_sign_in(n, p, 403, "", "The escort has not chosen a PIN yet.",
                       "Let your escort sign in first, and choose one.");
        return;
    }
    if (p->visitor < PEOPLE_MAX &&
        !sessions_escorted(&n->sessions, p->person, p->station, os_boot_ms())) {
        refuse_sign_in(n, p, 403, "", "The escort is not signed in at this station.",
                       "Let your escort sign in here first, and stay: your session ends with "
                       "theirs.");
        return;
    }
    if (p->operation == OPERATION_CHANGE_PIN)
        own_pin_proven(n, p);
    else if (pending_intent(n, p) != 0)
        pending_unavailable(n, p,
                            "The auditor is not there, and without its record nobody signs in.");
}

static void signed_in(struct identity *n, struct pending *p)
{
    bool visitor = p->visitor < PEOPLE_MAX;
    signin_answer(n, p, visitor ? p->visitor : p->person, visitor ? p->person : SESSION_ALONE,
                  FACTOR_BADGE_PIN);
}

/* ---- signature ---- */

void statement_answer(struct identity *n, struct pending *p, const struct operation *operation,
                      const uint8_t digest[static 32], struct bytes_view meaning,
                      enum factor factor)
{
    uint8_t bytes[STATEMENT_MAX];
    char text[2 * STATEMENT_MAX];
    size_t length;
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct statement s = {.factor = (enum statement_factor)factor, .at_ms = identity_now(n)};
    struct session *session = signin_session(n, p->session);
    if (!session || !session_touch(session, os_boot_ms())) {
        refuse_sign_in(n, p, 401, "", "The session has ended. Nothing was signed.",
                       "Badge in at the entry page.");
        return;
    }
    strcpy(s.enclave, p->enclave[0] ? p->enclave : STATEMENT_ENTRY);
    memcpy(s.person, p->token.person, 16);
    memcpy(s.natural, n->people[p->person].natural, 16);
    memcpy(s.session, p->token.session, 16);
    memcpy(s.station, p->token.station, 16);
    s.operation = (uint16_t)operation->number;
    memcpy(s.action, digest, 32);
    strcpy(s.name, n->people[p->person].name);
    memcpy(s.meaning, meaning.data, meaning.length);
    if (statement_sign(process_key(n->process, KEY_IDENTITY_STATEMENT), &s, bytes, &length) != 0)
        log_die("a statement could not be signed");
    sodium_bin2base64(text, sizeof text, bytes, length, sodium_base64_VARIANT_ORIGINAL);
    answer_write_statement(&(struct answer_statement){.statement = text}, &out);
    if (p->gateway)
        identity_answer(n, p->gateway, p->request, 200, &out);
    identity_journal(n, p, AUDIT_OUTCOME_DONE, factor_text(factor));
    pending_end(p);
}

static void answer_statement(struct identity *n, struct pending *p)
{
    pending_body(n, p);
    const struct operation *action = operation_by_name(body_value(&n->body, "operation")->text);
    statement_answer(n, p, action, body_value(&n->body, "digest")->bytes,
                     body_value(&n->body, "meaning")->text, FACTOR_BADGE_PIN);
}

static void sign(struct identity *n, struct peer *gateway, const struct message_request *m,
                 const struct operation *operation)
{
    struct token token;
    bool entry = operation->server == SERVER_ENTRY;
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
    pin_check(n, p, body_value(&n->body, "badge")->text, body_value(&n->body, "pin")->text,
              badge == s->person ? badge : PEOPLE_MAX);
}

/* ---- hand-off ---- */

static void enter(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation)
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
    (void)session_touch(s, os_boot_ms());
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
    identity_denied(n, &token, operation, "not read in, or no such enclave");
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

static void redeem(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation)
{
    struct answer_role roles[ROLES_MAX];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    char token[TOKEN_TEXT + 1];
    struct code *c = take_code(n, body_value(&n->body, "code")->text);
    struct session *s = NULL;
    bool good = c && strcmp(c->enclave, gateway->enclave) == 0 && os_boot_ms() < c->expires_ms;
    if (good)
        s = signin_session(n, c->session);
    if (c)
        c->used = false; /* once, also when it came to the wrong door */
    if (!s || s->state != SESSION_OPEN || memcmp(s->station, n->station, 16) != 0) {
        identity_problem(n, gateway, m->request, 401, "", "This way in has expired.",
                         "Badge in at the entry page.");
        identity_refused(n, operation, "a way in that is not good here");
        return;
    }
    if (session_token(n, s, gateway->enclave, token) != 0)
        log_die("a token could not be signed");
    memcpy(s->enclave, c->enclave, sizeof s->enclave);
    const struct person *who = &n->people[s->person];
    struct answer_redeemed a = {.token = token, .name = who->name, .stamp = who->stamp};
    memcpy(a.person, who->person, 16);
    memcpy(a.session, s->session, 16);
    a.now = identity_now(n);
    a.until = a.now + (int64_t)(s->expires_ms - os_boot_ms());
    a.enclave = gateway->enclave;
    a.roles_count = roles_of(n, s->person, gateway->enclave, roles, ROLES_MAX);
    a.roles = roles;
    answer_write_redeemed(&a, &out);
    identity_answer(n, gateway, m->request, 200, &out);
}

void signin_end_sessions(struct identity *n, enum holder_kind kind, const uint8_t holder[static 16])
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &n->sessions.session[i];
        bool open = s->state == SESSION_OPEN || s->state == SESSION_LOCKED;
        bool ends = kind == HOLDER_STATION
                        ? memcmp(s->station, holder, 16) == 0
                        : open && memcmp(n->people[s->person].person, holder, 16) == 0;
        if (open && ends)
            session_over(n, s, SESSION_REVOKED);
    }
}

void signin_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                    const struct operation *operation)
{
    struct pending *p;
    switch (operation->number) {
    case OPERATION_SIGN_IN:
        p = pending_new(n, gateway, m->request, operation, m->body);
        if (p)
            pin_check(n, p, body_value(&n->body, "badge")->text, body_value(&n->body, "pin")->text,
                      people_by_badge(n, body_value(&n->body, "badge")->text));
        return;
    case OPERATION_SIGN:
    case OPERATION_SIGN_AT_ENTRY:
        sign(n, gateway, m, operation);
        return;
    case OPERATION_BREAK_GLASS:
        breaking_request(n, gateway, m, operation);
        return;
    case OPERATION_ENTER:
        enter(n, gateway, m, operation);
        return;
    case OPERATION_REDEEM:
        redeem(n, gateway, m, operation);
        return;
    default:
        lock_request(n, gateway, m, operation);
    }
}

/* ---- what comes back ---- */

void signin_hashed(struct identity *n, const struct message_hashed *m)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &n->pending[i];
        if (p->waits != WAITS_HASH || p->number != m->request)
            continue;
        memcpy(n->station, p->station, 16);
        if (PIN_IS_GIVEN(p->operation) || p->proven) {
            memcpy(p->hash, m->hash, PASSWORD_HASH_LENGTH);
            if (pending_intent(n, p) != 0)
                pending_unavailable(n, p, "The auditor is not there.");
        } else if (pin_is_right(n, p, m->hash)) {
            pin_fits(n, p);
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
        memcpy(n->station, p->station, 16);
        if (p->operation == OPERATION_SIGN_IN)
            signed_in(n, p);
        else if (p->operation == OPERATION_SIGN || p->operation == OPERATION_SIGN_AT_ENTRY)
            answer_statement(n, p);
        else if (p->operation == OPERATION_BREAK_GLASS)
            breaking_go_on(n, p);
        else if (PROOF_OPERATIONS(p->operation))
            proof_go_on(n, p);
        else
            records_go_on(n, p);
        return;
    }
}

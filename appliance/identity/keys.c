/* Security keys: registering one, signing in, unlocking and signing with one. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "appliance/identity/proof.h"
#include "crypto/hash.h"
#include "enclave/audit/outcome.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "crypto/statement.h"

#define V(name)  body_value(&n->body, name)
#define KEY_TEXT 344 /* base64 of a key's longest name */

static const uint8_t none[16];

/* ---- where a key thinks that it is ---- */

/* Exactly the address of the page that asks: the entry's, or an enclave's.  The RP id has no port,
 * so that one key serves both. */
static struct webauthn_site site_of(struct identity *n, const char *enclave)
{
    static char origin[100];
    bool training = process_is_training(n->process);
    unsigned port = process_port(n->process);
    for (size_t i = 0; enclave[0] && i < n->enclaves_count; i++)
        if (strcmp(n->enclaves[i], enclave) == 0)
            port = process_port(n->process) + 1 + (unsigned)i;
    int length =
        snprintf(origin, sizeof origin, "%s://%s", training ? "http" : "https", n->site_name);
    if (training || port != 443) /* a browser leaves the usual port out */
        snprintf(origin + length, sizeof origin - (size_t)length, ":%u", port);
    return (struct webauthn_site){.rp_id = n->site_name, .origin = origin};
}

static void nothing(struct identity *n, struct peer *gateway, uint64_t request, unsigned status,
                    const char *error, const char *todo)
{
    identity_problem(n, gateway, request, status, "", error, todo);
}

/* ---- challenges ---- */

/* A name that no key has: always the same for a badge, of the length that keys have here. */
static void made_up(struct identity *n, struct bytes_view badge, unsigned number,
                    struct webauthn_key *out)
{
    char text[PASSWORD_PIN_MAX + 1];
    uint8_t seed[32];
    out->id_length = n->credentials.count && !n->credentials.credential[0].is_card
                         ? n->credentials.credential[0].key.id_length
                         : 64;
    int length = snprintf(text, sizeof text, "key %u %.*s", number, (int)badge.length, badge.data);
    if (password_pepper(process_key(n->process, KEY_IDENTITY_PEPPER),
                        bytes_view_of(text, (size_t)length), seed) != 0)
        log_die("a badge is longer than one may be");
    randombytes_buf_deterministic(out->id, out->id_length, seed);
    sodium_memzero(seed, sizeof seed);
}

/* Always KEYS_OF_PERSON of them, in the order of their bytes, whoever has how many; where a new key
 * is made ${waiting} ones, too, for the page does not have one made at an authenticator of them. */
static void write_names(struct identity *n, size_t person, struct bytes_view badge, bool waiting,
                        char text[KEYS_OF_PERSON][KEY_TEXT])
{
    unsigned count = 0;
    for (size_t i = 0; i < n->credentials.count && count < KEYS_OF_PERSON; i++) {
        const struct credential *k = &n->credentials.credential[i];
        if (!k->is_card && k->person == person &&
            (k->state == CREDENTIAL_APPROVED || (waiting && k->state == CREDENTIAL_PENDING)))
            sodium_bin2base64(text[count++], KEY_TEXT, k->key.id, k->key.id_length,
                              sodium_base64_VARIANT_ORIGINAL);
    }
    for (; count < KEYS_OF_PERSON; count++) {
        struct webauthn_key fake;
        made_up(n, badge, count, &fake);
        sodium_bin2base64(text[count], KEY_TEXT, fake.id, fake.id_length,
                          sodium_base64_VARIANT_ORIGINAL);
    }
    if (strcmp(text[0], text[1]) > 0) {
        char first[KEY_TEXT];
        strcpy(first, text[0]);
        strcpy(text[0], text[1]);
        strcpy(text[1], first);
    }
}

static void answer_challenge(struct identity *n, struct peer *gateway, uint64_t request,
                             const struct challenge *c, size_t person, struct bytes_view badge)
{
    static char text[KEYS_OF_PERSON][KEY_TEXT];
    struct answer_key_name names[KEYS_OF_PERSON];
    char hex[65];
    struct bytes_put out = bytes_into(n->out, IDENTITY_OUT);
    struct answer_key_challenge a = {.challenge = hex, .site = n->site_name, .keys = names};
    challenges_keep(&n->challenges, c, os_boot_ms());
    bytes_to_hex(c->bytes, 32, hex);
    if (c->purpose != CHALLENGE_SIGN_IN)
        memcpy(a.person, n->people[person].person, 16);
    write_names(n, person, badge, c->purpose == CHALLENGE_REGISTER, text);
    for (unsigned i = 0; i < KEYS_OF_PERSON; i++)
        names[i].key = text[i];
    a.keys_count = KEYS_OF_PERSON;
    answer_write_key_challenge(&a, &out);
    if (gateway)
        identity_answer(n, gateway, request, 200, &out);
}

static struct challenge new_challenge(const struct identity *n, enum challenge_for purpose,
                                      const uint8_t session[static 16])
{
    struct challenge c = {.purpose = purpose};
    os_random(c.bytes, sizeof c.bytes);
    memcpy(c.station, n->station, 16);
    memcpy(c.session, session, 16);
    return c;
}

/* Anybody may ask, for any badge, and learns nothing by it. */
static void sign_in_challenge(struct identity *n, struct peer *gateway, uint64_t request)
{
    struct challenge c = new_challenge(n, CHALLENGE_SIGN_IN, none);
    answer_challenge(n, gateway, request, &c, people_by_badge(n, V("badge")->text),
                     V("badge")->text);
}

/* What is signed stands in the challenge: the key's answer is to these words and no others. */
static void sign_challenge(struct identity *n, struct peer *gateway, uint64_t request,
                           const struct session *s)
{
    const struct operation *action = operation_by_name(V("operation")->text);
    struct challenge c = new_challenge(n, CHALLENGE_SIGN, s->session);
    struct bytes_view meaning = V("meaning")->text;
    uint8_t text[300];
    struct bytes_put put = bytes_into(text, sizeof text);
    if (!action) {
        identity_problem(n, gateway, request, 400, "operation", "is not an operation of this box",
                         "");
        return;
    }
    c.operation = action->number;
    memcpy(c.digest, V("digest")->bytes, 32);
    memcpy(c.meaning, meaning.data, meaning.length);
    bytes_put_fixed(&put, c.bytes, 32); /* a nonce */
    bytes_put_fixed(&put, c.digest, 32);
    bytes_put_fixed(&put, gateway->enclave[0] ? gateway->enclave : STATEMENT_ENTRY, 8);
    bytes_put_var(&put, meaning, CHALLENGE_MEANING);
    hash_content("casemate/sign-challenge/1", bytes_view_of(text, bytes_put_length(&put)), c.bytes);
    answer_challenge(n, gateway, request, &c, s->person, bytes_text(n->people[s->person].badge));
}

/* ---- judging an answer ---- */

static void record(struct identity *n, struct event *event, size_t person)
{
    if (people_event(n, event, n->people[person].person, 0, none) != 0)
        log_die("identity's store failed at a key");
}

static void record_copied(struct identity *n, const struct credential *k)
{
    struct event event = {.number = EVENT_KEY_COPIED};
    memcpy(event.key_copied.credential, k->credential, 16);
    memcpy(event.key_copied.station, n->station, 16);
    record(n, &event, k->person);
    identity_note(n, 1, 0, n->people[k->person].person, none, n->station, AUDIT_OUTCOME_DENIED,
                  "a key's counter went back: it was copied");
}

/* The credential that answered ${challenge}, or NULL; ${ret_why} is for the journal.  Where there
 * is no such key another one's signature is checked in its place, so that it takes as long. */
static const struct credential *judge(struct identity *n, const char *enclave, size_t person,
                                      const uint8_t *challenge, const char **ret_why)
{
    /* the base point of P-256: nobody has its secret's signature for a challenge of ours */
    static const struct webauthn_key nobody = {
        .algorithm = WEBAUTHN_ES256,
        .public_length = 64,
        .public_key =
            "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d"
            "\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7"
            "\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51"
            "\xf5"};
    struct webauthn_site site = site_of(n, enclave);
    struct event event = {.number = EVENT_KEY_USED};
    uint32_t counter = 0;
    struct credential *k = person < PEOPLE_MAX
                               ? credentials_key(&n->credentials, person, V("credential")->text)
                               : NULL;
    int r = webauthn_assert(&site, k ? &k->key : &nobody, challenge, V("client_data")->text,
                            V("authenticator")->text, V("signature")->text, &counter, ret_why);
    if (r == ERR_STALE && k)
        record_copied(n, k);
    if (!k)
        *ret_why = "no such key";
    if (r || !k)
        return NULL;
    memcpy(event.key_used.credential, k->credential, 16);
    event.key_used.counter = counter;
    if (counter)
        record(n, &event, person);
    return k;
}

/* ---- signing in, unlocking, signing ---- */

static void denied(struct identity *n, struct pending *p, const char *error, const char *why)
{
    os_uuid(p->id);
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 403, "", error, "Touch your key again.");
    identity_refused_proof(n, p, AUDIT_OUTCOME_DENIED, why);
    pending_end(p);
}

static void go(struct identity *n, struct pending *p)
{
    if (pending_intent(n, p) != 0)
        pending_unavailable(n, p,
                            "The auditor is not there, and without its record this is not "
                            "done.");
}

static void sign_in(struct identity *n, struct pending *p)
{
    static const char words[] = "Badge and key do not fit together.";
    struct challenge c;
    const char *why = "the challenge is used up, too old or another station's";
    size_t person = people_by_badge(n, V("badge")->text);
    p->person = person;
    if (challenges_take(&n->challenges, CHALLENGE_SIGN_IN, V("challenge")->bytes, n->station, none,
                        os_boot_ms(), &c) != 0 ||
        !judge(n, "", person, c.bytes, &why)) {
        denied(n, p, words, why);
        return;
    }
    if (signin_is_shut_out(n, person)) /* whose it is, only officers are told */
        denied(n, p, words, "suspended, or the visit is over");
    else if (person_is_locked(n, person))
        denied(n, p, "This badge is locked after three wrong PINs.", "locked");
    else if (signin_needs_escort(n, person))
        denied(n, p, "A visitor or vendor signs in with badge and PIN, together with the escort.",
               "a visitor without the escort");
    else
        go(n, p);
}

/* Unlocking and signing: the key of the session's own person. */
static void in_session(struct identity *n, struct pending *p, const struct session *s,
                       enum challenge_for purpose)
{
    struct challenge c;
    const char *why = "the challenge is used up, too old or another session's";
    p->person = s->person;
    memcpy(p->session, s->session, 16);
    if (challenges_take(&n->challenges, purpose, V("challenge")->bytes, n->station, s->session,
                        os_boot_ms(), &c) != 0 ||
        !judge(n, p->enclave, s->person, c.bytes, &why)) {
        denied(n, p, "The key did not answer this.", why);
        return;
    }
    p->challenge = c;
    go(n, p);
}

/* ---- registering ---- */

static const char *judge_new(struct identity *n, const struct pending *p, struct credential *k)
{
    struct webauthn_site site = site_of(n, "");
    struct challenge c;
    struct bytes_view label = V("label")->text;
    const char *why = NULL;
    *k = (struct credential){.person = p->person};
    memcpy(k->credential, V("credential")->bytes, 16);
    memcpy(k->label, label.data, label.length);
    if (challenges_take(&n->challenges, CHALLENGE_REGISTER, V("challenge")->bytes, n->station,
                        p->session, os_boot_ms(), &c) != 0)
        return "This took too long, or was begun elsewhere: enter your PIN and begin again.";
    if (webauthn_register(&site, c.bytes, V("client_data")->text, V("attestation")->text, &k->key,
                          &why) != 0)
        return why;
    return credentials_refused(&n->credentials, k);
}

static void register_key(struct identity *n, struct pending *p)
{
    const char *why = judge_new(n, p, &p->credential);
    if (!why) {
        go(n, p);
        return;
    }
    os_uuid(p->id);
    if (p->gateway)
        identity_problem(n, p->gateway, p->request, 409, "", why, "Correct it and begin again.");
    identity_refused_proof(n, p, AUDIT_OUTCOME_REFUSED, why);
    pending_end(p);
}

static void registered(struct identity *n, struct pending *p)
{
    struct event event = {.number = EVENT_KEY_REGISTERED};
    struct event_key_registered *e = &event.key_registered;
    const struct webauthn_key *k = &p->credential.key;
    memcpy(e->credential, p->credential.credential, 16);
    memcpy(e->person, n->people[p->person].person, 16);
    e->label = bytes_text(p->credential.label);
    e->key = bytes_view_of(k->id, k->id_length);
    e->algorithm = (uint8_t)k->algorithm;
    e->public_key = bytes_view_of(k->public_key, k->public_length);
    memcpy(e->aaguid, k->aaguid, 16);
    e->counter = k->counter;
    credential_record(n, p, &event, credentials_refused(&n->credentials, &p->credential),
                      credential_registered_text(&p->credential), "");
}

/* The PIN was right: the challenge that a new key is to answer. */
static void pin_for_new_key(struct identity *n, struct pending *p)
{
    struct challenge c;
    memcpy(n->station, p->station, 16);
    c = new_challenge(n, CHALLENGE_REGISTER, p->session);
    answer_challenge(n, p->gateway, p->request, &c, p->person,
                     bytes_text(n->people[p->person].badge));
    identity_journal(n, p, AUDIT_OUTCOME_DONE, "a new key may be registered");
    pending_end(p);
}

/* ---- requests ---- */

static void begin(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation, const struct session *s,
                  const struct token *token)
{
    size_t badge = PEOPLE_MAX;
    struct pending *p = pending_new(n, gateway, m->request, operation, m->body);
    if (!p)
        return;
    if (s) {
        p->token = *token;
        p->person = s->person;
        memcpy(p->session, s->session, 16);
    }
    switch (operation->number) {
    case OPERATION_SIGN_IN_KEY:
        sign_in(n, p);
        return;
    case OPERATION_SIGN_KEY:
    case OPERATION_SIGN_KEY_ENTRY:
        in_session(n, p, s, CHALLENGE_SIGN);
        return;
    case OPERATION_UNLOCK_KEY:
    case OPERATION_UNLOCK_KEY_ENTRY:
        in_session(n, p, s, CHALLENGE_UNLOCK);
        return;
    case OPERATION_REGISTER_KEY:
        register_key(n, p);
        return;
    default:
        badge = people_by_badge(n, V("badge")->text);
        pin_check(n, p, V("badge")->text, V("pin")->text, badge == s->person ? badge : PEOPLE_MAX);
    }
}

void keys_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                  const struct operation *operation)
{
    struct token token;
    struct challenge c;
    struct session *s = lock_session(n, gateway, m, &token);
    if (operation->number == OPERATION_KEY_CHALLENGE) {
        sign_in_challenge(n, gateway, m->request);
        return;
    }
    if (!s && operation->strength != STRENGTH_OPEN) {
        nothing(n, gateway, m->request, 401, "Badge in again.", "Badge in at the entry page.");
        return;
    }
    switch (operation->number) {
    case OPERATION_SIGN_CHALLENGE:
    case OPERATION_SIGN_CHALLENGE_ENTRY:
        sign_challenge(n, gateway, m->request, s);
        return;
    case OPERATION_UNLOCK_CHALLENGE:
    case OPERATION_UNLOCK_CHALLENGE_ENTRY:
        c = new_challenge(n, CHALLENGE_UNLOCK, s->session);
        answer_challenge(n, gateway, m->request, &c, s->person,
                         bytes_text(n->people[s->person].badge));
        return;
    default:
        begin(n, gateway, m, operation, s, &token);
    }
}

void keys_go_on(struct identity *n, struct pending *p)
{
    switch (p->operation) {
    case OPERATION_SIGN_IN_KEY:
        signin_answer(n, p, p->person, SESSION_ALONE, FACTOR_FIDO2);
        return;
    case OPERATION_SIGN_KEY:
    case OPERATION_SIGN_KEY_ENTRY:
        statement_answer(n, p, operation_by_number(p->challenge.operation), p->challenge.digest,
                         bytes_text(p->challenge.meaning), FACTOR_FIDO2);
        return;
    case OPERATION_UNLOCK_KEY:
    case OPERATION_UNLOCK_KEY_ENTRY:
        unlock_answer(n, p, FACTOR_FIDO2);
        return;
    case OPERATION_REGISTER_KEY:
        registered(n, p);
        return;
    default:
        pin_for_new_key(n, p);
    }
}

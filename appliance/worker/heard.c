/* Whether a request is looked at: who asks is known, it is in its form, and it is signed. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "appliance/worker/request.h"
#include "enclave/process/log.h"
#include "crypto/statement.h"

#define STATEMENT_MS ((int64_t)2 * 60 * 1000)

/* ---- who asks, and what ---- */

static void refuse_body(struct worker *w, const struct request *q)
{
    char error[260];
    snprintf(error, sizeof error, "%s%s%s", w->body.field, w->body.field[0] ? " " : "",
             w->body.problem);
    batch_problem(w, q->gateway, q->number, 400,
                  &(struct answer_problem){.error = error,
                                           .field = w->body.field,
                                           .kept = "Nothing was recorded.",
                                           .todo = "Correct it and send it again."});
}

/* While nothing may be written, what reads goes on, unless the tables or the disk are in doubt; and
 * what says so and mends it always does. */
static bool is_shut(const struct worker *w, const struct operation *operation)
{
    if (!w->closed[0] || operation->number == OPERATION_GET_SECURITY ||
        operation->number == OPERATION_ACCEPT_LOSS)
        return false;
    return w->dark || w->unsure || operation->method == METHOD_POST;
}

bool request_is_heard(struct worker *w, struct request *q)
{
    const char *why = people_ask(w, q->token, q->station, &q->asker), *closing = NULL;
    if (why && strcmp(why, PEOPLE_NOT_YET) == 0) {
        batch_words(w, q->gateway, q->number, 503, why,
                    "Nothing is lost: what was confirmed is recorded.",
                    "Try again in a moment, with the same request.");
        closing = "nobody can be known yet";
    } else if (why && strcmp(why, PEOPLE_LOCKED) == 0) {
        batch_words(w, q->gateway, q->number, 423, why, "Nothing was changed.",
                    "Scan your badge and enter your PIN.");
        closing = "the session is locked";
    } else if (why) {
        batch_words(w, q->gateway, q->number, 401, why, "", "Badge in at the entry page.");
        denial_token(w, q);
        closing = "the session has ended";
    } else if (is_shut(w, q->operation)) {
        batch_words(w, q->gateway, q->number, 503, w->closed, "What is recorded is safe.",
                    "The security officer decides how to go on.");
        closing = "the enclave is closed";
    } else if (body_decode(q->operation, q->body, w->scratch, BODY_SCRATCH, &w->body) != 0) {
        refuse_body(w, q);
        closing = "malformed";
    } else if (q->operation->audit == AUDIT_SECURITY && people_stale(w)) {
        batch_words(w, q->gateway, q->number, 503,
                    "Identity has not confirmed who may do what for ten minutes.",
                    "Nothing was changed. Production goes on.", "Try again when identity is back.");
        closing = "the snapshot is stale";
    }
    if (closing)
        request_close_intent(w, q, closing);
    return closing == NULL;
}

/* ---- signatures ---- */

/* NULL when the statement is good for exactly this, else why not. */
static const char *check_statement(struct worker *w, const struct request *q,
                                   struct bytes_view statement)
{
    struct statement s;
    uint8_t digest[32];
    char name[48];
    size_t n = 0;
    int r;
    for (; q->operation->name[n] && n + 1 < sizeof name; n++)
        name[n] = q->operation->name[n] == '_' ? '-' : q->operation->name[n];
    name[n] = '\0';
    r = statement_check(w->root.statement, statement, &s);
    if (r == ERR_MEMORY)
        log_die("out of memory");
    if (r)
        return "The signature is not one that this box made.";
    if (statement_action_digest(name, process_enclave(w->process), q->body, digest) != 0 ||
        memcmp(digest, s.action, 32) != 0 || s.operation != q->operation->number ||
        memcmp(s.enclave, process_enclave(w->process), 8) != 0)
        return "The signature is for something else.";
    if (memcmp(s.person, q->asker.token->person, 16) != 0 ||
        memcmp(s.session, q->asker.token->session, 16) != 0 ||
        memcmp(s.station, q->asker.token->station, 16) != 0)
        return "The signature is another person's or another session's.";
    if (s.at_ms < worker_now(w) - STATEMENT_MS || s.at_ms > worker_now(w) + REQUEST_FUTURE_MS)
        return "The signature is more than two minutes old.";
    if (!w->root.factors[s.factor] && q->operation->strength == STRENGTH_SIGNED)
        return "This needs a stronger factor than the one that was shown.";
    return NULL;
}

static bool decode_statement(struct request *q)
{
    size_t n = 0;
    if (q->statement_text.length == 0)
        return true;
    if (sodium_base642bin(q->statement_bytes, sizeof q->statement_bytes,
                          (const char *)q->statement_text.data, q->statement_text.length, NULL, &n,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    q->statement = bytes_view_of(q->statement_bytes, n);
    return true;
}

bool request_is_signed(struct worker *w, struct request *q)
{
    const char *why = NULL;
    if (q->operation->strength == STRENGTH_SIGNED && q->statement_text.length == 0)
        why = "This needs your signature.";
    else if (!decode_statement(q))
        why = "The signature is not in its form.";
    else if (q->statement.length)
        why = check_statement(w, q, q->statement);
    if (!why)
        return true;
    batch_words(w, q->gateway, q->number, 403, why, "Nothing was changed.",
                "Sign again with your badge and PIN.");
    denial_statement(w, q, why);
    return false;
}

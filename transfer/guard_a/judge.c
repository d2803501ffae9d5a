#include "transfer/guard_a/judge.h"

#include <sodium.h>
#include <string.h>

#include "transfer/canonical.h"
#include "transfer/summary.h"

int guard_a_build(const struct manifest *facts, struct bytes_view records,
                  struct bundle_parts *ret_parts, struct refusal *why)
{
    struct manifest m = *facts;
    int r = summary_check(records, &m.orders, why);

    if (r)
        return r;
    if (m.direction != MANIFEST_H2L)
        return refuse(why, "The channel is not one that leaves.");
    if (bundle_make_parts(&m, records, ret_parts))
        return refuse(why, "A fact of the channel is out of its range, or its \"prev\" and "
                           "\"recent\" do not fit its number.");
    return 0;
}

/* Every member once more, from nothing but the manifest's facts and the records. */
static int check_members(const struct guard_a_request *q, const struct root *root,
                         struct manifest *m, struct refusal *why)
{
    struct bundle_parts again;
    int r = manifest_parse_unverified(q->manifest, m, why);

    if (r)
        return r;
    r = guard_a_build(m, q->records, &again, why);
    if (r)
        return r;
    if (!bytes_equal(q->policy, bytes_view_of(again.policy, again.policy_length)))
        return refuse(why, "policy.json is not what manifest.json says.");
    if (!bytes_equal(q->b2sums, bytes_view_of(again.b2sums, again.b2sums_length)))
        return refuse(why, "b2sums does not list the digests of the members after it.");
    if (!bytes_equal(q->manifest, bytes_view_of(again.manifest, again.manifest_length)))
        return refuse(why, "manifest.json, \"members\" or \"n\": not what the members are.");
    if (strcmp(m->site, root->site) != 0)
        return refuse(why, "manifest.json is for another site.");
    if (memcmp(m->root_digest, root->digest, HASH_CONTENT_LENGTH) != 0)
        return refuse(why, "manifest.json was made under another root.json.");
    return 0;
}

struct body {
    struct bytes_view id, release;
    uint8_t manifest[HASH_FILE_LENGTH];
};

static int parse_body(struct bytes_view text, struct body *body)
{
    struct canonical_reader r = canonical_over(text);

    if (text.length > GUARD_A_BODY_MAX)
        return ERR_SIZE;
    canonical_open_object(&r, NULL);
    body->id = canonical_text(&r, "id");
    canonical_hex(&r, "manifest", body->manifest, sizeof(body->manifest));
    body->release = canonical_text(&r, "release");
    canonical_close_object(&r);
    if (canonical_done(&r))
        return canonical_done(&r);
    return grammar_is_uuid(body->id) && grammar_is_uuid(body->release) ? 0 : ERR_FORMAT;
}

static int check_body(const struct guard_a_request *q, struct bytes_view text, int number,
                      struct body *body, struct refusal *why)
{
    uint8_t digest[HASH_FILE_LENGTH];
    int e = parse_body(text, body);

    if (e)
        return refuse(why, "Approval %d, its body: %s.", number, error_text(e));
    hash_file(q->manifest.data, q->manifest.length, digest);
    if (memcmp(body->manifest, digest, sizeof(digest)) != 0)
        return refuse(why, "Approval %d is for another manifest.json.", number);
    return 0;
}

static int check_statement(const struct guard_a_request *q, const struct root *root,
                           const struct manifest *m, int number, struct statement *s,
                           struct refusal *why)
{
    const struct guard_a_approval *a = &q->approvals[number - 1];
    uint8_t action[32];
    int e = statement_check(root->statement, a->statement, s);

    if (e)
        return refuse(why, "Approval %d, its statement: %s.", number, error_text(e));
    if (!root->factors[s->factor])
        return refuse(why, "Approval %d was given with a factor that root.json does not admit.",
                      number);
    if (strcmp(s->enclave, m->enclave) != 0)
        return refuse(why, "Approval %d is for another program.", number);
    if (s->operation != GUARD_A_OPERATION)
        return refuse(why, "Approval %d is for another operation.", number);
    e = statement_action_digest(GUARD_A_OPERATION_NAME, m->enclave, a->body, action);
    if (e || memcmp(action, s->action, sizeof(action)) != 0)
        return refuse(why, "Approval %d: its statement is for another body.", number);
    if (s->at_ms > q->now_ms + GUARD_A_CLOCK_MS)
        return refuse(why, "Approval %d was given in the future; the clock has been set back.",
                      number);
    if (q->now_ms - s->at_ms > GUARD_A_APPROVAL_MS)
        return refuse(why, "Approval %d is older than 8 hours; approve again.", number);
    if (sodium_is_zero(s->natural, STATEMENT_ID))
        return refuse(why, "Approval %d does not say whose it is; approve again.", number);
    if (memcmp(s->natural, q->requester, STATEMENT_ID) == 0)
        return refuse(why, "Approval %d is by the person who asked for the release.", number);
    return 0;
}

static int check_approvals(const struct guard_a_request *q, const struct root *root,
                           const struct manifest *m, struct refusal *why)
{
    struct statement s[GUARD_A_APPROVALS];
    struct body body[GUARD_A_APPROVALS];
    int r;

    if (sodium_is_zero(q->requester, STATEMENT_ID))
        return refuse(why, "It is not said who asked for the release.");
    for (int i = 0; i < GUARD_A_APPROVALS; i++) {
        r = check_statement(q, root, m, i + 1, &s[i], why);
        if (r)
            return r;
        r = check_body(q, q->approvals[i].body, i + 1, &body[i], why);
        if (r)
            return r;
    }
    if (!statement_by_two(&s[0], &s[1]))
        return refuse(why, "Both approvals are by the same person.");
    if (!bytes_equal(body[0].release, body[1].release))
        return refuse(why, "The two approvals are for different releases.");
    return 0;
}

/* What the verdict means for a guard that only ever signs forward. */
static const char *const verdicts[] = {
    [CHAIN_REFUSED] = "It is of another channel than this guard's memory, or far ahead of it.",
    [CHAIN_GAP] = "It skips numbers that this guard has not signed.",
    [CHAIN_OLD] = "Its number lies further back than this guard remembers.",
    [CHAIN_EQUIVOCATION] = "This guard signed this number before, with other bytes.",
    [CHAIN_FORK] = "It follows another bundle than the one that this guard signed.",
    [CHAIN_EPOCH] = "It is of another epoch; two people must begin that at the console.",
};

int guard_a_sign(const struct secret *seed, const struct root *root, struct chain_state *state,
                 const struct guard_a_request *request, char out[static MINISIGN_FILE_MAX],
                 size_t *ret_length, struct refusal *why)
{
    struct minisign_public own;
    struct manifest m;
    enum chain_verdict verdict;
    uint8_t digest[HASH_CONTENT_LENGTH];
    char comment[MANIFEST_COMMENT_MAX];
    int r = check_members(request, root, &m, why);

    if (r)
        return r;
    r = check_approvals(request, root, &m, why);
    if (r)
        return r;
    manifest_digest(request->manifest, digest);
    verdict = chain_state_judge(state, &m, digest);
    if (verdict != CHAIN_NEXT && verdict != CHAIN_REPLAY)
        return refuse(why, "%s", verdicts[verdict]);
    r = minisign_public_of(seed, &own);
    if (r)
        return r;
    if (memcmp(&own, &root->keys[ROOT_GUARD_A], sizeof(own)) != 0)
        return refuse(why, "This guard's key is not the one of guard-a in root.json.");
    manifest_release_comment(&m, 'a', comment);
    r = minisign_sign(seed, request->manifest.data, request->manifest.length, comment, out,
                      ret_length);
    if (r)
        return r;
    if (verdict == CHAIN_NEXT)
        chain_state_advance(state, m.seq, digest);
    return 0;
}

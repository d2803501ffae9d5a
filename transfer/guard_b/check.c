#include "transfer/guard_b/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "transfer/guard_b/notary.h"
#include "transfer/guard_b/record.h"

const char *const b_check_piece[B_PIECES] = {
    [B_PIECE_MANIFEST] = "manifest.json",
    [B_PIECE_B2SUMS] = "b2sums",
    [B_PIECE_POLICY] = "policy.json",
    [B_PIECE_RECORDS] = "rec-summary-001.ndjson",
    [B_PIECE_BODY_1] = "approval-1.body",
    [B_PIECE_STATEMENT_1] = "approval-1.statement",
    [B_PIECE_BODY_2] = "approval-2.body",
    [B_PIECE_STATEMENT_2] = "approval-2.statement",
    [B_PIECE_SIGNATURE_A] = "manifest.json.a.minisig",
};

void b_check_comment(const struct b_manifest *manifest, char guard, char *out, size_t room)
{
    char previous[2 * B_DIGEST_LENGTH + 1];
    b_digits_hex(manifest->previous, B_DIGEST_LENGTH, previous);
    snprintf(out, room,
             "mes-xfer/1 kind=release guard=%c dir=h2l chan=perf-%s epoch=%04u seq=%010" PRIu64
             " prev=%.16s",
             guard, manifest->enclave, manifest->epoch, manifest->sequence, previous);
}

/* Exactly the pieces of this run. */
static int given_check(const struct b_asked *asked, struct b_refusal *why)
{
    if (asked->stage != B_STAGE_BUILD && asked->stage != B_STAGE_SIGN)
        return b_refuse(why, ERR_STATE, "guard-b was asked for neither of its two runs");
    unsigned due = asked->stage == B_STAGE_SIGN ? B_PIECES : B_PIECES_BUILT;
    for (unsigned i = 0; i < B_PIECES; i++) {
        if (i < due && !asked->piece[i].data)
            return b_refuse(why, ERR_STATE, "%s was not given", b_check_piece[i]);
        if (i >= due && asked->piece[i].data)
            return b_refuse(why, ERR_STATE, "%s has no place in the first run", b_check_piece[i]);
    }
    return 0;
}

/* policy.json is made from the policy that is in force here. */
static int policy_check(const struct b_asked *asked, const struct b_manifest *m,
                        struct b_refusal *why)
{
    char hex[2 * B_DIGEST_LENGTH + 1], due[sizeof hex + 40];
    b_digits_hex(asked->policy_digest, B_DIGEST_LENGTH, hex);
    snprintf(due, sizeof due, "{\"digest\":\"%s\",\"id\":\"release\"}\n", hex);
    if (memcmp(m->policy, asked->policy_digest, B_DIGEST_LENGTH) != 0)
        return b_refuse(why, ERR_DIGEST,
                        "manifest.json names another policy than the one in force");
    if (!b_view_is(asked->piece[B_PIECE_POLICY], due))
        return b_refuse(why, ERR_DIGEST, "policy.json is not the policy in force");
    return 0;
}

/* b2sums is made from the two members behind it. */
static int b2sums_check(const struct b_asked *asked, struct b_refusal *why)
{
    static const enum b_piece behind[] = {B_PIECE_POLICY, B_PIECE_RECORDS};
    struct b_reader r = b_reader_over(asked->piece[B_PIECE_B2SUMS]);
    for (size_t i = 0; i < 2; i++) {
        uint8_t digest[B_FILE_LENGTH], listed[B_FILE_LENGTH];
        struct b_view content = asked->piece[behind[i]];
        b_digits_file(content.data, content.length, digest);
        b_reader_hex(&r, sizeof listed, listed);
        b_reader_text(&r, "  ");
        b_reader_text(&r, b_check_piece[behind[i]]);
        b_reader_text(&r, "\n");
        if (!r.failed && memcmp(listed, digest, sizeof digest) != 0)
            return b_refuse(why, ERR_DIGEST, "b2sums: the digest of %s does not agree",
                            b_check_piece[behind[i]]);
    }
    return b_reader_done(&r) ? 0 : b_refuse(why, ERR_FORMAT, "b2sums is not in its one form");
}

static int listed_check(const struct b_asked *asked, const struct b_manifest *m,
                        struct b_refusal *why)
{
    static const enum b_piece listed[B_LISTED] = {B_PIECE_B2SUMS, B_PIECE_POLICY, B_PIECE_RECORDS};
    for (size_t i = 0; i < B_LISTED; i++) {
        uint8_t digest[B_FILE_LENGTH];
        struct b_view content = asked->piece[listed[i]];
        b_digits_file(content.data, content.length, digest);
        if (m->listed[i].size != content.length)
            return b_refuse(why, ERR_SIZE, "manifest.json: the size of %s does not agree",
                            b_manifest_listed[i]);
        if (memcmp(m->listed[i].digest, digest, sizeof digest) != 0)
            return b_refuse(why, ERR_DIGEST, "manifest.json: the digest of %s does not agree",
                            b_manifest_listed[i]);
    }
    return 0;
}

/* What the manifest says of itself against what guard-b was told and has. */
static int facts_check(const struct b_asked *asked, const struct b_trust *trust,
                       const struct b_manifest *m, struct b_refusal *why)
{
    if (strcmp(m->enclave, asked->enclave) != 0)
        return b_refuse(why, ERR_REFUSED, "manifest.json is of another enclave");
    if (m->epoch != asked->epoch || m->sequence != asked->sequence)
        return b_refuse(why, ERR_STATE, "manifest.json has another number than was asked for");
    if (!b_view_is(asked->slot, m->slot))
        return b_refuse(why, ERR_STATE, "manifest.json has another slot than was asked for");
    if (strcmp(m->site, trust->site) != 0)
        return b_refuse(why, ERR_REFUSED, "manifest.json names another site than root.json");
    if (memcmp(m->root, trust->digest, B_DIGEST_LENGTH) != 0)
        return b_refuse(why, ERR_DIGEST, "manifest.json names another root.json");
    return 0;
}

static int members_check(const struct b_asked *asked, const struct b_trust *trust,
                         struct b_manifest *ret_manifest, struct b_refusal *why)
{
    unsigned orders = 0;
    int r = b_record_check(asked->piece[B_PIECE_RECORDS], &orders, why);
    if (r == 0)
        r = b_manifest_read(asked->piece[B_PIECE_MANIFEST], ret_manifest, why);
    if (r == 0 && ret_manifest->orders != orders)
        r = b_refuse(why, ERR_RANGE, "manifest.json does not count the orders");
    if (r == 0)
        r = facts_check(asked, trust, ret_manifest, why);
    if (r == 0)
        r = policy_check(asked, ret_manifest, why);
    if (r == 0)
        r = b2sums_check(asked, why);
    return r ? r : listed_check(asked, ret_manifest, why);
}

static int release_check(const struct b_asked *asked, const struct b_found *found,
                         struct b_refusal *why)
{
    const struct b_view *p = asked->piece;
    const struct b_approval approval[2] = {{p[B_PIECE_BODY_1], p[B_PIECE_STATEMENT_1]},
                                           {p[B_PIECE_BODY_2], p[B_PIECE_STATEMENT_2]}};
    char comment[B_NOTARY_COMMENT_MAX + 1];
    b_check_comment(&found->manifest, 'a', comment, sizeof comment);
    int r = b_approval_check(approval, &found->trust, &found->manifest, asked->requester,
                             asked->now_ms, why);
    return r ? r
             : b_notary_check(p[B_PIECE_SIGNATURE_A], b_check_piece[B_PIECE_SIGNATURE_A],
                              &found->trust.key[B_ROLE_GUARD_A], comment, found->manifest.file,
                              why);
}

int b_check(const struct b_asked *asked, struct b_found *ret_found, struct b_refusal *why)
{
    struct b_found found = {0};
    int r = given_check(asked, why);
    if (r == 0)
        r = b_trust_read(asked->root, &found.trust, why);
    if (r == 0)
        r = members_check(asked, &found.trust, &found.manifest, why);
    if (r == 0)
        r = b_past_read(asked->past, asked->enclave, &found.past, why);
    if (r == 0)
        r = b_past_judge(&found.past, &found.manifest, &found.turn, why);
    if (r == 0 && asked->stage == B_STAGE_SIGN)
        r = release_check(asked, &found, why);
    if (r == 0)
        *ret_found = found;
    return r;
}

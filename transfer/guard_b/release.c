#include "transfer/guard_b/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int sign_manifest(const struct b_found *found, const uint8_t seed[static B_SEED_LENGTH],
                         struct b_release *release, struct b_refusal *why)
{
    char comment[B_NOTARY_COMMENT_MAX + 1];
    b_check_comment(&found->manifest, 'b', comment, sizeof comment);
    return b_notary_sign(seed, &found->trust.key[B_ROLE_GUARD_B], comment, found->manifest.file,
                         release->signature, &release->signature_length, why);
}

static int assemble(const struct b_asked *asked, struct b_release *release, struct b_refusal *why)
{
    const struct b_view *p = asked->piece;
    const struct b_tar_member members[B_TAR_MEMBERS] = {
        {b_check_piece[B_PIECE_MANIFEST], p[B_PIECE_MANIFEST]},
        {b_check_piece[B_PIECE_SIGNATURE_A], p[B_PIECE_SIGNATURE_A]},
        {"manifest.json.b.minisig", b_view_of(release->signature, release->signature_length)},
        {b_check_piece[B_PIECE_B2SUMS], p[B_PIECE_B2SUMS]},
        {b_check_piece[B_PIECE_POLICY], p[B_PIECE_POLICY]},
        {b_check_piece[B_PIECE_RECORDS], p[B_PIECE_RECORDS]},
    };
    int r = b_tarball_write(members, release->tar, &release->tar_length, why);
    return r ? r : b_tarball_check(b_view_of(release->tar, release->tar_length), members, why);
}

static int sign_tar(const struct b_found *found, const uint8_t seed[static B_SEED_LENGTH],
                    struct b_release *release, struct b_refusal *why)
{
    const struct b_manifest *m = &found->manifest;
    char comment[B_NOTARY_COMMENT_MAX + 1];
    uint8_t digest[B_FILE_LENGTH];
    snprintf(comment, sizeof comment,
             "mes-xfer/1 kind=outer dir=h2l chan=perf-%s epoch=%04u seq=%010" PRIu64 " size=%zu",
             m->enclave, m->epoch, m->sequence, release->tar_length);
    b_digits_file(release->tar, release->tar_length, digest);
    return b_notary_sign(seed, &found->trust.key[B_ROLE_OUTER], comment, digest, release->outer,
                         &release->outer_length, why);
}

static void name(const struct b_manifest *m, struct b_release *release)
{
    snprintf(release->tar_name, sizeof release->tar_name, "h2l-perf-%s-%04u-%010" PRIu64 ".tar",
             m->enclave, m->epoch, m->sequence);
    snprintf(release->outer_name, sizeof release->outer_name, "%s.minisig", release->tar_name);
}

int b_release_make(const struct b_asked *asked, const uint8_t guard[static B_SEED_LENGTH],
                   const uint8_t outer[static B_SEED_LENGTH], struct b_release *release,
                   struct b_refusal *why)
{
    struct b_found found;
    if (asked->stage != B_STAGE_SIGN)
        return b_refuse(why, ERR_STATE, "guard-b signs in its second run only");
    int r = b_check(asked, &found, why);
    if (r)
        return r;
    if (!b_notary_owns(guard, &found.trust.key[B_ROLE_GUARD_B]) ||
        !b_notary_owns(outer, &found.trust.key[B_ROLE_OUTER]))
        return b_refuse(why, ERR_KEY, "guard-b's keys are not those that root.json names");
    r = sign_manifest(&found, guard, release, why);
    if (r == 0)
        r = assemble(asked, release, why);
    if (r == 0)
        r = sign_tar(&found, outer, release, why);
    if (r)
        return r;
    name(&found.manifest, release);
    release->past_length =
        found.turn == B_TURN_NEXT
            ? b_past_write(&found.past, found.manifest.enclave, &found.manifest, release->past)
            : 0;
    return 0;
}

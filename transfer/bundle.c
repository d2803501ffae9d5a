#include "transfer/bundle.h"

#include <stdio.h>
#include <string.h>

#include "transfer/canonical.h"
#include "transfer/orders.h"
#include "transfer/summary.h"

#define MEMBERS_MAX 6

/* Which member of struct bundle stands at each place of the tar. */
enum place { END = 0, MANIFEST, RELEASE_A, RELEASE_B, B2SUMS, POLICY, RECORDS };

static const struct layout {
    enum place place;
    const char *name;
} layouts[][MEMBERS_MAX + 1] = {
    [MANIFEST_H2L] = {{MANIFEST, "manifest.json"},
                      {RELEASE_A, "manifest.json.a.minisig"},
                      {RELEASE_B, "manifest.json.b.minisig"},
                      {B2SUMS, "b2sums"},
                      {POLICY, "policy.json"},
                      {RECORDS, SUMMARY_MEMBER}},
    [MANIFEST_L2H] = {{MANIFEST, "manifest.json"},
                      {RELEASE_A, "manifest.json.minisig"},
                      {B2SUMS, "b2sums"},
                      {RECORDS, ORDERS_MEMBER}},
};

/* Which keys sign what, and the letter in the trusted comment. */
static const struct {
    enum root_role outer, release[2];
    char guard[2];
    size_t count;
} signers[] = {
    [MANIFEST_H2L] = {ROOT_OUTER, {ROOT_GUARD_A, ROOT_GUARD_B}, {'a', 'b'}, 2},
    [MANIFEST_L2H] = {ROOT_ORDERS_OUTER, {ROOT_ORDERS, ROOT_ORDERS}, {0, 0}, 1},
};

static int print_policy(const struct manifest *m, struct bundle_parts *parts)
{
    struct canonical_writer w = canonical_into(parts->policy, sizeof(parts->policy));

    if (m->direction != MANIFEST_H2L)
        return 0;
    canonical_put_object(&w, NULL);
    canonical_put_hex(&w, "digest", m->policy_digest, HASH_CONTENT_LENGTH);
    canonical_put_text(&w, "id", "release");
    canonical_put_object_end(&w);
    return canonical_put_end(&w, &parts->policy_length);
}

/* A line as b2sum prints it, for each member of ${m} from the second on. */
static int print_b2sums(const struct manifest *m, struct bundle_parts *parts)
{
    struct bytes_put put = bytes_into(parts->b2sums, sizeof(parts->b2sums));
    char hex[2 * HASH_FILE_LENGTH + 1];

    for (size_t i = 1; i < m->member_count; i++) {
        bytes_to_hex(m->members[i].digest, HASH_FILE_LENGTH, hex);
        bytes_put_fixed(&put, hex, strlen(hex));
        bytes_put_fixed(&put, "  ", 2);
        bytes_put_fixed(&put, m->members[i].name, strlen(m->members[i].name));
        bytes_put_u8(&put, '\n');
    }
    return bytes_put_done(&put, &parts->b2sums_length);
}

static int make_parts(struct manifest *m, struct bytes_view records, struct bundle_parts *parts)
{
    bool h2l = m->direction == MANIFEST_H2L;
    int r;

    parts->records = records;
    parts->policy_length = 0;
    r = print_policy(m, parts);
    if (r)
        return r;
    /* b2sums is the first in the list but is made from the others */
    m->member_count = 1;
    if (h2l)
        manifest_add(m, "policy.json", bytes_view_of(parts->policy, parts->policy_length));
    manifest_add(m, h2l ? SUMMARY_MEMBER : ORDERS_MEMBER, records);
    r = print_b2sums(m, parts);
    if (r)
        return r;
    manifest_set(m, 0, "b2sums", bytes_view_of(parts->b2sums, parts->b2sums_length));
    return manifest_print(m, parts->manifest, &parts->manifest_length);
}

int bundle_make_parts(const struct manifest *facts, struct bytes_view records,
                      struct bundle_parts *ret_parts)
{
    struct manifest m = *facts;

    return make_parts(&m, records, ret_parts);
}

static struct bytes_view part_at(const struct bundle_parts *p, enum place place,
                                 const struct bytes_view release[static 2])
{
    switch (place) {
    case MANIFEST:
        return bytes_view_of(p->manifest, p->manifest_length);
    case RELEASE_A:
        return release[0];
    case RELEASE_B:
        return release[1];
    case B2SUMS:
        return bytes_view_of(p->b2sums, p->b2sums_length);
    case POLICY:
        return bytes_view_of(p->policy, p->policy_length);
    case RECORDS:
    case END:
        break;
    }
    return p->records;
}

int bundle_assemble(const struct bundle_parts *parts, enum manifest_direction direction,
                    const struct bytes_view release[static 2], uint8_t out[static BUNDLE_MAX],
                    size_t *ret_length)
{
    struct bytes_put put = bytes_into(out, BUNDLE_MAX);

    for (const struct layout *l = layouts[direction]; l->place != END; l++)
        ustar_put(&put, l->name, part_at(parts, l->place, release));
    ustar_put_end(&put);
    return bytes_put_done(&put, ret_length);
}

static struct bytes_view *view_at(struct bundle *b, enum place place)
{
    switch (place) {
    case MANIFEST:
        return &b->manifest_text;
    case RELEASE_A:
        return &b->release[0];
    case RELEASE_B:
        return &b->release[1];
    case B2SUMS:
        return &b->b2sums;
    case POLICY:
        return &b->policy;
    case RECORDS:
    case END:
        break;
    }
    return &b->records;
}

/* The members by their places.  The second one's name tells the direction. */
static int split(struct bytes_view tar, struct bundle *bundle, enum manifest_direction *direction,
                 struct refusal *why)
{
    struct bytes b = bytes_over(tar.data, tar.length);
    const struct layout *layout = layouts[MANIFEST_H2L];
    struct ustar_member m;
    size_t n = 0;
    int e;

    *direction = MANIFEST_H2L;
    while ((e = ustar_next(&b, &m)) == 0) {
        if (n == 1 && strcmp(m.name, layouts[MANIFEST_L2H][1].name) == 0) {
            *direction = MANIFEST_L2H;
            layout = layouts[MANIFEST_L2H];
        }
        if (layout[n].place == END || strcmp(m.name, layout[n].name) != 0)
            return refuse(why, "Member %zu of the tar must be %s.", n + 1,
                          layout[n].place == END ? "the last one" : layout[n].name);
        *view_at(bundle, layout[n].place) = m.content;
        n++;
    }
    if (e != ERR_EOF)
        return refuse(why, "The tar, at its member %zu: %s.", n + 1, error_text(e));
    if (layout[n].place != END)
        return refuse(why, "The tar has no %s.", layout[n].name);
    return 0;
}

static int open_manifest(struct bytes_view tar, struct bundle *b, struct refusal *why)
{
    enum manifest_direction direction;
    int r;

    if (tar.length > BUNDLE_MAX)
        return refuse(why, "The tar is larger than %u bytes.", BUNDLE_MAX);
    r = split(tar, b, &direction, why);
    if (r)
        return r;
    r = manifest_parse_unverified(b->manifest_text, &b->manifest, why);
    if (r)
        return r;
    if (b->manifest.direction != direction)
        return refuse(why, "manifest.json is for the other direction than its signature's name.");
    manifest_digest(b->manifest_text, b->digest);
    return 0;
}

/* Make all that follows from the facts and the records once more, and compare. */
static int check_parts(const struct bundle *b, struct refusal *why)
{
    struct manifest m = b->manifest;
    struct bundle_parts again;

    if (make_parts(&m, b->records, &again))
        return refuse(why, "manifest.json has a value out of its range.");
    if (!bytes_equal(b->policy, bytes_view_of(again.policy, again.policy_length)))
        return refuse(why, "policy.json is not what manifest.json says.");
    if (!bytes_equal(b->b2sums, bytes_view_of(again.b2sums, again.b2sums_length)))
        return refuse(why, "b2sums does not list the digests of the members after it.");
    if (!bytes_equal(b->manifest_text, bytes_view_of(again.manifest, again.manifest_length)))
        return refuse(why, "manifest.json, \"members\": not the names, sizes and digests of the "
                           "members.");
    return 0;
}

int bundle_open_unverified(struct bytes_view tar, struct bundle *ret_bundle, struct refusal *why)
{
    struct bundle b = {0};
    int r = open_manifest(tar, &b, why);

    if (r)
        return r;
    r = check_parts(&b, why);
    if (r)
        return r;
    *ret_bundle = b;
    return 0;
}

static int check_release(const struct bundle *b, const struct root *root, struct refusal *why)
{
    enum manifest_direction direction = b->manifest.direction;
    char expected[MANIFEST_COMMENT_MAX];
    struct bytes_view comment;
    int e;

    for (size_t i = 0; i < signers[direction].count; i++) {
        enum root_role role = signers[direction].release[i];
        e = minisign_check(&root->keys[role], b->manifest_text.data, b->manifest_text.length,
                           b->release[i], &comment);
        if (e)
            return refuse(why, "The signature of %s on manifest.json: %s.", root_role_text(role),
                          error_text(e));
        manifest_release_comment(&b->manifest, signers[direction].guard[i], expected);
        if (!bytes_equal_text(comment, expected))
            return refuse(why,
                          "The signature of %s on manifest.json is for another place in the "
                          "channel.",
                          root_role_text(role));
    }
    return 0;
}

static int check_names(const struct bundle *b, const struct root *root, struct bytes_view comment,
                       size_t tar_length, struct refusal *why)
{
    char expected[MANIFEST_COMMENT_MAX];

    manifest_outer_comment(&b->manifest, tar_length, expected);
    if (!bytes_equal_text(comment, expected))
        return refuse(why, "The outer signature is for another bundle or size.");
    if (strcmp(b->manifest.site, root->site) != 0)
        return refuse(why, "manifest.json is for another site.");
    if (memcmp(b->manifest.root_digest, root->digest, HASH_CONTENT_LENGTH) != 0)
        return refuse(why, "manifest.json was made under another root.json.");
    return 0;
}

int bundle_check(struct bytes_view tar, struct bytes_view minisig, const struct root *root,
                 enum manifest_direction direction, struct bundle *ret_bundle, struct refusal *why)
{
    enum root_role outer = signers[direction].outer;
    struct bundle b = {0};
    struct bytes_view comment;
    int r = minisign_check(&root->keys[outer], tar.data, tar.length, minisig, &comment);

    if (r)
        return refuse(why, "The outer signature (role %s): %s.", root_role_text(outer),
                      error_text(r));
    r = open_manifest(tar, &b, why);
    if (r)
        return r;
    if (b.manifest.direction != direction)
        return refuse(why, "The bundle goes in the other direction.");
    r = check_release(&b, root, why);
    if (r)
        return r;
    r = check_parts(&b, why);
    if (r)
        return r;
    r = check_names(&b, root, comment, tar.length, why);
    if (r)
        return r;
    *ret_bundle = b;
    return 0;
}

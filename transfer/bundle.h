#ifndef TRANSFER_BUNDLE_H
#define TRANSFER_BUNDLE_H

#include "crypto/minisign.h"
#include "transfer/manifest.h"
#include "transfer/root.h"

/*
 * A whole bundle of the profile "open".  Its members, in this order:
 *     manifest.json
 *     manifest.json.a.minisig, manifest.json.b.minisig   (h2l)
 *     manifest.json.minisig                              (l2h)
 *     b2sums
 *     policy.json                                        (h2l)
 *     rec-summary-001.ndjson (h2l) or rec-order-001.ndjson (l2h)
 * What the records say is not looked at here: summary_check() and orders_parse() do.
 */
#define BUNDLE_MAX        (1u << 20)
#define BUNDLE_B2SUMS_MAX 512
#define BUNDLE_POLICY_MAX 128

/* The members that follow from a manifest's facts and the records. */
struct bundle_parts {
    char manifest[MANIFEST_MAX];
    size_t manifest_length;
    char b2sums[BUNDLE_B2SUMS_MAX];
    size_t b2sums_length;
    char policy[BUNDLE_POLICY_MAX];
    size_t policy_length;
    struct bytes_view records; /* borrowed */
};

/* bundle_make_parts(facts, records, ret_parts): Everything that is to be signed.  The members of
 * ${facts} are ignored.  ERR_RANGE if a fact is out of its range. */
must_use int bundle_make_parts(const struct manifest *facts, struct bytes_view records,
                               struct bundle_parts *ret_parts);

/* bundle_assemble(parts, direction, release, out, ret_length): The tar.  ${release} are the texts
 * of the release signatures, two for h2l (a, b) and one for l2h. */
must_use int bundle_assemble(const struct bundle_parts *parts, enum manifest_direction direction,
                             const struct bytes_view release[static 2],
                             uint8_t out[static BUNDLE_MAX], size_t *ret_length);

/* An opened bundle; the views are borrowed from the tar. */
struct bundle {
    struct manifest manifest;
    uint8_t digest[HASH_CONTENT_LENGTH]; /* manifest_digest() */
    struct bytes_view manifest_text;
    struct bytes_view release[2];
    struct bytes_view b2sums, policy, records;
};

/* bundle_open_unverified(tar, ret_bundle, why): Take it apart, check the form of every byte and
 * every digest, but no signature. */
must_use int bundle_open_unverified(struct bytes_view tar, struct bundle *ret_bundle,
                                    struct refusal *why);

/*
 * bundle_check(tar, minisig, root, direction, ret_bundle, why):
 * The outer signature over ${tar} first, before a byte of it is parsed; then the
 * tar, the manifest and its release signatures; then every digest; then that
 * each trusted comment, the site and the root are the right ones.
 */
must_use int bundle_check(struct bytes_view tar, struct bytes_view minisig, const struct root *root,
                          enum manifest_direction direction, struct bundle *ret_bundle,
                          struct refusal *why);

#endif

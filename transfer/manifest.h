#ifndef TRANSFER_MANIFEST_H
#define TRANSFER_MANIFEST_H

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "transfer/grammar.h"
#include "transfer/refusal.h"
#include "transfer/ustar.h"

/*
 * manifest.json: what a bundle is, where it stands in its channel, and the size
 * and digest of every member behind it.  It is what people approve and what is
 * signed.  docs/FORMAT.md describes it; the two directions differ in a few keys.
 */
#define MANIFEST_EPOCH_MAX   9999
#define MANIFEST_SEQ_MAX     9999999999
#define MANIFEST_RECENT_MAX  16
#define MANIFEST_MEMBERS_MAX 3
#define MANIFEST_RECORDS_MAX 1000
#define MANIFEST_MAX         4096
#define MANIFEST_NAME_MAX    64 /* h2l-perf-e1234567-0001-0000000042 */
#define MANIFEST_COMMENT_MAX 160
#define MANIFEST_CHANNEL_MAX 16

enum manifest_direction { MANIFEST_NONE = 0, MANIFEST_H2L = 1, MANIFEST_L2H = 2 };

struct manifest_recent {
    uint64_t seq;
    uint8_t digest[HASH_CONTENT_LENGTH];
};

struct manifest_member {
    char name[USTAR_NAME_MAX + 1];
    uint32_t size;
    uint8_t digest[HASH_FILE_LENGTH];
};

struct manifest {
    enum manifest_direction direction;
    char enclave[GRAMMAR_ENCLAVE + 1];
    uint32_t epoch; /* from 1 */
    uint64_t seq;   /* from 1 */
    uint8_t prev[HASH_CONTENT_LENGTH];
    /* Ascending and without a gap up to seq - 1, whose digest is prev: min(16, seq - 1) of them. */
    struct manifest_recent recent[MANIFEST_RECENT_MAX];
    size_t recent_count;
    char site[GRAMMAR_SITE_MAX + 1];
    uint8_t root_digest[HASH_CONTENT_LENGTH];
    uint8_t policy_digest[HASH_CONTENT_LENGTH]; /* h2l only */
    char slot[GRAMMAR_SLOT + 1];                /* h2l only */
    uint32_t orders;                            /* how many order records */
    struct manifest_member members[MANIFEST_MEMBERS_MAX];
    size_t member_count;
};

/* manifest_print(m, out, ret_length): The text of manifest.json, at most MANIFEST_MAX bytes.
 * ERR_RANGE if a field is out of its range. */
must_use int manifest_print(const struct manifest *m, char out[static MANIFEST_MAX],
                            size_t *ret_length);

/* manifest_parse_unverified(text, ret_manifest, why): The fields; nothing has been compared with a
 * signature or with the members yet.  ERR_REFUSED with ${why}. */
must_use int manifest_parse_unverified(struct bytes_view text, struct manifest *ret_manifest,
                                       struct refusal *why);

/* manifest_digest(text, out): What the next manifest names as prev: BLAKE2b-256. */
void manifest_digest(struct bytes_view text, uint8_t out[static HASH_CONTENT_LENGTH]);

/* manifest_set(m, at, name, content): Member ${at}, with its size and digest.
 * manifest_add(m, name, content): The same for a further one. */
void manifest_set(struct manifest *m, size_t at, const char *name, struct bytes_view content);
void manifest_add(struct manifest *m, const char *name, struct bytes_view content);

/* manifest_channel(direction, enclave, out): "perf-e1234567" or "orders-e1234567". */
void manifest_channel(enum manifest_direction direction, const char *enclave,
                      char out[static MANIFEST_CHANNEL_MAX]);

/* manifest_name(m, out): The bundle's name, without ".tar". */
void manifest_name(const struct manifest *m, char out[static MANIFEST_NAME_MAX]);

/* The two trusted comments.  ${guard} is 'a', 'b' or, in the direction l2h, 0. */
void manifest_release_comment(const struct manifest *m, char guard,
                              char out[static MANIFEST_COMMENT_MAX]);
void manifest_outer_comment(const struct manifest *m, size_t tar_length,
                            char out[static MANIFEST_COMMENT_MAX]);

/* manifest_schema(direction, out): The BLAKE2b-256 of the release schema's file. */
void manifest_schema(enum manifest_direction direction, uint8_t out[static HASH_CONTENT_LENGTH]);

#endif

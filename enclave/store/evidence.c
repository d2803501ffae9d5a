#include "enclave/store/evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "enclave/store/skeleton.h"

#define RECORD_FIRST_LINE      "c2sp.org/tlog-proof@v1\n"
#define CONSISTENCY_FIRST_LINE "casemate-consistency 1\n"
#define EXTRA                  "extra "
#define INDEX                  "index "
#define HASH_TEXT              44
#define RECORD_FIXED           (STORE_HEADER_LENGTH + 32)
#define RECORD_TEXT            (4 * (RECORD_FIXED + STORE_PAYLOAD_MAX + 2) / 3 + 4)

/* ---- writing ---- */

static void put_text(struct bytes_put *out, const char *text)
{
    bytes_put_fixed(out, text, strlen(text));
}

static void put_hashes(struct bytes_put *out, const struct proof *proof)
{
    char line[HASH_TEXT + 1];
    for (unsigned i = 0; i < proof->count; i++) {
        sodium_bin2base64(line, sizeof line, proof->hashes[i], HASH_TREE_LENGTH,
                          sodium_base64_VARIANT_ORIGINAL);
        put_text(out, line);
        put_text(out, "\n");
    }
}

void evidence_write_record(const struct store_event *event, uint64_t index,
                           const struct proof *proof, struct bytes_view note, struct bytes_put *out)
{
    static uint8_t record[RECORD_FIXED + STORE_PAYLOAD_MAX];
    static char text[RECORD_TEXT];
    struct bytes_put put = bytes_into(record, sizeof record);
    store_header(event, record);
    put.at += STORE_HEADER_LENGTH;
    bytes_put_fixed(&put, event->salt, sizeof event->salt);
    bytes_put_fixed(&put, event->payload.data, event->payload.length);
    if (put.error) {
        out->error = put.error;
        return;
    }
    sodium_bin2base64(text, sizeof text, record, bytes_put_length(&put),
                      sodium_base64_VARIANT_ORIGINAL);
    put_text(out, RECORD_FIRST_LINE EXTRA);
    put_text(out, text);
    snprintf(text, sizeof text, "\n" INDEX "%" PRIu64 "\n", index);
    put_text(out, text);
    put_hashes(out, proof);
    put_text(out, "\n");
    bytes_put_fixed(out, note.data, note.length);
}

void evidence_write_consistency(struct bytes_view old_note, const struct proof *proof,
                                struct bytes_view note, struct bytes_put *out)
{
    put_text(out, CONSISTENCY_FIRST_LINE);
    bytes_put_fixed(out, old_note.data, old_note.length);
    put_text(out, "\n");
    put_hashes(out, proof);
    put_text(out, "\n");
    bytes_put_fixed(out, note.data, note.length);
}

/* ---- reading ---- */

__attribute__((format(printf, 3, 4))) static int fail(struct evidence *e, int code,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->why, sizeof e->why, format, args);
    va_end(args);
    return code;
}

static bool begins(struct bytes_view text, const char *line)
{
    size_t n = strlen(line);
    return text.length >= n && memcmp(text.data, line, n) == 0;
}

static enum evidence_kind kind_of(struct bytes_view text)
{
    return begins(text, SKELETON_FIRST_LINE)      ? EVIDENCE_SKELETON
           : begins(text, RECORD_FIRST_LINE)      ? EVIDENCE_RECORD
           : begins(text, CONSISTENCY_FIRST_LINE) ? EVIDENCE_CONSISTENCY
           : begins(text, "casemate/")            ? EVIDENCE_CHECKPOINT
                                                  : EVIDENCE_NONE;
}

/* A base64 text in its one form: written again and compared, because the reader of libsodium takes
 * bytes above 0x7f for digits. */
static int from_base64(struct bytes_view text, uint8_t *out, size_t room, size_t *ret_length)
{
    static char again[RECORD_TEXT];
    if (text.length >= sizeof again ||
        sodium_base642bin(out, room, (const char *)text.data, text.length, NULL, ret_length, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return ERR_FORMAT;
    sodium_bin2base64(again, sizeof again, out, *ret_length, sodium_base64_VARIANT_ORIGINAL);
    return bytes_equal_text(text, again) ? 0 : ERR_FORMAT;
}

/* The lines up to the empty one. */
static int take_hashes(struct bytes *in, struct proof *proof, struct evidence *e)
{
    size_t n;
    proof->count = 0;
    for (;;) {
        struct bytes_view line = bytes_line(in);
        if (in->error)
            return fail(e, in->error, "it ends among the hashes of its proof");
        if (line.length == 0)
            return 0;
        if (proof->count == PROOF_HASHES_MAX || line.length != HASH_TEXT ||
            from_base64(line, proof->hashes[proof->count], HASH_TREE_LENGTH, &n) != 0 ||
            n != HASH_TREE_LENGTH)
            return fail(e, ERR_FORMAT, "hash %u of its proof is not in its form", proof->count + 1);
        proof->count++;
    }
}

static int take_number(struct bytes_view text, uint64_t *ret_number)
{
    uint64_t n = 0;
    if (text.length == 0 || text.length > 19 || (text.length > 1 && text.data[0] == '0'))
        return ERR_FORMAT;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return ERR_FORMAT;
        n = n * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = n;
    return 0;
}

static int take_note(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                     const char *which, struct note_checkpoint *ret_head, struct evidence *e)
{
    int r = note_check(public_key, text, ret_head);
    return r ? fail(e, r, "the %s checkpoint: %s", which, error_text(r)) : 0;
}

/* What is not read of ${in}. */
static struct bytes_view rest_of(const struct bytes *in)
{
    return bytes_view_of(in->at, bytes_left(in));
}

/* ---- a record ---- */

static int take_record(struct bytes_view text, struct evidence *e)
{
    static uint8_t record[RECORD_FIXED + STORE_PAYLOAD_MAX];
    size_t length;
    if (!begins(text, EXTRA) ||
        from_base64(bytes_view_of(text.data + strlen(EXTRA), text.length - strlen(EXTRA)), record,
                    sizeof record, &length) != 0 ||
        length < RECORD_FIXED)
        return fail(e, ERR_FORMAT, "the record is not in its form");
    struct bytes in = bytes_over(record, length);
    if (bytes_u8(&in) != STORE_HEADER_VERSION)
        return fail(e, ERR_UNKNOWN, "the record's header has another version");
    e->record.sequence = bytes_u64(&in);
    bytes_fixed(&in, e->record.boot, sizeof e->record.boot);
    bytes_fixed(&in, e->record.salt, sizeof e->record.salt);
    size_t n = bytes_left(&in);
    memcpy(e->payload, in.at, n);
    e->record.payload = bytes_view_of(e->payload, n);
    return 0;
}

/* Where places and sequences are the same. */
static bool is_first_epoch(const struct note_checkpoint *head)
{
    const char *number = strrchr(head->origin, '/');
    return number && strcmp(number, "/1") == 0;
}

static int check_record(struct bytes_view text, const uint8_t *public_key, struct evidence *e)
{
    struct bytes in = bytes_over(text.data, text.length);
    struct proof proof;
    uint8_t leaf[HASH_TREE_LENGTH];
    (void)bytes_line(&in);
    int r = take_record(bytes_line(&in), e);
    struct bytes_view line = bytes_line(&in);
    if (r)
        return r;
    if (!begins(line, INDEX) ||
        take_number(bytes_view_of(line.data + strlen(INDEX), line.length - strlen(INDEX)),
                    &e->index) != 0)
        return fail(e, ERR_FORMAT, "behind the record its index is missing or not in its form");
    r = take_hashes(&in, &proof, e);
    if (r == 0)
        r = take_note(rest_of(&in), public_key, "signed", &e->head, e);
    if (r)
        return r;
    if (e->index >= e->head.size)
        return fail(e, ERR_RANGE,
                    "the record is number %" PRIu64 " and the checkpoint covers %" PRIu64, e->index,
                    e->head.size);
    if (e->record.sequence < e->index ||
        (is_first_epoch(&e->head) && e->record.sequence != e->index))
        return fail(e, ERR_RANGE,
                    "the record calls itself number %" PRIu64 " and stands at %" PRIu64,
                    e->record.sequence, e->index);
    store_leaf(&e->record, leaf);
    r = proof_inclusion_check(&proof, e->index, e->head.size, leaf, e->head.root);
    return r ? fail(e, r,
                    "this record is not number %" PRIu64
                    " of the log that was signed: it, its place or its proof was changed",
                    e->index)
             : 0;
}

/* ---- consistency ---- */

static int check_consistency(struct bytes_view text, const uint8_t *public_key, struct evidence *e)
{
    struct bytes in = bytes_over(text.data, text.length);
    struct proof proof;
    (void)bytes_line(&in);
    size_t n = note_length(rest_of(&in));
    int r = take_note(bytes_run(&in, (uint32_t)n), public_key, "old", &e->old, e);
    if (r)
        return r;
    if (bytes_line(&in).length || in.error)
        return fail(e, ERR_FORMAT, "behind the old checkpoint there is no empty line");
    r = take_hashes(&in, &proof, e);
    if (r == 0)
        r = take_note(rest_of(&in), public_key, "new", &e->head, e);
    if (r)
        return r;
    if (strcmp(e->old.origin, e->head.origin) != 0)
        return fail(e, ERR_STATE, "the checkpoints are of two logs, %s and %s", e->old.origin,
                    e->head.origin);
    r = proof_consistency_check(&proof, e->old.size, e->old.root, e->head.size, e->head.root);
    return r ? fail(e, r,
                    "it does not show that the log of %" PRIu64 " events begins with that of "
                    "%" PRIu64 ": events were changed, or the proof was",
                    e->head.size, e->old.size)
             : 0;
}

/* ---- any of them ---- */

static int check_skeleton(struct bytes_view text, const uint8_t *public_key,
                          const struct note_checkpoint *since, struct evidence *e)
{
    struct skeleton_result result;
    int r = skeleton_check(text, public_key, since, &result);
    e->head = result.head;
    return r ? fail(e, r, "%s", result.why) : 0;
}

/* Has this log grown from ${since}?  A skeleton has said so itself. */
static int check_since(const struct note_checkpoint *since, struct evidence *e)
{
    const struct note_checkpoint *mine[] = {&e->head, &e->old};
    if (strcmp(since->origin, e->head.origin) != 0)
        return fail(e, ERR_STATE, "it is of %s, and the older checkpoint is of %s", e->head.origin,
                    since->origin);
    for (size_t i = 0; i < 2; i++)
        if (mine[i]->origin[0] && mine[i]->size == since->size)
            return memcmp(mine[i]->root, since->root, HASH_TREE_LENGTH) == 0
                       ? 0
                       : fail(e, ERR_DIGEST,
                              "both logs have %" PRIu64 " events, and they are not the same ones",
                              since->size);
    return fail(e, ERR_STATE,
                "it does not show that the log of %" PRIu64 " events grew from that of %" PRIu64
                "; casemate audit consistency makes what does, and so does a skeleton",
                e->head.size, since->size);
}

int evidence_check(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                   const struct note_checkpoint *since, struct evidence *ret_evidence)
{
    struct evidence *e = ret_evidence;
    memset(e, 0, offsetof(struct evidence, payload));
    e->why[0] = '\0';
    e->kind = kind_of(text);
    if (e->kind != EVIDENCE_SKELETON && text.length > EVIDENCE_MAX)
        return fail(e, ERR_SIZE, "it is longer than a proof can be");
    int r;
    switch (e->kind) {
    case EVIDENCE_SKELETON:
        return check_skeleton(text, public_key, since, e);
    case EVIDENCE_RECORD:
        r = check_record(text, public_key, e);
        break;
    case EVIDENCE_CONSISTENCY:
        r = check_consistency(text, public_key, e);
        break;
    case EVIDENCE_CHECKPOINT:
        r = take_note(text, public_key, "signed", &e->head, e);
        break;
    case EVIDENCE_NONE:
    default:
        return fail(e, ERR_FORMAT, "this is no skeleton, proof or checkpoint of a Casemate log");
    }
    return r || !since ? r : check_since(since, e);
}

int evidence_head(struct bytes_view text, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                  struct bytes_view *ret_note, struct note_checkpoint *ret_head)
{
    struct bytes in = bytes_over(text.data, text.length);
    enum evidence_kind kind = kind_of(text);
    if (kind == EVIDENCE_NONE)
        return ERR_FORMAT;
    if (kind != EVIDENCE_CHECKPOINT)
        (void)bytes_line(&in);
    if (kind == EVIDENCE_CONSISTENCY) {
        (void)bytes_run(&in, (uint32_t)note_length(rest_of(&in)));
        (void)bytes_line(&in);
    }
    if (kind == EVIDENCE_RECORD || kind == EVIDENCE_CONSISTENCY)
        while (bytes_line(&in).length && !in.error)
            ;
    if (in.error)
        return in.error;
    *ret_note = bytes_view_of(in.at, note_length(rest_of(&in)));
    return note_check(public_key, *ret_note, ret_head);
}

#include "transfer/guard_b/past.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int b_past_read(struct b_view file, const char *enclave, struct b_past *ret_past,
                struct b_refusal *why)
{
    struct b_past past = {.epoch = 1};
    char named[B_ENCLAVE_LENGTH + 1];
    struct b_reader r = b_reader_over(file);
    if (!file.data) {
        *ret_past = past;
        return 0;
    }
    b_reader_text(&r, "mes-xfer/1 chain dir=h2l chan=perf-");
    b_manifest_enclave(&r, named);
    b_reader_text(&r, " epoch=");
    past.epoch = (uint32_t)b_reader_padded(&r, 4);
    b_reader_text(&r, " seq=");
    past.newest = b_reader_padded(&r, 10);
    b_reader_text(&r, "\n");
    past.count = past.newest < B_RECENT_MAX ? (unsigned)past.newest : B_RECENT_MAX;
    for (unsigned i = 0; i < past.count; i++) {
        if (b_reader_padded(&r, 10) != past.newest - past.count + 1 + i)
            r.failed = true;
        b_reader_text(&r, " ");
        b_reader_hex(&r, B_DIGEST_LENGTH, past.digest[i]);
        b_reader_text(&r, "\n");
    }
    if (!b_reader_done(&r) || past.epoch == 0)
        return b_refuse(why, ERR_FORMAT, "guard-b's own chain file is not in its one form");
    if (strcmp(named, enclave) != 0)
        return b_refuse(why, ERR_STATE, "guard-b's own chain file is of another channel");
    *ret_past = past;
    return 0;
}

/* The remembered digest of ${number}, or NULL. */
static const uint8_t *remembered(const struct b_past *past, uint64_t number)
{
    uint64_t first = past->newest - past->count + 1;
    if (number < first || number > past->newest)
        return NULL;
    return past->digest[number - first];
}

static bool recent_agrees(const struct b_past *past, const struct b_manifest *m)
{
    for (unsigned i = 0; i < m->recents; i++) {
        const uint8_t *digest = remembered(past, m->sequence - m->recents + i);
        if (digest && memcmp(digest, m->recent[i], B_DIGEST_LENGTH) != 0)
            return false;
    }
    return true;
}

int b_past_judge(const struct b_past *past, const struct b_manifest *manifest,
                 enum b_turn *ret_turn, struct b_refusal *why)
{
    const uint8_t *digest = remembered(past, manifest->sequence);
    if (manifest->epoch != past->epoch)
        return b_refuse(why, ERR_STATE, "chain: another epoch than the %u of guard-b's chain file",
                        past->epoch);
    if (digest && memcmp(digest, manifest->digest, B_DIGEST_LENGTH) == 0) {
        *ret_turn = B_TURN_REPLAY;
        return 0;
    }
    if (digest)
        return b_refuse(why, ERR_STATE,
                        "chain: equivocation, number %" PRIu64 " was other bytes before",
                        manifest->sequence);
    if (manifest->sequence <= past->newest)
        return b_refuse(why, ERR_STALE,
                        "chain: number %" PRIu64 " is old, %" PRIu64 " is the newest",
                        manifest->sequence, past->newest);
    if (!recent_agrees(past, manifest))
        return b_refuse(why, ERR_STATE, "chain: fork, recent differs from what guard-b remembers");
    if (manifest->sequence != past->newest + 1)
        return b_refuse(why, ERR_STATE, "chain: number %" PRIu64 " leaves a gap after %" PRIu64,
                        manifest->sequence, past->newest);
    *ret_turn = B_TURN_NEXT;
    return 0;
}

static size_t line(char *out, uint64_t number, const uint8_t digest[static B_DIGEST_LENGTH])
{
    char hex[2 * B_DIGEST_LENGTH + 1];
    b_digits_hex(digest, B_DIGEST_LENGTH, hex);
    return (size_t)sprintf(out, "%010" PRIu64 " %s\n", number, hex);
}

size_t b_past_write(const struct b_past *past, const char *enclave,
                    const struct b_manifest *manifest, char out[static B_PAST_MAX])
{
    unsigned dropped = past->count == B_RECENT_MAX ? 1 : 0;
    size_t used = (size_t)snprintf(
        out, B_PAST_MAX, "mes-xfer/1 chain dir=h2l chan=perf-%s epoch=%04u seq=%010" PRIu64 "\n",
        enclave, past->epoch, manifest->sequence);
    for (unsigned i = dropped; i < past->count; i++)
        used += line(out + used, past->newest - past->count + 1 + i, past->digest[i]);
    return used + line(out + used, manifest->sequence, manifest->digest);
}

#include "transfer/chain_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void chain_state_begin(enum manifest_direction direction, const char *enclave, uint32_t epoch,
                       struct chain_state *ret_state)
{
    *ret_state = (struct chain_state){.direction = direction, .epoch = epoch};
    snprintf(ret_state->enclave, sizeof(ret_state->enclave), "%s", enclave);
}

/* The number of the newest bundle; 0 before the first. */
static uint64_t head(const struct chain_state *s)
{
    return s->count ? s->last[s->count - 1].seq : 0;
}

static const uint8_t *known(const struct chain_state *s, uint64_t seq)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->last[i].seq == seq)
            return s->last[i].digest;
    return NULL;
}

/* Whether all that ${m} says about the past is what we remember of it. */
static bool agrees(const struct chain_state *s, const struct manifest *m)
{
    for (size_t i = 0; i < m->recent_count; i++) {
        const uint8_t *digest = known(s, m->recent[i].seq);
        if (digest && memcmp(digest, m->recent[i].digest, HASH_CONTENT_LENGTH) != 0)
            return false;
    }
    return true;
}

enum chain_verdict chain_state_judge(const struct chain_state *state,
                                     const struct manifest *incoming,
                                     const uint8_t digest[static HASH_CONTENT_LENGTH])
{
    const uint8_t *same;

    if (incoming->direction != state->direction || strcmp(incoming->enclave, state->enclave) != 0)
        return CHAIN_REFUSED;
    if (incoming->epoch != state->epoch)
        return CHAIN_EPOCH;
    if (incoming->seq <= head(state)) {
        same = known(state, incoming->seq);
        if (!same)
            return CHAIN_OLD;
        return memcmp(same, digest, HASH_CONTENT_LENGTH) == 0 ? CHAIN_REPLAY : CHAIN_EQUIVOCATION;
    }
    if (!agrees(state, incoming))
        return CHAIN_FORK;
    if (incoming->seq == head(state) + 1)
        return CHAIN_NEXT;
    return incoming->seq > head(state) + CHAIN_JUMP_MAX ? CHAIN_REFUSED : CHAIN_GAP;
}

const char *chain_verdict_text(enum chain_verdict verdict)
{
    switch (verdict) {
    case CHAIN_REFUSED:
        return "It belongs to another channel, or lies too far ahead.";
    case CHAIN_NEXT:
        return "It is the next of its channel.";
    case CHAIN_GAP:
        return "Bundles before it are missing; it is held until they are here.";
    case CHAIN_REPLAY:
        return "It was here before, byte for byte; nothing is done.";
    case CHAIN_OLD:
        return "It is older than what this side remembers; it is not applied.";
    case CHAIN_EQUIVOCATION:
        return "Its number was used before with other bytes; the channel is frozen.";
    case CHAIN_FORK:
        return "It follows another bundle than the one that was received; the channel is frozen.";
    case CHAIN_EPOCH:
        return "It is of another epoch; two people must begin that.";
    }
    return "It cannot be judged.";
}

void chain_state_advance(struct chain_state *state, uint64_t seq,
                         const uint8_t digest[static HASH_CONTENT_LENGTH])
{
    if (state->count == MANIFEST_RECENT_MAX) {
        memmove(state->last, state->last + 1, sizeof(state->last) - sizeof(state->last[0]));
        state->count--;
    }
    state->last[state->count].seq = seq;
    memcpy(state->last[state->count].digest, digest, HASH_CONTENT_LENGTH);
    state->count++;
}

void chain_state_next(const struct chain_state *state, struct manifest *m)
{
    m->direction = state->direction;
    memcpy(m->enclave, state->enclave, sizeof(m->enclave));
    m->epoch = state->epoch;
    m->seq = head(state) + 1;
    memset(m->prev, 0, sizeof(m->prev));
    if (state->count)
        memcpy(m->prev, state->last[state->count - 1].digest, sizeof(m->prev));
    memcpy(m->recent, state->last, sizeof(m->recent));
    m->recent_count = state->count;
}

static const char *direction_name(enum manifest_direction direction)
{
    return direction == MANIFEST_H2L ? "h2l" : "l2h";
}

int chain_state_print(const struct chain_state *state, char out[static CHAIN_STATE_TEXT_MAX],
                      size_t *ret_length)
{
    struct bytes_put put = bytes_into(out, CHAIN_STATE_TEXT_MAX);
    char line[128], channel[MANIFEST_CHANNEL_MAX], hex[2 * HASH_CONTENT_LENGTH + 1];

    if (state->direction == MANIFEST_NONE || !grammar_is_enclave(bytes_text(state->enclave)))
        return ERR_RANGE;
    manifest_channel(state->direction, state->enclave, channel);
    snprintf(line, sizeof(line),
             "mes-xfer/1 chain dir=%s chan=%s epoch=%04" PRIu32 " seq=%010" PRIu64 "\n",
             direction_name(state->direction), channel, state->epoch, head(state));
    bytes_put_fixed(&put, line, strlen(line));
    for (size_t i = 0; i < state->count; i++) {
        bytes_to_hex(state->last[i].digest, HASH_CONTENT_LENGTH, hex);
        snprintf(line, sizeof(line), "%010" PRIu64 " %s\n", state->last[i].seq, hex);
        bytes_put_fixed(&put, line, strlen(line));
    }
    return bytes_put_done(&put, ret_length);
}

static uint64_t digits(struct bytes *b, uint32_t count)
{
    struct bytes_view text = bytes_run(b, count);
    uint64_t v = 0;

    for (uint32_t i = 0; i < text.length; i++)
        v = v * 10 + (uint64_t)(text.data[i] - '0');
    return v;
}

/* The fields where they would stand; the caller compares the whole with what is printed for them.
 */
static void parse(struct bytes *b, struct chain_state *s)
{
    bool h2l = bytes_equal_text(bytes_run(b, 20), "mes-xfer/1 chain dir");

    bytes_u8(b);
    h2l = h2l && bytes_equal_text(bytes_run(b, 3), "h2l");
    s->direction = h2l ? MANIFEST_H2L : MANIFEST_L2H;
    bytes_run(b, h2l ? 11 : 13); /* " chan=perf-" or " chan=orders-" */
    bytes_fixed(b, s->enclave, GRAMMAR_ENCLAVE);
    bytes_run(b, 7); /* " epoch=" */
    s->epoch = (uint32_t)digits(b, 4);
    bytes_run(b, 16); /* " seq=0000000042" and the LF */
    while (!b->error && bytes_left(b) && s->count < MANIFEST_RECENT_MAX) {
        struct manifest_recent *recent = &s->last[s->count++];
        recent->seq = digits(b, 10);
        bytes_u8(b);
        if (bytes_from_hex(bytes_run(b, 64), HASH_CONTENT_LENGTH, recent->digest))
            b->error = ERR_FORMAT;
        bytes_u8(b);
    }
}

int chain_state_parse(struct bytes_view text, struct chain_state *ret_state)
{
    struct bytes b = bytes_over(text.data, text.length);
    struct chain_state s = {0};
    char again[CHAIN_STATE_TEXT_MAX];
    size_t length;

    parse(&b, &s);
    if (bytes_done(&b) || chain_state_print(&s, again, &length))
        return ERR_FORMAT;
    if (!bytes_equal(text, bytes_view_of(again, length)))
        return ERR_FORMAT;
    /* One after the other, and none missing at the front: the last 16, or all from 1 on. */
    for (size_t i = 1; i < s.count; i++)
        if (s.last[i].seq != s.last[i - 1].seq + 1)
            return ERR_FORMAT;
    if (s.count && (s.count < MANIFEST_RECENT_MAX ? s.last[0].seq != 1 : s.last[0].seq < 1))
        return ERR_FORMAT;
    if (s.epoch < 1)
        return ERR_FORMAT;
    *ret_state = s;
    return 0;
}

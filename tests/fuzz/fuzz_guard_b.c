/*
 * The whole second run of guard-b.  The input is a list of edits, [piece, kind,
 * offset (2 bytes), count, bytes], to a release that is good; so the fuzzer is
 * past the signatures from its first input on.  Whatever is accepted must be what
 * two people approved: the same bytes in every piece.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/transfer/guard_b/world.h"

#define EDITED (B_PIECES + 2)

enum edit { EDIT_FLIP, EDIT_PUT, EDIT_CUT, EDIT_INSERT, EDIT_APPEND, EDIT_KINDS };

static struct world *good, *tried;

static struct text *text_of(struct world *w, unsigned n)
{
    if (n < B_PIECES)
        return &w->piece[n];
    return n == B_PIECES ? &w->root : &w->past;
}

static void edit(struct text *t, unsigned kind, size_t at, const uint8_t *bytes, size_t count)
{
    at = t->length ? at % (t->length + 1) : 0;
    if (kind == EDIT_APPEND)
        at = t->length;
    if (kind == EDIT_CUT) {
        t->length = at;
        return;
    }
    if (kind == EDIT_INSERT || kind == EDIT_APPEND) {
        memmove(t->data + at + count, t->data + at, t->length - at);
        t->length += count;
    }
    for (size_t i = 0; i < count && at + i < t->length; i++)
        t->data[at + i] = kind == EDIT_FLIP ? t->data[at + i] ^ bytes[i] : bytes[i];
}

static void reset(void)
{
    if (!good) {
        good = world_new();
        tried = world_new();
        world_seal(good);
    }
    for (unsigned n = 0; n < EDITED; n++)
        text_bytes(text_of(tried, n), text_of(good, n)->data, text_of(good, n)->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct b_refusal why = {""};
    reset();
    tried->asked.stage = size && data[0] & 0x80 ? B_STAGE_BUILD : B_STAGE_SIGN;
    for (unsigned edits = 0; size >= 5 && edits < 64; edits++) {
        size_t count = data[4] < size - 5 ? data[4] : size - 5;
        edit(text_of(tried, (data[0] & 0x7f) % EDITED), data[1] % EDIT_KINDS,
             (size_t)data[2] << 8 | data[3], data + 5, count);
        data += 5 + count;
        size -= 5 + count;
    }
    int r = world_judge(tried, &why);
    if (r && why.sentence[0] == '\0')
        abort();
    for (const char *c = why.sentence; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            abort();
    for (unsigned n = 0; r == 0 && tried->asked.stage == B_STAGE_SIGN && n < EDITED - 1; n++)
        if (!b_view_equal(b_view_of(text_of(tried, n)->data, text_of(tried, n)->length),
                          b_view_of(text_of(good, n)->data, text_of(good, n)->length)))
            abort();
    return 0;
}

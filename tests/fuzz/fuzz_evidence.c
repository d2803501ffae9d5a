#include <stdlib.h>
#include <string.h>

#include "enclave/store/evidence.h"
#include "enclave/store/tree.h"

static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static char heads[2][NOTE_MAX];
static size_t head_length[2];
static uint8_t right[2][8192]; /* a record, and a growth, as they are written */
static size_t right_length[2];

static struct store_event events[2];
static uint8_t leaves[2][32];

static int subtree(void *context, uint64_t from, uint64_t to, uint8_t out[static HASH_TREE_LENGTH])
{
    (void)context;
    if (to - from == 2)
        hash_node(leaves[0], leaves[1], out);
    else
        memcpy(out, leaves[from], 32);
    return 0;
}

static void begin(void)
{
    struct secret *seed = NULL;
    struct proof proof;
    if (secret_copy("0123456789abcdef0123456789abcdef", 32, &seed) || sign_public(seed, public_key))
        abort();
    for (unsigned i = 0; i < 2; i++) {
        struct note_checkpoint c = {.origin = "casemate/e7k2m9qa/1", .size = i + 1};
        events[i].sequence = i;
        events[i].payload = bytes_text("payload");
        store_leaf(&events[i], leaves[i]);
        (void)subtree(NULL, 0, i + 1, c.root);
        if (note_sign(seed, &c, heads[i], &head_length[i]))
            abort();
    }
    secret_free(seed);
    struct bytes_put put = bytes_into(right[0], sizeof right[0]);
    if (proof_inclusion(1, 2, subtree, NULL, &proof))
        abort();
    evidence_write_record(&events[1], 1, &proof, bytes_view_of(heads[1], head_length[1]), &put);
    right_length[0] = bytes_put_length(&put);
    put = bytes_into(right[1], sizeof right[1]);
    if (proof_consistency(1, 2, subtree, NULL, &proof))
        abort();
    evidence_write_consistency(bytes_view_of(heads[0], head_length[0]), &proof,
                               bytes_view_of(heads[1], head_length[1]), &put);
    right_length[1] = bytes_put_length(&put);
}

static bool is_right(const uint8_t *data, size_t size)
{
    for (unsigned i = 0; i < 2; i++)
        if ((size == right_length[i] && memcmp(data, right[i], size) == 0) ||
            (size == head_length[i] && memcmp(data, heads[i], size) == 0))
            return true;
    return false;
}

/* Nothing verifies but what was written; the first byte says where the rest is laid over it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evidence e;
    static uint8_t text[8192];
    struct bytes_view note;
    struct note_checkpoint head;

    if (right_length[0] == 0)
        begin();
    if (evidence_check(bytes_view_of(data, size), public_key, NULL, &e) == 0 &&
        !is_right(data, size))
        abort();
    (void)!evidence_head(bytes_view_of(data, size), public_key, &note, &head);
    if (size < 2)
        return 0;
    unsigned which = data[0] & 1;
    size_t at = (size_t)data[1] * 4 % right_length[which], n = size - 2;
    memcpy(text, right[which], right_length[which]);
    if (n > right_length[which] - at)
        n = right_length[which] - at;
    memcpy(text + at, data + 2, n);
    if (evidence_check(bytes_view_of(text, right_length[which]), public_key, NULL, &e) == 0 &&
        !is_right(text, right_length[which]))
        abort();
    return 0;
}

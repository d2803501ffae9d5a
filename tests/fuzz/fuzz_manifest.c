#include <stdlib.h>
#include <string.h>

#include "transfer/chain_state.h"
#include "transfer/manifest.h"

static void fuzz_manifest(struct bytes_view text)
{
    char again[MANIFEST_MAX];
    struct refusal why;
    struct manifest m;
    size_t length;

    if (manifest_parse_unverified(text, &m, &why)) {
        if (strlen(why.text) < 10)
            abort();
        return;
    }
    if (manifest_print(&m, again, &length) || !bytes_equal(text, bytes_view_of(again, length)))
        abort();
}

static void fuzz_chain(struct bytes_view text)
{
    char again[CHAIN_STATE_TEXT_MAX];
    struct chain_state s;
    size_t length;

    if (chain_state_parse(text, &s))
        return;
    if (chain_state_print(&s, again, &length) || !bytes_equal(text, bytes_view_of(again, length)))
        abort();
}

/* Whatever is accepted is what the writer makes of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_manifest(bytes_view_of(data, size));
    fuzz_chain(bytes_view_of(data, size));
    return 0;
}

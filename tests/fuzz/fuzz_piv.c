#include <stdlib.h>
#include <string.h>

#include "tests/appliance/identity/authority.h"

static struct authority authority;

/* Nothing that a card's chain or a list may hold does harm, and no changed certificate of a card is
 * taken: the first byte says what is read as what. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct piv_card card;
    const char *why;
    uint8_t chain[PIV_CHAIN_MAX];
    if (!authority.card)
        authority_new(&authority);
    if (size == 0)
        return 0;
    struct piv_trust trust = {bytes_view_of(authority.anchors, authority.anchors_length),
                              bytes_view_of(authority.crls, authority.crls_length)};
    struct bytes_view rest = bytes_view_of(data + 1, size - 1);
    struct bytes_view good = bytes_view_of(authority.chain, authority.chain_length);
    switch (data[0] % 4) {
    case 0: /* a chain of its own */
        if (piv_judge(&trust, rest, AUTHORITY_NOW, &card, &why) == 0)
            abort();
        return 0;
    case 1: /* lists of its own */
        trust.crls = rest;
        (void)!piv_judge(&trust, good, AUTHORITY_NOW, &card, &why);
        return 0;
    case 2: /* anchors of its own */
        trust.anchors = rest;
        (void)piv_trust_refused(&trust, AUTHORITY_NOW);
        return 0;
    default: /* a changed chain */
        memcpy(chain, good.data, good.length);
        for (size_t i = 0; i + 2 < rest.length; i += 3)
            chain[(size_t)(rest.data[i] << 8 | rest.data[i + 1]) % good.length] ^= rest.data[i + 2];
        struct bytes in = bytes_over(chain, good.length), was = bytes_over(good.data, good.length);
        if (piv_judge(&trust, bytes_view_of(chain, good.length), AUTHORITY_NOW, &card, &why) == 0 &&
            !bytes_equal(bytes_var(&in, PIV_CHAIN_MAX), bytes_var(&was, PIV_CHAIN_MAX)))
            abort();
        return 0;
    }
}

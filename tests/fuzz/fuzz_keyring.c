#include <stdlib.h>
#include <string.h>

#include "enclave/keys/keyring.h"

/* What is read as a ring or a wrap is what would be written; and no ring but ours opens. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keyring ring;
    static char text[KEYRING_TEXT_MAX], wrap_text[KEYRING_WRAP_MAX];
    static struct secret *root;
    struct bytes_view in = bytes_view_of(data, size);
    struct keyring_wrap wrap;
    struct secret *out = NULL;
    char why[KEYRING_WHY];
    size_t length = 0;
    if (!root && secret_random(32, &root) != 0)
        abort();
    if (keyring_parse(in, &ring, why) == 0) {
        /* all but the mac, which only the root key gives */
        if (keyring_print(&ring, root, text, &length) != 0 || length != size ||
            memcmp(text, data, size - 65) != 0)
            abort();
        if (keyring_open(&ring, root, NULL, &out, why) == 0 ||
            keyring_open_recovery(&ring, root, &out, why) == 0)
            abort();
    }
    if (keyring_wrap_parse(in, &wrap, why) == 0 &&
        (keyring_wrap_print(&wrap, wrap_text, &length) != 0 ||
         !bytes_equal(in, bytes_view_of(wrap_text, length))))
        abort();
    return 0;
}

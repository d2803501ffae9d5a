#include <stdlib.h>
#include <string.h>

#include "crypto/shares.h"

/* What is read as a share says what its text says; no share but ours passes the check; a file of
 * custodians has one form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct custodians site;
    static struct share ours[3];
    struct bytes_view text = bytes_view_of(data, size);
    struct custodians custodians;
    struct share share;
    char why[SHARE_WHY], printed[SHARE_TEXT + 1], file[CUSTODIANS_MAX];
    size_t length;
    if (site.count == 0) {
        struct secret *root = NULL;
        if (secret_random(32, &root) || shares_split(root, SHARE_UNLOCK, 3, 2, &site, ours))
            abort();
        secret_free(root);
    }
    if (share_parse(text, &share, why) == 0) {
        share_print(&share, printed);
        struct share again;
        if (share_parse(bytes_text(printed), &again, why) != 0 || again.index != share.index ||
            again.kind != share.kind || memcmp(again.data, share.data, SHARE_LENGTH) != 0)
            abort();
        if (shares_check(&site, &share, 1, why) == 0)
            abort();
    }
    if (custodians_parse(text, &custodians) == 0 &&
        (custodians_print(&custodians, file, &length) != 0 ||
         !bytes_equal(text, bytes_view_of(file, length))))
        abort();
    return 0;
}

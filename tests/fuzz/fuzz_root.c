#include <stdlib.h>

#include "transfer/root.h"

/* Whatever is accepted is what the writer makes of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_view text = bytes_view_of(data, size);
    char again[ROOT_MAX];
    struct refusal why;
    struct root root;
    size_t length;

    if (root_parse(text, &root, &why))
        return 0;
    if (root_print(&root, again, &length) || !bytes_equal(text, bytes_view_of(again, length)))
        abort();
    return 0;
}

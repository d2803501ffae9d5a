#include <stdlib.h>
#include <string.h>

#include "transfer/ustar.h"

/* Whatever is accepted is what the writer makes of the same names and contents. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[1 << 20];
    struct bytes_put put = bytes_into(again, sizeof(again));
    struct bytes b = bytes_over(data, size);
    struct ustar_member m;
    size_t length;
    int r;

    while ((r = ustar_next(&b, &m)) == 0)
        ustar_put(&put, m.name, m.content);
    if (r != ERR_EOF)
        return 0;
    ustar_put_end(&put);
    if (bytes_put_done(&put, &length) || length != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}

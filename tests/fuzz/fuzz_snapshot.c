#include <stdlib.h>
#include <string.h>

#include "appliance/identity/snapshot.h"

/* Whatever is accepted is found by its ids and written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[1 << 21];
    struct snapshot *s = NULL;
    if (size > SNAPSHOT_BYTES_MAX || snapshot_decode(bytes_view_of(data, size), &s) != 0)
        return 0;
    for (size_t i = 0; i < s->people; i++)
        if (snapshot_find(s, s->person[i].person) != &s->person[i])
            abort();
    struct bytes_put put = bytes_into(again, sizeof again);
    snapshot_encode(s, &put);
    if (put.error || bytes_put_length(&put) != size || memcmp(again, data, size) != 0)
        abort();
    free(s);
    return 0;
}

#include <stdlib.h>
#include <string.h>

#include "appliance/identity/snapshot.h"

/* Whatever is accepted is found by its ids and written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[1 << 21];
    struct snapshot *s = NULL;
    if (size > sizeof again || snapshot_decode(bytes_view_of(data, size), &s) != 0)
        return 0;
    struct bytes_put put = bytes_into(again, sizeof again);
    snapshot_put_head(&put, s->enclave, s->epoch, s->people, s->stations);
    for (size_t i = 0; i < s->people; i++) {
        if (snapshot_find(s, s->person[i].id) != &s->person[i])
            abort();
        snapshot_put_holder(&put, &s->person[i]);
    }
    for (size_t i = 0; i < s->stations; i++) {
        if (snapshot_find_station(s, s->station[i].id) != &s->station[i])
            abort();
        snapshot_put_holder(&put, &s->station[i]);
    }
    if (put.error || bytes_put_length(&put) != size || memcmp(again, data, size) != 0)
        abort();
    snapshot_free(s);
    return 0;
}

#include <stdlib.h>
#include <string.h>

#include "appliance/event.h"

/* Whatever is accepted is what the encoder makes of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[1 << 18];
    struct event event;
    if (size > sizeof again || event_decode(bytes_view_of(data, size), &event) != 0)
        return 0;
    struct bytes_put put = bytes_into(again, sizeof again);
    event_encode(&event, &put);
    if (put.error || bytes_put_length(&put) != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}

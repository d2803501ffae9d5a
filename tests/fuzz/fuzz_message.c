#include <stdlib.h>
#include <string.h>

#include "enclave/process/message.h"

/* Whatever is accepted is what the encoder makes of it, and never reaches past the datagram. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[MESSAGE_DATAGRAM_MAX];
    if (size > sizeof again)
        return 0;
    struct bytes in = bytes_over(data, size);
    while (bytes_left(&in)) {
        struct message message;
        const uint8_t *start = in.at;
        if (message_decode(&in, &message) != 0)
            return 0;
        struct bytes_put put = bytes_into(again, sizeof again);
        message_encode(&message, &put);
        size_t length = bytes_put_length(&put);
        if (put.error || length != (size_t)(in.at - start) || memcmp(again, start, length) != 0)
            abort();
    }
    return 0;
}

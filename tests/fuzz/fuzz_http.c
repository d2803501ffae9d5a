/* The head of a gateway's answer, as casemate reads it. */
#include <stdlib.h>

#include "appliance/cli/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned status = 0;
    size_t length = 0;
    if (http_head(bytes_view_of(data, size), &status, &length) != 0)
        return 0;
    if (status < 200 || status > 599 || length > HTTP_BODY_MAX)
        abort();
    return 0;
}

#include <stdlib.h>
#include <string.h>

#include "transfer/bundle.h"
#include "transfer/summary.h"

/* An accepted tar is the one that is assembled from its manifest, signatures and records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[BUNDLE_MAX];
    struct bundle_parts parts;
    struct refusal why;
    struct bundle b;
    uint32_t orders;
    size_t length;

    /* the records are also tried alone, where a digest does not stand in the way */
    if (summary_check(bytes_view_of(data, size), &orders, &why) && strlen(why.text) < 10)
        abort();
    if (bundle_open_unverified(bytes_view_of(data, size), &b, &why))
        return 0;
    if (bundle_make_parts(&b.manifest, b.records, &parts) ||
        bundle_assemble(&parts, b.manifest.direction, b.release, again, &length))
        abort();
    if (length != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}

#include <stdlib.h>
#include <string.h>

#include "transfer/orders.h"

/* Accepted records are what the writer makes of them; an accepted table makes accepted records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct order orders[ORDERS_MAX];
    static char again[ORDERS_TEXT_MAX];
    struct bytes_view text = bytes_view_of(data, size);
    struct refusal why;
    size_t count, length;

    if (orders_parse(text, orders, &count, &why) == 0) {
        if (orders_print(orders, count, again, &length) ||
            !bytes_equal(text, bytes_view_of(again, length)))
            abort();
    } else if (strlen(why.text) < 10) {
        abort();
    }
    if (orders_from_csv(text, orders, &count, &why) == 0) {
        if (orders_print(orders, count, again, &length) ||
            orders_parse(bytes_view_of(again, length), orders, &count, &why))
            abort();
    } else if (strlen(why.text) < 10) {
        abort();
    }
    return 0;
}

#include "crypto/bytes.c"

/* The same of writing: for every room of up to LENGTH bytes. */
#define LENGTH 16
#define CALLS  4
#define VIEW   12

size_t nondet_size(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
unsigned char nondet_byte(void);

int main(void)
{
    uint8_t data[LENGTH], from[VIEW];
    size_t room = nondet_size();
    __CPROVER_assume(room <= LENGTH);
    struct bytes_put b = bytes_into(data, room);
    for (int i = 0; i < CALLS; i++) {
        const uint8_t *before = b.at;
        int error = b.error;
        size_t n = nondet_size();
        __CPROVER_assume(n <= VIEW);
        switch (nondet_byte() % 4) {
        case 0:
            bytes_put_u8(&b, nondet_byte());
            break;
        case 1:
            bytes_put_u64(&b, nondet_u64());
            break;
        case 2:
            bytes_put_fixed(&b, from, n);
            break;
        default:
            bytes_put_var(&b, bytes_view_of(from, n), nondet_u32());
        }
        __CPROVER_assert(b.at >= before && b.at <= b.end, "the cursor goes forward, to the end");
        __CPROVER_assert(!error || (b.at == before && b.error == error),
                         "behind a failure nothing is written");
    }
    return 0;
}

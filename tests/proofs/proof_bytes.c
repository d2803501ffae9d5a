#include "crypto/bytes.c"

/*
 * For every run of up to LENGTH bytes and every CALLS reads, whatever their kind and size: no byte
 * outside the run is touched, the cursor never goes back nor past the end, a view lies inside, and
 * after the first failure nothing is read any more.
 */
#define LENGTH 24
#define CALLS  4
#define ROOM   12

size_t nondet_size(void);
uint32_t nondet_u32(void);
unsigned char nondet_byte(void);

/* As the standard says: CBMC has no body of its own for it. */
void *memchr(const void *s, int c, size_t n)
{
    const uint8_t *at = s;
    for (size_t i = 0; i < n; i++)
        if (at[i] == (uint8_t)c)
            return (void *)(uintptr_t)(at + i);
    return NULL;
}

static void check_view(const struct bytes *b, struct bytes_view v, const uint8_t *data)
{
    __CPROVER_assert(v.length == 0 || (v.data >= data && v.data + v.length <= b->end),
                     "a view lies in what was read");
}

int main(void)
{
    uint8_t data[LENGTH]; /* not set: any bytes */
    uint8_t out[ROOM];
    size_t length = nondet_size();
    __CPROVER_assume(length <= LENGTH);
    struct bytes b = bytes_over(data, length);
    for (int i = 0; i < CALLS; i++) {
        const uint8_t *before = b.at;
        int error = b.error;
        size_t n = nondet_size();
        __CPROVER_assume(n <= ROOM);
        switch (nondet_byte() % 7) {
        case 0:
            bytes_u8(&b);
            break;
        case 1:
            bytes_u16(&b);
            break;
        case 2:
            bytes_u64(&b);
            break;
        case 3:
            bytes_fixed(&b, out, n);
            break;
        case 4:
            check_view(&b, bytes_var(&b, nondet_u32()), data);
            break;
        case 5:
            check_view(&b, bytes_run(&b, nondet_u32()), data);
            break;
        default:
            check_view(&b, bytes_line(&b), data);
        }
        __CPROVER_assert(b.at >= before && b.at <= b.end, "the cursor goes forward, to the end");
        __CPROVER_assert(!error || (b.at == before && b.error == error),
                         "behind a failure nothing is read");
    }
    __CPROVER_assert(bytes_done(&b) != 0 || b.at == b.end, "done is at the end");
    return 0;
}

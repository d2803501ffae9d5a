#include "crypto/p384.h"

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#define KEY_LENGTH 32
#define WIDE       64
#define LIMB       sizeof(mp_limb_t)

/* n, the order of the group, lowest limb first */
static const mp_limb_t order[P384_LENGTH / LIMB] = {
    0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf,
    0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
};
#define LIMBS (sizeof order / sizeof *order)

_Static_assert(LIMB == 8 && GMP_NUMB_BITS == 64, "limbs are 64 bits");

static void to_limbs(const uint8_t *bytes, size_t length, mp_limb_t *out)
{
    memset(out, 0, length);
    for (size_t i = 0; i < length; i++)
        out[i / LIMB] |= (mp_limb_t)bytes[length - 1 - i] << 8 * (i % LIMB);
}

static void to_bytes(const mp_limb_t *limbs, size_t length, uint8_t *out)
{
    for (size_t i = 0; i < length; i++)
        out[length - 1 - i] = (uint8_t)(limbs[i / LIMB] >> 8 * (i % LIMB));
}

/* ${out} = ${wide} mod (n - 1) + 1, in a time that does not depend on it. */
static void reduce(const uint8_t wide[static WIDE], mp_limb_t out[static LIMBS])
{
    mp_limb_t number[WIDE / LIMB], divisor[LIMBS], scratch[64];
    memcpy(divisor, order, sizeof divisor);
    divisor[0]--;
    to_limbs(wide, WIDE, number);
    if ((size_t)mpn_sec_div_r_itch(WIDE / LIMB, LIMBS) > sizeof scratch / sizeof *scratch ||
        (size_t)mpn_sec_add_1_itch(LIMBS) > sizeof scratch / sizeof *scratch)
        __builtin_trap(); /* GMP promises a few times the operands */
    mpn_sec_div_r(number, WIDE / LIMB, divisor, LIMBS, scratch);
    mpn_sec_add_1(out, number, LIMBS, 1, scratch);
    sodium_memzero(number, sizeof number);
    sodium_memzero(scratch, sizeof scratch);
}

static int multiply(const mp_limb_t limbs[static LIMBS], struct p384_point *ret_point)
{
    const struct ecc_curve *curve = nettle_get_secp_384r1();
    struct ecc_scalar scalar;
    struct ecc_point point;
    mpz_t view, x, y;
    ecc_scalar_init(&scalar, curve);
    ecc_point_init(&point, curve);
    mpz_init(x);
    mpz_init(y);
    bool good = ecc_scalar_set(&scalar, mpz_roinit_n(view, limbs, LIMBS)) == 1;
    if (good) {
        ecc_point_mul_g(&point, &scalar);
        ecc_point_get(&point, x, y);
        nettle_mpz_get_str_256(P384_LENGTH, ret_point->x, x);
        nettle_mpz_get_str_256(P384_LENGTH, ret_point->y, y);
    }
    sodium_memzero(scalar.p, sizeof order);
    ecc_scalar_clear(&scalar);
    ecc_point_clear(&point);
    mpz_clear(x);
    mpz_clear(y);
    return good ? 0 : ERR_KEY;
}

int p384_derive(const struct secret *key, struct secret **ret_scalar, struct p384_point *ret_point)
{
    static const char what[] = "casemate/p384/1";
    uint8_t wide[WIDE];
    mp_limb_t limbs[LIMBS];
    struct secret *scalar = NULL;
    if (secret_length(key) != KEY_LENGTH)
        return ERR_KEY;
    crypto_generichash(wide, sizeof wide, (const uint8_t *)what, sizeof what - 1, secret_open(key),
                       KEY_LENGTH);
    secret_close(key);
    reduce(wide, limbs);
    int r = multiply(limbs, ret_point);
    if (r == 0)
        r = secret_new(P384_LENGTH, &scalar);
    if (r == 0) {
        to_bytes(limbs, P384_LENGTH, secret_open_writable(scalar));
        secret_close(scalar);
        *ret_scalar = scalar;
    }
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(limbs, sizeof limbs);
    return r;
}

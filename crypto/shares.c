#include "crypto/shares.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"

/* ---- GF(2^8): no branch and no index depends on what is secret ---- */

static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;
    for (int bit = 0; bit < 8; bit++) {
        product ^= (uint8_t)(a & -(b & 1));
        a = (uint8_t)((a << 1) ^ (0x1b & -(a >> 7)));
        b >>= 1;
    }
    return product;
}

/* a^254, which is 1/a. */
static uint8_t invert(uint8_t a)
{
    uint8_t r = 1;
    for (int i = 0; i < 7; i++) {
        a = multiply(a, a);
        r = multiply(r, a);
    }
    return r;
}

/* ---- splitting and combining ---- */

static void commit_to(const struct share *share, uint8_t out[static 32])
{
    uint8_t bytes[SHARE_SITE + 2 + SHARE_LENGTH];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_fixed(&put, share->site, SHARE_SITE);
    bytes_put_u8(&put, share->index);
    bytes_put_u8(&put, share->threshold);
    bytes_put_fixed(&put, share->data, SHARE_LENGTH);
    hash_content(share->kind == SHARE_RECOVERY ? "casemate/recovery-share/1" : "casemate/share/1",
                 bytes_view_of(bytes, sizeof bytes), out);
    sodium_memzero(bytes, sizeof bytes);
}

static void check_of(const struct secret *root, const uint8_t site[static SHARE_SITE],
                     uint8_t out[static 16])
{
    static const char what[] = "casemate/root-check/1";
    crypto_generichash_state state;
    crypto_generichash_init(&state, secret_open(root), SHARE_LENGTH, 16);
    secret_close(root);
    crypto_generichash_update(&state, (const uint8_t *)what, sizeof what - 1);
    crypto_generichash_update(&state, site, SHARE_SITE);
    crypto_generichash_final(&state, out, 16);
    sodium_memzero(&state, sizeof state);
}

/* One byte of the key, the constant of a random polynomial, evaluated at 1, 2, ... */
static void split_byte(uint8_t byte, size_t at, unsigned count, unsigned threshold,
                       struct share *shares)
{
    uint8_t coefficients[SHARES_MAX];
    coefficients[0] = byte;
    randombytes_buf(coefficients + 1, threshold - 1);
    for (unsigned i = 0; i < count; i++) {
        uint8_t value = 0;
        for (unsigned k = threshold; k-- > 0;)
            value = multiply(value, shares[i].index) ^ coefficients[k];
        shares[i].data[at] = value;
    }
    sodium_memzero(coefficients, sizeof coefficients);
}

int shares_split(const struct secret *root, enum share_kind kind, unsigned count,
                 unsigned threshold, struct custodians *ret_custodians, struct share *ret_shares)
{
    struct custodians c = {.kind = kind, .threshold = (uint8_t)threshold, .count = (uint8_t)count};
    if (threshold < SHARES_LEAST || threshold > count || count > SHARES_MAX)
        return ERR_RANGE;
    if (secret_length(root) != SHARE_LENGTH)
        return ERR_KEY;
    randombytes_buf(c.site, sizeof c.site);
    check_of(root, c.site, c.check);
    for (unsigned i = 0; i < count; i++) {
        ret_shares[i] =
            (struct share){.kind = kind, .index = (uint8_t)(i + 1), .threshold = c.threshold};
        memcpy(ret_shares[i].site, c.site, sizeof c.site);
    }
    const uint8_t *key = secret_open(root);
    for (size_t at = 0; at < SHARE_LENGTH; at++)
        split_byte(key[at], at, count, threshold, ret_shares);
    secret_close(root);
    for (unsigned i = 0; i < count; i++)
        commit_to(&ret_shares[i], c.commitment[i]);
    *ret_custodians = c;
    return 0;
}

/* Cards are numbered, each set from 1: who is to look at one needs its place among those given. */
static const char *place(size_t i)
{
    static const char *const words[SHARES_MAX] = {
        "first",      "second",     "third",     "fourth",   "fifth",    "sixth",
        "seventh",    "eighth",     "ninth",     "tenth",    "eleventh", "twelfth",
        "thirteenth", "fourteenth", "fifteenth", "sixteenth"};
    return i < SHARES_MAX ? words[i] : "last";
}

static int wrong(int r, const struct share *shares, size_t i, char why[static SHARE_WHY],
                 const char *text)
{
    snprintf(why, SHARE_WHY, "The %s share given (number %u on it) %s", place(i), shares[i].index,
             text);
    return r;
}

static bool is_theirs(const struct custodians *custodians, const struct share *s)
{
    uint8_t commitment[32];
    if (s->index == 0 || s->index > custodians->count || s->threshold != custodians->threshold)
        return false;
    commit_to(s, commitment);
    return sodium_memcmp(commitment, custodians->commitment[s->index - 1], 32) == 0;
}

int shares_check(const struct custodians *custodians, const struct share *shares, size_t count,
                 char why[static SHARE_WHY])
{
    char text[64];
    for (size_t i = 0; i < count; i++) {
        const struct share *s = &shares[i];
        if (s->kind != custodians->kind)
            return wrong(ERR_KEY, shares, i, why,
                         s->kind == SHARE_RECOVERY
                             ? "is a recovery share, where a custodian's is asked for (see "
                               "--recovery)."
                             : "is no recovery share, but a custodian's: --recovery takes "
                               "recovery shares alone.");
        if (memcmp(s->site, custodians->site, SHARE_SITE) != 0)
            return wrong(ERR_KEY, shares, i, why,
                         "belongs to another site, or to earlier custodians.");
        for (size_t k = 0; k < i; k++)
            if (shares[k].index == s->index) {
                snprintf(text, sizeof text, "was given twice: it is the %s, too.", place(k));
                return wrong(ERR_DUPLICATE, shares, i, why, text);
            }
        if (!is_theirs(custodians, s)) {
            snprintf(text, sizeof text, "is not the share %u that this site made.", s->index);
            return wrong(ERR_KEY, shares, i, why, text);
        }
    }
    return 0;
}

/* The weight of share ${i} at 0: the product of x_k / (x_k - x_i) over the others. */
static uint8_t weight_of(const struct share *shares, size_t count, size_t i)
{
    uint8_t weight = 1;
    for (size_t k = 0; k < count; k++)
        if (k != i)
            weight = multiply(weight,
                              multiply(shares[k].index, invert(shares[k].index ^ shares[i].index)));
    return weight;
}

int shares_combine(const struct custodians *custodians, const struct share *shares, size_t count,
                   struct secret **ret_root, char why[static SHARE_WHY])
{
    struct secret *root = NULL;
    uint8_t check[16];
    int r = shares_check(custodians, shares, count, why);
    if (r)
        return r;
    if (count < custodians->threshold) {
        snprintf(why, SHARE_WHY, "%zu of %u shares were given; this site needs %u.", count,
                 custodians->count, custodians->threshold);
        return ERR_TRUNCATED;
    }
    r = secret_new(SHARE_LENGTH, &root);
    if (r) {
        snprintf(why, SHARE_WHY, "There was no memory for a key.");
        return r;
    }
    uint8_t *key = secret_open_writable(root);
    for (size_t i = 0; i < custodians->threshold; i++) {
        uint8_t weight = weight_of(shares, custodians->threshold, i);
        for (size_t at = 0; at < SHARE_LENGTH; at++)
            key[at] ^= multiply(shares[i].data[at], weight);
    }
    secret_close(root);
    check_of(root, custodians->site, check);
    if (sodium_memcmp(check, custodians->check, sizeof check) != 0) {
        snprintf(why, SHARE_WHY, "The shares give a key that is not this site's.");
        secret_free(root);
        return ERR_KEY;
    }
    *ret_root = root;
    return 0;
}

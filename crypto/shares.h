#ifndef CRYPTO_SHARES_H
#define CRYPTO_SHARES_H

#include "crypto/bytes.h"
#include "crypto/secret.h"

/*
 * A 32-byte key in the hands of several custodians: any ${threshold} of their
 * shares give it back, fewer say nothing about it (A. Shamir, How to share a secret,
 * CACM 22, 1979), byte by byte over GF(2^8) with the polynomial x^8+x^4+x^3+x+1.
 * The custodian of index x has the polynomial's value at x; the key is its value at 0.
 *
 * What a person types is SHARE_ROWS rows of 16 characters, Crockford's base32 without
 * a check character: each row is 9 bytes and a check byte (the first of BLAKE2b-256 for
 * "casemate/share-row/1" over the row's number and its bytes).  The rows' bytes are
 *     u8 version, 8 site, u8 index, u8 threshold, 32 share, 2 check
 * version is 1 for a share that unlocks a site and 2 for one that recovers it, and
 * where check is the first two bytes of BLAKE2b-256 for "casemate/share-text/1" over
 * the 43 bytes before it.  Read back, O is 0, I and L are 1, case, dashes and blanks
 * say nothing.
 *
 * What the site keeps of them is public and stands in its key ring
 * (enclave/keys/keyring.h); on sites from before there was one it is the file "custodians":
 *     casemate-custodians 1
 *     site SITE                16 hexadecimal digits, random at creation
 *     threshold M
 *     check CHECK              32 digits: BLAKE2b-128 keyed with the shared key over
 *                              "casemate/root-check/1" and the 8 bytes of the site
 *     share COMMITMENT         64 digits, of index 1, 2, ...: BLAKE2b-256 for
 *                              "casemate/share/1", for recovery
 *                              "casemate/recovery-share/1", over site, index, threshold
 *                              and share
 * A share is as random as the key, so its commitment gives nothing away; by it a share
 * that is not one of these is known before anything is combined.
 */
#define SHARES_LEAST   2
#define SHARES_MAX     16
#define SHARE_LENGTH   32
#define SHARE_SITE     8
#define SHARE_ROWS     5
#define SHARE_TEXT     100 /* 5 rows of 4 groups of 4 characters: dashes between, LF behind */
#define CUSTODIANS_MAX 1400
#define SHARE_WHY      160

enum share_kind { SHARE_NONE = 0, SHARE_UNLOCK = 1, SHARE_RECOVERY = 2 };

struct share {
    enum share_kind kind;
    uint8_t site[SHARE_SITE];
    uint8_t index; /* from 1 */
    uint8_t threshold;
    uint8_t data[SHARE_LENGTH];
};

struct custodians {
    enum share_kind kind;
    uint8_t site[SHARE_SITE];
    uint8_t threshold;
    uint8_t count;
    uint8_t check[16];
    uint8_t commitment[SHARES_MAX][32];
};

/*
 * shares_split(root, kind, count, threshold, ret_custodians, ret_shares):
 * Share ${root} among ${count} custodians, with a site number of its own, as shares of
 * ${kind}.  ${ret_shares} has room for ${count}; the caller wipes it.  ERR_RANGE unless
 * 2 <= threshold <= count <= 16; ERR_KEY unless ${root} is 32 bytes long.
 */
must_use int shares_split(const struct secret *root, enum share_kind kind, unsigned count,
                          unsigned threshold, struct custodians *ret_custodians,
                          struct share *ret_shares);

/* shares_check(custodians, shares, count, why): Is each a share of theirs, given once?  Else
 * ERR_KEY or ERR_DUPLICATE, and ${why} names it in words, by its place among ${shares} and by the
 * number on it: two sets have the same numbers. */
must_use int shares_check(const struct custodians *custodians, const struct share *shares,
                          size_t count, char why[static SHARE_WHY]);

/*
 * shares_combine(custodians, shares, count, ret_root, why):
 * Check them, and make the root key of the first ${threshold}.  ERR_TRUNCATED if there
 * are fewer; ERR_KEY if what comes out is not the key that was shared.
 */
must_use int shares_combine(const struct custodians *custodians, const struct share *shares,
                            size_t count, struct secret **ret_root, char why[static SHARE_WHY]);

/* share_print(share, out): What a custodian keeps; SHARE_TEXT characters and a terminator. */
void share_print(const struct share *share, char out[static SHARE_TEXT + 1]);

/* share_parse(text, ret_share, why): What a custodian typed.  ERR_FORMAT, ERR_TRUNCATED or
 * ERR_TRAILING, and ${why} says which row to look at. */
must_use int share_parse(struct bytes_view text, struct share *ret_share,
                         char why[static SHARE_WHY]);

/* custodians_print(custodians, out, ret_length), custodians_parse(text, ret_custodians): The file
 * of shares that unlock; its one form. */
must_use int custodians_print(const struct custodians *custodians, char out[static CUSTODIANS_MAX],
                              size_t *ret_length);
must_use int custodians_parse(struct bytes_view text, struct custodians *ret_custodians);

#endif

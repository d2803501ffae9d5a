#ifndef CRYPTO_STATEMENT_H
#define CRYPTO_STATEMENT_H

#include "crypto/bytes.h"
#include "crypto/sign.h"

/*
 * Identity's signed statement: this person, in this session at this station,
 * has just shown this factor for exactly this action.  Big-endian, every length
 * checked; docs/FORMAT.md has the layout.
 */
#define STATEMENT_VERSION     2
#define STATEMENT_PURPOSE     "casemate/statement/1"
#define STATEMENT_ID          16
#define STATEMENT_ENCLAVE     8          /* e and seven of a-z 0-9 */
#define STATEMENT_ENTRY       "entry000" /* in the enclave's place, of what is signed at the entry */
#define STATEMENT_NAME_MAX    64
#define STATEMENT_MEANING_MAX 160
#define STATEMENT_BODY_MAX    (1 + 8 + 4 * 16 + 1 + 8 + 2 + 32 + 4 + 64 + 4 + 160)
#define STATEMENT_MAX         (STATEMENT_BODY_MAX + SIGN_LENGTH)

enum statement_factor {
    STATEMENT_NONE = 0,
    STATEMENT_BADGE_PIN = 1,
    STATEMENT_FIDO2 = 2,
    STATEMENT_PIV = 3,
    STATEMENT_FACTOR_COUNT
};

struct statement {
    char enclave[STATEMENT_ENCLAVE + 1];
    uint8_t person[STATEMENT_ID];
    uint8_t natural[STATEMENT_ID]; /* the human being, whichever account; zeros in version 1 */
    uint8_t session[STATEMENT_ID], station[STATEMENT_ID];
    enum statement_factor factor;
    int64_t at_ms; /* UTC, since 1970 */
    uint16_t operation;
    uint8_t action[32];                      /* statement_action_digest() */
    char name[STATEMENT_NAME_MAX + 1];       /* as it is printed: UTF-8, no control characters */
    char meaning[STATEMENT_MEANING_MAX + 1]; /* what the signature means, likewise; may be empty */
};

/* statement_action_digest(operation, enclave, body, out): SHA-256 of "casemate/action/1" LF
 * ${operation} LF ${enclave} LF and the exact bytes of the HTTP body. */
must_use int statement_action_digest(const char *operation, const char *enclave,
                                     struct bytes_view body, uint8_t out[static 32]);

/* statement_sign(seed, statement, out, ret_length): Encode and sign.  ERR_RANGE for a field that
 * statement_check() would refuse. */
must_use int statement_sign(const struct secret *seed, const struct statement *statement,
                            uint8_t out[static STATEMENT_MAX], size_t *ret_length);

/* statement_check(public_key, data, ret_statement): Verify, then decode.  Version 1, which lies in
 * older logs, did not say which human being the person is.  ERR_SIGNATURE, ERR_UNKNOWN (version,
 * factor, algorithm), ERR_FORMAT, ERR_TRUNCATED, ERR_TRAILING, ERR_SIZE. */
must_use int statement_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
                             struct bytes_view data, struct statement *ret_statement);

/* statement_by_two(a, b): Are they of two human beings?  Not when one of them does not say. */
bool statement_by_two(const struct statement *a, const struct statement *b);

/* "badge+pin", "fido2", "piv"; STATEMENT_NONE for any other text. */
const char *statement_factor_text(enum statement_factor factor);
enum statement_factor statement_factor_of(struct bytes_view text);

#endif

#ifndef ENCLAVE_STORE_LOSS_H
#define ENCLAVE_STORE_LOSS_H

#include <stdbool.h>

#include "crypto/hash.h"
#include "crypto/statement.h"

/*
 * What a log has lost: the auditor has signed one thing, and another lies here.  Two
 * people sign for exactly this, each with identity's statement over a request whose
 * body names its digest; then a new epoch of the log is opened.  The digest is
 * BLAKE2b-256 of "casemate/loss/1", 0x00, and big-endian: 8 bytes enclave; of what was
 * signed u32 epoch, u64 size, 32 bytes root; of what lies here the same.
 */
#define LOSS_OPERATION      131 /* ACCEPT_LOSS of operations.def */
#define LOSS_OPERATION_NAME "accept-loss"
#define LOSS_BODY           119

struct loss_log {
    uint32_t epoch;
    uint64_t size; /* of the epoch's tree */
    uint8_t root[HASH_TREE_LENGTH];
};

struct loss {
    char enclave[STATEMENT_ENCLAVE + 1];
    struct loss_log signed_log; /* as the auditor last signed it */
    struct loss_log here;       /* as it lies in the store */
};

/* One person's word. */
struct loss_consent {
    struct bytes_view body; /* exactly {"id":"UUID","loss":"64 hexadecimal digits"} */
    struct bytes_view statement;
};

void loss_digest(const struct loss *loss, uint8_t out[static HASH_CONTENT_LENGTH]);

/* loss_body_is(body, digest): Is it in its one form, and of this digest? */
bool loss_body_is(struct bytes_view body, const uint8_t digest[static HASH_CONTENT_LENGTH]);

/*
 * loss_check(loss, public_key, admits_pin, consent, ret_statement):
 * Is it a person's word for exactly this loss?  ${public_key} is identity's for
 * statements; ${admits_pin} whether badge and PIN will do on this site.  0; ERR_FORMAT
 * (the body), ERR_SIGNATURE, ERR_DIGEST (for something else), ERR_REFUSED (the factor),
 * or as statement_check().
 */
must_use int loss_check(const struct loss *loss,
                        const uint8_t public_key[static SIGN_PUBLIC_LENGTH], bool admits_pin,
                        const struct loss_consent *consent, struct statement *ret_statement);

/* loss_check_both(...): Of two different human beings, whatever accounts they have.
 * ${ret_why} is a sentence's end, in words. */
must_use int loss_check_both(const struct loss *loss,
                             const uint8_t public_key[static SIGN_PUBLIC_LENGTH], bool admits_pin,
                             const struct loss_consent consents[static 2],
                             struct statement ret_statements[static 2], const char **ret_why);

#endif

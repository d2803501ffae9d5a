#ifndef ENCLAVE_BACKUP_BACKUP_H
#define ENCLAVE_BACKUP_BACKUP_H

#include <stdbool.h>

#include "crypto/bytes.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

/*
 * A backup of one store: its file's pages as they lie there, already ciphertext, sealed
 * once more.  First the head, text, LF:
 *     casemate-backup 1
 *     id ID                    32 digits, random
 *     holder HOLDER            whose store: an enclave's id, or "identity"
 *     site KIND                training or production
 *     made UTC                 milliseconds
 *     mac NAME                 what the store's NAME.format says
 *     length BYTES             of the store's file
 *     events N                 in its log
 *     checkpoint BASE64        the newest signed head, or -
 *     signer PUBLIC            64 digits
 *     (an empty line)
 * then parts of BACKUP_PART bytes, the last one shorter, each sealed (seal.h) under the
 * holder's backup key for purpose "backup", holder ID, generation the part's number from 0;
 * then the signature (sign.h) by the holder's signing key for "casemate/backup/1" over
 * BLAKE2b-256 of the head and of the last 16 bytes of each part, its authenticator.
 *
 * Which generation of the holder's key these keys are derived from the file beside it says
 * (enclave/keys/keyring.h, the wrap), and whoever can open it is asked for it.
 *
 * Whoever has the backup key could make other parts with the same authenticators: the
 * signature says who wrote it, the seal that nobody else changed it.
 */
#define BACKUP_PART     (1u << 20)
#define BACKUP_HEAD_MAX 2048
#define BACKUP_WHY      400

/* The word that a restoring process is run with to verify what it is given, and no more. */
#define BACKUP_RUN_VERIFY "verify"

struct backup_head {
    uint8_t id[16];
    char holder[16];
    bool training;
    int64_t made_ms;
    bool sha256;
    uint64_t length;
    uint64_t events;
    char checkpoint[700]; /* base64, "-" for none */
    uint8_t signer[SIGN_PUBLIC_LENGTH];
};

/* backup_print(head, out, ret_length), backup_parse(text, ret_head, ret_length): The head's one
 * form; parsing needs the whole of it in ${text}.  ERR_FORMAT. */
must_use int backup_print(const struct backup_head *head, char out[static BACKUP_HEAD_MAX],
                          size_t *ret_length);
must_use int backup_parse(struct bytes_view text, struct backup_head *ret_head, size_t *ret_length);

/*
 * backup_write(head, key, seed, from, to, why):
 * Write the backup of the file ${from}, which is ${head}'s length long and does not change,
 * to ${to}; ${seed} signs, and is filled into the head as the signer.  ERR_FULL, ERR_SYSTEM,
 * ERR_TRUNCATED with the reason in words.
 */
must_use int backup_write(struct backup_head *head, const struct secret *key,
                          const struct secret *seed, int from, int to, char why[static BACKUP_WHY]);

/*
 * backup_read_head(from, ret_head, why): The head of what ${from} reads, up to its end and not a
 * byte further.
 * backup_read(head, key, seed, from, to, why):
 * The pages behind that head into the file ${to}.  Only when it returns 0 is ${to} what was
 * backed up; whoever calls removes it otherwise.  With ${to} -1 it is verified and written nowhere.
 * ERR_KEY: not this key's; ERR_SIGNATURE,
 * ERR_TRUNCATED, ERR_TRAILING, ERR_FULL, ERR_SYSTEM.
 */
must_use int backup_read_head(int from, struct backup_head *ret_head, char why[static BACKUP_WHY]);
must_use int backup_read(const struct backup_head *head, const struct secret *key,
                         const struct secret *seed, int from, int to, char why[static BACKUP_WHY]);

#endif

#ifndef ENCLAVE_KEYS_KEEPER_H
#define ENCLAVE_KEYS_KEEPER_H

#include "enclave/keys/keyring.h"
#include "enclave/process/process.h"

/* What the keeper's files share; nobody else includes it. */

struct keeper {
    struct process *process;
    struct keyring ring;
    struct keyring before; /* as it was, while a change is made that may fail */
    struct secret *root;
    struct secret *tpm; /* the TPM's, where the ring is bound to one and it has given it */
};

/* The rows of appliance/commands.def that the keeper answers, by their numbers; the table itself
 * belongs to the floor above. */
enum keeper_command {
    KEEPER_UNLOCK = 20,
    KEEPER_RESTORE = 31,
    KEEPER_REKEY = 40,
    KEEPER_REKEYED = 41,
    KEEPER_CLOSE_OUT = 42,
    KEEPER_CLOSED_OUT = 43,
    KEEPER_CUSTODIANS = 44,
    KEEPER_RECOVERY = 45,
    KEEPER_CONFIRM = 46,
    KEEPER_UNLOCK_RECOVERY = 47,
    KEEPER_TPM_ADD = 48,
    KEEPER_TPM_REMOVE = 49,
    KEEPER_ACCEPT_LOSS = 59,
};

/* keeper_now(): UTC seconds. */
int64_t keeper_now(void);

/* keeper_save(keeper): Make the ring as it is in memory durable. */
must_use int keeper_save(struct keeper *keeper);

/* ---- keeper_unlock.c ---- */

/* keeper_open(keeper): Load the ring, or make one where there is none, and open it with what the
 * supervisor gave.  One sentence goes to the log and the console when that is not good. */
must_use int keeper_open(struct keeper *keeper);

/* What the console gives: the shares, and whether they are to be recovery shares. */
struct keeper_given {
    struct share shares[SHARES_MAX];
    size_t count;
    bool recovery;
};

/* keeper_shares(keeper, words, size, ret_given, why): The console's input: where ${words} is not
 * NULL a line of words comes first; then the line "recovery" where recovery shares are to be taken;
 * then a share a line.  The caller wipes ${ret_given}. */
must_use int keeper_shares(const struct keeper *keeper, char *words, size_t size,
                           struct keeper_given *ret_given, char why[static KEYRING_WHY]);

/* keeper_who(shares, count, out): "custodians_1,3", for a record; each set is named with its
 * numbers: "custodians_1,3_recovery_custodians_1". */
#define KEEPER_WHO 80
void keeper_who(const struct share *shares, size_t count, char out[static KEEPER_WHO]);

/* ---- keeper_command.c ---- */

/* keeper_command(keeper, request, command): What the console asks. */
void keeper_command(struct keeper *keeper, uint64_t request, unsigned command);

/* keeper_intent_acknowledged(keeper, id), keeper_auditor_gone(keeper): The auditor has journaled
 * what is about to be done, or has gone. */
void keeper_intent_acknowledged(struct keeper *keeper, const uint8_t id[static 16]);
/* keeper_intent_refused(keeper, m): The journal could not take it: the console is told why, in the
 * auditor's words. */
void keeper_intent_refused(struct keeper *keeper, const struct message_audit_refused *m);
void keeper_auditor_gone(struct keeper *keeper);

/* keeper_refuse(keeper, request, why): Answer the console. */
void keeper_refuse(const struct keeper *keeper, uint64_t request, const char *why);

/* keeper_begin(keeper, request, command, detail, about): Have ${detail} journaled as an intent,
 * with a digest ${about} or NULL; ${command} is done when the auditor's word has come. */
void keeper_begin(struct keeper *keeper, uint64_t request, unsigned command, const char *detail,
                  const uint8_t *about);

/* ---- keeper_lock.c ---- */

#define KEEPER_SAID 400

/*
 * keeper_agree(keeper, words, size, who, ret_secret, why):
 * Do the custodians agree whose shares the console gives?  They are checked as at an
 * unlocking: all are custodians', or, where the console says so, all are recovery shares.  The
 * log says how many of which.  ${words} as keeper_shares(); the secret that they share goes to
 * ${ret_secret} where that is not NULL, and then recovery shares are refused.  A training site
 * has no custodians, and agrees.
 */
must_use int keeper_agree(const struct keeper *keeper, char *words, size_t size,
                          char who[static KEEPER_WHO], struct secret **ret_secret,
                          char why[static KEYRING_WHY]);

/* keeper_new_shares, keeper_new_tpm: What the console asks; keeper_ask_confirm() puts shares in
 * force, with the auditor's word by keeper_confirm().  Whoever confirms says which shares: the
 * console's input is the BLAKE2b-256 of their text, as they were handed out. */
#define KEEPER_SHARES_DIGEST 32
void keeper_new_shares(struct keeper *keeper, uint64_t request, unsigned command);
void keeper_new_tpm(struct keeper *keeper, uint64_t request, unsigned command);
void keeper_ask_confirm(struct keeper *keeper, uint64_t request);
must_use int keeper_confirm(struct keeper *keeper, char said[static KEEPER_SAID]);

/* keeper_lock_expire(): Shares that nobody confirmed are forgotten after half an hour. */
void keeper_lock_expire(void);

/* ---- keeper_certificate.c ---- */

/*
 * keeper_certificate(keeper, enclave, who, copies, out, size, ret_length):
 * The certificate that the keys of ${enclave} are destroyed, and behind it its signature: the
 * text of a minisign file.  ${who} destroyed it; ${copies} are lines that the console gave.
 */
#define KEEPER_CERTIFICATE_MAX 32768
must_use int keeper_certificate(const struct keeper *keeper, const char *enclave, const char *who,
                                const char *copies, char out[static KEEPER_CERTIFICATE_MAX],
                                size_t *ret_length);

/* ---- keeper_record.c: records for the auditor, kept until it has them ---- */

/* record_open(keeper): Read those that were not delivered. */
must_use int record_open(struct keeper *keeper);

/* record_add(keeper, outcome, operation, detail): Durable when this returns; delivered when the
 * auditor is there. */
void record_add(struct keeper *keeper, unsigned outcome, unsigned operation, const char *detail);

/* record_intent(keeper, operation, detail, about, ret_id): Ask the auditor to journal what is about
 * to be done; ${about} is a digest of 32 bytes that it is done to, or NULL.  ERR_EOF when it is not
 * there. */
must_use int record_intent(struct keeper *keeper, unsigned operation, const char *detail,
                           const uint8_t *about, uint8_t ret_id[static 16]);

/* record_outcome(keeper, id, outcome, operation, detail): What became of an intent. */
void record_outcome(struct keeper *keeper, const uint8_t id[static 16], unsigned outcome,
                    unsigned operation, const char *detail);

/* record_joined(keeper, peer): The auditor is there: it gets what waits. */
void record_joined(struct keeper *keeper, struct peer *peer);

/* record_room(keeper, full): The journal is full, or has room again: what waits is sent once more.
 */
void record_room(struct keeper *keeper, bool full);

/* record_acknowledged(keeper, id): Returns whether it was one of those that waited. */
bool record_acknowledged(struct keeper *keeper, const uint8_t id[static 16]);

/* record_asked(keeper, m): What became of an intent that the auditor holds open? */
void record_asked(struct keeper *keeper, const struct message_audit *m);

#endif

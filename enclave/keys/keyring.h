#ifndef ENCLAVE_KEYS_KEYRING_H
#define ENCLAVE_KEYS_KEYRING_H

#include <stdbool.h>

#include "crypto/minisign.h"
#include "crypto/seal.h"
#include "crypto/shares.h"
#include "enclave/keys/tpm_sealed.h"
#include "enclave/process/topology.h"

/*
 * A site's key ring: every key of the site, sealed.  It lies in the keeper's directory as
 * the file "keyring" and holds nothing that opens by itself.
 *
 *     the custodians' secret, or the bytes of a training site's key file,
 *     and the TPM's where the ring has one  ->  the unlock key  ->  the root key
 *     the root key  ->  a random 32-byte key of each holder, by generation
 *     a holder's key  ->  by purpose (crypto/derive.h) what a program is given
 *
 * A holder is an enclave, or a service of the site: identity, auditor, guard-a, guard-b,
 * entry, certifier, gateways (the TLS keys of all enclaves' gateways: their certificates
 * outlive a rekey), keeper (which signs certificates of close-out).  Generation 0 is that
 * of sites from before there was a ring: its key is the root key of that time, one for all
 * holders, so that every key is what it was; from generation 1 on a holder has a key of
 * its own.
 *
 * Recovery: an X25519 key whose secret is shared among recovery custodians.  The root key
 * is sealed to it, and each holder's key from generation 1 on: so a site opens without
 * its TPM or its custodians, and one program's backup on another machine.
 *
 * The text, one line each, in this order, fields with one space between them.  Numbers are
 * decimal; times UTC seconds since 1970; a value in hexadecimal digits begins with a byte
 * that names its algorithm (for seals see crypto/seal.h; 01 for commitments and checks:
 * crypto/shares.h; 01 for the mac: BLAKE2b-256).
 *
 *     casemate-keyring 1
 *     profile modern
 *     kind training                                  or production
 *     serial N                                       one more at each writing
 *     root GENERATION SINCE SEALED                   about: root, site, GENERATION
 *     tpm PCRS SINCE NAME PUBLIC PRIVATE             where a TPM must agree; values as it
 *                                                    marshals them, with its algorithm ids
 *     custodians THRESHOLD SITE CHECK                production only; then for each, of
 *     custodian COMMITMENT                           index 1, 2, ...
 *     recovery THRESHOLD SITE CHECK PUBLIC SEALED    where the site has it: SEALED is the
 *     recoverer COMMITMENT                           root key, about: root-recovery, site,
 *                                                    the root's GENERATION
 *     certificate PUBLIC                             the keeper's, as minisign prints it
 *     holder NAME GENERATION STATE SINCE SEALED RECOVERY
 *                                                    about: holder, NAME, GENERATION and
 *                                                    holder-recovery, likewise
 *     mac MAC                                        keyed with the key that is derived
 *                                                    from the root key for holder
 *                                                    "keyring" and purpose "mac", over
 *                                                    every line before
 * STATE is current, next (being made by a rekey) or destroyed, whose SEALED and RECOVERY
 * are "-"; so is RECOVERY where there is none.  A holder without a current generation has
 * been closed out.
 */
#define KEYRING_FILE        "keyring"
#define KEYRING_HOLDER_MAX  16
#define KEYRING_HOLDERS_MAX 512
#define KEYRING_TEXT_MAX    (256 * 1024)
#define KEYRING_WHY         240

enum keyring_state { KEYRING_NONE = 0, KEYRING_CURRENT, KEYRING_NEXT, KEYRING_DESTROYED };

struct keyring_holder {
    char name[KEYRING_HOLDER_MAX + 1];
    uint32_t generation;
    enum keyring_state state;
    int64_t since;
    bool recoverable;
    uint8_t sealed[SEAL_SECRET]; /* both are zero where the generation is destroyed */
    uint8_t recovery[SEAL_TO_SECRET];
};

struct keyring {
    bool training;
    bool recoverable;
    uint64_t serial;
    uint32_t root_generation;
    int64_t root_since;
    uint8_t root[SEAL_SECRET];
    struct tpm_sealed tpm; /* public_length 0 where there is none */
    int64_t tpm_since;
    struct custodians custodians; /* count 0 on a training site */
    struct custodians recovery;   /* count 0 where there is none */
    uint8_t recovery_public[SEAL_PUBLIC_LENGTH];
    uint8_t root_recovery[SEAL_TO_SECRET];
    struct minisign_public certificate;
    struct keyring_holder holders[KEYRING_HOLDERS_MAX];
    size_t count;
    uint8_t mac[32]; /* as it was read, or saved last */
};

/* keyring_state_text(state): "current", ... */
const char *keyring_state_text(enum keyring_state state);

/* ---- the text ---- */

/* keyring_print(ring, root, out, ret_length): The text, with the mac that ${root} gives. */
must_use int keyring_print(const struct keyring *ring, const struct secret *root,
                           char out[static KEYRING_TEXT_MAX], size_t *ret_length);

/* keyring_parse(text, ret_ring, why): Strict: what it accepts is what keyring_print() writes.  Else
 * ERR_FORMAT and the like, and ${why} names the line in words. */
must_use int keyring_parse(struct bytes_view text, struct keyring *ret_ring,
                           char why[static KEYRING_WHY]);

/* ---- making and opening ---- */

/*
 * keyring_make(training, custodians, unlock, root, generation, now, ret_ring):
 * A ring without holders.  ${unlock} is the 32-byte secret that ${custodians} share, or of
 * the training site's key file (then ${custodians} is NULL); ${root} is sealed under what
 * is derived from it.
 */
must_use int keyring_make(bool training, const struct custodians *custodians,
                          const struct secret *unlock, const struct secret *root,
                          uint32_t generation, int64_t now, struct keyring *ret_ring);

/* keyring_has_tpm(ring): Is the root key bound to a TPM, too? */
bool keyring_has_tpm(const struct keyring *ring);

/*
 * keyring_open(ring, unlock, tpm, ret_root, why), keyring_open_recovery(ring, recovery, ret_root,
 * why): The root key, by the custodians' secret and where the ring has a TPM its secret (else
 * NULL), or by the recovery custodians'.  Everything in the ring is
 * looked at before: ERR_KEY when something does not open, ERR_DIGEST when the mac is another;
 * ${why} names the line, where that can be known.
 */
must_use int keyring_open(const struct keyring *ring, const struct secret *unlock,
                          const struct secret *tpm, struct secret **ret_root,
                          char why[static KEYRING_WHY]);
must_use int keyring_open_recovery(const struct keyring *ring, const struct secret *recovery,
                                   struct secret **ret_root, char why[static KEYRING_WHY]);

/* What opens a production site's ring: ${unlock} is shared among ${custodians}; ${sealed} and its
 * secret ${tpm} are NULL where no TPM must agree. */
struct keyring_lock {
    const struct custodians *custodians;
    const struct secret *unlock;
    const struct tpm_sealed *sealed;
    const struct secret *tpm;
};

/*
 * keyring_rewrap(ring, root, lock, now, ret_root):
 * Another lock: other custodians, with or without a TPM.  A new root key is made, everything that
 * was sealed under ${root} is sealed under it, and it under what the lock gives.  On failure
 * ${ring} is as it was.
 */
must_use int keyring_rewrap(struct keyring *ring, const struct secret *root,
                            const struct keyring_lock *lock, int64_t now, struct secret **ret_root);

/* keyring_set_recovery(ring, root, custodians, recovery): Other recovery custodians, who share
 * ${recovery}: every wrap to recovery is made again, to its public key.  On failure ${ring} is as
 * it was. */
must_use int keyring_set_recovery(struct keyring *ring, const struct secret *root,
                                  const struct custodians *custodians,
                                  const struct secret *recovery);

/* ---- holders ---- */

/* keyring_find(ring, name, state): Its line, or NULL.  KEYRING_NONE finds any, the youngest. */
const struct keyring_holder *keyring_find(const struct keyring *ring, const char *name,
                                          enum keyring_state state);

/* keyring_is_closed_out(ring, name): It had a key, and has none any more. */
bool keyring_is_closed_out(const struct keyring *ring, const char *name);

/*
 * keyring_add(ring, root, name, generation, key, state, now):
 * Another generation of the holder ${name}, with the 32-byte ${key}; a random one where that is
 * NULL.  Sealed to recovery too, from generation 1 on.  ERR_FULL, ERR_DUPLICATE, ERR_RANGE.
 */
must_use int keyring_add(struct keyring *ring, const struct secret *root, const char *name,
                         uint32_t generation, const struct secret *key, enum keyring_state state,
                         int64_t now);

/* keyring_begin(ring, root, name, now): Make the next generation, unless it is being made.
 * ERR_UNKNOWN where the holder has no current one. */
must_use int keyring_begin(struct keyring *ring, const struct secret *root, const char *name,
                           int64_t now);

/* keyring_promote(ring, name, now): The next generation becomes the current one, which is
 * destroyed.  ERR_STATE where there is no next. */
must_use int keyring_promote(struct keyring *ring, const char *name, int64_t now);

/* keyring_destroy(ring, name, now): Every generation.  ERR_UNKNOWN where there is none. */
must_use int keyring_destroy(struct keyring *ring, const char *name, int64_t now);

/* keyring_key(ring, root, holder, ret_key): The 32-byte key of one line.  ERR_STATE when it is
 * destroyed. */
must_use int keyring_key(const struct keyring *ring, const struct secret *root,
                         const struct keyring_holder *holder, struct secret **ret_key);

/*
 * keyring_derive(ring, root, row, enclave, ret_key):
 * What the keeper hands to a program for a KEY row of topology.def: derived from the current
 * generation of the row's holder, or, for a row of the next, from that one while it is being made.
 * ERR_UNKNOWN where the holder has no key.
 */
must_use int keyring_derive(const struct keyring *ring, const struct secret *root,
                            const struct key_row *row, const char *enclave,
                            struct secret **ret_key);

/* keyring_service(at): The names of the holders that every site has, from 0; NULL behind the last.
 */
const char *keyring_service(size_t at);

/* keyring_fill(ring, root, enclaves, count, generation, now): Add each service and each of
 * ${enclaves} that the ring does not know, with a random key; for generation 0, with ${root}
 * itself.  The keeper's certificate key is put into its line.  ${ret_added} says how many. */
must_use int keyring_fill(struct keyring *ring, const struct secret *root,
                          const char (*enclaves)[ENCLAVE_ID_LENGTH + 1], size_t count,
                          uint32_t generation, int64_t now, size_t *ret_added);

/* keyring_certificate_key(ring, root, ret_seed): With which the keeper signs certificates. */
must_use int keyring_certificate_key(const struct keyring *ring, const struct secret *root,
                                     struct secret **ret_seed);

/* ---- a program's key on another machine ---- */

/*
 * Where copies went stands in the file "backups" of the site's directory, a line each, fields with
 * one space between them, written before a backup is made and read at a close-out:
 *     DATE ENCLAVE GENERATION MEDIUM FILE            such as
 *     2026-11-20T08:00:00Z e7k2m9qa 2 /media/tape-12 e7k2m9qa.backup
 * No field has a blank in it: other bytes than printable ones stand as %20.
 */

/*
 * What goes onto a backup's medium beside the ciphertext: it opens with the recovery
 * custodians' shares alone.  A line each, in the forms of the ring:
 *     casemate-wrap 1
 *     profile modern
 *     kind production
 *     recovery THRESHOLD SITE CHECK PUBLIC
 *     recoverer COMMITMENT                           of index 1, 2, ...
 *     holder NAME GENERATION RECOVERY
 */
#define KEYRING_WRAP_MAX 2048

struct keyring_wrap {
    bool training;
    struct custodians recovery;
    uint8_t recovery_public[SEAL_PUBLIC_LENGTH];
    char name[KEYRING_HOLDER_MAX + 1];
    uint32_t generation;
    uint8_t sealed[SEAL_TO_SECRET];
};

/* keyring_wrap_of(ring, name, ret_wrap): Of the current generation.  ERR_UNKNOWN where it has no
 * wrap to recovery. */
must_use int keyring_wrap_of(const struct keyring *ring, const char *name,
                             struct keyring_wrap *ret_wrap);

must_use int keyring_wrap_print(const struct keyring_wrap *wrap, char out[static KEYRING_WRAP_MAX],
                                size_t *ret_length);
must_use int keyring_wrap_parse(struct bytes_view text, struct keyring_wrap *ret_wrap,
                                char why[static KEYRING_WHY]);

/* keyring_wrap_open(wrap, shares, count, ret_key, why): The holder's key, by recovery shares. */
must_use int keyring_wrap_open(const struct keyring_wrap *wrap, const struct share *shares,
                               size_t count, struct secret **ret_key, char why[static KEYRING_WHY]);

/*
 * keyring_adopt(ring, root, wrap, key, now):
 * Take a key that keyring_wrap_open() gave into this site's ring, as the holder's current
 * generation.  ERR_RANGE for a wrap of the other kind of site; ERR_DUPLICATE where the holder
 * has a current generation here.
 */
must_use int keyring_adopt(struct keyring *ring, const struct secret *root,
                           const struct keyring_wrap *wrap, const struct secret *key, int64_t now);

/* ---- the file ---- */

/* keyring_load(dir, ret_ring, why): The file in the directory ${dir}.  ERR_UNKNOWN where there is
 * none; ERR_SYSTEM; otherwise as keyring_parse(). */
must_use int keyring_load(int dir, struct keyring *ret_ring, char why[static KEYRING_WHY]);

/*
 * keyring_save(dir, ring, root):
 * Replace the file: a new one is written and synced, takes the name, and the directory is
 * synced; what the old file's blocks held is then overwritten, which reaches what the file
 * system and the disk let it reach.  On failure the old file is there, whole; but on
 * ERR_STATE, when the directory could not be synced, either may be there after a power cut:
 * the caller must end and load what is there.
 */
must_use int keyring_save(int dir, struct keyring *ring, const struct secret *root);

#endif

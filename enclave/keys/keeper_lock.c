/*
 * What opens the ring, changed while the site is unlocked: other custodians, other recovery
 * custodians, with or without a TPM.  Custodians agree with their shares; new shares are
 * handed out first and in force when the console has confirmed them.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/audit/outcome.h"
#include "enclave/keys/keeper.h"
#include "enclave/keys/tpm.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define PREPARED_MS (30 * 60 * 1000)

/* A lock that is not in force yet: new shares that were handed out, or a TPM that has sealed. */
static struct {
    unsigned command; /* KEEPER_CUSTODIANS, KEEPER_RECOVERY, KEEPER_TPM_ADD or _REMOVE, or 0 */
    struct custodians custodians;
    struct secret *secret; /* what they share */
    struct tpm_sealed sealed;
    struct secret *tpm; /* NULL: no TPM */
    uint8_t digest[KEEPER_SHARES_DIGEST];
    char who[KEEPER_WHO];
    uint64_t since_ms;
} prepared;

static void forget_prepared(void)
{
    secret_free(prepared.secret);
    secret_free(prepared.tpm);
    memset(&prepared, 0, sizeof prepared);
}

void keeper_lock_expire(void)
{
    if (prepared.command && os_boot_ms() - prepared.since_ms > PREPARED_MS)
        forget_prepared();
}

/* ---- custodians who agree ---- */

/* Does the ring in memory open with it?  A ring that is bound to a TPM which did not give its
 * secret, because recovery shares opened it, is taken at the shares' own check. */
static int opens(const struct keeper *keeper, const struct secret *secret, bool recovery,
                 char why[static KEYRING_WHY])
{
    struct secret *root = NULL;
    if (!recovery && keyring_has_tpm(&keeper->ring) && !keeper->tpm)
        return 0;
    int r = recovery ? keyring_open_recovery(&keeper->ring, secret, &root, why)
                     : keyring_open(&keeper->ring, secret, keeper->tpm, &root, why);
    secret_free(root);
    return r;
}

/* Which set is asked for is what the console has said, never what the shares are. */
static int combine(const struct keeper *keeper, const struct keeper_given *given,
                   struct secret **ret_secret, char why[static KEYRING_WHY])
{
    char said[SHARE_WHY] = "";
    if (given->recovery && !keeper->ring.recoverable) {
        snprintf(why, KEYRING_WHY, "This site has no recovery custodians.");
        return ERR_STATE;
    }
    int r = shares_combine(given->recovery ? &keeper->ring.recovery : &keeper->ring.custodians,
                           given->shares, given->count, ret_secret, said);
    if (r)
        snprintf(why, KEYRING_WHY, "%s", said);
    return r ? r : opens(keeper, *ret_secret, given->recovery, why);
}

int keeper_agree(const struct keeper *keeper, char *words, size_t size, char who[static KEEPER_WHO],
                 struct secret **ret_secret, char why[static KEYRING_WHY])
{
    static struct keeper_given given;
    struct secret *secret = NULL;
    int r = keeper_shares(keeper, words, size, &given, why);
    /* on a training site nobody checks shares: the record names none */
    if (r == 0 && (keeper->ring.training || given.count))
        keeper_who(given.shares, keeper->ring.training ? 0 : given.count, who);
    if (r == 0 && ret_secret && (keeper->ring.training || given.recovery)) {
        snprintf(why, KEYRING_WHY, "This takes the custodians' own shares.");
        r = ERR_STATE;
    }
    if (r == 0 && !keeper->ring.training) {
        r = combine(keeper, &given, &secret, why);
        if (r == 0)
            log_info("%zu %s agreed to what the console asks", given.count,
                     given.recovery ? "holders of recovery shares" : "custodians");
    }
    sodium_memzero(&given, sizeof given);
    if (r == 0 && ret_secret)
        *ret_secret = secret;
    else
        secret_free(secret);
    return r;
}

/* ---- other custodians: shares first, in force when the console has confirmed them ---- */

static int write_shares(const struct keeper *keeper, const struct share *shares, size_t count)
{
    char text[SHARE_TEXT + 1];
    crypto_generichash_state state;
    int fd = process_descriptor(keeper->process, DESCRIPTOR_OUTPUT), r = fd < 0 ? ERR_STATE : 0;
    crypto_generichash_init(&state, NULL, 0, sizeof prepared.digest);
    for (size_t i = 0; r == 0 && i < count; i++) {
        share_print(&shares[i], text);
        crypto_generichash_update(&state, (const uint8_t *)text, SHARE_TEXT);
        r = write(fd, text, SHARE_TEXT) == SHARE_TEXT ? 0 : ERR_SYSTEM;
    }
    crypto_generichash_final(&state, prepared.digest, sizeof prepared.digest);
    sodium_memzero(text, sizeof text);
    sodium_memzero(&state, sizeof state);
    return r;
}

static int split_new(struct keeper *keeper, unsigned command, unsigned count, unsigned threshold)
{
    static struct share shares[SHARES_MAX];
    enum share_kind kind = command == KEEPER_RECOVERY ? SHARE_RECOVERY : SHARE_UNLOCK;
    int r = secret_random(32, &prepared.secret);
    if (r == 0)
        r = shares_split(prepared.secret, kind, count, threshold, &prepared.custodians, shares);
    if (r == 0 && keeper->tpm) { /* the TPM stays */
        prepared.sealed = keeper->ring.tpm;
        r = secret_copy(secret_open(keeper->tpm), 32, &prepared.tpm);
        secret_close(keeper->tpm);
    }
    if (r == 0)
        r = write_shares(keeper, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}

void keeper_new_shares(struct keeper *keeper, uint64_t request, unsigned command)
{
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", words[32], end;
    unsigned count = 0, threshold = 0;
    forget_prepared();
    if (command == KEEPER_CUSTODIANS && keeper->ring.training) {
        keeper_refuse(keeper, request,
                      "a training site has no custodians; it unlocks from its key file");
        return;
    }
    int r = keeper_agree(keeper, words, sizeof words, who, NULL, why);
    if (r) {
        char detail[KEEPER_WHO + 40];
        snprintf(detail, sizeof detail, "new_shares_refused_to_%s", who);
        record_add(keeper, AUDIT_OUTCOME_REFUSED, command, detail);
        keeper_refuse(keeper, request, why);
        return;
    }
    if (sscanf(words, "%2u %2u%c", &count, &threshold, &end) != 2)
        count = 0;
    r = split_new(keeper, command, count, threshold);
    if (r) {
        forget_prepared();
        keeper_refuse(keeper, request,
                      r == ERR_RANGE ? "any M of N custodians: M is 2 at least, N is 16 "
                                       "at most"
                                     : "the new shares could not be handed out");
        return;
    }
    prepared.command = command;
    prepared.since_ms = os_boot_ms();
    memcpy(prepared.who, who, sizeof prepared.who);
    process_command_done(keeper->process, request, 0, "made; not in force yet");
}

static int put_in_force(struct keeper *keeper)
{
    struct secret *root = NULL;
    struct keyring_lock lock = {&prepared.custodians, prepared.secret, NULL, NULL};
    if (prepared.tpm) {
        lock.sealed = &prepared.sealed;
        lock.tpm = prepared.tpm;
    }
    int r = prepared.command == KEEPER_RECOVERY
                ? keyring_set_recovery(&keeper->ring, keeper->root, &prepared.custodians,
                                       prepared.secret)
                : keyring_rewrap(&keeper->ring, keeper->root, &lock, keeper_now(), &root);
    if (r)
        return r;
    struct secret *old = keeper->root;
    if (root)
        keeper->root = root;
    r = keeper_save(keeper);
    if (r) {
        keeper->root = old;
        keeper->ring = keeper->before;
        secret_free(root);
    } else if (root) {
        secret_free(old);
        secret_free(keeper->tpm);
        keeper->tpm = prepared.tpm;
        prepared.tpm = NULL;
    }
    return r;
}

int keeper_confirm(struct keeper *keeper, char said[static KEEPER_SAID])
{
    bool recovery = prepared.command == KEEPER_RECOVERY, had = keyring_has_tpm(&keeper->ring);
    bool tpm = prepared.command == KEEPER_TPM_ADD || prepared.command == KEEPER_TPM_REMOVE;
    int r = put_in_force(keeper);
    bool has = keyring_has_tpm(&keeper->ring);
    forget_prepared();
    if (r == 0 && tpm) {
        snprintf(said, KEEPER_SAID, "%s",
                 has ? "the key ring opens with this TPM and the custodians' shares together"
                     : "the key ring opens with the custodians' shares alone");
        return 0;
    }
    if (r == 0 && had && !has) {
        snprintf(said, KEEPER_SAID,
                 "the new shares are in force, without the TPM, which has not agreed: casemate "
                 "keys tpm add binds the ring to one again");
        return 0;
    }
    snprintf(said, KEEPER_SAID, "%s",
             r          ? "the key ring could not be written; it opens as before"
             : recovery ? "the new recovery shares are in force; those of before open nothing of "
                          "this ring"
                        : "the new shares are in force; those of before do not open this ring");
    return r;
}

/* ---- a TPM ---- */

/* What the TPM seals is random, and worth nothing without the shares, nor they without it. */
static int seal(const struct keeper *keeper, const char *words, char why[static KEYRING_WHY])
{
    char said[TPM_WHY] = "";
    uint32_t pcrs = 0;
    int fd = process_descriptor(keeper->process, DESCRIPTOR_TPM);
    if (tpm_pcrs_parse(bytes_text(words), &pcrs) != 0) {
        snprintf(why, KEYRING_WHY, "PCRs are numbers from 0 to 23, rising, such as 0,2,4,7,11.");
        return ERR_RANGE;
    }
    if (fd < 0) {
        snprintf(why, KEYRING_WHY,
                 "This site has no TPM: name it in site.conf (tpm /dev/tpmrm0) and start again.");
        return ERR_STATE;
    }
    int r = secret_random(32, &prepared.tpm);
    if (r == 0)
        r = tpm_seal(fd, pcrs, prepared.tpm, &prepared.sealed, said);
    if (r)
        snprintf(why, KEYRING_WHY, "%s", said);
    return r;
}

void keeper_new_tpm(struct keeper *keeper, uint64_t request, unsigned command)
{
    char words[TPM_PCRS_TEXT], why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[140];
    forget_prepared();
    if (keeper->ring.training) {
        keeper_refuse(keeper, request, "a training site unlocks from its key file, and has no TPM");
        return;
    }
    int r = keeper_agree(keeper, words, sizeof words, who, &prepared.secret, why);
    if (r == 0 && command == KEEPER_TPM_ADD)
        r = seal(keeper, words, why);
    if (r == 0 && command == KEEPER_TPM_REMOVE && !keyring_has_tpm(&keeper->ring)) {
        snprintf(why, sizeof why, "The key ring is bound to no TPM.");
        r = ERR_STATE;
    }
    snprintf(detail, sizeof detail, "tpm_%s_by_%s", command == KEEPER_TPM_ADD ? "added" : "removed",
             who);
    if (r) {
        forget_prepared();
        record_add(keeper, AUDIT_OUTCOME_REFUSED, command, detail);
        keeper_refuse(keeper, request, why);
        return;
    }
    prepared.custodians = keeper->ring.custodians;
    prepared.command = command;
    prepared.since_ms = os_boot_ms();
    keeper_begin(keeper, request, KEEPER_CONFIRM, detail, NULL);
}

/* ---- confirming ---- */

void keeper_ask_confirm(struct keeper *keeper, uint64_t request)
{
    char detail[140];
    uint8_t digest[KEEPER_SHARES_DIGEST];
    int fd = process_descriptor(keeper->process, DESCRIPTOR_INPUT);
    if (!prepared.command) {
        keeper_refuse(keeper, request,
                      "no new shares wait to be confirmed: half an hour is over, or others were "
                      "made meanwhile. Nothing was changed");
        return;
    }
    if (fd < 0 || read(fd, digest, sizeof digest) != (ssize_t)sizeof digest ||
        sodium_memcmp(digest, prepared.digest, sizeof digest) != 0) {
        keeper_refuse(keeper, request,
                      "other new shares were made meanwhile: those that you confirm are worth "
                      "nothing. Nothing was changed");
        return;
    }
    snprintf(detail, sizeof detail, "%s_%u_of_%u_by_%s",
             prepared.command == KEEPER_RECOVERY ? "recovery_custodians_are" : "custodians_are",
             prepared.custodians.threshold, prepared.custodians.count, prepared.who);
    keeper_begin(keeper, request, KEEPER_CONFIRM, detail, NULL);
}

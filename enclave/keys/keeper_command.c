/*
 * What the console asks of an unlocked keeper.  Whatever changes the ring is journaled
 * before as an intent: the auditor's word comes, then the change, then its outcome.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/audit/outcome.h"
#include "enclave/keys/keeper.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define WAIT_MS     10000
#define PREPARED_MS (30 * 60 * 1000)
#define COPIES_MAX  24576
#define SAID_MAX    400

/* What waits for the auditor's word. */
static struct {
    unsigned command; /* 0: nothing waits */
    uint64_t request;
    uint8_t id[16];
    char enclave[ENCLAVE_ID_LENGTH + 1];
    char detail[120];
    uint64_t since_ms;
} pending;

/* New shares that were handed out and are not in force yet. */
static struct {
    unsigned command; /* KEEPER_CUSTODIANS, KEEPER_RECOVERY, or 0 */
    struct custodians custodians;
    struct secret *secret;
    char who[KEEPER_WHO];
    uint64_t since_ms;
} prepared;

/* Custodians who agreed to a close-out that the supervisor is about to finish. */
static struct {
    char enclave[ENCLAVE_ID_LENGTH + 1]; /* "": none */
    char who[KEEPER_WHO];
    char copies[COPIES_MAX];
} closing;

/* 1: nothing was changed.  2: the enclave has no key any more, whatever else went wrong. */
static unsigned failure_of(const struct keeper *keeper)
{
    return keyring_is_closed_out(&keeper->ring, process_asked_enclave(keeper->process)) ? 2 : 1;
}

/* The ring as it was before a change that may fail. */
static struct keyring before;

static void refuse(const struct keeper *keeper, uint64_t request, const char *why)
{
    log_err("the console was refused: %s", why);
    process_command_done(keeper->process, request, failure_of(keeper), why);
}

static void forget_prepared(void)
{
    secret_free(prepared.secret);
    memset(&prepared, 0, sizeof prepared);
}

/* ---- custodians who agree, while the site is unlocked ---- */

/* Their shares are checked as at an unlocking, to the secret that comes out; nothing is kept.  A
 * training site has none to ask. */
static int agree(const struct keeper *keeper, char *words, size_t size, char who[static KEEPER_WHO],
                 char why[static KEYRING_WHY])
{
    static struct share shares[SHARES_MAX];
    struct secret *secret = NULL, *root = NULL;
    char said[SHARE_WHY] = "";
    size_t count = 0;
    int r = keeper_shares(keeper, words, size, shares, &count, why);
    bool recovery = r == 0 && count && shares[0].kind == SHARE_RECOVERY;
    if (r == 0)
        keeper_who(shares, count, who);
    if (r == 0 && !keeper->ring.training) {
        r = shares_combine(recovery ? &keeper->ring.recovery : &keeper->ring.custodians, shares,
                           count, &secret, said);
        if (r)
            snprintf(why, KEYRING_WHY, "%s", said);
        if (r == 0)
            r = recovery ? keyring_open_recovery(&keeper->ring, secret, &root, why)
                         : keyring_open(&keeper->ring, secret, &root, why);
    }
    sodium_memzero(shares, sizeof shares);
    secret_free(secret);
    secret_free(root);
    return r;
}

static void restore(struct keeper *keeper, uint64_t request)
{
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "";
    if (keeper->ring.training)
        log_die("a training site has no custodians to ask");
    int r = agree(keeper, NULL, 0, who, why);
    if (r) {
        refuse(keeper, request, why);
        return;
    }
    log_info("%u custodians agreed to what the console asks", keeper->ring.custodians.threshold);
    process_command_done(keeper->process, request, 0, "agreed");
}

/* ---- other custodians: shares first, in force when the console has confirmed them ---- */

static int write_shares(const struct keeper *keeper, const struct share *shares, size_t count)
{
    char text[SHARE_TEXT + 1];
    int fd = process_descriptor(keeper->process, DESCRIPTOR_OUTPUT), r = fd < 0 ? ERR_STATE : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        share_print(&shares[i], text);
        r = write(fd, text, SHARE_TEXT) == SHARE_TEXT ? 0 : ERR_SYSTEM;
    }
    sodium_memzero(text, sizeof text);
    return r;
}

static int split_new(struct keeper *keeper, unsigned command, unsigned count, unsigned threshold)
{
    static struct share shares[SHARES_MAX];
    enum share_kind kind = command == KEEPER_RECOVERY ? SHARE_RECOVERY : SHARE_UNLOCK;
    int r = secret_random(32, &prepared.secret);
    if (r == 0)
        r = shares_split(prepared.secret, kind, count, threshold, &prepared.custodians, shares);
    if (r == 0)
        r = write_shares(keeper, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}

static void prepare(struct keeper *keeper, uint64_t request, unsigned command)
{
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", words[32], end;
    unsigned count = 0, threshold = 0;
    forget_prepared();
    if (command == KEEPER_CUSTODIANS && keeper->ring.training) {
        refuse(keeper, request, "a training site has no custodians; it unlocks from its key file");
        return;
    }
    int r = agree(keeper, words, sizeof words, who, why);
    if (r) {
        char detail[KEEPER_WHO + 40];
        snprintf(detail, sizeof detail, "new_shares_refused_to_%s", who);
        record_add(keeper, AUDIT_OUTCOME_REFUSED, command, detail);
        refuse(keeper, request, why);
        return;
    }
    if (sscanf(words, "%2u %2u%c", &count, &threshold, &end) != 2)
        count = 0;
    r = split_new(keeper, command, count, threshold);
    if (r) {
        forget_prepared();
        refuse(keeper, request,
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
    int r = prepared.command == KEEPER_RECOVERY
                ? keyring_set_recovery(&keeper->ring, keeper->root, &prepared.custodians,
                                       prepared.secret)
                : keyring_rewrap(&keeper->ring, keeper->root, &prepared.custodians, prepared.secret,
                                 keeper_now(), &root);
    if (r)
        return r;
    struct secret *old = keeper->root;
    if (root)
        keeper->root = root;
    r = keeper_save(keeper);
    if (r && root)
        keeper->root = old;
    if (r)
        keeper->ring = before;
    secret_free(r ? root : root ? old : NULL);
    return r;
}

/* ---- with the auditor's word ---- */

static int rekey(struct keeper *keeper, char said[static SAID_MAX])
{
    int r = keyring_begin(&keeper->ring, keeper->root, pending.enclave, keeper_now());
    if (r == 0)
        r = keeper_save(keeper);
    if (r)
        keeper->ring = before;
    snprintf(said, SAID_MAX,
             r == ERR_FULL ? "the key ring has no room for another generation"
             : r           ? "the next generation could not be made"
                           : "the next generation is made");
    return r;
}

static int rekeyed(struct keeper *keeper, char said[static SAID_MAX])
{
    int r = keyring_promote(&keeper->ring, pending.enclave, keeper_now());
    if (r == 0)
        r = keeper_save(keeper);
    if (r) {
        keeper->ring = before;
        snprintf(said, SAID_MAX, "the old key could not be destroyed; do it again");
        return r;
    }
    snprintf(said, SAID_MAX, "generation %u is in force; the one before is destroyed",
             keyring_find(&keeper->ring, pending.enclave, KEYRING_CURRENT)->generation);
    return 0;
}

static int hand_certificate(const struct keeper *keeper)
{
    static char text[KEEPER_CERTIFICATE_MAX];
    size_t length = 0;
    int fd = process_descriptor(keeper->process, DESCRIPTOR_OUTPUT);
    int r = keeper_certificate(keeper, closing.enclave, closing.who, closing.copies, text, &length);
    if (r == 0 && (fd < 0 || write(fd, text, length) != (ssize_t)length))
        r = ERR_SYSTEM;
    return r;
}

static int closed_out(struct keeper *keeper, char said[static SAID_MAX])
{
    bool again = keyring_is_closed_out(&keeper->ring, pending.enclave);
    int r = again ? 0 : keyring_destroy(&keeper->ring, pending.enclave, keeper_now());
    if (r == 0 && !again)
        r = keeper_save(keeper);
    if (r) {
        keeper->ring = before;
        snprintf(said, SAID_MAX, "the keys could not be destroyed; nothing was changed");
    } else {
        r = hand_certificate(keeper);
        snprintf(said, SAID_MAX,
                 r ? "the keys are destroyed; the certificate could not be handed over: do it "
                     "again"
                 : again ? "closed out before; this is its certificate again"
                         : "the keys are destroyed");
    }
    closing.enclave[0] = '\0';
    return r;
}

static int confirm(struct keeper *keeper, char said[static SAID_MAX])
{
    bool recovery = prepared.command == KEEPER_RECOVERY;
    int r = put_in_force(keeper);
    forget_prepared();
    snprintf(said, SAID_MAX, "%s",
             r          ? "the key ring could not be written; the shares of before are in force"
             : recovery ? "the new recovery shares are in force; those of before open nothing of "
                          "this ring"
                        : "the new shares are in force; those of before do not open this ring");
    return r;
}

static void perform(struct keeper *keeper)
{
    char said[SAID_MAX] = "";
    unsigned command = pending.command;
    before = keeper->ring;
    int r = command == KEEPER_REKEY        ? rekey(keeper, said)
            : command == KEEPER_REKEYED    ? rekeyed(keeper, said)
            : command == KEEPER_CLOSED_OUT ? closed_out(keeper, said)
                                           : confirm(keeper, said);
    sodium_memzero(&before, sizeof before);
    record_outcome(keeper, pending.id, r ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, command,
                   pending.detail);
    log_info("%s: %s", pending.detail, said);
    pending.command = 0;
    process_command_done(keeper->process, pending.request, r ? failure_of(keeper) : 0, said);
}

void keeper_intent_acknowledged(struct keeper *keeper, const uint8_t id[static 16])
{
    if (pending.command && memcmp(pending.id, id, 16) == 0)
        perform(keeper);
}

void keeper_auditor_gone(struct keeper *keeper)
{
    if (!pending.command)
        return;
    pending.command = 0;
    refuse(keeper, pending.request,
           "the auditor does not answer, and this is done only when it has a record of it; nothing "
           "was changed");
}

static void look_at_the_clock(void *context)
{
    if (pending.command && os_boot_ms() - pending.since_ms > WAIT_MS)
        keeper_auditor_gone(context);
    if (prepared.command && os_boot_ms() - prepared.since_ms > PREPARED_MS)
        forget_prepared();
}

static void begin(struct keeper *keeper, uint64_t request, unsigned command, const char *detail)
{
    static bool ticking;
    if (!ticking && loop_every(process_loop(keeper->process), 1000, look_at_the_clock, keeper) != 0)
        log_die("out of memory");
    ticking = true;
    pending.command = command;
    pending.request = request;
    pending.since_ms = os_boot_ms();
    snprintf(pending.enclave, sizeof pending.enclave, "%s", process_asked_enclave(keeper->process));
    snprintf(pending.detail, sizeof pending.detail, "%s", detail);
    if (record_intent(keeper, command, detail, pending.id) != 0)
        keeper_auditor_gone(keeper);
}

/* ---- what is looked at before ---- */

static void ask_rekey(struct keeper *keeper, uint64_t request)
{
    char detail[100];
    const char *enclave = process_asked_enclave(keeper->process);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    if (!h) {
        refuse(keeper, request, "this enclave has no key any more: it is closed out");
        return;
    }
    snprintf(detail, sizeof detail, "rekey_%s_generation_%u_is_made", enclave, h->generation + 1);
    begin(keeper, request, KEEPER_REKEY, detail);
}

static void ask_rekeyed(struct keeper *keeper, uint64_t request)
{
    char detail[100];
    const char *enclave = process_asked_enclave(keeper->process);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    if (!h || !keyring_find(&keeper->ring, enclave, KEYRING_NEXT)) {
        refuse(keeper, request, "no next generation is being made");
        return;
    }
    snprintf(detail, sizeof detail, "rekey_%s_generation_%u_is_destroyed", enclave, h->generation);
    begin(keeper, request, KEEPER_REKEYED, detail);
}

static void ask_close_out(struct keeper *keeper, uint64_t request)
{
    static char words[COPIES_MAX];
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[140];
    const char *enclave = process_asked_enclave(keeper->process);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_NONE);
    const struct keyring_holder *now = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    int r = agree(keeper, words, sizeof words, who, why);
    size_t id = strcspn(words, "\t");
    if (r == 0 && (id != ENCLAVE_ID_LENGTH || memcmp(words, enclave, id) != 0 || !h)) {
        snprintf(why, sizeof why, "The enclave that was typed again is not %s.", enclave);
        r = ERR_REFUSED;
    }
    if (r == 0 && now && now->generation == 0) {
        snprintf(why, sizeof why,
                 "The key of %s comes from the root key of the whole site (generation 0): "
                 "destroying it would destroy nothing. casemate rekey %s first.",
                 enclave, enclave);
        r = ERR_STATE;
    }
    if (r) {
        snprintf(detail, sizeof detail, "close-out_%s_refused_to_%s", enclave, who);
        record_add(keeper, AUDIT_OUTCOME_REFUSED, KEEPER_CLOSE_OUT, detail);
        refuse(keeper, request, why);
        return;
    }
    memcpy(closing.enclave, enclave, sizeof closing.enclave);
    memcpy(closing.who, who, sizeof closing.who);
    snprintf(closing.copies, sizeof closing.copies, "%s", words + id);
    process_command_done(keeper->process, request, 0, "agreed");
}

static void ask_closed_out(struct keeper *keeper, uint64_t request)
{
    char detail[140];
    const char *enclave = process_asked_enclave(keeper->process);
    if (!closing.enclave[0] || strcmp(closing.enclave, enclave) != 0) {
        refuse(keeper, request, "nobody agreed to this close-out");
        return;
    }
    snprintf(detail, sizeof detail, "close-out_%s_keys_destroyed_by_%s", enclave, closing.who);
    begin(keeper, request, KEEPER_CLOSED_OUT, detail);
}

static void ask_confirm(struct keeper *keeper, uint64_t request)
{
    char detail[140];
    if (!prepared.command) {
        refuse(keeper, request, "no new shares wait to be confirmed");
        return;
    }
    snprintf(detail, sizeof detail, "%s_%u_of_%u_by_%s",
             prepared.command == KEEPER_RECOVERY ? "recovery_custodians_are" : "custodians_are",
             prepared.custodians.threshold, prepared.custodians.count, prepared.who);
    begin(keeper, request, KEEPER_CONFIRM, detail);
}

void keeper_command(struct keeper *keeper, uint64_t request, unsigned command)
{
    switch (command) {
    case KEEPER_RESTORE:
        restore(keeper, request);
        return;
    case KEEPER_REKEY:
        ask_rekey(keeper, request);
        return;
    case KEEPER_REKEYED:
        ask_rekeyed(keeper, request);
        return;
    case KEEPER_CLOSE_OUT:
        ask_close_out(keeper, request);
        return;
    case KEEPER_CLOSED_OUT:
        ask_closed_out(keeper, request);
        return;
    case KEEPER_CUSTODIANS:
    case KEEPER_RECOVERY:
        prepare(keeper, request, command);
        return;
    case KEEPER_CONFIRM:
        ask_confirm(keeper, request);
        return;
    default:
        log_die("the supervisor asked for a command that is not the keeper's");
    }
}

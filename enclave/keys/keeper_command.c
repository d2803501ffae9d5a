/*
 * What the console asks of an unlocked keeper.  Whatever changes the ring is journaled
 * before as an intent: the auditor's word comes, then the change, then its outcome.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/audit/outcome.h"
#include "enclave/keys/keeper.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define WAIT_MS    10000
#define COPIES_MAX 24576

/* What waits for the auditor's word. */
static struct {
    unsigned command; /* 0: nothing waits */
    uint64_t request;
    uint8_t id[16];
    char holder[KEYRING_HOLDER_MAX + 1];
    char detail[120];
    uint64_t since_ms;
} pending;

/* Custodians who agreed to a close-out that the supervisor is about to finish. */
static struct {
    char enclave[ENCLAVE_ID_LENGTH + 1]; /* "": none */
    char who[KEEPER_WHO];
    char copies[COPIES_MAX];
} closing;

/* Whose key the console speaks of: an enclave's, or that of identity's store. */
static const char *asked(const struct keeper *keeper)
{
    const char *enclave = process_asked_enclave(keeper->process);
    return enclave[0] ? enclave : TOPOLOGY_IDENTITY_STORE;
}

/* 1: nothing was changed.  2: the enclave has no key any more, whatever else went wrong. */
static unsigned failure_of(const struct keeper *keeper)
{
    return keyring_is_closed_out(&keeper->ring, asked(keeper)) ? 2 : 1;
}

void keeper_refuse(const struct keeper *keeper, uint64_t request, const char *why)
{
    log_err("the console was refused: %s", why);
    process_command_done(keeper->process, request, failure_of(keeper), why);
}

/* ---- custodians who agree, while the site is unlocked ---- */

static void restore(struct keeper *keeper, uint64_t request)
{
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[KEEPER_WHO + 40];
    if (keeper->ring.training)
        log_die("a training site has no custodians to ask");
    int r = keeper_agree(keeper, NULL, 0, who, NULL, why);
    snprintf(detail, sizeof detail, "reinstatement_%s_%s", r ? "refused_to" : "agreed_to_by", who);
    record_add(keeper, r ? AUDIT_OUTCOME_REFUSED : AUDIT_OUTCOME_DONE, KEEPER_RESTORE, detail);
    if (r)
        keeper_refuse(keeper, request, why);
    else
        process_command_done(keeper->process, request, 0, "agreed");
}

/* ---- with the auditor's word ---- */

static int rekey(struct keeper *keeper, char said[static KEEPER_SAID])
{
    int r = keyring_begin(&keeper->ring, keeper->root, pending.holder, keeper_now());
    if (r == 0)
        r = keeper_save(keeper);
    if (r)
        keeper->ring = keeper->before;
    snprintf(said, KEEPER_SAID,
             r == ERR_FULL ? "the key ring has no room for another generation"
             : r           ? "the next generation could not be made"
                           : "the next generation is made");
    return r;
}

static int rekeyed(struct keeper *keeper, char said[static KEEPER_SAID])
{
    int r = keyring_promote(&keeper->ring, pending.holder, keeper_now());
    if (r == 0)
        r = keeper_save(keeper);
    if (r) {
        keeper->ring = keeper->before;
        snprintf(said, KEEPER_SAID, "the old key could not be destroyed; do it again");
        return r;
    }
    snprintf(
        said, KEEPER_SAID,
        "generation %u is in force; the one before is destroyed. Make a backup now: an earlier "
        "one of this store does not go back into this site. It opens only with its whole site "
        "in another place (casemate site restore), with the shares of its day",
        keyring_find(&keeper->ring, pending.holder, KEYRING_CURRENT)->generation);
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

static int closed_out(struct keeper *keeper, char said[static KEEPER_SAID])
{
    bool again = keyring_is_closed_out(&keeper->ring, pending.holder);
    int r = again ? 0 : keyring_destroy(&keeper->ring, pending.holder, keeper_now());
    if (r == 0 && !again)
        r = keeper_save(keeper);
    if (r) {
        keeper->ring = keeper->before;
        snprintf(said, KEEPER_SAID, "the keys could not be destroyed; nothing was changed");
    } else {
        r = hand_certificate(keeper);
        snprintf(said, KEEPER_SAID,
                 r ? "the keys are destroyed; the certificate could not be handed over: do it "
                     "again"
                 : again ? "closed out before; this is its certificate again"
                         : "the keys are destroyed");
    }
    closing.enclave[0] = '\0';
    return r;
}

static void perform(struct keeper *keeper)
{
    char said[KEEPER_SAID] = "";
    unsigned command = pending.command;
    keeper->before = keeper->ring;
    int r = command == KEEPER_REKEY         ? rekey(keeper, said)
            : command == KEEPER_REKEYED     ? rekeyed(keeper, said)
            : command == KEEPER_CLOSED_OUT  ? closed_out(keeper, said)
            : command == KEEPER_ACCEPT_LOSS ? 0 /* their word is the record */
                                            : keeper_confirm(keeper, said);
    sodium_memzero(&keeper->before, sizeof keeper->before);
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
    keeper_refuse(
        keeper, pending.request,
        "the auditor does not answer, and this is done only when it has a record of it; nothing "
        "was changed");
}

void keeper_intent_refused(struct keeper *keeper, const struct message_audit_refused *m)
{
    char why[400];
    if (!pending.command || memcmp(pending.id, m->id, 16) != 0)
        return;
    pending.command = 0;
    snprintf(
        why, sizeof why,
        "the auditor could not record it: %.*s casemate status says at \"auditor\" what to do; "
        "nothing was changed",
        (int)m->sentence.length, (const char *)m->sentence.data);
    keeper_refuse(keeper, pending.request, why);
}

static void look_at_the_clock(void *context)
{
    if (pending.command && os_boot_ms() - pending.since_ms > WAIT_MS)
        keeper_auditor_gone(context);
    keeper_lock_expire();
}

void keeper_begin(struct keeper *keeper, uint64_t request, unsigned command, const char *detail,
                  const uint8_t *about)
{
    static bool ticking;
    if (!ticking && loop_every(process_loop(keeper->process), 1000, look_at_the_clock, keeper) != 0)
        log_die("out of memory");
    ticking = true;
    pending.command = command;
    pending.request = request;
    pending.since_ms = os_boot_ms();
    snprintf(pending.holder, sizeof pending.holder, "%s", asked(keeper));
    snprintf(pending.detail, sizeof pending.detail, "%s", detail);
    if (record_intent(keeper, command, detail, about, pending.id) != 0)
        keeper_auditor_gone(keeper);
}

/* ---- what is looked at before ---- */

static void ask_rekey(struct keeper *keeper, uint64_t request)
{
    char detail[100];
    const char *enclave = asked(keeper);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    if (!h) {
        keeper_refuse(keeper, request, "it has no key any more: it is closed out");
        return;
    }
    snprintf(detail, sizeof detail, "rekey_%s_generation_%u_is_made", enclave, h->generation + 1);
    keeper_begin(keeper, request, KEEPER_REKEY, detail, NULL);
}

static void ask_rekeyed(struct keeper *keeper, uint64_t request)
{
    char detail[100];
    const char *enclave = asked(keeper);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    if (!h || !keyring_find(&keeper->ring, enclave, KEYRING_NEXT)) {
        keeper_refuse(keeper, request, "no next generation is being made");
        return;
    }
    snprintf(detail, sizeof detail, "rekey_%s_generation_%u_is_destroyed", enclave, h->generation);
    keeper_begin(keeper, request, KEEPER_REKEYED, detail, NULL);
}

static void ask_close_out(struct keeper *keeper, uint64_t request)
{
    static char words[COPIES_MAX];
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[140];
    const char *enclave = asked(keeper);
    const struct keyring_holder *h = keyring_find(&keeper->ring, enclave, KEYRING_NONE);
    const struct keyring_holder *now = keyring_find(&keeper->ring, enclave, KEYRING_CURRENT);
    int r = keeper_agree(keeper, words, sizeof words, who, NULL, why);
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
        keeper_refuse(keeper, request, why);
        return;
    }
    memcpy(closing.enclave, enclave, sizeof closing.enclave);
    memcpy(closing.who, who, sizeof closing.who);
    snprintf(closing.copies, sizeof closing.copies, "%s", words + id);
    process_command_done(keeper->process, request, 0, "agreed");
}

/* What the auditor grants a new epoch by: the custodians' word for exactly this loss, which is the
 * intent that it journals. */
static void ask_loss(struct keeper *keeper, uint64_t request)
{
    char words[80], why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[120];
    uint8_t digest[32];
    int r = keeper_agree(keeper, words, sizeof words, who, NULL, why);
    if (r == 0 && bytes_from_hex(bytes_text(words), sizeof digest, digest) != 0) {
        snprintf(why, sizeof why, "The console's request is not in its form.");
        r = ERR_FORMAT;
    }
    snprintf(detail, sizeof detail, "loss_of_identity_%s_%s", r ? "refused_to" : "accepted_by",
             who);
    if (r) {
        record_add(keeper, AUDIT_OUTCOME_REFUSED, KEEPER_ACCEPT_LOSS, detail);
        keeper_refuse(keeper, request, why);
        return;
    }
    keeper_begin(keeper, request, KEEPER_ACCEPT_LOSS, detail, digest);
}

static void ask_closed_out(struct keeper *keeper, uint64_t request)
{
    char detail[140];
    const char *enclave = asked(keeper);
    if (!closing.enclave[0] || strcmp(closing.enclave, enclave) != 0) {
        keeper_refuse(keeper, request, "nobody agreed to this close-out");
        return;
    }
    snprintf(detail, sizeof detail, "close-out_%s_keys_destroyed_by_%s", enclave, closing.who);
    keeper_begin(keeper, request, KEEPER_CLOSED_OUT, detail, NULL);
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
        keeper_new_shares(keeper, request, command);
        return;
    case KEEPER_TPM_ADD:
    case KEEPER_TPM_REMOVE:
        keeper_new_tpm(keeper, request, command);
        return;
    case KEEPER_ACCEPT_LOSS:
        ask_loss(keeper, request);
        return;
    case KEEPER_CONFIRM:
        keeper_ask_confirm(keeper, request);
        return;
    default:
        log_die("the supervisor asked for a command that is not the keeper's");
    }
}

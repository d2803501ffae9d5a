/* What opens the ring: a training site's key file, custodians' shares, recovery shares. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/audit/outcome.h"
#include "enclave/keys/keeper.h"
#include "enclave/keys/tpm.h"
#include "enclave/process/log.h"

/* what the console passes on: a line of words, and a line for each share */
#define WORDS_MAX   24576
#define RECOVERY    "recovery" /* and LF: recovery shares follow */
#define SHARES_TEXT (SHARES_MAX * (SHARE_TEXT + 1) + WORDS_MAX + sizeof RECOVERY)

static size_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (fd >= 0 && n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

/* ---- shares ---- */

static bool says_recovery(struct bytes *in)
{
    struct bytes ahead = *in;
    struct bytes_view line = bytes_line(&ahead);
    if (ahead.error || !bytes_equal_text(line, RECOVERY))
        return false;
    *in = ahead;
    return true;
}

static int parse_shares(struct bytes *in, struct keeper_given *given, char why[static KEYRING_WHY])
{
    char said[SHARE_WHY] = "";
    size_t count = 0;
    int r = 0;
    given->recovery = says_recovery(in);
    while (r == 0 && bytes_left(in)) {
        struct bytes_view line = bytes_line(in);
        if (in->error || count == SHARES_MAX) {
            snprintf(said, sizeof said, "The shares came in another form than the console's.");
            r = ERR_FORMAT;
        } else {
            r = share_parse(line, &given->shares[count++], said);
        }
    }
    if (r)
        snprintf(why, KEYRING_WHY, "%s", said);
    given->count = count;
    return r;
}

int keeper_shares(const struct keeper *keeper, char *words, size_t size,
                  struct keeper_given *ret_given, char why[static KEYRING_WHY])
{
    static char text[SHARES_TEXT + 1];
    size_t length =
        read_all(process_descriptor(keeper->process, DESCRIPTOR_INPUT), text, sizeof text);
    struct bytes in = bytes_over(text, length);
    int r = 0;
    if (words) {
        struct bytes_view line = bytes_line(&in);
        r = in.error || line.length >= size ? ERR_FORMAT : 0;
        if (r == 0)
            memcpy(words, line.data, line.length);
        words[r == 0 ? line.length : 0] = '\0';
        if (r)
            snprintf(why, KEYRING_WHY, "The console's request is not in its form.");
    }
    if (r == 0)
        r = parse_shares(&in, ret_given, why);
    sodium_memzero(text, sizeof text);
    return r;
}

void keeper_who(const struct share *shares, size_t count, char out[static KEEPER_WHO])
{
    static const enum share_kind kinds[] = {SHARE_UNLOCK, SHARE_RECOVERY};
    size_t n = 0;
    snprintf(out, KEEPER_WHO, "the_key_file");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const char *set = kinds[k] == SHARE_RECOVERY ? "recovery_custodians" : "custodians";
        bool named = false;
        for (size_t i = 0; i < count; i++) {
            if (shares[i].kind != kinds[k] || n + (named ? 0 : strlen(set) + 1) + 5 > KEEPER_WHO)
                continue;
            n += (size_t)snprintf(out + n, KEEPER_WHO - n, "%s%s%c%u", named || n == 0 ? "" : "_",
                                  named ? "" : set, named ? ',' : '_', shares[i].index);
            named = true;
        }
    }
}

/* ---- the enclaves of the site, as the supervisor names them: ids, '@', and how to unlock ---- */

static size_t enclaves_of(const struct keeper *keeper,
                          char enclaves[ENCLAVES_MAX][ENCLAVE_ID_LENGTH + 1], bool *ret_recovery)
{
    const char *run = process_run(keeper->process), *at = strchr(run, '@');
    size_t count = at ? (size_t)(at - run) / ENCLAVE_ID_LENGTH : 0;
    for (size_t i = 0; i < count && i < ENCLAVES_MAX; i++) {
        memcpy(enclaves[i], run + i * ENCLAVE_ID_LENGTH, ENCLAVE_ID_LENGTH);
        enclaves[i][ENCLAVE_ID_LENGTH] = '\0';
    }
    *ret_recovery = at && strcmp(at + 1, "recovery") == 0;
    return count;
}

/* A new site's ring knows them all; an older site's knows none, and an enclave that was added to
 * site.conf is new. */
static int fill(struct keeper *keeper, uint32_t generation)
{
    static char enclaves[ENCLAVES_MAX][ENCLAVE_ID_LENGTH + 1];
    bool recovery;
    size_t added = 0, count = enclaves_of(keeper, enclaves, &recovery);
    int r =
        keyring_fill(&keeper->ring, keeper->root, (const char(*)[ENCLAVE_ID_LENGTH + 1]) enclaves,
                     count, generation, keeper_now(), &added);
    if (r == 0 && added)
        r = keeper_save(keeper);
    if (r == 0 && added)
        log_info("the key ring has %zu holders more, of generation %u", added, generation);
    return r;
}

/* ---- a site from before there was a ring ---- */

/* Its root key is what it was, and so is every key that is derived from it. */
static int make_ring(struct keeper *keeper, const struct custodians *custodians,
                     const struct secret *unlock, char why[static KEYRING_WHY])
{
    int r = keyring_make(custodians == NULL, custodians, unlock, unlock, 0, keeper_now(),
                         &keeper->ring);
    if (r == 0) {
        const uint8_t *bytes = secret_open(unlock);
        r = secret_copy(bytes, 32, &keeper->root);
        secret_close(unlock);
    }
    if (r == 0)
        r = fill(keeper, 0);
    if (r)
        snprintf(why, KEYRING_WHY, "The key ring could not be made: %s.", error_text(r));
    else
        log_info("this site had no key ring: one was made, with the keys that it had");
    return r;
}

/* Where a TPM must agree: shares alone open nothing. */
static int ask_tpm(struct keeper *keeper, char why[static KEYRING_WHY])
{
    static const char back[] = "With the recovery shares it opens without it (--recovery).";
    char said[TPM_WHY] = "";
    int fd = process_descriptor(keeper->process, DESCRIPTOR_TPM);
    if (fd < 0) {
        snprintf(why, KEYRING_WHY, "This site's keys are bound to a TPM, and there is none. %s",
                 back);
        return ERR_STATE;
    }
    int r = tpm_unseal(fd, &keeper->ring.tpm, &keeper->tpm, said);
    if (r)
        snprintf(why, KEYRING_WHY, "%.170s %s", said, back);
    return r;
}

static int open_ring(struct keeper *keeper, const struct secret *secret, bool recovery,
                     char why[static KEYRING_WHY])
{
    if (!recovery && keyring_has_tpm(&keeper->ring) && ask_tpm(keeper, why) != 0)
        return ERR_STATE;
    int r = recovery ? keyring_open_recovery(&keeper->ring, secret, &keeper->root, why)
                     : keyring_open(&keeper->ring, secret, keeper->tpm, &keeper->root, why);
    if (r)
        return r;
    r = fill(keeper, 1);
    if (r)
        snprintf(why, KEYRING_WHY, "The key ring could not be written: %s.", error_text(r));
    return r;
}

/* ---- a training site ---- */

static int from_key_file(struct keeper *keeper, bool ring, char why[static KEYRING_WHY])
{
    uint8_t bytes[33];
    struct secret *secret = NULL;
    int fd = process_descriptor(keeper->process, DESCRIPTOR_KEY_FILE);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    int r = n == 32 ? secret_copy(bytes, 32, &secret) : ERR_FORMAT;
    sodium_memzero(bytes, sizeof bytes);
    if (r)
        snprintf(why, KEYRING_WHY,
                 fd < 0 ? "There is no key file."
                        : "The training site's key file is not 32 bytes long.");
    if (r == 0)
        r = ring ? open_ring(keeper, secret, false, why) : make_ring(keeper, NULL, secret, why);
    secret_free(secret);
    return r;
}

/* ---- a production site ---- */

static int custodians_of(struct keeper *keeper, bool ring, bool recovery,
                         struct custodians *ret_custodians, char why[static KEYRING_WHY])
{
    static char text[CUSTODIANS_MAX + 1];
    if (recovery && (!ring || !keeper->ring.recoverable)) {
        snprintf(why, KEYRING_WHY, "This site has no recovery custodians.");
        return ERR_STATE;
    }
    if (ring) {
        *ret_custodians = recovery ? keeper->ring.recovery : keeper->ring.custodians;
        return 0;
    }
    size_t length =
        read_all(process_descriptor(keeper->process, DESCRIPTOR_CUSTODIANS), text, sizeof text);
    int r = custodians_parse(bytes_view_of(text, length), ret_custodians);
    if (r)
        snprintf(why, KEYRING_WHY,
                 "There is no key ring, and the site's file of custodians is not in its form.");
    return r;
}

static int from_shares(struct keeper *keeper, bool ring, bool recovery, char who[static KEEPER_WHO],
                       char why[static KEYRING_WHY])
{
    static struct keeper_given given;
    static struct custodians custodians;
    struct secret *secret = NULL;
    char said[SHARE_WHY] = "";
    int r = custodians_of(keeper, ring, recovery, &custodians, why);
    if (r == 0)
        r = keeper_shares(keeper, NULL, 0, &given, why);
    if (r == 0) {
        if (given.count)
            keeper_who(given.shares, given.count, who);
        r = shares_combine(&custodians, given.shares, given.count, &secret, said);
        if (r)
            snprintf(why, KEYRING_WHY, "%s", said);
    }
    sodium_memzero(&given, sizeof given);
    if (r == 0)
        r = ring ? open_ring(keeper, secret, recovery, why)
                 : make_ring(keeper, &custodians, secret, why);
    secret_free(secret);
    return r;
}

int keeper_open(struct keeper *keeper)
{
    static char enclaves[ENCLAVES_MAX][ENCLAVE_ID_LENGTH + 1];
    char why[KEYRING_WHY] = "", who[KEEPER_WHO] = "nobody", detail[KEEPER_WHO + 40];
    bool training = process_is_training(keeper->process), recovery = false;
    (void)enclaves_of(keeper, enclaves, &recovery);
    int r =
        keyring_load(process_descriptor(keeper->process, DESCRIPTOR_DIRECTORY), &keeper->ring, why);
    bool ring = r == 0;
    if (r == ERR_UNKNOWN)
        r = 0;
    if (r == 0 && ring && keeper->ring.training != training) {
        snprintf(why, sizeof why, "The key ring is of the other kind of site.");
        r = ERR_FORMAT;
    }
    if (r == 0)
        r = training ? from_key_file(keeper, ring, why)
                     : from_shares(keeper, ring, recovery, who, why);
    unsigned command = recovery ? KEEPER_UNLOCK_RECOVERY : KEEPER_UNLOCK;
    if (r == 0) {
        log_info("unlocked by %s", training ? "the training site's key file" : who);
        snprintf(detail, sizeof detail, "unlocked_by_%s", training ? "the_key_file" : who);
        record_add(keeper, AUDIT_OUTCOME_DONE, command, detail);
        return 0;
    }
    log_err("not unlocked: %s", why);
    snprintf(detail, sizeof detail, "not_unlocked_by_%s", training ? "the_key_file" : who);
    record_add(keeper, AUDIT_OUTCOME_REFUSED, command, detail);
    int out = process_descriptor(keeper->process, DESCRIPTOR_OUTPUT);
    if (out >= 0 && write(out, why, strlen(why)) < 0)
        log_err("the console has gone");
    return r;
}

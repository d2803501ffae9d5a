/* The key ring: what is in it, and who may open it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/collect.h"
#include "transfer/file.h"

static struct keyring ring;

/* ---- list ---- */

static const char *when(int64_t at)
{
    static char text[32];
    struct tm tm;
    time_t t = (time_t)at;
    if (!gmtime_r(&t, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(text, sizeof text, "%" PRId64, at);
    return text;
}

static const char *wraps_of(const struct keyring_holder *h)
{
    return h->state == KEYRING_DESTROYED ? "none"
           : h->recoverable              ? "root key, recovery"
                                         : "root key";
}

static void print_json(const char *certificate)
{
    printf("{\"kind\":\"%s\",\"serial\":%" PRIu64 ",\"root\":{\"generation\":%" PRIu32
           ",\"since\":\"%s\"},\"custodians\":%u,\"threshold\":%u,\"recovery\":%u,"
           "\"recovery_threshold\":%u,\"tpm\":%s,\"certificate\":\"%s\",\"holders\":[",
           ring.training ? "training" : "production", ring.serial, ring.root_generation,
           when(ring.root_since), ring.custodians.count, ring.custodians.threshold,
           ring.recovery.count, ring.recovery.threshold, keyring_has_tpm(&ring) ? "true" : "false",
           certificate);
    for (size_t i = 0; i < ring.count; i++) {
        const struct keyring_holder *h = &ring.holders[i];
        printf("%s{\"holder\":\"%s\",\"generation\":%" PRIu32
               ",\"state\":\"%s\",\"since\":\"%s\",\"recovery\":%s}",
               i ? "," : "", h->name, h->generation, keyring_state_text(h->state), when(h->since),
               h->recoverable ? "true" : "false");
    }
    printf("]}\n");
}

static void print_words(const char *certificate)
{
    if (ring.training)
        printf("A training site: its ring opens with the key file beside it, for whoever can read "
               "that.\n");
    else
        printf("Any %u of %u custodians open it.\n", ring.custodians.threshold,
               ring.custodians.count);
    if (keyring_has_tpm(&ring)) {
        char pcrs[TPM_PCRS_TEXT];
        tpm_pcrs_print(ring.tpm.pcrs, pcrs);
        printf("A TPM must agree, too (PCRs %s, since %s).\n", pcrs, when(ring.tpm_since));
    }
    if (ring.recoverable)
        printf("Any %u of %u recovery custodians do, too.\n", ring.recovery.threshold,
               ring.recovery.count);
    else
        printf("It has no recovery: casemate keys recovery makes it.\n");
    printf("root key     generation %" PRIu32 ", since %s\n\n", ring.root_generation,
           when(ring.root_since));
    for (size_t i = 0; i < ring.count; i++) {
        const struct keyring_holder *h = &ring.holders[i];
        printf("%-12s generation %-3" PRIu32 " %-10s since %s  wraps: %s%s\n", h->name,
               h->generation, keyring_state_text(h->state), when(h->since), wraps_of(h),
               h->generation == 0 && h->state != KEYRING_DESTROYED ? "  (derived from the root key)"
                                                                   : "");
    }
    printf("\ncertificates %s\n", certificate);
}

int cli_keys_list(const struct cli *o)
{
    char certificate[MINISIGN_PUBLIC_TEXT + 1];
    int r = collect_ring(o, o->site, &ring);
    if (r == COLLECT_NONE)
        return cli_complain(o, CLI_TROUBLE,
                            "there is no key ring in %s; the keeper makes one when the site is "
                            "unlocked.",
                            o->site);
    if (r)
        return r;
    minisign_public_print(&ring.certificate, certificate);
    if (o->json)
        print_json(certificate);
    else
        print_words(certificate);
    return CLI_DONE;
}

/* ---- new shares ---- */

static int check_numbers(const struct cli *o)
{
    if (o->threshold < SHARES_LEAST || o->custodians < o->threshold || o->custodians > SHARES_MAX)
        return cli_complain(o, CLI_USAGE,
                            "--custodians N and --threshold M: any M of N; M is 2 at least, N is "
                            "%d at most.",
                            SHARES_MAX);
    if (!o->shares_to && (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)))
        return cli_complain(o, CLI_USAGE,
                            "the new shares are shown once, on a terminal; to have each in a file "
                            "for its custodian, name a new directory with --shares-to.");
    return 0;
}

/* Shares that are not in force open nothing: they would be taken for others. */
static void take_back(const struct cli *o)
{
    char path[FILE_PATH_MAX];
    bool gone = true;
    for (size_t i = 0; i < o->custodians; i++)
        if (file_path(path, "%s/share-%zu", o->shares_to, i + 1) == 0 && unlink(path) != 0 &&
            errno != ENOENT)
            gone = false;
    if (rmdir(o->shares_to) != 0 || !gone)
        fprintf(stderr, "casemate: %s could not be removed; the new shares in it open nothing.\n",
                o->shares_to);
}

/* They go where they belong before they are in force: nothing is lost if that fails. */
static int put_files(const struct cli *o, const char *text)
{
    char path[FILE_PATH_MAX];
    int r = mkdir(o->shares_to, 0700) != 0 ? ERR_SYSTEM : 0;
    if (r)
        return cli_complain_file(o, o->shares_to, r);
    for (size_t i = 0; r == 0 && i < o->custodians; i++) {
        r = file_path(path, "%s/share-%zu", o->shares_to, i + 1);
        if (r == 0)
            r = file_write(path, 0600, true, text + i * SHARE_TEXT, SHARE_TEXT);
        if (r)
            r = cli_complain_file(o, path, r);
    }
    if (r == 0)
        r = collect_settle(o, o->shares_to);
    if (r)
        take_back(o);
    return r;
}

static int show(const struct cli *o, const char *text)
{
    char answer[16] = "";
    printf(
        "%u new shares; any %u will do.  They are shown this once: let each custodian copy one,\n"
        "and clear the screen and its history behind them.\n",
        o->custodians, o->threshold);
    for (size_t i = 0; i < o->custodians; i++)
        printf("\nshare %zu\n%.*s", i + 1, SHARE_TEXT, text + i * SHARE_TEXT);
    printf("\nHas each custodian copied his?  They are in force when you type yes: ");
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0)
        return 0;
    return cli_complain(o, CLI_REFUSED,
                        "nothing was changed: the shares of before are in force, and those above "
                        "are worth nothing.");
}

/* Ask the keeper for new shares; their text, one behind the other. */
static int make(const struct cli *o, const struct share *shares, size_t count,
                char text[static SHARES_MAX * SHARE_TEXT + 1])
{
    struct ask_answer answer = {0};
    char words[32];
    int in = -1, out[2] = {-1, -1};
    size_t length = 0;
    int n = snprintf(words, sizeof words, "%u %u\n", o->custodians, o->threshold);
    int r = pipe2(out, O_CLOEXEC) != 0 ? ERR_SYSTEM
                                       : collect_hand_on(o, words, (size_t)n, shares, count, &in);
    if (r == 0)
        r = ask(o->site, o->number, "", (int[]){in, out[1]}, 2, &answer);
    int kept = errno;
    if (in >= 0)
        close(in);
    if (out[1] >= 0)
        close(out[1]);
    for (ssize_t got = 1; r == 0 && answer.well && got > 0; length += got > 0 ? (size_t)got : 0)
        got = read(out[0], text + length, SHARES_MAX * SHARE_TEXT - length);
    if (out[0] >= 0)
        close(out[0]);
    errno = kept;
    if (r || !answer.well)
        return cli_finish(o, o->site, r, &answer);
    return length == o->custodians * SHARE_TEXT
               ? 0
               : cli_complain(o, CLI_TROUBLE, "the keeper did not hand out as many shares.");
}

/* Not every refusal says that nothing was changed: the keeper may have ended, or its disk failed,
 * when the ring was renamed already.  The ring itself says whose shares open it. */
static bool are_in_force(const struct cli *o, const char *text)
{
    struct share first;
    char why[SHARE_WHY];
    bool recovery = o->number == COMMAND_RECOVERY;
    if (collect_ring(o, o->site, &ring) != 0 ||
        share_parse(bytes_view_of(text, SHARE_TEXT), &first, why) != 0)
        return true; /* as far as anybody knows */
    const struct custodians *c = recovery ? &ring.recovery : &ring.custodians;
    bool same = c->count && memcmp(c->site, first.site, SHARE_SITE) == 0;
    sodium_memzero(&first, sizeof first);
    return same;
}

/* An answer is the end of it; without one the keeper may still be at it. */
static void leave_or_take_back(const struct cli *o, const char *text, bool answered)
{
    if (answered && !are_in_force(o, text))
        take_back(o);
    else
        fprintf(stderr,
                "casemate: the new shares may be in force all the same: keep those in %s, and the "
                "old ones, until casemate keys list has said so.\n",
                o->shares_to);
}

/* Which shares: somebody else at the console may have had others made meanwhile. */
static int confirm(const struct cli *o, const char *text)
{
    uint8_t digest[32];
    struct ask_answer answer = {0};
    int in = -1;
    crypto_generichash(digest, sizeof digest, (const uint8_t *)text, o->custodians * SHARE_TEXT,
                       NULL, 0);
    int r = collect_pipe(digest, sizeof digest, &in);
    if (r == 0)
        r = ask(o->site, COMMAND_CONFIRM, "", &in, 1, &answer);
    int kept = errno;
    if (in >= 0)
        close(in);
    errno = kept;
    int code = cli_finish(o, o->site, r, &answer);
    if (code && o->shares_to)
        leave_or_take_back(o, text, r == 0);
    return code;
}

int cli_keys_shares(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    static char text[SHARES_MAX * SHARE_TEXT + 1];
    struct custodians custodians;
    size_t count = 0;
    int r = check_numbers(o);
    if (r == 0) {
        r = collect_custodians(o, o->site, &custodians);
        if (r == 0)
            r = collect_shares(o, &custodians, shares, &count);
        if (r == COLLECT_NONE)
            r = 0; /* a training site has none: the keeper says what it thinks of that */
    }
    if (r == 0)
        r = make(o, shares, count, text);
    if (r == 0)
        r = o->shares_to ? put_files(o, text) : show(o, text);
    if (r == 0)
        r = confirm(o, text);
    sodium_memzero(shares, sizeof shares);
    sodium_memzero(text, sizeof text);
    return r;
}

/* ---- the TPM ---- */

int cli_keys_tpm(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct custodians custodians;
    struct ask_answer answer = {0};
    char words[TPM_PCRS_TEXT + 2];
    size_t count = 0;
    int in = -1;
    bool add = strcmp(o->operand[0], "add") == 0;
    if (!add && strcmp(o->operand[0], "remove") != 0)
        return cli_complain(o, CLI_USAGE, "it is casemate keys tpm add, or remove.");
    if (o->pcrs && strlen(o->pcrs) >= TPM_PCRS_TEXT)
        return cli_complain(o, CLI_USAGE, "--pcrs takes numbers from 0 to 23, such as 0,2,4,7,11.");
    int n = snprintf(words, sizeof words, "%s\n", o->pcrs ? o->pcrs : "0,2,4,7,11");
    int r = collect_custodians(o, o->site, &custodians);
    if (r == 0)
        r = collect_shares(o, &custodians, shares, &count);
    if (r > 0)
        return r;
    r = collect_hand_on(o, words, (size_t)n, shares, count, &in);
    if (r == 0)
        r = ask(o->site, add ? COMMAND_TPM_ADD : COMMAND_TPM_REMOVE, "", &in, 1, &answer);
    int kept = errno;
    if (in >= 0)
        close(in);
    errno = kept;
    sodium_memzero(shares, sizeof shares);
    return cli_finish(o, o->site, r, &answer);
}

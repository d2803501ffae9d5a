/* casemate accept-loss: on without what identity's log has lost. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/collect.h"

#define DIGEST_LINE 65 /* 64 digits and LF */

/* What is lost stands on the screen before anybody is asked for anything. */
static int show(const struct cli *o, char digest[static DIGEST_LINE + 1])
{
    struct ask_answer answer = {0};
    int r = ask(o->site, COMMAND_LOSS_IDENTITY, "", NULL, 0, &answer);
    if (r || !answer.well)
        return cli_finish(o, o->site, r, &answer);
    if (strlen(answer.text) <= DIGEST_LINE || answer.text[DIGEST_LINE - 1] != '\n')
        return cli_complain(o, CLI_TROUBLE, "identity's answer is not in its form.");
    memcpy(digest, answer.text, DIGEST_LINE);
    digest[DIGEST_LINE] = '\0';
    fprintf(stderr, "%sThe digest of this loss: %.64s\n", answer.text + DIGEST_LINE, digest);
    return 0;
}

static int ask_again(const struct cli *o)
{
    char typed[64] = "";
    const char *again = o->again;
    if (!again && isatty(STDIN_FILENO)) {
        fprintf(stderr, "To go on without it, type %s again: ", o->operand[0]);
        if (fgets(typed, sizeof typed, stdin))
            typed[strcspn(typed, "\r\n")] = '\0';
        again = typed;
    }
    if (!again)
        return cli_complain(o, CLI_USAGE, "without a terminal it takes --again %s.", o->operand[0]);
    if (strcmp(again, o->operand[0]) != 0)
        return cli_complain(o, CLI_REFUSED, "\"%s\" is not %s; nothing was changed.", again,
                            o->operand[0]);
    return 0;
}

static int hand_on(const struct cli *o, const char digest[static DIGEST_LINE + 1],
                   const struct share *shares, size_t count)
{
    struct ask_answer answer = {0};
    int fds[2] = {-1, -1};
    int r = collect_pipe(digest, DIGEST_LINE, &fds[0]);
    if (r == 0)
        r = collect_hand_on(o, digest, DIGEST_LINE, shares, count, &fds[1]);
    if (r == 0)
        r = ask(o->site, COMMAND_ACCEPT_LOSS_IDENTITY, "", fds, 2, &answer);
    int kept = errno;
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    errno = kept;
    return cli_finish(o, o->site, r, &answer);
}

int cli_accept_loss(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct custodians custodians;
    char digest[DIGEST_LINE + 1];
    size_t count = 0;
    if (strcmp(o->operand[0], "identity") != 0)
        return cli_complain(o, CLI_USAGE,
                            "it is identity's log only: for a program two security officers sign "
                            "for the loss, on its Security page.");
    int r = show(o, digest);
    if (r == 0)
        r = ask_again(o);
    if (r == 0)
        r = collect_custodians(o, o->site, &custodians);
    if (r == 0)
        r = collect_shares(o, &custodians, shares, &count);
    if (r == 0 || r == COLLECT_NONE)
        r = hand_on(o, digest, shares, count);
    sodium_memzero(shares, sizeof shares);
    return r;
}

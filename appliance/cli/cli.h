#ifndef APPLIANCE_CLI_CLI_H
#define APPLIANCE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include <stdint.h>

#include "crypto/error.h"

/* What the subcommands of casemate have in common. */
enum cli_exit {
    CLI_DONE = 0,    /* done, or it is so */
    CLI_REFUSED = 1, /* refused, or it is not so; the message says why */
    CLI_USAGE = 2,   /* the command line is not right */
    CLI_TROUBLE = 3, /* a file, a program or the site could not be used */
    CLI_DENIED = 4,  /* asked and answered: the policy does not allow it */
};

#define CLI_OPERANDS_MAX 3
#define CLI_ENCLAVES_MAX 24

/* What the command line gave; NULL, 0 or false where it gave nothing. */
struct cli {
    const char *site; /* never NULL: --site, or the training site's place */
    const char *key;
    const char *root;
    unsigned port;
    unsigned custodians, threshold;
    const char *name, *address;     /* a site's or a station's name; a site's address */
    const char *shares_to, *shares; /* where shares go to, and come from */
    const char *csr, *out;          /* a certificate request, a certificate */
    const char *enclave[CLI_ENCLAVES_MAX];
    size_t enclaves;
    bool recovery;     /* recovery shares instead of the custodians' */
    const char *again; /* the enclave's id once more */
    const char *tpm;   /* where a TPM answers */
    const char *pcrs;  /* which of its registers */
    bool json;
    bool all;
    bool everywhere;                    /* the mandatory rules of the whole site, at the entry */
    const char *badge, *pin_file;       /* who signs in at the terminal */
    const char *who, *what, *on, *at;   /* a question to a policy */
    const char *layer, *policy, *tests; /* a proposal: its layer, and files */
    const char *reason, *days;
    const char *hash, *impact; /* what was read of a proposal, to be signed */
    const char *since;         /* an older checkpoint */
    const char *epoch;
    const char *words; /* of the subcommand */
    unsigned number;   /* the command of commands.def, where there is one */
    const char *operand[CLI_OPERANDS_MAX];
    size_t operands;
};

/* Each runs one subcommand and returns an enum cli_exit. */
int cli_console(const struct cli *o);
int cli_status(const struct cli *o);
int cli_import(const struct cli *o);
int cli_audit_export(const struct cli *o);
int cli_backup(const struct cli *o);
int cli_restore(const struct cli *o);
int cli_site_restore(const struct cli *o);
int cli_audit_journal(const struct cli *o);
/* cli_verify_journal(o, key): The operand is an export of a journal: verify it. */
int cli_verify_journal(const struct cli *o, const uint8_t key[static 32]);
int cli_audit_consistency(const struct cli *o);
int cli_audit_prove(const struct cli *o);
int cli_audit_verify(const struct cli *o);
int cli_unlock(const struct cli *o);
int cli_keys_list(const struct cli *o);
int cli_keys_shares(const struct cli *o);
int cli_keys_tpm(const struct cli *o);
int cli_reopen(const struct cli *o);
int cli_accept_loss(const struct cli *o);
int cli_rekey(const struct cli *o);
int cli_close_out(const struct cli *o);
int cli_site_create(const struct cli *o);
int cli_site_start(const struct cli *o);
int cli_site_certificates(const struct cli *o);
int cli_site_begin(const struct cli *o);
int cli_suspend(const struct cli *o);
int cli_reinstate(const struct cli *o);
int cli_station_certificate(const struct cli *o);
int cli_policy_why(const struct cli *o);
int cli_policy_who_can(const struct cli *o);
int cli_policy_what_can(const struct cli *o);
int cli_policy_list(const struct cli *o);
int cli_policy_show(const struct cli *o);
int cli_policy_propose(const struct cli *o);
int cli_policy_diff(const struct cli *o);
int cli_policy_install(const struct cli *o);
int cli_policy_decline(const struct cli *o);
int cli_policy_rationale(const struct cli *o);
int cli_policy_lacks(const struct cli *o);
int cli_policy_expiring(const struct cli *o);
int cli_training_create(const struct cli *o);
int cli_training_start(const struct cli *o);
int cli_training_stop(const struct cli *o);
int cli_training_card(const struct cli *o);

/* cli_complain(o, exit, format, ...): Say what is wrong: to a person on stderr and, with --json,
 * to a program on stdout.  Returns ${exit}. */
__attribute__((format(printf, 3, 4))) int cli_complain(const struct cli *o, int exit,
                                                       const char *format, ...);

/* cli_complain_file(o, path, code): The same for a file, with errno's text for ERR_SYSTEM.
 * Returns CLI_TROUBLE. */
int cli_complain_file(const struct cli *o, const char *path, int code);

/* cli_is_enclave(o): Is the first operand an enclave's id?  Else it has been complained of. */
bool cli_is_enclave(const struct cli *o);

/* cli_say(o, outcome, text): Print an answer; with --json as {"done":…,"text":…}. */
void cli_say(const struct cli *o, bool done, const char *text);

/* cli_print_json(text): A JSON string with its quotes, to standard output. */
void cli_print_json(const char *text);

/* cli_beside(name, out): The path of the program ${name} that lies beside this one. */
#define CLI_PATH_MAX 1024
must_use int cli_beside(const char *name, char out[static CLI_PATH_MAX]);

/*
 * cli_run(argv, out, size):
 * Run argv[0] (a path) to its end, with its standard output, cut at ${size} - 1
 * bytes, in ${out}.  Its exit status, or ERR_SYSTEM.
 */
must_use int cli_run(const char *const *argv, char *out, size_t size);

#endif

#ifndef ENCLAVE_STORE_REKEY_RUN_H
#define ENCLAVE_STORE_REKEY_RUN_H

#include "crypto/sign.h"
#include "enclave/process/process.h"
#include "enclave/store/rekey.h"

/*
 * rekey_run(process, holder, old_key, new_key, public_key, each):
 * The one task of a program that runs while the owner of the store is down: store.db of ${holder}
 * in the working directory is written anew under ${new_key}, compared with the heads that the
 * auditor signed with the key of ${public_key}, every event given to ${each}, and put into its
 * place.  A store that has ${new_key} already is verified only; where there is none nothing is
 * done.  How far it is, and what is wrong, goes to the console's output.  0: the process is asked
 * to end; else the store is as it was.
 */
must_use int rekey_run(struct process *process, const char *holder, const struct secret *old_key,
                       const struct secret *new_key,
                       const uint8_t public_key[static SIGN_PUBLIC_LENGTH], store_each *each);

#endif

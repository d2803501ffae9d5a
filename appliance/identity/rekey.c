/*
 * The other row of this binary (PROGRAM_REKEY_IDENTITY): while identity is down it writes the store
 * anew under the next key, and ends.
 */
#include "appliance/identity/identity.h"
#include "enclave/store/rekey_run.h"

int rekey_started(void *context, struct process *process)
{
    struct identity *n = context;
    n->process = process;
    int r = identity_read_root(n, process);
    return r ? r
             : rekey_run(process, "identity", process_key(process, KEY_REKEY_IDENTITY_STORE),
                         process_key(process, KEY_REKEY_IDENTITY_STORE_NEXT), n->checkpoint_key,
                         shut_decode);
}

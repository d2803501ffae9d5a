/*
 * The other row of this binary (PROGRAM_REKEY): while the enclave is closed it writes the
 * store anew under the next key, and ends.
 */
#include "appliance/worker/worker.h"
#include "enclave/store/rekey_run.h"

int rekey_started(void *context, struct process *process)
{
    struct worker *w = context;
    w->process = process;
    int r = worker_read_root(w, process);
    return r ? r
             : rekey_run(process, process_enclave(process), process_key(process, KEY_REKEY_STORE),
                         process_key(process, KEY_REKEY_STORE_NEXT), w->root.checkpoint,
                         verify_decode);
}

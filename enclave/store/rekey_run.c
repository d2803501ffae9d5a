#include "enclave/store/rekey_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/store/verify.h"

#define STORE "store.db"
#define FRESH "store.next.db"

struct run {
    struct process *process;
    const char *holder;
    const uint8_t *public_key;
    store_each *each;
};

__attribute__((format(printf, 2, 3))) static void say(struct process *process, const char *format,
                                                      ...)
{
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int fd = process_descriptor(process, DESCRIPTOR_OUTPUT);
    if (fd >= 0 && n > 0 && write(fd, line, strlen(line)) < 0)
        return; /* nobody listens any more; the work goes on */
}

/* A line for each tenth. */
static void on_progress(void *context, unsigned percent)
{
    static unsigned told;
    if (percent / 10 == told / 10)
        return;
    told = percent;
    say(context, "  %u %% written\n", percent);
}

static int room(struct process *process)
{
    uint64_t needed = 0, there = 0;
    int r = store_rekey_room(STORE, &needed, &there);
    if (r || there >= needed)
        return r;
    say(process,
        "The store needs %llu MB beside it for its copy, and %llu MB are free: make room, and run "
        "it again.\n",
        (unsigned long long)(needed >> 20) + 1, (unsigned long long)(there >> 20));
    log_err("a rekey needs %llu MB and %llu MB are free", (unsigned long long)(needed >> 20) + 1,
            (unsigned long long)(there >> 20));
    return ERR_FULL;
}

/* The copy's log against the heads that the auditor signed. */
static int verify(const struct run *w, const char *name, const struct secret *key)
{
    struct store *store = NULL;
    uint64_t events = 0;
    int r = store_open(name, w->holder, key, &store);
    if (r)
        return r;
    int wrong = store_verify(store, w->public_key, w->each, NULL, &events);
    store_close(store);
    if (wrong) {
        say(w->process, "  the copy: the log does not verify: %s\n", error_text(wrong));
        log_err("the copy of the store is not good: %s", error_text(wrong));
        return ERR_DIGEST;
    }
    say(w->process, "  the copy: %llu events verified against their signed heads\n",
        (unsigned long long)events);
    return 0;
}

static int write_anew(const struct run *w, const struct secret *old_key,
                      const struct secret *new_key)
{
    struct process *process = w->process;
    int r = room(process);
    if (r)
        return r;
    say(process, "The store is written anew under its next key.\n");
    r = store_rekey_write(STORE, FRESH, w->holder, old_key, new_key, on_progress, process);
    if (r == 0)
        r = verify(w, FRESH, new_key);
    if (r == 0)
        r = store_rekey_swap(STORE, FRESH);
    if (r) {
        say(process, "It could not be written: %s. The store is as it was.\n", error_text(r));
        store_rekey_forget(FRESH);
    }
    return r;
}

static int do_it(const struct run *w, const struct secret *old_key, const struct secret *new_key)
{
    enum store_rekey_state state = STORE_REKEY_NONE;
    int r = store_rekey_look(STORE, w->holder, old_key, new_key, &state);
    if (r) {
        say(w->process, "The store cannot be opened: %s.\n", error_text(r));
        return r;
    }
    if (state == STORE_REKEY_OLD)
        return write_anew(w, old_key, new_key);
    if (state == STORE_REKEY_NEW) {
        say(w->process, "The store has its next key already; what follows is done now.\n");
        store_rekey_forget(FRESH);
        r = verify(w, STORE, new_key);
    }
    return r;
}

int rekey_run(struct process *process, const char *holder, const struct secret *old_key,
              const struct secret *new_key, const uint8_t public_key[static SIGN_PUBLIC_LENGTH],
              store_each *each)
{
    const struct run run = {process, holder, public_key, each};
    int r = do_it(&run, old_key, new_key);
    if (r) {
        log_err("the store was not written anew: %s", error_text(r));
        return r;
    }
    log_info("the store has its next key");
    process_end(process);
    return 0;
}

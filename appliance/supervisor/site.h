#ifndef APPLIANCE_SUPERVISOR_SITE_H
#define APPLIANCE_SUPERVISOR_SITE_H

#include <sys/types.h>

#include "appliance/supervisor/config.h"
#include "enclave/process/channel.h"
#include "enclave/process/loop.h"

/* The processes of a site: started, joined, and started again. */

#define INSTANCES_MAX (16 + 8 * ENCLAVES_MAX)

struct site;

/* One process that runs or should. */
struct instance {
    struct site *site;
    const struct program_row *row;
    int slot; /* of its enclave, or -1 */
    bool wanted;
    bool ready;
    bool offline; /* killed by its own filter too often */
    bool unsure;  /* the disk failed it, and its next start has not been told yet */
    bool locked;  /* it needs a key, and there is no keeper */
    bool held;    /* not started while its enclave's keys are changed */
    bool ended;   /* by us, for what it sent or did not get: nothing more is heard of it */
    pid_t pid;    /* 0 while it does not run */
    struct channel *control;
    uint64_t started_ms;
    uint64_t restart_ms; /* when it may start again */
    unsigned failed;     /* starts that came to nothing, one behind the other */
    unsigned violations; /* deaths by SIGSYS */
    uint64_t first_violation_ms;
    unsigned heard; /* messages of it, since that time */
    uint64_t heard_since_ms;
    char run[301];
    char lacking[400];
    char says[301]; /* what people should know of it */
    int client;     /* the console that waits for it, or -1 */
};

struct site {
    struct config config;
    const char *directory;
    const char *binaries;
    struct loop *loop;
    struct instance instances[INSTANCES_MAX];
    size_t count;
    int listeners[CONFIG_PIV_PORT + 1]
                 [2]; /* by port: entry, enclaves, PIV; -1 where there is none */
    bool piv;         /* the issuers of PIV cards are known */
    int console;      /* the root-only socket */
    bool stopping;
    bool last; /* the auditor was asked, too */
};

/* site_open(site): Bind the listeners and make the directories; ${site} has its config and paths.
 */
must_use int site_open(struct site *site);

/* site_start_all(site): Start everything that stays, the keeper first. */
void site_start_all(struct site *site);

/* site_instance(site, program, slot): The place of a program, or NULL. */
struct instance *site_instance(struct site *site, enum program program, int slot);

/*
 * site_run(instance, run, descriptors, kinds, count):
 * Start a program that does not start by itself, for one run or (the keeper) until it
 * ends, with ${count} further descriptors, borrowed.
 * ERR_STATE when its last run has not ended.
 */
must_use int site_run(struct instance *instance, const char *run, const int *descriptors,
                      const enum descriptor *kinds, size_t count);

/* site_reap(site, pid, status): A process has ended. */
void site_reap(struct site *site, pid_t pid, int status);

/* site_revive(site): Start again what should run and may; call it about each 50 ms. */
void site_revive(struct site *site);

/* site_stop(site): Ask every process to stop, but the auditor, to whom they may have a last word to
 * say; site_stop_last() asks it when it is alone. */
void site_stop(struct site *site);
void site_stop_last(struct site *site);

/* site_end(instance): Ask one process to stop; one that cannot be asked is killed. */
void site_end(struct instance *instance);

/* site_running(site): How many processes run. */
size_t site_running(const struct site *site);

/* In console.c: an answer to a forwarded command, and the end of a run. */
void console_command_done(struct instance *from, const struct message_command_done *m);
void console_run_ended(struct instance *instance, int status);
/* The keeper has the root key. */
void console_unlocked(struct instance *keeper);

#endif

#ifndef TESTS_SIMULATOR_WORLD_H
#define TESTS_SIMULATOR_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "appliance/identity/token.h"
#include "appliance/operation.h"
#include "tests/faults/disk.h"
#include "tests/faults/machine.h"

/*
 * Everything outside the worker's and the auditor's own memory: the disk, the clocks, what is on
 * its way between processes, the people at their stations, and what they were told.  It lies in
 * memory that outlives the process in which both programs run: that process is forked for each
 * life and ends as the product's would.
 */
#define WORLD_ENCLAVE "e3f9k2m1"
#define PEOPLE        8
#define STATES        64 /* snapshots that are remembered, by epoch */
#define UNITS         96
#define ORDERS        32
#define BUNDLES       24
#define ASKED         48
#define DONE          8192
#define WIRE          600000
#define SEGMENTS      3
#define DAY_MS        ((int64_t)24 * 3600 * 1000)

enum person { ANA, BO, CY, DEE, EVE, PIA, QUI, ZED }; /* operators, engineer, planner, quality */

/* What a person may do, as identity says it in one snapshot. */
struct standing {
    bool suspended;
    int64_t role_until_ms;
    bool skilled;
    int64_t skill_until_ms;
};

struct wire {
    size_t length;
    uint8_t data[WIRE];
};

#define SESSIONS 64

/* A session, and what the worker has been told of it. */
struct session {
    uint8_t id[16];
    enum person person;
    char token[TOKEN_TEXT + 1];
    uint64_t expires_ms;
    uint8_t boot[16];
    bool over, locked;
    bool told_over, told_locked;
};

/* ---- the model ---- */

enum unit_is { IS_READY, IS_RUNNING, IS_HELD, IS_FINISHED };

struct model_unit {
    uint8_t id[16];
    char serial[32];
    unsigned order;
    enum unit_is is;
    unsigned done;    /* by segment */
    unsigned running; /* segment + 1 */
    enum person operator;
    unsigned recorded; /* by characteristic of the running segment */
    bool scanned;
    unsigned draft[SEGMENTS][PEOPLE]; /* number of its text, 0 none */
};

struct model_order {
    uint8_t id[16];
    unsigned quantity;
    bool released;
};

struct model_bundle {
    uint8_t id[16], digest[32];
    unsigned accepted; /* by how many */
    enum person first;
    bool declined;
};

struct model_done {
    uint8_t id[16];
    enum person person;
    unsigned operation;
    uint64_t body; /* a hash */
};

enum token_is { TOKEN_IS_GOOD, TOKEN_IS_FORGED, TOKEN_IS_ELSEWHERE };
enum asked_is { NOT_ASKED, ON_ITS_WAY, DELIVERED, WAITS_FOR_AUDITOR, IN_DOUBT, TO_BE_HEARD };

/* One request of a browser. */
struct asked {
    enum asked_is is;
    uint64_t number; /* the gateway's */
    uint64_t place;  /* in the order in which the worker was given them */
    unsigned operation;
    uint8_t id[16];
    int64_t made_ms; /* the time in the id */
    enum person person;
    enum token_is token_is;
    unsigned session;
    char token[TOKEN_TEXT + 1];
    char statement[900];
    int64_t signed_ms;
    char body[2400];
    long unit, order, bundle; /* of the model; -1: something that is not there */
    unsigned segment;
    unsigned readings;
    struct {
        unsigned characteristic;
        bool passes;
        unsigned gage; /* 0 none, 1, 2, 3 unknown */
    } reading[4];
    bool wrong_code, malformed;
    unsigned draft;
    unsigned kind; /* of a definition's one event */
    unsigned tries;
    unsigned answer;   /* the status that the worker gave, before it left; 0 none */
    unsigned wanted;   /* what it must be, when it is heard later; 0 is settled */
    bool acknowledged; /* the auditor has its intent */
    bool maybe;        /* or it was denied, by the other of two clocks */
    bool unread;       /* an earlier try may lie in the log, which nobody could read since */
    uint64_t epoch;    /* of the standings in the life whose log may have it */
    unsigned heard_draft;
    char words[160]; /* of its answer, for a failure */
};

struct view {   /* what has reached the worker */
    bool ready; /* a snapshot and its line */
    uint64_t epoch;
    uint64_t good_until_ms;
    bool auditor;
};

struct world {
    uint64_t seed, random, digest, steps, lives;
    struct machine machine;
    struct disk *disk;
    int64_t utc_offset_ms; /* UTC over the boot clock */
    bool frozen;
    struct wire answers, to_auditor, to_worker;
    /* identity */
    uint64_t epoch;
    struct standing standing[STATES][PEOPLE];
    struct session session[SESSIONS]; /* the latest; a request keeps what it needs of its own */
    unsigned sessions, now[PEOPLE];   /* which one each person works in */
    bool identity_away;
    bool auditor_away;
    /* what the worker knows, this life */
    struct view view;
    bool unsure;      /* the disk failed, and nobody has reopened the enclave */
    bool reopening;   /* the console has asked, and has no answer yet */
    bool told_unsure; /* the supervisor knows it from the last life's exit status */
    int fault;        /* of this life: enum fault */
    uint64_t fault_at, syncs;
    bool fault_behind;
    int forced; /* this fault, at this call, whatever the seed would choose */
    uint64_t forced_at;
    bool reached, ended;
    bool full;         /* the disk is, or was a moment ago */
    bool room;         /* it was not, when the worker's last turn began */
    int64_t memory_ms; /* the newest time that this life has looked at */
    /* what must be */
    int64_t floor_ms; /* the newest time in the log */
    uint64_t seen;    /* events */
    struct model_unit unit[UNITS];
    struct model_order order[ORDERS];
    struct model_bundle bundle[BUNDLES];
    unsigned units, orders, bundles, drafts;
    struct model_done done[DONE];
    unsigned dones;
    struct asked asked[ASKED], past[16]; /* lately heard, to be sent once more */
    unsigned pasts;
    uint64_t numbers, places;
    uint64_t bundle_sent; /* sequence of what intake sent, until its verdict */
    /* figures */
    uint64_t answered, refused, events, kills, cuts, fulls, syncs_failed, jumps, recovered,
        in_doubt;
    char wrong[600]; /* the first thing that is not as it must be */
};

extern struct world *world;

/* pick(below): The next choice of the seed, below ${below}. */
uint64_t pick(uint64_t below);

/* wrong(...): Something is not as it must be: said once, and the life ends. */
_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* world_digest(data, length): Into the digest of this seed. */
void world_digest(const void *data, size_t length);

#endif

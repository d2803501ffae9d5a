/*
 * A deterministic box: the real worker and auditor, the real store and journal, on a made-up disk
 * and machine, with people at stations, faults and crashes that all follow from a seed, and a model
 * beside them that knows what must be answered and what must be in the log.
 *     simulator --seed S            one seed, and a line about it
 *     simulator --seeds FROM COUNT  so many, and a figure
 *     simulator --kth S [--every N] [--from K] [--kind N]
 *                                   the first life of seed S again and again, with its k-th call to
 *                                   the disk or for memory failing, for every k (every N-th)
 * The same seed gives the same answers and the same log: the line ends with their digest.
 */
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "appliance/identity/snapshot.h"
#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"
#include "tests/faults/arguments.h"
#include "tests/faults/disk_vfs.h"
#include "tests/faults/memory.h"
#include "tests/simulator/box.h"
#include "tests/simulator/floor.h"
#include "tests/simulator/roster.h"
#include "tests/simulator/plant.h"

enum {
#define COMMAND(number, NAME, words, PROGRAM, per_enclave, descriptors, what)                      \
    COMMAND_##NAME = (number),
#include "appliance/commands.def"
#undef COMMAND
};

/* How a life ends, as an exit status; and the product's own, PROCESS_EXIT_UNSURE and 1. */
enum end { ENDED = 0, KILLED = 40, CUT = 41, WRONG = 50 };

enum fault {
    FAULT_NONE,
    FAULT_KILL,  /* at the n-th sync */
    FAULT_CUT,   /* likewise, and power with it */
    FAULT_STOP,  /* between two turns */
    FAULT_SYNC,  /* the n-th sync fails */
    FAULT_WRITE, /* the n-th write fails */
    FAULT_SHORT, /* the n-th write is short */
    FAULT_READ,  /* the n-th read fails */
    FAULT_FULL,  /* the n-th write finds no room; only where it is asked for, as what follows */
    FAULT_MEMORY /* the n-th request for memory gets none */
};

struct world *world;
static struct world *base;
static struct disk *base_disk;

uint64_t pick(uint64_t below)
{
    return disk_random(&world->random) % below;
}

void world_digest(const void *data, size_t length)
{
    world->digest = plant_hash(data, length) ^ (world->digest << 7 | world->digest >> 57);
}

_Noreturn void wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(world->wrong, sizeof world->wrong, format, args);
    va_end(args);
    if (getenv("SIMULATOR_LOG"))
        fprintf(stderr, "%s", box_said());
    _exit(WRONG);
}

/* ---- identity ---- */

static void tell_identity(void)
{
    static uint8_t bytes[60000];
    struct message m = {.number = MESSAGE_SESSIONS};
    uint8_t over[16 * SESSIONS], locked[16 * SESSIONS];
    size_t overs = 0, lockeds = 0;
    for (unsigned i = 0; i < SESSIONS && i < world->sessions; i++) {
        struct session *s = &world->session[i];
        if (s->over)
            memcpy(over + 16 * overs++, s->id, 16);
        else if (s->locked)
            memcpy(locked + 16 * lockeds++, s->id, 16);
        s->told_over = s->over || s->told_over; /* what is over stays over */
        s->told_locked = s->locked || s->told_locked;
    }
    m.sessions.over = bytes_view_of(over, 16 * overs);
    m.sessions.locked = bytes_view_of(locked, 16 * lockeds);
    box_give(PROGRAM_IDENTITY, &m);
    m = (struct message){.number = MESSAGE_SNAPSHOT};
    m.snapshot.epoch = world->epoch;
    m.snapshot.parts = 1;
    m.snapshot.body = bytes_view_of(bytes, roster_snapshot(bytes, sizeof bytes));
    hash_content(SNAPSHOT_PURPOSE, m.snapshot.body, m.snapshot.digest);
    uint8_t digest[32];
    memcpy(digest, m.snapshot.digest, 32);
    box_give(PROGRAM_IDENTITY, &m);
    roster_line(digest, &m);
    box_give(PROGRAM_IDENTITY, &m);
    world->view.ready = true;
    world->view.epoch = world->epoch;
    world->view.good_until_ms = m.snapshot_line.good_until_ms;
}

/* Somebody's standing changes: another epoch. */
static void change_standing(void)
{
    struct standing *next = world->standing[(world->epoch + 1) % STATES];
    memcpy(next, world->standing[world->epoch % STATES], sizeof world->standing[0]);
    enum person person = (enum person)pick(PEOPLE);
    switch (pick(4)) {
    case 0:
        next[person].suspended = !next[person].suspended;
        for (unsigned i = 0; i < SESSIONS; i++) /* and both ways a new one is needed */
            world->session[i].over |= world->session[i].person == person;
        break;
    case 1:
        next[person].role_until_ms = pick(2) ? 4000000000000 : world->machine.utc_ms + 40 * DAY_MS;
        break;
    case 2:
        next[person].skill_until_ms = pick(2) ? 4000000000000 : world->machine.utc_ms + 30 * DAY_MS;
        break;
    default:
        next[person].skilled = !next[person].skilled;
    }
    world->epoch++;
    if (!world->identity_away)
        tell_identity();
}

static void change_session(void)
{
    struct session *s = &world->session[world->now[pick(PEOPLE)]];
    struct message m = {.number = MESSAGE_SESSION_OVER};
    if (world->identity_away || s->over)
        return;
    memcpy(m.session_over.session, s->id, 16); /* the three messages have one form */
    if (pick(3) == 0)
        s->over = s->told_over = true;
    else {
        s->locked = s->told_locked = !s->locked;
        m.number = s->locked ? MESSAGE_SESSION_LOCKED : MESSAGE_SESSION_UNLOCKED;
    }
    box_give(PROGRAM_IDENTITY, &m);
}

/* Whose session has ended badges in again, mostly. */
static void sign_in_again(void)
{
    for (int p = 0; p < PEOPLE; p++) {
        const struct session *s = &world->session[world->now[p]];
        bool gone =
            s->over || memcmp(s->boot, os_boot_id(), 16) != 0 || os_boot_ms() >= s->expires_ms;
        if (!world->identity_away && (gone || s->locked) && pick(3) == 0)
            roster_sign_in((enum person)p);
    }
}

/* ---- what happens around ---- */

static void send_bundle(void)
{
    struct message m = {.number = MESSAGE_INBOUND};
    char text[40];
    if (world->bundle_sent || world->bundles + 1 >= BUNDLES || world->unsure)
        return;
    world->bundle_sent = world->bundles + 1;
    m.inbound.epoch = 1;
    m.inbound.sequence = world->bundle_sent;
    snprintf(text, sizeof text, "bundle %lu", world->bundle_sent);
    hash_content("casemate/simulator/1", bytes_text(text), m.inbound.digest);
    if (world->bundles)
        memcpy(m.inbound.previous, world->bundle[world->bundles - 1].digest, 32);
    m.inbound.orders = 2;
    m.inbound.slot = bytes_text("");
    box_join(PROGRAM_INTAKE);
    box_give(PROGRAM_INTAKE, &m);
    for (unsigned i = 0; i < 2; i++) {
        char number[25], key[17];
        m = (struct message){.number = MESSAGE_INBOUND_ORDER};
        snprintf(number, sizeof number, "WO-%lu-%u", world->bundle_sent, i);
        snprintf(key, sizeof key, "ORD-%lu-%u", world->bundle_sent, i);
        m.inbound_order.number = bytes_text(number);
        m.inbound_order.key = bytes_text(key);
        m.inbound_order.part = bytes_text("P-1");
        m.inbound_order.revision = bytes_text("A");
        m.inbound_order.quantity = 1 + (uint32_t)pick(3);
        m.inbound_order.due = bytes_text("2027-01-01");
        m.inbound_order.priority = 50;
        box_give(PROGRAM_INTAKE, &m);
    }
    m = (struct message){.number = MESSAGE_INBOUND_END};
    m.inbound_end.orders = 2;
    box_give(PROGRAM_INTAKE, &m);
}

static void jump(void)
{
    static const int64_t jumps[] = {-3652 * DAY_MS, 3652 * DAY_MS, -(int64_t)3600 * 1000,
                                    25 * DAY_MS, 3600 * 1000};
    world->jumps++;
    if (pick(5) == 0)
        world->frozen = !world->frozen;
    else if (pick(3) == 0)
        world->machine.utc_ms = PLANT_BEGAN_MS + (int64_t)world->machine.boot_ns / 1000000;
    else
        world->machine.utc_ms += jumps[pick(5)];
}

static void advance(uint64_t ms)
{
    world->machine.boot_ns += ms * 1000000u;
    if (!world->frozen)
        world->machine.utc_ms += (int64_t)ms;
}

static void fill_disk(void)
{
    if (world->full) {
        disk_room(world->disk, 0);
        return;
    }
    disk_room(world->disk, disk_used(world->disk) + pick(20) * 4096);
    world->full = true;
    world->fulls++;
}

static void auditor_comes_or_goes(void)
{
    if (world->auditor_away)
        box_join(PROGRAM_AUDITOR);
    else
        box_leave(PROGRAM_AUDITOR);
    world->auditor_away = !world->auditor_away;
    world->view.auditor = !world->auditor_away;
}

static void identity_comes_or_goes(void)
{
    world->identity_away = !world->identity_away;
    if (world->identity_away) {
        box_leave(PROGRAM_IDENTITY);
        return;
    }
    box_join(PROGRAM_IDENTITY);
    tell_identity();
}

static void reopen(void)
{
    char text[4200];
    if (!world->unsure || !((struct worker *)worker_handlers()->context)->store)
        return;
    world->reopening = true;
    unsigned outcome = box_command(COMMAND_REOPEN, text, sizeof text);
    world->reopening = false;
    if (outcome != 0 && disk_failed(world->disk) && strstr(text, "could not be read again"))
        return; /* the disk failed once more: it stays closed, and may be asked again */
    if (outcome != 0)
        wrong("the enclave is not reopened: %.300s", text);
    world->unsure = false;
}

static void around(void)
{
    switch (pick(16)) {
    case 0:
    case 1:
        change_standing();
        return;
    case 2:
    case 3:
        change_session();
        return;
    case 4:
        roster_sign_in((enum person)pick(PEOPLE));
        return;
    case 5:
        jump();
        return;
    case 6:
    case 7:
        send_bundle();
        return;
    case 8:
        fill_disk();
        return;
    case 9:
        auditor_comes_or_goes();
        return;
    case 10:
        identity_comes_or_goes();
        return;
    case 11:
        advance(pick(700) * 1000);
        return;
    case 12:
        reopen();
        return;
    default:
        if (!world->identity_away)
            tell_identity();
    }
}

/* ---- a life ---- */

static void at_sync(void *context, bool behind)
{
    (void)context;
    world->syncs += !behind;
    bool kills = world->fault == FAULT_KILL || world->fault == FAULT_CUT;
    if (kills && world->syncs == world->fault_at && behind == world->fault_behind)
        _exit(world->fault == FAULT_KILL ? KILLED : CUT);
}

static void choose_fault(bool last)
{
    world->fault = last ? FAULT_NONE : (int)pick(FAULT_FULL);
    world->fault_at =
        1 + pick(world->fault == FAULT_WRITE || world->fault == FAULT_SHORT ? 150 : 40);
    if (world->forced && !last) {
        world->fault = world->forced;
        world->fault_at = world->forced_at;
    }
    world->fault_behind = pick(2);
    world->syncs = 0;
    switch (world->fault) {
    case FAULT_SYNC:
        disk_fail(world->disk, DISK_BIT(DISK_SYNC), world->fault_at, EIO);
        return;
    case FAULT_WRITE:
        disk_fail(world->disk, DISK_BIT(DISK_WRITE), world->fault_at,
                  world->forced || pick(2) ? EIO : ENOSPC);
        world->full = true; /* it may be said so for a moment */
        return;
    case FAULT_FULL:
        disk_fail(world->disk, DISK_BIT(DISK_WRITE), world->fault_at, ENOSPC);
        world->full = true;
        return;
    case FAULT_SHORT:
        disk_fail(world->disk, DISK_BIT(DISK_WRITE), world->fault_at, 0);
        return;
    case FAULT_READ:
        disk_fail(world->disk, DISK_BIT(DISK_READ), world->fault_at, EIO);
        return;
    default:
        return;
    }
}

static void step(void)
{
    uint64_t what = pick(100);
    advance(pick(40));
    world->steps++;
    if (what < 40)
        floor_asks();
    else if (what < 62) {
        bool room = world->disk && !disk_has_room(world->disk) && world->fault != FAULT_WRITE &&
                    world->fault != FAULT_FULL;
        if (room && world->room)
            world->full = false; /* the worker looks once in a turn, and one has passed */
        world->room = room;
        floor_gives(1 + (unsigned)pick(6));
        box_turn(PROGRAM_WORKER);
    } else if (what < 76) {
        (void)box_carry(PROGRAM_AUDITOR, 1 + (unsigned)pick(6));
        box_turn(PROGRAM_AUDITOR);
    } else if (what < 86) {
        (void)box_carry(PROGRAM_WORKER, 1 + (unsigned)pick(6));
        box_turn(PROGRAM_WORKER);
    } else if (what < 93)
        floor_hears();
    else if (what < 96)
        sign_in_again();
    else
        around();
}

/* Until everybody has an answer; with the disk, the auditor and identity as they should be. */
static void come_to_rest(void)
{
    disk_fail(world->disk, 0, 0, 0);
    disk_room(world->disk, 0);
    if (world->auditor_away)
        auditor_comes_or_goes();
    if (world->identity_away)
        identity_comes_or_goes();
    for (int i = 0; i < 60; i++) {
        advance(20);
        floor_gives(8);
        box_turn(PROGRAM_WORKER);
        (void)box_carry(PROGRAM_AUDITOR, 100);
        box_turn(PROGRAM_AUDITOR);
        (void)box_carry(PROGRAM_WORKER, 100);
        box_turn(PROGRAM_WORKER);
        floor_hears();
    }
    world->full = false;
    for (int i = 0; i < ASKED; i++)
        if (world->asked[i].is != NOT_ASKED && world->asked[i].is != IN_DOUBT)
            wrong("%s of %s has no answer (%d)",
                  operation_by_number(world->asked[i].operation)->name,
                  roster_name(world->asked[i].person), (int)world->asked[i].is);
}

static void verify(void)
{
    char text[4200];
    if (!((struct worker *)worker_handlers()->context)->store && disk_failed(world->disk))
        return;
    unsigned outcome = box_command(COMMAND_VERIFY, text, sizeof text);
    if (outcome != 0 && !disk_failed(world->disk))
        wrong("the log does not verify: %.300s", text);
    if (box_command(COMMAND_REPLAY, text, sizeof text) != 0 && !disk_failed(world->disk))
        wrong("the log does not replay to its tables: %.400s", text);
    plant_compare();
}

static void begin_life(void)
{
    box_begin();
    machine_use(&world->machine);
    disk_mount(world->disk);
    disk_watch(world->disk, at_sync, NULL);
    floor_hears(); /* what had left before the end */
    floor_gateway_gone();
    world->view.auditor = false;
    if (world->reopening) /* whether it was done, the mark says */
        world->unsure = disk_find(UNSURE_MARK, &(uint64_t){0});
    world->reopening = false;
    if (box_start(PROGRAM_AUDITOR) != 0 || box_start(PROGRAM_WORKER) != 0) {
        if (disk_failed(world->disk))
            _exit(1);
        wrong("it does not start again: %.400s", box_said());
    }
    world->told_unsure = false;
    plant_settle(true);
    plant_compare();
    if (!world->unsure)
        verify();
    memset(&world->view, 0, sizeof world->view);
    for (unsigned i = 0; i < SESSIONS; i++)
        world->session[i].told_over = world->session[i].told_locked = false;
    world->memory_ms = 0;
    world->bundle_sent = 0;
    world->auditor_away = world->identity_away = false;
    box_join(PROGRAM_GATEWAY);
    box_join(PROGRAM_AUDITOR);
    world->view.auditor = true;
    if (pick(3))
        box_join(PROGRAM_IDENTITY), tell_identity();
    else
        world->identity_away = true;
}

static _Noreturn void live(bool last)
{
    begin_life();
    if (world->fault == FAULT_MEMORY) {
        alarm(5);
        memory_fail(world->fault_at, false);
    }
    for (unsigned steps = 60 + (unsigned)pick(120); steps > 0; steps--)
        step();
    world->reached = memory_failed() || disk_failed(world->disk);
    memory_fail(0, false);
    if (world->fault == FAULT_STOP)
        _exit(pick(2) ? KILLED : CUT);
    if (last) {
        reopen();
        come_to_rest();
        verify();
    }
    box_stop();
    if (last && disk_vfs_temporary())
        wrong("%u temporary files were asked for", disk_vfs_temporary());
    _exit(ENDED);
}

/* ---- what comes behind a life ---- */

static void turn_on_again(void)
{
    for (size_t i = 0; i < sizeof world->machine.boot_id; i++)
        world->machine.boot_id[i] = (uint8_t)pick(256);
    world->machine.boot_ns = 5000000000u + pick(60000000000);
}

/* NULL, or what is wrong with how it ended. */
static const char *judge_end(int status)
{
    static char text[200];
    /* the auditor ends when its journal cannot be written */
    bool failed =
        disk_failed(world->disk) || disk_has_room(world->disk) || world->fault == FAULT_MEMORY;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    world->ended = code != ENDED;
    disk_fail(world->disk, 0, 0, 0);
    disk_room(world->disk, 0);
    disk_watch(world->disk, NULL, NULL);
    world->to_auditor.length = world->to_worker.length = 0;
    disk_kill(world->disk);
    if (code == CUT) {
        world->cuts++;
        disk_cut(world->disk, disk_random(&world->random));
        turn_on_again();
        return NULL;
    }
    world->kills += code == KILLED;
    if (code == ENDED || code == KILLED)
        return NULL;
    if (code == WRONG)
        return world->wrong;
    if (code == PROCESS_EXIT_UNSURE && failed) {
        world->unsure = world->told_unsure = true;
        world->syncs_failed++;
        return NULL;
    }
    if (failed && (code == 1 || (code < 0 && world->fault == FAULT_MEMORY)))
        return NULL; /* without memory OpenSSL may end it by a signal */
    snprintf(text, sizeof text, "it ended with %s %d: %.120s", code < 0 ? "signal" : "status",
             code < 0 ? WTERMSIG(status) : code, world->wrong);
    return text;
}

static const char *life(bool last)
{
    int status = 0;
    world->lives++;
    choose_fault(last);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        live(last);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return "no process can be made";
    if (getenv("SIMULATOR_LOG"))
        fprintf(stderr, "life %lu ended with %x, fault %d at %lu %s, failed %d, %lu events seen\n",
                world->lives, (unsigned)status, world->fault, world->fault_at,
                world->fault_behind ? "behind" : "before", disk_failed(world->disk), world->seen);
    return judge_end(status);
}

static void begin_seed(uint64_t seed)
{
    struct disk *disk = world->disk;
    memcpy(world, base, sizeof *world);
    world->disk = disk;
    disk_copy_whole(base_disk, disk);
    world->seed = world->random = seed;
    world->machine.random = seed ^ 0x5bf03635;
}

static const char *run_seed(uint64_t seed)
{
    begin_seed(seed);
    unsigned lives = 2 + (unsigned)pick(3);
    const char *found = NULL;
    for (unsigned i = 0; !found && i < lives; i++)
        found = life(false);
    return found ? found : life(true);
}

/* ---- the plant that every seed begins with ---- */

static void settle_down(void)
{
    for (int i = 0; i < 6; i++) {
        floor_gives(8);
        box_turn(PROGRAM_WORKER);
        (void)box_carry(PROGRAM_AUDITOR, 100);
        box_turn(PROGRAM_AUDITOR);
        (void)box_carry(PROGRAM_WORKER, 100);
        box_turn(PROGRAM_WORKER);
        advance(10);
        floor_hears();
    }
    for (int i = 0; i < ASKED; i++)
        if (world->asked[i].is != NOT_ASKED)
            wrong("the plant cannot be set up: %s has no answer",
                  operation_by_number(world->asked[i].operation)->name);
}

static _Noreturn void set_up_plant(void)
{
    box_begin();
    if (box_start(PROGRAM_AUDITOR) != 0 || box_start(PROGRAM_WORKER) != 0)
        wrong("the plant does not start: %.400s", box_said());
    for (int p = 0; p < PEOPLE; p++)
        roster_sign_in((enum person)p);
    box_join(PROGRAM_GATEWAY);
    box_join(PROGRAM_AUDITOR);
    box_join(PROGRAM_IDENTITY);
    world->view.auditor = true;
    tell_identity();
    for (unsigned i = 0; floor_defines(i); i++)
        settle_down();
    send_bundle();
    settle_down();
    floor_accepts(PIA, 0);
    settle_down();
    floor_accepts(QUI, 0);
    settle_down();
    if (world->orders == 0)
        wrong("no order came in: %u bundles, %lu refused; %.400s", world->bundles, world->refused,
              box_said());
    floor_releases(PIA, 0);
    settle_down();
    verify();
    box_stop();
    _exit(ENDED);
}

static int make_base(void)
{
    int status = 0;
    world->random = 4711;
    machine_begin(&world->machine, 4711);
    machine_use(&world->machine);
    disk_mount(world->disk);
    world->epoch = 1;
    for (int p = 0; p < PEOPLE; p++)
        world->standing[1][p] = (struct standing){
            .role_until_ms = 4000000000000, .skilled = p != BO, .skill_until_ms = 4000000000000};
    world->standing[1][DEE].role_until_ms = PLANT_BEGAN_MS + 30 * DAY_MS;
    pid_t child = fork();
    if (child == 0)
        set_up_plant();
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        printf("the plant cannot be set up (%x): %s\n", (unsigned)status, world->wrong);
        return 1;
    }
    disk_kill(world->disk);
    disk_copy_whole(world->disk, base_disk);
    memcpy(base, world, sizeof *base);
    return 0;
}

static void *shared(size_t length)
{
    void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        exit(2);
    return p;
}

static struct {
    uint64_t answered, refused, events, lives, kills, cuts, fulls, unsure, jumps, recovered, doubt;
} sum;

static bool run_and_say(uint64_t seed, bool quiet)
{
    const char *found = run_seed(seed);
    sum.answered += world->answered;
    sum.refused += world->refused;
    sum.events += world->events;
    sum.lives += world->lives;
    sum.kills += world->kills;
    sum.cuts += world->cuts;
    sum.fulls += world->fulls;
    sum.unsure += world->syncs_failed;
    sum.jumps += world->jumps;
    sum.recovered += world->recovered;
    sum.doubt += world->in_doubt;
    if (found)
        printf("seed %lu: step %lu of life %lu: %s\n", seed, world->steps, world->lives, found);
    else if (!quiet)
        printf("seed %lu: %lu lives, %lu answers (%lu refused), %lu events, %016lx\n", seed,
               world->lives, world->answered, world->refused, world->events, world->digest);
    return found == NULL;
}

/* ---- the k-th call, for every k ---- */

static int all_calls(uint64_t seed, uint64_t every, uint64_t from, int only)
{
    static const struct {
        enum fault fault;
        const char *name;
    } kinds[] = {{FAULT_WRITE, "EIO at a write"}, {FAULT_FULL, "ENOSPC at a write"},
                 {FAULT_SHORT, "a short write"},  {FAULT_SYNC, "a failed sync"},
                 {FAULT_READ, "EIO at a read"},   {FAULT_MEMORY, "no memory"}};
    uint64_t bad = 0, trials = 0, ended = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool reached = only < 0 || only == (int)i;
        uint64_t k = from;
        for (; reached; k += every) {
            begin_seed(seed);
            world->forced = (int)kinds[i].fault;
            world->forced_at = k;
            world->reached = true; /* until a life has come to its end without it */
            const char *found = life(false);
            reached = world->reached;
            ended += reached && world->ended;
            if (!found)
                found = life(true);
            trials += reached;
            bad += found != NULL;
            if (found)
                printf("%s, the %luth: %s\n", kinds[i].name, k, found);
        }
        printf("%-18s %5lu calls\n", kinds[i].name, k - 1 - every);
    }
    printf("%lu trials, of which %lu ended the process\n", trials, ended);
    printf("figure kth_worker = %lu wrong-of-%lu-faults (limit 0, ratio %lu, wants 0) %s\n", bad,
           trials, bad, bad ? "short" : "ok");
    return bad != 0;
}

int main(int argc, char **argv)
{
    uint64_t from = argument(argc, argv, "--seed", 0), count = 1, bad = 0;
    struct timespec a, b;
    bool many = argc == 4 && strcmp(argv[1], "--seeds") == 0;
    if (many) {
        from = strtoull(argv[2], NULL, 10);
        count = strtoull(argv[3], NULL, 10);
    }
    memory_begin();
    store_library_begin();
    if (sodium_init() < 0)
        return 2;
    disk_vfs_begin();
    setvbuf(stdout, NULL, _IOLBF, 0);
    world = shared(sizeof *world);
    base = shared(sizeof *base);
    world->disk = disk_new();
    base_disk = disk_new();
    if (make_base() != 0)
        return 1;
    uint64_t kth = argument(argc, argv, "--kth", 0);
    if (kth)
        return all_calls(kth, argument(argc, argv, "--every", 1), argument(argc, argv, "--from", 1),
                         (int)argument(argc, argv, "--kind", (uint64_t)-1));
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (uint64_t i = 0; i < count; i++)
        bad += !run_and_say(from + i, many);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (!many)
        return bad != 0;
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf(
        "seeds %lu to %lu: %lu lives, %lu answers (%lu refused), %lu events; %lu kills, %lu power "
        "cuts, %lu full disks, %lu failed disks, %lu jumps of the clock; %lu in doubt, %lu of them "
        "done; %.1f seeds a second\n",
        from, from + count - 1, sum.lives, sum.answered, sum.refused, sum.events, sum.kills,
        sum.cuts, sum.fulls, sum.unsure, sum.jumps, sum.doubt, sum.recovered,
        (double)count / seconds);
    printf("figure simulator = %lu wrong-of-%lu-seeds (limit 0, ratio %lu, wants 0) %s\n", bad,
           count, bad, bad ? "short" : "ok");
    return bad != 0;
}

/*
 * The backup of one store, and its way back: one binary, four rows of topology.def.  A backup
 * reads the store's pages, ciphertext, from a descriptor, seals and signs them and writes them to
 * the console's file, while the store's owner holds the file still.  The way back is run while
 * the owner is down: it writes the pages beside the store, and when all of them are what was
 * sealed it gives them the store's name.  It holds the backup and signing keys of that one store
 * and never the key that opens it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/backup/backup.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"
#include "enclave/store/store.h"

#define STORE         "store.db"
#define FRESH         STORE_RESTORED
#define BEFORE        "store.before.db"
#define OWNER_SECONDS 10

static struct {
    struct process *process;
    struct peer *owner;
    const struct secret *seal, *sign;
    bool asked, written;
    int status;
} run = {.status = 2};

static const char *holder(void)
{
    const char *enclave = process_enclave(run.process);
    return enclave[0] ? enclave : "identity";
}

/* The console reads one sentence. */
static void over(const char *why)
{
    int fd = process_descriptor(run.process, DESCRIPTOR_SECOND);
    if (why) {
        log_err("%s", why);
        if (fd >= 0 && write(fd, why, strlen(why)) < 0)
            log_err("the console has gone");
    }
    run.status = why ? 2 : 0;
    process_end(run.process);
}

static void take_keys(void)
{
    enum key seal = KEY_BACKUP_SEAL, sign = KEY_BACKUP_SIGN;
    switch (process_program(run.process)) {
    case PROGRAM_RESTORE:
        seal = KEY_RESTORE_SEAL;
        sign = KEY_RESTORE_SIGN;
        break;
    case PROGRAM_BACKUP_IDENTITY:
        seal = KEY_BACKUP_IDENTITY_SEAL;
        sign = KEY_BACKUP_IDENTITY_SIGN;
        break;
    case PROGRAM_RESTORE_IDENTITY:
        seal = KEY_RESTORE_IDENTITY_SEAL;
        sign = KEY_RESTORE_IDENTITY_SIGN;
        break;
    default:
        break;
    }
    run.seal = process_key(run.process, seal);
    run.sign = process_key(run.process, sign);
}

/* ---- making one ---- */

static void on_joined(void *context, struct peer *peer)
{
    struct message m = {.number = MESSAGE_HOLD};
    (void)context;
    run.owner = peer;
    run.asked = true;
    if (process_send(peer, &m) != 0)
        over("The store's own program does not answer. Nothing was written.");
}

static int fill_head(const struct message_held *m, struct backup_head *head, int from)
{
    struct stat st;
    *head = (struct backup_head){.training = process_is_training(run.process),
                                 .made_ms = os_utc_ms(),
                                 .sha256 = m->sha256,
                                 .events = m->events,
                                 .checkpoint = "-"};
    if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode))
        return ERR_SYSTEM;
    os_random(head->id, sizeof head->id);
    snprintf(head->holder, sizeof head->holder, "%s", holder());
    head->length = (uint64_t)st.st_size;
    if (m->checkpoint.length)
        sodium_bin2base64(head->checkpoint, sizeof head->checkpoint, m->checkpoint.data,
                          m->checkpoint.length, sodium_base64_VARIANT_ORIGINAL);
    return 0;
}

static void write_it(const struct message_held *m)
{
    struct message end = {.number = MESSAGE_HOLD_END};
    struct backup_head head;
    char why[BACKUP_WHY] = "The store's file cannot be read.";
    int from = process_descriptor(run.process, DESCRIPTOR_STORE);
    if (!m->well) {
        over("The store's file cannot be held still now: its program cannot open it (see casemate "
             "status), or the disk is full.");
        return;
    }
    int r = fill_head(m, &head, from);
    if (r == 0)
        r = backup_write(&head, run.seal, run.sign, from,
                         process_descriptor(run.process, DESCRIPTOR_OUTPUT), why);
    run.written = r == 0;
    if (r || process_send(run.owner, &end) != 0)
        over(r ? why : "The store's own program has gone; what was written is not a backup.");
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    (void)peer;
    if (m->number == MESSAGE_HELD && run.asked && !run.written)
        write_it(&m->held);
    else if (m->number == MESSAGE_HOLD_ENDED && run.written)
        over(m->hold_ended.whole ? NULL
                                 : "So much was recorded meanwhile that the file had to be let go; "
                                   "what was written is not a backup. Try again.");
    else
        log_die("the store's owner sent message %s", message_name(m->number));
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    (void)peer;
    over("The store's own program has ended; what was written is not a backup.");
}

/* ---- bringing one back ---- */

static int gone(const char *name)
{
    return unlink(name) == 0 || errno == ENOENT ? 0 : ERR_SYSTEM;
}

static int renamed(const char *from, const char *to)
{
    return os_rename(from, to) == 0 || errno == ENOENT ? 0 : ERR_SYSTEM;
}

static int is_there(const char *name, bool *ret_there)
{
    int fd = os_open(name, O_RDONLY, 0);
    *ret_there = fd >= 0;
    if (fd >= 0)
        os_close(fd);
    return fd >= 0 || errno == ENOENT ? 0 : ERR_SYSTEM;
}

static int write_format(const struct backup_head *head)
{
    const char *mac = head->sha256 ? "sha256\n" : "sha512\n";
    int fd = os_open(STORE ".format.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int r = fd >= 0 && write(fd, mac, 7) == 7 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    return r;
}

/*
 * The store that is there keeps its pages under another name, with its write-ahead log; then the
 * one that was brought back takes the name.  Ended in between, there is no store of that name and
 * one that was brought back, which no program opens (store_open_as()): the same command is given
 * again, and what was kept the first time stays.
 */
static int swap(const struct backup_head *head)
{
    bool there = false;
    int r = write_format(head);
    if (r == 0)
        r = is_there(STORE, &there);
    if (r == 0 && there)
        r = gone(BEFORE "-wal");
    if (r == 0 && there)
        r = renamed(STORE, BEFORE);
    if (r == 0)
        r = renamed(STORE "-wal", BEFORE "-wal");
    if (r == 0)
        r = renamed(STORE ".format.new", STORE ".format");
    if (r == 0 && os_rename(FRESH, STORE) != 0)
        r = ERR_SYSTEM;
    return r;
}

/* Whose it is, and of what kind of site. */
static int check_head(int from, struct backup_head *ret_head, char why[static BACKUP_WHY])
{
    int r = backup_read_head(from, ret_head, why);
    if (r)
        return r;
    if (strcmp(ret_head->holder, holder()) != 0) {
        snprintf(why, BACKUP_WHY, "This is the backup of %s, and not of %s. Nothing was changed.",
                 ret_head->holder, holder());
        return ERR_RANGE;
    }
    if (ret_head->training != process_is_training(run.process)) {
        snprintf(why, BACKUP_WHY, "This is the backup of a %s site. Nothing was changed.",
                 ret_head->training ? "training" : "production");
        return ERR_RANGE;
    }
    return 0;
}

/* While the store's own program still works with it: nothing is written. */
static int verify(char why[static BACKUP_WHY])
{
    struct backup_head head;
    int from = process_descriptor(run.process, DESCRIPTOR_INPUT);
    int r = check_head(from, &head, why);
    return r ? r : backup_read(&head, run.seal, run.sign, from, -1, why);
}

static int bring_back(char why[static BACKUP_WHY])
{
    struct backup_head head;
    int from = process_descriptor(run.process, DESCRIPTOR_INPUT);
    int r = check_head(from, &head, why);
    int to = r ? -1 : os_open(FRESH, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (r == 0 && to < 0) {
        snprintf(why, BACKUP_WHY, "The store cannot be written here: %s.", strerror(errno));
        r = ERR_SYSTEM;
    }
    if (r == 0)
        r = backup_read(&head, run.seal, run.sign, from, to, why);
    if (to >= 0)
        close(to);
    if (r == 0) {
        r = swap(&head);
        if (r)
            snprintf(why, BACKUP_WHY, "The store could not be put in its place: %s. Run it again.",
                     strerror(errno));
    } else if (gone(FRESH) != 0) {
        log_err("what was written of it could not be removed");
    }
    return r;
}

/* Who should hold the file still is not there, and does not come. */
static void look_for_owner(void *context)
{
    static unsigned seconds;
    (void)context;
    if (!run.asked && ++seconds == OWNER_SECONDS)
        over("The store's own program is not there. Nothing was written.");
}

static int on_started(void *context, struct process *process)
{
    char why[BACKUP_WHY] = "";
    (void)context;
    run.process = process;
    take_keys();
    enum program p = process_program(process);
    bool restores = p == PROGRAM_RESTORE || p == PROGRAM_RESTORE_IDENTITY;
    if (restores && strcmp(process_run(process), BACKUP_RUN_VERIFY) == 0)
        over(verify(why) == 0 ? NULL : why);
    else if (restores)
        over(bring_back(why) == 0 ? NULL : why);
    else
        return loop_every(process_loop(process), 1000, look_for_owner, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct process_handlers handlers = {
        .started = on_started,
        .joined = on_joined,
        .message = on_message,
        .left = on_left,
    };
    static const struct {
        const char *name;
        enum program program;
    } rows[] = {{"backup-identity", PROGRAM_BACKUP_IDENTITY},
                {"restore", PROGRAM_RESTORE},
                {"restore-identity", PROGRAM_RESTORE_IDENTITY}};
    enum program program = PROGRAM_BACKUP;
    (void)argc;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(argv[0], rows[i].name) == 0)
            program = rows[i].program;
    int r = process_main(program, &handlers);
    return r ? r : run.status;
}

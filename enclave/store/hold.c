#include "enclave/store/hold.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/note.h"
#include "enclave/process/log.h"
#include "enclave/store/internal.h"

#define AUTOCHECKPOINT 4000 /* pages, as store.c sets it */

int store_hold(struct store *store)
{
    int log = 0, done = 0;
    if (store->in_transaction)
        return ERR_STATE;
    sqlite3_reset(store->statements[STATEMENT_READ]); /* a row not let go would keep the log */
    int r = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log, &done);
    if (r != SQLITE_OK || log != done)
        return r == SQLITE_FULL ? ERR_FULL : ERR_STORE;
    store->held = true;
    return sqlite3_wal_autocheckpoint(store->db, 0) == SQLITE_OK ? 0 : ERR_STORE;
}

void store_release(struct store *store)
{
    if (!store->held)
        return;
    store->held = false;
    (void)sqlite3_wal_autocheckpoint(store->db, AUTOCHECKPOINT);
}

int store_page_mac(struct store *store, bool *ret_sha256)
{
    char path[600], text[16] = "";
    snprintf(path, sizeof path, "%s.format", sqlite3_db_filename(store->db, "main"));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return ERR_FORMAT;
    *ret_sha256 = strncmp(text, "sha256", 6) == 0;
    return 0;
}

/* ---- a backup's run asks ---- */

static void begin(struct store *store, struct peer *backup)
{
    struct message m = {.number = MESSAGE_HELD};
    char note[NOTE_MAX];
    size_t length = 0;
    uint64_t size;
    bool sha256 = false;
    int r = store->held ? ERR_STATE : store_hold(store);
    if (r == 0)
        r = store_page_mac(store, &sha256);
    if (r == 0 &&
        store_checkpoint(store, store_epoch(store)->number, note, sizeof note, &length, &size) != 0)
        length = 0;
    m.held.well = r == 0;
    m.held.sha256 = sha256;
    m.held.events = store_size(store);
    m.held.checkpoint = bytes_view_of(note, length);
    if (r)
        log_err("the store's file cannot be held still for a backup: %s", error_text(r));
    if (process_send(backup, &m) != 0)
        store_release(store);
}

static void finish(struct store *store, struct peer *backup)
{
    struct message m = {.number = MESSAGE_HOLD_ENDED, .hold_ended = {.whole = store->held}};
    store_release(store);
    (void)!process_send(backup, &m);
}

void hold_message(struct store *store, struct peer *backup, const struct message *message)
{
    if (message->number == MESSAGE_HOLD)
        begin(store, backup);
    else if (message->number == MESSAGE_HOLD_END)
        finish(store, backup);
    else
        log_die("the backup sent message %s", message_name(message->number));
}

void hold_left(struct store *store)
{
    store_release(store);
}

void hold_due(struct store *store)
{
    char path[600];
    struct stat st;
    if (!store->held)
        return;
    snprintf(path, sizeof path, "%s-wal", sqlite3_db_filename(store->db, "main"));
    if (stat(path, &st) != 0 || st.st_size < (off_t)HOLD_LONGEST)
        return;
    log_err("a backup took so long that the store's file is let go");
    store_release(store);
}

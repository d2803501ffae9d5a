#include "enclave/backup/backup.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN "Nothing was changed here: take another copy of it, or another backup."
#define WHAT  "casemate/backup/1"
#define TAG   16

/* ---- the head ---- */

int backup_print(const struct backup_head *head, char out[static BACKUP_HEAD_MAX],
                 size_t *ret_length)
{
    char id[33], signer[2 * SIGN_PUBLIC_LENGTH + 1];
    bytes_to_hex(head->id, 16, id);
    bytes_to_hex(head->signer, SIGN_PUBLIC_LENGTH, signer);
    int n = snprintf(
        out, BACKUP_HEAD_MAX,
        "casemate-backup 1\nid %s\nholder %s\nsite %s\nmade %" PRId64 "\nmac %s\nlength %" PRIu64
        "\nevents %" PRIu64 "\ncheckpoint %s\nsigner %s\n\n",
        id, head->holder, head->training ? "training" : "production", head->made_ms,
        head->sha256 ? "sha256" : "sha512", head->length, head->events, head->checkpoint, signer);
    if (n < 0 || n >= BACKUP_HEAD_MAX)
        return ERR_SIZE;
    *ret_length = (size_t)n;
    return 0;
}

/* What was read must be what would have been written: so there is one form. */
int backup_parse(struct bytes_view text, struct backup_head *ret_head, size_t *ret_length)
{
    char copy[BACKUP_HEAD_MAX], again[BACKUP_HEAD_MAX], id[33], kind[12], mac[8];
    char signer[2 * SIGN_PUBLIC_LENGTH + 1];
    struct backup_head h = {0};
    size_t n = text.length < sizeof copy - 1 ? text.length : sizeof copy - 1, length;
    memcpy(copy, text.data, n);
    copy[n] = '\0';
    if (sscanf(copy,
               "casemate-backup 1\nid %32[0-9a-f]\nholder %15[a-z0-9]\nsite %11[a-z]\n"
               "made %" SCNd64 "\nmac %7[a-z0-9]\nlength %" SCNu64 "\nevents %" SCNu64
               "\ncheckpoint %699[-A-Za-z0-9+/=]\n"
               "signer %64[0-9a-f]\n",
               id, h.holder, kind, &h.made_ms, mac, &h.length, &h.events, h.checkpoint,
               signer) != 9 ||
        bytes_from_hex(bytes_text(id), 16, h.id) != 0 ||
        bytes_from_hex(bytes_text(signer), SIGN_PUBLIC_LENGTH, h.signer) != 0)
        return ERR_FORMAT;
    h.training = strcmp(kind, "training") == 0;
    h.sha256 = strcmp(mac, "sha256") == 0;
    int r = backup_print(&h, again, &length);
    if (r || length > n || memcmp(copy, again, length) != 0)
        return ERR_FORMAT;
    *ret_head = h;
    *ret_length = length;
    return 0;
}

int backup_read_head(int from, struct backup_head *ret_head, char why[static BACKUP_WHY])
{
    char text[BACKUP_HEAD_MAX];
    size_t used = 0, length = 0;
    /* a byte at a time up to the empty line: the parts begin right behind it */
    while (used < sizeof text && !(used > 1 && text[used - 1] == '\n' && text[used - 2] == '\n')) {
        if (read(from, text + used, 1) != 1)
            break;
        used++;
    }
    int r = backup_parse(bytes_view_of(text, used), ret_head, &length);
    if (r == 0 && length != used)
        r = ERR_FORMAT;
    if (r)
        snprintf(why, BACKUP_WHY, "This is no backup of a store, or its head was changed. " AGAIN);
    return r;
}

/* ---- parts ---- */

struct running {
    crypto_generichash_state digest;
    char holder[40];
    uint8_t *plain, *sealed;
};

static int begin(struct running *run, const struct backup_head *head)
{
    char text[BACKUP_HEAD_MAX];
    size_t n;
    int r = backup_print(head, text, &n);
    if (r)
        return r;
    bytes_to_hex(head->id, 16, run->holder);
    crypto_generichash_init(&run->digest, NULL, 0, 32);
    crypto_generichash_update(&run->digest, (const uint8_t *)text, n);
    run->plain = malloc(BACKUP_PART);
    run->sealed = malloc(BACKUP_PART + SEAL_OVERHEAD);
    return run->plain && run->sealed ? 0 : ERR_MEMORY;
}

static void end(struct running *run)
{
    free(run->plain);
    free(run->sealed);
}

static struct seal_about about(const struct running *run, uint64_t at)
{
    return (struct seal_about){
        .purpose = "backup", .holder = run->holder, .generation = (uint32_t)(at / BACKUP_PART)};
}

static void count_tag(struct running *run, size_t sealed)
{
    crypto_generichash_update(&run->digest, run->sealed + sealed - TAG, TAG);
}

static size_t part_of(uint64_t length, uint64_t at)
{
    return length - at < BACKUP_PART ? (size_t)(length - at) : BACKUP_PART;
}

static int write_all(int fd, const void *data, size_t length)
{
    const uint8_t *at = data;
    while (length) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 || errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_SYSTEM;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

static int read_all(int fd, void *out, size_t length)
{
    uint8_t *at = out;
    while (length) {
        ssize_t n = read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? ERR_TRUNCATED : ERR_SYSTEM;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

static int write_parts(struct running *run, const struct backup_head *head,
                       const struct secret *key, int from, int to)
{
    int r = 0;
    for (uint64_t at = 0; r == 0 && at < head->length; at += BACKUP_PART) {
        size_t n = part_of(head->length, at);
        struct seal_about part = about(run, at);
        r = read_all(from, run->plain, n);
        if (r == 0)
            r = seal_make(key, &part, bytes_view_of(run->plain, n), run->sealed);
        if (r == 0) {
            count_tag(run, n + SEAL_OVERHEAD);
            r = write_all(to, run->sealed, n + SEAL_OVERHEAD);
        }
    }
    return r;
}

int backup_write(struct backup_head *head, const struct secret *key, const struct secret *seed,
                 int from, int to, char why[static BACKUP_WHY])
{
    struct running run = {0};
    char text[BACKUP_HEAD_MAX];
    uint8_t digest[32], signature[SIGN_LENGTH];
    size_t n = 0;
    int r = sign_public(seed, head->signer);
    if (r == 0)
        r = begin(&run, head);
    if (r == 0)
        r = backup_print(head, text, &n);
    if (r == 0)
        r = write_all(to, text, n);
    if (r == 0)
        r = write_parts(&run, head, key, from, to);
    if (r == 0) {
        crypto_generichash_final(&run.digest, digest, sizeof digest);
        r = sign_make(seed, WHAT, bytes_view_of(digest, sizeof digest), signature);
    }
    if (r == 0)
        r = write_all(to, signature, sizeof signature);
    if (r == 0 && fsync(to) != 0 && errno != EINVAL)
        r = ERR_SYSTEM;
    end(&run);
    if (r == ERR_FULL)
        snprintf(why, BACKUP_WHY, "The medium is full.");
    else if (r == ERR_TRUNCATED)
        snprintf(why, BACKUP_WHY, "The store's file is shorter than its worker says.");
    else if (r)
        snprintf(why, BACKUP_WHY, "The backup could not be written: %s.", error_text(r));
    return r;
}

static int read_parts(struct running *run, const struct backup_head *head, const struct secret *key,
                      int from, int to, char why[static BACKUP_WHY])
{
    for (uint64_t at = 0; at < head->length; at += BACKUP_PART) {
        size_t n = part_of(head->length, at);
        struct seal_about part = about(run, at);
        int r = read_all(from, run->sealed, n + SEAL_OVERHEAD);
        if (r == ERR_TRUNCATED)
            snprintf(why, BACKUP_WHY,
                     "The backup ends early, in part %" PRIu64 ": it was cut. " AGAIN,
                     at / BACKUP_PART);
        if (r == 0) {
            count_tag(run, n + SEAL_OVERHEAD);
            r = seal_open(key, &part, bytes_view_of(run->sealed, n + SEAL_OVERHEAD), run->plain);
            if (r)
                snprintf(why, BACKUP_WHY,
                         at ? "Part %" PRIu64 " of the backup was changed. " AGAIN
                            : "Part %" PRIu64
                              " does not open with the key that this site has: it was changed, is "
                              "another site's, or is from before a rekey and opens only with its "
                              "whole site in another place, with the shares of its day (casemate "
                              "site restore). " AGAIN,
                         at / BACKUP_PART);
        }
        if (r == 0 && to >= 0)
            r = write_all(to, run->plain, n);
        if (r)
            return r;
    }
    return 0;
}

static int check_end(struct running *run, const struct secret *seed, int from,
                     char why[static BACKUP_WHY])
{
    uint8_t digest[32], signature[SIGN_LENGTH], public_key[SIGN_PUBLIC_LENGTH], more;
    int r = read_all(from, signature, sizeof signature);
    if (r)
        snprintf(why, BACKUP_WHY, "The backup ends before its signature. " AGAIN);
    crypto_generichash_final(&run->digest, digest, sizeof digest);
    if (r == 0)
        r = sign_public(seed, public_key);
    if (r == 0 && sign_check(public_key, WHAT, bytes_view_of(digest, 32), signature) != 0) {
        snprintf(why, BACKUP_WHY,
                 "The backup's signature is not good: its head or parts were changed. " AGAIN);
        r = ERR_SIGNATURE;
    }
    if (r == 0 && read(from, &more, 1) != 0) {
        snprintf(why, BACKUP_WHY,
                 "Something stands behind the backup's signature: the file is longer than what "
                 "was sealed. " AGAIN);
        r = ERR_TRAILING;
    }
    return r;
}

int backup_read(const struct backup_head *head, const struct secret *key, const struct secret *seed,
                int from, int to, char why[static BACKUP_WHY])
{
    struct running run = {0};
    why[0] = '\0';
    int r = begin(&run, head);
    if (r == 0)
        r = read_parts(&run, head, key, from, to, why);
    if (r == 0)
        r = check_end(&run, seed, from, why);
    if (r == 0 && to >= 0 && fsync(to) != 0)
        r = ERR_SYSTEM;
    end(&run);
    if (r == ERR_FULL)
        snprintf(why, BACKUP_WHY, "The disk is full. Nothing was changed.");
    else if (r && !why[0])
        snprintf(why, BACKUP_WHY, "The backup could not be read: %s.", error_text(r));
    return r;
}

/*
 * canary keys SITE ENCLAVE...     every key of a training site, "key NAME 64-DIGITS" a line
 * canary files PATH...            search files, directories and devices for what the standard
 * canary memory PID...            input names, and likewise all memory of processes
 *
 * The standard input has a needle a line: "word NAME TEXT" or "key NAME DIGITS".  A word is
 * searched for as it is, in UTF-16, as hexadecimal digits and inside base64; a key as bytes, as
 * digits and inside base64.  Prints "hit NAME WHERE" for each, then "scanned BYTES hits N".
 * Needles come on the standard input so that they stand in no file and no argument.
 */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "enclave/keys/keyring.h"
#include "enclave/process/os.h"

#define NEEDLES_MAX 1024
#define NEEDLE_ROOM 260
#define BLOCK       (1 << 20)

struct needle {
    char name[64];
    uint8_t bytes[NEEDLE_ROOM];
    size_t length, next; /* the next one with the same first two bytes; 0: none */
};

static struct needle needles[NEEDLES_MAX]; /* from 1 on */
static size_t needles_count = 1, first[65536];
static uint64_t scanned, hits;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "canary: %s\n", what);
    exit(2);
}

/* ---- what is searched for ---- */

static void add(const char *name, const void *bytes, size_t length)
{
    if (needles_count == NEEDLES_MAX || length > NEEDLE_ROOM || length < 8)
        give_up("a needle is too long, too short, or one too many");
    struct needle *n = &needles[needles_count];
    snprintf(n->name, sizeof n->name, "%s", name);
    memcpy(n->bytes, bytes, length);
    n->length = length;
    size_t *head = &first[n->bytes[0] << 8 | n->bytes[1]];
    n->next = *head;
    *head = needles_count++;
}

/* Inside base64 the same bytes look three ways, after how many stand before them. */
static void add_base64(const char *name, const uint8_t *bytes, size_t length)
{
    char text[NEEDLE_ROOM * 2];
    uint8_t shifted[NEEDLE_ROOM] = {0};
    for (size_t before = 0; before < 3; before++) {
        memcpy(shifted + before, bytes, length);
        sodium_bin2base64(text, sizeof text, shifted, before + length,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        size_t from = before ? before + 1 : 0, to = (before + length) * 8 / 6;
        add(name, text + from, to - from);
    }
}

static void add_all_forms(const char *name, const uint8_t *bytes, size_t length, bool word)
{
    char digits[NEEDLE_ROOM];
    uint8_t wide[NEEDLE_ROOM] = {0};
    if (length > 64)
        give_up("a word has 64 letters at most");
    add(name, bytes, length);
    sodium_bin2hex(digits, sizeof digits, bytes, length);
    add(name, digits, 2 * length);
    add_base64(name, bytes, length);
    for (size_t i = 0; i < length; i++)
        wide[2 * i] = bytes[i];
    if (word)
        add(name, wide, 2 * length - 1);
}

static void read_needles(void)
{
    char line[256], kind[8], name[64], text[160];
    uint8_t key[64];
    size_t length;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%7s %63s %159s", kind, name, text) != 3)
            give_up("a needle is KIND NAME TEXT");
        if (strcmp(kind, "word") == 0)
            add_all_forms(name, (const uint8_t *)text, strlen(text), true);
        else if (sodium_hex2bin(key, sizeof key, text, strlen(text), NULL, &length, NULL) == 0)
            add_all_forms(name, key, length, false);
        else
            give_up("a key is hexadecimal digits");
    }
    if (needles_count == 1)
        give_up("nothing to search for");
}

/* ---- searching ---- */

static uint8_t block[NEEDLE_ROOM + BLOCK];

/* ${tail} bytes of the block before, then ${length} new ones; what ended in the tail was found
 * already.  Return how long the next tail is. */
static size_t search(size_t tail, size_t length, const char *where)
{
    size_t end = tail + length;
    for (size_t at = 0; at + 1 < end; at++)
        for (size_t i = first[block[at] << 8 | block[at + 1]]; i; i = needles[i].next) {
            const struct needle *n = &needles[i];
            if (at + n->length > end || at + n->length <= tail ||
                memcmp(block + at, n->bytes, n->length) != 0)
                continue;
            hits++;
            printf("hit %s %s\n", n->name, where);
        }
    size_t next = end < NEEDLE_ROOM ? end : NEEDLE_ROOM;
    memmove(block, block + end - next, next);
    scanned += length;
    return next;
}

static int search_file(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    size_t tail = 0;
    ssize_t n;
    (void)at;
    if (kind != FTW_F || (!S_ISREG(s->st_mode) && !S_ISBLK(s->st_mode)))
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0; /* it is gone meanwhile */
    off_t from = 0, to = 0;
    while ((from = lseek(fd, to, SEEK_DATA)) >= 0 || (from = to) == 0) {
        to = lseek(fd, from, SEEK_HOLE);
        tail = 0;
        if (lseek(fd, from, SEEK_SET) < 0)
            break;
        while ((to < 0 || from < to) && (n = read(fd, block + tail, BLOCK)) > 0) {
            tail = search(tail, (size_t)n, path);
            from += n;
        }
        if (to < 0 || from < to)
            break;
        to = from;
    }
    close(fd);
    return 0;
}

static void search_memory(const char *pid)
{
    char path[64], line[512], where[700], name[256];
    unsigned long from, to;
    snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "re");
    if (memory < 0 || !maps)
        give_up("a process's memory cannot be read");
    while (fgets(line, sizeof line, maps)) {
        size_t tail = 0;
        name[0] = '\0';
        if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255[^\n]", &from, &to, name) < 2)
            continue;
        snprintf(where, sizeof where, "%s:%lx:%s", pid, from, name);
        while (from < to) {
            size_t want = to - from < BLOCK ? to - from : BLOCK;
            ssize_t n = pread(memory, block + tail, want, (off_t)from);
            if (n <= 0) { /* no page that can be read: a secret, a guard, a device */
                tail = 0;
                from += 4096;
                continue;
            }
            tail = search(tail, (size_t)n, where);
            from += (unsigned long)n;
        }
    }
    fclose(maps);
    close(memory);
}

/* ---- a training site's keys ---- */

static void print_key(const char *name, const char *holder, const struct secret *key)
{
    char digits[65];
    bytes_to_hex(secret_open(key), 32, digits);
    secret_close(key);
    printf("key %s/%s %s\n", name, holder, digits);
}

static size_t read_file(const char *path, void *out, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(out, 1, room, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static int keys(char **arguments)
{
    static char text[KEYRING_TEXT_MAX];
    static struct keyring ring;
    struct secret *unlock = NULL, *root = NULL;
    uint8_t bytes[33];
    char why[KEYRING_WHY];
    if (chdir(arguments[0]) != 0 || read_file("training.key", bytes, sizeof bytes) != 32)
        give_up("the key file");
    size_t n = read_file("keeper/" KEYRING_FILE, text, sizeof text);
    if (keyring_parse(bytes_view_of(text, n), &ring, why) != 0 ||
        secret_copy(bytes, 32, &unlock) != 0 || keyring_open(&ring, unlock, NULL, &root, why) != 0)
        give_up("the key ring");
    print_key("root", "-", root);
    for (size_t i = 0; i < topology_keys_count; i++) {
        const struct key_row *row = &topology_keys[i];
        bool site = topology_program(row->program)->scope == SCOPE_SITE;
        for (char **enclave = arguments + 1; *enclave; enclave++) {
            struct secret *key = NULL;
            if (keyring_derive(&ring, root, row, site ? "" : *enclave, &key) == 0)
                print_key(row->purpose, site ? "-" : *enclave, key);
            secret_free(key);
            if (site)
                break;
        }
    }
    secret_free(unlock);
    secret_free(root);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3 || sodium_init() < 0 || os_boot_id_load() != 0)
        give_up("keys SITE ENCLAVE... | files PATH... | memory PID...");
    if (strcmp(argv[1], "keys") == 0)
        return keys(argv + 2);
    bool memory = strcmp(argv[1], "memory") == 0;
    read_needles();
    for (int i = 2; i < argc; i++) {
        if (memory)
            search_memory(argv[i]);
        else if (nftw(argv[i], search_file, 16, FTW_PHYS | FTW_MOUNT) != 0)
            give_up("a file cannot be looked at");
    }
    printf("scanned %" PRIu64 " hits %" PRIu64 "\n", scanned, hits);
    return 0;
}

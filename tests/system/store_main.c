/*
 * store SITE-DIRECTORY ENCLAVE SQL: for tests on a training site that is stopped: open an
 * enclave's store with the key that the keeper would hand out, behind the worker's back.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/keys/keyring.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"
#include "enclave/store/store.h"

static size_t read_file(const char *path, void *out, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(out, 1, room, f) : 0;
    if (f)
        fclose(f);
    return n;
}

/* The store's key, by the site's key file and its ring. */
static int take_key(const char *enclave, struct secret **ret_key)
{
    static char text[KEYRING_TEXT_MAX];
    static struct keyring ring;
    struct secret *unlock = NULL, *root = NULL;
    const struct key_row *row = topology_keys;
    uint8_t bytes[33];
    char why[KEYRING_WHY];
    if (read_file("training.key", bytes, sizeof bytes) != 32)
        return ERR_SYSTEM;
    size_t n = read_file("keeper/" KEYRING_FILE, text, sizeof text);
    while (row->number != KEY_WORKER_STORE)
        row++;
    int r = keyring_parse(bytes_view_of(text, n), &ring, why);
    if (r == 0)
        r = secret_copy(bytes, 32, &unlock);
    if (r == 0)
        r = keyring_open(&ring, unlock, NULL, &root, why);
    if (r == 0)
        r = keyring_derive(&ring, root, row, enclave, ret_key);
    secret_free(unlock);
    secret_free(root);
    return r;
}

int main(int argc, char **argv)
{
    char directory[64], *error = NULL;
    struct secret *key = NULL;
    struct store *store = NULL;
    struct store_refusal why;
    if (argc != 4 || sodium_init() < 0 || os_boot_id_load() != 0 || chdir(argv[1]) != 0 ||
        take_key(argv[2], &key) != 0) {
        fprintf(stderr, "usage: store SITE-DIRECTORY ENCLAVE SQL\n");
        return 64;
    }
    snprintf(directory, sizeof directory, "%s/worker", argv[2]);
    store_library_begin();
    if (chdir(directory) != 0 ||
        store_open_as("store.db", argv[2], key, STORE_READ_WRITE, &why, &store) != 0) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    if (sqlite3_exec(store_db(store), argv[3], NULL, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    store_close(store);
    secret_free(key);
    return 0;
}

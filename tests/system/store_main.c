/*
 * store KEY-FILE ENCLAVE FILE SQL: for tests on a training site that is stopped: open an
 * enclave's store with the key that the keeper would hand out, behind the worker's back.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "enclave/keys/keyring.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"
#include "enclave/store/store.h"

/* The store's key, by the key file and the ring that lies in the directory keeper beside it. */
static int key_of(const char *path, const char *enclave, struct secret **ret_key)
{
    static struct keyring ring;
    uint8_t bytes[32];
    char keeper[1024], why[KEYRING_WHY];
    struct secret *unlock = NULL, *root = NULL;
    FILE *f = fopen(path, "re");
    int r = f && fread(bytes, 1, 32, f) == 32 ? secret_copy(bytes, 32, &unlock) : ERR_SYSTEM;
    if (f)
        fclose(f);
    const char *slash = strrchr(path, '/');
    snprintf(keeper, sizeof keeper, "%.*s/keeper", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    int dir = open(keeper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r == 0)
        r = keyring_load(dir, &ring, why);
    if (r == 0)
        r = keyring_open(&ring, unlock, NULL, &root, why);
    for (size_t i = 0; r == 0 && i < topology_keys_count; i++)
        if (topology_keys[i].number == KEY_WORKER_STORE)
            r = keyring_derive(&ring, root, &topology_keys[i], enclave, ret_key);
    secret_free(unlock);
    secret_free(root);
    return r;
}

int main(int argc, char **argv)
{
    char *slash, *error = NULL;
    struct secret *key = NULL;
    struct store *store = NULL;
    struct store_refusal why;
    if (argc != 5 || sodium_init() < 0 || os_boot_id_load() != 0 ||
        key_of(argv[1], argv[2], &key) != 0 || !(slash = strrchr(argv[3], '/'))) {
        fprintf(stderr, "usage: store KEY-FILE ENCLAVE DIRECTORY/FILE SQL\n");
        return 64;
    }
    *slash = '\0';
    store_library_begin();
    if (chdir(argv[3]) != 0 ||
        store_open_as(slash + 1, argv[2], key, STORE_READ_WRITE, &why, &store) != 0) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    if (sqlite3_exec(store_db(store), argv[4], NULL, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    store_close(store);
    secret_free(key);
    return 0;
}

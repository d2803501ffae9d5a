/*
 * store KEY-FILE ENCLAVE FILE SQL: for tests on a training site that is stopped: open an
 * enclave's store with the key that the keeper would hand out, behind the worker's back.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "enclave/process/os.h"
#include "enclave/store/library.h"
#include "enclave/store/store.h"

int main(int argc, char **argv)
{
    char *slash, *error = NULL;
    uint8_t bytes[32];
    struct secret *root = NULL, *key = NULL;
    struct store *store = NULL;
    struct store_refusal why;
    FILE *f = argc == 5 ? fopen(argv[1], "re") : NULL;
    if (!f || fread(bytes, 1, 32, f) != 32 || sodium_init() < 0 || os_boot_id_load() != 0 ||
        secret_copy(bytes, 32, &root) != 0 ||
        derive_key(root, "training", argv[2], "store", &key) != 0 ||
        !(slash = strrchr(argv[3], '/'))) {
        fprintf(stderr, "usage: store KEY-FILE ENCLAVE DIRECTORY/FILE SQL\n");
        return 64;
    }
    fclose(f);
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
    secret_free(root);
    return 0;
}

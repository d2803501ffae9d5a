#ifndef TESTS_ENCLAVE_STORE_OPENED_H
#define TESTS_ENCLAVE_STORE_OPENED_H

#include "tests/crypto/cases.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "enclave/process/os.h"
#include "enclave/store/store.h"

#define ENCLAVE "e3f9k2m1"

static char directory[64];
static struct secret *key;
static struct store *store;

/* ---- each case has a directory and an open store ---- */

static inline int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/casemate-store-XXXXXX");
    if (!mkdtemp(directory) || chdir(directory) != 0 || os_boot_id_load() != 0)
        return -1;
    key = secret_of(3, 32);
    return store_open("store", ENCLAVE, key, &store);
}

static inline int tear_down(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    secret_free(key);
    DIR *d = opendir(".");
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlink(e->d_name);
    closedir(d);
    return chdir("/") != 0 || rmdir(directory) != 0;
}

static inline void reopen(void)
{
    store_close(store);
    store = NULL;
    assert_int_equal(store_open("store", ENCLAVE, key, &store), 0);
}

static inline void append(const char *text)
{
    uint64_t sequence, expected = store_size(store);
    assert_int_equal(store_append(store, bytes_text(text), &sequence), 0);
    assert_true(sequence == expected);
}

static inline void append_committed(unsigned count)
{
    char text[100];
    assert_int_equal(store_begin(store), 0);
    for (unsigned i = 0; i < count; i++) {
        snprintf(text, sizeof text, "event %u of a case, some bytes long", i);
        append(text);
    }
    assert_int_equal(store_commit(store), 0);
}

static inline int run_sql(const char *sql)
{
    return sqlite3_exec(store_db(store), sql, NULL, NULL, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

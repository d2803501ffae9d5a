#include "tests/faults/memory.h"

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 16 /* in front of each block: its size */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);

static uint64_t nth, counted;
static bool for_good, failed, held;

void memory_hold(bool hold)
{
    held = hold;
}

void memory_fail(uint64_t n, bool good)
{
    nth = n;
    for_good = good;
    counted = 0;
    failed = false;
}

bool memory_failed(void)
{
    return failed;
}

static bool runs_out(void)
{
    if (nth == 0 || held)
        return false;
    counted++;
    if (counted == nth || (for_good && counted > nth))
        failed = true;
    else
        return false;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return runs_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return runs_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return runs_out() ? NULL : __real_realloc(block, size);
}

char *__wrap_strdup(const char *text)
{
    return runs_out() ? NULL : __real_strdup(text);
}

/* ---- SQLite's ---- */

static void *block_malloc(int size)
{
    int *head = __wrap_malloc((size_t)size + HEAD);
    if (!head)
        return NULL;
    *head = size;
    return (char *)head + HEAD;
}

static void block_free(void *block)
{
    if (block)
        free((char *)block - HEAD);
}

static void *block_realloc(void *block, int size)
{
    int *head = __wrap_realloc((char *)block - HEAD, (size_t)size + HEAD);
    if (!head)
        return NULL;
    *head = size;
    return (char *)head + HEAD;
}

static int block_size(void *block)
{
    return block ? *(int *)((char *)block - HEAD) : 0;
}

static int block_round(int size)
{
    return (size + 7) & ~7;
}

static int begin(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}

static void end(void *unused)
{
    (void)unused;
}

/* ---- OpenSSL's ---- */

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return __wrap_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return __wrap_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    free(block);
}

void memory_begin(void)
{
    static const sqlite3_mem_methods methods = {block_malloc, block_free, block_realloc, block_size,
                                                block_round,  begin,      end,           NULL};
    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) ||
        sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) {
        fprintf(stderr, "memory: SQLite or OpenSSL has begun already\n");
        exit(2);
    }
}

/*
 * Every operation of the ring while one thing fails: the k-th secret that is asked for, the
 * k-th call on the file.  What fails says so, changes nothing, keeps nothing; this is done
 * for every k until nothing fails any more.
 */
#include "tests/enclave/keys/made.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned fail_at, calls;
enum kind { SECRETS, FILES };
static enum kind kind;

static bool fails(enum kind which)
{
    return fail_at && kind == which && ++calls == fail_at;
}

/* In front of libc's: crypto/secret.c asks for each secret's memory with it. */
int madvise(void *at, size_t size, int advice)
{
    if (advice == MADV_DONTFORK && fails(SECRETS)) {
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_madvise, at, size, advice);
}

int fsync(int fd)
{
    if (fails(FILES)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int renameat(int from, const char *a, int to, const char *b)
{
    if (fails(FILES)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_renameat, from, a, to, b);
}

ssize_t write(int fd, const void *data, size_t size)
{
    if (fails(FILES)) { /* a disk that is full in the middle */
        (void)syscall(SYS_write, fd, data, size / 2);
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_write, fd, data, size);
}

static struct keyring before;
static struct secret *made_here;

/* ---- operations: each begins from the ring of made.h ---- */

static int op_make(void)
{
    struct custodians c = before.custodians;
    size_t added;
    int r = keyring_make(false, &c, unlock, root, 1, NOW, &ring);
    return r ? r : keyring_fill(&ring, root, enclaves, 2, 1, NOW, &added);
}

static int op_open(void)
{
    return keyring_open(&ring, unlock, NULL, &made_here, why);
}

static int op_open_recovery(void)
{
    return keyring_open_recovery(&ring, recovery, &made_here, why);
}

static int op_rewrap(void)
{
    struct custodians c = ring.custodians;
    struct keyring_lock lock = {&c, recovery, NULL, NULL};
    return keyring_rewrap(&ring, root, &lock, NOW, &made_here);
}

static int op_rewrap_with_a_tpm(void)
{
    struct custodians c = ring.custodians;
    struct tpm_sealed sealed = {.pcrs = 1, .public_length = 1, .private_length = 1};
    struct keyring_lock lock = {&c, unlock, &sealed, recovery};
    return keyring_rewrap(&ring, root, &lock, NOW, &made_here);
}

static int op_set_recovery(void)
{
    struct custodians c = ring.recovery;
    return keyring_set_recovery(&ring, root, &c, unlock);
}

static int op_begin(void)
{
    return keyring_begin(&ring, root, ONE, NOW);
}

static int op_derive(void)
{
    return keyring_derive(&ring, root, row_of(KEY_WORKER_STORE), ONE, &made_here);
}

static int op_fill(void)
{
    static const char three[3][ENCLAVE_ID_LENGTH + 1] = {ONE, TWO, "e9999999"};
    size_t added;
    return keyring_fill(&ring, root, three, 3, 1, NOW, &added);
}

static int op_certificate(void)
{
    return keyring_certificate_key(&ring, root, &made_here);
}

static int op_print(void)
{
    return keyring_print(&ring, root, text, &length);
}

static int op_wrap(void)
{
    struct keyring_wrap wrap;
    int r = keyring_wrap_of(&ring, ONE, &wrap);
    return r ? r : keyring_wrap_open(&wrap, recovery_shares, 3, &made_here, why);
}

static int op_split(void)
{
    struct custodians c;
    struct share s[SHARES_MAX];
    int r = shares_split(root, SHARE_UNLOCK, 3, 2, &c, s);
    return r ? r : shares_combine(&c, s, 2, &made_here, why);
}

/* How often it failed before it did not. */
static unsigned sweep(int (*operation)(void), bool changes)
{
    unsigned k = 0;
    int r = ERR_SYSTEM;
    kind = SECRETS;
    for (k = 1; r && k < 500; k++) {
        ring = before;
        made_here = NULL;
        fail_at = k;
        calls = 0;
        r = operation();
        bool reached = calls >= k;
        fail_at = 0;
        if (!reached)
            break;
        assert_int_not_equal(r, 0);
        assert_null(made_here);
        if (changes && operation != op_make && operation != op_fill)
            assert_memory_equal(&ring, &before, sizeof ring);
    }
    assert_int_equal(r, 0);
    secret_free(made_here);
    return k - 1;
}

static void each_secret_that_is_not_to_be_had_is_said_so(void **state)
{
    static const struct {
        int (*operation)(void);
        bool changes;
        unsigned least;
    } rows[] = {
        {op_make, true, 13},
        {op_open, false, 12},
        {op_open_recovery, false, 12},
        {op_rewrap, true, 12},
        {op_rewrap_with_a_tpm, true, 12},
        {op_set_recovery, true, 30},
        {op_begin, true, 3},
        {op_derive, false, 2},
        {op_fill, true, 3},
        {op_certificate, false, 2},
        {op_print, false, 1},
        {op_wrap, false, 3},
        {op_split, false, 1},
    };
    (void)state;
    print_ring();
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &before, why), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned n = sweep(rows[i].operation, rows[i].changes);
        if (n < rows[i].least)
            fail_msg("operation %zu failed %u times, not %u", i, n, rows[i].least);
    }
}

/* ---- the file ---- */

static void each_failing_call_leaves_the_old_file_or_the_new_one_whole(void **state)
{
    static struct keyring back;
    char directory[] = "/tmp/casemate-keys-XXXXXX";
    struct secret *out = NULL;
    unsigned k = 0;
    int r = ERR_SYSTEM;
    (void)state;
    assert_non_null(mkdtemp(directory));
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    kind = FILES;
    assert_int_equal(keyring_save(dir, &ring, root), 0);
    for (k = 1; k < 50; k++) {
        uint64_t serial = ring.serial;
        fail_at = k;
        calls = 0;
        r = keyring_save(dir, &ring, root);
        bool reached = calls >= k;
        fail_at = 0;
        assert_int_equal(keyring_load(dir, &back, why), 0);
        assert_int_equal(keyring_open(&back, unlock, NULL, &out, why), 0);
        secret_free(out);
        out = NULL;
        if (!reached)
            break;
        if (r == ERR_SYSTEM) /* the old one, and the count as it was */
            assert_true(back.serial == serial && ring.serial == serial);
        else /* the directory, or what was only overwritten, is not synced: the new one has the name
              */
            assert_true((r == ERR_STATE || r == 0) && back.serial == serial + 1);
        if (r == ERR_STATE)
            ring.serial = back.serial; /* the keeper ends here, and loads what is there */
    }
    assert_int_equal(r, 0);
    assert_true(k > 4);
    (void)!unlinkat(dir, KEYRING_FILE, 0);
    (void)!unlinkat(dir, KEYRING_FILE ".new", 0);
    close(dir);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(each_secret_that_is_not_to_be_had_is_said_so),
        CASE(each_failing_call_leaves_the_old_file_or_the_new_one_whole),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/note.h"
#include "enclave/process/os.h"
#include "enclave/store/skeleton.h"

#define EVENTS 5
#define LINE   116 /* 50 digits, a space, 64 digits, LF */

static char directory[64];
static char text[1 << 16], changed[1 << 16];
static size_t length;
static uint8_t public_key[SIGN_PUBLIC_LENGTH];
static struct secret *seed;

static void sign(uint64_t size, const uint8_t root[static 32], char note[static NOTE_MAX],
                 size_t *ret_length)
{
    struct note_checkpoint c = {.origin = "casemate/e3f9k2m1/1", .size = size};
    memcpy(c.root, root, 32);
    assert_int_equal(note_sign(seed, &c, note, ret_length), 0);
}

/* A store with five events, its signed head and its skeleton in ${text}. */
static int set_up(void **state)
{
    struct secret *key = secret_of(5, 32);
    struct store *store = NULL;
    uint64_t sequence;
    uint8_t root[32];
    char note[NOTE_MAX], payload[40];
    size_t note_length;
    (void)state;
    strcpy(directory, "/tmp/casemate-skeleton-XXXXXX");
    seed = secret_of(6, 32);
    if (!mkdtemp(directory) || chdir(directory) != 0 || os_boot_id_load() != 0 ||
        sign_public(seed, public_key) != 0 || store_open("store", "e3f9k2m1", key, &store) != 0 ||
        store_begin(store) != 0)
        return -1;
    for (unsigned i = 0; i < EVENTS; i++) {
        snprintf(payload, sizeof payload, "payload %u", i);
        if (store_append(store, bytes_text(payload), &sequence) != 0)
            return -1;
    }
    if (store_commit(store) != 0)
        return -1;
    store_root(store, root);
    sign(EVENTS, root, note, &note_length);
    int fd = open("skeleton", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (skeleton_write(store, fd, 0, bytes_view_of(note, note_length), EVENTS) != 0)
        return -1;
    ssize_t n = pread(fd, text, sizeof text, 0);
    close(fd);
    store_close(store);
    secret_free(key);
    unlink("skeleton");
    unlink("store");
    unlink("store.format");
    length = n > 0 ? (size_t)n : 0;
    memcpy(changed, text, length);
    return rmdir(directory);
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(seed);
    return chdir("/");
}

static char why[240];

static int checked(const char *what, size_t n)
{
    struct skeleton_result result;
    /* of exactly this size, so that reading past it is seen */
    char *copy = malloc(n ? n : 1);
    memcpy(copy, what, n);
    int r = skeleton_check(bytes_view_of(copy, n), public_key, NULL, &result);
    free(copy);
    if (r != 0)
        assert_true(result.why[0] != '\0');
    memcpy(why, result.why, sizeof why);
    return r;
}

static void a_skeleton_verifies_with_the_public_key(void **state)
{
    struct skeleton_result result;
    (void)state;
    assert_int_equal(skeleton_check(bytes_view_of(text, length), public_key, NULL, &result), 0);
    assert_true(result.head.size == EVENTS);
    assert_string_equal(result.head.origin, "casemate/e3f9k2m1/1");
}

static void a_skeleton_holds_no_content(void **state)
{
    (void)state;
    assert_null(memmem(text, length, "payload", 7));
}

static void refuses_another_key(void **state)
{
    uint8_t other[SIGN_PUBLIC_LENGTH];
    struct skeleton_result result;
    struct secret *s = secret_of(7, 32);
    (void)state;
    assert_int_equal(sign_public(s, other), 0);
    assert_int_not_equal(skeleton_check(bytes_view_of(text, length), other, NULL, &result), 0);
    secret_free(s);
}

static void refuses_every_changed_bit(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * length; bit++) {
        changed[bit / 8] = (char)(text[bit / 8] ^ (1u << bit % 8));
        if (checked(changed, length) == 0)
            fail_msg("bit %zu of byte %zu was changed unseen", bit % 8, bit / 8);
        changed[bit / 8] = text[bit / 8];
    }
}

static void refuses_every_length_but_its_own(void **state)
{
    (void)state;
    for (size_t n = 0; n < length; n++)
        assert_int_not_equal(checked(text, n), 0);
    for (size_t n = length + 1; n < length + 3 * LINE; n++)
        assert_int_not_equal(checked(text, n), 0);
}

static void refuses_lines_removed_repeated_or_moved(void **state)
{
    char *lines = changed + length - EVENTS * LINE;
    char line[LINE];
    (void)state;
    for (unsigned i = 0; i < EVENTS; i++)
        for (unsigned k = 0; k < EVENTS; k++) {
            if (i == k)
                continue;
            memcpy(line, lines + i * LINE, LINE); /* changed over */
            memcpy(lines + i * LINE, lines + k * LINE, LINE);
            memcpy(lines + k * LINE, line, LINE);
            assert_int_not_equal(checked(changed, length), 0);
            memcpy(changed, text, length);
            memcpy(lines + i * LINE, lines + k * LINE, LINE); /* one twice */
            assert_int_not_equal(checked(changed, length), 0);
            memcpy(changed, text, length);
        }
    for (unsigned i = 0; i < EVENTS; i++) { /* one less */
        memmove(lines + i * LINE, lines + (i + 1) * LINE, (EVENTS - 1 - i) * LINE);
        assert_int_not_equal(checked(changed, length - LINE), 0);
        memcpy(changed, text, length);
    }
}

/* A head that is signed and says more than there is must be refused without looking further. */
static void refuses_a_signed_head_of_another_size(void **state)
{
    static const uint64_t sizes[] = {
        0, 1, EVENTS - 1, EVENTS + 1, UINT64_C(1) << 62, UINT64_C(1) << 32, INT64_MAX};
    uint8_t root[32] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char note[NOTE_MAX];
        size_t n, at = strlen(SKELETON_FIRST_LINE);
        sign(sizes[i], root, note, &n);
        memcpy(changed, SKELETON_FIRST_LINE, at);
        memcpy(changed + at, note, n);
        at += n;
        changed[at++] = '\n';
        if (sizes[i] == 0) /* then no line is right, but the root is not */
            assert_int_equal(checked(changed, at), ERR_DIGEST);
        else
            assert_int_equal(checked(changed, at), ERR_FORMAT);
        if (sizes[i])
            assert_non_null(strstr(why, "another number of lines"));
        memcpy(changed + at, text + length - EVENTS * LINE, EVENTS * LINE);
        assert_int_not_equal(checked(changed, at + EVENTS * LINE), 0);
        memcpy(changed, text, length);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(a_skeleton_verifies_with_the_public_key),
        CASE(a_skeleton_holds_no_content),
        CASE(refuses_another_key),
        CASE(refuses_every_changed_bit),
        CASE(refuses_every_length_but_its_own),
        CASE(refuses_lines_removed_repeated_or_moved),
        CASE(refuses_a_signed_head_of_another_size),
    };
    return cmocka_run_group_tests_name("store/skeleton", cases, NULL, NULL);
}

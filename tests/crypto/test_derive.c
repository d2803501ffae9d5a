#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "crypto/password.h"

static void assert_derived(const char *kind, const char *holder, const char *purpose,
                           const char *expected)
{
    struct secret *root = secret_of(0x11, 32), *key = NULL;

    assert_int_equal(derive_key(root, kind, holder, purpose, &key), 0);
    assert_hex(secret_open(key), 32, expected);
    secret_close(key);
    secret_free(key);
    secret_free(root);
}

/* Computed with Python's hashlib.blake2b(key=…). */
static void derives_the_pinned_keys(void **state)
{
    (void)state;
    assert_derived("training", "e1234567", "store",
                   "b15a6f868db5e982acf62dbe777a81dde2f368fb143c6c4128d0f8fdf28221d8");
    assert_derived("production", "e1234567", "store",
                   "40f8ff52b0a383811cbeb097ef21fa1ed40e30c6e0e4ae609565889babde7eb2");
    assert_derived("training", "e1234567s", "tore",
                   "d283bebed18706c6c4a5adf279281d3354e119fea39a6a8bf025ba2a075c386b");
}

/* BLAKE2b's last step works on the stack; what it leaves there is nobody's to keep. */
static void leaves_no_key_on_the_stack(void **state)
{
    static uint8_t below[16384];
    struct secret *root = secret_of(0x11, 32), *key = NULL;
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    off_t from = (off_t)(uintptr_t)__builtin_frame_address(0) - (off_t)sizeof below;

    (void)state;
    assert_true(memory >= 0);
    assert_int_equal(derive_key(root, "training", "e1234567", "store", &key), 0);
    assert_int_equal(pread(memory, below, sizeof below, from), sizeof below);
    close(memory);
    assert_null(memmem(below, sizeof below, secret_open(key), 32));
    secret_close(key);
    secret_free(key);
    secret_free(root);
}

static void refuses_another_site_kind_and_empty_texts(void **state)
{
    struct secret *root = secret_of(0x11, 32), *small = secret_of(0x11, 16), *key = NULL;
    char long_text[66];
    (void)state;

    memset(long_text, 'a', sizeof(long_text));
    long_text[65] = '\0';
    assert_int_equal(derive_key(root, "Training", "a", "b", &key), ERR_RANGE);
    assert_int_equal(derive_key(root, "training", "", "b", &key), ERR_RANGE);
    assert_int_equal(derive_key(root, "training", "a", "", &key), ERR_RANGE);
    assert_int_equal(derive_key(root, "training", "a", long_text, &key), ERR_RANGE);
    assert_int_equal(derive_key(small, "training", "a", "b", &key), ERR_KEY);
    assert_null(key);
    secret_free(small);
    secret_free(root);
}

/* Computed with Python's hashlib.blake2b(key=…). */
static void derives_from_both_and_from_neither_alone(void **state)
{
    struct secret *a = secret_of(0x11, 32), *b = secret_of(0x22, 32), *small = secret_of(1, 16);
    struct secret *key = NULL, *other = NULL;
    (void)state;

    assert_int_equal(derive_both(a, b, "production", "unlock", &key), 0);
    assert_hex(secret_open(key), 32,
               "6bc7d969047550369771491e62549e56156491b549ccb53048999ffb5a6d11b7");
    assert_int_equal(derive_both(b, a, "production", "unlock", &other), 0);
    assert_memory_not_equal(secret_open(key), secret_open(other), 32);
    secret_close(key);
    secret_close(other);
    secret_free(key);
    secret_free(other);
    key = NULL;
    assert_int_equal(derive_both(a, small, "production", "unlock", &key), ERR_KEY);
    assert_int_equal(derive_both(small, a, "production", "unlock", &key), ERR_KEY);
    assert_int_equal(derive_both(a, b, "Production", "unlock", &key), ERR_RANGE);
    assert_int_equal(derive_both(a, b, "production", "", &key), ERR_RANGE);
    assert_null(key);
    secret_free(a);
    secret_free(b);
    secret_free(small);
}

/* HMAC-SHA256, RFC 4231 test case 2. */
static void pepper_is_hmac_sha256(void **state)
{
    struct secret *pepper = NULL;
    uint8_t out[32];
    (void)state;

    assert_int_equal(secret_copy("Jefe", 4, &pepper), 0);
    assert_int_equal(password_pepper(pepper, bytes_text("what do ya want for nothing?"), out), 0);
    assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(password_pepper(pepper, bytes_text(""), out), ERR_SIZE);
    secret_free(pepper);
}

static void password_hash_has_its_layout(void **state)
{
    uint8_t peppered[32] = {1}, salt[16] = {2}, out[PASSWORD_HASH_LENGTH],
            other[PASSWORD_HASH_LENGTH];
    (void)state;

    assert_int_equal(password_hash(peppered, salt, out), 0);
    assert_int_equal(out[0], 1);
    assert_memory_equal(out + 1, salt, 16);
    assert_hex(out + 17, 32, "ba8868102533f767a221ba45ba572492ed37dddfcdd5b5edd50fce039a9182ab");
    peppered[31] = 1;
    assert_int_equal(password_hash(peppered, salt, other), 0);
    assert_memory_not_equal(out + 17, other + 17, 32);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(derives_the_pinned_keys),
        cmocka_unit_test(leaves_no_key_on_the_stack),
        cmocka_unit_test(refuses_another_site_kind_and_empty_texts),
        cmocka_unit_test(derives_from_both_and_from_neither_alone),
        cmocka_unit_test(pepper_is_hmac_sha256),
        cmocka_unit_test(password_hash_has_its_layout),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

/* A training site's ring, opened by a key file and bound to nobody; and what a ring of either kind
 * refuses to take or to be read as. */
#include "tests/enclave/keys/made.h"

static struct keyring read_ring;

static int made_training(void **state)
{
    size_t added = 0;
    (void)state;
    assert_int_equal(secret_random(32, &unlock), 0);
    assert_int_equal(secret_random(32, &root), 0);
    assert_int_equal(keyring_make(true, NULL, unlock, root, 1, NOW, &ring), 0);
    assert_int_equal(keyring_fill(&ring, root, enclaves, 2, 1, NOW, &added), 0);
    return 0;
}

/* ---- a training site ---- */

static void a_key_file_opens_a_training_site_s_ring(void **state)
{
    struct secret *found = NULL, *other = NULL;
    (void)state;
    print_ring();
    assert_non_null(strstr(text, "kind training\n"));
    assert_null(strstr(text, "custodian"));
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &read_ring, why), 0);
    assert_true(read_ring.training);
    assert_int_equal(keyring_open(&read_ring, unlock, NULL, &found, why), 0);
    assert_same(found, root);
    secret_free(found);
    assert_int_equal(secret_random(32, &other), 0);
    assert_int_equal(keyring_open(&read_ring, other, NULL, &found, why), ERR_KEY);
    assert_non_null(strstr(why, "this key file"));
    secret_free(other);
}

/* The same bytes do not open a site of the other kind. */
static void a_training_site_s_keys_are_no_production_site_s(void **state)
{
    struct secret *found = NULL;
    (void)state;
    print_ring();
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &read_ring, why), 0);
    read_ring.training = false;
    assert_true(keyring_open(&read_ring, unlock, NULL, &found, why) != 0);
    assert_null(found);
}

static void a_training_site_has_no_lock_but_its_file(void **state)
{
    struct custodians c = {0};
    struct keyring_lock lock = {.custodians = &c, .unlock = unlock};
    struct secret *fresh = NULL;
    (void)state;
    assert_int_equal(keyring_rewrap(&ring, root, &lock, NOW, &fresh), ERR_STATE);
    assert_null(fresh);
    assert_int_equal(keyring_make(true, &c, unlock, root, 1, NOW, &read_ring), ERR_STATE);
    assert_int_equal(keyring_make(false, NULL, unlock, root, 1, NOW, &read_ring), ERR_STATE);
}

static void a_training_site_s_wrap_says_so(void **state)
{
    static char out[KEYRING_WRAP_MAX];
    struct keyring_wrap wrap = {.training = true, .generation = 1, .name = ONE}, again;
    struct custodians c;
    size_t n = 0;
    (void)state;
    assert_int_equal(secret_random(32, &recovery), 0);
    assert_int_equal(shares_split(recovery, SHARE_RECOVERY, 4, 3, &c, recovery_shares), 0);
    wrap.recovery = c;
    wrap.sealed[0] = SEAL_PUBLIC;
    assert_int_equal(keyring_wrap_print(&wrap, out, &n), 0);
    assert_non_null(strstr(out, "kind training\n"));
    assert_int_equal(keyring_wrap_parse(bytes_view_of(out, n), &again, why), 0);
    assert_true(again.training);
}

static void a_training_site_may_have_recovery_and_no_tpm(void **state)
{
    char *at;
    static char changed[KEYRING_TEXT_MAX + 400];
    (void)state;
    print_ring();
    at = strstr(text, "certificate ");
    snprintf(changed, sizeof changed, "%.*stpm 7 1790000000 00 00 00\n%s", (int)(at - text), text,
             at);
    assert_int_equal(keyring_parse(bytes_text(changed), &read_ring, why), ERR_FORMAT);
    assert_non_null(strstr(why, "a training site has no TPM"));
}

/* ---- what is not taken ---- */

static void holders_that_cannot_be_are_not_added(void **state)
{
    (void)state;
    assert_int_equal(keyring_add(&ring, root, "", 1, NULL, KEYRING_CURRENT, NOW), ERR_RANGE);
    assert_int_equal(keyring_add(&ring, root, "a-name-of-17-byte", 1, NULL, KEYRING_CURRENT, NOW),
                     ERR_RANGE);
    assert_int_equal(keyring_add(&ring, root, "new", 1, NULL, KEYRING_DESTROYED, NOW), ERR_RANGE);
    assert_int_equal(keyring_add(&ring, root, ONE, 2, NULL, KEYRING_CURRENT, NOW), ERR_DUPLICATE);
    assert_int_equal(keyring_add(&ring, root, ONE, 1, NULL, KEYRING_NEXT, NOW), ERR_DUPLICATE);
    assert_int_equal(keyring_promote(&ring, ONE, NOW), ERR_STATE);
    assert_int_equal(keyring_promote(&ring, "nobody", NOW), ERR_STATE);
    assert_int_equal(keyring_destroy(&ring, "nobody", NOW), ERR_UNKNOWN);
}

static void a_destroyed_generation_has_no_key_and_goes_along(void **state)
{
    struct secret *key = NULL, *fresh = NULL;
    struct custodians c;
    (void)state;
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    assert_int_equal(keyring_promote(&ring, ONE, NOW), 0);
    const struct keyring_holder *gone = keyring_find(&ring, ONE, KEYRING_DESTROYED);
    assert_non_null(gone);
    assert_int_equal(keyring_key(&ring, root, gone, &key), ERR_STATE);
    assert_null(key);
    /* other custodians, other recovery custodians: what is destroyed stays so */
    assert_int_equal(shares_split(unlock, SHARE_UNLOCK, 3, 2, &c, shares), 0);
    struct keyring_lock lock = {.custodians = &c, .unlock = unlock};
    assert_int_equal(keyring_rewrap(&ring, root, &lock, NOW, &fresh), 0);
    assert_int_equal(shares_split(recovery, SHARE_RECOVERY, 4, 3, &c, recovery_shares), 0);
    assert_int_equal(keyring_set_recovery(&ring, fresh, &c, recovery), 0);
    gone = keyring_find(&ring, ONE, KEYRING_DESTROYED);
    assert_int_equal(keyring_key(&ring, fresh, gone, &key), ERR_STATE);
    assert_false(gone->recoverable);
    secret_free(fresh);
}

static void a_lock_with_half_a_tpm_is_none(void **state)
{
    struct tpm_sealed sealed = {0};
    struct secret *fresh = NULL;
    struct keyring_lock one = {&ring.custodians, unlock, &sealed, NULL};
    struct keyring_lock other = {&ring.custodians, unlock, NULL, unlock};
    (void)state;
    assert_int_equal(keyring_rewrap(&ring, root, &one, NOW, &fresh), ERR_STATE);
    assert_int_equal(keyring_rewrap(&ring, root, &other, NOW, &fresh), ERR_STATE);
    assert_null(fresh);
}

/* ---- what is not read ---- */

static char changed[2 * KEYRING_TEXT_MAX];

/* The ring's text with ${from} replaced by ${to} where it stands first. */
static int with(const char *from, const char *to)
{
    print_ring();
    text[length] = '\0';
    char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return keyring_parse(bytes_text(changed), &read_ring, why);
}

static void refuses_numbers_in_another_form(void **state)
{
    static const char *const wrong[] = {"serial 00", "serial 07",
                                        "serial 7x", "serial /",
                                        "serial :",  "serial 99999999999999999999",
                                        "serial -1", "serial 9999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (with("serial 0", wrong[i]) != ERR_RANGE)
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_int_equal(with("serial 0", "serial 12"), 0);
    assert_int_equal(with("serial 0", "serial "), ERR_FORMAT);
    assert_int_equal(with("serial 0", "serial  0"), ERR_FORMAT);
    assert_int_equal(with("serial 0", "serial 0 1 2 3 4 5 6 7 8 9"), ERR_FORMAT);
    assert_int_equal(with("kind production", "kind trial"), ERR_FORMAT);
}

static void refuses_names_in_another_form(void **state)
{
    static const char *const wrong[] = {"holder A",
                                        "holder `",
                                        "holder {",
                                        "holder /",
                                        "holder :",
                                        "holder _",
                                        "holder a-name-of-17-byte"};
    (void)state;
    print_ring();
    char first[40];
    char *at = strstr(text, "holder ");
    snprintf(first, sizeof first, "%.*s", (int)strcspn(at + 7, " ") + 7, at);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (with(first, wrong[i]) != ERR_FORMAT)
            fail_msg("\"%s\" was taken", wrong[i]);
}

static void refuses_a_line_longer_than_one_may_be(void **state)
{
    static char much[20000];
    (void)state;
    memset(much, '7', sizeof much - 1);
    memcpy(much, "serial ", 7);
    assert_int_equal(with("serial 0", much), ERR_SIZE);
}

static void refuses_a_destroyed_line_with_something_in_it(void **state)
{
    char line[200], other[400];
    (void)state;
    assert_int_equal(keyring_destroy(&ring, ONE, NOW), 0);
    snprintf(line, sizeof line, "holder %s 1 destroyed %d - -", ONE, NOW);
    snprintf(other, sizeof other, "holder %s 1 destroyed %d 00 -", ONE, NOW);
    assert_int_equal(with(line, other), ERR_FORMAT);
    snprintf(other, sizeof other, "holder %s 1 destroyed %d - 00", ONE, NOW);
    assert_int_equal(with(line, other), ERR_FORMAT);
    snprintf(other, sizeof other, "holder %s 1 gone %d - -", ONE, NOW);
    assert_int_equal(with(line, other), ERR_FORMAT);
    snprintf(other, sizeof other, "%s", line);
    assert_int_equal(with(line, other), 0);
}

static void refuses_a_certificate_that_is_none(void **state)
{
    (void)state;
    print_ring();
    assert_int_equal(with("certificate RW", "certificate XX"), ERR_FORMAT);
}

/* More custodians than a site can have: their lines count before their threshold does. */
static void refuses_more_custodians_than_a_site_can_have(void **state)
{
    static char lines[20000];
    size_t n = 0;
    (void)state;
    for (int i = 0; i < SHARES_MAX + 1; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "custodian 01%064d\n", i);
    snprintf(lines + n, sizeof lines - n, "recovery ");
    assert_int_equal(with("recovery ", lines), ERR_SIZE);
    assert_non_null(strstr(why, "more custodians"));
}

int main(void)
{
#undef TRAINING
#define TRAINING(name) cmocka_unit_test_setup_teardown(name, made_training, let_go)
    const struct CMUnitTest tests[] = {
        TRAINING(a_key_file_opens_a_training_site_s_ring),
        TRAINING(a_training_site_s_keys_are_no_production_site_s),
        TRAINING(a_training_site_has_no_lock_but_its_file),
        TRAINING(a_training_site_s_wrap_says_so),
        TRAINING(a_training_site_may_have_recovery_and_no_tpm),
        CASE(holders_that_cannot_be_are_not_added),
        CASE(a_destroyed_generation_has_no_key_and_goes_along),
        CASE(a_lock_with_half_a_tpm_is_none),
        CASE(refuses_numbers_in_another_form),
        CASE(refuses_names_in_another_form),
        CASE(refuses_a_line_longer_than_one_may_be),
        CASE(refuses_a_destroyed_line_with_something_in_it),
        CASE(refuses_a_certificate_that_is_none),
        CASE(refuses_more_custodians_than_a_site_can_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

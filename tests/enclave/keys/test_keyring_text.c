#include "tests/enclave/keys/made.h"

static struct keyring back;
static char changed[KEYRING_TEXT_MAX + 64];

/* ${old} becomes ${new}, once; the length of what comes out. */
static size_t with(const char *old_text, const char *new_text)
{
    char *at = memmem(text, length, old_text, strlen(old_text));
    assert_non_null(at);
    size_t before = (size_t)(at - text), rest = length - before - strlen(old_text);
    memcpy(changed, text, before);
    memcpy(changed + before, new_text, strlen(new_text));
    memcpy(changed + before + strlen(new_text), at + strlen(old_text), rest);
    return before + strlen(new_text) + rest;
}

static void refuses(const char *old_text, const char *new_text, const char *words)
{
    size_t n = with(old_text, new_text);
    why[0] = '\0';
    assert_int_not_equal(keyring_parse(bytes_view_of(changed, n), &back, why), 0);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

/* It is in its form and does not open: the line is named where that is known. */
static void does_not_open(const char *old_text, const char *new_text, const char *words)
{
    struct secret *out = NULL;
    size_t n = with(old_text, new_text);
    assert_int_equal(keyring_parse(bytes_view_of(changed, n), &back, why), 0);
    why[0] = '\0';
    assert_int_not_equal(keyring_open(&back, unlock, NULL, &out, why), 0);
    assert_null(out);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void what_is_written_is_read_back(void **state)
{
    static char again[KEYRING_TEXT_MAX];
    size_t n = 0;
    (void)state;
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    assert_int_equal(keyring_destroy(&ring, TWO, NOW), 0);
    print_ring();
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &back, why), 0);
    assert_int_equal(keyring_print(&back, root, again, &n), 0);
    assert_int_equal(n, length);
    assert_memory_equal(again, text, n);
}

static void refuses_a_form_that_it_does_not_know(void **state)
{
    (void)state;
    print_ring();
    refuses("casemate-keyring 1\n", "casemate-keyring 2\n", "line 1: only format 1");
    refuses("casemate-keyring 1\n", "casemate-wrap 1\n", "line 1: \"casemate-keyring\"");
    refuses("profile modern", "profile fips", "line 2: only the profile modern");
    refuses("kind production", "kind both", "line 3: the kind is");
    refuses("kind production", "kind training", "\"certificate\" with 2 fields was expected");
    refuses("serial 0", "serial 00", "line 4: a number");
    refuses("serial 0", "serial -1", "line 4: a number");
    refuses("serial 0", "serial 99999999999999999999", "line 4: a number");
    refuses("serial 0\n", "", "line 4: \"serial\"");
    refuses("serial 0\n", "serial 0\nserial 0\n", "line 5: \"root\"");
    refuses("serial 0", "serial  0", "line 4: fields stand there with one space");
    refuses("serial 0", " serial 0", "line 4: fields stand there with one space");
    refuses("serial 0", "serial 0 0", "line 4: \"serial\"");
}

static void refuses_another_algorithm(void **state)
{
    char line[40];
    (void)state;
    print_ring();
    snprintf(line, sizeof line, "root 1 %d 01", NOW);
    refuses(line, "root 1 1790000000 02", "line 5: a key is sealed with an algorithm");
    snprintf(line, sizeof line, "holder identity 1 current %d 01", NOW);
    refuses(line, "holder identity 1 current 1790000000 7f", "a key is sealed with an algorithm");
    refuses("mac 01", "mac 02", "a value is of an algorithm");
    refuses("custodian 01", "custodian 02", "line 7: a value is of an algorithm");
}

static void refuses_another_set_of_custodians(void **state)
{
    (void)state;
    print_ring();
    refuses("custodians 2", "custodians 1", "fewer custodians than the threshold");
    refuses("custodians 2", "custodians 4", "fewer custodians than the threshold");
    refuses("custodians 2", "custodians 17", "line 6: a number");
    refuses("recovery 3", "recovery 5", "fewer custodians than the threshold");
    refuses("\ncustodian 01", "\ncustodian 01 01", "line 7: \"custodian\"");
    refuses("\nrecoverer ", "\ncustodian ", "fewer custodians than the threshold");
}

static void refuses_holders_that_cannot_be(void **state)
{
    (void)state;
    print_ring();
    refuses("holder identity 1", "holder Identity 1", "a holder's name");
    refuses("holder identity 1", "holder identity-identity-1 1", "a holder's name");
    refuses("holder identity 1 current", "holder identity 1 young", "a state is");
    refuses("holder identity 1 current", "holder identity 1 destroyed", "a destroyed generation");
    refuses("holder identity 1 current", "holder identity 0 current", "where there can be none");
    refuses("holder auditor 1", "holder identity 1", "each once");
    refuses("holder auditor 1", "holder identity 2", "one current generation");
    refuses("holder identity 1 ", "holder identity ", "\"holder\" with 7 fields");
    assert_int_equal(keyring_begin(&ring, root, ONE, NOW), 0);
    print_ring();
    refuses("holder " ONE " 2 next", "holder " ONE " 2 current", "one current generation");
    refuses("holder " ONE " 2 next", "holder " ONE " 1 next", "each once");
    refuses("holder " ONE " 1 current", "holder " ONE " 1 next", "its last line");
}

static void refuses_a_tpm_that_is_not_in_its_form(void **state)
{
    struct tpm_sealed sealed = {.pcrs = 1 | 1 << 7,
                                .public_length = 2,
                                .private_length = 3,
                                .public_blob = {0xab, 0xcd},
                                .private_blob = {1, 2, 3}};
    char long_blob[2 * TPM_BLOB_MAX + 20] = "abcd ";
    (void)state;
    memset(sealed.name, 3, sizeof sealed.name);
    ring.tpm = sealed;
    ring.tpm_since = NOW;
    print_ring();
    assert_int_equal(keyring_parse(bytes_view_of(text, length), &back, why), 0);
    assert_memory_equal(&back.tpm, &sealed, sizeof sealed);
    refuses("tpm 0,7 ", "tpm 7,0 ", "line 6: PCRs stand there rising");
    refuses("tpm 0,7 ", "tpm 0,24 ", "line 6: PCRs");
    refuses("tpm 0,7 ", "tpm ", "line 6: \"tpm\" with 6 fields");
    refuses(" abcd 010203\n", " abc 010203\n", "hexadecimal");
    refuses(" abcd 010203\n", " abcd 0102\nx", "line 7");
    refuses("0303 abcd", "03 abcd", "hexadecimal");
    memset(long_blob + 5, 'a', 2 * TPM_BLOB_MAX + 2);
    refuses("abcd 010203", long_blob, "another length");
    does_not_open("tpm 0,7 ", "tpm 0,8 ", "");
}

static void refuses_what_is_short_or_long(void **state)
{
    (void)state;
    print_ring();
    for (size_t n = 0; n < length; n += n < length - 200 ? 37 : 1)
        assert_int_not_equal(keyring_parse(bytes_view_of(text, n), &back, why), 0);
    memcpy(changed, text, length);
    changed[length] = '\n';
    assert_int_equal(keyring_parse(bytes_view_of(changed, length + 1), &back, why), ERR_TRAILING);
    memset(changed, 'a', sizeof changed);
    assert_int_not_equal(keyring_parse(bytes_view_of(changed, sizeof changed), &back, why), 0);
}

static void refuses_lines_in_another_order(void **state)
{
    (void)state;
    print_ring();
    refuses("kind production\nserial 0\n", "serial 0\nkind production\n", "line 3: \"kind\"");
    refuses("certificate ", "holder ", "\"certificate\"");
}

/* Every line that was changed and is still in its form is seen behind the opening. */
static void an_edited_line_is_named_where_that_can_be_known(void **state)
{
    char sealed[2 * SEAL_SECRET + 1], other[2 * SEAL_SECRET + 1];
    const struct keyring_holder *one = keyring_find(&ring, ONE, KEYRING_CURRENT);
    const struct keyring_holder *two = keyring_find(&ring, TWO, KEYRING_CURRENT);
    (void)state;
    print_ring();
    bytes_to_hex(one->sealed, SEAL_SECRET, sealed);
    bytes_to_hex(two->sealed, SEAL_SECRET, other);
    does_not_open(sealed, other, "holder " ONE ", generation 1");
    does_not_open("holder " ONE " 1 ", "holder " ONE " 2 ", "holder " ONE ", generation 2");
    bytes_to_hex(ring.root, SEAL_SECRET, sealed);
    memcpy(other, sealed, sizeof other);
    other[100] = other[100] == '0' ? '1' : '0';
    does_not_open(sealed, other, "line \"root\"");
    does_not_open("serial 0", "serial 1", "its mac is another");
    does_not_open("1 current 1790000000", "1 current 1790000001", "its mac is another");
    does_not_open("recovery 3", "recovery 2", "its mac is another");
    does_not_open("custodians 2", "custodians 3", "its mac is another");
}

/* Nor does a line that is gone, or one of an older ring. */
static void a_line_that_is_gone_or_came_back_is_seen(void **state)
{
    static char older[KEYRING_TEXT_MAX];
    struct secret *out = NULL;
    (void)state;
    print_ring();
    memcpy(older, text, length);
    char *line = memmem(older, length, "holder " TWO, 15), *end = strchr(line, '\n');
    char there[800] = "";
    memcpy(there, line, (size_t)(end + 1 - line));
    size_t n = with(there, "");
    assert_int_equal(keyring_parse(bytes_view_of(changed, n), &back, why), 0);
    assert_int_equal(keyring_open(&back, unlock, NULL, &out, why), ERR_DIGEST);
    assert_int_equal(keyring_destroy(&ring, TWO, NOW), 0);
    print_ring();
    line = memmem(text, length, "holder " TWO, 15), end = strchr(line, '\n');
    char gone[200] = "";
    memcpy(gone, line, (size_t)(end + 1 - line));
    n = with(gone, there);
    assert_int_equal(keyring_parse(bytes_view_of(changed, n), &back, why), 0);
    assert_int_equal(keyring_open(&back, unlock, NULL, &out, why), ERR_DIGEST);
    assert_null(out);
}

static void refuses_a_wrap_that_is_not_in_its_form(void **state)
{
    static const char *const wrong[][2] = {
        {"casemate-wrap 1", "casemate-keyring 1"},
        {"kind production", "kind other"},
        {"recovery 3", "recovery 9"},
        {"recoverer 01", "recoverer 02"},
        {"holder " ONE " 1", "holder " ONE},
        {"holder ", "holder  "},
        {"profile modern\n", ""},
    };
    struct keyring_wrap wrap, read = {.generation = 77};
    char form[KEYRING_WRAP_MAX];
    size_t n = 0;
    (void)state;
    assert_int_equal(keyring_wrap_of(&ring, ONE, &wrap), 0);
    assert_int_equal(keyring_wrap_print(&wrap, form, &n), 0);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_not_equal(keyring_wrap_parse(bytes_view_of(form, cut), &read, why), 0);
    memcpy(text, form, n);
    length = n;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        n = with(wrong[i][0], wrong[i][1]);
        assert_int_not_equal(keyring_wrap_parse(bytes_view_of(changed, n), &read, why), 0);
    }
    memcpy(changed, text, length);
    changed[length] = 'x';
    assert_int_equal(keyring_wrap_parse(bytes_view_of(changed, length + 1), &read, why),
                     ERR_TRAILING);
    assert_int_equal(read.generation, 77);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(what_is_written_is_read_back),
        CASE(refuses_a_form_that_it_does_not_know),
        CASE(refuses_another_algorithm),
        CASE(refuses_another_set_of_custodians),
        CASE(refuses_holders_that_cannot_be),
        CASE(refuses_a_tpm_that_is_not_in_its_form),
        CASE(refuses_what_is_short_or_long),
        CASE(refuses_lines_in_another_order),
        CASE(an_edited_line_is_named_where_that_can_be_known),
        CASE(a_line_that_is_gone_or_came_back_is_seen),
        CASE(refuses_a_wrap_that_is_not_in_its_form),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/crypto/cases.h"

#include "crypto/note.h"

static const char pinned[] =
    "casemate/e1234567/1\n42\n"
    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n"
    "\xe2\x80\x94 casemate/e1234567/1 L8uBElV1zJUKyu1NJEivavqgLbNOKAbhVwPWr0r7"
    "/M1fNolrRaLk2qr3pncvBVXgx9ayGV5xoMIJnWzz0nrQNZ0IBw8=\n";

static void make(struct note_checkpoint *c, char text[static NOTE_MAX], size_t *length,
                 uint8_t public_key[static 32])
{
    struct secret *seed = secret_of(0x22, 32);

    *c = (struct note_checkpoint){.origin = "casemate/e1234567/1", .size = 42};
    memset(c->root, 0xab, sizeof(c->root));
    assert_int_equal(note_sign(seed, c, text, length), 0);
    assert_int_equal(sign_public(seed, public_key), 0);
    secret_free(seed);
}

static void note_has_its_pinned_form_and_comes_back(void **state)
{
    struct note_checkpoint c, got;
    char text[NOTE_MAX];
    uint8_t public_key[32];
    size_t length;
    (void)state;

    make(&c, text, &length, public_key);
    assert_string_equal(text, pinned);
    assert_int_equal(length, strlen(pinned));
    assert_int_equal(note_check(public_key, bytes_text(pinned), &got), 0);
    assert_string_equal(got.origin, c.origin);
    assert_int_equal(got.size, 42);
    assert_memory_equal(got.root, c.root, 32);
}

/* The example key of golang.org/x/mod/sumdb/note. */
static void verifier_key_is_that_of_the_go_module(void **state)
{
    uint8_t public_key[32];
    char line[NOTE_VERIFIER_KEY_MAX];
    (void)state;

    from_hex("1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6", 32, public_key);
    assert_int_equal(note_verifier_key(public_key, "PeterNeumann", line), 0);
    assert_string_equal(line, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    assert_int_equal(note_verifier_key(public_key, "a b", line), ERR_FORMAT);
    assert_int_equal(note_verifier_key(public_key, "a+b", line), ERR_FORMAT);
}

static void refuses_every_flipped_bit_and_every_cut(void **state)
{
    struct note_checkpoint c;
    char text[NOTE_MAX], other[NOTE_MAX];
    uint8_t public_key[32];
    size_t length;
    (void)state;

    make(&c, text, &length, public_key);
    for (size_t i = 0; i < length * 8; i++) {
        memcpy(other, text, length);
        other[i / 8] = (char)(other[i / 8] ^ 1 << i % 8);
        assert_int_not_equal(note_check(public_key, bytes_view_of(other, length), &c), 0);
    }
    for (size_t i = 0; i < length; i++)
        assert_int_equal(note_check(public_key, bytes_view_of(text, i), &c), ERR_FORMAT);
}

static void refuses_what_is_not_the_one_form(void **state)
{
    struct note_checkpoint c;
    char text[NOTE_MAX], other[2 * NOTE_MAX];
    uint8_t public_key[32];
    size_t length;
    (void)state;

    make(&c, text, &length, public_key);
    /* a second signature line */
    memcpy(other, text, length);
    memcpy(other + length, strstr(text, "\n\n") + 2,
           length - (size_t)(strstr(text, "\n\n") + 2 - text));
    assert_int_equal(
        note_check(public_key,
                   bytes_view_of(other, 2 * length - (size_t)(strstr(text, "\n\n") + 2 - text)),
                   &c),
        ERR_FORMAT);
    /* an extension line */
    strcpy(other, "casemate/e1234567/1\n42\n");
    strcat(other, "extra\n");
    strcat(other, text + strlen("casemate/e1234567/1\n42\n"));
    assert_int_equal(note_check(public_key, bytes_text(other), &c), ERR_FORMAT);
    /* another number form of the size */
    strcpy(other, "casemate/e1234567/1\n042\n");
    strcat(other, text + strlen("casemate/e1234567/1\n42\n"));
    assert_int_equal(note_check(public_key, bytes_text(other), &c), ERR_FORMAT);
    public_key[0] ^= 1;
    assert_int_equal(note_check(public_key, bytes_view_of(text, length), &c), ERR_KEY);
}

/* ---- the extension line of ours ---- */

#define HOT "abababababababababababababababababababababababababababababababab"

static void a_note_with_the_digest_of_the_tables_comes_back(void **state)
{
    struct note_checkpoint c, got;
    char text[NOTE_MAX], again[NOTE_MAX];
    uint8_t public_key[32];
    size_t length;
    struct secret *seed = secret_of(0x22, 32);
    (void)state;

    make(&c, text, &length, public_key);
    c.has_hot = true;
    memset(c.hot, 0xab, sizeof(c.hot));
    assert_int_equal(note_sign(seed, &c, again, &length), 0);
    secret_free(seed);
    assert_non_null(strstr(again, "=\ncasemate-hot " HOT "\n\n\xe2\x80\x94 "));
    assert_int_equal(note_check(public_key, bytes_view_of(again, length), &got), 0);
    assert_true(got.has_hot);
    assert_memory_equal(got.hot, c.hot, 32);
    assert_memory_equal(got.root, c.root, 32);
    assert_int_equal(note_length(bytes_text(again)), length);
    for (size_t i = 0; i < length * 8; i++) {
        memcpy(text, again, length);
        text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
        assert_int_not_equal(note_check(public_key, bytes_view_of(text, length), &got), 0);
    }
    for (size_t i = 0; i < length; i++)
        assert_int_equal(note_check(public_key, bytes_view_of(again, i), &got), ERR_FORMAT);
}

/* Whoever signs: only one line, once, in its form and in its place. */
static void refuses_any_other_extension(void **state)
{
    static const char *const bad[] = {
        "casemate-hot " HOT "\ncasemate-hot " HOT "\n",
        "casemate-hot\n",
        "casemate-hot \n",
        "casemate-hot ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB\n",
        "casemate-hot  " HOT "\n",
        "casemate-hot " HOT " \n",
        "casemate-hot " HOT "00\n",
        "casemate-cold " HOT "\n",
        "extra\ncasemate-hot " HOT "\n",
        "casemate-hot " HOT "\nextra\n",
    };
    struct secret *seed = secret_of(0x22, 32);
    struct note_checkpoint c;
    char text[NOTE_MAX], body[2 * NOTE_MAX], whole[4 * NOTE_MAX], base64[100];
    uint8_t public_key[32], signature[68];
    size_t length;
    (void)state;

    make(&c, text, &length, public_key);
    const char *mark = strrchr(text, ' ') + 1; /* the signature with the key's hash in front */
    assert_int_equal(sodium_base642bin(signature, sizeof(signature), mark, strlen(mark) - 1, NULL,
                                       &length, NULL, sodium_base64_VARIANT_ORIGINAL),
                     0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(body, sizeof(body), "%.*s%s", (int)(strstr(text, "\n\n") + 1 - text), text,
                 bad[i]);
        assert_int_equal(sign_make_raw(seed, body, strlen(body), signature + 4), 0);
        sodium_bin2base64(base64, sizeof(base64), signature, sizeof(signature),
                          sodium_base64_VARIANT_ORIGINAL);
        snprintf(whole, sizeof(whole), "%s\n\xe2\x80\x94 casemate/e1234567/1 %s\n", body, base64);
        assert_int_equal(note_check(public_key, bytes_text(whole), &c), ERR_FORMAT);
    }
    secret_free(seed);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(note_has_its_pinned_form_and_comes_back),
        cmocka_unit_test(verifier_key_is_that_of_the_go_module),
        cmocka_unit_test(refuses_every_flipped_bit_and_every_cut),
        cmocka_unit_test(refuses_what_is_not_the_one_form),
        cmocka_unit_test(a_note_with_the_digest_of_the_tables_comes_back),
        cmocka_unit_test(refuses_any_other_extension),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/transfer/fixture.h"

#include <stdio.h>

static const char pinned[] =
    "{\"checkpoint\":\"f80cccdce4ae1c07ae208a2adf99a310ae4207e0306fa0236110b06827bbb8d0\",\""
    "factors\":[\"badge+pin\"],\"keys\":{\"guard-a\":\"RWTe0ujedZvKmrx8vLVjY3X6HYJDTUZnJNkj"
    "d/U7mAaV3UnSbQzhIgWl\",\"guard-b\":\"RWQAtLKczCxSk0chtbYyJy5lpo3aesJbQYX4sBkW2xhcFCh9u"
    "S4rdw+u\",\"orders\":\"RWR4Ca5/OBiLM27gkf0oCptoVU+nPFiBJdR9NCXGiia6I2tNrZD5Co+S\",\"or"
    "ders-outer\":\"RWQcUbup+3/5HCX8MsR4paT4TkVXoDQuCCeMiDZBthSb2wtKmGq2wst4\",\"outer\":\""
    "RWQTEWMd5q++M6zcyElNRY9Ep6qsHWqE7GJNruiENtsq4m5numRaEGIo\"},\"kind\":\"training\",\"si"
    "te\":\"training-1\",\"snapshot\":\"2012cb90ca60e8e5d8daf66e2272d2233e0486d557e8c66141e"
    "d8920177d7eb7\",\"statement\":\"c050c5637a44fa8629fff3cccce2300cb362a63d99d95fc5414526"
    "6f4332445a\",\"v\":\"mes-xfer-root/1\",\"version\":1}\n";

static void has_its_pinned_form_and_comes_back(void **state)
{
    char text[ROOT_MAX];
    struct root root;
    struct refusal why;
    size_t length;
    (void)state;

    fixture_root_text(text, &length);
    text[length] = '\0';
    assert_string_equal(text, pinned);
    assert_int_equal(root_parse(bytes_text(pinned), &root, &why), 0);
    assert_string_equal(root.site, "training-1");
    assert_int_equal(root.kind, ROOT_TRAINING);
    assert_true(root.factors[STATEMENT_BADGE_PIN]);
    assert_false(root.factors[STATEMENT_FIDO2]);
    assert_hex(root.digest, 32, "ec99cefe3cb762eb0bfec689eae1a7d08b72dcb0d41018d1ffa722e7aac68b1b");
}

static int parse_with(const char *from, const char *to)
{
    char changed[2 * ROOT_MAX];
    const char *at = strstr(pinned, from);
    struct root root;
    struct refusal why;

    assert_non_null(at);
    snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - pinned), pinned, to,
             at + strlen(from));
    return root_parse(bytes_text(changed), &root, &why);
}

static void takes_other_factors_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(parse_with("[\"badge+pin\"]", "[\"fido2\"]"), 0);
    assert_int_equal(parse_with("[\"badge+pin\"]", "[\"badge+pin\",\"piv\"]"), 0);
    assert_int_equal(parse_with("[\"badge+pin\"]", "[\"piv\",\"fido2\"]"), ERR_REFUSED);
    assert_int_equal(parse_with("[\"badge+pin\"]", "[\"piv\",\"piv\"]"), ERR_REFUSED);
    assert_int_equal(parse_with("[\"badge+pin\"]", "[\"pin\"]"), ERR_REFUSED);
    assert_int_equal(parse_with("[\"badge+pin\"]", "[]"), ERR_REFUSED);
}

static void refuses_every_changed_value(void **state)
{
    static const char *const changes[][2] = {
        {"\"kind\":\"training\"", "\"kind\":\"test\""},
        {"\"version\":1", "\"version\":2"},
        {"mes-xfer-root/1", "mes-xfer-root/2"},
        {"\"guard-a\":\"RW", "\"guard-a\":\"RU"},
        {"\"orders\":", "\"order\":"},
        {"\"site\":\"training-1\"", "\"site\":\"\""},
        {"\"site\":\"training-1\"", "\"site\":\"a/b\""},
        {"}\n", "}"},
    };
    (void)state;

    assert_int_equal(parse_with("}\n", "}\n"), 0);
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
        if (parse_with(changes[i][0], changes[i][1]) != ERR_REFUSED)
            fail_msg("accepted %s for %s", changes[i][1], changes[i][0]);
}

static void refuses_one_key_for_two_roles(void **state)
{
    struct root root, again;
    struct refusal why;
    char text[ROOT_MAX];
    size_t length;
    (void)state;

    fixture_root(&root);
    again = root;
    again.keys[ROOT_GUARD_B] = again.keys[ROOT_GUARD_A];
    assert_int_equal(root_print(&again, text, &length), ERR_RANGE);
    again = root;
    memcpy(again.snapshot, again.statement, 32);
    assert_int_equal(root_print(&again, text, &length), ERR_RANGE);
    again = root;
    memcpy(again.checkpoint, again.keys[ROOT_OUTER].key, 32);
    assert_int_equal(root_print(&again, text, &length), ERR_RANGE);

    strcpy(text, pinned);
    memcpy(strstr(text, "\"guard-b\":\"") + 11, strstr(text, "\"guard-a\":\"") + 11, 56);
    assert_int_equal(root_parse(bytes_text(text), &root, &why), ERR_REFUSED);
    assert_string_equal(why.text, "root.json: a key stands there for two roles.");
}

static void refuses_every_cut(void **state)
{
    struct root root;
    struct refusal why;
    (void)state;

    for (size_t i = 0; i < strlen(pinned); i++)
        assert_int_equal(root_parse(bytes_view_of(pinned, i), &root, &why), ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(has_its_pinned_form_and_comes_back),
        cmocka_unit_test(takes_other_factors_in_their_order),
        cmocka_unit_test(refuses_every_changed_value),
        cmocka_unit_test(refuses_one_key_for_two_roles),
        cmocka_unit_test(refuses_every_cut),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/transfer/fixture.h"

#include <stdio.h>
#include <stdlib.h>

/* docs/FORMAT.md shows this one. */
static const char pinned[] =
    "{\"approvals\":{\"got\":2,\"need\":2},\"chan\":\"perf-e7k2m9qa\",\"dir\":\"h2l\",\"epo"
    "ch\":1,\"members\":[[\"b2sums\",295,\"254053793edf0ba7e045191e8d33563554dc5987ce208bf4"
    "cc66d81c3cee96c9f31707c9c733315c1afad01359f5e0b514f0e747d9ab51422159e05378ec09bf\"],[\""
    "policy.json\",93,\"174311f194313a11723977c07b26b0a78a17c333e7c17add1190827db98a79df852"
    "d02ac4e91e623cf1468e7ef1c005dfebcd32678fcf41cfce0c3638c7c7e74\"],[\"rec-summary-001.nd"
    "json\",221,\"fa80942f31ae8e470356888db1605183a9ae3bce6b3c905c62f9c2e902f4cc86cb4a0103b"
    "d21f8649ac6a75113e85ae89a9f7a1501d2e160aac6001b083c94b4\"]],\"n\":{\"order\":3,\"yield"
    "\":1},\"policy\":{\"digest\":\"7070707070707070707070707070707070707070707070707070707"
    "070707070\",\"id\":\"release\"},\"prev\":\"0202020202020202020202020202020202020202020"
    "202020202020202020202\",\"prof\":\"open\",\"recent\":[[1,\"010101010101010101010101010"
    "1010101010101010101010101010101010101\"],[2,\"0202020202020202020202020202020202020202"
    "020202020202020202020202\"]],\"root\":{\"digest\":\"ec99cefe3cb762eb0bfec689eae1a7d08b"
    "72dcb0d41018d1ffa722e7aac68b1b\",\"version\":1},\"schema\":{\"digest\":\"7f3f8e9168778"
    "f1df8b899e3a1cc4433f1227449b5240bba4faadfc9a73d8f4b\",\"id\":\"weekly-summary\",\"vers"
    "ion\":1},\"seq\":3,\"site\":\"training-1\",\"slot\":\"2026-W47\",\"v\":\"mes-xfer/1\"}"
    "\n";
static const char pinned_l2h[] =
    "{\"chan\":\"orders-e7k2m9qa\",\"dir\":\"l2h\",\"epoch\":1,\"members\":[[\"b2sums\",151"
    ",\"bc45c0a097738634270f7fe1d61f89ba5822f16f1c33d17a483ade20d7255f3eed1d93138161a4e3d3f"
    "d70994fa9c75f7b1e46b686761bfd6d13ceaadcf66320\"],[\"rec-order-001.ndjson\",248,\"165a7"
    "4e2ad5098db4e58d3754f9f9690a807de7fefcfe965e62cb21dca91804749d1b24e3ae09ed2f07839d6119"
    "021ba46e366ca2a4c7ebada0dc7bc8f2c32a4\"]],\"n\":{\"order\":2},\"prev\":\"0202020202020"
    "202020202020202020202020202020202020202020202020202\",\"prof\":\"open\",\"recent\":[[1"
    ",\"0101010101010101010101010101010101010101010101010101010101010101\"],[2,\"0202020202"
    "020202020202020202020202020202020202020202020202020202\"]],\"root\":{\"digest\":\"ec99"
    "cefe3cb762eb0bfec689eae1a7d08b72dcb0d41018d1ffa722e7aac68b1b\",\"version\":1},\"schema"
    "\":{\"digest\":\"a1ae05d4d2c4a2e293c3a66d1f5842b2887aa280b009878f739312b228d3ff6b\",\""
    "id\":\"orders\",\"version\":1},\"seq\":3,\"site\":\"training-1\",\"v\":\"mes-xfer/1\"}"
    "\n";

static void has_its_pinned_form_and_comes_back(enum manifest_direction direction, const char *text)
{
    struct fixture_bundle *b = calloc(1, sizeof(*b));
    struct manifest m;
    struct refusal why;
    char again[MANIFEST_MAX];
    size_t length;

    assert_non_null(b);
    fixture_make(b, direction, 3);
    b->parts.manifest[b->parts.manifest_length] = '\0';
    assert_string_equal(b->parts.manifest, text);
    assert_int_equal(manifest_parse_unverified(bytes_text(text), &m, &why), 0);
    assert_int_equal(manifest_print(&m, again, &length), 0);
    assert_true(bytes_equal_text(bytes_view_of(again, length), text));
    free(b);
}

static void outbound_manifest_has_its_pinned_form(void **state)
{
    (void)state;
    has_its_pinned_form_and_comes_back(MANIFEST_H2L, pinned);
}

static void inbound_manifest_has_its_pinned_form(void **state)
{
    (void)state;
    has_its_pinned_form_and_comes_back(MANIFEST_L2H, pinned_l2h);
}

static void names_and_comments_are_those_of_the_grammar(void **state)
{
    char name[MANIFEST_NAME_MAX], comment[MANIFEST_COMMENT_MAX];
    struct manifest m;
    (void)state;

    fixture_facts(&m, MANIFEST_H2L, 3);
    manifest_name(&m, name);
    assert_string_equal(name, "h2l-perf-e7k2m9qa-0001-0000000003");
    manifest_release_comment(&m, 'a', comment);
    assert_string_equal(comment, "mes-xfer/1 kind=release guard=a dir=h2l chan=perf-e7k2m9qa "
                                 "epoch=0001 seq=0000000003 prev=0202020202020202");
    manifest_outer_comment(&m, 12345, comment);
    assert_string_equal(comment, "mes-xfer/1 kind=outer dir=h2l chan=perf-e7k2m9qa epoch=0001 "
                                 "seq=0000000003 size=12345");
    m.direction = MANIFEST_L2H;
    manifest_name(&m, name);
    assert_string_equal(name, "l2h-orders-e7k2m9qa-0001-0000000003");
    manifest_release_comment(&m, 0, comment);
    assert_string_equal(comment, "mes-xfer/1 kind=release dir=l2h chan=orders-e7k2m9qa "
                                 "epoch=0001 seq=0000000003 prev=0202020202020202");
}

static int parse_with(const char *text, const char *from, const char *to)
{
    char changed[2 * MANIFEST_MAX];
    const char *at = strstr(text, from);
    struct manifest m;
    struct refusal why = {""};
    int r;

    assert_non_null(at);
    snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    r = manifest_parse_unverified(bytes_text(changed), &m, &why);
    assert_true(r == 0 || strlen(why.text) > 10);
    return r;
}

static void refuses_every_changed_value(void **state)
{
    static const char *const changes[][2] = {
        {"\"b2sums\"", "\"b2\\\"sums\""},
        {"\"got\":2", "\"got\":1"},
        {"\"need\":2", "\"need\":1"},
        {"perf-e7k2m9qa", "perf-E7k2m9qa"},
        {"perf-e7k2m9qa", "orders-e7k2m9qa"},
        {"\"dir\":\"h2l\"", "\"dir\":\"l2h\""},
        {"\"epoch\":1", "\"epoch\":0"},
        {"\"epoch\":1", "\"epoch\":10000"},
        {"\"seq\":3", "\"seq\":4"},
        {"\"seq\":3", "\"seq\":2"},
        {"\"seq\":3", "\"seq\":0"},
        {"\"yield\":1", "\"yield\":2"},
        {"\"order\":3", "\"order\":1001"},
        {"\"prof\":\"open\"", "\"prof\":\"sealed\""},
        {"\"slot\":\"2026-W47\"", "\"slot\":\"2026-W54\""},
        {"\"site\":\"training-1\"", "\"site\":\"Training\""},
        {"\"v\":\"mes-xfer/1\"", "\"v\":\"mes-xfer/2\""},
        {"\"id\":\"weekly-summary\"", "\"id\":\"weekly-summary2\""},
        {"\"id\":\"release\"", "\"id\":\"other\""},
        {"\"recent\":[[1,", "\"recent\":[[0,"},
        {"\"recent\":[[1,", "\"recent\":[[2,"},
        {"\"prev\":\"02", "\"prev\":\"03"},
        {"\"schema\":{\"digest\":\"7", "\"schema\":{\"digest\":\"8"},
        {"{\"approvals\":{\"got\":2,\"need\":2},", "{"},
        {",\"slot\":\"2026-W47\"", ""},
        {",\"v\":", ",\"u\":1,\"v\":"},
        {"}\n", "}\n\n"},
        {"}\n", "}"},
    };
    (void)state;

    assert_int_equal(parse_with(pinned, "\"seq\":3", "\"seq\":3"), 0);
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
        if (parse_with(pinned, changes[i][0], changes[i][1]) != ERR_REFUSED)
            fail_msg("accepted %s for %s", changes[i][1], changes[i][0]);
}

static void refuses_every_cut(void **state)
{
    struct manifest m;
    struct refusal why;
    (void)state;

    for (size_t i = 0; i < strlen(pinned); i++)
        assert_int_equal(manifest_parse_unverified(bytes_view_of(pinned, i), &m, &why),
                         ERR_REFUSED);
}

static void refusal_names_the_field(void **state)
{
    char changed[MANIFEST_MAX];
    struct manifest m;
    struct refusal why;
    (void)state;

    strcpy(changed, pinned);
    *(strstr(changed, "2026-W47") + 5) = 'w';
    assert_int_equal(manifest_parse_unverified(bytes_text(changed), &m, &why), ERR_REFUSED);
    assert_string_equal(why.text,
                        "manifest.json, at or after \"slot\": not in the expected format.");
}

static void printing_refuses_facts_out_of_range(void **state)
{
    struct manifest m;
    char text[MANIFEST_MAX];
    size_t length;
    (void)state;

    fixture_facts(&m, MANIFEST_H2L, 3);
    m.epoch = 0;
    assert_int_equal(manifest_print(&m, text, &length), ERR_RANGE);
    fixture_facts(&m, MANIFEST_H2L, 3);
    m.recent_count = 1;
    assert_int_equal(manifest_print(&m, text, &length), ERR_RANGE);
    fixture_facts(&m, MANIFEST_H2L, 3);
    m.prev[0] ^= 1;
    assert_int_equal(manifest_print(&m, text, &length), ERR_RANGE);
    fixture_facts(&m, MANIFEST_H2L, 3);
    strcpy(m.slot, "2026-W00");
    assert_int_equal(manifest_print(&m, text, &length), ERR_RANGE);
}

/* The digest in the program is that of the file that people read. */
static void schema_digests_are_those_of_the_files(void **state)
{
    static const char *const names[] = {[MANIFEST_H2L] = "transfer/release/weekly-summary.json",
                                        [MANIFEST_L2H] = "transfer/release/orders.json"};
    char text[16384];
    uint8_t expected[32], digest[32];
    (void)state;

    for (int d = MANIFEST_H2L; d <= MANIFEST_L2H; d++) {
        FILE *in = fopen(names[d], "r");
        assert_non_null(in);
        hash_short(text, fread(text, 1, sizeof(text), in), digest);
        fclose(in);
        manifest_schema((enum manifest_direction)d, expected);
        assert_memory_equal(digest, expected, 32);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(outbound_manifest_has_its_pinned_form),
        cmocka_unit_test(inbound_manifest_has_its_pinned_form),
        cmocka_unit_test(names_and_comments_are_those_of_the_grammar),
        cmocka_unit_test(refuses_every_changed_value),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(refusal_names_the_field),
        cmocka_unit_test(printing_refuses_facts_out_of_range),
        cmocka_unit_test(schema_digests_are_those_of_the_files),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

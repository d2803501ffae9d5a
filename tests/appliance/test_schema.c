#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "appliance/attribute.h"
#include "appliance/schema.h"
#include "policy/cedar.h"
#include "tests/crypto/cases.h"

#define PATH "policy/site/casemate.cedarschema"

static uint8_t text[SCHEMA_MAX], kept[SCHEMA_MAX];
static size_t length;

static size_t read_file(const char *path, uint8_t *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, SCHEMA_MAX);
    close(fd);
    assert_true(n > 0);
    return (size_t)n;
}

static int set_up(void **state)
{
    struct bytes_put put = bytes_into(text, sizeof text);
    (void)state;
    schema_write(&put);
    return bytes_put_done(&put, &length);
}

/* With CASEMATE_PIN set, the file is written anew. */
static void the_shipped_schema_is_the_tables(void **state)
{
    (void)state;
    if (getenv("CASEMATE_PIN")) {
        int fd = open(PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0 && write(fd, text, length) == (ssize_t)length && close(fd) == 0);
    }
    assert_int_equal(read_file(PATH, kept), length);
    assert_memory_equal(kept, text, length);
}

static void the_guide_names_every_attribute(void **state)
{
    static char guide[SCHEMA_MAX];
    char row[80];
    (void)state;
    guide[read_file("docs/policy-guide.md", (uint8_t *)guide)] = '\0';
    for (size_t i = 0; i < attributes_count; i++) {
        snprintf(row, sizeof row, "\n| %s | ", attributes[i].name);
        if (!strstr(guide, row))
            fail_msg("docs/policy-guide.md has no row for %s", attributes[i].name);
    }
}

static void the_shipped_policies_validate_in_strict_mode(void **state)
{
    static char mandatory[SCHEMA_MAX], program[SCHEMA_MAX];
    struct cedar_schema_source schema_text = {{"schema", (const char *)text, length},
                                              CEDAR_SCHEMA_TEXT};
    struct cedar_source sources[] = {
        {"mandatory.cedar", mandatory,
         read_file("policy/site/mandatory.cedar", (uint8_t *)mandatory)},
        {"program.cedar", program, read_file("policy/site/program.cedar", (uint8_t *)program)}};
    struct cedar_schema *schema = NULL;
    struct cedar_policies *policies = NULL;
    struct cedar_problem problem;
    char words[1000];
    uint32_t errors = 1;
    (void)state;
    if (cedar_schema_load(&schema_text, 1, &schema, &problem) != 0 ||
        cedar_policies_load(sources, 2, &policies, &problem) != 0)
        fail_msg("%s", cedar_problem_print(&problem, words, sizeof words));
    assert_int_equal(cedar_validate(policies, schema, NULL, NULL, &errors), 0);
    assert_int_equal(errors, 0);
    cedar_policies_free(policies);
    cedar_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(the_shipped_schema_is_the_tables),
        cmocka_unit_test(the_guide_names_every_attribute),
        cmocka_unit_test(the_shipped_policies_validate_in_strict_mode),
    };
    return cmocka_run_group_tests(cases, set_up, NULL);
}

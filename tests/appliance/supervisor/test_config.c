#include "tests/crypto/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "appliance/supervisor/config.h"

#define HEAD "casemate-site 1\nkind training\nuid-base 61000\nport 7410\n"
#define REAL "casemate-site 1\nkind production\nuid-base 1000\n"

static char path[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(path, "/tmp/casemate-config-XXXXXX");
    int fd = mkstemp(path);
    close(fd);
    /* what is refused is also said in the log; here it is expected */
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd < 0 || dup2(null, STDERR_FILENO) < 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static int read_bytes(const char *text, size_t length, struct config *c)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, text, length), length);
    close(fd);
    memset(c, 0x55, sizeof *c);
    struct config before = *c;
    int r = config_read(path, c);
    if (r)
        assert_memory_equal(c, &before, sizeof before);
    return r;
}

static int read_text(const char *text, struct config *c)
{
    return read_bytes(text, strlen(text), c);
}

static void a_site_is_read_as_it_stands_there(void **state)
{
    struct config c;
    (void)state;
    assert_int_equal(read_text(HEAD "enclave e3f9k2m1\nenclave e0000000\n", &c), 0);
    assert_true(c.training);
    assert_int_equal(c.uid_base, 61000);
    assert_int_equal(c.port, 7410);
    assert_int_equal(c.enclaves, 2);
    assert_string_equal(c.enclave[0], "e3f9k2m1");
    assert_string_equal(c.enclave[1], "e0000000");
    assert_int_equal(config_slot(&c, "e3f9k2m1"), 0);
    assert_int_equal(config_slot(&c, "e0000000"), 1);
    assert_int_equal(config_slot(&c, "e0000001"), -1);
    assert_int_equal(config_slot(&c, ""), -1);
    assert_string_equal(c.name, "");
    assert_string_equal(c.address, "");
}

static void a_production_site_has_a_name_and_an_address(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "10.1.2.3", "0.0.0.0", "::1", "fd00::17"};
    char text[300];
    struct config c;
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        snprintf(text, sizeof text, REAL "port 65510\nname mes-2.example\naddress %s\n",
                 addresses[i]);
        assert_int_equal(read_text(text, &c), 0);
        assert_false(c.training);
        assert_int_equal(c.port, 65510);
        assert_string_equal(c.name, "mes-2.example");
        assert_string_equal(c.address, addresses[i]);
        assert_int_equal(c.enclaves, 0);
        strcat(text, "enclave e3f9k2m1\n");
        assert_int_equal(read_text(text, &c), 0);
        assert_int_equal(c.enclaves, 1);
    }
}

static void a_tpm_stands_before_the_enclaves(void **state)
{
    static const char *const wrong[] = {
        "tpm dev/tpmrm0\nenclave e3f9k2m1\n",
        "enclave e3f9k2m1\ntpm /dev/tpmrm0\n",
        "tpm /dev/tpmrm0\ntpm /dev/tpmrm0\nenclave e3f9k2m1\n",
        "tpm /01234567890123456789012345678901234567890123456789012345678901\n",
    };
    static const char head[] = REAL "port 7410\nname mes.example\naddress 10.1.2.3\n";
    char text[400];
    struct config c;
    (void)state;
    assert_int_equal(read_text(HEAD "enclave e3f9k2m1\n", &c), 0);
    assert_string_equal(c.tpm, "");
    snprintf(text, sizeof text, "%stpm /dev/tpmrm0\nenclave e3f9k2m1\n", head);
    assert_int_equal(read_text(text, &c), 0);
    assert_string_equal(c.tpm, "/dev/tpmrm0");
    assert_int_equal(c.enclaves, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%s%s", head, wrong[i]);
        assert_int_equal(read_text(text, &c), ERR_FORMAT);
    }
    assert_int_equal(read_text(HEAD "tpm /dev/tpmrm0\n", &c), ERR_FORMAT);
    assert_int_equal(read_text(REAL "port 7410\ntpm /dev/tpmrm0\n", &c), ERR_FORMAT);
}

static void refuses_what_is_not_in_its_form(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "casemate-site 1\n",
        "casemate-site 1\nkind training\nuid-base 61000\n",
        "casemate-site 2\nkind training\nuid-base 61000\nport 7410\n",
        "casemate-site 1\nkind drill\nuid-base 61000\nport 7410\n",
        "casemate-site 1\nkind Training\nuid-base 61000\nport 7410\n",
        "kind training\ncasemate-site 1\nuid-base 61000\nport 7410\n",
        "casemate-site 1\nkind training\nport 7410\nuid-base 61000\n",
        "casemate-site 1\nkind training\nuid-base 999\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 0\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base -1\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base +61000\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 61000x\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 0xee48\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 4294967295\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 18446744073709612616\nport 7410\n",
        "casemate-site 1\nkind training\nuid-base 61000\nport 1023\n",
        "casemate-site 1\nkind training\nuid-base 61000\nport 65512\n",
        "casemate-site 1\nkind training\nuid-base 61000\nport 72946\n",
        "casemate-site 1\nkind training\nuid-base 61000\nport\n",
        HEAD HEAD,
        HEAD "port 7411\n",
        HEAD "enclave\n",
        HEAD "enclave e3f9k2m\n",
        HEAD "enclave e3f9k2m12\n",
        HEAD "enclave f3f9k2m1\n",
        HEAD "enclave e3F9k2m1\n",
        HEAD "enclave e3f9-2m1\n",
        HEAD "enclave e3f9k2m\xc3\n",
        HEAD "enclave e3f9k2m1\nenclave e3f9k2m1\n",
        HEAD "enclave e3f9k2m1 e0000000\n",
        HEAD "enclave e3f9k2m1 #\n",
        HEAD "\nenclave e3f9k2m1\n",
        HEAD "# a remark\n",
        HEAD "Enclave e3f9k2m1\n",
        HEAD "name a\naddress 127.0.0.1\n",
        REAL "port 7410\n",
        REAL "port 7410\nname a\n",
        REAL "port 7410\nenclave e3f9k2m1\n",
        REAL "port 7410\naddress 127.0.0.1\nname a\n",
        REAL "port 65511\nname a\naddress 127.0.0.1\n",
        REAL "port 7410\nname A\naddress 127.0.0.1\n",
        REAL "port 7410\nname a_b\naddress 127.0.0.1\n",
        REAL "port 7410\nname -a\naddress 127.0.0.1\n",
        REAL "port 7410\nname a-.b\naddress 127.0.0.1\n",
        REAL "port 7410\nname a..b\naddress 127.0.0.1\n",
        REAL "port 7410\nname a.\naddress 127.0.0.1\n",
        REAL "port 7410\nname *.a\naddress 127.0.0.1\n",
        REAL "port 7410\nname a\naddress 127.1\n",
        REAL "port 7410\nname a\naddress localhost\n",
        REAL "port 7410\nname a\naddress 127.0.0.1:80\n",
        REAL "port 7410\nname a\naddress 127.0.0.1\naddress ::1\n",
    };
    struct config c;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_text(bad[i], &c) != ERR_FORMAT)
            fail_msg("this was read: %s", bad[i]);
}

static void refuses_a_line_that_hides_something(void **state)
{
    char text[1000];
    struct config c;
    (void)state;
    /* behind a zero byte */
    static const char zero[] = HEAD "enclave e3f9k2m1\0 e0000000\n";
    assert_int_equal(read_bytes(zero, sizeof zero - 1, &c), ERR_FORMAT);
    /* behind more spaces than a line can have */
    snprintf(text, sizeof text, HEAD "enclave e3f9k2m1%182s\nenclave e0000000\n", "");
    for (int spaces = 150; spaces < 450; spaces++) {
        snprintf(text, sizeof text, HEAD "enclave e3f9k2m1%*senclave e0000000\n", spaces, "");
        assert_int_equal(read_text(text, &c), ERR_FORMAT);
    }
}

static void takes_as_many_enclaves_as_a_site_can_have(void **state)
{
    char text[2000] = HEAD;
    struct config c;
    (void)state;
    for (int i = 0; i <= ENCLAVES_MAX; i++) {
        char line[40];
        assert_int_equal(read_text(text, &c), 0);
        snprintf(line, sizeof line, "enclave e%07d\n", i);
        strcat(text, line);
    }
    assert_int_equal(c.enclaves, ENCLAVES_MAX);
    assert_int_equal(read_text(text, &c), ERR_FORMAT);
}

static void a_file_that_is_not_there_is_the_systems_error(void **state)
{
    struct config c;
    (void)state;
    assert_int_equal(config_read("/tmp/casemate-there-is-no-such-file", &c), ERR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_site_is_read_as_it_stands_there),
        cmocka_unit_test(a_production_site_has_a_name_and_an_address),
        cmocka_unit_test(a_tpm_stands_before_the_enclaves),
        cmocka_unit_test(refuses_what_is_not_in_its_form),
        cmocka_unit_test(refuses_a_line_that_hides_something),
        cmocka_unit_test(takes_as_many_enclaves_as_a_site_can_have),
        cmocka_unit_test(a_file_that_is_not_there_is_the_systems_error),
    };
    return cmocka_run_group_tests_name("supervisor/config", cases, set_up, tear_down);
}

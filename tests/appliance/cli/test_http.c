#include "appliance/cli/http.h"

#include <stdio.h>
#include <string.h>

#include "tests/crypto/cases.h"

static int head(const char *text, unsigned *status, size_t *length)
{
    return http_head(bytes_text(text), status, length);
}

static void reads_status_and_length(void **state)
{
    unsigned status = 0;
    size_t length = 0;
    (void)state;
    assert_int_equal(
        head("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 17\r\n\r\n", &status, &length), 0);
    assert_int_equal(status, 200);
    assert_int_equal(length, 17);
    assert_int_equal(head("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", &status, &length),
                     0);
    assert_int_equal(status, 404);
    assert_int_equal(length, 0);
}

static void refuses_head_that_is_not_exact(void **state)
{
    static const char *const bad[] = {
        "",
        "\r\n",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 20x OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    };
    unsigned status = 7;
    size_t length = 7;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(head(bad[i], &status, &length), 0);
    assert_int_equal(status, 7);
    assert_int_equal(length, 7);
}

static void refuses_length_above_its_limit(void **state)
{
    char text[100];
    unsigned status;
    size_t length;
    (void)state;
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", HTTP_BODY_MAX);
    assert_int_equal(head(text, &status, &length), 0);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", HTTP_BODY_MAX + 1);
    assert_int_equal(head(text, &status, &length), ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_status_and_length),
        cmocka_unit_test(refuses_head_that_is_not_exact),
        cmocka_unit_test(refuses_length_above_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

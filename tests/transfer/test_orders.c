#include "tests/transfer/fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct order orders[ORDERS_MAX];
static char printed[ORDERS_TEXT_MAX];

static int parse(const char *text, struct refusal *why)
{
    size_t count;

    return orders_parse(bytes_text(text), orders, &count, why);
}

static void records_come_back_byte_for_byte(void **state)
{
    struct refusal why;
    size_t count, length;
    (void)state;

    assert_int_equal(orders_parse(bytes_text(fixture_orders), orders, &count, &why), 0);
    assert_int_equal(count, 2);
    assert_string_equal(orders[0].number, "WO-26-0143");
    assert_string_equal(orders[0].key, "ORD-K7Q2");
    assert_string_equal(orders[0].part, "4410-0001");
    assert_string_equal(orders[0].rev, "C");
    assert_int_equal(orders[0].qty, 4);
    assert_int_equal(orders[0].priority, 50);
    assert_string_equal(orders[0].due, "2026-12-18");
    assert_int_equal(orders_print(orders, count, printed, &length), 0);
    assert_true(bytes_equal_text(bytes_view_of(printed, length), fixture_orders));
}

static void refuses_every_value_out_of_its_grammar(void **state)
{
    static const char *const changes[][2] = {
        {"2026-12-18", "2026-02-30"},
        {"ORD-K7Q2", "ORD"},
        {"ORD-K7Q2", "ord-k7q2"},
        {"ORD-K7Q2", "ORD-K7Q2ORD-K7Q2X"},
        {"WO-26-0143", ""},
        {"WO-26-0143", "WO 26"},
        {"4410-0001", "4410_0001"},
        {"\"priority\":50", "\"priority\":0"},
        {"\"priority\":50", "\"priority\":100"},
        {"\"qty\":4", "\"qty\":0"},
        {"\"qty\":4", "\"qty\":10001"},
        {"\"qty\":4", "\"qty\":\"4\""},
        {"\"qty\":4", "\"qty\":4.0"},
        {"\"rev\":\"C\"", "\"rev\":\"C-1\""},
        {"\"rev\":\"C\"", "\"rev\":\"CCCCC\""},
        {"\"t\":\"order\"", "\"t\":\"yield\""},
        {",\"t\":\"order\"}", ",\"t\":\"order\",\"u\":1}"},
        {"\"rev\":\"C\",", ""},
        {"}\n", "}\n\n"},
        {"}\n", "} \n"},
        {"WO-26-0143", "WO-26-0144"},
        {"WO-26-0143", "WO-26-0145"},
        {"ORD-K7Q2", "ORD-A1B2"},
    };
    char text[1024];
    struct refusal why;
    (void)state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        const char *at = strstr(fixture_orders, changes[i][0]);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - fixture_orders), fixture_orders,
                 changes[i][1], at + strlen(changes[i][0]));
        if (parse(text, &why) != ERR_REFUSED)
            fail_msg("accepted %s", text);
    }
}

static void refuses_nothing_and_an_unfinished_line(void **state)
{
    struct refusal why;
    size_t count;
    (void)state;

    assert_int_equal(parse("", &why), ERR_REFUSED);
    assert_string_equal(why.text, "rec-order-001.ndjson has no order.");
    for (size_t i = 1; i < strlen(fixture_orders); i++)
        if (fixture_orders[i - 1] != '\n')
            assert_int_equal(orders_parse(bytes_view_of(fixture_orders, i), orders, &count, &why),
                             ERR_REFUSED);
}

static void refuses_the_order_after_the_thousandth(void **state)
{
    char *text = malloc(2 * ORDERS_TEXT_MAX);
    struct refusal why;
    size_t length = 0, count = 0;
    (void)state;

    for (int i = 0; i < 1001; i++) {
        if (i == 1000)
            assert_int_equal(orders_parse(bytes_view_of(text, length), orders, &count, &why), 0);
        length += (size_t)sprintf(text + length,
                                  "{\"due\":\"2026-12-18\",\"key\":\"K%04d\",\"number\":\"N%04d\","
                                  "\"part\":\"P\",\"priority\":1,\"qty\":1,\"rev\":\"A\",\"t\":"
                                  "\"order\"}\n",
                                  1000 - i, i);
    }
    assert_int_equal(count, 1000);
    assert_int_equal(orders_parse(bytes_view_of(text, length), orders, &count, &why), ERR_REFUSED);
    free(text);
}

static void table_becomes_sorted_records(void **state)
{
    static const char table[] = "\xef\xbb\xbfnumber,key,part,rev,qty,due,priority\r\n"
                                "WO-26-0144,ORD-A1B2,4410-0002,A,250,2027-01-29,10\r\n"
                                "\r\n"
                                "\"WO-26-0143\",ORD-K7Q2,4410-0001,C,4,2026-12-18,50";
    struct refusal why;
    size_t count, length;
    (void)state;

    assert_int_equal(orders_from_csv(bytes_text(table), orders, &count, &why), 0);
    assert_int_equal(orders_print(orders, count, printed, &length), 0);
    assert_true(bytes_equal_text(bytes_view_of(printed, length), fixture_orders));
}

static void table_errors_name_line_and_column(void **state)
{
#define HEADER "number,key,part,rev,qty,due,priority\n"
    static const char *const cases[][2] = {
        {"", "Line 1, column 1: the columns must be number, key, part, rev, qty, due and priority, "
             "each once."},
        {"number,key,part,rev,qty,due\n", "Line 1: the column \"priority\" is missing."},
        {"number,key,part,rev,qty,due,prio\n", "Line 1, column 7: the columns must be number, key, "
                                               "part, rev, qty, due and priority, each "
                                               "once."},
        {"number,number\n", "Line 1, column 2: the columns must be number, key, part, rev, qty, "
                            "due and priority, each "
                            "once."},
        {HEADER, "The table has a header line but no order."},
        {HEADER "WO-1,ORD-1,P,A,0,2026-12-18,1\n",
         "Line 2, column \"qty\": it must be a whole number from 1 to 10000."},
        {HEADER "WO-1,ORD-1,P,A,1,2026-12-18,1\n\nWO-2,ORD-2,P,A,1,18.12.2026,1\n",
         "Line 4, column \"due\": it must be a day such as 2026-12-18."},
        {HEADER "WO-1,ORD-1,P,A,1,2026-12-18\n", "Line 2, column \"priority\": it is missing."},
        {HEADER "WO-1,ORD-1,P,A,1,2026-12-18,1,\n", "Line 2 has more than 7 columns."},
        {HEADER "WO-1,ORD-1,P,A,1,2026-12-18,1\nWO-1,ORD-2,P,A,1,2026-12-18,1\n",
         "Two orders have the number \"WO-1\"."},
        {HEADER "WO-1,ORD-1,P,A,1,2026-12-18,1\nWO-2,ORD-1,P,A,1,2026-12-18,1\n",
         "Two orders have the key \"ORD-1\"."},
        {HEADER "WO-1,\"ORD-1,P,A,1,2026-12-18,1\n",
         "Line 2, column \"key\": it must be 4 to 16 of A-Z, 0-9 and -."},
    };
    struct refusal why;
    size_t count;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(orders_from_csv(bytes_text(cases[i][0]), orders, &count, &why),
                         ERR_REFUSED);
        assert_string_equal(why.text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(records_come_back_byte_for_byte),
        cmocka_unit_test(refuses_every_value_out_of_its_grammar),
        cmocka_unit_test(refuses_nothing_and_an_unfinished_line),
        cmocka_unit_test(refuses_the_order_after_the_thousandth),
        cmocka_unit_test(table_becomes_sorted_records),
        cmocka_unit_test(table_errors_name_line_and_column),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

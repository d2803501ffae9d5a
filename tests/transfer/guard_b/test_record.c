#include "tests/transfer/guard_b/world.h"

#include <stdio.h>

#include "transfer/guard_b/record.h"

#define RECORDS (&w->piece[B_PIECE_RECORDS])
#define RECORD_REFUSED(case_name, code, from, to)                                                  \
    REFUSES(case_name, code, "rec-summary-001.ndjson",                                             \
            (text_edit(RECORDS, from, to), world_compose(w)), )
#define RECORD_ACCEPTED(case_name, from, to)                                                       \
    ACCEPTS(case_name, (text_edit(RECORDS, from, to), world_compose(w)), )

RECORD_ACCEPTED(accepts_10000, "\"145\"", "\"10000\"")
RECORD_ACCEPTED(accepts_5, "\"145\"", "\"5\"")
RECORD_ACCEPTED(accepts_a_band_above_98, "95-98", ">98")
RECORD_ACCEPTED(accepts_a_band_below_80, "95-98", "<80")
RECORD_REFUSED(refuses_a_count_that_is_no_multiple_of_5, ERR_FORMAT, "\"145\"", "\"144\"")
RECORD_REFUSED(refuses_a_count_of_0, ERR_FORMAT, "\"145\"", "\"0\"")
RECORD_REFUSED(refuses_a_count_above_10000, ERR_FORMAT, "\"145\"", "\"10005\"")
RECORD_REFUSED(refuses_a_count_with_a_leading_zero, ERR_FORMAT, "\"145\"", "\"0145\"")
RECORD_REFUSED(refuses_a_count_that_is_a_number, ERR_FORMAT, "\"145\"", "145")
RECORD_REFUSED(refuses_an_empty_count, ERR_FORMAT, "\"145\"", "\"\"")
RECORD_REFUSED(refuses_a_small_s, ERR_FORMAT, "\"S\"", "\"s\"")
RECORD_REFUSED(refuses_a_key_of_3, ERR_FORMAT, "ORD-Z9", "ORD")
RECORD_REFUSED(refuses_a_key_of_17, ERR_FORMAT, "ORD-Z9", "ORD-Z901234567890")
RECORD_REFUSED(refuses_a_key_in_lower_case, ERR_FORMAT, "ORD-Z9", "ORD-z9")
RECORD_REFUSED(refuses_a_key_with_an_escape, ERR_FORMAT, "ORD-Z9", "ORD\\u002dZ9")
RECORD_REFUSED(refuses_a_state_that_is_not_listed, ERR_FORMAT, "Running", "Held")
RECORD_REFUSED(refuses_the_beginning_of_a_state, ERR_FORMAT, "Running", "Run")
RECORD_REFUSED(refuses_a_state_with_more, ERR_FORMAT, "Running", "Running ")
RECORD_REFUSED(refuses_another_type, ERR_FORMAT, "\"t\":\"order\"", "\"t\":\"orders\"")
RECORD_REFUSED(refuses_a_field_that_is_not_listed, ERR_FORMAT, "\"t\":\"order\"",
               "\"note\":\"x\",\"t\":\"order\"")
RECORD_REFUSED(refuses_a_field_twice, ERR_FORMAT, "\"good\":\"20\",",
               "\"good\":\"20\",\"good\":\"20\",")
RECORD_REFUSED(refuses_a_missing_field, ERR_FORMAT, "\"state\":\"Running\",", "")
RECORD_REFUSED(refuses_fields_in_another_order, ERR_FORMAT, "\"good\":\"20\",\"key\":\"ORD-K7Q2\"",
               "\"key\":\"ORD-K7Q2\",\"good\":\"20\"")
RECORD_REFUSED(refuses_orders_that_are_not_sorted, ERR_DUPLICATE, "ORD-A1B2", "ORD-L")
RECORD_REFUSED(refuses_a_key_twice, ERR_DUPLICATE, "ORD-A1B2", "ORD-K7Q2")
RECORD_REFUSED(refuses_a_longer_key_before_its_beginning, ERR_DUPLICATE, "ORD-A1B2", "ORD-K7Q2A")
RECORD_REFUSED(refuses_cr, ERR_FORMAT, "}\n", "}\r\n")
RECORD_REFUSED(refuses_an_empty_line, ERR_FORMAT, "}\n", "}\n\n")
RECORD_REFUSED(refuses_white_space, ERR_FORMAT, "\"t\":", "\"t\": ")
RECORD_REFUSED(refuses_a_band_that_is_not_listed, ERR_FORMAT, "95-98", "95-99")
RECORD_REFUSED(refuses_weeks_of_5, ERR_FORMAT, "\"weeks\":4", "\"weeks\":5")
RECORD_REFUSED(refuses_weeks_as_text, ERR_FORMAT, "\"weeks\":4", "\"weeks\":\"4\"")
RECORD_REFUSED(refuses_a_second_yield, ERR_FORMAT, "{\"fpy\"",
               "{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n{\"fpy\"")
RECORD_REFUSED(
    refuses_an_order_behind_the_yield, ERR_FORMAT, "\"weeks\":4}\n",
    "\"weeks\":4}\n{\"good\":\"5\",\"key\":\"ORD-ZZ\",\"state\":\"Running\",\"t\":\"order\"}\n")
RECORD_REFUSED(refuses_records_without_a_yield, ERR_FORMAT,
               "{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n", "")
RECORD_REFUSED(refuses_a_last_line_without_lf, ERR_FORMAT, "\"weeks\":4}\n", "\"weeks\":4}")

static void many(struct world *w, unsigned count)
{
    RECORDS->length = 0;
    for (unsigned i = 0; i < count; i++) {
        char line[100];
        snprintf(line, sizeof line,
                 "{\"good\":\"10000\",\"key\":\"ORD-12345678%04u\",\"state\":\"Completed\",\"t\":"
                 "\"order\"}\n",
                 i);
        text_append(RECORDS, line);
    }
    text_append(RECORDS, "{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n");
    w->orders = count;
    world_compose(w);
}

ACCEPTS(accepts_a_thousand_orders, many(w, 1000), )
REFUSES(refuses_more_than_a_thousand_orders, ERR_SIZE, "more than 1000", many(w, 1001), )

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(accepts_10000),
        CASE(accepts_5),
        CASE(accepts_a_band_above_98),
        CASE(accepts_a_band_below_80),
        CASE(refuses_a_count_that_is_no_multiple_of_5),
        CASE(refuses_a_count_of_0),
        CASE(refuses_a_count_above_10000),
        CASE(refuses_a_count_with_a_leading_zero),
        CASE(refuses_a_count_that_is_a_number),
        CASE(refuses_an_empty_count),
        CASE(refuses_a_small_s),
        CASE(refuses_a_key_of_3),
        CASE(refuses_a_key_of_17),
        CASE(refuses_a_key_in_lower_case),
        CASE(refuses_a_key_with_an_escape),
        CASE(refuses_a_state_that_is_not_listed),
        CASE(refuses_the_beginning_of_a_state),
        CASE(refuses_a_state_with_more),
        CASE(refuses_another_type),
        CASE(refuses_a_field_that_is_not_listed),
        CASE(refuses_a_field_twice),
        CASE(refuses_a_missing_field),
        CASE(refuses_fields_in_another_order),
        CASE(refuses_orders_that_are_not_sorted),
        CASE(refuses_a_key_twice),
        CASE(refuses_a_longer_key_before_its_beginning),
        CASE(refuses_cr),
        CASE(refuses_an_empty_line),
        CASE(refuses_white_space),
        CASE(refuses_a_band_that_is_not_listed),
        CASE(refuses_weeks_of_5),
        CASE(refuses_weeks_as_text),
        CASE(refuses_a_second_yield),
        CASE(refuses_an_order_behind_the_yield),
        CASE(refuses_records_without_a_yield),
        CASE(refuses_a_last_line_without_lf),
        CASE(accepts_a_thousand_orders),
        CASE(refuses_more_than_a_thousand_orders),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

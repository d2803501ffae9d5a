#include "tests/crypto/cases.h"

#include <string.h>

#include "appliance/mes/mes.h"

static struct mes *mes;

static int set_up(void **state)
{
    (void)state;
    return mes_new(NULL, "testtest", true, &mes);
}

static int tear_down(void **state)
{
    (void)state;
    mes_free(mes);
    return 0;
}

static void save(uint8_t unit, uint32_t sequence, uint8_t person, const char *text)
{
    struct event event = {.number = EVENT_DRAFT_SAVED};
    memset(event.draft_saved.unit, unit, 16);
    memset(event.common.person, person, 16);
    event.draft_saved.sequence = sequence;
    event.draft_saved.draft = bytes_text(text);
    assert_int_equal(mes_apply(mes, &event, 1), 0);
}

/* How many drafts there are, and whether one of these has this text. */
static size_t count(void)
{
    size_t n = 0;
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_DRAFT); i++)
        n += entities_draft(mes->entities, i)->text[0] != '\0';
    return n;
}

static bool is_there(uint8_t unit, int64_t sequence, uint8_t person, const char *text)
{
    for (size_t i = 0; i < rows_count(mes->entities, ENTITY_DRAFT); i++) {
        const struct draft *d = entities_draft(mes->entities, i);
        if (d->unit[0] == unit && d->sequence == sequence && d->person[15] == person &&
            strcmp(d->text, text) == 0)
            return true;
    }
    return false;
}

static void keeps_the_newest_alone(void **state)
{
    (void)state;
    save(1, 40, 7, "one");
    save(1, 40, 7, "two");
    assert_int_equal(count(), 1);
    assert_true(is_there(1, 40, 7, "two"));
}

static void keeps_people_units_and_operations_apart(void **state)
{
    (void)state;
    save(1, 40, 7, "a");
    save(1, 40, 8, "b");
    save(2, 40, 7, "c");
    save(1, 50, 7, "d");
    assert_int_equal(count(), 4);
    assert_true(is_there(1, 40, 7, "a"));
    assert_true(is_there(1, 40, 8, "b"));
    assert_true(is_there(2, 40, 7, "c"));
    assert_true(is_there(1, 50, 7, "d"));
}

static void an_empty_one_takes_it_away_and_its_row_is_used_again(void **state)
{
    (void)state;
    save(1, 40, 7, "a");
    save(2, 40, 8, "b");
    save(1, 40, 7, "");
    save(1, 40, 9, ""); /* there was none */
    assert_int_equal(count(), 1);
    assert_true(is_there(2, 40, 8, "b"));
    save(3, 10, 5, "c");
    assert_int_equal(rows_count(mes->entities, ENTITY_DRAFT), 2);
    assert_true(is_there(3, 10, 5, "c"));
    save(2, 40, 8, "e"); /* behind a free row its own is still found */
    save(3, 10, 5, "");
    save(2, 40, 8, "f");
    assert_int_equal(count(), 1);
    assert_true(is_there(2, 40, 8, "f"));
}

static void a_complete_operation_has_none_left(void **state)
{
    (void)state;
    uint8_t unit[16];
    memset(unit, 1, sizeof unit);
    save(1, 40, 7, "a");
    save(1, 40, 8, "b");
    save(1, 50, 7, "c");
    save(2, 40, 7, "d");
    drafts_forget(mes, unit, 40);
    assert_int_equal(count(), 2);
    assert_true(is_there(1, 50, 7, "c"));
    assert_true(is_there(2, 40, 7, "d"));
}

static void the_longest_is_kept_whole(void **state)
{
    (void)state;
    char text[2001];
    memset(text, 'x', 2000);
    text[2000] = '\0';
    save(1, 40, 7, text);
    assert_true(is_there(1, 40, 7, text));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(keeps_the_newest_alone),
        CASE(keeps_people_units_and_operations_apart),
        CASE(an_empty_one_takes_it_away_and_its_row_is_used_again),
        CASE(a_complete_operation_has_none_left),
        CASE(the_longest_is_kept_whole),
    };
    return cmocka_run_group_tests_name("mes/draft", cases, NULL, NULL);
}

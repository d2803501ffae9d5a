/* Which changed marking opens what the one before closed, and so needs a second person. */
#include <string.h>

#include "appliance/mes/definitions/marking.h"
#include "tests/crypto/cases.h"

/* Everything is said. */
static struct marking strict(void)
{
    struct marking m = {.level = 3, .itar = true, .ear = true, .noforn = true};
    strcpy(m.id, "4410-0100");
    strcpy(m.category, "VIII(h)");
    strcpy(m.party, "ACME");
    strcpy(m.dissem, "NOFORN ORCON");
    strcpy(m.rel_to, "USA GBR");
    strcpy(m.ldc, "FEDCON DL");
    strcpy(m.list, "LIST-1");
    strcpy(m.contract, "C-1");
    strcpy(m.excluded, "RIVAL OTHER");
    strcpy(m.zones, "cell vault");
    strcpy(m.group, "LOT-9");
    return m;
}

#define OPENS(change)                                                                              \
    do {                                                                                           \
        struct marking before = strict(), after = strict();                                        \
        change;                                                                                    \
        assert_non_null(marking_opens(&before, &after));                                           \
    } while (0)
#define CLOSES(change)                                                                             \
    do {                                                                                           \
        struct marking before = strict(), after = strict();                                        \
        change;                                                                                    \
        assert_null(marking_opens(&before, &after));                                               \
    } while (0)

static void what_is_taken_off_opens(void **state)
{
    (void)state;
    OPENS(after.level = 2);
    OPENS(strcpy(before.id, "program")); /* disclosure records name markings by their ids */
    CLOSES((strcpy(before.id, "program"), strcpy(before.rel_to, ""), strcpy(after.rel_to, "")));
    OPENS(after.itar = false);
    OPENS(after.ear = false);
    OPENS(strcpy(after.dissem, "ORCON"));
    OPENS(strcpy(after.dissem, "NOFORN"));
    OPENS(strcpy(after.dissem, ""));
    OPENS(strcpy(after.ldc, "FEDCON"));
    OPENS(strcpy(after.ldc, "DL"));
    OPENS(strcpy(after.excluded, "RIVAL"));
    OPENS(strcpy(after.group, ""));
    OPENS(strcpy(after.zones, ""));
    OPENS(strcpy(after.rel_to, ""));
    OPENS(
        (strcpy(before.zones, " "), strcpy(after.zones, ""))); /* of blanks, which a log may have */
    OPENS((strcpy(before.zones, " "), strcpy(after.zones, "cell")));
    OPENS((strcpy(before.excluded, " "), strcpy(after.excluded, "")));
}

static void what_is_widened_or_named_anew_opens(void **state)
{
    (void)state;
    OPENS(strcpy(after.rel_to, "USA GBR CAN"));
    OPENS(strcpy(after.rel_to, "USA CAN"));
    OPENS(strcpy(after.zones, "cell yard"));
    OPENS(strcpy(after.group, "LOT-8"));
    OPENS(strcpy(after.category, "XI(c)"));
    OPENS(strcpy(after.party, "OTHER"));
    OPENS(strcpy(after.list, "LIST-2"));
    OPENS(strcpy(after.contract, "C-2"));
    OPENS((strcpy(before.contract, ""), strcpy(after.contract, "C-2")));
    OPENS(strcpy(after.excluded, "RIVALS OTHER")); /* another word that begins alike */
    OPENS(strcpy(after.excluded, "RIV OTHER"));
}

static void what_is_raised_does_not(void **state)
{
    (void)state;
    CLOSES((void)before);
    CLOSES(after.level = 4);
    CLOSES((before.itar = false, before.ear = false, strcpy(before.category, "")));
    CLOSES(strcpy(after.dissem, "ORCON PROPIN NOFORN"));
    CLOSES(strcpy(after.rel_to, "USA"));
    CLOSES(strcpy(before.rel_to, ""));
    CLOSES(strcpy(after.ldc, "DL FEDONLY FEDCON"));
    CLOSES(strcpy(after.list, "")); /* nobody stands on it */
    CLOSES(strcpy(after.contract, ""));
    CLOSES(strcpy(after.party, ""));
    CLOSES(strcpy(after.excluded, "OTHER THIRD RIVAL"));
    CLOSES(strcpy(after.zones, "vault"));
    CLOSES(strcpy(before.zones, ""));
    CLOSES(strcpy(before.group, ""));
}

static void what_was_never_marked_is_not_lowered(void **state)
{
    struct marking after = strict();
    (void)state;
    assert_null(marking_opens(NULL, &after));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_is_taken_off_opens),
        cmocka_unit_test(what_is_widened_or_named_anew_opens),
        cmocka_unit_test(what_is_raised_does_not),
        cmocka_unit_test(what_was_never_marked_is_not_lowered),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/transfer/guard_b/world.h"

#include <stdio.h>

#define BODY_1      (&w->piece[B_PIECE_BODY_1])
#define STATEMENT_1 (&w->piece[B_PIECE_STATEMENT_1])
#define STATEMENT_2 (&w->piece[B_PIECE_STATEMENT_2])
/* A body changes and identity's word is about the changed one. */
#define BODY_EDIT(from, to) (text_edit(BODY_1, from, to), world_statements(w))

#define EIGHT_HOURS 28800000

ACCEPTS(accepts_an_approval_of_eight_hours_ago, w->word[0].time = WORLD_NOW - EIGHT_HOURS, )
ACCEPTS(accepts_an_approval_a_minute_ahead, w->word[1].time = WORLD_NOW + 60000, )
ACCEPTS(accepts_a_statement_without_a_meaning, w->word[0].meaning = "", )
ACCEPTS(accepts_a_name_beyond_ascii, w->word[0].name = "Zo\xc3\xab \xf0\x9f\x94\xa9", )
ACCEPTS(accepts_the_two_in_either_order, (w->word[0].person = 9, w->word[1].person = 8), )

REFUSES(refuses_an_approval_older_than_eight_hours, ERR_STALE, "approval 1 is older",
        w->word[0].time = WORLD_NOW - EIGHT_HOURS - 1, )
REFUSES(refuses_a_second_approval_older_than_eight_hours, ERR_STALE, "approval 2 is older",
        w->word[1].time = WORLD_NOW - EIGHT_HOURS - 1, )
REFUSES(refuses_an_approval_from_the_future, ERR_RANGE, "approval 2 is from the future",
        w->word[1].time = WORLD_NOW + 60001, )
REFUSES(refuses_an_approval_at_the_end_of_time, ERR_RANGE, "from the future",
        w->word[0].time = INT64_MAX, )
REFUSES(refuses_a_negative_time, ERR_FORMAT, "not in its one form", w->word[0].time = -1, )
REFUSES(refuses_a_clock_before_1970, ERR_STATE, "clock", w->asked.now_ms = -1, )
REFUSES(refuses_one_person_for_two, ERR_REFUSED, "one person",
        w->word[1].person = w->word[0].person, )
REFUSES(refuses_two_accounts_of_one_human_being, ERR_REFUSED, "one person",
        w->word[0].natural = w->word[1].natural = 5, )
REFUSES(refuses_another_account_of_the_requester, ERR_REFUSED,
        "approval 2 is by the one who requested", w->word[1].natural = w->requester, )
REFUSES(refuses_one_approval_given_twice, ERR_REFUSED, "one person", ,
        (text_bytes(&w->piece[B_PIECE_BODY_2], BODY_1->data, BODY_1->length),
         text_bytes(STATEMENT_2, STATEMENT_1->data, STATEMENT_1->length)))
REFUSES(refuses_the_requester_as_first, ERR_REFUSED, "approval 1 is by the one who requested",
        w->word[0].person = w->requester, )
REFUSES(refuses_the_requester_as_second, ERR_REFUSED, "approval 2 is by the one who requested",
        w->word[1].person = w->requester, )
REFUSES(refuses_a_release_without_a_requester, ERR_REFUSED, "who requested", w->requester = 0, )
REFUSES(refuses_a_statement_by_another_key, ERR_SIGNATURE,
        "approval 1: the statement does not verify", w->word[0].seed = 0x52, )
REFUSES(refuses_a_second_statement_by_another_key, ERR_SIGNATURE,
        "approval 2: the statement does not", w->word[1].seed = 0x99, )
REFUSES(refuses_a_factor_that_root_does_not_admit, ERR_REFUSED, "factor", w->word[0].factor = 2, )
REFUSES(refuses_piv_where_root_does_not_admit_it, ERR_REFUSED, "factor", w->word[1].factor = 3, )
REFUSES(refuses_factor_0, ERR_FORMAT, "not in its one form", w->word[0].factor = 0, )
REFUSES(refuses_factor_4, ERR_FORMAT, "not in its one form", w->word[0].factor = 4, )
REFUSES(refuses_a_statement_of_another_enclave, ERR_REFUSED, "another enclave",
        w->word[1].enclave = "e7k2m9qb", )
REFUSES(refuses_a_statement_of_no_enclave, ERR_FORMAT, "not in its one form",
        w->word[1].enclave = "x7k2m9qb", )
REFUSES(refuses_another_operation, ERR_REFUSED, "another operation", w->word[0].operation = 32, )
REFUSES(refuses_the_action_of_another_operation, ERR_DIGEST, "another body",
        w->word[0].action_name = "request-release", )
REFUSES(refuses_a_statement_about_the_others_body, ERR_DIGEST, "approval 1: the statement is about",
        , text_bytes(BODY_1, w->piece[B_PIECE_BODY_2].data, w->piece[B_PIECE_BODY_2].length))
REFUSES(refuses_statement_version_1, ERR_FORMAT, "not in its one form", w->word[0].version = 1, )
REFUSES(refuses_statement_version_3, ERR_FORMAT, "not in its one form", w->word[0].version = 3, )
REFUSES(refuses_another_kind_of_signature, ERR_FORMAT, "not in its one form",
        w->word[0].signature_kind = 2, )
REFUSES(refuses_an_empty_name, ERR_FORMAT, "not in its one form", w->word[0].name = "", )
REFUSES(refuses_a_name_of_65_bytes, ERR_FORMAT, "not in its one form",
        w->word[0].name = "12345678901234567890123456789012345678901234567890123456789012345", )
REFUSES(refuses_a_control_character_in_a_name, ERR_FORMAT, "not in its one form",
        w->word[0].name = "R.\nExample", )
REFUSES(refuses_delete_in_a_meaning, ERR_FORMAT, "not in its one form",
        w->word[0].meaning = "a\x7f", )
REFUSES(refuses_a_cut_utf8_sequence, ERR_FORMAT, "not in its one form",
        w->word[0].name = "Zo\xc3", )
REFUSES(refuses_an_overlong_utf8_sequence, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xc0\xaf", )
REFUSES(refuses_a_surrogate_in_utf8, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xed\xa0\x80", )
REFUSES(refuses_utf8_beyond_unicode, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xf4\x90\x80\x80", )
REFUSES(refuses_a_first_byte_of_five, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xf9\x80\x80\x80", )
REFUSES(refuses_a_first_byte_without_its_continuation, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xc3\x41", )
REFUSES(refuses_a_lone_continuation_byte, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\x80", )
REFUSES(refuses_a_byte_that_utf8_does_not_have, ERR_FORMAT, "not in its one form",
        w->word[0].name = "\xff\xbf\xbf\xbf", )
REFUSES(refuses_a_statement_with_a_byte_more, ERR_FORMAT, "not in its one form", ,
        text_append(STATEMENT_1, "x"))
REFUSES(refuses_a_statement_that_is_cut, ERR_FORMAT, "not in its one form", , STATEMENT_2->length--)
REFUSES(refuses_an_empty_statement, ERR_FORMAT, "not in its one form", , STATEMENT_2->length = 0)
REFUSES(refuses_a_forged_signature, ERR_SIGNATURE, "does not verify", ,
        STATEMENT_1->data[STATEMENT_1->length - 1] ^= 1)
REFUSES(refuses_a_forged_person, ERR_SIGNATURE, "does not verify", , STATEMENT_1->data[9] ^= 1)
REFUSES(refuses_two_releases, ERR_REFUSED, "two releases",
        w->word[1].release = "11111111-2222-4333-8444-555555555556", )
REFUSES(refuses_a_release_that_is_no_uuid, ERR_FORMAT, "body is not",
        (w->word[0].release = w->word[1].release = "11111111-2222-4333-8444-55555555555G"), )
REFUSES(refuses_a_uuid_in_upper_case, ERR_FORMAT, "body is not",
        (w->word[0].release = w->word[1].release = "AAAAAAAA-2222-4333-8444-555555555555"), )
REFUSES(refuses_a_uuid_with_its_hyphens_elsewhere, ERR_FORMAT, "body is not",
        (w->word[0].release = w->word[1].release = "111111112-222-4333-8444-555555555555"), )
REFUSES(refuses_an_approval_of_another_manifest, ERR_DIGEST, "another manifest", ,
        (BODY_1->data[60] ^= 1, world_statements(w)))
REFUSES(refuses_a_body_with_an_lf, ERR_FORMAT, "body is not", , BODY_EDIT("\"}", "\"}\n"))
REFUSES(refuses_a_body_with_white_space, ERR_FORMAT, "body is not", ,
        BODY_EDIT("\"release\":", "\"release\": "))
REFUSES(refuses_a_body_with_a_key_more, ERR_FORMAT, "body is not", ,
        BODY_EDIT("\"}", "\",\"why\":\"x\"}"))
REFUSES(refuses_a_body_with_keys_in_another_order, ERR_FORMAT, "body is not", ,
        BODY_EDIT("\"manifest\"", "\"zmanifest\""))
REFUSES(refuses_an_empty_body, ERR_FORMAT, "body is not", ,
        (BODY_1->length = 0, world_statements(w)))

/* Of what the two approved nothing may change afterwards: another slot, another manifest. */
REFUSES(refuses_approvals_of_what_was_changed_since, ERR_DIGEST, "another manifest", ,
        (w->slot = "2026-W48", world_compose(w), world_sign_a(w)))

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(accepts_an_approval_of_eight_hours_ago),
        CASE(accepts_an_approval_a_minute_ahead),
        CASE(accepts_a_statement_without_a_meaning),
        CASE(accepts_a_name_beyond_ascii),
        CASE(accepts_the_two_in_either_order),
        CASE(refuses_an_approval_older_than_eight_hours),
        CASE(refuses_a_second_approval_older_than_eight_hours),
        CASE(refuses_an_approval_from_the_future),
        CASE(refuses_an_approval_at_the_end_of_time),
        CASE(refuses_a_negative_time),
        CASE(refuses_a_clock_before_1970),
        CASE(refuses_one_person_for_two),
        CASE(refuses_two_accounts_of_one_human_being),
        CASE(refuses_another_account_of_the_requester),
        CASE(refuses_one_approval_given_twice),
        CASE(refuses_the_requester_as_first),
        CASE(refuses_the_requester_as_second),
        CASE(refuses_a_release_without_a_requester),
        CASE(refuses_a_statement_by_another_key),
        CASE(refuses_a_second_statement_by_another_key),
        CASE(refuses_a_factor_that_root_does_not_admit),
        CASE(refuses_piv_where_root_does_not_admit_it),
        CASE(refuses_factor_0),
        CASE(refuses_factor_4),
        CASE(refuses_a_statement_of_another_enclave),
        CASE(refuses_a_statement_of_no_enclave),
        CASE(refuses_another_operation),
        CASE(refuses_the_action_of_another_operation),
        CASE(refuses_a_statement_about_the_others_body),
        CASE(refuses_statement_version_1),
        CASE(refuses_statement_version_3),
        CASE(refuses_another_kind_of_signature),
        CASE(refuses_an_empty_name),
        CASE(refuses_a_name_of_65_bytes),
        CASE(refuses_a_control_character_in_a_name),
        CASE(refuses_delete_in_a_meaning),
        CASE(refuses_a_cut_utf8_sequence),
        CASE(refuses_an_overlong_utf8_sequence),
        CASE(refuses_a_surrogate_in_utf8),
        CASE(refuses_utf8_beyond_unicode),
        CASE(refuses_a_first_byte_of_five),
        CASE(refuses_a_first_byte_without_its_continuation),
        CASE(refuses_a_lone_continuation_byte),
        CASE(refuses_a_byte_that_utf8_does_not_have),
        CASE(refuses_a_statement_with_a_byte_more),
        CASE(refuses_a_statement_that_is_cut),
        CASE(refuses_an_empty_statement),
        CASE(refuses_a_forged_signature),
        CASE(refuses_a_forged_person),
        CASE(refuses_two_releases),
        CASE(refuses_a_release_that_is_no_uuid),
        CASE(refuses_a_uuid_in_upper_case),
        CASE(refuses_a_uuid_with_its_hyphens_elsewhere),
        CASE(refuses_an_approval_of_another_manifest),
        CASE(refuses_a_body_with_an_lf),
        CASE(refuses_a_body_with_white_space),
        CASE(refuses_a_body_with_a_key_more),
        CASE(refuses_a_body_with_keys_in_another_order),
        CASE(refuses_an_empty_body),
        CASE(refuses_approvals_of_what_was_changed_since),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/transfer/fixture.h"

#include <stdlib.h>

/* One release as the worker would ask for it, with everything right. */
static struct bundle_parts parts;
static struct fixture_approval approvals[2];
static struct chain_state state_of_guard;
static struct guard_a_request request;
static struct root root;

static void use_approvals(void)
{
    for (int i = 0; i < 2; i++)
        request.approvals[i] = (struct guard_a_approval){
            bytes_view_of(approvals[i].signed_statement, approvals[i].statement_length),
            bytes_text(approvals[i].body)};
}

static void prepare_with(const char *records, uint64_t seq)
{
    struct manifest facts;
    struct refusal why;

    fixture_root(&root);
    fixture_facts(&facts, MANIFEST_H2L, seq);
    assert_int_equal(guard_a_build(&facts, bytes_text(records), &parts, &why), 0);
    chain_state_begin(MANIFEST_H2L, FIXTURE_ENCLAVE, 1, &state_of_guard);
    for (size_t i = 0; i < facts.recent_count; i++)
        chain_state_advance(&state_of_guard, facts.recent[i].seq, facts.recent[i].digest);
    request = (struct guard_a_request){
        .manifest = bytes_view_of(parts.manifest, parts.manifest_length),
        .b2sums = bytes_view_of(parts.b2sums, parts.b2sums_length),
        .policy = bytes_view_of(parts.policy, parts.policy_length),
        .records = bytes_text(records),
        .now_ms = FIXTURE_NOW,
    };
    memset(request.requester, 0x09, STATEMENT_ID);
    fixture_approve(&approvals[0], request.manifest, 0x01);
    fixture_approve(&approvals[1], request.manifest, 0x02);
    use_approvals();
}

static int prepare(void **state)
{
    (void)state;
    prepare_with(fixture_records, 3);
    return 0;
}

static struct refusal why;
static char signature[MINISIGN_FILE_MAX];
static size_t signature_length;

static int sign(void)
{
    struct secret *seed = secret_of(SEED_GUARD_A, 32);
    int r;

    why.text[0] = '\0';
    use_approvals();
    r = guard_a_sign(seed, &root, &state_of_guard, &request, signature, &signature_length, &why);
    secret_free(seed);
    return r;
}

static void assert_refused(const char *sentence)
{
    struct chain_state before = state_of_guard;

    assert_int_equal(sign(), ERR_REFUSED);
    assert_string_equal(why.text, sentence);
    assert_memory_equal(&before, &state_of_guard, sizeof(before));
}

static void signs_what_two_people_approved(void **state)
{
    struct bytes_view comment;
    (void)state;

    assert_int_equal(sign(), 0);
    assert_int_equal(minisign_check(&root.keys[ROOT_GUARD_A], request.manifest.data,
                                    request.manifest.length,
                                    bytes_view_of(signature, signature_length), &comment),
                     0);
    assert_true(bytes_equal_text(comment,
                                 "mes-xfer/1 kind=release guard=a dir=h2l chan=perf-e7k2m9qa "
                                 "epoch=0001 seq=0000000003 prev=0202020202020202"));
    assert_int_equal(state_of_guard.count, 3);
    assert_int_equal(state_of_guard.last[2].seq, 3);
}

static void signs_the_same_bytes_again_but_no_others_under_their_number(void **state)
{
    char first[MINISIGN_FILE_MAX];
    struct chain_state after;
    (void)state;

    assert_int_equal(sign(), 0);
    memcpy(first, signature, signature_length);
    after = state_of_guard;
    assert_int_equal(sign(), 0);
    assert_memory_equal(first, signature, signature_length);
    assert_memory_equal(&after, &state_of_guard, sizeof(after));

    prepare_with("{\"fpy\":\"S\",\"t\":\"yield\",\"weeks\":4}\n", 3);
    state_of_guard = after;
    assert_refused("This guard signed this number before, with other bytes.");
}

static void does_not_go_back_skip_or_follow_another_past(void **state)
{
    (void)state;
    prepare_with(fixture_records, 5);
    state_of_guard.count = 3;
    assert_refused("It skips numbers that this guard has not signed.");
    prepare_with(fixture_records, 5);
    state_of_guard.last[1].digest[5] ^= 1; /* a digest that nobody but this guard remembers */
    assert_refused("It follows another bundle than the one that this guard signed.");
    prepare_with(fixture_records, 30);
    struct chain_state ahead = state_of_guard;
    prepare_with(fixture_records, 2);
    state_of_guard = ahead;
    assert_refused("Its number lies further back than this guard remembers.");
    prepare_with(fixture_records, 1);
    state_of_guard.epoch = 2;
    assert_refused("It is of another epoch; two people must begin that at the console.");
}

static void approvals_are_by_two_others(void **state)
{
    (void)state;
    fixture_approve(&approvals[1], request.manifest, 0x01);
    assert_refused("Both approvals are by the same person.");
    fixture_approve(&approvals[1], request.manifest, 0x09);
    assert_refused("Approval 2 is by the person who asked for the release.");
    fixture_approve(&approvals[1], request.manifest, 0x02);
    fixture_approve(&approvals[0], request.manifest, 0x09);
    assert_refused("Approval 1 is by the person who asked for the release.");
    memset(request.requester, 0, STATEMENT_ID);
    assert_refused("It is not said who asked for the release.");
}

static void two_accounts_of_one_human_being_are_one_person(void **state)
{
    (void)state;
    memset(approvals[1].statement.natural, 0x01, STATEMENT_ID);
    fixture_restate(&approvals[1]);
    assert_refused("Both approvals are by the same person.");
    memset(approvals[1].statement.natural, 0x09, STATEMENT_ID);
    fixture_restate(&approvals[1]);
    assert_refused("Approval 2 is by the person who asked for the release.");
}

static void approvals_expire_after_eight_hours(void **state)
{
    (void)state;
    approvals[0].statement.at_ms = FIXTURE_NOW - GUARD_A_APPROVAL_MS;
    fixture_restate(&approvals[0]);
    assert_int_equal(sign(), 0);
    approvals[0].statement.at_ms--;
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 is older than 8 hours; approve again.");
    approvals[0].statement.at_ms = FIXTURE_NOW + GUARD_A_CLOCK_MS + 1;
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 was given in the future; the clock has been set back.");
}

static void approvals_are_for_this_program_operation_body_and_factor(void **state)
{
    struct statement good = approvals[0].statement;
    (void)state;

    approvals[0].statement.operation = GUARD_A_OPERATION + 1;
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 is for another operation.");
    approvals[0].statement = good;
    strcpy(approvals[0].statement.enclave, "e0000000");
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 is for another program.");
    approvals[0].statement = good;
    approvals[0].statement.factor = STATEMENT_PIV;
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 was given with a factor that root.json does not admit.");
    approvals[0].statement = good;
    fixture_restate(&approvals[0]);
    approvals[0].body[8] = approvals[0].body[8] == '1' ? '2' : '1';
    assert_refused("Approval 1: its statement is for another body.");
}

static void approvals_are_signed_by_identity(void **state)
{
    (void)state;
    approvals[1].signed_statement[20] ^= 1;
    assert_refused("Approval 2, its statement: the signature does not verify.");
    fixture_restate(&approvals[1]);
    approvals[1].statement_length--;
    assert_int_equal(sign(), ERR_REFUSED);
}

static void bodies_name_the_manifest_and_one_release_in_their_one_form(void **state)
{
    char *at;
    (void)state;

    at = strstr(approvals[0].body, "\"manifest\":\"") + 12;
    *at = *at == '0' ? '1' : '0';
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1 is for another manifest.json.");
    fixture_approve(&approvals[0], request.manifest, 0x01);
    strstr(approvals[0].body, "11111111-2222")[0] = '2';
    fixture_restate(&approvals[0]);
    assert_refused("The two approvals are for different releases.");
    fixture_approve(&approvals[0], request.manifest, 0x01);
    strcat(approvals[0].body, "\n");
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1, its body: has bytes after its end.");
    fixture_approve(&approvals[0], request.manifest, 0x01);
    approvals[0].body[7] = 'G';
    fixture_restate(&approvals[0]);
    assert_refused("Approval 1, its body: not in the expected format.");
}

static void every_changed_byte_of_a_member_is_refused(void **state)
{
    struct bytes_view *members[] = {&request.manifest, &request.b2sums, &request.policy,
                                    &request.records};
    (void)state;

    for (size_t m = 0; m < 4; m++) {
        struct bytes_view original = *members[m];
        uint8_t copy[MANIFEST_MAX];
        memcpy(copy, original.data, original.length);
        *members[m] = bytes_view_of(copy, original.length);
        for (size_t i = 0; i < original.length; i++) {
            copy[i] ^= 1;
            assert_int_equal(sign(), ERR_REFUSED);
            copy[i] ^= 1;
        }
        members[m]->length--;
        assert_int_equal(sign(), ERR_REFUSED);
        *members[m] = original;
    }
    assert_int_equal(sign(), 0);
}

static void signs_only_for_its_own_root_and_with_its_own_key(void **state)
{
    struct secret *other = secret_of(SEED_GUARD_B, 32);
    (void)state;

    use_approvals();
    assert_int_equal(
        guard_a_sign(other, &root, &state_of_guard, &request, signature, &signature_length, &why),
        ERR_REFUSED);
    assert_string_equal(why.text, "This guard's key is not the one of guard-a in root.json.");
    secret_free(other);
    root.digest[0] ^= 1;
    assert_refused("manifest.json was made under another root.json.");
    fixture_root(&root);
    strcpy(root.site, "elsewhere");
    assert_refused("manifest.json is for another site.");
}

static void build_refuses_what_the_schema_does_not_list(void **state)
{
    struct manifest facts;
    (void)state;

    fixture_facts(&facts, MANIFEST_H2L, 3);
    assert_int_equal(guard_a_build(&facts,
                                   bytes_text("{\"fpy\":\"97\",\"t\":\"yield\",\"weeks\":4}\n"),
                                   &parts, &why),
                     ERR_REFUSED);
    assert_string_equal(why.text, "rec-summary-001.ndjson line 1, at or after \"fpy\" of the last, "
                                  "\"yield\", record: a value is out of range.");
    facts.seq = 4;
    assert_int_equal(guard_a_build(&facts, bytes_text(fixture_records), &parts, &why), ERR_REFUSED);
    fixture_facts(&facts, MANIFEST_L2H, 3);
    assert_int_equal(guard_a_build(&facts, bytes_text(fixture_records), &parts, &why), ERR_REFUSED);
    assert_string_equal(why.text, "The channel is not one that leaves.");
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup(signs_what_two_people_approved, prepare),
        cmocka_unit_test_setup(signs_the_same_bytes_again_but_no_others_under_their_number,
                               prepare),
        cmocka_unit_test_setup(does_not_go_back_skip_or_follow_another_past, prepare),
        cmocka_unit_test_setup(approvals_are_by_two_others, prepare),
        cmocka_unit_test_setup(two_accounts_of_one_human_being_are_one_person, prepare),
        cmocka_unit_test_setup(approvals_expire_after_eight_hours, prepare),
        cmocka_unit_test_setup(approvals_are_for_this_program_operation_body_and_factor, prepare),
        cmocka_unit_test_setup(approvals_are_signed_by_identity, prepare),
        cmocka_unit_test_setup(bodies_name_the_manifest_and_one_release_in_their_one_form, prepare),
        cmocka_unit_test_setup(every_changed_byte_of_a_member_is_refused, prepare),
        cmocka_unit_test_setup(signs_only_for_its_own_root_and_with_its_own_key, prepare),
        cmocka_unit_test_setup(build_refuses_what_the_schema_does_not_list, prepare),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

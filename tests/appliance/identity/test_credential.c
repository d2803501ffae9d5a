#include <stdlib.h>

#include "tests/crypto/cases.h"

#include "appliance/identity/challenge.h"
#include "appliance/identity/credential.h"

static struct credentials *all;
static struct challenges *challenges;
static const uint8_t here[16] = {1}, there[16] = {2}, nobody[16], session[16] = {7};

static int set_up(void **state)
{
    (void)state;
    all = calloc(1, sizeof *all);
    challenges = calloc(1, sizeof *challenges);
    return !all || !challenges;
}

static int tear_down(void **state)
{
    (void)state;
    free(all);
    free(challenges);
    return 0;
}

static struct credential key_of(uint8_t id, size_t person)
{
    struct credential k = {.person = person};
    memset(k.credential, id, 16);
    k.key.id_length = 20;
    k.key.public_length = 64;
    memset(k.key.id, id, 20);
    memset(k.key.public_key, id, 64);
    return k;
}

static struct credential card_of(uint8_t id, size_t person)
{
    struct credential k = {.person = person, .is_card = true};
    memset(k.credential, id, 16);
    memset(k.subject_key, id, 32);
    memset(k.identifier, 'A' + id, 20);
    return k;
}

static struct credential *added(struct credential k)
{
    assert_null(credentials_refused(all, &k));
    assert_int_equal(credentials_add(all, &k), 0);
    return credentials_find(all, k.credential);
}

static void refused(struct credential k, const char *words)
{
    const char *why = credentials_refused(all, &k);
    assert_non_null(why);
    if (!strstr(why, words))
        fail_msg("said: %s", why);
    assert_int_equal(credentials_add(all, &k), ERR_DUPLICATE);
}

static void opens_nothing_until_it_is_approved_and_after_it_is_revoked(void **state)
{
    (void)state;
    struct credential *k = added(key_of(1, 5));
    struct bytes_view name = bytes_view_of(k->key.id, 20);
    assert_null(credentials_key(all, 5, name));
    assert_int_equal(credential_approve(k), 0);
    assert_ptr_equal(credentials_key(all, 5, name), k);
    assert_null(credentials_key(all, 6, name)); /* another person's badge */
    assert_null(credentials_key(all, 5, bytes_view_of(k->key.id, 19)));
    assert_int_equal(credential_approve(k), ERR_STATE);
    assert_int_equal(credential_revoke(k), 0);
    assert_null(credentials_key(all, 5, name));
    assert_int_equal(credential_approve(k), ERR_STATE);
    assert_int_equal(credential_revoke(k), ERR_STATE);
}

static void one_authenticator_is_one_persons_even_when_it_was_revoked(void **state)
{
    (void)state;
    struct credential *k = added(key_of(1, 5));
    struct credential same = key_of(1, 6);
    refused(same, "of this id");
    same.credential[0] = 9;
    refused(same, "registered already");
    same.key.public_key[0]++; /* the same name with another key, and the other way round */
    refused(same, "registered already");
    same = key_of(1, 6);
    same.credential[0] = 9;
    same.key.id[0]++;
    refused(same, "registered already");
    assert_int_equal(credential_revoke(k), 0);
    refused(same, "registered already");
}

static void two_keys_and_two_cards_a_person(void **state)
{
    (void)state;
    struct credential *k = added(key_of(1, 5));
    added(key_of(2, 5));
    refused(key_of(3, 5), "two keys already");
    added(key_of(4, 6));
    added(card_of(5, 5));
    added(card_of(6, 5));
    refused(card_of(7, 5), "two cards already");
    assert_int_equal(credential_revoke(k), 0);
    added(key_of(3, 5)); /* a lost one was revoked: another may follow */
}

static void a_card_is_its_key_and_its_identifier_together(void **state)
{
    (void)state;
    struct credential *k = added(card_of(1, 5));
    uint8_t other[32];
    assert_null(credentials_card(all, k->subject_key, k->identifier));
    assert_int_equal(credential_approve(k), 0);
    assert_ptr_equal(credentials_card(all, k->subject_key, k->identifier), k);
    assert_null(credentials_card(all, k->subject_key, "another"));
    memset(other, 9, 32);
    assert_null(credentials_card(all, other, k->identifier));
}

static void refuses_what_there_is_no_room_for(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CREDENTIALS_MAX; i++) {
        struct credential *k = &all->credential[all->count++];
        *k = key_of(1, i);
        k->state = CREDENTIAL_PENDING;
        memcpy(k->credential, &i, 4);
        k->key.id[0] = 0;
        memcpy(k->key.id + 1, &i, 4);
    }
    struct credential k = key_of(200, 5);
    assert_non_null(credentials_refused(all, &k));
    assert_int_equal(credentials_add(all, &k), ERR_FULL);
}

static struct challenge kept(enum challenge_for purpose, uint8_t id, const uint8_t *of,
                             uint64_t now)
{
    struct challenge c = {.purpose = purpose};
    memset(c.bytes, id, 32);
    memcpy(c.station, here, 16);
    memcpy(c.session, of, 16);
    challenges_keep(challenges, &c, now);
    return c;
}

static int taken(const struct challenge *c, enum challenge_for purpose, const uint8_t *station,
                 const uint8_t *of, uint64_t now)
{
    struct challenge got;
    int r = challenges_take(challenges, purpose, c->bytes, station, of, now, &got);
    if (r == 0)
        assert_memory_equal(got.bytes, c->bytes, 32);
    return r;
}

static void a_challenge_is_good_once_and_for_two_minutes(void **state)
{
    (void)state;
    struct challenge c = kept(CHALLENGE_SIGN, 1, session, 1000);
    assert_int_equal(taken(&c, CHALLENGE_SIGN, here, session, 1000 + CHALLENGE_MS - 1), 0);
    assert_int_equal(taken(&c, CHALLENGE_SIGN, here, session, 1000), ERR_UNKNOWN);
    c = kept(CHALLENGE_SIGN, 1, session, 1000);
    assert_int_equal(taken(&c, CHALLENGE_SIGN, here, session, 1000 + CHALLENGE_MS), ERR_UNKNOWN);
}

static void a_challenge_is_of_its_purpose_station_and_session(void **state)
{
    (void)state;
    for (int purpose = CHALLENGE_SIGN_IN; purpose <= CHALLENGE_UNLOCK; purpose++) {
        struct challenge c = kept((enum challenge_for)purpose, 1, session, 1000);
        for (int other = CHALLENGE_SIGN_IN; other <= CHALLENGE_UNLOCK; other++)
            if (other != purpose)
                assert_int_equal(taken(&c, (enum challenge_for)other, here, session, 1000),
                                 ERR_UNKNOWN);
        assert_int_equal(taken(&c, (enum challenge_for)purpose, there, session, 1000), ERR_UNKNOWN);
        /* tried at another place it is used up */
        assert_int_equal(taken(&c, (enum challenge_for)purpose, here, session, 1000), ERR_UNKNOWN);
        c = kept((enum challenge_for)purpose, 1, session, 1000);
        assert_int_equal(taken(&c, (enum challenge_for)purpose, here, nobody, 1000), ERR_UNKNOWN);
    }
}

static void nobody_at_the_door_displaces_what_a_session_asked_for(void **state)
{
    (void)state;
    struct challenge c = kept(CHALLENGE_REGISTER, 1, session, 1000);
    for (int i = 0; i < 3 * CHALLENGES_OPEN; i++)
        (void)kept(i % 2 ? CHALLENGE_SIGN_IN : CHALLENGE_CARD, 2, nobody, 1000);
    assert_int_equal(taken(&c, CHALLENGE_REGISTER, here, session, 1000), 0);
    c = kept(CHALLENGE_REGISTER, 1, session, 1000);
    for (int i = 0; i < CHALLENGES_SESSION; i++)
        (void)kept(CHALLENGE_SIGN, 2, session, 1000);
    assert_int_equal(taken(&c, CHALLENGE_REGISTER, here, session, 1000), ERR_UNKNOWN);
}

static void an_empty_place_is_no_challenge(void **state)
{
    struct challenge none = {.purpose = CHALLENGE_NOTHING};
    (void)state;
    assert_int_equal(taken(&none, CHALLENGE_SIGN_IN, nobody, nobody, 0), ERR_UNKNOWN);
    assert_int_equal(taken(&none, CHALLENGE_NOTHING, nobody, nobody, 0), ERR_UNKNOWN);
}

static void a_fingerprint_is_of_the_public_key_alone(void **state)
{
    (void)state;
    char one[CREDENTIAL_FINGERPRINT], two[CREDENTIAL_FINGERPRINT];
    struct credential k = key_of(1, 4), renamed = key_of(1, 5), other = key_of(1, 4);
    struct credential card = card_of(0x3f, 4);
    memset(renamed.key.id, 9, 20);
    other.key.public_key[63] ^= 1;
    credential_fingerprint(&k, one);
    assert_int_equal(strlen(one), 19);
    credential_fingerprint(&renamed, two);
    assert_string_equal(one, two);
    credential_fingerprint(&other, two);
    assert_string_not_equal(one, two);
    credential_fingerprint(&card, two);
    assert_string_equal(two, "3f3f 3f3f 3f3f 3f3f");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(a_fingerprint_is_of_the_public_key_alone),
        CASE(opens_nothing_until_it_is_approved_and_after_it_is_revoked),
        CASE(one_authenticator_is_one_persons_even_when_it_was_revoked),
        CASE(two_keys_and_two_cards_a_person),
        CASE(a_card_is_its_key_and_its_identifier_together),
        CASE(refuses_what_there_is_no_room_for),
        CASE(a_challenge_is_good_once_and_for_two_minutes),
        CASE(a_challenge_is_of_its_purpose_station_and_session),
        CASE(nobody_at_the_door_displaces_what_a_session_asked_for),
        CASE(an_empty_place_is_no_challenge),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}

#include "tests/transfer/fixture.h"

#include <stdio.h>

const char fixture_records[] =
    "{\"good\":\"S\",\"key\":\"ORD-A1B2\",\"state\":\"Waiting\",\"t\":\"order\"}\n"
    "{\"good\":\"20\",\"key\":\"ORD-K7Q2\",\"state\":\"Running\",\"t\":\"order\"}\n"
    "{\"good\":\"145\",\"key\":\"ORD-Z9\",\"state\":\"Completed\",\"t\":\"order\"}\n"
    "{\"fpy\":\"95-98\",\"t\":\"yield\",\"weeks\":4}\n";

const char fixture_orders[] =
    "{\"due\":\"2026-12-18\",\"key\":\"ORD-K7Q2\",\"number\":\"WO-26-0143\",\"part\":\"4410-0001\","
    "\"priority\":50,\"qty\":4,\"rev\":\"C\",\"t\":\"order\"}\n"
    "{\"due\":\"2027-01-29\",\"key\":\"ORD-A1B2\",\"number\":\"WO-26-0144\",\"part\":\"4410-0002\","
    "\"priority\":10,\"qty\":250,\"rev\":\"A\",\"t\":\"order\"}\n";

static void public_of(enum fixture_seed seed, uint8_t out[static SIGN_PUBLIC_LENGTH])
{
    struct secret *s = secret_of((uint8_t)seed, 32);

    assert_int_equal(sign_public(s, out), 0);
    secret_free(s);
}

void fixture_root_text(char text[static ROOT_MAX], size_t *length)
{
    static const enum fixture_seed seeds[ROOT_ROLE_COUNT] = {
        [ROOT_GUARD_A] = SEED_GUARD_A, [ROOT_GUARD_B] = SEED_GUARD_B,
        [ROOT_ORDERS] = SEED_ORDERS,   [ROOT_ORDERS_OUTER] = SEED_ORDERS_OUTER,
        [ROOT_OUTER] = SEED_OUTER,
    };
    struct root root = {.site = "training-1", .kind = ROOT_TRAINING};

    root.factors[STATEMENT_BADGE_PIN] = true;
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        struct secret *s = secret_of((uint8_t)seeds[role], 32);
        assert_int_equal(minisign_public_of(s, &root.keys[role]), 0);
        secret_free(s);
    }
    public_of(SEED_STATEMENT, root.statement);
    public_of(SEED_SNAPSHOT, root.snapshot);
    public_of(SEED_CHECKPOINT, root.checkpoint);
    assert_int_equal(root_print(&root, text, length), 0);
}

void fixture_root(struct root *root)
{
    char text[ROOT_MAX];
    struct refusal why;
    size_t length;

    fixture_root_text(text, &length);
    assert_int_equal(root_parse(bytes_view_of(text, length), root, &why), 0);
}

void fixture_facts(struct manifest *m, enum manifest_direction direction, uint64_t seq)
{
    struct chain_state state;
    struct root root;
    uint8_t digest[HASH_CONTENT_LENGTH];

    fixture_root(&root);
    memset(m, 0, sizeof(*m));
    chain_state_begin(direction, FIXTURE_ENCLAVE, 1, &state);
    for (uint64_t i = 1; i < seq; i++) {
        memset(digest, (int)i, sizeof(digest));
        chain_state_advance(&state, i, digest);
    }
    chain_state_next(&state, m);
    strcpy(m->site, root.site);
    memcpy(m->root_digest, root.digest, sizeof(m->root_digest));
    m->orders = 2;
    if (direction == MANIFEST_L2H)
        return;
    strcpy(m->slot, "2026-W47");
    memset(m->policy_digest, 0x70, sizeof(m->policy_digest));
    m->orders = 3;
}

void fixture_sign_outer(struct fixture_bundle *b, enum fixture_seed seed)
{
    struct secret *s = secret_of((uint8_t)seed, 32);
    char comment[MANIFEST_COMMENT_MAX];

    manifest_outer_comment(&b->manifest, b->tar_length, comment);
    assert_int_equal(
        minisign_sign(s, b->tar, b->tar_length, comment, b->minisig, &b->minisig_length), 0);
    secret_free(s);
}

static struct bytes_view release(struct fixture_bundle *b, enum fixture_seed seed, char guard,
                                 char out[static MINISIGN_FILE_MAX])
{
    struct secret *s = secret_of((uint8_t)seed, 32);
    char comment[MANIFEST_COMMENT_MAX];
    size_t length;

    manifest_release_comment(&b->manifest, guard, comment);
    assert_int_equal(
        minisign_sign(s, b->parts.manifest, b->parts.manifest_length, comment, out, &length), 0);
    secret_free(s);
    return bytes_view_of(out, length);
}

void fixture_make(struct fixture_bundle *b, enum manifest_direction direction, uint64_t seq)
{
    bool h2l = direction == MANIFEST_H2L;
    struct bytes_view records = bytes_text(h2l ? fixture_records : fixture_orders);
    char texts[2][MINISIGN_FILE_MAX];
    struct bytes_view signatures[2];

    fixture_facts(&b->manifest, direction, seq);
    assert_int_equal(bundle_make_parts(&b->manifest, records, &b->parts), 0);
    if (h2l) {
        signatures[0] = release(b, SEED_GUARD_A, 'a', texts[0]);
        signatures[1] = release(b, SEED_GUARD_B, 'b', texts[1]);
    } else {
        signatures[0] = signatures[1] = release(b, SEED_ORDERS, 0, texts[0]);
    }
    assert_int_equal(bundle_assemble(&b->parts, direction, signatures, b->tar, &b->tar_length), 0);
    fixture_sign_outer(b, h2l ? SEED_OUTER : SEED_ORDERS_OUTER);
}

void fixture_restate(struct fixture_approval *a)
{
    struct secret *s = secret_of(SEED_STATEMENT, 32);

    assert_int_equal(statement_action_digest(GUARD_A_OPERATION_NAME, FIXTURE_ENCLAVE,
                                             bytes_text(a->body), a->statement.action),
                     0);
    assert_int_equal(statement_sign(s, &a->statement, a->signed_statement, &a->statement_length),
                     0);
    secret_free(s);
}

void fixture_approve(struct fixture_approval *a, struct bytes_view manifest, uint8_t person)
{
    uint8_t digest[HASH_FILE_LENGTH];
    char hex[2 * HASH_FILE_LENGTH + 1];

    hash_file(manifest.data, manifest.length, digest);
    bytes_to_hex(digest, sizeof(digest), hex);
    snprintf(a->body, sizeof(a->body),
             "{\"id\":\"%02x000000-0000-4000-8000-000000000000\",\"manifest\":\"%s\",\"release\":"
             "\"11111111-2222-4333-8444-555555555555\"}",
             person, hex);
    a->statement = (struct statement){
        .enclave = FIXTURE_ENCLAVE,
        .factor = STATEMENT_BADGE_PIN,
        .at_ms = FIXTURE_NOW - 60000,
        .operation = GUARD_A_OPERATION,
        .name = "R. Example",
        .meaning = "I have read every record of this release and approve that it leaves.",
    };
    memset(a->statement.person, person, STATEMENT_ID);
    memset(a->statement.natural, person, STATEMENT_ID);
    memset(a->statement.session, person ^ 0xff, STATEMENT_ID);
    memset(a->statement.station, 0x33, STATEMENT_ID);
    fixture_restate(a);
}

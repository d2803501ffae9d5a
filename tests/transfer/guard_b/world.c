#include "tests/transfer/guard_b/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "tests/transfer/guard_b/vector.h"

void text_bytes(struct text *t, const void *bytes, size_t length)
{
    if (length > TEXT_ROOM)
        abort();
    memcpy(t->data, bytes, length);
    t->length = length;
}

void text_set(struct text *t, const char *bytes)
{
    text_bytes(t, bytes, strlen(bytes));
}

void text_append(struct text *t, const char *bytes)
{
    size_t length = strlen(bytes);
    if (length > TEXT_ROOM - t->length)
        abort();
    memcpy(t->data + t->length, bytes, length);
    t->length += length;
}

void text_edit(struct text *t, const char *from, const char *to)
{
    uint8_t *at = memmem(t->data, t->length, from, strlen(from));
    if (!at)
        abort();
    size_t rest = t->length - (size_t)(at - t->data) - strlen(from);
    memmove(at + strlen(to), at + strlen(from), rest);
    memcpy(at, to, strlen(to));
    t->length += strlen(to) - strlen(from);
}

void seed_of(uint8_t value, uint8_t out[static B_SEED_LENGTH])
{
    memset(out, value, B_SEED_LENGTH);
}

static void hex_of(const void *data, size_t length, char *out)
{
    sodium_bin2hex(out, 2 * length + 1, data, length);
}

/* ---- members ---- */

static void b2sums(struct world *w)
{
    struct text *sums = &w->piece[B_PIECE_B2SUMS];
    sums->length = 0;
    for (unsigned i = B_PIECE_POLICY; i <= B_PIECE_RECORDS; i++) {
        uint8_t digest[64];
        char hex[129];
        crypto_generichash(digest, 64, w->piece[i].data, w->piece[i].length, NULL, 0);
        hex_of(digest, 64, hex);
        text_append(sums, hex);
        text_append(sums, "  ");
        text_append(sums, b_check_piece[i]);
        text_append(sums, "\n");
    }
}

static void history_text(const struct world *w, uint64_t number, char out[65])
{
    uint8_t digest[32];
    memset(digest, w->history[number % 32], sizeof digest);
    hex_of(digest, 32, out);
}

static uint64_t first_remembered(uint64_t newest)
{
    return newest > 16 ? newest - 15 : 1;
}

void world_compose(struct world *w)
{
    struct text *m = &w->piece[B_PIECE_MANIFEST];
    char line[400], hex[129], root[65];
    uint8_t digest[64];
    b2sums(w);
    snprintf(
        line, sizeof line,
        "{\"approvals\":{\"got\":2,\"need\":2},\"chan\":\"perf-%s\",\"dir\":\"h2l\",\"epoch\":%u,"
        "\"members\":[",
        w->enclave, w->epoch);
    text_set(m, line);
    for (unsigned i = B_PIECE_B2SUMS; i <= B_PIECE_RECORDS; i++) {
        crypto_generichash(digest, 64, w->piece[i].data, w->piece[i].length, NULL, 0);
        hex_of(digest, 64, hex);
        snprintf(line, sizeof line, "%s[\"%s\",%zu,\"%s\"]", i > B_PIECE_B2SUMS ? "," : "",
                 b_check_piece[i], w->piece[i].length, hex);
        text_append(m, line);
    }
    hex_of(w->asked.policy_digest, 32, hex);
    snprintf(line, sizeof line,
             "],\"n\":{\"order\":%u,\"yield\":1},\"policy\":{\"digest\":\"%s\",\"id\":\"release\"},"
             "\"prev\":\"",
             w->orders, hex);
    text_append(m, line);
    memset(hex, '0', 64);
    hex[64] = '\0';
    if (w->sequence > 1)
        history_text(w, w->sequence - 1, hex);
    text_append(m, hex);
    text_append(m, "\",\"prof\":\"open\",\"recent\":[");
    for (uint64_t n = first_remembered(w->sequence - 1); n < w->sequence; n++) {
        history_text(w, n, hex);
        snprintf(line, sizeof line, "%s[%" PRIu64 ",\"%s\"]",
                 n > first_remembered(w->sequence - 1) ? "," : "", n, hex);
        text_append(m, line);
    }
    crypto_generichash(digest, 32, w->root.data, w->root.length, NULL, 0);
    hex_of(digest, 32, root);
    snprintf(line, sizeof line,
             "],\"root\":{\"digest\":\"%s\",\"version\":1},\"schema\":{\"digest\":"
             "\"7f3f8e9168778f1df8b899e3a1cc4433f1227449b5240bba4faadfc9a73d8f4b\","
             "\"id\":\"weekly-summary\",\"version\":1},",
             root);
    text_append(m, line);
    snprintf(line, sizeof line,
             "\"seq\":%" PRIu64 ",\"site\":\"%s\",\"slot\":\"%s\",\"v\":\"mes-xfer/1\"}\n",
             w->sequence, w->site, w->slot);
    text_append(m, line);
}

void world_remember(struct world *w, uint64_t newest)
{
    char line[200], hex[65];
    snprintf(line, sizeof line,
             "mes-xfer/1 chain dir=h2l chan=perf-%s epoch=%04u seq=%010" PRIu64 "\n", w->enclave,
             w->epoch, newest);
    text_set(&w->past, line);
    for (uint64_t n = first_remembered(newest); n <= newest; n++) {
        history_text(w, n, hex);
        snprintf(line, sizeof line, "%010" PRIu64 " %s\n", n, hex);
        text_append(&w->past, line);
    }
}

/* ---- approvals ---- */

static void put(struct text *t, const void *data, size_t length)
{
    memcpy(t->data + t->length, data, length);
    t->length += length;
}

static void put_integer(struct text *t, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        t->data[t->length++] = (uint8_t)(value >> 8 * i);
}

static void put_repeated(struct text *t, uint8_t value)
{
    memset(t->data + t->length, value, 16);
    t->length += 16;
}

static void body(struct world *w, unsigned i)
{
    uint8_t digest[64];
    char hex[129], line[400];
    const struct text *m = &w->piece[B_PIECE_MANIFEST];
    crypto_generichash(digest, 64, m->data, m->length, NULL, 0);
    hex_of(digest, 64, hex);
    snprintf(line, sizeof line,
             "{\"id\":\"%02x000000-0000-4000-8000-000000000000\",\"manifest\":\"%s\",\"release\":"
             "\"%s\"}",
             i + 1, hex, w->word[i].release);
    text_set(&w->piece[B_PIECE_BODY_1 + 2 * i], line);
}

static void statement(struct world *w, unsigned i)
{
    static const char label[] = "casemate/statement/1";
    const struct word *said = &w->word[i];
    const struct text *about = &w->piece[B_PIECE_BODY_1 + 2 * i];
    struct text *out = &w->piece[B_PIECE_STATEMENT_1 + 2 * i];
    uint8_t under[1024], seed[32], point[32], secret[64], action[1024], digest[32], signature[64];
    int head = snprintf((char *)action, sizeof action, "casemate/action/1\n%s\n%s\n",
                        said->action_name, said->enclave);
    memcpy(action + head, about->data, about->length);
    crypto_hash_sha256(digest, action, (size_t)head + about->length);
    out->length = 0;
    put_integer(out, said->version, 1);
    put(out, said->enclave, 8);
    put_repeated(out, said->person);
    if (said->version != 1)
        put_repeated(out, said->natural ? said->natural : said->person);
    put_repeated(out, 0xfe);
    put_repeated(out, 0x33);
    put_integer(out, said->factor, 1);
    put_integer(out, (uint64_t)said->time, 8);
    put_integer(out, said->operation, 2);
    put(out, digest, 32);
    put_integer(out, strlen(said->name), 4);
    put(out, said->name, strlen(said->name));
    put_integer(out, strlen(said->meaning), 4);
    put(out, said->meaning, strlen(said->meaning));
    memcpy(under, label, sizeof label);
    memcpy(under + sizeof label, out->data, out->length);
    seed_of(said->seed, seed);
    crypto_sign_seed_keypair(point, secret, seed);
    crypto_sign_detached(signature, NULL, under, sizeof label + out->length, secret);
    put_integer(out, said->signature_kind, 1);
    put(out, signature, 64);
}

void world_statements(struct world *w)
{
    statement(w, 0);
    statement(w, 1);
}

void world_sign_a(struct world *w)
{
    const struct text *m = &w->piece[B_PIECE_MANIFEST];
    char comment[256], prev[65], out[B_NOTARY_MAX];
    uint8_t seed[32], secret[64], file[64];
    size_t length;
    struct b_refusal why;
    struct b_key key;
    uint8_t point[32];
    memset(prev, '0', sizeof prev);
    if (w->sequence > 1)
        history_text(w, w->sequence - 1, prev);
    snprintf(comment, sizeof comment,
             "mes-xfer/1 kind=release guard=a dir=h2l chan=perf-%s epoch=%04u seq=%010" PRIu64
             " prev=%.16s",
             w->enclave, w->epoch, w->sequence, prev);
    seed_of(SEED_A, seed);
    crypto_sign_seed_keypair(point, secret, seed);
    b_trust_key(point, &key);
    crypto_generichash(file, 64, m->data, m->length, NULL, 0);
    if (b_notary_sign(seed, &key, comment, file, out, &length, &why) != 0)
        abort();
    text_bytes(&w->piece[B_PIECE_SIGNATURE_A], out, length);
}

void world_seal(struct world *w)
{
    body(w, 0);
    body(w, 1);
    world_statements(w);
    world_sign_a(w);
}

/* ---- judging ---- */

static void ask(struct world *w)
{
    struct b_asked *a = &w->asked;
    bool build = a->stage == B_STAGE_BUILD;
    for (unsigned i = 0; i < B_PIECES; i++)
        a->piece[i] = build && i >= B_PIECES_BUILT
                          ? b_view_of(NULL, 0)
                          : b_view_of(w->piece[i].data, w->piece[i].length);
    a->epoch = w->epoch;
    a->sequence = w->sequence;
    a->slot = b_view_of(w->slot, strlen(w->slot));
    memset(a->requester, w->requester, sizeof a->requester);
    a->root = b_view_of(w->root.data, w->root.length);
    a->past = w->past.length ? b_view_of(w->past.data, w->past.length) : b_view_of(NULL, 0);
}

int world_judge(struct world *w, struct b_refusal *why)
{
    struct b_found found;
    ask(w);
    return b_check(&w->asked, &found, why);
}

int world_release(struct world *w, struct b_release *release, struct b_refusal *why)
{
    uint8_t guard[32], outer[32];
    ask(w);
    seed_of(SEED_B, guard);
    seed_of(SEED_OUTER, outer);
    return b_release_make(&w->asked, guard, outer, release, why);
}

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct text *texts[B_PIECES + 2];
    if (!w || sodium_init() < 0)
        abort();
    for (unsigned i = 0; i < B_PIECES; i++)
        texts[i] = &w->piece[i];
    texts[B_PIECES] = &w->root;
    texts[B_PIECES + 1] = &w->past;
    for (unsigned i = 0; i < B_PIECES + 2; i++)
        if (!(texts[i]->data = malloc(TEXT_ROOM)))
            abort();
    for (unsigned i = 0; i < 2; i++)
        w->word[i] = (struct word){
            .version = 2,
            .person = (uint8_t)(i + 1),
            .factor = 1,
            .signature_kind = 1,
            .seed = SEED_WORD,
            .enclave = "e7k2m9qa",
            .operation = 33,
            .time = WORLD_NOW - 60000 + i,
            .name = "R. Example",
            .meaning = "I have read every record of this release and approve that it leaves.",
            .action_name = "approve-release",
            .release = "11111111-2222-4333-8444-555555555555"};
    for (unsigned i = 0; i < 32; i++)
        w->history[i] = (uint8_t)i;
    w->enclave = "e7k2m9qa";
    w->site = "training-1";
    w->slot = "2026-W47";
    w->epoch = 1;
    w->sequence = 3;
    w->orders = 3;
    w->requester = 0x77;
    w->asked.stage = B_STAGE_SIGN;
    w->asked.now_ms = WORLD_NOW;
    memcpy(w->asked.enclave, "e7k2m9qa", 9);
    memset(w->asked.policy_digest, 0x70, 32);
    text_set(&w->root, vector_root);
    text_set(&w->piece[B_PIECE_POLICY], vector_policy);
    text_set(&w->piece[B_PIECE_RECORDS], vector_records);
    world_remember(w, 2);
    world_compose(w);
    return w;
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < B_PIECES; i++)
        free(w->piece[i].data);
    free(w->root.data);
    free(w->past.data);
    free(w);
}

int world_setup(void **state)
{
    *state = world_new();
    return 0;
}

int world_teardown(void **state)
{
    world_free(*state);
    return 0;
}

#include "transfer/manifest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "transfer/canonical.h"

#define VERSION "mes-xfer/1"

/* What differs between the directions and is no field. */
static const struct direction {
    const char *name, *channel, *schema_id, *schema_digest;
} directions[] = {
    [MANIFEST_H2L] = {"h2l", "perf-", "weekly-summary",
                      "7f3f8e9168778f1df8b899e3a1cc4433f1227449b5240bba4faadfc9a73d8f4b"},
    [MANIFEST_L2H] = {"l2h", "orders-", "orders",
                      "a1ae05d4d2c4a2e293c3a66d1f5842b2887aa280b009878f739312b228d3ff6b"},
};

void manifest_schema(enum manifest_direction direction, uint8_t out[static HASH_CONTENT_LENGTH])
{
    int r =
        bytes_from_hex(bytes_text(directions[direction].schema_digest), HASH_CONTENT_LENGTH, out);

    assert(r == 0);
}

void manifest_digest(struct bytes_view text, uint8_t out[static HASH_CONTENT_LENGTH])
{
    hash_short(text.data, text.length, out);
}

void manifest_channel(enum manifest_direction direction, const char *enclave,
                      char out[static MANIFEST_CHANNEL_MAX])
{
    snprintf(out, MANIFEST_CHANNEL_MAX, "%s%.8s", directions[direction].channel, enclave);
}

void manifest_name(const struct manifest *m, char out[static MANIFEST_NAME_MAX])
{
    char channel[MANIFEST_CHANNEL_MAX];

    manifest_channel(m->direction, m->enclave, channel);
    snprintf(out, MANIFEST_NAME_MAX, "%s-%s-%04" PRIu32 "-%010" PRIu64,
             directions[m->direction].name, channel, m->epoch, m->seq);
}

void manifest_release_comment(const struct manifest *m, char guard,
                              char out[static MANIFEST_COMMENT_MAX])
{
    char channel[MANIFEST_CHANNEL_MAX], prev[2 * 8 + 1], part[] = " guard=?";

    part[strlen(part) - 1] = guard;
    manifest_channel(m->direction, m->enclave, channel);
    bytes_to_hex(m->prev, 8, prev);
    snprintf(out, MANIFEST_COMMENT_MAX,
             VERSION " kind=release%s dir=%s chan=%s epoch=%04" PRIu32 " seq=%010" PRIu64
                     " prev=%s",
             guard ? part : "", directions[m->direction].name, channel, m->epoch, m->seq, prev);
}

void manifest_outer_comment(const struct manifest *m, size_t tar_length,
                            char out[static MANIFEST_COMMENT_MAX])
{
    char channel[MANIFEST_CHANNEL_MAX];

    manifest_channel(m->direction, m->enclave, channel);
    snprintf(out, MANIFEST_COMMENT_MAX,
             VERSION " kind=outer dir=%s chan=%s epoch=%04" PRIu32 " seq=%010" PRIu64 " size=%zu",
             directions[m->direction].name, channel, m->epoch, m->seq, tar_length);
}

void manifest_set(struct manifest *m, size_t at, const char *name, struct bytes_view content)
{
    struct manifest_member *member = &m->members[at];

    assert(at < m->member_count && strlen(name) <= USTAR_NAME_MAX);
    memcpy(member->name, name, strlen(name) + 1);
    member->size = content.length;
    hash_file(content.data, content.length, member->digest);
}

void manifest_add(struct manifest *m, const char *name, struct bytes_view content)
{
    assert(m->member_count < MANIFEST_MEMBERS_MAX);
    m->member_count++;
    manifest_set(m, m->member_count - 1, name, content);
}

/* The rules that no single field shows. */
static int check_chain(const struct manifest *m)
{
    static const uint8_t zeros[HASH_CONTENT_LENGTH];
    uint64_t before = m->seq - 1;
    size_t count = before < MANIFEST_RECENT_MAX ? (size_t)before : MANIFEST_RECENT_MAX;
    const uint8_t *last = count ? m->recent[count - 1].digest : zeros;

    if (m->recent_count != count)
        return ERR_RANGE;
    for (size_t i = 0; i < count; i++)
        if (m->recent[i].seq != before - count + 1 + i)
            return ERR_RANGE;
    return memcmp(m->prev, last, sizeof(zeros)) == 0 ? 0 : ERR_RANGE;
}

static int check_ranges(const struct manifest *m)
{
    bool h2l = m->direction == MANIFEST_H2L;

    if (m->direction != MANIFEST_H2L && m->direction != MANIFEST_L2H)
        return ERR_RANGE;
    if (m->epoch < 1 || m->epoch > MANIFEST_EPOCH_MAX)
        return ERR_RANGE;
    if (m->seq < 1 || m->seq > MANIFEST_SEQ_MAX || m->orders > MANIFEST_RECORDS_MAX)
        return ERR_RANGE;
    if (!grammar_is_enclave(bytes_text(m->enclave)) || !grammar_is_site(bytes_text(m->site)))
        return ERR_RANGE;
    if (h2l && !grammar_is_slot(bytes_text(m->slot)))
        return ERR_RANGE;
    return check_chain(m);
}

static void print_members(const struct manifest *m, struct canonical_writer *w)
{
    canonical_put_array(w, "members");
    for (size_t i = 0; i < m->member_count; i++) {
        canonical_put_array(w, NULL);
        canonical_put_text(w, NULL, m->members[i].name);
        canonical_put_number(w, NULL, m->members[i].size);
        canonical_put_hex(w, NULL, m->members[i].digest, HASH_FILE_LENGTH);
        canonical_put_array_end(w);
    }
    canonical_put_array_end(w);
}

static void print_recent(const struct manifest *m, struct canonical_writer *w)
{
    canonical_put_array(w, "recent");
    for (size_t i = 0; i < m->recent_count; i++) {
        canonical_put_array(w, NULL);
        canonical_put_number(w, NULL, (int64_t)m->recent[i].seq);
        canonical_put_hex(w, NULL, m->recent[i].digest, HASH_CONTENT_LENGTH);
        canonical_put_array_end(w);
    }
    canonical_put_array_end(w);
}

/* {"digest":…,"id":…,"version":1}; no id for the root. */
static void print_named(struct canonical_writer *w, const char *key, const uint8_t *digest,
                        const char *id, int version)
{
    canonical_put_object(w, key);
    canonical_put_hex(w, "digest", digest, HASH_CONTENT_LENGTH);
    if (id)
        canonical_put_text(w, "id", id);
    if (version)
        canonical_put_number(w, "version", version);
    canonical_put_object_end(w);
}

int manifest_print(const struct manifest *m, char out[static MANIFEST_MAX], size_t *ret_length)
{
    struct canonical_writer w = canonical_into(out, MANIFEST_MAX);
    bool h2l = m->direction == MANIFEST_H2L;
    char channel[MANIFEST_CHANNEL_MAX];
    uint8_t schema[HASH_CONTENT_LENGTH];
    int r = check_ranges(m);

    if (r)
        return r;
    manifest_channel(m->direction, m->enclave, channel);
    manifest_schema(m->direction, schema);
    canonical_put_object(&w, NULL);
    if (h2l) {
        canonical_put_object(&w, "approvals");
        canonical_put_number(&w, "got", 2);
        canonical_put_number(&w, "need", 2);
        canonical_put_object_end(&w);
    }
    canonical_put_text(&w, "chan", channel);
    canonical_put_text(&w, "dir", directions[m->direction].name);
    canonical_put_number(&w, "epoch", m->epoch);
    print_members(m, &w);
    canonical_put_object(&w, "n");
    canonical_put_number(&w, "order", m->orders);
    if (h2l)
        canonical_put_number(&w, "yield", 1);
    canonical_put_object_end(&w);
    if (h2l)
        print_named(&w, "policy", m->policy_digest, "release", 0);
    canonical_put_hex(&w, "prev", m->prev, HASH_CONTENT_LENGTH);
    canonical_put_text(&w, "prof", "open");
    print_recent(m, &w);
    print_named(&w, "root", m->root_digest, NULL, 1);
    print_named(&w, "schema", schema, directions[m->direction].schema_id, 1);
    canonical_put_number(&w, "seq", (int64_t)m->seq);
    canonical_put_text(&w, "site", m->site);
    if (h2l)
        canonical_put_text(&w, "slot", m->slot);
    canonical_put_text(&w, "v", VERSION);
    canonical_put_object_end(&w);
    return canonical_put_end(&w, ret_length);
}

/* The channel's name decides direction and enclave; "dir" must agree. */
static void parse_channel(struct canonical_reader *r, struct manifest *m)
{
    struct bytes_view chan = canonical_text(r, "chan");
    struct bytes b = bytes_over(chan.data, chan.length);
    struct bytes_view prefix = bytes_run(&b, (uint32_t)strlen(directions[m->direction].channel));
    struct bytes_view enclave = bytes_run(&b, GRAMMAR_ENCLAVE);

    if (r->bytes.error)
        return;
    if (bytes_done(&b) || !bytes_equal_text(prefix, directions[m->direction].channel) ||
        !grammar_is_enclave(enclave)) {
        canonical_fail(r, ERR_FORMAT);
        return;
    }
    memcpy(m->enclave, enclave.data, GRAMMAR_ENCLAVE);
    canonical_expect(r, "dir", directions[m->direction].name);
}

static void parse_members(struct canonical_reader *r, struct manifest *m)
{
    canonical_open_array(r, "members");
    while (canonical_more(r)) {
        struct manifest_member *member = &m->members[m->member_count];
        struct bytes_view name;
        if (m->member_count == MANIFEST_MEMBERS_MAX) {
            canonical_fail(r, ERR_FULL);
            return;
        }
        canonical_open_array(r, NULL);
        name = canonical_text(r, NULL);
        if (!ustar_is_name(name)) {
            canonical_fail(r, ERR_FORMAT);
            return;
        }
        memcpy(member->name, name.data, name.length);
        member->size = (uint32_t)canonical_number(r, NULL, 0, UINT32_MAX);
        canonical_hex(r, NULL, member->digest, HASH_FILE_LENGTH);
        canonical_close_array(r);
        m->member_count++;
    }
    canonical_close_array(r);
}

static void parse_recent(struct canonical_reader *r, struct manifest *m)
{
    canonical_open_array(r, "recent");
    while (canonical_more(r)) {
        struct manifest_recent *recent = &m->recent[m->recent_count];
        if (m->recent_count == MANIFEST_RECENT_MAX) {
            canonical_fail(r, ERR_FULL);
            return;
        }
        canonical_open_array(r, NULL);
        recent->seq = (uint64_t)canonical_number(r, NULL, 1, MANIFEST_SEQ_MAX);
        canonical_hex(r, NULL, recent->digest, HASH_CONTENT_LENGTH);
        canonical_close_array(r);
        m->recent_count++;
    }
    canonical_close_array(r);
}

static void parse_named(struct canonical_reader *r, const char *key, uint8_t *digest,
                        const char *id, int version)
{
    canonical_open_object(r, key);
    canonical_hex(r, "digest", digest, HASH_CONTENT_LENGTH);
    if (id)
        canonical_expect(r, "id", id);
    if (version)
        canonical_number(r, "version", version, version);
    canonical_close_object(r);
}

static void parse_schema(struct canonical_reader *r, enum manifest_direction direction)
{
    uint8_t expected[HASH_CONTENT_LENGTH], digest[HASH_CONTENT_LENGTH];

    parse_named(r, "schema", digest, directions[direction].schema_id, 1);
    manifest_schema(direction, expected);
    if (memcmp(digest, expected, sizeof(digest)) != 0) {
        r->where = "schema";
        canonical_fail(r, ERR_UNKNOWN);
    }
}

static void parse_word(struct canonical_reader *r, const char *key, char *out, size_t max,
                       bool (*is)(struct bytes_view))
{
    struct bytes_view text = canonical_text(r, key);

    if (!r->bytes.error && (text.length > max || !is(text)))
        canonical_fail(r, ERR_FORMAT);
    if (!r->bytes.error)
        memcpy(out, text.data, text.length);
}

static int parse(struct canonical_reader *r, struct manifest *m)
{
    bool h2l = m->direction == MANIFEST_H2L;

    canonical_open_object(r, NULL);
    if (h2l) {
        canonical_open_object(r, "approvals");
        canonical_number(r, "got", 2, 2);
        canonical_number(r, "need", 2, 2);
        canonical_close_object(r);
    }
    parse_channel(r, m);
    m->epoch = (uint32_t)canonical_number(r, "epoch", 1, MANIFEST_EPOCH_MAX);
    parse_members(r, m);
    canonical_open_object(r, "n");
    m->orders = (uint32_t)canonical_number(r, "order", 0, MANIFEST_RECORDS_MAX);
    if (h2l)
        canonical_number(r, "yield", 1, 1);
    canonical_close_object(r);
    if (h2l)
        parse_named(r, "policy", m->policy_digest, "release", 0);
    canonical_hex(r, "prev", m->prev, HASH_CONTENT_LENGTH);
    canonical_expect(r, "prof", "open");
    parse_recent(r, m);
    parse_named(r, "root", m->root_digest, NULL, 1);
    parse_schema(r, m->direction);
    m->seq = (uint64_t)canonical_number(r, "seq", 1, MANIFEST_SEQ_MAX);
    parse_word(r, "site", m->site, GRAMMAR_SITE_MAX, grammar_is_site);
    if (h2l)
        parse_word(r, "slot", m->slot, GRAMMAR_SLOT, grammar_is_slot);
    canonical_expect(r, "v", VERSION);
    canonical_close_object(r);
    return canonical_end(r);
}

int manifest_parse_unverified(struct bytes_view text, struct manifest *ret_manifest,
                              struct refusal *why)
{
    static const char h2l_start[] = "{\"approvals\"";
    struct canonical_reader r = canonical_over(text);
    struct bytes b = bytes_over(text.data, text.length);
    bool h2l = bytes_equal_text(bytes_run(&b, sizeof(h2l_start) - 1), h2l_start);
    struct manifest m = {.direction = h2l ? MANIFEST_H2L : MANIFEST_L2H};
    int e;

    if (text.length > MANIFEST_MAX)
        return refuse(why, "manifest.json is larger than %d bytes.", MANIFEST_MAX);
    e = parse(&r, &m);
    if (e)
        return refuse(why, "manifest.json, at or after \"%s\": %s.", r.where, error_text(e));
    if (check_chain(&m))
        return refuse(why, "manifest.json: \"prev\" and \"recent\" do not fit \"seq\".");
    *ret_manifest = m;
    return 0;
}

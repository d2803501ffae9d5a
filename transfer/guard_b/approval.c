#include "transfer/guard_b/approval.h"

#include <string.h>

#include <sodium.h>

#define BODY_MAX        512
#define OPERATION       33
#define OPERATION_NAME  "approve-release"
#define AGE_MAX_MS      INT64_C(28800000)
#define AHEAD_MAX_MS    INT64_C(60000)
#define NAME_MAX_BYTES  64
#define MEANING_MAX     160
#define ACTION_LENGTH   crypto_hash_sha256_BYTES
#define STATEMENT_LABEL "casemate/statement/1" /* its terminator is signed too */
#define STATEMENT_MAX   512
#define UUID_LENGTH     36

struct statement {
    struct b_view enclave, natural, action, signature;
    struct b_view covered; /* all bytes in front of the signature field */
    unsigned factor;
    unsigned operation;
    uint64_t time;
};

/* A whole UTF-8 sequence at ${at}: its length, or 0.  Neither overlong nor a surrogate. */
static size_t sequence(const uint8_t *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *at < 0x80 ? 1 : (*at & 0xE0) == 0xC0 ? 2 : (*at & 0xF0) == 0xE0 ? 3 : 4;
    if (length == 1)
        return *at >= 0x20 && *at != 0x7F ? 1 : 0;
    if ((length == 4 && (*at & 0xF8) != 0xF0) || length > left)
        return 0;
    uint32_t point = *at & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3Fu);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < least[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

static void text(struct b_reader *r, size_t least, size_t most)
{
    uint64_t length = b_reader_integer(r, 4);
    if (length < least || length > most)
        r->failed = true;
    struct b_view run = b_reader_run(r, r->failed ? 0 : length);
    while (!r->failed && run.length) {
        size_t n = sequence(run.data, run.length);
        if (n == 0)
            r->failed = true;
        run.data += n;
        run.length -= n;
    }
}

static bool statement_read(struct b_view bytes, struct statement *s)
{
    struct b_reader r = b_reader_over(bytes);
    char enclave[B_ENCLAVE_LENGTH + 1];
    if (b_reader_integer(&r, 1) != 2)
        r.failed = true;
    s->enclave = b_view_of(r.at, B_ENCLAVE_LENGTH);
    b_manifest_enclave(&r, enclave);
    (void)b_reader_run(&r, B_PERSON_LENGTH); /* the account */
    s->natural = b_reader_run(&r, B_PERSON_LENGTH);
    if (!r.failed && sodium_is_zero(s->natural.data, B_PERSON_LENGTH))
        r.failed = true;
    (void)b_reader_run(&r, 2 * B_PERSON_LENGTH); /* session, station */
    s->factor = (unsigned)b_reader_integer(&r, 1);
    s->time = b_reader_integer(&r, 8);
    s->operation = (unsigned)b_reader_integer(&r, 2);
    s->action = b_reader_run(&r, ACTION_LENGTH);
    text(&r, 1, NAME_MAX_BYTES);
    text(&r, 0, MEANING_MAX);
    s->covered = b_view_of(bytes.data, bytes.length - (size_t)(r.end - r.at));
    if (b_reader_integer(&r, 1) != 1)
        r.failed = true;
    s->signature = b_reader_run(&r, crypto_sign_BYTES);
    return b_reader_done(&r) && s->factor >= 1 && s->factor <= 3 && s->time <= INT64_MAX;
}

static bool statement_verifies(const struct statement *s, const struct b_key *key)
{
    uint8_t under[sizeof STATEMENT_LABEL + STATEMENT_MAX];
    if (s->covered.length > STATEMENT_MAX)
        return false;
    memcpy(under, STATEMENT_LABEL, sizeof STATEMENT_LABEL);
    memcpy(under + sizeof STATEMENT_LABEL, s->covered.data, s->covered.length);
    return crypto_sign_verify_detached(s->signature.data, under,
                                       sizeof STATEMENT_LABEL + s->covered.length, key->point) == 0;
}

/* The digest of exactly this action in this enclave. */
static bool action_is(const struct statement *s, const char *enclave, struct b_view body)
{
    static const char head[] = "casemate/action/1\n" OPERATION_NAME "\n";
    crypto_hash_sha256_state state;
    uint8_t action[ACTION_LENGTH];
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)head, sizeof head - 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)enclave, B_ENCLAVE_LENGTH);
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
    crypto_hash_sha256_update(&state, body.data, body.length);
    crypto_hash_sha256_final(&state, action);
    return b_view_equal(s->action, b_view_of(action, sizeof action));
}

static struct b_view uuid(struct b_reader *r)
{
    static const unsigned part[] = {8, 4, 4, 4, 12};
    struct b_view whole = {r->at, UUID_LENGTH};
    for (size_t i = 0; i < 5; i++) {
        b_reader_text(r, i ? "-" : "");
        struct b_reader digits = b_reader_over(b_reader_run(r, part[i]));
        (void)b_reader_word(&digits, B_DECIMAL "abcdef", part[i], part[i]);
        if (!b_reader_done(&digits))
            r->failed = true;
    }
    return whole;
}

/* The body's form; what it approves and for which release. */
static bool body_read(struct b_view body, uint8_t manifest[static B_FILE_LENGTH],
                      struct b_view *ret_release)
{
    struct b_reader r = b_reader_over(body);
    b_reader_text(&r, "{\"id\":\"");
    (void)uuid(&r);
    b_reader_text(&r, "\",\"manifest\":\"");
    b_reader_hex(&r, B_FILE_LENGTH, manifest);
    b_reader_text(&r, "\",\"release\":\"");
    *ret_release = uuid(&r);
    b_reader_text(&r, "\"}");
    return b_reader_done(&r) && body.length <= BODY_MAX;
}

static int time_check(unsigned number, uint64_t time, int64_t now_ms, struct b_refusal *why)
{
    if (now_ms < 0)
        return b_refuse(why, ERR_STATE, "the clock is before 1970");
    if ((int64_t)time < now_ms - AGE_MAX_MS)
        return b_refuse(why, ERR_STALE, "approval %u is older than eight hours", number);
    if ((int64_t)time > now_ms && (int64_t)time - now_ms > AHEAD_MAX_MS)
        return b_refuse(why, ERR_RANGE, "approval %u is from the future", number);
    return 0;
}

/* The statement of one approval, by itself. */
static int statement_check(unsigned number, const struct b_approval *a, const struct statement *s,
                           const struct b_trust *trust, const struct b_manifest *manifest,
                           struct b_refusal *why)
{
    if (!statement_verifies(s, &trust->key[B_ROLE_STATEMENT]))
        return b_refuse(why, ERR_SIGNATURE, "approval %u: the statement does not verify", number);
    if (!trust->factor[s->factor])
        return b_refuse(why, ERR_REFUSED, "approval %u: root.json does not admit its factor",
                        number);
    if (!b_view_is(s->enclave, manifest->enclave))
        return b_refuse(why, ERR_REFUSED, "approval %u is of another enclave", number);
    if (s->operation != OPERATION)
        return b_refuse(why, ERR_REFUSED, "approval %u is about another operation", number);
    if (!action_is(s, manifest->enclave, a->body))
        return b_refuse(why, ERR_DIGEST, "approval %u: the statement is about another body",
                        number);
    return 0;
}

int b_approval_check(const struct b_approval approval[static 2], const struct b_trust *trust,
                     const struct b_manifest *manifest,
                     const uint8_t requester[static B_PERSON_LENGTH], int64_t now_ms,
                     struct b_refusal *why)
{
    struct statement s[2];
    struct b_view release[2];
    if (sodium_is_zero(requester, B_PERSON_LENGTH))
        return b_refuse(why, ERR_REFUSED, "it is not said who requested the release");
    for (unsigned i = 0; i < 2; i++) {
        uint8_t manifest_file[B_FILE_LENGTH];
        if (!statement_read(approval[i].statement, &s[i]))
            return b_refuse(why, ERR_FORMAT, "approval %u: the statement is not in its one form",
                            i + 1);
        int r = statement_check(i + 1, &approval[i], &s[i], trust, manifest, why);
        if (r == 0)
            r = time_check(i + 1, s[i].time, now_ms, why);
        if (r)
            return r;
        if (b_view_equal(s[i].natural, b_view_of(requester, B_PERSON_LENGTH)))
            return b_refuse(why, ERR_REFUSED, "approval %u is by the one who requested", i + 1);
        if (!body_read(approval[i].body, manifest_file, &release[i]))
            return b_refuse(why, ERR_FORMAT, "approval %u: the body is not in its one form", i + 1);
        if (memcmp(manifest_file, manifest->file, B_FILE_LENGTH) != 0)
            return b_refuse(why, ERR_DIGEST, "approval %u is of another manifest", i + 1);
    }
    if (b_view_equal(s[0].natural, s[1].natural))
        return b_refuse(why, ERR_REFUSED, "both approvals are by one person");
    if (!b_view_equal(release[0], release[1]))
        return b_refuse(why, ERR_REFUSED, "the approvals are of two releases");
    return 0;
}

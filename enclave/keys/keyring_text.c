/* The text of the ring, and of a wrap; enclave/keys/keyring.h describes both. */
#include <inttypes.h>
#include <stdarg.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/derive.h"
#include "enclave/keys/keyring.h"

#define FIELDS_MAX 7
#define RING_LINE  1400
/* the byte in front of what crypto/shares.h makes, of the mac, and of a public key */
#define BLAKE2B 1

/* ---- writing ---- */

__attribute__((format(printf, 2, 3))) static void put(struct bytes_put *out, const char *format,
                                                      ...)
{
    char line[RING_LINE];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof line)
        out->error = ERR_SIZE;
    else
        bytes_put_fixed(out, line, (size_t)n);
}

static void put_hex(struct bytes_put *out, const char *before, const void *data, size_t length)
{
    char text[2 * TPM_BLOB_MAX + 1];
    bytes_to_hex(data, length, text);
    put(out, "%s%s", before, text);
}

static void put_custodians(struct bytes_put *out, const char *word, const struct custodians *c)
{
    put(out, "%s %u", word, c->threshold);
    put_hex(out, " ", c->site, SHARE_SITE);
    put_hex(out, " 01", c->check, sizeof c->check);
}

static void put_commitments(struct bytes_put *out, const char *word, const struct custodians *c)
{
    for (size_t i = 0; i < c->count; i++) {
        put(out, "%s", word);
        put_hex(out, " 01", c->commitment[i], 32);
        put(out, "\n");
    }
}

static void put_sealed(struct bytes_put *out, bool there, const uint8_t *sealed, size_t length)
{
    if (there)
        put_hex(out, " ", sealed, length);
    else
        put(out, " -");
}

static void put_holder(struct bytes_put *out, const struct keyring_holder *h)
{
    put(out, "holder %s %" PRIu32 " %s %" PRId64, h->name, h->generation,
        keyring_state_text(h->state), h->since);
    put_sealed(out, h->state != KEYRING_DESTROYED, h->sealed, SEAL_SECRET);
    put_sealed(out, h->recoverable, h->recovery, SEAL_TO_SECRET);
    put(out, "\n");
}

static void put_tpm(struct bytes_put *out, const struct keyring *ring)
{
    char pcrs[TPM_PCRS_TEXT];
    tpm_pcrs_print(ring->tpm.pcrs, pcrs);
    put(out, "tpm %s %" PRId64, pcrs, ring->tpm_since);
    put_hex(out, " ", ring->tpm.name, TPM_NAME);
    put_hex(out, " ", ring->tpm.public_blob, ring->tpm.public_length);
    put_hex(out, " ", ring->tpm.private_blob, ring->tpm.private_length);
    put(out, "\n");
}

/* Everything but the last line. */
static void put_ring(struct bytes_put *out, const struct keyring *ring)
{
    char certificate[MINISIGN_PUBLIC_TEXT + 1];
    put(out, "casemate-keyring 1\nprofile modern\nkind %s\nserial %" PRIu64 "\n",
        ring->training ? "training" : "production", ring->serial);
    put(out, "root %" PRIu32 " %" PRId64, ring->root_generation, ring->root_since);
    put_hex(out, " ", ring->root, SEAL_SECRET);
    put(out, "\n");
    if (keyring_has_tpm(ring))
        put_tpm(out, ring);
    if (!ring->training) {
        put_custodians(out, "custodians", &ring->custodians);
        put(out, "\n");
        put_commitments(out, "custodian", &ring->custodians);
    }
    if (ring->recoverable) {
        put_custodians(out, "recovery", &ring->recovery);
        put_hex(out, " 02", ring->recovery_public, SEAL_PUBLIC_LENGTH);
        put_hex(out, " ", ring->root_recovery, SEAL_TO_SECRET);
        put(out, "\n");
        put_commitments(out, "recoverer", &ring->recovery);
    }
    minisign_public_print(&ring->certificate, certificate);
    put(out, "certificate %s\n", certificate);
    for (size_t i = 0; i < ring->count; i++)
        put_holder(out, &ring->holders[i]);
}

static int mac_of(const struct keyring *ring, const struct secret *root, struct bytes_view text,
                  uint8_t out[static 32])
{
    struct secret *key = NULL;
    int r = derive_key(root, ring->training ? "training" : "production", "keyring", "mac", &key);
    if (r)
        return r;
    crypto_generichash(out, 32, text.data, text.length, secret_open(key), 32);
    secret_close(key);
    secret_free(key);
    return 0;
}

int keyring_print(const struct keyring *ring, const struct secret *root,
                  char out[static KEYRING_TEXT_MAX], size_t *ret_length)
{
    struct bytes_put text = bytes_into(out, KEYRING_TEXT_MAX);
    uint8_t mac[32];
    put_ring(&text, ring);
    int r = text.error ? text.error
                       : mac_of(ring, root, bytes_view_of(out, bytes_put_length(&text)), mac);
    if (r)
        return r;
    put_hex(&text, "mac 01", mac, sizeof mac);
    put(&text, "\n");
    return bytes_put_done(&text, ret_length);
}

/* ---- reading: line by line, and then as a whole against what would be written ---- */

struct reader {
    struct bytes in;
    unsigned line;
    struct bytes_view field[FIELDS_MAX];
    size_t fields;
    int error;
    char *why;
};

static void fail(struct reader *r, int code, const char *what)
{
    if (r->error)
        return;
    r->error = code;
    snprintf(r->why, KEYRING_WHY, "line %u: %s", r->line, what);
}

/* The next line's fields. */
static void next_line(struct reader *r)
{
    if (r->error)
        return;
    struct bytes_view line = bytes_line(&r->in);
    r->line++;
    r->fields = 0;
    if (r->in.error || line.length > RING_LINE) {
        fail(r, r->in.error ? ERR_TRUNCATED : ERR_SIZE, "the text ends, or the line is too long");
        return;
    }
    for (uint32_t at = 0, from = 0; at <= line.length; at++)
        if (at == line.length || line.data[at] == ' ') {
            if (r->fields == FIELDS_MAX || at == from) {
                fail(r, ERR_FORMAT, "fields stand there with one space between them");
                return;
            }
            r->field[r->fields++] = bytes_view_of(line.data + from, at - from);
            from = at + 1;
        }
}

/* The line must begin with ${word} and have so many fields. */
static void expect(struct reader *r, const char *word, size_t fields)
{
    char what[80];
    if (r->error || (r->fields == fields && bytes_equal_text(r->field[0], word)))
        return;
    snprintf(what, sizeof what, "\"%s\" with %zu fields was expected", word, fields);
    fail(r, ERR_FORMAT, what);
}

static bool begins(const struct reader *r, const char *word)
{
    return !r->error && r->fields && bytes_equal_text(r->field[0], word);
}

static uint64_t number(struct reader *r, size_t at, uint64_t most)
{
    uint64_t v = 0;
    struct bytes_view text = r->error ? bytes_view_of("0", 1) : r->field[at];
    bool good = text.length > 0 && text.length < 20 && (text.length == 1 || text.data[0] != '0');
    for (uint32_t i = 0; good && i < text.length; i++) {
        good = text.data[i] >= '0' && text.data[i] <= '9';
        v = v * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (!good || v > most)
        fail(r, ERR_RANGE, "a number is not one, or too large");
    return v;
}

static void hex(struct reader *r, size_t at, size_t length, void *out)
{
    if (!r->error && bytes_from_hex(r->field[at], length, out) != 0)
        fail(r, ERR_FORMAT, "a value has another number of hexadecimal digits");
}

/* Behind the byte of an algorithm. */
static void hex_of(struct reader *r, size_t at, uint8_t algorithm, size_t length, void *out)
{
    uint8_t bytes[1 + 32];
    hex(r, at, 1 + length, bytes);
    if (r->error)
        return;
    if (bytes[0] != algorithm)
        fail(r, ERR_UNKNOWN, "a value is of an algorithm that is not known here");
    memcpy(out, bytes + 1, length);
}

static void sealed(struct reader *r, size_t at, enum seal_algorithm algorithm, size_t length,
                   uint8_t *out)
{
    hex(r, at, length, out);
    if (!r->error && out[0] != algorithm)
        fail(r, ERR_UNKNOWN, "a key is sealed with an algorithm that is not known here");
}

static void read_custodians(struct reader *r, enum share_kind kind, struct custodians *c)
{
    c->kind = kind;
    c->threshold = (uint8_t)number(r, 1, SHARES_MAX);
    hex(r, 2, SHARE_SITE, c->site);
    hex_of(r, 3, BLAKE2B, sizeof c->check, c->check);
}

/* As many as there are; the line behind them has been read when this returns. */
static void read_commitments(struct reader *r, const char *word, struct custodians *c)
{
    for (next_line(r); begins(r, word); next_line(r)) {
        if (c->count == SHARES_MAX)
            fail(r, ERR_SIZE, "there are more custodians than a site can have");
        expect(r, word, 2);
        if (!r->error)
            hex_of(r, 1, BLAKE2B, 32, c->commitment[c->count++]);
    }
    if (c->threshold < SHARES_LEAST || c->threshold > c->count)
        fail(r, ERR_RANGE, "before this line there are fewer custodians than the threshold");
}

static void read_kind(struct reader *r, bool *ret_training)
{
    expect(r, "kind", 2);
    if (r->error)
        return;
    *ret_training = bytes_equal_text(r->field[1], "training");
    if (!*ret_training && !bytes_equal_text(r->field[1], "production"))
        fail(r, ERR_FORMAT, "the kind is training or production");
}

static void read_begin(struct reader *r, const char *word, bool *ret_training)
{
    next_line(r);
    expect(r, word, 2);
    if (!r->error && !bytes_equal_text(r->field[1], "1"))
        fail(r, ERR_UNKNOWN, "only format 1 is known here");
    next_line(r);
    expect(r, "profile", 2);
    if (!r->error && !bytes_equal_text(r->field[1], "modern"))
        fail(r, ERR_UNKNOWN, "only the profile modern is known here");
    next_line(r);
    read_kind(r, ret_training);
}

static void read_name(struct reader *r, size_t at, char out[static KEYRING_HOLDER_MAX + 1])
{
    if (r->error)
        return;
    struct bytes_view name = r->field[at];
    bool good = name.length <= KEYRING_HOLDER_MAX;
    for (uint32_t i = 0; good && i < name.length; i++) {
        uint8_t c = name.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (!good) {
        fail(r, ERR_FORMAT, "a holder's name has at most 16 of a-z, 0-9 and '-'");
        return;
    }
    memcpy(out, name.data, name.length);
    out[name.length] = '\0';
}

static void read_state(struct reader *r, struct keyring_holder *h)
{
    for (enum keyring_state s = KEYRING_CURRENT; !r->error && s <= KEYRING_DESTROYED; s++)
        if (bytes_equal_text(r->field[3], keyring_state_text(s)))
            h->state = s;
    if (h->state == KEYRING_NONE)
        fail(r, ERR_FORMAT, "a state is current, next or destroyed");
}

static void read_holder(struct reader *r, struct keyring *ring)
{
    struct keyring_holder h = {0};
    expect(r, "holder", 7);
    read_name(r, 1, h.name);
    h.generation = (uint32_t)number(r, 2, 1000000);
    read_state(r, &h);
    h.since = (int64_t)number(r, 4, INT64_MAX / 2);
    if (r->error)
        return;
    h.recoverable = !bytes_equal_text(r->field[6], "-");
    if (h.state != KEYRING_DESTROYED)
        sealed(r, 5, SEAL_KEY, SEAL_SECRET, h.sealed);
    else if (!bytes_equal_text(r->field[5], "-") || h.recoverable)
        fail(r, ERR_FORMAT, "a destroyed generation has no key");
    if (h.recoverable)
        sealed(r, 6, SEAL_PUBLIC, SEAL_TO_SECRET, h.recovery);
    if (h.recoverable && (!ring->recoverable || h.generation == 0))
        fail(r, ERR_FORMAT, "there is a wrap to recovery where there can be none");
    const struct keyring_holder *youngest = keyring_find(ring, h.name, KEYRING_NONE);
    if (youngest && youngest->state == KEYRING_NEXT)
        fail(r, ERR_FORMAT, "the next generation of a holder is its last line");
    if (youngest && youngest->generation >= h.generation)
        fail(r, ERR_DUPLICATE, "a holder's generations stand in their order, each once");
    if (h.state != KEYRING_DESTROYED && keyring_find(ring, h.name, h.state))
        fail(r, ERR_DUPLICATE, "a holder has one current generation, and one next at most");
    if (ring->count == KEYRING_HOLDERS_MAX)
        fail(r, ERR_SIZE, "there are more lines of holders than a ring can have");
    if (!r->error)
        ring->holders[ring->count++] = h;
}

/* As long as it says. */
static uint16_t blob(struct reader *r, size_t at, uint8_t *out)
{
    size_t length = r->error ? 0 : r->field[at].length / 2;
    if (!r->error && (length == 0 || length > TPM_BLOB_MAX))
        fail(r, ERR_SIZE, "what a TPM sealed has another length");
    hex(r, at, length, out);
    return (uint16_t)length;
}

static void read_tpm(struct reader *r, struct keyring *ring)
{
    expect(r, "tpm", 6);
    if (!r->error && ring->training)
        fail(r, ERR_FORMAT, "a training site has no TPM");
    if (!r->error && tpm_pcrs_parse(r->field[1], &ring->tpm.pcrs) != 0)
        fail(r, ERR_FORMAT, "PCRs stand there rising, with a comma between");
    ring->tpm_since = (int64_t)number(r, 2, INT64_MAX / 2);
    hex(r, 3, TPM_NAME, ring->tpm.name);
    ring->tpm.public_length = blob(r, 4, ring->tpm.public_blob);
    ring->tpm.private_length = blob(r, 5, ring->tpm.private_blob);
    next_line(r);
}

static void read_ring(struct reader *r, struct keyring *ring)
{
    read_begin(r, "casemate-keyring", &ring->training);
    next_line(r);
    expect(r, "serial", 2);
    ring->serial = number(r, 1, UINT64_MAX / 4);
    next_line(r);
    expect(r, "root", 4);
    ring->root_generation = (uint32_t)number(r, 1, 1000000);
    ring->root_since = (int64_t)number(r, 2, INT64_MAX / 2);
    sealed(r, 3, SEAL_KEY, SEAL_SECRET, ring->root);
    next_line(r);
    if (begins(r, "tpm"))
        read_tpm(r, ring);
    if (!r->error && !ring->training) {
        expect(r, "custodians", 4);
        read_custodians(r, SHARE_UNLOCK, &ring->custodians);
        read_commitments(r, "custodian", &ring->custodians);
    }
    ring->recoverable = begins(r, "recovery");
    if (ring->recoverable) {
        expect(r, "recovery", 6);
        read_custodians(r, SHARE_RECOVERY, &ring->recovery);
        hex_of(r, 4, SEAL_PUBLIC, SEAL_PUBLIC_LENGTH, ring->recovery_public);
        sealed(r, 5, SEAL_PUBLIC, SEAL_TO_SECRET, ring->root_recovery);
        read_commitments(r, "recoverer", &ring->recovery);
    }
    expect(r, "certificate", 2);
    if (!r->error && minisign_public_parse(r->field[1], &ring->certificate) != 0)
        fail(r, ERR_FORMAT, "the certificate's public key is not in minisign's form");
    for (next_line(r); begins(r, "holder"); next_line(r))
        read_holder(r, ring);
    expect(r, "mac", 2);
    hex_of(r, 1, BLAKE2B, 32, ring->mac);
    if (!r->error && bytes_left(&r->in))
        fail(r, ERR_TRAILING, "nothing may stand behind the mac");
}

int keyring_parse(struct bytes_view text, struct keyring *ret_ring, char why[static KEYRING_WHY])
{
    struct reader r = {.in = bytes_over(text.data, text.length), .why = why};
    memset(ret_ring, 0, sizeof *ret_ring);
    read_ring(&r, ret_ring);
    return r.error;
}

/* ---- a wrap ---- */

int keyring_wrap_print(const struct keyring_wrap *wrap, char out[static KEYRING_WRAP_MAX],
                       size_t *ret_length)
{
    struct bytes_put text = bytes_into(out, KEYRING_WRAP_MAX);
    put(&text, "casemate-wrap 1\nprofile modern\nkind %s\n",
        wrap->training ? "training" : "production");
    put_custodians(&text, "recovery", &wrap->recovery);
    put_hex(&text, " 02", wrap->recovery_public, SEAL_PUBLIC_LENGTH);
    put(&text, "\n");
    put_commitments(&text, "recoverer", &wrap->recovery);
    put(&text, "holder %s %" PRIu32, wrap->name, wrap->generation);
    put_hex(&text, " ", wrap->sealed, SEAL_TO_SECRET);
    put(&text, "\n");
    return bytes_put_done(&text, ret_length);
}

int keyring_wrap_parse(struct bytes_view text, struct keyring_wrap *ret_wrap,
                       char why[static KEYRING_WHY])
{
    struct reader r = {.in = bytes_over(text.data, text.length), .why = why};
    struct keyring_wrap wrap = {0};
    read_begin(&r, "casemate-wrap", &wrap.training);
    next_line(&r);
    expect(&r, "recovery", 5);
    read_custodians(&r, SHARE_RECOVERY, &wrap.recovery);
    hex_of(&r, 4, SEAL_PUBLIC, SEAL_PUBLIC_LENGTH, wrap.recovery_public);
    read_commitments(&r, "recoverer", &wrap.recovery);
    expect(&r, "holder", 4);
    read_name(&r, 1, wrap.name);
    wrap.generation = (uint32_t)number(&r, 2, 1000000);
    sealed(&r, 3, SEAL_PUBLIC, SEAL_TO_SECRET, wrap.sealed);
    if (!r.error && bytes_left(&r.in))
        fail(&r, ERR_TRAILING, "nothing may stand behind the holder");
    if (r.error == 0)
        *ret_wrap = wrap;
    return r.error;
}

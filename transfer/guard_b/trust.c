#include "transfer/guard_b/trust.h"

#include <string.h>

#include <sodium.h>

#define TEXT_KEY_BYTES (2 + B_KEY_ID + B_KEY_LENGTH)

void b_trust_key(const uint8_t point[static B_KEY_LENGTH], struct b_key *ret_key)
{
    uint8_t digest[B_DIGEST_LENGTH];
    b_digits_digest(point, B_KEY_LENGTH, digest);
    memcpy(ret_key->id, digest, B_KEY_ID);
    memcpy(ret_key->point, point, B_KEY_LENGTH);
}

void b_trust_site(struct b_reader *r, char out[static B_SITE_MAX + 1])
{
    struct b_view site = b_reader_word(r, B_LOWER B_DECIMAL "-", 1, B_SITE_MAX);
    if (site.length && site.data[0] == '-')
        r->failed = true;
    memcpy(out, site.data, site.length);
    out[site.length] = '\0';
}

static void hex_key(struct b_reader *r, struct b_key *ret_key)
{
    uint8_t point[B_KEY_LENGTH];
    b_reader_hex(r, sizeof point, point);
    b_trust_key(point, ret_key);
}

/* A public key as minisign writes it, with the key id that belongs to it and no other. */
static void text_key(struct b_reader *r, struct b_key *ret_key)
{
    uint8_t bytes[TEXT_KEY_BYTES] = {0};
    struct b_view text = b_reader_run(r, B_BASE64_LENGTH(TEXT_KEY_BYTES));
    if (r->failed)
        return;
    if (!b_digits_from_base64(text.data, sizeof bytes, bytes) || bytes[0] != 'E' || bytes[1] != 'd')
        r->failed = true;
    b_trust_key(bytes + 2 + B_KEY_ID, ret_key);
    if (memcmp(ret_key->id, bytes + 2, B_KEY_ID) != 0)
        r->failed = true;
}

/* One to three names, in the order of their numbers. */
static void factors(struct b_reader *r, bool admitted[static 4])
{
    static const char *const name[] = {NULL, "\"badge+pin\"", "\"fido2\"", "\"piv\""};
    unsigned found = 0;
    b_reader_text(r, "\"factors\":[");
    for (unsigned i = 1; i <= 3; i++) {
        if (found && b_reader_meets(r, "]"))
            break;
        const char *comma = found ? "," : "";
        struct b_reader ahead = *r;
        b_reader_text(&ahead, comma);
        if (!b_reader_meets(&ahead, name[i]))
            continue;
        b_reader_text(&ahead, name[i]);
        *r = ahead;
        admitted[i] = true;
        found++;
    }
    if (!found)
        r->failed = true;
    b_reader_text(r, "],");
}

static bool keys_are_sound(const struct b_trust *trust, struct b_refusal *why, int *ret_error)
{
    for (int i = 0; i < B_ROLES; i++) {
        /* also refuses a point outside the prime-order group: such a key is nobody's */
        if (!crypto_core_ed25519_is_valid_point(trust->key[i].point)) {
            *ret_error = b_refuse(why, ERR_KEY, "root.json: a key is not a usable Ed25519 point");
            return false;
        }
        for (int k = 0; k < i; k++)
            if (memcmp(trust->key[i].point, trust->key[k].point, B_KEY_LENGTH) == 0 ||
                memcmp(trust->key[i].id, trust->key[k].id, B_KEY_ID) == 0) {
                *ret_error = b_refuse(why, ERR_DUPLICATE, "root.json: one key stands in two roles");
                return false;
            }
    }
    return true;
}

int b_trust_read(struct b_view file, struct b_trust *ret_trust, struct b_refusal *why)
{
    static const char *const names[] = {"\"guard-a\":\"", "\",\"guard-b\":\"", "\",\"orders\":\"",
                                        "\",\"orders-outer\":\"", "\",\"outer\":\""};
    static const char *const kinds[] = {"training", "production", NULL};
    struct b_trust trust = {0};
    struct b_reader r = b_reader_over(file);
    int error = 0;
    if (file.length > B_TRUST_MAX)
        return b_refuse(why, ERR_SIZE, "root.json is longer than 2048 bytes");
    b_reader_text(&r, "{\"checkpoint\":\"");
    hex_key(&r, &trust.key[B_ROLE_CHECKPOINT]);
    b_reader_text(&r, "\",");
    factors(&r, trust.factor);
    b_reader_text(&r, "\"keys\":{");
    for (int i = B_ROLE_GUARD_A; i <= B_ROLE_OUTER; i++) {
        b_reader_text(&r, names[i]);
        text_key(&r, &trust.key[i]);
    }
    b_reader_text(&r, "\"},\"kind\":\"");
    (void)b_reader_choice(&r, kinds);
    b_reader_text(&r, ",\"site\":\"");
    b_trust_site(&r, trust.site);
    b_reader_text(&r, "\",\"snapshot\":\"");
    hex_key(&r, &trust.key[B_ROLE_SNAPSHOT]);
    b_reader_text(&r, "\",\"statement\":\"");
    hex_key(&r, &trust.key[B_ROLE_STATEMENT]);
    b_reader_text(&r, "\",\"v\":\"mes-xfer-root/1\",\"version\":1}\n");
    if (!b_reader_done(&r))
        return b_refuse(why, ERR_FORMAT, "root.json is not in its one form");
    if (!keys_are_sound(&trust, why, &error))
        return error;
    b_digits_digest(file.data, file.length, trust.digest);
    *ret_trust = trust;
    return 0;
}

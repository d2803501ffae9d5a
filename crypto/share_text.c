/* The forms of a share and of the site's file of custodians; crypto/shares.h describes them. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/shares.h"

#define ROW_BYTES  9
#define ROW_LETTER 16 /* (9 + 1) * 8 / 5 */
#define LETTERS    (SHARE_ROWS * ROW_LETTER)
#define BYTES      (SHARE_ROWS * ROW_BYTES)
#define CHECKED    43

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* ---- a share ---- */

static uint8_t row_check(unsigned row, const uint8_t bytes[static ROW_BYTES])
{
    uint8_t data[1 + ROW_BYTES] = {(uint8_t)row}, digest[32];
    memcpy(data + 1, bytes, ROW_BYTES);
    hash_content("casemate/share-row/1", bytes_view_of(data, sizeof data), digest);
    sodium_memzero(data, sizeof data);
    return digest[0];
}

static void text_check(const uint8_t bytes[static CHECKED], uint8_t out[static 2])
{
    uint8_t digest[32];
    hash_content("casemate/share-text/1", bytes_view_of(bytes, CHECKED), digest);
    memcpy(out, digest, 2);
}

static void print_row(unsigned row, const uint8_t bytes[static ROW_BYTES], char out[static 20])
{
    uint8_t all[ROW_BYTES + 1];
    memcpy(all, bytes, ROW_BYTES);
    all[ROW_BYTES] = row_check(row, bytes);
    for (unsigned i = 0; i < ROW_LETTER; i++) {
        unsigned bit = 5 * i, two = (unsigned)all[bit / 8] << 8;
        if (bit / 8 + 1 < sizeof all)
            two |= all[bit / 8 + 1];
        *out++ = alphabet[two >> (11 - bit % 8) & 31];
        if (i % 4 == 3)
            *out++ = i + 1 == ROW_LETTER ? '\n' : '-';
    }
    sodium_memzero(all, sizeof all);
}

void share_print(const struct share *share, char out[static SHARE_TEXT + 1])
{
    uint8_t bytes[BYTES];
    struct bytes_put put = bytes_into(bytes, sizeof bytes);
    bytes_put_u8(&put, (uint8_t)share->kind);
    bytes_put_fixed(&put, share->site, SHARE_SITE);
    bytes_put_u8(&put, share->index);
    bytes_put_u8(&put, share->threshold);
    bytes_put_fixed(&put, share->data, SHARE_LENGTH);
    text_check(bytes, bytes + CHECKED);
    for (unsigned row = 0; row < SHARE_ROWS; row++)
        print_row(row, bytes + row * ROW_BYTES, out + 20 * row);
    out[SHARE_TEXT] = '\0';
    sodium_memzero(bytes, sizeof bytes);
}

/* 0 to 31, or -1.  A person reads O for 0, and I or L for 1. */
static int value_of(uint8_t c)
{
    uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    if (upper == 'O')
        upper = '0';
    if (upper == 'I' || upper == 'L')
        upper = '1';
    const char *at = upper ? strchr(alphabet, upper) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

static int take_letters(struct bytes_view text, uint8_t letters[static LETTERS],
                        char why[static SHARE_WHY])
{
    size_t n = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (c == '-' || c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        int value = value_of(c);
        if (value < 0) {
            snprintf(why, SHARE_WHY, "Row %zu of the share has a character that no share has.",
                     n / ROW_LETTER + 1);
            return ERR_FORMAT;
        }
        if (n == LETTERS) {
            snprintf(why, SHARE_WHY, "The share is longer than %d characters.", LETTERS);
            return ERR_TRAILING;
        }
        letters[n++] = (uint8_t)value;
    }
    if (n == LETTERS)
        return 0;
    snprintf(why, SHARE_WHY, "The share ends in row %zu; it has %d rows of %d characters.",
             n / ROW_LETTER + 1, SHARE_ROWS, ROW_LETTER);
    return ERR_TRUNCATED;
}

static int take_row(unsigned row, const uint8_t letters[static ROW_LETTER],
                    uint8_t out[static ROW_BYTES], char why[static SHARE_WHY])
{
    uint8_t all[ROW_BYTES + 1] = {0};
    for (unsigned i = 0; i < ROW_LETTER; i++)
        for (unsigned bit = 0; bit < 5; bit++)
            all[(5 * i + bit) / 8] |=
                (uint8_t)((letters[i] >> (4 - bit) & 1) << (7 - (5 * i + bit) % 8));
    bool good = row_check(row, all) == all[ROW_BYTES];
    if (good)
        memcpy(out, all, ROW_BYTES);
    else
        snprintf(why, SHARE_WHY, "Row %u of the share is mistyped.", row + 1);
    sodium_memzero(all, sizeof all);
    return good ? 0 : ERR_FORMAT;
}

int share_parse(struct bytes_view text, struct share *ret_share, char why[static SHARE_WHY])
{
    uint8_t letters[LETTERS], bytes[BYTES], check[2];
    struct share s;
    int r = take_letters(text, letters, why);
    for (unsigned row = 0; r == 0 && row < SHARE_ROWS; row++)
        r = take_row(row, letters + row * ROW_LETTER, bytes + row * ROW_BYTES, why);
    if (r)
        goto out;
    struct bytes in = bytes_over(bytes, sizeof bytes);
    uint8_t version = bytes_u8(&in);
    bytes_fixed(&in, s.site, SHARE_SITE);
    s.index = bytes_u8(&in);
    s.threshold = bytes_u8(&in);
    bytes_fixed(&in, s.data, SHARE_LENGTH);
    text_check(bytes, check);
    s.kind = version == SHARE_UNLOCK ? SHARE_UNLOCK : SHARE_RECOVERY;
    if (version != SHARE_UNLOCK && version != SHARE_RECOVERY) {
        snprintf(why, SHARE_WHY, "The share is of form %u, which is not known here.", version);
        r = ERR_FORMAT;
    } else if (memcmp(check, bytes + CHECKED, 2) != 0) {
        snprintf(why, SHARE_WHY, "The share is mistyped: its rows do not belong together.");
        r = ERR_FORMAT;
    } else {
        *ret_share = s;
    }
out:
    sodium_memzero(letters, sizeof letters);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(&s, sizeof s);
    return r;
}

/* ---- the custodians ---- */

static void put_line(struct bytes_put *out, const char *word, const char *value)
{
    bytes_put_fixed(out, word, strlen(word));
    bytes_put_u8(out, ' ');
    bytes_put_fixed(out, value, strlen(value));
    bytes_put_u8(out, '\n');
}

int custodians_print(const struct custodians *custodians, char out[static CUSTODIANS_MAX],
                     size_t *ret_length)
{
    struct bytes_put put = bytes_into(out, CUSTODIANS_MAX);
    char text[65];
    put_line(&put, "casemate-custodians", "1");
    bytes_to_hex(custodians->site, SHARE_SITE, text);
    put_line(&put, "site", text);
    snprintf(text, sizeof text, "%u", custodians->threshold);
    put_line(&put, "threshold", text);
    bytes_to_hex(custodians->check, 16, text);
    put_line(&put, "check", text);
    for (unsigned i = 0; i < custodians->count; i++) {
        bytes_to_hex(custodians->commitment[i], 32, text);
        put_line(&put, "share", text);
    }
    return bytes_put_done(&put, ret_length);
}

/* The value of a line that begins with ${word} and a blank. */
static struct bytes_view value_line(struct bytes *in, const char *word)
{
    size_t n = strlen(word);
    struct bytes_view line = bytes_line(in);
    if (!in->error &&
        (line.length < n + 1 || memcmp(line.data, word, n) != 0 || line.data[n] != ' '))
        in->error = ERR_FORMAT;
    return in->error ? (struct bytes_view){0}
                     : bytes_view_of(line.data + n + 1, line.length - n - 1);
}

static void hex_line(struct bytes *in, const char *word, size_t length, uint8_t *out)
{
    struct bytes_view text = value_line(in, word);
    if (!in->error)
        in->error = bytes_from_hex(text, length, out);
}

int custodians_parse(struct bytes_view text, struct custodians *ret_custodians)
{
    struct bytes in = bytes_over(text.data, text.length);
    struct custodians c = {.kind = SHARE_UNLOCK};
    if (!bytes_equal_text(value_line(&in, "casemate-custodians"), "1"))
        return in.error ? in.error : ERR_FORMAT;
    hex_line(&in, "site", SHARE_SITE, c.site);
    struct bytes_view number = value_line(&in, "threshold");
    for (uint32_t i = 0; !in.error && i < number.length; i++) {
        if (number.data[i] < '0' || number.data[i] > '9' || (i == 0 && number.data[i] == '0') ||
            number.length > 2)
            in.error = ERR_FORMAT;
        else
            c.threshold = (uint8_t)(c.threshold * 10 + number.data[i] - '0');
    }
    hex_line(&in, "check", 16, c.check);
    while (!in.error && bytes_left(&in)) {
        if (c.count == SHARES_MAX)
            return ERR_SIZE;
        hex_line(&in, "share", 32, c.commitment[c.count]);
        c.count++;
    }
    int r = bytes_done(&in);
    if (r == 0 && (c.threshold < SHARES_LEAST || c.threshold > c.count))
        r = ERR_RANGE;
    if (r == 0)
        *ret_custodians = c;
    return r;
}

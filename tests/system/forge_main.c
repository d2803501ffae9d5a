/*
 * Words that identity never said, for the negative tests.
 *   forge token KEY TOKEN OTHER          variants of a token that is good
 *   forge statement KEY STATEMENT OTHER  variants of a signed statement that is good
 * KEY is a training site's key file, beside its key ring, OTHER the id of another enclave of it.
 * Prints "NAME TEXT" a line.  What is called other, old, early or unknown bears identity's own
 * signature: a word that was said, for something or somebody else.  What is called altered keeps
 * the signature it had.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/identity/token.h"
#include "crypto/statement.h"
#include "enclave/keys/keyring.h"

#define MINUTE_MS 60000

static struct secret *own, *identity;

static void must(int r)
{
    if (r)
        exit(1);
}

static void keys(const char *path)
{
    static struct keyring ring;
    uint8_t bytes[32], random[32];
    char keeper[1024], why[KEYRING_WHY];
    struct secret *unlock, *root;
    FILE *in = fopen(path, "re");
    if (!in || fread(bytes, 1, 32, in) != 32)
        exit(2);
    fclose(in);
    const char *slash = strrchr(path, '/');
    snprintf(keeper, sizeof keeper, "%.*s/keeper", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    int dir = open(keeper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    randombytes_buf(random, sizeof random);
    must(secret_copy(bytes, 32, &unlock));
    must(secret_copy(random, 32, &own));
    must(keyring_load(dir, &ring, why));
    must(keyring_open(&ring, unlock, NULL, &root, why));
    for (size_t i = 0; i < topology_keys_count; i++)
        if (topology_keys[i].number == KEY_IDENTITY_STATEMENT)
            must(keyring_derive(&ring, root, &topology_keys[i], "", &identity));
}

/* ---- tokens ---- */

static void print_token(const char *name, const uint8_t bytes[static TOKEN_LENGTH])
{
    char text[TOKEN_TEXT + 1];
    sodium_bin2base64(text, sizeof text, bytes, TOKEN_LENGTH,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    printf("%s %s\n", name, text);
}

static void sign_token(const char *name, const struct secret *key, const char *purpose,
                       const uint8_t body[static TOKEN_BODY])
{
    uint8_t bytes[TOKEN_LENGTH];
    memcpy(bytes, body, TOKEN_BODY);
    must(sign_make(key, purpose, bytes_view_of(body, TOKEN_BODY), bytes + TOKEN_BODY));
    print_token(name, bytes);
}

/* ${length} bytes at ${at} are others, and identity has signed it. */
static void other_token(const char *name, const uint8_t good[static TOKEN_LENGTH], size_t at,
                        const void *data, size_t length)
{
    uint8_t bytes[TOKEN_LENGTH];
    memcpy(bytes, good, TOKEN_LENGTH);
    memcpy(bytes + at, data, length);
    sign_token(name, identity, "casemate/token/2", bytes);
}

static void other_time(const char *name, const uint8_t good[static TOKEN_LENGTH], size_t at,
                       int64_t by_ms)
{
    uint64_t value = 0;
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        value = value << 8 | good[at + (size_t)i];
    value += (uint64_t)by_ms;
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
    other_token(name, good, at, bytes, 8);
}

static void tokens(const char *text, const char *other)
{
    /* where the fields of the byte form in token.h begin */
    static const struct {
        const char *name;
        size_t at;
    } fields[] = {{"version", 0},
                  {"audience", 1},
                  {"person", 9},
                  {"natural", 25},
                  {"escort", 41},
                  {"session", 57},
                  {"station", 73},
                  {"factor", 89},
                  {"boot", 90},
                  {"issued", 106},
                  {"verified", 114},
                  {"expires", 122},
                  {"signature", TOKEN_LENGTH - 1}};
    uint8_t good[TOKEN_LENGTH], bytes[TOKEN_LENGTH], random[16];
    char name[40];
    size_t n;
    if (sodium_base642bin(good, sizeof good, text, strlen(text), NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        n != TOKEN_LENGTH)
        exit(2);
    sign_token("any-key", own, "casemate/token/2", good);
    sign_token("other-purpose", identity, STATEMENT_PURPOSE, good);
    memcpy(bytes, good, sizeof bytes);
    memset(bytes + TOKEN_BODY, 0, SIGN_LENGTH);
    print_token("no-signature", bytes);
    memcpy(bytes, good, sizeof bytes);
    bytes[TOKEN_BODY] = 2;
    print_token("other-algorithm", bytes);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        memcpy(bytes, good, sizeof bytes);
        bytes[fields[i].at] ^= 1;
        snprintf(name, sizeof name, "altered-%s", fields[i].name);
        print_token(name, bytes);
    }
    randombytes_buf(random, sizeof random);
    other_token("other-version", good, 0, "\1", 1);
    other_token("other-program", good, 1, other, 8);
    other_token("other-audience", good, 1, TOKEN_ENTRY, 8);
    other_token("unknown-person", good, 9, random, 16);
    other_token("other-station", good, 73, random, 16);
    other_token("other-factor", good, 89, "\0", 1);
    other_token("other-boot", good, 90, random, 16);
    other_time("early", good, 106, 10 * MINUTE_MS);
    other_time("verified-late", good, 114, 10 * MINUTE_MS);
    /* until it was made: whatever the hour, that is over */
    other_token("old", good, 122, good + 106, 8);
}

/* ---- statements ---- */

static void print_statement(const char *name, const uint8_t *bytes, size_t length)
{
    char text[2 * STATEMENT_MAX];
    sodium_bin2base64(text, sizeof text, bytes, length, sodium_base64_VARIANT_ORIGINAL);
    printf("%s %s\n", name, text);
}

static void sign_statement(const char *name, const struct secret *key, const struct statement *s)
{
    uint8_t bytes[STATEMENT_MAX];
    size_t length;
    must(statement_sign(key, s, bytes, &length));
    print_statement(name, bytes, length);
}

static void statements(const char *text, const char *other)
{
    uint8_t good[STATEMENT_MAX], bytes[STATEMENT_MAX + 1] = {0}, public[SIGN_PUBLIC_LENGTH];
    struct statement s, t;
    size_t n;
    if (sodium_base642bin(good, sizeof good, text, strlen(text), NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        exit(2);
    must(sign_public(identity, public));
    must(statement_check(public, bytes_view_of(good, n), &s));
    sign_statement("any-key", own, &s);
    for (size_t at = 0; at < n; at += 7) { /* through every field of it, and the signature */
        char name[40];
        memcpy(bytes, good, n);
        bytes[at] ^= 1;
        snprintf(name, sizeof name, "altered-at-%zu", at);
        print_statement(name, bytes, n);
    }
    memcpy(bytes, good, n);
    print_statement("longer", bytes, n + 1);
    print_statement("shorter", bytes, n - 1);
#define OTHER(name, change)                                                                        \
    t = s;                                                                                         \
    change;                                                                                        \
    sign_statement(name, identity, &t);
    OTHER("other-program", memcpy(t.enclave, other, 8))
    OTHER("other-person", t.person[0] ^= 1)
    OTHER("other-session", t.session[0] ^= 1)
    OTHER("other-station", t.station[0] ^= 1)
    OTHER("other-operation", t.operation++)
    OTHER("other-action", t.action[0] ^= 1)
    OTHER("old", t.at_ms -= 3 * MINUTE_MS)
    OTHER("early", t.at_ms += 6 * MINUTE_MS)
#undef OTHER
}

int main(int argc, char **argv)
{
    if (argc != 5 || strlen(argv[4]) != 8 || sodium_init() < 0)
        return 2;
    keys(argv[2]);
    if (strcmp(argv[1], "token") == 0)
        tokens(argv[3], argv[4]);
    else
        statements(argv[3], argv[4]);
    return 0;
}

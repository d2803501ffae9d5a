#include "crypto/derive.h"

#include <sodium.h>
#include <string.h>

#include "crypto/bytes.h"

#define DERIVE_LENGTH   32
#define DERIVE_TEXT_MAX 64
#define STACK_BELOW     4096

/* The length in front keeps ("ab", "c") and ("a", "bc") apart. */
static void add(crypto_generichash_state *state, const char *text)
{
    uint8_t length[4];
    struct bytes_put put = bytes_into(length, sizeof(length));

    bytes_put_u32(&put, (uint32_t)strlen(text));
    crypto_generichash_update(state, length, sizeof(length));
    crypto_generichash_update(state, (const uint8_t *)text, strlen(text));
}

static int is_text(const char *text)
{
    return text[0] && strlen(text) <= DERIVE_TEXT_MAX;
}

static int is_kind(const char *site_kind)
{
    return strcmp(site_kind, "training") == 0 || strcmp(site_kind, "production") == 0;
}

/* BLAKE2b's last step leaves the key on the stack below us: found there in the keeper. */
static void forget(crypto_generichash_state *state)
{
    sodium_memzero(state, sizeof(*state));
    sodium_stackzero(STACK_BELOW);
}

int derive_key(const struct secret *root, const char *site_kind, const char *holder,
               const char *purpose, struct secret **ret_key)
{
    crypto_generichash_state state;
    struct secret *key = NULL;
    int r;

    if (secret_length(root) != DERIVE_LENGTH)
        return ERR_KEY;
    if (!is_kind(site_kind))
        return ERR_RANGE;
    if (!is_text(holder) || !is_text(purpose))
        return ERR_RANGE;
    r = secret_new(DERIVE_LENGTH, &key);
    if (r)
        return r;
    crypto_generichash_init(&state, secret_open(root), DERIVE_LENGTH, DERIVE_LENGTH);
    secret_close(root);
    add(&state, "casemate/derive/1");
    add(&state, site_kind);
    add(&state, holder);
    add(&state, purpose);
    crypto_generichash_final(&state, secret_open_writable(key), DERIVE_LENGTH);
    secret_close(key);
    forget(&state);
    *ret_key = key;
    return 0;
}

int derive_both(const struct secret *a, const struct secret *b, const char *site_kind,
                const char *purpose, struct secret **ret_key)
{
    crypto_generichash_state state;
    struct secret *key = NULL;
    int r;

    if (secret_length(a) != DERIVE_LENGTH || secret_length(b) != DERIVE_LENGTH)
        return ERR_KEY;
    if (!is_kind(site_kind) || !is_text(purpose))
        return ERR_RANGE;
    r = secret_new(DERIVE_LENGTH, &key);
    if (r)
        return r;
    crypto_generichash_init(&state, secret_open(a), DERIVE_LENGTH, DERIVE_LENGTH);
    secret_close(a);
    add(&state, "casemate/derive-both/1");
    add(&state, site_kind);
    add(&state, purpose);
    crypto_generichash_update(&state, secret_open(b), DERIVE_LENGTH);
    secret_close(b);
    crypto_generichash_final(&state, secret_open_writable(key), DERIVE_LENGTH);
    secret_close(key);
    forget(&state);
    *ret_key = key;
    return 0;
}

/* Whom a site's ring must know, and a program's key that comes from another site. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/derive.h"
#include "enclave/keys/keyring.h"

#define CERTIFIES "keeper"

static const char *const services[] = {"identity", TOPOLOGY_IDENTITY_STORE,
                                       "auditor",  "guard-a",
                                       "guard-b",  "entry",
                                       "gateways", "certifier",
                                       CERTIFIES};

const char *keyring_service(size_t at)
{
    return at < sizeof services / sizeof *services ? services[at] : NULL;
}

int keyring_certificate_key(const struct keyring *ring, const struct secret *root,
                            struct secret **ret_seed)
{
    const struct keyring_holder *h = keyring_find(ring, CERTIFIES, KEYRING_CURRENT);
    struct secret *key = NULL;
    if (!h)
        return ERR_UNKNOWN;
    int r = keyring_key(ring, root, h, &key);
    if (r == 0)
        r = derive_key(key, ring->training ? "training" : "production", CERTIFIES, "certificate",
                       ret_seed);
    secret_free(key);
    return r;
}

static int add_missing(struct keyring *ring, const struct secret *root, const char *name,
                       uint32_t generation, int64_t now, size_t *added)
{
    if (keyring_find(ring, name, KEYRING_NONE))
        return 0;
    ++*added;
    return keyring_add(ring, root, name, generation, generation ? NULL : root, KEYRING_CURRENT,
                       now);
}

/* A ring from before identity's store had a line of its own: the store has identity's key, which
 * stays in its own line, too, until the first rekey gives it another. */
static int add_identity_store(struct keyring *ring, const struct secret *root, int64_t now,
                              size_t *added)
{
    const struct keyring_holder *identity = keyring_find(ring, "identity", KEYRING_CURRENT);
    struct secret *key = NULL;
    if (!identity || keyring_find(ring, TOPOLOGY_IDENTITY_STORE, KEYRING_NONE))
        return 0;
    int r = keyring_key(ring, root, identity, &key);
    if (r == 0)
        r = keyring_add(ring, root, TOPOLOGY_IDENTITY_STORE, identity->generation, key,
                        KEYRING_CURRENT, now);
    secret_free(key);
    *added += r == 0;
    return r;
}

int keyring_fill(struct keyring *ring, const struct secret *root,
                 const char (*enclaves)[ENCLAVE_ID_LENGTH + 1], size_t count, uint32_t generation,
                 int64_t now, size_t *ret_added)
{
    struct secret *seed = NULL;
    size_t added = 0;
    int r = add_identity_store(ring, root, now, &added);
    for (size_t i = 0; r == 0 && keyring_service(i); i++)
        r = add_missing(ring, root, keyring_service(i), generation, now, &added);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = add_missing(ring, root, enclaves[i], generation, now, &added);
    if (r == 0 && added)
        r = keyring_certificate_key(ring, root, &seed);
    if (r == 0 && added)
        r = minisign_public_of(seed, &ring->certificate);
    secret_free(seed);
    if (r == 0)
        *ret_added = added;
    return r;
}

/* ---- a program's key on another machine ---- */

int keyring_wrap_of(const struct keyring *ring, const char *name, struct keyring_wrap *ret_wrap)
{
    const struct keyring_holder *h = keyring_find(ring, name, KEYRING_CURRENT);
    if (!ring->recoverable || !h || !h->recoverable)
        return ERR_UNKNOWN;
    struct keyring_wrap wrap = {
        .training = ring->training, .recovery = ring->recovery, .generation = h->generation};
    memcpy(wrap.recovery_public, ring->recovery_public, SEAL_PUBLIC_LENGTH);
    memcpy(wrap.name, h->name, sizeof wrap.name);
    memcpy(wrap.sealed, h->recovery, SEAL_TO_SECRET);
    *ret_wrap = wrap;
    return 0;
}

int keyring_wrap_open(const struct keyring_wrap *wrap, const struct share *shares, size_t count,
                      struct secret **ret_key, char why[static KEYRING_WHY])
{
    struct secret *recovery = NULL;
    struct seal_about about = {"holder-recovery", wrap->name, wrap->generation};
    char said[SHARE_WHY] = "";
    int r = shares_combine(&wrap->recovery, shares, count, &recovery, said);
    if (r) {
        snprintf(why, KEYRING_WHY, "%s", said);
        return r;
    }
    r = unseal_secret_to(recovery, &about, wrap->sealed, ret_key);
    if (r)
        snprintf(why, KEYRING_WHY,
                 "The key of %s, generation %u, does not open with these recovery shares: its line "
                 "was changed.",
                 wrap->name, wrap->generation);
    secret_free(recovery);
    return r;
}

int keyring_adopt(struct keyring *ring, const struct secret *root, const struct keyring_wrap *wrap,
                  const struct secret *key, int64_t now)
{
    if (wrap->training != ring->training)
        return ERR_RANGE;
    return keyring_add(ring, root, wrap->name, wrap->generation, key, KEYRING_CURRENT, now);
}

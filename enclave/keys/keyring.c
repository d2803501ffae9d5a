#include "enclave/keys/keyring.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/derive.h"

static const char *kind_of(const struct keyring *ring)
{
    return ring->training ? "training" : "production";
}

static struct seal_about about_root(uint32_t generation)
{
    return (struct seal_about){"root", "site", generation};
}

static struct seal_about about_root_recovery(uint32_t generation)
{
    return (struct seal_about){"root-recovery", "site", generation};
}

static struct seal_about about_holder(const struct keyring_holder *h)
{
    return (struct seal_about){"holder", h->name, h->generation};
}

static struct seal_about about_holder_recovery(const char *name, uint32_t generation)
{
    return (struct seal_about){"holder-recovery", name, generation};
}

const char *keyring_state_text(enum keyring_state state)
{
    static const char *const texts[] = {"none", "current", "next", "destroyed"};
    return texts[state];
}

/* ---- making and opening ---- */

bool keyring_has_tpm(const struct keyring *ring)
{
    return ring->tpm.public_length > 0;
}

static int unlock_key(const char *kind, const struct secret *unlock, const struct secret *tpm,
                      struct secret **ret_key)
{
    return tpm ? derive_both(unlock, tpm, kind, "unlock", ret_key)
               : derive_key(unlock, kind, "site", "unlock", ret_key);
}

static int wrap_root(struct keyring *ring, const struct secret *unlock, const struct secret *tpm,
                     const struct secret *root)
{
    struct secret *key = NULL;
    struct seal_about about = about_root(ring->root_generation);
    int r = unlock_key(kind_of(ring), unlock, tpm, &key);
    if (r == 0)
        r = seal_secret(key, &about, root, ring->root);
    secret_free(key);
    return r;
}

int keyring_make(bool training, const struct custodians *custodians, const struct secret *unlock,
                 const struct secret *root, uint32_t generation, int64_t now,
                 struct keyring *ret_ring)
{
    if (training == (custodians != NULL))
        return ERR_STATE;
    memset(ret_ring, 0, sizeof *ret_ring);
    ret_ring->training = training;
    ret_ring->root_generation = generation;
    ret_ring->root_since = now;
    if (custodians)
        ret_ring->custodians = *custodians;
    return wrap_root(ret_ring, unlock, NULL, root);
}

static int mac_is_right(const struct keyring *ring, const struct secret *root)
{
    static char text[KEYRING_TEXT_MAX];
    char said[65], mac[65];
    size_t length = 0;
    int r = keyring_print(ring, root, text, &length);
    if (r)
        return r;
    bytes_to_hex(ring->mac, 32, said);
    memcpy(mac, text + length - 65, 64);
    sodium_memzero(text, length);
    return sodium_memcmp(mac, said, 64) == 0 ? 0 : ERR_DIGEST;
}

static int check_holder(const struct keyring *ring, const struct secret *root,
                        const struct keyring_holder *h, char why[static KEYRING_WHY])
{
    struct secret *key = NULL;
    if (h->state == KEYRING_DESTROYED)
        return 0;
    int r = keyring_key(ring, root, h, &key);
    secret_free(key);
    if (r)
        snprintf(why, KEYRING_WHY,
                 "The line of holder %s, generation %u, in the key ring was changed: its key does "
                 "not open.",
                 h->name, h->generation);
    return r;
}

/* Everything that ${root} can say about the ring. */
static int check(const struct keyring *ring, const struct secret *root,
                 char why[static KEYRING_WHY])
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < ring->count; i++)
        r = check_holder(ring, root, &ring->holders[i], why);
    if (r)
        return r;
    r = mac_is_right(ring, root);
    if (r)
        snprintf(why, KEYRING_WHY,
                 "The key ring was changed, in a line that holds no key (a date, a state, a "
                 "custodian, a recovery wrap): its mac is another.");
    return r;
}

int keyring_open(const struct keyring *ring, const struct secret *unlock, const struct secret *tpm,
                 struct secret **ret_root, char why[static KEYRING_WHY])
{
    struct secret *key = NULL, *root = NULL;
    struct seal_about about = about_root(ring->root_generation);
    int r = unlock_key(kind_of(ring), unlock, keyring_has_tpm(ring) ? tpm : NULL, &key);
    if (r == 0)
        r = unseal_secret(key, &about, ring->root, &root);
    secret_free(key);
    if (r)
        snprintf(why, KEYRING_WHY, "%s",
                 ring->training
                     ? "The root key does not open with this key file: it is another site's, or "
                       "the line \"root\" of the key ring was changed."
                     : "The root key does not open with what these shares give: the line \"root\" "
                       "of the key ring was changed.");
    if (r == 0)
        r = check(ring, root, why);
    if (r)
        secret_free(root);
    else
        *ret_root = root;
    return r;
}

int keyring_open_recovery(const struct keyring *ring, const struct secret *recovery,
                          struct secret **ret_root, char why[static KEYRING_WHY])
{
    struct secret *root = NULL;
    struct seal_about about = about_root_recovery(ring->root_generation);
    if (!ring->recoverable) {
        snprintf(why, KEYRING_WHY, "This site's key ring has no recovery.");
        return ERR_STATE;
    }
    int r = unseal_secret_to(recovery, &about, ring->root_recovery, &root);
    if (r)
        snprintf(why, KEYRING_WHY,
                 "The root key does not open with what these recovery shares give: the line "
                 "\"recovery\" of the key ring was changed.");
    if (r == 0)
        r = check(ring, root, why);
    if (r)
        secret_free(root);
    else
        *ret_root = root;
    return r;
}

/* ---- other custodians ---- */

static int reseal(struct keyring_holder *h, const struct secret *from, const struct secret *to)
{
    struct secret *key = NULL;
    struct seal_about about = about_holder(h);
    if (h->state == KEYRING_DESTROYED)
        return 0;
    int r = unseal_secret(from, &about, h->sealed, &key);
    if (r == 0)
        r = seal_secret(to, &about, key, h->sealed);
    secret_free(key);
    return r;
}

/* Where a change is made before it is known to be whole; empty otherwise: what a ring does not have
 * any more is nowhere. */
static struct keyring draft;

static void set_lock(struct keyring *ring, const struct keyring_lock *lock, int64_t now)
{
    ring->custodians = *lock->custodians;
    if (lock->sealed &&
        !(keyring_has_tpm(ring) && memcmp(&ring->tpm, lock->sealed, sizeof ring->tpm) == 0))
        ring->tpm_since = now;
    ring->tpm = lock->sealed ? *lock->sealed : (struct tpm_sealed){0};
    ring->root_generation++;
    ring->root_since = now;
}

int keyring_rewrap(struct keyring *ring, const struct secret *root, const struct keyring_lock *lock,
                   int64_t now, struct secret **ret_root)
{
    struct secret *fresh = NULL;
    struct seal_about about = about_root_recovery(ring->root_generation + 1);
    if (ring->training || !lock->sealed != !lock->tpm)
        return ERR_STATE;
    draft = *ring;
    set_lock(&draft, lock, now);
    int r = secret_random(32, &fresh);
    if (r == 0)
        r = wrap_root(&draft, lock->unlock, lock->tpm, fresh);
    if (r == 0 && draft.recoverable)
        r = seal_secret_to(draft.recovery_public, &about, fresh, draft.root_recovery);
    for (size_t i = 0; r == 0 && i < draft.count; i++)
        r = reseal(&draft.holders[i], root, fresh);
    if (r) {
        secret_free(fresh);
    } else {
        *ring = draft;
        *ret_root = fresh;
    }
    sodium_memzero(&draft, sizeof draft);
    return r;
}

/* A holder's key to recovery.  That of generation 0 opens every holder's: it is not given away. */
static int wrap_holder(const struct keyring *ring, struct keyring_holder *h,
                       const struct secret *key)
{
    struct seal_about about = about_holder_recovery(h->name, h->generation);
    h->recoverable = ring->recoverable && h->generation > 0;
    memset(h->recovery, 0, sizeof h->recovery);
    return h->recoverable ? seal_secret_to(ring->recovery_public, &about, key, h->recovery) : 0;
}

int keyring_set_recovery(struct keyring *ring, const struct secret *root,
                         const struct custodians *custodians, const struct secret *recovery)
{
    struct seal_about about = about_root_recovery(ring->root_generation);
    draft = *ring;
    draft.recoverable = true;
    draft.recovery = *custodians;
    int r = seal_public(recovery, draft.recovery_public);
    if (r == 0)
        r = seal_secret_to(draft.recovery_public, &about, root, draft.root_recovery);
    for (size_t i = 0; r == 0 && i < draft.count; i++) {
        struct secret *key = NULL;
        if (draft.holders[i].state == KEYRING_DESTROYED)
            continue;
        r = keyring_key(&draft, root, &draft.holders[i], &key);
        if (r == 0)
            r = wrap_holder(&draft, &draft.holders[i], key);
        secret_free(key);
    }
    if (r == 0)
        *ring = draft;
    sodium_memzero(&draft, sizeof draft);
    return r;
}

/* ---- holders ---- */

const struct keyring_holder *keyring_find(const struct keyring *ring, const char *name,
                                          enum keyring_state state)
{
    const struct keyring_holder *found = NULL;
    for (size_t i = 0; i < ring->count; i++) {
        const struct keyring_holder *h = &ring->holders[i];
        if (strcmp(h->name, name) == 0 && (state == KEYRING_NONE || h->state == state) &&
            (!found || h->generation > found->generation))
            found = h;
    }
    return found;
}

static struct keyring_holder *find_to_change(struct keyring *ring, const char *name,
                                             enum keyring_state state)
{
    const struct keyring_holder *h = keyring_find(ring, name, state);
    return h ? &ring->holders[h - ring->holders] : NULL;
}

bool keyring_is_closed_out(const struct keyring *ring, const char *name)
{
    return keyring_find(ring, name, KEYRING_NONE) && !keyring_find(ring, name, KEYRING_CURRENT);
}

int keyring_add(struct keyring *ring, const struct secret *root, const char *name,
                uint32_t generation, const struct secret *key, enum keyring_state state,
                int64_t now)
{
    struct keyring_holder h = {.generation = generation, .state = state, .since = now};
    struct secret *made = NULL;
    size_t length = strlen(name);
    int r = 0;
    if (length == 0 || length > KEYRING_HOLDER_MAX || state == KEYRING_DESTROYED)
        return ERR_RANGE;
    if (ring->count == KEYRING_HOLDERS_MAX)
        return ERR_FULL;
    const struct keyring_holder *youngest = keyring_find(ring, name, KEYRING_NONE);
    if (keyring_find(ring, name, state) || (youngest && youngest->generation >= generation))
        return ERR_DUPLICATE;
    memcpy(h.name, name, length + 1);
    if (!key) {
        r = secret_random(32, &made);
        key = made;
    }
    struct seal_about about = about_holder(&h);
    if (r == 0)
        r = seal_secret(root, &about, key, h.sealed);
    if (r == 0)
        r = wrap_holder(ring, &h, key);
    secret_free(made);
    if (r == 0)
        ring->holders[ring->count++] = h;
    return r;
}

int keyring_begin(struct keyring *ring, const struct secret *root, const char *name, int64_t now)
{
    const struct keyring_holder *current = keyring_find(ring, name, KEYRING_CURRENT);
    if (!current)
        return ERR_UNKNOWN;
    if (keyring_find(ring, name, KEYRING_NEXT))
        return 0;
    return keyring_add(ring, root, name, current->generation + 1, NULL, KEYRING_NEXT, now);
}

static void destroy(struct keyring_holder *h, int64_t now)
{
    sodium_memzero(h->sealed, sizeof h->sealed);
    sodium_memzero(h->recovery, sizeof h->recovery);
    h->recoverable = false;
    h->state = KEYRING_DESTROYED;
    h->since = now;
}

int keyring_promote(struct keyring *ring, const char *name, int64_t now)
{
    struct keyring_holder *current = find_to_change(ring, name, KEYRING_CURRENT);
    struct keyring_holder *next = find_to_change(ring, name, KEYRING_NEXT);
    if (!current || !next)
        return ERR_STATE;
    destroy(current, now);
    next->state = KEYRING_CURRENT;
    next->since = now;
    return 0;
}

int keyring_destroy(struct keyring *ring, const char *name, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->holders[i].name, name) == 0 &&
            ring->holders[i].state != KEYRING_DESTROYED) {
            destroy(&ring->holders[i], now);
            n++;
        }
    return n ? 0 : ERR_UNKNOWN;
}

int keyring_key(const struct keyring *ring, const struct secret *root,
                const struct keyring_holder *holder, struct secret **ret_key)
{
    struct seal_about about = about_holder(holder);
    (void)ring;
    if (holder->state == KEYRING_DESTROYED)
        return ERR_STATE;
    return unseal_secret(root, &about, holder->sealed, ret_key);
}

int keyring_derive(const struct keyring *ring, const struct secret *root, const struct key_row *row,
                   const char *enclave, struct secret **ret_key)
{
    const char *name = topology_key_holder(row, enclave);
    const struct keyring_holder *h = row->next ? keyring_find(ring, name, KEYRING_NEXT) : NULL;
    struct secret *key = NULL;
    if (!h)
        h = keyring_find(ring, name, KEYRING_CURRENT);
    if (!h)
        return ERR_UNKNOWN;
    int r = keyring_key(ring, root, h, &key);
    if (r == 0)
        r = derive_key(key, kind_of(ring), topology_holder(row, enclave), row->purpose, ret_key);
    secret_free(key);
    return r;
}

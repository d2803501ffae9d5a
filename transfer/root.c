#include "transfer/root.h"

#include <string.h>

#include "transfer/canonical.h"

#define VERSION "mes-xfer-root/1"

static const char *const kinds[] = {[ROOT_TRAINING] = "training", [ROOT_PRODUCTION] = "production"};

const char *root_role_text(enum root_role role)
{
    static const char *const texts[] = {
#define ROOT_ROLE(name, text) [name] = (text),
        ROOT_ROLES(ROOT_ROLE)
#undef ROOT_ROLE
    };
    return texts[role];
}

/* One key serves one role: else a signature for one purpose is one for another. */
static bool keys_differ(const struct root *root)
{
    const uint8_t *keys[ROOT_ROLE_COUNT + 3];
    size_t n = 0;

    for (; n < ROOT_ROLE_COUNT; n++)
        keys[n] = root->keys[n].key;
    keys[n++] = root->statement;
    keys[n++] = root->snapshot;
    keys[n++] = root->checkpoint;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(keys[i], keys[j], SIGN_PUBLIC_LENGTH) == 0)
                return false;
    for (size_t i = 0; i < ROOT_ROLE_COUNT; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(root->keys[i].key_id, root->keys[j].key_id, MINISIGN_KEY_ID_LENGTH) == 0)
                return false;
    return true;
}

static bool has_factor(const struct root *root)
{
    for (int f = STATEMENT_BADGE_PIN; f < STATEMENT_FACTOR_COUNT; f++)
        if (root->factors[f])
            return true;
    return false;
}

int root_print(const struct root *root, char out[static ROOT_MAX], size_t *ret_length)
{
    struct canonical_writer w = canonical_into(out, ROOT_MAX);
    char key[MINISIGN_PUBLIC_TEXT + 1];

    if (!grammar_is_site(bytes_text(root->site)) || !keys_differ(root) || !has_factor(root) ||
        (root->kind != ROOT_TRAINING && root->kind != ROOT_PRODUCTION))
        return ERR_RANGE;
    canonical_put_object(&w, NULL);
    canonical_put_hex(&w, "checkpoint", root->checkpoint, SIGN_PUBLIC_LENGTH);
    canonical_put_array(&w, "factors");
    for (int f = STATEMENT_BADGE_PIN; f < STATEMENT_FACTOR_COUNT; f++)
        if (root->factors[f])
            canonical_put_text(&w, NULL, statement_factor_text((enum statement_factor)f));
    canonical_put_array_end(&w);
    canonical_put_object(&w, "keys");
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        minisign_public_print(&root->keys[role], key);
        canonical_put_text(&w, root_role_text((enum root_role)role), key);
    }
    canonical_put_object_end(&w);
    canonical_put_text(&w, "kind", kinds[root->kind]);
    canonical_put_text(&w, "site", root->site);
    canonical_put_hex(&w, "snapshot", root->snapshot, SIGN_PUBLIC_LENGTH);
    canonical_put_hex(&w, "statement", root->statement, SIGN_PUBLIC_LENGTH);
    canonical_put_text(&w, "v", VERSION);
    canonical_put_number(&w, "version", 1);
    canonical_put_object_end(&w);
    return canonical_put_end(&w, ret_length);
}

/* In the order of their numbers, which is that of their texts; none twice. */
static void parse_factors(struct canonical_reader *r, struct root *root)
{
    int last = STATEMENT_NONE;

    canonical_open_array(r, "factors");
    while (canonical_more(r)) {
        enum statement_factor f = statement_factor_of(canonical_text(r, NULL));
        if ((int)f <= last) {
            canonical_fail(r, ERR_UNKNOWN);
            return;
        }
        root->factors[f] = true;
        last = (int)f;
    }
    if (last == STATEMENT_NONE)
        canonical_fail(r, ERR_RANGE);
    canonical_close_array(r);
}

static void parse_kind(struct canonical_reader *r, struct root *root)
{
    struct bytes_view text = canonical_text(r, "kind");

    for (int k = ROOT_TRAINING; k <= ROOT_PRODUCTION; k++)
        if (bytes_equal_text(text, kinds[k]))
            root->kind = (enum root_kind)k;
    if (root->kind == ROOT_NONE)
        canonical_fail(r, ERR_UNKNOWN);
}

static void parse_site(struct canonical_reader *r, struct root *root)
{
    struct bytes_view site = canonical_text(r, "site");

    if (r->bytes.error)
        return;
    if (grammar_is_site(site))
        memcpy(root->site, site.data, site.length);
    else
        canonical_fail(r, ERR_FORMAT);
}

static int parse(struct canonical_reader *r, struct root *root)
{
    canonical_open_object(r, NULL);
    canonical_hex(r, "checkpoint", root->checkpoint, SIGN_PUBLIC_LENGTH);
    parse_factors(r, root);
    canonical_open_object(r, "keys");
    for (int role = 0; role < ROOT_ROLE_COUNT; role++) {
        struct bytes_view key = canonical_text(r, root_role_text((enum root_role)role));
        if (!r->bytes.error && minisign_public_parse(key, &root->keys[role]))
            canonical_fail(r, ERR_FORMAT);
    }
    canonical_close_object(r);
    parse_kind(r, root);
    parse_site(r, root);
    canonical_hex(r, "snapshot", root->snapshot, SIGN_PUBLIC_LENGTH);
    canonical_hex(r, "statement", root->statement, SIGN_PUBLIC_LENGTH);
    canonical_expect(r, "v", VERSION);
    canonical_number(r, "version", 1, 1);
    canonical_close_object(r);
    return canonical_end(r);
}

int root_parse(struct bytes_view text, struct root *ret_root, struct refusal *why)
{
    struct canonical_reader r = canonical_over(text);
    struct root root = {0};
    int e = parse(&r, &root);

    if (e)
        return refuse(why, "root.json, at or after \"%s\": %s.", r.where, error_text(e));
    if (!keys_differ(&root))
        return refuse(why, "root.json: a key stands there for two roles.");
    hash_short(text.data, text.length, root.digest);
    *ret_root = root;
    return 0;
}

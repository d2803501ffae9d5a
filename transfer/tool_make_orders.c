#include "transfer/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "transfer/bundle.h"
#include "transfer/chain_state.h"
#include "transfer/file.h"
#include "transfer/orders.h"

#define CSV_MAX (256u << 10)

/* Everything that one run holds. */
struct making {
    int lock;
    struct root root;
    struct secret *orders_key, *outer_key;
    struct chain_state state;
    struct manifest manifest;
    struct bundle_parts parts;
    char name[MANIFEST_NAME_MAX], state_path[FILE_PATH_MAX];
    struct order orders[ORDERS_MAX];
    size_t count;
    char records[ORDERS_TEXT_MAX], csv[CSV_MAX];
    char minisig[MINISIGN_FILE_MAX];
    size_t minisig_length;
    uint8_t tar[BUNDLE_MAX];
    size_t tar_length;
};

static int take_key(const struct tool_options *o, struct making *m, const char *role_text,
                    enum root_role role, struct secret **ret_seed)
{
    struct minisign_public public_key;
    char path[FILE_PATH_MAX];
    int r = file_path(path, "%s/keys/%s.key", o->dir, role_text);

    if (r == 0)
        r = file_seed(path, ret_seed);
    if (r == ERR_KEY)
        return tool_complain(o, TOOL_REFUSED, "%s can be read by others; chmod 600 it.", path);
    if (r)
        return tool_complain_file(o, path, r);
    r = minisign_public_of(*ret_seed, &public_key);
    if (r)
        return tool_complain_file(o, path, r);
    if (memcmp(&public_key, &m->root.keys[role], sizeof(public_key)) != 0)
        return tool_complain(o, TOOL_REFUSED,
                             "root.json names another key for \"%s\" than %s holds.", role_text,
                             path);
    return 0;
}

/* The state's directory is locked while this run goes on: two must not take one number. */
static int take_state(const struct tool_options *o, struct making *m)
{
    char path[FILE_PATH_MAX], channel[MANIFEST_CHANNEL_MAX], text[CHAIN_STATE_TEXT_MAX];
    size_t length;
    int r = file_path(path, "%s/state", o->dir);

    if (r || (r = file_directory(path, 0755)))
        return tool_complain_file(o, path, r);
    m->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m->lock < 0 || flock(m->lock, LOCK_EX))
        return tool_complain_file(o, path, ERR_SYSTEM);
    manifest_channel(MANIFEST_L2H, o->enclave, channel);
    r = file_path(m->state_path, "%s/state/%s", o->dir, channel);
    if (r == 0)
        r = file_read(m->state_path, text, sizeof(text), &length);
    if (r == ERR_SYSTEM && errno == ENOENT) {
        chain_state_begin(MANIFEST_L2H, o->enclave, 1, &m->state);
        return 0;
    }
    if (r == 0)
        r = chain_state_parse(bytes_view_of(text, length), &m->state);
    if (r == 0 && (m->state.direction != MANIFEST_L2H || strcmp(m->state.enclave, o->enclave) != 0))
        r = ERR_FORMAT;
    return r ? tool_complain_file(o, m->state_path, r) : 0;
}

static int take_orders(const struct tool_options *o, struct making *m)
{
    struct refusal why;
    size_t length;
    int r = file_read(o->operand, m->csv, sizeof(m->csv), &length);

    if (r)
        return tool_complain_file(o, o->operand, r);
    if (orders_from_csv(bytes_view_of(m->csv, length), m->orders, &m->count, &why))
        return tool_complain(o, TOOL_REFUSED, "%s: %s", o->operand, why.text);
    r = orders_print(m->orders, m->count, m->records, &length);
    if (r)
        return tool_complain_file(o, o->operand, r);
    chain_state_next(&m->state, &m->manifest);
    memcpy(m->manifest.site, m->root.site, sizeof(m->manifest.site));
    memcpy(m->manifest.root_digest, m->root.digest, sizeof(m->manifest.root_digest));
    m->manifest.orders = (uint32_t)m->count;
    manifest_name(&m->manifest, m->name);
    r = bundle_make_parts(&m->manifest, bytes_view_of(m->records, length), &m->parts);
    return r ? tool_complain_file(o, m->name, r) : 0;
}

static int sign_bundle(const struct tool_options *o, struct making *m)
{
    char comment[MANIFEST_COMMENT_MAX], release[MINISIGN_FILE_MAX];
    struct bytes_view releases[2];
    size_t length;
    int r;

    manifest_release_comment(&m->manifest, 0, comment);
    r = minisign_sign(m->orders_key, m->parts.manifest, m->parts.manifest_length, comment, release,
                      &length);
    releases[0] = releases[1] = bytes_view_of(release, length);
    if (r == 0)
        r = bundle_assemble(&m->parts, MANIFEST_L2H, releases, m->tar, &m->tar_length);
    if (r == 0) {
        manifest_outer_comment(&m->manifest, m->tar_length, comment);
        r = minisign_sign(m->outer_key, m->tar, m->tar_length, comment, m->minisig,
                          &m->minisig_length);
    }
    return r ? tool_complain_file(o, m->name, r) : 0;
}

/* Give the two files of ${name} their names.  ${left}: they may have them already. */
static int publish(const struct tool_options *o, const char *name, bool left)
{
    static const char *const kinds[] = {"tar", "tar.minisig"};
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
    int r;

    for (size_t i = 0; i < 2; i++) {
        r = file_path(from, "%s/out/.%s.%s.new", o->dir, name, kinds[i]);
        if (r == 0)
            r = file_path(to, "%s/out/%s.%s", o->dir, name, kinds[i]);
        if (r == 0)
            r = file_rename(from, to);
        if (r && !(left && r == ERR_SYSTEM && errno == ENOENT))
            return tool_complain_file(o, to, r);
    }
    return 0;
}

/* A run that ended between the state and the names left its files behind. */
static int publish_left(const struct tool_options *o, struct making *m)
{
    struct manifest last = {0};
    char name[MANIFEST_NAME_MAX];

    chain_state_next(&m->state, &last);
    last.seq--;
    if (last.seq == 0)
        return 0;
    manifest_name(&last, name);
    return publish(o, name, true);
}

/* First the files under other names, then the number is used up, then the names: whenever this
 * ends, no number is used twice and none is lost. */
static int store(const struct tool_options *o, struct making *m)
{
    uint8_t digest[HASH_CONTENT_LENGTH];
    char path[FILE_PATH_MAX], text[CHAIN_STATE_TEXT_MAX];
    size_t length;
    int r = file_path(path, "%s/out", o->dir);

    if (r || (r = file_directory(path, 0755)))
        return tool_complain_file(o, path, r);
    r = file_path(path, "%s/out/.%s.tar.new", o->dir, m->name);
    if (r || (r = file_write(path, 0644, false, m->tar, m->tar_length)))
        return tool_complain_file(o, path, r);
    r = file_path(path, "%s/out/.%s.tar.minisig.new", o->dir, m->name);
    if (r || (r = file_write(path, 0644, false, m->minisig, m->minisig_length)))
        return tool_complain_file(o, path, r);
    manifest_digest(bytes_view_of(m->parts.manifest, m->parts.manifest_length), digest);
    chain_state_advance(&m->state, m->manifest.seq, digest);
    r = chain_state_print(&m->state, text, &length);
    if (r == 0)
        r = file_path(path, "%s.new", m->state_path);
    if (r == 0)
        r = file_write(path, 0644, false, text, length);
    if (r == 0)
        r = file_rename(path, m->state_path);
    return r ? tool_complain_file(o, path, r) : publish(o, m->name, false);
}

static void report_orders(const struct tool_options *o, const struct making *m)
{
    if (o->json) {
        printf("{\"epoch\":%" PRIu32 ",\"name\":\"%s\",\"orders\":%zu,\"seq\":%" PRIu64
               ",\"size\":%zu}\n",
               m->manifest.epoch, m->name, m->count, m->manifest.seq, m->tar_length);
        return;
    }
    printf("%zu order%s for %s at %s, number %" PRIu64 " of its channel:\n"
           "  %s/out/%s.tar\n  %s/out/%s.tar.minisig\n"
           "Carry both files to the site.\n",
           m->count, m->count == 1 ? "" : "s", o->enclave, m->root.site, m->manifest.seq, o->dir,
           m->name, o->dir, m->name);
}

int tool_make_orders(const struct tool_options *o)
{
    struct making *m = calloc(1, sizeof(*m));
    char path[FILE_PATH_MAX];
    int r;

    if (!m)
        return tool_complain(o, TOOL_TROUBLE, "%s.", error_text(ERR_MEMORY));
    m->lock = -1;
    r = file_path(path, "%s/root.json", o->dir);
    if (r)
        r = tool_complain_file(o, o->dir, r);
    if (r == 0)
        r = tool_read_root(o, o->root ? o->root : path, &m->root);
    if (r == 0)
        r = take_key(o, m, "orders", ROOT_ORDERS, &m->orders_key);
    if (r == 0)
        r = take_key(o, m, "orders-outer", ROOT_ORDERS_OUTER, &m->outer_key);
    if (r == 0)
        r = take_state(o, m);
    if (r == 0)
        r = publish_left(o, m);
    if (r == 0)
        r = take_orders(o, m);
    if (r == 0)
        r = sign_bundle(o, m);
    if (r == 0)
        r = store(o, m);
    if (r == 0)
        report_orders(o, m);
    if (m->lock >= 0)
        close(m->lock);
    secret_free(m->orders_key);
    secret_free(m->outer_key);
    free(m);
    return r;
}

/* What a site's root key gives to the public, and what the enterprise gives to the site. */
#include "appliance/cli/site_keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "appliance/cli/data.h"
#include "enclave/process/os.h"
#include "transfer/file.h"

const struct key_row *site_keys_row(enum key number)
{
    size_t i = 0;
    while (topology_keys[i].number != number)
        i++;
    return &topology_keys[i];
}

static int public_of(const struct keyring *ring, const struct secret *root, enum key number,
                     uint8_t out[static SIGN_PUBLIC_LENGTH])
{
    struct secret *key = NULL;
    int r = keyring_derive(ring, root, site_keys_row(number), "", &key);
    if (r == 0)
        r = sign_public(key, out);
    secret_free(key);
    return r;
}

static int guard_of(const struct keyring *ring, const struct secret *root, enum key number,
                    struct minisign_public *out)
{
    struct secret *key = NULL;
    int r = keyring_derive(ring, root, site_keys_row(number), "", &key);
    if (r == 0)
        r = minisign_public_of(key, out);
    secret_free(key);
    return r;
}

/* The enterprise's two keys, by its own tool. */
int site_keys_enterprise(const struct cli *o, const struct training_site *site, struct root *root)
{
    char tool[CLI_PATH_MAX], dir[FILE_PATH_MAX], text[1024];
    const char *argv[] = {tool, "keygen", "--json", dir, NULL};
    int r = cli_beside("casemate-bundle", tool);
    if (r == 0)
        r = file_path(dir, "%s/enterprise", site->dir);
    if (r == 0)
        r = cli_run(argv, text, sizeof text) == 0 ? 0 : ERR_STATE;
    if (r)
        return cli_complain(o, CLI_TROUBLE,
                            "casemate-bundle keygen did not make the enterprise's "
                            "keys.");
    yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
    yyjson_val *top = yyjson_doc_get_root(doc);
    const char *orders = yyjson_get_str(yyjson_obj_get(top, "orders"));
    const char *outer = yyjson_get_str(yyjson_obj_get(top, "orders-outer"));
    if (!orders || !outer ||
        minisign_public_parse(bytes_text(orders), &root->keys[ROOT_ORDERS]) != 0 ||
        minisign_public_parse(bytes_text(outer), &root->keys[ROOT_ORDERS_OUTER]) != 0)
        r = cli_complain(o, CLI_TROUBLE,
                         "casemate-bundle keygen answered something else than keys.");
    yyjson_doc_free(doc);
    return r;
}

/* The public keys of root.json, each in the two-line file that stock minisign reads. */
int site_keys_put(const struct cli *o, const struct training_site *site, const struct root *root)
{
    static const enum root_role roles[] = {ROOT_OUTER, ROOT_GUARD_A, ROOT_GUARD_B};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof roles / sizeof *roles; i++) {
        char name[64], key[MINISIGN_PUBLIC_TEXT + 1], text[200];
        minisign_public_print(&root->keys[roles[i]], key);
        snprintf(name, sizeof name, "enterprise/%s.pub", root_role_text(roles[i]));
        int n = snprintf(text, sizeof text, "untrusted comment: casemate %s\n%s\n",
                         root_role_text(roles[i]), key);
        r = training_site_put(o, site, name, 0644, text, (size_t)n);
    }
    return r;
}

int site_keys_derive(const struct keyring *ring, const struct secret *key, struct root *root)
{
    int r = guard_of(ring, key, KEY_GUARD_A_RELEASE, &root->keys[ROOT_GUARD_A]);
    if (r == 0)
        r = guard_of(ring, key, KEY_GUARD_B_RELEASE, &root->keys[ROOT_GUARD_B]);
    if (r == 0)
        r = guard_of(ring, key, KEY_GUARD_B_OUTER, &root->keys[ROOT_OUTER]);
    if (r == 0)
        r = public_of(ring, key, KEY_IDENTITY_STATEMENT, root->statement);
    if (r == 0)
        r = public_of(ring, key, KEY_IDENTITY_SNAPSHOT, root->snapshot);
    if (r == 0)
        r = public_of(ring, key, KEY_AUDITOR_CHECKPOINT, root->checkpoint);
    return r;
}

int site_keys_ring(bool training, const struct custodians *custodians, const struct secret *unlock,
                   const struct config *config, struct keyring *ret_ring, struct secret **ret_root)
{
    struct secret *root = NULL;
    int64_t now = os_utc_ms() / 1000;
    size_t added = 0;
    int r = secret_random(32, &root);
    if (r == 0)
        r = keyring_make(training, custodians, unlock, root, 1, now, ret_ring);
    if (r == 0)
        r = keyring_fill(ret_ring, root, config->enclave, config->enclaves, 1, now, &added);
    if (r)
        secret_free(root);
    else
        *ret_root = root;
    return r;
}

int site_keys_put_ring(const struct cli *o, const struct training_site *site,
                       const struct config *config, struct keyring *ring, const struct secret *key)
{
    char path[FILE_PATH_MAX];
    uint32_t uid = topology_uid(config->uid_base, PROGRAM_KEEPER, 0);
    int r = file_path(path, "%s/keeper", site->dir);
    if (r == 0)
        r = file_directory(path, 0700);
    int dir = r == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (r == 0)
        r = dir < 0 ? ERR_SYSTEM : keyring_save(dir, ring, key);
    if (r == 0 && (fchownat(dir, KEYRING_FILE, uid, uid, 0) != 0 || fchown(dir, uid, uid) != 0))
        r = ERR_SYSTEM;
    if (r)
        r = cli_complain_file(o, path, r);
    if (dir >= 0)
        close(dir);
    return r;
}

int site_policy_put(const struct cli *o, const struct training_site *site)
{
    struct bytes_view mandatory = data_file("mandatory.cedar");
    struct bytes_view program = data_file("program.cedar");
    int r = training_site_put(o, site, "policy.cedar", 0644, mandatory.data, mandatory.length);
    return r ? r : training_site_put(o, site, "program.cedar", 0644, program.data, program.length);
}

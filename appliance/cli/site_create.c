/* Making a production site: its keys in shares, its certificates, its public files. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/collect.h"
#include "appliance/cli/place.h"
#include "appliance/cli/site_keys.h"
#include "appliance/tls/certificate.h"
#include "crypto/shares.h"
#include "transfer/file.h"

/* ---- what was asked for ---- */

static int check_enclaves(const struct cli *o, struct config *config)
{
    if (o->enclaves == 0)
        return cli_complain(o, CLI_USAGE, "name its enclaves, each with --enclave ID.");
    for (size_t i = 0; i < o->enclaves; i++) {
        const char *id = o->enclave[i];
        if (strlen(id) != ENCLAVE_ID_LENGTH || !enclave_id_is_valid(id))
            return cli_complain(o, CLI_USAGE,
                                "%s is no enclave's id: e and seven of a-z and 0-9, and nothing "
                                "that names the program.",
                                id);
        if (config_slot(config, id) >= 0)
            return cli_complain(o, CLI_USAGE, "the enclave %s is named twice.", id);
        memcpy(config->enclave[config->enclaves++], id, ENCLAVE_ID_LENGTH + 1);
    }
    return 0;
}

static int check(const struct cli *o, struct config *config)
{
    const char *address = o->address ? o->address : "127.0.0.1";
    if (o->threshold < SHARES_LEAST || o->custodians < o->threshold || o->custodians > SHARES_MAX)
        return cli_complain(o, CLI_USAGE,
                            "--custodians N and --threshold M: any M of N custodians unlock the "
                            "site; M is 2 at least, N is %d at most.",
                            SHARES_MAX);
    if (!o->name || !config_name_is_good(o->name))
        return cli_complain(o, CLI_USAGE,
                            "--name takes the host name that people's browsers will show, of a-z, "
                            "0-9, '-' and dots.");
    if (!config_address_is_good(address))
        return cli_complain(o, CLI_USAGE, "--address takes an IPv4 or IPv6 address.");
    if (!o->shares_to && !isatty(STDOUT_FILENO))
        return cli_complain(o, CLI_USAGE,
                            "the shares are shown once, on a terminal; to have each in a file for "
                            "its custodian, name a new directory with --shares-to.");
    if (o->tpm && !config_tpm_is_good(o->tpm))
        return cli_complain(o, CLI_USAGE, "--tpm takes an absolute path of at most %d bytes.",
                            CONFIG_TPM_MAX);
    if (o->tpm)
        strcpy(config->tpm, o->tpm);
    strcpy(config->name, o->name);
    strcpy(config->address, address);
    return check_enclaves(o, config);
}

/* ---- the directory ---- */

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return dir && n == 2;
}

static int take_directory(const struct cli *o, struct training_site *site)
{
    char real[PATH_MAX];
    if (geteuid() != 0)
        return cli_complain(o, CLI_TROUBLE,
                            "a site's processes get users of their own, so this needs root.");
    if (mkdir(o->operand[0], 0711) != 0 && errno != EEXIST)
        return cli_complain_file(o, o->operand[0], ERR_SYSTEM);
    if (!realpath(o->operand[0], real))
        return cli_complain_file(o, o->operand[0], ERR_SYSTEM);
    if (strlen(real) > 90) /* its console's socket must fit into an address */
        return cli_complain(o, CLI_REFUSED, "the path %s is too long for a site; at most 90 bytes.",
                            real);
    if (!is_empty(real))
        return cli_complain(o, CLI_REFUSED, "%s is not empty; a new site needs a new directory.",
                            real);
    memcpy(site->dir, real, strlen(real) + 1);
    return 0;
}

/* ---- what lies in it ---- */

static int put_config(const struct cli *o, const struct training_site *site,
                      const struct config *config)
{
    char text[1400];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "casemate-site 1\nkind production\nuid-base %u\nport %u\nname %s\n"
                                "address %s\n",
                                config->uid_base, config->port, config->name, config->address);
    if (config->tpm[0])
        n += (size_t)snprintf(text + n, sizeof text - n, "tpm %s\n", config->tpm);
    for (size_t i = 0; i < config->enclaves; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "enclave %s\n", config->enclave[i]);
    return training_site_put(o, site, "site.conf", 0644, text, n);
}

/* The first label of the host name is the site's public id. */
static int put_root(const struct cli *o, const struct training_site *site,
                    const struct keyring *ring, const struct secret *key)
{
    struct root root = {.kind = ROOT_PRODUCTION};
    char text[ROOT_MAX];
    size_t length = 0;
    snprintf(root.site, sizeof root.site, "%.*s", (int)strcspn(o->name, "."), o->name);
    root.factors[STATEMENT_FIDO2] = root.factors[STATEMENT_PIV] = true;
    if (site_keys_derive(ring, key, &root) != 0)
        return cli_complain(o, CLI_TROUBLE, "the site's keys could not be derived.");
    int r = site_keys_enterprise(o, site, &root);
    if (r == 0 && root_print(&root, text, &length) != 0)
        r = cli_complain(o, CLI_TROUBLE, "root.json could not be made.");
    if (r == 0)
        r = training_site_put(o, site, "root.json", 0644, text, length);
    if (r == 0)
        r = training_site_put(o, site, "enterprise/root.json", 0644, text, length);
    return r ? r : site_keys_put(o, site, &root);
}

/* A ring and what opens it. */
struct opened {
    struct keyring ring;
    struct secret *root;
};

static int tls_key_of(const struct opened *keys, enum key number, const char *enclave,
                      gnutls_privkey_t *ret_key)
{
    struct secret *key = NULL;
    int r = keyring_derive(&keys->ring, keys->root, site_keys_row(number), enclave, &key);
    if (r == 0)
        r = tls_key(key, ret_key);
    secret_free(key);
    return r;
}

/* For one gateway, whose private key is derived here and forgotten. */
static int put_gateway(const struct cli *o, const struct training_site *site,
                       const struct opened *keys, gnutls_privkey_t authority_key,
                       gnutls_x509_crt_t authority, const struct config *config, int slot)
{
    const char *enclave = slot < 0 ? "" : config->enclave[slot];
    gnutls_privkey_t key = NULL;
    gnutls_pubkey_t public_key = NULL;
    char pem[CERTIFICATE_PEM], name[40], path[FILE_PATH_MAX];
    int r = tls_key_of(keys, slot < 0 ? KEY_ENTRY_TLS : KEY_GATEWAY_TLS, enclave, &key);
    if (r == 0)
        r = tls_key_public(key, &public_key);
    if (r == 0)
        r = certificate_gateway(authority_key, authority, public_key, config->name, config->address,
                                time(NULL), pem);
    gnutls_pubkey_deinit(public_key);
    gnutls_privkey_deinit(key);
    if (r == 0 && slot >= 0)
        r = file_path(path, "%s/%s", site->dir, enclave);
    if (r == 0 && slot >= 0)
        r = file_directory(path, 0711);
    if (r)
        return cli_complain(o, CLI_TROUBLE, "a gateway's certificate: %s.", error_text(r));
    snprintf(name, sizeof name, "%s%sgateway.pem", enclave, slot < 0 ? "" : "/");
    return training_site_put(o, site, name, 0644, pem, strlen(pem));
}

static int put_certificates(const struct cli *o, const struct training_site *site,
                            const struct opened *keys, const struct config *config)
{
    gnutls_privkey_t key = NULL;
    gnutls_x509_crt_t authority = NULL;
    char pem[CERTIFICATE_PEM];
    int r = tls_key_of(keys, KEY_CERTIFIER_AUTHORITY, "", &key);
    if (r == 0)
        r = certificate_authority(key, config->name, time(NULL), pem);
    if (r == 0)
        r = certificate_parse(bytes_text(pem), &authority);
    if (r) {
        gnutls_privkey_deinit(key);
        return cli_complain(o, CLI_TROUBLE, "the authority's certificate: %s.", error_text(r));
    }
    r = training_site_put(o, site, "authority.pem", 0644, pem, strlen(pem));
    for (int slot = -1; r == 0 && slot < (int)config->enclaves; slot++)
        r = put_gateway(o, site, keys, key, authority, config, slot);
    gnutls_x509_crt_deinit(authority);
    gnutls_privkey_deinit(key);
    return r;
}

/* ---- the shares ---- */

static int put_shares(const struct cli *o, const struct share *shares)
{
    char path[FILE_PATH_MAX], text[SHARE_TEXT + 1];
    int r = 0;
    for (size_t i = 0; r == 0 && i < o->custodians; i++) {
        share_print(&shares[i], text);
        r = file_path(path, "%s/share-%zu", o->shares_to, i + 1);
        if (r == 0)
            r = file_write(path, 0600, true, text, SHARE_TEXT);
        if (r)
            r = cli_complain_file(o, path, r);
    }
    sodium_memzero(text, sizeof text);
    return r ? r : collect_settle(o, o->shares_to);
}

static void show_shares(const struct cli *o, const struct share *shares)
{
    char text[SHARE_TEXT + 1];
    printf("What unlocks the site, in %u shares; any %u do.  They are shown this once: let\n"
           "each custodian copy one, and clear the screen and its history behind them.\n",
           o->custodians, o->threshold);
    for (size_t i = 0; i < o->custodians; i++) {
        share_print(&shares[i], text);
        printf("\nshare %zu\n%s", i + 1, text);
    }
    printf("\n");
    sodium_memzero(text, sizeof text);
}

/* The secret that the shares give is made here and forgotten: what it opens is the ring. */
static int make_ring(const struct cli *o, const struct training_site *site,
                     const struct config *config, struct opened *keys, struct share *shares)
{
    struct secret *unlock = NULL;
    struct custodians custodians;
    int r = secret_random(32, &unlock);
    if (r == 0)
        r = shares_split(unlock, SHARE_UNLOCK, o->custodians, o->threshold, &custodians, shares);
    if (r == 0)
        r = site_keys_ring(false, &custodians, unlock, config, &keys->ring, &keys->root);
    secret_free(unlock);
    if (r)
        return cli_complain(o, CLI_TROUBLE, "the site's keys: %s.", error_text(r));
    return site_keys_put_ring(o, site, config, &keys->ring, keys->root);
}

int cli_site_create(const struct cli *o)
{
    static struct share shares[SHARES_MAX];
    struct training_site site = {.lock = -1};
    struct config config = {.training = false};
    static struct opened keys;
    char said[CLI_PATH_MAX + 100];
    int r = check(o, &config);
    if (r == 0)
        r = take_directory(o, &site);
    if (r == 0)
        r = place_choose(o, site.dir, o->port, &config);
    if (r == 0 && o->shares_to && mkdir(o->shares_to, 0700) != 0) /* before there is half a site */
        r = cli_complain_file(o, o->shares_to, ERR_SYSTEM);
    if (r)
        return r;
    r = make_ring(o, &site, &config, &keys, shares);
    if (r == 0)
        r = site_policy_put(o, &site);
    if (r == 0)
        r = put_root(o, &site, &keys.ring, keys.root);
    if (r == 0)
        r = put_certificates(o, &site, &keys, &config);
    secret_free(keys.root);
    if (r == 0)
        r = put_config(o, &site, &config);
    if (r == 0 && o->shares_to)
        r = put_shares(o, shares);
    if (r == 0)
        r = training_site_put(o, &site, TRAINING_COMPLETE, 0644, "", 0);
    if (r == 0 && !o->shares_to)
        show_shares(o, shares);
    sodium_memzero(shares, sizeof shares);
    if (r) {
        fprintf(stderr, "casemate: %s is not a whole site. Remove it%s%s, and run this again.\n",
                site.dir, o->shares_to ? ", and " : "", o->shares_to ? o->shares_to : "");
        return r;
    }
    snprintf(said, sizeof said, "A production site was made in %s; its entry is https://%s:%u.",
             site.dir, config.name, config.port);
    cli_say(o, true, said);
    return CLI_DONE;
}

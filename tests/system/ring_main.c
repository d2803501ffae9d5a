/*
 * ring before SITE               make a new training site one from before there was a key ring:
 *                                no ring, and root.json as its key file gave it
 * ring before-production SITE DIR   likewise a production site, with its file of custodians and
 *                                three shares, any two of which give its root key, in DIR
 * ring opens SITE ENCLAVE DIR    does the store in DIR open with the key that the site's key file
 *                                gave before?
 * ring whole SITE                does the key ring open with the site's key file, all of it?
 * ring keys SITE SHARE SHARE     every holder's key of a production site, 64 digits a line
 * ring measure SOCKET PCR        something is measured into a PCR of the TPM at the socket
 * ring core PID                  what a core of the process would hold, to standard output
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "enclave/keys/keyring.h"
#include "enclave/process/os.h"
#include "enclave/store/store.h"
#include "transfer/file.h"
#include "transfer/root.h"

static struct keyring ring;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static struct secret *key_file(const char *site)
{
    char path[FILE_PATH_MAX];
    uint8_t bytes[33];
    size_t length = 0;
    struct secret *key = NULL;
    if (file_path(path, "%s/training.key", site) != 0 ||
        file_read(path, bytes, sizeof bytes, &length) != 0 || length != 32 ||
        secret_copy(bytes, 32, &key) != 0)
        give_up("the key file");
    return key;
}

static const char *kind = "training";

static struct secret *derived(const struct secret *root, const char *holder, const char *purpose)
{
    struct secret *key = NULL;
    if (derive_key(root, kind, holder, purpose, &key) != 0)
        give_up("a key");
    return key;
}

/* ---- before ---- */

static int make_before(const char *site, const struct secret *key)
{
    char path[FILE_PATH_MAX], text[ROOT_MAX];
    struct refusal why;
    struct root root;
    size_t length = 0;
    if (file_path(path, "%s/root.json", site) != 0 ||
        file_read(path, text, sizeof text, &length) != 0 ||
        root_parse(bytes_view_of(text, length), &root, &why) != 0)
        give_up("root.json");
    if (minisign_public_of(derived(key, "guard-a", "guard-a"), &root.keys[ROOT_GUARD_A]) != 0 ||
        minisign_public_of(derived(key, "guard-b", "guard-b"), &root.keys[ROOT_GUARD_B]) != 0 ||
        minisign_public_of(derived(key, "guard-b", "outer"), &root.keys[ROOT_OUTER]) != 0 ||
        sign_public(derived(key, "identity", "statement"), root.statement) != 0 ||
        sign_public(derived(key, "identity", "snapshot"), root.snapshot) != 0 ||
        sign_public(derived(key, "auditor", "checkpoint"), root.checkpoint) != 0 ||
        root_print(&root, text, &length) != 0 || file_write(path, 0644, false, text, length) != 0)
        give_up("root.json, written");
    if (file_path(path, "%s/enterprise/root.json", site) != 0 ||
        file_write(path, 0644, false, text, length) != 0)
        give_up("the enterprise's root.json");
    if (file_path(path, "%s/keeper/keyring", site) != 0 || unlink(path) != 0 ||
        file_path(path, "%s/keeper", site) != 0 || rmdir(path) != 0)
        give_up("the ring");
    return 0;
}

static int before_production(const char *site, const char *directory)
{
    char path[FILE_PATH_MAX], text[CUSTODIANS_MAX];
    struct share shares[3];
    struct custodians custodians;
    struct secret *root = NULL;
    size_t length = 0;
    kind = "production";
    if (secret_random(32, &root) != 0 ||
        shares_split(root, SHARE_UNLOCK, 3, 2, &custodians, shares) != 0 ||
        custodians_print(&custodians, text, &length) != 0 ||
        file_path(path, "%s/custodians", site) != 0 ||
        file_write(path, 0644, true, text, length) != 0 || file_directory(directory, 0700) != 0)
        give_up("the custodians");
    for (unsigned i = 0; i < 3; i++) {
        share_print(&shares[i], text);
        if (file_path(path, "%s/share-%u", directory, i + 1) != 0 ||
            file_write(path, 0600, true, text, SHARE_TEXT) != 0)
            give_up("a share");
    }
    return make_before(site, root);
}

static int opens(const char *site, const char *enclave, const char *directory)
{
    struct secret *key = derived(key_file(site), enclave, "store");
    struct store *store = NULL;
    if (chdir(directory) != 0 || store_open("store.db", enclave, key, &store) != 0)
        give_up("it does not open");
    printf("%" PRIu64 " events\n", store_size(store));
    store_close(store);
    return 0;
}

static int whole(const char *site)
{
    char path[FILE_PATH_MAX], why[KEYRING_WHY] = "";
    struct secret *root = NULL;
    if (file_path(path, "%s/keeper", site) != 0)
        give_up("the path");
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keyring_load(dir, &ring, why) != 0 ||
        keyring_open(&ring, key_file(site), NULL, &root, why) != 0)
        give_up(why);
    return 0;
}

/* ---- what must not be found ---- */

static struct share share_of(const char *path)
{
    char text[400], why[SHARE_WHY];
    struct share share;
    size_t length = 0;
    if (file_read(path, text, sizeof text, &length) != 0 ||
        share_parse(bytes_view_of(text, length), &share, why) != 0)
        give_up("a share");
    return share;
}

static void print_key(const struct secret *key)
{
    char text[65];
    bytes_to_hex(secret_open(key), 32, text);
    secret_close(key);
    puts(text);
}

static int keys(const char *site, const char *one, const char *two)
{
    char path[FILE_PATH_MAX], why[KEYRING_WHY] = "", said[SHARE_WHY] = "";
    struct share shares[2] = {share_of(one), share_of(two)};
    struct secret *unlock = NULL, *root = NULL;
    if (file_path(path, "%s/keeper", site) != 0)
        give_up("the path");
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keyring_load(dir, &ring, why) != 0 ||
        shares_combine(&ring.custodians, shares, 2, &unlock, said) != 0 ||
        keyring_open(&ring, unlock, NULL, &root, why) != 0)
        give_up(why[0] ? why : said);
    print_key(unlock);
    print_key(root);
    for (size_t i = 0; i < ring.count; i++) {
        struct secret *key = NULL;
        if (keyring_key(&ring, root, &ring.holders[i], &key) == 0)
            print_key(key);
        secret_free(key);
    }
    return 0;
}

/* ---- a TPM ---- */

/* TPM2_PCR_Extend (TPM 2.0 Library, part 3, 22.2) with the empty password. */
static int measure(const char *path, const char *pcr)
{
    uint8_t command[65] = {0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x82, 0, 0, 0, 0, 0, 0,    0,
                           9,    0x40, 0, 0, 9, 0,  0, 0, 0,    0,    0, 0, 0, 1, 0, 0x0b, 42};
    uint8_t answer[64];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    command[13] = (uint8_t)strtoul(pcr, NULL, 10);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        write(fd, command, sizeof command) != sizeof command ||
        read(fd, answer, sizeof answer) < 10 || memcmp(answer + 6, "\0\0\0\0", 4) != 0)
        give_up("the TPM");
    return 0;
}

/* Every mapping that the kernel would write into a core: readable by it, and not marked "dd". */
static int core(const char *pid)
{
    char path[64], line[512], page[4096];
    unsigned long from = 0, to = 0, a, b;
    bool dumped = false;
    snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/smaps", pid);
    FILE *maps = fopen(path, "re");
    if (memory < 0 || !maps)
        give_up("the process");
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx ", &a, &b) == 2 && strstr(line, ":") != line) {
            from = a;
            to = b;
        }
        dumped = strncmp(line, "VmFlags:", 8) == 0 && !strstr(line, " dd") && !strstr(line, " io");
        for (; dumped && from < to; from += sizeof page) {
            ssize_t n = pread(memory, page, sizeof page, (off_t)from);
            if (n > 0)
                fwrite(page, 1, (size_t)n, stdout);
        }
    }
    fclose(maps);
    close(memory);
    return 0;
}

int main(int argc, char **argv)
{
    if (os_boot_id_load() != 0)
        return 1;
    if (argc == 3 && strcmp(argv[1], "before") == 0)
        return make_before(argv[2], key_file(argv[2]));
    if (argc == 4 && strcmp(argv[1], "before-production") == 0)
        return before_production(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "opens") == 0)
        return opens(argv[2], argv[3], argv[4]);
    if (argc == 3 && strcmp(argv[1], "whole") == 0)
        return whole(argv[2]);
    if (argc == 5 && strcmp(argv[1], "keys") == 0)
        return keys(argv[2], argv[3], argv[4]);
    if (argc == 4 && strcmp(argv[1], "measure") == 0)
        return measure(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "core") == 0)
        return core(argv[2]);
    return 2;
}

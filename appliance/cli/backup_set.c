#include "appliance/cli/backup_set.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "enclave/process/os.h"
#include "transfer/root.h"

#define FILE_MAX  (64u << 20)
#define WHAT      "casemate/backup-list/1"
#define NAMES_MAX 100

/* A new directory: of two backups in one second the second has a number behind its name. */
static int make_directory(struct set *set, const char *parent)
{
    char stamp[24];
    time_t now = time(NULL);
    struct tm tm;
    int r = ERR_DUPLICATE;
    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    for (unsigned n = 1; r == ERR_DUPLICATE && n < NAMES_MAX; n++) {
        r = n == 1 ? file_path(set->path, "%s/casemate-backup-%s", parent, stamp)
                   : file_path(set->path, "%s/casemate-backup-%s-%u", parent, stamp, n);
        if (r == 0 && mkdir(set->path, 0700) != 0)
            r = errno == EEXIST ? ERR_DUPLICATE : ERR_SYSTEM;
        else if (r == 0)
            return 0;
    }
    return r;
}

int set_begin(const struct cli *o, const char *parent, struct set *ret_set)
{
    char sub[FILE_PATH_MAX];
    *ret_set = (struct set){0};
    char *whole = realpath(parent, NULL); /* what is registered is found again from anywhere */
    if (!whole)
        return cli_complain_file(o, parent, ERR_SYSTEM);
    int r = make_directory(ret_set, whole);
    free(whole);
    if (r)
        return cli_complain_file(o, ret_set->path, r);
    static const char *const subs[] = {"site", "journal"};
    for (size_t i = 0; i < 2; i++)
        if (file_path(sub, "%s/%s", ret_set->path, subs[i]) != 0 || mkdir(sub, 0700) != 0)
            return cli_complain_file(o, ret_set->path, ERR_SYSTEM);
    ret_set->used = (size_t)snprintf(ret_set->list, SET_LIST_MAX,
                                     "casemate-backup-list 1\nmade %" PRId64 "\n", os_utc_ms());
    return 0;
}

/* What stands in the list, and the directories: nothing else was written. */
bool set_drop(struct set *set)
{
    static const char *const rest[] = {"list", "list.signature", "site", "journal"};
    char file[FILE_PATH_MAX], name[200];
    const char *line = set->list;
    for (; *line; line += strcspn(line, "\n") + 1) {
        if (sscanf(line, "%*u %*128[0-9a-f] %199s", name) == 1 &&
            file_path(file, "%s/%s", set->path, name) == 0)
            unlink(file);
        if (!strchr(line, '\n'))
            break;
    }
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (file_path(file, "%s/%s", set->path, rest[i]) == 0)
            (void)remove(file);
    return rmdir(set->path) == 0;
}

static bool is_backup(const char *name)
{
    size_t n = strlen(name);
    return n > 7 && strcmp(name + n - 7, ".backup") == 0;
}

/* A file's size and digest; of a store's backup the digest of its signature, which is by itself. */
static int digest_of(const char *path, bool tail, uint64_t *ret_size, uint8_t out[static 64])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 || fstat(fd, &st) != 0 ? ERR_SYSTEM : S_ISREG(st.st_mode) ? 0 : ERR_FORMAT;
    size_t length = r ? 0 : tail ? SIGN_LENGTH : (size_t)st.st_size;
    if (r == 0 && (length > FILE_MAX || (off_t)length > st.st_size))
        r = ERR_SIZE;
    uint8_t *data = r ? NULL : malloc(length + 1);
    if (r == 0 && (!data || pread(fd, data, length, st.st_size - (off_t)length) != (ssize_t)length))
        r = ERR_SYSTEM;
    if (r == 0) {
        hash_file(data, length, out);
        *ret_size = (uint64_t)st.st_size;
    }
    free(data);
    if (fd >= 0)
        close(fd);
    return r;
}

int set_add(const struct cli *o, struct set *set, const char *name)
{
    char path[FILE_PATH_MAX], digits[129];
    uint8_t digest[64];
    uint64_t size = 0;
    int r = file_path(path, "%s/%s", set->path, name);
    if (r == 0)
        r = digest_of(path, is_backup(name), &size, digest);
    if (r)
        return cli_complain_file(o, path, r);
    bytes_to_hex(digest, 64, digits);
    int n = snprintf(set->list + set->used, SET_LIST_MAX - set->used, "%" PRIu64 " %s %s\n", size,
                     digits, name);
    if (n < 0 || set->used + (size_t)n >= SET_LIST_MAX)
        return cli_complain(o, CLI_TROUBLE, "there are too many files for one list.");
    set->used += (size_t)n;
    return 0;
}

/* A file's own bytes: in a directory that belongs to a program a link could lead anywhere. */
static int read_file(const char *path, uint8_t *data, size_t *ret_length)
{
    struct stat st;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = fstat(fd, &st) != 0 ? ERR_SYSTEM : S_ISREG(st.st_mode) ? 0 : ERR_FORMAT;
    for (*ret_length = 0; r == 0 && *ret_length < FILE_MAX; *ret_length += (size_t)n) {
        n = read(fd, data + *ret_length, FILE_MAX - *ret_length);
        if (n < 0)
            r = ERR_SYSTEM;
        if (n <= 0)
            break;
    }
    if (r == 0 && *ret_length == FILE_MAX)
        r = ERR_SIZE;
    int kept = errno;
    close(fd);
    errno = kept;
    return r;
}

int set_copy(const struct cli *o, struct set *set, const char *from, const char *name)
{
    char path[FILE_PATH_MAX];
    size_t length = 0;
    struct stat st;
    if (lstat(from, &st) != 0 && errno == ENOENT)
        return 0;
    uint8_t *data = malloc(FILE_MAX);
    int r = data ? read_file(from, data, &length) : ERR_MEMORY;
    if (r) {
        free(data);
        return cli_complain_file(o, from, r);
    }
    r = file_path(path, "%s/%s", set->path, name);
    if (r == 0)
        r = file_write(path, 0600, true, data, length);
    free(data);
    return r ? cli_complain_file(o, path, r) : set_add(o, set, name);
}

int set_end(const struct cli *o, struct set *set)
{
    struct ask_answer answer = {0};
    char list[FILE_PATH_MAX], signature[FILE_PATH_MAX];
    int r = file_path(list, "%s/list", set->path);
    if (r == 0)
        r = file_path(signature, "%s/list.signature", set->path);
    if (r == 0)
        r = file_write(list, 0600, true, set->list, set->used);
    if (r)
        return cli_complain_file(o, set->path, r);
    int fds[2] = {open(list, O_RDONLY | O_CLOEXEC),
                  open(signature, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    r = fds[0] < 0 || fds[1] < 0 ? ERR_SYSTEM
                                 : ask(o->site, COMMAND_BACKUP_LIST, "", fds, 2, &answer);
    if (r == 0 && answer.well && fsync(fds[1]) != 0)
        r = ERR_SYSTEM;
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (r || !answer.well)
        return cli_finish(o, o->site, r, &answer);
    return 0;
}

/* ---- checking one ---- */

static int take_line(const struct cli *o, const char *path, const char *line, set_each *each,
                     void *context)
{
    char name[200], digits[129], found[129], file[FILE_PATH_MAX];
    uint64_t size, there = 0;
    uint8_t digest[64];
    if (sscanf(line, "%" SCNu64 " %128[0-9a-f] %199s", &size, digits, name) != 3 ||
        strlen(digits) != 128 || strstr(name, "..") || name[0] == '/')
        return cli_complain(o, CLI_REFUSED, "%s: a line of the list is not in its form.", path);
    int r = file_path(file, "%s/%s", path, name);
    if (r == 0)
        r = digest_of(file, is_backup(name), &there, digest);
    if (r)
        return cli_complain_file(o, file, r);
    bytes_to_hex(digest, 64, found);
    if (there != size || strcmp(found, digits) != 0)
        return cli_complain(o, CLI_REFUSED, "%s is not as the list says: it was changed or cut.",
                            file);
    return each(context, name);
}

int set_check(const struct cli *o, const char *path, set_each *each, void *context)
{
    static char list[SET_LIST_MAX + 1], text[ROOT_MAX];
    static struct root root;
    char file[FILE_PATH_MAX], digits[200] = "";
    uint8_t signature[SIGN_LENGTH];
    struct refusal why = {"it is not in its form"};
    size_t length = 0, n = 0;
    char *rest = NULL;
    int r = file_path(file, "%s/site/root.json", path);
    if (r == 0)
        r = file_read(file, text, sizeof text, &length);
    if (r)
        return cli_complain_file(o, file, r);
    if (root_parse(bytes_view_of(text, length), &root, &why) != 0)
        return cli_complain(o, CLI_REFUSED, "%s: %s.", file, why.text);
    r = file_path(file, "%s/list", path);
    if (r == 0)
        r = file_read(file, list, SET_LIST_MAX, &length);
    if (r)
        return cli_complain_file(o, file, r);
    if (file_path(file, "%s/list.signature", path) != 0 ||
        file_read(file, digits, sizeof digits - 1, &n) != 0 || n != 2 * SIGN_LENGTH + 1 ||
        bytes_from_hex(bytes_view_of(digits, 2 * SIGN_LENGTH), SIGN_LENGTH, signature) != 0 ||
        sign_check(root.checkpoint, WHAT, bytes_view_of(list, length), signature) != 0)
        return cli_complain(o, CLI_REFUSED,
                            "%s/list is not signed by this site's auditor: it was changed, or the "
                            "backup was not finished.",
                            path);
    list[length] = '\0';
    (void)strtok_r(list, "\n", &rest); /* what it is, and when it was made */
    (void)strtok_r(NULL, "\n", &rest);
    for (char *line = strtok_r(NULL, "\n", &rest); r == 0 && line;
         line = strtok_r(NULL, "\n", &rest))
        r = take_line(o, path, line, each, context);
    return r;
}

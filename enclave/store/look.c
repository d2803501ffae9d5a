/* What lies there before a store is opened: its files, whose they are, and its page MAC. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/process/os.h"
#include "enclave/process/whose.h"
#include "enclave/store/opening.h"

#define PAGE 4096
#define PATH 136

int opening_refuse(struct opening *o, int code, const char *format, ...)
{
    va_list args;
    if (o->why->text[0])
        return code;
    va_start(args, format);
    vsnprintf(o->why->text, sizeof o->why->text, format, args);
    va_end(args);
    return code;
}

/* ---- one file ---- */

enum presence { MISSING, EMPTY, HOLDS_SOMETHING };

static const char *path_of(const struct opening *o, const char *suffix, char out[static PATH])
{
    snprintf(out, PATH, "%s%s", o->name, suffix);
    return out;
}

/* Who put it back as root sees that it is there; whoever must write it cannot open it. */
static int refuse_unopened(struct opening *o, const char *path)
{
    char full[300] = "", whose[300];
    int error = errno;
    if (error != EACCES && error != EPERM)
        return opening_refuse(o, ERR_SYSTEM, "%s cannot be opened: %s.", path, strerror(error));
    if (!getcwd(full, sizeof full - PATH - 1))
        full[0] = '\0';
    else
        strcat(full, "/");
    strcat(full, path);
    return opening_refuse(o, ERR_SYSTEM, "%s cannot be opened: %s. %s", path, strerror(error),
                          whose_words(path, full, whose, sizeof whose));
}

static int look_at(struct opening *o, const char *suffix, enum presence *ret_presence)
{
    char path[PATH], first;
    int fd = os_open(path_of(o, suffix, path), O_RDWR, 0);
    if (fd < 0 && errno == EROFS)
        fd = os_open(path, O_RDONLY, 0);
    *ret_presence = MISSING;
    if (fd < 0)
        return errno == ENOENT ? 0 : refuse_unopened(o, path);
    ssize_t n = os_read(fd, &first, 1);
    int r =
        n < 0 ? opening_refuse(o, ERR_SYSTEM, "%s cannot be read: %s.", path, strerror(errno)) : 0;
    os_close(fd);
    *ret_presence = n > 0 ? HOLDS_SOMETHING : EMPTY;
    return r;
}

static int make(struct opening *o, const char *suffix, const char *text)
{
    char path[PATH];
    ssize_t length = (ssize_t)strlen(text);
    int fd = os_open(path_of(o, suffix, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return opening_refuse(o, ERR_SYSTEM, "%s cannot be made: %s.", path, strerror(errno));
    int r = os_write(fd, text, (size_t)length) == length && os_sync(fd) == 0
                ? 0
                : opening_refuse(o, ERR_SYSTEM, "%s cannot be written: %s.", path, strerror(errno));
    os_close(fd);
    return r;
}

/* ---- the page MAC ---- */

#define FORMAT_LENGTH 7

static bool processor_has_sha(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

/*
 * The page MAC is HMAC-SHA256 where the processor computes SHA-256 itself, else
 * SHA512: chosen at creation and kept in NAME.format, because it must be known
 * before a page can be read.  Where there is no store yet it is chosen anew.
 */
static int page_mac(struct opening *o)
{
    char path[PATH], text[16] = "";
    ssize_t n = 0;
    int fd = os_open(path_of(o, ".format", path), O_RDONLY, 0);
    bool missing = fd < 0;
    if (missing && errno != ENOENT)
        return refuse_unopened(o, path);
    if (!missing) {
        n = os_read(fd, text, sizeof text - 1);
        os_close(fd);
    }
    if (n < 0)
        return opening_refuse(o, ERR_SYSTEM, "%s cannot be read: %s.", path, strerror(errno));
    o->sha256 = n == FORMAT_LENGTH && strcmp(text, "sha256\n") == 0;
    if (o->sha256 || (n == FORMAT_LENGTH && strcmp(text, "sha512\n") == 0))
        return 0;
    return opening_refuse(
        o, ERR_FORMAT,
        "%s %s. It says with which code the pages of %s are sealed, sha256 or sha512, and "
        "nothing can be read without it. Put it back from the backup that the store is "
        "from, or write the one word that it was made with into it.",
        path, missing ? "is missing" : "holds neither sha256 nor sha512", o->name);
}

/* ---- a new store ---- */

static const char *is_not_there(enum presence itself)
{
    return itself == EMPTY ? "empty" : "missing";
}

static int refuse_lone_wal(struct opening *o, enum presence itself)
{
    return opening_refuse(
        o, ERR_FORMAT,
        "%s is %s, and what was recorded last lies in %s-wal: neither is of use "
        "without the other. Put both back as they were, or restore the newest backup.",
        o->name, is_not_there(itself), o->name);
}

static int refuse_taken_away(struct opening *o, enum presence itself)
{
    static const char *const signs[] = {".format", "-wal", "-shm"};
    enum presence sign = MISSING;
    const char *suffix = "";
    int r = 0;
    for (size_t i = 0; r == 0 && sign == MISSING && i < sizeof signs / sizeof *signs; i++) {
        r = look_at(o, signs[i], &sign);
        if (sign != MISSING)
            suffix = signs[i];
    }
    if (r || (sign == MISSING && itself == MISSING))
        return r;
    return opening_refuse(
        o, ERR_FORMAT,
        "%s is %s, and there was one%s%s%s. Put it back, with its -wal of the same moment or "
        "with none, or restore its newest backup: casemate restore %s FILE.backup.",
        o->name, is_not_there(itself), *suffix ? ": here is " : "", *suffix ? o->name : "", suffix,
        o->enclave);
}

/* A new store is begun only where nothing says that there was one: SQLite throws a log away that
 * has no file, what is put back would be written over, and a restoration that is finished later
 * would keep the new one as the old. */
static int begin(struct opening *o, enum presence itself)
{
    struct stat st;
    enum presence begun;
    if (o->has_wal)
        return refuse_lone_wal(o, itself);
    if (stat(STORE_RESTORED, &st) == 0)
        return opening_refuse(
            o, ERR_STATE,
            "%s is missing, and a restoration of it was not finished: give the same "
            "casemate restore again. What it replaces lies in store.before.db.",
            o->name);
    int r = look_at(o, ".new", &begun);
    if (r == 0 && begun == MISSING)
        r = refuse_taken_away(o, itself);
    if (r)
        return r;
    if (o->use == STORE_READ_ONLY)
        return opening_refuse(o, ERR_UNKNOWN, "There is no store %s.", o->name);
    o->created = true;
    o->sha256 = processor_has_sha();
    if (begun == MISSING)
        r = make(o, ".new", "");
    return r ? r : make(o, ".format", o->sha256 ? "sha256\n" : "sha512\n");
}

int opening_made(struct opening *o)
{
    char path[PATH];
    enum presence begun;
    int r = look_at(o, ".new", &begun);
    if (r == 0 && begun != MISSING && os_unlink(path_of(o, ".new", path)) != 0)
        r = opening_refuse(o, ERR_SYSTEM, "%s cannot be removed: %s.", path, strerror(errno));
    return r;
}

/* ---- all of them ---- */

int opening_look(struct opening *o)
{
    struct stat st;
    enum presence itself, wal;
    int r = look_at(o, "", &itself);
    if (r == 0)
        r = look_at(o, "-wal", &wal);
    if (r)
        return r;
    o->has_wal = wal == HOLDS_SOMETHING;
    if (itself != HOLDS_SOMETHING)
        return begin(o, itself);
    if (!o->has_wal && stat(o->name, &st) == 0 && st.st_size % PAGE)
        return opening_refuse(
            o, ERR_FORMAT,
            "%s has %lld bytes, which is not a whole number of its pages of %d: it was "
            "cut short. Put the store back from its newest backup.",
            o->name, (long long)st.st_size, PAGE);
    return page_mac(o);
}

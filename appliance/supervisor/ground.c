#include "appliance/supervisor/ground.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "enclave/process/log.h"

#define PATH_ROOM 700

/* ---- listeners ---- */

static int listen_on(const struct sockaddr *address, socklen_t length)
{
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, length) == 0 && listen(fd, 512) == 0)
        return fd;
    int kept = errno;
    close(fd);
    errno = kept;
    return -1;
}

/* The loopback, or a site's address; ${text} was checked when site.conf was read. */
static int listen_at(const char *text, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return listen_on((struct sockaddr *)&v4, sizeof v4);
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        return listen_on((struct sockaddr *)&v6, sizeof v6);
    errno = EINVAL;
    return -1;
}

static int open_listeners(struct site *site, size_t n)
{
    bool training = site->config.training;
    uint16_t port = (uint16_t)(site->config.port + n);
    const char *first = training ? "127.0.0.1" : site->config.address;
    const char *second = training ? "::1" : "127.0.0.1";
    bool covers = strcmp(first, "127.0.0.1") == 0 || strcmp(first, "0.0.0.0") == 0;
    site->listeners[n][0] = listen_at(first, port);
    site->listeners[n][1] = -1;
    if (site->listeners[n][0] < 0) {
        log_sys("port %u on %s cannot be listened on; is another site running?", port, first);
        return ERR_SYSTEM;
    }
    if (training)
        site->listeners[n][1] = listen_at(second, port); /* where there is IPv6 */
    else if (!covers && (site->listeners[n][1] = listen_at(second, port)) < 0) {
        log_sys("port %u on %s cannot be listened on; is another site running?", port, second);
        return ERR_SYSTEM;
    }
    return 0;
}

static bool has_piv(const struct site *site)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/piv-issuers.pem", site->directory);
    return !site->config.training && access(path, R_OK) == 0;
}

int ground_listeners(struct site *site)
{
    for (size_t n = 0; n <= site->config.enclaves; n++) {
        site->listeners[n][0] = site->listeners[n][1] = -1;
        if (n > 0 && ground_is_closed_out(site, (int)n - 1))
            continue; /* its port stays unused */
        if (open_listeners(site, n) != 0)
            return ERR_SYSTEM;
    }
    site->piv = has_piv(site);
    return site->piv ? open_listeners(site, CONFIG_PIV_PORT) : 0;
}

/* ---- directories ---- */

/* The directory of a program; "" in ${path} where it has none. */
static void directory_of(const struct site *site, enum program program, int slot, char *path)
{
    const char *enclave = slot >= 0 ? site->config.enclave[slot] : "";
    const char *leaf = NULL;
    switch (program) {
    case PROGRAM_KEEPER:
        leaf = "keeper";
        break;
    case PROGRAM_AUDITOR:
        leaf = "auditor";
        break;
    case PROGRAM_IDENTITY:
    case PROGRAM_REKEY_IDENTITY:
    case PROGRAM_RESTORE_IDENTITY:
        leaf = "identity";
        break;
    case PROGRAM_WORKER:
    case PROGRAM_REKEY:
    case PROGRAM_RESTORE:
        leaf = "worker";
        break;
    case PROGRAM_GUARD_A:
        leaf = "guard-a";
        break;
    case PROGRAM_GUARD_B:
        leaf = "guard-b";
        break;
    default:
        break;
    }
    path[0] = '\0';
    if (leaf)
        snprintf(path, PATH_ROOM, "%s%s%s/%s", site->directory, slot >= 0 ? "/" : "", enclave,
                 leaf);
}

int ground_store(const struct site *site, int slot)
{
    char path[PATH_ROOM + 16];
    directory_of(site, slot < 0 ? PROGRAM_IDENTITY : PROGRAM_WORKER, slot, path);
    strcat(path, "/store.db"); /* both call it so */
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int ground_make(const char *path, uid_t uid, mode_t mode)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST) {
        log_sys("%s cannot be made", path);
        return ERR_SYSTEM;
    }
    if (chmod(path, mode) != 0 || chown(path, uid, uid) != 0) {
        log_sys("%s cannot be given to uid %u", path, uid);
        return ERR_SYSTEM;
    }
    return 0;
}

int ground_directories(struct site *site, const struct program_row *row, int slot)
{
    char path[PATH_ROOM];
    uint32_t uid =
        topology_uid(site->config.uid_base, row->program, slot >= 0 ? (unsigned)slot : 0);
    directory_of(site, row->program, slot, path);
    int r = path[0] ? ground_make(path, uid, 0700) : 0;
    if (r == 0 && row->program == PROGRAM_GUARD_B) {
        snprintf(path, sizeof path, "%s/%s/outbox", site->directory, site->config.enclave[slot]);
        r = ground_make(path, uid, 0700);
    }
    return r;
}

/* ---- an enclave that is out of service for good ---- */

static void mark_of(const struct site *site, int slot, char *path)
{
    snprintf(path, PATH_ROOM, "%s/%s/" GROUND_CLOSED_OUT, site->directory,
             site->config.enclave[slot]);
}

bool ground_is_closed_out(const struct site *site, int slot)
{
    char path[PATH_ROOM];
    mark_of(site, slot, path);
    return access(path, F_OK) == 0;
}

static int sync_directory(const struct site *site, int slot)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", site->directory, site->config.enclave[slot]);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
    if (fd >= 0)
        close(fd);
    return r;
}

int ground_close_out(const struct site *site, int slot, bool closed)
{
    char path[PATH_ROOM];
    mark_of(site, slot, path);
    int r = 0;
    if (closed) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        r = fd >= 0 && fsync(fd) == 0 ? 0 : ERR_SYSTEM;
        if (fd >= 0)
            close(fd);
    } else if (unlink(path) != 0 && errno != ENOENT) {
        r = ERR_SYSTEM;
    }
    if (r == 0)
        r = sync_directory(site, slot);
    if (r)
        log_sys("%s could not be written", path);
    return r;
}

/* ---- what each program gets ---- */

int ground_give(struct instance *i, enum descriptor what, int fd)
{
    struct message m = {.number = MESSAGE_DESCRIPTOR, .descriptor = {.what = (uint8_t)what}};
    return fd < 0 ? 0 : channel_put_fd(i->control, &m, fd);
}

static int give_opened(struct instance *i, enum descriptor what, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        log_sys("%s cannot be opened", path);
        return ERR_SYSTEM;
    }
    int r = ground_give(i, what, fd);
    close(fd);
    return r;
}

/* What speaks TLS: the authority of stations, a gateway's own certificate, PIV. */
static int give_certificates(struct instance *i)
{
    const struct site *site = i->site;
    char path[PATH_ROOM];
    enum program p = i->row->program;
    bool gateway = p == PROGRAM_ENTRY || p == PROGRAM_GATEWAY;
    if (site->config.training || (!gateway && p != PROGRAM_CERTIFIER))
        return 0;
    snprintf(path, sizeof path, "%s/authority.pem", site->directory);
    int r = give_opened(i, DESCRIPTOR_AUTHORITY, path, O_RDONLY);
    snprintf(path, sizeof path, "%s/%s%sgateway.pem", site->directory,
             i->slot >= 0 ? site->config.enclave[i->slot] : "", i->slot >= 0 ? "/" : "");
    if (r == 0 && gateway)
        r = give_opened(i, DESCRIPTOR_CERTIFICATE, path, O_RDONLY);
    if (r || p != PROGRAM_ENTRY || !site->piv)
        return r;
    snprintf(path, sizeof path, "%s/piv-issuers.pem", site->directory);
    r = give_opened(i, DESCRIPTOR_PIV_ISSUERS, path, O_RDONLY);
    if (r == 0)
        r = ground_give(i, DESCRIPTOR_PIV_LISTENER, site->listeners[CONFIG_PIV_PORT][0]);
    return r ? r : ground_give(i, DESCRIPTOR_PIV_LISTENER2, site->listeners[CONFIG_PIV_PORT][1]);
}

/* -1 where the site has none, or it cannot be had: the keeper says so if it needs it. */
static int open_tpm(const struct site *site)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = site->config.tpm;
    struct stat st;
    if (path[0] == '\0')
        return -1;
    int fd = -1;
    if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
            close(fd);
            fd = -1;
        }
    } else {
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    }
    if (fd < 0)
        log_sys("the TPM at %s cannot be had", path);
    return fd;
}

/* The keeper's alone: where a training site's key lies, or, on a production site from before there
 * was a key ring, what its custodians hold. */
static int give_unlock(struct instance *i)
{
    char path[PATH_ROOM];
    bool training = i->site->config.training;
    if (i->row->program != PROGRAM_KEEPER)
        return 0;
    snprintf(path, sizeof path, "%s/%s", i->site->directory,
             training ? "training.key" : "custodians");
    int tpm = open_tpm(i->site);
    int r = tpm < 0 ? 0 : ground_give(i, DESCRIPTOR_TPM, tpm);
    if (tpm >= 0)
        close(tpm);
    if (r || (!training && access(path, F_OK) != 0))
        return r; /* custodians stand in the key ring */
    return give_opened(i, training ? DESCRIPTOR_KEY_FILE : DESCRIPTOR_CUSTODIANS, path, O_RDONLY);
}

/* What each program gets beside its channels. */
int ground_give_all(struct instance *i)
{
    const struct site *site = i->site;
    char path[PATH_ROOM];
    int r = 0;
    directory_of(site, i->row->program, i->slot, path);
    if (path[0])
        r = give_opened(i, DESCRIPTOR_DIRECTORY, path, O_RDONLY | O_DIRECTORY);
    enum program p = i->row->program;
    if (r == 0 && (p == PROGRAM_ENTRY || p == PROGRAM_GATEWAY)) {
        r = ground_give(i, DESCRIPTOR_LISTENER, site->listeners[i->slot + 1][0]);
        if (r == 0)
            r = ground_give(i, DESCRIPTOR_LISTENER6, site->listeners[i->slot + 1][1]);
    }
    snprintf(path, sizeof path, "%s/root.json", site->directory);
    if (r == 0 && p != PROGRAM_KEEPER && p != PROGRAM_HASHER && p != PROGRAM_CERTIFIER)
        r = give_opened(i, DESCRIPTOR_ROOT, path, O_RDONLY);
    snprintf(path, sizeof path, "%s/policy.cedar", site->directory);
    if (r == 0 && (p == PROGRAM_WORKER || p == PROGRAM_IDENTITY || p == PROGRAM_GUARD_A ||
                   p == PROGRAM_GUARD_B))
        r = give_opened(i, DESCRIPTOR_POLICY, path, O_RDONLY);
    snprintf(path, sizeof path, "%s/program.cedar", site->directory);
    if (r == 0 && (p == PROGRAM_WORKER || p == PROGRAM_IDENTITY))
        r = give_opened(i, DESCRIPTOR_PROGRAM_POLICY, path, O_RDONLY);
    if (r == 0)
        r = give_unlock(i);
    if (r == 0)
        r = give_certificates(i);
    if (r == 0 && p == PROGRAM_GUARD_B) {
        snprintf(path, sizeof path, "%s/%s/outbox", site->directory, site->config.enclave[i->slot]);
        r = give_opened(i, DESCRIPTOR_OUTBOX, path, O_RDONLY | O_DIRECTORY);
    }
    return r;
}

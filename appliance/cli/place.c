/* Ports and user numbers that no other site has. */
#include "appliance/cli/place.h"

#include <dirent.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_FIRST     7410
#define PORT_STEP      10
#define PORT_LAST      7910
#define UID_FIRST      61000
#define UID_LAST       1000000
#define NEIGHBOURS_MAX 64

/* The sites beside this one: what they have is taken, running or not. */
static void each_neighbour(const char *site, struct config *list, size_t max, size_t *ret_count)
{
    char parent[CLI_PATH_MAX], path[2 * CLI_PATH_MAX];
    struct dirent *entry;
    *ret_count = 0;
    snprintf(parent, sizeof parent, "%s", site);
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent)
        return;
    *slash = '\0';
    DIR *dir = opendir(parent);
    while (dir && *ret_count < max && (entry = readdir(dir))) {
        snprintf(path, sizeof path, "%s/%s/site.conf", parent, entry->d_name);
        if (strcmp(entry->d_name, slash + 1) != 0 && access(path, R_OK) == 0 &&
            config_read(path, &list[*ret_count]) == 0)
            (*ret_count)++;
    }
    if (dir)
        closedir(dir);
}

static bool port_is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return bound;
}

/* The first port behind a site's. */
static unsigned end_of(const struct config *c)
{
    return c->port + 1u + (c->training ? (unsigned)c->enclaves : CONFIG_PIV_PORT);
}

static bool ports_are_free(unsigned port, unsigned ports, const struct config *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (port < end_of(&others[i]) && others[i].port < port + ports)
            return false;
    for (unsigned i = 0; i < ports; i++)
        if (!port_is_free(port + i))
            return false;
    return true;
}

static int choose_port(const struct cli *o, unsigned wanted, unsigned ports,
                       const struct config *others, size_t count, uint16_t *ret_port)
{
    for (unsigned port = wanted ? wanted : PORT_FIRST; port <= (wanted ? wanted : PORT_LAST);
         port += PORT_STEP)
        if (ports_are_free(port, ports, others, count)) {
            *ret_port = (uint16_t)port;
            return 0;
        }
    if (wanted)
        return cli_complain(o, CLI_REFUSED,
                            "one of the ports %u to %u is in use; name others with "
                            "--port.",
                            wanted, wanted + ports - 1);
    return cli_complain(o, CLI_REFUSED,
                        "no %u free ports were found from %d to %d; name some "
                        "with --port.",
                        ports, PORT_FIRST, PORT_LAST);
}

/* Does a process run under one of these?  Of a site in another directory, most likely. */
static bool is_running(uint32_t base)
{
    char path[300], line[200];
    bool found = false;
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    while (dir && !found && (entry = readdir(dir))) {
        unsigned uid;
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        FILE *status = entry->d_name[0] > '0' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        while (status && fgets(line, sizeof line, status))
            if (sscanf(line, "Uid: %u", &uid) == 1)
                found = uid >= base && uid < base + SITE_UIDS;
        if (status)
            fclose(status);
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool uids_are_free(uint32_t base, const struct config *others, size_t count)
{
    struct passwd *p;
    bool free_block = true;
    for (size_t i = 0; i < count; i++)
        if (base < others[i].uid_base + SITE_UIDS && others[i].uid_base < base + SITE_UIDS)
            return false;
    setpwent();
    while (free_block && (p = getpwent()))
        free_block = p->pw_uid < base || p->pw_uid >= base + SITE_UIDS;
    endpwent();
    return free_block && !is_running(base);
}

static int choose_uids(const struct cli *o, const struct config *others, size_t count,
                       uint32_t *ret_base)
{
    for (uint32_t base = UID_FIRST; base < UID_LAST; base += SITE_UIDS)
        if (uids_are_free(base, others, count)) {
            *ret_base = base;
            return 0;
        }
    return cli_complain(o, CLI_REFUSED, "no free block of %d user numbers was found from %d on.",
                        SITE_UIDS, UID_FIRST);
}

int place_choose(const struct cli *o, const char *site, unsigned wanted, struct config *config)
{
    static struct config others[NEIGHBOURS_MAX];
    unsigned ports = 1 + (config->training ? (unsigned)config->enclaves : CONFIG_PIV_PORT);
    size_t count;
    each_neighbour(site, others, NEIGHBOURS_MAX, &count);
    int r = choose_port(o, wanted, ports, others, count, &config->port);
    return r ? r : choose_uids(o, others, count, &config->uid_base);
}

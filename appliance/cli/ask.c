#include "appliance/cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "transfer/grammar.h"

#define FDS_MAX 3

static int connect_to(const char *site, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/" CONSOLE_SOCKET, site);
    if (n < 0 || (size_t)n >= sizeof address.sun_path)
        return ERR_SIZE;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_SYSTEM;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int kept = errno;
        close(fd);
        errno = kept;
        return ERR_SYSTEM;
    }
    *ret_fd = fd;
    return 0;
}

static int send_request(int fd, unsigned command, const char *enclave, const int *fds, size_t count)
{
    uint8_t request[CONSOLE_REQUEST_LENGTH] = {(uint8_t)(command >> 8), (uint8_t)command};
    union {
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {request, sizeof request};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    memcpy(request + 2, enclave, strnlen(enclave, ENCLAVE_ID_LENGTH));
    if (count) {
        memset(&control, 0, sizeof control);
        header.msg_control = control.room;
        header.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *m = CMSG_FIRSTHDR(&header);
        m->cmsg_level = SOL_SOCKET;
        m->cmsg_type = SCM_RIGHTS;
        m->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(m), fds, count * sizeof(int));
    }
    return sendmsg(fd, &header, MSG_NOSIGNAL) == (ssize_t)sizeof request ? 0 : ERR_SYSTEM;
}

/* A dot each second, from the second second on. */
static int wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    unsigned dots = 0;
    int n;
    while ((n = poll(&p, 1, dots ? 1000 : 2000)) == 0) {
        fputc('.', stderr);
        dots++;
    }
    if (dots)
        fputc('\n', stderr);
    return n < 0 ? ERR_SYSTEM : 0;
}

void ask_printable(char *text)
{
    for (; *text; text++)
        if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
            *text = '?';
}

int ask(const char *site, unsigned command, const char *enclave, const int *fds, size_t count,
        struct ask_answer *ret_answer)
{
    char reply[1 + CONSOLE_TEXT_MAX];
    int fd = -1;
    int r = connect_to(site, &fd);
    if (r)
        return r;
    r = send_request(fd, command, enclave, fds, count);
    if (r == 0)
        r = wait_readable(fd);
    ssize_t n = r == 0 ? recv(fd, reply, sizeof reply, 0) : -1;
    int kept = errno;
    close(fd);
    errno = kept;
    if (r || n < 0)
        return ERR_SYSTEM;
    if (n == 0)
        return ERR_EOF;
    ret_answer->well = reply[0] == 0;
    memcpy(ret_answer->text, reply + 1, (size_t)n - 1);
    ret_answer->text[n - 1] = '\0';
    ask_printable(ret_answer->text);
    return 0;
}

int ask_ready(const char *site, const char *name)
{
    struct ask_answer answer;
    char line[40];
    bool identity = strcmp(name, "identity") == 0;
    snprintf(line, sizeof line, "\n%-10s %-8s ready", identity ? "identity" : "worker",
             identity ? "-" : name);
    int r = ask(site, COMMAND_STATUS, "", NULL, 0, &answer);
    if (r)
        return r;
    return strstr(answer.text, line) ? 0 : strstr(answer.text, " locked") ? ERR_KEY : ERR_STATE;
}

/* ---- bundles ---- */

static bool is_digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* l2h-orders-ENCLAVE-NNNN-NNNNNNNNNN.tar, exactly. */
static bool enclave_of(const char *path, char out[static ENCLAVE_ID_LENGTH + 1])
{
    static const char front[] = "l2h-orders-";
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *at = name + sizeof front - 1;
    if (strlen(name) != sizeof front - 1 + 8 + 1 + 4 + 1 + 10 + 4 ||
        memcmp(name, front, sizeof front - 1) != 0 ||
        !grammar_is_enclave(bytes_view_of(at, ENCLAVE_ID_LENGTH)) || at[8] != '-' ||
        !is_digits(at + 9, 4) || at[13] != '-' || !is_digits(at + 14, 10) ||
        strcmp(at + 24, ".tar") != 0)
        return false;
    memcpy(out, at, ENCLAVE_ID_LENGTH);
    out[ENCLAVE_ID_LENGTH] = '\0';
    return true;
}

static int open_input(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* What the reading process wrote before its end, if anything. */
void ask_said(int fd, char *text, size_t size)
{
    char said[400];
    size_t length = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (length + 1 < sizeof said && poll(&p, 1, 1000) == 1) {
        ssize_t n = read(fd, said + length, sizeof said - 1 - length);
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    while (length && said[length - 1] == '\n')
        length--;
    said[length] = '\0';
    ask_printable(said);
    if (length)
        snprintf(text, size, "%s", said);
}

int ask_import(const char *site, const char *tar_path, struct ask_answer *ret_answer,
               const char **ret_wrong)
{
    char signature[CLI_PATH_MAX], enclave[ENCLAVE_ID_LENGTH + 1];
    int fds[FDS_MAX] = {-1, -1, -1}, out[2] = {-1, -1};
    int r = ERR_SYSTEM;
    *ret_wrong = NULL;
    if (!enclave_of(tar_path, enclave)) {
        *ret_wrong = "a bundle is named l2h-orders-ENCLAVE-NNNN-NNNNNNNNNN.tar, as it was made";
        return ERR_FORMAT;
    }
    if (snprintf(signature, sizeof signature, "%s.minisig", tar_path) >= CLI_PATH_MAX)
        return ERR_SIZE;
    fds[0] = open_input(tar_path);
    if (fds[0] < 0)
        goto out;
    fds[1] = open_input(signature);
    if (fds[1] < 0) {
        *ret_wrong = "its signature file, with .minisig behind the name, does not lie beside it";
        goto out;
    }
    if (pipe2(out, O_CLOEXEC) != 0)
        goto out;
    fds[2] = out[1];
    r = ask(site, COMMAND_IMPORT, enclave, fds, FDS_MAX, ret_answer);
    close(out[1]);
    out[1] = -1;
    if (r == 0)
        ask_said(out[0], ret_answer->text, sizeof ret_answer->text);
out:
    for (int i = 0; i < 2; i++) {
        int kept = errno;
        if (fds[i] >= 0)
            close(fds[i]);
        if (out[i] >= 0)
            close(out[i]);
        errno = kept;
    }
    return r;
}

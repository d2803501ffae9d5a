/* A station's certificate, and who may use the site at first. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/training_site.h"
#include "appliance/supervisor/config.h"
#include "appliance/tls/certificate.h"
#include "transfer/file.h"

#define ID_TEXT    (2 * STATION_ID)
#define ANSWER_MAX (CERTIFICATE_PEM + 64)

static void uuid_of(const char id[static ID_TEXT], char out[static 37])
{
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12, id + 16, id + 20);
}

/* What the certifier wrote: the id, LF, the certificate. */
static int keep(const struct cli *o, char *text)
{
    char id[ID_TEXT + 1], uuid[37];
    uint8_t bytes[STATION_ID];
    if (strlen(text) < ID_TEXT + 1 || text[ID_TEXT] != '\n' ||
        bytes_from_hex(bytes_view_of(text, ID_TEXT), STATION_ID, bytes) != 0)
        return cli_complain(o, CLI_TROUBLE,
                            "the certifier answered something else than a "
                            "certificate; see the site's log.");
    memcpy(id, text, ID_TEXT);
    id[ID_TEXT] = '\0';
    uuid_of(id, uuid);
    const char *pem = text + ID_TEXT + 1;
    int r = file_write(o->out, 0644, true, pem, strlen(pem));
    if (r)
        return r == ERR_DUPLICATE
                   ? cli_complain(o, CLI_REFUSED, "%s is there already; it was left as it is.",
                                  o->out)
                   : cli_complain_file(o, o->out, r);
    if (o->json)
        printf("{\"station\":\"%s\",\"uuid\":\"%s\"}\n", id, uuid);
    else
        printf("station %s\n        %s\n", id, uuid);
    return CLI_DONE;
}

static void read_answer(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t n;
    while (length + 1 < size && (n = read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
}

/* The certifier's answer in ${text}, or an enum cli_exit after a complaint. */
static int ask_certifier(const struct cli *o, unsigned command, int input, const char *second,
                         char text[static ANSWER_MAX])
{
    struct ask_answer answer = {0};
    int pair[2] = {-1, -1}, out[2] = {-1, -1};
    int r = pipe2(pair, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ? ERR_SYSTEM : 0;
    if (r == 0 && write(pair[1], second, strlen(second)) < 0)
        r = ERR_SYSTEM;
    close(pair[1]);
    if (r == 0)
        r = ask(o->operand[0], command, "", (int[]){input, pair[0], out[1]}, 3, &answer);
    int kept = errno;
    close(pair[0]);
    close(out[1]);
    text[0] = '\0';
    if (r == 0)
        read_answer(out[0], text, ANSWER_MAX);
    close(out[0]);
    errno = kept;
    if (r == 0 && answer.well)
        return 0;
    if (r == 0 && text[0])
        snprintf(answer.text, sizeof answer.text, "%.*s", CERTIFICATE_WHY, text);
    ask_printable(answer.text);
    return cli_finish(o, o->operand[0], r, &answer);
}

int cli_station_certificate(const struct cli *o)
{
    static char text[ANSWER_MAX];
    if (!o->csr || !o->out || !o->name)
        return cli_complain(o, CLI_USAGE, "it needs --csr FILE, --out FILE and --name NAME.");
    if (!certificate_name_is_good(bytes_text(o->name)))
        return cli_complain(o, CLI_USAGE,
                            "a station's name is 1 to 64 letters, digits, blanks, and . - _ "
                            "between them.");
    int request = open(o->csr, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (request < 0)
        return cli_complain_file(o, o->csr, ERR_SYSTEM);
    int r = ask_certifier(o, o->number, request, o->name, text);
    close(request);
    return r ? r : keep(o, text);
}

/* ---- gateways ---- */

static int renew(const struct cli *o, const struct training_site *site, const struct config *config,
                 int slot)
{
    static char text[ANSWER_MAX];
    char path[FILE_PATH_MAX], name[40], second[200];
    snprintf(name, sizeof name, "%s%sgateway.pem", slot < 0 ? "" : config->enclave[slot],
             slot < 0 ? "" : "/");
    snprintf(second, sizeof second, "%s %s", config->name, config->address);
    int r = file_path(path, "%s/%s", site->dir, name);
    int old = r == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
    if (old < 0)
        return cli_complain_file(o, name, ERR_SYSTEM);
    r = ask_certifier(o, o->number, old, second, text);
    close(old);
    return r ? r : training_site_put(o, site, name, 0644, text, strlen(text));
}

int cli_site_certificates(const struct cli *o)
{
    struct training_site site = {.lock = -1};
    struct config config;
    char path[FILE_PATH_MAX];
    if (snprintf(site.dir, sizeof site.dir, "%s", o->operand[0]) >= (int)sizeof site.dir ||
        file_path(path, "%s/site.conf", site.dir) != 0)
        return cli_complain_file(o, o->operand[0], ERR_SIZE);
    if (config_read(path, &config) != 0)
        return cli_complain(o, CLI_TROUBLE, "%s is no site's configuration.", path);
    int r = 0;
    for (int slot = -1; r == 0 && slot < (int)config.enclaves; slot++)
        r = renew(o, &site, &config, slot);
    if (r == 0)
        cli_say(o, true,
                "Every gateway has a new certificate, which it shows from its next start "
                "on: stop the site, start it, and unlock it.");
    return r;
}

int cli_site_begin(const struct cli *o)
{
    struct ask_answer answer = {0};
    int input = open(o->operand[1], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (input < 0)
        return cli_complain_file(o, o->operand[1], ERR_SYSTEM);
    int r = ask(o->operand[0], COMMAND_BOOTSTRAP, "", &input, 1, &answer);
    int kept = errno;
    close(input);
    errno = kept;
    return cli_finish(o, o->operand[0], r, &answer);
}

/* ---- stopping somebody at once ---- */

int cli_suspend(const struct cli *o)
{
    struct ask_answer answer = {0};
    char line[400];
    int pair[2];
    int n = snprintf(line, sizeof line, "%s %s\n", o->operand[0], o->operand[1]);
    if (n < 0 || (size_t)n >= sizeof line)
        return cli_complain(o, CLI_USAGE, "a reason has at most 160 bytes.");
    if (pipe2(pair, O_CLOEXEC) != 0)
        return cli_complain_file(o, o->site, ERR_SYSTEM);
    int r = write(pair[1], line, (size_t)n) == n ? 0 : ERR_SYSTEM;
    close(pair[1]);
    if (r == 0)
        r = ask(o->site, COMMAND_SUSPEND, "", &pair[0], 1, &answer);
    int kept = errno;
    close(pair[0]);
    errno = kept;
    return cli_finish(o, o->site, r, &answer);
}

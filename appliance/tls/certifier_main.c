/*
 * The certifier: makes one certificate, and ends: a station's from its request, or a
 * gateway's from the one that it has.  It alone receives the authority's key; request,
 * name and the authority's certificate are descriptors.  On its output stands what was
 * made, a station's behind its id, or one sentence that says why not.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/tls/certificate.h"
#include "enclave/process/log.h"
#include "enclave/process/process.h"

/* a station's id, LF, a certificate */
#define ANSWER_MAX (CERTIFICATE_PEM + 64)

static size_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (fd >= 0 && n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

/* The authority, and its key; nothing is certified with a key that is not the authority's. */
static void take_authority(struct process *process, gnutls_privkey_t *ret_key,
                           gnutls_x509_crt_t *ret_authority)
{
    static char pem[CERTIFICATE_PEM];
    size_t length = read_all(process_descriptor(process, DESCRIPTOR_AUTHORITY), pem, sizeof pem);
    if (tls_key(process_key(process, KEY_CERTIFIER_AUTHORITY), ret_key) != 0)
        log_die("the authority's key could not be made");
    if (certificate_parse(bytes_view_of(pem, length), ret_authority) != 0)
        log_die("authority.pem is not one certificate");
    if (!certificate_is_ours(*ret_authority, *ret_key))
        log_die("authority.pem is not the certificate of this site's authority");
}

/* ---- the two tasks: the answer, or what is wrong, stands in ${answer} ---- */

struct task {
    gnutls_privkey_t key;
    gnutls_x509_crt_t authority;
    struct bytes_view input;
    const char *second; /* text that came from the console */
    char answer[ANSWER_MAX];
};

static int certify_station(struct task *t)
{
    char pem[CERTIFICATE_PEM], why[CERTIFICATE_WHY], id[2 * STATION_ID + 1];
    uint8_t station[STATION_ID];
    int r = certificate_station(t->key, t->authority, t->input, t->second, time(NULL), pem, station,
                                why);
    if (r == 0) {
        bytes_to_hex(station, STATION_ID, id);
        log_info("the station %s (%s) has a certificate", id, t->second);
    }
    if (r)
        snprintf(t->answer, sizeof t->answer, "%s", why);
    else
        snprintf(t->answer, sizeof t->answer, "%s\n%.*s", id, CERTIFICATE_PEM, pem);
    return r;
}

/* The second input is the host name, a blank, the address. */
static int renew_gateway(struct task *t)
{
    char host[256], address[64],
        why[CERTIFICATE_WHY] = "The site's name and address are not there.";
    int r = sscanf(t->second, "%255s %63s", host, address) == 2 ? 0 : ERR_FORMAT;
    if (r == 0)
        r = certificate_renew(t->key, t->authority, t->input, host, address, time(NULL), t->answer,
                              why);
    if (r == 0)
        log_info("a gateway has a new certificate, for %s", host);
    else
        snprintf(t->answer, sizeof t->answer, "%s", why);
    return r;
}

static int on_started(void *context, struct process *process)
{
    static uint8_t input[CERTIFICATE_REQUEST + 1];
    static char second[400];
    static struct task task;
    (void)context;
    take_authority(process, &task.key, &task.authority);
    size_t length = read_all(process_descriptor(process, DESCRIPTOR_INPUT), input, sizeof input);
    task.input = bytes_view_of(input, length);
    (void)read_all(process_descriptor(process, DESCRIPTOR_SECOND), second, sizeof second - 1);
    task.second = second;
    int r = strcmp(process_run(process), "gateway") == 0 ? renew_gateway(&task)
                                                         : certify_station(&task);
    if (write(process_descriptor(process, DESCRIPTOR_OUTPUT), task.answer, strlen(task.answer)) < 0)
        log_err("the console has gone");
    gnutls_privkey_deinit(task.key);
    _exit(r ? 2 : 0);
}

int main(void)
{
    static const struct process_handlers handlers = {.started = on_started};
    return process_main(PROGRAM_CERTIFIER, &handlers);
}

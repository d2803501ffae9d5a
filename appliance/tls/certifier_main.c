/*
 * The certifier: makes one station's certificate from its request, and ends.  It alone
 * receives the key that signs stations' certificates; the request, the name that was
 * given at the console and the authority's certificate are descriptors.  On its output
 * stands the station's id and the certificate, or one sentence that says why not.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/tls/certificate.h"
#include "enclave/process/log.h"
#include "enclave/process/process.h"

static size_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (fd >= 0 && n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

static void say(const struct process *process, const char *text)
{
    if (write(process_descriptor(process, DESCRIPTOR_OUTPUT), text, strlen(text)) < 0)
        log_err("the console has gone");
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

static int on_started(void *context, struct process *process)
{
    static uint8_t request[CERTIFICATE_REQUEST + 1];
    static char answer[CERTIFICATE_PEM + 64], pem[CERTIFICATE_PEM];
    char name[CERTIFICATE_NAME + 2] = "", why[CERTIFICATE_WHY], id[2 * STATION_ID + 1];
    uint8_t station[STATION_ID];
    gnutls_privkey_t key;
    gnutls_x509_crt_t authority;
    (void)context;
    take_authority(process, &key, &authority);
    size_t length =
        read_all(process_descriptor(process, DESCRIPTOR_INPUT), request, sizeof request);
    (void)read_all(process_descriptor(process, DESCRIPTOR_SECOND), name, sizeof name - 1);
    int r = certificate_station(key, authority, bytes_view_of(request, length), name, time(NULL),
                                pem, station, why);
    if (r == 0) {
        bytes_to_hex(station, STATION_ID, id);
        snprintf(answer, sizeof answer, "%s\n%s", id, pem);
        log_info("the station %s (%s) has a certificate", id, name);
    }
    say(process, r ? why : answer);
    gnutls_privkey_deinit(key);
    _exit(r ? 2 : 0);
}

int main(void)
{
    static const struct process_handlers handlers = {.started = on_started};
    return process_main(PROGRAM_CERTIFIER, &handlers);
}

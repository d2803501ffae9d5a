/* The certificate of a close-out: what was destroyed, and what that does not do. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "enclave/keys/keeper.h"

static const char limits[] =
    "\n"
    "What this does and does not mean\n"
    "  The keys named above are destroyed in the key ring, with every wrap of them in it.  What "
    "was\n"
    "  encrypted under them cannot be read with this ring any more.\n"
    "  EVERY BACKUP THAT WAS MADE BEFORE STILL HOLDS A KEY RING IN WHICH THE KEY OF THAT DAY LIES\n"
    "  (site/keyring in it).  It opens with the custodians' shares that were in force then, or "
    "with\n"
    "  the recovery shares of that time, and so does the program's data in that backup, on any\n"
    "  machine.  Destroy the media of every backup that is named above, and of every other copy.\n"
    "  Keys destroyed is not media sanitised: MEDIA REMAIN CLASSIFIED UNTIL SANITISED per NSA/CSS\n"
    "  Policy Manual 9-12.  Re-use within the same or a higher level follows the procedure of "
    "your\n"
    "  authorising official (JSIG MP-7).\n"
    "  The old ring's file was overwritten in place.  A file system or disk that writes elsewhere\n"
    "  may hold it still, and so does every copy that somebody made of it: such a copy opens with\n"
    "  the custodians' shares of its time, or the recovery shares of its time.\n"
    "  The wrap of a key in a backup (NAME.wrap) opens with the recovery shares of its time "
    "alone,\n"
    "  until the medium, or enough of those shares, are destroyed.\n"
    "  A generation 0 was derived from the root key of the site and is not destroyed by this: "
    "copies\n"
    "  of the store from that time open for whoever can open the site.\n"
    "  This build's cryptography is not validated (docs/crypto.md).\n";

__attribute__((format(printf, 2, 3))) static void add(struct bytes_put *out, const char *format,
                                                      ...)
{
    char line[400];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof line)
        out->error = ERR_SIZE;
    else
        bytes_put_fixed(out, line, (size_t)n);
}

static void add_time(struct bytes_put *out, int64_t at)
{
    char text[32] = "";
    struct tm tm;
    time_t t = (time_t)at;
    if (gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    add(out, "%s", text);
}

/* The console's lines, a tab before each; only printable text of them. */
static void add_copies(struct bytes_put *out, const char *copies)
{
    if (!copies[0])
        add(out, "  none was named\n");
    while (*copies == '\t') {
        size_t n = strcspn(++copies, "\t");
        bytes_put_fixed(out, "  ", 2);
        for (size_t i = 0; i < n; i++)
            bytes_put_u8(out, (uint8_t)(copies[i] >= ' ' && copies[i] <= '~' ? copies[i] : '?'));
        bytes_put_u8(out, '\n');
        copies += n;
    }
}

static void add_text(struct bytes_put *out, const struct keeper *keeper, const char *enclave,
                     const char *who, const char *copies)
{
    char key[MINISIGN_PUBLIC_TEXT + 1];
    add(out, "Certificate of close-out\n\nenclave      %s\nwritten      ", enclave);
    add_time(out, keeper_now());
    add(out, "\ndestroyed by ");
    for (; *who; who++) /* as the journal has them, but for people */
        bytes_put_u8(out, *who == '_' ? ' ' : (uint8_t)*who);
    add(out, "\nkey ring     serial %" PRIu64 "\n\nKeys destroyed\n", keeper->ring.serial);
    for (size_t i = 0; i < keeper->ring.count; i++) {
        const struct keyring_holder *h = &keeper->ring.holders[i];
        if (strcmp(h->name, enclave) != 0)
            continue;
        add(out, "  generation %u  %s ", h->generation, keyring_state_text(h->state));
        add_time(out, h->since);
        add(out, "\n");
    }
    add(out,
        "\nCopies that are known, as the console found and the register of backups has them\n");
    add_copies(out, copies);
    bytes_put_fixed(out, limits, sizeof limits - 1);
    minisign_public_print(&keeper->ring.certificate, key);
    add(out,
        "\nSigned by the keeper of this site, public key\n  %s\n"
        "`casemate keys list` shows that key; minisign -V checks this text.\n",
        key);
}

int keeper_certificate(const struct keeper *keeper, const char *enclave, const char *who,
                       const char *copies, char out[static KEEPER_CERTIFICATE_MAX],
                       size_t *ret_length)
{
    struct secret *seed = NULL;
    char comment[64];
    size_t length = 0, signature = 0;
    struct bytes_put put = bytes_into(out, KEEPER_CERTIFICATE_MAX - MINISIGN_FILE_MAX);
    add_text(&put, keeper, enclave, who, copies);
    int r = bytes_put_done(&put, &length);
    if (r == 0)
        r = keyring_certificate_key(&keeper->ring, keeper->root, &seed);
    snprintf(comment, sizeof comment, "casemate close-out %s", enclave);
    if (r == 0)
        r = minisign_sign(seed, out, length, comment, out + length, &signature);
    secret_free(seed);
    if (r == 0)
        *ret_length = length + signature;
    return r;
}

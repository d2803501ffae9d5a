/* New epochs of a log: opened by two people's word for what was lost, and by nothing else. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "enclave/audit/auditor.h"
#include "enclave/process/log.h"
#include "enclave/store/loss.h"

#define ROOT_TEXT   4096
#define BODY_TEXT   sodium_base64_ENCODED_LEN(LOSS_BODY, sodium_base64_VARIANT_ORIGINAL)
#define SIGNED_TEXT sodium_base64_ENCODED_LEN(STATEMENT_MAX, sodium_base64_VARIANT_ORIGINAL)

/*
 * root.json was written by our own program and is opened by the supervisor.  Of it only
 * two things matter here, and each stands there once: identity's key, and whether badge
 * and PIN will do.  Its whole form is read on a higher floor (transfer/root.h).
 */
int epochs_trust(struct auditor *auditor, int fd)
{
    static const char key[] = "\"statement\":\"";
    static char text[ROOT_TEXT + 1];
    ssize_t n = read(fd, text, ROOT_TEXT);
    if (n <= 0 || n == ROOT_TEXT)
        return ERR_FORMAT;
    text[n] = '\0';
    const char *at = strstr(text, key);
    if (!at || strstr(at + 1, key) || strlen(at) < sizeof key + 2 * SIGN_PUBLIC_LENGTH ||
        at[sizeof key - 1 + 2 * SIGN_PUBLIC_LENGTH] != '"')
        return ERR_FORMAT;
    auditor->admits_pin = strstr(text, "\"badge+pin\"") != NULL;
    return bytes_from_hex(bytes_view_of(at + sizeof key - 1, 2 * SIGN_PUBLIC_LENGTH),
                          SIGN_PUBLIC_LENGTH, auditor->statement_key);
}

static void refuse(struct auditor *auditor, struct peer *peer, const char *origin, const char *why)
{
    static const char what[] = "a_new_epoch_of_the_log";
    struct message no = {.number = MESSAGE_EPOCH_REFUSED};
    no.epoch_refused.sentence = bytes_text(why);
    (void)!process_send(peer, &no);
    if (!shares_allow(auditor, origin, SHARE_NOTES)) {
        shares_beyond(auditor, origin, AUDIT_CLASS_AUDIT);
        return;
    }
    log_err("%s asked for a new epoch of its log, and %s", origin, why);
    (void)auditor_add(auditor, origin, "refused", what);
    shares_spend(auditor, origin, SHARE_NOTES, what);
}

static void encode(struct bytes_view data, char *out, size_t room)
{
    sodium_bin2base64(out, room, data.data, data.length, sodium_base64_VARIANT_ORIGINAL);
}

/* The line says all that the two signed for, and their words, so that it can be checked again. */
static bool record(struct auditor *auditor, const char *origin, const struct loss *loss,
                   const struct loss_consent consents[static 2])
{
    char fields[JOURNAL_LINE_MAX], was[65], here[65], body[2][BODY_TEXT], words[2][SIGNED_TEXT];
    bytes_to_hex(loss->signed_log.root, 32, was);
    bytes_to_hex(loss->here.root, 32, here);
    for (int i = 0; i < 2; i++) {
        encode(consents[i].body, body[i], sizeof body[i]);
        encode(consents[i].statement, words[i], sizeof words[i]);
    }
    snprintf(fields, sizeof fields, "%u %" PRIu64 " %s %u %" PRIu64 " %s %s %s %s %s",
             loss->signed_log.epoch + 1, loss->signed_log.size, was, loss->here.epoch,
             loss->here.size, here, body[0], words[0], body[1], words[1]);
    return auditor_add(auditor, origin, "epoch", fields);
}

void epochs_agreed(struct auditor *auditor, const struct message_audit *m)
{
    auditor->agreed = true;
    memcpy(auditor->agreed_to, m->after, sizeof auditor->agreed_to);
}

/* Identity's people cannot sign for what their own records have lost: the custodians' word is the
 * keeper's record, and the line names it by the loss's digest. */
static bool is_agreed(const struct auditor *auditor, const struct loss *loss)
{
    uint8_t digest[HASH_CONTENT_LENGTH];
    loss_digest(loss, digest);
    return auditor->agreed && memcmp(digest, auditor->agreed_to, sizeof digest) == 0;
}

static bool record_agreed(struct auditor *auditor, const char *origin, const struct loss *loss)
{
    char fields[JOURNAL_LINE_MAX], was[65], here[65], digest[65];
    bytes_to_hex(loss->signed_log.root, 32, was);
    bytes_to_hex(loss->here.root, 32, here);
    bytes_to_hex(auditor->agreed_to, 32, digest);
    snprintf(fields, sizeof fields, "%u %" PRIu64 " %s %u %" PRIu64 " %s custodians %s",
             loss->signed_log.epoch + 1, loss->signed_log.size, was, loss->here.epoch,
             loss->here.size, here, digest);
    return auditor_add(auditor, origin, "epoch", fields);
}

static void grant(struct auditor *auditor, struct peer *peer, struct anchor *a, uint32_t epoch,
                  const char *by)
{
    log_err("%s: epoch %u of its log begins; %s", a->origin, epoch, by);
    auditor->agreed = false;
    anchors_begin(a, epoch);
    anchors_show(auditor, peer);
}

static void take_identity(struct auditor *auditor, struct peer *peer, struct anchor *a,
                          const struct loss *loss, uint32_t epoch)
{
    if (!is_agreed(auditor, loss))
        refuse(auditor, peer, a->origin, "the custodians have not accepted this loss");
    else if (record_agreed(auditor, a->origin, loss))
        grant(auditor, peer, a, epoch, "custodians have accepted the loss");
}

void epochs_take(struct auditor *auditor, struct peer *peer, const struct message_epoch *m)
{
    bool identity = peer->program == PROGRAM_IDENTITY;
    char origin[JOURNAL_ORIGIN];
    struct statement statements[2];
    const struct loss_consent consents[2] = {{m->first_body, m->first_statement},
                                             {m->second_body, m->second_statement}};
    const char *why = "";
    auditor_origin(peer, origin);
    struct anchor *a = anchors_of(auditor, origin);
    if (m->epoch == a->epoch && a->size == 0) {
        anchors_show(auditor, peer); /* its answer was lost */
        return;
    }
    struct loss loss = {.signed_log = {.epoch = a->epoch, .size = a->size},
                        .here = {.epoch = m->here, .size = m->size}};
    memcpy(loss.enclave, identity ? "identity" : peer->enclave, sizeof loss.enclave);
    memcpy(loss.signed_log.root, a->root, 32);
    memcpy(loss.here.root, m->root, 32);
    if ((!peer->enclave[0] && !identity) || m->epoch != a->epoch + 1) {
        refuse(auditor, peer, origin, "it is not the next one");
        return;
    }
    if (identity) {
        take_identity(auditor, peer, a, &loss, m->epoch);
        return;
    }
    if (loss_check_both(&loss, auditor->statement_key, auditor->admits_pin, consents, statements,
                        &why) != 0) {
        refuse(auditor, peer, origin, why);
        return;
    }
    if (!record(auditor, origin, &loss, consents))
        return; /* the disk is full: it asks again */
    grant(auditor, peer, a, m->epoch, "two people have signed for the loss");
}

int epochs_read(struct auditor *auditor, const char *origin, const char *fields)
{
    char *end;
    unsigned long epoch = strtoul(fields, &end, 10);
    if (end == fields || (*end != ' ' && *end != '\0') || epoch == 0 || epoch > UINT32_MAX)
        return ERR_FORMAT;
    anchors_begin(anchors_of(auditor, origin), (uint32_t)epoch);
    return 0;
}

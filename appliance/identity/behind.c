/* Identity's log behind its anchor: who its officers are stands in what is lost, so the site's
 * custodians accept the loss at the console, and a new epoch of the log begins. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/identity/proof.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/store/behind.h"

#define HOLDER      "identity"
#define META_LOSS   "loss"
#define ASK_AGAIN   ((uint64_t)5000)
#define CONSOLE_MS  ((uint64_t)10000)
#define ACCEPTED_BY "the site's custodians"

_Static_assert(sizeof HOLDER - 1 == STATEMENT_ENCLAVE, "a loss names it as an enclave");

static const uint8_t nobody[16];

/* ---- what custodians have accepted is kept until the epoch begins ---- */

static int keep(struct identity *n, bool nothing)
{
    uint8_t kept[BEHIND_KEPT];
    struct bytes_put put = bytes_into(kept, sizeof kept);
    behind_put(&put, &n->behind.loss, n->behind.signed_ms);
    return store_meta_set(n->store, META_LOSS,
                          nothing ? bytes_text("") : bytes_view_of(kept, bytes_put_length(&put)));
}

static int keep_by_itself(struct identity *n, bool nothing)
{
    int r = store_begin(n->store);
    if (r)
        return r;
    r = keep(n, nothing);
    if (r == 0)
        return store_commit(n->store);
    store_rollback(n->store);
    return r;
}

static bool load(struct identity *n, struct behind *ret)
{
    uint8_t kept[BEHIND_KEPT];
    size_t length = 0;
    if (store_meta_get(n->store, META_LOSS, kept, sizeof kept, &length) != 0)
        return false;
    struct bytes in = bytes_over(kept, length);
    *ret = (struct behind){.there = true};
    memcpy(ret->loss.enclave, HOLDER, sizeof HOLDER);
    behind_take(&in, &ret->loss, &ret->signed_ms);
    return bytes_done(&in) == 0;
}

/* ---- the console is answered once ---- */

static void answer(struct identity *n, unsigned outcome, const char *text)
{
    if (n->behind.request)
        process_command_done(n->process, n->behind.request, outcome, text);
    n->behind.request = 0;
}

/* ---- the new epoch ---- */

static void fill_event(const struct identity *n, struct event *event)
{
    struct event_loss_accepted *m = &event->loss_accepted;
    const struct loss *loss = &n->behind.loss;
    *event = (struct event){.number = EVENT_LOSS_ACCEPTED};
    m->epoch = loss->signed_log.epoch + 1;
    m->signed_epoch = loss->signed_log.epoch;
    m->signed_size = loss->signed_log.size;
    memcpy(m->signed_root, loss->signed_log.root, 32);
    m->signed_ms = n->behind.signed_ms;
    m->here_epoch = loss->here.epoch;
    m->here_size = loss->here.size;
    memcpy(m->here_root, loss->here.root, 32);
    m->accepted_by = bytes_text(ACCEPTED_BY);
}

/* One transaction: the epoch, its first event, and nothing is kept of the loss beside it. */
static void open_epoch(struct identity *n)
{
    struct event event;
    char text[200];
    fill_event(n, &event);
    memset(n->station, 0, sizeof n->station);
    identity_commit(n);
    int r = store_begin(n->store);
    n->in_transaction = r == 0;
    if (r == 0)
        r = store_epoch_open(n->store, event.loss_accepted.epoch);
    if (r == 0)
        r = people_event(n, &event, nobody, 0, nobody);
    if (r == 0)
        r = keep(n, true);
    if (r)
        shut_failed(r, "at opening an epoch of the log");
    identity_commit(n);
    n->behind.there = n->behind.accepted = false;
    n->closed[0] = '\0';
    process_say(n->process, "");
    snprintf(text, sizeof text,
             "epoch %u of identity's log begins, and everybody signs in anew. Enter again what was "
             "lost: above all revocations and suspensions",
             event.loss_accepted.epoch);
    log_err("%s", text);
    answer(n, 0, text);
}

static void end_sessions(struct identity *n)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (n->sessions.session[i].state != SESSION_OVER)
            sessions_end(&n->sessions, &n->sessions.session[i]);
}

/* Of sessions that were opened in what is lost nothing is known here: the workers refuse every
 * token from before.  Fewer snapshots than events were lost; how many events the epochs had that
 * are lost before the signed one nobody knows, but none has 2^32. */
void behind_apply(struct identity *n, const struct event *event)
{
    const struct event_loss_accepted *m = &event->loss_accepted;
    uint64_t lost = ((uint64_t)(m->signed_epoch - m->here_epoch) << 32) + m->signed_size + 1;
    for (size_t i = 0; i < n->people_count; i++)
        n->people[i].not_before_ms = event->common.utc_ms;
    for (size_t i = 0; i < n->enclaves_count; i++)
        n->issued[i].epoch += lost;
    end_sessions(n);
}

/* ---- what the auditor says ---- */

static void ask(struct identity *n)
{
    struct message m = {.number = MESSAGE_EPOCH};
    n->behind.asked_ms = os_boot_ms();
    m.epoch.first_body = m.epoch.first_statement = bytes_text("");
    m.epoch.second_body = m.epoch.second_statement = bytes_text("");
    m.epoch.epoch = n->behind.loss.signed_log.epoch + 1;
    m.epoch.here = n->behind.loss.here.epoch;
    m.epoch.size = n->behind.loss.here.size;
    memcpy(m.epoch.root, n->behind.loss.here.root, 32);
    (void)!process_send(process_peer(n->process, 7, ""), &m);
}

static void say(struct identity *n)
{
    char sentence[BEHIND_SENTENCE], why[300];
    snprintf(why, sizeof why,
             "Identity's store is behind its anchor. %.130s Nobody can sign in until its newest "
             "store is back, or the custodians accept the loss (casemate accept-loss identity).",
             behind_sentence(&n->behind.loss, sentence, sizeof sentence));
    shut_begin(n, why);
}

void behind_found(struct identity *n, const struct message_anchor *m)
{
    struct behind kept, now = {.there = true, .signed_ms = m->signed_ms};
    uint8_t mine[32], theirs[32];
    memcpy(now.loss.enclave, HOLDER, sizeof HOLDER);
    behind_here(n->store, &now.loss.here);
    bool is_kept = load(n, &kept);
    now.request = n->behind.request;
    if (is_kept && behind_was_granted(&kept.loss, &now.loss.here, m->epoch, m->size)) {
        kept.request = now.request;
        n->behind = kept;
        open_epoch(n);
        return;
    }
    now.loss.signed_log = (struct loss_log){.epoch = m->epoch, .size = m->size};
    memcpy(now.loss.signed_log.root, m->root, 32);
    loss_digest(&now.loss, mine);
    if (is_kept)
        loss_digest(&kept.loss, theirs);
    now.accepted = is_kept && memcmp(mine, theirs, sizeof mine) == 0;
    now.accepted_ms = os_boot_ms();
    n->behind = now;
    say(n);
    if (now.accepted)
        ask(n);
}

void behind_refused(struct identity *n, const struct message_epoch_refused *m)
{
    char text[300];
    if (!n->behind.there)
        return;
    snprintf(text, sizeof text, "the auditor grants no new epoch: %.*s. Run it again",
             (int)m->sentence.length, (const char *)m->sentence.data);
    log_err("%s", text);
    n->behind.accepted = false;
    int r = keep_by_itself(n, true);
    if (r)
        shut_failed(r, "at putting a refused loss away");
    answer(n, 1, text);
}

void behind_due(struct identity *n)
{
    uint64_t now = os_boot_ms();
    if (!n->store || !n->behind.there || !n->behind.accepted || n->stopping)
        return;
    if (now - n->behind.asked_ms >= ASK_AGAIN)
        ask(n);
    if (now - n->behind.accepted_ms >= CONSOLE_MS)
        answer(n, 1,
               "accepted; but the auditor does not answer, and the log goes on only when it has a "
               "record of it. It is asked again until it does: casemate status says more");
}

/* ---- the console ---- */

static void put_time(int64_t ms, char out[static 32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* What the newest event that lies here is. */
static void newest(struct identity *n, char *out, size_t size)
{
    struct store_event stored;
    struct event event;
    char when[32];
    uint64_t count = store_size(n->store);
    if (count == 0 || store_read(n->store, count - 1, &stored) != 0 ||
        event_decode(stored.payload, &event) != 0) {
        snprintf(out, size, "No event lies here.");
        return;
    }
    put_time(event.common.utc_ms, when);
    snprintf(out, size, "The newest event that lies here is number %llu, of %s.",
             (unsigned long long)count - 1, when);
}

int behind_words(struct identity *n, char *text, size_t size)
{
    uint8_t digest[32];
    char hex[65], sentence[BEHIND_SENTENCE], last[120], when[32];
    if (!n->store || n->unsure || !n->behind.there) {
        snprintf(text, size, "%s",
                 n->closed[0]   ? n->closed
                 : !n->anchored ? "the auditor has not said yet what it signed last; try again"
                                : "nothing of identity's log is lost; nothing was changed");
        return 1;
    }
    loss_digest(&n->behind.loss, digest);
    bytes_to_hex(digest, sizeof digest, hex);
    newest(n, last, sizeof last);
    put_time(n->behind.signed_ms, when);
    snprintf(text, size,
             "%s\nIdentity's log is behind its anchor. %s\nThe auditor signed that at %s. %s\n"
             "What was recorded between the two is lost: people and stations that were added, "
             "records that were approved or revoked, suspensions, security keys, PINs.\n"
             "First look for a newer store or backup of identity: with it nothing is lost.\n",
             hex, behind_sentence(&n->behind.loss, sentence, sizeof sentence), when, last);
    return 0;
}

bool behind_accept(struct identity *n, uint64_t request, char *text, size_t size)
{
    uint8_t digest[32], typed[32];
    char hex[66] = "";
    ssize_t got = read(process_descriptor(n->process, DESCRIPTOR_INPUT), hex, sizeof hex - 1);
    if (!n->store || n->unsure || !n->behind.there) {
        snprintf(text, size, "nothing of identity's log is lost; nothing was changed");
        return false;
    }
    loss_digest(&n->behind.loss, digest);
    if (got != 65 || hex[64] != '\n' || bytes_from_hex(bytes_view_of(hex, 64), 32, typed) != 0 ||
        memcmp(typed, digest, sizeof digest) != 0) {
        snprintf(text, size,
                 "this is not the loss that is there now; read it again. Nothing was changed");
        return false;
    }
    int r = keep_by_itself(n, false);
    if (r == ERR_FULL) {
        snprintf(text, size, "the disk is full: make room, and run it again. Nothing was changed");
        return false;
    }
    if (r)
        shut_failed(r, "at keeping an accepted loss");
    n->behind.accepted = true;
    n->behind.accepted_ms = os_boot_ms();
    n->behind.request = request;
    ask(n);
    return true;
}

/* What intake read from a bundle: checked against the channel's past, then staged for two people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appliance/worker/unsure.h"
#include "appliance/worker/worker.h"
#include "enclave/process/log.h"
#include "enclave/process/os.h"

#define ORDERS_MAX 1000

/* One bundle at a time: intake runs once a file. */
static struct {
    struct peer *intake; /* who waits for the verdict; NULL: nobody */
    bool good;
    bool settled; /* the verdict has been committed */
    char verdict[301];
    bool open;
    uint32_t expected, count;
    uint8_t inbound[16];
    struct event head;
    uint8_t slot[16];
    struct {
        char number[25], key[17], part[25], revision[5], due[11];
        uint32_t quantity;
        uint8_t priority;
    } orders[ORDERS_MAX];
} staged;

/* The newest number of the channel that was staged, and whether this digest is known. */
static const char *judge(const struct worker *w, const struct message_inbound *m)
{
    const struct entities *e = w->mes->entities;
    uint64_t last = 0;
    const struct inbound *newest = NULL;
    static char text[200];
    for (size_t i = 0; i < rows_count(e, ENTITY_INBOUND); i++) /* what was refused began nothing */
        if (entities_inbound(e, i)->epoch > m->epoch &&
            entities_inbound(e, i)->state != INBOUND_REJECTED)
            return "It is of an older epoch of its channel: a newer one has begun.";
    for (size_t i = 0; i < rows_count(e, ENTITY_INBOUND); i++) {
        const struct inbound *row = entities_inbound(e, i);
        if (row->state == INBOUND_REJECTED || row->epoch != m->epoch)
            continue;
        if ((uint64_t)row->sequence == m->sequence)
            return memcmp(row->digest, m->digest, 32) == 0
                       ? "It is here already: the same bundle was imported before."
                       : "Another bundle of this number was imported before. Somebody has signed "
                         "two; "
                         "stop and find out who.";
        if ((uint64_t)row->sequence > last) {
            last = (uint64_t)row->sequence;
            newest = row;
        }
    }
    if (m->sequence != last + 1) {
        snprintf(
            text, sizeof text,
            "It is number %llu of its channel and number %llu is next. Import the missing ones "
            "first.",
            (unsigned long long)m->sequence, (unsigned long long)(last + 1));
        return text;
    }
    if (newest && memcmp(newest->digest, m->previous, 32) != 0)
        return "It does not follow the bundle before it: the channel has forked.";
    return NULL;
}

/* Kept until the batch has been committed: only then is it true. */
static void give_verdict(bool good, const char *sentence)
{
    staged.good = good;
    snprintf(staged.verdict, sizeof staged.verdict, "%s", sentence);
}

static void reject(struct worker *w, const struct message_inbound *m, const char *why)
{
    give_verdict(false, why);
    struct event event = {.number = EVENT_INBOUND_REJECTED};
    request_common(w, &event.common);
    os_uuid(event.inbound_rejected.inbound);
    memcpy(event.inbound_rejected.digest, m->digest, 32);
    event.inbound_rejected.epoch = m->epoch;
    event.inbound_rejected.sequence = m->sequence;
    event.inbound_rejected.reason = bytes_text(why);
    int r = worker_event(w, &event);
    if (r == ERR_FULL)
        request_undo(w); /* which says so to intake */
    else if (r)
        unsure_end(r, "while a bundle was rejected");
}

static void begin(struct worker *w, const struct message_inbound *m)
{
    const char *why = w->closed[0] ? w->closed : judge(w, m);
    memset(&staged, 0, sizeof staged);
    if (w->closed[0]) {
        give_verdict(false, w->closed);
        return;
    }
    if (why) {
        reject(w, m, why);
        return;
    }
    staged.open = true;
    staged.expected = m->orders;
    os_uuid(staged.inbound);
    struct event_inbound_received *e = &staged.head.inbound_received;
    staged.head.number = EVENT_INBOUND_RECEIVED;
    memcpy(e->inbound, staged.inbound, 16);
    memcpy(e->digest, m->digest, 32);
    memcpy(e->previous, m->previous, 32);
    e->epoch = m->epoch;
    e->sequence = m->sequence;
    e->orders = m->orders;
}

#define COPY(field) entity_text(o->field, sizeof o->field, m->field)

/* Intake is another program: what it says is checked again. */
static bool text_is_clean(struct bytes_view v)
{
    for (uint32_t i = 0; i < v.length; i++)
        if (!((v.data[i] >= 'A' && v.data[i] <= 'Z') || (v.data[i] >= '0' && v.data[i] <= '9') ||
              v.data[i] == '-'))
            return false;
    return v.length > 0;
}

static void add_order(const struct message_inbound_order *m)
{
    char due[32];
    int64_t ms;
    if (!staged.open)
        return;
    if (staged.count == staged.expected || staged.count == ORDERS_MAX || m->quantity == 0 ||
        m->quantity > 10000 || m->priority == 0 || m->priority > 99 || !text_is_clean(m->number) ||
        !text_is_clean(m->key) || !text_is_clean(m->part) || !text_is_clean(m->revision) ||
        m->due.length != 10)
        log_die("intake sent an order that cannot be");
    snprintf(due, sizeof due, "%.10sT00:00:00Z", (const char *)m->due.data);
    if (body_time(bytes_text(due), &ms) != 0)
        log_die("intake sent a date that cannot be");
    __typeof__(&staged.orders[0]) o = &staged.orders[staged.count++];
    COPY(number);
    COPY(key);
    COPY(part);
    COPY(revision);
    COPY(due);
    o->quantity = m->quantity;
    o->priority = m->priority;
}

static int stage_all(struct worker *w)
{
    request_common(w, &staged.head.common);
    staged.head.inbound_received.slot = bytes_text("");
    int r = worker_event(w, &staged.head);
    for (uint32_t i = 0; r == 0 && i < staged.count; i++) {
        struct event event = {.number = EVENT_INBOUND_ORDER_RECEIVED, .common = staged.head.common};
        struct event_inbound_order_received *e = &event.inbound_order_received;
        memcpy(e->inbound, staged.inbound, 16);
        e->number = bytes_text(staged.orders[i].number);
        e->key = bytes_text(staged.orders[i].key);
        e->part = bytes_text(staged.orders[i].part);
        e->revision = bytes_text(staged.orders[i].revision);
        e->due = bytes_text(staged.orders[i].due);
        e->quantity = staged.orders[i].quantity;
        e->priority = staged.orders[i].priority;
        r = worker_event(w, &event);
    }
    give_verdict(true, "It is the next of its channel and waits on the Transfer page, where two "
                       "people accept it.");
    return r;
}

void staging_undone(void)
{
    if (staged.verdict[0] && !staged.settled)
        give_verdict(false, "The store is full. Nothing was recorded; tell the system "
                            "administrator.");
}

void staging_answer(void)
{
    struct message m = {.number = MESSAGE_INBOUND_VERDICT};
    staged.settled = staged.verdict[0] != '\0';
    if (!staged.intake || !staged.verdict[0])
        return;
    m.inbound_verdict.staged = staged.good;
    m.inbound_verdict.sentence = bytes_text(staged.verdict);
    (void)!process_send(staged.intake, &m); /* it may have been ended: the page says it too */
    staged.intake = NULL;
}

void staging_message(struct worker *w, struct peer *intake, const struct message *m)
{
    switch (m->number) {
    case MESSAGE_INBOUND:
        begin(w, &m->inbound);
        return;
    case MESSAGE_INBOUND_ORDER:
        add_order(&m->inbound_order);
        return;
    case MESSAGE_INBOUND_END:
        if (staged.open && staged.count != staged.expected)
            log_die("intake sent another number of orders than it announced");
        int r = staged.open ? stage_all(w) : 0;
        if (r == ERR_FULL)
            request_undo(w);
        else if (r)
            unsure_end(r, "while a bundle was staged");
        staged.open = false;
        staged.intake = intake;
        return;
    default:
        log_die("intake sent message %s", message_name(m->number));
    }
}

void staging_left(void)
{
    staged.intake = NULL;
    staged.open = false; /* an unfinished bundle leaves nothing behind */
}

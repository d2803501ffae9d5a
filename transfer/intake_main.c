/*
 * intake: reads one inbound bundle and says what is in it.  It holds nothing, may make
 * eight system calls, and lives for one file.  Its input, signature and report are
 * descriptors that the console opened; its words go to one worker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/process.h"
#include "transfer/intake_judge.h"

static uint8_t tar[BUNDLE_MAX + 1];
static char signature[MINISIGN_FILE_MAX + 1];
static struct intake result;
static struct process *self;
static int outcome = 2; /* refused, until the worker says that it has recorded it */

static size_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

static void report(const char *sentence)
{
    char line[600];
    int n = snprintf(line, sizeof line, "%s\n", sentence);
    if (write(process_descriptor(self, DESCRIPTOR_OUTPUT), line, (size_t)n) < 0)
        log_err("the console has gone");
}

/* One message a datagram: write(2) is all that it may do. */
static void say(struct peer *worker, const struct message *m)
{
    static uint8_t datagram[4096];
    struct bytes_put put = bytes_into(datagram, sizeof datagram);
    message_encode(m, &put);
    if (put.error || write(channel_fd(worker->link), datagram, bytes_put_length(&put)) < 0)
        log_die("the worker does not take what was read");
}

static void give(struct peer *worker)
{
    struct message m = {.number = MESSAGE_INBOUND};
    char due[11];
    memcpy(m.inbound.digest, result.digest, 32);
    memcpy(m.inbound.previous, result.manifest.prev, 32);
    m.inbound.epoch = result.manifest.epoch;
    m.inbound.sequence = result.manifest.seq;
    m.inbound.orders = (uint32_t)result.count;
    say(worker, &m);
    for (size_t i = 0; i < result.count; i++) {
        const struct order *o = &result.orders[i];
        m = (struct message){.number = MESSAGE_INBOUND_ORDER};
        snprintf(due, sizeof due, "%.10s", o->due);
        m.inbound_order.number = bytes_text(o->number);
        m.inbound_order.key = bytes_text(o->key);
        m.inbound_order.part = bytes_text(o->part);
        m.inbound_order.revision = bytes_text(o->rev);
        m.inbound_order.quantity = o->qty;
        m.inbound_order.due = bytes_text(due);
        m.inbound_order.priority = (uint8_t)o->priority;
        say(worker, &m);
    }
    m = (struct message){.number = MESSAGE_INBOUND_END};
    m.inbound_end.orders = (uint32_t)result.count;
    say(worker, &m);
}

/* What the worker says after it has recorded it, or why it did not. */
static void hear(void *context, const struct message *m, int fd)
{
    char line[500];
    (void)context;
    (void)fd;
    if (m->number != MESSAGE_INBOUND_VERDICT)
        log_die("the worker sent message %s", message_name(m->number));
    snprintf(line, sizeof line, "%s %.*s",
             m->inbound_verdict.staged ? "Verified and recorded." : "Verified, but refused.",
             (int)m->inbound_verdict.sentence.length,
             (const char *)m->inbound_verdict.sentence.data);
    report(line);
    outcome = m->inbound_verdict.staged ? 0 : 2;
}

static int on_started(void *context, struct process *process)
{
    static char text[ROOT_MAX + 1];
    struct root root;
    struct refusal why;
    (void)context;
    self = process;
    size_t n = read_all(process_descriptor(process, DESCRIPTOR_ROOT), text, sizeof text);
    if (root_parse(bytes_view_of(text, n), &root, &why) != 0)
        log_die("root.json: %s", why.text);
    size_t length = read_all(process_descriptor(process, DESCRIPTOR_INPUT), tar, sizeof tar);
    n = read_all(process_descriptor(process, DESCRIPTOR_SECOND), signature, sizeof signature);
    struct peer *worker = process_peer(process, 15, "");
    if (length > BUNDLE_MAX) {
        report("The file is larger than a bundle may be (1 MiB).");
    } else if (intake_judge(bytes_view_of(tar, length), bytes_view_of(signature, n), &root,
                            process_enclave(process), &result, &why) != 0) {
        report(why.text);
    } else if (!worker) {
        report("The enclave's worker is not running; nothing was imported.");
    } else {
        give(worker);
        if (channel_await(worker->link, hear, NULL) < 0)
            report("Verified, but the enclave's worker went away before it answered. The Transfer "
                   "page shows whether it was recorded; importing it again does no harm.");
    }
    _exit(outcome);
}

int main(void)
{
    static const struct process_handlers handlers = {.started = on_started};
    return process_main(PROGRAM_INTAKE, &handlers);
}

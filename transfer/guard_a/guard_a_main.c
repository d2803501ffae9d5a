/*
 * guard-a: makes an outbound bundle from records, and, when two people have approved
 * it, signs it.  One run for each; it ends with its verdict.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enclave/process/log.h"
#include "enclave/process/os.h"
#include "enclave/process/process.h"
#include "transfer/guard_a/judge.h"

#define STAGE_BUILD  1
#define STAGE_SIGN   2
#define PIECES_MAX   12
#define PIECE_MAX    (SUMMARY_ROOM)
#define SUMMARY_ROOM 131072

struct piece {
    char name[81];
    uint32_t parts, next;
    uint32_t length;
    uint8_t *data;
};

static struct {
    struct process *process;
    struct root root;
    uint8_t policy_digest[HASH_CONTENT_LENGTH];
    struct chain_state state;
    bool has_facts;
    unsigned stage;
    struct message_guard_facts facts;
    char slot[17];
    struct piece pieces[PIECES_MAX];
    size_t count;
} guard;

static ssize_t read_all(int fd, void *out, size_t room)
{
    size_t n = 0;
    ssize_t got;
    while (n < room && (got = read(fd, (uint8_t *)out + n, room - n)) > 0)
        n += (size_t)got;
    return (ssize_t)n;
}

/* ---- its memory of the channel ---- */

static const char state_file[] = "chain";

static int load_state(const char *enclave)
{
    char text[CHAIN_STATE_TEXT_MAX];
    int fd = open(state_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        chain_state_begin(MANIFEST_H2L, enclave, 1, &guard.state);
        return 0;
    }
    ssize_t n = read_all(fd, text, sizeof text);
    close(fd);
    int r = chain_state_parse(bytes_view_of(text, (size_t)n), &guard.state);
    if (r)
        log_err("the channel's state file: %s", error_text(r));
    return r;
}

/* Durable before a signature leaves: written beside, synced, renamed, the directory synced. */
static int save_state(void)
{
    char text[CHAIN_STATE_TEXT_MAX];
    size_t length;
    int directory = process_descriptor(guard.process, DESCRIPTOR_DIRECTORY);
    int r = chain_state_print(&guard.state, text, &length);
    int fd = openat(directory, "chain.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_SYSTEM;
    if (r == 0 && (write(fd, text, length) != (ssize_t)length || fsync(fd) != 0))
        r = ERR_SYSTEM;
    close(fd);
    if (r == 0 &&
        (renameat(directory, "chain.new", directory, state_file) != 0 || fsync(directory) != 0))
        r = ERR_SYSTEM;
    return r;
}

/* ---- answers ---- */

static void send_piece(struct peer *worker, const char *name, const void *data, size_t length)
{
    struct message m = {.number = MESSAGE_GUARD_PIECE};
    m.guard_piece.name = bytes_text(name);
    m.guard_piece.parts = 1;
    m.guard_piece.body = bytes_view_of(data, length);
    if (process_send(worker, &m) != 0)
        log_die("a piece of %zu bytes cannot be sent", length);
}

static void verdict(struct peer *worker, bool accepted, const char *sentence)
{
    struct message m = {.number = MESSAGE_GUARD_VERDICT};
    m.guard_verdict.accepted = accepted;
    m.guard_verdict.sentence = bytes_text(sentence);
    if (process_send(worker, &m) != 0)
        log_err("the worker does not take the verdict");
    log_info("%s: %s", guard.stage == STAGE_BUILD ? "build" : "sign",
             accepted ? "accepted" : "refused");
    process_end(guard.process);
}

static struct bytes_view piece(const char *name)
{
    for (size_t i = 0; i < guard.count; i++)
        if (strcmp(guard.pieces[i].name, name) == 0)
            return bytes_view_of(guard.pieces[i].data, guard.pieces[i].length);
    return bytes_view_of("", 0);
}

/* ---- the two runs ---- */

static void build(struct peer *worker)
{
    static struct bundle_parts parts;
    struct manifest facts = {.direction = MANIFEST_H2L};
    struct refusal why;
    chain_state_next(&guard.state, &facts);
    snprintf(facts.site, sizeof facts.site, "%s", guard.root.site);
    snprintf(facts.slot, sizeof facts.slot, "%.8s", guard.slot);
    memcpy(facts.root_digest, guard.root.digest, sizeof facts.root_digest);
    memcpy(facts.policy_digest, guard.policy_digest, sizeof facts.policy_digest);
    if (facts.epoch != guard.facts.epoch || facts.seq != guard.facts.sequence) {
        verdict(worker, false,
                "The worker's number of this bundle is not the next one of this channel.");
        return;
    }
    if (guard_a_build(&facts, piece("records"), &parts, &why) != 0) {
        verdict(worker, false, why.text);
        return;
    }
    send_piece(worker, "manifest.json", parts.manifest, parts.manifest_length);
    send_piece(worker, "b2sums", parts.b2sums, parts.b2sums_length);
    send_piece(worker, "policy.json", parts.policy, parts.policy_length);
    send_piece(worker, "rec-summary-001.ndjson", parts.records.data, parts.records.length);
    verdict(worker, true, "");
}

static void sign(struct peer *worker)
{
    static char signature[MINISIGN_FILE_MAX];
    size_t length;
    struct refusal why;
    struct guard_a_request request = {
        .manifest = piece("manifest.json"),
        .b2sums = piece("b2sums"),
        .policy = piece("policy.json"),
        .records = piece("rec-summary-001.ndjson"),
        .approvals = {{piece("approval-1.statement"), piece("approval-1.body")},
                      {piece("approval-2.statement"), piece("approval-2.body")}},
        .now_ms = os_utc_ms(),
    };
    struct manifest manifest;
    memcpy(request.requester, guard.facts.requester, sizeof request.requester);
    if (manifest_parse_unverified(request.manifest, &manifest, &why) != 0 ||
        memcmp(manifest.policy_digest, guard.policy_digest, sizeof guard.policy_digest) != 0) {
        verdict(worker, false, "The manifest names another policy than the one in force.");
        return;
    }
    if (guard_a_sign(process_key(guard.process, KEY_GUARD_A_RELEASE), &guard.root, &guard.state,
                     &request, signature, &length, &why) != 0) {
        verdict(worker, false, why.text);
        return;
    }
    if (save_state() != 0)
        log_die("the channel's state cannot be stored; no signature leaves");
    send_piece(worker, "manifest.json.a.minisig", signature, length);
    verdict(worker, true, "");
}

/* ---- wiring ---- */

static void take_piece(const struct message_guard_piece *m)
{
    struct piece *p = guard.count ? &guard.pieces[guard.count - 1] : NULL;
    if (m->part == 0) {
        if (guard.count == PIECES_MAX)
            log_die("more pieces than there can be");
        p = &guard.pieces[guard.count++];
        memcpy(p->name, m->name.data, m->name.length);
        p->parts = m->parts;
        p->data = malloc(PIECE_MAX);
        if (!p->data)
            log_die("out of memory");
    }
    if (!p || p->next != m->part || m->parts != p->parts || m->part >= m->parts ||
        m->body.length > PIECE_MAX - p->length)
        log_die("the parts of a piece came in disorder");
    memcpy(p->data + p->length, m->body.data, m->body.length);
    p->length += m->body.length;
    p->next++;
}

static void on_message(void *context, struct peer *peer, const struct message *m)
{
    (void)context;
    switch (m->number) {
    case MESSAGE_GUARD_FACTS:
        if (guard.has_facts ||
            memcmp(m->guard_facts.enclave, process_enclave(guard.process), 8) != 0)
            log_die("facts came twice, or for another enclave");
        guard.has_facts = true;
        guard.facts = m->guard_facts;
        guard.stage = m->guard_facts.stage;
        memcpy(guard.slot, m->guard_facts.slot.data, m->guard_facts.slot.length);
        return;
    case MESSAGE_GUARD_PIECE:
        take_piece(&m->guard_piece);
        return;
    case MESSAGE_GUARD_GO:
        if (guard.has_facts && guard.stage == STAGE_BUILD)
            build(peer);
        else if (guard.has_facts && guard.stage == STAGE_SIGN)
            sign(peer);
        else
            log_die("the worker asked for a run that there is not");
        return;
    default:
        log_die("the worker sent message %s", message_name(m->number));
    }
}

static int on_started(void *context, struct process *process)
{
    static uint8_t text[1 << 20];
    struct refusal why;
    (void)context;
    guard.process = process;
    ssize_t n = read_all(process_descriptor(process, DESCRIPTOR_ROOT), text, ROOT_MAX + 1);
    if (root_parse(bytes_view_of(text, (size_t)n), &guard.root, &why) != 0) {
        log_err("root.json: %s", why.text);
        return ERR_FORMAT;
    }
    n = read_all(process_descriptor(process, DESCRIPTOR_POLICY), text, sizeof text);
    hash_short(text, (size_t)n, guard.policy_digest);
    return load_state(process_enclave(process));
}

static void on_left(void *context, struct peer *peer)
{
    (void)context;
    (void)peer;
    process_end(guard.process); /* nobody is left to give a verdict to */
}

int main(void)
{
    static const struct process_handlers handlers = {
        .started = on_started,
        .message = on_message,
        .left = on_left,
    };
    return process_main(PROGRAM_GUARD_A, &handlers);
}

/* casemate audit: what shows something of a log, made on the box and checked anywhere. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/cli/ask.h"
#include "appliance/cli/caller.h"
#include "appliance/event.h"
#include "enclave/process/os.h"
#include "enclave/store/evidence.h"
#include "transfer/file.h"
#include "transfer/root.h"

/* ---- files ---- */

static int map_file(const char *path, struct bytes_view *ret_view)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return ERR_SYSTEM;
    int r = fstat(fd, &st) != 0 ? ERR_SYSTEM : 0;
    if (r == 0 && !S_ISREG(st.st_mode))
        r = ERR_FORMAT;
    if (r == 0 && (st.st_size == 0 || st.st_size > UINT32_MAX))
        r = st.st_size ? ERR_SIZE : ERR_TRUNCATED;
    void *data = MAP_FAILED;
    if (r == 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (r == 0 && data == MAP_FAILED)
        r = ERR_SYSTEM;
    close(fd);
    if (r == 0)
        *ret_view = bytes_view_of(data, (size_t)st.st_size);
    return r;
}

static void unmap_file(struct bytes_view view)
{
    if (view.length)
        munmap((void *)(uintptr_t)view.data, view.length);
}

/* What a file was opened for is in it, whole, or it is gone again. */
static int close_new_file(int fd, const char *path, bool whole)
{
    int r = whole && fsync(fd) != 0 ? ERR_SYSTEM : 0, kept = errno;
    close(fd);
    if (!whole || r)
        unlink(path);
    errno = kept;
    return r;
}

/* Ask the console for something that it writes to a new file; ${input} may be -1. */
static int ask_into(const struct cli *o, const char *enclave, int input, const char *path)
{
    struct ask_answer answer;
    int fds[2] = {input, -1};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    fds[input >= 0] = fd;
    int r = ask(o->site, o->number, enclave, fds, input >= 0 ? 2 : 1, &answer);
    int failed = close_new_file(fd, path, r == 0 && answer.well);
    return cli_finish(o, o->site, r ? r : failed, &answer);
}

/* A few bytes that a program reads from a descriptor. */
static int memory_file(const void *data, size_t length)
{
    int fd = memfd_create("casemate", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, data, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* ---- made on the box ---- */

static int take_epoch(const struct cli *o, uint32_t *ret_epoch)
{
    uint64_t epoch = 0;
    if (o->epoch && (grammar_number(bytes_text(o->epoch), UINT32_MAX, &epoch) != 0 || epoch == 0))
        return cli_complain(o, CLI_USAGE, "--epoch takes a number from 1.");
    *ret_epoch = (uint32_t)epoch;
    return 0;
}

int cli_audit_export(const struct cli *o)
{
    uint32_t epoch = 0;
    uint8_t question[4];
    struct bytes_put put = bytes_into(question, sizeof question);
    int r = cli_is_enclave(o) ? take_epoch(o, &epoch) : CLI_USAGE;
    if (r)
        return r;
    bytes_put_u32(&put, epoch);
    int input = memory_file(question, sizeof question);
    if (input < 0)
        return cli_complain_file(o, "a question to the worker", ERR_SYSTEM);
    r = ask_into(o, o->operand[0], input, o->operand[1]);
    close(input);
    return r;
}

int cli_audit_consistency(const struct cli *o)
{
    struct bytes_view text, note = {0};
    struct note_checkpoint head;
    uint8_t no_key[SIGN_PUBLIC_LENGTH] = {0};
    if (!cli_is_enclave(o))
        return CLI_USAGE;
    int r = map_file(o->operand[1], &text);
    if (r)
        return cli_complain_file(o, o->operand[1], r);
    /* the worker checks its signature; here only its place in the file is looked for */
    r = evidence_head(text, no_key, &note, &head);
    int input = r == ERR_KEY || r == 0 ? memory_file(note.data, note.length) : -1;
    unmap_file(text);
    if (r != ERR_KEY && r != 0)
        return cli_complain(o, CLI_REFUSED, "%s: there is no signed checkpoint of a log in it.",
                            o->operand[1]);
    if (input < 0)
        return cli_complain_file(o, "the old checkpoint", ERR_SYSTEM);
    r = ask_into(o, o->operand[0], input, o->operand[2]);
    close(input);
    return r;
}

/* The text of the answer, into a new file. */
static int keep_text(const struct cli *o, const char *path, const char *text)
{
    size_t length = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return cli_complain_file(o, path, ERR_SYSTEM);
    bool whole = write(fd, text, length) == (ssize_t)length;
    if (close_new_file(fd, path, whole) != 0 || !whole)
        return cli_complain_file(o, path, ERR_SYSTEM);
    cli_say(o, true, "the record and its proof are written; the record is program content");
    return CLI_DONE;
}

int cli_audit_prove(const struct cli *o)
{
    uint8_t id_bytes[16];
    char path[200], id[33];
    struct caller c;
    yyjson_doc *doc = NULL;
    uint64_t sequence;
    if (grammar_number(bytes_text(o->operand[0]), INT64_MAX, &sequence) != 0)
        return cli_complain(o, CLI_USAGE, "SEQUENCE is the number of an event, from 0.");
    if (access(o->operand[1], F_OK) == 0)
        return cli_complain(o, CLI_TROUBLE, "%s is there already; it is not written over.",
                            o->operand[1]);
    os_uuid(id_bytes);
    bytes_to_hex(id_bytes, sizeof id_bytes, id);
    snprintf(path, sizeof path, "/api/audit/proof?id=%s&sequence=%" PRIu64, id, sequence);
    int r = caller_open(o, &c);
    if (r == 0)
        r = caller_enter(&c);
    if (r == 0)
        r = caller_get(&c, CALLER_DOOR, path, &doc);
    if (r == 0)
        r = keep_text(o, o->operand[1], caller_text(yyjson_doc_get_root(doc), "proof"));
    yyjson_doc_free(doc);
    caller_close(&c);
    return r;
}

int cli_audit_journal(const struct cli *o)
{
    return ask_into(o, "", -1, o->operand[0]);
}

/* ---- checked anywhere ---- */

static int take_key(const struct cli *o, uint8_t key[static SIGN_PUBLIC_LENGTH])
{
    char text[ROOT_MAX];
    struct root root;
    struct refusal why;
    size_t length;
    if (!o->key == !o->root)
        return cli_complain(o, CLI_USAGE, "it takes either --key HEX or --root root.json.");
    if (o->key)
        return bytes_from_hex(bytes_text(o->key), SIGN_PUBLIC_LENGTH, key) == 0
                   ? 0
                   : cli_complain(o, CLI_USAGE, "--key takes 64 digits of 0-9 and a-f.");
    int r = file_read(o->root, text, sizeof text, &length);
    if (r)
        return cli_complain_file(o, o->root, r);
    if (root_parse(bytes_view_of(text, length), &root, &why))
        return cli_complain(o, CLI_REFUSED, "%s", why.text);
    memcpy(key, root.checkpoint, SIGN_PUBLIC_LENGTH);
    return 0;
}

static int take_since(const struct cli *o, const uint8_t key[static SIGN_PUBLIC_LENGTH],
                      struct note_checkpoint *ret_since)
{
    struct bytes_view text, note;
    int r = map_file(o->since, &text);
    if (r)
        return cli_complain_file(o, o->since, r);
    r = evidence_head(text, key, &note, ret_since);
    unmap_file(text);
    return r ? cli_complain(o, CLI_REFUSED, "%s: its signed checkpoint: %s.", o->since,
                            error_text(r))
             : 0;
}

static void describe(const struct cli *o, const struct evidence *e, char *out, size_t size)
{
    struct event event;
    unsigned long long n = e->head.size;
    bool known = e->kind == EVIDENCE_RECORD && event_decode(e->record.payload, &event) == 0;
    int at = snprintf(out, size, "%s: ", o->operand[0]);
    out += at;
    size -= (size_t)at;
    if (e->kind == EVIDENCE_SKELETON)
        snprintf(out, size, "all %llu events of %s are there, in their order and unchanged.", n,
                 e->head.origin);
    else if (e->kind == EVIDENCE_RECORD)
        snprintf(out, size,
                 "event %llu (%s) is in the log %s of %llu events that the auditor signed, at "
                 "place %llu.",
                 (unsigned long long)e->record.sequence,
                 known ? event_name(event.number) : "of a kind that this program does not know",
                 e->head.origin, n, (unsigned long long)e->index);
    else if (e->kind == EVIDENCE_CONSISTENCY)
        snprintf(out, size, "the log %s of %llu events begins with that of %llu, unchanged.",
                 e->head.origin, n, (unsigned long long)e->old.size);
    else
        snprintf(out, size,
                 "the auditor has signed %s of %llu events; a checkpoint alone shows no more.",
                 e->head.origin, n);
}

static int say_verified(const struct cli *o, const struct evidence *e,
                        const struct note_checkpoint *since)
{
    static const char *const kinds[] = {"", "checkpoint", "skeleton", "record", "consistency"};
    char text[700];
    describe(o, e, text, sizeof text);
    if (!o->json) {
        printf("%s\n", text);
        if (since)
            printf("It begins with the %llu events of %s.\n", (unsigned long long)since->size,
                   o->since);
        return CLI_DONE;
    }
    printf("{\"kind\":\"%s\",\"events\":%llu,\"origin\":", kinds[e->kind],
           (unsigned long long)e->head.size);
    cli_print_json(e->head.origin);
    if (e->kind == EVIDENCE_RECORD)
        printf(",\"sequence\":%llu", (unsigned long long)e->record.sequence);
    if (e->kind == EVIDENCE_CONSISTENCY)
        printf(",\"since\":%llu", (unsigned long long)e->old.size);
    printf("}\n");
    return CLI_DONE;
}

/* By its first line: an export of the auditor's journal, and not one of a log. */
static bool is_journal(const char *path)
{
    static const char first[] = "casemate-journal-segment";
    char line[sizeof first] = "";
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(line, 1, sizeof first - 1, f) : 0;
    if (f)
        fclose(f);
    return n == sizeof first - 1 && memcmp(line, first, n) == 0;
}

int cli_audit_verify(const struct cli *o)
{
    static struct evidence found;
    uint8_t key[SIGN_PUBLIC_LENGTH];
    struct note_checkpoint since;
    struct bytes_view text;
    int r = take_key(o, key);
    if (r == 0 && o->since)
        r = take_since(o, key, &since);
    if (r)
        return r;
    if (is_journal(o->operand[0]))
        return cli_verify_journal(o, key);
    r = map_file(o->operand[0], &text);
    if (r)
        return cli_complain_file(o, o->operand[0], r);
    r = evidence_check(text, key, o->since ? &since : NULL, &found);
    unmap_file(text);
    if (r)
        return cli_complain(o, CLI_REFUSED, "%s: %s.", o->operand[0], found.why);
    return say_verified(o, &found, o->since ? &since : NULL);
}

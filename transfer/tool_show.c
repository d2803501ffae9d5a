#include "transfer/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "transfer/bundle.h"
#include "transfer/file.h"
#include "transfer/orders.h"
#include "transfer/summary.h"

static uint8_t tar[BUNDLE_MAX];

static int read_tar(const struct tool_options *o, struct bytes_view *ret_tar)
{
    size_t length;
    int r = file_read(o->operand, tar, sizeof(tar), &length);

    if (r == ERR_SIZE)
        return tool_complain(o, TOOL_REFUSED, "%s is larger than %u bytes.", o->operand,
                             BUNDLE_MAX);
    if (r)
        return tool_complain_file(o, o->operand, r);
    *ret_tar = bytes_view_of(tar, length);
    return 0;
}

static int check_records(const struct bundle *b, struct refusal *why)
{
    static struct order orders[ORDERS_MAX];
    uint32_t count = 0;
    size_t inbound = 0;
    int r;

    if (b->manifest.direction == MANIFEST_H2L) {
        r = summary_check(b->records, &count, why);
    } else {
        r = orders_parse(b->records, orders, &inbound, why);
        count = (uint32_t)inbound;
    }
    if (r)
        return r;
    if (count != b->manifest.orders)
        return refuse(why, "manifest.json, \"n\": it does not count the records.");
    return 0;
}

/* The manifest's facts and every record, as they are written. */
static void print_bundle(const struct tool_options *o, const struct bundle *b, bool verified)
{
    const struct manifest *m = &b->manifest;
    char name[MANIFEST_NAME_MAX], hex[2 * HASH_CONTENT_LENGTH + 1];
    uint64_t bits = summary_capacity(m->orders);

    manifest_name(m, name);
    bytes_to_hex(b->digest, sizeof(b->digest), hex);
    if (o->json) {
        printf("{\"digest\":\"%s\",\"epoch\":%" PRIu32 ",\"name\":\"%s\",\"orders\":%" PRIu32
               ",\"seq\":%" PRIu64 ",\"site\":\"%s\",\"slot\":\"%s\",\"verified\":%d}\n",
               hex, m->epoch, name, m->orders, m->seq, m->site, m->slot, verified);
        return;
    }
    printf("%s: %s\n", name,
           verified ? "accepted; signed by guard-a, guard-b and outer"
                    : "in the right form; NO SIGNATURE WAS CHECKED");
    printf("  site     %s\n  place    epoch %" PRIu32 ", number %" PRIu64 "\n", m->site, m->epoch,
           m->seq);
    if (m->direction == MANIFEST_H2L)
        printf("  week     %s\n  carries  at most %" PRIu64 ".%03" PRIu64 " bits, by its form\n",
               m->slot, bits / 1000, bits % 1000);
    printf("  orders   %" PRIu32 "\n  digest   %s\n\n%.*s", m->orders, hex, (int)b->records.length,
           (const char *)b->records.data);
}

int tool_verify(const struct tool_options *o)
{
    char path[FILE_PATH_MAX], minisig[MINISIGN_FILE_MAX];
    struct bytes_view data;
    struct refusal why;
    struct root root;
    struct bundle b;
    size_t length;
    int r = tool_read_root(o, o->root, &root);

    if (r == 0)
        r = read_tar(o, &data);
    if (r)
        return r;
    r = file_path(path, "%s.minisig", o->operand);
    if (r == 0)
        r = file_read(path, minisig, sizeof(minisig), &length);
    if (r == ERR_SIZE)
        return tool_complain(o, TOOL_REFUSED, "%s: not in the expected format.", path);
    if (r)
        return tool_complain_file(o, path, r);
    if (bundle_check(data, bytes_view_of(minisig, length), &root, MANIFEST_H2L, &b, &why) ||
        check_records(&b, &why))
        return tool_complain(o, TOOL_REFUSED, "%s is refused: %s", o->operand, why.text);
    print_bundle(o, &b, true);
    return TOOL_ACCEPTED;
}

int tool_show(const struct tool_options *o)
{
    struct bytes_view data;
    struct refusal why;
    struct bundle b;
    int r = read_tar(o, &data);

    if (r)
        return r;
    if (bundle_open_unverified(data, &b, &why) || check_records(&b, &why))
        return tool_complain(o, TOOL_REFUSED, "%s is refused: %s", o->operand, why.text);
    print_bundle(o, &b, false);
    return TOOL_ACCEPTED;
}

#include "transfer/guard_b/manifest.h"

#include <string.h>

#define MANIFEST_MAX 4096
/* B2-256 of transfer/release/weekly-summary.json, the one schema that is known here. */
#define SCHEMA "7f3f8e9168778f1df8b899e3a1cc4433f1227449b5240bba4faadfc9a73d8f4b"

const char *const b_manifest_listed[B_LISTED] = {"b2sums", "policy.json", "rec-summary-001.ndjson"};

/* What recent says, before it is known which numbers it should have. */
struct recent {
    unsigned count;
    uint64_t number[B_RECENT_MAX];
};

void b_manifest_enclave(struct b_reader *r, char out[static B_ENCLAVE_LENGTH + 1])
{
    struct b_view id = b_reader_run(r, B_ENCLAVE_LENGTH);
    struct b_reader inside = b_reader_over(id);
    b_reader_text(&inside, "e");
    (void)b_reader_word(&inside, B_LOWER B_DECIMAL, B_ENCLAVE_LENGTH - 1, B_ENCLAVE_LENGTH - 1);
    if (!b_reader_done(&inside))
        r->failed = true;
    memset(out, 0, B_ENCLAVE_LENGTH + 1);
    if (!r->failed)
        memcpy(out, id.data, id.length);
}

static void members(struct b_reader *r, struct b_manifest *m)
{
    b_reader_text(r, ",\"members\":[");
    for (size_t i = 0; i < B_LISTED; i++) {
        b_reader_text(r, i ? ",[\"" : "[\"");
        b_reader_text(r, b_manifest_listed[i]);
        b_reader_text(r, "\",");
        m->listed[i].size = b_reader_number(r, 0, (UINT64_C(1) << 53) - 1);
        b_reader_text(r, ",\"");
        b_reader_hex(r, B_FILE_LENGTH, m->listed[i].digest);
        b_reader_text(r, "\"]");
    }
    b_reader_text(r, "],\"n\":{\"order\":");
    m->orders = (uint32_t)b_reader_number(r, 0, 1000);
    b_reader_text(r, ",\"yield\":1}");
}

static void recent(struct b_reader *r, struct b_manifest *m, struct recent *list)
{
    b_reader_text(r, ",\"recent\":[");
    while (!r->failed && !b_reader_meets(r, "]")) {
        if (list->count == B_RECENT_MAX) {
            r->failed = true;
            return;
        }
        b_reader_text(r, list->count ? ",[" : "[");
        list->number[list->count] = b_reader_number(r, 1, B_SEQUENCE_MAX);
        b_reader_text(r, ",\"");
        b_reader_hex(r, B_DIGEST_LENGTH, m->recent[list->count]);
        b_reader_text(r, "\"]");
        list->count++;
    }
    b_reader_text(r, "]");
}

static void contents(struct b_reader *r, struct b_manifest *m, struct recent *list)
{
    b_reader_text(r, "{\"approvals\":{\"got\":2,\"need\":2},\"chan\":\"perf-");
    b_manifest_enclave(r, m->enclave);
    b_reader_text(r, "\",\"dir\":\"h2l\",\"epoch\":");
    m->epoch = (uint32_t)b_reader_number(r, 1, B_EPOCH_MAX);
    members(r, m);
    b_reader_text(r, ",\"policy\":{\"digest\":\"");
    b_reader_hex(r, B_DIGEST_LENGTH, m->policy);
    b_reader_text(r, "\",\"id\":\"release\"},\"prev\":\"");
    b_reader_hex(r, B_DIGEST_LENGTH, m->previous);
    b_reader_text(r, "\",\"prof\":\"open\"");
    recent(r, m, list);
    b_reader_text(r, ",\"root\":{\"digest\":\"");
    b_reader_hex(r, B_DIGEST_LENGTH, m->root);
    b_reader_text(r, "\",\"version\":1},\"schema\":{\"digest\":\"" SCHEMA
                     "\",\"id\":\"weekly-summary\",\"version\":1},\"seq\":");
    m->sequence = b_reader_number(r, 1, B_SEQUENCE_MAX);
    b_reader_text(r, ",\"site\":\"");
    b_trust_site(r, m->site);
    b_reader_text(r, "\",\"slot\":\"");
    struct b_view slot = b_reader_run(r, B_SLOT_LENGTH);
    memcpy(m->slot, slot.data, slot.length);
    b_reader_text(r, "\",\"v\":\"mes-xfer/1\"}\n");
}

/* prev and recent are the same story: recent ends with [seq - 1, prev] and has no gap. */
static bool history_fits(const struct b_manifest *m, const struct recent *list)
{
    static const uint8_t zeros[B_DIGEST_LENGTH];
    uint64_t before = m->sequence - 1;
    unsigned due = before < B_RECENT_MAX ? (unsigned)before : B_RECENT_MAX;
    if (list->count != due)
        return false;
    for (unsigned i = 0; i < due; i++)
        if (list->number[i] != m->sequence - due + i)
            return false;
    const uint8_t *last = due ? m->recent[due - 1] : zeros;
    return memcmp(m->previous, last, B_DIGEST_LENGTH) == 0;
}

/* Thursday's day of the week decides how many ISO weeks a year has; 2000 began on a Saturday. */
static bool year_has_week_53(unsigned year)
{
    unsigned days = (year - 2000) * 365 + (year - 2000 + 3) / 4;
    unsigned first = (5 + days) % 7; /* Monday is 0 */
    bool leap = year % 4 == 0;       /* 2000 to 2099: 2000 is one */
    unsigned last = (first + (leap ? 1 : 0)) % 7;
    return first == 3 || last == 3;
}

static bool slot_exists(const char *slot)
{
    struct b_reader r = b_reader_over(b_view_of(slot, strlen(slot)));
    uint64_t year = b_reader_padded(&r, 4);
    b_reader_text(&r, "-W");
    uint64_t week = b_reader_padded(&r, 2);
    if (!b_reader_done(&r) || year < 2000 || year > 2099 || week < 1 || week > 53)
        return false;
    return week < 53 || year_has_week_53((unsigned)year);
}

int b_manifest_read(struct b_view file, struct b_manifest *ret_manifest, struct b_refusal *why)
{
    struct b_manifest m = {0};
    struct recent list = {0};
    struct b_reader r = b_reader_over(file);
    if (file.length > MANIFEST_MAX)
        return b_refuse(why, ERR_SIZE, "manifest.json is longer than 4096 bytes");
    contents(&r, &m, &list);
    if (!b_reader_done(&r))
        return b_refuse(
            why, ERR_FORMAT,
            "manifest.json is not in its one form, with the known schema, near byte %zu",
            file.length - (size_t)(r.end - r.at));
    if (!slot_exists(m.slot))
        return b_refuse(why, ERR_RANGE, "manifest.json: slot is not a week that exists");
    if (!history_fits(&m, &list))
        return b_refuse(why, ERR_STATE, "manifest.json: prev and recent do not fit its number");
    m.recents = list.count;
    b_digits_digest(file.data, file.length, m.digest);
    b_digits_file(file.data, file.length, m.file);
    *ret_manifest = m;
    return 0;
}

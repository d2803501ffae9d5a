#ifndef APPLIANCE_IDENTITY_SNAPSHOT_H
#define APPLIANCE_IDENTITY_SNAPSHOT_H

#include "appliance/attribute.h"
#include "crypto/sign.h"

/*
 * What one enclave may know of people and stations: everybody read in there and every
 * station certified for it, with the authorization records that decide, as identity's
 * officers approved them.  It names no other program.  Byte form, big-endian: u8 version
 * 2, 8 bytes enclave id, u64 epoch, u16 number of people, u16 number of stations, then
 * first the people and then the stations, each in the order of their ids, each with a u32
 * length in front:
 *   u8 kind (1 person, 2 station), 16 id, 16 natural person (zeros for a station), VAR
 *   name, VAR stamp, u8 suspended, i64 not before (UTC ms; sessions from before it are
 *   over), u16 n and n records in the order of attribute number and record id:
 *     16 record, u8 attribute (appliance/attribute.def), VAR value, i64 from, i64 until
 *     (UTC ms), VAR document, VAR granted by.
 * VAR is a u32 length and bytes.  Its digest is BLAKE2b-256 for "casemate/snapshot/2".
 * A line {epoch, digest, boot id, good until in boot milliseconds} signed for
 * "casemate/snapshot-line/1" says that it is the one in force; it is renewed each minute.
 */
#define SNAPSHOT_PURPOSE      "casemate/snapshot/2"
#define SNAPSHOT_PEOPLE_MAX   2000
#define SNAPSHOT_STATIONS_MAX 1000
#define SNAPSHOT_RECORDS_MAX  200 /* of one holder */
#define SNAPSHOT_NAME_MAX     64
#define SNAPSHOT_WORD_MAX     32
#define SNAPSHOT_DOCUMENT_MAX 120
#define SNAPSHOT_HOLDER_MAX   59000 /* so that one fits into an event */
#define SNAPSHOT_BYTES_MAX    (6u << 20)
#define SNAPSHOT_GOOD_MS      (10 * 60 * 1000)
#define SNAPSHOT_LINE_LENGTH  64

/* One authorization record; the views live as long as the snapshot. */
struct snapshot_record {
    uint8_t record[16];
    enum attribute_number attribute;
    struct bytes_view value;
    int64_t from_ms, until_ms;
    struct bytes_view document;
    struct bytes_view granted_by;
};

/* A person or a station. */
struct snapshot_holder {
    enum holder_kind kind;
    uint8_t id[16];
    uint8_t natural[16]; /* one human being, whatever accounts he has */
    char name[SNAPSHOT_NAME_MAX + 1];
    char stamp[SNAPSHOT_WORD_MAX + 1];
    bool suspended;
    int64_t not_before_ms;
    const struct snapshot_record *record;
    size_t records;
    struct bytes_view bytes; /* its own byte form, without the length */
};

struct snapshot {
    uint8_t enclave[8];
    uint64_t epoch;
    size_t people, stations;
    struct snapshot_holder *person;  /* ${people} of them */
    struct snapshot_holder *station; /* ${stations} of them */
    struct snapshot_record *records;
    uint8_t *bytes;
};

/* snapshot_put_head(), then snapshot_put_holder() for each, people first: an error stays in
 * ${out}.  ${holder}'s own bytes are not looked at. */
void snapshot_put_head(struct bytes_put *out, const uint8_t enclave[static 8], uint64_t epoch,
                       size_t people, size_t stations);
void snapshot_put_holder(struct bytes_put *out, const struct snapshot_holder *holder);

/* snapshot_decode(data, ret_snapshot): Strict; copies ${data}; ends with snapshot_free(). */
must_use int snapshot_decode(struct bytes_view data, struct snapshot **ret_snapshot);
void snapshot_free(struct snapshot *snapshot);

/* snapshot_find(snapshot, person), snapshot_find_station(snapshot, station): NULL when it is not
 * there. */
const struct snapshot_holder *snapshot_find(const struct snapshot *snapshot,
                                            const uint8_t person[static 16]);
const struct snapshot_holder *snapshot_find_station(const struct snapshot *snapshot,
                                                    const uint8_t station[static 16]);

/* snapshot_is_active(record, now_ms): From its start, and until just before its end. */
bool snapshot_is_active(const struct snapshot_record *record, int64_t now_ms);

/* snapshot_until(holder, attribute, value, now_ms): The latest end of records of this value that
 * have begun, also when it has passed; 0 without one. */
int64_t snapshot_until(const struct snapshot_holder *holder, enum attribute_number attribute,
                       const char *value, int64_t now_ms);

/* snapshot_line(epoch, digest, boot, good_until_ms, out): The bytes that are signed. */
void snapshot_line(uint64_t epoch, const uint8_t digest[static 32], const uint8_t boot[static 16],
                   uint64_t good_until_ms, uint8_t out[static SNAPSHOT_LINE_LENGTH]);

#endif

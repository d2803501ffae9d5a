#ifndef APPLIANCE_IDENTITY_SNAPSHOT_H
#define APPLIANCE_IDENTITY_SNAPSHOT_H

#include "crypto/sign.h"

/*
 * What one enclave may know of people: everybody read in there, with the attributes
 * that decide, compiled by identity from active authorization records.  It names no
 * other program.  Byte form, big-endian: u8 version 1, 8 bytes enclave id, u64 epoch,
 * u16 number of people, then each person in the order of their ids:
 *   16 id, VAR name, VAR stamp, u8 suspended, u8 ITAR US person, u8 clearance,
 *   i64 read in until, i64 export authorization until, i64 not before (UTC ms; sessions
 *   from before it are over), u8 n and n times 3 letters of citizenships, the same of
 *   countries for ITAR, u8 n and n VAR roles, u8 n and n VAR sites, u8 n and n times
 *   VAR skill with i64 until.
 * VAR is a u32 length and bytes.  Its digest is BLAKE2b-256 for "casemate/snapshot/1".
 * A line {epoch, digest, boot id, good until in boot milliseconds} signed for
 * "casemate/snapshot-line/1" says that it is the one in force; it is renewed each minute.
 */
#define SNAPSHOT_COUNTRIES_MAX 8
#define SNAPSHOT_ROLES_MAX     8
#define SNAPSHOT_SITES_MAX     4
#define SNAPSHOT_SKILLS_MAX    16
#define SNAPSHOT_PEOPLE_MAX    2000
#define SNAPSHOT_NAME_MAX      64
#define SNAPSHOT_WORD_MAX      32
#define SNAPSHOT_BYTES_MAX     (1u << 20)
#define SNAPSHOT_GOOD_MS       (10 * 60 * 1000)
#define SNAPSHOT_LINE_LENGTH   64

struct snapshot_skill {
    char name[SNAPSHOT_WORD_MAX + 1];
    int64_t until_ms;
};

struct snapshot_person {
    uint8_t person[16];
    char name[SNAPSHOT_NAME_MAX + 1];
    char stamp[SNAPSHOT_WORD_MAX + 1];
    uint8_t suspended;
    uint8_t us_person;
    uint8_t clearance;
    int64_t read_in_until_ms;
    int64_t export_until_ms; /* 0 where there is no authorization */
    int64_t not_before_ms;
    size_t citizenships, countries_itar, roles, sites, skills;
    char citizenship[SNAPSHOT_COUNTRIES_MAX][4];
    char country_itar[SNAPSHOT_COUNTRIES_MAX][4];
    char role[SNAPSHOT_ROLES_MAX][SNAPSHOT_WORD_MAX + 1];
    char site[SNAPSHOT_SITES_MAX][SNAPSHOT_WORD_MAX + 1];
    struct snapshot_skill skill[SNAPSHOT_SKILLS_MAX];
};

struct snapshot {
    uint8_t enclave[8];
    uint64_t epoch;
    size_t people;
    struct snapshot_person person[];
};

/* snapshot_new(people, ret_snapshot): Room for ${people}, zeroed; the caller frees it. */
must_use int snapshot_new(size_t people, struct snapshot **ret_snapshot);

/* snapshot_encode(snapshot, out): An error stays in ${out}. */
void snapshot_encode(const struct snapshot *snapshot, struct bytes_put *out);

/* snapshot_decode(data, ret_snapshot): Strict; people must be in the order of their ids. */
must_use int snapshot_decode(struct bytes_view data, struct snapshot **ret_snapshot);

/* snapshot_find(snapshot, person): NULL when this person is not in it. */
const struct snapshot_person *snapshot_find(const struct snapshot *snapshot,
                                            const uint8_t person[static 16]);

/* snapshot_has_role(person, role) */
bool snapshot_has_role(const struct snapshot_person *person, const char *role);

/* snapshot_line(epoch, digest, boot, good_until_ms, out): The bytes that are signed. */
void snapshot_line(uint64_t epoch, const uint8_t digest[static 32], const uint8_t boot[static 16],
                   uint64_t good_until_ms, uint8_t out[static SNAPSHOT_LINE_LENGTH]);

#endif

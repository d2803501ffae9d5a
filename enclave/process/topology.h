#ifndef ENCLAVE_PROCESS_TOPOLOGY_H
#define ENCLAVE_PROCESS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* topology.def as data: programs, channels, keys, descriptors. */

#define ENCLAVES_MAX      24
#define ENCLAVE_ID_LENGTH 8
/* Uids that a site takes from a free block: 16 for the site, 8 for each enclave. */
#define SITE_UIDS (16 + 8 * ENCLAVES_MAX)

enum program_scope { SCOPE_SITE = 1, SCOPE_ENCLAVE };
enum program_life { LIFE_ONCE = 1, LIFE_STAYS, LIFE_RUN };

enum program {
    PROGRAM_NONE = 0,
#define PROGRAM(NAME, binary, SCOPE, uid, memlock, life, holds) PROGRAM_##NAME,
#include "enclave/process/topology.def"
    PROGRAM_COUNT
};

struct program_row {
    enum program program;
    const char *name; /* lower case, as in logs */
    const char *binary;
    enum program_scope scope;
    unsigned uid_offset;
    unsigned memlock_kib;
    enum program_life life;
    const char *holds;
};

struct channel_row {
    unsigned number;
    enum program left;
    enum program right;
    const char *what;
};

struct key_row {
    unsigned number;
    enum program program;
    const char *purpose;
    bool next; /* of the generation that a rekey is making */
};

enum descriptor {
    DESCRIPTOR_NONE = 0,
#define DESCRIPTOR(NUMBER, NAME, what) DESCRIPTOR_##NAME = (NUMBER),
#include "enclave/process/topology.def"
    DESCRIPTOR_COUNT
};

enum key {
#define KEY(NUMBER, PROGRAM, NAME, purpose)      KEY_##PROGRAM##_##NAME = (NUMBER),
#define KEY_NEXT(NUMBER, PROGRAM, NAME, purpose) KEY_##PROGRAM##_##NAME = (NUMBER),
#include "enclave/process/topology.def"
    KEY_COUNT = 64 /* above every number */
};

extern const struct program_row topology_programs[];
extern const struct channel_row topology_channels[];
extern const size_t topology_channels_count;
extern const struct key_row topology_keys[];
extern const size_t topology_keys_count;

/* topology_program(program): Its row; never NULL for a valid number. */
const struct program_row *topology_program(enum program program);

/* topology_channel(number): The row, or NULL. */
const struct channel_row *topology_channel(unsigned number);

/* topology_holder(row, enclave): For whom a key of ${row} is derived: the id of the ${enclave} of a
 * worker or gateway, else the program's name.  A guard signs for the site, in whichever enclave it
 * runs. */
const char *topology_holder(const struct key_row *row, const char *enclave);

/* topology_key_holder(row, enclave): Whose line of the key ring it is derived from: the same, but
 * "gateways" for every gateway, whose certificates outlive the key of its enclave; and a line of
 * its own for identity's store and its backups, whose key changes while the keys that sign people's
 * statements and hash their PINs stay. */
#define TOPOLOGY_IDENTITY_STORE "identity-store"
const char *topology_key_holder(const struct key_row *row, const char *enclave);

/* topology_gives_keys(row): Do keys pass on it, and nothing else? */
bool topology_gives_keys(const struct channel_row *row);

/* topology_other(row, program): The program at the other end of ${row}, or PROGRAM_NONE. */
enum program topology_other(const struct channel_row *row, enum program program);

/* topology_keys_of(program): How many keys ${program} receives. */
unsigned topology_keys_of(enum program program);

/* topology_uid(base, program, slot): The uid of ${program}; ${slot} is its enclave's place, from 0.
 */
uint32_t topology_uid(uint32_t base, enum program program, unsigned slot);

/* enclave_id_is_valid(id): 'e', then seven of a-z0-9; ${id} has at least eight bytes. */
bool enclave_id_is_valid(const char *id);

#endif

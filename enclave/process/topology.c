#include "enclave/process/topology.h"

#include <ctype.h>
#include <string.h>

const struct program_row topology_programs[] = {
#define PROGRAM(NAME, binary, SCOPE, uid, memlock, life, holds)                                    \
    {PROGRAM_##NAME, #NAME, binary, SCOPE_##SCOPE, uid, memlock, LIFE_##life, holds},
#include "enclave/process/topology.def"
};

const struct channel_row topology_channels[] = {
#define CHANNEL(NUMBER, LEFT, RIGHT, what) {NUMBER, PROGRAM_##LEFT, PROGRAM_##RIGHT, what},
#include "enclave/process/topology.def"
};
const size_t topology_channels_count = sizeof topology_channels / sizeof *topology_channels;

const struct key_row topology_keys[] = {
#define KEY(NUMBER, PROGRAM, NAME, purpose)      {NUMBER, PROGRAM_##PROGRAM, purpose, false},
#define KEY_NEXT(NUMBER, PROGRAM, NAME, purpose) {NUMBER, PROGRAM_##PROGRAM, purpose, true},
#include "enclave/process/topology.def"
};
const size_t topology_keys_count = sizeof topology_keys / sizeof *topology_keys;

const struct program_row *topology_program(enum program program)
{
    return &topology_programs[program - 1];
}

const struct channel_row *topology_channel(unsigned number)
{
    for (size_t i = 0; i < topology_channels_count; i++)
        if (topology_channels[i].number == number)
            return &topology_channels[i];
    return NULL;
}

const char *topology_holder(const struct key_row *row, const char *enclave)
{
    if (topology_program(row->program)->scope == SCOPE_ENCLAVE && row->program != PROGRAM_GUARD_A &&
        row->program != PROGRAM_GUARD_B)
        return enclave;
    if (row->program == PROGRAM_BACKUP_IDENTITY || row->program == PROGRAM_RESTORE_IDENTITY)
        return "identity";
    return row->program == PROGRAM_ENTRY ? "entry" : topology_program(row->program)->binary;
}

const char *topology_key_holder(const struct key_row *row, const char *enclave)
{
    switch (row->program) {
    case PROGRAM_GATEWAY:
        return "gateways";
    case PROGRAM_IDENTITY:
        return strcmp(row->purpose, "store") == 0 ? TOPOLOGY_IDENTITY_STORE : "identity";
    case PROGRAM_REKEY_IDENTITY:
    case PROGRAM_BACKUP_IDENTITY:
    case PROGRAM_RESTORE_IDENTITY:
        return TOPOLOGY_IDENTITY_STORE;
    default:
        return topology_holder(row, enclave);
    }
}

bool topology_gives_keys(const struct channel_row *row)
{
    return row->left == PROGRAM_KEEPER;
}

enum program topology_other(const struct channel_row *row, enum program program)
{
    if (row->left == program)
        return row->right;
    return row->right == program ? row->left : PROGRAM_NONE;
}

unsigned topology_keys_of(enum program program)
{
    unsigned n = 0;
    for (size_t i = 0; i < topology_keys_count; i++)
        n += topology_keys[i].program == program;
    return n;
}

uint32_t topology_uid(uint32_t base, enum program program, unsigned slot)
{
    const struct program_row *row = topology_program(program);
    return base + row->uid_offset + (row->scope == SCOPE_ENCLAVE ? 8 * slot : 0);
}

bool enclave_id_is_valid(const char *id)
{
    if (id[0] != 'e')
        return false;
    for (int i = 1; i < ENCLAVE_ID_LENGTH; i++)
        if (!islower((unsigned char)id[i]) && !isdigit((unsigned char)id[i]))
            return false;
    return true;
}

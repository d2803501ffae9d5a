#include "enclave/process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

#include "crypto/error.h"

enum rule { PLAIN, NOT_EXECUTABLE, NO_NEW_FD };

struct row {
    int number;
    enum rule rule;
    const char *programs;
};

static const struct row rows[] = {
#define SYSCALL(name, RULE, programs, why) {SCMP_SYS(name), RULE, programs},
#include "enclave/process/syscall.def"
#undef SYSCALL
};

#define ROWS (sizeof rows / sizeof *rows)

/* The letter of a program in syscall.def; the supervisor is not confined. */
static char letter(enum program program)
{
    switch (program) {
    case PROGRAM_KEEPER:
        return 'K';
    case PROGRAM_AUDITOR:
        return 'A';
    case PROGRAM_IDENTITY:
        return 'I';
    case PROGRAM_HASHER:
        return 'H';
    case PROGRAM_ENTRY:
    case PROGRAM_GATEWAY:
        return 'G';
    case PROGRAM_WORKER:
        return 'W';
    case PROGRAM_GUARD_A:
        return '1';
    case PROGRAM_GUARD_B:
        return '2';
    case PROGRAM_INTAKE:
        return 'N';
    case PROGRAM_CERTIFIER:
        return 'C';
    case PROGRAM_REKEY:
    case PROGRAM_REKEY_IDENTITY:
        return 'R';
    case PROGRAM_BACKUP:
    case PROGRAM_BACKUP_IDENTITY:
    case PROGRAM_RESTORE:
    case PROGRAM_RESTORE_IDENTITY:
        return 'B';
    default:
        return '?';
    }
}

static bool is_allowed(const struct row *row, enum program program)
{
    return strchr(row->programs, letter(program)) != NULL;
}

unsigned seccomp_count(enum program program)
{
    unsigned n = 0;
    for (size_t i = 0; i < ROWS; i++)
        n += is_allowed(&rows[i], program);
    return n;
}

int seccomp_fate(enum program program, int number)
{
    if (number == SCMP_SYS(clone3))
        return 3;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].number == number && is_allowed(&rows[i], program))
            return rows[i].rule == PLAIN ? 1 : 2;
    return 0;
}

/* What fcntl may do: nothing that makes a descriptor or names an owner. */
static const int fcntl_commands[] = {F_GETFD, F_SETFD,     F_GETFL,     F_SETFL,
                                     F_SETLK, F_OFD_GETLK, F_OFD_SETLK, F_GETLK};

static int add_if(scmp_filter_ctx filter, int number, const struct scmp_arg_cmp *condition)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, condition);
}

static int add(scmp_filter_ctx filter, const struct row *row)
{
    struct scmp_arg_cmp not_executable = {
        .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
    int r = 0;
    if (row->rule == NOT_EXECUTABLE)
        return add_if(filter, row->number, &not_executable);
    if (row->rule == PLAIN)
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, row->number, 0);
    for (size_t i = 0; r == 0 && i < sizeof fcntl_commands / sizeof *fcntl_commands; i++) {
        struct scmp_arg_cmp command = {
            .arg = 1, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)fcntl_commands[i], .datum_b = 0};
        r = add_if(filter, row->number, &command);
    }
    return r;
}

int seccomp_install(enum program program)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return ERR_SYSTEM;
    int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (r == 0)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    /* libc falls back to clone, which the filter kills */
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; r == 0 && i < ROWS; i++)
        if (is_allowed(&rows[i], program))
            r = add(filter, &rows[i]);
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r == 0 ? 0 : ERR_SYSTEM;
}

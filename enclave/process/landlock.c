#include "enclave/process/sandbox.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/error.h"

#define FILE_RIGHTS                                                                                \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |  \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
/* ABI 1 */
#define ALL_RIGHTS_1                                                                               \
    (FILE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                    \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |   \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static int allow(int ruleset, int directory, int abi)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = FILE_RIGHTS | (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0),
        .parent_fd = directory,
    };
    if (directory < 0)
        return 0;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0
               ? 0
               : ERR_SYSTEM;
}

int landlock_enter(int directory, int outbox, int *ret_abi)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *ret_abi = abi > 0 ? (int)abi : 0;
    if (abi <= 0)
        return 0;
    struct landlock_ruleset_attr attr = {
        .handled_access_fs = ALL_RIGHTS_1 | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
                             (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0) |
                             (abi >= 5 ? LANDLOCK_ACCESS_FS_IOCTL_DEV : 0),
        .handled_access_net =
            abi >= 4 ? LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP : 0,
        .scoped = abi >= 6 ? LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL : 0,
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return ERR_SYSTEM;
    int r = allow(ruleset, directory, (int)abi);
    if (r == 0)
        r = allow(ruleset, outbox, (int)abi);
    if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        r = ERR_SYSTEM;
    close(ruleset);
    return r;
}

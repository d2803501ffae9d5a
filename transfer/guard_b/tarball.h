#ifndef TRANSFER_GUARD_B_TARBALL_H
#define TRANSFER_GUARD_B_TARBALL_H

#include "transfer/guard_b/reader.h"
#include "transfer/guard_b/refusal.h"

/* The tar of a bundle (FORMAT §3): ustar with every header byte fixed. */
#define B_TAR_MAX     1048576
#define B_TAR_MEMBERS 6

struct b_tar_member {
    const char *name;
    struct b_view content;
};

/* b_tarball_write(members, out, ret_length, why): The members in their order.  ERR_SIZE when they
 * do not fit. */
must_use int b_tarball_write(const struct b_tar_member members[static B_TAR_MEMBERS],
                             uint8_t out[static B_TAR_MAX], size_t *ret_length,
                             struct b_refusal *why);

/* b_tarball_check(tar, members, why): Is ${tar}, read strictly and without regard to how it was
 * made, exactly these members in this order with these contents? */
must_use int b_tarball_check(struct b_view tar,
                             const struct b_tar_member members[static B_TAR_MEMBERS],
                             struct b_refusal *why);

#endif

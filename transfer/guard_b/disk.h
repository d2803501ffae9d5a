#ifndef TRANSFER_GUARD_B_DISK_H
#define TRANSFER_GUARD_B_DISK_H

#include <sys/types.h>

#include "crypto/error.h"
#include "transfer/guard_b/digits.h"
#include "transfer/guard_b/reader.h"

/* The few files that guard-b reads and writes, relative to descriptors that it was given. */

/* b_disk_read(fd, out, room, ret_length): All of the file at ${fd}, from its start.  ERR_SIZE when
 * it is longer than ${room}. */
must_use int b_disk_read(int fd, uint8_t *out, size_t room, size_t *ret_length);

/* b_disk_read_named(directory, name, out, room, ret_length): The same for a name; ERR_EOF when
 * there is no such file. */
must_use int b_disk_read_named(int directory, const char *name, uint8_t *out, size_t room,
                               size_t *ret_length);

/* b_disk_digest(fd, out): B2-256 of all of the file at ${fd}, from its start. */
must_use int b_disk_digest(int fd, uint8_t out[static B_DIGEST_LENGTH]);

/*
 * b_disk_write(directory, name, mode, data):
 * Put a whole file there, durably: under the name NAME.new first, fsync, rename,
 * fsync of the directory.  On failure an older file of that name is untouched.
 */
must_use int b_disk_write(int directory, const char *name, mode_t mode, struct b_view data);

#endif

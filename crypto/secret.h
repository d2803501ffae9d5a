#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/*
 * Key memory, and the only type that holds a secret for longer than a call.
 * A key that another process handed out stays in its memfd_secret mapping (not
 * in the kernel's direct map); one made here is in libsodium's guarded memory,
 * because a confined process may no longer ask for a memfd_secret.  Either is
 * not in a core, not inherited by a fork, and unreadable while idle;
 * secret_free() wipes it.  One thread at a time may open and close a secret.
 */
struct secret;

#define SECRET_MAX 256

/* secret_new(length, ret_secret): Zeros, ${length} bytes, at most SECRET_MAX. */
must_use int secret_new(size_t length, struct secret **ret_secret);

/* secret_random(length, ret_secret): Fresh random bytes. */
must_use int secret_random(size_t length, struct secret **ret_secret);

/* secret_copy(data, length, ret_secret): A copy of ${data}, which the caller wipes. */
must_use int secret_copy(const void *data, size_t length, struct secret **ret_secret);

/*
 * secret_hand_out(secret, ret_fd):
 * Put a copy of ${secret} into a fresh memfd_secret, for another process to map,
 * and unmap it here.  The caller sends and closes ${ret_fd}.  ERR_STATE where
 * the kernel has no memfd_secret: send secret_hand_out_plain() instead and log it.
 */
must_use int secret_hand_out(const struct secret *secret, int *ret_fd);

/* The same in an ordinary memfd, sealed in its size, for kernels without memfd_secret.
 * secret_take() copies it into guarded memory and wipes the pages. */
must_use int secret_hand_out_plain(const struct secret *secret, int *ret_fd);

/*
 * secret_take(fd, length, ret_secret):
 * Map what the other side handed out.  ${fd} is closed in every case.  ERR_KEY
 * if it is another kind of file, or not of exactly ${length} bytes.  A
 * memfd_secret is one set of pages for both sides: the giver has unmapped its
 * own, and this mapping is set MADV_DONTFORK so that no child can wipe it.
 */
must_use int secret_take(int fd, size_t length, struct secret **ret_secret);

/* secret_open(secret): Make it readable and return its bytes, until secret_close(). */
const uint8_t *secret_open(const struct secret *secret);
/* The same, writable. */
uint8_t *secret_open_writable(struct secret *secret);
void secret_close(const struct secret *secret);
size_t secret_length(const struct secret *secret);

/* secret_free(secret): Wipe and unmap; NULL is accepted. */
void secret_free(struct secret *secret);

#endif

#ifndef TRANSFER_FILE_H
#define TRANSFER_FILE_H

#include "crypto/bytes.h"
#include "crypto/secret.h"

/*
 * The files of casemate-bundle.  Nothing here is linked into a guard or intake:
 * those get their bytes from descriptors.
 */
#define FILE_PATH_MAX 1024

/* file_path(out, format, ...): ERR_SIZE if it does not fit. */
must_use __attribute__((format(printf, 2, 3))) int file_path(char out[static FILE_PATH_MAX],
                                                             const char *format, ...);

/* file_read(path, data, room, ret_length): A whole regular file.  ERR_SYSTEM (errno says why),
 * ERR_SIZE if it is larger than ${room}. */
must_use int file_read(const char *path, void *data, size_t room, size_t *ret_length);

/* file_write(path, mode, exclusive, data, length): Write and fsync; on failure no file is left.
 * With ${exclusive} it must not have been there: ERR_DUPLICATE. */
must_use int file_write(const char *path, unsigned mode, bool exclusive, const void *data,
                        size_t length);

/* file_rename(from, to): And fsync the directory that holds ${to}. */
must_use int file_rename(const char *from, const char *to);

/* file_directory(path, mode): Make it unless it is there. */
must_use int file_directory(const char *path, unsigned mode);

/* file_seed(path, ret_seed): A key file of casemate-bundle: 64 hexadecimal digits and LF.  ERR_KEY
 * if others than its owner may read it. */
must_use int file_seed(const char *path, struct secret **ret_seed);

#endif

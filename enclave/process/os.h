#ifndef ENCLAVE_PROCESS_OS_H
#define ENCLAVE_PROCESS_OS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/error.h"

/* The one seam to clocks and randomness, so that a test can stand in its place. */

#define OS_BOOT_ID_LENGTH 16

/* os_boot_ms(): CLOCK_BOOTTIME in milliseconds: what tokens and snapshots age by. */
uint64_t os_boot_ms(void);

/* os_boot_ns(): The same in nanoseconds. */
uint64_t os_boot_ns(void);

/* os_utc_ms(): Wall time in milliseconds since 1970, UTC. */
int64_t os_utc_ms(void);

/* os_random(out, length): Unpredictable bytes. */
void os_random(void *out, size_t length);

/* os_boot_id_load(): Read the kernel's boot id once, before confinement. */
must_use int os_boot_id_load(void);

/* os_boot_id(): The sixteen bytes that os_boot_id_load() read. */
const uint8_t *os_boot_id(void);

/* os_uuid(out): A UUIDv7 of now (RFC 9562). */
void os_uuid(uint8_t out[static 16]);

#endif

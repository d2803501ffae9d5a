#ifndef TESTS_FAULTS_MACHINE_H
#define TESTS_FAULTS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What enclave/process/os.h asks of the machine, made up: clocks that go as they are told,
 * randomness that follows from a seed, files on the mounted disk.  A program linked with
 * machine.o has these and not os.o.
 */
struct machine {
    uint64_t boot_ns;
    int64_t utc_ms;
    uint64_t random; /* disk_random()'s state */
    uint8_t boot_id[16];
};

/* machine_use(machine): From now on this one; its owner changes it as it likes. */
void machine_use(struct machine *machine);

/* machine_begin(machine, seed): A box that was just turned on, on a day in 2026. */
void machine_begin(struct machine *machine, uint64_t seed);

#endif

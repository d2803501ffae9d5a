#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <stdio.h>
#include <unistd.h>

#include "appliance/supervisor/config.h"

static char path[64];
static int file = -1;

static void begin(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    file = memfd_create("site.conf", MFD_CLOEXEC);
    if (file < 0 || null < 0)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    /* what is refused is said in the log: not a line for each input */
    if (!getenv("CASEMATE_FUZZ_LOG"))
        dup2(null, STDERR_FILENO);
}

/* What is accepted keeps what the header says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    if (file < 0)
        begin();
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();
    if (config_read(path, &c) != 0)
        return 0;
    if (c.uid_base < 1000 || c.port < 1024 || c.enclaves > ENCLAVES_MAX)
        abort();
    for (size_t i = 0; i < c.enclaves; i++)
        if (strlen(c.enclave[i]) != ENCLAVE_ID_LENGTH || !enclave_id_is_valid(c.enclave[i]) ||
            config_slot(&c, c.enclave[i]) != (int)i)
            abort();
    return 0;
}

/* A proposal and its tests, as officers send them: the input is both, split at the first NUL. */
#include <string.h>

#include "appliance/policy_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char other[] = "@id(\"P01\") @why(\"x\") permit (principal, action, resource);";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[POLICY_TEXT_MAX], again[POLICY_TEXT_MAX];
    char why[POLICY_WHY] = "";
    struct bytes_view text, twice;
    uint32_t passed = 0;
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    size_t policy = end ? (size_t)(end - data) : size;
    struct bytes_view tests = end ? bytes_view_of(end + 1, size - policy - 1) : bytes_text("");
    if (policy_set_canonical(bytes_view_of(data, policy), room, &text, why) != 0) {
        if (!why[0])
            __builtin_trap(); /* a refusal has words */
        return 0;
    }
    if (policy_set_canonical(text, again, &twice, why) == 0 &&
        (twice.length != text.length || memcmp(twice.data, text.data, text.length) != 0))
        __builtin_trap(); /* one text, one form */
    why[0] = '\0';
    if (policy_set_examine(POLICY_SITE, text, bytes_text(other), tests, &passed, why) == 0
            ? passed == 0
            : !why[0])
        __builtin_trap();
    return 0;
}

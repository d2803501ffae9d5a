#ifndef APPLIANCE_POLICY_SET_H
#define APPLIANCE_POLICY_SET_H

#include <stddef.h>

#include "crypto/sign.h"

/*
 * A policy set that is proposed: what it must pass before anybody looks at it.  The
 * mandatory layer is the site's, the other a program's; each is examined together with
 * the other one in force.
 */
enum policy_layer { POLICY_SITE = 1, POLICY_PROGRAM = 2 };
enum policy_state { POLICY_PROPOSED = 0, POLICY_INSTALLED, POLICY_DECLINED };

#define POLICY_TEXT_MAX  30000
#define POLICY_TESTS_MAX 12000
#define POLICY_HASH      "casemate/policy-text/1"
#define POLICY_WHY       700

/* What identity signs of a mandatory layer in force, for "casemate/site-policy/1": u32 version, and
 * the hash of its text for POLICY_HASH. */
#define POLICY_SITE_PURPOSE "casemate/site-policy/1"
#define POLICY_SITE_LINE    36
void policy_set_line(uint32_t version, const uint8_t hash[static 32],
                     uint8_t out[static POLICY_SITE_LINE]);

/* policy_set_check(public_key, version, hash, text, signature): Whether identity says that ${text},
 * whose hash is ${hash}, is version ${version} of the mandatory layer.  ERR_SIGNATURE. */
must_use int policy_set_check(const uint8_t public_key[static SIGN_PUBLIC_LENGTH], uint32_t version,
                              const uint8_t hash[static 32], struct bytes_view text,
                              const uint8_t signature[static SIGN_LENGTH]);

/*
 * policy_set_canonical(text, out, ret_text, why):
 * Lay ${text} out into ${out} as the formatter does: this is what officers read and what is
 * hashed.  0, or ERR_POLICY with the place and the reason in ${why}.
 */
must_use int policy_set_canonical(struct bytes_view text, uint8_t out[static POLICY_TEXT_MAX],
                                  struct bytes_view *ret_text, char why[static POLICY_WHY]);

/*
 * policy_set_examine(layer, proposed, other, tests, ret_passed, why):
 * Compile ${proposed} with the ${other} layer, validate both against the schema in strict mode,
 * and run the tests, of which there must be one and all must pass.  0, or ERR_POLICY with the first
 * fault in ${why}.
 */
must_use int policy_set_examine(enum policy_layer layer, struct bytes_view proposed,
                                struct bytes_view other, struct bytes_view tests,
                                uint32_t *ret_passed, char why[static POLICY_WHY]);

/* policy_set_compile(site, program, why): Only whether both can be used together. */
must_use int policy_set_compile(struct bytes_view site, struct bytes_view program,
                                char why[static POLICY_WHY]);

#endif

#ifndef CRYPTO_ERROR_H
#define CRYPTO_ERROR_H

/* The result of a fallible function must be looked at. */
#define must_use __attribute__((warn_unused_result))

/*
 * The one list of error codes: ERROR(name, number, text).  Functions return 0
 * or one of these.  Numbers are negative and never reused; the texts are for
 * logs and for people, so each says what is wrong without saying what was in it.
 */
#define ERROR_LIST(ERROR)                                                                          \
    ERROR(ERR_SYSTEM, -1, "the operating system refused")                                          \
    ERROR(ERR_MEMORY, -2, "out of memory")                                                         \
    ERROR(ERR_FORMAT, -3, "not in the expected format")                                            \
    ERROR(ERR_TRUNCATED, -4, "ends too early")                                                     \
    ERROR(ERR_TRAILING, -5, "has bytes after its end")                                             \
    ERROR(ERR_RANGE, -6, "a value is out of range")                                                \
    ERROR(ERR_SIZE, -7, "larger than allowed")                                                     \
    ERROR(ERR_SIGNATURE, -8, "the signature does not verify")                                      \
    ERROR(ERR_KEY, -9, "the key does not fit")                                                     \
    ERROR(ERR_DIGEST, -10, "the digest does not agree")                                            \
    ERROR(ERR_CANONICAL, -11, "not in its one canonical form")                                     \
    ERROR(ERR_DUPLICATE, -12, "stands there twice")                                                \
    ERROR(ERR_UNKNOWN, -13, "is not known")                                                        \
    ERROR(ERR_STALE, -14, "is too old")                                                            \
    ERROR(ERR_STATE, -15, "not possible in this state")                                            \
    ERROR(ERR_FULL, -16, "no room for more")                                                       \
    ERROR(ERR_EOF, -17, "the other side has gone")                                                 \
    ERROR(ERR_STORE, -18, "the store failed")                                                      \
    ERROR(ERR_REFUSED, -19, "refused")                                                             \
    ERROR(ERR_BEHIND, -20, "the store is behind its anchor")                                       \
    ERROR(ERR_POLICY, -21, "the policy could not be evaluated")                                    \
    ERROR(ERR_PEER, -22, "a message came from the wrong process")

enum error {
#define ERROR(name, number, text) name = (number),
    ERROR_LIST(ERROR)
#undef ERROR
};

/* error_text(code): A static sentence fragment for ${code}; never NULL. */
const char *error_text(int code);

#endif

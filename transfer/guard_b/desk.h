#ifndef TRANSFER_GUARD_B_DESK_H
#define TRANSFER_GUARD_B_DESK_H

#include "enclave/process/message.h"
#include "transfer/guard_b/check.h"

/*
 * Where what the worker sends is gathered: facts, then pieces whose parts come in
 * order, then go.  A desk serves one run.
 */
#define B_DESK_PIECE_MAX 131072

struct b_desk {
    bool has_facts, complete;
    struct b_asked asked;
    struct {
        uint32_t parts, seen; /* whole when equal and not 0 */
        size_t length;
        uint8_t data[B_DESK_PIECE_MAX];
    } piece[B_PIECES];
    char slot[16];
};

/*
 * b_desk_take(desk, message):
 * Take the next message of the worker.  0, and desk->complete once it has said
 * go; else ERR_STATE, ERR_UNKNOWN, ERR_SIZE or ERR_FORMAT: the worker does not
 * keep to the protocol and nothing more may be taken.
 */
must_use int b_desk_take(struct b_desk *desk, const struct message *message);

#endif

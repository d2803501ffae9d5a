#include "transfer/guard_b/desk.h"

#include <string.h>

static int take_facts(struct b_desk *desk, const struct message_guard_facts *facts)
{
    struct b_asked *asked = &desk->asked;
    if (desk->has_facts)
        return ERR_STATE;
    if (facts->stage != B_STAGE_BUILD && facts->stage != B_STAGE_SIGN)
        return ERR_UNKNOWN;
    if (memcmp(facts->enclave, asked->enclave, B_ENCLAVE_LENGTH) != 0)
        return ERR_STATE;
    if (facts->slot.length > sizeof desk->slot)
        return ERR_SIZE;
    asked->stage = (enum b_stage)facts->stage;
    asked->epoch = facts->epoch;
    asked->sequence = facts->sequence;
    memcpy(asked->requester, facts->requester, B_PERSON_LENGTH);
    if (facts->slot.length)
        memcpy(desk->slot, facts->slot.data, facts->slot.length);
    asked->slot = b_view_of(desk->slot, facts->slot.length);
    desk->has_facts = true;
    return 0;
}

static int take_piece(struct b_desk *desk, const struct message_guard_piece *m)
{
    unsigned n = 0;
    struct b_view sent = b_view_of(m->name.data, m->name.length);
    while (n < B_PIECES && !b_view_is(sent, b_check_piece[n]))
        n++;
    if (n == B_PIECES)
        return ERR_UNKNOWN;
    if (m->parts == 0 || m->part != desk->piece[n].seen || m->part >= m->parts ||
        (m->part > 0 && m->parts != desk->piece[n].parts))
        return ERR_FORMAT;
    if (m->body.length > B_DESK_PIECE_MAX - desk->piece[n].length)
        return ERR_SIZE;
    if (m->body.length)
        memcpy(desk->piece[n].data + desk->piece[n].length, m->body.data, m->body.length);
    desk->piece[n].length += m->body.length;
    desk->piece[n].parts = m->parts;
    desk->piece[n].seen++;
    return 0;
}

/* A piece that never came is for the check to refuse; one that came in part is no protocol. */
static int take_go(struct b_desk *desk, const struct message_guard_go *go)
{
    if (go->stage != desk->asked.stage)
        return ERR_STATE;
    for (unsigned i = 0; i < B_PIECES; i++) {
        if (desk->piece[i].seen != desk->piece[i].parts)
            return ERR_FORMAT;
        if (desk->piece[i].parts)
            desk->asked.piece[i] = b_view_of(desk->piece[i].data, desk->piece[i].length);
    }
    desk->complete = true;
    return 0;
}

int b_desk_take(struct b_desk *desk, const struct message *message)
{
    if (desk->complete || (!desk->has_facts && message->number != MESSAGE_GUARD_FACTS))
        return ERR_STATE;
    switch (message->number) {
    case MESSAGE_GUARD_FACTS:
        return take_facts(desk, &message->guard_facts);
    case MESSAGE_GUARD_PIECE:
        return take_piece(desk, &message->guard_piece);
    case MESSAGE_GUARD_GO:
        return take_go(desk, &message->guard_go);
    default:
        return ERR_UNKNOWN;
    }
}

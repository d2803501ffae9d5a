/* Which file an operation or an event of this part is for. */
#include "appliance/identity/proof.h"

#define CARD_OPERATIONS(number)                                                                    \
    ((number) >= OPERATION_CARD_CHALLENGE && (number) <= OPERATION_SET_CARD_TRUST)

void proof_request(struct identity *n, struct peer *gateway, const struct message_request *m,
                   const struct operation *operation)
{
    switch (operation->number) {
    case OPERATION_GET_SESSIONS:
    case OPERATION_END_SESSION:
        signed_in_request(n, gateway, m, operation);
        return;
    case OPERATION_GET_CREDENTIALS:
    case OPERATION_APPROVE_CREDENTIAL:
    case OPERATION_REVOKE_CREDENTIAL:
        credentials_request(n, gateway, m, operation);
        return;
    case OPERATION_CHANGE_PIN:
        own_pin_request(n, gateway, m, operation);
        return;
    case OPERATION_GET_CARD_TRUST:
        cards_request(n, gateway, m, operation);
        return;
    default:
        if (CARD_OPERATIONS(operation->number))
            cards_request(n, gateway, m, operation);
        else if (operation->number >= OPERATION_KEY_CHALLENGE)
            keys_request(n, gateway, m, operation);
        else
            lock_request(n, gateway, m, operation);
    }
}

void proof_go_on(struct identity *n, struct pending *p)
{
    switch (p->operation) {
    case OPERATION_END_SESSION:
        signed_in_go_on(n, p);
        return;
    case OPERATION_APPROVE_CREDENTIAL:
    case OPERATION_REVOKE_CREDENTIAL:
        credentials_go_on(n, p);
        return;
    case OPERATION_CHANGE_PIN:
        own_pin_go_on(n, p);
        return;
    default:
        if (CARD_OPERATIONS(p->operation))
            cards_go_on(n, p);
        else if (p->operation >= OPERATION_KEY_CHALLENGE)
            keys_go_on(n, p);
        else
            lock_go_on(n, p);
    }
}

int proof_apply(struct identity *n, const struct event *event)
{
    switch (event->number) {
    case EVENT_SESSION_OPENED:
    case EVENT_SESSION_ENDED:
    case EVENT_SESSION_LOCKED:
    case EVENT_SESSION_UNLOCKED:
    case EVENT_SESSION_STOPPED:
        return sessions_apply(n, event);
    case EVENT_PIN_REFUSED:
    case EVENT_PIN_PROVEN:
    case EVENT_PERSON_LOCKED:
    case EVENT_PERSON_RELEASED:
    case EVENT_STATION_QUARANTINED:
    case EVENT_LOCKOUT_SET:
        return pin_apply(n, event);
    case EVENT_CARD_TRUST_SET:
        return cards_apply(n, event);
    default:
        return credentials_apply(n, event);
    }
}

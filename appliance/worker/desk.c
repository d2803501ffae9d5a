#include "appliance/worker/desk.h"

int desk_run(struct worker *w, struct command *command)
{
    command->status = 200;
    switch (command->operation->number) {
    case OPERATION_WHY:
        return why_run(w, command);
    case OPERATION_WHO_CAN:
        return who_can_run(w, command);
    case OPERATION_WHAT_CAN:
        return what_can_run(w, command);
    case OPERATION_GET_POLICY:
        return policies_answer(w, command);
    case OPERATION_PROPOSE_POLICY:
        return propose_run(w, command);
    case OPERATION_GET_IMPACT:
        return impact_answer(w, command);
    case OPERATION_GET_RATIONALE:
        return register_answer(w, command);
    case OPERATION_PRINT_RATIONALE: /* the journal has it; the log of the program is not changed */
        command->done.done = true;
        return 0;
    default:
        return install_run(w, command);
    }
}

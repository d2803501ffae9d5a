#ifndef APPLIANCE_MES_DEFINITIONS_MARKING_H
#define APPLIANCE_MES_DEFINITIONS_MARKING_H

#include "appliance/mes/mes.h"

/* What a marking is, and when a changed one needs a second person. */

enum marking_change_state { MARKING_PROPOSED = 0, MARKING_APPROVED, MARKING_DECLINED };

/*
 * marking_opens(before, after):
 * NULL when nobody sees under ${after} what ${before} shuts him out from, whoever he is; else what
 * it would open, in words.  ${before} is NULL for what nobody has marked: then everything that is
 * said closes.  A level that goes down opens; so does a control that is taken off, a word that is
 * no longer among dissem, ldc or excluded; a country or zone more, or none at all; another
 * category, party, list, contract or group.
 */
const char *marking_opens(const struct marking *before, const struct marking *after);

/* marking_present(mes, object, out): As it is marked now: itself, or as the program is; false
 * when nobody has marked either.  ${out} then says what the program's definition does. */
bool marking_present(const struct mes *mes, const char *object, struct marking *out);

/* marking_basis(mes, object): The row that says so, + 1; 0 for none.  It changes with each new
 * marking of the object. */
int64_t marking_basis(const struct mes *mes, const char *object);

/* marking_is_of(mes, object): The program, or a part or document of that number, is there. */
bool marking_is_of(const struct mes *mes, struct bytes_view object);

/* marking_of_row(row, out): The row as policies see it. */
void marking_of_row(const struct marking_row *row, struct marking *out);

/* marking_changes.c: proposing, approving and declining what opens; their list */
int marking_changes_apply(struct mes *mes, const struct event *event);
int marking_changes_run(struct command *command);
/* marking_propose(command, defined, opens): It would open ${opens}: recorded, and not in force. */
int marking_propose(struct command *command, const struct event_marking_defined *defined,
                    const char *opens);
/* marking_change_subject(mes, body, s): What APPROVE_MARKING and DECLINE_MARKING are about. */
void marking_change_subject(const struct mes *mes, const struct body *body, struct subject *s);

#endif

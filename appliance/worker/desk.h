#ifndef APPLIANCE_WORKER_DESK_H
#define APPLIANCE_WORKER_DESK_H

#include "appliance/mes/policies/policy.h"
#include "appliance/worker/worker.h"

/*
 * The officer's desk: what the policy does and why, for today or for any past day, and
 * changing it.  Values of people and objects are shown here; only whom the policy lets
 * ask gets so far.
 */

/* desk_run(w, command): An operation of the desk; as mes_run(). */
must_use int desk_run(struct worker *w, struct command *command);

/* ---- inforce.c: which sets are in force ---- */

/* inforce_load(w, site, program): At the start: the sets that the log says, or the shipped ones
 * where it says none; the decider has them. */
must_use int inforce_load(struct worker *w, struct bytes_view site, struct bytes_view program);
/* inforce_told(w, message): The mandatory rules that identity says are in force; signed, else the
 * process ends. */
void inforce_told(struct worker *w, const struct message_site_policy *m);
/* inforce_record(w): The program's shipped set is put into the log when it begins to be in force,
 * and the mandatory rules that identity told of: if they cannot be used, the old ones stay and
 * w->site_wrong says why. */
void inforce_record(struct worker *w);
/* inforce_follow(w): Behind a commit: if a set was installed, decide by it from now on. */
void inforce_follow(struct worker *w);

/* ---- question.c: who, what, on what, when ---- */

/* The world of one moment: the policies, people, stations and markings that were in force. */
struct moment {
    struct decider *decider;
    const struct snapshot *snapshot;
    int64_t at_ms;
    bool is_past; /* then it owns the three below */
    struct snapshot *own_snapshot;
    struct decider *own_decider;
    struct marking *own_markings;
};

/* moment_open(w, at_ms, ret_moment): ${at_ms} 0 is now.  ERR_UNKNOWN before anything was known.
 * Ends with moment_close(). */
must_use int moment_open(struct worker *w, int64_t at_ms, struct moment *ret_moment);
void moment_close(struct moment *moment);

/* What stands in an object's place. */
struct object {
    enum entity_kind kind; /* ENTITY_COUNT: the program itself */
    size_t number;
    const char *type; /* of Cedar */
    char name[80];
};

/* question_person(moment, text): By id, by stamp, or by name with + for its spaces; NULL. */
const struct snapshot_holder *question_person(const struct moment *moment, struct bytes_view text);
/* question_object(w, text, ret_object): By serial, order number, document number or id; "" is the
 * program. */
bool question_object(const struct worker *w, struct bytes_view text, struct object *ret_object);
/* question_operation(text, type): By its own name or its action's, for objects of this type where
 * there is one; NULL. */
const struct operation *question_operation(struct bytes_view text, const char *type);
/* question_takes_two(resource): Do two people decide of such a thing?
 * question_subject(w, object, resource, ret): What it is asked about; of what takes two, somebody
 * else has done the other half. */
bool question_takes_two(const char *resource);
void question_subject(const struct worker *w, const struct object *object, const char *resource,
                      struct subject *ret);

/* question_circumstance(w, command, moment, ret): As if it were asked from the officer's own
 * station, with the strongest factor. */
void question_circumstance(const struct worker *w, const struct command *command,
                           const struct moment *moment, struct circumstance *ret);

/* ---- why.c ---- */
must_use int why_run(struct worker *w, struct command *command);
must_use int who_can_run(struct worker *w, struct command *command);
must_use int what_can_run(struct worker *w, struct command *command);

/* ---- propose.c, impact.c, register.c ---- */
must_use int propose_run(struct worker *w, struct command *command);
must_use int install_run(struct worker *w, struct command *command);
must_use int policies_answer(struct worker *w, struct command *command);
must_use int impact_answer(struct worker *w, struct command *command);
/* impact_due(w): Go on with a comparison for about a millisecond; false when there is none. */
bool impact_due(struct worker *w);
must_use int register_answer(struct worker *w, struct command *command);

#endif

#ifndef APPLIANCE_MES_MES_H
#define APPLIANCE_MES_MES_H

#include "appliance/answer.h"
#include "appliance/body.h"
#include "appliance/decide.h"
#include "appliance/identity/snapshot.h"
#include "appliance/mes/entity.h"
#include "appliance/mes/routing.h"
#include "appliance/event.h"
#include "enclave/store/store.h"

/*
 * The MES itself: what an order, a unit, an operation are, and what may be done with
 * them.  A command is decided first (policy by the worker, gates here), then becomes
 * events; mes_apply() is the only code that changes rows.
 */

enum order_state {
    ORDER_ACCEPTED = 0,
    ORDER_RELEASED,
    ORDER_RUNNING,
    ORDER_COMPLETED,
    ORDER_CLOSED
};
enum inbound_state {
    INBOUND_STAGED = 0,
    INBOUND_ACCEPTED_ONCE,
    INBOUND_APPLIED,
    INBOUND_REJECTED, /* it never came in: not of its channel, or not the next */
    INBOUND_DECLINED  /* a person refused it; the one behind it may come */
};
enum unit_state { UNIT_READY = 0, UNIT_RUNNING, UNIT_HELD, UNIT_FINISHED };
enum release_state {
    RELEASE_BUILDING = 0,
    RELEASE_REFUSED,
    RELEASE_AWAITING,
    RELEASE_APPROVED_ONCE,
    RELEASE_SIGNING,
    RELEASE_RELEASED,
    RELEASE_WITHDRAWN
};

struct readings; /* quality/reading.h */

struct mes {
    struct entities *entities;
    struct routing *routing;   /* over them */
    struct readings *readings; /* the cold table of every value; NULL in a replay */
    struct store *store;       /* NULL in a replay */
    const char *enclave;
    bool training;
    uint64_t next_sequence; /* of the event being applied */
};

/* Who asks, as the worker's snapshot knows them. */
struct actor {
    const struct snapshot_holder *person;
    uint8_t session[16];
    uint8_t station[16];
};

#define ARENA_SIZE (256 * 1024)

struct command;

/* One request on its way. */
struct command {
    struct mes *mes;
    const struct operation *operation;
    const struct body *body;
    struct actor actor;
    struct subject subject;
    struct bytes_view body_text; /* exactly as it came */
    struct bytes_view statement; /* as it came, verified; empty where none was needed */
    int64_t now_ms;
    /* may the actor do this operation on objects of this marking?  For rows of lists. */
    bool (*sees)(struct command *command, const char *marking);
    void *sees_context;
    const struct answer_open_glass *glass; /* what everybody in the program is told of */
    size_t glass_count;
    struct event_common common; /* filled once by the worker */
    /* the answer */
    unsigned status;
    bool raw;    /* ${out} is not JSON but a picture */
    bool absent; /* nothing of that name: answered as what is forbidden is */
    struct bytes_put *out;
    struct answer_done done; /* what the events of this command say */
    char text[600];          /* where done.text points */
    uint64_t first_event;
    unsigned events;
    /* memory that lives as long as the command */
    uint8_t *arena;
    size_t arena_used;
    void *more;                    /* what did not fit there; mes_let_go() frees it */
    struct answer_problem problem; /* set when status is 400 or more */
};

/* mes_new(store, enclave, training, ret_mes): ${store} may be NULL for a replay. */
must_use int mes_new(struct store *store, const char *enclave, bool training, struct mes **ret_mes);
void mes_free(struct mes *mes);

/* mes_apply(mes, event, sequence): Change the rows as ${event} says.  ERR_UNKNOWN or ERR_STATE for
 * an event that does not fit what is there: then log and code disagree. */
must_use int mes_apply(struct mes *mes, const struct event *event, uint64_t sequence);

/* mes_subject(mes, operation, body, ret_subject): What ${operation} is about.  What is not there
 * has the marking MES_ABSENT, which does not exist and which no part can have: so it is denied by
 * the same rules in the same time as what is forbidden. */
#define MES_ABSENT "(absent)"
void mes_subject(const struct mes *mes, const struct operation *operation, const struct body *body,
                 struct subject *ret_subject);

/* mes_subject_of(mes, kind, number, ret_subject): The same for a row that is known; kind
 * ENTITY_COUNT is the program itself. */
void mes_subject_of(const struct mes *mes, enum entity_kind kind, size_t number,
                    struct subject *ret_subject);

/* mes_run(command): Gates, events, answer; the policy has allowed it.  Sets the status.  Return
 * 0, or an error of the store, after which the whole batch must be rolled back. */
must_use int mes_run(struct command *command);

/* mes_emit(command, event): Complete the common part, append, apply, and take its words. */
must_use int mes_emit(struct command *command, struct event *event);

/* mes_describe(mes, event, done, text, size): What an event says to the person who caused it. */
void mes_describe(const struct mes *mes, const struct event *event, struct answer_done *done,
                  char *text, size_t size);

/* mes_refuse(command, status, field, error, kept, todo): Static texts, or texts in the arena. */
int mes_refuse(struct command *command, unsigned status, const char *field, const char *error,
               const char *kept, const char *todo);

/* mes_print(command, format, ...): Text in the command's arena. */
const char *mes_print(struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* mes_array(command, count, size): Zeroed memory that lives as long as the command: in the arena,
 * and beside it when that is full. */
void *mes_array(struct command *command, size_t count, size_t size);

/* mes_let_go(command): Free what mes_array() took beside the arena. */
void mes_let_go(struct command *command);

/* ---- used among the modules ---- */

/* mes_program(mes): The program, or NULL before it is defined. */
const struct program_info *mes_program(const struct mes *mes);

/* mes_route(mes, route): Number of a route by its name, or -1. */
long mes_route(const struct mes *mes, struct bytes_view route);

/* mes_route_for(mes, part, revision): The route of a part, or -1. */
long mes_route_for(const struct mes *mes, const char *part, const char *revision);

/* mes_segment(mes, route, sequence): Number of a segment, or -1. */
long mes_segment(const struct mes *mes, long route, int64_t sequence);

/* mes_segment_at(mes, route, place) */
long mes_segment_at(const struct mes *mes, long route, int64_t place);

/* mes_characteristic(mes, segment, balloon): Number, or -1.
 * mes_next_characteristic(mes, segment, before): As routing_characteristic(). */
long mes_characteristic(const struct mes *mes, long segment, struct bytes_view balloon);
long mes_next_characteristic(const struct mes *mes, long segment, long before);

/* mes_markings(mes, at_ms, out, max): How the program and its marked parts and documents were
 * marked then; how many.
 * mes_marking_of(mes, object): The id of the marking of a part or document, "program" where it has
 * none of its own; NULL before the program is defined. */
#define MES_MARKINGS_MAX 2000
size_t mes_markings(const struct mes *mes, int64_t at_ms, struct marking *out, size_t max);
const char *mes_marking_of(const struct mes *mes, const char *object);

/* mes_sees(command, part): May a row about this part stand in the list that is being answered? What
 * it may not is left out as if it were not there, also from the totals. */
bool mes_sees(struct command *command, const char *part);

/* mes_performed(command): When it was done: performed_at, or now. */
int64_t mes_performed(const struct command *command);

/* The modules' operations; each as mes_run(). */
int definitions_run(struct command *command);
int markings_run(struct command *command);
/* marking_subject(mes, body, s): What DEFINE_MARKING is about. */
/* marking_proposed_by(mes, proposal): The number of the event that proposed it; 0 for none. */
int64_t marking_proposed_by(const struct mes *mes, const uint8_t proposal[static 16]);
void marking_subject(const struct mes *mes, const struct body *body, struct subject *s);
int orders_run(struct command *command);
int inbound_run(struct command *command);
int tasks_run(struct command *command);
int execution_run(struct command *command);
int job_run(struct command *command);
int documents_run(struct command *command);
int drafts_run(struct command *command);
int reports_run(struct command *command);

/* The modules' appliers: ERR_UNKNOWN when the event is not theirs. */
int definitions_apply(struct mes *mes, const struct event *event);
int documents_apply(struct mes *mes, const struct event *event);
int markings_apply(struct mes *mes, const struct event *event);
int orders_apply(struct mes *mes, const struct event *event);
int execution_apply(struct mes *mes, const struct event *event);
int reports_apply(struct mes *mes, const struct event *event);
int drafts_apply(struct mes *mes, const struct event *event);

/* drafts_forget(mes, unit, sequence): The operation is complete; nobody's draft of it is left. */
void drafts_forget(struct mes *mes, const uint8_t unit[static 16], int64_t sequence);

/* execution: why an operation on a unit cannot be started or gone on with; NULL when it can.
 * The text is static or in ${buffer}. */
const char *execution_blocked(const struct mes *mes, size_t unit, long segment,
                              const struct snapshot_holder *person, int64_t now_ms, char *buffer,
                              size_t size);

/* assets: NULL when the gage can be used, else why not. */
const char *asset_unusable(const struct asset *asset, const char *class, int64_t now_ms);

#endif

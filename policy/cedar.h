#ifndef POLICY_CEDAR_H
#define POLICY_CEDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The Cedar policy language (4.5): load text, keep entities, decide, explain.
 * Needs nothing but libc.  A compiled policy set and a frozen base store are
 * immutable and may be shared between threads; an overlay and a scratch belong
 * to one thread.  Lifetimes nest: policies > base > overlay > values.
 *
 *     struct cedar_source text = {"site.cedar", bytes, length};
 *     if (cedar_policies_load(&text, 1, &policies, &problem) != 0)
 *         return report(cedar_problem_print(&problem, buffer, sizeof buffer));
 *     if (cedar_base_new(policies, &base) != 0) ...                // long-lived
 *     cedar_entity_begin(base, "Casemate::Person", "ana");
 *     cedar_entity_parent(base, "Casemate::Role", "operator");
 *     cedar_entity_attribute(base, "clearance", cedar_long(2));
 *     cedar_entity_tag(base, "inspector-L2", cedar_datetime(until_ms));
 *     cedar_entity_end(base);
 *     if (cedar_entities_freeze(base) != 0) ...     // the first failure of all the calls above
 *     cedar_overlay_reset(overlay, base);                          // for each request
 *     cedar_entity_begin(overlay, "Casemate::Order", "WO-7"); ... cedar_entity_end(overlay);
 *     struct cedar_request rq = {cedar_entity(overlay, "Casemate::Person", "ana"), ...,
 *         cedar_record(overlay, (struct cedar_field[]){{"now", cedar_datetime(ms)}, ...}, n)};
 *     if (cedar_entities_freeze(overlay) == 0 &&
 *         cedar_decide(policies, overlay, &rq, CEDAR_DENY_ON_ERROR, scratch, &result) ==
 * CEDAR_ALLOW)
 *             ...
 */

#ifndef must_use
#define must_use __attribute__((warn_unused_result))
#endif

/* Every limit of the engine.  What exceeds one is refused, never cut. */
#define CEDAR_SOURCE_MAX     (1U << 20) /* bytes of policy text, all sources together */
#define CEDAR_POLICIES_MAX   16384U     /* policies in one set */
#define CEDAR_NESTING_MAX    128U       /* parentheses, braces, brackets, ifs in one another */
#define CEDAR_HEIGHT_MAX     512U       /* height of one expression's tree */
#define CEDAR_ELEMENTS_MAX   4096U      /* elements of one set or record */
#define CEDAR_DEPTH_MAX      16U        /* sets and records in one another, given by the host */
#define CEDAR_ATTRIBUTES_MAX 256U       /* attributes, and tags, of one entity */
#define CEDAR_ANCESTORS_MAX  1024U      /* ancestors, and parents, of one entity */
#define CEDAR_TEXT_MAX       (1U << 20) /* bytes of one string */
#define CEDAR_BASE_MAX       (1U << 30) /* bytes of one base store */
#define CEDAR_VALIDATION_MAX (1U << 27) /* steps of validating a set, seconds at most */
#define CEDAR_FORMATTED_MAX  (1U << 24) /* bytes of policy text that is laid out */

/* CEDAR_ERROR(name, number, text); numbers are negative and never reused. */
#define CEDAR_ERROR_LIST(CEDAR_ERROR)                                                              \
    CEDAR_ERROR(CEDAR_ERR_MEMORY, -1, "out of memory")                                             \
    CEDAR_ERROR(CEDAR_ERR_SYNTAX, -2, "not valid Cedar text")                                      \
    CEDAR_ERROR(CEDAR_ERR_TEMPLATE, -3, "templates are not supported")                             \
    CEDAR_ERROR(CEDAR_ERR_LIMIT, -4, "larger or deeper than allowed")                              \
    CEDAR_ERROR(CEDAR_ERR_TEXT, -5, "text is not UTF-8")                                           \
    CEDAR_ERROR(CEDAR_ERR_NAME, -6, "not a valid entity type name")                                \
    CEDAR_ERROR(CEDAR_ERR_VALUE, -7, "not a valid value of its type")                              \
    CEDAR_ERROR(CEDAR_ERR_DUPLICATE, -8, "stands there twice")                                     \
    CEDAR_ERROR(CEDAR_ERR_CYCLE, -9, "an entity is its own ancestor")                              \
    CEDAR_ERROR(CEDAR_ERR_STATE, -10, "not possible in this state")                                \
    CEDAR_ERROR(CEDAR_ERR_JSON, -11, "not valid JSON for this purpose")                            \
    CEDAR_ERROR(CEDAR_ERR_PARENT, -12, "an action may stand only in actions")                      \
    CEDAR_ERROR(CEDAR_ERR_UNKNOWN, -13, "names something that the schema does not declare")        \
    CEDAR_ERROR(CEDAR_ERR_CONFORM, -14, "does not conform to the schema")

enum cedar_error {
#define CEDAR_ERROR(name, number, text) name = (number),
    CEDAR_ERROR_LIST(CEDAR_ERROR)
#undef CEDAR_ERROR
};

/* cedar_error_text(code): A static sentence fragment for ${code}; never NULL. */
const char *cedar_error_text(int code);

/* ---- policies ---- */

/* One file of policy text.  ${name} is used in messages only. */
struct cedar_source {
    const char *name;
    const char *text;
    size_t length;
};

/* What is wrong with a text, and where.  Lines and columns count from 1, columns in characters. */
struct cedar_problem {
    int code;        /* a CEDAR_ERR_ code */
    char source[64]; /* the source's name, cut if long */
    uint32_t line;   /* 0: the problem has no place */
    uint32_t column;
    char message[200]; /* what is wrong, in plain words */
    char help[160];    /* what to do about it, or empty */
    char excerpt[160]; /* the source line, cut around the place */
    uint32_t caret;    /* where in the excerpt the caret stands, in characters from 0 */
    uint32_t width;    /* how many characters it marks */
};

/*
 * cedar_problem_print(problem, out, size):
 * Write message, place, source line with a caret and help to ${out} as several
 * lines, at most ${size} bytes with the terminator.  Return ${out}.
 */
char *cedar_problem_print(const struct cedar_problem *problem, char *out, size_t size);

/* A compiled, immutable policy set. */
struct cedar_policies;

/*
 * cedar_policies_load(sources, count, ret_policies, ret_problem):
 * Compile the policies of all ${sources}, in order, as one set.  A policy is
 * called by its @id, or policyN with N its position from 0.  The texts are
 * copied.  On success set ${ret_policies}; the caller ends it with
 * cedar_policies_free(), after every store that was built over it.  Return 0 or
 * a CEDAR_ERR_ code, and then fill ${ret_problem}.
 */
must_use int cedar_policies_load(const struct cedar_source *sources, size_t count,
                                 struct cedar_policies **ret_policies,
                                 struct cedar_problem *ret_problem);
void cedar_policies_free(struct cedar_policies *policies);

/* cedar_policies_count(policies): How many there are; they are numbered from 0. */
uint32_t cedar_policies_count(const struct cedar_policies *policies);

/*
 * cedar_policies_source(policies, ret_length):
 * The bytes to hash when this exact policy set must be named: for each source,
 * in order, the length of its text (u32, big-endian) and the text as it was
 * loaded.  Borrowed; lives as long as ${policies}.
 */
const uint8_t *cedar_policies_source(const struct cedar_policies *policies, size_t *ret_length);

/* cedar_policy_id(policies, number): The policy's id; lives as long as ${policies}. */
const char *cedar_policy_id(const struct cedar_policies *policies, uint32_t number);

/* cedar_policy_annotation(policies, number, name): The text of @name, or NULL. */
const char *cedar_policy_annotation(const struct cedar_policies *policies, uint32_t number,
                                    const char *name);

/* cedar_policy_is_forbid(policies, number): Whether its effect is forbid. */
bool cedar_policy_is_forbid(const struct cedar_policies *policies, uint32_t number);

/* How policy text is laid out: the columns of a line, and of one step of indentation. */
struct cedar_style {
    unsigned width;
    unsigned indent;
};

/*
 * cedar_format(source, style, ret_text, ret_length, ret_problem):
 * Lay the policies of ${source} out as Cedar's own formatter does, in the one
 * canonical way of ${style}; NULL is 80 and 2.  No comment is lost: one behind a
 * comma that is dropped goes to the bracket that follows.  The result has the
 * same policies.  Laid out again it stays as it is; only where comments stand in
 * unusual places does the reference move some once more, and so does this: then
 * the second pass settles it.  Ids are not looked at: two policies may have the same.  On success
 * set ${ret_text}, which the caller ends with cedar_text_free(), and ${ret_length}; it is
 * terminated, and may hold U+0000.  Return 0 or a CEDAR_ERR_ code, and then fill ${ret_problem}.
 */
must_use int cedar_format(const struct cedar_source *source, const struct cedar_style *style,
                          char **ret_text, size_t *ret_length, struct cedar_problem *ret_problem);

/*
 * cedar_policies_json_to_text(json, ret_text, ret_length, ret_problem):
 * Write the policies of ${json} as Cedar text, as cedar_format() lays it out.
 * ${json} is one policy, {"effect", "principal", …}, or a policy set,
 * {"staticPolicies": {id: policy}}; templates and links are refused.  The id in
 * a set becomes the policy's @id; a policy whose own @id is another one is
 * refused, as is a call that text cannot say (a function that is not known, a
 * method without what stands before its dot).  The place of a problem is one in
 * ${json}; it has none if the text exceeds a limit of policies.
 */
must_use int cedar_policies_json_to_text(const struct cedar_source *json, char **ret_text,
                                         size_t *ret_length, struct cedar_problem *ret_problem);

/*
 * cedar_policies_load_json(sources, count, ret_policies, ret_problem):
 * cedar_policies_load() of the texts that cedar_policies_json_to_text() makes of
 * ${sources}.  So the set has Cedar text like any other: its source, its spans
 * and the places of later findings are those of that text.
 */
must_use int cedar_policies_load_json(const struct cedar_source *sources, size_t count,
                                      struct cedar_policies **ret_policies,
                                      struct cedar_problem *ret_problem);

/*
 * cedar_policy_write_json(policies, number, ret_json, ret_length),
 * cedar_policies_write_json(policies, ret_json, ret_length):
 * One policy, or all as a policy set, in Cedar's JSON.  Numbers keep all their
 * digits.  On success set ${ret_json}, terminated, which the caller ends with
 * cedar_text_free().  Return 0, CEDAR_ERR_MEMORY or CEDAR_ERR_LIMIT.
 */
must_use int cedar_policy_write_json(const struct cedar_policies *policies, uint32_t number,
                                     char **ret_json, size_t *ret_length);
must_use int cedar_policies_write_json(const struct cedar_policies *policies, char **ret_json,
                                       size_t *ret_length);

/* cedar_text_free(text): End a text that was made here; NULL is fine. */
void cedar_text_free(char *text);

/* ---- entities and values ---- */

/*
 * A store of entities: either a base (long-lived, grows while it is built) or an
 * overlay (fixed memory, refilled for each request, sees the base below it).
 * Both are filled with the same calls and then frozen.  The filling calls
 * remember their first failure; cedar_entities_freeze() returns it.
 */
struct cedar_entities;

/* A value.  Made only by the functions below; 0 bytes are "no value", which every user refuses. */
struct cedar_value {
    uint32_t tag;
    uint32_t count;
    union {
        int64_t number;
        uint32_t symbol;
        struct {
            uint32_t type, id;
        } uid;
        const struct cedar_value *items;
        const struct value_field *fields;
        const struct ipaddr *ip;
    };
};

/* A named value, for cedar_record(). */
struct cedar_field {
    const char *name;
    struct cedar_value value;
};

/*
 * cedar_base_new(policies, ret_base):
 * An empty base store over ${policies}.  It serves decisions of these policies
 * only: when the policies change, the base is built again.
 */
must_use int cedar_base_new(const struct cedar_policies *policies,
                            struct cedar_entities **ret_base);

/*
 * cedar_overlay_new(bytes, ret_overlay):
 * An overlay with ${bytes} (at least 16 KiB; 256 KiB is plenty) for everything
 * that one request brings.  It must be given a base with cedar_overlay_reset()
 * before use.
 */
must_use int cedar_overlay_new(size_t bytes, struct cedar_entities **ret_overlay);

/*
 * cedar_overlay_reset(overlay, base):
 * Forget everything and stand on the frozen ${base} from now on.  Allocates
 * nothing, takes constant time.  All values made in the overlay end here.
 */
void cedar_overlay_reset(struct cedar_entities *overlay, const struct cedar_entities *base);

/* cedar_entities_free(entities): End a base or an overlay; NULL is fine. */
void cedar_entities_free(struct cedar_entities *entities);

/*
 * cedar_entity_begin(entities, type, id), …_parent, …_attribute, …_tag, …_end:
 * Describe one entity.  A uid that is already there, here or in the base below,
 * is a failure (CEDAR_ERR_DUPLICATE), as is a repeated attribute or tag.  A
 * parent need not exist as an entity.  Actions and their groups are entities
 * too, and an action's parents are actions.
 */
void cedar_entity_begin(struct cedar_entities *entities, const char *type, const char *id);
void cedar_entity_parent(struct cedar_entities *entities, const char *type, const char *id);
void cedar_entity_attribute(struct cedar_entities *entities, const char *name,
                            struct cedar_value value);
void cedar_entity_tag(struct cedar_entities *entities, const char *name, struct cedar_value value);
void cedar_entity_end(struct cedar_entities *entities);

/*
 * cedar_entities_freeze(entities):
 * Close the ancestor relation and make the store ready to decide with.  Return
 * 0, or the first failure of any call since it was new or reset.  A store that
 * failed stays unusable; decisions with it are denials.
 */
must_use int cedar_entities_freeze(struct cedar_entities *entities);

/* Values without memory.  Times are milliseconds, since 1970 UTC for a datetime. */
struct cedar_value cedar_bool(bool value);
struct cedar_value cedar_long(int64_t value);
struct cedar_value cedar_decimal(int64_t ten_thousandths);
struct cedar_value cedar_datetime(int64_t milliseconds);
struct cedar_value cedar_duration(int64_t milliseconds);

/* Values kept in ${entities}, which must not be frozen yet.  Texts are copied. */
struct cedar_value cedar_string(struct cedar_entities *entities, const char *text, size_t length);
struct cedar_value cedar_entity(struct cedar_entities *entities, const char *type, const char *id);
struct cedar_value cedar_ipaddr(struct cedar_entities *entities, const char *text);
struct cedar_value cedar_set(struct cedar_entities *entities, const struct cedar_value *items,
                             size_t count);
struct cedar_value cedar_record(struct cedar_entities *entities, const struct cedar_field *fields,
                                size_t count);

/* ---- decisions ---- */

/* Who asks to do what to what.  Three entities and a record, of the store that decides. */
struct cedar_request {
    struct cedar_value principal;
    struct cedar_value action;
    struct cedar_value resource;
    struct cedar_value context;
};

enum cedar_decision { CEDAR_DENY = 0, CEDAR_ALLOW = 1 };

/* What an erring policy does to the decision. */
enum cedar_on_error {
    CEDAR_DENY_ON_ERROR = 0, /* any error denies: what the product uses */
    CEDAR_SKIP_ON_ERROR = 1, /* Cedar's own rule, under which an erring forbid vanishes */
};

/* Why the decision is what it is. */
enum cedar_cause {
    CEDAR_NOT_DECIDED = 0,   /* misuse or a limit: no answer, therefore deny */
    CEDAR_NOT_PERMITTED = 1, /* no permit was satisfied */
    CEDAR_FORBIDDEN = 2,     /* a forbid was satisfied */
    CEDAR_POLICY_ERROR = 3,  /* a policy erred, and errors deny */
    CEDAR_PERMITTED = 4,     /* allow */
};

/* One evaluation error. */
struct cedar_fault {
    uint32_t policy; /* its number */
    uint32_t line;   /* where in its source */
    uint32_t column;
    char message[120];
};

/* The numbers of policies; both lists are in ascending order and live until the scratch is used
 * again. */
struct cedar_result {
    enum cedar_decision decision;
    enum cedar_cause cause;
    const uint32_t
        *determining; /* satisfied forbids if any, else the satisfied permits of an allow */
    uint32_t determining_count;
    const uint32_t *erring;
    uint32_t erring_count;
    struct cedar_fault first_fault; /* meaningful when erring_count > 0 */
};

/* Memory for one decision at a time. */
struct cedar_scratch;

/* cedar_scratch_new(bytes, ret_scratch): 64 KiB is plenty for hundreds of policies. */
must_use int cedar_scratch_new(size_t bytes, struct cedar_scratch **ret_scratch);
void cedar_scratch_free(struct cedar_scratch *scratch);

/*
 * cedar_decide(policies, entities, request, on_error, scratch, ret_result):
 * Evaluate every policy; nothing stops early, so that the lists are complete.
 * A pure function of its arguments: allocates nothing, reads no clock and no
 * file.  ${entities} is frozen, and stands on ${policies}.  Return the decision,
 * which also stands in ${ret_result}.
 */
must_use enum cedar_decision
cedar_decide(const struct cedar_policies *policies, const struct cedar_entities *entities,
             const struct cedar_request *request, enum cedar_on_error on_error,
             struct cedar_scratch *scratch, struct cedar_result *ret_result);

/* One line of an explanation. */
struct cedar_reason {
    uint32_t policy;
    enum {
        CEDAR_REASON_FORBIDS = 1, /* this forbid fired; text is its @why, or its clause */
        CEDAR_REASON_UNMET = 2, /* this permit's scope matched, text is its first unmet conjunct */
        CEDAR_REASON_ERRED = 3, /* this policy erred; text is the expression that did */
    } kind;
    const char *text; /* borrowed from the policies, not terminated */
    uint32_t length;
    uint32_t line; /* of the text in its source */
    uint32_t column;
};

/*
 * cedar_explain(policies, entities, request, scratch, out, room):
 * Say why the request is denied: every forbid that fired, every policy that
 * erred, and for each permit whose scope matched the first condition that was
 * not met.  Write at most ${room} reasons to ${out} and return how many there
 * are in all.  A permit that is satisfied gives no reason.  The reasons hold
 * nothing but texts of the policies, so the person who was refused may see them.
 */
size_t cedar_explain(const struct cedar_policies *policies, const struct cedar_entities *entities,
                     const struct cedar_request *request, struct cedar_scratch *scratch,
                     struct cedar_reason *out, size_t room);

/*
 * cedar_explain_others(policies, entities, request, scratch, out, room):
 * Which permits are for others: those of this action and resource that the
 * request's principal is out of the scope of.  Each is CEDAR_REASON_UNMET, and
 * its text the scope, such as `principal in Role::"operator"`.  As cedar_explain().
 */
size_t cedar_explain_others(const struct cedar_policies *policies,
                            const struct cedar_entities *entities,
                            const struct cedar_request *request, struct cedar_scratch *scratch,
                            struct cedar_reason *out, size_t room);

/* A part of a policy's conditions, and the values that it was decided on. */
struct cedar_part {
    enum {
        CEDAR_PART_FALSE = 0,
        CEDAR_PART_TRUE = 1,
        CEDAR_PART_ERRED = 2, /* then the first of ${values} says how */
    } outcome;
    uint32_t line; /* of the text in its source */
    uint32_t column;
    const char *text;   /* the part, on one line */
    const char *values; /* lines such as `principal.clearance = 2`, each with its line end */
};

/*
 * cedar_explain_values(policies, entities, request, scratch, number, out, room, buffer, size):
 * Say on which values policy ${number} does, or does not, apply to the request:
 * of a condition that is not met the first `&&` part that is false, and every
 * `||` part; of conditions that are met all parts.  Attributes that are missing
 * are named.  Write at most ${room} parts to ${out}, their texts to the ${size}
 * bytes at ${buffer}, cut where they end, and return how many parts there are in
 * all: 0 if the scope does not match or there are no conditions.
 *
 * The values are facts about people, objects and stations.  They are for a
 * security officer; the person who was refused must not see them: whoever may
 * learn why the door is closed may not therefore learn a level or a citizenship.
 */
size_t cedar_explain_values(const struct cedar_policies *policies,
                            const struct cedar_entities *entities,
                            const struct cedar_request *request, struct cedar_scratch *scratch,
                            uint32_t number, struct cedar_part *out, size_t room, char *buffer,
                            size_t size);

/* A fact that a part of a policy's conditions read. */
struct cedar_use {
    const char *variable; /* "principal", "action", "resource" or "context" */
    const char *name;     /* of the attribute, or of the tag */
    bool is_tag;
    int outcome; /* CEDAR_PART_…, of the first part that reads it */
};

/*
 * cedar_explain_uses(policies, entities, request, scratch, number, out, room):
 * Name the facts behind the parts that cedar_explain_values() would give for the
 * same arguments: of each path its variable and its first attribute, whether it
 * is there or not, and of each tag of a variable its name.  Each is named once;
 * a fact that is only asked for (`x has a`), and is there, counts where its part
 * does.  So whoever keeps the records that the facts come from can say which of
 * them decided.  The names are borrowed from ${policies} and ${entities}.  Write
 * at most ${room} uses to ${out} and return how many there are, or ${room} + 1 if
 * there are more.
 */
size_t cedar_explain_uses(const struct cedar_policies *policies,
                          const struct cedar_entities *entities,
                          const struct cedar_request *request, struct cedar_scratch *scratch,
                          uint32_t number, struct cedar_use *out, size_t room);

/* ---- impact: what a change of policies changes, over everything ---- */

/*
 * One of the two policy sets.  ${entities} is a frozen store over ${policies};
 * the lists hold values of it: all people, actions and objects, and the records
 * that are contexts.  The two sides list the same things in the same order.  All
 * of it is borrowed until cedar_impact_free(), and so is what the values hold.
 */
struct cedar_impact_side {
    const struct cedar_policies *policies;
    const struct cedar_entities *entities;
    const struct cedar_value *principals;
    const struct cedar_value *actions;
    const struct cedar_value *resources;
    const struct cedar_value *contexts;
};

enum cedar_impact_axis {
    CEDAR_IMPACT_PRINCIPAL,
    CEDAR_IMPACT_RESOURCE,
    CEDAR_IMPACT_CONTEXT,
};

/* What is asked: everybody does everything to everything, as far as ${applies} lets it. */
struct cedar_impact_space {
    size_t principals, actions, resources, contexts; /* how long the lists are */
    /*
     * Whether ${action} is for this principal, resource or context, by their
     * places in the lists.  Asked once for each while the comparison begins.  NULL:
     * every action is for all of them.
     */
    bool (*applies)(void *caller, enum cedar_impact_axis axis, size_t action, size_t index);
    void *caller;
    enum cedar_on_error on_error;
    size_t samples; /* how many changes of each kind to keep */
};

#define CEDAR_IMPACT_LIST_MAX    (1U << 24) /* entries of one list */
#define CEDAR_IMPACT_SAMPLES_MAX (1U << 20) /* samples times actions */
#define CEDAR_IMPACT_BYTES       (1U << 25) /* for the answers of one side that are kept */

/* What became of one question.  The third may come beside the first two. */
enum cedar_impact_kind {
    CEDAR_NEWLY_ALLOWED, /* denied before, allowed after */
    CEDAR_NEWLY_DENIED,  /* allowed before, denied after */
    CEDAR_NEWLY_ERRING,  /* no policy erred before, some policy errs after */
    CEDAR_OTHER_REASONS, /* decided alike, but by other policies or with other errors */
    CEDAR_IMPACT_KINDS,
};

/* One question, by the places in the lists. */
struct cedar_impact_sample {
    uint32_t principal, action, resource, context;
};

struct cedar_impact_change {
    uint64_t count;
    const uint64_t *by_action;
    /*
     * Of side 0, before, and 1, after, by number of the policy: of how many of
     * these questions it determined the answer, or erred.
     */
    const uint64_t *by_policy[2];
    /*
     * The first change of each person for each action, one action after the other
     * in turn; then the rest in the order of principals, contexts and resources.
     */
    const struct cedar_impact_sample *samples;
    size_t sample_count;
};

struct cedar_impact_result {
    uint64_t decided; /* questions, each decided by both sides */
    uint64_t total;   /* how many there are; the same when all is done */
    struct cedar_impact_change changes[CEDAR_IMPACT_KINDS];
};

/* A comparison under way. */
struct cedar_impact;

/*
 * cedar_impact_begin(before, after, space, ret_impact):
 * Make ready to decide every question of ${space} with both sides; that takes less than
 * a millisecond for a hundred policies, and is not divided.  Policies of
 * both sides with the same id count as the same.  The answer is exact: the one
 * that cedar_decide() would give for each question.  Memory is taken here and
 * never more: twice CEDAR_IMPACT_BYTES at most, 128 bytes for each sample and
 * action, an eighth of a byte for each pair of an action with a principal,
 * a resource, a context or a policy, and 100 bytes for each node of the policies.
 * On success set ${ret_impact}; the caller ends it with cedar_impact_free().
 * Return 0; CEDAR_ERR_STATE if a store is not frozen over its policies or a value
 * is no entity or no record; CEDAR_ERR_LIMIT; CEDAR_ERR_MEMORY.
 */
must_use int cedar_impact_begin(const struct cedar_impact_side *before,
                                const struct cedar_impact_side *after,
                                const struct cedar_impact_space *space,
                                struct cedar_impact **ret_impact);

/*
 * cedar_impact_step(impact, work, ret_done):
 * Go on for about ${work} evaluations of a condition, each of about 50 ns: with
 * 20000, for a millisecond or two.  What cannot be divided is one condition for
 * 4096 resources, so a step takes that long at least where there is no answer
 * yet.  Set ${ret_done} when all is decided.  Return 0, or CEDAR_ERR_LIMIT if a
 * condition needs more than a mebibyte while it is evaluated, and then there is
 * no answer.
 */
must_use int cedar_impact_step(struct cedar_impact *impact, uint64_t work, bool *ret_done);

/* cedar_impact_result(impact): What was found so far; borrowed until the next call with ${impact}.
 */
const struct cedar_impact_result *cedar_impact_result(struct cedar_impact *impact);

/* cedar_impact_free(impact): NULL is fine. */
void cedar_impact_free(struct cedar_impact *impact);

/* ---- schemas: what policies, entities and requests may speak about ---- */

/* A resolved, immutable schema.  It stands alone and serves any number of policy sets. */
struct cedar_schema;

enum cedar_schema_form {
    CEDAR_SCHEMA_TEXT = 0, /* Cedar's schema language */
    CEDAR_SCHEMA_JSON = 1, /* its JSON form */
};

/* One fragment of a schema. */
struct cedar_schema_source {
    struct cedar_source source;
    enum cedar_schema_form form;
};

/*
 * cedar_schema_load(fragments, count, ret_schema, ret_problem):
 * Read all ${fragments} as one schema and resolve every name in it.  The texts
 * are copied.  On success set ${ret_schema}; the caller ends it with
 * cedar_schema_free().  Return 0 or a CEDAR_ERR_ code, and then fill
 * ${ret_problem}.
 */
must_use int cedar_schema_load(const struct cedar_schema_source *fragments, size_t count,
                               struct cedar_schema **ret_schema, struct cedar_problem *ret_problem);
void cedar_schema_free(struct cedar_schema *schema);

/* What a validation found about one policy. */
struct cedar_finding {
    bool is_error;   /* the policy does not validate; false: a warning */
    uint32_t policy; /* its number */
    struct cedar_problem place;
    bool never_applies; /* the warning that it can never apply */
};

/*
 * cedar_validate(policies, schema, report, context, ret_errors):
 * Check every policy against ${schema} in Cedar's strict mode: whether it can
 * err, in any request and store that conform to the schema, other than by
 * overflow or a missing entity.  ${report} (NULL is fine) gets each finding, in the
 * order of the policies; ${ret_errors} how many were errors, 0: the set
 * validates.  Return 0, or CEDAR_ERR_MEMORY or CEDAR_ERR_LIMIT, and then the
 * answer is that it does not validate.
 */
must_use int cedar_validate(const struct cedar_policies *policies,
                            const struct cedar_schema *schema,
                            void (*report)(void *context, const struct cedar_finding *finding),
                            void *context, uint32_t *ret_errors);

/*
 * cedar_schema_actions(schema, entities):
 * Describe every action of ${schema}, with its groups, in ${entities}, a base
 * that is not frozen yet.  An action that is already there must stand in exactly
 * the groups that the schema gives it, else CEDAR_ERR_CONFORM.  Return 0 or a
 * CEDAR_ERR_ code.
 */
must_use int cedar_schema_actions(const struct cedar_schema *schema,
                                  struct cedar_entities *entities);

/*
 * cedar_entities_check(entities, schema, ret_problem):
 * Check every entity of ${entities} (frozen; not those of the base below an
 * overlay) against its declaration: attributes and tags by type, none missing,
 * none unknown, parents of the admitted types, ids of an enum, actions as the
 * schema has them.  Return 0; CEDAR_ERR_UNKNOWN or CEDAR_ERR_CONFORM with the
 * first offence in ${ret_problem}, which then has no place; another code.
 */
must_use int cedar_entities_check(const struct cedar_entities *entities,
                                  const struct cedar_schema *schema,
                                  struct cedar_problem *ret_problem);

/*
 * cedar_request_check(schema, entities, request, ret_problem):
 * The same for a request: whether the action exists, applies to principals and
 * resources of these types, and has a context of this type.
 */
must_use int cedar_request_check(const struct cedar_schema *schema,
                                 const struct cedar_entities *entities,
                                 const struct cedar_request *request,
                                 struct cedar_problem *ret_problem);

/* ---- decision tests ---- */

struct cedar_trial {
    uint32_t passed, failed;
    char first_failed[104]; /* the name of the first that failed, cut if long */
    char first_found[204];  /* what was decided there, such as `deny, by M06-clearance` */
};

/*
 * cedar_trial_run(policies, count, schema, tests, ret_trial, ret_problem):
 * Run the decision tests of the JSON text ${tests} ({"entities", "context",
 * "tests"}, as casemate-policy test takes it) against the policies of ${count}
 * texts and ${schema}.  Return 0 when all could be run, whatever came out; a
 * CEDAR_ERR_ code when a text cannot be used, and then ${ret_problem} says why.
 */
must_use int cedar_trial_run(const struct cedar_source *policies, size_t count,
                             const struct cedar_source *schema, const struct cedar_source *tests,
                             struct cedar_trial *ret_trial, struct cedar_problem *ret_problem);

/* ---- expressions, for tools and tests ---- */

/*
 * cedar_expression_load(source, ret_expression, ret_problem):
 * Compile one expression.  It takes the place of a policy set for
 * cedar_base_new() and is ended with cedar_policies_free().
 */
must_use int cedar_expression_load(const struct cedar_source *source,
                                   struct cedar_policies **ret_expression,
                                   struct cedar_problem *ret_problem);

/*
 * cedar_evaluate(expression, entities, request, scratch, ret_value, ret_fault):
 * Its value, which lives until the scratch is used again.  Return 0;
 * CEDAR_ERR_VALUE if the evaluation errs, and then fill ${ret_fault}; another
 * CEDAR_ERR_ code if it could not be tried.
 */
must_use int cedar_evaluate(const struct cedar_policies *expression,
                            const struct cedar_entities *entities,
                            const struct cedar_request *request, struct cedar_scratch *scratch,
                            struct cedar_value *ret_value, struct cedar_fault *ret_fault);

/* cedar_value_print(entities, value, out, size): ${value} as Cedar text, cut at ${size}.  ${out}.
 */
char *cedar_value_print(const struct cedar_entities *entities, struct cedar_value value, char *out,
                        size_t size);

#endif

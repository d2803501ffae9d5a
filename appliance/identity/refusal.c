/* Why what an officer asks for is not done: what, where, what to do. */
#include <stdio.h>
#include <string.h>

#include "appliance/identity/breaking.h"
#include "appliance/identity/mandatory.h"
#include "appliance/identity/pin_rule.h"

#define V(name) body_value(&n->body, name)
#define DAY_MS  ((int64_t)24 * 3600 * 1000)

#define WAITING_MAX 500

static bool is_enclave(const struct identity *n, struct bytes_view scope)
{
    for (size_t i = 0; i < n->enclaves_count; i++)
        if (bytes_equal_text(scope, n->enclaves[i]))
            return true;
    return false;
}

static bool is_none(const uint8_t id[static 16])
{
    static const uint8_t none[16];
    return memcmp(id, none, 16) == 0;
}

static bool stamp_is_taken(const struct identity *n, struct bytes_view stamp)
{
    for (size_t i = 0; i < n->people_count; i++)
        if (bytes_equal_text(stamp, n->people[i].stamp))
            return true;
    return false;
}

static const char *person_refused(struct identity *n)
{
    bool own = V("own_pin")->present && V("own_pin")->number;
    if (own && !process_is_training(n->process))
        return "Only a training site takes a PIN that its person has not chosen as his own.";
    if (!own && pin_rule_refused(V("pin")->text))
        return pin_rule_refused(V("pin")->text);
    if (n->people_count == PEOPLE_MAX)
        return "There is no room for more people.";
    if (people_by_badge(n, V("badge")->text) != PEOPLE_MAX)
        return "This badge belongs to somebody.";
    if (people_by_id(n, V("person")->bytes) != PEOPLE_MAX ||
        stations_by_id(n, V("person")->bytes) != STATIONS_MAX) /* suspend ID means one of the two */
        return "A person or station of this id is known already.";
    if (stamp_is_taken(n, V("stamp")->text)) /* it stands in records as who did the work */
        return "This stamp belongs to somebody.";
    return NULL;
}

static const char *station_refused(struct identity *n)
{
    if (n->stations_count == STATIONS_MAX)
        return "There is no room for more stations.";
    if (people_by_id(n, V("station")->bytes) != PEOPLE_MAX)
        return "A person has this id.";
    if (stations_by_id(n, V("station")->bytes) != STATIONS_MAX ||
        memcmp(V("station")->bytes, station_training, STATION_ID) == 0) /* of every training site */
        return "This station is known already.";
    return NULL;
}

static const char *scope_refused(const struct identity *n, const struct attribute *a,
                                 struct bytes_view scope)
{
    if (scope.length && a->scope == ATTRIBUTE_SCOPE_SITE)
        return "This attribute holds for the whole site; leave the enclave out.";
    if (!scope.length && a->scope == ATTRIBUTE_SCOPE_ENCLAVE)
        return "This attribute holds in one enclave; name it.";
    if (scope.length && !is_enclave(n, scope))
        return "The scope is no enclave of this site.";
    return NULL;
}

static const char *span_refused(struct identity *n, const struct attribute *a)
{
    static char text[120];
    int64_t from = body_value(&n->body, "from")->number;
    int64_t until = body_value(&n->body, "until")->number;
    if (until <= from)
        return "A record must end after it begins.";
    if (until - from > a->cap_days * DAY_MS) {
        snprintf(text, sizeof text,
                 "A record of %s may last %d day%s at most; give an earlier end.", a->name,
                 a->cap_days, a->cap_days == 1 ? "" : "s");
        return text;
    }
    return NULL;
}

static const char *supersedes_refused(struct identity *n, const struct attribute *a,
                                      const uint8_t holder[static 16])
{
    if (!V("supersedes")->present)
        return NULL;
    const struct record *before = record_by_id(n, V("supersedes")->bytes);
    if (!before && record_has_left(n, V("supersedes")->bytes))
        return "It would supersede a record that is not in force.";
    const uint8_t *of = !before                          ? NULL
                        : before->kind == HOLDER_STATION ? n->stations[before->holder].station
                                                         : n->people[before->holder].person;
    if (!before || memcmp(of, holder, 16) != 0 || before->attribute != a)
        return "It would supersede a record that is not this holder's, or of another attribute.";
    if (before->state != RECORD_APPROVED)
        return "It would supersede a record that is not in force.";
    if (V("scope")->text.length && !bytes_equal_text(V("scope")->text, before->scope))
        return "It would supersede a record that holds elsewhere, too: give the same enclave, or "
               "the "
               "whole site.";
    return before->replaced_ms ? "Another record takes the place of that one already: supersede it."
                               : NULL;
}

/* The words that rules go by: another would be bound by none of them. */
static bool is_affiliation(struct bytes_view v)
{
    static const char *const words[] = {"federal", "contractor", "supplier", "customer"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_equal_text(v, words[i]))
            return true;
    return false;
}

/* The value of a read-in is what the program is called: a slip of one would be read by all. */
static const char *program_refused(struct identity *n)
{
    static char text[240];
    char scope[9] = "";
    memcpy(scope, V("scope")->text.data, V("scope")->text.length);
    const char *name = record_program(n, scope, identity_now(n));
    const struct record *before =
        V("supersedes")->present ? record_by_id(n, V("supersedes")->bytes) : NULL;
    bool renames = before && strcmp(before->scope, scope) == 0;
    if (!name || renames || bytes_equal_text(V("value")->text, name))
        return NULL;
    snprintf(text, sizeof text,
             "The value of a read-in is the program's name, and the others say \"%s\": give that. "
             "A program is renamed by superseding its read-ins.",
             name);
    return text;
}

/* How many records wait that this officer entered: the others must be able to read the list. */
static size_t waiting_of(const struct identity *n, const uint8_t officer[static 16])
{
    size_t count = 0;
    for (size_t i = 0; i < n->records_count; i++)
        count += n->records[i].state == RECORD_PENDING &&
                 memcmp(n->records[i].entered_by, officer, 16) == 0;
    return count;
}

static const char *enter_refused(struct identity *n, const uint8_t by[static 16])
{
    static char text[200];
    enum holder_kind kind;
    size_t place;
    const struct attribute *a = attribute_by_name(V("attribute")->text);
    if (!a)
        return "The attribute is none that decides access; docs/policy-guide.md lists them.";
    if (a->number == ATTRIBUTE_BREAK_GLASS)
        return "Breaking the glass is an operation of its own, never a record that is entered.";
    if (!people_holder(n, V("holder")->bytes, &kind, &place))
        return "There is no such person or station.";
    if (kind != a->holder)
        return kind == HOLDER_PERSON ? "This attribute is of a station, not of a person."
                                     : "This attribute is of a person, not of a station.";
    const char *why = attribute_refuse(a, V("value")->text);
    if (why) {
        snprintf(text, sizeof text, "The value of %s %s.", a->name, why);
        return text;
    }
    if (a->number == ATTRIBUTE_AFFILIATION && !is_affiliation(V("value")->text))
        return "The value of affiliation is federal, contractor, supplier or customer.";
    bool escort = a->number == ATTRIBUTE_VISITOR || a->number == ATTRIBUTE_VENDOR;
    if (escort && people_by_badge(n, V("value")->text) == PEOPLE_MAX)
        return "The value is the badge of the escort or sponsor; nobody has this one.";
    why = scope_refused(n, a, V("scope")->text);
    if (!why && a->number == ATTRIBUTE_READ_IN)
        why = program_refused(n);
    if (!why)
        why = span_refused(n, a);
    if (!why)
        why = supersedes_refused(n, a, V("holder")->bytes);
    if (!why && (record_by_id(n, V("record")->bytes) || record_has_left(n, V("record")->bytes) ||
                 glasses_find(&n->glasses, V("record")->bytes)))
        why = "A record of this id is there already; records are superseded, never edited.";
    if (!why && !record_has_room(n, identity_now(n)))
        why = "There is no room for more records: revoke what is not needed.";
    if (!why && waiting_of(n, by) >= WAITING_MAX)
        why =
            "Five hundred records that you entered wait for another officer: let them be approved, "
            "or revoke some.";
    return why;
}

/* What it was to replace has been replaced or taken away meanwhile: somebody decided otherwise. */
static bool is_late(const struct identity *n, const struct record *r)
{
    static const uint8_t none[16];
    const struct record *before = record_by_id(n, r->supersedes);
    return memcmp(r->supersedes, none, 16) != 0 &&
           (!before || before->state != RECORD_APPROVED || before->replaced_ms != 0);
}

static bool replaces_the_same(const struct record *r, const struct record *const *list,
                              size_t count)
{
    static const uint8_t none[16];
    for (size_t i = 0; i < count; i++)
        if (memcmp(r->supersedes, none, 16) != 0 &&
            memcmp(list[i]->supersedes, r->supersedes, 16) == 0)
            return true;
    return false;
}

static const char *approve_refused(struct identity *n)
{
    static char text[240];
    const struct record *list[BODY_REFS_MAX];
    for (size_t i = 0; i < n->body.refs_count; i++) {
        const struct record *r = list[i] = record_by_id(n, n->body.refs[i]);
        bool left = !r && record_has_left(n, n->body.refs[i]);
        const char *why =
            left || (r && r->state != RECORD_PENDING) ? "is not waiting for approval any more"
            : !r                                      ? "does not exist"
            : is_late(n, r) ? "would replace one that was superseded or revoked meanwhile: "
                              "revoke it, and enter one that replaces what holds now"
            : replaces_the_same(r, list, i)
                ? "would replace the same as one before it: leave one of them out"
                : NULL;
        if (why) {
            snprintf(text, sizeof text, "Record %zu of the list %s. None was approved.", i + 1,
                     why);
            return text;
        }
    }
    return room_refused(n, list, n->body.refs_count, identity_now(n));
}

static const char *revoke_refused(struct identity *n)
{
    const struct record *r = record_by_id(n, V("record")->bytes);
    if (!r && !record_has_left(n, V("record")->bytes))
        return "There is no such record.";
    if (!r || r->state == RECORD_REVOKED || r->state == RECORD_SUPERSEDED)
        return "This record is not in force any more.";
    return r->revocation_asked ? "One officer asked for it already: another approves it." : NULL;
}

static const char *approve_revocation_refused(struct identity *n)
{
    const struct record *r = record_by_id(n, V("record")->bytes);
    return r && r->state == RECORD_APPROVED && r->revocation_asked
               ? NULL
               : "Nobody asked for this record to be revoked.";
}

static const char *suspend_refused(struct identity *n, bool suspend)
{
    enum holder_kind kind;
    size_t place;
    if (!people_holder(n, V("holder")->bytes, &kind, &place))
        return "There is no such person or station.";
    bool now = kind == HOLDER_STATION ? n->stations[place].suspended : n->people[place].suspended;
    if (now == suspend)
        return suspend ? "It is suspended already." : "It is not suspended.";
    return NULL;
}

/* Who counts as whom decides who may approve what: nobody says it of himself, and no officer alone.
 */
static const char *link_refused(struct identity *n, unsigned operation, const struct token *token)
{
    size_t person = people_by_id(n, V("person")->bytes);
    size_t same_as = people_by_id(n, V("same_as")->bytes);
    size_t by = people_by_id(n, token->person);
    if (person == PEOPLE_MAX || same_as == PEOPLE_MAX || by == PEOPLE_MAX)
        return "There is no such person.";
    const struct person *p = &n->people[person];
    if (memcmp(p->natural, n->people[same_as].natural, 16) == 0)
        return "The two accounts are known to be one human being's.";
    if (operation == OPERATION_APPROVE_LINK)
        return !is_none(p->link_to) && memcmp(p->link_to, V("same_as")->bytes, 16) == 0
                   ? NULL
                   : "Nobody has said that these two accounts are one human being's.";
    const uint8_t *mine = n->people[by].natural;
    return memcmp(p->natural, mine, 16) == 0 || memcmp(n->people[same_as].natural, mine, 16) == 0
               ? "Nobody links an account with himself: another officer does."
               : NULL;
}

/* Whoever is suspended already stays so by the word of the officer who did it. */
static const char *reset_refused(struct identity *n, const struct token *token)
{
    size_t person = people_by_id(n, V("person")->bytes);
    size_t by = people_by_id(n, token->person);
    if (person == PEOPLE_MAX || by == PEOPLE_MAX)
        return "There is no such person.";
    if (memcmp(n->people[person].natural, n->people[by].natural, 16) == 0)
        return "Nobody gives himself a first PIN: change your PIN, or ask another officer.";
    if (n->people[person].suspended)
        return "This person is suspended: another officer restores him first.";
    return pin_rule_refused(V("pin")->text);
}

const char *refusal_of(struct identity *n, unsigned operation, const struct token *token)
{
    switch (operation) {
    case OPERATION_ADD_PERSON:
        return person_refused(n);
    case OPERATION_RESET_PIN:
        return reset_refused(n, token);
    case OPERATION_ADD_STATION:
        return station_refused(n);
    case OPERATION_ENTER_RECORD:
        return enter_refused(n, token->person);
    case OPERATION_APPROVE_RECORDS:
        return approve_refused(n);
    case OPERATION_REVOKE_RECORD:
        return revoke_refused(n);
    case OPERATION_APPROVE_REVOCATION:
        return approve_revocation_refused(n);
    case OPERATION_SUSPEND:
    case OPERATION_RESTORE:
        return suspend_refused(n, operation == OPERATION_SUSPEND);
    case OPERATION_REVIEW_GLASS:
        return breaking_review_refused(n);
    case OPERATION_LINK_PERSON:
    case OPERATION_APPROVE_LINK:
        return link_refused(n, operation, token);
    default:
        return MANDATORY_OPERATIONS(operation) ? mandatory_refused(n, token, operation) : NULL;
    }
}

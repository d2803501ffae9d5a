/* What two officers do in two halves: was the first done at the station of the second? */
#include <string.h>

#include "appliance/identity/mandatory.h"

#define V(name) body_value(&n->body, name)

/* Of the records of a list, the last one that was. */
static void of_records(struct identity *n, const struct pending *p, int64_t now,
                       char out[static STATION_HALVES])
{
    char text[STATION_HALVES] = "";
    for (size_t i = 0; i < n->body.refs_count; i++) {
        const struct record *r = record_by_id(n, n->body.refs[i]);
        if (r)
            station_halves(r->entered_at, p->station, now - r->entered_ms, text);
        if (text[0])
            memcpy(out, text, sizeof text);
    }
}

static void of_restored(struct identity *n, const struct pending *p, int64_t now,
                        char out[static STATION_HALVES])
{
    size_t person = people_by_id(n, V("holder")->bytes);
    size_t station = stations_by_id(n, V("holder")->bytes);
    if (person < PEOPLE_MAX)
        station_halves(n->people[person].suspended_at, p->station,
                       now - n->people[person].not_before_ms, out);
    else if (station < STATIONS_MAX)
        station_halves(n->stations[station].suspended_at, p->station,
                       now - n->stations[station].not_before_ms, out);
}

void halves_of(struct identity *n, const struct pending *p, char out[static STATION_HALVES])
{
    int64_t now = identity_now(n);
    const struct record *record;
    const struct glass *glass;
    size_t person;
    out[0] = '\0';
    switch (p->operation) {
    case OPERATION_APPROVE_RECORDS:
        of_records(n, p, now, out);
        return;
    case OPERATION_APPROVE_REVOCATION:
        record = record_by_id(n, V("record")->bytes);
        if (record)
            station_halves(record->asked_at, p->station, now - record->asked_ms, out);
        return;
    case OPERATION_APPROVE_LINK:
        person = people_by_id(n, V("person")->bytes);
        if (person < PEOPLE_MAX)
            station_halves(n->people[person].link_at, p->station, now - n->people[person].link_ms,
                           out);
        return;
    case OPERATION_RESTORE:
        of_restored(n, p, now, out);
        return;
    case OPERATION_REVIEW_GLASS:
        glass = glasses_find(&n->glasses, V("glass")->bytes);
        if (glass)
            station_halves(glass->station, p->station, now - glass->broken_ms, out);
        return;
    case OPERATION_INSTALL_SITE_POLICY:
        mandatory_halves(n, p, out);
        return;
    default:
        return;
    }
}

#ifndef TESTS_APPLIANCE_IDENTITY_PEOPLE_H
#define TESTS_APPLIANCE_IDENTITY_PEOPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "appliance/identity/snapshot.h"
#include "tests/crypto/cases.h"

#define PEOPLE_SITE "PLANT-1"

/* Somebody whom every mandatory rule lets pass, with ${role} alone. */
static inline void good_person(struct snapshot_person *p, uint8_t number, const char *role)
{
    memset(p, 0, sizeof *p);
    memset(p->person, number, 16);
    snprintf(p->name, sizeof p->name, "Person %u", number);
    snprintf(p->stamp, sizeof p->stamp, "P%u", number);
    p->us_person = 1;
    p->clearance = 3;
    p->read_in_until_ms = 4000000000000;
    p->export_until_ms = 4000000000000;
    p->citizenships = p->countries_itar = p->roles = p->sites = p->skills = 1;
    strcpy(p->citizenship[0], "USA");
    strcpy(p->country_itar[0], "USA");
    snprintf(p->role[0], sizeof p->role[0], "%s", role);
    strcpy(p->site[0], PEOPLE_SITE);
    strcpy(p->skill[0].name, "torque");
    p->skill[0].until_ms = 4000000000000;
}

/* Every list full, every text as long as it may be. */
static inline void full_person(struct snapshot_person *p, uint8_t number)
{
    good_person(p, number, "x");
    memset(p->name, 'n', SNAPSHOT_NAME_MAX);
    memset(p->stamp, 's', SNAPSHOT_WORD_MAX);
    p->citizenships = p->countries_itar = SNAPSHOT_COUNTRIES_MAX;
    p->roles = SNAPSHOT_ROLES_MAX;
    p->sites = SNAPSHOT_SITES_MAX;
    p->skills = SNAPSHOT_SKILLS_MAX;
    for (size_t i = 0; i < SNAPSHOT_COUNTRIES_MAX; i++) {
        snprintf(p->citizenship[i], 4, "A%c%c", (char)('A' + i), (char)('A' + i));
        snprintf(p->country_itar[i], 4, "B%c%c", (char)('A' + i), (char)('A' + i));
    }
    for (size_t i = 0; i < SNAPSHOT_ROLES_MAX; i++)
        memset(p->role[i], (int)('a' + i), SNAPSHOT_WORD_MAX);
    for (size_t i = 0; i < SNAPSHOT_SITES_MAX; i++)
        memset(p->site[i], (int)('a' + i), SNAPSHOT_WORD_MAX);
    for (size_t i = 0; i < SNAPSHOT_SKILLS_MAX; i++) {
        memset(p->skill[i].name, (int)('a' + i), SNAPSHOT_WORD_MAX);
        p->skill[i].until_ms = -(int64_t)i;
    }
}

static inline struct snapshot *new_snapshot(size_t people)
{
    struct snapshot *s = NULL;
    assert_int_equal(snapshot_new(people, &s), 0);
    memcpy(s->enclave, "e3f9k2m1", 8);
    s->epoch = 7;
    return s;
}

#endif

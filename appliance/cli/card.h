#ifndef APPLIANCE_CLI_CARD_H
#define APPLIANCE_CLI_CARD_H

#include <stdio.h>

#include "appliance/cli/training_site.h"
#include "appliance/supervisor/config.h"

/*
 * The training card: who can sign in where, with which badge and PIN.  card.json is
 * for programs, card is the same as a screen of text; both are root's.
 */

/* card_make(o, site, config): Choose a PIN for everybody of people.json and write both files. */
must_use int card_make(const struct cli *o, const struct training_site *site,
                       const struct config *config);

/* card_show(o, site): Print the screen; everybody with o->all, card.json with o->json. */
must_use int card_show(const struct cli *o, const struct training_site *site);

/* card_read(o, site, ret_doc): card.json, parsed; the caller frees it. */
struct yyjson_doc;
must_use int card_read(const struct cli *o, const struct training_site *site,
                       struct yyjson_doc **ret_doc);

#endif

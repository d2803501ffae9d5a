/* The officer's page: three facts of this enclave. */
#include <stdio.h>
#include <string.h>

#include "appliance/worker/replay.h"
#include "appliance/worker/worker.h"
#include "crypto/note.h"

static size_t denials_of(struct worker *w, struct command *c, struct answer_denial **ret)
{
    size_t n = w->denials_count < DENIALS_MAX ? w->denials_count : DENIALS_MAX;
    struct answer_denial *rows = mes_array(c, n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        const struct denial *d = &w->denials[(w->denials_count - 1 - i) % DENIALS_MAX];
        struct answer_reason *reasons = mes_array(c, d->reasons, sizeof *reasons);
        for (size_t k = 0; k < d->reasons; k++)
            reasons[k] =
                (struct answer_reason){.policy = d->reason[k].policy, .why = d->reason[k].why};
        rows[i] = (struct answer_denial){.at = d->at_ms,
                                         .person = d->person,
                                         .operation = d->operation,
                                         .object = d->object,
                                         .outcome = d->erred ? "denied: a policy erred" : "denied",
                                         .reasons = reasons,
                                         .reasons_count = d->reasons};
    }
    *ret = rows;
    return n;
}

static const char *tables_text(enum tables_known tables)
{
    return tables == TABLES_AS_SIGNED     ? "signed"
           : tables == TABLES_AS_REPLAYED ? "replayed"
           : tables == TABLES_UNKNOWN     ? "unknown"
                                          : "different";
}

int security_run(struct worker *w, struct command *command)
{
    struct answer_security a = {.state = "unlocked"};
    struct answer_denial *denials;
    struct answer_loss *losses;
    char *note = mes_array(command, NOTE_MAX, 1), *hash = mes_array(command, 65, 1);
    size_t length;
    uint64_t size;
    bytes_to_hex(decider_hash(w->decider), 32, hash);
    if (w->site_wrong[0])
        a.state =
            mes_print(command, "unlocked; the site's newest mandatory rules are not in force: %s",
                      w->site_wrong);
    a.journal = w->journal == JOURNAL_STATE_SHUT
                    ? "The journal is closed: acts of the security class are refused until the "
                      "system administrator has looked after it; the site's status says why. "
                      "Production goes on."
                : w->journal == JOURNAL_STATE_FULL
                    ? "The journal's disk is full: acts of the security class are refused "
                      "until there is room. Production goes on."
                : w->journal == JOURNAL_STATE_BEYOND
                    ? "This program writes more to the journal than its share: what is beyond it "
                      "is counted and not kept, and acts of the security class may be refused. "
                      "Production goes on."
                : w->journal_percent
                    ? mes_print(command, "The journal's disk is more than %u percent full.",
                                w->journal_percent)
                    : "";
    if (w->closed[0])
        a.state = w->dark ? "closed" : "open for reading only";
    a.lacking = w->closed;
    a.losses_count = loss_answer(w, command, &losses);
    a.losses = losses;
    a.events = (int64_t)store_size(w->store);
    struct replay_past past;
    replay_past(w, &past);
    a.verified = past.verified_ms;
    a.verified_size = (int64_t)past.verified;
    a.replayed = past.replayed_ms;
    a.replayed_size = (int64_t)past.replayed;
    a.replaying = past.running ? (int64_t)past.at : -1;
    a.tables = tables_text(w->tables);
    if (store_checkpoint(w->store, store_epoch(w->store)->number, note, NOTE_MAX, &length, &size) ==
        0)
        a.checkpoint = note;
    a.policies = decider_policies(w->decider);
    a.policy_hash = hash;
    a.snapshot_epoch = (int64_t)w->snapshot->epoch;
    a.denials_count = denials_of(w, command, &denials);
    a.denials = denials;
    answer_write_security(&a, command->out);
    return 0;
}

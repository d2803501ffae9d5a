#ifndef ENCLAVE_AUDIT_OUTCOME_H
#define ENCLAVE_AUDIT_OUTCOME_H

/* What became of something that the auditor's journal records. */
enum audit_outcome {
    AUDIT_OUTCOME_INTENT = 0, /* it is about to be done */
    AUDIT_OUTCOME_DONE = 1,
    AUDIT_OUTCOME_REFUSED = 2, /* by a gate, in words */
    AUDIT_OUTCOME_DENIED = 3,  /* by the policy */
    AUDIT_OUTCOME_UNKNOWN = 4, /* asked after a restart: no trace of it in the log */
};

/* Does the journal take intents? */
enum journal_state {
    JOURNAL_STATE_OPEN = 0,
    JOURNAL_STATE_FULL = 1,   /* its disk is full */
    JOURNAL_STATE_SHUT = 2,   /* its disk failed, or it cannot be read */
    JOURNAL_STATE_BEYOND = 3, /* of whoever is told: this program writes more than its share */
};

/* The journal is sealed for a backup: "sealed" when every sealed segment that lies here is whole,
 * too; otherwise this, and the names of the files that are not as they were sealed. */
#define AUDITOR_SEALED_BUT "sealed; not as they were sealed:"

#endif

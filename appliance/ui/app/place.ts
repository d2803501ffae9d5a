/*
 * The two kinds of places where a session lives, the entry and an enclave's door; each has
 * operations of its own for the same things.  STATEMENT_ENTRY of crypto/statement.h is
 * the enclave of statements that are made at the entry.
 */
export interface Place {
  touch: "touch" | "touch_entry";
  lock: "lock" | "lock_entry";
  unlock: "unlock" | "unlock_entry";
  unlockChallenge: "unlock_challenge" | "unlock_challenge_entry";
  unlockKey: "unlock_key" | "unlock_key_entry";
  sign: "sign" | "sign_at_entry";
  signChallenge: "sign_challenge" | "sign_challenge_entry";
  signKey: "sign_key" | "sign_key_entry";
  signOut: "sign_out" | "sign_out_entry";
}

export const DOOR: Place = {
  touch: "touch",
  lock: "lock",
  unlock: "unlock",
  unlockChallenge: "unlock_challenge",
  unlockKey: "unlock_key",
  sign: "sign",
  signChallenge: "sign_challenge",
  signKey: "sign_key",
  signOut: "sign_out",
};

export const ENTRY: Place = {
  touch: "touch_entry",
  lock: "lock_entry",
  unlock: "unlock_entry",
  unlockChallenge: "unlock_challenge_entry",
  unlockKey: "unlock_key_entry",
  sign: "sign_at_entry",
  signChallenge: "sign_challenge_entry",
  signKey: "sign_key_entry",
  signOut: "sign_out_entry",
};
export const ENTRY_ENCLAVE = "entry000";

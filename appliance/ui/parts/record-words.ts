/** The words for authorization records. */
export const words = {
  attributes: {
    "itar-us-person": "US person (ITAR)",
    "country-itar": "Country held now or ever (ITAR)",
    "country-ear": "Latest country (EAR)",
    nda: "Nondisclosure agreement",
    "read-in": "Read in to",
    "need-to-know": "Need to know",
    investigation: "Investigation in scope",
    window: "Working hours",
    visitor: "Visitor, escort",
    vendor: "Vendor’s person, sponsor",
    "station-program": "May show the program",
    "station-site": "Stands at site",
    "station-country": "Stands in",
    attestation: "Attested",
    ceiling: "Shows at most",
    printer: "Prints at most",
    accreditation: "Zone accredited, letter",
    merge: "May hold together",
  } as Record<string, string>,
  levelled: new Set(["clearance", "ceiling", "printer"]),
  levels: ["0 none", "1 controlled", "2 confidential", "3 secret", "4 top secret"],
  states: {
    active: "In force",
    pending: "Waits for a second officer",
    "not yet": "Begins later",
    expired: "Ended",
    revoked: "Revoked",
    superseded: "Replaced",
    "past its review": "Past its review",
  } as Record<string, string>,
  visitOver: "The visit is over",
  asked: "Revocation asked for",
  span: (state: string, from: string, until: string) =>
    state === "active"
      ? `until ${until}`
      : state === "expired"
        ? `ended ${until}`
        : state === "past its review"
          ? `ended ${until}, still binds`
          : `${from} to ${until}`,
  granted: (by: string, role: string) => `granted by ${by} (${role})`,
  replaces: "Takes the place of",
  everywhere: ", everywhere",
  dated: (type: string, on: string) => ` (${type}, ${on})`,
  waits: (by: string, on: string) => `Entered by ${by}, ${on}.`,
  approved: (entered: string, approved: string, on: string) =>
    `Entered by ${entered}, approved by ${approved}, ${on}.`,
  revoked: (on: string, by: string, why: string) => `Revoked ${on} by ${by}: ${why}`,
  revokedByTwo: (on: string, by: string, and: string, why: string) => `Revoked ${on} by ${by} and ${and}: ${why}`,
  askedCounts: "It counts until another officer approves.",
  askedBy: (by: string, why: string) => `${by} asks to revoke it: “${why}”`,
};

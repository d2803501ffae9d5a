export const words = {
  title: "Keys",
  heading: "Security keys and cards",
  own: "Register a key of my own",
  waiting: "Waiting for approval",
  waitingNone: "None waits.",
  inForce: "In force",
  inForceNone: "Nobody has a key or card yet.",
  revoked: (count: number) => `Revoked (${count})`,
  kinds: { key: "Security key", card: "Card" } as Record<string, string>,
  about: (model: string, on: string) => `registered ${on} · ${model}`,
  noModel: "the key does not tell its model",
  approve: "Approve",
  revoke: "Revoke",
  revokeTitle: (name: string) => `Revoke a key or card of ${name}`,
  revokeAbout:
    "Every session that it opened ends at once. It never opens anything again, also not for somebody else.",
  mine: "Yours: another officer approves it.",
};

export const words = {
  title: "Security",
  store: "The enclave",
  log: "The log",
  logVerified: (time: string) => `Verified ${time}`,
  logNever: "Not verified yet",
  logSize: (size: number, events: number) => `to entry ${size} of ${events}`,
  logCheckpoint: "Last signed head",
  policy: "Policies",
  policyCount: (count: number) => `${count} in force`,
  policyEpoch: (epoch: number) => `authorization snapshot ${epoch}`,
  policyHash: "Digest of the set",
  loading: "One moment …",
};

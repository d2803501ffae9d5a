/** The words for what may be opened by breaking the glass. */
const actions: Record<string, string> = {
  "view-job": "See a job",
  "view-document": "See a job’s drawing",
  "view-orders": "See the orders",
  "view-nonconformances": "See the nonconformances",
  "start-operation": "Start a job",
  "record-reading": "Record readings",
  "complete-operation": "Complete an operation",
  "release-order": "Release an order to the floor",
};

/** What it opens, as one says it: "See the orders". */
export function opens(action: string): string {
  return actions[action] ?? action;
}

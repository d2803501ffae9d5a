export const words = {
  operation: (sequence: number, name: string) => `Operation ${sequence} · ${name}`,
  stepOf: (step: number, count: number) => `Step ${step} of ${count}`,
  kinds: {
    read: "Read",
    task: "Do",
    measure: "Measure",
    scan: "Scan",
    sign: "Sign",
  },
  finishText: "Everything is recorded. Finish the operation.",
  back: "Tasks",
  previous: "Back",
  next: "Next",
  done: "Done, next",
  drawing: "Drawing",
  drawingTitle: (title: string) => title,
  drawingFit: "Whole sheet",
  drawingLarge: "Larger",
  drawingPart: (come: number, parts: number) => `${come} of ${parts} parts are here …`,
  loading: "One moment …",

  nominal: "Nominal",
  lower: "Least",
  upper: "Most",
  notSet: "–",
  gage: "Measured with",
  gageNoneUsable: "No usable gage of this class is here. Ask your lead.",
  gageNotUsable: "not usable:",
  valueEmpty: "Type or send the value",
  valueBad: "This is not a number with at most six places.",
  record: "Record",
  recording: "Recording …",
  recordOutside: "Record, out of limit",
  within: "In limits",
  above: (limit: string) => `Above ${limit}`,
  below: (limit: string) => `Below ${limit}`,
  outsideNote: "Measure again if you are not sure. Recording it holds the unit.",
  recent: "Units before this one:",
  recorded: "Recorded",
  go: "GO",
  noGo: "NO-GO",
  key: "Key characteristic",

  scanTitle: "Scan the serial number",
  scanOf: (serial: string) => `This job is for ${serial}`,
  scanKeys: "Use the keys on the screen",
  scanned: "This is the right unit.",

  signButton: "Sign and finish",
  finishButton: "Finish operation",
  buyoff: "I performed and accept this operation",
  about: (serial: string, sequence: number, name: string) => `${serial}, operation ${sequence} ${name}`,
  missing: "Still open:",

  stopTitle: "Stop here. The unit is held.",
  stopMeasured: "Measured",
  stopLimit: "Limit",
  stopButton: "Back to my tasks",
  range: (lower: string, upper: string, unit: string) =>
    lower !== "" && upper !== ""
      ? `${lower} to ${upper} ${unit}`
      : upper !== ""
        ? `at most ${upper} ${unit}`
        : lower !== ""
          ? `at least ${lower} ${unit}`
          : "–",
};

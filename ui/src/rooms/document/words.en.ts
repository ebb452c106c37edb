import type { ru } from "./words.ru";

export const en = {
  document: {
    name: "Document",
    title: (number, when) => `Phone call No. ${number} of ${when}`,
    direction: "Direction",
    incoming: "Incoming",
    outgoing: "Outgoing",
    contact: "Contact",
    noContact: "not in contacts",
    number: "Number",
    time: "Time of the call",
    wait: "Wait",
    talk: "Duration",
    outcome: "Outcome",
    line: "Line",
    answeredBy: "Answered by",
    note: "Note",
    noteHint: "What was agreed",
    noteSaving: "Saving…",
    noteSaved: "Saved",
    noteFailed: "Not saved",
    print: "Print",
    openCall: "Call",
  },
} satisfies typeof ru;

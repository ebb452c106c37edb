import { troubles } from "../troubles";
import { failures } from "./en.failures";
import { pluralOf } from "./plural";
import type { ru } from "./ru";

const plural = pluralOf("en");

export const en = {
  app: "Perezvon",

  troubles: troubles.en,

  failures,

  unknownFailure: (code) => `Something went wrong (code: ${code}).`,

  common: {
    call: "Call",
    callBack: "Call back",
    card: "Card",
    save: "Save",
    cancel: "Cancel",
    close: "Close",
    back: "Back",
    next: "Next",
    retry: "Try again",
    fix: "Fix",
    copy: "Copy",
    copied: "Copied",
    copyNumber: "Copy number",
    undo: "Undo",
    show: "Show",
    hide: "Hide",
    clear: "Clear search",
    loading: "Loading",
    saved: "Saved",
    today: "Today",
    yesterday: "Yesterday",
    more: "More",
    selected: "Selected",
    choose: "Select",
    unchoose: "Unselect the row",
    unselect: "Clear the selection",
    chosen: (n) => `Selected: ${n}`,
    chosenMore: "the list goes on below",
    chosenMost: "no more at once",
    withChosen: "With the selected",
    progress: (done, all) => `${done} of ${all} done`,
    stop: "Stop",
    partly: (said, all) => `${said} of ${all}, then it failed.`,
    takenBack: "Undone",
    copyNumbers: "Copy numbers",
    numbersShort: "numbers",
    numbersCopied: (n) => `${n} ${n === 1 ? "number" : "numbers"} copied`,
    noNumbers: "The selected have no numbers",
    copyTable: "Copy as a table",
    tableShort: "as a table",
    tableCopied: (n) =>
      `A table of ${n} ${n === 1 ? "line" : "lines"} is in the clipboard; paste it into Excel`,
    toFile: "Save to a file…",
    fileShort: "File",
    tag: "Tag…",
    tagYes: "Add",
    tagTitle: (n) => `A tag for the selected: ${n}`,
    tagName: "Tag",
    tagged: (tag, n) => `Tag “${tag}” added: ${n}`,
    noDate: "Unknown date",
    seconds: (n) => `${n} s`,
    numberCopied: (number) => `Number ${number} copied`,
  },

  file: {
    title: "Export to a file",
    formats: {
      xlsx: "Excel workbook (XLSX)",
      csv: "CSV, UTF-8",
      csv_1251: "CSV, windows-1251",
    },
    writing: (n) => `Writing the file: ${n} ${plural(n, { one: "line", other: "lines" })}`,
    write: "Write the file",
    written: (path) => `The file was written: ${path}`,
    writtenSome: (path, rows, chosen) =>
      `The file was written: ${path}. It has ${rows} of ${chosen}: the others are gone.`,
  },

  /** The names of keys that have words on the keyboard. */
  keys: { Space: "Space", ArrowRight: "→" },

  palette: {
    find: "Find",
    open: "Find or call",
    label: "Name, number, page or action",
    dialLabel: "Name, number or code",
    hint: "Enter – call or do, Ctrl+Enter – card, Esc – close",
    nothing: "Nothing found. Try a part of the name or the whole number.",
    latest: "Last calls",
    deeds: "Actions",
    dark: "Dark colours",
    light: "Light colours",
    pause: "Pause the recording",
    resume: "Go on with the recording",
    number: (text) => `Call ${text}`,
    code: (text) => `Dial the code ${text}`,
    kinds: {
      fixed: "fixed line",
      mobile: "mobile",
      free: "free call",
      paid: "paid call",
      full: "phone number",
      colleague: "extension",
      short: "short number",
      code: "the PBX will carry this code out",
    },
  },

  written: {
    outcome: "Outcome of the call",
    outcomes: ["Agreed", "Will call again", "Will think", "Declined", "Wrong number"],
    note: "Note",
    noteHint: "What was agreed",
    next: "Next step",
    nextHint: "Send the invoice, call on Wednesday…",
    tags: "Tags",
    tagHint: "new tag",
    removeTag: (word) => `Remove the tag “${word}”`,
    saving: "Saving…",
    saved: "Saved",
    failed: "Not saved",
    after: "After the call",
    afterCall: (who) => `After the call: ${who}`,
  },

  dates: {
    today: "Today",
    yesterday: "Yesterday",
    week: "This week",
    month: "This month",
    before: "Month before",
    after: "Month after",
    go: "Go to date",
    show: "Show",
    all: "All time",
  },

  example: {
    word: "Example",
    name: "Perezvon (example)",
    title: "This is an example.",
    text: "The company, its people and their calls are invented, and nothing here is yours.",
    leave: "Leave the example",
  },

  nav: {
    label: "Sections",
    skip: "Skip to content",
    levels: {
      ready: "All is well",
      degraded: "There is a problem",
      off: "Not working",
      starting: "Starting",
    },
  },

  strip: {
    label: "State",
    token: "token",
    server: "company server",
    events: "events",
    lastEvent: (at) => `last at ${at}`,
    lastEventOn: (at) => `last on ${at}`,
    noEvents: "none yet",
    subscription: "subscription",
    records: "recordings",
    recordsFailed: "cannot be read",
    until: (at) => `until ${at}`,
    none: "none",
    ok: "fine",
    bad: "needs attention",
    me: (name) => `You: ${name}`,
  },

  dial: {
    title: "Call the number of a link?",
    codeTitle: "Codes are not dialled from links",
    unreadTitle: "No number was recognised",
    typedTitle: "Dial a number",
    unknown: "No contact has this number.",
    several: (names) => `Perhaps: ${names}`,
    selectedTitle: "Call?",
    selected: "The number is selected in another program. Enter calls, Esc does not.",
    outside: "The number came by a link. Enter calls it, Esc does not.",
    code: "Such a code can forward your calls to somebody else, and any web page can open a link. If you need the code, dial it yourself.",
    unread: "The link holds no number that can be dialled. Correct it and press “Call”.",
    field: "Number or code",
  },

  state: { failed: "The app does not answer" },

  moreRows: "Show more",

  notAdmin: "Only administrators can open this section.",
} satisfies typeof ru;

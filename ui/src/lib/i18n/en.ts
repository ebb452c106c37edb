import { troubles } from "../troubles";
import { failures } from "./en.failures";
import type { ru } from "./ru";

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
    show: "Show",
    hide: "Hide",
    clear: "Clear search",
    loading: "Loading",
    saved: "Saved",
    today: "Today",
    yesterday: "Yesterday",
    more: "More",
    noDate: "Unknown date",
    seconds: (n) => `${n} s`,
    numberCopied: (number) => `Number ${number} copied`,
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

  nav: {
    label: "Sections",
    skip: "Skip to content",
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
    outside: "The number came by a link. Enter calls it, Esc does not.",
    code: "Such a code can forward your calls to somebody else, and any web page can open a link. If you need the code, dial it yourself.",
    unread: "The link holds no number that can be dialled. Correct it and press “Call”.",
    field: "Number or code",
  },

  state: { failed: "The app does not answer" },

  moreRows: "Show more",

  notAdmin: "Only administrators can open this section.",
} satisfies typeof ru;

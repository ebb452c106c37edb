/** The words of the settings and of the wizard. */
import { pluralOf } from "./plural";
import type * as ru from "./ru.settings";

const plural = pluralOf("en");

export const settings: typeof ru.settings = {
  settings: {
    title: "Settings",
    sections: {
      connection: "Connection",
      address: "Callback address",
      pbx: "PBX settings",
      me: "Who am I",
      notifications: "Notifications",
      general: "General",
      check: "Check service",
    },
    version: (version) => `Perezvon ${version}`,
  },

  connection: {
    how: "Where calls come from",
    embedded: "Straight from the Cloud PBX",
    embeddedHint: "The app connects to the PBX with a token. Right for one person.",
    remote: "Through the company server",
    remoteHint: "The token stays on the server, you have only your own key. Your administrator issues it.",
    token: "Token",
    tokenHint:
      "Личный кабинет → Интеграция по API → Создать токен (customer portal, API integration, create token)",
    tokenStored: "A token is stored. Paste a new one to replace it.",
    tokenPlaceholder: "Paste the token",
    tokenMissing: "Paste the token.",
    checking: "Checking the token…",
    found: (n) => `Subscribers found: ${n}`,
    storedIn: {
      keyring: "Secrets are kept in the system's keyring.",
      file: "Secrets are kept in a file on this computer, with your consent.",
      environment: "The secret was given when the app was started and is not kept here.",
      none: "No system keyring was found.",
    },
    consent: "Keep it in a file on this computer",
    consentHint:
      "Only your account can open the file, but it is not encrypted: anyone who signs in as you or gets the disk can read it.",
    consentNeeded: "Agree to the file: this computer has no other place for the secret.",
    url: "Server address",
    urlPlaceholder: "https://server.example",
    urlBad: "The address starts with https:// or http://.",
    key: "Key",
    keyPlaceholder: "Paste the key",
    keyMissing: "Paste the key.",
    joined: (url) => `Connected to ${url}`,
    join: "Connect",
  },

  address: {
    publicUrl: "Public address",
    publicHint: "The PBX reports calls to this address. It must lead to this computer from the internet.",
    publicPlaceholder: "https://pbx.example",
    empty: "Until an address is entered calls do not pop up: the PBX has nowhere to report them.",
    urlBad: "The address starts with https:// or http://.",
    listen: "Address on this computer",
    listenHint: "Here the app waits for the events that arrive at the public address.",
    listenBad: "Address and port with a colon between, for example 127.0.0.1:8731.",
    callback: "Callback address",
    secret: "Secret address: do not show it to strangers.",
    remote: (url) => `The company server ${url} receives the events. There is nothing to set up here.`,
  },

  me: {
    intro: "Choose yourself among the PBX users. Your calls will go through this phone.",
    search: "Name, number or department",
    list: "Subscribers",
    chosen: (name) => `Chosen: ${name}`,
    none: "No subscribers. First connect to the PBX under Connection.",
    nothing: "Nobody found.",
    extension: (n) => `ext. ${n}`,
    missing: "Choose yourself in the list.",
  },

  switches: {
    toasts: "What to notify about",
    incoming: "Incoming call",
    answeredElsewhere: "Answered by a colleague",
    missed: "Missed call",
    internal: "Calls between colleagues",
    progress: "Progress of an outgoing call",
    digest: "Summary after an absence",
    documents: "Document “Phone call”",
    scope: "Create a document",
    scopes: {
      all: "For every call",
      external: "For outside calls only",
      answered: "For conversations only",
      off: "Never",
    },
    documentToast: "Notify when a document is created",
    plain: "Notifications have no buttons on this system. Click the notification itself to open the record.",
    quiet: "“Do not disturb” is on: notifications are seen in the notification centre only.",
    noToasts: "The system shows no notifications. Everything important stays under Notifications.",
  },

  general: {
    language: "Language",
    languages: { ru: "Русский", en: "English" },
    theme: "Appearance",
    themes: { system: "As in the system", light: "Light", dark: "Dark" },
    autostart: "Start when I sign in",
    linksDial: "Call the numbers of links without asking",
    linksDialHint:
      "Only numbers of seven digits and more. Short ones are always asked about, codes are never dialled from links.",
    grace: "Wait for a colleague, s",
    graceHint: "For so many seconds a call to a queue does not count as missed: somebody else may answer.",
    graceBad: "A whole number from 0 to 600.",
  },

  check: {
    intro: "Checks the whole way of a call: from the PBX to the notification on the screen.",
    run: "Check service",
    running: "Checking…",
    again: "Waiting for the answer. Below is what was found last time.",
    passed: "Everything works.",
    failed: (n) => `${plural(n, { one: "Needs", other: "Need" })} attention: ${n}`,
    warned: (n) => `Works, with remarks: ${n}`,
    ok: "passed",
    warning: "a remark",
    bad: "not passed",
    skipped: "not checked",
    copy: "Copy for support",
  },

  wizard: {
    title: "Setup",
    step: (n, of) => `Step ${n} of ${of}`,
    later: "Set up later",
    done: "Done",
    doneTitle: "All set",
    doneText: "Make a test call to your number: a notification with the caller's name or number will appear.",
    doneTray: "The app stays in the tray even when the window is closed.",
    finish: "Start working",
  },
};

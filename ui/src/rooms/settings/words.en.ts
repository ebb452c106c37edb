import { pluralOf } from "../../lib/i18n/plural";
import type { ru } from "./words.ru";

const plural = pluralOf("en");

export const en = {
  settings: {
    title: "Settings",
    sections: {
      connection: "Connection",
      address: "Callback address",
      pbx: "PBX settings",
      me: "Who am I",
      notifications: "Notifications",
      recordings: "Call recordings",
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

  checks: {
    relay: { title: "Event server", advice: "It does not answer. Check its address and the network." },
    clock: {
      title: "Computer clock",
      advice: "The clock differs from the PBX. Turn on automatic time in the system.",
    },
    token: { title: "Token stored", advice: "There is no token. Paste it under Connection." },
    abonents: {
      title: "PBX accepts the token",
      advice: "The PBX refused the token. Create a new one in the customer portal.",
    },
    publicUrl: {
      title: "Public address entered",
      advice: "It is missing or not valid. Enter it under Callback address.",
    },
    callback: {
      title: "Address reachable from outside",
      advice: "The app does not answer at the public address. Check the port forwarding or tunnel.",
    },
    subscription: {
      title: "Event subscription in force",
      advice: "There is none or it expired. Check the token and the public address.",
    },
    events: {
      title: "Events arrive",
      advice: "The PBX has not sent anything yet. Make a test call to your number.",
    },
    ledger: {
      title: "Call journal",
      advice: "It cannot be read or written. Check the disk space and restart the app.",
    },
    files: {
      title: "Database files",
      advice:
        "The database file does not shrink: another program, such as a backup, has been reading it for long. Close it.",
    },
    disk: { title: "Disk space", advice: "There is almost none left. Free some disk space." },
    dns: { title: "Name of the PBX's server", advice: "It cannot be found. Check the network." },
    tls: {
      title: "Secure connection to the PBX",
      advice: "The certificate is not accepted. Check the clock and programs that intercept HTTPS.",
    },
    certificate: {
      title: "Certificate of the event server",
      advice: "Renew the certificate of section [tls] in relay.toml.",
    },
    rights: {
      title: "Rights of the token",
      advice: "Some are missing. Make a new token in the customer portal.",
    },
    ownEvent: {
      title: "An event goes the whole way",
      advice: "The test event did not arrive. Check the public address and the disk space.",
    },
    recording: {
      title: "Recordings can be downloaded",
      advice: "They cannot. Check the call recording service in the customer portal.",
    },
    feed: { title: "Calls reach the desks", advice: "Restart the event server." },
    import: {
      title: "Statistics and recordings are imported",
      advice: "The import is repeated by itself. For calls to appear at once, enter the public address.",
    },
    toasts: {
      title: "System shows notifications",
      advice: "Notifications are not available. Allow them for Perezvon in the system settings.",
    },
    keyring: {
      title: "Keyring",
      advice: "It is not available. Unlock it or allow the token to be kept in a file.",
    },
    me: { title: "Subscriber chosen", advice: "Say who you are under Who am I." },
    other: { title: "Another check of the server", advice: "Update the app: it does not know this check." },
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

  pbx: {
    intro: "These settings are for the whole company.",
    default: (value) => `Default: ${value}`,
    between: (min, max) => `${min} to ${max}`,
    atLeast: (min) => `at least ${min}`,
    atMost: (max) => `at most ${max}`,
    notNumber: "Enter a whole number.",
    outside: (bounds) => `Allowed: ${bounds}.`,
    notAddress: "The address begins with https:// or http://.",
    notApplied: "not applied",
    on: "on",
    off: "off",
    unset: "not set",
    units: { ms: "ms", s: "s", min: "min", days: "days", MiB: "MB" },
    open: "Open",
    nothing: "No changes",
    unsaved: (n) => `Not saved: ${n}`,
    undo: "Undo",
  },

  join: {
    mode: "I have a code",
    modeHint: "The administrator sent a code or a link to join the company's server.",
    code: "Code or link",
    hint: "The whole link can be pasted.",
    codePlaceholder: "K7M2-4QXP-9DRT",
    codeBad: "A code is made of letters and digits, for example K7M2-4QXP-9DRT.",
    confirmTitle: "Join the company's server?",
    effect: "Calls will come through this server. See that you know the address: the code works once.",
    inTheClear: "The connection is not secure: anybody on the way can read the code, the key and the calls.",
    agreeClear: "Join all the same",
    agree: "Tick the boxes above to agree.",
    go: "Join",
    joining: "Joining…",
    done: (relay, name) => `Connected to ${relay}${name ? ` as ${name}` : ""}`,
  },
} satisfies typeof ru;

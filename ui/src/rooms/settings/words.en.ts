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
      updates: "Updates",
      check: "Check service",
    },
    fixed: "Set by your administrator",
    version: (version) => `Perezvon ${version}`,
    search: "Find a setting",
    nothing: "There is no such setting.",
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
    afterCall: "After a conversation offer to write its outcome and a note",
    outcomes: "Outcomes of a call",
    outcomesHint: "One a line; an empty list is the program\'s own.",
    documents: "Document “Phone call”",
    scope: "Create a document",
    scopes: {
      all: "For every call",
      external: "For outside calls only",
      answered: "For conversations only",
      off: "Never",
    },
    documentToast: "Notify when a document is created",
    tryIt: "Show on the screen",
    samples: {
      incoming: "incoming call",
      answeredElsewhere: "answered by a colleague",
      missed: "missed call",
      internal: "a colleague's call",
      progress: "progress of an outgoing call",
      digest: "summary",
      documentToast: "document",
      recording: "recording ready",
    },
    plain: "Notifications have no buttons on this system. Click the notification itself to open the record.",
    quiet: "“Do not disturb” is on: notifications are seen in the notification centre only.",
    ownToasts: "The system has no notification service, so the program shows them in a window of its own.",
    noToasts: "The system shows no notifications. Everything important stays under Notifications.",
  },

  quiet: {
    title: "Quiet hours",
    on: "Show no notifications in quiet hours",
    hint: "You are told of missed calls after them. How your own call goes is always shown.",
    from: "From",
    till: "Until",
    bad: "A time such as 20:00.",
    always: "Beginning and end are the same: quiet around the clock.",
  },

  popup: {
    title: "Notifications in a window of the program",
    whens: {
      needed: "If the system's notifications have no buttons, or it shows none",
      always: "Always instead of the system's",
      never: "Never",
    },
    neededHint: "The program asks the system itself.",
    screen: "On which screen",
    screens: {
      pointer: "Where the pointer is",
      primary: "On the main one",
      all: "On all",
    },
    key: "Bring a hidden call back",
    keyHint: "While the phone rings these keys bring its notification back.",
  },

  hotkeys: {
    dial: "Call the selected number",
    dialHint:
      "Select a number in any program and press the keys: the number is shown, Enter calls, Esc does not.",
    how: "To change them press others in the field; Backspace means none.",
    given: "The desktop keeps this key: it is changed in its keyboard settings.",
    instead:
      "Instead, give this command a key in the desktop's keyboard settings; it needs the program wl-clipboard. The number is shown and asked about. Or paste it into “Call…” of the icon's menu.",
    none: "none",
    states: {
      taken: "Another program has these keys.",
      bad: "There are no such keys.",
      not_here: "On this desktop (Wayland) programs hear no keys outside their windows.",
      not_given: "The desktop has not given this key. It can be allowed in its keyboard settings.",
    },
  },

  settingsFile: {
    title: "Settings in a file",
    hint: "To take them to another computer. There is no token, key or password in the file.",
    export: "Save to a file",
    import: "Take from a file…",
    saved: (path) => `Saved: ${path}`,
    askTitle: "Take settings from a file?",
    ask: (name) =>
      `The settings of the file “${name}” replace those here. The connection and “Who am I” stay.`,
    yes: "Take",
    taken: (n) => `Settings taken: ${n}`,
    left: (names) => `Did not fit: ${names}`,
  },

  general: {
    language: "Language",
    languages: { ru: "Русский", en: "English" },
    theme: "Appearance",
    themes: { system: "As in the system", light: "Light", dark: "Dark" },
    autostart: "Start when I sign in",
    noTray: "This desktop has no place for the icon. A second start of the program shows the window.",
    linksDial: "Call the numbers of links without asking",
    linksDialHint:
      "Only numbers of seven digits and more. Short ones are always asked about, codes are never dialled from links.",
    offerCopied: "Offer to call a number that is copied in another program",
    offerCopiedHint:
      "The number comes up in the corner of the screen and is never dialled by itself. What is copied is kept nowhere; without this it is not read.",
    offerCopiedNot: "On this desktop (Wayland) programs do not hear of what is copied.",
    grace: "Wait for a colleague, s",
    graceHint: "For so many seconds a call to a queue does not count as missed: somebody else may answer.",
    graceBad: "A whole number from 0 to 600.",
  },

  updates: {
    now: (version) => `Version ${version} is installed`,
    done: (from) => `Updated from version ${from}`,
    newer: (version) => `Version ${version} is available`,
    newest: "This is the newest version.",
    asked: "Checked:",
    notes: "What is new",
    ask: "Check",
    install: "Install",
    asking: "Asking for a newer version…",
    fetching: (percent) => (percent === null ? "Downloading…" : `Downloading: ${percent} %`),
    call: "The new version is here. It is installed when the call has ended.",
    quiet: "The new version is here. It is installed when nobody uses the app.",
    installing: "The new version is being installed. The app starts again in a moment.",
    none: "This build has no source of updates. A new version is installed over this one.",
    system:
      "The app was installed as a package of the system. Here you see whether there is a newer version; whoever installs programs on this computer installs it.",
    policy: "When there is a new version",
    policies: {
      install: {
        word: "Install it",
        hint: "Not during a call, and when nobody uses the app. It starts again as it was.",
      },
      tell: { word: "Tell me" },
      off: { word: "Do not check" },
    },
    troubles: {
      unreachable: {
        title: "Nobody says whether there is an update",
        advice: "Check the network. The app asks again by itself.",
      },
      old_relay: {
        title: "The company's server cannot give out new versions",
        advice: "It is older than this app. Tell your administrator: the server itself needs an update.",
      },
      incomplete: {
        title: "The new version did not arrive whole",
        advice: "The connection broke, and nothing was changed. Try again a little later.",
      },
      bad_signature: {
        title: "The signature of the new version is wrong",
        advice:
          "The file is damaged, or somebody else has signed it. It was not installed. Tell your administrator.",
      },
      other_version: {
        title: "Another version came under a new number",
        advice: "It is signed as another version. It was not installed. Tell your administrator.",
      },
      older: {
        title: "An older version is offered",
        advice:
          "It is older than yours and was not installed. Tell your administrator: the server has an old file.",
      },
      not_installed: {
        title: "The new version could not be installed",
        advice:
          "The present one runs on. Check the disk space and the rights to the app's folder, then try again.",
      },
    },
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
    example: "Look at an example",
    exampleHint: "No token yet? The app opens with an invented company and its calls. One button leads back.",
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
    notTime: "Enter a number such as 2 or 1.5.",
    outside: (bounds) => `Allowed: ${bounds}.`,
    notAddress: "The address begins with https:// or http://.",
    notApplied: "not applied",
    on: "on",
    off: "off",
    unset: "not set",
    units: { ms: "ms", s: "s", min: "min", h: "h", days: "days", MiB: "MB" },
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

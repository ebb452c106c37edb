import type * as ru from "./ru.troubles";

export const troubles: typeof ru.troubles = {
  no_token: {
    title: "No Cloud PBX token",
    advice: "Create a token in the customer portal and paste it in Settings: without it no calls appear.",
  },
  token_refused: {
    title: "The Cloud PBX refuses the token",
    advice: "It was revoked or mistyped. Create a new one in the customer portal and paste it in Settings.",
  },
  pbx_unreachable: {
    title: "No connection to the Cloud PBX",
    advice: "Check the internet connection. The app keeps trying by itself.",
  },
  pbx_unavailable: {
    title: "The Cloud PBX does not answer for now",
    advice: "The fault is on the PBX's side. The app keeps trying; if this lasts, contact their support.",
  },
  no_public_url: {
    title: "No public address",
    advice: "The PBX does not know where to report calls, so none appear. Enter the callback address.",
  },
  polling: {
    title: "No events arrive: the address is not set",
    advice:
      "Calls appear in the journal late, and incoming calls do not pop up. Enter a public address at which the PBX reaches this computer, or connect to the company's server.",
  },
  events_silent: {
    title: "Events do not get through",
    advice:
      "The subscription is in force and the PBX's statistics list calls, but no events come. Check the public address, the port forwarding and the firewall.",
  },
  subscription_refused: {
    title: "The event subscription was not renewed",
    advice: "The PBX refused it. Check the public address and the rights of the token.",
  },
  no_me: {
    title: "No subscriber chosen",
    advice: "Say who you are among the PBX users: then your calls appear and you can call back.",
  },
  relay_unreachable: {
    title: "No connection to the event server",
    advice: "Check the server's address and the network. What you miss meanwhile arrives by itself.",
  },
  key_refused: {
    title: "The company server refuses the key",
    advice: "It was revoked or mistyped. Ask your administrator for a new one.",
  },
  port_in_use: {
    title: "The port for events is in use",
    advice: "Another program holds it. Close that program or enter another port.",
  },
  disk_full: { title: "The disk is full", advice: "New calls are not saved. Free some disk space." },
  data_folder: {
    title: "The database cannot be opened",
    advice:
      "The data folder {folder} must be on a local disk of this computer, not on a network drive, and writable. Its files were not changed.",
  },
  database_damaged: {
    title: "The database is damaged",
    advice: "Restart the app. If that does not help, restore the data folder from a backup.",
  },
  no_notifications: {
    title: "The system shows no notifications",
    advice: "Allow them for Perezvon in the system settings. What you missed is listed under Notifications.",
  },
  quiet: {
    title: "“Do not disturb” is on",
    advice: "Notifications are seen in the notification centre only. Switch it off, or let Perezvon through.",
  },
  keyring_locked: {
    title: "The keyring is locked",
    advice: "Unlock the system's keyring so that the app can read the token.",
  },
  starting: { title: "The app is starting", advice: "Calls will appear in a few seconds." },
};

export const failures: Record<keyof typeof ru.failures, string> = {
  ...Object.fromEntries(
    Object.entries(troubles).map(([code, text]) => [code, `${text.title}. ${text.advice}`]),
  ),
  pbx_unreachable: "No connection to the Cloud PBX. Check the internet connection and try again.",
  pbx_unavailable: "The Cloud PBX does not answer for now. Try again a little later.",
  relay_unreachable: "No connection to the server. Check its address and the network.",
  no_keyring: "No system keyring was found. Agree to keep the secret in a file on this computer.",
  keyring_failed: "The system keyring does not answer. Try again, or agree to keep the secret in a file.",
  secrets_file: "The file with secrets cannot be written. Check the rights of the data folder and the disk.",
  // The detail names the folder.
  data_folder:
    "The database cannot be opened: the data folder must be on a local disk, not on a network drive, and writable.",
  autostart_refused:
    "The system did not take the change. Switch the start with the system on or off in its settings.",
  bad_number: "This does not look like a phone number.",
  name_missing: "Enter a name.",
  not_found: "Not found. It may have been deleted.",
  recording_gone: "The recording is there no more: the PBX deleted it.",
  number_taken: "Another contact already has this number.",
  bad_address: "The address is not valid.",
  call_refused: "The PBX refused to call. Check the number and try again.",
  call_unknown:
    "The PBX did not say whether the call was placed. See if your phone rings before trying again.",
  storage: "Could not read or write the data on this computer.",
  timeout: "No answer for too long. Try again.",
  too_long: "The text is too long.",
  bad_report:
    "Such a report cannot be made: check the groups, the days and the time zone, or take another file of a variant.",
  too_many_groups: "Too many groups. Narrow the period or leave out a level.",
  busy: "Another report is still being written.",
  file_not_written: "The file was not written.",
  cancelled: "Cancelled.",
  forbidden: "This takes an administrator's rights.",
  refused: "The server refused the request.",
  pbx_refused: "The PBX refused. Check in the customer portal that the service is connected.",
  recording_not_switched:
    "The PBX took the command but tells the old state. Check the call recording service.",
  too_many: "Too many attempts. Wait a minute and try again.",
  not_supported: "The event server cannot do this yet. Update it to the version of this app.",
  code_unknown: "The server does not know this code. Check it for a typing error, or ask for a new one.",
  code_used: "Somebody has already joined with this code. Ask the administrator for a new one.",
  code_expired: "The code has expired. Ask the administrator for a new one.",
  too_many_tries: "Too many attempts. Wait a minute and enter the code again.",
  not_a_relay: "There is no event server at this address. Check the address.",
  relay_tls:
    "No secure connection to the server: its certificate does not fit. Check the address and the clock.",
  in_the_clear: "The connection to the server is not secure. Enter an address that begins with https://.",
  unexpected: "Internal error. Try again.",
};

export const checks: typeof ru.checks = {
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
};

import type { Failures } from "./ru.failures";

export const failures: Failures = {
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
  own_number: "This is your own number: calls cannot be forwarded to it.",
  name_missing: "Enter a name.",
  not_found: "Not found. It may have been deleted.",
  recording_gone: "The recording is there no more: the PBX deleted it.",
  bad_address: "The address is not valid.",
  call_refused: "The PBX refused to call. Check the number and try again.",
  call_unknown:
    "The PBX did not say whether the call was placed. See if your phone rings before trying again.",
  storage: "Could not read or write the data on this computer.",
  timeout: "No answer for too long. Try again.",
  too_long: "The text is too long, or the file is too large.",
  file_unreadable: "This is no file with contacts. vCard (.vcf), CSV, XLSX, XLS and ODS can be read.",
  not_settings: "This is not a file of settings.",
  bad_report:
    "Such a report cannot be made: check the groups, the days and the time zone, or take another file of a variant.",
  too_many_groups: "Too many groups. Narrow the period or leave out a level.",
  file_not_written: "The file was not written.",
  busy: "Another report is still being written.",
  cancelled: "Cancelled.",
  example: "This is the example. Leave it first.",
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
  overtaken: "Another question was asked.",
  fixed: "An administrator has set this; it cannot be changed here.",
  unexpected: "Internal error. Try again.",
};

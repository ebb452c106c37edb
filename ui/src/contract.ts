// Written by `cargo test` from src-tauri/src/room: do not edit.
import type { Abonent } from "./lib/bindings/Abonent";
import type { AbonentRow } from "./lib/bindings/AbonentRow";
import type { AbonentsDiff } from "./lib/bindings/AbonentsDiff";
import type { AppState } from "./lib/bindings/AppState";
import type { AuditPage } from "./lib/bindings/AuditPage";
import type { CallRow } from "./lib/bindings/CallRow";
import type { CallView } from "./lib/bindings/CallView";
import type { CallsAt } from "./lib/bindings/CallsAt";
import type { CallsFilter } from "./lib/bindings/CallsFilter";
import type { CallsPage } from "./lib/bindings/CallsPage";
import type { CallsPlace } from "./lib/bindings/CallsPlace";
import type { CallsSpan } from "./lib/bindings/CallsSpan";
import type { CheckLine } from "./lib/bindings/CheckLine";
import type { ContactDraft } from "./lib/bindings/ContactDraft";
import type { ContactView } from "./lib/bindings/ContactView";
import type { ContactsPage } from "./lib/bindings/ContactsPage";
import type { Devices } from "./lib/bindings/Devices";
import type { DialOffer } from "./lib/bindings/DialOffer";
import type { DocumentView } from "./lib/bindings/DocumentView";
import type { EventRow } from "./lib/bindings/EventRow";
import type { EventsPage } from "./lib/bindings/EventsPage";
import type { ExchangesPage } from "./lib/bindings/ExchangesPage";
import type { ImportHow } from "./lib/bindings/ImportHow";
import type { ImportPreview } from "./lib/bindings/ImportPreview";
import type { ImportProgress } from "./lib/bindings/ImportProgress";
import type { ImportUndone } from "./lib/bindings/ImportUndone";
import type { Invitation } from "./lib/bindings/Invitation";
import type { JoinCode } from "./lib/bindings/JoinCode";
import type { JoinCodeRow } from "./lib/bindings/JoinCodeRow";
import type { JoinOffer } from "./lib/bindings/JoinOffer";
import type { JournalFilter } from "./lib/bindings/JournalFilter";
import type { Loadings } from "./lib/bindings/Loadings";
import type { MarkView } from "./lib/bindings/MarkView";
import type { NotificationRow } from "./lib/bindings/NotificationRow";
import type { PbxSettings } from "./lib/bindings/PbxSettings";
import type { Placed } from "./lib/bindings/Placed";
import type { PlayerView } from "./lib/bindings/PlayerView";
import type { RecordingRow } from "./lib/bindings/RecordingRow";
import type { RecordingTotals } from "./lib/bindings/RecordingTotals";
import type { RecordingView } from "./lib/bindings/RecordingView";
import type { RecordingsFilter } from "./lib/bindings/RecordingsFilter";
import type { RecordingsKept } from "./lib/bindings/RecordingsKept";
import type { RecordingsPage } from "./lib/bindings/RecordingsPage";
import type { Replay } from "./lib/bindings/Replay";
import type { Report } from "./lib/bindings/Report";
import type { ReportCalls } from "./lib/bindings/ReportCalls";
import type { ReportFormat } from "./lib/bindings/ReportFormat";
import type { ReportPictures } from "./lib/bindings/ReportPictures";
import type { ReportPlace } from "./lib/bindings/ReportPlace";
import type { ReportSettings } from "./lib/bindings/ReportSettings";
import type { ReportVariants } from "./lib/bindings/ReportVariants";
import type { ReportWords } from "./lib/bindings/ReportWords";
import type { Settings } from "./lib/bindings/Settings";
import type { SubscriptionsView } from "./lib/bindings/SubscriptionsView";
import type { UserRow } from "./lib/bindings/UserRow";
import type { Welcome } from "./lib/bindings/Welcome";

/** Each command with its arguments and its answer. */
export interface Contract {
  /** An empty `what` for everything. */
  "audit.list": [{ what: string, cursor: string | null, limit: number, }, AuditPage];
  /** A page, newest first; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then the cursor by which it is read itself. */
  "calls.list": [{ filter: CallsFilter, span: CallsSpan, cursor: string | null, back: boolean, limit: number, }, CallsPage];
  /** Where in that list a moment or a row is. */
  "calls.place": [{ filter: CallsFilter, span: CallsSpan, at: CallsAt, }, CallsPlace];
  /** Rows that are shown, read again; those that the filter lists no longer are left out. */
  "calls.rows": [{ filter: CallsFilter, ids: Array<string>, }, Array<CallRow>];
  "calls.one": [{ id: string, }, CallView];
  /** Orders a call from the user's phone to this number. */
  "calls.call_back": [{ number: string, }, Placed];
  "company.list": [null, Array<AbonentRow>];
  /** The ids of those who are found in the list that was read last, here or by `connection.abonents`. */
  "company.find": [{ query: string, }, Array<string>];
  /** What the PBX has and the relay has not; stores nothing. */
  "company.preview": [null, AbonentsDiff];
  "company.fill": [null, null];
  /** Answers `on` or `off`, as the PBX says after it. */
  "company.switch_recording": [{ abonent: string, on: boolean, }, string];
  /** The abonents that the token opens; saves nothing. */
  "connection.check_token": [{ token: string, }, Array<Abonent>];
  /** `insecure`: where there is no keyring, in a file. */
  "connection.save_token": [{ token: string, insecure: boolean, }, null];
  "connection.abonents": [null, Array<Abonent>];
  "connection.choose_me": [{ abonent: string, }, null];
  /** A remote relay by its key; an empty `url` goes back to the relay inside the app. `inTheClear`: the user agrees to a connection that others can read. */
  "connection.join": [{ url: string, key: string, inTheClear: boolean, insecure: boolean, }, null];
  /** «Проверить сервис». */
  "connection.check": [null, Array<CheckLine>];
  "connection.finish_wizard": [null, null];
  /** A page, by name; `cursor` of the page before. */
  "contacts.list": [{ query: string, cursor: string | null, limit: number, }, ContactsPage];
  "contacts.one": [{ id: number, }, ContactView];
  /** Answers the contact's id. */
  "contacts.save": [{ draft: ContactDraft, }, number];
  "contacts.attach_number": [{ id: number, number: string, label: string, }, null];
  "contacts.delete": [{ id: number, }, null];
  /** What a link asks to dial; dials nothing. */
  "dial.offer": [null, DialOffer | null];
  /** `number` as it was offered. */
  "dial.accept": [{ number: string, }, Placed];
  "dial.decline": [null, null];
  "document.one": [{ id: number, }, DocumentView];
  "document.save_note": [{ id: number, note: string, }, null];
  /** Everything the frame shows. */
  "frame.state": [null, AppState];
  /** Where a click wanted to lead before the window listened; once. */
  "frame.take_route": [null, string | null];
  /** A file of this name and of so many bytes comes; one before it is forgotten. */
  "import.begin": [{ name: string, size: number, }, null];
  /** Its next bytes, in base64. */
  "import.piece": [{ data: string, }, null];
  /** Reads the file and tells what would change; nothing is stored. */
  "import.read": [{ how: ImportHow, }, ImportPreview];
  /** Stores what was shown last. `leaveSame`: who is known already by name and number is left out. */
  "import.start": [{ leaveSame: boolean, }, null];
  /** How far that is; none where nothing was started. */
  "import.progress": [null, ImportProgress | null];
  /** Ends it after the contacts that are being stored. */
  "import.cancel": [null, null];
  "import.undo": [{ id: number, }, ImportUndone];
  /** The file is no longer wanted. */
  "import.close": [null, null];
  /** What was typed, the code may be a whole link; an empty code asks for what a link has brought. Sends nothing. */
  "join.offer": [{ relay: string, code: string, }, JoinOffer | null];
  /** `relay` as it was offered. */
  "join.accept": [{ relay: string, inTheClear: boolean, insecure: boolean, }, Welcome];
  "join.decline": [null, null];
  "journal.events": [{ filter: JournalFilter, cursor: string | null, limit: number, }, EventsPage];
  /** With its body. */
  "journal.event": [{ seq: number, }, EventRow];
  "journal.replay": [{ seq: number, }, Replay];
  /** Answers the file's path. */
  "journal.export": [{ filter: JournalFilter, }, string];
  "journal.exchanges": [{ filter: JournalFilter, cursor: string | null, limit: number, }, ExchangesPage];
  "notices.list": [{ before: number | null, limit: number, }, Array<NotificationRow>];
  /** Lines that are shown, read again; those that are gone are left out. */
  "notices.rows": [{ ids: Array<number>, }, Array<NotificationRow>];
  /** Without an id: all. */
  "notices.seen": [{ id: number | null, }, null];
  "pbx.read": [null, PbxSettings];
  /** The changed ones, by their keys. */
  "pbx.save": [{ change: { [key in string]: unknown }, }, null];
  "people.users": [null, Array<UserRow>];
  "people.revoke": [{ id: string, }, null];
  "people.codes": [null, Array<JoinCodeRow>];
  "people.invite": [{ invitation: Invitation, }, JoinCode];
  "people.withdraw": [{ id: string, }, null];
  "player.state": [null, PlayerView];
  /** Plays from where it was last listened to; one that is not here is fetched first. */
  "player.open": [{ id: number, }, null];
  /** The newest recording of a call, by the relay's id. */
  "player.open_call": [{ call: string, }, null];
  "player.toggle": [null, null];
  "player.play": [null, null];
  "player.pause": [null, null];
  "player.seek": [{ toMs: number, }, null];
  "player.speed": [{ value: number, }, null];
  "player.volume": [{ value: number, }, null];
  "player.skip_silence": [{ skips: boolean, }, null];
  "player.devices": [null, Devices];
  /** None: the system's own. */
  "player.device": [{ id: string | null, }, null];
  "player.close": [null, null];
  /** The waveform: a byte for each fiftieth of a second, one channel after the other. */
  "player.levels": [null, ArrayBuffer];
  "player.mark": [{ id: number, atMs: number, note: string, }, MarkView];
  "player.set_mark": [{ mark: number, note: string, }, null];
  "player.remove_mark": [{ mark: number, }, null];
  /** A page, newest first; `cursor` of the page before. Only the newest question is answered. */
  "recordings.list": [{ filter: RecordingsFilter, cursor: string | null, limit: number, }, RecordingsPage];
  /** To take the place of rows that are shown. */
  "recordings.rows": [{ ids: Array<number>, }, Array<RecordingRow>];
  "recordings.one": [{ id: number, }, RecordingView];
  "recordings.totals": [null, RecordingTotals];
  /** What is being fetched. */
  "recordings.loading": [null, Loadings];
  "recordings.fetch": [{ ids: Array<number>, }, null];
  /** Deletes the files here; how many are gone. */
  "recordings.erase": [{ ids: Array<number>, }, number];
  /** Copies the files into the folder for downloads; answers the folder, or the one file's path. */
  "recordings.save": [{ ids: Array<number>, }, string];
  "recordings.show": [{ id: number, }, null];
  /** In the program that the system has for such files. */
  "recordings.open_elsewhere": [{ id: number, }, null];
  "recordings.settings": [null, RecordingsKept];
  /** Answers what was stored. */
  "recordings.set_settings": [{ kept: RecordingsKept, }, RecordingsKept];
  /** Names of what a report is made of, and what it can be filtered by. */
  "report.words": [null, ReportWords];
  /** A newer question ends an older one with `overtaken`. */
  "report.make": [{ settings: ReportSettings, }, Report];
  /** The reports that the pictures are drawn of, over the same calls. */
  "report.pictures": [{ settings: ReportSettings, }, ReportPictures];
  /** The calls of a cell, newest first; `cursor` of the page before. */
  "report.calls": [{ place: ReportPlace, cursor: string | null, limit: number, }, ReportCalls];
  /** All variants, and the one to begin with. */
  "report.variants": [null, ReportVariants];
  /** Answers the variant's id; without an `id` a new one. */
  "report.save_variant": [{ id: string | null, name: string, settings: ReportSettings, }, string];
  "report.delete_variant": [{ id: string, }, null];
  /** From now on the report begins with this variant. */
  "report.begin_with": [{ id: string, }, null];
  /** Writes the variant into a file; answers its path. */
  "report.share_variant": [{ id: string, }, string];
  /** A variant from the text of a file; answers its id. */
  "report.take_variant": [{ text: string, }, string];
  /** Writes the report with all its lines into a file in the folder of downloads; answers its path. One at a time. */
  "report.save": [{ settings: ReportSettings, name: string, format: ReportFormat, }, string];
  /** How many lines were read and written so far; none where nothing is being written. */
  "report.saved_lines": [null, number | null];
  /** Breaks it off: then there is no file. */
  "report.cancel_save": [null, null];
  "settings.save": [{ settings: Settings, }, null];
  "subscriptions.list": [null, SubscriptionsView];
  "subscriptions.renew": [null, null];
  /** For one abonent. */
  "subscriptions.switch": [{ abonent: string, on: boolean, }, null];
}

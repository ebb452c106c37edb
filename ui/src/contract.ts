// Written by `cargo test` from src-tauri/src/room: do not edit.
import type { Abonent } from "./lib/bindings/Abonent";
import type { AbonentRow } from "./lib/bindings/AbonentRow";
import type { AbonentsDiff } from "./lib/bindings/AbonentsDiff";
import type { AppState } from "./lib/bindings/AppState";
import type { AuditPage } from "./lib/bindings/AuditPage";
import type { CallColumn } from "./lib/bindings/CallColumn";
import type { CallNote } from "./lib/bindings/CallNote";
import type { CallRow } from "./lib/bindings/CallRow";
import type { CallView } from "./lib/bindings/CallView";
import type { CallbackRow } from "./lib/bindings/CallbackRow";
import type { CallbacksFilter } from "./lib/bindings/CallbacksFilter";
import type { CallbacksPage } from "./lib/bindings/CallbacksPage";
import type { CallsAt } from "./lib/bindings/CallsAt";
import type { CallsFilter } from "./lib/bindings/CallsFilter";
import type { CallsKept } from "./lib/bindings/CallsKept";
import type { CallsPage } from "./lib/bindings/CallsPage";
import type { CallsPlace } from "./lib/bindings/CallsPlace";
import type { CallsSpan } from "./lib/bindings/CallsSpan";
import type { CheckLine } from "./lib/bindings/CheckLine";
import type { CompanyCalls } from "./lib/bindings/CompanyCalls";
import type { ContactBefore } from "./lib/bindings/ContactBefore";
import type { ContactDraft } from "./lib/bindings/ContactDraft";
import type { ContactView } from "./lib/bindings/ContactView";
import type { ContactsAt } from "./lib/bindings/ContactsAt";
import type { ContactsFormat } from "./lib/bindings/ContactsFormat";
import type { ContactsPage } from "./lib/bindings/ContactsPage";
import type { ContactsPlace } from "./lib/bindings/ContactsPlace";
import type { Devices } from "./lib/bindings/Devices";
import type { DialFound } from "./lib/bindings/DialFound";
import type { DialOffer } from "./lib/bindings/DialOffer";
import type { DocumentView } from "./lib/bindings/DocumentView";
import type { DocumentsFilter } from "./lib/bindings/DocumentsFilter";
import type { DocumentsPage } from "./lib/bindings/DocumentsPage";
import type { EventRow } from "./lib/bindings/EventRow";
import type { EventsPage } from "./lib/bindings/EventsPage";
import type { ExchangesPage } from "./lib/bindings/ExchangesPage";
import type { FileWritten } from "./lib/bindings/FileWritten";
import type { ForwardTo } from "./lib/bindings/ForwardTo";
import type { Forwarding } from "./lib/bindings/Forwarding";
import type { ForwardingView } from "./lib/bindings/ForwardingView";
import type { ImportHow } from "./lib/bindings/ImportHow";
import type { ImportPreview } from "./lib/bindings/ImportPreview";
import type { ImportProgress } from "./lib/bindings/ImportProgress";
import type { ImportUndone } from "./lib/bindings/ImportUndone";
import type { Invitation } from "./lib/bindings/Invitation";
import type { JoinCode } from "./lib/bindings/JoinCode";
import type { JoinCodeRow } from "./lib/bindings/JoinCodeRow";
import type { JoinOffer } from "./lib/bindings/JoinOffer";
import type { JournalFilter } from "./lib/bindings/JournalFilter";
import type { JustEnded } from "./lib/bindings/JustEnded";
import type { Loadings } from "./lib/bindings/Loadings";
import type { MarkView } from "./lib/bindings/MarkView";
import type { NamedAbonent } from "./lib/bindings/NamedAbonent";
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
import type { Sample } from "./lib/bindings/Sample";
import type { Settings } from "./lib/bindings/Settings";
import type { SettingsTaken } from "./lib/bindings/SettingsTaken";
import type { SubscriptionsView } from "./lib/bindings/SubscriptionsView";
import type { ToastSample } from "./lib/bindings/ToastSample";
import type { ToastView } from "./lib/bindings/ToastView";
import type { UserRow } from "./lib/bindings/UserRow";
import type { WatchedFile } from "./lib/bindings/WatchedFile";
import type { Welcome } from "./lib/bindings/Welcome";

/** Each command with its arguments and its answer. */
export interface Contract {
  /** An empty `what` for everything. */
  "audit.list": [{ what: string, cursor: string | null, limit: number, }, AuditPage];
  /** A page; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then the cursor by which it is read itself. */
  "calls.list": [{ filter: CallsFilter, span: CallsSpan, cursor: string | null, back: boolean, limit: number, }, CallsPage];
  /** The same for paper: neither question ends the other. */
  "calls.paper": [{ filter: CallsFilter, span: CallsSpan, cursor: string | null, limit: number, }, CallsPage];
  /** The newest calls, for a list beside the page: its question does not end the page's. */
  "calls.latest": [{ limit: number, }, Array<CallRow>];
  /** Where in that list a moment or a row is. */
  "calls.place": [{ filter: CallsFilter, span: CallsSpan, at: CallsAt, }, CallsPlace];
  /** Rows that are shown, read again; those that the filter lists no longer are left out. */
  "calls.rows": [{ filter: CallsFilter, ids: Array<string>, }, Array<CallRow>];
  /** In the view of an abonent of the company, or in the user's own. */
  "calls.one": [{ id: string, abonent: string | null, }, CallView];
  /** Filters with names, and how the list is shown. */
  "calls.kept": [null, CallsKept];
  "calls.keep": [{ kept: CallsKept, }, null];
  /** Writes what is listed into a file in the folder of downloads, or of it the calls of these `ids` alone, at most 1000; those that are gone are left out. One file at a time, with the report's, and as those it tells how far it is and can be broken off. */
  "calls.save": [{ filter: CallsFilter, span: CallsSpan, ids: Array<string> | null, columns: Array<CallColumn>, name: string, cyrillic: boolean, }, FileWritten];
  /** Orders a call from the user's phone to this number. */
  "calls.call_back": [{ number: string, }, Placed];
  /** How far the whole company's calls are here, for an administrator. */
  "calls.company": [null, CompanyCalls];
  /** Whether they are wanted here. What is no longer wanted is deleted. */
  "calls.want_company": [{ wanted: boolean, }, null];
  /** Whose calls they are, by their names. */
  "calls.abonents": [null, Array<NamedAbonent>];
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
  /** A page, by name; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then the cursor by which it is read itself. */
  "contacts.list": [{ query: string, cursor: string | null, back: boolean, limit: number, }, ContactsPage];
  /** Where in that list a name or a row is. */
  "contacts.place": [{ query: string, at: ContactsAt, }, ContactsPlace];
  "contacts.one": [{ id: number, }, ContactView];
  /** Answers the contact's id. */
  "contacts.save": [{ draft: ContactDraft, }, number];
  "contacts.attach_number": [{ id: number, number: string, label: string, }, null];
  /** Answers what it was, by which it comes back under its id. */
  "contacts.delete": [{ id: number, }, ContactBefore];
  "contacts.undelete": [{ before: ContactBefore, }, null];
  /** One contact of several: the first, with what it lacks of the others. Answers the id to take it back by. */
  "contacts.merge": [{ ids: Array<number>, }, number];
  "contacts.unmerge": [{ merge: number, }, null];
  /** How the files stand that are read again when they change. */
  "contacts.watched": [null, Array<WatchedFile>];
  /** Writes all of them into a file in the folder of downloads, or those of these `ids` alone, at most 1000, in the order in which the query lists them; those that are gone are left out. */
  "contacts.export": [{ format: ContactsFormat, query: string, ids: Array<number> | null, }, FileWritten];
  /** What a link asks to dial; dials nothing. */
  "dial.offer": [null, DialOffer | null];
  /** `number` as it was offered. */
  "dial.accept": [{ number: string, }, Placed];
  /** `question` as it was offered. */
  "dial.decline": [{ question: number, }, null];
  /** What is meant by what is being typed: a number as it is understood, and people. Only the newest question is answered. */
  "dial.find": [{ text: string, }, DialFound];
  "document.one": [{ id: number, }, DocumentView];
  /** A page, newest first; `cursor` of the page before. Only the newest question is answered. */
  "document.list": [{ filter: DocumentsFilter, cursor: string | null, limit: number, }, DocumentsPage];
  /** Rows that are shown, read again. */
  "document.rows": [{ ids: Array<number>, }, Array<DocumentView>];
  /** Asks the PBX. */
  "forwarding.read": [null, ForwardingView];
  /** Has calls forwarded; answers what the PBX says after it. */
  "forwarding.set": [{ to: ForwardTo, }, Forwarding];
  /** Has none forwarded any more; the same. */
  "forwarding.off": [null, Forwarding];
  /** Everything the frame shows. */
  "frame.state": [null, AppState];
  /** Where a click wanted to lead before the window listened; once. */
  "frame.take_route": [null, string | null];
  /** Starts the app anew with the example. */
  "frame.example": [null, null];
  /** Starts it anew without. */
  "frame.leave_example": [null, null];
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
  "notes.of_call": [{ call: string, }, CallNote];
  "notes.save": [{ call: string, written: CallNote, }, null];
  /** Of these calls the user's conversations that ended within the last half minute. */
  "notes.just_ended": [{ ids: Array<string>, }, Array<JustEnded>];
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
  /** The newest recording of a call, by the relay's id; of an abonent's part in it. */
  "player.open_call": [{ call: string, abonent: string | null, }, null];
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
  /** A page; `cursor` of the page before. */
  "queue.list": [{ filter: CallbacksFilter, cursor: string | null, limit: number, }, CallbacksPage];
  /** Rows that are shown, read again; those that are gone are left out. */
  "queue.rows": [{ ids: Array<number>, }, Array<CallbackRow>];
  /** The user has dealt with them. */
  "queue.done": [{ ids: Array<number>, }, null];
  "queue.undo": [{ ids: Array<number>, }, null];
  /** Out of the list until a moment, milliseconds since 1970, when a toast reminds; none: in the list now. Without a note the one before stays. */
  "queue.later": [{ ids: Array<number>, atMs: number | null, note: string | null, }, null];
  /** The same for a number, whether or not a call was missed from it; answers the entry's id. */
  "queue.remind": [{ number: string, atMs: number, note: string, }, number];
  /** «Беру»: colleagues who missed the person see it for so many minutes; 0 gives it back. */
  "queue.claim": [{ id: number, minutes: number, }, null];
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
  /** What each toast looks like. */
  "settings.samples": [null, Array<ToastSample>];
  /** Shows one on the screen, quiet hours or not: the user asked for it. */
  "settings.show_sample": [{ of: Sample, }, null];
  /** Writes the settings into a file in the folder of downloads; answers its path. There are no secrets in it. */
  "settings.export": [null, string];
  /** Takes what fits of such a file's text. */
  "settings.import": [{ text: string, }, SettingsTaken];
  /** The toasts that the app draws itself, oldest first. */
  "small.toasts": [null, Array<ToastView>];
  /** A button of one of them, or `default` for its body. */
  "small.press": [{ key: string, button: string, }, null];
  /** Puts one out of the way; while its phone rings a key brings it back. */
  "small.dismiss": [{ key: string, }, null];
  /** Shows the window at a page: a small one has none. */
  "small.open": [{ route: string, }, null];
  "subscriptions.list": [null, SubscriptionsView];
  "subscriptions.renew": [null, null];
  /** For one abonent. */
  "subscriptions.switch": [{ abonent: string, on: boolean, }, null];
  /** Begins to ask whether there is a newer version. */
  "updates.look": [null, null];
  /** Begins to fetch the newer version; it is installed when no call goes on. */
  "updates.install": [null, null];
}

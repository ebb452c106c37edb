//! Contacts of a file: what would change, shown before anything is stored; the import in steps; its undo.

mod view;

pub use view::{ImportDone, ImportPreview, ImportSame, ImportUndone, SameBy};

use super::{Affected, ContactDraft, OWN, Ready, STEP_CONTACTS, Source, delete, draft_of};
use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::import::{Found, ImportFile, ImportHow};
use crate::key::line_of;
use crate::table::contact::{self, ContactAbout, ContactNumber};
use crate::table::{import, merged};
use crate::text;
use crate::toast::ToastOp;
use crate::who::ContactRef;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeSet, HashMap};

/// Of a person's contacts those of a file come last.
const PRIORITY: i64 = 1;
/// So many people may have one id in files of one name.
const MAX_OTHERS: u32 = 20;
/// Most that are told to be there already.
const MAX_SAME: usize = 200;

/// What becomes of a contact of the file.
enum Fate {
    Fresh,
    Changed(i64),
    Equal,
    /// Changed here by hand: what the user wrote is not overwritten.
    Kept,
    /// Another source, or the user, has this name with this number.
    Same,
}

/// The source of a file: the same file saved anew by a browser as «contacts (2).csv» is the same source.
fn source_of(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem).trim();
    let numbered = stem.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let stem = match numbered {
        Some((stem, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => stem.trim(),
        _ => stem,
    };
    format!("file:{}", text::fold(stem))
}

impl Found {
    fn draft(&self) -> ContactDraft {
        ContactDraft {
            id: None,
            kind: self.kind,
            name: self.name.clone(),
            company: self.company.clone(),
            email: self.email.clone(),
            note: self.note.clone(),
            about: ContactAbout::default(),
            numbers: self.numbers.clone(),
        }
    }

    fn external_id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }

    /// Neither the name nor any number is the same: another's contact, whatever ids two programs give.
    fn is_other(&self, known: &ContactDraft) -> bool {
        let shares = |number: &ContactNumber| self.numbers.iter().any(|own| own.key == number.key);
        text::name_key(&known.name) != text::name_key(&self.name) && !known.numbers.iter().any(shares)
    }
}

/// What is stored of a contact of the file.
struct Place {
    /// Its id in the source.
    external_id: String,
    /// The desk's id, what is stored, and whether the user has changed it here.
    known: Option<(i64, ContactDraft, bool)>,
}

/// Two programs' files of one name may have the same id for two people: the second gets an id of his own.
fn place(connection: &Connection, source: &str, found: &Found) -> Result<Place, DeskError> {
    let mut external_id = found.external_id().to_owned();
    for round in 2.. {
        let known = match contact::of_source(connection, source, &external_id)? {
            Some(id) => stored(connection, id)?.map(|(draft, by_hand)| (id, draft, by_hand)),
            None => None,
        };
        match known {
            Some((_, draft, _)) if found.is_other(&draft) && round <= MAX_OTHERS => {
                external_id = format!("{}\u{1f}other{round}", found.external_id());
            }
            known => return Ok(Place { external_id, known }),
        }
    }
    Err(DeskError::NotFound)
}

/// A contact of this source that is stored, and whether the user has changed it here.
fn stored(connection: &Connection, id: i64) -> Result<Option<(ContactDraft, bool)>, DeskError> {
    let Some(draft) = draft_of(connection, id)? else {
        return Ok(None);
    };
    let priority: i64 = connection
        .prepare_cached("SELECT priority FROM contact WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(Some((draft, priority == OWN.priority)))
}

fn fate(connection: &Connection, source: &str, found: &Found, place: &Place) -> Result<Fate, DeskError> {
    if let Some((id, known, by_hand)) = &place.known {
        let draft = found.draft();
        let ready = Ready::of(&draft)?;
        let same = known.kind == draft.kind
            && known.name == draft.name.trim()
            && known.company == draft.company.trim()
            && known.email == draft.email.trim()
            && known.note == draft.note
            && known.numbers == ready.numbers;
        return Ok(match (same, *by_hand) {
            (true, _) => Fate::Equal,
            (false, true) => Fate::Kept,
            (false, false) => Fate::Changed(*id),
        });
    }
    if merged::is_one(connection, source, &place.external_id)? {
        return Ok(Fate::Kept);
    }
    let name = text::name_key(&found.name);
    for number in &found.numbers {
        let known = holder(connection, source, &number.key, &name)?;
        if known.is_some_and(|(one, ..)| text::name_key(&one.name) == name) {
            return Ok(Fate::Same);
        }
    }
    Ok(Fate::Fresh)
}

/// A contact of elsewhere with this number: of several one of this name.
fn holder(
    connection: &Connection,
    source: &str,
    key: &str,
    name: &str,
) -> Result<Option<(ContactRef, String)>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.name, n.display FROM contact_number n JOIN contact c ON c.id = n.contact_id
         WHERE n.line = ?1 AND n.key = ?2 AND c.source <> ?3
         ORDER BY c.name_key = ?4 DESC, c.priority DESC, c.id LIMIT 1",
    )?;
    let found = statement.query_row(params![line_of(key), key, source, name], |row| {
        let one = ContactRef {
            id: row.get(0)?,
            name: row.get(1)?,
        };
        Ok((one, row.get(2)?))
    });
    Ok(found.optional()?)
}

/// Contacts of elsewhere with the names of the file. All names are read once: there is no index by them.
fn namesakes(
    connection: &Connection,
    source: &str,
    file: &ImportFile,
) -> Result<HashMap<String, ContactRef>, DeskError> {
    let names: BTreeSet<String> = file.contacts.iter().map(|found| text::name_key(&found.name)).collect();
    let mut known = HashMap::new();
    let mut statement = connection.prepare("SELECT id, name, name_key FROM contact WHERE source <> ?1")?;
    let mut rows = statement.query([source])?;
    while let Some(row) = rows.next()? {
        let key: String = row.get(2)?;
        if names.contains(&key) {
            let one = ContactRef {
                id: row.get(0)?,
                name: row.get(1)?,
            };
            known.entry(key).or_insert(one);
        }
    }
    Ok(known)
}

/// Whom a new contact of the file is like.
fn like(
    connection: &Connection,
    source: &str,
    found: &Found,
    namesakes: &HashMap<String, ContactRef>,
) -> Result<Option<ImportSame>, DeskError> {
    let name = text::name_key(&found.name);
    let tell = |with: ContactRef, by, number: String| ImportSame {
        line: found.line,
        name: found.name.clone(),
        number,
        with,
        by,
    };
    for number in &found.numbers {
        if let Some((with, shown)) = holder(connection, source, &number.key, &name)? {
            let both = text::name_key(&with.name) == name;
            let by = if both { SameBy::Both } else { SameBy::Number };
            return Ok(Some(tell(with, by, shown)));
        }
    }
    let number = found.numbers.first().map(|number| number.display.clone());
    let with = namesakes.get(&name).cloned();
    Ok(with.map(|with| tell(with, SameBy::Name, number.unwrap_or_default())))
}

/// The setting's name, before the source.
const HOW: &str = "import how ";

impl Desk {
    /// How a file of this name was read when it was last stored.
    pub fn import_how(&self, file_name: &str) -> Result<Option<ImportHow>, DeskError> {
        self.setting(&format!("{HOW}{}", source_of(file_name)))
    }

    /// Remembers it.
    pub fn remember_import_how(&self, file_name: &str, how: &ImportHow) -> Result<(), DeskError> {
        self.set_setting(&format!("{HOW}{}", source_of(file_name)), how)
    }

    /// What an import of the file would change. Nothing is stored.
    pub fn preview_import(&self, file: &ImportFile, file_name: &str) -> Result<ImportPreview, DeskError> {
        let source = source_of(file_name);
        self.db.read(|c| {
            let known = namesakes(c, &source, file)?;
            let mut preview = ImportPreview::of(file);
            for found in &file.contacts {
                let place = place(c, &source, found)?;
                match fate(c, &source, found, &place)? {
                    Fate::Fresh => preview.fresh += 1,
                    Fate::Changed(_) => preview.changed += 1,
                    Fate::Equal => preview.equal += 1,
                    Fate::Kept => preview.kept += 1,
                    Fate::Same => preview.same_as_known += 1,
                }
                if place.known.is_some() {
                    continue;
                }
                if let Some(same) = like(c, &source, found, &known)? {
                    preview.like_known += 1;
                    if preview.same.len() < MAX_SAME {
                        preview.same.push(same);
                    }
                }
            }
            Ok(preview)
        })
    }

    /// Stores the contacts of a file in transactions of 500, between which rings and clicks are written. `go_on` is told
    /// how many are done, and ends the import where it answers no: what is stored by then can be taken back like the
    /// rest. `leave_same`: who is known from elsewhere by this name with this number is left out.
    pub fn import_contacts(
        &self,
        file: &ImportFile,
        file_name: &str,
        leave_same: bool,
        go_on: impl Fn(u32) -> bool,
    ) -> Result<(ImportDone, Vec<ToastOp>), DeskError> {
        let source = source_of(file_name);
        let from = Source {
            name: &source,
            priority: PRIORITY,
        };
        let at = self.now().ms();
        let id = self
            .db
            .write(Durability::Lasting, |tx| import::begin(tx, &source, at))?;
        let mut done = ImportDone {
            id,
            ..ImportDone::default()
        };
        let mut toasts = Vec::new();
        let mut count = 0;
        for step in file.contacts.chunks(STEP_CONTACTS) {
            if !go_on(count) {
                done.cancelled = true;
                break;
            }
            let length = step.len() as u32;
            let step = self.write_contacts(|tx, affected| {
                let mut after = done.clone();
                for found in step {
                    put(tx, from, found, leave_same, &mut after, affected)?;
                }
                Ok(after)
            });
            let (after, ops) = match step {
                Ok(step) => step,
                Err(error) => {
                    // Half a file is no import: what was stored goes again. Why it failed is told, not what this comes to.
                    let _ = self.undo_import(id);
                    return Err(error);
                }
            };
            done = after;
            toasts.extend(ops);
            count += length;
        }
        go_on(count);
        Ok((done, toasts))
    }

    /// Takes an import back: what it added goes, what it changed is again what it was. What was changed since, by hand or
    /// by a later import, stays.
    pub fn undo_import(&self, id: i64) -> Result<(ImportUndone, Vec<ToastOp>), DeskError> {
        let source = self.db.read(|c| import::source(c, id))?.ok_or(DeskError::NotFound)?;
        let mut undone = ImportUndone::default();
        let mut toasts = Vec::new();
        loop {
            let ((after, more), ops) = self.write_contacts(|tx, affected| {
                let mut after = undone.clone();
                let step = import::noted(tx, id, STEP_CONTACTS)?;
                for noted in &step {
                    take_back(tx, &source, noted, &mut after, affected)?;
                    import::settle(tx, id, noted.contact)?;
                }
                if step.is_empty() {
                    import::forget(tx, id)?;
                }
                Ok((after, !step.is_empty()))
            })?;
            undone = after;
            toasts.extend(ops);
            if !more {
                return Ok((undone, toasts));
            }
        }
    }
}

fn put(
    tx: &Tx<'_>,
    source: Source<'_>,
    found: &Found,
    leave_same: bool,
    done: &mut ImportDone,
    affected: &mut Affected,
) -> Result<(), DeskError> {
    let place = place(tx, source.name, found)?;
    let (known, count) = match fate(tx, source.name, found, &place)? {
        Fate::Equal => {
            done.equal += 1;
            return Ok(());
        }
        Fate::Kept => {
            done.kept += 1;
            return Ok(());
        }
        Fate::Same if leave_same => {
            done.left_out += 1;
            return Ok(());
        }
        Fate::Changed(id) => (Some(id), &mut done.changed),
        Fate::Fresh | Fate::Same => (None, &mut done.added),
    };
    *count += 1;
    let before = place
        .known
        .map(|(_, draft, _)| serde_json::to_string(&draft))
        .transpose()?;
    let draft = found.draft();
    let id = Ready::of(&draft)?.save(tx, known, Some(&place.external_id), source, affected)?;
    import::note(tx, done.id, id, before.as_deref())
}

fn take_back(
    tx: &Tx<'_>,
    source: &str,
    noted: &import::Noted,
    undone: &mut ImportUndone,
    affected: &mut Affected,
) -> Result<(), DeskError> {
    let Some((_, by_hand)) = stored(tx, noted.contact)? else {
        return Ok(());
    };
    if by_hand || noted.later {
        undone.kept += 1;
        return Ok(());
    }
    let Some(before) = &noted.before else {
        undone.removed += 1;
        return delete(tx, noted.contact, affected);
    };
    let from = Source {
        name: source,
        priority: PRIORITY,
    };
    let draft: ContactDraft = serde_json::from_str(before)?;
    Ready::of(&draft)?.save(tx, Some(noted.contact), None, from, affected)?;
    undone.restored += 1;
    Ok(())
}

//! Finds the abonent of an event (reference 2.7): abonents, lines and subscriptions in memory.

use crate::tables::{LedgerError, abonents, subscriptions};
use perezvon_core::call::{Target, is_system, login};
use perezvon_core::event::{CallData, Event};
use perezvon_core::{Number, event::Personality};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::watch;

/// The company's lists in memory. Replaced as a whole when the ledger's lists change.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Canonical id and name.
    abonents: HashMap<String, Option<String>>,
    /// Canonical id by login part without `+` and leading 7.
    by_login: HashMap<String, String>,
    /// Phone number by `numberId`.
    lines: HashMap<String, Number>,
    /// The company's inbound numbers, as keys.
    line_numbers: HashSet<String>,
    /// Canonical id by own number and by short number, as keys.
    by_number: HashMap<String, String>,
    /// Abonent by `subscriptionId`, ended subscriptions included.
    by_subscription: HashMap<String, String>,
}

impl Roster {
    pub(crate) fn load(connection: &Connection) -> Result<Self, LedgerError> {
        let mut roster = Self::default();
        for abonent in abonents::list(connection)? {
            let gone = abonent.gone_at.is_some();
            let login = plain_login(&abonent.id).to_owned();
            // A former abonent gives way to a present one of the same login.
            if gone {
                roster.by_login.entry(login).or_insert_with(|| abonent.id.clone());
            } else {
                roster.by_login.insert(login, abonent.id.clone());
            }
            if !gone {
                let numbers = [&abonent.phone, &abonent.extension].into_iter().flatten();
                let keys = numbers.filter_map(|number| Number::parse(number).key());
                roster.by_number.extend(keys.map(|key| (key, abonent.id.clone())));
            }
            let name = abonent.name();
            roster.abonents.insert(abonent.id, name);
        }
        for (id, phone) in abonents::numbers(connection)? {
            let number = Number::parse(&phone);
            roster.line_numbers.extend(number.key());
            roster.lines.insert(id, number);
        }
        roster.by_subscription.extend(subscriptions::owners(connection)?);
        Ok(roster)
    }

    /// Whether the company was never read.
    pub(crate) fn is_empty(&self) -> bool {
        self.abonents.is_empty()
    }

    /// Family name, then first name.
    pub(crate) fn name_of(&self, id: &str) -> Option<String> {
        self.abonents.get(id).cloned().flatten()
    }

    /// The canonical id of an abonent that an event or a person names.
    pub(crate) fn abonent(&self, id: &str) -> Option<&str> {
        if let Some((id, _)) = self.abonents.get_key_value(id) {
            return Some(id);
        }
        self.by_login.get(plain_login(id)).map(String::as_str)
    }

    /// The canonical id if known, otherwise the text as written.
    pub(crate) fn canonical(&self, id: &str) -> String {
        self.abonent(id).unwrap_or(id).to_owned()
    }

    /// The abonent whose own or short number this key is.
    pub(crate) fn of_number(&self, key: &str) -> Option<&str> {
        self.by_number.get(key).map(String::as_str)
    }

    /// Whether this key is an inbound number of the company.
    pub(crate) fn is_line(&self, key: &str) -> bool {
        self.line_numbers.contains(key)
    }

    /// The abonent of this part of the event.
    pub(crate) fn target(&self, event: &Event, data: &CallData) -> Target {
        if let Some(id) = event.target.as_deref().filter(|id| !id.is_empty()) {
            return self.target_of(id);
        }
        if let Some(record) = data.address_of_record.as_deref() {
            // Reference 2.7: the address is the id with a `+` in front.
            return self.target_of(record.strip_prefix('+').unwrap_or(record));
        }
        let subscription = event
            .subscription_id
            .as_ref()
            .and_then(|id| self.by_subscription.get(id));
        match subscription {
            Some(abonent) => Target::Person(abonent.clone()),
            None => Target::Unknown,
        }
    }

    fn target_of(&self, id: &str) -> Target {
        if let Some(known) = self.abonents.get_key_value(id) {
            return Target::Person(known.0.clone());
        }
        if let Some(number) = self.lines.get(id) {
            return Target::Line {
                id: id.to_owned(),
                number: number.clone(),
            };
        }
        if is_system(id) {
            return Target::System(id.to_owned());
        }
        match self.by_login.get(plain_login(id)) {
            Some(known) => Target::Person(known.clone()),
            None => Target::of(Some(id)),
        }
    }
}

/// The comparable form of a login part: `+79000000001@a`, `79000000001@b` and `9000000001@c` are one.
fn plain_login(id: &str) -> &str {
    let login = login(id);
    let digits = login.strip_prefix('+').unwrap_or(login);
    let numeric = digits.len() == 11 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.strip_prefix('7').filter(|_| numeric).unwrap_or(digits)
}

/// An outgoing leg whose other party may be the number that a desk asked for.
pub(crate) fn may_be_requested(data: &CallData) -> bool {
    matches!(
        data.personality,
        Some(Personality::ClickToDial | Personality::Originator)
    )
}

/// The present roster, for many readers.
pub(crate) type RosterNow = watch::Receiver<Arc<Roster>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let id = "9000000001@mpbx.sip.beeline.ru".to_owned();
        let sip = "SIP00001U00002@mpbx.sip.beeline.ru".to_owned();
        Roster {
            by_login: [id.clone(), sip.clone()]
                .into_iter()
                .map(|id| (plain_login(&id).to_owned(), id))
                .collect(),
            abonents: [(id.clone(), Some("Иванов Пётр".to_owned())), (sip, None)].into(),
            lines: [("line1@mpbx.sip.beeline.ru".to_owned(), Number::parse("+79000000050"))].into(),
            by_subscription: [("s-1".to_owned(), id)].into(),
            ..Roster::default()
        }
    }

    fn target(id: Option<&str>, record: Option<&str>, subscription: Option<&str>) -> Target {
        let event = Event {
            target: id.map(str::to_owned),
            subscription_id: subscription.map(str::to_owned),
            ..Event::default()
        };
        let data = CallData {
            address_of_record: record.map(str::to_owned),
            ..CallData::default()
        };
        roster().target(&event, &data)
    }

    #[test]
    fn an_abonent_is_found_by_every_spelling_of_his_id() {
        let person = Target::Person("9000000001@mpbx.sip.beeline.ru".to_owned());
        for id in [
            "9000000001@mpbx.sip.beeline.ru",
            "9000000001@ip.beeline.ru",
            "79000000001@ip.beeline.ru",
            "+79000000001@rnd.so.ims.mnc099.mcc250.3gppnetwork.org",
            "9000000001",
        ] {
            assert_eq!(target(Some(id), None, None), person, "{id} names the abonent");
            let record = format!("+{}", id.trim_start_matches('+'));
            assert_eq!(
                target(None, Some(&record), None),
                person,
                "{record} as address of record names the abonent too"
            );
        }
        assert_eq!(
            target(None, None, Some("s-1")),
            person,
            "without any name the subscription tells"
        );
        assert_eq!(
            target(None, None, Some("s-2")),
            Target::Unknown,
            "an unknown subscription tells nothing"
        );
    }

    #[test]
    fn system_objects_lines_and_strangers_are_told_apart() {
        let group = "client_hg_1@mpbx.sip.beeline.ru";
        assert_eq!(
            target(Some(group), None, None),
            Target::System(group.to_owned()),
            "a hunt group is no person"
        );
        assert!(
            matches!(
                target(Some("line1@mpbx.sip.beeline.ru"), None, None),
                Target::Line { .. }
            ),
            "an inbound number is a line"
        );
        let stranger = "9000000077@mpbx.sip.beeline.ru";
        assert_eq!(
            target(Some(stranger), None, None),
            Target::Person(stranger.to_owned()),
            "a stranger stays as named"
        );
    }
}

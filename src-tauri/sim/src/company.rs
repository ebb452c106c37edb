//! The fictional client of the PBX: its abonents and inbound lines (reference 1.2, 1.3, 1.8).

use serde::Serialize;

use crate::number::digits;

/// One abonent as `GET abonents` tells it (reference 1.3), plus what only the PBX knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Abonent {
    /// `login@domain`, in one of the forms of reference 1.2.
    pub user_id: String,
    /// Ten digits; empty or a SIP login for a SIP-only abonent; absent for some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Name of the department.
    pub department: Option<String>,
    /// Short internal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The number that events carry in `userDN`, ten digits; every abonent has one, SIP-only abonents too.
    #[serde(skip)]
    pub dn: String,
    /// Is a call-centre agent and so has an agent status.
    #[serde(skip)]
    pub agent: bool,
    /// Recording is on at the start.
    #[serde(skip)]
    pub recording: bool,
}

impl Abonent {
    /// `Фамилия Имя`, as events name a colleague.
    pub fn name(&self) -> String {
        [self.last_name.as_deref(), self.first_name.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// `addressOfRecord`: the userId with `+7` before a number (reference 2.7).
    pub(crate) fn address_of_record(&self) -> String {
        let (login, domain) = self.user_id.split_once('@').unwrap_or((&self.user_id, ""));
        let number = digits(login);
        if login.starts_with(|c: char| c.is_ascii_digit()) && number.len() == 10 {
            format!("+7{number}@{domain}")
        } else {
            self.user_id.clone()
        }
    }

    /// Whether a path pattern means this abonent: userId, phone or extension (reference 1.2).
    /// `number`: the digits of the pattern, found once for all abonents.
    fn matches(&self, pattern: &str, number: &str) -> bool {
        if pattern.is_empty() {
            return false;
        }
        let same_phone =
            |phone: &str| phone == pattern || (number.len() == 10 && !pattern.contains('@') && digits(phone) == number);
        self.user_id == pattern
            || self.extension.as_deref() == Some(pattern)
            || self.phone.as_deref().is_some_and(same_phone)
    }
}

/// The system object of an inbound line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A hunt group: the members ring.
    HuntGroup,
    /// A call centre: agents are offered the call one by one.
    CallCentre,
}

/// An inbound (multichannel) number (reference 1.8) and the system object behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `something@domain`.
    pub number_id: String,
    /// Ten digits.
    pub phone: String,
    /// Name of the group or queue.
    pub name: String,
    /// userId of the system object: contains `_hg_` or begins with `MPBX`.
    pub system_id: String,
    /// Short number of the system object.
    pub extension: String,
    /// What it does with a call.
    pub kind: LineKind,
    /// The members' places in [`Company::abonents`].
    pub members: Vec<usize>,
}

/// The whole client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Everybody.
    pub abonents: Vec<Abonent>,
    /// Inbound lines.
    pub lines: Vec<Line>,
}

impl Default for Company {
    fn default() -> Self {
        Self::of(8)
    }
}

/// userId, phone, given name, family name, department, extension.
type Row = (
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

const FIRST: [Row; 8] = [
    (
        "9000000001@mpbx.sip.beeline.ru",
        Some("9000000001"),
        "Пётр",
        "Иванов",
        Some("Продажи"),
        Some("101"),
    ),
    (
        "SIP00000U00002@mpbx.sip.beeline.ru",
        Some(""),
        "Анна",
        "Сидорова",
        Some("Продажи"),
        Some("102"),
    ),
    (
        "9000000003@ip.beeline.ru",
        Some("9000000003"),
        "Артём",
        "Ёлкин",
        Some("Продажи"),
        Some("103"),
    ),
    (
        "79000000004@ip.beeline.ru",
        Some("9000000004"),
        "Мария",
        "Кузнецова",
        Some("Поддержка"),
        Some("104"),
    ),
    (
        "9000000005@spb.ims.mnc099.mcc250.3gppnetwork.org",
        Some("9000000005"),
        "Олег",
        "Щукин",
        Some("Поддержка"),
        Some("105"),
    ),
    (
        "9000000006@mpbx.sip.beeline.ru",
        Some("9000000006"),
        "Юлия",
        "Жданова",
        Some("Поддержка"),
        Some("106"),
    ),
    (
        "SIP00000U00007@ip.beeline.ru",
        Some("SIP00000U00007"),
        "Игорь",
        "Цветков",
        Some("Склад"),
        Some("107"),
    ),
    (
        "9000000008@mpbx.sip.beeline.ru",
        Some("9000000008"),
        "",
        "Приёмная",
        None,
        None,
    ),
];

const GIVEN: [&str; 10] = [
    "Алексей",
    "Елена",
    "Сергей",
    "Ольга",
    "Дмитрий",
    "Наталья",
    "Фёдор",
    "Ирина",
    "Глеб",
    "Дарья",
];
const FAMILY: [&str; 12] = [
    "Смирно",
    "Соловьё",
    "Зайце",
    "Королё",
    "Воробьё",
    "Орло",
    "Киселё",
    "Беляе",
    "Тарасо",
    "Громо",
    "Фомичё",
    "Журавлё",
];
const DEPARTMENTS: [&str; 5] = ["Продажи", "Поддержка", "Бухгалтерия", "Склад", "Доставка"];

impl Company {
    /// A company of `n` abonents; the first eight are always the same and show every form of reference 1.2.
    pub fn of(n: usize) -> Self {
        let mut abonents: Vec<_> = (0..n.max(1))
            .map(|i| FIRST.get(i).map_or_else(|| further(i), |row| first(i, row)))
            .collect();
        let member = |wanted: &[usize]| {
            wanted
                .iter()
                .copied()
                .filter(|i| *i < abonents.len())
                .collect::<Vec<_>>()
        };
        let line = |tail: &str, name: &str, system: &str, extension: &str, kind, members: &[usize]| Line {
            number_id: format!("90000000{tail}@mpbx.sip.beeline.ru"),
            phone: format!("90000000{tail}"),
            name: name.into(),
            system_id: format!("{system}@mpbx.sip.beeline.ru"),
            extension: extension.into(),
            kind,
            members: member(members),
        };
        let mut lines = vec![
            line(
                "50",
                "Продажи",
                "MPBX_hg_000001",
                "600",
                LineKind::HuntGroup,
                &[0, 1, 2],
            ),
            line(
                "51",
                "Поддержка",
                "MPBX_cc_000001",
                "700",
                LineKind::CallCentre,
                &[0, 3, 4, 5],
            ),
            line("52", "Склад", "MPBX_hg_000002", "601", LineKind::HuntGroup, &[0, 6, 7]),
        ];
        lines.extend((0..abonents.len().saturating_sub(FIRST.len()) / ABONENTS_PER_LINE).map(further_line));
        let agents: Vec<usize> = lines
            .iter()
            .filter(|l| l.kind == LineKind::CallCentre)
            .flat_map(|l| l.members.clone())
            .collect();
        for agent in agents {
            abonents[agent].agent = true;
        }
        Self { abonents, lines }
    }

    /// The abonent that a pattern means.
    pub fn abonent(&self, pattern: &str) -> Option<&Abonent> {
        let number = digits(pattern);
        self.abonents.iter().find(|a| a.matches(pattern, &number))
    }

    /// The inbound line that a pattern means: numberId, number or extension.
    pub fn line(&self, pattern: &str) -> Option<&Line> {
        let number = digits(pattern);
        self.lines
            .iter()
            .find(|l| l.number_id == pattern || l.extension == pattern || (!pattern.contains('@') && l.phone == number))
    }
}

fn first(i: usize, &(user_id, phone, given, family, department, extension): &Row) -> Abonent {
    Abonent {
        user_id: user_id.into(),
        phone: phone.map(Into::into),
        first_name: (!given.is_empty()).then(|| given.into()),
        last_name: Some(family.into()),
        email: i.is_multiple_of(2).then(|| format!("user{}@example.ru", i + 1)),
        department: department.map(Into::into),
        extension: extension.map(Into::into),
        dn: format!("900000000{}", i + 1),
        agent: matches!(i, 0 | 3..=5),
        recording: matches!(i, 0..=2 | 4),
    }
}

/// In a larger company, how many abonents beyond the first share one more line.
const ABONENTS_PER_LINE: usize = 20;
/// Members of such a line: the first ones of the team.
const LINE_MEMBERS: usize = 5;

/// By turns a hunt group and a call centre.
fn further_line(i: usize) -> Line {
    let (kind, word, extension) = if i.is_multiple_of(2) {
        (LineKind::HuntGroup, "hg", 610 + i)
    } else {
        (LineKind::CallCentre, "cc", 710 + i)
    };
    let phone = format!("900000{}", 5300 + i);
    let begin = FIRST.len() + i * ABONENTS_PER_LINE;
    Line {
        number_id: format!("{phone}@mpbx.sip.beeline.ru"),
        phone,
        name: format!("{} {}", DEPARTMENTS[i % 5], i / 5 + 2),
        system_id: format!("MPBX_{word}_{:06}@mpbx.sip.beeline.ru", 101 + i),
        extension: extension.to_string(),
        kind,
        members: (begin..begin + LINE_MEMBERS).collect(),
    }
}

fn further(i: usize) -> Abonent {
    let woman = i % 10 % 2 == 1;
    let dn = format!("90000{:05}", 1000 + i);
    Abonent {
        user_id: format!("{dn}@mpbx.sip.beeline.ru"),
        phone: Some(dn.clone()),
        first_name: Some(GIVEN[i % 10].into()),
        last_name: Some(format!("{}{}", FAMILY[(i / 10) % 12], if woman { "ва" } else { "в" })),
        email: None,
        department: Some(DEPARTMENTS[i % 5].into()),
        extension: Some((101 + i).to_string()),
        dn,
        agent: false,
        recording: i.is_multiple_of(3),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pattern_finds_its_abonent() {
        let company = Company::default();
        for (pattern, extension) in [
            ("9000000001@mpbx.sip.beeline.ru", "101"),
            ("9000000003", "103"),
            ("+79000000004", "104"),
            ("105", "105"),
            ("SIP00000U00007", "107"),
        ] {
            let found = company.abonent(pattern).unwrap();
            assert_eq!(found.extension.as_deref(), Some(extension), "{pattern}");
        }
        for nobody in ["", "199", "9000000098", "9000000001@example.ru"] {
            assert_eq!(company.abonent(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn a_large_company_has_unique_ids() {
        let company = Company::of(300);
        let ids: std::collections::HashSet<_> = company.abonents.iter().map(|a| &a.user_id).collect();
        let extensions: std::collections::HashSet<_> = company.abonents.iter().map(|a| &a.extension).collect();
        assert_eq!((ids.len(), extensions.len()), (300, 300));
        let own: std::collections::HashSet<_> = company.lines.iter().map(|l| Some(l.extension.clone())).collect();
        assert_eq!(own.len(), company.lines.len(), "lines have short numbers of their own");
        assert!(
            own.iter().all(|extension| !extensions.contains(&extension)),
            "which no abonent has"
        );
        assert!(company.lines.len() > 10, "a large company has many lines");
    }
}

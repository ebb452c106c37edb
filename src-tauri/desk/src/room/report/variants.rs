//! Variants: reports with a name. Those of the program cannot be changed, but copied; the user's own are kept for good and
//! can be given to a colleague as a file.

use super::settings::{Column, Grouping, Measure, Period, ReportOrder, ReportSettings};
use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::setting::{get, put};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

const KEY: &str = "report.variants";
const DEFAULTS: &str = "report.defaults";
/// Most variants of a user.
const MAX_VARIANTS: usize = 100;
/// Longest name, letters.
const MAX_NAME: usize = 80;
/// What a shared file says that it is.
const FORMAT: &str = "perezvon-report";

/// A report with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ReportVariant {
    /// Of the program's own a word, of the user's `u` and a number.
    pub id: String,
    /// Name.
    pub name: String,
    /// The report.
    pub settings: ReportSettings,
    /// The program's: cannot be changed.
    pub own: bool,
}

/// All variants, and the one to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportVariants {
    /// The program's, then the user's by name.
    pub variants: Vec<ReportVariant>,
    /// Id of the one that opens first for this role.
    pub first: String,
}

/// A variant as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedVariant {
    format: String,
    version: u32,
    name: String,
    settings: ReportSettings,
}

impl Desk {
    /// All variants; of `role` the one to begin with.
    pub fn report_variants(&self, role: &str) -> Result<ReportVariants, DeskError> {
        let (mine, defaults) = self.db.read(|c| {
            let mine: Option<Vec<ReportVariant>> = get(c, KEY)?;
            let defaults: Option<BTreeMap<String, String>> = get(c, DEFAULTS)?;
            Ok((mine.unwrap_or_default(), defaults.unwrap_or_default()))
        })?;
        let mut variants = self.built_in();
        variants.extend(mine);
        let usual = if role == "admin" { "abonents" } else { "analysis" };
        let chosen = defaults
            .get(role)
            .filter(|id| variants.iter().any(|one| one.id == **id));
        Ok(ReportVariants {
            first: chosen.map_or(usual, String::as_str).to_owned(),
            variants,
        })
    }

    /// Keeps a report under this name, in place of the user's variant `id` where one is given; answers its id.
    pub fn save_report_variant(
        &self,
        id: Option<&str>,
        name: &str,
        settings: &ReportSettings,
    ) -> Result<String, DeskError> {
        settings.check()?;
        let name = name.trim();
        if name.is_empty() {
            return Err(DeskError::NameMissing);
        }
        if name.chars().count() > MAX_NAME {
            return Err(DeskError::TooLong);
        }
        self.change_variants(|all| {
            let variant = |id: String| ReportVariant {
                id,
                name: name.to_owned(),
                settings: settings.clone(),
                own: false,
            };
            let id = match id {
                Some(id) => {
                    let known = all.iter_mut().find(|one| one.id == id);
                    *known.ok_or(DeskError::NotFound)? = variant(id.to_owned());
                    id.to_owned()
                }
                None if all.len() == MAX_VARIANTS => return Err(DeskError::TooLong),
                None => {
                    let numbers = all
                        .iter()
                        .filter_map(|one| one.id.strip_prefix('u')?.parse::<u32>().ok());
                    let id = format!("u{}", numbers.max().unwrap_or(0) + 1);
                    all.push(variant(id.clone()));
                    id
                }
            };
            all.sort_by_key(|one| one.name.to_lowercase());
            Ok(id)
        })
    }

    /// Drops one of the user's variants.
    pub fn delete_report_variant(&self, id: &str) -> Result<(), DeskError> {
        self.change_variants(|all| {
            let before = all.len();
            all.retain(|one| one.id != id);
            if all.len() == before {
                Err(DeskError::NotFound)
            } else {
                Ok(())
            }
        })
    }

    /// From now on the report of this role begins with this variant.
    pub fn begin_reports_with(&self, role: &str, id: &str) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            let mut all: BTreeMap<String, String> = get(tx, DEFAULTS)?.unwrap_or_default();
            all.insert(role.to_owned(), id.to_owned());
            put(tx, DEFAULTS, &all)
        })
    }

    /// A variant's name, and the variant as the text of a file.
    pub fn share_report_variant(&self, id: &str) -> Result<(String, String), DeskError> {
        let all = self.report_variants("user")?.variants;
        let one = all.into_iter().find(|one| one.id == id).ok_or(DeskError::NotFound)?;
        let file = SharedVariant {
            format: FORMAT.to_owned(),
            version: 1,
            name: one.name.clone(),
            settings: one.settings,
        };
        Ok((one.name, serde_json::to_string_pretty(&file)?))
    }

    /// Keeps a variant that somebody shared; answers its id.
    pub fn take_report_variant(&self, text: &str) -> Result<String, DeskError> {
        let file: SharedVariant =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|_| DeskError::BadReport)?;
        if file.format != FORMAT || file.version != 1 {
            return Err(DeskError::BadReport);
        }
        self.save_report_variant(None, &file.name, &file.settings)
    }

    fn change_variants<T>(
        &self,
        change: impl FnOnce(&mut Vec<ReportVariant>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            let mut all: Vec<ReportVariant> = get(tx, KEY)?.unwrap_or_default();
            let answer = change(&mut all)?;
            put(tx, KEY, &all)?;
            Ok(answer)
        })
    }

    fn built_in(&self) -> Vec<ReportVariant> {
        let words = self.words();
        let mut all = manuals(words);
        all.extend(ours(words));
        all
    }
}

fn one(id: &str, name: String, settings: ReportSettings) -> ReportVariant {
    ReportVariant {
        id: id.to_owned(),
        name,
        settings,
        own: true,
    }
}

fn report(groupings: &[Grouping], measures: &[Measure]) -> ReportSettings {
    ReportSettings {
        groupings: groupings.to_vec(),
        measures: measures.to_vec(),
        rows: false,
        seconds: false,
        ..ReportSettings::default()
    }
}

/// The two samples of the manual.
fn manuals(words: Words) -> Vec<ReportVariant> {
    vec![
        one(
            "analysis",
            words.pick("Анализ звонков ОАТС", "Analysis of PBX calls"),
            ReportSettings::default(),
        ),
        one(
            "analysis_narrow",
            words.pick(
                "Анализ звонков ОАТС, без столбца «Время»",
                "Analysis of PBX calls without the column “Time”",
            ),
            ReportSettings {
                columns: Column::ALL[1..].to_vec(),
                ..ReportSettings::default()
            },
        ),
    ]
}

fn ours(words: Words) -> Vec<ReportVariant> {
    vec![
        one(
            "abonents",
            words.pick("Нагрузка по абонентам", "Load by PBX user"),
            report(
                &[Grouping::Abonent, Grouping::Day],
                &[
                    Measure::Count,
                    Measure::Answered,
                    Measure::Missed,
                    Measure::MissedShare,
                    Measure::TalkSum,
                    Measure::TalkMedian,
                    Measure::WaitMean,
                    Measure::WaitP90,
                ],
            ),
        ),
        one(
            "missed",
            words.pick("Пропущенные и перезвоны", "Missed and called back"),
            ReportSettings {
                compare: true,
                period: Period::LastMonth,
                ..report(
                    &[Grouping::Week, Grouping::Day],
                    &[
                        Measure::Missed,
                        Measure::MissedShare,
                        Measure::BackShare,
                        Measure::BackMedian,
                        Measure::First,
                    ],
                )
            },
        ),
        one(
            "hours",
            words.pick("По часам и дням недели", "By hour and day of the week"),
            report(
                &[Grouping::Weekday, Grouping::Hour],
                &[Measure::Count, Measure::Missed, Measure::WaitMean],
            ),
        ),
        one(
            "clients",
            words.pick("По компаниям и контактам", "By company and contact"),
            ReportSettings {
                order: Some(ReportOrder {
                    measure: Measure::TalkSum,
                    descending: true,
                }),
                ..report(
                    &[Grouping::Company, Grouping::Contact],
                    &[Measure::Count, Measure::Missed, Measure::TalkSum, Measure::TalkMean],
                )
            },
        ),
    ]
}

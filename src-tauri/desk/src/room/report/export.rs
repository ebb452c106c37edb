//! A report as a file: a workbook, or a text with semicolons. A file gets its name when all of it is written; what is
//! broken off leaves none.

mod csv;
mod xlsx;

pub(crate) use csv::{Failure, begin as begin_csv, put as put_csv};

use super::settings::ReportSettings;
use super::{Report, ReportLine, calendar};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::part::Part;
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use ts_rs::TS;

/// Most lines of a file: a sheet of a workbook ends there.
const MAX_LINES: usize = 1_000_000;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReportFormat {
    /// A workbook for Excel and LibreOffice.
    Xlsx,
    /// Semicolons, UTF-8 with a byte order mark.
    Csv,
    /// Semicolons, windows-1251, for programs that know nothing else.
    #[serde(rename = "csv_1251")]
    Csv1251,
}

impl ReportFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv | Self::Csv1251 => "csv",
        }
    }
}

/// A report that is written, with what its cells mean.
struct Written<'a> {
    report: &'a Report,
    settings: &'a ReportSettings,
    words: Words,
    /// How far local clocks are ahead of UTC, by call: the moment that a clock on the wall shows.
    local_ms: &'a dyn Fn(f64) -> i64,
}

impl Written<'_> {
    /// How many columns stand between the outline and the figures.
    fn columns(&self) -> usize {
        if self.settings.rows {
            self.settings.columns.len()
        } else {
            0
        }
    }
}

impl Desk {
    /// Writes a report into the folder, under a name that is free, and answers the file's path. `going` hears how many
    /// lines there are so far, and ends it with `false`: then there is no file, as after an error.
    pub fn write_report(
        &self,
        settings: &ReportSettings,
        abonents: &HashMap<String, String>,
        format: ReportFormat,
        (folder, name): (&Path, &str),
        mut going: impl FnMut(usize) -> bool,
    ) -> Result<PathBuf, DeskError> {
        let mut step = |lines| {
            if going(lines) {
                Ok(())
            } else {
                Err(DeskError::Cancelled)
            }
        };
        let report = self
            .db
            .read(|c| self.make(c, settings, abonents, MAX_LINES, &mut step))?;
        if report.cut {
            return Err(DeskError::TooLong);
        }
        let zone = calendar::Zone::of(settings.zone.as_deref(), self.words().zone)?;
        let written = Written {
            report: &report,
            settings,
            words: self.words(),
            local_ms: &|ms| zone.local_ms(ms as i64),
        };
        let mut step = |line: usize| step(line + report.lines.len());
        into_file((folder, name), format.ending(), |out| match format {
            ReportFormat::Xlsx => xlsx::write(&written, out, &mut step).map_err(Failure::Desk),
            ReportFormat::Csv => csv::write(&written, out, false, &mut step),
            ReportFormat::Csv1251 => csv::write(&written, out, true, &mut step),
        })
    }

    /// Writes a text into the folder in the same way.
    pub fn write_text(&self, text: &str, folder: &Path, name: &str, ending: &str) -> Result<PathBuf, DeskError> {
        into_file((folder, name), ending, |out| Ok(out.write_all(text.as_bytes())?))
    }
}

/// Writes a file of the folder, under a name that is free, and answers its path. Where it fails there is no file.
pub(crate) fn into_file(
    (folder, name): (&Path, &str),
    ending: &str,
    write: impl FnOnce(&mut BufWriter<fs::File>) -> Result<(), Failure>,
) -> Result<PathBuf, DeskError> {
    let failed = |error: std::io::Error| DeskError::file(folder, &error);
    fs::create_dir_all(folder).map_err(failed)?;
    let part = Part::new(folder).map_err(failed)?;
    let mut out = BufWriter::new(part.file.try_clone().map_err(failed)?);
    write(&mut out).map_err(|failure| failure.of(folder))?;
    out.flush().map_err(failed)?;
    part.file.sync_all().map_err(failed)?;
    part.named(folder, &file_name(name), ending).map_err(failed)
}

/// A name that every system takes.
fn file_name(name: &str) -> String {
    let kept = name.chars().map(|c| {
        if c.is_control() || "/\\:*?\"<>|".contains(c) {
            ' '
        } else {
            c
        }
    });
    let kept: String = kept.take(100).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let name = words.join(" ").trim_matches('.').trim().to_owned();
    let first = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let reserved = matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (first.len() == 4 && (first.starts_with("COM") || first.starts_with("LPT")));
    if name.is_empty() {
        "perezvon".to_owned()
    } else if reserved {
        format!("_{name}")
    } else {
        name
    }
}

/// The lines of a group, those below it: from the next one on to the last that is deeper.
fn below(lines: &[ReportLine], at: usize) -> usize {
    let level = lines[at].level;
    let deeper = lines[at + 1..].iter().take_while(|line| line.level > level);
    deeper.count()
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_of_every_system() {
        for (given, name) in [
            (
                "Анализ звонков ОАТС 01.01.2026–31.01.2026",
                "Анализ звонков ОАТС 01.01.2026–31.01.2026",
            ),
            ("a/b\\c:d*e?f\"g<h>i|j\n", "a b c d e f g h i j"),
            ("...", "perezvon"),
            ("com1.txt", "_com1.txt"),
            ("Nul", "_Nul"),
            ("  ", "perezvon"),
        ] {
            assert_eq!(file_name(given), name);
        }
        assert_eq!(file_name(&"я".repeat(300)).chars().count(), 100);
    }
}

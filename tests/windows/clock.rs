//! Local time on a system whose zone has a name of Windows' own («Ekaterinburg Standard Time»).
#![allow(unsafe_code)]

use perezvon_desk::Desk;
use perezvon_desk::view::ReportSettings;
use std::collections::HashMap;
use windows::Win32::System::Time::{DYNAMIC_TIME_ZONE_INFORMATION, GetDynamicTimeZoneInformation};
use winreg::RegKey;
use winreg::enums::HKEY_LOCAL_MACHINE;

const ZONES: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones";
/// What the system answers where the clock stands at summer time.
const DAYLIGHT: u32 = 2;

/// The name, and whether it is summer time.
fn zone() -> (String, bool) {
    let mut told = DYNAMIC_TIME_ZONE_INFORMATION::default();
    // SAFETY: it fills the structure, which is ours.
    let which = unsafe { GetDynamicTimeZoneInformation(&raw mut told) };
    let end = told.TimeZoneKeyName.iter().position(|unit| *unit == 0).unwrap();
    (
        String::from_utf16(&told.TimeZoneKeyName[..end]).unwrap(),
        which == DAYLIGHT,
    )
}

#[test]
fn the_local_time_is_that_of_the_zone_that_windows_names() {
    let (name, is_summer) = zone();
    assert!(
        !name.is_empty() && !name.contains('/'),
        "a name of Windows' own: {name}"
    );
    let key = RegKey::predef(HKEY_LOCAL_MACHINE)
        .open_subkey(format!("{ZONES}\\{name}"))
        .unwrap();
    let rules = key.get_raw_value("TZI").unwrap().bytes;
    // Minutes that lead from the local time to UTC: all the year, and those added in winter and in summer.
    let minutes = |at: usize| i32::from_le_bytes(rules[at..at + 4].try_into().unwrap());
    let behind = minutes(0) + if is_summer { minutes(8) } else { minutes(4) };
    let sign = if behind > 0 { '-' } else { '+' };
    let wanted = format!("{sign}{:02}:{:02}", behind.abs() / 60, behind.abs() % 60);

    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    let report = desk
        .report("clock", &ReportSettings::default(), &HashMap::new(), 10)
        .unwrap();
    assert_eq!(report.zone, wanted, "the days of a report are those of {name}");
}

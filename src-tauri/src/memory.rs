//! Gives memory back to the system after a start in the tray and after the window was closed.
//!
//! Two kinds are worth it. The heap that a window or the start has freed is still held by the allocator. And the code of
//! programs and libraries that was run once, for a start or by a window that is gone, stays mapped; it is dropped from
//! the process and comes back from the page cache where it is run again.

use std::time::Duration;
use tauri::{AppHandle, Manager as _};

/// How long work still goes on after a start or a closed window.
const SETTLE_TIME: Duration = Duration::from_secs(3);

/// Gives memory back soon, unless a window is open then.
pub(crate) fn give_back_when_idle(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(SETTLE_TIME).await;
        if app.webview_windows().is_empty() {
            give_back();
        }
    });
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    drop_code();
    trim_heap();
}

/// Elsewhere the system does it by itself for a process without windows, or offers no such call.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn trim_heap() {
    // SAFETY: malloc_trim(3) only gives free pages of the allocator back; it is safe in any thread at any time.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn drop_code() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for (start, length) in never_written(&maps) {
        // SAFETY: the range is a part of a program's file that is never written to, as the kernel has just told it, so
        // MADV_DONTNEED loses nothing, and a thread that runs or reads there gets the page again from the file
        // (madvise(2)).
        let done = unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
        if done != 0 {
            tracing::debug!(error = %std::io::Error::last_os_error(), "Code could not be given back");
        }
    }
}

/// Start and length of what no program writes to, by the lines of `/proc/self/maps`: a file's code, and the first part
/// of a file that has code, where its headers and constants are. Other read-only parts are left alone: a library's
/// relocated tables look the same there and would be lost.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn never_written(maps: &str) -> Vec<(usize, usize)> {
    let parts: Vec<(&str, &str, &str, &str)> = maps
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let (range, mode, offset) = (fields.next()?, fields.next()?, fields.next()?);
            let file = fields.nth(2).filter(|path| path.starts_with('/'))?;
            Some((range, mode, offset, file))
        })
        .collect();
    // Where the code itself begins the file, a read-only part at its beginning holds relocated tables: so in libraries of
    // an older linker, such as Debian's libxshmfence.
    let has_code = |file: &str| {
        let mut code = parts
            .iter()
            .filter(|(_, mode, _, of)| *mode == "r-xp" && *of == file)
            .peekable();
        code.peek().is_some() && code.all(|(_, _, offset, _)| *offset != "00000000")
    };
    parts
        .iter()
        .filter(|(_, mode, offset, file)| *mode == "r-xp" || *mode == "r--p" && *offset == "00000000" && has_code(file))
        .filter_map(|(range, ..)| {
            let (start, end) = range.split_once('-')?;
            let start = usize::from_str_radix(start, 16).ok()?;
            let end = usize::from_str_radix(end, 16).ok()?;
            end.checked_sub(start).map(|length| (start, length))
        })
        .collect()
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_never_written_is_given_back() {
        let maps = "\
7f0000000000-7f0000001000 r--p 00000000 fe:00 42                  /usr/lib/libx.so.1
7f0000001000-7f0000003000 r-xp 00001000 fe:00 42                  /usr/lib/libx.so.1
7f0000003000-7f0000004000 r--p 00003000 fe:00 42                  /usr/lib/libx.so.1
7f0000004000-7f0000005000 rw-p 00004000 fe:00 42                  /usr/lib/libx.so.1
7f0000006000-7f0000007000 r--p 00000000 fe:00 43                  /usr/share/a.dat
7f0000008000-7f0000009000 r-xp 00000000 00:00 0
7f000000a000-7f000000b000 r-xp 00000000 fe:00 44                  /usr/lib/libold.so.1
7f000000c000-7f000000d000 r--p 00000000 fe:00 44                  /usr/lib/libold.so.1
7ffd00001000-7ffd00003000 r-xp 00000000 00:00 0                   [vdso]
nonsense
";
        assert_eq!(
            never_written(maps),
            [
                (0x7f00_0000_0000, 0x1000),
                (0x7f00_0000_1000, 0x2000),
                (0x7f00_0000_a000, 0x1000)
            ]
        );
    }

    #[test]
    fn the_program_runs_on_after_giving_back() {
        let before: Vec<u64> = (0..10_000).collect();
        give_back();
        assert_eq!(before.iter().sum::<u64>(), 49_995_000);
        give_back();
    }
}

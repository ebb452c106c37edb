//! A disk that loses at a power cut what was not synced: a VFS of SQLite on top of the system's own. It records every
//! write to the files of one directory; [`Disk::after_power_cut`] creates what such a disk may contain afterwards:
//! everything that was synced, and of the rest a random selection of sectors.
#![allow(unsafe_code, reason = "a VFS is a table of C functions")]

use perezvon_relay::WalSync;
use rusqlite::ffi::{
    SQLITE_OK, SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::File;
use std::mem::size_of;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a disk writes completely or not at all, bytes.
const SECTOR: usize = 512;

enum Change {
    Write { at: usize, data: Vec<u8> },
    Truncate { size: usize },
}

/// One file: the synced contents, and the writes since the last sync.
#[derive(Default)]
struct Noted {
    certain: Vec<u8>,
    since: Vec<Change>,
}

impl Noted {
    fn synced(&mut self) {
        for change in std::mem::take(&mut self.since) {
            apply(&mut self.certain, &change);
        }
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, data } => {
            if content.len() < at + data.len() {
                content.resize(at + data.len(), 0);
            }
            content[*at..at + data.len()].copy_from_slice(data);
        }
        Change::Truncate { size } => content.truncate(*size),
    }
}

/// The disk of this process; it is the default VFS from the first use on.
pub(crate) struct Disk {
    below: &'static sqlite3_vfs,
    files: Mutex<BTreeMap<PathBuf, Noted>>,
}

static DISK: OnceLock<Disk> = OnceLock::new();

// The properties of the system's VFS never change.
unsafe impl Send for Disk {}
unsafe impl Sync for Disk {}

impl Disk {
    pub(crate) fn insert() -> &'static Self {
        DISK.get_or_init(|| {
            // SAFETY: the default VFS lives as long as the process.
            let below = unsafe { &*sqlite3_vfs_find(std::ptr::null()) };
            let vfs = sqlite3_vfs {
                szOsFile: size_of::<Opened>() as c_int + below.szOsFile,
                pNext: std::ptr::null_mut(),
                zName: c"forgetful".as_ptr(),
                xOpen: Some(open),
                xDelete: Some(delete),
                ..*below
            };
            // SAFETY: it is leaked, so it lives for ever; the other functions of the table take any VFS.
            let registered = unsafe { sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
            assert_eq!(registered, SQLITE_OK, "the VFS is registered");
            Self {
                below,
                files: Mutex::default(),
            }
        })
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Noted>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The relay's own sync of the log in this directory, recorded here.
    pub(crate) fn wal_sync(&'static self, dir: &Path) -> WalSync {
        let wal = dir.join("relay.db-wal");
        WalSync::new(move |file: &File| {
            file.sync_data()?;
            if let Some(noted) = self.files().get_mut(&wal) {
                noted.synced();
            }
            Ok(())
        })
    }

    /// The same, but while `broken` is set each sync fails: the system drops what it could not write, though it can
    /// still be read from the cache, as on Linux.
    pub(crate) fn wal_sync_that_fails(&'static self, dir: &Path, broken: Arc<AtomicBool>) -> WalSync {
        let wal = dir.join("relay.db-wal");
        WalSync::new(move |file: &File| {
            let mut files = self.files();
            if broken.load(Ordering::SeqCst) {
                if let Some(noted) = files.get_mut(&wal) {
                    noted.since.clear();
                }
                return Err(std::io::Error::other("no sync in this test"));
            }
            file.sync_data()?;
            if let Some(noted) = files.get_mut(&wal) {
                noted.synced();
            }
            Ok(())
        })
    }

    /// Creates in `to` the contents of `dir` after a power cut now. `chance` decides for each sector.
    pub(crate) fn after_power_cut(&self, dir: &Path, to: &Path, mut chance: impl FnMut() -> bool) {
        std::fs::create_dir_all(to).unwrap();
        for (path, noted) in self.files().iter().filter(|(path, _)| path.parent() == Some(dir)) {
            let mut content = noted.certain.clone();
            for change in &noted.since {
                match change {
                    Change::Write { at, data } => {
                        for (n, sector) in data.chunks(SECTOR).enumerate() {
                            if chance() {
                                let data = sector.to_vec();
                                apply(
                                    &mut content,
                                    &Change::Write {
                                        at: at + n * SECTOR,
                                        data,
                                    },
                                );
                            }
                        }
                    }
                    Change::Truncate { .. } if chance() => apply(&mut content, change),
                    Change::Truncate { .. } => {}
                }
            }
            std::fs::write(to.join(path.file_name().unwrap()), content).unwrap();
        }
    }
}

/// A file as SQLite holds it: our part, followed by the system's own.
#[repr(C)]
struct Opened {
    base: sqlite3_file,
    /// The record of the file; null if it is not recorded.
    noted: *mut PathBuf,
}

unsafe fn below(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite allocates `szOsFile` bytes for each file: ours, then the system's.
    unsafe { file.cast::<u8>().add(size_of::<Opened>()).cast() }
}

unsafe fn methods<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: the file below is open as long as ours is.
    unsafe { &*(*below(file)).pMethods }
}

unsafe fn note(file: *mut sqlite3_file, change: impl FnOnce(&mut Noted)) {
    // SAFETY: `noted` is null or the box that `open` leaked, until `close`.
    let path = unsafe { (*file.cast::<Opened>()).noted.as_ref() };
    if let (Some(path), Some(disk)) = (path, DISK.get()) {
        change(disk.files().entry(path.clone()).or_default());
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(disk) = DISK.get() else {
        return rusqlite::ffi::SQLITE_CANTOPEN;
    };
    // SAFETY: the arguments are SQLite's own, handed on as they are.
    unsafe {
        let opened = file.cast::<Opened>();
        (*opened).base.pMethods = std::ptr::null();
        (*opened).noted = std::ptr::null_mut();
        let system = std::ptr::from_ref(disk.below).cast_mut();
        let code = disk.below.xOpen.expect("every VFS opens")(system, name, below(file), flags, out);
        if code != SQLITE_OK {
            return code;
        }
        if flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL) != 0 && !name.is_null() {
            let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
            (*opened).noted = Box::into_raw(Box::new(path));
        }
        (*opened).base.pMethods = table();
        code
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let Some(disk) = DISK.get() else {
        return rusqlite::ffi::SQLITE_IOERR;
    };
    // SAFETY: as in `open`.
    unsafe {
        let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
        disk.files().remove(&path);
        let system = std::ptr::from_ref(disk.below).cast_mut();
        disk.below.xDelete.expect("every VFS deletes")(system, name, sync)
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once.
    unsafe {
        let code = methods(file).xClose.expect("closes")(below(file));
        let noted = (*file.cast::<Opened>()).noted;
        if !noted.is_null() {
            drop(Box::from_raw(noted));
        }
        code
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, data: *const c_void, size: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: SQLite's own buffer of that size.
    unsafe {
        let code = methods(file).xWrite.expect("writes")(below(file), data, size, at);
        if code == SQLITE_OK {
            let data = std::slice::from_raw_parts(data.cast::<u8>(), size as usize).to_vec();
            note(file, |noted| noted.since.push(Change::Write { at: at as usize, data }));
        }
        code
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: handed on.
    unsafe {
        let code = methods(file).xTruncate.expect("truncates")(below(file), size);
        if code == SQLITE_OK {
            note(file, |noted| noted.since.push(Change::Truncate { size: size as usize }));
        }
        code
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: handed on.
    unsafe {
        let code = methods(file).xSync.expect("syncs")(below(file), flags);
        if code == SQLITE_OK {
            note(file, Noted::synced);
        }
        code
    }
}

/// Functions that only forward.
macro_rules! through {
    ($($ours:ident $theirs:ident ($($name:ident: $kind:ty),*) -> $result:ty),* $(,)?) => { $(
        unsafe extern "C" fn $ours(file: *mut sqlite3_file $(, $name: $kind)*) -> $result {
            // SAFETY: handed on.
            unsafe { methods(file).$theirs.expect(stringify!($theirs))(below(file) $(, $name)*) }
        }
    )* };
}

through! {
    read xRead (data: *mut c_void, size: c_int, at: sqlite3_int64) -> c_int,
    size xFileSize (size: *mut sqlite3_int64) -> c_int,
    lock xLock (level: c_int) -> c_int,
    unlock xUnlock (level: c_int) -> c_int,
    reserved xCheckReservedLock (out: *mut c_int) -> c_int,
    control xFileControl (what: c_int, with: *mut c_void) -> c_int,
    sector xSectorSize () -> c_int,
    traits xDeviceCharacteristics () -> c_int,
    shm_map xShmMap (page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int,
    shm_lock xShmLock (offset: c_int, count: c_int, flags: c_int) -> c_int,
    shm_barrier xShmBarrier () -> (),
    shm_unmap xShmUnmap (delete: c_int) -> c_int,
}

fn table() -> *const sqlite3_io_methods {
    static TABLE: OnceLock<usize> = OnceLock::new();
    let address = TABLE.get_or_init(|| {
        // Version 2: shared memory, and no memory-mapped pages, which would be written without being recorded.
        let table = sqlite3_io_methods {
            iVersion: 2,
            xClose: Some(close),
            xRead: Some(read),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            xFileSize: Some(size),
            xLock: Some(lock),
            xUnlock: Some(unlock),
            xCheckReservedLock: Some(reserved),
            xFileControl: Some(control),
            xSectorSize: Some(sector),
            xDeviceCharacteristics: Some(traits),
            xShmMap: Some(shm_map),
            xShmLock: Some(shm_lock),
            xShmBarrier: Some(shm_barrier),
            xShmUnmap: Some(shm_unmap),
            xFetch: None,
            xUnfetch: None,
        };
        std::ptr::from_ref(Box::leak(Box::new(table))) as usize
    });
    *address as *const sqlite3_io_methods
}

//! The read-only connections. A question of a view ends an older one of the same view: while somebody types, only the
//! last letter's answer is wanted, and the others must not hold the connections.

use super::{lock, prepare};
use crate::clock::Clock;
use crate::error::DeskError;
use rusqlite::{Connection, InterruptHandle, OpenFlags};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

/// How many questions can be under way at once.
const READERS: usize = 4;

/// What asks: the name of a part of a window.
pub(crate) type View = &'static str;

pub(super) struct Readers {
    state: Mutex<State>,
    /// A connection was given back, or a question was overtaken.
    moved: Condvar,
}

struct State {
    free: Vec<Connection>,
    /// Of each view the number of its newest question.
    newest: HashMap<View, u64>,
    /// Questions of views that have a connection.
    under_way: Vec<UnderWay>,
    asked: u64,
}

struct UnderWay {
    view: View,
    number: u64,
    statement: InterruptHandle,
}

impl Readers {
    pub(super) fn open(path: &Path, clock: &Clock) -> Result<Self, DeskError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |_| -> Result<Connection, DeskError> {
            let connection = Connection::open_with_flags(path, flags)?;
            prepare(&connection, clock)?;
            Ok(connection)
        };
        Ok(Self {
            state: Mutex::new(State {
                free: (0..READERS).map(open).collect::<Result<_, _>>()?,
                newest: HashMap::new(),
                under_way: Vec::new(),
                asked: 0,
            }),
            moved: Condvar::new(),
        })
    }

    pub(super) fn read<T>(
        &self,
        view: Option<View>,
        f: impl FnOnce(&Connection) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let number = view.map(|view| self.ask(view));
        let question = view.zip(number);
        let mut lent = Lent {
            connection: Some(self.take(question)?),
            readers: self,
            question,
        };
        let answer = lent.run(f);
        drop(lent);
        answer
    }

    /// The question's number. Older questions of the view are ended.
    fn ask(&self, view: View) -> u64 {
        let mut state = lock(&self.state);
        state.asked += 1;
        let number = state.asked;
        state.newest.insert(view, number);
        // A connection is not given back before its question leaves this list: nobody else's statement is hit.
        let older = state.under_way.iter().filter(|older| older.view == view);
        older.for_each(|older| older.statement.interrupt());
        self.moved.notify_all();
        number
    }

    /// Waits for a connection.
    fn take(&self, question: Option<(View, u64)>) -> Result<Connection, DeskError> {
        let mut state = lock(&self.state);
        loop {
            if question.is_some_and(|question| !state.is_newest(question)) {
                return Err(DeskError::Overtaken);
            }
            if let Some(connection) = state.free.pop() {
                if let Some((view, number)) = question {
                    let statement = connection.get_interrupt_handle();
                    state.under_way.push(UnderWay {
                        view,
                        number,
                        statement,
                    });
                }
                return Ok(connection);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn is_newest(&self, (view, number): (View, u64)) -> bool {
        self.newest.get(view) == Some(&number)
    }
}

/// A connection that is given back however the question ends, by a panic too.
struct Lent<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
    question: Option<(View, u64)>,
}

impl Lent<'_> {
    fn run<T>(&mut self, f: impl FnOnce(&Connection) -> Result<T, DeskError>) -> Result<T, DeskError> {
        let Some(connection) = &mut self.connection else {
            return Err(DeskError::Overtaken);
        };
        let answer = connection.transaction().map_err(DeskError::from).and_then(|tx| f(&tx));
        let overtaken = |question| !lock(&self.readers.state).is_newest(question);
        match answer {
            // An interrupt between two statements ends none of them: the answer is old all the same.
            _ if self.question.is_some_and(overtaken) => Err(DeskError::Overtaken),
            answer => answer,
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.readers.state);
        if let Some((view, number)) = self.question {
            state.under_way.retain(|under_way| under_way.number != number);
            if state.is_newest((view, number)) {
                state.newest.remove(view);
            }
        }
        if let Some(connection) = self.connection.take() {
            // An interrupt may have hit the end of the transaction itself. From here on none comes.
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            state.free.push(connection);
        }
        self.readers.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{READERS, Readers};
    use crate::clock::Clock;
    use crate::error::DeskError;
    use rusqlite::Connection;
    use std::sync::mpsc;
    use std::thread;

    /// Counts for as long as it is let.
    const ENDLESS: &str = "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";

    fn endless(connection: &Connection) -> Result<i64, DeskError> {
        Ok(connection.query_row(ENDLESS, [], |row| row.get(0))?)
    }

    fn readers() -> (tempfile::TempDir, Readers) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .unwrap();
        let readers = Readers::open(&path, &Clock::default()).unwrap();
        (dir, readers)
    }

    #[test]
    fn a_newer_question_of_a_view_ends_the_older_one_and_no_other() {
        let (_dir, readers) = readers();
        thread::scope(|scope| {
            let (begun, has_begun) = mpsc::channel();
            let ask = |view| {
                let (begun, readers) = (begun.clone(), &readers);
                scope.spawn(move || {
                    readers.read(Some(view), |connection| {
                        begun.send(()).unwrap();
                        endless(connection)
                    })
                })
            };
            let older = ask("list");
            has_begun.recv().unwrap();
            let other = ask("contacts");
            has_begun.recv().unwrap();
            // An interrupt before the statement begins is lost; the next one is not.
            while !older.is_finished() {
                assert_eq!(
                    readers.read(Some("list"), |_| Ok(7)).unwrap(),
                    7,
                    "it has its answer at once"
                );
                thread::yield_now();
            }
            assert!(matches!(older.join().unwrap(), Err(DeskError::Overtaken)));
            assert!(!other.is_finished(), "another view's question goes on");
            while !other.is_finished() {
                readers.read(Some("contacts"), |_| Ok(())).unwrap();
            }
            assert!(matches!(other.join().unwrap(), Err(DeskError::Overtaken)));
        });
        assert_eq!(readers.state.lock().unwrap().free.len(), READERS, "all are given back");
    }

    #[test]
    fn a_question_that_waits_for_a_connection_is_overtaken_too() {
        let (_dir, readers) = readers();
        thread::scope(|scope| {
            let (busy, is_busy) = mpsc::channel();
            let release: Vec<_> = (0..READERS)
                .map(|_| {
                    let (release, wait) = mpsc::channel::<()>();
                    let (busy, readers) = (busy.clone(), &readers);
                    scope.spawn(move || {
                        readers.read(None, |_| {
                            busy.send(()).unwrap();
                            let _ = wait.recv();
                            Ok(())
                        })
                    });
                    release
                })
                .collect();
            (0..READERS).for_each(|_| is_busy.recv().unwrap());
            let ask = || scope.spawn(|| readers.read(Some("list"), |_| Ok(())));
            let older = ask();
            let newer = loop {
                if readers.state.lock().unwrap().newest.contains_key("list") {
                    break ask();
                }
                thread::yield_now();
            };
            assert!(matches!(older.join().unwrap(), Err(DeskError::Overtaken)));
            drop(release);
            assert!(newer.join().unwrap().is_ok(), "the newest is answered");
        });
    }
}

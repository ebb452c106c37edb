//! The safety copy before a step: a whole `desk.db` of the older version, with the rows that nobody can give back. The
//! mirror is the relay's, and most of the file.

use crate::error::DeskError;
use crate::private;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

pub(super) fn copy_of(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.bak"));
    name.into()
}

/// Makes the copy, readable for the owner only, and removes all but the newest two.
pub(super) fn copy(connection: &Connection, path: &Path, version: i64, lasting: &[&str]) -> Result<(), DeskError> {
    let to = copy_of(path, version);
    let part = to.with_extension("part");
    let open = |error: std::io::Error| DeskError::Open {
        path: part.clone(),
        reason: error.to_string(),
    };
    let made = (|| {
        let mut options = private::options();
        options.create(true).truncate(true);
        let file = options.open(&part).map_err(open)?;
        // SQLite takes an empty file for a new database, and so the file has its mode from the beginning.
        fill(connection, path, &part, version, lasting).map_err(|error| DeskError::from(error).at(&part))?;
        file.sync_all().map_err(open)?;
        std::fs::rename(&part, &to).map_err(open)
    })();
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    made?;
    for old in (1..version)
        .rev()
        .map(|v| copy_of(path, v))
        .filter(|old| old.exists())
        .skip(1)
    {
        // One copy too many harms nobody.
        let _ = std::fs::remove_file(old);
    }
    Ok(())
}

fn fill(from: &Connection, path: &Path, part: &Path, version: i64, lasting: &[&str]) -> rusqlite::Result<()> {
    let invalid = |path: &Path| rusqlite::Error::InvalidPath(path.to_owned());
    let mut copy = Connection::open(part)?;
    copy.pragma_update(None, "foreign_keys", false)?;
    copy.execute("ATTACH ?1 AS old", [path.to_str().ok_or_else(|| invalid(path))?])?;
    let tx = copy.transaction()?;
    // Tables first, then what belongs to them; a virtual table makes its own tables.
    let mut all = from.prepare(
        "SELECT sql FROM sqlite_schema s WHERE sql IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM sqlite_schema v
             WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%' AND s.name <> v.name AND s.name GLOB v.name || '_*'
                   AND s.type = 'table' AND s.sql NOT LIKE 'CREATE VIRTUAL TABLE%')
             AND name NOT GLOB 'sqlite_*'
         ORDER BY rowid",
    )?;
    for sql in all.query_map([], |row| row.get::<_, String>(0))? {
        tx.execute_batch(&sql?)?;
    }
    for table in lasting {
        // An older file may lack a table of today.
        let known = "SELECT 1 FROM old.sqlite_schema WHERE type = 'table' AND name = ?1";
        if tx.prepare(known)?.exists(params![table])? {
            tx.execute(&format!("INSERT INTO main.{table} SELECT * FROM old.{table}"), [])?;
        }
    }
    // Not every index is told by triggers.
    let mut indexes =
        tx.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5 %content =%'")?;
    for index in indexes.query_map([], |row| row.get::<_, String>(0))? {
        let index = index?;
        tx.execute(&format!("INSERT INTO {index} ({index}) VALUES ('rebuild')"), [])?;
    }
    drop(indexes);
    tx.pragma_update(None, "user_version", version)?;
    tx.commit()?;
    copy.execute("DETACH old", []).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Schema;
    use super::super::migrate::run;
    use super::copy_of;
    use crate::changes::Counts;
    use crate::error::DeskError;
    use rusqlite::Connection;
    use std::path::Path;

    const FIRST: &[&str] = &[
        "CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE mirror (x);",
        "CREATE VIRTUAL TABLE kept_fts USING fts5 (text, content = 'kept', content_rowid = 'id');
         CREATE TRIGGER kept_put AFTER INSERT ON kept BEGIN
             INSERT INTO kept_fts (rowid, text) VALUES (new.id, new.text);
         END;
         CREATE VIRTUAL TABLE kept_words USING fts5 (text, content = 'kept', content_rowid = 'id');",
    ];

    fn schema(steps: &'static [&'static [&'static str]]) -> Schema {
        Schema {
            steps,
            lasting: &["kept"],
            counts: |_| Ok(Counts::default()),
        }
    }

    fn count(path: &Path, sql: &str) -> i64 {
        Connection::open(path)
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn what_only_an_older_file_has_is_copied_before_a_step_changes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path, &schema(&[FIRST])).unwrap();
        assert!(!copy_of(&path, 1).exists(), "a new file needs no copy");
        connection
            .execute_batch("INSERT INTO kept (text) VALUES ('a note'); INSERT INTO mirror VALUES (1)")
            .unwrap();
        let forgets = schema(&[FIRST, &["DELETE FROM kept"]]);
        std::fs::create_dir(copy_of(&path, 1).with_extension("part")).unwrap();
        let error = run(&mut connection, &path, &forgets).unwrap_err();
        assert!(matches!(error, DeskError::Open { .. }), "{error}");
        assert_eq!(
            count(&path, "SELECT count(*) FROM kept"),
            1,
            "without a copy nothing changes"
        );
        std::fs::remove_dir(copy_of(&path, 1).with_extension("part")).unwrap();
        run(&mut connection, &path, &forgets).unwrap();
        assert_eq!(count(&path, "SELECT count(*) FROM kept"), 0, "the step has run");
        let copy = copy_of(&path, 1);
        assert_eq!(count(&copy, "SELECT user_version FROM pragma_user_version"), 1);
        assert_eq!(
            count(&copy, "SELECT count(*) FROM kept"),
            1,
            "the copy is as it was before"
        );
        for index in ["kept_fts", "kept_words"] {
            let found = format!("SELECT count(*) FROM {index} WHERE {index} MATCH 'note'");
            assert_eq!(count(&copy, &found), 1, "{index}, told by a trigger or not");
        }
        assert_eq!(count(&copy, "SELECT count(*) FROM mirror"), 0, "the relay has it");
        run(
            &mut connection,
            &path,
            &schema(&[FIRST, &["DELETE FROM kept"], &["SELECT 1"]]),
        )
        .unwrap();
        let four = schema(&[FIRST, &["DELETE FROM kept"], &["SELECT 1"], &["SELECT 1"]]);
        run(&mut connection, &path, &four).unwrap();
        let kept: Vec<bool> = (1..4).map(|v| copy_of(&path, v).exists()).collect();
        assert_eq!(kept, [false, true, true], "the newest two are kept");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "and nothing else");
    }
}

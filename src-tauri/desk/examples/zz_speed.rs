#![allow(clippy::print_stdout, missing_docs)]
use std::time::Instant;
fn main() {
    let path = "/tmp/rep-speed.db";
    let fresh = !std::path::Path::new(path).exists();
    let c = rusqlite::Connection::open(path).unwrap();
    if fresh {
        c.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE call (id INTEGER NOT NULL PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, started_ms INTEGER NOT NULL, incoming INTEGER NOT NULL, outcome INTEGER NOT NULL, missed INTEGER NOT NULL, caller INTEGER NOT NULL, line INTEGER, abonent INTEGER, wait_ms INTEGER, talk_ms INTEGER, talked_ms INTEGER) STRICT;
        INSERT INTO call SELECT value, printf('01J%023d', value), value, 1767225600000 + value * 60000, random() & 1, abs(random()) % 10, abs(random())%10=0, abs(random()) % 60000, abs(random()) % 9, abs(random()) % 300, abs(random()) % 30000, abs(random()) % 120000, 1767225600000 + value * 60000 + 5000 FROM generate_series(1, 1000000);
        ").or_else(|_| c.execute_batch("WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value+1 FROM s WHERE value < 1000000) INSERT INTO call SELECT value, printf('01J%023d', value), value, 1767225600000 + value * 60000, random() & 1, abs(random()) % 10, abs(random())%10=0, abs(random()) % 60000, abs(random()) % 9, abs(random()) % 300, abs(random()) % 30000, abs(random()) % 120000, 1767225600000 + value * 60000 + 5000 FROM s")).unwrap();
        c.execute_batch("CREATE INDEX r ON call (started_ms, abonent, incoming, outcome, missed, talk_ms, wait_ms, caller, line, talked_ms)").unwrap();
    }
    let bench = |name: &str, sql: &str, cols: usize| {
        for _ in 0..3 {
            let t = Instant::now();
            let mut s = c.prepare(sql).unwrap();
            let mut rows = s.query([]).unwrap();
            let mut sum = 0i64;
            let mut n = 0;
            while let Some(row) = rows.next().unwrap() {
                for i in 0..cols {
                    if let rusqlite::types::ValueRef::Integer(v) = row.get_ref_unwrap(i) {
                        sum = sum.wrapping_add(v);
                    }
                }
                n += 1;
            }
            println!("{name}: {n} {sum} {:?}", t.elapsed());
        }
    };
    bench(
        "4",
        "SELECT started_ms, abonent, incoming, talk_ms FROM call INDEXED BY r",
        4,
    );
    bench(
        "6",
        "SELECT started_ms, abonent, incoming, outcome, missed, talk_ms FROM call INDEXED BY r",
        6,
    );
    bench(
        "10",
        "SELECT started_ms, abonent, incoming, outcome, missed, talk_ms, wait_ms, caller, line, talked_ms FROM call INDEXED BY r",
        10,
    );
    bench(
        "10get1",
        "SELECT started_ms, abonent, incoming, outcome, missed, talk_ms, wait_ms, caller, line, talked_ms FROM call INDEXED BY r",
        1,
    );
    bench(
        "packed",
        "SELECT started_ms, incoming + 2 * outcome + 32 * missed, abonent + 65536 * line, talk_ms, wait_ms, caller, talked_ms FROM call INDEXED BY r",
        7,
    );
    bench(
        "sum",
        "SELECT sum(started_ms), sum(abonent), sum(talk_ms) FROM call INDEXED BY r",
        3,
    );
    bench(
        "group",
        "SELECT abonent, count(*), sum(incoming), sum(outcome = 3), sum(talk_ms), avg(wait_ms) FROM call INDEXED BY r GROUP BY abonent",
        3,
    );
}

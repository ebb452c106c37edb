//! The journal with 1,000,000 calls and the field to dial in with 200,000 contacts, in the real window: from the question to the
//! picture with its answer. `cargo bench --bench journal_page [-- CALLS NUMBERS CONTACTS]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../../src-tauri/desk/examples/desk_bench/fill.rs"]
mod fill;
#[path = "../harness/mod.rs"]
mod harness;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    linux::run().await;
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("measured on Linux only");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::fill::{STEP_MS, Size, fill};
    use super::harness::app::{data_dir, environment, simulator, subscribed};
    use super::harness::display::Desktop;
    use super::harness::notifications::Notifications;
    use super::harness::window::Window;
    use perezvon_desk::Desk;
    use serde_json::{Value, json};

    const ROUNDS: usize = 4;

    /// What is typed, and what is in the first row of its answer and in none before: families of the demonstration, so that each
    /// answer is another list.
    const SEARCHES: [&str; 8] = [
        "щукин",
        "дубов",
        "жуков",
        "лесков",
        "орлов",
        "морозов",
        "петров",
        "сидоров",
    ];
    const MARKS: [&str; 2] = ["missed", "outgoing"];

    /// Common to all: what is asked is known by the body of the request, which Tauri sends with `fetch`; painted is the task
    /// after the frame with the answer.
    const WATCH: &str = "
        const painted = (is, from, done) => {
            const look = () => {
                if (!is()) return requestAnimationFrame(look);
                requestAnimationFrame(() => setTimeout(() => done(performance.now() - from())));
            };
            look();
        };
        const type = (box, text) => {
            box.value = text;
            box.dispatchEvent(new Event('input', { bubbles: true }));
        };
        if (!window.asked) {
            window.asked = { at: 0 };
            const send = window.fetch;
            window.fetch = (...given) => {
                if (String(given[1]?.body).includes('\"calls.list\"')) window.asked.at = performance.now();
                return send(...given);
            };
        }
        const rows = () => [...document.querySelectorAll('[data-testid=call-row]')];";

    /// A search: the window waits for the end of a word before it asks, so the time begins with the question.
    const SEARCH: &str = "
        const [text, done] = arguments;
        window.asked.at = 0;
        type(document.querySelector('[data-testid=calls-search]'), text);
        const is = () => window.asked.at && rows()[0]?.textContent.toLowerCase().includes(text);
        painted(is, () => window.asked.at, done);";

    /// A mark alone: every row is of it; without it there are others.
    const MARK: &str = "
        const [mark, on, done] = arguments;
        const of = ({ dataset: { outcome } }) =>
            mark === 'missed' ? outcome === 'missed' : outcome !== 'missed' && outcome !== 'answered_by';
        const begun = performance.now();
        document.querySelector(`[data-testid=filter-${mark}] input`).click();
        painted(() => rows().length && rows().every(of) === on, () => begun, done);";

    /// A letter in the field to dial in.
    const DIAL: &str = "
        const [text, done] = arguments;
        const begun = performance.now();
        type(document.querySelector('[data-testid=dial-field]'), text);
        const first = () => document.querySelector('[data-testid=dial-entry]')?.textContent.toLowerCase() ?? '';
        painted(() => first().includes(text), () => begun, done);";

    pub(super) async fn run() {
        let desktop = Desktop::start();
        let _toasts = Notifications::start(&desktop.bus).await;
        let sim = simulator().await;
        filled(&desktop, &sim.options().company.abonents[0].user_id);
        let window = Window::open_with(&desktop, |command| {
            environment(&desktop, &sim, command);
            command.env("PEREZVON_LOG", "warn");
        })
        .await;
        subscribed(&sim).await;
        window.click("nav-calls").await;
        window.text_of("call-row", |_| true).await;
        let (mut searches, mut marks, mut letters) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..=ROUNDS {
            for text in SEARCHES {
                searches.push(time(&window, SEARCH, vec![json!(text)]).await);
            }
        }
        window.fill("calls-search", "").await;
        for _ in 0..=ROUNDS {
            for mark in MARKS {
                for on in [true, false] {
                    marks.push(time(&window, MARK, vec![json!(mark), json!(on)]).await);
                }
            }
        }
        window.click("dial-open").await;
        window.text_of("dial-entry", |_| true).await;
        for _ in 0..=ROUNDS {
            for text in SEARCHES.map(|text| text.chars().take(2).collect::<String>()) {
                letters.push(time(&window, DIAL, vec![json!(text)]).await);
            }
        }
        // The first round is the warm-up.
        told("search", searches.split_off(SEARCHES.len()));
        told("mark", marks.split_off(MARKS.len() * 2));
        told("letter", letters.split_off(SEARCHES.len()));
        window.close().await;
    }

    /// Milliseconds.
    async fn time(window: &Window, script: &str, arguments: Vec<Value>) -> f64 {
        let script = format!("{WATCH}{script}");
        let time = window.client.execute_async(&script, arguments).await.unwrap();
        time.as_f64().unwrap()
    }

    fn told(what: &str, mut times: Vec<f64>) {
        times.sort_by(f64::total_cmp);
        println!("{what}_p50_ms {:.1}", times[times.len() / 2]);
        println!("{what}_p95_ms {:.1}", times[times.len() * 95 / 100]);
    }

    /// The mirror of the abonent whom the demonstration picks; its last call is of this minute.
    fn filled(desktop: &Desktop, abonent: &str) {
        // Cargo adds an option of its own.
        let numbers = std::env::args().skip(1).filter(|one| !one.starts_with('-'));
        let mut size = Size::of(numbers).unwrap();
        size.start_ms = chrono::Utc::now().timestamp_millis() - size.calls as i64 * STEP_MS;
        let desk = Desk::open(&data_dir(desktop)).unwrap();
        fill(&desk, &size, &format!("embedded {abonent}")).unwrap();
        desk.checkpoint().unwrap();
    }
}

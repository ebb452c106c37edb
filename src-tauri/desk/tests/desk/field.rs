//! Events of the field, from the PBX's text to what the desk shows: keypad words for a withheld number, short numbers
//! inside and outside the company, a main number that several people share.

use crate::common::{Bench, ME, buttons, closed, draft, filter, missed, noon, shown, talking, text};
use perezvon_core::call::{Call, Policy, Reader, Target};
use perezvon_core::{CallSnapshot, Number};
use perezvon_desk::DeskError;
use perezvon_desk::toast::{Action, Toast, ToastKey, ToastOp};
use perezvon_desk::view::{CallRow, ContactDraft, ContactNumber};

const ANONYMOUS: &str = include_str!("../field/keypad-anonymous.xml");
const UNAVAILABLE: &str = include_str!("../field/keypad-unavailable.xml");
const OUTSIDE: &str = include_str!("../field/short-outside.xml");
const COLLEAGUE: &str = include_str!("../field/short-colleague.xml");
const SERVICE: &str = include_str!("../field/short-0611.xml");
const MAIN: &str = include_str!("../field/line-main.xml");
const WITH_EXT: &str = include_str!("../field/line-with-ext.xml");
const MOBILE: &str = include_str!("../field/line-mobile.xml");

/// What the relay tells of the call after this event; as `common::ringing`, `version` is also the minute.
fn received(xml: &str, id: &str, version: i64) -> CallSnapshot {
    let mut event = perezvon_pbx::xsi::parse(xml.as_bytes()).unwrap();
    let start = noon().plus((version - 1) * 60_000);
    event.calls[0].start = Some(start);
    let target = Target::of(event.target.as_deref());
    let data = &event.calls[0];
    let mut call = Call::new("main", &Call::key_of(data).unwrap(), start);
    assert!(call.apply(&event, data, &target, start.plus(500), &Policy::default()));
    call.tell(id, version, Reader::AdminOf(ME), &|_| None, &|_| None)
}

fn rows(bench: &Bench, kind: &str, query: &str) -> Vec<CallRow> {
    let filter = filter(kind, query);
    bench.desk.calls(&filter, None, 50).unwrap().rows
}

fn ids(bench: &Bench, kind: &str, query: &str) -> Vec<String> {
    rows(bench, kind, query).into_iter().map(|row| row.id).collect()
}

fn of_call(bench: &Bench, id: &str) -> CallRow {
    bench.desk.call(id, None).unwrap().row
}

fn only(ops: &[ToastOp]) -> Toast {
    let shown = shown(ops);
    assert_eq!(shown.len(), 1, "{ops:?}");
    shown[0].clone()
}

#[test]
fn a_keypad_word_is_a_withheld_number() {
    let bench = Bench::new();
    bench.contact("Лесото", "", &["+7 900 000-00-77"]);
    for (at, xml) in [(1, ANONYMOUS), (10, UNAVAILABLE), (20, ANONYMOUS)] {
        let id = format!("c{at}");
        let call = received(xml, &id, at);
        assert!(call.party.hidden && call.party.number.is_none(), "{:?}", call.party);
        assert_eq!(call.party.display, None, "the raw address stays in the event journal");
        let ring = bench.toast(&call);
        assert_eq!(ring.title, "Номер скрыт");
        let toast = only(&bench.ops(&missed(&call, at + 1)));
        assert_eq!(
            toast.key,
            ToastKey::Missed(id.clone()),
            "not one person with the others"
        );
        assert!(!buttons(&toast).contains(&"Перезвонить"), "{toast:?}");
        let makes_contact = |action: &Action| matches!(action, Action::NewContact { .. } | Action::CallBack { .. });
        assert!(
            !toast.buttons.iter().any(|button| makes_contact(&button.action)),
            "{toast:?}"
        );
        let row = of_call(&bench, &id);
        assert!(
            row.hidden && row.number.is_none() && row.number_key.is_none(),
            "{row:?}"
        );
    }
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        0,
        "nobody can be called back"
    );
    assert!(ids(&bench, "waiting", "").is_empty());
    assert!(ids(&bench, "unregistered", "").is_empty(), "no contact can be made");
    for word in ["+266696687", "tel:+86282452253", "+7378742833"] {
        let saved = bench.desk.save_contact(&draft("Кто-то", "", &[word]));
        assert!(matches!(saved, Err(DeskError::BadNumber)), "{word}");
    }
}

#[test]
fn a_bank_with_a_short_number_is_not_the_colleague_with_these_digits() {
    let bench = Bench::new();
    let colleague = bench.contact("Тестова Анна (коллега)", "", &["900"]);
    bench.contact("Клиент на девятьсот", "", &["+7 900 000-09-00"]);

    let call = received(OUTSIDE, "bank", 1);
    assert_eq!(
        (call.party.number.as_deref(), call.party.internal),
        (Some("900"), false)
    );
    let toast = bench.toast(&call);
    assert_eq!(toast.title, "Неизвестный номер");
    assert!(text(&toast).contains("900"), "{toast:?}");
    assert!(
        !text(&toast).contains("Тестова") && !text(&toast).contains("Клиент"),
        "{toast:?}"
    );
    let row = of_call(&bench, "bank");
    assert_eq!(
        (row.number.as_deref(), row.internal, row.contact_id),
        (Some("900"), false, None)
    );

    let inside = bench.toast(&received(COLLEAGUE, "colleague", 2));
    assert_eq!(inside.title, "Тестова Анна (коллега)");
    assert!(
        !text(&inside).contains("2-й раз"),
        "the bank is another caller: {inside:?}"
    );
    let row = of_call(&bench, "colleague");
    assert_eq!((row.internal, row.contact_id), (true, Some(colleague)));

    bench.ops(&received(SERVICE, "service", 3));
    let row = of_call(&bench, "service");
    assert_eq!((row.number.as_deref(), row.internal), (Some("0611"), false));

    let again = bench.toast(&received(OUTSIDE, "bank again", 4));
    assert!(
        text(&again).contains("2-й раз"),
        "the bank for the second time: {again:?}"
    );
    let found = ids(&bench, "all", "900");
    assert!(
        found.contains(&"bank".to_owned()) && found.contains(&"colleague".to_owned()),
        "{found:?}"
    );
    assert_eq!(
        ids(&bench, "all", "Тестова"),
        ["colleague"],
        "a name finds its own calls"
    );
    assert_eq!(ids(&bench, "unregistered", ""), ["bank again", "service", "bank"]);
    assert_eq!(
        bench.desk.contact(colleague).unwrap().calls.len(),
        1,
        "the card has the colleague's calls alone"
    );
}

#[test]
fn the_queue_keeps_inside_and_outside_apart() {
    let bench = Bench::new();
    bench.contact("Тестова Анна", "", &["900"]);
    let bank = received(OUTSIDE, "bank", 1);
    let colleague = received(COLLEAGUE, "colleague", 2);
    let first = only(&bench.ops(&missed(&bank, 3)));
    let second = only(&bench.ops(&missed(&colleague, 4)));
    assert_eq!(first.key, ToastKey::Missed("short:900".to_owned()));
    assert_eq!(second.key, ToastKey::Missed("900".to_owned()));
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2);
    assert_eq!(ids(&bench, "waiting", ""), ["colleague", "bank"]);

    let ops = bench.ops(&talking(&received(COLLEAGUE, "talk", 5), 6));
    assert_eq!(
        closed(&ops),
        [&second.key],
        "the colleague was talked with, not the bank"
    );
    assert_eq!(ids(&bench, "waiting", ""), ["bank"]);
    assert!(of_call(&bench, "bank").to_call_back);
}

#[test]
fn a_contact_of_a_short_number_outside_is_made_of_its_call() {
    let bench = Bench::new();
    bench.contact("Тестова Анна", "", &["900"]);
    let toast = bench.toast(&received(OUTSIDE, "bank", 1));
    let number = match toast.body_action {
        Some(Action::NewContact { number }) => number,
        other => panic!("{other:?}"),
    };
    let id = bench.contact("Банк", "", &[&number]);
    assert_eq!(of_call(&bench, "bank").contact_id, Some(id));
    let card = bench.desk.contact(id).unwrap();
    assert_eq!(card.numbers[0].display, "900");
    // The form sends what it was given.
    let unchanged = ContactDraft {
        id: Some(id),
        numbers: card.numbers.clone(),
        ..draft("Банк России", "", &[])
    };
    bench.desk.save_contact(&unchanged).unwrap();
    assert_eq!(of_call(&bench, "bank").name.as_deref(), Some("Банк России"));
    // A number that was written anew is read anew: what a person types is inside.
    let rewritten = ContactDraft {
        numbers: vec![ContactNumber {
            display: "0611".to_owned(),
            ..card.numbers[0].clone()
        }],
        ..unchanged
    };
    bench.desk.save_contact(&rewritten).unwrap();
    assert_eq!(bench.desk.contact(id).unwrap().numbers[0].key, "0611");
    assert_eq!(of_call(&bench, "bank").contact_id, None);
    bench.desk.attach_number(id, "short:900", "").unwrap();
    assert_eq!(
        of_call(&bench, "bank").contact_id,
        Some(id),
        "added from the call's panel"
    );
}

fn alpha(bench: &Bench) -> [i64; 3] {
    [
        bench.contact("Альфа, секретарь", "ООО «Тест-Альфа»", &["+7 495 000-00-16"]),
        bench.contact("Бетова Нина", "ООО «Тест-Альфа»", &["+7 495 000-00-16 доб. 12"]),
        bench.contact(
            "Гаммов Олег",
            "ООО «Тест-Альфа»",
            &["8 (495) 000-00-16,,13#", "+7 900 000-01-61"],
        ),
    ]
}

#[test]
fn an_extension_behind_a_number_that_is_to_be_dialled_decides_too() {
    let bench = Bench::new();
    let [_, betova, _] = alpha(&bench);
    let ids = |number: &str| -> Vec<i64> {
        let known = bench.desk.contact_of(&Number::parse(number)).unwrap();
        known.into_iter().map(|contact| contact.id).collect()
    };
    assert_eq!(ids("tel:84950000016,12"), [betova]);
    assert_eq!(ids("+74950000016").len(), 3);
    assert!(ids("Number withheld").is_empty());
}

#[test]
fn a_main_number_is_nobodys_own_and_an_extension_decides() {
    let bench = Bench::new();
    let [_, betova, gammov] = alpha(&bench);
    let toast = bench.toast(&received(MAIN, "main", 1));
    assert_eq!(toast.title, "+7 (495) 000-00-16");
    assert_eq!(toast.lines[0], "возможно: Альфа, секретарь, Бетова Нина, Гаммов Олег");
    assert_eq!(toast.lines[1], "ООО «Тест-Альфа»", "all of them are of it");
    let row = of_call(&bench, "main");
    assert_eq!((row.contact_id, row.candidates.len()), (None, 3));
    assert_eq!(ids(&bench, "all", ""), ["main"], "one row, not one for each of them");

    let toast = bench.toast(&received(WITH_EXT, "betova", 2));
    assert_eq!(toast.title, "Бетова Нина");
    assert!(text(&toast).contains("+7 (495) 000-00-16, доб. 12"), "{toast:?}");
    let row = of_call(&bench, "betova");
    assert_eq!((row.contact_id, row.candidates.len()), (Some(betova), 0));
    assert_eq!(row.number_key.as_deref(), Some("+74950000016;ext=12"));

    bench.ops(&received(MOBILE, "gammov", 3));
    assert_eq!(of_call(&bench, "gammov").contact_id, Some(gammov));
    let by_ext = received(&WITH_EXT.replace("ext=12", "ext=13"), "gammov too", 4);
    bench.ops(&by_ext);
    assert_eq!(of_call(&bench, "gammov too").contact_id, Some(gammov));

    let unknown = bench.toast(&received(&WITH_EXT.replace("ext=12", "ext=99"), "nobody", 5));
    assert_eq!(unknown.title, "+7 (495) 000-00-16, доб. 99", "neither 12 nor 13");
    assert_eq!(of_call(&bench, "nobody").contact_id, None);

    // Another company behind the same number: then the company is not known either.
    bench.contact("Сосед", "ИП Сосед", &["+7 495 000-00-16 доб. 20"]);
    let toast = bench.toast(&received(MAIN, "main again", 6));
    assert!(!text(&toast).contains("Тест-Альфа»"), "{toast:?}");
}

#[test]
fn a_talk_over_the_own_number_leaves_the_main_number_waiting() {
    let bench = Bench::new();
    alpha(&bench);
    let by_main = only(&bench.ops(&missed(&received(MAIN, "main", 1), 2)));
    let by_ext = only(&bench.ops(&missed(&received(&WITH_EXT.replace("ext=12", "ext=13"), "ext", 3), 4)));
    assert_ne!(by_main.key, by_ext.key);
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 2);
    let ops = bench.ops(&talking(&received(MOBILE, "talk", 5), 6));
    assert_eq!(
        closed(&ops),
        [&by_ext.key],
        "the extension is Gammov's, the main number nobody's"
    );
    assert_eq!(ids(&bench, "waiting", ""), ["main"]);
    assert!(of_call(&bench, "main").to_call_back);
}

#[test]
fn a_line_of_one_contact_is_theirs_with_every_extension() {
    let bench = Bench::new();
    let firm = bench.contact("Ромашка", "", &["+7 495 000-00-16", "+7 900 000-01-61"]);
    bench.ops(&missed(&received(MAIN, "main", 1), 2));
    bench.ops(&missed(&received(WITH_EXT, "ext", 3), 4));
    assert_eq!(of_call(&bench, "ext").contact_id, Some(firm));
    assert_eq!(bench.desk.counts().unwrap().to_call_back, 1, "one person");
    assert_eq!(ids(&bench, "waiting", ""), ["ext"], "the newest");
    assert_eq!(bench.desk.contact(firm).unwrap().calls.len(), 2);
    bench.ops(&talking(&received(MOBILE, "talk", 5), 6));
    assert_eq!(
        bench.desk.counts().unwrap().to_call_back,
        0,
        "reached over another number"
    );

    // The line becomes one of two: its calls are nobody's in particular.
    bench.contact("Бетова Нина", "", &["+7 495 000-00-16 доб. 12"]);
    assert_eq!(of_call(&bench, "main").contact_id, None);
    assert_eq!(of_call(&bench, "main").candidates.len(), 2);
    assert_eq!(of_call(&bench, "ext").name.as_deref(), Some("Бетова Нина"));
    assert_eq!(
        ids(&bench, "waiting", ""),
        ["ext", "main"],
        "a talk with Ромашка was none with them"
    );
}

//! Toasts of calls placed here, and toasts that change while they are on the screen.

use crate::common::{
    Bench, IVANOV, STRANGER, buttons, dialled, ended, missed, one_toast, placed, ringing, shown, talking, text, words,
};
use perezvon_core::{Number, Outcome};
use perezvon_desk::Language;
use perezvon_desk::toast::{Action, ToastKey, ToastOp};

#[test]
fn the_progress_of_a_call_back() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let request = "0197-request";
    let first = one_toast(bench.desk.progress_started(request, &Number::parse(IVANOV)).unwrap());
    assert_eq!(
        text(&first),
        "Снимите трубку\nИванов Пётр\n+7 (900) 000-00-99",
        "at once"
    );
    let call = placed("a", 1, IVANOV, request);
    let mut seen = vec![];
    for snapshot in [
        call.clone(),
        dialled(&call, 2),
        talking(&dialled(&call, 2), 3),
        ended(&dialled(&call, 2), 4),
    ] {
        for toast in shown(&bench.ops(&snapshot)) {
            assert_eq!(toast.notification_id, first.notification_id, "in place");
            seen.push(text(toast));
        }
    }
    assert_eq!(
        seen,
        [
            "Набираю Иванов Пётр…\n+7 (900) 000-00-99",
            "Разговор\nИванов Пётр\n+7 (900) 000-00-99",
            "Разговор 03:41\nИванов Пётр\n+7 (900) 000-00-99",
        ],
        "every further step once"
    );
    let again = bench.desk.progress_started(request, &Number::parse(IVANOV)).unwrap();
    assert_eq!(again, [], "a late start does not take the result back");
}

#[test]
fn the_results_of_a_call_back() {
    let bench = Bench::new();
    let results = [
        (Outcome::Rejected, "Занято", "Busy"),
        (Outcome::NoAnswer, "Нет ответа", "No answer"),
        (Outcome::Unreachable, "Недоступен", "Unreachable"),
        (Outcome::Cancelled, "Звонок отменён", "Call cancelled"),
    ];
    let mut version = 1;
    for (outcome, ru, en) in results {
        for (language, words_of) in [(Language::Ru, ru), (Language::En, en)] {
            bench.desk.set_words(words(language));
            version += 3;
            let id = format!("{outcome:?}{language:?}");
            let call = dialled(&placed(&id, version, STRANGER, &id), version + 1);
            bench.ops(&call);
            let mut over = call.clone();
            over.version += 1;
            over.outcome = outcome;
            let toast = bench.toast(&over);
            assert_eq!(text(&toast), format!("{words_of}\n+7 (900) 000-00-98"), "{outcome:?}");
            assert_eq!(
                toast.buttons[0].action,
                Action::CallBack {
                    number: STRANGER.to_owned()
                },
                "once more"
            );
        }
    }
    bench.desk.set_words(words(Language::Ru));
    let call = placed("own", 100, STRANGER, "own");
    let mut over = call.clone();
    over.outcome = Outcome::Cancelled;
    assert_eq!(
        bench.toast(&over).title,
        "Вы не сняли трубку",
        "the own phone was never picked up"
    );
}

#[test]
fn a_call_back_that_failed() {
    let bench = Bench::new();
    let number = Number::parse(IVANOV);
    let table = [
        (
            "call_refused",
            "Звонок не состоялся\n+7 (900) 000-00-99\nАТС отказала в звонке.",
            "Перезвонить",
        ),
        (
            "call_unknown",
            "Звонок не подтверждён\n+7 (900) 000-00-99\nАТС не сообщила, состоялся ли звонок.",
            "Перезвонить",
        ),
        (
            "token_refused",
            "Звонок не состоялся\n+7 (900) 000-00-99\nАТС не приняла токен",
            "Исправить",
        ),
        (
            "relay_unreachable",
            "Звонок не состоялся\n+7 (900) 000-00-99\nНет связи с сервером звонков",
            "Исправить",
        ),
    ];
    for (code, expected, button) in table {
        bench.desk.progress_started(code, &number).unwrap();
        let toast = one_toast(bench.desk.progress_failed(code, &number, code).unwrap());
        assert_eq!(text(&toast), expected, "{code}");
        assert_eq!(buttons(&toast), [button], "{code}");
    }
    bench.desk.progress_started("late", &number).unwrap();
    assert_eq!(
        bench.ops(&placed("a", 1, IVANOV, "late")),
        [],
        "the first snapshot looks the same"
    );
    let ops = bench.desk.progress_failed("late", &number, "timeout").unwrap();
    assert_eq!(ops, [], "the call is on its way after all");
}

#[test]
fn a_late_name_rewrites_what_is_on_the_screen() {
    let bench = Bench::new();
    let request = "r1";
    bench.desk.progress_started(request, &Number::parse(IVANOV)).unwrap();
    let ring = bench.toast(&ringing("a", 1, IVANOV));
    bench.take(&[missed(&ringing("b", 2, STRANGER), 2)]);
    let saved = bench
        .desk
        .save_contact(&crate::common::draft("Иванов Пётр", "", &[IVANOV, STRANGER]))
        .unwrap();
    let texts: Vec<String> = shown(&saved.toasts).into_iter().map(text).collect();
    assert_eq!(
        texts.iter().filter(|text| text.contains("Иванов Пётр")).count(),
        3,
        "ring, missed call and progress name him now: {texts:?}"
    );
    let again = shown(&saved.toasts)
        .into_iter()
        .find(|toast| toast.key == ring.key)
        .unwrap();
    assert_eq!(again.notification_id, ring.notification_id, "in place");
    assert_eq!(
        bench.desk.reidentify(&[IVANOV.to_owned()]).unwrap(),
        [],
        "nothing is left to rewrite"
    );
    let call = bench.desk.call("a", None).unwrap();
    assert_eq!(call.row.name.as_deref(), Some("Иванов Пётр"), "the views name him too");
    let listed = bench.desk.notifications(None, 10).unwrap();
    assert!(
        listed.iter().all(|row| !row.title.contains("еизвестный")),
        "and so does the list: {listed:?}"
    );
}

#[test]
fn without_the_relay_nobody_knows_whether_it_still_rings() {
    let bench = Bench::new();
    bench.ops(&ringing("a", 1, IVANOV));
    bench.take(&[missed(&ringing("b", 2, STRANGER), 2)]);
    let ops = bench.desk.lost_touch().unwrap();
    assert_eq!(
        ops,
        [ToastOp::Close(ToastKey::Call("a".to_owned()))],
        "the ring goes, the missed call stays"
    );
}

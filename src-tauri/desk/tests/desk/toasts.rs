//! From a snapshot to the toast's texts (product 4.2), in both languages.

use crate::common::{
    Bench, IVANOV, STRANGER, answered_by, buttons, closed, ended, missed, one_toast, ringing, shown, talking, text,
    words,
};
use perezvon_core::Outcome;
use perezvon_core::snapshot::LegSnapshot;
use perezvon_desk::Language;
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::{Action, Stay, ToastKey, ToastKind, ToastOp, Urgency};

#[test]
fn what_is_on_the_screen_is_drawn_again_while_somebody_writes() {
    let bench = Bench::new();
    let toast = bench.toast(&missed(&ringing("a", 1, IVANOV), 1));
    let path = bench.dir.path().join("desk.db");
    let writer = rusqlite::Connection::open(path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let again = bench.desk.toasts_again(&[toast.notification_id, 999]).unwrap();
    assert_eq!(again, [ToastOp::Show(toast)], "reading waits for no writer");
}

#[test]
fn a_ring_names_the_caller() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV]);
    let toast = bench.toast(&ringing("a", 1, IVANOV));
    assert_eq!(
        text(&toast),
        "Иванов Пётр\n+7 (900) 000-00-99\nООО «Ромашка» · на линию Отдел продаж",
        "name, number alone, company and line"
    );
    assert_eq!(buttons(&toast), ["Карточка", "Скрыть"], "the default first");
    assert_eq!(
        toast.body_action,
        Some(Action::OpenContact { id }),
        "a click opens the card"
    );
    assert_eq!(toast.key, ToastKey::Call("a".to_owned()), "one toast per call");
    assert_eq!(
        (toast.kind, toast.stay),
        (ToastKind::Incoming, Stay::UntilClosed),
        "while it rings"
    );
    assert_eq!(
        (toast.urgency, toast.category.as_str()),
        (Urgency::Critical, "call.incoming"),
        "a phone rings"
    );
}

#[test]
fn a_ring_in_english() {
    let bench = Bench::new();
    bench.desk.set_words(words(Language::En));
    let mut call = ringing("a", 1, STRANGER);
    call.line.as_mut().unwrap().queue = Some("Support".to_owned());
    let toast = bench.toast(&call);
    assert_eq!(
        text(&toast),
        "Unknown number\n+7 (900) 000-00-98\nqueue Support",
        "a queue is told before the line"
    );
    assert_eq!(buttons(&toast), ["Card", "Hide"], "labels");
    assert_eq!(
        toast.body_action,
        Some(Action::NewContact {
            number: STRANGER.to_owned()
        }),
        "a stranger's card is to be made"
    );
}

#[test]
fn a_ring_tells_how_often_he_called_and_the_last_note() {
    let bench = Bench::new();
    bench.take(&[ended(&ringing("a", 1, IVANOV), 1)]);
    bench.note("a", "Ждёт счёт\nна доставку");
    bench.take(&[missed(&ringing("b", 2, IVANOV), 2)]);
    let toast = bench.toast(&ringing("c", 3, IVANOV));
    assert_eq!(
        text(&toast),
        "Неизвестный номер\n+7 (900) 000-00-99\nна линию Отдел продаж · 3-й раз сегодня · Ждёт счёт на доставку",
        "third call of the day, and the note of the first"
    );
}

#[test]
fn a_hidden_number_cannot_be_called_back() {
    let bench = Bench::new();
    let call = ringing("a", 1, "");
    let ring = bench.toast(&call);
    assert_eq!(text(&ring), "Номер скрыт\nна линию Отдел продаж", "nothing is known");
    let ops = bench.ops(&missed(&call, 2));
    let toast = shown(&ops)[0];
    assert_eq!(
        text(toast),
        "Пропущенный: номер скрыт\n14:32 · ждал 18 с\nна линию Отдел продаж",
        "no number"
    );
    assert_eq!(buttons(toast), ["Карточка"], "nothing to call back");
    assert_eq!(
        toast.key,
        ToastKey::Missed("a".to_owned()),
        "nobody knows whether two hidden callers are one"
    );
}

#[test]
fn an_ambiguous_number_is_no_guess() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    bench.contact("Петрова Анна", "", &[IVANOV]);
    let call = ringing("a", 1, IVANOV);
    let toast = bench.toast(&call);
    assert_eq!(
        text(&toast),
        "+7 (900) 000-00-99\nвозможно: Иванов Пётр, Петрова Анна\nна линию Отдел продаж",
        "both candidates, the number as the headline, once"
    );
    assert_eq!(
        toast.body_action,
        Some(Action::OpenCall { id: "a".to_owned() }),
        "the call, not one of them"
    );
    let ops = bench.ops(&missed(&call, 2));
    assert_eq!(
        text(shown(&ops)[0]),
        "Пропущенный: +7 (900) 000-00-99\nвозможно: Иванов Пётр, Петрова Анна\n14:32 · ждал 18 с\nна линию Отдел продаж",
        "missed"
    );
}

#[test]
fn the_name_of_the_pbx_counts_unless_it_is_the_number() {
    let bench = Bench::new();
    let mut call = ringing("a", 1, "102");
    call.party.name = Some("Сидорова Ольга".to_owned());
    assert_eq!(
        text(&bench.toast(&call)),
        "Сидорова Ольга\n102\nна линию Отдел продаж",
        "a colleague"
    );
    let mut call = ringing("b", 2, IVANOV);
    call.party.name = Some("9000000099".to_owned());
    assert_eq!(
        text(&bench.toast(&call)),
        "Неизвестный номер\n+7 (900) 000-00-99\nна линию Отдел продаж",
        "the number is not told twice"
    );
}

#[test]
fn a_name_cannot_hide_or_imitate_the_number() {
    let bench = Bench::new();
    let zalgo: String = "Тест"
        .chars()
        .flat_map(|c| std::iter::once(c).chain(['\u{336}'; 40]))
        .collect();
    let names = [
        "Служба безопасности\r\n+7 495 000-00-00\n\n\n\u{2028}\u{85}".to_owned(),
        "<b>Тест</b> <a href=\"http://192.0.2.1\">жми</a> &amp; Ко".to_owned(),
        "Я".repeat(100_000),
        "слово ".repeat(1_000),
        zalgo,
    ];
    for (n, name) in names.iter().enumerate() {
        let mut call = ringing(&n.to_string(), 10 * n as i64 + 1, IVANOV);
        call.party.name = Some(name.clone());
        call.line.as_mut().unwrap().name = Some(name.clone());
        let mut shown = vec![bench.toast(&call)];
        shown.push(bench.toast(&answered_by(&call, 10 * n as i64 + 2, name)));
        let mut other = ringing(&format!("m{n}"), 10 * n as i64 + 3, STRANGER);
        other.party.name = Some(name.clone());
        bench.ops(&other);
        let ops = bench.ops(&missed(&other, 10 * n as i64 + 4));
        shown.extend(ops.iter().filter_map(|op| match op {
            ToastOp::Show(toast) => Some(toast.clone()),
            ToastOp::Close(_) => None,
        }));
        assert_eq!(shown.len(), 3, "{name:.40}: ring, answer, missed");
        for toast in shown {
            let number = if toast.key == ToastKey::Missed(STRANGER.to_owned()) {
                "+7 (900) 000-00-98"
            } else {
                "+7 (900) 000-00-99"
            };
            assert!(
                toast.lines.iter().any(|line| line == number),
                "{name:.40}: {}",
                text(&toast)
            );
            assert!(toast.lines.len() <= 3, "title and three lines: {}", text(&toast));
            for line in std::iter::once(&toast.title).chain(&toast.lines) {
                assert!(
                    line.chars().count() <= 200 && !line.contains(['\n', '\r', '\u{2028}', '\u{85}']),
                    "{line:?}"
                );
                assert_ne!(line.trim(), "+7 495 000-00-00");
            }
        }
    }
}

#[test]
fn answered_by_a_colleague_replaces_the_ring_in_place() {
    let bench = Bench::new();
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let call = ringing("a", 1, IVANOV);
    let ring = bench.toast(&call);
    let toast = bench.toast(&answered_by(&call, 2, "Сидорова Ольга Петровна"));
    assert_eq!(
        text(&toast),
        "Ответил: Сидорова О.\nИванов Пётр\n+7 (900) 000-00-99",
        "who answered whom"
    );
    assert_eq!(
        (&toast.key, toast.notification_id),
        (&ring.key, ring.notification_id),
        "the same toast"
    );
    assert_eq!(
        (toast.stay, toast.urgency),
        (Stay::Seconds(4), Urgency::Low),
        "quiet and short"
    );
    let counts = bench.desk.counts().unwrap();
    assert_eq!((counts.unseen, counts.to_call_back), (0, 0), "never in the badge");

    bench.desk.set_words(words(Language::En));
    let call = ringing("b", 3, STRANGER);
    bench.ops(&call);
    let toast = bench.toast(&answered_by(&call, 4, "Smith"));
    assert_eq!(
        text(&toast),
        "Answered by Smith\n+7 (900) 000-00-98",
        "English, a stranger"
    );
}

#[test]
fn a_missed_call() {
    let bench = Bench::new();
    let id = bench.contact("Иванов Пётр", "ООО «Ромашка»", &[IVANOV]);
    let call = ringing("a", 1, IVANOV);
    bench.ops(&call);
    let mut over = missed(&call, 2);
    let colleague = |name: &str, personality: &str, system| LegSnapshot {
        name: Some(name.to_owned()),
        personality: Some(personality.to_owned()),
        system,
        ..LegSnapshot::default()
    };
    over.legs.extend([
        colleague("Сидорова Ольга", "Terminator", false),
        colleague("Продажи", "Terminator", true),
        colleague("Звонящий Коллега", "Originator", false),
    ]);
    let ops = bench.ops(&over);
    assert_eq!(closed(&ops), [&ToastKey::Call("a".to_owned())], "the ring ends");
    let toast = shown(&ops)[0];
    assert_eq!(
        text(toast),
        "Пропущенный: Иванов Пётр\n+7 (900) 000-00-99\n14:32 · ждал 18 с\nна линию Отдел продаж · также не ответили: Сидорова О.",
        "who, when, how long, which line, who else; neither the hunt group nor the caller's own leg"
    );
    assert_eq!(
        buttons(toast),
        ["Перезвонить", "Напомнить через час", "Карточка"],
        "call back first"
    );
    assert_eq!(
        toast.buttons[0].action,
        Action::CallBack {
            number: IVANOV.to_owned()
        },
        "his number"
    );
    assert_eq!(toast.buttons[2].action, Action::OpenContact { id }, "his card");
    assert_eq!(
        toast.body_action,
        Some(Action::OpenCall { id: "a".to_owned() }),
        "the call"
    );
    assert_eq!(
        (toast.stay, toast.category.as_str()),
        (Stay::UntilClosed, "call.unanswered"),
        "until dealt with"
    );

    bench.desk.set_words(words(Language::En));
    let call = ringing("b", 3, STRANGER);
    let mut over = missed(&call, 3);
    over.wait_ms = Some(80_000);
    assert_eq!(
        text(&bench.toast(&over)),
        "Missed: unknown number\n+7 (900) 000-00-98\n14:34 · waited 1 min 20 s\nto line Отдел продаж",
        "English, a stranger"
    );
}

#[test]
fn a_registered_document() {
    let mut bench = Bench::new();
    bench.preferences.document_toast = true;
    bench.contact("Иванов Пётр", "", &[IVANOV]);
    let call = ringing("a", 1, IVANOV);
    bench.take(&[call.clone(), talking(&call, 2)]);
    let toast = bench.toast(&ended(&call, 3));
    assert_eq!(
        text(&toast),
        "Телефонный звонок № 000000001\nИванов Пётр · входящий · 03:41\n+7 (900) 000-00-99",
        "number of the document; name, direction, duration; number"
    );
    assert_eq!(buttons(&toast), ["Открыть", "Перезвонить"], "open first");
    assert_eq!(toast.body_action, Some(Action::OpenDocument { id: 1 }), "the document");
    assert_eq!(toast.stay, Stay::Seconds(6), "short");

    bench.desk.set_words(words(Language::En));
    let mut call = ringing("b", 4, STRANGER);
    call.direction = perezvon_core::Direction::Outgoing;
    call.outcome = Outcome::NoAnswer;
    assert_eq!(
        text(&bench.toast(&call)),
        "Phone call No. 000000002\n+7 (900) 000-00-98 · outgoing · no answer",
        "English, a stranger, no conversation"
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn one_trouble_until_it_is_mended() {
    let bench = Bench::new();
    let codes = [
        ("no_token", "Нет токена АТС", "No PBX token", "connection"),
        (
            "token_refused",
            "АТС не приняла токен",
            "The PBX refused the token",
            "connection",
        ),
        (
            "pbx_unreachable",
            "АТС недоступна",
            "The PBX cannot be reached",
            "check",
        ),
        (
            "pbx_unavailable",
            "АТС временно не отвечает",
            "The PBX is temporarily unavailable",
            "check",
        ),
        ("no_public_url", "Звонки не приходят", "Calls do not arrive", "address"),
        (
            "subscription_refused",
            "Подписка не продлена",
            "The subscription was not renewed",
            "address",
        ),
        ("no_me", "Не выбран абонент", "No PBX user chosen", "me"),
        (
            "relay_unreachable",
            "Нет связи с сервером звонков",
            "The call server cannot be reached",
            "connection",
        ),
        (
            "key_refused",
            "Сервер звонков не принял ключ",
            "The call server refused the key",
            "connection",
        ),
        ("port_in_use", "Порт занят", "The port is in use", "address"),
        ("disk_full", "Нет места на диске", "The disk is full", "check"),
        (
            "data_folder",
            "База звонков не открывается",
            "The call database cannot be opened",
            "check",
        ),
        (
            "database_damaged",
            "База звонков повреждена",
            "The call database is damaged",
            "check",
        ),
        (
            "no_notifications",
            "Уведомления не показываются",
            "Notifications are not shown",
            "notifications",
        ),
        (
            "keyring_locked",
            "Хранилище паролей закрыто",
            "The keyring is locked",
            "connection",
        ),
    ];
    for (code, ru, en, section) in codes {
        bench.desk.set_words(words(Language::Ru));
        let toast = one_toast(bench.desk.trouble(Some(code)).unwrap());
        assert_eq!(
            (toast.title.as_str(), toast.lines.len()),
            (ru, 1),
            "{code}: title and cause"
        );
        assert_eq!(buttons(&toast), ["Исправить"], "{code}");
        assert_eq!(
            toast.body_action,
            Some(Action::OpenSettings {
                section: section.to_owned()
            }),
            "{code}"
        );
        assert_eq!(bench.desk.trouble(Some(code)).unwrap(), [], "{code} again is no news");
        bench.desk.set_words(words(Language::En));
        assert_eq!(
            one_toast(bench.desk.trouble(Some(code)).unwrap()).title,
            en,
            "{code} in English"
        );
    }
    assert_eq!(
        bench.desk.trouble(None).unwrap(),
        [ToastOp::Close(ToastKey::Trouble)],
        "mended"
    );
    assert_eq!(bench.desk.trouble(None).unwrap(), [], "mended already");

    let toast = one_toast(bench.desk.trouble(Some("no_token")).unwrap());
    bench
        .desk
        .note_toast(toast.notification_id, ToastState::Dismissed)
        .unwrap();
    assert_eq!(
        bench.desk.trouble(Some("no_token")).unwrap(),
        [],
        "he closed it: not again"
    );
    assert_eq!(
        bench.desk.trouble(Some("disk_full")).unwrap().len(),
        1,
        "another one is news"
    );
    bench.desk.trouble(None).unwrap();
    assert_eq!(
        bench.desk.trouble(Some("no_token")).unwrap().len(),
        1,
        "it came again after it was mended"
    );
}

#[test]
fn a_ring_that_the_user_closed_does_not_come_back() {
    let bench = Bench::new();
    let call = ringing("a", 1, IVANOV);
    let toast = bench.toast(&call);
    bench
        .desk
        .note_toast(toast.notification_id, ToastState::Dismissed)
        .unwrap();
    let mut named = call.clone();
    named.version = 2;
    named.party.name = Some("Иванов".to_owned());
    assert_eq!(bench.ops(&named), [], "the ring is not rewritten");
    assert_eq!(
        bench.ops(&answered_by(&call, 3, "Петров П.")),
        [],
        "nor turned into the next kind"
    );
}

//! The tray's words.

use super::TrayState;
use crate::ipc::Level;
use perezvon_desk::Language;
use perezvon_desk::relay_client::ForwardTo;

/// The text of a fixed entry.
pub(super) fn entry(id: &str, state: &TrayState) -> String {
    let (ru, en) = match id {
        "tray-status" => return status(state),
        "tray-forwarding" => return forwarding(state),
        "tray-dial" => ("Позвонить…", "Call…"),
        "tray-calls" => ("Журнал", "Call log"),
        "tray-contacts" => ("Контакты", "Contacts"),
        "tray-notifications" => ("Уведомления", "Notifications"),
        "tray-settings" => ("Настройки", "Settings"),
        "tray-check" => ("Проверить сервис", "Check the service"),
        _ => ("Выход", "Quit"),
    };
    choose(state.language, ru, en).to_owned()
}

/// «Перезвонить: Иванов Пётр +7…». A menu reads `&` as the mark of a key.
pub(super) fn call_back(caller: &str, language: Language) -> String {
    format!(
        "{}: {}",
        choose(language, "Перезвонить", "Call back"),
        caller.replace('&', "&&")
    )
}

/// «Перезвон: готов · 2 ждут звонка», and below it where one's calls go, if not to one's telephone.
pub(super) fn tooltip(state: &TrayState) -> String {
    let status = format!("{}: {}", choose(state.language, "Перезвон", "Perezvon"), status(state));
    match state.forwarded {
        Some(_) => format!("{status}\n{}", forwarding(state)),
        None => status,
    }
}

/// «Переадресация: на +7 …».
fn forwarding(state: &TrayState) -> String {
    let word = choose(state.language, "Переадресация", "Call forwarding");
    match state.forwarded.as_ref().map(ForwardTo::number) {
        None => format!("{word}…"),
        Some(Some(number)) => format!("{word}: {} {number}", choose(state.language, "на", "to")),
        Some(None) => format!("{word}: {}", choose(state.language, "включена", "on")),
    }
}

fn status(state: &TrayState) -> String {
    let (ru, en) = match (state.ringing, state.level) {
        (_, Level::Off) => ("не работает", "not working"),
        (true, _) => ("входящий звонок", "incoming call"),
        (false, Level::Ready) => ("готов", "ready"),
        (false, Level::Degraded) => ("есть неполадка", "there is a problem"),
    };
    let status = choose(state.language, ru, en);
    match (state.waiting, state.language) {
        (0, _) => status.to_owned(),
        (n, Language::Ru) if n % 10 == 1 && n % 100 != 11 => format!("{status} · {n} ждёт звонка"),
        (n, Language::Ru) => format!("{status} · {n} ждут звонка"),
        (n, Language::En) => format!("{status} · {n} to call back"),
    }
}

/// That there is no place for the icon, and what to do about it.
pub(super) fn no_place(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Ru => (
            "Перезвон работает без значка",
            "На этом рабочем столе нет места для значков. Закрытое окно вернёт второй запуск программы.",
        ),
        Language::En => (
            "Perezvon works without an icon",
            "This desktop has no place for icons. Starting the program again brings a closed window back.",
        ),
    }
}

fn choose<'a>(language: Language, ru: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Ru => ru,
        Language::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tooltip_tells_state_and_waiting_callers() {
        let of = |level, ringing, waiting, language| {
            tooltip(&TrayState {
                level,
                ringing,
                waiting,
                language,
                ..TrayState::default()
            })
        };
        assert_eq!(
            of(Level::Ready, false, 2, Language::Ru),
            "Перезвон: готов · 2 ждут звонка"
        );
        assert_eq!(
            of(Level::Ready, false, 21, Language::Ru),
            "Перезвон: готов · 21 ждёт звонка"
        );
        assert_eq!(
            of(Level::Off, false, 11, Language::Ru),
            "Перезвон: не работает · 11 ждут звонка"
        );
        assert_eq!(of(Level::Degraded, false, 0, Language::Ru), "Перезвон: есть неполадка");
        assert_eq!(
            of(Level::Degraded, true, 1, Language::En),
            "Perezvon: incoming call · 1 to call back"
        );
        assert_eq!(
            of(Level::Off, true, 0, Language::En),
            "Perezvon: not working",
            "a ring of which nobody can tell the end hides no trouble"
        );
    }

    #[test]
    fn the_menu_and_the_tooltip_tell_where_calls_go() {
        let of = |forwarded: Option<ForwardTo>, language| {
            let state = TrayState {
                forwarded,
                language,
                ..TrayState::default()
            };
            (entry("tray-forwarding", &state), tooltip(&state))
        };
        let to = |all: &str, busy: &str| ForwardTo {
            all: Some(all.to_owned()).filter(|number| !number.is_empty()),
            busy: Some(busy.to_owned()).filter(|number| !number.is_empty()),
            unavailable: Some("103".to_owned()).filter(|_| all.is_empty()),
            ..ForwardTo::default()
        };
        let (off, tooltip) = of(None, Language::Ru);
        assert_eq!(off, "Переадресация…");
        assert!(!tooltip.contains("Переадресация"), "{tooltip}");
        let (one, tooltip) = of(Some(to("+7 (900) 000-00-77", "")), Language::Ru);
        assert_eq!(one, "Переадресация: на +7 (900) 000-00-77");
        assert!(tooltip.ends_with("\nПереадресация: на +7 (900) 000-00-77"), "{tooltip}");
        assert_eq!(of(Some(to("", "102")), Language::En).0, "Call forwarding: on");
    }

    #[test]
    fn a_name_with_an_ampersand_stays_whole() {
        assert_eq!(
            call_back("Рога & Копыта 101", Language::Ru),
            "Перезвонить: Рога && Копыта 101"
        );
    }
}

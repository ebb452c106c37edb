//! The texts of troubles, and the settings' section where each is fixed.

type Pair = (&'static str, &'static str);

/// Codes of what can be wrong with the service; every one has words here and in the window.
pub const TROUBLES: &[&str] = &[
    "no_token",
    "token_refused",
    "pbx_unreachable",
    "pbx_unavailable",
    "no_public_url",
    "polling",
    "events_silent",
    "subscription_refused",
    "no_me",
    "relay_unreachable",
    "key_refused",
    "port_in_use",
    "disk_full",
    "data_folder",
    "database_damaged",
    "no_notifications",
    "keyring_locked",
];

/// Russian and English title and cause, and the settings' section where it is mended.
#[expect(clippy::too_many_lines, reason = "a table of texts")]
pub(super) fn trouble(code: &str) -> (Pair, Pair, &'static str) {
    match code {
        "no_token" => (
            ("Нет токена АТС", "Вставьте токен из личного кабинета."),
            ("No PBX token", "Paste the token from the customer portal."),
            "connection",
        ),
        "token_refused" => (
            ("АТС не приняла токен", "Токен отозван или введён с ошибкой."),
            ("The PBX refused the token", "The token was revoked or mistyped."),
            "connection",
        ),
        "pbx_unreachable" => (
            ("АТС недоступна", "Нет связи с сервером АТС. Проверьте интернет."),
            (
                "The PBX cannot be reached",
                "No connection to the PBX. Check the internet.",
            ),
            "check",
        ),
        "pbx_unavailable" => (
            (
                "АТС временно не отвечает",
                "Сервер АТС сообщил об ошибке. Мы пробуем снова.",
            ),
            (
                "The PBX is temporarily unavailable",
                "The PBX reported an error. We keep trying.",
            ),
            "check",
        ),
        "no_public_url" => (
            ("Звонки не приходят", "Не указан адрес приёма событий."),
            ("Calls do not arrive", "The address for events is not set."),
            "address",
        ),
        "polling" => (
            (
                "Звонки приходят с опозданием",
                "Не указан адрес приёма событий: всплывающих уведомлений о входящих нет.",
            ),
            (
                "Calls arrive late",
                "The address for events is not set: incoming calls do not pop up.",
            ),
            "address",
        ),
        "events_silent" => (
            (
                "Звонки не приходят",
                "Подписка действует, но АТС не достаёт до адреса приёма событий.",
            ),
            (
                "Calls do not arrive",
                "The subscription is in force, but the PBX does not reach the address for events.",
            ),
            "check",
        ),
        "subscription_refused" | "subscription" => (
            ("Подписка не продлена", "АТС отказала в подписке на события."),
            (
                "The subscription was not renewed",
                "The PBX refused the event subscription.",
            ),
            "check",
        ),
        "no_me" => (
            ("Не выбран абонент", "Укажите, кто вы среди абонентов АТС."),
            ("No PBX user chosen", "Say who you are among the PBX users."),
            "me",
        ),
        "relay_unreachable" => (
            ("Нет связи с сервером звонков", "Сервер не отвечает. Мы пробуем снова."),
            (
                "The call server cannot be reached",
                "The server does not answer. We keep trying.",
            ),
            "connection",
        ),
        "key_refused" => (
            (
                "Сервер звонков не принял ключ",
                "Ключ отозван. Попросите у администратора новый.",
            ),
            (
                "The call server refused the key",
                "The key was revoked. Ask the administrator for a new one.",
            ),
            "connection",
        ),
        "port_in_use" => (
            ("Порт занят", "Адрес приёма событий занят другой программой."),
            ("The port is in use", "Another program uses the address for events."),
            "address",
        ),
        "disk_full" => (
            ("Нет места на диске", "Звонки не сохраняются. Освободите место."),
            ("The disk is full", "Calls are not stored. Free some space."),
            "check",
        ),
        "data_folder" => (
            (
                "База звонков не открывается",
                "Папка данных должна быть на локальном диске, не в сети, и доступна для записи.",
            ),
            (
                "The call database cannot be opened",
                "The data folder must be on a local disk, not on a network drive, and writable.",
            ),
            "check",
        ),
        "database_damaged" => (
            (
                "База звонков повреждена",
                "Файл сохранён. Подробности — в проверке сервиса.",
            ),
            (
                "The call database is damaged",
                "The file was kept. See the service check.",
            ),
            "check",
        ),
        "no_notifications" => (
            ("Уведомления не показываются", "В системе нет сервера уведомлений."),
            ("Notifications are not shown", "The system has no notification server."),
            "notifications",
        ),
        "keyring_locked" => (
            ("Хранилище паролей закрыто", "Откройте его, чтобы прочитать токен."),
            ("The keyring is locked", "Unlock it so that the token can be read."),
            "connection",
        ),
        "bad_number" => (
            ("Звонок не состоялся", "Такой номер нельзя набрать."),
            ("The call was not placed", "This number cannot be dialled."),
            "check",
        ),
        "call_refused" => (
            ("Звонок не состоялся", "АТС отказала в звонке."),
            ("The call was not placed", "The PBX refused the call."),
            "check",
        ),
        "call_unknown" | "timeout" => (
            ("Звонок не подтверждён", "АТС не сообщила, состоялся ли звонок."),
            (
                "The call is not confirmed",
                "The PBX did not say whether the call was placed.",
            ),
            "check",
        ),
        _ => (
            ("Сервис работает с ошибкой", "Подробности — в проверке сервиса."),
            ("The service has a problem", "See the service check."),
            "check",
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{TROUBLES, trouble};
    use std::path::Path;

    #[test]
    fn every_trouble_has_words_of_its_own_in_both_languages() {
        let other = trouble("no such code").0;
        for code in TROUBLES {
            let (ru, en, _) = trouble(code);
            assert_ne!(ru, other, "{code} has words of its own");
            for text in [ru.0, ru.1, en.0, en.1] {
                assert!(!text.is_empty() && !text.contains('!'), "{code}: {text}");
            }
        }
    }

    #[test]
    fn the_window_knows_the_same_troubles() {
        let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/i18n");
        for language in ["ru", "en"] {
            let file = words.join(format!("{language}.troubles.ts"));
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let begin = text.find("export const troubles").unwrap();
            let end = text.find("export const failures").unwrap();
            let known: Vec<&str> = text[begin..end]
                .lines()
                .filter_map(|line| line.strip_prefix("  ")?.split_once(": {").map(|(code, _)| code))
                .filter(|code| !code.starts_with(' '))
                .collect();
            for code in TROUBLES {
                assert!(known.contains(code), "{language}: {code} has words in the window");
            }
            // No toast tells of a start, nor that toasts are muted.
            for code in known.iter().filter(|code| !["starting", "quiet"].contains(code)) {
                assert!(TROUBLES.contains(code), "{language}: the desk has words for {code}");
            }
        }
    }
}

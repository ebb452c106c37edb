//! What can be wrong, in one sentence for a person, and what to do about it, in another. The codes are stable: journals,
//! the window and the desk know them.

/// A cause by its code.
#[derive(Debug)]
pub(crate) struct Cause {
    pub(crate) code: &'static str,
    pub(crate) ru: &'static str,
    pub(crate) en: &'static str,
    pub(crate) fix_ru: &'static str,
    pub(crate) fix_en: &'static str,
}

const fn cause(
    code: &'static str,
    ru: &'static str,
    fix_ru: &'static str,
    en: &'static str,
    fix_en: &'static str,
) -> Cause {
    Cause {
        code,
        ru,
        en,
        fix_ru,
        fix_en,
    }
}

/// For a code that nobody described.
static UNKNOWN: Cause = cause(
    "unexpected",
    "Проверка закончилась неожиданно",
    "Повторите проверку; если не поможет, посмотрите журнал сервера.",
    "The check ended unexpectedly",
    "Run it again; if that does not help, look into the server's log.",
);

/// The cause behind a code.
pub(crate) fn of(code: &str) -> &'static Cause {
    CAUSES.iter().find(|cause| cause.code == code).unwrap_or(&UNKNOWN)
}

/// Codes of the keeper's and the checks' causes, for whoever has words of his own for them.
pub fn cause_codes() -> impl Iterator<Item = &'static str> {
    CAUSES.iter().map(|cause| cause.code)
}

static CAUSES: &[Cause] = &[
    // What the PBX's client tells (perezvon_pbx::rest::PortalError::code).
    cause(
        "pbx_unauthorized",
        "АТС не принимает токен",
        "Создайте новый токен в кабинете АТС, «Интеграция по API», и вставьте его в настройках.",
        "The PBX does not accept the token",
        "Make a new token in the PBX's cabinet (\"Интеграция по API\") and paste it in the settings.",
    ),
    cause(
        "pbx_refused",
        "АТС отказала",
        "Проверьте права токена и публичный адрес; если не поможет, обратитесь в поддержку АТС.",
        "The PBX refused",
        "Check the token's rights and the public address; if that does not help, ask the PBX's support.",
    ),
    cause(
        "pbx_not_json",
        "Вместо АТС отвечает что-то другое (страница, а не данные)",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте прокси и адрес АТС.",
        "Something else than the PBX's interface answers (a page, not data)",
        "Wait: requests are repeated by themselves. If it lasts, check the proxy and the PBX's address.",
    ),
    cause(
        "pbx_unavailable",
        "АТС временно не работает",
        "Подождите: запросы повторяются сами. Если сбой длится, обратитесь в поддержку АТС.",
        "The PBX is out of order for now",
        "Wait: requests are repeated by themselves. If it lasts, ask the PBX's support.",
    ),
    cause(
        "pbx_timeout",
        "АТС не ответила вовремя",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте канал в интернет.",
        "The PBX did not answer in time",
        "Wait: requests are repeated by themselves. If it lasts, check the connection to the internet.",
    ),
    cause(
        "pbx_unreachable_dns",
        "Имя сервера АТС не находится",
        "Проверьте подключение к сети и серверы имён (DNS).",
        "The name of the PBX's server cannot be found",
        "Check the network and the name servers (DNS).",
    ),
    cause(
        "pbx_unreachable_refused",
        "Сервер АТС не принимает соединение",
        "Проверьте адрес АТС и межсетевой экран.",
        "The PBX's server takes no connection",
        "Check the PBX's address and the firewall.",
    ),
    cause(
        "pbx_unreachable_tls",
        "Защищённое соединение с АТС не установлено: сертификат не принят",
        "Проверьте часы компьютера и программы, которые вскрывают HTTPS.",
        "No secure connection to the PBX: its certificate is not accepted",
        "Check the computer's clock and programs that intercept HTTPS.",
    ),
    cause(
        "pbx_unreachable_silent",
        "Сервер АТС не отвечает на попытку соединиться",
        "Проверьте подключение к интернету и межсетевой экран.",
        "The PBX's server does not answer when connecting",
        "Check the internet connection and the firewall.",
    ),
    cause(
        "pbx_unreachable",
        "Нет связи с АТС",
        "Проверьте подключение к интернету.",
        "There is no connection to the PBX",
        "Check the internet connection.",
    ),
    cause(
        "pbx_connection_broken",
        "Связь с АТС оборвалась посреди ответа",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте канал в интернет.",
        "The connection to the PBX broke in the middle of an answer",
        "Wait: requests are repeated by themselves. If it lasts, check the connection to the internet.",
    ),
    cause(
        "pbx_too_large",
        "Ответ АТС слишком длинный",
        "Обратитесь к разработчикам: такой ответ не ожидался.",
        "The PBX's answer is too long",
        "Tell the developers: such an answer was not expected.",
    ),
    cause(
        "pbx_invalid_argument",
        "Запрос к АТС составить нельзя",
        "Проверьте адрес АТС в настройках сервера.",
        "A request to the PBX cannot be made",
        "Check the PBX's address in the server's configuration.",
    ),
    cause(
        "pbx_outcome_unknown",
        "АТС не сообщила, выполнен ли запрос",
        "Проверьте исход в кабинете АТС, прежде чем повторять.",
        "The PBX did not say whether the request was carried out",
        "Look in the PBX's cabinet before trying again.",
    ),
    // The keeper's own.
    cause(
        "ledger",
        "Подписки нельзя записать: база не пишется",
        "Освободите место на диске; запись возобновится сама.",
        "The subscriptions cannot be stored: the database takes no changes",
        "Free some disk space; storing goes on by itself.",
    ),
    cause(
        "subscription_ended",
        "АТС снова и снова прекращает подписку сразу после оформления",
        "Проверьте, что публичный адрес доступен снаружи и отвечает.",
        "The PBX ends the subscription again and again as soon as it is made",
        "See that the public address can be reached from outside and answers.",
    ),
    cause(
        "events_silent",
        "Подписка действует, в статистике АТС есть звонки, а события не приходят",
        "Проверьте переадресацию порта, межсетевой экран и публичный адрес.",
        "The subscription is in force and the PBX's statistics list calls, but no events come",
        "Check the port forwarding, the firewall and the public address.",
    ),
    // The checks' own.
    cause(
        "no_token",
        "Токен не задан",
        "Создайте токен в кабинете АТС, «Интеграция по API» → «Создать токен», и вставьте его в настройках.",
        "There is no token",
        "Make one in the PBX's cabinet (\"Интеграция по API\") and paste it in the settings.",
    ),
    cause(
        "no_public_url",
        "Не задан адрес, на который АТС присылает события",
        "Укажите публичный адрес в настройках; без него звонки появляются с опозданием или не появляются.",
        "The address to which the PBX posts events is not set",
        "Enter the public address in the settings; without it calls appear late or not at all.",
    ),
    cause(
        "clock_wrong",
        "Часы компьютера показывают неверное время",
        "Включите автоматическую установку времени в системе.",
        "The computer's clock is wrong",
        "Turn on automatic time in the system.",
    ),
    cause(
        "clock_off",
        "Часы компьютера расходятся с часами АТС",
        "Включите автоматическую установку времени в системе.",
        "The computer's clock differs from the PBX's",
        "Turn on automatic time in the system.",
    ),
    cause(
        "name_not_found",
        "Имя сервера не находится",
        "Проверьте подключение к сети и серверы имён (DNS).",
        "The server's name cannot be found",
        "Check the network and the name servers (DNS).",
    ),
    cause(
        "certificate_ends",
        "Сертификат скоро закончится",
        "Продлите сертификат публичного адреса; если он принадлежит АТС, обратитесь в её поддержку.",
        "A certificate runs out soon",
        "Renew the public address's certificate; if it is the PBX's, ask its support.",
    ),
    cause(
        "no_abonents",
        "АТС приняла токен, но абонентов не сообщила",
        "Проверьте в кабинете АТС, что абоненты заведены и токен создан для этой компании.",
        "The PBX accepts the token but tells no abonents",
        "See in the PBX's cabinet that there are abonents and that the token is of this company.",
    ),
    cause(
        "rights_missing",
        "АТС не даёт читать часть данных",
        "Проверьте в кабинете АТС, что услуги «Статистика» и «Запись разговоров» подключены.",
        "The PBX does not let some of the data be read",
        "See in the PBX's cabinet that statistics and recording are among the services.",
    ),
    cause(
        "callback_wrong",
        "По публичному адресу отвечает кто-то другой",
        "Проверьте адрес и то, куда ведёт прокси или переадресация порта.",
        "Something else answers at the public address",
        "Check the address and where the proxy or the port forwarding leads.",
    ),
    cause(
        "callback_timeout",
        "Публичный адрес не ответил вовремя",
        "Проверьте переадресацию порта, туннель и межсетевой экран.",
        "The public address did not answer in time",
        "Check the port forwarding, the tunnel and the firewall.",
    ),
    cause(
        "callback_unreachable",
        "Публичный адрес отсюда недоступен",
        "Проверьте переадресацию порта или туннель; некоторые роутеры не пускают изнутри на свой внешний адрес.",
        "The public address cannot be reached from here",
        "Check the port forwarding or the tunnel; some routers do not let one in from inside.",
    ),
    cause(
        "callback_tls",
        "Сертификат публичного адреса не принят",
        "Установите действующий сертификат: АТС тоже может его не принять.",
        "The public address's certificate is not accepted",
        "Install a valid certificate: the PBX may refuse this one too.",
    ),
    cause(
        "no_subscription",
        "Подписка на события не оформлена",
        "Сначала устраните то, что не даёт её оформить: токен, публичный адрес.",
        "There is no subscription to events",
        "First mend what prevents it: the token, the public address.",
    ),
    cause(
        "subscription_partial",
        "Подписка оформлена не для всех абонентов",
        "Посмотрите раздел «Подписки»; недостающие оформляются сами.",
        "Not every abonent has a subscription",
        "See \"Subscriptions\"; the missing ones are made by themselves.",
    ),
    cause(
        "subscription_lost",
        "АТС не знает нашей подписки",
        "Нажмите «Продлить подписку» или подождите: она оформляется заново сама.",
        "The PBX does not know our subscription",
        "Renew it by hand or wait: it is made anew by itself.",
    ),
    cause(
        "no_events",
        "АТС ещё не прислала ни одного события",
        "Сделайте тестовый звонок на номер компании.",
        "The PBX has not sent any event yet",
        "Make a test call to the company's number.",
    ),
    cause(
        "events_old",
        "АТС давно не присылала событий",
        "Если звонки были, проверьте публичный адрес и сделайте тестовый звонок.",
        "The PBX has not sent events for long",
        "If there were calls, check the public address and make a test call.",
    ),
    cause(
        "event_not_stored",
        "Пробное событие дошло до адреса, но не записалось",
        "Проверьте, тот ли это сервер, и есть ли место на диске.",
        "The probe event reached the address but was not stored",
        "See whether it is this server, and whether the disk has room.",
    ),
    cause(
        "recording_failed",
        "Запись разговора не скачивается",
        "Проверьте в кабинете АТС услугу «Запись разговоров» и права токена.",
        "A recording cannot be downloaded",
        "Check the recording service and the token's rights in the PBX's cabinet.",
    ),
    cause(
        "recording_not_audio",
        "Вместо записи разговора АТС отдаёт что-то другое",
        "Попробуйте прослушать запись в кабинете АТС; если и там не звучит, обратитесь в поддержку.",
        "The PBX gives something else instead of a recording",
        "Try to listen to it in the PBX's cabinet; if it does not play there either, ask the support.",
    ),
    cause(
        "ledger_failing",
        "База не пишется",
        "Освободите место на диске и проверьте права на папку данных; запись возобновится сама.",
        "The database does not take changes",
        "Free some disk space and check the rights of the data folder; storing goes on by itself.",
    ),
    cause(
        "ledger_damaged",
        "База повреждена",
        "Остановите сервер и восстановите папку данных из резервной копии.",
        "The database is damaged",
        "Stop the server and restore the data folder from a backup.",
    ),
    cause(
        "disk_low",
        "На диске мало места",
        "Освободите место на диске.",
        "There is little room on the disk",
        "Free some disk space.",
    ),
    cause(
        "disk_full",
        "На диске почти нет места",
        "Освободите место на диске: скоро звонки нельзя будет сохранить.",
        "There is almost no room on the disk",
        "Free some disk space: soon no call can be stored.",
    ),
    cause(
        "disk_unknown",
        "Узнать свободное место не удалось",
        "Проверьте права на папку данных.",
        "The free space cannot be told",
        "Check the rights of the data folder.",
    ),
    cause(
        "wal_large",
        "Журнал базы необычно велик",
        "Закройте программы, которые читают базу, или перезапустите сервер.",
        "The database's log is unusually large",
        "Close programs that read the database, or restart the server.",
    ),
    cause(
        "feed_failing",
        "Рабочие места не получают звонки: лента не открывается",
        "Перезапустите сервер; если не поможет, посмотрите его журнал.",
        "Desks get no calls: the feed does not open",
        "Restart the server; if that does not help, look into its log.",
    ),
    cause(
        "relay_off",
        "Сервер приёма событий не запущен",
        "Запустите службу perezvon-relay.",
        "The relay is not running",
        "Start the service perezvon-relay.",
    ),
    cause(
        "polling",
        "Звонки появляются с опозданием: АТС опрашивается, события не приходят",
        "Чтобы звонки всплывали сразу, укажите публичный адрес, доступный снаружи.",
        "Calls appear late: the PBX is polled, no events come",
        "For calls to pop up at once, enter a public address that can be reached from outside.",
    ),
    cause(
        "import_failing",
        "Статистика и записи не загружаются",
        "Подождите: загрузка повторяется сама. Если сбой длится, проверьте токен и связь с АТС.",
        "Statistics and recordings are not imported",
        "Wait: the import is repeated by itself. If it lasts, check the token and the connection to the PBX.",
    ),
    cause(
        "tls_off",
        "Сервер не шифрует соединения сам",
        "Если рабочие места подключаются не из своей сети, включите [tls] в relay.toml или поставьте прокси с HTTPS.",
        "The server does not encrypt connections by itself",
        "If desks connect from other networks, switch on [tls] in relay.toml or put a proxy with HTTPS before it.",
    ),
    cause(
        "certificate_missing",
        "Сертификата сервера ещё нет",
        "Проверьте, что имя из tls.domains ведёт на этот сервер и порт 443 открыт; причина есть в журнале сервера.",
        "The server has no certificate yet",
        "Check that the name in tls.domains leads to this server and port 443 is open; the server's log has the cause.",
    ),
    cause(
        "certificate_expired",
        "Сертификат сервера истёк",
        "Обновите сертификат: рабочие места и АТС уже не могут подключиться.",
        "The server's certificate has expired",
        "Renew the certificate: neither desks nor the PBX can connect any more.",
    ),
    cause(
        "certificate_failing",
        "Обновить сертификат сервера не удалось, работает прежний",
        "Проверьте файлы из [tls] в relay.toml; причина есть в журнале сервера.",
        "The server's certificate could not be renewed, the old one is in use",
        "Check the files of [tls] in relay.toml; the server's log has the cause.",
    ),
    cause(
        "own_certificate_ends",
        "Сертификат сервера скоро истечёт",
        "Обновите сертификат и положите его в файлы из [tls].",
        "The server's certificate ends soon",
        "Renew the certificate and put it into the files of [tls].",
    ),
    cause(
        "check_timeout",
        "Проверка не успела закончиться",
        "Повторите её; если не поможет, проверьте подключение к сети.",
        "The check did not end in time",
        "Run it again; if that does not help, check the network.",
    ),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CAUSES, UNKNOWN, of};
    use std::collections::BTreeSet;

    #[test]
    fn every_cause_has_one_sentence_and_one_fix_in_both_languages() {
        let codes: BTreeSet<_> = CAUSES.iter().map(|cause| cause.code).collect();
        assert_eq!(codes.len(), CAUSES.len(), "no code twice");
        for cause in CAUSES.iter().chain([&UNKNOWN]) {
            for text in [cause.ru, cause.en] {
                assert!(!text.is_empty() && !text.ends_with('.'), "a clause: {text}");
            }
            for text in [cause.fix_ru, cause.fix_en] {
                assert!(text.ends_with('.') && !text.contains('!'), "what to do: {text}");
            }
            let cyrillic = |text: &str| text.chars().any(|c| matches!(c, 'а'..='я'));
            assert!(cyrillic(cause.ru) && cyrillic(cause.fix_ru), "Russian: {}", cause.code);
            assert!(!cyrillic(cause.en), "English: {}", cause.code);
        }
    }

    #[test]
    fn every_error_of_the_pbx_client_has_words() {
        use perezvon_pbx::rest::{PortalError as E, Reach};
        let reaches = [
            Reach::Dns,
            Reach::Refused,
            Reach::Tls,
            Reach::Silent,
            Reach::Broken,
            Reach::Other,
        ];
        let errors = reaches.map(|reach| E::Unreachable { reach }).into_iter().chain([
            E::Unauthorized,
            E::Refused {
                code: String::new(),
                description: None,
                status: 400,
            },
            E::NotJson {
                status: 200,
                no_such_path: false,
            },
            E::Unavailable { status: 503 },
            E::Timeout,
            E::OutcomeUnknown { cause: "pbx_timeout" },
            E::TooLarge,
            E::Invalid { what: "number" },
        ]);
        for error in errors {
            assert_eq!(of(error.code()).code, error.code(), "words for {error}");
        }
    }
}

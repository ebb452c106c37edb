//! The table of settings. A new field of [`crate::Settings`] must get a row here; a test checks that.

use super::{Choice, Kind, SetWhere, Setting, Words};

const DAY_MS: i64 = 86_400_000;

const fn words(ru: &'static str, en: &'static str) -> Words {
    Words { ru, en }
}

const fn choice(value: &'static str, ru: &'static str, en: &'static str) -> Choice {
    Choice { value, ru, en }
}

/// A setting that is changed by `PUT /v1/settings` and applied.
const fn setting(key: &'static str, manual: Option<&'static str>, kind: Kind, name: Words, meaning: Words) -> Setting {
    Setting {
        key,
        manual,
        name,
        meaning,
        kind,
        place: SetWhere::Settings,
        not_applied: None,
    }
}

/// The same, changed elsewhere.
const fn at(place: SetWhere, setting: Setting) -> Setting {
    Setting { place, ..setting }
}

/// Every setting, in the order of the manual's wizard.
pub(crate) const ALL: &[Setting] = &[
    at(
        SetWhere::Token,
        setting(
            "token",
            Some("W1"),
            Kind::Text,
            words("Токен", "Token"),
            words(
                "Ключ облачной АТС: личный кабинет → «Интеграция по API» → «Создать токен». Проверяется на АТС, прежде чем \
                 сохраняется, и больше не показывается.",
                "The key to the cloud PBX: customer portal, «Интеграция по API», «Создать токен». It is tried at the PBX \
                 before it is stored, and never shown again.",
            ),
        ),
    ),
    setting(
        "publicUrl",
        Some("W2"),
        Kind::Address,
        words("Публичный адрес", "Public address"),
        words(
            "Адрес, по которому АТС и рабочие места находят сервер: https://relay.example.ru. Без него звонки приходят с \
             опозданием, опросом АТС.",
            "The address at which the PBX and the desks find the relay: https://relay.example.ru. Without it calls come \
             late, by asking the PBX.",
        ),
    ),
    at(
        SetWhere::Check,
        setting(
            "check",
            Some("W3"),
            Kind::Action,
            words("Проверить сервис", "Check the service"),
            words(
                "Проверяет весь путь: токен, адрес, подписку, приём события, записи, место на диске.",
                "Checks the whole way: token, address, subscription, an event's arrival, recordings, disk space.",
            ),
        ),
    ),
    setting(
        "renewMinutes",
        Some("W4"),
        Kind::Number {
            min: 5,
            max: 1440,
            unit: "min",
        },
        words("Периодичность активации подписки", "Subscription activation period"),
        words(
            "Как часто продлевать подписку на события. Не задано: по сроку, который дала АТС; позже половины этого срока не \
             бывает никогда.",
            "How often the subscription to events is renewed. Not set: by what the PBX granted; never later than half of it.",
        ),
    ),
    setting(
        "pollSeconds",
        Some("W5"),
        Kind::Number {
            min: 10,
            max: 3600,
            unit: "s",
        },
        words("Интервал обработки уведомлений", "Interval of notifications"),
        words(
            "Как часто спрашивать АТС о звонках, когда события не приходят. Когда никто не звонит, интервал растёт до \
             пяти минут.",
            "How often the PBX is asked for calls while no events come. When nobody calls, the interval grows to five \
             minutes.",
        ),
    ),
    setting(
        "importDays",
        None,
        Kind::Number {
            min: 0,
            max: 365,
            unit: "days",
        },
        words("Глубина первой загрузки", "Reach of the first import"),
        words(
            "За сколько прошедших дней загрузить звонки и записи при первом подключении к АТС. 0 — только новые.",
            "How many past days of calls and recordings are read when the PBX is first connected. 0: only new ones.",
        ),
    ),
    setting(
        "subscriptionExpiresS",
        None,
        Kind::Number {
            min: 60,
            max: 604_800,
            unit: "s",
        },
        words("Срок действия подписки", "Subscription expiry"),
        words(
            "На сколько просить подписку на события. АТС может дать меньше; продление идёт заранее, до половины данного \
             срока.",
            "How long a subscription to events is asked for. The PBX may grant less; it is renewed ahead of time, before \
             half of what was granted.",
        ),
    ),
    setting(
        "subscriptionScope",
        None,
        Kind::Choice(&[
            choice("group", "Одна на компанию", "One for the company"),
            choice("abonents", "Для каждого абонента", "One for each abonent"),
        ]),
        words("Подписка", "Subscription"),
        words(
            "Одна подписка на всю компанию или своя для каждого абонента. Если АТС не даёт общую, делаются отдельные.",
            "One subscription for the whole company, or one for each abonent. Where the PBX refuses the common one, \
             separate ones are made.",
        ),
    ),
    setting(
        "subscriptionKind",
        None,
        Kind::Choice(&[
            choice("basic", "Основные", "Basic"),
            choice("advanced", "Расширенные", "Advanced"),
        ]),
        words("События", "Events"),
        words(
            "Основные события: звонок, ответ, завершение. Расширенные: также удержание, переводы и переадресация.",
            "Basic events: a call, its answer, its end. Advanced: hold, transfers and forwards as well.",
        ),
    ),
    at(
        SetWhere::Nowhere,
        Setting {
            not_applied: Some(words(
                "В этой версии не применяется, как и в руководстве: уведомления приходят на рабочие места напрямую с \
                 сервера.",
                "Not used in this version, as in the manual: notifications reach the desks directly from the relay.",
            )),
            ..setting(
                "useInteractionSystem",
                Some("W6"),
                Kind::Bool,
                words(
                    "Использовать транспорт Системы взаимодействия",
                    "Use the transport of the Interaction System",
                ),
                words(
                    "Передача уведомлений через Систему взаимодействия 1С.",
                    "Notifications by way of the 1C Interaction System.",
                ),
            )
        },
    ),
    at(
        SetWhere::Desk,
        setting(
            "documents",
            Some("W7"),
            Kind::Choice(&[
                choice("off", "Не создавать", "None"),
                choice("all", "Для всех звонков", "For every call"),
                choice("external", "Только для внешних", "For external calls only"),
                choice("answered", "Только для отвеченных", "For answered calls only"),
            ]),
            words("Создавать документ «Телефонный звонок»", "Make a phone-call document"),
            words(
                "Каждый выбирает сам, на своём рабочем месте.",
                "Each user chooses at their own desk.",
            ),
        ),
    ),
    at(
        SetWhere::Desk,
        setting(
            "documentToast",
            Some("W8"),
            Kind::Bool,
            words("Уведомления о создании документа", "Notify of a new document"),
            words(
                "Каждый выбирает сам, на своём рабочем месте.",
                "Each user chooses at their own desk.",
            ),
        ),
    ),
    at(
        SetWhere::Users,
        setting(
            "roles",
            Some("W9"),
            Kind::Choice(&[
                choice("admin", "Администратор ОАТС", "PBX administrator"),
                choice("user", "Пользователь ОАТС", "PBX user"),
                choice("service", "Пользователь веб-сервиса ОАТС", "PBX web service user"),
            ]),
            words("Группы доступа", "Access groups"),
            words(
                "Роли заданы: администратор меняет всё, пользователь видит звонки одного абонента, сама АТС по секретному \
                 адресу только добавляет события. Роль даётся вместе с кодом подключения.",
                "The roles are fixed: an administrator changes everything, a user sees the calls of one abonent, and the \
                 PBX itself, by its secret address, only adds events. A role is given with a join code.",
            ),
        ),
    ),
    at(
        SetWhere::Abonents,
        setting(
            "abonents",
            Some("W10"),
            Kind::Action,
            words("Заполнить из Билайн", "Fill from Beeline"),
            words(
                "Читает абонентов из облачной АТС; сначала показывает, кто новый, кто изменился и кого больше нет.",
                "Reads the abonents from the cloud PBX; shows first who is new, who has changed and who is gone.",
            ),
        ),
    ),
    setting(
        "graceMs",
        None,
        Kind::Number {
            min: 0,
            max: 600_000,
            unit: "ms",
        },
        words("Ожидание другого сотрудника", "Wait for another agent"),
        words(
            "Сколько звонок не считается пропущенным, пока его ещё может принять другой сотрудник.",
            "How long a call is not told as missed while another agent can still take it.",
        ),
    ),
    setting(
        "ringLostMs",
        None,
        Kind::Number {
            min: 1,
            max: DAY_MS,
            unit: "ms",
        },
        words("Вызов без событий", "A call that went silent"),
        words(
            "Через сколько без событий звонок, который ещё не приняли, считается завершённым.",
            "After how long without events a ringing call is taken as ended.",
        ),
    ),
    setting(
        "talkLostMs",
        None,
        Kind::Number {
            min: 1,
            max: 7 * DAY_MS,
            unit: "ms",
        },
        words("Разговор без событий", "A conversation that went silent"),
        words(
            "Через сколько без событий разговор считается завершённым.",
            "After how long without events a conversation is taken as ended.",
        ),
    ),
    setting(
        "keepEventsDays",
        None,
        Kind::Number {
            min: 1,
            max: 3650,
            unit: "days",
        },
        words("Срок хранения событий", "How long events are kept"),
        words(
            "Более старые записи журнала событий удаляются. События незавершённых звонков остаются.",
            "Older lines of the event journal are deleted. Events of calls that are not over stay.",
        ),
    ),
    setting(
        "keepEventsMb",
        None,
        Kind::Number {
            min: 16,
            max: 1_048_576,
            unit: "MiB",
        },
        words("Объём журнала событий", "Size of the event journal"),
        words(
            "Когда тексты событий занимают больше, самые старые удаляются раньше срока.",
            "When the texts of the events take more, the oldest are deleted before their time.",
        ),
    ),
    setting(
        "keepRequestsDays",
        None,
        Kind::Number {
            min: 1,
            max: 3650,
            unit: "days",
        },
        words("Срок хранения запросов", "How long requests are kept"),
        words(
            "Более старые записи журнала запросов к АТС удаляются.",
            "Older lines of the journal of requests to the PBX are deleted.",
        ),
    ),
    setting(
        "keepCallsDays",
        None,
        Kind::Number {
            min: 0,
            max: 36_500,
            unit: "days",
        },
        words("Срок хранения звонков", "How long calls are kept"),
        words(
            "Более старые завершённые звонки удаляются с сервера; на рабочих местах они остаются. 0 — хранить всегда.",
            "Older calls that are over are deleted from the relay; the desks keep theirs. 0 keeps them for ever.",
        ),
    ),
];

//! The texts of troubles, for toast and window alike, and the settings' section where each is mended. The only place: the
//! window's copy is written by the app's tests (`src-tauri/src/room/tests.rs`).

use super::{Fault, Language};
use crate::words::code::{FailureCode, Trouble};
use serde::Serialize;
use ts_rs::TS;

/// A section of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum MendedIn {
    /// The token, or the company's relay.
    Connection,
    /// The address for events.
    Address,
    /// Who the user is.
    Me,
    /// What pops up.
    Notifications,
    /// The check of the service: it is not mended by a setting.
    Check,
}

impl MendedIn {
    /// The last part of the route `settings/…`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Address => "address",
            Self::Me => "me",
            Self::Notifications => "notifications",
            Self::Check => "check",
        }
    }
}

/// What is told of a trouble, in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TroubleWords {
    /// What is wrong.
    pub title: &'static str,
    /// Why, in a sentence for a toast.
    pub cause: &'static str,
    /// What to do, in a sentence or three for the window; `{folder}` stands for the data folder.
    pub advice: &'static str,
}

impl Trouble {
    /// Where it is mended.
    pub fn section(self) -> MendedIn {
        match self {
            Self::NoToken | Self::TokenRefused | Self::RelayUnreachable | Self::KeyRefused | Self::KeyringLocked => {
                MendedIn::Connection
            }
            Self::NoPublicUrl | Self::Polling | Self::PortInUse | Self::SubscriptionRefused => MendedIn::Address,
            Self::NoMe => MendedIn::Me,
            Self::NoNotifications | Self::Quiet => MendedIn::Notifications,
            Self::PbxUnreachable
            | Self::PbxUnavailable
            | Self::EventsSilent
            | Self::DiskFull
            | Self::DataFolder
            | Self::DatabaseDamaged
            | Self::Starting => MendedIn::Check,
        }
    }

    /// Its words.
    pub fn words(self, language: Language) -> TroubleWords {
        let [ru, en] = self.texts();
        let [title, cause, advice] = match language {
            Language::Ru => ru,
            Language::En => en,
        };
        TroubleWords { title, cause, advice }
    }

    /// Russian and English: title, cause, advice.
    #[expect(clippy::too_many_lines, reason = "a table of texts")]
    fn texts(self) -> [[&'static str; 3]; 2] {
        match self {
            Self::NoToken => [
                [
                    "Нет токена АТС",
                    "Вставьте токен из личного кабинета.",
                    "Создайте токен в личном кабинете и вставьте его в настройках: без него звонки не появятся.",
                ],
                [
                    "No PBX token",
                    "Paste the token from the customer portal.",
                    "Create a token in the customer portal and paste it in Settings: without it no calls appear.",
                ],
            ],
            Self::TokenRefused => [
                [
                    "АТС не приняла токен",
                    "Токен отозван или введён с ошибкой.",
                    "Токен отозван или введён с ошибкой. Создайте новый в личном кабинете и вставьте его в настройках.",
                ],
                [
                    "The PBX refused the token",
                    "The token was revoked or mistyped.",
                    "It was revoked or mistyped. Create a new one in the customer portal and paste it in Settings.",
                ],
            ],
            Self::PbxUnreachable => [
                [
                    "АТС недоступна",
                    "Нет связи с сервером АТС. Проверьте интернет.",
                    "Проверьте подключение к интернету. Программа повторяет попытки сама.",
                ],
                [
                    "The PBX cannot be reached",
                    "No connection to the PBX. Check the internet.",
                    "Check the internet connection. The app keeps trying by itself.",
                ],
            ],
            Self::PbxUnavailable => [
                [
                    "АТС временно не отвечает",
                    "Сервер АТС сообщил об ошибке. Мы пробуем снова.",
                    "Сбой на стороне АТС. Программа повторяет попытки сама; если это длится долго, обратитесь в поддержку.",
                ],
                [
                    "The PBX is temporarily unavailable",
                    "The PBX reported an error. We keep trying.",
                    "The fault is on the PBX's side. The app keeps trying; if this lasts, contact their support.",
                ],
            ],
            Self::NoPublicUrl => [
                [
                    "Звонки не приходят",
                    "Не указан адрес приёма событий.",
                    "АТС не знает, куда сообщать о звонках, и они не появляются. Укажите адрес приёма событий.",
                ],
                [
                    "Calls do not arrive",
                    "The address for events is not set.",
                    "The PBX does not know where to report calls, so none appear. Enter the callback address.",
                ],
            ],
            Self::Polling => [
                [
                    "Звонки приходят с опозданием",
                    "Не указан адрес приёма событий: всплывающих уведомлений о входящих нет.",
                    "Звонки появляются в журнале с опозданием, уведомлений о входящих нет. Укажите публичный адрес, по \
                     которому АТС достанет до этого компьютера, или подключитесь к серверу компании.",
                ],
                [
                    "Calls arrive late",
                    "The address for events is not set: incoming calls do not pop up.",
                    "Calls appear in the journal late, and incoming calls do not pop up. Enter a public address at which \
                     the PBX reaches this computer, or connect to the company's server.",
                ],
            ],
            Self::EventsSilent => [
                [
                    "События не доходят",
                    "Подписка действует, но АТС не достаёт до адреса приёма событий.",
                    "Подписка действует, и в статистике АТС есть звонки, но события сюда не доходят. Проверьте публичный \
                     адрес, переадресацию порта и межсетевой экран.",
                ],
                [
                    "Events do not get through",
                    "The subscription is in force, but the PBX does not reach the address for events.",
                    "The subscription is in force and the PBX's statistics list calls, but no events come. Check the \
                     public address, the port forwarding and the firewall.",
                ],
            ],
            Self::SubscriptionRefused => [
                [
                    "Подписка не продлена",
                    "АТС отказала в подписке на события.",
                    "АТС отклонила подписку на события. Проверьте публичный адрес и права токена.",
                ],
                [
                    "The subscription was not renewed",
                    "The PBX refused the event subscription.",
                    "The PBX refused the event subscription. Check the public address and the rights of the token.",
                ],
            ],
            Self::NoMe => [
                [
                    "Не выбран абонент",
                    "Укажите, кто вы среди абонентов АТС.",
                    "Укажите, кто вы среди абонентов АТС: тогда появятся ваши звонки и можно будет перезванивать.",
                ],
                [
                    "No PBX user chosen",
                    "Say who you are among the PBX users.",
                    "Say who you are among the PBX users: then your calls appear and you can call back.",
                ],
            ],
            Self::RelayUnreachable => [
                [
                    "Нет связи с сервером звонков",
                    "Сервер не отвечает. Мы пробуем снова.",
                    "Проверьте адрес сервера и подключение к сети. Пропущенное за это время придёт само.",
                ],
                [
                    "The call server cannot be reached",
                    "The server does not answer. We keep trying.",
                    "Check the server's address and the network. What you miss meanwhile arrives by itself.",
                ],
            ],
            Self::KeyRefused => [
                [
                    "Сервер звонков не принял ключ",
                    "Ключ отозван. Попросите у администратора новый.",
                    "Ключ отозван или введён с ошибкой. Попросите у администратора новый.",
                ],
                [
                    "The call server refused the key",
                    "The key was revoked. Ask the administrator for a new one.",
                    "It was revoked or mistyped. Ask your administrator for a new one.",
                ],
            ],
            Self::PortInUse => [
                [
                    "Порт занят",
                    "Адрес приёма событий занят другой программой.",
                    "Порт для приёма событий использует другая программа. Закройте её или укажите другой порт.",
                ],
                [
                    "The port is in use",
                    "Another program uses the address for events.",
                    "Another program holds the port for events. Close that program or enter another port.",
                ],
            ],
            Self::DiskFull => [
                [
                    "Нет места на диске",
                    "Звонки не сохраняются. Освободите место.",
                    "Новые звонки не сохраняются. Освободите место на диске.",
                ],
                [
                    "The disk is full",
                    "Calls are not stored. Free some space.",
                    "New calls are not saved. Free some disk space.",
                ],
            ],
            Self::DataFolder => [
                [
                    "База звонков не открывается",
                    "Папка данных должна быть на локальном диске, не в сети, и доступна для записи.",
                    "Папка данных {folder} должна быть на локальном диске этого компьютера, не в сети, и доступна для \
                     записи. Файлы в ней не изменены.",
                ],
                [
                    "The call database cannot be opened",
                    "The data folder must be on a local disk, not on a network drive, and writable.",
                    "The data folder {folder} must be on a local disk of this computer, not on a network drive, and \
                     writable. Its files were not changed.",
                ],
            ],
            Self::DatabaseDamaged => [
                [
                    "База звонков повреждена",
                    "Файл сохранён. Подробности — в проверке сервиса.",
                    "Перезапустите программу. Если не поможет, восстановите папку данных из резервной копии.",
                ],
                [
                    "The call database is damaged",
                    "The file was kept. See the service check.",
                    "Restart the app. If that does not help, restore the data folder from a backup.",
                ],
            ],
            Self::NoNotifications => [
                [
                    "Уведомления не показываются",
                    "В системе нет сервера уведомлений.",
                    "Разрешите уведомления для «Перезвона» в настройках системы. Пропущенное видно в разделе \
                     «Уведомления».",
                ],
                [
                    "Notifications are not shown",
                    "The system has no notification server.",
                    "Allow them for Perezvon in the system settings. What you missed is listed under Notifications.",
                ],
            ],
            Self::Quiet => [
                [
                    "Включено «Не беспокоить»",
                    "Уведомления видны только в центре уведомлений.",
                    "Уведомления видны только в центре уведомлений. Выключите «Не беспокоить» или разрешите в нём \
                     «Перезвон».",
                ],
                [
                    "“Do not disturb” is on",
                    "Notifications are seen in the notification centre only.",
                    "Notifications are seen in the notification centre only. Switch it off, or let Perezvon through.",
                ],
            ],
            Self::KeyringLocked => [
                [
                    "Хранилище паролей закрыто",
                    "Откройте его, чтобы прочитать токен.",
                    "Разблокируйте хранилище паролей системы, чтобы программа могла прочитать токен.",
                ],
                [
                    "The keyring is locked",
                    "Unlock it so that the token can be read.",
                    "Unlock the system's keyring so that the app can read the token.",
                ],
            ],
            Self::Starting => [
                [
                    "Программа запускается",
                    "Звонки появятся через несколько секунд.",
                    "Звонки появятся через несколько секунд.",
                ],
                [
                    "The app is starting",
                    "Calls will appear in a few seconds.",
                    "Calls will appear in a few seconds.",
                ],
            ],
        }
    }
}

/// Title and cause for a toast, and where a click leads: of a trouble, or of a call that was not placed.
pub(super) fn told(code: FailureCode, language: Language) -> (&'static str, &'static str, MendedIn) {
    let trouble = match code {
        FailureCode::Trouble(trouble) => {
            let TroubleWords { title, cause, .. } = trouble.words(language);
            return (title, cause, trouble.section());
        }
        FailureCode::Fault(fault) => fault,
    };
    let (ru, en) = match trouble {
        Fault::BadNumber => (
            ("Звонок не состоялся", "Такой номер нельзя набрать."),
            ("The call was not placed", "This number cannot be dialled."),
        ),
        Fault::CallRefused => (
            ("Звонок не состоялся", "АТС отказала в звонке."),
            ("The call was not placed", "The PBX refused the call."),
        ),
        Fault::CallUnknown | Fault::Timeout => (
            ("Звонок не подтверждён", "АТС не сообщила, состоялся ли звонок."),
            (
                "The call is not confirmed",
                "The PBX did not say whether the call was placed.",
            ),
        ),
        _ => (
            ("Сервис работает с ошибкой", "Подробности — в проверке сервиса."),
            ("The service has a problem", "See the service check."),
        ),
    };
    let (title, cause) = match language {
        Language::Ru => ru,
        Language::En => en,
    };
    (title, cause, MendedIn::Check)
}

#[cfg(test)]
mod tests {
    use super::{Language, Trouble, TroubleWords};
    use std::collections::BTreeSet;

    #[test]
    fn every_trouble_has_words_of_its_own_in_both_languages() {
        for language in [Language::Ru, Language::En] {
            let mut titles = BTreeSet::new();
            for trouble in Trouble::ALL {
                let TroubleWords { title, cause, advice } = trouble.words(language);
                assert!(titles.insert(title), "{trouble}: {title}");
                assert!(!title.ends_with('.') && cause.ends_with('.') && advice.ends_with('.'));
                for text in [title, cause, advice] {
                    let cyrillic = text.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я'));
                    assert_eq!(cyrillic, language == Language::Ru, "{trouble}: {text}");
                    assert!(!text.contains('!') && !text.contains("  "), "{trouble}: {text}");
                }
            }
        }
    }
}

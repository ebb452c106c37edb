//! The desk's words: Russian first, English (product 4.2 and part 5).

mod code;
mod trouble;

pub use code::{FailureCode, Fault, Problem, SoundFault, Trouble};
pub use trouble::{MendedIn, TroubleWords};

use chrono::{DateTime, FixedOffset, Local, NaiveDate};
use perezvon_core::{Direction, Outcome, Time};

/// Language of the toasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

/// Zone of the times in toasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// The system's.
    #[default]
    Local,
    /// A given one.
    Fixed(FixedOffset),
}

/// How the desk speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Language.
    pub language: Language,
    /// Time zone.
    pub zone: Zone,
}

impl Words {
    pub(crate) fn pick(self, ru: &str, en: &str) -> String {
        match self.language {
            Language::Ru => ru,
            Language::En => en,
        }
        .to_owned()
    }

    pub(crate) fn ru(self) -> bool {
        self.language == Language::Ru
    }

    pub(crate) fn local(self, time: Time) -> DateTime<FixedOffset> {
        match self.zone {
            Zone::Local => time.utc().with_timezone(&Local).fixed_offset(),
            Zone::Fixed(offset) => time.utc().with_timezone(&offset),
        }
    }

    /// Minutes since the local midnight.
    pub fn minute_of_day(self, time: Time) -> u32 {
        chrono::Timelike::num_seconds_from_midnight(&self.local(time)) / 60
    }

    /// First moment of the local day in which `time` lies.
    pub(crate) fn midnight(self, time: Time) -> Time {
        let day = self.local(time);
        let into = i64::from(chrono::Timelike::num_seconds_from_midnight(&day)) * 1000
            + i64::from(day.timestamp_subsec_millis());
        time.plus(-into)
    }

    /// `14:32`; with the date, `31.01.2019 14:32`, when it is not today.
    pub(crate) fn at(self, time: Time, now: Time) -> String {
        let day = |t: Time| -> NaiveDate { self.local(t).date_naive() };
        let format = if day(time) == day(now) {
            "%H:%M"
        } else {
            "%d.%m.%Y %H:%M"
        };
        self.local(time).format(format).to_string()
    }

    /// `ждал 18 с`.
    pub(crate) fn waited(self, ms: i64) -> String {
        let (minutes, seconds) = (ms / 60_000, ms / 1000 % 60);
        match (self.language, minutes) {
            (Language::Ru, 0) => format!("ждал {seconds} с"),
            (Language::Ru, _) => format!("ждал {minutes} мин {seconds} с"),
            (Language::En, 0) => format!("waited {seconds} s"),
            (Language::En, _) => format!("waited {minutes} min {seconds} s"),
        }
    }

    pub(crate) fn newer_version(self, version: &str) -> String {
        self.pick("Доступна новая версия: ", "A new version is available: ") + version
    }

    pub(crate) fn unknown_number(self) -> String {
        self.pick("Неизвестный номер", "Unknown number")
    }

    pub(crate) fn hidden_number(self) -> String {
        self.pick("Номер скрыт", "Number withheld")
    }

    pub(crate) fn maybe(self, names: &str) -> String {
        self.pick("возможно: ", "perhaps: ") + names
    }

    pub(crate) fn on_line(self, line: &str) -> String {
        self.pick("на линию ", "to line ") + line
    }

    pub(crate) fn queue(self, queue: &str) -> String {
        self.pick("очередь ", "queue ") + queue
    }

    /// `3-й раз сегодня`.
    pub(crate) fn times_today(self, n: i64) -> String {
        if self.ru() {
            return format!("{n}-й раз сегодня");
        }
        let suffix = match (n % 10, n % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        format!("{n}{suffix} time today")
    }

    pub(crate) fn answered_by(self, name: Option<&str>) -> String {
        match name {
            Some(name) => self.pick("Ответил: ", "Answered by ") + name,
            None => self.pick("Ответил коллега", "Answered by a colleague"),
        }
    }

    /// `Пропущенный: Иванов Пётр (×3)`.
    pub(crate) fn missed(self, who: &str, times: i64) -> String {
        let title = self.pick("Пропущенный: ", "Missed: ") + who;
        if times > 1 {
            format!("{title} (×{times})")
        } else {
            title
        }
    }

    pub(crate) fn also_missed(self, names: &str) -> String {
        self.pick("также не ответили: ", "also missed by: ") + names
    }

    pub(crate) fn document(self, number: &str) -> String {
        self.pick("Телефонный звонок № ", "Phone call No. ") + number
    }

    pub(crate) fn direction(self, direction: Direction) -> String {
        match direction {
            Direction::Incoming => self.pick("входящий", "incoming"),
            Direction::Outgoing => self.pick("исходящий", "outgoing"),
        }
    }

    pub(crate) fn recording(self) -> String {
        self.pick("Запись готова", "Recording is ready")
    }

    /// In the name of a recording's file.
    pub(crate) fn direction_in_name(self, incoming: bool) -> String {
        if incoming {
            self.pick("вх", "in")
        } else {
            self.pick("исх", "out")
        }
    }

    /// What came of a call without a conversation, in a document.
    pub(crate) fn finding(self, direction: Direction, outcome: Outcome) -> String {
        match (direction, outcome) {
            (Direction::Incoming, Outcome::Missed | Outcome::Unreachable) => self.pick("пропущен", "missed"),
            (Direction::Incoming, Outcome::Rejected) => self.pick("отклонён", "declined"),
            (_, Outcome::AnsweredBy) => self.pick("ответил коллега", "answered by a colleague"),
            (_, Outcome::Transferred) => self.pick("переведён", "transferred"),
            (_, Outcome::Rejected) => self.pick("занято", "busy"),
            (_, Outcome::NoAnswer) => self.pick("нет ответа", "no answer"),
            (_, Outcome::Unreachable) => self.pick("недоступен", "unreachable"),
            (_, Outcome::Cancelled) => self.pick("отменён", "cancelled"),
            _ => self.pick("завершён", "ended"),
        }
    }

    /// A call's status, in MIKO's words.
    pub(crate) fn status(self, direction: Direction, outcome: Outcome) -> String {
        match (direction, outcome) {
            (Direction::Incoming, Outcome::Ended) => self.pick("принят", "answered"),
            (Direction::Outgoing, Outcome::Ended) => self.pick("дозвонились", "reached"),
            (direction, outcome) => self.finding(direction, outcome),
        }
    }

    pub(crate) fn lost(self) -> String {
        self.pick("потерян", "lost")
    }

    pub(crate) fn yes_no(self, yes: bool) -> String {
        if yes {
            self.pick("Да", "Yes")
        } else {
            self.pick("Нет", "No")
        }
    }

    pub(crate) fn pick_up(self) -> String {
        self.pick("Снимите трубку", "Pick up your phone")
    }

    /// `Набираю Иванов Пётр…`.
    pub(crate) fn dialling(self, who: &str) -> String {
        self.pick("Набираю ", "Calling ") + who + "…"
    }

    pub(crate) fn talking(self) -> String {
        self.pick("Разговор", "Talking")
    }

    /// The result of a call placed here: `Занято`, `Разговор 03:41`.
    pub(crate) fn result(self, outcome: Outcome, own_phone: bool, talk_ms: Option<i64>) -> String {
        if own_phone {
            return self.pick("Вы не сняли трубку", "You did not pick up");
        }
        match (outcome, talk_ms) {
            (_, Some(ms)) => self.pick("Разговор ", "Talked ") + &duration(ms),
            (Outcome::Rejected, _) => self.pick("Занято", "Busy"),
            (Outcome::NoAnswer | Outcome::Missed, _) => self.pick("Нет ответа", "No answer"),
            (Outcome::Unreachable, _) => self.pick("Недоступен", "Unreachable"),
            (Outcome::Cancelled, _) => self.pick("Звонок отменён", "Call cancelled"),
            (Outcome::Transferred, _) => self.pick("Звонок переведён", "Call transferred"),
            _ => self.pick("Звонок завершён", "Call ended"),
        }
    }

    pub(crate) fn call_failed(self) -> String {
        self.pick("Звонок не состоялся", "The call was not placed")
    }

    /// `Пока вас не было: 14 звонков`.
    pub(crate) fn digest(self, calls: i64) -> String {
        if !self.ru() {
            return format!(
                "While you were away: {calls} {}",
                if calls == 1 { "call" } else { "calls" }
            );
        }
        let noun = match (calls % 10, calls % 100) {
            (_, 11..=14) => "звонков",
            (1, _) => "звонок",
            (2..=4, _) => "звонка",
            _ => "звонков",
        };
        format!("Пока вас не было: {calls} {noun}")
    }

    /// `Пока не было связи: пропущено 3`.
    pub(crate) fn late_digest(self, missed: i64) -> String {
        self.pick(
            "Пока не было связи: пропущено ",
            "Missed while there was no connection: ",
        ) + &missed.to_string()
    }

    pub(crate) fn waiting(self, callers: i64) -> String {
        self.pick("ждут ответа: ", "waiting for an answer: ") + &callers.to_string()
    }

    /// Title, cause and the settings' section of a trouble or of a failed call, by its [`FailureCode`].
    pub(crate) fn trouble(self, code: &str) -> (String, String, &'static str) {
        let code = FailureCode::of(code).unwrap_or(Fault::Unexpected.into());
        let (title, cause, section) = trouble::told(code, self.language);
        (title.to_owned(), cause.to_owned(), section.as_str())
    }

    pub(crate) fn button_card(self) -> String {
        self.pick("Карточка", "Card")
    }

    pub(crate) fn button_hide(self) -> String {
        self.pick("Скрыть", "Hide")
    }

    pub(crate) fn button_call_back(self) -> String {
        self.pick("Перезвонить", "Call back")
    }

    pub(crate) fn button_open(self) -> String {
        self.pick("Открыть", "Open")
    }

    pub(crate) fn button_show(self) -> String {
        self.pick("Показать", "Show")
    }

    pub(crate) fn button_listen(self) -> String {
        self.pick("Прослушать", "Listen")
    }

    pub(crate) fn button_folder(self) -> String {
        self.pick("Показать в папке", "Show in folder")
    }

    /// `Перезвонить: Иванов Пётр`.
    pub(crate) fn reminder(self, who: &str) -> String {
        self.pick("Перезвонить: ", "Call back: ") + who
    }

    /// When a reminder that is late was due.
    pub(crate) fn due_at(self, at: &str) -> String {
        self.pick("напоминание на ", "reminder for ") + at
    }

    pub(crate) fn button_later(self, minutes: u32) -> String {
        match self.language {
            Language::Ru => format!("Через {minutes} мин"),
            Language::En => format!("In {minutes} min"),
        }
    }

    pub(crate) fn button_remind(self) -> String {
        self.pick("Напомнить через час", "Remind in an hour")
    }

    pub(crate) fn button_done(self) -> String {
        self.pick("Готово", "Done")
    }

    pub(crate) fn note_placeholder(self) -> String {
        self.pick("Заметка о разговоре", "Note about the call")
    }

    pub(crate) fn button_save_note(self) -> String {
        self.pick("Сохранить заметку", "Save note")
    }

    pub(crate) fn button_fix(self) -> String {
        self.pick("Исправить", "Fix")
    }
}

/// `03:41`, `1:02:03`.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 {
        format!("{h}:{m:02}:{s:02}")
    } else {
        format!("{m:02}:{s:02}")
    }
}

/// `Иванов П.` of `Иванов Пётр`; a single word stays. The PBX tells the family name first.
pub(crate) fn short_name(name: &str) -> String {
    let mut words = name.split_whitespace();
    let family = words.next().unwrap_or_default();
    match words.next().and_then(|first| first.chars().next()) {
        Some(initial) => format!("{family} {initial}."),
        None => family.to_owned(),
    }
}

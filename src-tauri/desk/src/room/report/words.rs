//! The words of the report. They are the desk's and not the window's, because files have them too: a report that is shown,
//! printed and saved says the same.

use super::calendar;
use super::settings::{Column, Grouping, Measure};
use crate::words::{Words, duration};
use chrono::Datelike;
use perezvon_core::{Direction, Outcome};

/// A blank at which no line breaks.
const BLANK: char = '\u{a0}';

const MONTHS: [(&str, &str); 12] = [
    ("Январь", "January"),
    ("Февраль", "February"),
    ("Март", "March"),
    ("Апрель", "April"),
    ("Май", "May"),
    ("Июнь", "June"),
    ("Июль", "July"),
    ("Август", "August"),
    ("Сентябрь", "September"),
    ("Октябрь", "October"),
    ("Ноябрь", "November"),
    ("Декабрь", "December"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("Понедельник", "Monday"),
    ("Вторник", "Tuesday"),
    ("Среда", "Wednesday"),
    ("Четверг", "Thursday"),
    ("Пятница", "Friday"),
    ("Суббота", "Saturday"),
    ("Воскресенье", "Sunday"),
];

impl Words {
    pub(super) fn grouping(self, grouping: Grouping) -> String {
        match grouping {
            Grouping::Abonent => self.pick("Абонент ОАТС", "PBX user"),
            Grouping::Day => self.pick("Дата", "Date"),
            Grouping::Week => self.pick("Неделя", "Week"),
            Grouping::Month => self.pick("Месяц", "Month"),
            Grouping::Hour => self.pick("Час", "Hour"),
            Grouping::Weekday => self.pick("День недели", "Day of the week"),
            Grouping::Contact => self.pick("Контакт", "Contact"),
            Grouping::Company => self.pick("Компания", "Company"),
            Grouping::Number => self.pick("Номер", "Number"),
            Grouping::Direction => self.pick("Направление", "Direction"),
            Grouping::Line => self.pick("Линия", "Line"),
            Grouping::Outcome => self.pick("Итог звонка", "Outcome"),
        }
    }

    /// Head of the figure's column. In the manual's layout the sum of the conversations has the manual's name.
    pub(super) fn measure(self, measure: Measure, seconds: bool) -> String {
        let name = match measure {
            Measure::Count => self.pick("Звонков", "Calls"),
            Measure::Answered => self.pick("Отвечено", "Answered"),
            Measure::Missed => self.pick("Пропущено", "Missed"),
            Measure::MissedShare => self.pick("Доля пропущенных", "Missed, share"),
            Measure::First => self.pick("Приняты с первого раза", "Answered first time"),
            Measure::TalkSum if seconds => self.pick("Продолжительность вызова", "Duration of the call"),
            Measure::TalkSum => self.pick("Разговор, всего", "Talk, total"),
            Measure::TalkMean => self.pick("Разговор, среднее", "Talk, mean"),
            Measure::TalkMedian => self.pick("Разговор, медиана", "Talk, median"),
            Measure::TalkP90 => self.pick("Разговор, 90 % не дольше", "Talk, 90% within"),
            Measure::WaitSum => self.pick("Ожидание, всего", "Wait, total"),
            Measure::WaitMean => self.pick("Ожидание, среднее", "Wait, mean"),
            Measure::WaitMedian => self.pick("Ожидание, медиана", "Wait, median"),
            Measure::WaitP90 => self.pick("Ожидание, 90 % не дольше", "Wait, 90% within"),
            Measure::BackMean => self.pick("До перезвона, среднее", "To call back, mean"),
            Measure::BackMedian => self.pick("До перезвона, медиана", "To call back, median"),
            Measure::BackShare => self.pick("Перезвонили за 20 мин", "Called back in 20 min"),
        };
        if measure.is_time() && seconds {
            name + &self.pick(", сек.", ", sec.")
        } else {
            name
        }
    }

    /// How the figure is reckoned, for who asks.
    pub(super) fn measure_hint(self, measure: Measure) -> String {
        match measure {
            Measure::Count => self.pick("Все звонки группы", "All calls of the group"),
            Measure::Answered => self.pick(
                "Звонки, в которых точно кто-то ответил",
                "Calls that somebody answered, for certain",
            ),
            Measure::Missed => self.pick(
                "Входящие, на которые никто не ответил: те же, что «Пропущенные» в журнале",
                "Incoming calls that nobody answered: those of “Missed” in the call list",
            ),
            Measure::MissedShare => self.pick("Пропущенные из входящих", "Missed out of incoming"),
            Measure::First => self.pick(
                "Принятые входящие, перед которыми человек не звонил впустую последние 24 часа",
                "Answered incoming calls before which the person had not called in vain for 24 hours",
            ),
            Measure::TalkSum | Measure::TalkMean => {
                self.pick("По звонкам с разговором", "Of calls with a conversation")
            }
            Measure::WaitSum | Measure::WaitMean => {
                self.pick("По входящим: до ответа или до конца", "Of incoming calls: until the answer or the end")
            }
            Measure::TalkMedian | Measure::WaitMedian => self.pick(
                "Половина звонков не дольше",
                "Half of the calls took no longer",
            ),
            Measure::TalkP90 | Measure::WaitP90 => self.pick(
                "Девять звонков из десяти не дольше",
                "Nine calls of ten took no longer",
            ),
            Measure::BackMean | Measure::BackMedian => self.pick(
                "От пропущенного до исходящего разговора с этим человеком, если он раньше не дозвонился сам; не позже недели",
                "From the missed call to an outgoing conversation with that person who had not got through before; within a week",
            ),
            Measure::BackShare => self.pick(
                "Доля пропущенных с номером, которым перезвонили за 20 минут",
                "Missed calls with a number that were called back within 20 minutes",
            ),
        }
    }

    pub(super) fn column(self, column: Column) -> String {
        match column {
            Column::Time => self.pick("Время", "Time"),
            Column::Contact => self.pick("Документ события.Контакт", "Contact"),
            Column::Number => self.pick("Номер вызова", "Number"),
            Column::Direction => self.pick("Направление вызова", "Direction"),
            Column::Missed => self.pick("Пропущенный вызов", "Missed call"),
        }
    }

    pub(super) fn total(self) -> String {
        self.pick("Итого", "Total")
    }

    pub(super) fn way(self, direction: Direction) -> String {
        match direction {
            Direction::Incoming => self.pick("Входящий", "Incoming"),
            Direction::Outgoing => self.pick("Исходящий", "Outgoing"),
        }
    }

    pub(super) fn outcome(self, outcome: Outcome) -> String {
        match outcome {
            Outcome::Ringing => self.pick("Звонит", "Ringing"),
            Outcome::Talking => self.pick("Разговор", "Talking"),
            Outcome::AnsweredBy => self.pick("Ответил коллега", "Answered by a colleague"),
            Outcome::Missed => self.pick("Пропущен", "Missed"),
            Outcome::Rejected => self.pick("Отклонён или занято", "Declined or busy"),
            Outcome::Unreachable => self.pick("Недоступен", "Unreachable"),
            Outcome::Cancelled => self.pick("Отменён", "Cancelled"),
            Outcome::NoAnswer => self.pick("Нет ответа", "No answer"),
            Outcome::Transferred => self.pick("Переведён", "Transferred"),
            Outcome::Ended => self.pick("Состоялся", "Ended"),
        }
    }

    /// The group of those that have no such thing.
    pub(super) fn without(self, grouping: Grouping) -> String {
        match grouping {
            Grouping::Abonent => self.pick("Без абонента", "No PBX user"),
            Grouping::Contact => self.pick("Без контакта", "No contact"),
            Grouping::Company => self.pick("Без компании", "No company"),
            Grouping::Number => self.pick("Номер скрыт", "Number withheld"),
            Grouping::Line => self.pick("Без линии", "No line"),
            _ => String::new(),
        }
    }

    /// `18.01.2019`, `18 Jan 2019`.
    pub(super) fn day(self, day: i64) -> String {
        let date = calendar::date(day);
        if self.ru() {
            return date.format("%d.%m.%Y").to_string();
        }
        let (_, month) = MONTHS[date.month0() as usize];
        format!("{} {} {}", date.day(), &month[..3], date.year())
    }

    /// `14.01–20.01.2019`, `14 Jan–20 Jan 2019`.
    pub(super) fn week(self, monday: i64) -> String {
        let first = self.day(monday);
        format!("{}–{}", &first[..first.len() - 5], self.day(monday + 6))
    }

    /// `Январь 2019`.
    pub(super) fn month(self, month: i64) -> String {
        let (ru, en) = MONTHS[month.rem_euclid(12) as usize];
        format!("{} {}", self.pick(ru, en), month.div_euclid(12))
    }

    pub(super) fn weekday(self, weekday: i64) -> String {
        let (ru, en) = WEEKDAYS[weekday.rem_euclid(7) as usize];
        self.pick(ru, en)
    }

    /// A figure for reading; empty where there is none.
    pub(super) fn figure(self, measure: Measure, value: Option<f64>, seconds: bool) -> String {
        let Some(value) = value else { return String::new() };
        if matches!(measure, Measure::MissedShare | Measure::BackShare) {
            let share = self.decimal(value * 100.0, 1);
            return if self.ru() {
                format!("{share}{BLANK}%")
            } else {
                format!("{share}%")
            };
        }
        if measure.is_time() && !seconds {
            return duration(value.round() as i64 * 1000);
        }
        self.decimal(value, usize::from(!measure.adds_up() && value.fract() != 0.0))
    }

    /// `12 590`, `12 590,5`; `12,590.5` in English.
    fn decimal(self, value: f64, places: usize) -> String {
        let text = format!("{:.*}", places, value.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut shown = String::new();
        if value < 0.0 {
            shown.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                shown.push(if self.ru() { BLANK } else { ',' });
            }
            shown.push(digit);
        }
        if !rest.is_empty() {
            shown.push(if self.ru() { ',' } else { '.' });
            shown.push_str(rest);
        }
        shown
    }
}

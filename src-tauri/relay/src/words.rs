//! Problems, each in one sentence for people, and the remedy in another. The codes are stable: journals, the window
//! and the desk know them.

mod check;
mod keeper;
mod pbx;

/// A code and its sentences.
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

/// For an unknown code.
static UNKNOWN: Cause = cause(
    "unexpected",
    "Проверка закончилась неожиданно",
    "Повторите проверку; если не поможет, посмотрите журнал сервера.",
    "The check ended unexpectedly",
    "Run it again; if that does not help, look into the server's log.",
);

/// The sentences of a code.
pub(crate) fn of(code: &str) -> &'static Cause {
    all().find(|cause| cause.code == code).unwrap_or(&UNKNOWN)
}

/// All codes of the keeper and the checks, for programs that have sentences of their own.
pub fn cause_codes() -> impl Iterator<Item = &'static str> {
    all().map(|cause| cause.code)
}

fn all() -> impl Iterator<Item = &'static Cause> {
    pbx::CAUSES.iter().chain(keeper::CAUSES).chain(check::CAUSES)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{UNKNOWN, all, of};
    use std::collections::BTreeSet;

    #[test]
    fn every_cause_has_one_sentence_and_one_fix_in_both_languages() {
        let codes: BTreeSet<_> = all().map(|cause| cause.code).collect();
        assert_eq!(codes.len(), all().count(), "no code twice");
        for cause in all().chain([&UNKNOWN]) {
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

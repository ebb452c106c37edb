//! Makes users and join codes, for the API and the command line.

use crate::keys::{self, Role, Secret, code};
use crate::tables::audit::Who;
use crate::tables::join_codes::JoinCode;
use crate::tables::users::User;
use perezvon_core::Time;
use url::Url;

/// A value is out of its bounds: what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected(pub(crate) &'static str);

/// Longest name of a user, characters.
pub(crate) const MAX_NAME_CHARS: usize = 200;
/// What a name looks like (ECMA-262): no control characters, and not blank.
pub(crate) const NAME_PATTERN: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Whether the text can be a name, or an abonent's id: what [`MAX_NAME_CHARS`] and [`NAME_PATTERN`] say.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.chars().any(char::is_control)
}

/// How long a code lives where nobody says, minutes.
pub(crate) const DEFAULT_CODE_MINUTES: u32 = 30;
/// Shortest and longest life, minutes: one must be able to type it, and a forgotten one must end.
pub(crate) const SHORTEST: u32 = 5;
/// See [`SHORTEST`].
pub(crate) const LONGEST: u32 = 7 * 24 * 60;

/// What a code is made for.
pub(crate) struct NewCode {
    /// Name of the new user.
    pub(crate) name: String,
    /// Their role.
    pub(crate) role: Role,
    /// The abonent whose calls they will see.
    pub(crate) abonent: Option<String>,
    /// Life of the code; [`DEFAULT_CODE_MINUTES`] if absent.
    pub(crate) minutes: Option<u32>,
}

/// A code and its secret text.
pub(crate) fn new_code(new: NewCode, by: &Who, created_at: Time) -> Result<(JoinCode, Secret, [u8; 32]), Expected> {
    let minutes = new.minutes.unwrap_or(DEFAULT_CODE_MINUTES);
    if !(SHORTEST..=LONGEST).contains(&minutes) {
        return Err(Expected("minutes must be 5 to 10080 (7 days)"));
    }
    let (name, abonent) = plain_user(&new.name, new.role, new.abonent)?;
    let secret = code::random();
    let hash = code::hash(secret.reveal()).expect("a code that was just made is one");
    let code = JoinCode {
        id: ulid::Ulid::new().to_string(),
        name,
        role: new.role,
        abonent,
        created_at,
        expires_at: created_at.plus(i64::from(minutes) * 60_000),
        created_by: by.name.clone(),
    };
    Ok((code, secret, hash))
}

/// The link for joining: `perezvon://join?relay=URL&code=…`.
pub(crate) fn link(relay: &Url, code: &Secret) -> Secret {
    let relay = relay.as_str().trim_end_matches('/');
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("relay", relay)
        .append_pair("code", code.reveal())
        .finish();
    Secret::new(format!("perezvon://join?{query}"))
}

/// Checks a user's name and abonent.
fn plain_user(name: &str, role: Role, abonent: Option<String>) -> Result<(String, Option<String>), Expected> {
    let name = name.trim();
    if !is_name(name) {
        return Err(Expected("name must have 1 to 200 characters"));
    }
    match (role, &abonent) {
        (Role::User, None) => Err(Expected("a user needs an abonent")),
        (_, Some(id)) if !is_name(id) => Err(Expected("abonent is no abonent's id")),
        _ => Ok((name.to_owned(), abonent)),
    }
}

/// A user and their new key.
pub(crate) fn new_user(
    name: &str,
    role: Role,
    abonent: Option<String>,
    created_at: Time,
) -> Result<(User, String), Expected> {
    let (name, abonent) = plain_user(name, role, abonent)?;
    let user = User {
        id: ulid::Ulid::new().to_string(),
        name,
        role,
        abonent,
        created_at,
        revoked_at: None,
    };
    Ok((user, keys::random_key()))
}

//! Users and join codes before they are stored: the same for the API and the command line.

use crate::keys::{self, Role, Secret, code};
use crate::tables::audit::Who;
use crate::tables::join_codes::JoinCode;
use crate::tables::users::User;
use perezvon_core::Time;
use url::Url;

/// Something about a user or a code is wrong: what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected(pub(crate) &'static str);

/// Longest name of a user, characters.
pub(crate) const NAME: usize = 200;
/// What a name looks like (ECMA-262): no control characters, and not blank.
pub(crate) const NAME_PATTERN: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Whether the text can be a name, or an abonent's id: what [`NAME`] and [`NAME_PATTERN`] say.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME && !text.chars().any(char::is_control)
}

/// How long a code lives where nobody says, minutes.
pub(crate) const MINUTES: u32 = 30;
/// Shortest and longest life, minutes: one must be able to type it, and a forgotten one must end.
pub(crate) const SHORTEST: u32 = 5;
/// See [`SHORTEST`].
pub(crate) const LONGEST: u32 = 7 * 24 * 60;

/// What a code is made for.
pub(crate) struct NewCode {
    /// Name of the user to come.
    pub(crate) name: String,
    /// His role.
    pub(crate) role: Role,
    /// Whose calls he will see.
    pub(crate) abonent: Option<String>,
    /// How long it lives; [`MINUTES`] where it is not said.
    pub(crate) minutes: Option<u32>,
}

/// A code with its secret. The same for the API and the command line.
pub(crate) fn new_code(new: NewCode, by: &Who, created_at: Time) -> Result<(JoinCode, Secret, [u8; 32]), Expected> {
    let minutes = new.minutes.unwrap_or(MINUTES);
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

/// The link that joins with one click: `perezvon://join?relay=URL&code=…`.
pub(crate) fn link(relay: &Url, code: &Secret) -> Secret {
    let relay = relay.as_str().trim_end_matches('/');
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("relay", relay)
        .append_pair("code", code.reveal())
        .finish();
    Secret::new(format!("perezvon://join?{query}"))
}

/// A user's name and abonent within their bounds.
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

/// A user with a new key. The same for the API and the command line.
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

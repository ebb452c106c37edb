//! What a request carries, read and checked: each type says its bounds in the contract and refuses what is outside them.
//! What is wrong is not told in detail, it may hold numbers of people.
//!
//! The extractors have the names of axum's own, by which the contract finds what a handler takes.

use super::error::ApiError;
use crate::people;
use crate::tables::settings::schema::whole;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The words of the query. An unknown word, one too many, or a value out of its bounds is refused.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|_| ApiError::BadRequest("a parameter is unknown, has a wrong form or is out of its bounds"))
    }
}

/// Lets only requests without a query through.
pub(crate) async fn without_query(request: Request, next: Next) -> Result<Response, ApiError> {
    match request.uri().query() {
        None | Some("") => Ok(next.run(request).await),
        Some(_) => Err(ApiError::BadRequest("there are no parameters here")),
    }
}

/// The variable parts of the path. What is out of its bounds is the name of nothing.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| ApiError::NotFound)
    }
}

/// A body of JSON, in a request or in an answer.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        use JsonRejection as R;
        axum::Json::from_request(request, state)
            .await
            .map(|axum::Json(value)| Self(value))
            .map_err(|rejection| match rejection {
                R::BytesRejection(error) => ApiError::of_body(&error),
                R::MissingJsonContentType(_) => ApiError::UnsupportedMediaType,
                _ => ApiError::BadRequest("the body is not the JSON that is expected"),
            })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounded<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Bounded<MIN, MAX> {
    pub(crate) fn get(self) -> i64 {
        self.0
    }

    fn of(number: i64) -> Option<Self> {
        (MIN..=MAX).contains(&number).then_some(Self(number))
    }

    fn wrong<E: serde::de::Error>() -> E {
        E::custom(format!("a whole number from {MIN} to {MAX} is expected"))
    }

    /// As a field of a body: in JSON 5.0 is the whole number 5.
    pub(crate) fn in_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_json(f64::deserialize(deserializer)?)
    }

    /// The same where it may be missing.
    pub(crate) fn may_be_in_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Option::<f64>::deserialize(deserializer)?.map(Self::of_json).transpose()
    }

    fn of_json<E: serde::de::Error>(number: f64) -> Result<Self, E> {
        whole(number).and_then(Self::of).ok_or_else(Self::wrong)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(i64::deserialize(deserializer)?).ok_or_else(Self::wrong)
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Bounded<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: i64, const MAX: i64> ToSchema for Bounded<MIN, MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }
}

/// How many rows a page has at most.
pub(crate) type Limit = Bounded<1, 200>;

/// Where a page begins: the cursor of the page before.
pub(crate) type Cursor = Bounded<0, { i64::MAX }>;

/// Rows of a page by default.
const ROWS: usize = 50;

/// The page size that is asked for.
pub(crate) fn rows(limit: Option<Limit>) -> usize {
    limit.map_or(ROWS, |limit| limit.get() as usize)
}

/// A text of `MIN` to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(format!(
                "a text of {MIN} to {MAX} characters is expected"
            )))
        }
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length((MIN > 0).then_some(MIN))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Text{MIN}To{MAX}").into()
    }
}

/// A text to look for; blanks around it do not count, and an empty one is none.
pub(crate) type Sought = Text<0, 200>;

/// The text that is looked for, if there is one.
pub(crate) fn sought(text: Option<Sought>) -> Option<String> {
    let text = text.map(|text| text.0.trim().to_owned());
    text.filter(|text| !text.is_empty())
}

/// An id: of a call, a user, an abonent, a recording. It is looked up, so any text may be one.
pub(crate) type Id = Text<1, 200>;

/// 1 to `MAX` visible ASCII characters. Not printed: it may be a secret.
pub(crate) struct Visible<const MAX: usize>(String);

impl<const MAX: usize> Visible<MAX> {
    /// None where the text is something else.
    pub(crate) fn of(text: String) -> Option<Self> {
        let good = (1..=MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then_some(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Visible<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of(text).ok_or_else(|| D::Error::custom(format!("1 to {MAX} visible characters are expected")))
    }
}

impl<const MAX: usize> PartialSchema for Visible<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX))
            .pattern(Some("^[!-~]+$"))
            .into()
    }
}

impl<const MAX: usize> ToSchema for Visible<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Visible1To{MAX}").into()
    }
}

/// A name of a user, or an abonent's id where a user is made.
#[derive(Clone, Debug)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if people::is_name(&text) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("a name is expected"))
        }
    }
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(people::MAX_NAME_CHARS))
            .pattern(Some(people::NAME_PATTERN))
            .into()
    }
}

impl ToSchema for Name {}

/// A switch in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag(bool);

/// The words for it; the bare name is *on*.
const FLAGS: [(&str, bool); 5] = [("1", true), ("true", true), ("", true), ("0", false), ("false", false)];

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = FLAGS.iter().find(|(known, _)| *known == word);
        found
            .map(|(_, on)| Self(*on))
            .ok_or_else(|| D::Error::custom("1 or 0 is expected"))
    }
}

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(FLAGS.map(|(word, _)| word)))
            .into()
    }
}

impl ToSchema for Flag {}

/// Whether the switch is on.
pub(crate) fn is_on(flag: Option<Flag>) -> bool {
    flag == Some(Flag(true))
}

/// What a path names by its id.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ById {
    /// Its id.
    #[param(inline)]
    pub(crate) id: Id,
}

/// An event by its number.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct BySeq {
    /// Its number in the journal.
    #[param(inline)]
    pub(crate) seq: Cursor,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read<T: DeserializeOwned>(value: serde_json::Value) -> Option<T> {
        serde_json::from_value(value).ok()
    }

    #[test]
    fn a_bound_is_checked_and_told_by_the_same_type() {
        assert_eq!(read::<Limit>(json!(200)).unwrap().get(), 200, "the last that is good");
        for wrong in [json!(0), json!(201), json!(1.5), json!("1"), json!(null)] {
            assert!(read::<Limit>(wrong.clone()).is_none(), "{wrong} is refused");
        }
        let body = |number: serde_json::Value| Limit::may_be_in_body(number).ok().flatten().map(Limit::get);
        assert_eq!((body(json!(5)), body(json!(5.0))), (Some(5), Some(5)), "one number");
        assert_eq!(
            (body(json!(5.5)), body(json!(201.0))),
            (None, None),
            "what is no such number"
        );
        let told = serde_json::to_value(Limit::schema()).unwrap();
        assert_eq!((&told["minimum"], &told["maximum"]), (&json!(1), &json!(200)), "{told}");
        assert!(read::<Id>(json!("")).is_none(), "an id is not empty");
        assert!(
            read::<Id>(json!("я".repeat(200))).is_some(),
            "characters are counted, not bytes"
        );
        assert!(read::<Id>(json!("я".repeat(201))).is_none(), "one too many");
        let told = serde_json::to_value(Id::schema()).unwrap();
        assert_eq!(
            (&told["minLength"], &told["maxLength"]),
            (&json!(1), &json!(200)),
            "{told}"
        );
    }
}

//! The contract: the OpenAPI document, made of the routes, of what their handlers take and of the types they answer
//! with. What the routes have in common (who may ask, what can go wrong) is added here, from [`ApiError`] itself.

mod schemas;

use super::Parts;
use super::error::{ApiError, Refusal};
use super::input::without_query;
use axum::http::{StatusCode, header};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Without a key.
    Anyone,
    /// With any key.
    Any,
    /// With an administrator's key.
    Admin,
}

/// Routes with their document.
pub(super) struct Contract(OpenApiRouter<Parts>);

impl Contract {
    pub(super) fn new() -> Self {
        let info = InfoBuilder::new().title("Perezvon relay").version("1").description(Some(
            "Calls of a Cloud PBX, told to each reader as snapshots with a growing version: the newest wins. Times are \
             RFC 3339 UTC with milliseconds, durations are milliseconds. Keys go in `Authorization: Bearer KEY`.",
        ));
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = ComponentsBuilder::new()
            .security_scheme("key", scheme)
            .schema(Refusal::name(), Refusal::schema());
        let document = OpenApiBuilder::new()
            .info(info)
            .security(Some([SecurityRequirement::new("key", [""; 0])]))
            .components(Some(components.build()));
        Self(OpenApiRouter::with_openapi(document.build()))
    }

    /// Adds routes of one path for those who may ask. `errors`: how they can end beside what can happen to every
    /// request. Where none of them takes a query, any is refused; so one that does and one that does not are added
    /// separately.
    pub(super) fn route(self, whom: For, routes: UtoipaMethodRouter<Parts>, errors: &[ApiError]) -> Self {
        let (schemas, mut paths, methods) = routes;
        let mut answers = Vec::new();
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                complete(operation, method, path, whom);
                answers.extend(refusals(operation, method, path, whom, errors));
            }
        }
        let mut items = paths.paths.iter_mut();
        let has_query = items.any(|(_, item)| operations(item).any(|(_, operation)| takes_query(operation)));
        // The PBX may append to its address what it likes.
        let is_of_pbx = paths.paths.keys().all(|path| path.starts_with("/xsi/"));
        let methods = if has_query || is_of_pbx {
            methods
        } else {
            methods.route_layer(axum::middleware::from_fn(without_query))
        };
        let known = self.0.get_openapi().components.as_ref();
        for (name, schema) in &schemas {
            let other = known.and_then(|known| known.schemas.get(name));
            debug_assert!(other.is_none_or(|other| other == schema), "two types are called {name}");
        }
        let mut router = self.0.routes((schemas, paths, methods));
        if let Some(components) = &mut router.get_openapi_mut().components {
            components.responses.extend(answers);
        }
        Self(router)
    }

    /// Adds the same routes at several addresses.
    pub(super) fn route_at(self, paths: &[&str], routes: &UtoipaMethodRouter<Parts>) -> Self {
        let (schemas, described, methods) = routes;
        let item = described.paths.values().next().cloned().unwrap_or_default();
        paths.iter().fold(self, |contract, path| {
            let mut item = item.clone();
            if path.contains(REST) {
                for (_, operation) in operations(&mut item) {
                    operation.parameters.get_or_insert_default().push(rest().into());
                }
            }
            let mut at = Paths::new();
            at.paths.insert((*path).to_owned(), item);
            contract.route(For::Anyone, (schemas.clone(), at, methods.clone()), &[])
        })
    }

    /// The routes and their document.
    pub(super) fn parts(self) -> (axum::Router<Parts>, OpenApi) {
        self.0.split_for_parts()
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("head", &mut item.head),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What every operation says of itself.
fn complete(operation: &mut Operation, method: &str, path: &str, whom: For) {
    operation.operation_id = Some(id(method, path));
    match whom {
        For::Anyone => operation.security = Some(Vec::new()),
        For::Any => extend(operation, "user, admin"),
        For::Admin => extend(operation, "admin"),
    }
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        if answer.description.is_empty() {
            let known = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
            known
                .and_then(|status| status.canonical_reason())
                .unwrap_or("Answer")
                .clone_into(&mut answer.description);
        }
        // An answer to HEAD has no body.
        if method == "head" {
            answer.content.clear();
        }
    }
}

fn takes_query(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .any(|parameter| parameter.parameter_in == ParameterIn::Query)
}

fn extend(operation: &mut Operation, whom: &str) {
    let extensions = operation.extensions.get_or_insert_default();
    extensions.insert("x-for".to_owned(), Value::from(whom));
}

/// `get` and `/v1/events/{seq}` become `getEventsSeq`.
fn id(method: &str, path: &str) -> String {
    let path = path
        .strip_suffix('/')
        .map_or(path.to_owned(), |path| format!("{path}/slash"));
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.filter(|word| *word != "v1").fold(method.to_owned(), |id, word| {
        let (first, rest) = word.split_at(1);
        id + &first.to_ascii_uppercase() + rest
    })
}

/// Adds the errors to the operation; gives the answers that it refers to by their names.
fn refusals(
    operation: &mut Operation,
    method: &str,
    path: &str,
    whom: For,
    errors: &[ApiError],
) -> Vec<(String, RefOr<Response>)> {
    let mut by_status: BTreeMap<StatusCode, Vec<&ApiError>> = BTreeMap::new();
    let common = common(operation, path, whom);
    for error in common.iter().chain(errors) {
        by_status.entry(error.status()).or_default().push(error);
    }
    let mut answers = Vec::new();
    for (status, errors) in by_status {
        let codes: BTreeSet<_> = errors.iter().map(|error| error.code()).collect();
        let mut name = codes.into_iter().collect::<Vec<_>>().join("_or_");
        if method == "head" {
            name.push_str("_head");
        }
        let reference = RefOr::Ref(Ref::from_response_name(&name));
        operation
            .responses
            .responses
            .insert(status.as_str().to_owned(), reference);
        answers.push((name, RefOr::T(answer(status, &errors, method))));
    }
    answers
}

/// How every request of the kind can end.
fn common(operation: &Operation, path: &str, whom: For) -> Vec<ApiError> {
    let mut errors = vec![ApiError::TooMany, ApiError::Unavailable, ApiError::Stopping];
    if path.starts_with("/v1/") {
        errors.extend([ApiError::BadRequest("what is expected"), ApiError::TookTooLong]);
    }
    if whom != For::Anyone {
        errors.push(ApiError::Unauthorized);
    }
    if whom == For::Admin {
        errors.push(ApiError::Forbidden);
    }
    if path.contains('{') {
        errors.push(ApiError::NotFound);
    }
    if operation.request_body.is_some() {
        errors.extend([ApiError::Timeout, ApiError::TooLarge]);
        if path.starts_with("/v1/") {
            errors.push(ApiError::UnsupportedMediaType);
        }
    }
    errors
}

/// An answer that says one of the errors.
fn answer(status: StatusCode, errors: &[&ApiError], method: &str) -> Response {
    let said = errors
        .iter()
        .map(|error| format!("`{}`: {}", error.code(), error.message()));
    let mut answer = ResponseBuilder::new().description(said.collect::<Vec<_>>().join(". "));
    if method != "head" {
        let schema = Ref::from_schema_name(Refusal::name());
        answer = answer.content("application/json", Content::new(Some(schema)));
    }
    let text = || {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build()
    };
    match status {
        StatusCode::UNAUTHORIZED => answer = answer.header(header::WWW_AUTHENTICATE.as_str(), text()),
        StatusCode::TOO_MANY_REQUESTS => {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
            let wait = HeaderBuilder::new()
                .schema(Some(seconds))
                .description(Some("Seconds to wait"));
            answer = answer.header(header::RETRY_AFTER.as_str(), wait.build());
        }
        StatusCode::RANGE_NOT_SATISFIABLE => answer = answer.header(header::CONTENT_RANGE.as_str(), text()),
        _ => {}
    }
    answer.build()
}

/// The document as it is served.
pub(super) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    &TEXT
}

/// The document.
pub(super) fn document() -> Value {
    let (_, api) = super::contract().parts();
    let mut document = serde_json::to_value(&api).expect("a document of plain maps and texts is JSON");
    schemas::complete(&mut document);
    // A star is the router's way to write that slashes belong to the part too.
    if let Some(paths) = document["paths"].as_object_mut() {
        *paths = std::mem::take(paths)
            .into_iter()
            .map(|(path, item)| (path.replace(REST, "{rest}"), item))
            .collect();
    }
    document
}

/// The part of a path that may have slashes, as the router writes it.
const REST: &str = "{*rest}";

fn rest() -> Parameter {
    ParameterBuilder::new()
        .name("rest")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Any suffix, slashes included; the PBX appends /null"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Map, json};

    /// Every object inside.
    fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
        match value {
            Value::Object(map) => {
                found.push(map);
                map.values().for_each(|value| objects(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| objects(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_is_whole() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0", "its version");
        serde_json::from_value::<OpenApi>(document.clone()).expect("the form of OpenAPI");
        let mut found = Vec::new();
        objects(&document, &mut found);
        for reference in found.iter().filter_map(|object| object.get("$ref")?.as_str()) {
            let place = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(place).is_some(), "{reference} is there");
        }
        let (mut ids, mut count) = (BTreeSet::new(), 0);
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                count += 1;
                ids.insert(operation["operationId"].as_str().unwrap().to_owned());
                let what = format!("{method} {path}");
                let is_open = operation["security"] == json!([]);
                assert_eq!(is_open, operation.get("x-for").is_none(), "{what} says who may ask");
                let answers = operation["responses"].as_object().unwrap();
                assert!(
                    answers.keys().any(|status| status < &"400".to_owned()),
                    "{what} can succeed"
                );
                assert!(answers.contains_key("429"), "{what} has a limit");
                assert_eq!(answers.contains_key("401"), !is_open, "{what} asks for a key");
                let summary = operation["summary"].as_str().unwrap_or_default();
                assert!(!summary.is_empty(), "{what} says what it is");
                for name in path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
                    let parameters = operation["parameters"].as_array().into_iter().flatten();
                    let is_it = |one: &&Value| one["name"] == name && one["in"] == "path";
                    assert_eq!(parameters.filter(is_it).count(), 1, "{what} says what {name} is");
                }
            }
        }
        assert_eq!(ids.len(), count, "each operation has a name of its own");
        assert!(count > 40, "there are many: {count}");
    }

    #[test]
    fn what_is_told_is_absent_and_not_null() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["CallSnapshot"]["properties"]["trackingId"]["type"], "string",
            "a text"
        );
        let line = &schemas["CallSnapshot"]["properties"]["line"];
        assert_eq!(
            line["$ref"], "#/components/schemas/LineSnapshot",
            "a type of its own: {line}"
        );
        let tls = schemas["AdminHealth"]["properties"]["tls"].to_string();
        assert!(tls.contains("null"), "what is always there may be null: {tls}");
        let new = schemas["NewUser"]["properties"]["abonent"].to_string();
        assert!(new.contains("null"), "null is read as nothing: {new}");
    }
}

//! What the derived descriptions of types leave open.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the derived descriptions leave open. What the relay does not know it leaves out: in what it tells, a field that
/// may be absent is never null; in what it is told, both mean the same, and an unknown field is refused. A header or a
/// word of the query has no null.
pub(super) fn complete(document: &mut Value) {
    let mut read = BTreeSet::new();
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for item in items {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                without_null(&mut parameter["schema"]);
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            read.extend(body.as_str().and_then(|name| Some(name.rsplit_once('/')?.1.to_owned())));
        }
    }
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if read.contains(name) {
            closed(schema);
        } else {
            never_null(schema);
        }
    }
}

/// No other fields than the described ones, each in one piece: the description of a field whose type is written out
/// comes as a type beside it, which is an object.
fn closed(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(Map::values_mut) {
        if let Some([kind, note]) = property["allOf"].as_array().map(Vec::as_slice) {
            let mut whole = kind.clone();
            whole["description"] = note["description"].clone();
            *property = whole;
        }
    }
    let choices = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    choices.into_iter().flatten().for_each(closed);
    if schema["type"] == "object" {
        schema["additionalProperties"] = false.into();
    }
}

fn never_null(schema: &mut Value) {
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    parts.into_iter().flatten().for_each(never_null);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !required.contains(&json!(name)) {
            without_null(property);
        }
    }
}

fn without_null(schema: &mut Value) {
    if let Some([kind, null]) = schema["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        schema["type"] = kind.clone();
    }
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(Value::Array(choices)) = map.get("oneOf")
        && let [Value::Object(other), null] = choices.as_slice()
        && null["type"] == "null"
    {
        let other = other.clone();
        map.remove("oneOf");
        map.extend(other);
    }
}

//! What the window asks. A room has the commands of one part of it, declared once: `room!` makes of the declaration what
//! carries them out and, in the tests, their TypeScript (`ui/src/contract.ts`). A new room is its file and its line below.

macro_rules! room {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $type:ty),* $(,)? } -> $answer:ty,)*) => {
        /// Carries a command of this room out; none where the room has no such command.
        pub(in crate::room) async fn ask(
            core: &std::sync::Arc<crate::core::Core>,
            name: &str,
            body: serde_json::Value,
        ) -> Option<crate::room::Answer<crate::room::Reply>> {
            $(
                if name == stringify!($name) {
                    #[derive(serde::Deserialize)]
                    #[serde(rename_all = "camelCase", deny_unknown_fields)]
                    struct Ask { $($field: $type),* }
                    return Some(match crate::room::read::<Ask>(body) {
                        Ok(Ask { $($field),* }) => $name(core $(, $field)*).await.and_then(crate::room::Told::reply),
                        Err(failure) => Err(failure),
                    });
                }
            )*
            None
        }

        #[cfg(test)]
        pub(in crate::room) fn declared() -> Vec<crate::room::tests::Declared> {
            vec![$({
                #[derive(ts_rs::TS)]
                #[ts(rename_all = "camelCase")]
                #[allow(dead_code, reason = "only its TypeScript is wanted")]
                struct Ask { $($field: $type),* }
                let doc = concat!($($doc),*).trim();
                crate::room::tests::Declared::of::<Ask, $answer>(stringify!($name), doc, &[$(stringify!($field)),*])
            }),*]
        }
    };
}

mod audit;
mod calls;
mod company;
mod connection;
mod contacts;
mod dial;
mod document;
mod forwarding;
mod frame;
mod import;
mod join;
mod journal;
mod notes;
mod notices;
mod pbx;
mod people;
mod player;
mod queue;
mod recordings;
mod relay;
mod report;
mod settings;
mod small;
mod subscriptions;
#[cfg(test)]
mod tests;
mod updates;

macro_rules! rooms {
    ($($room:ident),* $(,)?) => {
        async fn find(core: &Arc<Core>, room: &str, name: &str, body: Value) -> Option<Answer<Reply>> {
            $(
                if room == stringify!($room) {
                    return $room::ask(core, name, body).await;
                }
            )*
            None
        }

        #[cfg(test)]
        fn declared() -> Vec<(&'static str, Vec<tests::Declared>)> {
            vec![$((stringify!($room), $room::declared())),*]
        }
    };
}

rooms!(
    audit,
    calls,
    company,
    connection,
    contacts,
    dial,
    document,
    forwarding,
    frame,
    import,
    join,
    journal,
    notes,
    notices,
    pbx,
    people,
    player,
    queue,
    recordings,
    report,
    settings,
    small,
    subscriptions,
    updates,
);

use crate::core::Core;
use crate::ipc::Failure;
use perezvon_desk::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

type Answer<T> = Result<T, Failure>;

/// The most rows one answer holds.
const MAX_PAGE_ROWS: u32 = 500;

/// What the window gets.
#[derive(Debug)]
pub enum Reply {
    /// JSON.
    Json(String),
    /// A file, without JSON around it.
    Bytes(Vec<u8>),
}

/// Carries out the command `room.name` with its arguments, an object. None of them waits without a limit.
pub async fn ask(core: &Arc<Core>, name: &str, body: Value) -> Result<Reply, Failure> {
    let (room, name) = name.split_once('.').unwrap_or_default();
    // Only a window of another version asks for what is not there.
    find(core, room, name, body)
        .await
        .unwrap_or_else(|| Err(Failure::of(Fault::NotSupported)))
}

/// The arguments. What the parser says may quote them: it is not told.
fn read<T: DeserializeOwned>(body: Value) -> Answer<T> {
    serde_json::from_value(body).map_err(|_| Failure::of(Fault::Unexpected))
}

/// An answer on its way to the window.
trait Told {
    fn reply(self) -> Answer<Reply>;
}

impl<T: Serialize> Told for T {
    fn reply(self) -> Answer<Reply> {
        let json = serde_json::to_string(&self).map_err(|_| Failure::of(Fault::Unexpected))?;
        Ok(Reply::Json(json))
    }
}

/// Bytes of a file.
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ArrayBuffer"))]
struct Bytes(Vec<u8>);

impl Told for Bytes {
    fn reply(self) -> Answer<Reply> {
        Ok(Reply::Bytes(self.0))
    }
}

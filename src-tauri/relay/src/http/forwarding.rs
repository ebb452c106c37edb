//! `/v1/forwarding`: where the calls of one's own telephone go, always as the PBX says.

use super::caller::Caller;
use super::input::{Bounded, Id, Json, Query, Text};
use crate::company::Company;
use crate::company::forwarding::ForwardingTold;
use crate::http::error::ApiError;
use crate::pbx::Pbx;
use crate::roster::{Roster, RosterNow};
use crate::told::View;
use axum::extract::State;
use perezvon_core::Number;
use perezvon_pbx::rest::{Forward, Portal};
use serde::Deserialize;
use tokio_util::task::TaskTracker;
use utoipa::{IntoParams, ToSchema};

/// Whose telephone.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// Whose it is; an administrator must say, a user has their own.
    #[param(inline)]
    abonent: Option<Id>,
}

/// How often the telephone rings before a call counts as not answered.
type Rings = Bounded<1, 20>;

/// A number in any spelling.
type Written = Text<1, 200>;

/// Which calls are to go where: all of them, or those of one or more of the other kinds. It replaces all that is set.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewForwarding {
    /// All calls; nothing else can be set with it.
    #[schema(inline)]
    all: Option<Written>,
    /// Those that come while the abonent talks.
    #[schema(inline)]
    busy: Option<Written>,
    /// Those that come while the telephone is off or has no connection.
    #[schema(inline)]
    unavailable: Option<Written>,
    /// Those that nobody answers.
    #[schema(inline)]
    not_answered: Option<Written>,
    /// After how many rings that is so; without it the PBX decides.
    #[serde(default, deserialize_with = "Rings::may_be_in_body")]
    #[schema(inline)]
    rings: Option<Rings>,
}

impl NewForwarding {
    /// What the PBX is asked for, where that can be carried out.
    fn forward(&self, own: &str, roster: &Roster) -> Result<Forward, ApiError> {
        let read = |written: &Option<Written>| {
            let number = written.as_ref().map(|written| number(written.as_str(), own, roster));
            number.transpose()
        };
        let forward = Forward {
            all: read(&self.all)?,
            busy: read(&self.busy)?,
            unavailable: read(&self.unavailable)?,
            not_answered: read(&self.not_answered)?,
            not_answered_rings: self.rings.and_then(|rings| u32::try_from(rings.get()).ok()),
        };
        let some = forward.busy.is_some() || forward.unavailable.is_some() || forward.not_answered.is_some();
        match (forward.all.is_some(), some) {
            (false, false) => Err(ApiError::BadRequest("which calls are to go where?")),
            (true, true) => Err(ApiError::BadRequest("all: with it nothing else can be set")),
            _ if forward.not_answered.is_none() && forward.not_answered_rings.is_some() => {
                Err(ApiError::BadRequest("rings: they are for notAnswered alone"))
            }
            _ => Ok(forward),
        }
    }
}

/// A full number or an extension. A code would be dialled for every caller, and what is dialled after an answer is dialled
/// by nobody.
fn number(written: &str, own: &str, roster: &Roster) -> Result<String, ApiError> {
    let number = Number::parse(written);
    let good = matches!(number, Number::E164 { ext: None, .. } | Number::Extension(_));
    let key = number.key().filter(|_| good).ok_or(ApiError::BadRequest(
        "calls can be forwarded to a full number or to an extension",
    ))?;
    if roster.of_number(&key) == Some(own) {
        return Err(ApiError::BadRequest(
            "calls cannot be forwarded to the abonent's own number",
        ));
    }
    Ok(key)
}

/// Whose telephone is meant, and the way to the PBX.
fn telephone(caller: &Caller, whose: &Whose, roster: &Roster, pbx: &Pbx) -> Result<(String, Portal), ApiError> {
    let abonent = match caller.view(roster, whose.abonent.as_ref().map(Id::as_str))? {
        View::Abonent(abonent) | View::AdminOf(abonent) => abonent,
        View::Company => return Err(ApiError::BadRequest("abonent: whose telephone is meant?")),
    };
    let portal = pbx.portal("forwarding").ok_or(ApiError::NoToken)?;
    Ok((abonent, portal))
}

/// Where the calls of the telephone go. Asks the PBX, stores nothing.
#[utoipa::path(get, path = "/v1/forwarding", params(Whose), responses((status = 200, body = ForwardingTold)))]
pub(crate) async fn show(
    State(pbx): State<Pbx>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<Json<ForwardingTold>, ApiError> {
    let (abonent, portal) = telephone(&caller, &whose, &roster.borrow(), &pbx)?;
    let found = portal.forwarding(&abonent).await;
    found
        .map(|found| Json(found.into()))
        .map_err(|error| ApiError::of_portal(&error))
}

/// Has the calls forwarded, and tells what the PBX says then.
#[utoipa::path(put, path = "/v1/forwarding", params(Whose), responses((status = 200, body = ForwardingTold)))]
pub(crate) async fn set(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    State(roster): State<RosterNow>,
    State(tasks): State<TaskTracker>,
    caller: Caller,
    Query(whose): Query<Whose>,
    Json(wanted): Json<NewForwarding>,
) -> Result<Json<ForwardingTold>, ApiError> {
    let roster = roster.borrow().clone();
    let (abonent, portal) = telephone(&caller, &whose, &roster, &pbx)?;
    let wanted = wanted.forward(&abonent, &roster)?;
    carried_out(company, tasks, portal, abonent, Some(wanted), &caller).await
}

/// Ends all of it, and tells what the PBX says then.
#[utoipa::path(delete, path = "/v1/forwarding", params(Whose), responses((status = 200, body = ForwardingTold)))]
pub(crate) async fn off(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    State(roster): State<RosterNow>,
    State(tasks): State<TaskTracker>,
    caller: Caller,
    Query(whose): Query<Whose>,
) -> Result<Json<ForwardingTold>, ApiError> {
    let (abonent, portal) = telephone(&caller, &whose, &roster.borrow(), &pbx)?;
    carried_out(company, tasks, portal, abonent, None, &caller).await
}

/// On its own task: the client may disconnect, but what was done must be noted.
async fn carried_out(
    company: Company,
    tasks: TaskTracker,
    portal: Portal,
    abonent: String,
    wanted: Option<Forward>,
    caller: &Caller,
) -> Result<Json<ForwardingTold>, ApiError> {
    let who = caller.into();
    let task = tasks.spawn(async move { company.forward(&portal, abonent, wanted, who).await });
    Ok(Json(task.await.map_err(|_| ApiError::Unavailable)??))
}

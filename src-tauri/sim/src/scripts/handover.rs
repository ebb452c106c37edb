//! Transfers that REST asks for while a call runs (reference 1.3): how the call goes on from there.

use super::{Script, catalogue::script, transfer::detached};
use crate::{
    company::Abonent,
    event::Kind,
    number::e164,
    plan::{End, Leg, Stage},
    truth::{Outcome, Part},
};

/// Writes nothing: the steps come from the functions below.
pub(super) const SCRIPT: Script = script("call-transfer", "a transfer by REST", |_| {});

/// The address of an abonent, as redirects name it.
fn short(abonent: &Abonent) -> String {
    abonent.extension.clone().unwrap_or_else(|| e164(&abonent.dn))
}

/// The other party of a leg as redirects name it.
fn remote_address(leg: &Leg) -> String {
    leg.view.remote.address.clone().unwrap_or_else(|| "anonymous".into())
}

/// The abonent's leg goes to `number` at once; a colleague rings, answers and talks on. Returns the abonent's part.
pub(crate) fn blind(
    s: &mut Stage<'_>,
    mut leg: Leg,
    at: i64,
    number: &str,
    colleague: Option<&Abonent>,
) -> Option<Part> {
    let to = colleague.map_or_else(|| e164(number), short);
    let view = detached(&mut leg, at, to, "transfer");
    let target = leg.target.clone();
    s.emit_all(at, Kind::CallRedirected, &target, vec![view]);
    s.release(at + 20, &mut leg, End::Local);
    let (session, remote) = (leg.view.tracking_id.clone(), leg.view.remote.clone());
    let mut next = s.leg(&colleague?.user_id, &session, "Terminator", remote, at + 100);
    s.ring(&next);
    let picked = at + 100 + s.ring_ms();
    s.answer(picked, &mut next);
    let release = picked + s.talk_ms();
    s.release(release, &mut next, End::Remote);
    Some(Stage::part(&next, Outcome::Answered, None))
}

/// Both legs of the abonent go, and their other parties talk with each other; `asked` is the colleague's leg of the
/// consultation, which moves into the client's session (example 29). Returns the abonent's part.
pub(crate) fn consultative(
    s: &mut Stage<'_>,
    mut client: Leg,
    mut asking: Leg,
    asked: Option<Leg>,
    at: i64,
) -> Option<Part> {
    if let Some(held) = client.view.held {
        client.view.total_held = Some(client.view.total_held.unwrap_or_default() + at - held);
    }
    let colleague = asked.as_ref().and_then(|leg| leg.abonent.as_ref());
    let (to_asked, to_client) = (
        colleague.map_or_else(|| remote_address(&asking), short),
        remote_address(&client),
    );
    let views = vec![
        detached(&mut client, at, to_asked, "transfer"),
        detached(&mut asking, at, to_client, "transfer"),
    ];
    let target = client.target.clone();
    s.emit_all(at, Kind::CallRedirected, &target, views);
    let (release, part) = match asked {
        None => (at, None),
        Some(mut asked) => {
            asked.view.tracking_id.clone_from(&client.view.tracking_id);
            asked.view.remote = client.view.remote.clone();
            s.emit(at + 20, Kind::CallTransferred, &asked);
            let release = at + s.talk_ms();
            s.release(release, &mut asked, End::Remote);
            (release, Some(Stage::part(&asked, Outcome::Answered, None)))
        }
    };
    s.release(release + 30, &mut client, End::Plain);
    s.release(release + 40, &mut asking, End::Plain);
    part
}

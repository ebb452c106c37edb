//! New versions of the app. How far they are is part of the frame's state.

use super::Answer;
use crate::core::Core;
use crate::ipc::{Failure, UpdateWay, Updates};
use crate::updates::Wish;
use perezvon_desk::Fault;
use std::sync::Arc;

room! {
    /// Begins to ask whether there is a newer version.
    look {} -> (),
    /// Begins to fetch the newer version; it is installed when no call goes on.
    install {} -> (),
}

async fn look(core: &Arc<Core>) -> Answer<()> {
    wish(core, Wish::Ask)
}

async fn install(core: &Arc<Core>) -> Answer<()> {
    if core.updates.view().way == UpdateWay::System {
        return Err(Failure::of(Fault::NotSupported));
    }
    wish(core, Wish::Install)
}

fn wish(core: &Core, wish: Wish) -> Answer<()> {
    if core.updates.view().way == UpdateWay::None {
        return Err(Failure::of(Fault::NotSupported));
    }
    if core.policy.fixes("updates") && core.settings().updates == Updates::Off {
        return Err(Failure::of(Fault::Fixed));
    }
    core.updates.wish(wish);
    Ok(())
}

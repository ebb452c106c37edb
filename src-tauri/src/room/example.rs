//! How many calls are in the mirror.

use super::Answer;
use crate::core::Core;
use perezvon_desk::Desk;
use std::sync::Arc;

room! {
    /// How many.
    count {} -> u32,
}

async fn count(core: &Arc<Core>) -> Answer<u32> {
    core.with_desk(Desk::example_count).await
}

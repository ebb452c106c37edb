//! What the app's small windows ask: the toasts that it draws itself, and the panel where one dials.

use super::Answer;
use crate::core::Core;
use perezvon_desk::toast::ToastView;
use std::sync::Arc;

room! {
    /// The toasts that the app draws itself, oldest first.
    toasts {} -> Vec<ToastView>,
    /// A button of one of them, or `default` for its body.
    press { key: String, button: String } -> (),
    /// Puts one out of the way; while its phone rings a key brings it back.
    dismiss { key: String } -> (),
    /// Shows the window at a page: a small one has none.
    open { route: String } -> (),
}

async fn toasts(core: &Arc<Core>) -> Answer<Vec<ToastView>> {
    Ok(core.own_toasts().borrow().clone())
}

async fn press(core: &Arc<Core>, key: String, button: String) -> Answer<()> {
    core.toasts.press(key, button);
    Ok(())
}

async fn dismiss(core: &Arc<Core>, key: String) -> Answer<()> {
    core.toasts.dismiss(key);
    Ok(())
}

async fn open(core: &Arc<Core>, route: String) -> Answer<()> {
    core.shell.show(&route, None);
    Ok(())
}

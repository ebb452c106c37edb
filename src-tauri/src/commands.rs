//! The bodies of the window's commands; their contract is `ipc.rs`. None of them waits without a limit.

mod admin;

use crate::action;
use crate::core::Core;
use crate::ipc::{Abonent, AppState, Changed, CheckLine, DialOffer, Failure, JoinOffer, Placed, Settings, Welcome};
use crate::secrets::{self, SecretKind};
use crate::{dial, service, settings};
use perezvon_desk::relay_client::{JoinLink, is_in_the_clear};
use perezvon_desk::view::{
    CallView, CallsFilter, CallsPage, ContactDraft, ContactRow, ContactView, DocumentView, NotificationRow,
};
use std::sync::Arc;
use tauri::State;

type App<'a> = State<'a, Arc<Core>>;
type Answer<T> = Result<T, Failure>;

/// All commands, for Tauri.
pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        state,
        calls,
        call,
        call_back,
        dial_offer,
        dial_accept,
        dial_decline,
        contacts,
        contact,
        save_contact,
        attach_number,
        delete_contact,
        document,
        save_note,
        notifications,
        notification_seen,
        check_token,
        save_token,
        abonents,
        choose_me,
        join,
        join_offer,
        join_accept,
        join_decline,
        save_settings,
        check,
        finish_wizard,
        take_route,
        admin::company,
        admin::preview_abonents,
        admin::fill_abonents,
        admin::switch_recording,
        admin::switch_subscription,
        admin::subscriptions,
        admin::renew_subscriptions,
        admin::events,
        admin::event,
        admin::replay_event,
        admin::export_events,
        admin::exchanges,
        admin::users,
        admin::revoke_user,
        admin::join_codes,
        admin::make_join_code,
        admin::withdraw_join_code,
        admin::audit,
        admin::pbx_settings,
        admin::save_pbx_settings,
        admin::recording_audio,
    ]
}

/// The most rows one answer holds.
const MAX_PAGE_ROWS: u32 = 500;

#[tauri::command]
async fn state(app: App<'_>) -> Answer<AppState> {
    let service = app.service.borrow().clone();
    let stored = app
        .with_desk(|desk| Ok((settings::connection(desk), desk.counts()?)))
        .await;
    // A damaged database must not keep the window from saying so, and is no reason for the wizard.
    let readable = stored.is_ok();
    let (connection, counts) = stored.unwrap_or_default();
    let me = service::me(&app, &connection.me).await;
    Ok(AppState {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        wizard: readable && !connection.settled,
        me,
        service,
        to_call_back: counts.to_call_back,
        unseen: counts.unseen,
        settings: app.settings(),
    })
}

#[tauri::command]
async fn calls(app: App<'_>, filter: CallsFilter, cursor: Option<String>, limit: u32) -> Answer<CallsPage> {
    app.with_desk(move |desk| desk.calls(&filter, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

#[tauri::command]
async fn call(app: App<'_>, id: String) -> Answer<CallView> {
    app.with_desk(move |desk| desk.call(&id)).await
}

#[tauri::command]
async fn call_back(app: App<'_>, number: String) -> Answer<Placed> {
    action::call_back(&app, &number).await
}

#[tauri::command]
async fn dial_offer(app: App<'_>) -> Answer<Option<DialOffer>> {
    dial::offer(&app).await
}

#[tauri::command]
async fn dial_accept(app: App<'_>, number: String) -> Answer<Placed> {
    dial::accept(&app, &number).await
}

#[tauri::command]
async fn dial_decline(app: App<'_>) -> Answer<()> {
    app.asked.decline();
    Ok(())
}

#[tauri::command]
async fn contacts(app: App<'_>, query: String, offset: u32, limit: u32) -> Answer<Vec<ContactRow>> {
    app.with_desk(move |desk| desk.contacts(&query, offset, limit.min(MAX_PAGE_ROWS)))
        .await
}

#[tauri::command]
async fn contact(app: App<'_>, id: i64) -> Answer<ContactView> {
    app.with_desk(move |desk| desk.contact(id)).await
}

#[tauri::command]
async fn save_contact(app: App<'_>, draft: ContactDraft) -> Answer<i64> {
    let saved = app.with_desk(move |desk| desk.save_contact(&draft)).await?;
    contacts_changed(&app, saved.toasts).await;
    Ok(saved.id)
}

#[tauri::command]
async fn attach_number(app: App<'_>, id: i64, number: String, label: String) -> Answer<()> {
    let saved = app
        .with_desk(move |desk| desk.attach_number(id, &number, &label))
        .await?;
    contacts_changed(&app, saved.toasts).await;
    Ok(())
}

#[tauri::command]
async fn delete_contact(app: App<'_>, id: i64) -> Answer<()> {
    let saved = app.with_desk(move |desk| desk.delete_contact(id)).await?;
    contacts_changed(&app, saved.toasts).await;
    Ok(())
}

/// A name that becomes known late rewrites the toasts that show its number.
async fn contacts_changed(app: &Core, ops: Vec<perezvon_desk::toast::ToastOp>) {
    app.show(ops).await;
    app.changed(Changed {
        contacts: true,
        calls: true,
        notifications: true,
        state: false,
    });
}

#[tauri::command]
async fn document(app: App<'_>, id: i64) -> Answer<DocumentView> {
    app.with_desk(move |desk| desk.document(id)).await
}

#[tauri::command]
async fn save_note(app: App<'_>, id: i64, note: String) -> Answer<()> {
    app.with_desk(move |desk| desk.save_note(id, &note)).await
}

#[tauri::command]
async fn notifications(app: App<'_>, before: Option<i64>, limit: u32) -> Answer<Vec<NotificationRow>> {
    app.with_desk(move |desk| desk.notifications(before, limit.min(MAX_PAGE_ROWS)))
        .await
}

#[tauri::command]
async fn notification_seen(app: App<'_>, id: Option<i64>) -> Answer<()> {
    app.with_desk(move |desk| desk.notification_seen(id)).await?;
    app.changed(Changed {
        notifications: true,
        state: true,
        ..Changed::default()
    });
    Ok(())
}

#[tauri::command]
async fn check_token(token: String) -> Answer<Vec<Abonent>> {
    service::try_token(&token).await
}

#[tauri::command]
async fn save_token(app: App<'_>, token: String, insecure: bool) -> Answer<()> {
    keep(&app, SecretKind::Token, token, insecure).await?;
    app.restart.notify_one();
    Ok(())
}

#[tauri::command]
async fn join(app: App<'_>, url: String, key: String, insecure: bool, in_the_clear: Option<bool>) -> Answer<()> {
    let url = url.trim().trim_end_matches('/').to_owned();
    if url.is_empty() {
        return change_connection(&app, |connection| connection.relay = String::new()).await;
    }
    let refused = |code: &str| Failure {
        code: code.to_owned(),
        detail: Some(url.clone()),
    };
    if !settings::is_http(&url) {
        return Err(refused("bad_address"));
    }
    if is_in_the_clear(&url) && in_the_clear != Some(true) {
        return Err(refused("in_the_clear"));
    }
    let me = service::try_relay(&url, &key).await?;
    keep(&app, SecretKind::DeskKey, key, insecure).await?;
    service::take(&app, &url, &me.role, me.abonent.as_deref()).await
}

#[tauri::command]
async fn join_offer(app: App<'_>, relay: String, code: String) -> Answer<Option<JoinOffer>> {
    if !code.trim().is_empty() {
        let link = JoinLink::typed(&relay, &code).map_err(|_| Failure {
            code: "bad_address".to_owned(),
            detail: Some(relay),
        })?;
        app.joining.offer(link);
    }
    Ok(app.joining.offered())
}

#[tauri::command]
async fn join_accept(app: App<'_>, relay: String, in_the_clear: bool, insecure: bool) -> Answer<Welcome> {
    service::join(&app, &relay, in_the_clear, insecure).await
}

#[tauri::command]
async fn join_decline(app: App<'_>) -> Answer<()> {
    app.joining.decline();
    Ok(())
}

/// Stores a secret in the keyring, or by consent in a file.
async fn keep(app: &Core, place: SecretKind, text: String, insecure: bool) -> Answer<()> {
    let secret = secrets::parse(&text).ok_or_else(|| Failure::of("token_refused"))?;
    app.secrets
        .store(place, secret, insecure)
        .await
        .map_err(|error| Failure::of(error.code()))?;
    Ok(())
}

#[tauri::command]
async fn abonents(app: App<'_>) -> Answer<Vec<Abonent>> {
    service::abonents(&app).await
}

#[tauri::command]
async fn choose_me(app: App<'_>, abonent: String) -> Answer<()> {
    change_connection(&app, move |connection| connection.me = abonent).await
}

#[tauri::command]
async fn finish_wizard(app: App<'_>) -> Answer<()> {
    change_connection(&app, |connection| connection.settled = true).await
}

async fn change_connection(app: &Core, change: impl FnOnce(&mut settings::Connection) + Send + 'static) -> Answer<()> {
    let restart = app
        .with_desk(move |desk| {
            let before = settings::connection(desk);
            let mut after = before.clone();
            change(&mut after);
            settings::save_connection(desk, &after)?;
            Ok(before.relay != after.relay || before.me != after.me)
        })
        .await?;
    if restart {
        app.restart.notify_one();
    }
    app.changed(Changed {
        state: true,
        ..Changed::default()
    });
    Ok(())
}

#[tauri::command]
async fn save_settings(app: App<'_>, settings: Settings) -> Answer<()> {
    let mut settings = settings::checked(settings)?;
    let before = app.settings();
    let refused = if before.autostart == settings.autostart {
        None
    } else {
        app.shell.autostart(settings.autostart).err()
    };
    if let Some(error) = &refused {
        tracing::warn!(%error, "Autostart could not be changed");
        settings.autostart = before.autostart;
    }
    let stored = settings.clone();
    app.with_desk(move |desk| settings::save(desk, &stored)).await?;
    app.set_settings(settings.clone());
    app.set_words();
    let relay_setup = |s: &Settings| (s.listen.clone(), s.public_url.clone(), s.grace_s);
    if relay_setup(&before) != relay_setup(&settings) {
        app.restart.notify_one();
    }
    app.changed(Changed {
        state: true,
        ..Changed::default()
    });
    match refused {
        None => Ok(()),
        Some(error) => Err(Failure {
            code: "autostart_refused".to_owned(),
            detail: Some(error.to_string()),
        }),
    }
}

#[tauri::command]
async fn check(app: App<'_>) -> Answer<Vec<CheckLine>> {
    service::check(&app).await
}

#[tauri::command]
async fn take_route(app: App<'_>) -> Answer<Option<String>> {
    Ok(app.set_route(None))
}

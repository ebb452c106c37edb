//! Selects the account of a request by what it carries (the secret, the key, the join code), never by a name in its
//! address. A request without a valid key goes to any account, which answers 401 as if it were the only one.

use super::client::Client;
use super::limits::RequestLimits;
use crate::http::error::ApiError;
use crate::http::ingest::Ingest;
use crate::http::{self, caller};
use crate::keys::code;
use crate::keys::{LocalKey, Secret};
use crate::ledger::Ledger;
use crate::rate::Tries;
use crate::tables::{LedgerError, join_codes, users};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tower_service::Service as _;

/// Keys whose account is remembered.
const MAX_KEYS: usize = 65_536;

/// The accounts behind one listener. With a single account nothing has to be selected.
pub(crate) struct Directory {
    slots: Vec<AccountSlot>,
    /// The account in which a key was found. A key never moves to another account; whether it is still valid is
    /// decided by the account.
    owners: Mutex<HashMap<[u8; 32], usize>>,
    /// Attempts to join, of all accounts together.
    tries: Tries,
}

struct AccountSlot {
    name: String,
    /// None while the account does not run.
    open: RwLock<Option<Arc<RunningAccount>>>,
}

impl AccountSlot {
    fn get(&self) -> Option<Arc<RunningAccount>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, open: Option<Arc<RunningAccount>>) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

/// A running account.
pub(crate) struct RunningAccount {
    pub(crate) ledger: Ledger,
    /// The secret in its path for the PBX's events.
    pub(crate) secret: Secret,
    pub(crate) local_key: Arc<LocalKey>,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) router: Router,
}

impl Directory {
    pub(crate) fn new(names: impl Iterator<Item = String>) -> Self {
        let slot = |name| AccountSlot {
            name,
            open: RwLock::default(),
        };
        Self {
            slots: names.map(slot).collect(),
            owners: Mutex::default(),
            tries: Tries::default(),
        }
    }

    /// An account has started.
    pub(crate) fn open(&self, account: &str, open: RunningAccount) {
        if let Some(slot) = self.slots.iter().find(|slot| slot.name == account) {
            slot.set(Some(Arc::new(open)));
        }
    }

    /// An account does not run any more.
    pub(crate) fn close(&self, account: &str) {
        if let Some(slot) = self.slots.iter().find(|slot| slot.name == account) {
            slot.set(None);
        }
    }

    /// The running accounts.
    fn running(&self) -> impl Iterator<Item = Arc<RunningAccount>> {
        self.slots.iter().filter_map(AccountSlot::get)
    }

    /// Whether all accounts run.
    fn is_whole(&self) -> bool {
        self.slots.iter().all(|slot| slot.get().is_some())
    }

    /// Answers a request, within the client's limits.
    pub(crate) async fn answer(&self, limits: &RequestLimits, client: Client, request: Request<Body>) -> Response {
        let answered = if request.uri().path().starts_with("/xsi/") {
            self.event(limits, client, request).await
        } else {
            self.api(limits, client, request).await
        };
        answered.unwrap_or_else(ApiError::into_response)
    }

    /// The PBX's events: the secret of the path selects the account.
    async fn event(
        &self,
        limits: &RequestLimits,
        client: Client,
        request: Request<Body>,
    ) -> Result<Response, ApiError> {
        let secret = request.uri().path().split('/').nth(2).unwrap_or_default();
        let owner = match self.slots.as_slice() {
            [one] => one.get(),
            slots => {
                let open = slots.iter().filter_map(AccountSlot::get);
                // All secrets are compared, so that the time does not show which one matched.
                let found = open.fold(None, |found, one| if one.secret.is(secret) { Some(one) } else { found });
                self.or_any(found)?
            }
        };
        let owner = owner.ok_or(ApiError::Unavailable)?;
        if request.method() == Method::POST && owner.secret.is(secret) {
            // Boxed, because every open connection has room for what is not.
            Box::pin(http::posted(&owner.ingest, request)).await?;
            return Ok(().into_response());
        }
        let mut answer = call(&owner, request).await;
        if answer.status() == StatusCode::NOT_FOUND {
            // The router adds the methods of the path, which would tell that there is one.
            answer.headers_mut().remove(header::ALLOW);
            limits.wrong(client)?;
        }
        Ok(answer)
    }

    /// The API: the key selects the account.
    async fn api(&self, limits: &RequestLimits, client: Client, request: Request<Body>) -> Result<Response, ApiError> {
        let key = caller::key_hash(request.headers());
        limits.request(client, key.as_ref())?;
        let owner = match (self.slots.as_slice(), key) {
            ([one], _) => one.get(),
            (_, Some(key)) => {
                let found = self.owner(key).await?;
                match (found, request.uri().path()) {
                    (None, HEALTH_PATH) => return Ok(self.health()),
                    (None, JOIN_PATH) => return self.join(request).await,
                    (found, _) => self.or_any(found)?,
                }
            }
            (_, None) => match request.uri().path() {
                HEALTH_PATH => return Ok(self.health()),
                JOIN_PATH => return self.join(request).await,
                _ => self.running().next(),
            },
        };
        let owner = owner.ok_or(ApiError::Unavailable)?;
        let answer = call(&owner, request).await;
        if answer.status() == StatusCode::UNAUTHORIZED && key.is_some() {
            limits.wrong(client)?;
        }
        Ok(answer)
    }

    /// A request without a valid key is refused by any account; but if one of the accounts does not run, it cannot be
    /// known that the key is invalid.
    fn or_any(&self, found: Option<Arc<RunningAccount>>) -> Result<Option<Arc<RunningAccount>>, ApiError> {
        match found {
            Some(one) => Ok(Some(one)),
            None if !self.is_whole() => Err(ApiError::Unavailable),
            None => Ok(self.running().next()),
        }
    }

    async fn owner(&self, key: [u8; 32]) -> Result<Option<Arc<RunningAccount>>, LedgerError> {
        let known = self
            .owners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .copied();
        if let Some(index) = known {
            return Ok(self.slots.get(index).and_then(AccountSlot::get));
        }
        let (mut found, mut failed) = (None, None);
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(one) = slot.get() else { continue };
            let own = one.local_key.is(&key);
            match one.ledger.read(move |c| users::by_key(c, &key)).await {
                Ok(user) if own || user.is_some() => found = Some((index, one)),
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        }
        // The key may belong to the account that could not be asked.
        if let (None, Some(error)) = (&found, failed) {
            return Err(error);
        }
        if let Some((index, _)) = found {
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            if owners.len() >= MAX_KEYS {
                owners.clear();
            }
            owners.insert(key, index);
        }
        Ok(found.map(|(_, one)| one))
    }

    /// A new desk has no key yet: its code selects the account. Attempts are counted before the accounts are asked,
    /// otherwise only the account that answers would count them.
    async fn join(&self, request: Request<Body>) -> Result<Response, ApiError> {
        let begun = self.tries.begin();
        let begun = begun.map_err(|wait| ApiError::TooManyTries(wait.as_secs() + 1))?;
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_JOIN_BODY_BYTES).await;
        let body = body.map_err(|error| ApiError::of_body(&error))?;
        let typed = serde_json::from_slice::<JoinBody>(&body).ok();
        let mut found = None;
        if let Some(hash) = typed.and_then(|typed| code::hash(&typed.code)) {
            for one in self.running() {
                if one.ledger.read(move |c| join_codes::is_known(c, &hash)).await? {
                    found = Some(one);
                }
            }
        }
        let owner = self.or_any(found)?.ok_or(ApiError::Unavailable)?;
        let answer = call(&owner, Request::from_parts(parts, Body::from(body))).await;
        if answer.status().is_success() {
            self.tries.succeeded(begun);
        }
        Ok(answer)
    }

    /// The health of all accounts, without their names and number.
    fn health(&self) -> Response {
        let ok = self.is_whole() && self.running().all(|one| http::is_well(&one.ledger));
        http::health_of(ok).into_response()
    }
}

const HEALTH_PATH: &str = "/v1/health";
const JOIN_PATH: &str = "/v1/join";
/// Largest body of [`JOIN_PATH`], bytes.
const MAX_JOIN_BODY_BYTES: usize = 4 * 1024;

/// The field of a join request that selects the account; the account itself reads the whole body.
#[derive(Deserialize)]
struct JoinBody {
    code: String,
}

async fn call(owner: &RunningAccount, request: Request<Body>) -> Response {
    // A router is always ready.
    match owner.router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

//! Stands in for the desktop's tray: owns the watcher's name, reads the item's menu, clicks an entry.

use super::eventually_async;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Proxy, connection, interface};

const ITEM: &str = "org.kde.StatusNotifierItem";

/// Bus name and path of a registered item.
type Address = (String, String);

struct Watcher {
    registered: Arc<Mutex<Vec<Address>>>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// `service` is a bus name or, as with the indicator library, the path of the sender's item.
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let item = if service.starts_with('/') {
            (header.sender().unwrap().to_string(), service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.registered.lock().unwrap().push(item);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One entry of the menu.
#[derive(Clone, Debug)]
pub struct Entry {
    id: i32,
    /// Empty for a line between entries.
    pub label: String,
    pub enabled: bool,
}

/// The menu as the protocol tells it: revision, then id, properties and children of the root.
type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));

/// The running stand-in.
pub struct Tray {
    connection: Connection,
    registered: Arc<Mutex<Vec<Address>>>,
}

impl Tray {
    /// Before the app: it looks for the tray once, at its start.
    pub async fn start(bus: &str) -> Self {
        let registered = Arc::default();
        let watcher = Watcher {
            registered: Arc::clone(&registered),
        };
        let connection = connection::Builder::address(bus)
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap()
            .serve_at("/StatusNotifierWatcher", watcher)
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { connection, registered }
    }

    async fn proxy(&self, address: Address, interface: &'static str) -> Proxy<'_> {
        let (name, path) = address;
        Proxy::new(&self.connection, name, path, interface).await.unwrap()
    }

    async fn menu(&self) -> Proxy<'_> {
        let item = eventually_async("the item in the tray", || async {
            self.registered.lock().unwrap().last().cloned()
        })
        .await;
        let path: OwnedObjectPath = self.proxy(item.clone(), ITEM).await.get_property("Menu").await.unwrap();
        self.proxy((item.0, path.to_string()), "com.canonical.dbusmenu").await
    }

    /// The menu's entries from top to bottom.
    pub async fn entries(&self) -> Vec<Entry> {
        let no_filter: &[&str] = &[];
        let (_, (_, _, children)): Layout = self
            .menu()
            .await
            .call("GetLayout", &(0i32, -1i32, no_filter))
            .await
            .unwrap();
        children.iter().map(|child| entry(child)).collect()
    }

    /// Waits for an entry whose label satisfies `wanted`.
    pub async fn entry(&self, what: &str, wanted: impl Fn(&str) -> bool) -> Entry {
        let found = eventually_async(what, || async {
            self.entries().await.into_iter().find(|entry| wanted(&entry.label))
        });
        found.await
    }

    /// Clicks the entry with this label.
    pub async fn click(&self, label: &str) {
        let entry = self.entry(label, |text| text == label).await;
        let event = (entry.id, "clicked", Value::from(""), 0u32);
        // Quitting may come before the answer.
        self.menu().await.call_noreply("Event", &event).await.unwrap();
    }
}

fn entry(child: &Value<'_>) -> Entry {
    let Value::Structure(fields) = child else {
        panic!("an entry is a structure: {child:?}")
    };
    let [Value::I32(id), Value::Dict(properties), _] = fields.fields() else {
        panic!("an entry has id, properties and children: {fields:?}")
    };
    let label: Option<String> = properties.get(&"label").unwrap();
    let enabled: Option<bool> = properties.get(&"enabled").unwrap();
    Entry {
        id: *id,
        // An underscore marks a key.
        label: label.unwrap_or_default().replace('_', ""),
        enabled: enabled.unwrap_or(true),
    }
}

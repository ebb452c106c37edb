//! Whether the system says that the network is paid for by the amount, or that the battery is in use. Where it says nothing, neither
//! is so.

use std::time::Duration;

/// Longest wait for the system's answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) async fn is_dear() -> bool {
    tokio::time::timeout(TIMEOUT, asked()).await.unwrap_or(false)
}

/// NetworkManager's `Metered` and UPower's `OnBattery`, where they run; they are not started for it.
#[cfg(target_os = "linux")]
async fn asked() -> bool {
    let Ok(bus) = zbus::Connection::system().await else {
        return false;
    };
    let metered = property::<u32>(
        &bus,
        "org.freedesktop.NetworkManager",
        "/org/freedesktop/NetworkManager",
        "Metered",
    );
    let battery = property::<bool>(&bus, "org.freedesktop.UPower", "/org/freedesktop/UPower", "OnBattery");
    // 1: yes; 3: it is guessed so.
    matches!(metered.await, Some(1 | 3)) || battery.await == Some(true)
}

#[cfg(target_os = "linux")]
async fn property<T: TryFrom<zbus::zvariant::OwnedValue>>(
    bus: &zbus::Connection,
    name: &'static str,
    path: &'static str,
    property: &str,
) -> Option<T> {
    let properties = zbus::proxy::Builder::<zbus::Proxy<'_>>::new(bus)
        .destination(name)
        .and_then(|proxy| proxy.path(path))
        .and_then(|proxy| proxy.interface("org.freedesktop.DBus.Properties"))
        .ok()?
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await
        .ok()?;
    let flags = zbus::proxy::MethodFlags::NoAutoStart.into();
    let value: Option<zbus::zvariant::OwnedValue> =
        properties.call_with_flags("Get", flags, &(name, property)).await.ok()?;
    T::try_from(value?).ok()
}

#[cfg(target_os = "windows")]
#[allow(clippy::unused_async, reason = "the other systems wait")]
async fn asked() -> bool {
    use windows::Networking::Connectivity::{NetworkCostType, NetworkInformation};
    use windows::System::Power::{PowerManager, PowerSupplyStatus};
    let cost = NetworkInformation::GetInternetConnectionProfile()
        .and_then(|profile| profile.GetConnectionCost())
        .and_then(|cost| cost.NetworkCostType());
    let metered = matches!(cost, Ok(NetworkCostType::Fixed | NetworkCostType::Variable));
    let battery = PowerManager::PowerSupplyStatus().is_ok_and(|status| status == PowerSupplyStatus::NotPresent);
    metered || battery
}

/// The user has asked the system to spare the battery. What the network costs, macOS tells to unsafe code alone.
#[cfg(target_os = "macos")]
#[allow(clippy::unused_async, reason = "the other systems wait")]
async fn asked() -> bool {
    objc2_foundation::NSProcessInfo::processInfo().isLowPowerModeEnabled()
}

#[cfg(not(any(target_os = "linux", target_os = "windows", target_os = "macos")))]
#[allow(clippy::unused_async, reason = "the other systems wait")]
async fn asked() -> bool {
    false
}

//! The relay as a service of Windows: installed, started, stopped and removed by an administrator, run by the service
//! manager under an account of its own, which has no rights but those to its folder.

use super::say::say;
use super::{Cli, Install, run, runtime};
use anyhow::{Context as _, bail, ensure};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl, ServiceControlAccept,
    ServiceErrorControl, ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo,
    ServiceStartType, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult};
use windows_service::service_dispatcher;
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use winreg::RegKey;
use winreg::enums::{HKEY_LOCAL_MACHINE, RegType};

/// Name of the service, and of its source in the event log.
pub(crate) const NAME: &str = "perezvon-relay";
/// An account that the system keeps for this service alone; it has no password.
const ACCOUNT: &str = r"NT SERVICE\perezvon-relay";
const EVENT_SOURCE: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\perezvon-relay";
/// The system's program whose messages are «what was written», for these ids.
const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";
pub(crate) const EVENT_ID: u32 = 1;

/// Longest wait for a start or a stop. The relay drains what is in flight.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the service manager does when the relay ends by itself: again after these times; the last one repeats.
const RESTARTS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(2)];
/// After so long without a fault the times begin anew.
const FORGOTTEN: Duration = Duration::from_hours(24);

fn open(access: ServiceAccess) -> anyhow::Result<Service> {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)?;
    let service = manager.open_service(NAME, access);
    service.with_context(|| format!("the service {NAME} (is it installed, and are you an administrator?)"))
}

/// Registers the service; it starts with the system from then on.
pub(super) fn install(wanted: &Install) -> anyhow::Result<()> {
    let access = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    let manager =
        ServiceManager::local_computer(None::<&str>, access).context("an administrator installs a service")?;
    let data_dir = std::path::absolute(&wanted.data_dir)?;
    let mut arguments: Vec<OsString> = ["service", "run", "--data-dir"].map(OsString::from).into();
    arguments.push(data_dir.clone().into());
    if let Some(config) = &wanted.config {
        let config = std::path::absolute(config)?;
        ensure!(config.is_file(), "there is no file {}", config.display());
        arguments.extend(["--config".into(), config.into()]);
    }
    let info = ServiceInfo {
        name: NAME.into(),
        display_name: "Perezvon relay".into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: std::env::current_exe()?,
        launch_arguments: arguments,
        dependencies: Vec::new(),
        account_name: Some(ACCOUNT.into()),
        account_password: None,
    };
    let service = manager
        .create_service(
            &info,
            ServiceAccess::CHANGE_CONFIG | ServiceAccess::START | ServiceAccess::DELETE,
        )
        .context("the service could not be made")?;
    let set_up = set_up(&service, &data_dir);
    if set_up.is_err() {
        // Half a service would be in the way of the next attempt.
        let _ = service.delete();
    }
    set_up?;
    say(&format!(
        "the service {NAME} is installed; its data is in {}",
        data_dir.display()
    ));
    say(&format!(
        "start it: perezvon-relay service start   (or: sc start {NAME})"
    ));
    say(&format!(
        "no firewall rule was made. Where other computers must reach the relay: netsh advfirewall firewall add rule \
         name=\"Perezvon relay\" dir=in action=allow protocol=TCP localport=PORT program=\"{}\"",
        info.executable_path.display()
    ));
    Ok(())
}

fn set_up(service: &Service, data_dir: &Path) -> anyhow::Result<()> {
    service.set_description("Receives the events of the Cloud PBX and tells the desks of the company.")?;
    let again = |delay: &Duration| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: *delay,
    };
    let restarts = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGOTTEN),
        reboot_msg: None,
        command: None,
        actions: Some(RESTARTS.iter().map(again).collect()),
    };
    // Without these it serves all the same.
    for (what, done) in [
        (
            "the start behind the system's own services",
            service.set_delayed_auto_start(true),
        ),
        ("the restarts after a failure", service.update_failure_actions(restarts)),
        // A relay that gives up ends with an error and does not crash.
        (
            "the restarts after an end with an error",
            service.set_failure_actions_on_non_crash_failures(true),
        ),
    ] {
        if let Err(error) = done {
            say(&format!("the system does not take {what}: {error}"));
        }
    }
    let (source, _) = RegKey::predef(HKEY_LOCAL_MACHINE).create_subkey(EVENT_SOURCE)?;
    let text: Vec<u8> = MESSAGES.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let messages = winreg::RegValue {
        vtype: RegType::REG_EXPAND_SZ,
        bytes: text.into(),
    };
    source.set_raw_value("EventMessageFile", &messages)?;
    source.set_value("TypesSupported", &7_u32)?;
    std::fs::create_dir_all(data_dir).with_context(|| data_dir.display().to_string())?;
    // Any user may have made the folder before, and whoever owns it sets its rights.
    icacls(data_dir, &["/setowner", ADMINISTRATORS, "/T", "/Q"])?;
    icacls(data_dir, &["/reset", "/T", "/Q"])?;
    // The service's account, administrators and the system, and nobody else.
    let rights = [ACCOUNT, ADMINISTRATORS, SYSTEM].map(|who| format!("{who}:(OI)(CI)F"));
    let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
    icacls(data_dir, &[&["/inheritance:r", "/grant:r"], &rights[..]].concat())
}

/// By their ids, which no language changes.
const ADMINISTRATORS: &str = "*S-1-5-32-544";
const SYSTEM: &str = "*S-1-5-18";

fn icacls(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut icacls = Command::new("icacls");
    let done = icacls.arg(folder).args(arguments).output().context("icacls")?;
    ensure!(
        done.status.success(),
        "the rights to {}: {}",
        folder.display(),
        String::from_utf8_lossy(&done.stdout).trim()
    );
    Ok(())
}

/// Starts it, and waits until it serves.
pub(super) fn start() -> anyhow::Result<()> {
    let service = open(ServiceAccess::START | ServiceAccess::QUERY_STATUS)?;
    service.start::<&str>(&[]).context("the service does not start")?;
    wait_for(
        &service,
        ServiceState::Running,
        "see «Windows Logs → Application» in the event viewer",
    )
}

/// Stops it, and waits until it has ended.
pub(super) fn stop() -> anyhow::Result<()> {
    let service = open(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS)?;
    service.stop().context("the service does not stop")?;
    wait_for(&service, ServiceState::Stopped, "it still runs")
}

fn wait_for(service: &Service, wanted: ServiceState, otherwise: &str) -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let state = service.query_status()?.current_state;
        if state == wanted {
            return Ok(());
        }
        if state == ServiceState::Stopped || Instant::now() >= end {
            bail!("the service is {state:?}: {otherwise}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Stops it if it runs, and removes it. The data stays.
pub(super) fn uninstall() -> anyhow::Result<()> {
    let service = open(ServiceAccess::STOP | ServiceAccess::QUERY_STATUS | ServiceAccess::DELETE)?;
    if service.query_status()?.current_state != ServiceState::Stopped {
        service.stop().context("the service does not stop")?;
        wait_for(&service, ServiceState::Stopped, "it still runs")?;
    }
    service.delete()?;
    let source = RegKey::predef(HKEY_LOCAL_MACHINE).delete_subkey_all(EVENT_SOURCE);
    if let Err(error) = source
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error).context("the source of the event log");
    }
    say(&format!("the service {NAME} is removed; its data stays"));
    Ok(())
}

/// The command line, for the thread that the service manager's call comes on.
static COMMAND: Mutex<Option<Cli>> = Mutex::new(None);

/// Runs the relay for the service manager, which has started this process.
pub fn run_as_service(cli: Cli) -> anyhow::Result<()> {
    *COMMAND.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(cli);
    service_dispatcher::start(NAME, called)
        .context("only the service manager starts `service run`; you want `serve` or `service start`")
}

windows_service::define_windows_service!(called, serve);

fn serve(_: Vec<OsString>) {
    let cli = COMMAND.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some(cli) = cli
        && let Err(error) = serve_until_told(cli)
    {
        // The manager knows by the exit code; here is why.
        tracing::error!("{error:#}");
    }
}

fn serve_until_told(cli: Cli) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    let status = service_control_handler::register(NAME, move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            told.cancel();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    })?;
    let report = move |state: ServiceState, exit_code: ServiceExitCode| {
        let ends = ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN;
        let running = state == ServiceState::Running;
        status.set_service_status(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted: if running { ends } else { ServiceControlAccept::empty() },
            exit_code,
            checkpoint: 0,
            wait_hint: if running { Duration::ZERO } else { PATIENCE },
            process_id: None,
        })
    };
    report(ServiceState::StartPending, ServiceExitCode::NO_ERROR)?;
    let serving = || {
        let told = report(ServiceState::Running, ServiceExitCode::NO_ERROR);
        let stop = stop.clone();
        async move {
            match told {
                Ok(()) => {
                    stop.cancelled_owned().await;
                    // What is in flight is drained now. Untold, the manager takes the relay for one that does not hear.
                    if let Err(error) = report(ServiceState::StopPending, ServiceExitCode::NO_ERROR) {
                        tracing::error!(%error, "the service manager cannot be told");
                    }
                }
                Err(error) => tracing::error!(%error, "the service manager cannot be told"),
            }
        }
    };
    let served = runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(cli, serving)).map(drop));
    let exit_code = match served {
        Ok(()) => ServiceExitCode::NO_ERROR,
        Err(_) => ServiceExitCode::ServiceSpecific(1),
    };
    report(ServiceState::Stopped, exit_code)?;
    served
}

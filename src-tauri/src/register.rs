//! Windows: how the system starts the app for a link, and that it may be chosen for `tel:` and `callto:`.
//!
//! Each command ends in `-- "%1"`, so that no link is ever read as an option. The installer writes the commands without
//! the `--`; they are put right at every start. Only the class of a scheme is not enough since Windows 8: a program stands
//! in «Приложения по умолчанию» only with `Capabilities` and `RegisteredApplications`.

use std::io;
use winreg::RegKey;
use winreg::enums::HKEY_CURRENT_USER;

/// Class of the links that the user has given to the app.
const CLASS: &str = r"Software\Classes\Perezvon.Link";
const CAPABILITIES: &str = r"Software\Perezvon\Capabilities";
/// Schemes that other programs take too.
const SHARED: [&str; 2] = ["tel", "callto"];
const OWN: &str = "perezvon";

/// Writes what is missing or wrong.
pub(crate) fn links() -> io::Result<()> {
    let program = std::env::current_exe()?;
    let program = program
        .to_str()
        .ok_or_else(|| io::Error::other("the program's path is no Unicode text"))?;
    let user = RegKey::predef(HKEY_CURRENT_USER);
    class(&user, CLASS, program)?;
    class(&user, &format!(r"Software\Classes\{OWN}"), program)?;
    for scheme in SHARED {
        // The class of a scheme belongs to whoever registered it; ours is the one that names this program.
        let command = format!(r"Software\Classes\{scheme}\shell\open\command");
        let registered: io::Result<String> = user.open_subkey(&command).and_then(|key| key.get_value(""));
        if registered.is_ok_and(|registered| registered.to_lowercase().contains(&program.to_lowercase())) {
            user.create_subkey(&command)?.0.set_value("", &open(program))?;
        }
    }
    let (capabilities, _) = user.create_subkey(CAPABILITIES)?;
    capabilities.set_value("ApplicationName", &"Перезвон")?;
    capabilities.set_value("ApplicationDescription", &"Звонки Облачной АТС на рабочем столе")?;
    capabilities.set_value("ApplicationIcon", &format!("{program},0"))?;
    let (links, _) = capabilities.create_subkey("URLAssociations")?;
    for scheme in SHARED {
        links.set_value(scheme, &"Perezvon.Link")?;
    }
    let (registered, _) = user.create_subkey(r"Software\RegisteredApplications")?;
    registered.set_value("Perezvon", &CAPABILITIES)
}

fn class(user: &RegKey, path: &str, program: &str) -> io::Result<()> {
    let (class, _) = user.create_subkey(path)?;
    class.set_value("", &"URL:Перезвон")?;
    class.set_value("URL Protocol", &"")?;
    class
        .create_subkey("DefaultIcon")?
        .0
        .set_value("", &format!("{program},0"))?;
    class
        .create_subkey(r"shell\open\command")?
        .0
        .set_value("", &open(program))
}

fn open(program: &str) -> String {
    format!("\"{program}\" -- \"%1\"")
}

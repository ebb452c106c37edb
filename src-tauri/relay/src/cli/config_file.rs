//! The configuration file of `serve`: TOML, or JSON. `package/relay.toml` describes every field; a test compares it
//! with [`File`].

mod front;

use self::front::{FileLimits, FileTls};
use super::accounts::is_name;
use crate::front::{FrontOptions, Network};
use crate::tables::settings::MAIN;
use anyhow::{Context as _, bail};
use perezvon_pbx::rest::BEELINE;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;
use url::Url;

/// Default address of the listener.
const DEFAULT_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 8717);
/// Bounds of `ingestPerSecond`; 0 means no limit.
const INGEST_BOUNDS: RangeInclusive<u32> = 0..=1_000_000;

/// The fields of the file; all are optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) public_url: Option<Url>,
    pub(crate) pbx_url: Option<Url>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) ingest_per_second: Option<u32>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) trusted_proxies: Option<Vec<Network>>,
    pub(crate) tls: FileTls,
    pub(crate) limits: FileLimits,
    pub(crate) accounts: Vec<FileAccount>,
    pub(crate) log: Log,
}

/// One of `[[accounts]]`: an account in addition to `main`, which the other fields describe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FileAccount {
    pub(crate) name: String,
    pub(crate) public_url: Option<Url>,
    pub(crate) pbx_url: Option<Url>,
    pub(crate) token_file: Option<PathBuf>,
}

/// `[log]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: Option<String>,
    pub(crate) format: Option<LogFormat>,
}

/// Format of a line of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs that collect logs.
    Json,
}

impl File {
    /// Reads and checks the file; without a file every field has its default.
    pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        // The first release read JSON from a file of any name; TOML cannot begin with a brace.
        let json =
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) || text.trim_start().starts_with('{');
        Self::parse(&text, json).with_context(|| format!("{} is not a configuration", path.display()))
    }

    fn parse(text: &str, json: bool) -> anyhow::Result<Self> {
        let file: Self = if json {
            serde_json::from_str(text).map_err(|error| anyhow::anyhow!(suggested(&error.to_string())))?
        } else {
            toml::from_str(text)
                .map_err(|error| anyhow::anyhow!("{}{}", place(text, &error), suggested(error.message())))?
        };
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut addresses = vec![("publicUrl", &self.public_url), ("pbxUrl", &self.pbx_url)];
        for account in &self.accounts {
            addresses.push(("accounts.publicUrl", &account.public_url));
            addresses.push(("accounts.pbxUrl", &account.pbx_url));
        }
        for (name, url) in addresses {
            if url
                .as_ref()
                .is_some_and(|url| !matches!(url.scheme(), "http" | "https"))
            {
                bail!("{name} must begin with http:// or https://");
            }
        }
        if self
            .ingest_per_second
            .is_some_and(|limit| !INGEST_BOUNDS.contains(&limit))
        {
            bail!(
                "ingestPerSecond must be {} to {}",
                INGEST_BOUNDS.start(),
                INGEST_BOUNDS.end()
            );
        }
        let mut names = BTreeSet::from([MAIN]);
        for FileAccount { name, .. } in &self.accounts {
            if !is_name(name) {
                bail!("accounts.name must have 1 to 32 of a-z, 0-9, - and _, not `{name}`");
            }
            if !names.insert(name) {
                bail!("accounts.name must be there once each (`main` is described by the other fields): `{name}`");
            }
        }
        if self.metrics_listen == Some(self.listen()) {
            bail!("metricsListen must be another address than listen");
        }
        self.limits.check()?;
        self.tls.check()?;
        if let Some(level) = &self.log.level {
            EnvFilter::try_new(level).map_err(|error| anyhow::anyhow!("log.level is no filter: {error}"))?;
        }
        Ok(())
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| DEFAULT_LISTEN.into())
    }

    /// Base of the PBX's REST API.
    pub(crate) fn pbx_url(&self) -> Url {
        self.pbx_url
            .clone()
            .unwrap_or_else(|| Url::parse(BEELINE).expect("a constant address"))
    }
}

impl File {
    /// The options of the front, which is shared by the accounts.
    pub(crate) fn front(&self, data_dir: &Path) -> anyhow::Result<FrontOptions> {
        let mut front = FrontOptions {
            tls: self.tls.options(data_dir)?,
            announced: true,
            ..FrontOptions::default()
        };
        if let Some(trusted) = &self.trusted_proxies {
            front.trusted_proxies.clone_from(trusted);
        }
        self.limits.set(&mut front.limits);
        Ok(front)
    }
}

impl Log {
    /// The filter of the log: from the environment, else from the file, else `info`.
    pub(crate) fn filter(&self) -> EnvFilter {
        EnvFilter::try_from_env("PEREZVON_LOG")
            .or_else(|_| EnvFilter::try_new(self.level.as_deref().unwrap_or("info")))
            .unwrap_or_else(|_| EnvFilter::new("info"))
    }
}

/// Position of an error without the text of the line, which may contain a secret.
fn place(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().and_then(|span| text.get(..span.start));
    start.map_or_else(String::new, |before| {
        format!("line {}: ", before.matches('\n').count() + 1)
    })
}

/// Adds the nearest known name to serde's "unknown field `a`, expected one of `b`, `c`".
fn suggested(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let nearest = message.starts_with("unknown field").then(|| {
        let unknown = names.next()?.to_lowercase();
        let apart = |name: &&str| strsim::damerau_levenshtein(&unknown, &name.to_lowercase());
        names.min_by_key(apart).filter(|name| apart(name) <= name.len() / 2)
    });
    match nearest.flatten() {
        Some(name) => format!("{message}; did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::File;
    use serde_json::Value;
    use std::collections::BTreeSet;

    const EXAMPLE: &str = include_str!("../../package/relay.toml");

    /// The example with its settings enabled: prose is `# text`, a disabled setting is `#key = value`.
    fn switched_on() -> String {
        let on = |line: &str| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest.to_owned(),
            _ => line.to_owned(),
        };
        EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
    }

    fn keys(value: &Value, before: &str, into: &mut BTreeSet<String>, with_null: bool) {
        for (key, inner) in value.as_object().unwrap() {
            match inner {
                Value::Object(_) => keys(inner, &format!("{before}{key}."), into, with_null),
                Value::Null if !with_null => {}
                _ => drop(into.insert(format!("{before}{key}"))),
            }
        }
    }

    fn names(file: &File, with_null: bool) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        keys(&serde_json::to_value(file).unwrap(), "", &mut names, with_null);
        names
    }

    #[test]
    fn the_example_changes_nothing_and_names_every_field() {
        assert_eq!(
            File::parse(EXAMPLE, false).unwrap(),
            File::default(),
            "as it is shipped"
        );
        let on = File::parse(&switched_on(), false).unwrap();
        assert_eq!(names(&on, false), names(&File::default(), true), "it shows each field");
        let default = File::default();
        assert_eq!(
            on.listen(),
            default.listen(),
            "the listen address it shows is the default"
        );
        assert_eq!(on.pbx_url(), default.pbx_url(), "so is the PBX's");
        let limit = |file: File| {
            crate::cli::accounts::options(std::path::Path::new("none"), file)
                .unwrap()
                .ingest_per_second
        };
        assert_eq!(
            (on.log.level.as_deref(), on.log.format),
            (Some("info"), Some(super::LogFormat::default())),
            "and the log's"
        );
        assert_eq!(
            format!("{:?}", on.front("data".as_ref()).unwrap()),
            format!("{:?}", default.front("data".as_ref()).unwrap()),
            "and the bounds for clients"
        );
        let token = File { token_file: None, ..on };
        assert_eq!(limit(token), limit(default), "and the limit");
    }

    #[test]
    fn the_example_says_the_default_of_each_field() {
        let mut prose = String::new();
        let mut fields = 0;
        for line in EXAMPLE.lines() {
            match line.strip_prefix('#') {
                Some(text) if text.is_empty() || text.starts_with(' ') => prose.push_str(text),
                Some(setting) if setting.contains('=') => {
                    fields += 1;
                    assert!(prose.contains("Default:"), "what {setting} is without it: {prose}");
                    prose.clear();
                }
                _ => prose.clear(),
            }
        }
        assert!(
            fields >= names(&File::default(), true).len(),
            "every field was looked at"
        );
    }

    #[test]
    fn an_unknown_field_is_told_with_its_line_and_the_nearest_name() {
        let told = |text: &str, json: bool| File::parse(text, json).unwrap_err().to_string();
        let error = told(
            "listen = \"127.0.0.1:1\"\npublic_url = \"https://relay.example.ru\"\n",
            false,
        );
        assert!(error.starts_with("line 2: unknown field `public_url`"), "{error}");
        assert!(error.ends_with("did you mean `publicUrl`?"), "{error}");
        let error = told("[log]\nlevl = \"info\"\n", false);
        assert!(
            error.contains("`levl`") && error.contains("did you mean `level`?"),
            "in a table: {error}"
        );
        let error = told(r#"{ "lisen": "127.0.0.1:1" }"#, true);
        assert!(error.contains("did you mean `listen`?"), "in JSON: {error}");
        let error = told("pbxToken = \"secret-word\"\n", false);
        assert!(
            error.contains("`pbxToken`") && !error.contains("secret-word"),
            "no value is quoted: {error}"
        );
        let error = told("somethingElseAltogether = 1\n", false);
        assert!(!error.contains("did you mean"), "nothing is near: {error}");
    }

    #[test]
    fn values_out_of_bounds_are_told_by_name() {
        for (text, name) in [
            ("ingestPerSecond = 1000001", "ingestPerSecond"),
            ("publicUrl = \"ftp://relay.example.ru\"", "publicUrl"),
            ("[log]\nlevel = \"info=loud\"", "log.level"),
            ("metricsListen = \"127.0.0.1:8717\"", "metricsListen"),
            ("trustedProxies = [\"everybody\"]", "neither an address nor a network"),
            ("[limits]\nheadSeconds = 0", "limits.headSeconds"),
            ("[tls]\nmode = \"files\"\ncert = \"/c\"", "tls.key"),
            ("[tls]\nmode = \"files\"\nkey = \"/k\"", "tls.cert"),
            ("[tls]\nmode = \"acme\"", "tls.domains"),
            ("[tls]\nmode = \"acme\"\ndomains = [\"*.example.ru\"]", "tls.domains"),
            (
                "[tls]\nmode = \"acme\"\ndomains = [\"a.ru\"]\nemail = \"a\"",
                "tls.email",
            ),
            (
                "[tls]\nmode = \"acme\"\ndomains = [\"a.ru\"]\ndirectory = \"http://a.ru\"",
                "tls.directory",
            ),
            ("[tls]\nmode = \"sometimes\"", "sometimes"),
            ("[[accounts]]\nname = \"../other\"", "accounts.name"),
            ("[[accounts]]\nname = \"main\"", "accounts.name"),
            (
                "[[accounts]]\nname = \"a\"\n[[accounts]]\nname = \"a\"",
                "accounts.name",
            ),
            ("[[accounts]]\nname = \"a\"\npbxUrl = \"file:///x\"", "accounts.pbxUrl"),
            ("[[accounts]]\npbxUrl = \"http://x\"", "name"),
        ] {
            let error = File::parse(text, false).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
    }

    #[test]
    fn json_of_the_first_release_is_still_read() {
        let text =
            r#"{ "listen": "0.0.0.0:8717", "publicUrl": "https://relay.example.ru", "tokenFile": "/run/token" }"#;
        let file = File::parse(text, true).unwrap();
        assert_eq!(file.listen().to_string(), "0.0.0.0:8717");
        assert_eq!(file.token_file.unwrap().to_str(), Some("/run/token"));
    }
}

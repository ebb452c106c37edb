//! The starts of programs in a Rust file.

use std::collections::BTreeMap;

use super::{NAMELESS, Source, Start, of_shell, script};
use crate::tokens::{Kind, Token, arguments, end_of_group};

/// Functions of a package that start their parameter `program`, and which of their arguments that is.
type Starters = BTreeMap<String, usize>;

/// How many names are followed to reach a program's name.
const MAX_STEPS: u32 = 8;

/// All sources, and the starters of each package.
pub(super) struct Rust<'a> {
    all: &'a [Source],
    starters: BTreeMap<&'a str, Starters>,
}

impl<'a> Rust<'a> {
    pub(super) fn new(all: &'a [Source]) -> Self {
        let mut candidates = BTreeMap::<_, Vec<Candidate<'_>>>::new();
        for source in all {
            let of_package = candidates.entry(package(source)).or_default();
            let tokens = &source.tokens;
            let functions = (0..tokens.len()).filter(|at| tokens[*at].is("fn"));
            of_package.extend(functions.filter_map(|at| candidate(tokens, at)));
        }
        let starters = candidates
            .into_iter()
            .map(|(package, of)| (package, starters(of)))
            .collect();
        Self { all, starters }
    }

    pub(super) fn starts(&self, source: &Source) -> Vec<Start> {
        let file = File {
            tokens: &source.tokens,
            all: self.all,
        };
        file.starts(&self.starters[package(source)])
    }
}

/// A file among all.
struct File<'a> {
    tokens: &'a [Token],
    all: &'a [Source],
}

impl File<'_> {
    fn starts(&self, starters: &Starters) -> Vec<Start> {
        let tokens = self.tokens;
        let mut found = Vec::new();
        // Whether the last start is one of a shell: what follows `-c` is its text then.
        let mut shell = false;
        for (at, token) in tokens.iter().enumerate() {
            if let Some(text) = token.text() {
                if text.starts_with("#!/") && text.contains('\n') {
                    found.extend(script(text, token.line));
                } else if shell && text == "-c" {
                    shell = false;
                    found.extend(handed_over(tokens, at));
                }
            }
            let Some(argument) = argument(tokens, at, starters) else {
                continue;
            };
            let program = self.name(at, argument, MAX_STEPS);
            shell = matches!(program.as_deref(), Ok("sh" | "bash" | "/bin/sh"));
            if program.as_deref() != Ok("") {
                found.push(Start {
                    line: token.line,
                    program,
                });
            }
        }
        found
    }

    /// The program to which an argument leads. Empty for a function's own parameter `program`, since those who call it
    /// are read instead, and for what is known to have no name.
    fn name(&self, at: usize, argument: &[Token], steps: u32) -> Result<String, String> {
        let argument = without_reference(argument);
        let written = written(argument);
        if NAMELESS.iter().any(|(known, _)| *known == written) {
            return Ok(String::new());
        }
        let texts: Vec<&str> = argument.iter().filter_map(Token::text).collect();
        let name = match argument {
            _ if steps == 0 => None,
            [one] if one.text().is_some() => one.text().map(str::to_owned),
            [one] if one.is("program") && own_parameter(self.tokens, at) => Some(String::new()),
            [one] => one.word().and_then(|word| match defined(self.tokens, at, word) {
                Some((place, value)) => self.name(place, value, steps - 1).ok(),
                None => self.constant(word),
            }),
            // `binary::EXE`
            [.., colon, last] if colon.is_sign(':') => last.word().and_then(|word| self.constant(word)),
            [env, ..] if env.is("env") => texts
                .first()
                .and_then(|t| t.strip_prefix("CARGO_BIN_EXE_"))
                .map(str::to_owned),
            // A default for what the environment may tell: `var_os("RUSTC").unwrap_or_else(|| "rustc".into())`.
            _ if written.contains("var_os(") && texts.len() == 2 => Some(texts[1].to_owned()),
            _ => self.joined(at, argument, steps),
        };
        name.ok_or_else(|| format!("starts {written}, and no name can be read from that; see NAMELESS in starts.rs"))
    }

    /// The last part of a path that ends in `.join(part)`.
    fn joined(&self, at: usize, argument: &[Token], steps: u32) -> Option<String> {
        let join = argument.iter().rposition(|token| token.is("join"))?;
        if end_of_group(argument, join + 1) != argument.len() {
            return None;
        }
        let part = *arguments(argument, join + 1).first()?;
        let path = self.name(at, part, steps - 1).ok()?;
        path.rsplit('/')
            .next()
            .filter(|last| !last.is_empty())
            .map(str::to_owned)
    }

    /// The text of a constant of another file, or the program that Cargo built which it names.
    fn constant(&self, name: &str) -> Option<String> {
        let values = self.all.iter().flat_map(|source| {
            let tokens = &source.tokens;
            let here = move |at: &usize| tokens[*at].is("const") && tokens.get(at + 1).is_some_and(|t| t.is(name));
            (0..tokens.len())
                .filter(here)
                .filter_map(|at| defined(tokens, at + 2, name))
        });
        let mut texts = values.filter_map(|(_, value)| value.iter().find_map(Token::text));
        let text = texts.next()?;
        Some(text.strip_prefix("CARGO_BIN_EXE_").unwrap_or(text).to_owned())
    }
}

/// The folder of the package: functions of one package are not called in another.
fn package(source: &Source) -> &str {
    let path = source.path.to_str().unwrap_or_default();
    let folder = path.strip_prefix("src-tauri/").and_then(|rest| rest.split_once('/'));
    match folder {
        Some(("src" | "examples", _)) | None => "",
        Some((folder, _)) => folder,
    }
}

/// A function with a parameter `program`, the place of that, and its body.
struct Candidate<'a> {
    function: &'a str,
    place: usize,
    body: &'a [Token],
}

fn candidate(tokens: &[Token], at: usize) -> Option<Candidate<'_>> {
    let (function, parameters) = parameters(tokens, at)?;
    let own = usize::from(
        parameters
            .first()
            .is_some_and(|of| of.iter().any(|token| token.is("self"))),
    );
    let place = parameters.iter().position(|of| is_program(of))? - own;
    let open = (at..tokens.len()).find(|at| tokens[*at].is_sign('{'))?;
    let body = &tokens[open..end_of_group(tokens, open)];
    Some(Candidate { function, place, body })
}

/// Those that start their parameter, or hand it on to one that does.
fn starters(mut candidates: Vec<Candidate<'_>>) -> Starters {
    let mut starters = Starters::new();
    loop {
        let known = candidates.len();
        candidates.retain(|candidate| {
            let starts = starts_its_parameter(candidate.body, &starters);
            if starts {
                starters.insert(candidate.function.to_owned(), candidate.place);
            }
            !starts
        });
        if candidates.len() == known {
            return starters;
        }
    }
}

fn starts_its_parameter(body: &[Token], starters: &Starters) -> bool {
    let names = |tokens: &[Token]| tokens.iter().any(|token| token.is("program"));
    // `sudo` and `env` start what they are given; a search through PATH asks for what will be started.
    let through = body
        .iter()
        .any(|token| matches!(token.text(), Some("sudo" | "env" | "PATH")));
    (0..body.len()).any(|at| {
        let handed = through && ["arg", "args", "join"].iter().any(|name| body[at].is(name));
        let given = || &body[at + 1..end_of_group(body, at + 1)];
        argument(body, at, starters).is_some_and(names) || handed && names(given())
    })
}

/// A parameter `program` that is a name or a path, and no running process.
fn is_program(parameter: &[Token]) -> bool {
    let names = ["str", "String", "OsStr", "OsString", "Path", "PathBuf"];
    let typed = |token: &Token| names.iter().any(|name| token.is(name));
    parameter.iter().take(2).any(|token| token.is("program")) && parameter.iter().any(typed)
}

/// Name and parameters of the function whose `fn` is here.
fn parameters(tokens: &[Token], at: usize) -> Option<(&str, Vec<&[Token]>)> {
    let function = tokens.get(at + 1)?.word()?;
    let mut open = at + 2;
    if tokens.get(open)?.is_sign('<') {
        let mut depth = 0_usize;
        loop {
            let arrow = tokens.get(open - 1)?.is_sign('-');
            match tokens.get(open)?.kind {
                Kind::Sign('<') => depth += 1,
                Kind::Sign('>') if !arrow => depth -= 1,
                _ => {}
            }
            open += 1;
            if depth == 0 {
                break;
            }
        }
    }
    tokens
        .get(open)?
        .is_sign('(')
        .then(|| (function, arguments(tokens, open)))
}

/// The argument that names the program, if a start is here.
fn argument<'a>(tokens: &'a [Token], at: usize, starters: &Starters) -> Option<&'a [Token]> {
    let word = tokens[at].word()?;
    if !tokens.get(at + 1)?.is_sign('(') || at > 0 && tokens[at - 1].is("fn") {
        return None;
    }
    let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    if before(1).is_some_and(|t| t.is_sign('[')) && before(2).is_some_and(|t| t.is_sign('#')) {
        return None; // `#[command(…)]`
    }
    let path = || before(1).is_some_and(|t| t.is_sign(':')) && before(2).is_some_and(|t| t.is_sign(':'));
    let given = arguments(tokens, at + 1);
    if word == "new" {
        let command = path() && before(3).is_some_and(|t| t.is("Command"));
        return command.then(|| given.first().copied()).flatten();
    }
    if word == "env" && given.len() == 2 {
        let name = given[0].first().and_then(Token::text)?;
        let tool = ["_LINKER", "RUSTC", "RUSTDOC", "_WRAPPER"]
            .iter()
            .any(|end| name.ends_with(end));
        let tool = tool
            || ["CC_", "CXX_", "AR_", "RANLIB_"]
                .iter()
                .any(|start| name.starts_with(start));
        // Scripts of our own are given by their path; they are read where they are written.
        return tool
            .then_some(given[1])
            .filter(|argument| argument.len() == 1 && argument[0].text().is_some());
    }
    given.get(*starters.get(word)?).copied()
}

fn without_reference(argument: &[Token]) -> &[Token] {
    match argument {
        [first, rest @ ..] if first.is_sign('&') => rest,
        all => all,
    }
}

/// Whether the function around this place has a parameter `program`.
fn own_parameter(tokens: &[Token], at: usize) -> bool {
    let around = tokens[..at].iter().rposition(|token| token.is("fn"));
    let parameters = around.and_then(|at| parameters(tokens, at));
    parameters.is_some_and(|(_, of)| of.iter().any(|of| is_program(of)))
}

/// The place and the value of `let NAME … = value;` or `const NAME … = value;`: the nearest before, else the first after.
fn defined<'a>(tokens: &'a [Token], at: usize, name: &str) -> Option<(usize, &'a [Token])> {
    let here = |place: &usize| {
        let word = tokens[*place].is(name);
        let before = place.checked_sub(1).map(|at| &tokens[at]);
        word && before.is_some_and(|token| token.is("let") || token.is("mut") || token.is("const"))
    };
    let place = (0..at).rev().find(here).or_else(|| (at..tokens.len()).find(here))?;
    let equals = (place..tokens.len()).find(|at| tokens[*at].is_sign('='))?;
    let mut end = equals + 1;
    while end < tokens.len() && !tokens[end].is_sign(';') {
        end = match tokens[end].kind {
            Kind::Sign('(' | '[' | '{') => end_of_group(tokens, end),
            _ => end + 1,
        };
    }
    Some((place, &tokens[equals + 1..end]))
}

/// What a shell is given after the `-c` that is here.
fn handed_over(tokens: &[Token], at: usize) -> Vec<Start> {
    let line = tokens[at].line;
    let rest = tokens.get(at + 2..).unwrap_or_default();
    let given = without_reference(rest).first();
    let text = given.and_then(|token| match (token.text(), token.word()) {
        (Some(text), _) => Some(text),
        // The first text is the script, also in `format!(…)`.
        (None, Some(word)) => defined(tokens, at, word)?.1.iter().find_map(Token::text),
        _ => None,
    });
    let Some(text) = text else {
        return vec![Start {
            line,
            program: Err("hands sh a text that cannot be read here".to_owned()),
        }];
    };
    of_shell(line, text)
}

/// The tokens without blanks between them.
fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        match &token.kind {
            Kind::Word(word) | Kind::Other(word) => text.push_str(word),
            Kind::Text(value) => text.extend([format!("{value:?}")]),
            Kind::Sign(sign) => text.push(*sign),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::PathBuf;

    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(PathBuf::from(path), text.to_owned()).unwrap()
    }

    fn programs(text: &str) -> Vec<String> {
        let all = [source("src-tauri/a/src/a.rs", text)];
        let programs = Rust::new(&all).starts(&all[0]).into_iter();
        programs
            .map(|start| start.program.unwrap_or_else(|error| format!("? {error}")))
            .collect()
    }

    #[test]
    fn every_way_to_name_a_program_is_read() {
        let ways = [
            "Command::new(\"one\");",
            "tokio::process::Command::new(&\"one\");",
            "const ONE: &str = \"one\"; fn a() { Command::new(ONE); }",
            "fn a() { let one = std::env::var_os(\"ONE\").unwrap_or_else(|| \"one\".into()); Command::new(one); }",
            "Command::new(root().join(\"bin/one\"));",
            "const ONE: &str = \"one\"; fn a() { Command::new(root().join(\"bin\").join(ONE)); }",
            "Command::new(env!(\"CARGO_BIN_EXE_one\"));",
            "macro!(Command::new(\"one\"));",
            "c.env(\"CARGO_TARGET_X_LINKER\", \"one\");",
        ];
        for way in ways {
            assert_eq!(programs(way), ["one"], "{way}");
        }
    }

    #[test]
    fn a_function_that_starts_its_parameter_is_a_start_where_it_is_called() {
        let text =
            "impl A { fn begin<T: Into<X>>(&self, n: u8, program: impl AsRef<OsStr>) { Command::new(program); } }
            fn a(x: A) { x.begin(1, \"one\"); x.begin(2, \"two\"); x.begin(); }";
        assert_eq!(programs(text), ["one", "two"]);
        let without = "fn a(program: &Path) -> String { shown(program) } fn b() { a(x()); }";
        assert_eq!(programs(without), [""; 0], "what only looks at a name starts nothing");
        let through = "fn a(program: &str) { b(program); } fn b(program: &str) { Command::new(\"sudo\").arg(program); }
            fn c() { a(\"one\"); b(\"two\"); }";
        assert_eq!(programs(through), ["sudo", "one", "two"]);
        let other = [
            source("src-tauri/a/src/a.rs", text),
            source("src-tauri/b/src/b.rs", "fn b() { begin(1, \"three\"); }"),
        ];
        assert!(
            Rust::new(&other).starts(&other[1]).is_empty(),
            "a function of another package is another function"
        );
    }

    #[test]
    fn a_start_without_a_name_is_told() {
        for text in [
            "fn a(x: &str) { Command::new(x); }",
            "Command::new(pick(\"one\"));",
            "Command::new(program);",
        ] {
            let programs = programs(text);
            assert!(
                programs.len() == 1 && programs[0].starts_with("? starts"),
                "{text}: {programs:?}"
            );
        }
        let texts = programs("fn a(x: &str) { Command::new(\"sh\").args([\"-c\", x]); }");
        assert!(texts.len() == 2 && texts[1].contains("cannot be read"), "{texts:?}");
    }

    #[test]
    fn texts_for_a_shell_are_read() {
        let inner =
            "Command::new(\"sh\").args([\"-c\", \"one | two\"]); Command::new(\"three\").args([\"-c\", \"four\"]);";
        assert_eq!(programs(inner), ["sh", "one", "two", "three"]);
        let variable =
            "fn a() { let s = format!(\"one {x}\"); let mut c = Command::new(\"sh\"); c.args(&[\"-c\", &s]); }";
        assert_eq!(programs(variable), ["sh", "one"]);
        let whole = format!("const A: &str = r##\"{}!/bin/sh\none\n\"##;", '#');
        assert_eq!(programs(&whole), ["/bin/sh", "one"]);
    }
}

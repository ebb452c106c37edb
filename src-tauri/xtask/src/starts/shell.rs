//! The commands of a shell text: the first word of each simple command, also inside `$(…)` and backquotes, and what
//! `exec`, `env`, `xargs` and `find -exec` start. A word that begins with a variable names no program and is left out.

/// What the shell does itself, and its reserved words after which a command follows.
const BUILTIN: &[&str] = &[
    ".", ":", "[", "alias", "break", "cd", "continue", "echo", "eval", "exit", "export", "false", "getopts", "hash",
    "kill", "local", "printf", "pwd", "read", "return", "set", "shift", "test", "times", "trap", "true", "type",
    "ulimit", "umask", "unset", "wait",
];
const RESERVED: &[&str] = &[
    "!", "{", "}", "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac",
];
/// What starts the first of its arguments that is neither an option nor an assignment.
const STARTERS: &[&str] = &["command", "env", "exec", "nice", "nohup", "sudo", "xargs"];

/// A part of the text. A word has lost its quotes.
#[derive(Debug, PartialEq)]
enum Part {
    Word(String),
    Operator(char),
}

/// Every program that the text starts by name, in its order.
pub(super) fn commands(text: &str) -> Vec<String> {
    let mut inner = Vec::new();
    let parts = parts(text, &mut inner);
    let mut found = Vec::new();
    let mut functions = Vec::new();
    let (mut expected, mut cases) = (true, 0_usize);
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        at += 1;
        let word = match part {
            // The end of an alternative of `case`: the next pattern follows.
            Part::Operator('D') if cases > 0 => {
                at = pattern(&parts, at, &mut cases);
                expected = true;
                continue;
            }
            Part::Operator('>') => {
                at += 1;
                continue;
            }
            Part::Operator(_) => {
                expected = true;
                continue;
            }
            Part::Word(word) => word.as_str(),
        };
        let executes = ["-exec", "-execdir", "-ok"].contains(&word);
        if !expected {
            expected = executes;
            continue;
        }
        match word {
            "for" => at = after(&parts, at, |part| matches!(part, Part::Operator(';' | '\n'))),
            "case" => {
                cases += 1;
                at = after(&parts, at, |part| *part == Part::Word("in".to_owned()));
                at = pattern(&parts, at, &mut cases);
            }
            _ if RESERVED.contains(&word) || assignment(word) || word.starts_with('-') => {}
            _ if parts.get(at) == Some(&Part::Operator('(')) => functions.push(word.to_owned()),
            _ => {
                expected = STARTERS.contains(&word);
                if !BUILTIN.contains(&word) && !matches!(word, "exec" | "command") && !word.starts_with(['$', '{']) {
                    found.push(word.to_owned());
                }
            }
        }
    }
    found.extend(inner.iter().flat_map(|text| commands(text)));
    found.retain(|name| !functions.contains(name));
    found
}

/// The place after the first part for which `is` holds.
fn after(parts: &[Part], at: usize, is: impl Fn(&Part) -> bool) -> usize {
    parts[at..].iter().position(is).map_or(parts.len(), |n| at + n + 1)
}

/// The place after the pattern of `case` that begins here, or after its `esac`.
fn pattern(parts: &[Part], at: usize, cases: &mut usize) -> usize {
    let first = parts[at..].iter().position(|part| *part != Part::Operator('\n'));
    let first = first.map_or(parts.len(), |n| at + n);
    if parts.get(first) == Some(&Part::Word("esac".to_owned())) {
        *cases -= 1;
        return first + 1;
    }
    after(parts, first, |part| *part == Part::Operator(')'))
}

fn assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Words and operators; what stands in `$(…)` and backquotes goes to `inner`. `;;` is `D`, a redirection `>`.
fn parts(text: &str, inner: &mut Vec<String>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let next = &rest[c.len_utf8()..];
        if c == '#' && word.is_none() {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        if matches!(c, '\'' | '"' | '\\' | '$' | '`') {
            rest = quoted(c, next, word.get_or_insert_default(), inner);
            continue;
        }
        rest = next;
        if !matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>') {
            word.get_or_insert_default().push(c);
            continue;
        }
        let ended = word.take();
        if matches!(c, '<' | '>') {
            // The number before it is a descriptor; what follows is a file.
            parts.extend(ended.filter(|w| !w.bytes().all(|b| b.is_ascii_digit())).map(Part::Word));
            rest = rest.trim_start_matches(['<', '>', '&', '|', '-', ' ']);
            parts.push(Part::Operator('>'));
            continue;
        }
        parts.extend(ended.map(Part::Word));
        match c {
            ';' if rest.starts_with(';') => {
                rest = &rest[1..];
                parts.push(Part::Operator('D'));
            }
            ' ' | '\t' | '\r' => {}
            _ => parts.push(Part::Operator(c)),
        }
    }
    parts.extend(word.map(Part::Word));
    parts
}

/// Takes what a quote, a backslash, a dollar or a backquote begins into the word; the text after it.
fn quoted<'a>(c: char, next: &'a str, word: &mut String, inner: &mut Vec<String>) -> &'a str {
    match c {
        '\'' => {
            let end = next.find('\'').unwrap_or(next.len());
            word.push_str(&next[..end]);
            next.get(end + 1..).unwrap_or_default()
        }
        '\\' => {
            let escaped = next.chars().next();
            // A backslash before the end of the line joins the lines.
            word.extend(escaped.filter(|c| *c != '\n'));
            &next[escaped.map_or(0, char::len_utf8)..]
        }
        '"' => double_quoted(next, word, inner),
        '`' => {
            let end = next.find('`').unwrap_or(next.len());
            inner.push(next[..end].to_owned());
            word.push('$');
            next.get(end + 1..).unwrap_or_default()
        }
        _ => {
            word.push('$');
            let (open, close) = match next.chars().next() {
                Some('(') => ('(', ')'),
                Some('{') => ('{', '}'),
                _ => return next,
            };
            let end = closing(next, open, close);
            if open == '(' && !next.starts_with("((") {
                inner.push(next[1..end].to_owned());
            }
            next.get(end + 1..).unwrap_or_default()
        }
    }
}

fn double_quoted<'a>(mut rest: &'a str, word: &mut String, inner: &mut Vec<String>) -> &'a str {
    while let Some(c) = rest.chars().next() {
        let next = &rest[c.len_utf8()..];
        rest = match c {
            '"' => return next,
            '$' | '`' | '\\' => quoted(c, next, word, inner),
            _ => {
                word.push(c);
                next
            }
        };
    }
    rest
}

/// The place of the bracket that closes the one at the beginning.
fn closing(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn starts(text: &str, wanted: &[&str]) {
        assert_eq!(commands(text), wanted, "{text}");
    }

    #[test]
    fn the_first_word_of_each_simple_command_is_a_program() {
        starts(
            "one a b; two && three | four & five\nsix",
            &["one", "two", "three", "four", "five", "six"],
        );
        starts("A=1 one # two\n\\\nthree 'four five'", &["one", "three"]);
        starts("cd /; set -e; echo one", &[]);
        starts("\"$0\" one; $x two", &[]);
        starts(
            "/usr/bin/one 2>/dev/null >file two; three <in",
            &["/usr/bin/one", "three"],
        );
    }

    #[test]
    fn words_of_the_language_are_none() {
        starts(
            "if one; then two; elif ! three; then four; else five; fi",
            &["one", "two", "three", "four", "five"],
        );
        starts("for x in one two; do three $x; done", &["three"]);
        starts("while read -r a b; do { one; }; done", &["one"]);
        starts("draw() { # what it takes\n one; }\ndraw two", &["one"]);
    }

    #[test]
    fn patterns_are_none() {
        starts(
            "case $x in\n a | b) one ;;\n -*) ;;\n *)\n two\n ;;\nesac\nthree",
            &["one", "two", "three"],
        );
        starts(
            "case $x in (a) case $y in *) one;; esac;; b) two;; esac; three",
            &["one", "two", "three"],
        );
    }

    #[test]
    fn what_stands_inside_is_found_too() {
        starts(
            "a=$(one \"$(two)\") b=\"x $(three)\" c=`four`",
            &["one", "two", "three", "four"],
        );
        starts("x=$((1 + 2)) y=${z:-one}", &[]);
    }

    #[test]
    fn so_is_what_another_program_starts() {
        starts("exec one a", &["one"]);
        starts("find . -print0 | xargs -0 one two", &["find", "xargs", "one"]);
        starts("find . -exec one {} +", &["find", "one"]);
        starts("env A=1 one two", &["env", "one"]);
    }
}

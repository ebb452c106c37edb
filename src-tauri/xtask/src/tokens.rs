//! Rust sources as a flat list of tokens with their lines, for the checks that read the project's own code. Comments
//! are gone, and what stands in macros is there like everything else.

use std::str::FromStr as _;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

/// A token, and the line on which it begins, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A word of the language or a name.
    Word(String),
    /// The value of a text.
    Text(String),
    /// Another literal as it is written.
    Other(String),
    /// One character of an operator, or a bracket.
    Sign(char),
}

impl Token {
    /// Whether it is this word.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(w) if w == word)
    }

    /// Whether it is this sign.
    pub(crate) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    /// The word, if it is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The tokens of a file; an error where it is no Rust.
pub(crate) fn read(text: &str) -> Result<Vec<Token>> {
    let stream = TokenStream::from_str(text).map_err(|error| {
        let line = error.span().start().line;
        anyhow!("line {line}: {error}")
    })?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let kind = match tree {
            TokenTree::Ident(word) => Kind::Word(word.to_string().trim_start_matches("r#").to_owned()),
            TokenTree::Punct(sign) => Kind::Sign(sign.as_char()),
            TokenTree::Literal(literal) => value(&literal),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                let end = group.span_close().start().line;
                into.push(Token {
                    kind: Kind::Sign(open),
                    line,
                });
                flatten(group.stream(), into);
                into.push(Token {
                    kind: Kind::Sign(close),
                    line: end,
                });
                continue;
            }
        };
        into.push(Token { kind, line });
    }
}

fn value(literal: &Literal) -> Kind {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        let inner = raw.trim_matches('#');
        if inner.len() >= 2 && inner.starts_with('"') && inner.ends_with('"') {
            return Kind::Text(inner[1..inner.len() - 1].to_owned());
        }
    }
    match written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => Kind::Text(unescaped(text)),
        None => Kind::Other(written),
    }
}

fn unescaped(text: &str) -> String {
    let mut value = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('0') => value.push('\0'),
            Some('x') => {
                let code: String = rest.by_ref().take(2).collect();
                value.extend(u8::from_str_radix(&code, 16).ok().map(char::from));
            }
            Some('u') => {
                let code: String = rest
                    .by_ref()
                    .skip(1)
                    .take_while(|c| *c != '}')
                    .filter(|c| *c != '_')
                    .collect();
                value.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            // The line goes on after its end and the blanks of the next.
            Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            other => value.extend(other),
        }
    }
    value
}

/// The place after the bracket that closes the one at `open`.
pub(crate) fn end_of_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The parts between the commas of the bracket at `open`; none where it is empty.
pub(crate) fn arguments(tokens: &[Token], open: usize) -> Vec<&[Token]> {
    let end = end_of_group(tokens, open)
        .saturating_sub(1)
        .max(open + 1)
        .min(tokens.len());
    let mut parts = Vec::new();
    let (mut begin, mut at) = (open + 1, open + 1);
    while at < end {
        match tokens[at].kind {
            Kind::Sign('(' | '[' | '{') => at = end_of_group(tokens, at),
            Kind::Sign(',') => {
                parts.push(&tokens[begin..at]);
                at += 1;
                begin = at;
            }
            _ => at += 1,
        }
    }
    if begin < end {
        parts.push(&tokens[begin..end]);
    }
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        let tokens = read(source).unwrap();
        tokens
            .iter()
            .filter_map(|token| token.text().map(str::to_owned))
            .collect()
    }

    #[test]
    fn texts_have_their_values() {
        assert_eq!(
            texts(r##" r#"a "b" \n"# "c\n\"\u{44f}\x41" 'd' b"e" "##),
            ["a \"b\" \\n", "c\n\"яA"]
        );
        assert_eq!(texts("\"a \\\n    b\""), ["a b"], "a line that goes on");
    }

    #[test]
    fn tokens_know_their_lines_and_comments_are_gone() {
        let tokens = read("// a\nfn b() {\n}\n").unwrap();
        let lines: Vec<_> = tokens.iter().map(|token| token.line).collect();
        assert_eq!(lines, [2, 2, 2, 2, 2, 3]);
        assert!(
            read("fn {").unwrap_err().to_string().starts_with("line "),
            "what is no Rust is told"
        );
    }

    #[test]
    fn arguments_are_parted_at_their_own_commas() {
        let tokens = read("f(a, g(b, c), [d, e], || { h(i, j) },)").unwrap();
        assert_eq!(arguments(&tokens, 1).len(), 4);
        assert!(arguments(&read("f()").unwrap(), 1).is_empty());
    }
}

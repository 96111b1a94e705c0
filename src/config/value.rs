//! Values: read from TOML or from text against a shape, and written back.

use std::fmt::Write as _;
use std::time::Duration;

use toml::de::DeValue;

use crate::config::schema::Shape;
use crate::domain::text::bounded;

/// A value that fits its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, a path, a choice.
    Text(String),
    /// A time span.
    Span(Duration),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Truth(bool),
    /// A list of texts.
    List(Vec<String>),
}

impl Value {
    /// The value as TOML writes it.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => toml::Value::from(text.as_str()).to_string(),
            Self::Span(span) => format!("\"{}\"", span_text(*span)),
            Self::Integer(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::List(items) => toml::Value::from(items.clone()).to_string(),
        }
    }
}

/// Reads a value of a file. `Err` says what was found, in a few words.
pub(crate) fn from_toml(shape: Shape, found: &DeValue<'_>) -> Result<Value, String> {
    match (shape, found) {
        (Shape::Integer { .. }, DeValue::Integer(digits)) => {
            let digits = i64::from_str_radix(digits.as_str(), digits.radix())
                .map_err(|_| format!("`{}`", digits.as_str()))?;
            check(shape, Value::Integer(digits)).ok_or_else(|| format!("`{digits}`"))
        }
        (Shape::Truth, DeValue::Boolean(truth)) => Ok(Value::Truth(*truth)),
        (Shape::List, DeValue::Array(_)) => words_of_toml(found).and_then(|items| {
            check(shape, Value::List(items))
                .ok_or_else(|| "a list with an empty text, or one with a zero byte".to_owned())
        }),
        (
            Shape::Text
            | Shape::Path
            | Shape::Url
            | Shape::PlainUrl
            | Shape::Filter
            | Shape::Choice(_)
            | Shape::Span { .. },
            DeValue::String(text),
        ) => from_text(shape, text),
        (_, DeValue::String(text)) => Err(format!("the text {}", said_back(shape, text))),
        (_, other) => Err(article(other.type_str())),
    }
}

/// Reads a text, or a list of texts. `Err` says what was found, in a few words.
pub(crate) fn words_of_toml(found: &DeValue<'_>) -> Result<Vec<String>, String> {
    match (found.as_str(), found.as_array()) {
        (Some(text), _) => Ok(vec![text.to_owned()]),
        (None, Some(items)) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| "a list that holds something else than texts".to_owned()),
        (None, None) => Err(article(found.type_str())),
    }
}

/// Reads a value of the environment, of a flag or of the defaults.
pub(crate) fn from_text(shape: Shape, text: &str) -> Result<Value, String> {
    let value = match shape {
        Shape::Text
        | Shape::Path
        | Shape::Url
        | Shape::PlainUrl
        | Shape::Filter
        | Shape::Choice(_) => Some(Value::Text(text.to_owned())),
        Shape::Span { .. } => parse_span(text).map(Value::Span),
        Shape::Integer { .. } => text.parse().ok().map(Value::Integer),
        Shape::Truth => text.parse().ok().map(Value::Truth),
        Shape::List => Some(Value::List(
            text.split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect(),
        )),
    };
    value.and_then(|value| check(shape, value)).ok_or_else(|| said_back(shape, text))
}

/// A value that was refused, as it may be shown.
fn said_back(shape: Shape, text: &str) -> String {
    match shape {
        // An address may hold a password, even where it is no address.
        Shape::Url | Shape::PlainUrl if text.contains('@') => {
            "an address with a user name or a password".to_owned()
        }
        Shape::Text
        | Shape::Path
        | Shape::Url
        | Shape::PlainUrl
        | Shape::Filter
        | Shape::Choice(_)
        | Shape::Span { .. }
        | Shape::Integer { .. }
        | Shape::Truth
        | Shape::List => {
            let shown = text.escape_debug().to_string();
            format!("`{}`", bounded(&shown, SHOWN))
        }
    }
}

/// How much of a refused value is shown, in characters: enough to find it again.
const SHOWN: usize = 120;

/// What a shape allows, to follow `must be`.
pub(crate) fn allowed(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text".to_owned(),
        Shape::Path => "a path".to_owned(),
        Shape::Url => "an `https://` address, or `http://` on loopback".to_owned(),
        Shape::PlainUrl => "an `http://` or `https://` address".to_owned(),
        Shape::Filter => "log directives such as `info,arcadia=debug`".to_owned(),
        Shape::Choice(words) => {
            let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("one of {}", quoted.join(", "))
        }
        Shape::Span { least, most } => format!(
            "a time span such as `500ms`, `2s` or `1h30m`, from `{}` to `{}`",
            span_text(least),
            span_text(most)
        ),
        Shape::Integer { least, most: i64::MAX } => format!("a whole number from {least} up"),
        Shape::Integer { least, most } => format!("a whole number from {least} to {most}"),
        Shape::Truth => "`true` or `false`".to_owned(),
        Shape::List => "a list of texts, none of them empty".to_owned(),
    }
}

/// A span as people write it: `1m30s`.
pub(crate) fn span_text(span: Duration) -> String {
    let mut rest = span.as_millis();
    let mut text = String::new();
    for (unit, size) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            let _ = write!(text, "{count}{unit}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// The units of a span, the longest first, in milliseconds.
const UNITS: [(&str, u128); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads `500ms`, `2s`, `1h30m`: whole numbers, each with its unit, the longer unit first.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (_, size) = units.find(|(unit, _)| *unit == &rest[..unit_end])?;
        rest = &rest[unit_end..];
        total = total.checked_add(count.checked_mul(u64::try_from(*size).ok()?)?)?;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total))
}

fn check(shape: Shape, value: Value) -> Option<Value> {
    let fits = match (shape, &value) {
        (Shape::Span { least, most }, Value::Span(span)) => (least..=most).contains(span),
        (Shape::Integer { least, most }, Value::Integer(number)) => (least..=most).contains(number),
        (Shape::Choice(words), Value::Text(text)) => words.contains(&text.as_str()),
        (Shape::Path, Value::Text(text)) => !text.is_empty() && !text.contains('\0'),
        (Shape::Url, Value::Text(text)) => url_scheme(text) == Some(Scheme::Safe),
        (Shape::PlainUrl, Value::Text(text)) => url_scheme(text).is_some(),
        (Shape::Filter, Value::Text(text)) => {
            tracing_subscriber::EnvFilter::builder().parse(text).is_ok()
        }
        (Shape::List, Value::List(items)) => {
            items.iter().all(|item| !item.is_empty() && !item.contains('\0'))
        }
        (Shape::Text, Value::Text(_)) | (Shape::Truth, Value::Truth(_)) => true,
        (
            Shape::Text
            | Shape::Path
            | Shape::Url
            | Shape::PlainUrl
            | Shape::Filter
            | Shape::Choice(_)
            | Shape::Span { .. }
            | Shape::Integer { .. }
            | Shape::Truth
            | Shape::List,
            _,
        ) => false,
    };
    fits.then_some(value)
}

#[derive(PartialEq, Eq)]
enum Scheme {
    /// Nobody on the way can read it.
    Safe,
    /// Anybody on the way can.
    Plain,
}

fn url_scheme(text: &str) -> Option<Scheme> {
    let url = url::Url::parse(text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let loopback = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    // A name or password in the address would end in logs.
    let plain_address = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" if plain_address => Some(Scheme::Safe),
        "http" if plain_address && loopback => Some(Scheme::Safe),
        "http" if plain_address => Some(Scheme::Plain),
        _ => None,
    }
}

/// `a string`, `an integer`.
pub(crate) fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_back_from_its_text() {
        for (text, millis) in
            [("500ms", 500), ("2s", 2000), ("8m", 480_000), ("1h30m", 5_400_000), ("0s", 0)]
        {
            assert_eq!(parse_span(text), Some(Duration::from_millis(millis)), "{text}");
            assert_eq!(span_text(Duration::from_millis(millis)), text);
        }
        for bad in ["", "8", "m", "-2s", "2s1h", "1.5s", "2 s", "99999999999999999999s", "1m1m"] {
            assert_eq!(parse_span(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_refused_address_shows_no_password_and_a_refused_text_not_all_of_itself() {
        for shape in [Shape::Url, Shape::PlainUrl] {
            for address in ["http://ana:hunter2@api.example", "ana:hunter2@[::", "x://:hunter2@y"] {
                let found = from_text(shape, address).unwrap_err();
                assert!(!found.contains("hunter2"), "{found}");
            }
        }
        let found = from_text(
            Shape::Span { least: Duration::ZERO, most: Duration::MAX },
            &"9".repeat(1_000_000),
        );
        assert!(found.unwrap_err().len() < 2 * SHOWN);
    }

    #[test]
    fn a_token_only_travels_over_an_encrypted_or_local_way() {
        let fits = |url: &str| from_text(Shape::Url, url).is_ok();
        assert!(fits("https://api.example"));
        assert!(
            fits("http://127.0.0.1:7070") && fits("http://[::1]:1") && fits("http://localhost")
        );
        assert!(!fits("http://api.example") && !fits("http://127.0.0.1@evil.example"));
        assert!(!fits("https://ana:pw@api.example") && !fits("ftp://localhost"));
    }
}

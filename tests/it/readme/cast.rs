//! An asciicast, version 2: a line that says how large the terminal is, and one for each output. The form
//! is that of <https://docs.asciinema.org/manual/asciicast/v2/>.

use serde_json::{Value, json};

/// What a terminal was sent, and when.
pub(crate) struct Cast {
    /// Cells across and down.
    pub(crate) size: (u16, u16),
    /// Milliseconds since the beginning, and what was sent.
    pub(crate) output: Vec<(u64, String)>,
}

impl Cast {
    pub(crate) fn text(&self) -> String {
        let (width, height) = self.size;
        let header = json!({"version": 2, "width": width, "height": height, "title": "Arcadia"});
        let events = self.output.iter().map(|(millis, output)| {
            let seconds = format!("{}.{:03}", millis / 1_000, millis % 1_000);
            format!("[{seconds}, \"o\", {}]\n", Value::from(output.as_str()))
        });
        format!("{header}\n{}", events.collect::<String>())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(header["version"], 2);
        let cells = |name: &str| u16::try_from(header[name].as_u64().unwrap()).unwrap();
        let output = lines.map(|line| {
            let (at, kind, output): (f64, String, String) = serde_json::from_str(line).unwrap();
            assert_eq!(kind, "o");
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds of a demo"
            )]
            ((at * 1_000.0).round() as u64, output)
        });
        Self { size: (cells("width"), cells("height")), output: output.collect() }
    }
}

//! Takes a session down without ever keeping the screen waiting: a thread of its own writes.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::domain::summary::Summary;
use crate::domain::text::printable_json;
use crate::domain::time::Timestamp;
use crate::recording::LONGEST_LINE;
use crate::recording::message::MsgRecord;
use crate::recording::start::StartRecord;
use crate::telemetry::Redactor;
use crate::tui::msg::{Msg, What};
use crate::tui::tape::{Start, Tape};

/// How many lines may wait for the disk: a second of the busiest engine. One that is further behind does
/// not catch up, and what waits takes memory.
const BEHIND: usize = 10_000;

/// What becomes a line. To write one may take long, and no screen waits for it.
enum Line {
    Start(Box<StartRecord>),
    Msg(Box<MsgRecord>),
    /// A whole picture, which is not even taken apart before.
    Picture(Timestamp, Vec<Arc<Summary>>),
}

/// Takes a session down. What is written is in the file as soon as nothing more waits to be.
pub struct Recorder {
    lines_tx: SyncSender<Line>,
    why_ended: WhyEnded,
}

/// How a recording ended.
pub struct Outcome {
    why_ended: WhyEnded,
    writer: JoinHandle<()>,
}

type WhyEnded = Arc<Mutex<Option<String>>>;

impl Recorder {
    /// Begins to write, freed of what the redactor knows.
    pub fn new(to: impl Write + Send + 'static, redactor: Redactor) -> (Self, Outcome) {
        let (lines_tx, lines_rx) = mpsc::sync_channel(BEHIND);
        let why_ended = WhyEnded::default();
        let told = Arc::clone(&why_ended);
        let writer = thread::spawn(move || {
            if let Err(error) = write(BufWriter::new(to), &lines_rx, &redactor) {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        });
        let recorder = Self { lines_tx, why_ended: Arc::clone(&why_ended) };
        (recorder, Outcome { why_ended, writer })
    }

    fn line(&self, line: Line) -> Result<(), String> {
        match self.lines_tx.try_send(line) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(self.end("the disk is too slow for it")),
            Err(TrySendError::Disconnected(_)) => Err(self.end("nothing writes it any more")),
        }
    }

    /// Why nothing more is taken down: what the writer said, or else this.
    fn end(&self, otherwise: &str) -> String {
        let mut why = self.why_ended.lock().unwrap_or_else(PoisonError::into_inner);
        why.get_or_insert_with(|| otherwise.to_owned()).clone()
    }
}

impl Tape for Recorder {
    fn begin(&mut self, start: &Start) -> Result<(), String> {
        self.line(Line::Start(Box::new(StartRecord::from(start))))
    }

    fn take(&mut self, msg: &Msg) -> Result<(), String> {
        self.line(if let What::Pictured(Ok(rows)) = &msg.what {
            Line::Picture(msg.at, rows.clone())
        } else {
            Line::Msg(Box::new(MsgRecord::from(msg)))
        })
    }
}

impl Line {
    /// It as it is written.
    fn json(self) -> serde_json::Result<String> {
        match self {
            Self::Start(record) => serde_json::to_string(&*record),
            Self::Msg(record) => serde_json::to_string(&*record),
            Self::Picture(at, rows) => {
                let msg = Msg { at, what: What::Pictured(Ok(rows)) };
                serde_json::to_string(&MsgRecord::from(&msg))
            }
        }
    }
}

impl Outcome {
    /// Waits until everything is written; the recorder must be gone. Why it is not whole, if it is not.
    pub fn wait(self) -> Option<String> {
        if self.writer.join().is_err() {
            return Some("what wrote it fell over".to_owned());
        }
        self.why_ended.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn write(
    mut to: BufWriter<impl Write>,
    lines_rx: &Receiver<Line>,
    redactor: &Redactor,
) -> io::Result<()> {
    while let Ok(line) = lines_rx.recv() {
        let mut next = Some(line);
        while let Some(line) = next {
            let json = redactor.scrub(line.json()?);
            let line = printable_json(&json);
            // One that is longer would not be read again.
            if line.len() >= LONGEST_LINE {
                return Err(io::Error::other(format!(
                    "a line is longer than {LONGEST_LINE} bytes"
                )));
            }
            to.write_all(line.as_bytes())?;
            to.write_all(b"\n")?;
            next = lines_rx.try_recv().ok();
        }
        to.flush()?;
    }
    Ok(())
}

//! Running `tidemark-train` as its supervisor does.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::schema::assert_valid;

/// Longer than any test job may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit status.
    pub(crate) status: i32,
    /// All events.
    pub(crate) events: Vec<Value>,
}

impl Ended {
    /// The last event.
    pub(crate) fn last(&self) -> &Value {
        self.events.last().expect("at least one event")
    }

    /// The code of the last event, or its name.
    pub(crate) fn code(&self) -> &str {
        let last = self.last();
        last["code"]
            .as_str()
            .or_else(|| last["event"].as_str())
            .expect("a named event")
    }

    /// Where the problems are.
    pub(crate) fn problems(&self) -> Vec<&str> {
        let problems = self.last()["problems"].as_array();
        problems
            .into_iter()
            .flatten()
            .map(|problem| problem["at"].as_str().unwrap())
            .collect()
    }
}

/// A run in progress.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    events: Vec<Value>,
}

/// Writes the job beside its output folder and starts it.
pub(crate) fn start(job: &Value, folder: &Path) -> Running {
    let path = folder.join("job.json");
    std::fs::write(&path, job.to_string()).unwrap();
    start_with(&[path.to_str().unwrap()])
}

/// Starts the binary with these arguments.
pub(crate) fn start_with(arguments: &[&str]) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidemark-train"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if sender.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    Running {
        child,
        lines,
        events: Vec::new(),
    }
}

impl Running {
    /// Process id.
    pub(crate) fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Reads events up to the first one that `wanted` accepts.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        loop {
            let event = self.next().expect("the awaited event before the end");
            if wanted(&event) {
                return;
            }
        }
    }

    fn next(&mut self) -> Option<Value> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_valid("trainer-event.v1.schema.json", &event);
        self.events.push(event.clone());
        Some(event)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: i32) {
        // SAFETY: the child has not been waited for, so its id is still its own.
        assert_eq!(unsafe { libc::kill(self.id(), signal) }, 0);
    }

    /// Reads to the end and checks what every stream promises: progress never falls, nothing follows the end.
    pub(crate) fn wait(mut self) -> Ended {
        while self.next().is_some() {}
        let status = self
            .child
            .wait()
            .unwrap()
            .code()
            .expect("an exit status, not a signal");
        let ended = Ended {
            status,
            events: self.events,
        };
        let is_end = |event: &Value| event["event"] == "done" || event["event"] == "failed";
        assert_eq!(
            ended.events.iter().filter(|event| is_end(event)).count(),
            1,
            "{ended:?}"
        );
        assert!(is_end(ended.last()));
        let progress: Vec<f64> = ended
            .events
            .iter()
            .filter_map(|event| event["fraction"].as_f64())
            .collect();
        assert!(progress.windows(2).all(|pair| pair[0] <= pair[1]), "{progress:?}");
        ended
    }
}

/// Runs a job to its end.
pub(crate) fn run(job: &Value, folder: &Path) -> Ended {
    start(job, folder).wait()
}

/// Names in a folder, sorted.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

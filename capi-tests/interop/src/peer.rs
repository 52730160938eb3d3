//! A running peer: commands go in, answers come out, and it never outlives its test.

use crate::program::{Library, Programs};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than the peer's own patience with a send or receive, so that it gets to say what it waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);

/// A process that runs the C program.
pub struct Peer {
    name: String,
    child: Child,
    commands: ChildStdin,
    answers: Receiver<String>,
    last_command: String,
}

/// The parts of a message as the C program reads them.
pub fn hex<P: AsRef<[u8]>>(parts: &[P]) -> String {
    let word = |part: &P| match part.as_ref() {
        [] => ".".to_string(),
        bytes => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    parts.iter().map(word).collect::<Vec<_>>().join(" ")
}

impl Peer {
    /// Starts the program on `library`, and checks that it is what it runs on.
    ///
    /// # Panics
    /// When it does not start, or runs on something else.
    pub fn start(programs: &Programs, library: Library, name: &str) -> Peer {
        let mut child = Command::new(programs.path(library))
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("LD_PRELOAD")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let commands = child.stdin.take().expect("stdin was asked for");
        let output = BufReader::new(child.stdout.take().expect("stdout was asked for"));
        let (lines, answers) = channel();
        // Ends with the child's output.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        let name = format!("{name} ({library:?})");
        let mut peer = Peer { name, child, commands, answers, last_command: String::new() };
        let version = peer.run("version");
        assert!(version.starts_with(library.version()), "{} runs on version {version}", peer.name);
        peer
    }

    /// Gives a command without waiting for its answer.
    ///
    /// # Panics
    /// When the peer is gone.
    pub fn begin(&mut self, command: &str) {
        self.last_command = command.to_string();
        if let Err(error) = writeln!(self.commands, "{command}") {
            panic!("{} cannot be told to {command}: {error}", self.name);
        }
    }

    /// Waits for the answer to the command given last.
    ///
    /// # Panics
    /// When it failed, or there is no answer.
    pub fn end(&mut self) -> String {
        let answer = match self.answers.recv_timeout(ANSWER_TIMEOUT) {
            Ok(answer) => answer,
            Err(error) => {
                panic!("{}: no answer to `{}`: {error}", self.name, self.last_command)
            }
        };
        match answer.strip_prefix("ok") {
            Some(rest) => rest.trim().to_string(),
            None => panic!("{}: `{}` gave `{answer}`", self.name, self.last_command),
        }
    }

    /// Gives a command and waits for its answer.
    pub fn run(&mut self, command: &str) -> String {
        self.begin(command);
        self.end()
    }

    /// Opens socket 0, and does some commands on it.
    pub fn open(&mut self, kind: &str, commands: &[String]) {
        self.open_as(0, kind);
        for command in commands {
            self.run(command);
        }
    }

    /// Opens a socket.
    pub fn open_as(&mut self, id: usize, kind: &str) {
        self.run(&format!("open {id} {kind}"));
    }

    /// Sends one message.
    pub fn send<P: AsRef<[u8]>>(&mut self, id: usize, parts: &[P]) {
        self.run(&format!("send {id} {}", hex(parts)));
    }

    /// Receives one message, which must have these parts.
    ///
    /// # Panics
    /// When it has others.
    pub fn expect<P: AsRef<[u8]>>(&mut self, id: usize, parts: &[P]) {
        let got = self.run(&format!("recv {id}"));
        assert_eq!(got, hex(parts), "{} received something else", self.name);
    }

    /// Closes the sockets, terminates the context and ends. All memory it lent must have come back.
    ///
    /// # Panics
    /// When one of that fails.
    pub fn quit(mut self) {
        self.run("quit");
        let status = self.child.wait().expect("a child can be waited for");
        assert!(status.success(), "{} ended with {status}", self.name);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already waited for after `quit`; otherwise the test has failed and the peer must not stay.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

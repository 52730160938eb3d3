//! The command line: what it may say, and what it means.
#![forbid(unsafe_code)]

use oxmq::Options;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// What `--help` prints.
pub const HELP: &str = "\
Usage: zmq_deviced [OPTION]... DEVICE FRONTEND BACKEND

Moves messages between two sets of endpoints until SIGINT or SIGTERM.

Devices:
  queue       requests from clients at FRONTEND to services at BACKEND, and replies back
  forwarder   what publishers at FRONTEND publish to subscribers at BACKEND
  streamer    tasks from pushers at FRONTEND to pullers at BACKEND

FRONTEND and BACKEND are endpoints, separated by commas: tcp://ADDRESS:PORT or ipc://PATH.
The device binds to each, or connects to it when it is written connect:ENDPOINT.
'tcp://*:5559' means all interfaces; port '*' means any free one (see --verbose).

Options:
  --frontend ENDPOINT   one more frontend endpoint, which may contain commas
  --backend ENDPOINT    one more backend endpoint, likewise
  --subscribe PREFIX    forwarder: forward only what begins with PREFIX (may be repeated);
                        without it, what the subscribers at the backend ask for
  --hwm N               let at most N messages wait for each peer (default 0: no limit)
  --identity NAME       the identity of both sockets, 1 to 255 bytes (default: none)
  --io-threads N        I/O threads, 1 to 256 (default 1)
  --linger MS           on exit, try so long to deliver what is under way (default 1000)
  -v, --verbose         print, in one line, what is bound and connected
  -h, --help            print this text
  -V, --version         print the version

Exit status: 0 after SIGINT or SIGTERM, 1 when the device cannot start or go on, 2 when the
command line is wrong.
";

/// The most I/O threads that may be asked for.
const IO_THREADS_MAX: usize = 256;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Run a device.
    Run(Plan),
}

/// The device to run, and how.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub device: Device,
    /// Never empty.
    pub frontend: Vec<Attachment>,
    /// Never empty.
    pub backend: Vec<Attachment>,
    /// Prefixes that a forwarder subscribes to; empty: its subscribers' subscriptions are handed on.
    pub subscriptions: Vec<Vec<u8>>,
    /// Messages that may wait for each peer; 0: no limit.
    pub hwm: usize,
    /// Empty for none.
    pub identity: Vec<u8>,
    pub io_threads: usize,
    pub linger: Duration,
    pub verbose: bool,
}

/// What the device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Queue,
    Forwarder,
    Streamer,
}

/// One of the device's two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Frontend,
    Backend,
}

/// An endpoint and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub manner: Manner,
    pub endpoint: String,
}

/// Whether a socket binds or connects to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Bind,
    Connect,
}

/// Why the command line makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Device::Queue => "queue",
            Device::Forwarder => "forwarder",
            Device::Streamer => "streamer",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Frontend => "frontend",
            Side::Backend => "backend",
        })
    }
}

/// Reads the command line, without the command's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, UsageError> {
    let mut arguments = arguments.into_iter();
    let mut words: Vec<OsString> = Vec::new();
    let mut given = Given::default();
    while let Some(argument) = arguments.next() {
        match argument.as_bytes() {
            b"--help" | b"-h" => return Ok(Request::Help),
            b"--version" | b"-V" => return Ok(Request::Version),
            b"--verbose" | b"-v" => given.verbose = true,
            b"--" => words.extend(arguments.by_ref()),
            [b'-', _, ..] => {
                let (name, value) = split_option(&argument);
                given.option(name, || {
                    value
                        .map(OsStr::to_owned)
                        .or_else(|| arguments.next())
                        .ok_or_else(|| UsageError(format!("option {} needs a value", name.to_string_lossy())))
                })?;
            }
            _ => words.push(argument),
        }
    }
    given.plan(&words).map(Request::Run)
}

/// Splits `--name=value`.
fn split_option(argument: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let mut halves = argument.as_bytes().splitn(2, |&byte| byte == b'=').map(OsStr::from_bytes);
    (halves.next().unwrap_or_default(), halves.next())
}

/// What the options have said so far.
#[derive(Default)]
struct Given {
    frontend: Vec<Attachment>,
    backend: Vec<Attachment>,
    subscriptions: Vec<Vec<u8>>,
    hwm: Option<usize>,
    identity: Vec<u8>,
    io_threads: Option<usize>,
    linger_ms: Option<u32>,
    verbose: bool,
}

impl Given {
    /// Takes an option that has a value.
    fn option(
        &mut self,
        name: &OsStr,
        value: impl FnOnce() -> Result<OsString, UsageError>,
    ) -> Result<(), UsageError> {
        match name.as_bytes() {
            b"--frontend" => self.frontend.push(attachment(value()?.as_bytes())?),
            b"--backend" => self.backend.push(attachment(value()?.as_bytes())?),
            b"--subscribe" => self.subscriptions.push(value()?.as_bytes().to_vec()),
            b"--hwm" => self.hwm = Some(number("--hwm", &value()?)?),
            b"--identity" => self.identity = identity(value()?.as_bytes())?,
            b"--io-threads" => self.io_threads = Some(io_threads(&value()?)?),
            b"--linger" => self.linger_ms = Some(number("--linger", &value()?)?),
            b"--verbose" | b"--help" | b"--version" => {
                return Err(UsageError(format!("option {} takes no value", name.to_string_lossy())));
            }
            _ => return Err(UsageError(format!("there is no option {}", name.to_string_lossy()))),
        }
        Ok(())
    }

    /// Puts the options and the words between them together.
    fn plan(mut self, words: &[OsString]) -> Result<Plan, UsageError> {
        let Some((device, sides)) = words.split_first() else {
            return Err(UsageError("which device? queue, forwarder or streamer".into()));
        };
        let device = match device.as_bytes() {
            b"queue" => Device::Queue,
            b"forwarder" => Device::Forwarder,
            b"streamer" => Device::Streamer,
            _ => {
                let name = device.to_string_lossy();
                return Err(UsageError(format!(
                    "there is no device '{name}': use queue, forwarder or streamer"
                )));
            }
        };
        match sides {
            [] => {}
            [frontend, backend] => {
                self.frontend.splice(0..0, attachments(frontend)?);
                self.backend.splice(0..0, attachments(backend)?);
            }
            [_] => {
                return Err(UsageError(
                    "a FRONTEND needs a BACKEND (or use --frontend and --backend)".into(),
                ));
            }
            [_, _, extra, ..] => {
                let extra = extra.to_string_lossy();
                return Err(UsageError(format!(
                    "'{extra}' is too much: separate the endpoints of one side with commas"
                )));
            }
        }
        for (side, endpoints) in [(Side::Frontend, &self.frontend), (Side::Backend, &self.backend)] {
            if endpoints.is_empty() {
                return Err(UsageError(format!("the {side} has no endpoint")));
            }
        }
        if device != Device::Forwarder && !self.subscriptions.is_empty() {
            return Err(UsageError(format!(
                "--subscribe is for a forwarder: a {device} passes everything on"
            )));
        }
        Ok(Plan {
            device,
            frontend: self.frontend,
            backend: self.backend,
            subscriptions: self.subscriptions,
            hwm: self.hwm.unwrap_or(0),
            identity: self.identity,
            io_threads: self.io_threads.unwrap_or(1),
            linger: Duration::from_millis(self.linger_ms.unwrap_or(1000).into()),
            verbose: self.verbose,
        })
    }
}

/// The endpoints of one side, separated by commas.
fn attachments(list: &OsStr) -> Result<Vec<Attachment>, UsageError> {
    list.as_bytes().split(|&byte| byte == b',').map(attachment).collect()
}

/// One endpoint, with or without the word that says what to do with it.
fn attachment(text: &[u8]) -> Result<Attachment, UsageError> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(UsageError(format!("endpoint '{}' is not UTF-8", String::from_utf8_lossy(text))));
    };
    let (manner, endpoint) = if let Some(endpoint) = text.strip_prefix("connect:") {
        (Manner::Connect, endpoint)
    } else {
        (Manner::Bind, text.strip_prefix("bind:").unwrap_or(text))
    };
    match endpoint.split_once("://") {
        Some(("inproc", _)) => {
            Err(UsageError(format!("no other process can reach {endpoint}: use tcp:// or ipc://")))
        }
        Some((transport, address)) if !transport.is_empty() && !address.is_empty() => {
            Ok(Attachment { manner, endpoint: endpoint.to_owned() })
        }
        _ => Err(UsageError(format!("'{text}' is not an endpoint: write tcp://ADDRESS:PORT or ipc://PATH"))),
    }
}

fn number<T: std::str::FromStr>(option: &str, value: &OsStr) -> Result<T, UsageError> {
    value.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        UsageError(format!("{option} needs a whole number from 0 up, not '{}'", value.to_string_lossy()))
    })
}

fn io_threads(value: &OsStr) -> Result<usize, UsageError> {
    match number("--io-threads", value)? {
        threads @ 1..=IO_THREADS_MAX => Ok(threads),
        _ => Err(UsageError(format!("--io-threads must be from 1 to {IO_THREADS_MAX}"))),
    }
}

fn identity(value: &[u8]) -> Result<Vec<u8>, UsageError> {
    let mut options = Options::default();
    match options.set_identity(value) {
        Ok(()) => Ok(options.identity),
        Err(_) => Err(UsageError("--identity must have 1 to 255 bytes".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Request, UsageError> {
        parse(words.iter().map(OsString::from))
    }

    fn plan(words: &[&str]) -> Plan {
        match parse_words(words) {
            Ok(Request::Run(plan)) => plan,
            other => panic!("{words:?} gave {other:?}"),
        }
    }

    fn bind(endpoint: &str) -> Attachment {
        Attachment { manner: Manner::Bind, endpoint: endpoint.into() }
    }

    fn connect(endpoint: &str) -> Attachment {
        Attachment { manner: Manner::Connect, endpoint: endpoint.into() }
    }

    #[test]
    fn the_plain_form_binds_both_sides_with_defaults() {
        let plan = plan(&["queue", "tcp://*:5559", "tcp://*:5560"]);
        assert_eq!(
            plan,
            Plan {
                device: Device::Queue,
                frontend: vec![bind("tcp://*:5559")],
                backend: vec![bind("tcp://*:5560")],
                subscriptions: vec![],
                hwm: 0,
                identity: vec![],
                io_threads: 1,
                linger: Duration::from_secs(1),
                verbose: false,
            }
        );
    }

    #[test]
    fn sides_may_have_several_endpoints_bound_or_connected() {
        let plan = plan(&[
            "--frontend",
            "connect:ipc:///tmp/a,b",
            "streamer",
            "tcp://*:1,connect:tcp://h:2",
            "bind:ipc:///x",
            "--backend=tcp://[::1]:3",
        ]);
        assert_eq!(
            plan.frontend,
            [bind("tcp://*:1"), connect("tcp://h:2"), connect("ipc:///tmp/a,b")],
            "words before options, commas split only in words"
        );
        assert_eq!(plan.backend, [bind("ipc:///x"), bind("tcp://[::1]:3")]);
    }

    #[test]
    fn options_alone_can_name_both_sides() {
        let plan = plan(&["streamer", "--frontend", "tcp://*:1", "--backend", "tcp://*:2"]);
        assert_eq!((plan.frontend, plan.backend), (vec![bind("tcp://*:1")], vec![bind("tcp://*:2")]));
    }

    #[test]
    fn options_are_taken_in_both_forms() {
        let words = ["forwarder", "tcp://*:1", "tcp://*:2", "--subscribe", "a=b", "--subscribe=", "--hwm=7"];
        let more = ["--identity", "me", "--io-threads=2", "--linger", "0", "-v"];
        let plan = plan(&[&words[..], &more[..]].concat());
        assert_eq!(plan.subscriptions, [b"a=b".to_vec(), b"".to_vec()]);
        assert_eq!((plan.hwm, plan.io_threads, plan.linger), (7, 2, Duration::ZERO));
        assert_eq!((plan.identity.as_slice(), plan.verbose), (b"me".as_slice(), true));
    }

    #[test]
    fn help_and_version_win_over_what_is_missing() {
        assert_eq!(parse_words(&["--help"]), Ok(Request::Help));
        assert_eq!(parse_words(&["queue", "-h"]), Ok(Request::Help));
        assert_eq!(parse_words(&["-V"]), Ok(Request::Version));
    }

    #[test]
    fn what_makes_no_sense_is_said_so() {
        let sides = ["tcp://*:1", "tcp://*:2"];
        let with = |words: &[&'static str]| [&["queue", sides[0], sides[1]], words].concat();
        let identity_too_long = format!("--identity={}", "x".repeat(256));
        let cases: &[(Vec<&str>, &str)] = &[
            (vec![], "which device"),
            (vec!["router", sides[0], sides[1]], "no device 'router'"),
            (vec!["queue"], "frontend has no endpoint"),
            (vec!["queue", sides[0]], "needs a BACKEND"),
            (vec!["queue", "--frontend", sides[0]], "backend has no endpoint"),
            (with(&["tcp://*:3"]), "too much"),
            (vec!["queue", "tcp://*:1,", sides[1]], "'' is not an endpoint"),
            (vec!["queue", "localhost:1", sides[1]], "'localhost:1' is not an endpoint"),
            (vec!["queue", "connect:", sides[1]], "'connect:' is not an endpoint"),
            (vec!["queue", "inproc://x", sides[1]], "no other process"),
            (with(&["--subscribe", "x"]), "for a forwarder"),
            (with(&["--hwm"]), "--hwm needs a value"),
            (with(&["--hwm", "-1"]), "--hwm needs a whole number"),
            (with(&["--hwm", "1e3"]), "--hwm needs a whole number"),
            (with(&["--io-threads", "0"]), "from 1 to 256"),
            (with(&["--io-threads", "257"]), "from 1 to 256"),
            (with(&["--linger", "soon"]), "--linger needs"),
            (with(&["--identity", ""]), "1 to 255 bytes"),
            (vec!["queue", sides[0], sides[1], &identity_too_long], "1 to 255 bytes"),
            (with(&["--verbose=yes"]), "takes no value"),
            (with(&["--frob"]), "no option --frob"),
            (with(&["-x"]), "no option -x"),
        ];
        for (words, expected) in cases {
            let error = parse_words(words).expect_err(&format!("{words:?} is wrong"));
            assert!(error.to_string().contains(expected), "{words:?} gave '{error}', not '{expected}'");
        }
    }

    #[test]
    fn endpoints_that_are_not_text_are_refused() {
        let bad = OsString::from(OsStr::from_bytes(b"ipc:///\xff"));
        let words = ["queue".into(), bad, "tcp://*:1".into()];
        assert!(parse(words).expect_err("not UTF-8").to_string().contains("not UTF-8"));
    }
}

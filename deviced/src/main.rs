//! `zmq_deviced`: runs a queue, forwarder or streamer between two sets of endpoints until it is told to stop.

mod args;
mod device;
mod failure;
mod signals;

use args::{Plan, Request};
use failure::Failure;
use oxmq::{ContextHandle, Error};
use signals::StopSignals;
use std::io::Write;
use std::process::ExitCode;

/// The device could not start or go on.
const EXIT_RUN_TIME: u8 = 1;
/// The command line makes no sense.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print(args::HELP);
            ExitCode::SUCCESS
        }
        Ok(Request::Version) => {
            print(concat!("zmq_deviced ", env!("CARGO_PKG_VERSION"), "\n"));
            ExitCode::SUCCESS
        }
        Ok(Request::Run(plan)) => match run(&plan) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                complain(&failure.to_string());
                ExitCode::from(EXIT_RUN_TIME)
            }
        },
        Err(error) => {
            complain(&format!("{error}\nTry 'zmq_deviced --help'."));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// Runs the device that the command line asks for; gives `Ok` once a signal has stopped it.
fn run(plan: &Plan) -> Result<(), Failure> {
    // Before the first thread is started, so that every thread inherits the mask and only the stopper takes them
    let signals = StopSignals::block().map_err(|error| Failure::system("take charge of signals", error))?;
    let context = ContextHandle::new_context(plan.io_threads)
        .map_err(|error| Failure::new("create the context", error))?;
    let stopper = std::thread::Builder::new()
        .name("stopper".into())
        .spawn(move || {
            signals.wait();
            terminate(context)
        })
        .map_err(|error| Failure::system("start a thread", error))?;

    match device::run(context, plan, |line| print(&format!("zmq_deviced: {line}\n"))) {
        // Only the stopper terminates the context: wait until what is under way is delivered or given up
        Err(failure) if failure.is(Error::Terminated) => stopper
            .join()
            .unwrap_or(Err(Error::Terminated))
            .map_err(|error| Failure::new("terminate the context", error)),
        Err(failure) => {
            // Removes the files of the ipc endpoints that were bound. The failure is what matters now
            let _ = terminate(context);
            Err(failure)
        }
        Ok(never) => match never {},
    }
}

fn terminate(context: ContextHandle) -> oxmq::Result<()> {
    loop {
        match context.terminate() {
            Err(Error::Interrupted) => continue,
            done => return done,
        }
    }
}

/// Writes to standard output. That nobody reads it is no reason for a device to stop.
fn print(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "zmq_deviced: {text}");
}

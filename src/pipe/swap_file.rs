//! A nameless file used as a ring of bytes: the disk behind a pipe's swap.
//!
//! The file has no name from the start where the file system can do that, else loses it at once, so that
//! nothing is left behind however the process ends.
#![forbid(unsafe_code)]

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Only the owner of the process reads what is in transit.
const MODE: u32 = 0o600;

/// Attempts to find a name that is not taken, where a file needs one for a moment.
const NAME_ATTEMPTS: u32 = 16;

/// A first-in first-out store of at most `capacity` bytes on disk.
pub(super) struct Ring {
    file: File,
    capacity: u64,
    /// Where in the file the oldest byte is: below `capacity`.
    start: u64,
    /// Bytes in the ring, wrapping from the end of the file to its beginning.
    len: u64,
    /// How far the file was written.
    extent: u64,
    /// Writes beyond this offset fail as on a full disk.
    #[cfg(test)]
    pub(super) disk_bytes: u64,
}

impl Ring {
    /// A ring of at most `bytes`, in the current directory or, where that cannot be written, in the one
    /// for temporary files.
    ///
    /// # Errors
    /// Neither directory can be written, or the process may not write files at all.
    pub(super) fn create(bytes: u64) -> io::Result<Ring> {
        Ring::create_in(&[Path::new("."), &std::env::temp_dir()], bytes)
    }

    /// The same, in the first of `directories` that can be written.
    pub(super) fn create_in(directories: &[&Path], bytes: u64) -> io::Result<Ring> {
        // Writing beyond the process's limit would not fail but kill it with a signal.
        let capacity = bytes.min(file_size_limit()).min(i64::MAX as u64);
        if capacity == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut refusal = io::Error::from(io::ErrorKind::NotFound);
        for directory in directories {
            match nameless_file(directory) {
                Ok(file) => return Ok(Ring::on(file, capacity)),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// A ring in a file that is there already.
    pub(super) fn on(file: File, capacity: u64) -> Ring {
        Ring {
            file,
            capacity,
            start: 0,
            len: 0,
            extent: 0,
            #[cfg(test)]
            disk_bytes: u64::MAX,
        }
    }

    /// Bytes in the ring.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many more it takes.
    pub(super) fn room(&self) -> u64 {
        self.capacity - self.len
    }

    /// Adds `bytes`: all of them, or none when the file refuses.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_ahead(0, bytes)?;
        self.commit(bytes.len() as u64);
        Ok(())
    }

    /// Writes `bytes`, `ahead` bytes behind what is in the ring, without making them part of it.
    pub(super) fn write_ahead(&mut self, ahead: u64, bytes: &[u8]) -> io::Result<()> {
        let end = self.len + ahead;
        assert!(end + bytes.len() as u64 <= self.capacity, "the ring is written within its capacity");
        let (offset, before_wrap) = self.locate(end, bytes.len());
        let (first, second) = bytes.split_at(before_wrap);
        self.write_at(first, offset)?;
        self.write_at(second, 0)
    }

    /// Makes the next `bytes` bytes, which were written ahead, part of the ring.
    pub(super) fn commit(&mut self, bytes: u64) {
        self.len += bytes;
        assert!(self.len <= self.capacity, "the ring is within its capacity");
    }

    /// Copies the oldest bytes to all of `into`. They stay in the ring.
    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<()> {
        if into.len() as u64 > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (offset, before_wrap) = self.locate(0, into.len());
        let (first, second) = into.split_at_mut(before_wrap);
        self.file.read_exact_at(first, offset)?;
        self.file.read_exact_at(second, 0)
    }

    /// Drops the oldest bytes.
    pub(super) fn consume(&mut self, bytes: u64) {
        assert!(bytes <= self.len, "only what is in the ring can be taken out");
        self.len -= bytes;
        self.start = (self.start + bytes) % self.capacity;
    }

    /// Starts anew at the beginning of the file, and gives the disk space back.
    pub(super) fn reset(&mut self) {
        assert!(self.len == 0, "only an empty ring starts anew");
        self.start = 0;
        // Where truncation fails, the space is used again or given back when the file is closed.
        if self.extent > 0 && self.file.set_len(0).is_ok() {
            self.extent = 0;
        }
    }

    /// Where in the file the `len` bytes from position `at` of the ring begin, and how many of them fit
    /// before the wrap; the rest is at the beginning of the file.
    fn locate(&self, at: u64, len: usize) -> (u64, usize) {
        let offset = (self.start + at) % self.capacity;
        (offset, (self.capacity - offset).min(len as u64) as usize)
    }

    /// Goes on in another file with the same bytes.
    #[cfg(all(test, not(loom)))]
    pub(super) fn replace_file(&mut self, file: File) {
        self.file = file;
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset + bytes.len() as u64;
        #[cfg(test)]
        if end > self.disk_bytes && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // Even a write that fails may have made the file longer.
        self.extent = self.extent.max(end);
        self.file.write_all_at(bytes, offset)
    }
}

/// A file that is in no directory.
fn nameless_file(directory: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(MODE);
    match options.clone().custom_flags(libc::O_TMPFILE).open(directory) {
        Ok(file) => Ok(file),
        // Not every file system can make such a file.
        Err(_) => unlinked_file(options.create_new(true), directory),
    }
}

/// A file whose name is taken away as soon as it has one.
fn unlinked_file(options: &OpenOptions, directory: &Path) -> io::Result<File> {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    for _ in 0..NAME_ATTEMPTS {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!(".oxmq-swap-{}-{serial}", std::process::id()));
        match options.open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The longest file that this process may write, in bytes.
fn file_size_limit() -> u64 {
    fs::read_to_string("/proc/self/limits").map_or(u64::MAX, |limits| parse_file_size_limit(&limits))
}

fn parse_file_size_limit(limits: &str) -> u64 {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max file size"));
    let soft = line.and_then(|rest| rest.split_whitespace().next());
    // What is not a number is "unlimited".
    soft.and_then(|soft| soft.parse().ok()).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A directory of its own for one test, removed with the value.
    struct Scratch(std::path::PathBuf);
    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("oxmq-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }
        fn entries(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }
    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn bytes_come_back_in_order_around_the_wrap() {
        let mut ring = Ring::create(1000).unwrap();
        let (mut written, mut read) = (0u64, 0u64);
        for round in 0..500u64 {
            let size = (round * 37 % 400).min(ring.room());
            let bytes: Vec<u8> = (written..written + size).map(|i| (i % 251) as u8).collect();
            ring.append(&bytes).unwrap();
            written += size;
            let mut back = vec![0; (ring.len() * (round % 3) / 2) as usize];
            ring.read(&mut back).unwrap();
            ring.consume(back.len() as u64);
            for byte in back {
                assert_eq!(byte, (read % 251) as u8);
                read += 1;
            }
        }
        assert!(written > 10_000, "the ring went round: {written}");
    }

    #[test]
    fn neither_kind_of_file_is_seen_in_its_directory() {
        let scratch = Scratch::new("nameless");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(MODE);
        let files = [nameless_file(&scratch.0).unwrap(), unlinked_file(&options, &scratch.0).unwrap()];
        for file in files {
            let mut ring = Ring::on(file, 100);
            ring.append(b"some bytes").unwrap();
            assert_eq!(scratch.entries(), 0, "the file has no name while it is used");
            let mut back = [0; 10];
            ring.read(&mut back).unwrap();
            assert_eq!(&back, b"some bytes");
        }
    }

    #[test]
    fn the_second_directory_serves_when_the_first_does_not() {
        let scratch = Scratch::new("second");
        let missing = scratch.0.join("missing");
        assert!(Ring::create_in(&[&missing, &scratch.0], 100).is_ok());
        let refusal = Ring::create_in(&[&missing, Path::new("/proc")], 100);
        assert!(refusal.is_err(), "neither place can be written");
        assert_eq!(scratch.entries(), 0);
    }

    #[test]
    fn a_refused_write_leaves_the_ring_as_it_was() {
        let full = OpenOptions::new().read(true).write(true).open("/dev/full").unwrap();
        let mut ring = Ring::on(full, 100);
        assert_eq!(ring.append(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((ring.len(), ring.room()), (0, 100));
    }

    #[test]
    fn emptying_gives_the_disk_space_back() {
        let mut ring = Ring::create(1 << 20).unwrap();
        ring.append(&vec![7; 1 << 20]).unwrap();
        assert_eq!(ring.file.metadata().unwrap().len(), 1 << 20);
        ring.consume(1 << 20);
        ring.reset();
        assert_eq!(ring.file.metadata().unwrap().len(), 0);
        ring.append(b"again").unwrap();
        assert_eq!(ring.file.metadata().unwrap().len(), 5, "written from the beginning");
    }

    #[test]
    fn the_limit_of_the_process_is_read() {
        let limits = "Limit     Soft Limit   Hard Limit   Units\n\
                      Max cpu time              unlimited            unlimited            seconds\n\
                      Max file size             1048576              unlimited            bytes\n";
        assert_eq!(parse_file_size_limit(limits), 1_048_576);
        assert_eq!(parse_file_size_limit("Max file size   unlimited   unlimited   bytes\n"), u64::MAX);
        assert_eq!(parse_file_size_limit(""), u64::MAX);
    }
}

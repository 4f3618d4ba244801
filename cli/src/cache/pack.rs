//! A file of named parts, each with a checksum, that is replaced whole.
//!
//! It begins with a stamp; a file with another stamp is not read. A file that ends early has lost its last parts, and a part
//! with a wrong checksum is no part: the cache is a memory, so to forget is always right.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::ops::Range;
use std::path::Path;

use tuneup_scan::Digest;

use crate::output;

const MAGIC: &[u8; 16] = b"tuneup cache 1\r\n";

/// Magic, stamp, checksum and length of the table.
const HEAD_BYTES: usize = 16 + 16 + 16 + 8;

/// Name, checksum and length of a part.
const ENTRY_BYTES: usize = 16 + 16 + 8;

/// A larger file is not ours.
const MAX_BYTES: u64 = 2_000_000_000;

/// The parts of a file, in its order.
#[derive(Debug, Default)]
pub(super) struct Pack {
    parts: Vec<Part>,
    /// Position of each name, the first where it is repeated.
    index: BTreeMap<Digest, usize>,
    bytes: Vec<u8>,
}

/// Where a part is, and what it is.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: Digest,
    sum: Digest,
    at: Range<usize>,
}

impl Pack {
    /// The file's parts; none where there is no such file, or one that cannot be believed.
    pub(super) fn read(file: &Path, stamp: Digest) -> Self {
        let bytes = bytes_of(file).unwrap_or_default();
        let parts = table(&bytes, stamp).unwrap_or_default();
        let mut index = BTreeMap::new();
        for (position, part) in parts.iter().enumerate() {
            index.entry(part.name).or_insert(position);
        }
        Self { parts, index, bytes }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The first part of this name.
    pub(super) fn part(&self, name: Digest) -> Option<&Part> {
        Some(&self.parts[*self.index.get(&name)?])
    }

    /// The bytes of a part; none where they are damaged.
    pub(super) fn bytes(&self, part: &Part) -> Option<&[u8]> {
        let bytes = self.bytes.get(part.at.clone())?;
        (Digest::of([bytes]) == part.sum).then_some(bytes)
    }
}

impl Part {
    pub(super) fn len(&self) -> usize {
        self.at.len()
    }
}

fn bytes_of(file: &Path) -> Option<Vec<u8>> {
    // Not through a link, and never a pipe, which would keep us waiting.
    let about = fs::symlink_metadata(file).ok()?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    File::open(file).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn table(bytes: &[u8], stamp: Digest) -> Option<Vec<Part>> {
    let head = bytes.get(..HEAD_BYTES)?;
    if head[..16] != MAGIC[..] || head[16..32] != stamp.as_bytes()[..] {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(head[48..].try_into().ok()?)).ok()?;
    let table = bytes.get(HEAD_BYTES..HEAD_BYTES.checked_add(length)?)?;
    if head[32..48] != Digest::of([table]).as_bytes()[..] {
        return None;
    }
    let mut at = HEAD_BYTES + length;
    let mut parts = Vec::with_capacity(length / ENTRY_BYTES);
    for entry in table.chunks_exact(ENTRY_BYTES) {
        let length = usize::try_from(u64::from_le_bytes(entry[32..].try_into().ok()?)).ok()?;
        let end = at.checked_add(length)?;
        let digest = |bytes: &[u8]| bytes.try_into().ok().map(Digest::from_bytes);
        parts.push(Part { name: digest(&entry[..16])?, sum: digest(&entry[16..32])?, at: at..end });
        at = end;
    }
    Some(parts)
}

/// Writes a file of these parts in place of the old one.
pub(super) fn write(file: &Path, stamp: Digest, parts: &[(Digest, &[u8])]) -> io::Result<()> {
    let mut table = Vec::with_capacity(parts.len() * ENTRY_BYTES);
    for (name, bytes) in parts {
        table.extend_from_slice(name.as_bytes());
        table.extend_from_slice(Digest::of([*bytes]).as_bytes());
        table.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    }
    let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
    let mut new = output::new_file_in(folder)?;
    let mut writer = BufWriter::with_capacity(1 << 20, new.as_file_mut());
    writer.write_all(MAGIC)?;
    writer.write_all(stamp.as_bytes())?;
    writer.write_all(Digest::of([table.as_slice()]).as_bytes())?;
    writer.write_all(&(table.len() as u64).to_le_bytes())?;
    writer.write_all(&table)?;
    for (_, bytes) in parts {
        writer.write_all(bytes)?;
    }
    writer.flush()?;
    drop(writer);
    new.persist(file).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Digest, Pack, write};

    fn name(text: &str) -> Digest {
        Digest::of([text.as_bytes()])
    }

    /// What is read of a file with two parts after its bytes were changed.
    fn read_changed(change: impl Fn(&mut Vec<u8>)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts");
        write(&file, name("stamp"), &[(name("a"), b"first"), (name("b"), b"second")]).unwrap();
        let mut bytes = fs::read(&file).unwrap();
        change(&mut bytes);
        fs::write(&file, bytes).unwrap();
        let pack = Pack::read(&file, name("stamp"));
        let texts = pack.parts().iter().filter_map(|part| pack.bytes(part));
        texts.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read_changed(|_| ()), ["first", "second"]);
    }

    #[test]
    fn what_is_damaged_is_forgotten() {
        assert_eq!(read_changed(|bytes| *bytes.last_mut().unwrap() ^= 1), ["first"]);
        assert_eq!(read_changed(|bytes| bytes.truncate(bytes.len() - 3)), ["first"]);
        let whole = 56 + 2 * 40 + "firstsecond".len();
        for length in 0..whole {
            let read = read_changed(|bytes| bytes.truncate(length));
            assert!(read.is_empty() || read == ["first"], "{length}: {read:?}");
        }
        for at in 0..whole {
            let read = read_changed(|bytes| bytes[at] ^= 0x40);
            let known = |text: &String| ["first", "second"].contains(&text.as_str());
            assert!(read.len() < 2 && read.iter().all(known), "{at}: {read:?}");
        }
    }

    #[test]
    fn another_stamp_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("facts");
        write(&file, name("old"), &[(name("a"), b"first")]).unwrap();
        assert_eq!(Pack::read(&file, name("new")).parts().len(), 0);
        assert_eq!(Pack::read(folder.path(), name("new")).parts().len(), 0);
    }
}

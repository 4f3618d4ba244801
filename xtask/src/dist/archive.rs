//! The archive of a release and its checksum; the same input gives the same bytes on every machine.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::target::TARGETS;
use crate::failure::Failure;
use crate::workspace;

/// 1 January 2000: as good as any, and no tool takes it for an error.
const MODIFIED: u64 = 946_684_800;

/// Packs `folder`, under its own name, as `folder.tar.gz` beside it.
pub(super) fn pack(folder: &Path) -> Result<PathBuf, Failure> {
    let name = folder.file_name().expect("the folder of a release has a name").to_string_lossy().into_owned();
    let archive = folder.with_file_name(format!("{name}.tar.gz"));
    let write = |source| Failure::File { action: "write", path: archive.clone(), source };
    let file = fs::File::create(&archive).map_err(write)?;
    let mut tar = tar::Builder::new(GzBuilder::new().mtime(0).write(file, Compression::best()));
    append(&mut tar, folder, &name).map_err(write)?;
    tar.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(write)?;
    Ok(archive)
}

fn append(tar: &mut tar::Builder<impl io::Write>, folder: &Path, name: &str) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            append(tar, &entry.path(), &path)?;
            continue;
        }
        let content = fs::read(entry.path())?;
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        // From the name, because Windows has no such mode.
        let file = entry.file_name();
        let runs = TARGETS.iter().any(|target| file == target.binary);
        header.set_mode(if runs { 0o755 } else { 0o644 });
        header.set_mtime(MODIFIED);
        tar.append_data(&mut header, &path, content.as_slice())?;
    }
    Ok(())
}

/// Writes `archive.sha256` in the form that `sha256sum --check` reads.
pub(super) fn write_checksum(archive: &Path) -> Result<(), Failure> {
    let content = fs::read(archive).map_err(|source| Failure::File {
        action: "read",
        path: archive.to_owned(),
        source,
    })?;
    let name = archive.file_name().expect("an archive has a name").to_string_lossy();
    let line = format!("{}  {name}\n", checksum(&content));
    workspace::write(&archive.with_file_name(format!("{name}.sha256")), &line)
}

fn checksum(content: &[u8]) -> String {
    let mut hexadecimal = String::new();
    for byte in Sha256::digest(content) {
        write!(hexadecimal, "{byte:02x}").expect("writing to a string cannot fail");
    }
    hexadecimal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_sha256sum() {
        assert_eq!(checksum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn the_same_files_give_the_same_archive() {
        let packed = || {
            let home = tempfile::tempdir().unwrap();
            let folder = home.path().join("tuneup-test");
            fs::create_dir_all(folder.join("man")).unwrap();
            fs::write(folder.join("tuneup"), "program").unwrap();
            fs::write(folder.join("man/tuneup.1"), "page").unwrap();
            fs::read(pack(&folder).unwrap()).unwrap()
        };
        let bytes = packed();
        assert_eq!(bytes, packed());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let entries: Vec<(String, u32)> = archive
            .entries()
            .unwrap()
            .map(Result::unwrap)
            .map(|entry| {
                (entry.path().unwrap().to_string_lossy().into_owned(), entry.header().mode().unwrap())
            })
            .collect();
        let expected = [("tuneup-test/man/tuneup.1", 0o644), ("tuneup-test/tuneup", 0o755)];
        assert_eq!(entries, expected.map(|(path, mode)| (path.to_owned(), mode)));
    }
}

//! The binary of a release: built, small enough, and static where its platform says so.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::target::Target;
use crate::failure::Failure;
use crate::process;

/// What a download may weigh.
const MOST_BYTES: u64 = 30 << 20;

/// The type of an ELF program header that names a loader, which a static binary lacks.
const INTERPRETER: u32 = 3;

pub(super) fn build(target: &Target, target_directory: &Path) -> Result<PathBuf, Failure> {
    let arguments =
        ["build", "--profile", "dist", "--locked", "--package", "tuneup", "--target", target.triple];
    let mut command = process::cargo(&arguments);
    let compiler = format!("CC_{}", target.triple.replace('-', "_"));
    // The one thing that is not Rust is a piece of assembler without a C library: the machine's own compiler will do
    // where there is none for musl.
    if target.is_static() && target.is_of_this_machine() && env::var_os(&compiler).is_none() {
        command.env(compiler, "cc");
    }
    process::run(&mut command)?;
    let binary = target_directory.join(target.triple).join("dist").join(target.binary);
    examine(&binary, target)?;
    Ok(binary)
}

fn examine(binary: &Path, target: &Target) -> Result<(), Failure> {
    let content = fs::read(binary).map_err(|source| Failure::File {
        action: "read",
        path: binary.to_owned(),
        source,
    })?;
    let mut complaints = Vec::new();
    let bytes = content.len() as u64;
    if bytes > MOST_BYTES {
        complaints.push(format!("{} has {bytes} bytes, more than {MOST_BYTES}", binary.display()));
    }
    if target.is_static() && wants_loader(&content) != Some(false) {
        complaints.push(format!("{} is no static program", binary.display()));
    }
    Failure::unless_empty(complaints)
}

/// Whether a 64-bit little-endian ELF program needs a dynamic loader; none where it is no such program.
fn wants_loader(elf: &[u8]) -> Option<bool> {
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let number = |at: usize, bytes: usize| {
        let field = elf.get(at..at + bytes)?;
        Some(field.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    // e_phoff, e_phentsize and e_phnum of the header; p_type begins each entry.
    let start = usize::try_from(number(0x20, 8)?).ok()?;
    let (size, count) = (number(0x36, 2)? as usize, number(0x38, 2)? as usize);
    let mut kinds = Vec::new();
    for entry in 0..count {
        kinds.push(number(start.checked_add(entry * size)?, 4)? as u32);
    }
    Some(kinds.contains(&INTERPRETER))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header with program headers of these types.
    fn elf(kinds: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[0x20] = 64;
        bytes[0x36] = 56;
        bytes[0x38] = kinds.len() as u8;
        for kind in kinds {
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0; 52]);
        }
        bytes
    }

    #[test]
    fn a_loader_is_seen() {
        assert_eq!(wants_loader(&elf(&[6, 3, 1])), Some(true));
        assert_eq!(wants_loader(&elf(&[6, 1, 2])), Some(false));
        assert_eq!(wants_loader(b"MZ"), None);
        let mut cut = elf(&[6, 1]);
        cut.truncate(100);
        assert_eq!(wants_loader(&cut), None);
    }
}

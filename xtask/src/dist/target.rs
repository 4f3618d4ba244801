//! The platforms that have a release, and what each is called by rustc, npm and docker.

use std::env::consts::{ARCH, OS};

use crate::failure::Failure;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As rustc and the archives call it.
    pub(super) triple: &'static str,
    /// Node's `process.platform` and `process.arch`, which choose the npm package.
    pub(super) node: (&'static str, &'static str),
    /// Docker's word for the machine, where an image can be made of it.
    pub(super) docker: Option<&'static str>,
    pub(super) binary: &'static str,
}

/// Those of Linux are linked with musl: static, so that they run on every distribution and in an empty image.
pub(super) const TARGETS: [Target; 5] = [
    Target { triple: "aarch64-apple-darwin", node: ("darwin", "arm64"), docker: None, binary: "tuneup" },
    Target { triple: "x86_64-apple-darwin", node: ("darwin", "x64"), docker: None, binary: "tuneup" },
    Target {
        triple: "aarch64-unknown-linux-musl",
        node: ("linux", "arm64"),
        docker: Some("linux-arm64"),
        binary: "tuneup",
    },
    Target {
        triple: "x86_64-unknown-linux-musl",
        node: ("linux", "x64"),
        docker: Some("linux-amd64"),
        binary: "tuneup",
    },
    Target { triple: "x86_64-pc-windows-msvc", node: ("win32", "x64"), docker: None, binary: "tuneup.exe" },
];

impl Target {
    /// The one named, or that of this machine.
    pub(super) fn chosen(triple: Option<&str>) -> Result<&'static Self, Failure> {
        let found = match triple {
            Some(triple) => TARGETS.iter().find(|target| target.triple == triple),
            None => TARGETS.iter().find(|target| target.is_of_this_system() && target.is_of_this_machine()),
        };
        found.ok_or_else(|| {
            let known: Vec<&str> = TARGETS.iter().map(|target| target.triple).collect();
            let asked = triple.map_or_else(|| format!("{ARCH} {OS}"), str::to_owned);
            Failure::Usage(format!("there is no release for `{asked}`; there are {}", known.join(", ")))
        })
    }

    pub(super) fn is_static(&self) -> bool {
        self.triple.ends_with("-musl")
    }

    /// The npm package of this platform.
    pub(super) fn package(&self) -> String {
        format!("@tuneup/{}-{}", self.node.0, self.node.1)
    }

    pub(super) fn is_of_this_machine(&self) -> bool {
        self.triple.starts_with(ARCH)
    }

    fn is_of_this_system(&self) -> bool {
        // rustc's words are the middle of the triple, but for `apple-darwin`.
        self.triple.contains(if OS == "macos" { "darwin" } else { OS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_or_our_own() {
        let named = Target::chosen(Some("x86_64-apple-darwin")).unwrap();
        assert_eq!(named.package(), "@tuneup/darwin-x64");
        let refused = Target::chosen(Some("riscv64gc-unknown-linux-gnu")).unwrap_err().to_string();
        assert!(refused.starts_with("there is no release for `riscv64gc-unknown-linux-gnu`"), "{refused}");
        if let Ok(own) = Target::chosen(None) {
            assert!(own.is_of_this_machine() && own.is_of_this_system());
        }
    }
}

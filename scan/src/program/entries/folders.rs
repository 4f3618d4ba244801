//! Modules that a program loads by a computed name: ``require(`./${name}`)`` calls what a folder holds.

use super::{Entry, EntryKind};
use crate::facts::CallId;
use crate::program::Program;
use crate::program::targets::Target;
use crate::program::value::{FnRef, Value};

impl Program {
    /// The functions of modules that a file loads by a computed name.
    pub(super) fn folder_entries(&self, file: u32, entries: &mut Vec<Entry>) {
        for (n, target) in self.targets[file as usize].iter().enumerate() {
            let loads = matches!(target, Target::Api(api)
                if api.package == "global" && matches!(api.path.as_str(), "require" | "import"));
            if !loads {
                continue;
            }
            for module in self.modules_chosen(file, CallId(n as u32)) {
                for (label, function) in self.module_functions(module) {
                    entries.push(Entry { function, kind: EntryKind::Callback, label });
                }
            }
        }
    }

    /// The functions that a module exports, by name, with those that mixins add, and those of modules that it exports
    /// in turn.
    pub(super) fn module_functions(&self, file: u32) -> Vec<(String, FnRef)> {
        let mut found = Vec::new();
        self.exported_by(file, 0, &mut found);
        found
    }

    fn exported_by(&self, file: u32, depth: u32, found: &mut Vec<(String, FnRef)>) {
        let mut names = self.export_names(file);
        names.sort_unstable();
        names.dedup();
        for name in names {
            let Some(exported) = self.exported(file, &name, 0) else { continue };
            match self.exported_value(&exported) {
                Value::Function(function) | Value::Memoized(function, _) => found.push((name, function)),
                Value::Module(module) if depth < 2 && module != file => {
                    self.exported_by(module, depth + 1, found);
                }
                _ => {}
            }
        }
    }
}

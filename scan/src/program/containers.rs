//! Containers that know classes by name: awilix gives `productService` to whoever asks for it, an instance of
//! `ProductService`.

use rustc_hash::FxHashMap;

use super::Program;
use super::roles::Role;
use super::value::{ClassRef, FnRef, Value};
use crate::facts::{CallId, ClassId, Expr, ExprId};

/// Classes by name.
pub(super) type ClassNames = FxHashMap<String, Vec<ClassRef>>;

impl Program {
    /// What a container gives for a name: `container.resolve("productService")`.
    pub(super) fn registered_class(&self, file: u32, call: CallId) -> Value {
        let facts = &self.files[file as usize];
        match facts.args(call).first().map(|arg| facts.expr(*arg)) {
            Some(Expr::Str(name)) if self.depends_on(file, "awilix") => self.class_for(facts.name(name)),
            _ => Value::Unknown,
        }
    }

    /// What a container hands to a constructor under a name: `constructor({ productService })`.
    pub(super) fn injected_by_name(&self, file: u32, object: ExprId, name: &str) -> Value {
        let Some((owner, 0)) = self.parameter(file, object) else { return Value::Unknown };
        let facts = &self.files[file as usize];
        let is_constructor =
            facts.function(owner).class.is_some_and(|class| facts.class(class).constructor == Some(owner));
        let is_made_elsewhere = self.callers.get(&FnRef { file, id: owner }).is_none_or(Vec::is_empty);
        if is_constructor && is_made_elsewhere && self.depends_on(file, "awilix") {
            self.class_for(name)
        } else {
            Value::Unknown
        }
    }

    /// An instance of the one class that is called so, with a capital.
    fn class_for(&self, name: &str) -> Value {
        let names = self.class_names.get_or_init(|| self.classes_by_name());
        let mut chars = name.chars();
        let Some(first) = chars.next().filter(char::is_ascii_lowercase) else { return Value::Unknown };
        let wanted = format!("{}{}", first.to_ascii_uppercase(), chars.as_str());
        match names.get(&wanted).map(Vec::as_slice) {
            Some([only]) => Value::Instance(*only),
            _ => Value::Unknown,
        }
    }

    fn classes_by_name(&self) -> ClassNames {
        let mut names = ClassNames::default();
        for (file, facts) in self.files.iter().enumerate() {
            if self.roles[file] != Role::App {
                continue;
            }
            for (n, class) in facts.classes.iter().enumerate() {
                if let Some(name) = class.name {
                    let class = ClassRef { file: file as u32, id: ClassId(n as u32) };
                    names.entry(facts.name(name).to_owned()).or_default().push(class);
                }
            }
        }
        names
    }
}

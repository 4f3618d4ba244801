//! Handles that are known by their type or by the name under which a container gives them.
//!
//! Such a handle is a value of a package of its own, `typed#3`. It remembers what the program itself knows of the type:
//! a member that no declaration names is followed there as ever.

use super::{Declared, DeclaredHandles, patterns};
use crate::facts::{CallId, CallKind, Expr, ExprId, ImportedName, SymbolId, SymbolKind, TypeExpr, TypeId};
use crate::objects::Follow as _;
use crate::orm::ModelRef;
use crate::place::Place;
use crate::program::Program;
use crate::program::exports::Exported;
use crate::program::value::{Api, Value};

/// What a value of a declared type or name is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::program) struct TypedHandle {
    /// The declarations that mean it.
    handles: Vec<usize>,
    /// The model that an argument of the type names.
    model: Option<ModelRef>,
    /// What the value is without the declaration.
    otherwise: Value,
}

/// The beginning of the packages that stand for such handles.
const TYPED: &str = "typed#";

/// Methods of containers that give a service for its name.
const GIVING: [&str; 4] = ["resolve", "get", "inject", "getService"];

impl DeclaredHandles {
    fn positions(&self, wanted: impl Fn(&Declared) -> bool) -> Vec<usize> {
        self.handles.iter().enumerate().filter(|(_, it)| wanted(it)).map(|(n, _)| n).collect()
    }
}

impl Declared {
    fn is_type(&self, name: &str) -> bool {
        self.handle.r#type.as_ref().is_some_and(|ty| patterns::fits(ty, name))
    }
}

impl Program {
    /// Model and declarations of a handle by the package that stands for it.
    pub(super) fn typed_handle(&self, package: &str) -> Option<(Option<ModelRef>, Vec<usize>)> {
        let n: usize = package.strip_prefix(TYPED)?.parse().ok()?;
        self.typed_handles.borrow().get(n).map(|it| (it.model, it.handles.clone()))
    }

    /// True for a handle that is known by its type or name.
    pub(in crate::program) fn is_typed_handle(value: &Value) -> bool {
        matches!(value, Value::Api(api) if api.package.starts_with(TYPED) && api.path.is_empty())
    }

    /// What a value is without the declaration of its type.
    pub(in crate::program) fn undeclared(&self, value: Value) -> Value {
        match &value {
            Value::Api(api) if Self::is_typed_handle(&value) => self.otherwise(api).unwrap_or(Value::Unknown),
            _ => value,
        }
    }

    fn otherwise(&self, api: &Api) -> Option<Value> {
        let n: usize = api.package.strip_prefix(TYPED)?.parse().ok()?;
        self.typed_handles.borrow().get(n).map(|it| it.otherwise.clone())
    }

    /// A member of a handle that is known by its type: declared, on the way to a declared one, or the program's own.
    pub(in crate::program) fn typed_member(&self, api: &Api, name: &str) -> Option<Value> {
        let (_, handles) = self.typed_handle(&api.package)?;
        let member = api.then(name);
        let begins =
            |path: &str| path.strip_prefix(member.path.as_str()).is_some_and(|it| it.starts_with(['.', '(']));
        let on_the_way = handles.iter().map(|n| &self.handles.handles[*n]).any(|it| {
            let methods = it.handle.calls.iter().flat_map(|call| &call.methods);
            begins(&it.way) || methods.map(|method| it.way.clone() + method).any(|path| begins(&path))
        });
        if on_the_way || self.declared_call(&member).is_some() {
            return Some(Value::api(&member.package, &member.path));
        }
        match self.otherwise(api) {
            Some(own) if api.path.is_empty() && own.is_known() => Some(self.member_of(&own, name)),
            _ if matches!(name, "then" | "catch" | "finally") => {
                Some(Value::api("global", &format!("Promise#{name}")))
            }
            _ => Some(Value::Unknown),
        }
    }

    fn typed_value(&self, handle: TypedHandle) -> Value {
        let mut known = self.typed_handles.borrow_mut();
        let n = known.iter().position(|it| *it == handle).unwrap_or_else(|| {
            known.push(handle);
            known.len() - 1
        });
        Value::api(&format!("{TYPED}{n}"), "")
    }

    /// The handle that a value of a named type is, where a declaration means the type; `otherwise` is what it is else.
    pub(in crate::program) fn declared_type(
        &self,
        file: u32,
        ty: (SymbolId, &[crate::facts::NameId]),
        args: &[TypeId],
        otherwise: impl FnOnce() -> Value,
    ) -> Option<Value> {
        let facts = &self.files[file as usize];
        let it = facts.symbol(ty.0);
        let name = match (ty.1.last(), it.kind) {
            (Some(name), _) => facts.name(*name),
            (None, SymbolKind::Import(index)) => match facts.imports[index as usize].name {
                ImportedName::Named(name) => facts.name(name),
                _ => facts.name(it.name),
            },
            (None, SymbolKind::Interface(_) | SymbolKind::Class(_) | SymbolKind::Alias) => {
                facts.name(it.name)
            }
            _ => return None,
        };
        if !self.handles.handles.iter().any(|it| it.is_type(name)) {
            return None;
        }
        let homes = self.homes(file, ty.0);
        let handles = self
            .handles
            .positions(|it| it.is_type(name) && homes.iter().any(|home| patterns::fits(&it.package, home)));
        let first = handles.first().map(|n| &self.handles.handles[*n].handle)?;
        let argument = first.table_type_argument.and_then(|n| args.get(n as usize));
        let model = argument.and_then(|ty| self.model_of_type(file, *ty, 0));
        Some(self.typed_value(TypedHandle { handles, model, otherwise: otherwise() }))
    }

    /// The packages from which a name of the file comes: as it is imported, and where it is at last.
    fn homes(&self, file: u32, symbol: SymbolId) -> Vec<String> {
        let facts = &self.files[file as usize];
        let SymbolKind::Import(index) = facts.symbol(symbol).kind else { return self.packages_of(file) };
        let specifier = facts.imports[index as usize].specifier;
        let mut homes = Vec::new();
        for exported in [self.module(file, specifier), self.imported(file, index)].into_iter().flatten() {
            match exported {
                Exported::Api(api) => homes.push(api.package.clone()),
                Exported::Module(target) => homes.extend(self.packages_of(target)),
                Exported::Place(place) | Exported::MemberOfDefault(place, _) => {
                    homes.extend(self.packages_of(place.file));
                }
            }
        }
        homes
    }

    /// The names of the package that a file belongs to, as declarations may give them.
    fn packages_of(&self, file: u32) -> Vec<String> {
        let package = self.workspace.package_of(&self.files[file as usize].path);
        let name = package.and_then(|it| it.name.clone());
        name.into_iter().chain([super::package_of(file)]).collect()
    }

    /// The model that a type names: an entity class, what is inferred from one.
    fn model_of_type(&self, file: u32, ty: TypeId, depth: u32) -> Option<ModelRef> {
        let value = self.type_value(file, ty);
        let own = match &value {
            Value::Instance(class) => self.entity(*class),
            value => self.model_named(value).or_else(|| self.model_of_row(value)),
        };
        own.or_else(|| match self.files[file as usize].type_expr(ty) {
            TypeExpr::Name { args, .. } if depth < 4 => self.model_of_type(file, *args.first()?, depth + 1),
            _ => None,
        })
    }

    /// The handle that a container gives for its name: `container.resolve(Keys.QUERY)`.
    pub(in crate::program) fn given_handle(&self, file: u32, id: CallId) -> Option<Value> {
        if self.handles.handles.iter().all(|it| it.handle.registered_as.is_none()) {
            return None;
        }
        let facts = &self.files[file as usize];
        let call = facts.call(id);
        let Expr::Member { property, .. } = facts.expr(call.callee) else { return None };
        if call.kind != CallKind::Call || !GIVING.contains(&facts.name(property)) {
            return None;
        }
        let key = *facts.args(id).first()?;
        let asked = call.type_arg.map_or(Value::Unknown, |ty| self.type_value(file, ty));
        if Self::is_typed_handle(&asked) {
            return Some(asked);
        }
        let handles = self.registered_under(file, key);
        let handle = TypedHandle { handles, model: None, otherwise: asked };
        (!handle.handles.is_empty()).then(|| self.typed_value(handle))
    }

    /// The declarations of what a container has under a key.
    fn registered_under(&self, file: u32, key: ExprId) -> Vec<usize> {
        let facts = &self.files[file as usize];
        if let Expr::Member { object, property } = facts.expr(key)
            && let Expr::Symbol(symbol) = facts.expr(object)
        {
            let homes = self.homes(file, symbol);
            let spelled = format!("{}.{}", facts.name(facts.symbol(symbol).name), facts.name(property));
            return self.handles.positions(|it| {
                let mut names = it.handle.registered_as.iter().flatten();
                names.any(|name| patterns::fits(name, &spelled))
                    && homes.iter().any(|home| patterns::fits(&it.package, home))
            });
        }
        let Some(at) = self.follow(Place { file, expr: key }) else { return Vec::new() };
        let Expr::Str(text) = self.files[at.file as usize].expr(at.expr) else { return Vec::new() };
        let text = self.files[at.file as usize].name(text);
        self.handles.positions(|it| {
            let mut names = it.handle.registered_as.iter().flatten();
            names.any(|name| patterns::fits(name, text)) && self.uses_package(file, &it.package)
        })
    }

    /// True where the package of a file is the declared one, or depends on it.
    fn uses_package(&self, file: u32, package: &str) -> bool {
        let path = &self.files[file as usize].path;
        self.packages_of(file).iter().any(|own| patterns::fits(package, own))
            || self.dependencies_of(path).iter().any(|it| patterns::fits(package, it))
    }

    /// An export of a package of this repository that is declared: the declaration speaks for it.
    pub(in crate::program) fn declared_export(&self, file: u32, name: &str) -> Option<Value> {
        // A namespace that has declared members has others too.
        let is_itself = |path: &str| path.starts_with('(');
        let means = |it: &&Declared| {
            it.handle.package.is_some()
                && it.handle.export.as_deref() == Some(name)
                && it.handle.path.as_deref().is_none_or(is_itself)
        };
        let mut declared = self.handles.handles.iter().filter(means).peekable();
        declared.peek()?;
        let packages = self.packages_of(file);
        declared.find_map(|it| {
            let own = packages.iter().find(|own| patterns::fits(&it.package, own))?;
            Some(Value::api(own, name))
        })
    }
}

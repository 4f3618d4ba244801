//! Types to values: what a value annotated so can stand for.

use std::sync::Arc;

use crate::facts::{InterfaceId, NameId, SymbolId, SymbolKind, TypeExpr, TypeId};
use crate::place::Place;

use super::Program;
use super::eval::Slot;
use super::exports::Exported;
use super::value::{Api, Value};

impl Program {
    pub(crate) fn type_value(&self, file: u32, ty: TypeId) -> Value {
        let key = (file, ty);
        match self.typed.borrow().get(&key) {
            Some(Slot::Done(value)) => return value.clone(),
            Some(Slot::Busy) => return Value::Unknown,
            None => {}
        }
        self.typed.borrow_mut().insert(key, Slot::Busy);
        let value = self.type_value_fresh(file, ty);
        self.typed.borrow_mut().insert(key, Slot::Done(value.clone()));
        value
    }

    fn type_value_fresh(&self, file: u32, ty: TypeId) -> Value {
        let facts = &self.files[file as usize];
        match facts.type_expr(ty) {
            TypeExpr::Unknown | TypeExpr::This => Value::Unknown,
            TypeExpr::String | TypeExpr::Literal(_) => Value::Text,
            TypeExpr::Number => Value::Number,
            TypeExpr::Boolean => Value::Bool,
            TypeExpr::Name { root, symbol, path, args } => match symbol {
                Some(symbol) => self.named_type(file, *symbol, path, args),
                None => match facts.typedef(facts.name(*root)) {
                    Some(ty) => self.type_value(file, ty),
                    None => self.builtin_type(file, facts.name(*root), args),
                },
            },
            TypeExpr::Typeof(expr) => self.eval(Place { file, expr: *expr }).map(|value| match value {
                Value::Module(target) => self.only_export(*target).unwrap_or_else(|| value.clone()),
                value => value.clone(),
            }),
            TypeExpr::Import { specifier, name } => {
                let Some(module) = self.module(file, *specifier) else { return Value::Unknown };
                match (module, name) {
                    (Exported::Module(target), Some(name)) => self.exported_type(target, facts.name(*name)),
                    (Exported::Module(target), None) => match self.only_export(target) {
                        Some(Value::Class(class)) => Value::Instance(class),
                        _ => Value::Module(target),
                    },
                    (Exported::Api(api), Some(name)) => self.api_type(&api.then(facts.name(*name))),
                    _ => Value::Unknown,
                }
            }
            TypeExpr::Array(element) => Value::List(Arc::new(self.type_value(file, *element))),
            TypeExpr::Tuple(_) => Value::List(Arc::new(Value::Unknown)),
            TypeExpr::Union(types) | TypeExpr::Intersection(types) => {
                Value::join(types.iter().map(|ty| self.type_value(file, *ty)))
            }
            TypeExpr::Object(id) => self.interface_value(file, *id),
            TypeExpr::Function { .. } => Value::Callable { file, ty },
            TypeExpr::Indexed { object, name } if facts.name(*name).parse::<u32>().is_ok() => {
                self.item_type(file, *object, facts.name(*name).parse().unwrap_or(0))
            }
            TypeExpr::Indexed { object, name } => {
                let object = self.type_value(file, *object);
                object.map(|value| self.member_of(value, facts.name(*name)))
            }
        }
    }

    /// `T[n]`: an element of a list, or a parameter of `Parameters<F>`.
    fn item_type(&self, file: u32, ty: TypeId, n: u32) -> Value {
        match self.parameters_of(file, ty) {
            Some(function) => self.parameter_type(file, function, n),
            None => self.element_of(&self.type_value(file, ty)),
        }
    }

    /// `F` of `Parameters<F>`.
    fn parameters_of(&self, file: u32, ty: TypeId) -> Option<TypeId> {
        let facts = &self.files[file as usize];
        match facts.type_expr(ty) {
            TypeExpr::Name { root, symbol: None, args, .. } if facts.name(*root) == "Parameters" => {
                args.first().copied()
            }
            _ => None,
        }
    }

    fn parameter_type(&self, file: u32, function: TypeId, n: u32) -> Value {
        let facts = &self.files[file as usize];
        // `Parameters<Parameters<typeof db.transaction>[0]>[0]`: what a method passes to its callback.
        if let TypeExpr::Indexed { object, name } = facts.type_expr(function)
            && let Some(method) = self.parameters_of(file, *object)
            && let Ok(position) = facts.name(*name).parse()
            && let Value::HandleMethod(handle, method) = self.type_value(file, method)
        {
            return Self::handle_passes(handle, &method, position, n);
        }
        self.type_value(file, function).map(|value| match value {
            Value::Function(function) => self.param_value(*function, n),
            callable => self.callable_parameter(callable, n),
        })
    }

    /// The class or object that is all a module gives: `module.exports = Book`.
    pub(crate) fn only_export(&self, file: u32) -> Option<Value> {
        let table = &self.exports[file as usize];
        let only = table.default.filter(|_| table.by_name.is_empty())?;
        let value = self.eval(Place { file, expr: only });
        matches!(value, Value::Class(_) | Value::Instance(_)).then_some(value)
    }

    fn named_type(&self, file: u32, symbol: SymbolId, path: &[NameId], args: &[TypeId]) -> Value {
        let own = || self.undeclared_type(file, symbol, path, args);
        self.declared_type(file, (symbol, path), args, own).unwrap_or_else(own)
    }

    fn undeclared_type(&self, file: u32, symbol: SymbolId, path: &[NameId], args: &[TypeId]) -> Value {
        let facts = &self.files[file as usize];
        let it = facts.symbol(symbol);
        match it.kind {
            SymbolKind::Import(index) => {
                let Some(exported) = self.imported(file, index) else { return Value::Unknown };
                let names: Vec<&str> = path.iter().map(|name| facts.name(*name)).collect();
                match exported {
                    Exported::Api(api) => {
                        let api = names.iter().fold((*api).clone(), |api, name| api.then(name));
                        self.handle_typed(&api, file, args).unwrap_or_else(|| self.api_type(&api))
                    }
                    Exported::Module(target) => match names.first() {
                        Some(name) => self.exported_type(target, name),
                        None => Value::Unknown,
                    },
                    Exported::Place(place) if names.is_empty() => self.type_at(place),
                    // A value that mirrors a library's namespace: `export const Prisma = Generated`.
                    Exported::Place(place) => self.namespace_type(&self.eval(place), &names),
                    Exported::MemberOfDefault(..) => Value::Unknown,
                }
            }
            _ if !path.is_empty() => {
                let names: Vec<&str> = path.iter().map(|name| facts.name(*name)).collect();
                self.namespace_type(&self.symbol_value(file, symbol), &names)
            }
            SymbolKind::Alias if self.is_passthrough(file, it.annotation, args) => {
                self.type_value(file, args[0])
            }
            _ => self.symbol_type(file, symbol),
        }
    }

    fn namespace_type(&self, namespace: &Value, names: &[&str]) -> Value {
        match namespace {
            Value::Api(api) => self.api_type(&names.iter().fold((**api).clone(), |api, name| api.then(name))),
            Value::Module(file) => {
                names.first().map_or(Value::Unknown, |name| self.exported_type(*file, name))
            }
            _ => Value::Unknown,
        }
    }

    /// `type Maybe<T> = T | null`: an alias of its own argument.
    fn is_passthrough(&self, file: u32, annotation: Option<TypeId>, args: &[TypeId]) -> bool {
        let facts = &self.files[file as usize];
        let is_parameter = |ty: &TypeId| {
            matches!(facts.type_expr(*ty), TypeExpr::Name { symbol: Some(symbol), .. }
                if facts.symbol(*symbol).kind == SymbolKind::TypeParameter)
        };
        args.len() == 1
            && annotation.is_some_and(|ty| match facts.type_expr(ty) {
                TypeExpr::Union(types) => types.iter().any(is_parameter),
                _ => is_parameter(&ty),
            })
    }

    fn symbol_type(&self, file: u32, symbol: SymbolId) -> Value {
        let it = self.files[file as usize].symbol(symbol);
        match it.kind {
            SymbolKind::Class(id) => Value::Instance(super::value::ClassRef { file, id }),
            SymbolKind::Interface(id) => self.interface_value(file, id),
            SymbolKind::Alias | SymbolKind::TypeParameter => {
                it.annotation.map_or(Value::Unknown, |ty| self.type_value(file, ty))
            }
            SymbolKind::Import(index) => match self.imported(file, index) {
                Some(Exported::Api(api)) => self.api_type(&api),
                // A file may import a name from itself.
                Some(Exported::Place(place)) => self.nested(Value::Unknown, || self.type_at(place)),
                _ => Value::Unknown,
            },
            SymbolKind::Enum => Value::Text,
            // `const X = class {}` or a re-exported library class used as a type.
            SymbolKind::Value => match self.symbol_value(file, symbol) {
                Value::Class(class) => Value::Instance(class),
                Value::Api(api) => self.api_type(&api),
                Value::Module(target) => match self.only_export(target) {
                    Some(Value::Class(class)) => Value::Instance(class),
                    _ => Value::Unknown,
                },
                _ => it.annotation.map_or(Value::Unknown, |ty| self.type_value(file, ty)),
            },
            _ => Value::Unknown,
        }
    }

    /// The type that an exported expression names.
    fn type_at(&self, place: Place) -> Value {
        match self.files[place.file as usize].expr(place.expr) {
            crate::facts::Expr::Symbol(symbol) => self.symbol_type(place.file, symbol),
            crate::facts::Expr::Class(id) => Value::Instance(super::value::ClassRef { file: place.file, id }),
            _ => Value::Unknown,
        }
    }

    fn exported_type(&self, file: u32, name: &str) -> Value {
        match self.exported(file, name, 0) {
            Some(Exported::Place(place)) => self.type_at(place),
            Some(Exported::Api(api)) => self.api_type(&api),
            found => match (self.files[file as usize].typedef(name), found) {
                (Some(ty), _) => self.type_value(file, ty),
                // A comment names a value where it means its type.
                (None, Some(member @ Exported::MemberOfDefault(..))) => match self.exported_value(&member) {
                    value @ (Value::Handle(_) | Value::Instance(_) | Value::Client(_)) => value,
                    _ => Value::Unknown,
                },
                _ => Value::Unknown,
            },
        }
    }

    /// An instance of a library type.
    fn api_type(&self, api: &Api) -> Value {
        match self.prisma_client_type(api) {
            Some(schema) => Value::Client(schema),
            None => self.handle_typed(api, 0, &[]).unwrap_or_else(|| Value::Api(Arc::new(api.called()))),
        }
    }

    /// An interface stands for the classes that implement it, where there are any.
    fn interface_value(&self, file: u32, id: InterfaceId) -> Value {
        match self.implementors.get(&(file, id)) {
            Some(classes) => {
                let value = Value::join(classes.iter().map(|class| Value::Instance(*class)));
                if value.is_known() { value } else { Value::Shape { file, id } }
            }
            None => Value::Shape { file, id },
        }
    }

    fn builtin_type(&self, file: u32, name: &str, args: &[TypeId]) -> Value {
        let first = || args.first().map_or(Value::Unknown, |ty| self.type_value(file, *ty));
        match name {
            "Promise" | "PromiseLike" | "Awaited" | "Readonly" | "Partial" | "Required" | "NonNullable"
            | "Pick" | "Omit" => first(),
            "Array" | "ReadonlyArray" | "Set" | "ReadonlySet" | "Iterable" | "AsyncIterable"
            | "AsyncGenerator" | "Generator" => Value::List(Arc::new(first())),
            "ReturnType" => match first() {
                Value::Function(function) | Value::Memoized(function, _) => self.return_value(function),
                Value::Callable { file, ty } => self.callable_result(file, ty),
                Value::Api(api) => self.handle_typed(&api, file, &[]).unwrap_or(Value::Unknown),
                _ => Value::Unknown,
            },
            "InstanceType" => match first() {
                Value::Class(class) => Value::Instance(class),
                Value::Api(api) => self.api_type(&api),
                _ => Value::Unknown,
            },
            "Date" => Value::api("global", "Date()"),
            "Map" | "WeakMap" => Value::api("global", "Map()"),
            _ => Value::Unknown,
        }
    }

    /// The schema of a Prisma client, where the library name stands for one (as a class or as a type).
    pub(super) fn prisma_client_type(&self, api: &Api) -> Option<u32> {
        let path = api.path.trim_end_matches("()");
        // A class that extends the client of the program's own schema.
        if api.package == "nestjs-prisma" && path == "PrismaService" {
            return (!self.schemas.is_empty()).then_some(0);
        }
        let schema = self.prisma_schema_of(&api.package)?;
        matches!(
            path,
            "PrismaClient"
                | "Prisma.TransactionClient"
                | "Prisma.DefaultPrismaClient"
                | "Prisma.PrismaClient"
                | "DynamicClientExtensionThis"
        )
        .then_some(schema)
    }

    pub(super) fn prisma_schema_of(&self, package: &str) -> Option<u32> {
        if let Some(schema) = package.strip_prefix("@prisma/client#") {
            return schema.split('/').next()?.parse().ok();
        }
        let is_client = package == "@prisma/client"
            || package.starts_with("@prisma/client/")
            || package.starts_with(".prisma/client");
        (is_client && !self.schemas.is_empty()).then_some(0)
    }
}

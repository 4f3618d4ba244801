//! Members: what `value.name` stands for, through classes, inheritance, interfaces and clients.

use std::sync::Arc;

use crate::facts::{CallId, Expr, Member, MemberKind};
use crate::place::Place;

use super::Program;
use super::handles::Row;
use super::runs::is_promise_method;
use super::value::{Api, ClassRef, FnRef, Value};

/// Inheritance deeper than this is a cycle.
const MAX_ANCESTORS: usize = 24;

impl Program {
    pub(super) fn member_of(&self, value: &Value, name: &str) -> Value {
        match value {
            Value::Object(at) => {
                let found = self.property_of(*at, name);
                let found =
                    if found.is_known() { found } else { self.registered(*at, name).unwrap_or(found) };
                match name {
                    _ if found.is_known() => found,
                    _ if is_promise_method(name) => builtin("Promise", name),
                    _ => builtin("Object", name),
                }
            }
            Value::Instance(class) => self.instance_member(*class, name),
            Value::Class(class) => self.static_member(*class, name),
            Value::Shape { file, id } => self.shape_member(*file, *id, name),
            Value::Module(file) => match self.exported(*file, name, 0) {
                Some(exported) => self.exported_value(&exported),
                None if is_promise_method(name) => builtin("Promise", name),
                None => Value::Unknown,
            },
            Value::Api(api) => self.api_member(api, name),
            Value::Client(schema) => self.client_member(*schema, name),
            Value::Handle(handle) => self.handle_member(*handle, name),
            // Libraries give text and parameters together: `toSQL().sql`, `toSQL().toNative().sql`.
            Value::SqlOf(..) if matches!(name, "sql" | "text" | "toNative") => value.clone(),
            // Drivers give rows within a result.
            Value::Rows { many: true, .. } if name == "rows" => value.clone(),
            Value::Rows { file, call, many: false } if !is_promise_method(name) => {
                self.row_member(*file, CallId(*call), name).unwrap_or(Value::Unknown)
            }
            // Promises are transparent, so a value may be one of it.
            Value::Items(_) | Value::List(_) | Value::Rows { .. } | Value::Text | Value::Number
                if is_promise_method(name) =>
            {
                builtin("Promise", name)
            }
            Value::Model { schema, model } => {
                Value::ModelMethod { schema: *schema, model: *model, name: name.into() }
            }
            Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. } => builtin("Array", name),
            Value::Text | Value::SqlOf(..) => builtin("String", name),
            Value::Number => builtin("Number", name),
            Value::Function(_) | Value::Memoized(..) => match name {
                "bind" | "call" | "apply" => builtin("Function", name),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn api_member(&self, api: &Arc<Api>, name: &str) -> Value {
        if api.package == "global" && matches!(api.path.as_str(), "globalThis" | "window" | "self" | "global")
        {
            // A slot of the global object holds what the program puts there.
            return if KNOWN_GLOBALS.contains(&name) { Value::api("global", name) } else { Value::Unknown };
        }
        if let Some(schema) = self.prisma_client_type(api)
            && api.path.ends_with("()")
        {
            return self.client_member(schema, name);
        }
        if let Some(member) = self.typed_member(api, name) {
            return member;
        }
        let member = api.then(name);
        Self::handle_exported(&member).unwrap_or_else(|| Value::Api(Arc::new(member)))
    }

    pub(super) fn client_member(&self, schema: u32, name: &str) -> Value {
        if name.starts_with('$') {
            return Value::ClientMethod { schema, name: name.into() };
        }
        let own = self
            .schemas
            .get(schema as usize)
            .and_then(|it| it.by_accessor(name).map(|model| (schema, &model.name)));
        let found = own.or_else(|| {
            // Several schemas and one client package: the accessor decides.
            self.schemas
                .iter()
                .enumerate()
                .find_map(|(n, it)| it.by_accessor(name).map(|model| (n as u32, &model.name)))
        });
        match found {
            Some((schema, model)) => {
                let models = &self.schemas[schema as usize].models;
                let model = models.iter().position(|it| it.name == *model).map_or(0, |index| index as u32);
                Value::Model { schema, model }
            }
            None => Value::Unknown,
        }
    }

    fn instance_member(&self, class: ClassRef, name: &str) -> Value {
        let Some((owner, member)) = self.find_member(class, name, Side::Instance) else {
            return self
                .entity_member(class, name, Row::Instance)
                .unwrap_or_else(|| self.library_member(class, name));
        };
        match &member.kind {
            MemberKind::Method(id) => {
                let own = FnRef { file: owner.file, id: *id };
                let has_body = self.files[owner.file as usize].function(*id).has_body;
                let is_abstract = self.files[class.file as usize].class(class.id).is_abstract;
                if has_body && !is_abstract {
                    if self.hands_on_to_super(own, name)
                        && let Some(query) = self.entity_member(class, name, Row::Instance)
                    {
                        return query;
                    }
                    return Value::Function(own);
                }
                let own = has_body.then_some(Value::Function(own));
                Value::join(own.into_iter().chain(self.overrides(class, name)))
            }
            MemberKind::Getter(id) => self.return_value(FnRef { file: owner.file, id: *id }),
            MemberKind::Field(field) => self.declared(owner.file, field.annotation, || {
                field.value.map_or(Value::Unknown, |expr| self.eval(Place { file: owner.file, expr }))
            }),
        }
    }

    /// What a class has from the library class at the root of its inheritance.
    fn library_member(&self, class: ClassRef, name: &str) -> Value {
        match self.base_api(class) {
            Some(api) => match self.prisma_client_type(&api) {
                Some(schema) => self.client_member(schema, name),
                None => match self.handle_extended(class, &api) {
                    Some(value) => self.member_of(&value, name),
                    None => Value::Api(Arc::new(api.called().then(name))),
                },
            },
            None => Value::Unknown,
        }
    }

    /// `super.name`: the member of the base itself, whatever its subclasses make of it.
    pub(super) fn super_member(&self, class: ClassRef, name: &str) -> Value {
        let Some(base) = self.base_class(class) else {
            return self
                .entity_member(class, name, Row::Instance)
                .unwrap_or_else(|| self.library_member(class, name));
        };
        match self.find_member(base, name, Side::Instance) {
            Some((owner, Member { kind: MemberKind::Method(id), .. })) => {
                Value::Function(FnRef { file: owner.file, id: *id })
            }
            _ => self.instance_member(base, name),
        }
    }

    /// `super.name` in a static method.
    pub(super) fn super_static_member(&self, class: ClassRef, name: &str) -> Value {
        let own = |base: ClassRef| self.find_member(base, name, Side::Static).is_some();
        match self.base_class(class) {
            Some(base) if own(base) => self.static_member(base, name),
            _ => self.entity_member(class, name, Row::Class).unwrap_or(Value::Unknown),
        }
    }

    fn static_member(&self, class: ClassRef, name: &str) -> Value {
        let Some((owner, member)) = self.find_member(class, name, Side::Static) else {
            if let Some(value) = self.entity_member(class, name, Row::Class) {
                return value;
            }
            return self.base_api(class).map_or(Value::Unknown, |api| Value::Api(Arc::new(api.then(name))));
        };
        match &member.kind {
            MemberKind::Method(id) => {
                let own = FnRef { file: owner.file, id: *id };
                let query = self
                    .hands_on_to_super(own, name)
                    .then(|| self.entity_member(class, name, Row::Class))
                    .flatten();
                query.unwrap_or(Value::Function(own))
            }
            MemberKind::Getter(id) => self.return_value(FnRef { file: owner.file, id: *id }),
            MemberKind::Field(field) => self.declared(owner.file, field.annotation, || {
                field.value.map_or(Value::Unknown, |expr| self.eval(Place { file: owner.file, expr }))
            }),
        }
    }

    /// True for a method that stands before the library's own of the same name: `save() { …; return super.save() }`.
    fn hands_on_to_super(&self, method: FnRef, name: &str) -> bool {
        let facts = &self.files[method.file as usize];
        facts.calls.iter().any(|call| {
            call.function == method.id
                && matches!(facts.expr(call.callee), Expr::Member { object, property }
                    if facts.expr(object) == Expr::Super && facts.name(property) == name)
        })
    }

    fn find_member(&self, class: ClassRef, name: &str, place: Side) -> Option<(ClassRef, &Member)> {
        let mut next = Some(class);
        for _ in 0..MAX_ANCESTORS {
            let current = next?;
            let facts = &self.files[current.file as usize];
            let wanted = |member: &&Member| {
                facts.name(member.name) == name && member.is_static == (place == Side::Static)
            };
            if let Some(member) = facts.class(current.id).members.iter().find(wanted) {
                return Some((current, member));
            }
            next = self.base_class(current);
        }
        None
    }

    /// The member of an instance or of the class itself, with the class that declares it.
    pub(crate) fn member_named(&self, class: ClassRef, name: &str) -> Option<(ClassRef, &MemberKind)> {
        let found = self
            .find_member(class, name, Side::Instance)
            .or_else(|| self.find_member(class, name, Side::Static))?;
        Some((found.0, &found.1.kind))
    }

    pub(crate) fn base_class(&self, class: ClassRef) -> Option<ClassRef> {
        let extends = self.files[class.file as usize].class(class.id).extends?;
        match self.eval(Place { file: class.file, expr: extends }) {
            Value::Class(base) if base != class => Some(base),
            _ => None,
        }
    }

    /// The library class at the root of the inheritance.
    pub(crate) fn base_api(&self, class: ClassRef) -> Option<Arc<Api>> {
        let mut current = class;
        for _ in 0..MAX_ANCESTORS {
            let extends = self.files[current.file as usize].class(current.id).extends?;
            match self.eval(Place { file: current.file, expr: extends }) {
                Value::Class(base) => current = base,
                Value::Api(api) => return Some(api),
                _ => return None,
            }
        }
        None
    }

    /// The methods of subclasses that stand in for `name`.
    fn overrides(&self, class: ClassRef, name: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut pending = self.subclasses.get(&class).cloned().unwrap_or_default();
        let mut seen = 0;
        while let Some(sub) = pending.pop() {
            seen += 1;
            if seen > 64 {
                return Vec::new();
            }
            let facts = &self.files[sub.file as usize];
            let own = facts
                .class(sub.id)
                .members
                .iter()
                .find(|member| facts.name(member.name) == name && !member.is_static);
            match own.map(|member| &member.kind) {
                Some(MemberKind::Method(id)) if facts.function(*id).has_body => {
                    found.push(Value::Function(FnRef { file: sub.file, id: *id }));
                }
                Some(MemberKind::Field(field)) => {
                    if let Some(expr) = field.value {
                        found.push(self.eval(Place { file: sub.file, expr }));
                    }
                }
                _ => {}
            }
            pending.extend(self.subclasses.get(&sub).into_iter().flatten());
        }
        found
    }

    fn shape_member(&self, file: u32, id: crate::facts::InterfaceId, name: &str) -> Value {
        let facts = &self.files[file as usize];
        let interface = &facts.interfaces[id.index()];
        if let Some((_, ty)) = interface.members.iter().find(|(member, _)| facts.name(*member) == name) {
            return self.type_value(file, *ty);
        }
        let bases = interface.extends.iter().map(|ty| self.type_value(file, *ty));
        self.nested(Value::Unknown, || Value::join(bases.map(|base| self.member_of(&base, name))))
    }
}

/// Which side of a class a member stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Instance,
    Static,
}

const KNOWN_GLOBALS: &[&str] = &[
    "fetch",
    "setTimeout",
    "setInterval",
    "setImmediate",
    "Promise",
    "Array",
    "Object",
    "JSON",
    "Math",
    "process",
    "console",
];

fn builtin(kind: &str, name: &str) -> Value {
    Value::api("global", &format!("{kind}#{name}"))
}

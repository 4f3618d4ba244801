//! Following values: from an expression to what it can stand for.
//!
//! Evaluation is lazy, memoized and ignores the calling context, except that a call of a function that hands back
//! its argument is followed to that argument. A cycle or too deep a chain is Unknown.

use crate::facts::{BinaryOp, Expr, ExprId, FnId, MemberKind, NameId, PropKey, SymbolId, SymbolKind};
use crate::orm::{Handle, HandleKind};
use crate::place::Place;

use super::Program;
use super::exports::Exported;
use super::value::{ClassRef, FnRef, Value};

/// Chains longer than this are not real code.
const MAX_DEPTH: u32 = 120;

#[derive(Debug, Clone)]
pub(super) enum Slot {
    Busy,
    Done(Value),
}

impl Program {
    /// What the expression can stand for. Promises are transparent: `await` changes nothing.
    pub(crate) fn eval(&self, at: Place) -> Value {
        let facts = &self.files[at.file as usize];
        match facts.expr(at.expr) {
            Expr::Unknown | Expr::Other(_) | Expr::Spread(_) => return Value::Unknown,
            Expr::Null | Expr::Undefined => return Value::Nothing,
            Expr::Str(_) | Expr::Template(_) => return Value::Text,
            Expr::Number(_) => return Value::Number,
            Expr::Bool(_) | Expr::Not(_) => return Value::Bool,
            Expr::Function(id) => return Value::Function(FnRef { file: at.file, id }),
            Expr::Class(id) => return Value::Class(ClassRef { file: at.file, id }),
            Expr::Object(_) => return Value::Object(at),
            Expr::Array(_) => return Value::Items(at),
            _ => {}
        }
        match self.cache.borrow().get(&at) {
            Some(Slot::Done(value)) => return value.clone(),
            Some(Slot::Busy) => return Value::Unknown,
            None => {}
        }
        self.nested(Value::Unknown, || {
            self.cache.borrow_mut().insert(at, Slot::Busy);
            let value = self.eval_fresh(at);
            self.cache.borrow_mut().insert(at, Slot::Done(value.clone()));
            value
        })
    }

    /// Runs `body` one level deeper; gives `otherwise` where that is too deep to be real code.
    pub(super) fn nested<T>(&self, otherwise: T, body: impl FnOnce() -> T) -> T {
        if self.depth.get() > MAX_DEPTH {
            return otherwise;
        }
        self.depth.set(self.depth.get() + 1);
        let result = body();
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn eval_fresh(&self, at: Place) -> Value {
        let facts = &self.files[at.file as usize];
        let here = |expr: ExprId| Place { file: at.file, expr };
        match facts.expr(at.expr) {
            Expr::Symbol(symbol) => self.symbol_value(at.file, symbol),
            Expr::Global(_) | Expr::Member { .. } if self.is_own_exports(at.file, at.expr) => {
                match self.exports[at.file as usize].default {
                    Some(expr) => self.eval(here(expr)),
                    None => Value::Module(at.file),
                }
            }
            Expr::Global(name) => global(facts.name(name)),
            Expr::This => self.this_value(at),
            Expr::Member { object, property } => self.eval_member(at.file, object, property),
            Expr::Index { object, index } => {
                let value = self.eval(here(object));
                self.computed_method(&value, here(index))
                    .or_else(|| self.members_named(&value, here(index)))
                    .unwrap_or_else(|| self.element_of(&value))
            }
            Expr::Item { object, n } => self.item_of(&self.eval(here(object)), n),
            Expr::Rest(inner) => self.eval(here(inner)),
            Expr::Await(inner) => self.awaited_value(&self.eval(here(inner)), here(inner)),
            Expr::Element(collection) => self.element_of(&self.eval(here(collection))),
            Expr::Param { function, index } => self.param_value(FnRef { file: at.file, id: function }, index),
            Expr::Call(call) => self.call_value(at.file, call),
            Expr::Choice(list) => {
                let choices = facts.list(list);
                Value::join(choices.iter().take(2).map(|choice| self.eval(here(*choice))))
            }
            Expr::Cast { expr, to } => {
                let value = self.eval(here(expr));
                if matches!(value, Value::Unknown | Value::Api(_) | Value::Shape { .. }) {
                    let typed = self.type_value(at.file, to);
                    if typed.is_known() { typed } else { value }
                } else {
                    value
                }
            }
            Expr::Binary { op, left, right } => self.eval_binary(at.file, op, left, right),
            Expr::Assign { value, .. } => self.eval(here(value)),
            Expr::Import(specifier) => self.module_value(at.file, specifier),
            _ => Value::Unknown,
        }
    }

    fn eval_binary(&self, file: u32, op: BinaryOp, left: ExprId, right: ExprId) -> Value {
        match op {
            BinaryOp::Add => {
                let sides = [self.eval(Place { file, expr: left }), self.eval(Place { file, expr: right })];
                if sides.contains(&Value::Text) {
                    Value::Text
                } else if sides.contains(&Value::Number) {
                    Value::Number
                } else {
                    Value::Unknown
                }
            }
            BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Other => Value::Number,
            _ => Value::Bool,
        }
    }

    fn eval_member(&self, file: u32, object: ExprId, property: NameId) -> Value {
        let facts = &self.files[file as usize];
        if let Expr::Symbol(symbol) = facts.expr(object) {
            let writes =
                facts.property_writes.iter().filter(|write| write.symbol == symbol && write.name == property);
            let written = Value::join(writes.map(|write| self.eval(Place { file, expr: write.value })));
            if written.is_known() {
                return written;
            }
        }
        let name = facts.name(property);
        if facts.expr(object) == Expr::Super {
            return match self.this_value(Place { file, expr: object }) {
                Value::Instance(class) => self.super_member(class, name),
                Value::Class(class) => self.super_static_member(class, name),
                _ => Value::Unknown,
            };
        }
        if self.is_own_exports(file, object)
            && let Some(exported) = self.exported(file, name, 0)
        {
            return self.exported_value(&exported);
        }
        let value = self.eval(Place { file, expr: object }).map(|value| self.member_of(value, name));
        if value == Value::Unknown { self.injected_by_name(file, object, name) } else { value }
    }

    /// `exports` or `module.exports` of the file itself.
    pub(super) fn is_own_exports(&self, file: u32, expr: ExprId) -> bool {
        let facts = &self.files[file as usize];
        let is_global = |expr: ExprId, wanted: &str| matches!(facts.expr(expr), Expr::Global(name) if facts.name(name) == wanted);
        match facts.expr(expr) {
            Expr::Member { object, property } => {
                facts.name(property) == "exports" && is_global(object, "module")
            }
            _ => is_global(expr, "exports"),
        }
    }

    /// `this` of the class around the expression; Unknown outside classes.
    pub(crate) fn this_value(&self, at: Place) -> Value {
        let facts = &self.files[at.file as usize];
        let span = facts.span(at.expr);
        let innermost = facts
            .classes
            .iter()
            .enumerate()
            .filter(|(_, class)| class.span.contains(span))
            .min_by_key(|(_, class)| class.span.end - class.span.start);
        let Some((index, class)) = innermost else { return self.object_around(at) };
        {
            let class_ref = ClassRef { file: at.file, id: crate::facts::ClassId(index as u32) };
            let is_static = class.members.iter().any(|member| {
                member.is_static
                    && match &member.kind {
                        MemberKind::Method(id) | MemberKind::Getter(id) => {
                            facts.function(*id).span.contains(span)
                        }
                        MemberKind::Field(field) => {
                            field.value.is_some_and(|value| facts.span(value).contains(span))
                        }
                    }
            });
            if is_static { Value::Class(class_ref) } else { Value::Instance(class_ref) }
        }
    }

    /// `this` of a method of an object literal: the object.
    fn object_around(&self, at: Place) -> Value {
        let facts = &self.files[at.file as usize];
        let span = facts.span(at.expr);
        let holds = |function: &&crate::facts::Function| !function.is_arrow && function.span.contains(span);
        let around = facts.functions[1..].iter().filter(holds);
        let Some(method) = around.min_by_key(|it| it.span.end - it.span.start).and_then(|it| it.expr) else {
            return Value::Unknown;
        };
        let Some(position) = facts.props.iter().position(|prop| prop.value == method) else {
            return Value::Unknown;
        };
        let object = facts.exprs.iter().position(|expr| match expr {
            Expr::Object(list) => (list.start..list.start + list.len).contains(&(position as u32)),
            _ => false,
        });
        object
            .map_or(Value::Unknown, |expr| Value::Object(Place { file: at.file, expr: ExprId(expr as u32) }))
    }

    pub(super) fn symbol_value(&self, file: u32, id: SymbolId) -> Value {
        let symbol = self.files[file as usize].symbol(id);
        match symbol.kind {
            SymbolKind::Import(index) => self.import_value(file, index),
            SymbolKind::Function(id) => Value::Function(FnRef { file, id }),
            SymbolKind::Class(id) => Value::Class(ClassRef { file, id }),
            SymbolKind::Value => {
                let values = || {
                    let exprs = symbol.definition.iter().chain(&symbol.assignments);
                    Value::join(exprs.map(|expr| self.eval(Place { file, expr: *expr })))
                };
                self.declared(file, symbol.annotation, values)
            }
            _ => Value::Unknown,
        }
    }

    /// An annotation where it says enough, else the values, else what the annotation says.
    pub(super) fn declared(
        &self,
        file: u32,
        annotation: Option<crate::facts::TypeId>,
        values: impl FnOnce() -> Value,
    ) -> Value {
        let typed = annotation.map_or(Value::Unknown, |ty| self.type_value(file, ty));
        if Self::is_typed_handle(&typed) {
            return typed;
        }
        if typed.is_known()
            && !matches!(
                typed,
                Value::Shape { .. } | Value::Api(_) | Value::Callable { .. } | Value::Either(_)
            )
            && !is_open(&typed)
        {
            return typed;
        }
        let value = values();
        if value.is_known() { value } else { typed }
    }

    fn import_value(&self, file: u32, index: u32) -> Value {
        match self.imported(file, index) {
            Some(exported) => self.exported_value(&exported),
            None => Value::Unknown,
        }
    }

    fn module_value(&self, file: u32, specifier: NameId) -> Value {
        match self.module(file, specifier) {
            Some(exported) => self.exported_value(&exported),
            None => Value::Unknown,
        }
    }

    pub(super) fn exported_value(&self, exported: &Exported) -> Value {
        match exported {
            Exported::Place(place) => self.eval(*place),
            Exported::MemberOfDefault(place, name) => {
                let value = self.eval(*place);
                value.map(|value| self.member_of(value, name))
            }
            Exported::Module(file) => Value::Module(*file),
            Exported::Api(api) => Self::handle_exported(api).unwrap_or_else(|| Value::Api(api.clone())),
        }
    }

    pub(super) fn element_of(&self, value: &Value) -> Value {
        self.nested(Value::Unknown, || value.map(|value| self.element_of_one(value)))
    }

    fn element_of_one(&self, value: &Value) -> Value {
        match value {
            Value::Items(at) => {
                let facts = &self.files[at.file as usize];
                let Expr::Array(list) = facts.expr(at.expr) else { return Value::Unknown };
                if list.len == 0 {
                    return self.pushed_to(*at);
                }
                Value::join(facts.list(list).iter().take(16).map(|item| match facts.expr(*item) {
                    Expr::Spread(inner) => {
                        self.spread_of(Place { file: at.file, expr: inner }, |value| self.element_of(value))
                    }
                    _ => self.eval(Place { file: at.file, expr: *item }),
                }))
            }
            Value::List(element) => (**element).clone(),
            Value::Rows { file, call, .. } => Value::Rows { file: *file, call: *call, many: false },
            Value::Text => Value::Text,
            _ => Value::Unknown,
        }
    }

    pub(super) fn item_of(&self, value: &Value, n: u32) -> Value {
        value.map(|value| match value {
            Value::Items(at) => {
                let facts = &self.files[at.file as usize];
                let Expr::Array(list) = facts.expr(at.expr) else { return Value::Unknown };
                match facts.list(list).get(n as usize) {
                    Some(item) => {
                        let item = Place { file: at.file, expr: *item };
                        self.awaited_value(&self.eval(item), item)
                    }
                    None => Value::Nothing,
                }
            }
            other => self.element_of(other),
        })
    }

    /// The value of a property of an object literal, spreads included.
    pub(super) fn property_of(&self, at: Place, name: &str) -> Value {
        let facts = &self.files[at.file as usize];
        let Expr::Object(list) = facts.expr(at.expr) else { return Value::Unknown };
        for prop in facts.props(list).iter().rev() {
            match prop.key {
                PropKey::Name(key) if facts.name(key) == name => {
                    return self.eval(Place { file: at.file, expr: prop.value });
                }
                PropKey::Spread => {
                    let value = self.spread_of(Place { file: at.file, expr: prop.value }, |value| {
                        self.member_of(value, name)
                    });
                    if value.is_known() {
                        return value;
                    }
                }
                _ => {}
            }
        }
        Value::Unknown
    }

    /// A part of what is spread; `x = { ...x, a }` spreads itself and must end.
    fn spread_of(&self, spread: Place, part: impl Fn(&Value) -> Value) -> Value {
        if !self.spreading.borrow_mut().insert(spread) {
            return Value::Unknown;
        }
        let value = self.eval(spread).map(part);
        self.spreading.borrow_mut().remove(&spread);
        value
    }

    /// What the function returns, whoever calls it.
    pub(crate) fn return_value(&self, function: FnRef) -> Value {
        match self.returns.borrow().get(&function) {
            Some(Slot::Done(value)) => return value.clone(),
            Some(Slot::Busy) => return Value::Unknown,
            None => {}
        }
        self.nested(Value::Unknown, || {
            self.returns.borrow_mut().insert(function, Slot::Busy);
            let it = self.files[function.file as usize].function(function.id);
            let value = self.declared(function.file, it.return_type, || {
                Value::join(
                    it.returns.iter().map(|it| self.eval(Place { file: function.file, expr: it.value })),
                )
            });
            self.returns.borrow_mut().insert(function, Slot::Done(value.clone()));
            value
        })
    }

    /// The innermost function that is not an arrow, from `id` outwards.
    pub(super) fn named_function(&self, file: u32, id: FnId) -> FnId {
        let facts = &self.files[file as usize];
        let mut id = id;
        while facts.function(id).argument_of.is_some() || facts.function(id).name.is_none() {
            match facts.function(id).parent {
                Some(parent) if parent != FnId(0) => id = parent,
                _ => break,
            }
        }
        id
    }
}

/// A handle typed without its model: what is assigned may say more.
fn is_open(value: &Value) -> bool {
    matches!(value, Value::Handle(Handle { kind: HandleKind::AnyModel, .. }))
}

fn global(name: &str) -> Value {
    match name {
        "NaN" | "Infinity" => Value::Number,
        _ => Value::api("global", name),
    }
}

//! Models of database libraries as values: what names one, whose row a value is.

use super::Program;
use super::value::{ClassRef, FnRef, Value};
use crate::facts::{CallId, Expr};
use crate::objects::Follow as _;
use crate::orm::{self, CallAt, Handle, HandleKind, ModelRef, Named};
use crate::place::Place;
use crate::schema::Model;

impl Program {
    pub(crate) fn model(&self, at: ModelRef) -> &Model {
        &self.schemas[at.schema as usize].models[at.model as usize]
    }

    /// The model that a value stands for where it names one: an entity class, a model object.
    pub(crate) fn model_named(&self, value: &Value) -> Option<ModelRef> {
        match value {
            Value::Class(class) => self.entity(*class),
            Value::Handle(Handle { kind: HandleKind::Model(model), .. }) => Some(*model),
            Value::Module(file) => self.model_named(&self.only_export(*file)?),
            Value::Either(choices) => {
                let mut named = choices.iter().filter_map(|choice| self.model_named(choice));
                let first = named.next()?;
                named.all(|other| other == first).then_some(first)
            }
            _ => None,
        }
    }

    /// The model of an entity class, or of the class it extends.
    pub(crate) fn entity(&self, class: ClassRef) -> Option<ModelRef> {
        let mut class = class;
        for _ in 0..8 {
            if let Some(model) = self.entities.get(Named::Class(class)) {
                return Some(model);
            }
            class = self.base_class(class)?;
        }
        None
    }

    /// The model that a value is a row of.
    pub(crate) fn model_of_row(&self, value: &Value) -> Option<ModelRef> {
        match value {
            Value::Instance(class) => self.entity(*class),
            Value::Handle(Handle { kind: HandleKind::Row(model), .. }) => Some(*model),
            Value::List(element) => self.model_of_row(element),
            Value::Items(_) => self.model_of_row(&self.element_of(value)),
            Value::Rows { file, call, .. } => self.rows_model(*file, CallId(*call)),
            Value::Either(choices) => choices.iter().find_map(|choice| self.model_of_row(choice)),
            _ => None,
        }
    }

    /// The model of the rows that a query gives, where all it may be asked of agree.
    pub(super) fn rows_model(&self, file: u32, call: CallId) -> Option<ModelRef> {
        let callee = self.eval(Place { file, expr: self.files[file as usize].call(call).callee });
        let mut found = None;
        for choice in callee.choices() {
            let Value::HandleMethod(handle, method) = choice else { continue };
            let orm = orm::of_handle(*handle);
            let model = orm.rows_of(self, handle.kind, method, CallAt { file, call })?;
            if found.is_some_and(|known| known != model) {
                return None;
            }
            found = Some(model);
        }
        found
    }

    /// One row of a model, by the class that stands for it where there is one.
    pub(crate) fn row_value(&self, model: ModelRef) -> Value {
        if let Some(Named::Class(class)) = self.entities.name_of(model) {
            return Value::Instance(class);
        }
        let api = self.schemas[model.schema as usize].api;
        Value::Handle(Handle { api, kind: HandleKind::Row(model) })
    }

    /// A model itself, by the class that stands for it where there is one.
    pub(crate) fn model_value(&self, model: ModelRef) -> Value {
        if let Some(Named::Class(class)) = self.entities.name_of(model) {
            return Value::Class(class);
        }
        let api = self.schemas[model.schema as usize].api;
        Value::Handle(Handle { api, kind: HandleKind::Model(model) })
    }

    /// A model by its name on an object that a loop fills with all models: `db[model.name] = model`. Such an object
    /// holds the connection too.
    pub(super) fn registered(&self, object: Place, name: &str) -> Option<Value> {
        let facts = &self.files[object.file as usize];
        facts.property_writes.iter().find_map(|write| {
            if facts.symbol(write.symbol).definition != Some(object.expr) {
                return None;
            }
            match self.eval(Place { file: object.file, expr: write.value }) {
                Value::Handle(handle @ Handle { kind: HandleKind::Connection, .. }) => {
                    orm::of_handle(handle).member(self, HandleKind::Models, name)
                }
                _ => None,
            }
        })
    }

    /// The function that a module gives as a whole.
    pub(crate) fn default_function(&self, file: u32) -> Option<FnRef> {
        match self.exported_value(&self.exported(file, "default", 0)?) {
            Value::Function(function) => Some(function),
            _ => None,
        }
    }

    /// The model that an expression makes, by the place of its declaration.
    pub(crate) fn model_made_at(&self, at: Place) -> Option<ModelRef> {
        self.entities.get(Named::Made(at))
    }

    /// A method of a row by a name that is computed behind a known beginning: ``row[`get${name}`]``.
    pub(super) fn computed_method(&self, row: &Value, name: Place) -> Option<Value> {
        let model = match row {
            Value::Instance(class) => self.entity(*class)?,
            Value::Handle(Handle { kind: HandleKind::Row(model), .. }) => *model,
            Value::Rows { file, call, many: false } => self.rows_model(*file, CallId(*call))?,
            _ => return None,
        };
        let at = self.follow(name)?;
        let facts = &self.files[at.file as usize];
        let Expr::Template(list) = facts.expr(at.expr) else { return None };
        let Expr::Str(start) = facts.expr(*facts.list(list).first()?) else { return None };
        let method = format!("{}{}", facts.name(start), orm::COMPUTED);
        let handle = Handle { api: self.schemas[model.schema as usize].api, kind: HandleKind::Row(model) };
        let known = orm::of_handle(handle).has_method(self, handle.kind, &method);
        known.then(|| Value::HandleMethod(handle, method.as_str().into()))
    }
}

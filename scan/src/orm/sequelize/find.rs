//! `findAll` and its siblings: options to shapes.

use tuneup_model::{
    Bound, ColumnRef, Columns, Operation, OrderBy, PredicateOp, QueryApi, QueryShape, TableRef,
};

use super::{accessors, operators};
use crate::facts::Expr;
use crate::objects::{Comparison, Conditions, Given, Object, Reader, Seen};
use crate::orm::filter::Filters;
use crate::orm::{Answer, CallAt, ModelRef};
use crate::place::Place;
use crate::program::Program;
use crate::schema::{Model, Schema};

/// What each method of a model does and gives, and which argument holds its options.
pub(super) fn method(name: &str) -> Option<(Operation, Answer, usize)> {
    Some(match name {
        "findAll" => (Operation::ReadMany, Answer::Rows, 0),
        "findOne" => (Operation::ReadOne, Answer::Row, 0),
        "findByPk" | "findById" | "findByPrimary" => (Operation::ReadOne, Answer::Row, 1),
        "findAndCountAll" | "findAndCount" => (Operation::ReadMany, Answer::Page, 0),
        "findOrCreate" | "findCreateFind" => (Operation::Upsert, Answer::RowAndFlag, 0),
        "findOrBuild" => (Operation::ReadOne, Answer::RowAndFlag, 0),
        "count" => (Operation::Count, Answer::Number, 0),
        "max" | "min" | "sum" => (Operation::Aggregate, Answer::Number, 1),
        "aggregate" => (Operation::Aggregate, Answer::Number, 2),
        "create" => (Operation::Insert, Answer::Row, 1),
        "bulkCreate" => (Operation::InsertMany, Answer::Rows, 1),
        "upsert" => (Operation::Upsert, Answer::RowAndFlag, 1),
        "update" | "increment" | "decrement" => (Operation::UpdateMany, Answer::Nothing, 1),
        "restore" => (Operation::UpdateMany, Answer::Nothing, 0),
        "destroy" | "truncate" => (Operation::DeleteMany, Answer::Number, 0),
        _ => return None,
    })
}

/// What each method of a row does.
pub(super) fn row_method(name: &str) -> Option<(Operation, Answer)> {
    Some(match name {
        "save" | "update" | "increment" | "decrement" | "restore" => (Operation::Update, Answer::Row),
        "destroy" => (Operation::Delete, Answer::Nothing),
        "reload" => (Operation::ReadOne, Answer::Row),
        _ => return None,
    })
}

/// Reads the options of one query.
pub(super) struct Finding<'r, 'p> {
    pub(super) program: &'p Program,
    pub(super) reader: &'r Reader<'p>,
    pub(super) schema: &'p Schema,
    pub(super) model: &'p Model,
}

/// What a method of a model asks.
pub(super) fn shape(program: &Program, model: Option<ModelRef>, name: &str, at: CallAt) -> QueryShape {
    let (operation, _, position) = method(name).unwrap_or((Operation::Other, Answer::Nothing, 0));
    let Some(model) = model else {
        return QueryShape::new(QueryApi::Sequelize, name, operation, TableRef::Unknown).opaque();
    };
    let schema = &program.schemas[model.schema as usize];
    let model = &schema.models[model.model as usize];
    let reader = Reader::new(program, schema);
    let finding = Finding { program, reader: &reader, schema, model };
    let table = TableRef::Known(model.table.clone());
    let mut shape = QueryShape::new(QueryApi::Sequelize, name, operation, table);
    let facts = program.facts(at.file);
    let arg = |n: usize| facts.args(at.call).get(n).map(|expr| Place { file: at.file, expr: *expr });
    if facts.args(at.call).iter().any(|expr| matches!(facts.expr(*expr), Expr::Spread(_))) {
        return shape.opaque();
    }
    let mut conditions = match (position, arg(0)) {
        (1, Some(_)) if name.starts_with("find") => by_key(schema, model, PredicateOp::Equal),
        _ => Conditions::default(),
    };
    let options = arg(position).map_or_else(Object::default, |at| reader.object(at));
    finding.options(&options, &mut shape, &mut conditions);
    if name == "bulkCreate" && reader.is_given(&options.get("updateOnDuplicate")) {
        shape.operation = Operation::Upsert;
    }
    finish(shape, conditions, model)
}

/// Lays conditions into the shape.
pub(super) fn finish(mut shape: QueryShape, conditions: Conditions, model: &Model) -> QueryShape {
    conditions.lay_into(&mut shape, &model.table);
    shape
}

/// The row by its primary key.
pub(super) fn by_key(schema: &Schema, model: &Model, op: PredicateOp) -> Conditions {
    let mut out = Conditions::default();
    match schema.catalog.table(&model.table).map(|table| table.primary_key.as_slice()) {
        Some([]) | None => out.has_unknown = true,
        Some(key) => key.iter().for_each(|column| out.compare(model, column, &Comparison::one(op))),
    }
    out
}

impl<'p> Finding<'_, 'p> {
    /// Conditions, includes, columns, order, limit and offset.
    pub(super) fn options(&self, options: &Object<'_>, shape: &mut QueryShape, conditions: &mut Conditions) {
        let operators = operators::Operators { program: self.program };
        let filters = Filters { reader: self.reader, operators: &operators };
        conditions.and(filters.given(self.model, &options.get("where")));
        for at in options.get("include").places() {
            self.includes(self.model, *at, &filters, conditions);
        }
        (shape.order, shape.order_known) = self.order(&options.get("order"));
        shape.limit = self.reader.bound(&options.get("limit"));
        shape.offset = self.reader.bound(&options.get("offset"));
        if !options.is_complete && shape.limit == Bound::Absent {
            shape.limit = Bound::Unknown;
        }
        shape.columns = match options.get("attributes") {
            Given::Absent => Columns::All,
            Given::Sure(at) => self.attributes(at),
            _ => Columns::Unknown,
        };
        if shape.operation == Operation::ReadMany && self.reader.is_given(&options.get("group")) {
            shape.operation = Operation::Aggregate;
        }
    }

    /// `include: Team`, `{ model: Team, as, where, include }`, `'team'`, or a list of those.
    fn includes(&self, model: &'p Model, at: Place, filters: &Filters<'_, 'p>, conditions: &mut Conditions) {
        self.reader.deeper(|| {
            let seen = self.reader.see(at);
            match seen.expr {
                Expr::Array(list) => {
                    for item in self.reader.list(seen.place.file, list) {
                        self.includes(model, item, filters, conditions);
                    }
                }
                Expr::Choice(list) => {
                    for branch in self.reader.branches(seen.place, list) {
                        self.includes(model, branch, filters, conditions);
                    }
                }
                Expr::Spread(inner) => {
                    let inner = Place { file: seen.place.file, expr: inner };
                    self.includes(model, inner, filters, conditions);
                }
                Expr::Object(_) => self.include(model, &self.reader.object(at), filters, conditions),
                _ => {
                    if let Some(target) = self.included(model, seen.place) {
                        self.join(model, target, conditions);
                    }
                }
            }
        });
    }

    fn include(
        &self,
        model: &'p Model,
        options: &Object<'_>,
        filters: &Filters<'_, 'p>,
        conditions: &mut Conditions,
    ) {
        let by_model = options.get("model").places().iter().find_map(|at| self.included(model, *at));
        let named = || {
            let by_name = ["association", "as"].map(|name| options.get(name));
            by_name.iter().flat_map(Given::places).find_map(|at| self.included(model, *at))
        };
        let Some(target) = by_model.or_else(named) else { return };
        self.join(model, target, conditions);
        let given = options.get("where");
        let optional = match options.get("required") {
            Given::Absent => given == Given::Absent,
            Given::Sure(at) => self.reader.see(at).expr != Expr::Bool(true),
            _ => true,
        };
        let own = filters.given(target, &given);
        if optional {
            conditions.joined.extend(own.joined);
        } else {
            conditions.and(own);
        }
        for at in options.get("include").places() {
            self.includes(target, *at, filters, conditions);
        }
    }

    /// The model that an include names, as itself or by the association's name.
    fn included(&self, model: &'p Model, at: Place) -> Option<&'p Model> {
        if let Some(found) = self.program.model_named(&self.program.eval(at)) {
            let schema = &self.program.schemas[found.schema as usize];
            return std::ptr::eq(schema, self.schema).then(|| &schema.models[found.model as usize]);
        }
        match self.reader.see(at) {
            Seen { expr: Expr::Str(name), place, .. } => {
                let relation = model.relation(self.reader.name(place, name))?;
                Some(&self.schema.models[relation.model])
            }
            // `User.associations.team`
            Seen { expr: Expr::Member { property, .. }, place, .. } => {
                let relation = model.relation(self.reader.name(place, property))?;
                Some(&self.schema.models[relation.model])
            }
            _ => None,
        }
    }

    fn join(&self, model: &Model, target: &Model, conditions: &mut Conditions) {
        conditions.joined.insert(target.table.clone());
        let relation = model.fields.iter().find_map(|field| match model.relation(&field.name) {
            Some(relation) if std::ptr::eq(self.reader.target(relation), target) => Some(relation),
            _ => None,
        });
        if let Some(relation) = relation
            && relation.list
            && let Some(through) = accessors::through_table(self.schema, model, target)
        {
            conditions.joined.insert(through.to_owned());
        }
    }

    /// `[['name', 'ASC']]`, `'name'`: terms on the model itself, and whether all are known.
    fn order(&self, given: &Given) -> (Vec<OrderBy>, bool) {
        let mut terms = Vec::new();
        let at = match given {
            Given::Absent => return (terms, true),
            Given::Sure(at) => *at,
            Given::Default(_) | Given::Perhaps(_) => return (terms, false),
        };
        let seen = self.reader.see(at);
        let items: Vec<Place> = match seen.expr {
            Expr::Undefined | Expr::Null => return (terms, true),
            Expr::Array(list) => self.reader.list(seen.place.file, list).collect(),
            Expr::Str(_) => vec![at],
            _ => return (terms, false),
        };
        let mut is_known = !seen.is_mutated;
        for item in items {
            match self.term(item) {
                Some(term) => terms.push(term),
                None => is_known = false,
            }
        }
        (terms, is_known)
    }

    fn term(&self, at: Place) -> Option<OrderBy> {
        let text = |at: Place| match self.reader.see(at) {
            Seen { expr: Expr::Str(name), place, .. } => Some(self.reader.name(place, name)),
            _ => None,
        };
        let seen = self.reader.see(at);
        let parts: Vec<Place> = match seen.expr {
            Expr::Array(list) => self.reader.list(seen.place.file, list).collect(),
            _ => vec![at],
        };
        let (field, direction) = match parts[..] {
            [field] => (text(field)?, Some("asc")),
            [field, direction] => (text(field)?, text(direction)),
            _ => return None,
        };
        let column =
            ColumnRef { table: self.model.table.clone(), column: self.model.column(field)?.to_owned() };
        let descending = direction.is_some_and(|text| text.to_ascii_lowercase().starts_with("desc"));
        Some(OrderBy { column, descending })
    }

    /// `['id', 'name']`, or `{ exclude: ['body'] }`.
    fn attributes(&self, at: Place) -> Columns {
        let seen = self.reader.see(at);
        let all = || self.model.fields.iter().filter_map(|field| self.model.column(&field.name));
        let mut columns: Vec<String> = match seen.expr {
            Expr::Undefined | Expr::Null => return Columns::All,
            Expr::Array(_) => match self.columns(at) {
                Some(columns) => columns,
                None => return Columns::Unknown,
            },
            Expr::Object(_) => {
                let options = self.reader.object(at);
                match (options.get("include"), options.get("exclude")) {
                    (Given::Absent, Given::Sure(at)) => match self.columns(at) {
                        Some(left_out) => all()
                            .filter(|it| !left_out.iter().any(|out| out == it))
                            .map(str::to_owned)
                            .collect(),
                        None => return Columns::Unknown,
                    },
                    (Given::Sure(_), Given::Absent) => return Columns::All,
                    _ => return Columns::Unknown,
                }
            }
            _ => return Columns::Unknown,
        };
        columns.sort();
        columns.dedup();
        Columns::Some(columns)
    }

    /// The columns of a list of fields; nothing where one is computed.
    fn columns(&self, at: Place) -> Option<Vec<String>> {
        let seen = self.reader.see(at);
        let Expr::Array(list) = seen.expr else { return None };
        if seen.is_mutated {
            return None;
        }
        let columns = self.reader.list(seen.place.file, list).map(|item| match self.reader.see(item) {
            Seen { expr: Expr::Str(name), place, .. } => {
                self.model.column(self.reader.name(place, name)).map(str::to_owned)
            }
            _ => None,
        });
        columns.collect()
    }
}

//! `select`, `include` and `omit`: which columns come back, and which tables are read beside the main one.

use std::collections::BTreeSet;

use tuneup_model::Columns;

use crate::facts::Expr;
use crate::objects::{Given, Object, Reader};
use crate::place::Place;
use crate::schema::{FieldKind, Model};

const AGGREGATES: [&str; 5] = ["_count", "_sum", "_avg", "_min", "_max"];

impl Reader<'_> {
    /// The columns that a call gives back; tables it reads beside the main one go to `joined`.
    pub(super) fn columns(
        &self,
        model: &Model,
        method: &str,
        args: &Object<'_>,
        joined: &mut BTreeSet<String>,
    ) -> Columns {
        match method {
            "count" | "createMany" | "updateMany" | "deleteMany" => Columns::Some(Vec::new()),
            "groupBy" => self.grouped(model, &args.get("by")),
            "aggregate" => self.aggregated(model, args),
            _ => self.selection(model, args, joined),
        }
    }

    /// `select`, or `include` and `omit`, of a call or of a relation within one.
    fn selection(&self, model: &Model, args: &Object<'_>, joined: &mut BTreeSet<String>) -> Columns {
        for place in args.get("include").places() {
            self.selected(model, *place, joined);
        }
        let select = args.get("select");
        let mut chosen = None;
        for place in select.places() {
            chosen = self.selected(model, *place, joined);
        }
        match select {
            Given::Absent => self.without_omitted(model, &args.get("omit")),
            Given::Sure(place) if matches!(self.see(place).expr, Expr::Undefined) => {
                self.without_omitted(model, &args.get("omit"))
            }
            Given::Sure(place) if !self.may_be_missing(place) => {
                chosen.map_or(Columns::Unknown, |columns| Columns::Some(columns.into_iter().collect()))
            }
            _ => Columns::Unknown,
        }
    }

    /// The scalars that a `select` may name; nothing where it may name others.
    fn selected(&self, model: &Model, at: Place, joined: &mut BTreeSet<String>) -> Option<BTreeSet<String>> {
        self.deeper(|| {
            let object = self.object(at);
            let mut columns = BTreeSet::new();
            let mut is_known = object.is_complete;
            for entry in &object.entries {
                if matches!(self.see(entry.value).expr, Expr::Bool(false) | Expr::Undefined | Expr::Null) {
                    continue;
                }
                match model.field(entry.name).map(|field| &field.kind) {
                    Some(FieldKind::Scalar { column, .. }) => drop(columns.insert(column.clone())),
                    Some(FieldKind::Relation(relation)) => {
                        let target = self.target(relation);
                        joined.insert(target.table.clone());
                        self.nested(target, entry.value, joined);
                    }
                    None if entry.name == "_count" => self.counted(model, entry.value, joined),
                    None => is_known = false,
                }
            }
            is_known.then_some(columns)
        })
        .flatten()
    }

    /// Tables read below a relation.
    fn nested(&self, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
        if !matches!(self.see(at).expr, Expr::Object(_) | Expr::Choice(_)) {
            return;
        }
        let args = self.object(at);
        self.selection(model, &args, joined);
        joined.extend(self.given_conditions(model, &args.get("where")).joined);
        joined.extend(self.order(model, &args.get("orderBy")).joined);
    }

    /// `_count: true` counts each relation that is a list, `_count: { select }` those it names.
    fn counted(&self, model: &Model, at: Place, joined: &mut BTreeSet<String>) {
        let selects = match self.see(at).expr {
            Expr::Object(_) | Expr::Choice(_) => self.object(at).get("select"),
            _ => Given::Absent,
        };
        if let Given::Absent = selects {
            for field in &model.fields {
                match &field.kind {
                    FieldKind::Relation(relation) if relation.list => {
                        joined.insert(self.target(relation).table.clone());
                    }
                    _ => {}
                }
            }
        }
        for place in selects.places() {
            self.selected(model, *place, joined);
        }
    }

    /// All columns but those left out.
    fn without_omitted(&self, model: &Model, omit: &Given) -> Columns {
        let place = match omit {
            Given::Absent => return Columns::All,
            Given::Sure(place) => *place,
            Given::Default(_) | Given::Perhaps(_) => return Columns::Unknown,
        };
        let object = self.object(place);
        let mut omitted = BTreeSet::new();
        for entry in &object.entries {
            match (self.see(entry.value).expr, model.column(entry.name)) {
                (Expr::Bool(true), Some(column)) if entry.is_certain => drop(omitted.insert(column)),
                (Expr::Bool(false), Some(_)) => {}
                _ => return Columns::Unknown,
            }
        }
        if !object.is_complete {
            return Columns::Unknown;
        }
        let kept: BTreeSet<String> =
            all_columns(model).filter(|column| !omitted.contains(column)).map(str::to_owned).collect();
        Columns::Some(kept.into_iter().collect())
    }

    /// `by` of `groupBy`: a field or an array of fields.
    fn grouped(&self, model: &Model, by: &Given) -> Columns {
        let Given::Sure(place) = by else { return Columns::Unknown };
        let seen = self.see(*place);
        let items: Vec<Place> = match seen.expr {
            Expr::Array(list) if !seen.is_mutated => self.list(seen.place.file, list).collect(),
            _ => vec![seen.place],
        };
        let column = |item: Place| {
            let seen = self.see(item);
            match seen.expr {
                Expr::Str(name) => model.column(self.name(seen.place, name)).map(str::to_owned),
                // `Prisma.PostScalarFieldEnum.title`
                Expr::Member { property, .. } => {
                    model.column(self.name(seen.place, property)).map(str::to_owned)
                }
                _ => None,
            }
        };
        let columns: Option<BTreeSet<String>> = items.into_iter().map(column).collect();
        columns.map_or(Columns::Unknown, |columns| Columns::Some(columns.into_iter().collect()))
    }

    /// The columns that `_sum`, `_max` and their like compute over.
    fn aggregated(&self, model: &Model, args: &Object<'_>) -> Columns {
        let mut columns = BTreeSet::new();
        for name in AGGREGATES {
            let given = args.get(name);
            let place = match given {
                Given::Absent => continue,
                Given::Sure(place) => place,
                Given::Default(_) | Given::Perhaps(_) => return Columns::Unknown,
            };
            if matches!(self.see(place).expr, Expr::Bool(_)) {
                continue;
            }
            let object = self.object(place);
            if !object.is_complete {
                return Columns::Unknown;
            }
            columns.extend(
                object.entries.iter().filter_map(|entry| model.column(entry.name)).map(str::to_owned),
            );
        }
        Columns::Some(columns.into_iter().collect())
    }
}

fn all_columns(model: &Model) -> impl Iterator<Item = &str> {
    model.fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Scalar { column, .. } => Some(column.as_str()),
        FieldKind::Relation(_) => None,
    })
}

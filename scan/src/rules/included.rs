//! The relations that a read brings along, as its options write them.

use super::indexes::Site;
use crate::facts::{Expr, PropKey};
use crate::objects::Follow as _;
use crate::place::Place;
use crate::program::Program;
use crate::report::At;
use crate::schema::{FieldKind, Schema};

/// A relation in `include` or `select`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Included {
    /// Names of the relations that lead to it, its own last.
    pub path: Vec<String>,
    /// Names in the database.
    pub parent: String,
    pub child: String,
    /// The parent has many.
    pub is_list: bool,
    pub is_limited: bool,
    /// A condition picks among the children.
    pub is_filtered: bool,
    /// Only some columns of the children come.
    pub is_narrow: bool,
    /// The selection names nothing else, so that it cannot be left out.
    pub is_all: bool,
    pub at: At,
}

/// Deeper than this is hostile.
const MAX_DEPTH: usize = 8;

/// The relations of a Prisma read; none where the options are not seen.
pub(super) fn included(program: &Program, site: &Site<'_>) -> Vec<Included> {
    let mut found = Vec::new();
    if let (Some((schema, model)), Some(arg)) =
        (site.query.model, program.facts(site.query.file).args(site.query.call).first())
    {
        let walk = Walk { program, schema: &program.schemas[schema as usize] };
        walk.options(Place { file: site.query.file, expr: *arg }, model as usize, &[], &mut found);
    }
    found
}

struct Walk<'p> {
    program: &'p Program,
    schema: &'p Schema,
}

impl Walk<'_> {
    fn options(&self, at: Place, model: usize, path: &[String], found: &mut Vec<Included>) {
        for name in ["include", "select"] {
            let Some(at) = self.property(at, name).and_then(|it| self.program.follow(it)) else { continue };
            let facts = self.program.facts(at.file);
            let Expr::Object(list) = facts.expr(at.expr) else { continue };
            let from = found.len();
            for prop in facts.props(list) {
                let PropKey::Name(key) = prop.key else { continue };
                let value = Place { file: at.file, expr: prop.value };
                let span = At { file: at.file, span: prop.span };
                self.relation(facts.name(key), value, span, model, path, found);
            }
            if name == "select" && facts.props(list).len() == 1 {
                found[from..].iter_mut().for_each(|it| it.is_all = true);
            }
        }
    }

    fn relation(
        &self,
        name: &str,
        value: Place,
        at: At,
        model: usize,
        path: &[String],
        found: &mut Vec<Included>,
    ) {
        let parent = &self.schema.models[model];
        let Some(FieldKind::Relation(relation)) = parent.field(name).map(|it| &it.kind) else { return };
        let Some(value) = self.program.follow(value) else { return };
        let facts = self.program.facts(value.file);
        let is_options = matches!(facts.expr(value.expr), Expr::Object(_));
        if path.len() >= MAX_DEPTH || !is_options && facts.expr(value.expr) != Expr::Bool(true) {
            return;
        }
        let has = |name: &str| is_options && self.property(value, name).is_some();
        let path: Vec<String> = path.iter().cloned().chain([name.to_owned()]).collect();
        found.push(Included {
            parent: parent.table.clone(),
            child: self.schema.models[relation.model].table.clone(),
            is_list: relation.list,
            is_limited: has("take") || is_options && self.spreads(value),
            is_filtered: has("where") || has("distinct"),
            is_narrow: has("select"),
            is_all: false,
            path: path.clone(),
            at,
        });
        if is_options {
            self.options(value, relation.model, &path, found);
        }
    }

    fn spreads(&self, at: Place) -> bool {
        let facts = self.program.facts(at.file);
        let Expr::Object(list) = facts.expr(at.expr) else { return false };
        facts.props(list).iter().any(|prop| prop.key == PropKey::Spread)
    }

    fn property(&self, at: Place, name: &str) -> Option<Place> {
        let at = self.program.follow(at)?;
        let facts = self.program.facts(at.file);
        let Expr::Object(list) = facts.expr(at.expr) else { return None };
        facts.property(list, name).map(|expr| Place { file: at.file, expr })
    }
}

//! Conditions: `{ [Op.gt]: 5 }`, `{ [Op.and]: […] }`.

use tuneup_model::PredicateOp;

use crate::facts::Expr;
use crate::objects::{Comparison, Entry, Reader, Seen};
use crate::orm::filter::{self, Connective};
use crate::program::{Program, Value};

pub(super) struct Operators<'p> {
    pub(super) program: &'p Program,
}

impl filter::Operators for Operators<'_> {
    fn connective(&self, entry: &Entry<'_>) -> Option<Connective> {
        let is_alias = matches!(entry.name, "$and" | "$or" | "$not");
        if !entry.is_symbol && !is_alias {
            return None;
        }
        Some(match entry.name.trim_start_matches('$') {
            "and" => Connective::And,
            "or" => Connective::Or,
            "not" => Connective::Not,
            _ => Connective::Unknown,
        })
    }

    fn comparison(&self, reader: &Reader<'_>, value: Seen) -> Option<Comparison> {
        match value.expr {
            Expr::Object(_) => {
                let object = reader.object(value.place);
                let mut out = Comparison { ops: Vec::new(), is_unknown: !object.is_complete };
                for entry in &object.entries {
                    let op = entry.is_symbol.then(|| operator(reader, entry)).flatten();
                    match op {
                        Some(op) if entry.is_certain => out.push(op),
                        _ => out.is_unknown = true,
                    }
                }
                Some(out)
            }
            Expr::Array(_) | Expr::Choice(_) | Expr::Null | Expr::Undefined => None,
            // What the database computes.
            Expr::Call(_) => match self.program.eval(value.place) {
                Value::Api(api) if super::is_own(&api.package) => Some(Comparison::unknown()),
                value => is_list(&value).then(|| Comparison::one(PredicateOp::In)),
            },
            _ => is_list(&self.program.eval(value.place)).then(|| Comparison::one(PredicateOp::In)),
        }
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::Items(_) | Value::List(_) | Value::Rows { many: true, .. })
}

fn operator(reader: &Reader<'_>, entry: &Entry<'_>) -> Option<PredicateOp> {
    let value = reader.see(entry.value);
    let is_null = value.expr == Expr::Null;
    Some(match entry.name {
        "eq" | "is" if is_null => PredicateOp::IsNull,
        "eq" => PredicateOp::Equal,
        "in" | "any" => PredicateOp::In,
        "ne" | "not" | "notIn" => PredicateOp::NotEqual,
        "gt" | "gte" | "lt" | "lte" | "between" => PredicateOp::Range,
        "startsWith" => PredicateOp::Prefix,
        "like" => match value.expr {
            Expr::Str(text) if !reader.name(value.place, text).starts_with(['%', '_']) => PredicateOp::Prefix,
            _ => PredicateOp::Contains,
        },
        "iLike" | "substring" | "endsWith" | "regexp" | "iRegexp" | "contains" | "contained" | "overlap"
        | "match" => PredicateOp::Contains,
        "is" | "notBetween" | "notLike" | "notILike" | "notRegexp" | "notIRegexp" | "col" | "all" => {
            PredicateOp::Other
        }
        _ => return None,
    })
}

//! `take`, `limit`, `skip` and `cursor`.

use tuneup_model::Bound;

use super::{Given, Reader};
use crate::facts::{BinaryOp, Expr, FileFacts, List};
use crate::place::Place;

impl Reader<'_> {
    /// LIMIT or OFFSET as given.
    pub(crate) fn bound(&self, given: &Given) -> Bound {
        match given {
            Given::Absent => Bound::Absent,
            Given::Sure(place) => self.bound_at(*place),
            Given::Default(_) | Given::Perhaps(_) => Bound::Unknown,
        }
    }

    fn bound_at(&self, at: Place) -> Bound {
        let seen = self.see(at);
        match seen.expr {
            Expr::Undefined | Expr::Null => Bound::Absent,
            Expr::Choice(list) => {
                let bounds = self.deeper(|| {
                    self.branches(seen.place, list).map(|branch| self.bound_at(branch)).collect::<Vec<_>>()
                });
                match bounds.unwrap_or_default()[..] {
                    [left, right] if left == right => left,
                    [Bound::Constant(_) | Bound::Dynamic, Bound::Constant(_) | Bound::Dynamic] => {
                        Bound::Dynamic
                    }
                    _ => Bound::Unknown,
                }
            }
            // A negative number takes from the end, and as many.
            _ => match self.number(seen.place) {
                Some(number) if number.fract() == 0.0 => Bound::Constant(number.abs() as u64),
                _ => Bound::Dynamic,
            },
        }
    }

    /// The constant that an expression computes.
    fn number(&self, at: Place) -> Option<f64> {
        let seen = self.see(at);
        let facts = self.facts(seen.place.file);
        let part = |expr| self.deeper(|| self.number(Place { file: seen.place.file, expr })).flatten();
        match seen.expr {
            Expr::Number(number) => Some(number),
            Expr::Other(list) if is_unary(facts, seen.place, list) => {
                part(facts.list(list)[0]).map(|number| -number)
            }
            Expr::Binary { op, left, right } => {
                let (left, right) = (part(left)?, part(right)?);
                match op {
                    BinaryOp::Add => Some(left + right),
                    BinaryOp::Subtract => Some(left - right),
                    BinaryOp::Multiply => Some(left * right),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// True where a value is, or may be, given.
    pub(crate) fn is_given(&self, given: &Given) -> bool {
        given.places().iter().any(|place| !matches!(self.see(*place).expr, Expr::Undefined | Expr::Null))
    }

    /// True where all that may be given is 0, 1 or nothing.
    pub(crate) fn skips_at_most_one(&self, given: &Given) -> bool {
        given.places().iter().all(|place| self.is_at_most_one(*place))
    }

    fn is_at_most_one(&self, at: Place) -> bool {
        let seen = self.see(at);
        match seen.expr {
            Expr::Undefined | Expr::Null | Expr::Bool(_) => true,
            Expr::Choice(list) => {
                // The left of `cursor && 1` and `cursor ? 1 : 0` alike do not count.
                let skipped = usize::from(Self::is_logical(list));
                self.deeper(|| {
                    self.branches(seen.place, list).skip(skipped).all(|branch| self.is_at_most_one(branch))
                })
                .unwrap_or(false)
            }
            _ => self.number(seen.place).is_some_and(|number| (0.0..=1.0).contains(&number)),
        }
    }
}

/// True for `-1`: one part that starts right behind an operator of one character.
fn is_unary(facts: &FileFacts, at: Place, list: List) -> bool {
    let [part] = facts.list(list) else { return false };
    matches!(facts.expr(*part), Expr::Number(_)) && facts.span(*part).start == facts.span(at.expr).start + 1
}

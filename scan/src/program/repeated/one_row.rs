//! Updates that change the same rows in every turn.

use tuneup_model::Operation;

use crate::facts::{CallId, Expr, ExprId};
use crate::orm::{self, CallAt};
use crate::program::Program;
use crate::program::iterations::callee_name;
use crate::program::taint::{Sources, Trace};

impl Program {
    /// True for an update that names its rows in the code, none of it from the sources.
    pub(in crate::program) fn changes_one_row(&self, file: u32, query: u32, sources: &Sources) -> bool {
        let query = &self.queries[query as usize];
        let updates = matches!(query.shape.operation, Operation::Update | Operation::UpdateMany);
        if !updates || query.file != file || query.built.is_some_and(|built| built.begin.file != file) {
            return false;
        }
        let conditions = self.conditions(file, query.call, &query.parts);
        let mut trace = Trace::new(self.facts(file), sources);
        !conditions.is_empty()
            && !conditions.into_iter().any(|it| trace.depends(it))
            && !trace.depends(orm::root_of(self, CallAt { file, call: query.call }))
    }

    /// The expressions that say which rows are meant: `where: { … }`, `.where(…)`.
    fn conditions(&self, file: u32, call: CallId, parts: &[CallId]) -> Vec<ExprId> {
        let facts = self.facts(file);
        let mut found = Vec::new();
        // A statement built elsewhere may have been built for this element.
        let here = |part: &&CallId| facts.call(**part).function == facts.call(call).function;
        for part in parts.iter().filter(here).chain([&call]) {
            let args = facts.args(*part);
            let name = callee_name(facts, facts.call(*part).callee);
            if name.starts_with("where") || matches!(name, "andWhere" | "orWhere") {
                found.extend(args);
            }
            found.extend(args.iter().filter_map(|arg| match facts.expr(*arg) {
                Expr::Object(list) => facts.property(list, "where"),
                _ => None,
            }));
        }
        found
    }
}

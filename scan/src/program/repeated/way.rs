//! The way from a call in a loop to the query that it leads to.

use std::collections::BTreeSet;

use tuneup_model::QueryApi;

use super::Trap;
use crate::facts::CallId;
use crate::program::Program;
use crate::program::reach::Reached;
use crate::program::taint::Sources;
use crate::program::targets::Target;
use crate::program::value::{FnRef, Memo};

impl Program {
    /// What the way to the query says against one statement for all.
    pub(super) fn traps_on_the_way(&self, reached: &Reached) -> Vec<Trap> {
        let mut traps = Vec::new();
        match reached.memo {
            Some(Memo::Request) if reached.dependent => {}
            Some(_) => traps.push(Trap::Memoized),
            None => {}
        }
        if reached.ambiguous {
            traps.push(Trap::Ambiguous);
        }
        if reached.made && self.queries[reached.query as usize].shape.operation.is_read() {
            traps.push(Trap::MadeInTurn);
        }
        if reached.one_row {
            traps.push(Trap::OneRow);
        }
        if reached.path.len() > 6 {
            traps.push(Trap::Far);
        }
        let asked = &self.queries[reached.query as usize];
        let is_declared = asked.shape.api == QueryApi::Declared;
        if asked.shape.table.name().is_none() && asked.model.is_none() && !is_declared {
            traps.push(Trap::TableMayVary);
        }
        if self.cached_on_path(reached) || self.keeps_results(reached) {
            traps.push(Trap::LocalCache);
        }
        traps
    }

    /// The nearest query of each sort that the call leads to: a read and a write that depend on the element, else
    /// the nearest that does not; and how many queries the call leads to.
    pub(super) fn nearest(&self, file: u32, call: CallId, sources: &Sources) -> (Vec<Reached>, usize) {
        let all = self.reach(file, call, sources);
        let around = FnRef { file, id: self.facts(file).call(call).function };
        let is_ruled_out =
            |it: &Reached| self.entered_for(around, &it.path, self.queries[it.query as usize].call).is_none();
        let is_kept = |it: &Reached| self.cached_on_path(it) || self.keeps_results(it);
        let pick = |writes: bool, wanted: &dyn Fn(&Reached) -> bool| {
            all.iter()
                .filter(|it| {
                    wanted(it) && self.queries[it.query as usize].shape.operation.is_write() == writes
                })
                .min_by_key(|it| {
                    let unnamed = self.queries[it.query as usize].shape.table.name().is_none();
                    (
                        is_ruled_out(it),
                        it.memo.is_some(),
                        it.ambiguous,
                        is_kept(it),
                        // Of several databases, the one of which most is known.
                        unnamed && self.is_one_of_several(it),
                        it.path.len(),
                        it.conditional,
                    )
                })
                .cloned()
        };
        let read = pick(false, &|it| it.dependent).or_else(|| pick(false, &|it| it.beside));
        let mut picked: Vec<Reached> = [read, pick(true, &|it| it.dependent)].into_iter().flatten().collect();
        if picked.is_empty() {
            picked.extend(pick(false, &|it| !it.dependent));
        }
        // One database out of several runs.
        let api = |query: u32| self.queries[query as usize].shape.api;
        let own = picked.first().map(|it| api(it.query));
        let queries: BTreeSet<u32> =
            all.iter().map(|it| it.query).filter(|it| own.is_none_or(|own| own == api(*it))).collect();
        (picked, queries.len())
    }

    /// True where a call on the way may mean several functions.
    fn is_one_of_several(&self, reached: &Reached) -> bool {
        reached.path.iter().any(|hop| {
            matches!(self.target(hop.file, hop.call), Target::Functions(targets, _) if targets.len() > 1)
        })
    }
}

//! Odd programs through the whole analysis: it must end, and say the same twice.

use proptest::prelude::*;

use super::SCHEMA;
use crate::{Candidates, MemoryTree, Options, danger, scan};

/// Two files that lead into each other by every tie the model follows.
const FILES: [&str; 2] = [
    "import { PrismaClient, Prisma } from '@prisma/client'; import * as b from './b'; export * from './b';
     export const prisma = globalThis.p ?? new PrismaClient().$extends({}); export const getDb = (tx) => tx ?? b.other ?? prisma;
     export class Base { constructor(private readonly db: Pick<PrismaClient, 'post'>, readonly next?: Base) {}
       get posts() { return this.db.post; } static make() { return new this(prisma); }
       async all(ids: string[], tx = this.db) { for (const id of ids) { if (b.seen.has(id)) continue; b.seen.set(id, await tx.post.findUnique({ where: { id } })); await super.all?.(ids); }
         return Promise.all(ids.map((id) => this.next?.all([id]) ?? this.posts.count({ where: { id } }))); } }
     export const keep = <T,>(make: () => T): (() => T) => () => make();
     export async function walk(node, f = walk) { let last; for (let i = 0; i < node.length; i++) { last = await getDb(last).post.create({ data: { id: last?.id } }); await f(node[i], f); } while (last) last = await b.step(last); }",
    "import express from 'express'; import a, { Base, prisma, getDb, keep, walk } from './a'; export { prisma as other } from './a';
     export const seen = new Map(); export let step = keep(() => step); const app = express();
     export class Sub extends Base { all = async (ids) => { const { db } = this; return prisma.$transaction(async (tx) => { for (const id of [...ids, ...ids]) await getDb(tx).user.update({ where: { id }, data: { ...this, email: `${id}` } }); }); } }
     app.get('/x', async (req, res) => { const it = req.query.a ? Sub.make() : new Sub(prisma, it); await it.all(req.body.ids); (await import('./a')).walk(req.body); keep(async () => walk([it]))().then((x) => x.all([])); });
     export default function again(x = again(x)) { x = { ...x, again: x.again }; return [again, x].map((y) => y(x))[0]; }",
];

fn findings(files: &[String]) -> String {
    let paths = ["a.ts", "b.ts"].map(str::to_owned);
    let sources = paths.into_iter().zip(files.iter().cloned());
    let schema = ("schema.prisma".to_owned(), SCHEMA.to_owned());
    let tree = MemoryTree::new(sources.chain([schema]));
    let options = Options {
        rules: None,
        candidates: Candidates::Show,
        queries: crate::Queries::Omit,
        focus: "",
        handles: &[],
        levels: &crate::Levels::default(),
        isolate: None,
        kept: None,
        progress: &|_| {},
    };
    format!("{:#?}", scan(&tree, &options))
}

#[test]
fn entangled_files_are_analysed() {
    let files = FILES.map(str::to_owned);
    assert!(FILES.iter().all(|text| danger(text).is_none()));
    let result = findings(&files);
    for rule in ["n-plus-one", "write-in-loop"] {
        assert!(result.contains(rule), "{rule} in {result}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Parts of the files copied over others: names change their meaning, ties become knots.
    #[test]
    fn mixed_up_files_are_analysed_the_same_twice(
        moves in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40_usize, 0..2_usize), 1..8),
    ) {
        let mut files = FILES.map(|text| text.chars().collect::<Vec<char>>());
        for (from, to, length, file) in moves {
            let start = from.index(files[1 - file].len());
            let end = (start + length).min(files[1 - file].len());
            let piece = files[1 - file][start..end].to_vec();
            let at = to.index(files[file].len());
            let until = (at + length / 2).min(files[file].len());
            files[file].splice(at..until, piece);
        }
        let files = files.map(|text| text.into_iter().collect::<String>());
        prop_assert_eq!(findings(&files), findings(&files));
    }

    /// Words swapped for other words of the program: it mostly still parses.
    #[test]
    fn programs_with_other_names_are_analysed(
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12),
    ) {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
        let mut files = FILES.map(words);
        for (n, (from, to)) in swaps.into_iter().enumerate() {
            let file = n % 2;
            let word = from.get(&files[1 - file]).clone();
            let at = to.index(files[file].len());
            files[file][at] = word;
        }
        let files = files.map(|words| words.join(" "));
        findings(&files);
    }
}

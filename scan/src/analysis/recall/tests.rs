//! What is remembered of a scan, and when it counts again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tuneup_model::ScanResult;

use crate::facts::FileFacts;
use crate::kept::{Answer, Digest, Kept};
use crate::source::{Listing, ReadError, SourceTree};
use crate::{Before, Candidates, Levels, MemoryTree, Options, Queries, Renames, scan, scan_since};

/// Keeps everything, and counts what is made anew.
#[derive(Default)]
struct Memory {
    facts: Mutex<BTreeMap<Digest, Arc<FileFacts>>>,
    answers: Mutex<Vec<(Digest, Answer)>>,
}

impl Kept for Memory {
    fn facts(&self, of: Digest) -> Option<Arc<FileFacts>> {
        self.facts.lock().unwrap().get(&of).cloned()
    }

    fn keep_facts(&self, of: Digest, facts: &Arc<FileFacts>) {
        assert!(
            self.facts.lock().unwrap().insert(of, Arc::clone(facts)).is_none(),
            "{} was known",
            facts.path
        );
    }

    fn answers(&self, question: Digest) -> Vec<Answer> {
        let answers = self.answers.lock().unwrap();
        answers.iter().filter(|(to, _)| *to == question).map(|(_, answer)| answer.clone()).collect()
    }

    fn keep_answer(&self, question: Digest, answer: Answer) {
        self.answers.lock().unwrap().push((question, answer));
    }
}

impl Memory {
    /// How many facts and answers were made.
    fn made(&self) -> (usize, usize) {
        (self.facts.lock().unwrap().len(), self.answers.lock().unwrap().len())
    }
}

const ORDERS: &str = "import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function ordersOf(userId: number) {
  return prisma.order.findMany({ where: { userId }, take: 50 });
}
";

const SCHEMA: &str = "datasource db {
  provider = \"postgresql\"
}
model Order {
  id     Int @id
  userId Int
  @@index([userId])
}
";

const APP: &str = "import express from 'express';
import { ordersOf } from './orders';
const app = express();
app.post('/orders', async (req, res) => {
  const all = [];
  for (const id of req.body.ids) {
    all.push(await ordersOf(id));
  }
  res.json(all);
});
";

fn shop(orders: &str, app: &str) -> MemoryTree {
    let package = "{ \"dependencies\": { \"@prisma/client\": \"6\", \"express\": \"5\" } }";
    let files = [
        ("package.json", package),
        ("prisma/schema.prisma", SCHEMA),
        ("src/orders.ts", orders),
        ("src/app.ts", app),
    ];
    MemoryTree::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())))
}

fn ask(tree: &dyn SourceTree, kept: Option<&dyn Kept>, focus: &str, levels: &Levels) -> ScanResult {
    scan(tree, &options(kept, focus, levels))
}

fn options<'a>(kept: Option<&'a dyn Kept>, focus: &'a str, levels: &'a Levels) -> Options<'a> {
    Options {
        rules: None,
        candidates: Candidates::Hide,
        queries: Queries::List,
        focus,
        handles: &[],
        levels,
        isolate: None,
        kept,
        progress: &|_| {},
    }
}

#[test]
fn a_second_scan_reads_what_changed_and_says_what_a_first_one_would() {
    let (memory, levels) = (Memory::default(), Levels::default());
    let first = ask(&shop(ORDERS, APP), Some(&memory), "", &levels);
    assert_eq!(first, ask(&shop(ORDERS, APP), None, "", &levels));
    assert_eq!(first.findings.len(), 1, "{:?}", first.findings);
    assert_eq!(memory.made(), (2, 1));
    assert_eq!(first, ask(&shop(ORDERS, APP), Some(&memory), "", &levels));
    assert_eq!(memory.made(), (2, 1));
    let mended = APP.replace("for (const id of req.body.ids)", "const id = req.body.id;");
    let second = ask(&shop(ORDERS, &mended), Some(&memory), "", &levels);
    assert_eq!(second, ask(&shop(ORDERS, &mended), None, "", &levels));
    assert_eq!(second.findings, []);
    assert_eq!(memory.made(), (3, 2));
    assert_eq!(first, ask(&shop(ORDERS, APP), Some(&memory), "", &levels));
    assert_eq!(memory.made(), (3, 2));
}

#[test]
fn another_question_has_another_answer() {
    let (memory, levels) = (Memory::default(), Levels::default());
    let tree = shop(ORDERS, APP);
    ask(&tree, Some(&memory), "", &levels);
    let setting =
        tuneup_model::RuleSetting { ids: vec!["*".to_owned()], level: tuneup_model::Level::Off, paths: None };
    let off = Levels::of(&[setting], "").unwrap();
    assert_eq!(ask(&tree, Some(&memory), "", &off).findings, []);
    assert_eq!(ask(&tree, Some(&memory), "src", &levels).findings[0].location.file, "app.ts");
    assert_eq!(memory.made(), (2, 3));
}

/// Not the sources alone decide: here the configuration of the compiler.
#[test]
fn whatever_was_read_is_compared() {
    struct Reads<'t>(&'t MemoryTree, AtomicUsize);
    impl SourceTree for Reads<'_> {
        fn list(&self) -> Listing {
            self.0.list()
        }
        fn read(&self, path: &str) -> Result<String, ReadError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.read(path)
        }
    }
    let (memory, levels) = (Memory::default(), Levels::default());
    let mapped = APP.replace("./orders", "shop-code/orders");
    let with = |paths: &str| {
        let config = format!("{{ \"compilerOptions\": {{ \"paths\": {paths} }} }}");
        let files = [
            ("prisma/schema.prisma", SCHEMA),
            ("src/orders.ts", ORDERS),
            ("src/app.ts", mapped.as_str()),
            ("lib/orders.ts", "export async function ordersOf() {\n  return [];\n}\n"),
            ("tsconfig.json", &config),
        ];
        MemoryTree::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())))
    };
    let right = with("{ \"shop-code/*\": [\"./src/*\"] }");
    let found = ask(&right, Some(&memory), "", &levels);
    assert_eq!(found.findings.len(), 1, "{:?}", found.findings);
    let reads = Reads(&right, AtomicUsize::new(0));
    assert_eq!(ask(&reads, Some(&memory), "", &levels), found);
    // Each once, to see that it is as it was.
    let texts = memory.answers.lock().unwrap()[0].1.texts.len();
    assert_eq!(reads.1.into_inner(), texts);
    let elsewhere = with("{ \"shop-code/*\": [\"./lib/*\"] }");
    let (elsewhere, fresh) =
        (ask(&elsewhere, Some(&memory), "", &levels), ask(&elsewhere, None, "", &levels));
    assert_eq!(elsewhere, fresh);
    assert_eq!(elsewhere.findings, []);
}

#[test]
fn a_comparison_uses_the_answers_of_both_states() {
    let (memory, levels) = (Memory::default(), Levels::default());
    let calm = APP.replace("for (const id of req.body.ids)", "const id = req.body.id;");
    let (then, now) = (shop(ORDERS, &calm), shop(ORDERS, APP));
    let compared = |kept| {
        let before = Before {
            tree: &then,
            same: &|path| path != "src/app.ts",
            renames: Renames::new(),
            base: "before".to_owned(),
        };
        scan_since(&now, &options(kept, "", &levels), &before)
    };
    let cold = compared(None);
    assert_eq!(cold.findings.len(), 1);
    assert_eq!(compared(Some(&memory)), cold);
    assert_eq!(memory.made(), (3, 2));
    assert_eq!(compared(Some(&memory)), cold);
    assert_eq!(memory.made(), (3, 2));
}

#[test]
fn a_text_that_changes_under_way_gives_an_answer_for_once() {
    /// Another text at each reading.
    struct Restless(AtomicUsize);
    impl SourceTree for Restless {
        fn list(&self) -> Listing {
            shop(ORDERS, APP).list()
        }
        fn read(&self, path: &str) -> Result<String, ReadError> {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            shop(ORDERS, APP)
                .read(path)
                .map(|text| if path.contains(".ts") { format!("{text}// {count}\n") } else { text })
        }
    }
    let (memory, levels) = (Memory::default(), Levels::default());
    ask(&Restless(AtomicUsize::new(0)), Some(&memory), "", &levels);
    assert_eq!(memory.made().1, 0);
}

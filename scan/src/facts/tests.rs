//! Tests of facts as data: any text gives some, they survive a round trip, ids stay within their vectors.

use proptest::prelude::*;

use super::{Expr, ExprId, FileFacts, List, facts};
use crate::danger;

const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "cts", "mjs", "cjs"];

/// As deep as the workers of a scan.
const STACK_BYTES: usize = 64 << 20;

/// Odd programs: every construct that the lowering names, and some that break off.
const PROGRAMS: [&str; 8] = [
    "import a, { b as c, type D } from './x'; import * as e from 'y'; export * from './z'; export { c as default };
     export * as ns from './n'; import f = require('g'); export = f; const { h, ...i } = require('./h');",
    "abstract class A<T extends B = C> extends mixin(D)<E> implements F, G.H {
       static #x = 1; declare y?: string; accessor z = 2; static { this.#x++; }
       constructor(@Inject('k') private readonly k: Pick<K, 'a' | 'b'>, public override l = 3) { super(k); }
       @Get('/:id') async *m?(this: A, [a, , ...b]: number[], { c: { d = 1 } = {}, ...e }: any = {}): AsyncGenerator<T> { yield* this.n`x${a}y`; }
       get n() { return this?.#x; } set n(v) {} [computed + 1]() {} 'quoted'() {} 12() {} async = async () => {}; }",
    "for (const [k, v] of Object.entries(x ?? {})) { label: for (let i = 0, j; i < k.length; i += 2) { if (i) continue label; else if (j) break; else return; } }
     for await (const x of y()) { try { await x; } catch { throw 1; } finally { done(); } } for (const key in obj) delete obj[key];
     do { switch (a) { case 1: break; default: for (;;) break; } } while (a--); while (true) { if (await b()) break; }",
    "const f = async <T,>(a: T, ...rest: T[]): Promise<T> => (await g?.(a, ...rest))![0]?.['b'].c as unknown as T satisfies T;
     type M<T> = { readonly [K in keyof T]?: T[K] extends (infer U)[] ? U : never } & typeof f & import('./t').X['y'];
     interface I extends J<K>, L.M { (x: number): string; new (y: string): I; z: () => void; readonly [k: string]: unknown }
     enum E { A = 1, B = A << 2, 'C' = `c`.length } declare global { var __db: E | undefined } namespace N.M { export const x = 1; }",
    "export default function Page({ posts }) { 'use server'; return <><List {...posts} key='a' render={(p) => <b.C d={p?.e}>{...f} text</b.C>} /></>; }",
    "let a = (b, c ? d : e, f ||= g, h ??= i, j **= 2, typeof k, void 0, -l, +m, ~n, !o, new.target, import.meta.url, new P, q`r${s}`, /t/gu, 1n, `u`);
     [v, w.x, ...y[z]] = [, 1, ...a]; ({ aa, bb: cc.dd, ee: { ff = 1 } = {}, ...gg } = hh); exports.x = module.exports = { async *y() {}, get z() { return 1; } };",
    "'use client'; 'use strict'; var x; var x = 1; function x() {} function x(a?: string): void; async function* y() { for (const z of await x) yield z; } with (x) y(); debugger;;",
    "const s = '\u{1F600}'; const \u{e9}t\u{e9} = \"\\u{1F600}\\\n\"; /* unfinished",
];

/// Facts as a scan makes them: not of text that could crash the parser.
fn made(path: &str, text: &str) -> Option<FileFacts> {
    danger(text).is_none().then(|| facts(path, text))
}

fn check(path: &str, text: &str) {
    let Some(made) = made(path, text) else { return };
    within_bounds(&made, text);
    let written = serde_json::to_string(&made).expect("facts are plain data");
    let read: FileFacts = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
    assert_eq!((read.exprs.len(), &read.spans, &read.calls), (made.exprs.len(), &made.spans, &made.calls));
    assert_eq!((&read.functions, &read.symbols, &read.types), (&made.functions, &made.symbols, &made.types));
}

/// Every id leads to something, every span into the text, and no expression is part of itself.
fn within_bounds(facts: &FileFacts, text: &str) {
    assert_eq!(facts.exprs.len(), facts.spans.len());
    for span in &facts.spans {
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?}");
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
    for (n, expr) in facts.exprs.iter().enumerate() {
        for part in parts(facts, *expr) {
            assert!(part.index() < facts.exprs.len(), "{expr:?}");
            assert_ne!(part.index(), n, "{expr:?} is part of itself");
        }
    }
    for call in &facts.calls {
        assert!(call.function.index() < facts.functions.len());
        assert!(matches!(facts.expr(call.expr), Expr::Call(_)));
        assert!(call.in_loop.is_none_or(|id| facts.loop_(id).function == call.function));
    }
    for function in &facts.functions[1..] {
        assert!(function.parent.is_some(), "only the module has no function around it");
    }
}

fn parts(facts: &FileFacts, expr: Expr) -> Vec<ExprId> {
    let list = |list: List| facts.list(list).to_vec();
    match expr {
        Expr::Member { object, .. } | Expr::Item { object, .. } => vec![object],
        Expr::Index { object, index } => vec![object, index],
        Expr::Rest(it) | Expr::Element(it) | Expr::Await(it) | Expr::Spread(it) | Expr::Not(it) => vec![it],
        Expr::Cast { expr, .. } => vec![expr],
        Expr::Binary { left, right, .. } => vec![left, right],
        Expr::Assign { target, value } => vec![target, value],
        Expr::Array(it) | Expr::Template(it) | Expr::Choice(it) | Expr::Other(it) => list(it),
        Expr::Object(it) => facts.props(it).iter().map(|prop| prop.value).collect(),
        Expr::Call(id) => {
            let call = facts.call(id);
            list(call.args).into_iter().chain([call.callee]).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn odd_programs_give_facts_under_every_extension() {
    for program in PROGRAMS {
        for extension in EXTENSIONS {
            check(&format!("a.{extension}"), program);
        }
    }
}

#[test]
fn a_program_that_parses_names_what_it_holds() {
    let facts = facts("a.ts", PROGRAMS[1]);
    assert_eq!(facts.syntax_error, None);
    let class = &facts.classes[0];
    let names: Vec<&str> = class.members.iter().map(|member| facts.name(member.name)).collect();
    assert_eq!(names, ["#x", "y", "z", "k", "l", "m", "n", "quoted", "12", "async"]);
    assert!(class.is_abstract && class.constructor.is_some());
}

#[test]
fn text_that_breaks_off_is_said_so_and_keeps_its_beginning() {
    let facts = facts("a.ts", "export const a = 1;\nconst b = {{{");
    assert!(facts.syntax_error.is_some());
    assert_eq!(facts.lines, 2);
}

#[test]
fn binary_empty_and_marked_text_is_no_harm() {
    for text in [
        "",
        "\u{feff}",
        "\u{feff}export const a = 1;",
        "#!/usr/bin/env node\nf();",
        "\0\0\0",
        "\r\r\n\u{2028}x",
    ] {
        for extension in EXTENSIONS {
            check(&format!("a.{extension}"), text);
        }
    }
}

#[test]
fn what_the_danger_check_lets_pass_fits_the_stack() {
    let nested = |open: &str, close: &str, times: usize| {
        format!("x = {}1{};", open.repeat(times), close.repeat(times))
    };
    let texts = [
        nested("[", "]", 498),
        nested("(", ")", 498),
        nested("{a:", "}", 498).replacen("x = ", "x = (", 1).replacen(';', ");", 1),
        nested("f(", ")", 498),
        nested("() => (", ")", 490),
        nested("a ? (", ") : 2", 300),
        format!("x = {}1;", "!".repeat(1_900)),
        format!("x = 1{};", " + 1".repeat(1_900)),
        format!("x = a{};", ".b()".repeat(900)),
        format!("x = {}1;", "a => ".repeat(900)),
        format!("{}f();", "if (a) b(); else ".repeat(900)),
        format!("type T = {}string{};", "Array<".repeat(450), ">".repeat(450)),
        format!("x = {}1{};", "`${".repeat(400), "}`".repeat(400)),
    ];
    let run = move || {
        let mut passed = 0;
        for text in &texts {
            for extension in ["ts", "js", "tsx"] {
                passed += usize::from(danger(text).is_none());
                check(&format!("a.{extension}"), text);
            }
        }
        passed
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).unwrap();
    let passed = thread.join().unwrap();
    assert!(passed >= 24, "the texts are deep but allowed: {passed}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_text_gives_facts(text in ".{0,200}", extension in 0..EXTENSIONS.len()) {
        check(&format!("a.{}", EXTENSIONS[extension]), &text);
    }

    #[test]
    fn text_of_tokens_gives_facts(
        tokens in proptest::collection::vec(proptest::sample::select(TOKENS.to_vec()), 0..60),
        extension in 0..EXTENSIONS.len(),
    ) {
        check(&format!("a.{}", EXTENSIONS[extension]), &tokens.join(" "));
    }

    #[test]
    fn mutated_programs_give_facts(
        program in 0..PROGRAMS.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, proptest::sample::select(TOKENS.to_vec())), 1..6),
        extension in 0..EXTENSIONS.len(),
    ) {
        let mut text: Vec<char> = PROGRAMS[program].chars().collect();
        for (at, length, token) in cuts {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, token.chars());
        }
        check(&format!("a.{}", EXTENSIONS[extension]), &text.into_iter().collect::<String>());
    }

    #[test]
    fn programs_cut_off_give_facts(program in 0..PROGRAMS.len(), at in any::<prop::sample::Index>()) {
        let text = PROGRAMS[program];
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        check("a.tsx", &text[..at]);
    }
}

const TOKENS: &[&str] = &[
    "async",
    "await",
    "yield",
    "function",
    "*",
    "class",
    "extends",
    "static",
    "get",
    "set",
    "import",
    "export",
    "default",
    "from",
    "as",
    "type",
    "interface",
    "enum",
    "namespace",
    "declare",
    "abstract",
    "for",
    "of",
    "in",
    "while",
    "do",
    "if",
    "else",
    "switch",
    "case",
    "break",
    "continue",
    "return",
    "throw",
    "try",
    "catch",
    "finally",
    "new",
    "delete",
    "this",
    "super",
    "a",
    "b",
    "'s'",
    "1",
    "1n",
    "`t`",
    "`${",
    "}`",
    "/r/",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "</a>",
    "<a",
    "/>",
    "=>",
    "=",
    "==",
    "...",
    "?.",
    "??",
    "?",
    ":",
    ",",
    ";",
    ".",
    "#p",
    "@d",
    "!",
    "+",
    "++",
    "&&=",
    "|",
    "\n",
    "//",
    "/*",
    "*/",
    "\u{e9}",
    "\u{1F600}",
];

//! Values: recursion, lists, what a function hands on.

use super::{query_calls, targets};

#[test]
fn functions_in_lists_and_maps() {
    assert_eq!(
        targets(
            "
            //- /use.ts
            const a = () => {};
            const b = () => {};
            const steps = [a, b];
            for (const step of steps) step();
            steps.forEach((step) => step());
            const table = { a, b };
            table['a']();
            const [first] = steps;
            first();
            const choose = flag ? a : b;
            choose();
            let late;
            late = a;
            late();
            a.call(null);
            "
        ),
        [
            "use.ts:11 choose -> a | b",
            "use.ts:14 late -> a",
            "use.ts:4 step -> a | b",
            "use.ts:5 step -> a | b",
            "use.ts:7 table.a -> a",
            "use.ts:9 first -> a",
        ]
    );
}

#[test]
fn recursion_ends() {
    assert_eq!(
        targets(
            "
            //- /use.ts
            function walk(node) { for (const child of node.children) walk(child); return walk; }
            const even = (n) => n === 0 || odd(n - 1);
            const odd = (n) => n !== 0 && even(n - 1);
            walk(root)(root);
            class Tree { child = new Tree(); visit() { this.child.child.visit(); } }
            function pass(f) { return f ? pass(pass(f)) : f; }
            "
        ),
        [
            "use.ts:1 walk -> walk",
            "use.ts:2 odd -> odd",
            "use.ts:3 even -> even",
            "use.ts:4 walk -> walk",
            "use.ts:4 walk(…) -> walk",
            "use.ts:5 this.child.child.visit -> Tree.visit",
            "use.ts:6 pass -> pass",
            "use.ts:6 pass -> pass",
        ]
    );
}

#[test]
fn rows_are_not_clients() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { PrismaClient } from '@prisma/client';
            const prisma = new PrismaClient();
            export async function f() {
              const users = await prisma.user.findMany({ include: { posts: true } });
              for (const user of users) {
                user.posts.filter((post) => post.title);
                const posts = new Map(user.posts.map((post) => [post.id, post]));
                posts.delete(user.id);
              }
              return users.map((user) => user.posts.map((post) => post.title));
            }
            "
        ),
        ["use.ts:4 User findMany"]
    );
}

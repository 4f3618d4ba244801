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

#[test]
fn types_that_comments_state() {
    assert_eq!(
        targets(
            "
            //- /service.js
            class Service {
              run() {}
              /** @returns {Promise<Service[]>} */
              static async all() {}
            }
            module.exports = Service;
            //- /types.js
            /**
             * @typedef {Object} Held
             * @property {import('./service')} [service]
             */
            //- /use.js
            const Service = require('./service');
            /**
             * @param {import('./service')} a
             * @param {?Array.<Service>} b
             * @param {Object} options
             * @param {Service} options.c
             * @param {import('./types').Held} d
             */
            async function typed(a, b, { c }, d) {
              a.run();
              b[0].run();
              c.run();
              d.service.run();
              for (const one of await Service.all()) one.run();
              /** @type {Service} */
              let e;
              e.run();
              /** @type {Service} */ (options.f).run();
            }
            class Holder {
              constructor() {
                /** @type {Service|null} */
                this.held = null;
              }
              /** @type {typeof import('./service')} */
              get kind() { return this.table.kind; }
              go() { this.held.run(); this.kind.all(); }
            }
            exports.later = /** @param {Service} f */ (f) => f.run();
            /** @param {Service */
            const broken = (g) => g.run();
            //- /use.ts
            import Service from './service';
            /** @param {Service} a */
            export function untyped(a) { a.run(); }
            "
        ),
        [
            "use.js:10 a.run -> Service.run",
            "use.js:11 b[0].run -> Service.run",
            "use.js:12 c.run -> Service.run",
            "use.js:13 d.service.run -> Service.run",
            "use.js:14 Service.all -> Service.all",
            "use.js:14 one.run -> Service.run",
            "use.js:17 e.run -> Service.run",
            "use.js:18 options.f.run -> Service.run",
            "use.js:27 this.held.run -> Service.run",
            "use.js:27 this.kind.all -> Service.all",
            "use.js:29 f.run -> Service.run",
        ]
    );
}

#[test]
fn members_by_names_that_callers_write() {
    assert_eq!(
        targets(
            "
            //- /user.ts
            export function remove() {}
            export function ban() {}
            export function other() {}
            //- /use.ts
            import * as user from './user';
            async function change({ id, method }: { id: string; method: string }) { await user[method](id); }
            async function named(method: string) { await user[method](); }
            async function any(method: string) { await user[method](); }
            export async function all(asked: string) {
              await change({ id: 'a', method: 'remove' });
              await change({ id: 'b', method: 'ban' });
              await named('other');
              await any('other');
              await any(asked);
            }
            "
        ),
        [
            "use.ts:10 any -> any",
            "use.ts:2 user[…] -> ban | remove",
            "use.ts:3 user[…] -> other",
            "use.ts:6 change -> change",
            "use.ts:7 change -> change",
            "use.ts:8 named -> named",
            "use.ts:9 any -> any",
        ]
    );
}

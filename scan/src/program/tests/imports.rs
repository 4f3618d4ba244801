//! Imports: workspaces without an installation, aliases, barrels, `CommonJS`, cycles.

use super::{query_calls, targets};

#[test]
fn workspace_packages_lead_to_their_sources() {
    assert_eq!(
        query_calls(
            r#"
            //- /package.json
            {"private":true,"workspaces":["packages/*","apps/*"]}
            //- /packages/db/package.json
            {"name":"@acme/db","main":"dist/index.js","types":"dist/index.d.ts","exports":{".":{"types":"./dist/index.d.ts","import":"./dist/index.mjs"},"./repo":"./dist/repo.js"}}
            //- /packages/db/src/index.ts
            import { PrismaClient } from '@prisma/client';
            export const prisma = new PrismaClient();
            export * from '@prisma/client';
            //- /packages/db/src/repo.ts
            import { prisma } from './index';
            export const posts = () => prisma.post.findMany();
            //- /apps/web/package.json
            {"name":"web","dependencies":{"@acme/db":"workspace:*"}}
            //- /apps/web/src/page.ts
            import { prisma, type PrismaClient } from '@acme/db';
            import { posts } from '@acme/db/repo';
            export const a = () => prisma.user.count();
            export const b = (client: PrismaClient) => client.user.findMany();
            export const c = () => posts();
            "#
        ),
        [
            "apps/web/src/page.ts:3 User count",
            "apps/web/src/page.ts:4 User findMany",
            "packages/db/src/repo.ts:2 Post findMany"
        ]
    );
}

#[test]
fn paths_of_tsconfig() {
    assert_eq!(
        query_calls(
            r#"
            //- /tsconfig.base.json
            {"compilerOptions":{"baseUrl":".","paths":{"@/*":["src/*"],"~db":["src/server/db.ts"]}}}
            //- /tsconfig.json
            {
              // comments and trailing commas are usual
              "extends": "./tsconfig.base.json",
            }
            //- /src/server/db.ts
            import { PrismaClient } from '@prisma/client';
            export const db = new PrismaClient();
            //- /src/a.ts
            import { db } from '@/server/db';
            import { db as second } from '~db';
            import { db as third } from './server/db.js';
            db.post.findMany();
            second.post.count();
            third.user.count();
            "#
        ),
        ["src/a.ts:4 Post findMany", "src/a.ts:5 Post count", "src/a.ts:6 User count"]
    );
}

#[test]
fn barrels_and_renamed_exports() {
    assert_eq!(
        query_calls(
            "
            //- /db/client.ts
            import { PrismaClient } from '@prisma/client';
            const client = new PrismaClient();
            export { client as default, client as handle };
            //- /db/index.ts
            export * from './client';
            export { default as prisma } from './client';
            export * as everything from './client';
            import inner from './client';
            export { inner };
            //- /index.ts
            export * from './db';
            //- /use.ts
            import { prisma, handle, everything, inner } from '.';
            import * as db from './db';
            prisma.post.findMany();
            handle.post.count();
            everything.handle.user.count();
            inner.user.findMany();
            db.prisma.user.deleteMany();
            "
        ),
        [
            "use.ts:3 Post findMany",
            "use.ts:4 Post count",
            "use.ts:5 User count",
            "use.ts:6 User findMany",
            "use.ts:7 User deleteMany"
        ]
    );
}

#[test]
fn common_js() {
    assert_eq!(
        query_calls(
            "
            //- /db.js
            const { PrismaClient } = require('@prisma/client');
            const prisma = new PrismaClient();
            module.exports = { prisma, posts: () => prisma.post.findMany() };
            //- /single.js
            const { prisma } = require('./db');
            module.exports = prisma;
            //- /named.js
            exports.client = require('./single');
            module.exports.count = function () { return exports.client.user.count(); };
            //- /use.js
            const db = require('./db');
            const single = require('./single');
            const { client, count } = require('./named');
            db.prisma.user.findMany();
            single.post.count();
            client.post.deleteMany();
            count();
            "
        ),
        [
            "db.js:3 Post findMany",
            "named.js:2 User count",
            "use.js:4 User findMany",
            "use.js:5 Post count",
            "use.js:6 Post deleteMany"
        ]
    );
}

#[test]
fn what_is_written_to_an_exported_object_is_exported() {
    assert_eq!(
        query_calls(
            r"
            //- /db.js
            const { PrismaClient } = require('@prisma/client');
            const Db = module.exports;
            Db.client = new PrismaClient();
            //- /users.js
            const { client } = require('./db');
            const Users = {};
            Users.client = client;
            module.exports = Users;
            //- /posts.js
            const Posts = module.exports = {};
            Posts.client = require('./db').client;
            //- /use.js
            const db = require('./db');
            const all = { users: require('./users'), posts: require('./posts') };
            db.client.user.count();
            all.users.client.user.findMany();
            all.posts.client.post.findMany();
            all.posts.other.post.findMany();
            "
        ),
        [
            "use.js:3 User count",
            "use.js:4 User findMany",
            "use.js:5 Post findMany",
            "use.js:6 Post findMany assumed"
        ]
    );
}

#[test]
fn functions_are_found_across_every_kind_of_import() {
    assert_eq!(
        targets(
            "
            //- /lib.ts
            export default function byDefault() {}
            export function named() {}
            export const arrow = () => {};
            export const grouped = { inside() {}, nested: { deep: () => {} } };
            export class Service { static make() { return new Service(); } run() {} }
            //- /legacy.js
            function old() {}
            module.exports = { old, renamed: old };
            //- /use.ts
            import d, { named as other, arrow, grouped, Service } from './lib';
            import * as all from './lib';
            import legacy from './legacy';
            const { renamed } = require('./legacy');
            export async function f() {
              d();
              other();
              arrow();
              grouped.inside();
              grouped.nested.deep();
              Service.make().run();
              all.named();
              all.default();
              legacy.old();
              renamed();
              (await import('./lib')).named();
              const { arrow: late } = await import('./lib');
              late();
              import('./lib').then((lib) => lib.named());
            }
            "
        ),
        [
            "use.ts:10 grouped.nested.deep -> deep",
            "use.ts:11 Service.make -> Service.make",
            "use.ts:11 Service.make(…).run -> Service.run",
            "use.ts:12 all.named -> named",
            "use.ts:13 all.default -> byDefault",
            "use.ts:14 legacy.old -> old",
            "use.ts:15 renamed -> old",
            "use.ts:16 ….named -> named",
            "use.ts:18 late -> arrow",
            "use.ts:19 lib.named -> named",
            "use.ts:6 d -> byDefault",
            "use.ts:7 other -> named",
            "use.ts:8 arrow -> arrow",
            "use.ts:9 grouped.inside -> inside",
        ]
    );
}

#[test]
fn cycles_end() {
    assert_eq!(
        query_calls(
            "
            //- /a.ts
            export * from './b';
            import { b } from './b';
            import { PrismaClient } from '@prisma/client';
            export const client = new PrismaClient();
            export function a(n: number) { return n > 0 ? b(n - 1) : client.post.findMany(); }
            export const missing = () => nowhere();
            //- /b.ts
            export * from './a';
            import { a, client, nowhere } from './a';
            export function b(n: number) { return n > 0 ? a(n - 1) : client.post.count(); }
            export let self = self ?? { ...self, self };
            export type Loop = Loop[] | { loop: Loop };
            export class Odd extends Odd { it: Odd = this.it.it; }
            export const y = (f) => f(f);
            y(y);
            "
        ),
        ["a.ts:5 Post findMany", "b.ts:3 Post count"]
    );
}

#[test]
fn the_client_a_generator_writes_is_its_schema() {
    assert_eq!(
        query_calls(
            r#"
            //- /prisma/schema.prisma
            datasource db {
              provider = "postgresql"
            }
            generator client {
              provider = "prisma-client"
              output   = "../src/generated/prisma"
            }
            model Invoice {
              id String @id
            }
            //- /src/db.ts
            import { PrismaClient } from './generated/prisma/client';
            export const db = new PrismaClient();
            //- /src/use.ts
            import { db } from './db';
            import type { Prisma } from './generated/prisma';
            db.invoice.findMany();
            export const f = (tx: Prisma.TransactionClient) => tx.invoice.count();
            "#
        ),
        ["src/use.ts:3 Invoice findMany", "src/use.ts:4 Invoice count"]
    );
}

#[test]
fn schemas_of_several_files_are_one() {
    assert_eq!(
        query_calls(
            r#"
            //- /prisma/schema/main.prisma
            datasource db {
              provider = "postgresql"
            }
            generator client {
              provider = "prisma-client-js"
            }
            //- /prisma/schema/invoice.prisma
            model Invoice {
              id String @id
              @@map("invoices")
            }
            //- /use.ts
            import { PrismaClient } from '@prisma/client';
            new PrismaClient().invoice.findMany();
            "#
        ),
        ["use.ts:2 invoices findMany"]
    );
}

#[test]
fn a_name_behind_a_barrel_comes_before_what_another_module_hands_out_whole() {
    assert_eq!(
        targets(
            "
            //- /whole.ts
            export default class Whole {}
            //- /named.ts
            export function load() {}
            //- /index.ts
            export * from './whole';
            export * from './named';
            //- /use.ts
            import { load } from './';
            export const run = () => load();
            "
        ),
        ["use.ts:2 load -> load"]
    );
}

//! Wrappers: functions that take functions, keep results, or hand their argument back.

use super::{query_calls, targets};

#[test]
fn closures_run_where_they_are_handed_over() {
    let text = "
        //- /lib.ts
        export async function withRetry<T>(work: () => Promise<T>, times = 3): Promise<T> {
          for (let attempt = 0; attempt < times; attempt++) {
            try { return await work(); } catch {}
          }
          throw new Error();
        }
        export const safe = async (work) => { try { return [await work(), null]; } catch (e) { return [null, e]; } };
        export const identity = <T>(it: T): T => it;
        //- /use.ts
        import { PrismaClient } from '@prisma/client';
        import { withRetry, safe, identity } from './lib';
        const db = identity(new PrismaClient());
        export async function f(id: string) {
          const post = await withRetry(() => db.post.findUnique({ where: { id } }));
          const [user] = await safe(() => db.user.findMany());
          const client = await safe(async () => db);
          return identity(db).post.count();
        }
        ";
    assert_eq!(
        query_calls(text),
        ["use.ts:5 Post findUnique", "use.ts:6 User findMany", "use.ts:8 Post count"]
    );
}

#[test]
fn wrappers_that_give_back_a_function() {
    assert_eq!(
        targets(
            "
            //- /lib.ts
            export const withAuth = (handler) => async (req) => { if (!req.user) throw 1; return handler(req); };
            export function logged<A extends unknown[], R>(work: (...args: A) => R) {
              return (...args: A): R => { console.log(1); return work(...args); };
            }
            //- /use.ts
            import { withAuth, logged } from './lib';
            const load = logged(async function inner(id: string) {});
            export const GET = withAuth(async (req) => { await load(req.id); });
            load('x');
            "
        ),
        [
            "lib.ts:1 handler -> GET",
            "lib.ts:3 work -> inner",
            "use.ts:2 logged -> logged",
            "use.ts:3 load -> inner",
            "use.ts:3 withAuth -> withAuth",
            "use.ts:4 load -> inner",
        ]
    );
}

#[test]
fn memoizing_wrappers_are_known() {
    assert_eq!(
        targets(
            "
            //- /use.ts
            import { cache as reactCache } from 'react';
            import { unstable_cache } from 'next/cache';
            import memoize from 'lodash/memoize';
            import pMemoize from 'p-memoize';
            import _ from 'lodash';
            const load = async (id: string) => id;
            const a = reactCache(load);
            const b = unstable_cache(async (id: string) => load(id), ['k']);
            const c = memoize(load);
            const d = pMemoize(load);
            const e = _.memoize(load);
            const f = reactCache((id: string) => unstable_cache(async () => load(id), [id])());
            a('x'); b('x'); c('x'); d('x'); e('x'); f('x');
            "
        ),
        [
            "use.ts:12 load -> load",
            "use.ts:12 unstable_cache(…) -> f Shared",
            "use.ts:13 a -> load Request",
            "use.ts:13 b -> b Shared",
            "use.ts:13 c -> load Shared",
            "use.ts:13 d -> load Shared",
            "use.ts:13 e -> load Shared",
            "use.ts:13 f -> f Request",
            "use.ts:8 load -> load",
        ]
    );
}

#[test]
fn callbacks_with_a_transaction() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient, Prisma } from '@prisma/client';
            export const prisma = new PrismaClient();
            export function inTransaction<T>(work: (tx: Prisma.TransactionClient) => Promise<T>) {
              return prisma.$transaction((tx) => work(tx));
            }
            export const plain = (work) => prisma.$transaction(async (tx) => { await work({ tx }); });
            export const handed = (work) => prisma.$transaction(work);
            //- /use.ts
            import { inTransaction, plain, handed } from './db';
            export async function f(id: string) {
              await inTransaction(async (a) => a.post.delete({ where: { id } }));
              await plain(async ({ tx }) => tx.post.count());
              await handed(async (c) => c.user.count());
              await handed(step);
            }
            async function step(d) { await d.user.findMany(); }
            "
        ),
        [
            "use.ts:3 Post delete",
            "use.ts:4 Post count",
            "use.ts:5 User count",
            // Handed over by name: its parameter is not followed, its form is.
            "use.ts:8 User findMany assumed"
        ]
    );
}

#[test]
fn generic_functions_that_give_their_argument_back() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { PrismaClient } from '@prisma/client';
            function tap<T>(value: T, see: (it: T) => void): T { see(value); return value; }
            function assertPresent<T>(value: T | null | undefined): T { if (value == null) throw 1; return value; }
            async function awaited<T>(value: Promise<T>): Promise<T> { return await value; }
            const lazy = <T>(make: () => T) => { let value: T | undefined; return () => (value ??= make()); };
            const a = tap(new PrismaClient(), (it) => it.user.count());
            const b = assertPresent(maybe ? a : null);
            const getDb = lazy(() => new PrismaClient());
            a.post.findMany();
            b.post.count();
            export async function f() {
              (await awaited(Promise.resolve(a))).user.findMany();
              getDb().user.deleteMany();
            }
            "
        ),
        [
            "use.ts:6 User count",
            "use.ts:9 Post findMany",
            "use.ts:10 Post count",
            "use.ts:12 User findMany",
            "use.ts:13 User deleteMany"
        ]
    );
}

//! Handles: everything a program holds a Prisma client by.

use super::query_calls;

#[test]
fn a_client_and_its_type() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient } from '@prisma/client';
            export const prisma = new PrismaClient({ log: ['query'] });
            export function later(client: PrismaClient) {
              return client.user.findFirst({ where: { email: 'a' } });
            }
            //- /posts.ts
            import { prisma } from './db';
            export const all = () => prisma.post.findMany();
            "
        ),
        ["db.ts:4 User findFirst", "posts.ts:2 Post findMany"]
    );
}

#[test]
fn a_client_kept_on_the_global_object() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient } from '@prisma/client';
            const make = () => new PrismaClient();
            const globalForPrisma = globalThis as unknown as { prisma: PrismaClient | undefined };
            export const a = globalForPrisma.prisma ?? make();
            declare global { var __db: undefined | ReturnType<typeof make>; }
            export const b = globalThis.__db ?? make();
            if (process.env.NODE_ENV !== 'production') globalForPrisma.prisma = a;
            let c: PrismaClient;
            if (process.env.NODE_ENV === 'production') { c = new PrismaClient(); } else {
              if (!global.__db) { global.__db = new PrismaClient(); }
              c = global.__db;
            }
            export { c };
            export default a;
            //- /use.ts
            import d, { a, b, c } from './db';
            a.post.count();
            b.post.findMany();
            c.user.findMany();
            d.user.count();
            "
        ),
        ["use.ts:2 Post count", "use.ts:3 Post findMany", "use.ts:4 User findMany", "use.ts:5 User count"]
    );
}

#[test]
fn a_client_made_by_a_wrapper() {
    assert_eq!(
        query_calls(
            "
            //- /remember.ts
            export function remember<T>(name: string, make: () => T): T {
              const thus = globalThis as any;
              thus.__remember ??= new Map();
              if (!thus.__remember.has(name)) thus.__remember.set(name, make());
              return thus.__remember.get(name);
            }
            export const once = (make) => make();
            //- /db.ts
            import { PrismaClient } from '@prisma/client';
            import { remember, once } from './remember';
            export const db = remember('prisma', () => new PrismaClient());
            export const other = remember('other', () => {
              const client = new PrismaClient();
              client.$connect();
              return client;
            });
            export const third = once(() => new PrismaClient());
            //- /use.ts
            import { db, other, third } from './db';
            db.post.findMany();
            other.post.count();
            third.user.count();
            "
        ),
        ["use.ts:2 Post findMany", "use.ts:3 Post count", "use.ts:4 User count"]
    );
}

#[test]
fn extended_clients() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient, Prisma } from '@prisma/client';
            import { withAccelerate } from '@prisma/extension-accelerate';
            const base = new PrismaClient();
            export const db = base.$extends({ name: 'a' }).$extends(withAccelerate());
            function extend() {
              return base.$extends({ query: { post: { async findMany({ args, query }) { return query(args); } } } });
            }
            export type Extended = ReturnType<typeof extend>;
            export type Tx = Omit<Extended, '$connect' | '$transaction'>;
            export const made = extend();
            //- /use.ts
            import { db, made, type Extended, type Tx } from './db';
            db.post.findMany();
            made.user.count();
            export const f = (client: Extended) => client.post.count();
            export const g = (tx: Tx) => tx.post.deleteMany();
            export const h = (tx: typeof db) => tx.user.findMany();
            "
        ),
        [
            "use.ts:2 Post findMany",
            "use.ts:3 User count",
            "use.ts:4 Post count",
            "use.ts:5 Post deleteMany",
            "use.ts:6 User findMany"
        ]
    );
}

#[test]
fn transactions_by_callback_and_by_array() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { PrismaClient } from '@prisma/client';
            const prisma = new PrismaClient();
            export async function both(ids: string[]) {
              await prisma.$transaction(async (tx) => {
                await tx.post.deleteMany({ where: { id: { in: ids } } });
                await inner(tx);
                await untyped(tx, ids);
              });
              const [users, total] = await prisma.$transaction([prisma.user.findMany(), prisma.user.count()]);
              await prisma.$transaction(ids.map((id) => prisma.post.update({ where: { id }, data: { title: '' } })));
              await prisma.$transaction(async (whatever) => whatever.user.deleteMany(), { timeout: 1 });
            }
            type Tx = Parameters<Parameters<typeof prisma.$transaction>[0]>[0];
            async function inner(trx: Tx) {
              return trx.post.count();
            }
            async function untyped(executor, ids) {
              return executor.user.findMany({ where: { id: { in: ids } } });
            }
            "
        ),
        [
            "use.ts:5 Post deleteMany",
            "use.ts:9 User findMany",
            "use.ts:9 User count",
            "use.ts:10 Post update",
            "use.ts:11 User deleteMany",
            "use.ts:15 Post count",
            "use.ts:18 User findMany"
        ]
    );
}

#[test]
fn a_transaction_or_the_client() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient, Prisma } from '@prisma/client';
            export const prisma = new PrismaClient();
            export const getDb = (tx?: Prisma.TransactionClient) => tx ?? prisma;
            export function pick(tx) { return tx || prisma; }
            //- /repo.ts
            import { Prisma } from '@prisma/client';
            import { prisma, getDb, pick } from './db';
            export const a = (tx?: Prisma.TransactionClient) => (tx ?? prisma).post.findMany();
            export const b = (tx) => getDb(tx).post.count();
            export function c(tx: Prisma.TransactionClient = prisma) { return tx.user.findMany(); }
            export function d({ tx = prisma, id }) { return tx.user.findUnique({ where: { id } }); }
            export function e(options?: { tx?: Prisma.TransactionClient }) {
              const db = options?.tx ?? prisma;
              return db.user.count();
            }
            export function f(tx?: Prisma.TransactionClient | null) {
              const client = tx ? tx : prisma;
              const { post } = client;
              return post.findFirst({});
            }
            export const g = (tx) => pick(tx).user.create({ data: {} });
            "
        ),
        [
            "repo.ts:3 Post findMany",
            "repo.ts:4 Post count",
            "repo.ts:5 User findMany",
            "repo.ts:6 User findUnique",
            "repo.ts:9 User count",
            "repo.ts:14 Post findFirst",
            "repo.ts:16 User create"
        ]
    );
}

#[test]
fn clients_in_objects() {
    assert_eq!(
        query_calls(
            "
            //- /db.ts
            import { PrismaClient } from '@prisma/client';
            const prisma = new PrismaClient();
            export const context = { db: prisma, nested: { client: prisma }, user: prisma.user };
            export const createContext = async (opts: { req: Request }) => ({ ...context, req: opts.req });
            export type Context = Awaited<ReturnType<typeof createContext>>;
            export interface Deps { db: PrismaClient; log: Console }
            //- /use.ts
            import { context, createContext, type Context, type Deps } from './db';
            const { db, nested: { client }, user } = context;
            db.post.findMany();
            client.post.count();
            user.findMany();
            export const a = (ctx: Context) => ctx.db.user.count();
            export const b = ({ db: inner }: Deps) => inner.user.deleteMany();
            export async function c() {
              const ctx = await createContext({ req: null as any });
              return ctx.nested.client.post.findFirst({});
            }
            "
        ),
        [
            "use.ts:3 Post findMany",
            "use.ts:4 Post count",
            "use.ts:5 User findMany",
            "use.ts:6 User count",
            "use.ts:7 User deleteMany",
            "use.ts:10 Post findFirst"
        ]
    );
}

#[test]
fn raw_queries_know_their_table() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { PrismaClient, Prisma } from '@prisma/client';
            const prisma = new PrismaClient();
            export async function f(id: string, ids: string[]) {
              await prisma.$queryRaw`SELECT * FROM \"Post\" WHERE id = ${id}`;
              await prisma.$queryRaw<{ id: string }[]>(Prisma.sql`SELECT id FROM \"User\" WHERE id IN (${Prisma.join(ids)})`);
              await prisma.$executeRaw`UPDATE \"Post\" SET title = ${id}`;
              await prisma.$queryRawUnsafe('SELECT 1 FROM \"User\"');
              const sql = Prisma.sql`DELETE FROM \"Post\" WHERE id = ${id}`;
              await prisma.$transaction(async (tx) => { await tx.$executeRaw(sql); });
              await prisma.$executeRawUnsafe(build(id));
            }
            "
        ),
        [
            "use.ts:4 Post select",
            "use.ts:5 User select",
            "use.ts:6 Post update",
            "use.ts:7 User select",
            "use.ts:9 Post delete",
            "use.ts:10 ? $executeRawUnsafe"
        ]
    );
}

#[test]
fn a_handle_of_unknown_origin_is_assumed_by_form_only() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            import { mystery } from 'somewhere';
            export const a = (x) => x.post.findMany({ where: { title: 'a' } });
            export const b = (x) => x.post.filter((it) => it.id);
            export const c = (x) => x.unknownModel.findMany({ where: {} });
            export const d = (x) => x.post.update('id', {});
            export const e = () => mystery.post.findMany({ where: {} });
            "
        ),
        ["use.ts:2 Post findMany assumed"]
    );
}

#[test]
fn what_only_looks_like_a_client_is_none() {
    assert_eq!(
        query_calls(
            "
            //- /use.ts
            class Store { post = { findMany(options: object) { return []; } }; }
            const store = new Store();
            store.post.findMany({ where: {} });
            const api = { user: { delete(id: { where: string }) { return id; } } };
            api.user.delete({ where: 'x' });
            const posts = new Map<string, string>();
            posts.delete('x');
            const mock: string[] = [];
            mock.findMany;
            "
        ),
        Vec::<String>::new()
    );
}

#[test]
fn what_middleware_leaves_in_a_context() {
    assert_eq!(
        query_calls(
            "
            //- /app.ts
            import { Hono } from 'hono';
            import { PrismaClient } from '@prisma/client';
            const app = new Hono();
            app.use('*', async (c, next) => {
              c.set('services', { db: new PrismaClient() });
              await next();
            });
            //- /route.ts
            export const register = (app) =>
              app.openapi(route, async (c) => {
                const { db } = c.get('services');
                const other = c.get('other');
                return c.json([await db.post.findMany(), await other.rows()]);
              });
            "
        ),
        ["route.ts:5 Post findMany"]
    );
}

//! Entry points: what frameworks call, and what they reach.

use super::{arrivals, entries};

#[test]
fn express_and_fastify_routes() {
    assert_eq!(
        entries(
            "
            //- /app.ts
            import express, { Router } from 'express';
            import { list, guard } from './handlers';
            const app = express();
            const router = Router();
            app.use(guard);
            app.get('/a', async (req, res) => {});
            router.route('/b').post(list).delete(guard, (req, res) => {});
            router.post('/c', [guard], list);
            export function setup(app: express.Application) {
              app.put('/d', function update(req, res) {});
            }
            //- /handlers.ts
            export const list = (req, res) => {};
            export function guard(req, res, next) { next(); }
            //- /fast.ts
            import Fastify from 'fastify';
            const fastify = Fastify();
            fastify.get('/e', { schema: {} }, async (request, reply) => {});
            fastify.route({ method: 'GET', url: '/f', handler: async (request) => {} });
            export default async function plugin(instance, options) {
              instance.post('/g', async (request) => {});
            }
            fastify.register(plugin);
            "
        ),
        [
            "app.ts:10 setup Request",
            "app.ts:6 (anonymous) Request",
            "app.ts:7 (anonymous) Request",
            "fast.ts:3 (anonymous) Request",
            "fast.ts:4 handler Request",
            "fast.ts:5 plugin Callback",
            "fast.ts:6 plugin Request",
            "handlers.ts:1 list Request",
            "handlers.ts:2 guard Request",
        ]
    );
}

#[test]
fn nest_controllers_resolvers_processors_and_schedules() {
    assert_eq!(
        entries(
            "
            //- /all.ts
            import { Controller, Get, Post as HttpPost } from '@nestjs/common';
            import { Resolver, Query, Mutation, ResolveField } from '@nestjs/graphql';
            import { Processor, Process } from '@nestjs/bull';
            import { WorkerHost, Processor as BullProcessor } from '@nestjs/bullmq';
            import { Cron, Interval } from '@nestjs/schedule';
            import { OnEvent } from '@nestjs/event-emitter';
            @Controller('posts')
            export class Posts {
              @Get('/:id') one() {}
              @HttpPost() create() {}
              private helper() {}
            }
            @Resolver()
            export class PostResolver {
              @Query(() => [String]) posts() {}
              @Mutation() remove() {}
              @ResolveField() author() {}
            }
            @Processor('mail')
            export class Mail { @Process('send') send() {} idle() {} }
            @BullProcessor('jobs')
            export class Jobs extends WorkerHost { async process(job) {} }
            export class Times {
              @Cron('* * * * *') tick() {}
              @Interval(5) often() {}
              @OnEvent('x') on() {}
            }
            "
        ),
        [
            "all.ts:10 Posts.create Request",
            "all.ts:15 PostResolver.posts Request",
            "all.ts:16 PostResolver.remove Request",
            "all.ts:17 PostResolver.author Request",
            "all.ts:20 Mail.send Job",
            "all.ts:22 Jobs.process Job",
            "all.ts:24 Times.tick Schedule",
            "all.ts:25 Times.often Schedule",
            "all.ts:26 Times.on Job",
            "all.ts:9 Posts.one Request",
        ]
    );
}

#[test]
fn next_routes_pages_and_actions() {
    assert_eq!(
        entries(
            r#"
            //- /package.json
            {"dependencies":{"next":"15.0.0"}}
            //- /app/api/posts/route.ts
            import { withAuth } from '../../../auth';
            export async function GET() {}
            export const POST = withAuth(async () => {});
            export const revalidate = 60;
            export function helper() {}
            //- /app/posts/page.tsx
            export async function generateMetadata() {}
            export default async function Page() { return <p />; }
            //- /app/actions.ts
            'use server';
            export async function save() {}
            export const remove = async () => {};
            //- /app/inline.tsx
            export function Form() {
              async function submit() { 'use server'; }
              return <form action={submit} />;
            }
            //- /pages/api/old.ts
            export default function handler(req, res) {}
            //- /pages/old.tsx
            export const getServerSideProps = async () => ({ props: {} });
            export default function Old() { return null; }
            //- /auth.ts
            export const withAuth = (handler) => (req) => handler(req);
            "#
        ),
        [
            "app/actions.ts:2 save Request",
            "app/actions.ts:3 remove Request",
            "app/api/posts/route.ts:2 GET Request",
            "app/api/posts/route.ts:3 POST Request",
            "app/inline.tsx:2 submit Request",
            "app/posts/page.tsx:1 generateMetadata Request",
            "app/posts/page.tsx:2 Page Request",
            "pages/api/old.ts:1 handler Request",
            "pages/old.tsx:1 getServerSideProps Request",
            "pages/old.tsx:2 Old Request",
        ]
    );
}

#[test]
fn trpc_bull_and_remix() {
    assert_eq!(
        entries(
            r#"
            //- /trpc.ts
            import { initTRPC } from '@trpc/server';
            const t = initTRPC.create();
            export const procedure = t.procedure;
            export const protectedProcedure = t.procedure.use(async ({ next }) => next());
            export const router = t.router;
            //- /router.ts
            import { router, procedure, protectedProcedure } from './trpc';
            export const posts = router({
              list: procedure.query(async ({ ctx }) => {}),
              save: protectedProcedure.input(schema).mutation(({ input }) => {}),
            });
            //- /worker.ts
            import { Worker, Queue } from 'bullmq';
            import Bull from 'bull';
            new Worker('mail', async (job) => {});
            const queue = new Bull('x');
            queue.process(async function run(job) {});
            //- /remix/package.json
            {"dependencies":{"@remix-run/node":"2"}}
            //- /remix/app/routes/posts.tsx
            export async function loader() {}
            export const action = async () => {};
            export default function Posts() { return null; }
            export function unused() {}
            "#
        ),
        [
            "remix/app/routes/posts.tsx:1 loader Request",
            "remix/app/routes/posts.tsx:2 action Request",
            "remix/app/routes/posts.tsx:3 Posts Request",
            "router.ts:3 list Request",
            "router.ts:4 save Request",
            "trpc.ts:4 protectedProcedure Request",
            "worker.ts:3 (anonymous) Job",
            "worker.ts:5 run Job",
        ]
    );
}

#[test]
fn queries_are_reached_through_services() {
    assert_eq!(
        arrivals(
            "
            //- /app.ts
            import { Controller, Get } from '@nestjs/common';
            import { Service } from './service';
            @Controller()
            export class App {
              constructor(private readonly service: Service) {}
              @Get() list() { return this.service.list(); }
            }
            //- /service.ts
            import { Cron } from '@nestjs/schedule';
            import { PrismaClient } from '@prisma/client';
            const db = new PrismaClient();
            export class Service {
              list() { return [1].map(() => this.inner()); }
              inner() { return db.post.findMany(); }
              orphan() { return db.post.count(); }
              @Cron('* * * * *') nightly() { return db.user.count(); }
            }
            "
        ),
        ["service.ts:6 Request", "service.ts:7 not reached", "service.ts:8 Schedule",]
    );
}

#[test]
fn scripts_and_tests_are_no_entry_points() {
    assert_eq!(
        entries(
            "
            //- /src/app.ts
            import express from 'express';
            express().get('/', () => {});
            //- /prisma/seed.ts
            import express from 'express';
            express().get('/seed', () => {});
            //- /src/app.spec.ts
            describe('a', () => { it('b', async () => {}); });
            "
        ),
        ["src/app.ts:2 (anonymous) Request"]
    );
}

#[test]
fn routes_with_a_description_and_task_runners() {
    assert_eq!(
        entries(
            "
            //- /route.ts
            import type { OpenAPIHono } from '@hono/zod-openapi';
            export const register = (app: OpenAPIHono) => app.openapi(route, async (c) => c.json([]));
            //- /Gruntfile.js
            const grunt = require('grunt');
            module.exports = (grunt) => { grunt.event.on('watch', () => {}); };
            "
        ),
        ["route.ts:2 register Request"]
    );
}

//! Ways in that are easily lost: modules chosen by name, route tables, loops without end, functions typed as handlers.

use super::{arrivals, entries, targets};

#[test]
fn a_module_chosen_by_name_is_one_of_its_folder() {
    assert_eq!(
        targets(
            "
            //- /db/index.js
            const name = process.env.DB;
            const primary = require(`./stores/${name}`);
            primary.extra = function () {};
            module.exports = primary;
            //- /db/stores/one.js
            const one = module.exports;
            require('../one/hash')(one);
            //- /db/stores/two.js
            const two = module.exports;
            two.load = async function loadTwo(key) {};
            //- /db/one/hash.js
            module.exports = function (module) {
              module.load = async function loadOne(key) { return module.keep(key); };
              module.keep = async function keepOne(key) {};
            };
            //- /use.js
            const db = require('./db');
            async function use() { await db.load('a'); }
            "
        )
        .into_iter()
        .filter(|it| it.contains("load ->") || it.contains("keep ->"))
        .collect::<Vec<_>>(),
        ["db/one/hash.js:2 module.keep -> keepOne", "use.js:2 db.load -> loadOne | loadTwo"]
    );
}

#[test]
fn a_method_that_gives_itself_gives_the_class_it_is_called_on() {
    assert_eq!(
        targets(
            "
            //- /base.ts
            export abstract class Base {
              within(tx?: unknown): this {
                if (!tx) { return this; }
                return new (this.constructor as any)(tx);
              }
            }
            //- /users.ts
            import { Base } from './base';
            export class Users extends Base { create() {} }
            export const use = (users: Users) => users.within(1).create();
            "
        )
        .into_iter()
        .filter(|it| it.contains("create ->"))
        .collect::<Vec<_>>(),
        ["users.ts:3 users.within(…).create -> Users.create"]
    );
}

#[test]
fn route_objects_name_their_handlers() {
    assert_eq!(
        entries(
            "
            //- /base.ts
            import { Router } from 'express';
            export class Controller {
              app = Router();
              route(options) { this.app[options.method](options.path, options.handler.bind(this)); }
              get(path, handler, permission) { this.route({ method: 'get', path, handler, permission }); }
            }
            //- /users.ts
            import { Controller } from './base';
            export class Users extends Controller {
              constructor() {
                super();
                this.route({ method: 'post', path: '/users', handler: this.create });
                this.get('/users', this.list, 'READ');
              }
              async create(req, res) {}
              async list(req, res) {}
            }
            "
        ),
        ["users.ts:8 Users.create Request", "users.ts:9 Users.list Request"]
    );
}

#[test]
fn loops_without_end_and_typed_handlers_run_on_their_own() {
    assert_eq!(
        arrivals(
            "
            //- /worker.ts
            import { PrismaClient } from '@prisma/client';
            import type { Job } from 'bullmq';
            import type { Request, Response } from 'express';
            const db = new PrismaClient();
            const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
            export async function poll() {
              while (true) {
                await db.post.findMany();
                await delay(1000);
              }
            }
            export async function pages() {
              while (true) {
                const found = await db.post.findMany({ take: 10 });
                if (found.length === 0) break;
              }
            }
            export const send = async (job: Job) => db.user.count();
            export async function list(req: Request, res: Response) { res.json(await db.user.findMany()); }
            "
        ),
        ["worker.ts:14 not reached", "worker.ts:18 Job", "worker.ts:19 Request", "worker.ts:8 Job"]
    );
}

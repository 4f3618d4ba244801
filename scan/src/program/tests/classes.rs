//! Classes: injection, inheritance, repositories that hold a handle, several implementations.

use super::{query_calls, targets};

const SERVICE: &str = "
//- /prisma.service.ts
import { Injectable, OnModuleInit } from '@nestjs/common';
import { PrismaClient } from '@prisma/client';
@Injectable()
export class PrismaService extends PrismaClient implements OnModuleInit {
  constructor() { super({ log: [] }); }
  async onModuleInit() { await this.$connect(); }
  countAll() { return this.post.count(); }
}
";

fn with_service(text: &str) -> String {
    format!("{SERVICE}{}", text.replace("\n            ", "\n").trim_start())
}

#[test]
fn a_service_that_extends_the_client() {
    assert_eq!(
        query_calls(&with_service(
            "
            //- /posts.service.ts
            import { PrismaService } from './prisma.service';
            export class PostsService {
              constructor(private readonly prisma: PrismaService, @Inject(PrismaService) protected other: PrismaService) {}
              all() { return this.prisma.post.findMany(); }
              one = async (id: string) => this.other.post.findUnique({ where: { id } });
              async both() {
                return this.prisma.$transaction(async (tx) => tx.user.count());
              }
              get repository() { return this.prisma.user; }
              users() { return this.repository.findMany(); }
            }
            "
        )),
        [
            "posts.service.ts:4 Post findMany",
            "posts.service.ts:5 Post findUnique",
            "posts.service.ts:7 User count",
            "posts.service.ts:10 User findMany",
            "prisma.service.ts:7 Post count"
        ]
    );
}

#[test]
fn ways_to_inject() {
    assert_eq!(
        query_calls(&with_service(
            "
            //- /posts.service.ts
            import { forwardRef, Inject } from '@nestjs/common';
            import { PrismaService } from './prisma.service';
            import type { Users } from './users';
            export class A {
              private db: PrismaService;
              constructor(db: PrismaService) { this.db = db; }
              a() { return this.db.post.findMany(); }
            }
            export class B {
              @Inject(PrismaService) private readonly db: PrismaService;
              @Inject() second!: PrismaService;
              b() { return this.db.post.count(); }
              c() { return this.second.user.count(); }
            }
            export class C {
              constructor(@Inject(forwardRef(() => B)) private readonly b: B, private users: Users) {}
              d() { return this.b.b(); }
              e() { return this.users.e(); }
            }
            export class D {
              readonly #db;
              constructor(db: PrismaService) { this.#db = db; }
              f() { return this.#db.user.deleteMany(); }
            }
            //- /users.ts
            import { PrismaService } from './prisma.service';
            export class Users {
              private readonly db = inject(PrismaService);
              constructor(private readonly prisma: Pick<PrismaService, 'user'>, private readonly some: Omit<PrismaService, 'post'>) {}
              e() { return this.prisma.user.findMany(); }
              f() { return this.some.user.findFirst({}); }
            }
            "
        )),
        [
            "posts.service.ts:7 Post findMany",
            "posts.service.ts:12 Post count",
            "posts.service.ts:13 User count",
            "posts.service.ts:23 User deleteMany",
            "prisma.service.ts:7 Post count",
            "users.ts:5 User findMany",
            "users.ts:6 User findFirst"
        ]
    );
}

#[test]
fn repositories_that_hold_a_handle() {
    assert_eq!(
        query_calls(&with_service(
            "
            //- /repository.ts
            import { PrismaService } from './prisma.service';
            export class PrismaRepository<T extends keyof PrismaService> {
              public model: Pick<PrismaService, T>;
              constructor(private _prismaService: PrismaService) { this.model = this._prismaService; }
            }
            export class PrismaTransaction {
              public model: Pick<PrismaService, '$transaction'>;
              constructor(private _prismaService: PrismaService) { this.model = this._prismaService; }
            }
            //- /posts.repository.ts
            import { PrismaRepository, PrismaTransaction } from './repository';
            export class PostsRepository {
              constructor(
                private _post: PrismaRepository<'post'>,
                private _user: PrismaRepository<'user'>,
                private _transaction: PrismaTransaction,
              ) {}
              list() { return this._post.model.post.findMany(); }
              remove(id: string) { return this._transaction.model.$transaction([this._user.model.user.delete({ where: { id } })]); }
            }
            //- /base.ts
            import { PrismaService } from './prisma.service';
            export abstract class Base {
              protected constructor(protected readonly db: PrismaService) {}
              protected get users() { return this.db.user; }
            }
            export class Users extends Base {
              constructor(db: PrismaService) { super(db); }
              all() { return this.users.findMany(); }
              count() { return this.db.user.count(); }
            }
            "
        )),
        [
            "base.ts:8 User findMany",
            "base.ts:9 User count",
            "posts.repository.ts:8 Post findMany",
            "posts.repository.ts:9 User delete",
            "prisma.service.ts:7 Post count"
        ]
    );
}

#[test]
fn methods_through_inheritance_and_interfaces() {
    assert_eq!(
        targets(
            "
            //- /base.ts
            export abstract class Provider {
              abstract send(): void;
              both() { this.send(); this.shared(); }
              shared() {}
            }
            export class Mail extends Provider { send() {} }
            export class Sms extends Provider { send() {} shared() {} }
            export interface Store { get(): void }
            export class Memory implements Store { get() {} }
            export interface Cache { read(): void }
            export class Local implements Cache { read() {} }
            export class Remote implements Cache { read() {} }
            //- /use.ts
            import { Provider, Mail, Store, Cache } from './base';
            export class User {
              constructor(private provider: Provider, private mail: Mail, private store: Store, private cache: Cache) {}
              run() {
                this.provider.send();
                this.mail.send();
                this.mail.shared();
                this.store.get();
                this.cache.read();
                super.nothing();
              }
            }
            "
        ),
        [
            "base.ts:3 this.send -> Mail.send | Sms.send",
            "base.ts:3 this.shared -> Provider.shared | Sms.shared",
            "use.ts:5 this.provider.send -> Mail.send | Sms.send",
            "use.ts:6 this.mail.send -> Mail.send",
            "use.ts:7 this.mail.shared -> Provider.shared",
            "use.ts:8 this.store.get -> Memory.get",
            "use.ts:9 this.cache.read -> Local.read | Remote.read",
        ]
    );
}

#[test]
fn super_static_getters_and_fields() {
    assert_eq!(
        targets(
            "
            //- /use.ts
            class Base { load() {} static create() { return new this(); } }
            class Service extends Base {
              static instance = new Service();
              static get() { return Service.instance; }
              handler = () => { this.load(); };
              bound = this.handler.bind(this);
              get self() { return this; }
              load() { super.load(); }
              #secret() {}
              run() {
                this.handler();
                this.self.load();
                this.#secret();
                const { load } = this;
                const me = this;
                [1].forEach(function () { me.load(); });
                [1].forEach(() => { this.load(); });
              }
            }
            Service.get().run();
            Service.instance.handler();
            new Service().self.self.run();
            "
        ),
        [
            "use.ts:11 this.handler -> Service.handler",
            "use.ts:12 this.self.load -> Service.load",
            "use.ts:13 this.#secret -> Service.#secret",
            "use.ts:16 me.load -> Service.load",
            "use.ts:17 this.load -> Service.load",
            "use.ts:20 Service.get -> Service.get",
            "use.ts:20 Service.get(…).run -> Service.run",
            "use.ts:21 Service.instance.handler -> Service.handler",
            "use.ts:22 Service(…).self.self.run -> Service.run",
            "use.ts:5 this.load -> Service.load",
            "use.ts:8 super.load -> Base.load",
        ]
    );
}

#[test]
fn containers_and_factories() {
    assert_eq!(
        targets(
            "
            //- /service.ts
            export class Service { run() {} }
            export const service = new Service();
            export const createService = (): Service => { throw new Error(); };
            export const makers = { service: () => new Service() };
            export type Services = { service: Service };
            export function build(): Services { return { service: new Service() }; }
            //- /use.ts
            import { container, moduleRef } from 'tsyringe';
            import { Service, service, createService, makers, build } from './service';
            container.resolve(Service).run();
            moduleRef.get<Service>('x').run();
            service.run();
            createService().run();
            makers.service().run();
            build().service.run();
            const { service: local } = build();
            local.run();
            (x as Service).run();
            (<Service>y).run();
            "
        ),
        [
            "use.ts:10 local.run -> Service.run",
            "use.ts:11 x.run -> Service.run",
            "use.ts:12 y.run -> Service.run",
            "use.ts:3 container.resolve(…).run -> Service.run",
            "use.ts:4 moduleRef.get(…).run -> Service.run",
            "use.ts:5 service.run -> Service.run",
            "use.ts:6 createService -> createService",
            "use.ts:6 createService(…).run -> Service.run",
            "use.ts:7 makers.service -> service",
            "use.ts:7 makers.service(…).run -> Service.run",
            "use.ts:8 build -> build",
            "use.ts:8 build(…).service.run -> Service.run",
            "use.ts:9 build -> build",
        ]
    );
}

#[test]
fn what_tests_hand_over_stands_for_nothing() {
    assert_eq!(
        targets(
            "
            //- /store.ts
            import { load } from './load';
            export class Store {
              private readonly from: { load: () => void };
              constructor({ from }) { this.from = from; }
              read() { return this.from.load(); }
            }
            export const store = new Store({ from: { load } });
            //- /load.ts
            export function load() {}
            //- /store.test.ts
            import { Store } from './store';
            const fake = { load: function pretend() {} };
            new Store({ from: fake }).read();
            "
        )
        .into_iter()
        .filter(|it| it.contains("from.load"))
        .collect::<Vec<_>>(),
        ["store.ts:5 this.from.load -> load"]
    );
}

//! MikroORM: entities to tables, managers, repositories, collections, builders, migrations.

use super::{declared_tables, link, query_calls};

const ENTITIES: &str = "
//- /entities.ts
import { Collection, Entity, Enum, Index, ManyToMany, ManyToOne, OneToMany, OneToOne, PrimaryKey, Property, Unique, type Ref } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
@Entity({ abstract: true })
export abstract class Base {
  @PrimaryKey()
  id!: number;
  @Property({ onCreate: () => new Date() })
  createdAt: Date = new Date();
}
@Entity({ tableName: 'people' })
@Index({ properties: ['lastName', 'createdAt'] })
@Index({ name: 'x', expression: 'create index people_bio on people (bio)' })
export class Person extends Base {
  @Property({ columnType: 'varchar(100)' })
  @Unique()
  email!: string;
  @Property({ fieldName: 'surname', nullable: true })
  lastName?: string;
  @Property({ type: 'text', index: true })
  bio!: string;
  @Property({ persist: false })
  computed?: number;
  @OneToMany(() => BlogPost, (post) => post.author)
  posts = new Collection<BlogPost>(this);
  @OneToOne({ entity: () => Profile, mappedBy: 'owner' })
  profile?: Profile;
}
@Entity()
export class BlogPost extends Base {
  @ManyToOne(() => Person, { onDelete: 'cascade' })
  author!: Ref<Person>;
  @ManyToOne({ entity: () => Person, fieldName: 'editor', mapToPk: true, nullable: true })
  editor?: number;
  @ManyToMany(() => Tag, 'posts', { owner: true })
  tags = new Collection<Tag>(this);
}
@Entity()
export class Tag extends Base {
  @Enum(() => Kind)
  kind!: Kind;
  @ManyToMany(() => BlogPost, (post) => post.tags)
  posts = new Collection<BlogPost>(this);
}
@Entity()
export class Profile {
  @OneToOne(() => Person, { primary: true })
  owner!: Person;
}
enum Kind { A = 'a' }
";

fn with_entities(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    format!("{ENTITIES}{}", lines.join("\n"))
}

#[test]
fn entities_to_tables() {
    let linked = link(&with_entities("
        //- /migrations/Migration20240101000000.ts
        import { Migration } from '@mikro-orm/migrations';
        export class Migration20240101000000 extends Migration {
          override async up(): Promise<void> {
            this.addSql('create table \"tag\" (\"id\" serial primary key, \"kind\" text not null, \"color\" text);');
            this.addSql(`create index \"tag_kind\" on \"tag\" (\"kind\") where \"color\" is null;`);
            this.addSql('create table \"audit\" (\"id\" serial primary key)');
          }
          override async down(): Promise<void> { this.addSql('drop table \"tag\"'); }
        }
        "
    ));
    let told = declared_tables(&linked);
    assert_eq!(
        told,
        [
            "migrations/Migration20240101000000.ts:6 audit (id:Int) key id indexes [] references []",
            "entities.ts:28 blog_post (id:Int created_at:Timestamp author_id:Int editor:Int?) key id indexes [] references [author_id -> people.id Cascade, editor -> people.id NoAction]",
            "entities.ts:34 blog_post_tags (blog_post_id:Int tag_id:Int) key blog_post_id+tag_id indexes [] references [blog_post_id -> blog_post.id Cascade, tag_id -> tag.id Cascade]",
            "entities.ts:10 people (id:Int created_at:Timestamp email:Text surname:Text? bio:Text) key id indexes [unique email, bio, surname+created_at, bio] references []",
            "entities.ts:44 profile (owner_id:Int) key owner_id indexes [unique owner_id] references [owner_id -> people.id NoAction]",
            "entities.ts:37 tag (id:Int created_at:Timestamp kind:Enum(\"\") color:Text?) key id indexes [kind partly] references []",
        ]
    );
}

const CALLS: &str = "
            //- /use.ts
            import { MikroORM, type EntityRepository } from '@mikro-orm/core';
            import { EntityManager, SqlEntityManager } from '@mikro-orm/postgresql';
            import { InjectRepository } from '@mikro-orm/nestjs';
            import { BlogPost, Person } from './entities';
            export class Service {
              constructor(
                private readonly em: EntityManager,
                @InjectRepository(Person) private readonly people: EntityRepository<Person>,
              ) {}
              async work(id: number, rows: object[]) {
                const person = await this.em.findOneOrFail(Person, { id }, { populate: ['posts.tags'] });
                await person.posts.loadItems();
                const post = await this.people.getEntityManager().findOne('BlogPost', id);
                await this.people.findAll({ where: { lastName: 'x' }, limit: 3 });
                const fork = this.em.fork();
                await fork.transactional(async (tx) => {
                  const made = tx.create(Person, { email: 'a' });
                  tx.persist(made);
                  await tx.flush();
                  await tx.nativeUpdate(BlogPost, { author: id }, { editor: null });
                  await helper(tx as SqlEntityManager);
                });
                await this.em.persistAndFlush(person);
                await this.em.upsertMany(Person, rows);
                await this.em.getRepository(BlogPost).count({ author: { lastName: 'x' } });
                await this.em.getConnection().execute('select * from people where id = ?', [id]);
                const knex = this.em.getKnex();
                await knex('tag').where('id', id);
                return post;
              }
            }
            const helper = (tx) => tx.nativeDelete(Person, [1, 2]);
            export async function boot() {
              const orm = await MikroORM.init({});
              await orm.em.find(Person, {});
              await orm.em.createQueryBuilder(Person, 'p').select('*').where({ email: 'a' }).getResult();
              await orm.em.qb(BlogPost).insert([]).execute();
              await orm.em.qb(BlogPost).where({ id: 1 });
              await orm.em.execute(orm.em.qb(Person).where({ id: 1 }).getKnexQuery());
            }
            ";

#[test]
fn forms_of_handle() {
    assert_eq!(
        query_calls(&with_entities(CALLS)),
        [
            "use.ts:11 people findOneOrFail",
            "use.ts:12 blog_post loadItems",
            "use.ts:13 blog_post findOne",
            "use.ts:14 people findAll",
            "use.ts:19 ? flush",
            "use.ts:20 blog_post nativeUpdate",
            "use.ts:23 people persistAndFlush",
            "use.ts:24 people upsertMany",
            "use.ts:25 blog_post count",
            "use.ts:26 people select",
            "use.ts:28 tag where",
            "use.ts:32 people nativeDelete",
            "use.ts:35 people find",
            "use.ts:36 people getResult",
            "use.ts:37 blog_post execute",
            "use.ts:38 blog_post where",
            "use.ts:39 people execute",
        ]
    );
}

const READS: &str = "
        //- /use.ts
        import { EntityManager, QueryOrder } from '@mikro-orm/postgresql';
        import { BlogPost, Person } from './entities';
        export async function work(em: EntityManager, id: number, ids: number[], filter: object) {
          await em.find(Person, { lastName: { $like: 'a%' }, createdAt: { $gte: new Date(), $lt: new Date() } }, { limit: 10, offset: id, orderBy: { createdAt: QueryOrder.DESC } });
          await em.find(Person, { $and: [{ id: { $in: ids } }, { email: { $ne: null } }] }, { fields: ['email'] });
          await em.find(Person, { $or: [{ id }, { email: 'a' }], lastName: null });
          await em.find(BlogPost, { author: id });
          await em.find(BlogPost, { author: { email: 'x' } }, { populate: ['tags'] });
          await em.find(BlogPost, { id, ...filter });
          await em.findOne(Person, 7);
          await em.find(Person, ids);
          await em.nativeDelete(Person, { id: { $nin: ids } });
          await em.createQueryBuilder(BlogPost, 'b').leftJoinAndSelect('b.author', 'a').where('a.lastName = ? and b.editor > ?', [1, 2]).orderBy({ id: 'asc' }).limit(2, 4).getResultList();
        }
        ";

#[test]
fn conditions_and_options() {
    let linked = link(&with_entities(READS));
    let told: Vec<String> = linked
        .program
        .queries
        .iter()
        .map(|query| {
            let shape = &query.shape;
            let terms: Vec<String> = shape
                .filter
                .all_of
                .iter()
                .map(|it| format!("{}.{} {:?}", it.column.table, it.column.column, it.op))
                .collect();
            let order: Vec<&str> = shape.order.iter().map(|it| it.column.column.as_str()).collect();
            format!(
                "{:?} {} +{} where {}{} order {} {:?} {:?}",
                shape.operation,
                shape.table.name().unwrap_or("?"),
                shape.joined.join(","),
                terms.join(", "),
                if shape.filter.has_unknown { " …" } else { "" },
                order.join(","),
                shape.limit,
                shape.offset
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "ReadMany people + where people.surname Prefix, people.created_at Range order created_at Constant(10) Dynamic",
            "ReadMany people + where people.id In, people.email NotEqual order  Absent Absent",
            "ReadMany people + where people.surname IsNull … order  Absent Absent",
            "ReadMany blog_post + where blog_post.author_id Equal order  Absent Absent",
            "ReadMany blog_post +people,tag where people.email Equal order  Absent Absent",
            "ReadMany blog_post + where blog_post.id Equal … order  Absent Absent",
            "ReadOne people + where people.id Equal order  Constant(1) Absent",
            "ReadMany people + where people.id In order  Absent Absent",
            "DeleteMany people + where people.id NotEqual order  Absent Absent",
            "ReadMany blog_post +people where people.surname Equal, blog_post.editor Range order id Constant(2) Constant(4)",
        ]
    );
}

#[test]
fn two_libraries_in_one_file_and_entities_that_are_not_known() {
    assert_eq!(
        query_calls(&with_entities(
            "
            //- /use.ts
            import { EntityManager } from '@mikro-orm/postgresql';
            import knex from 'knex';
            import { Person } from './entities';
            const db = knex({ client: 'pg' });
            export async function work<T>(em: EntityManager, entity: new () => T, made: object) {
              await em.find(entity, {});
              await em.find(Person, { id: db('ids').select('id') });
              await db('people').whereIn('id', [1]);
              const Late = class {};
              await em.find(Late, {});
              await em.persistAndFlush(made);
            }
            "
        )),
        [
            "use.ts:6 ? find",
            "use.ts:7 people find",
            "use.ts:8 people whereIn",
            "use.ts:10 ? find",
            "use.ts:11 ? persistAndFlush",
        ]
    );
}

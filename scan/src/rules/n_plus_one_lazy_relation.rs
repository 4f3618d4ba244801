//! Rule `n-plus-one-lazy-relation`: a field resolver queries once per object of an answer.

mod carried;
mod paged;

use tuneup_model::{
    Category, Cost, Count, EvidenceKind, ExperimentKind, Operation, Reading, RuleDoc, Severity, Standing,
};

use super::{Rule, paths, repeats};
use crate::facts::Expr;
use crate::program::{FieldResolver, Memo, Program, Query, Reached, Value};
use crate::report::{At, Draft, Report, Where};

pub(super) static RULE: Rule = Rule {
    doc: RuleDoc {
        id: "n-plus-one-lazy-relation",
        since: "0.1.0",
        severity: Severity::High,
        category: Category::Queries,
        summary: "A field resolver queries the database once per object of the answer",
        why: "GraphQL calls the resolver of a field for each object it returns. A list of 100 posts whose `author` is \
              resolved by a query costs 101 queries, and nothing in the resolver looks like a loop. A loader collects the \
              keys of one tick and asks once.",
        slow: SLOW,
        fast: FAST,
        fine_when: "The objects are only ever asked for one at a time, the list resolver loads the relation along, or the \
                    client joins the calls of one tick itself, as Prisma does for `findUnique`.",
        proof: "The same rows are read on a scratch PostgreSQL by n statements and by one, for growing n",
        standing: Standing::Shown(&[Reading { repository: "usertour/usertour", right: 1, read: 1 }]),
    },
    check,
};

const SLOW: &str = r"
//- /entities.ts
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
@Entity()
export class User {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column() authorId: number;
}
//- /posts.resolver.ts
import { Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Post, User } from './entities';

@Resolver(() => Post)
export class PostsResolver {
  constructor(
    @InjectRepository(Post) private posts: Repository<Post>,
    @InjectRepository(User) private users: Repository<User>,
  ) {}

  @Query(() => [Post])
  latest() {
    return this.posts.find({ order: { id: 'DESC' }, take: 50 });
  }

  @ResolveField(() => User)
  author(@Parent() post: Post) {
    return this.users.findOneBy({ id: post.authorId });
  }
}
";

const FAST: &str = r"
//- /entities.ts
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
@Entity()
export class User {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column() authorId: number;
}
//- /users.loader.ts
import DataLoader from 'dataloader';
import { In, Repository } from 'typeorm';
import { User } from './entities';

export const usersLoader = (users: Repository<User>) =>
  new DataLoader(async (ids: readonly number[]) => {
    const found = await users.findBy({ id: In([...ids]) });
    const byId = new Map(found.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id));
  });
//- /posts.resolver.ts
import { Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Post, User } from './entities';

@Resolver(() => Post)
export class PostsResolver {
  constructor(@InjectRepository(Post) private posts: Repository<Post>) {}

  @Query(() => [Post])
  latest() {
    return this.posts.find({ order: { id: 'DESC' }, take: 50 });
  }

  @ResolveField(() => User)
  author(@Parent() post: Post, @Context('users') users: { load(id: number): Promise<User> }) {
    return users.load(post.authorId);
  }
}
";

fn check(program: &Program, report: &mut Report) {
    for resolver in program.field_resolvers() {
        let reached = program.reach_from(resolver.function, resolver.parent);
        let nearest = reached
            .iter()
            .filter(|it| {
                let shape = &program.queries[it.query as usize].shape;
                it.dependent && shape.operation.is_read() && it.memo != Some(Memo::Request)
            })
            .min_by_key(|it| (it.memo.is_some(), it.ambiguous, it.path.len()));
        if let Some(nearest) = nearest
            && !repeats::is_batched_by_client(&program.queries[nearest.query as usize].shape)
            && !carried::always(program, &resolver)
        {
            report.add(&RULE.doc, repeats::finish(&RULE.doc, draft(program, &resolver, nearest)));
        }
    }
}

/// True where the resolver may answer before it comes to the query: for objects of others, from what it has.
fn answers_first(program: &Program, resolver: &FieldResolver, reached: &Reached) -> bool {
    let facts = program.facts(resolver.function.file);
    let query = &program.queries[reached.query as usize];
    let first = reached.path.first().map_or(query.call, |hop| hop.call);
    let at = facts.span(facts.call(first).expr).start;
    facts.function(resolver.function.id).returns.iter().any(|it| {
        it.guard.is_some()
            && facts.span(it.value).end < at
            && !matches!(facts.expr(it.value), Expr::Null | Expr::Undefined)
    })
}

fn draft(program: &Program, resolver: &FieldResolver, reached: &Reached) -> Draft {
    let facts = program.facts(resolver.function.file);
    let it = facts.function(resolver.function.id);
    let query = &program.queries[reached.query as usize];
    let table = query.shape.table.name().unwrap_or("?");
    let called = paths::callee_text(program, query.file, query.call);
    let message = format!("`{}` runs `{called}` once per object of the answer", resolver.field);
    let at = At { file: resolver.function.file, span: it.name_span };
    let mut draft = Draft::new(Where::Code(at), message, format!("{} › {table}", resolver.field));
    draft.help = format!(
        "load the rows of `{table}` for all objects of the tick at once with a `DataLoader` made per request, or load them \
         along with the list"
    );
    draft.fix = Some(repeats::unsafe_fix(format!("resolve `{}` through a loader", resolver.field)));
    let parent = parent_of(program, resolver);
    let list = parent.as_deref().and_then(|parent| lists_of(program, parent).next());
    draft.cost = Some(Cost {
        now: "n queries".to_owned(),
        after: "1 query".to_owned(),
        counts: vec![Count {
            variable: "n".to_owned(),
            of: format!("objects of `{}` in the answer", parent.as_deref().unwrap_or("the parent type")),
        }],
    });
    match list {
        Some(list) => {
            let at = Where::Code(paths::call_at(program, list.file, list.call));
            let many = list.shape.table.name().unwrap_or("?");
            draft.evidence.push((EvidenceKind::Query, format!("this reads many rows of `{many}`"), at));
        }
        None => draft.doubt("nothing seen reads a list of the objects that this field belongs to"),
    }
    if carried::field(facts, resolver).is_some() {
        draft.doubt("the object may carry the value already; then no query runs");
    } else if paged::has_own_pages(program, resolver) {
        draft.doubt("the field is read in pages of its own, which one statement for all objects cannot give");
    } else if reached.conditional || answers_first(program, resolver, reached) {
        draft.doubt("a condition stands before the query");
    }
    let parent_model = parent.as_deref().and_then(|name| program.catalog.table(name));
    if parent_model.is_some_and(|table| repeats::names_owned(&table.model)) {
        draft.doubt("one user sees few of the objects that this field belongs to");
    }
    if reached.ambiguous {
        draft.doubt("more than one function may be called on the way");
    }
    if reached.memo.is_some() || program.keeps_results(reached) {
        draft.doubt("a wrapper on the way keeps results");
    }
    if query.assumed {
        draft.doubt(repeats::BY_FORM);
    }
    draft.path = paths::hop_steps(program, &reached.path, reached.query);
    draft.experiment = Some(repeats::batch_experiment(&query.shape, ExperimentKind::BatchReads));
    draft.rank = 130;
    draft
}

/// The table of the objects that a resolver gives a field of.
fn parent_of(program: &Program, resolver: &FieldResolver) -> Option<String> {
    let facts = program.facts(resolver.function.file);
    let param = facts.function(resolver.function.id).params.get(resolver.parent as usize)?;
    let typed = program.type_value(resolver.function.file, param.annotation?);
    let model = match typed {
        Value::Instance(class) => program.entity(class),
        _ => None,
    };
    if let Some(model) = model {
        return Some(program.model(model).table.clone());
    }
    // A type generated from the schema of the database has the name of its model.
    let name = match facts.type_expr(param.annotation?) {
        crate::facts::TypeExpr::Name { root, path, .. } => facts.name(*path.last().unwrap_or(root)),
        _ => return None,
    };
    program.catalog.tables.iter().find(|table| table.model == name).map(|table| table.name.clone())
}

/// The queries that read many rows of the table for work that users start.
fn lists_of<'p>(program: &'p Program, table: &str) -> impl Iterator<Item = &'p Query> {
    program.queries.iter().filter(move |query| {
        query.shape.operation == Operation::ReadMany
            && query.shape.table.name() == Some(table)
            && program.is_app(query.file)
    })
}

#[cfg(test)]
mod tests {
    use super::super::laws;
    use super::RULE;

    const APP: &str = r"
//- /entities.ts
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
@Entity()
export class User {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
}
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @ManyToOne(() => User) author: User;
  @Column() authorId: number;
}
//- /services.ts
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Post, User } from './entities';
@Injectable()
export class UsersService {
  constructor(@InjectRepository(User) private users: Repository<User>) {}
  byId(id: number) {
    return this.users.findOneBy({ id });
  }
}
@Injectable()
export class PostsService {
  constructor(@InjectRepository(Post) private posts: Repository<Post>) {}
  latest() {
    return this.posts.find({ take: 50 });
  }
}
";

    fn check(text: &str) {
        laws::check(&RULE, &format!("{APP}{text}"));
    }

    #[test]
    fn a_service_queries_for_a_nest_resolver() {
        check(
            "
//- /posts.resolver.ts
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Post, User } from './entities';
import { UsersService } from './services';
@Resolver(() => Post)
export class PostsResolver {
  constructor(private users: UsersService) {}
  @ResolveField(() => User)
  author(@Parent() post: Post) {
//^^^^^^ n-plus-one-lazy-relation: `PostsResolver.author` runs `this.users.findOneBy` once per object of the answer
    return this.users.byId(post.authorId);
  }
}
",
        );
    }

    #[test]
    fn a_map_of_resolvers() {
        check(
            "
//- /resolvers.ts
import { DataSource } from 'typeorm';
import { Post, User } from './entities';
const db = new DataSource({ type: 'postgres' });
export const resolvers = {
  Query: {
    posts: () => db.getRepository(Post).find({ take: 20 }),
  },
  Post: {
    author: (post: Post) => db.getRepository(User).findOneBy({ id: post.authorId }),
          //^ n-plus-one-lazy-relation: `Post.author` runs `db.getRepository(…).findOneBy` once per object of the answer
  },
};
",
        );
    }

    #[test]
    fn what_the_object_carries_already_is_not_shown() {
        check(
            "
//- /posts.resolver.ts
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Post, User } from './entities';
import { UsersService } from './services';
@Resolver(() => Post)
export class PostsResolver {
  constructor(private users: UsersService) {}
  @ResolveField(() => User)
  author(@Parent() post: Post) {
    if (post.author) {
      return post.author;
    }
    return this.users.byId(post.authorId);
  }
}
",
        );
    }

    #[test]
    fn objects_that_come_alone_are_not_shown() {
        check(
            "
//- /users.resolver.ts
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { User } from './entities';
import { UsersService } from './services';
@Resolver(() => User)
export class UsersResolver {
  constructor(private users: UsersService) {}
  @ResolveField(() => User)
  manager(@Parent() user: User) {
    return this.users.byId(user.id);
  }
}
",
        );
    }

    #[test]
    fn a_page_per_object_is_not_shown() {
        check(
            "
//- /users.resolver.ts
import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Post, User } from './entities';
@Resolver(() => Post)
export class PostsResolver {
  constructor(@InjectRepository(User) private users: Repository<User>) {}
  @ResolveField(() => [User])
  readers(@Parent() post: Post, @Args() args: { options: { skip: number; take: number } }) {
    return this.users.find({ where: { id: post.authorId }, skip: args.options.skip, take: args.options.take });
  }
  @ResolveField(() => [User])
  writers(@Parent() post: Post, @Args('first') first: number) {
    return this.users.find({ where: { id: post.authorId }, take: first });
  }
  @ResolveField(() => [User])
  editors(@Parent() post: Post, @Args() args: { options: { take: number } }) {
//^^^^^^^ n-plus-one-lazy-relation
    return this.users.find({ where: { id: post.authorId } });
  }
}
",
        );
    }

    #[test]
    fn a_part_of_what_the_object_carries_is_not_shown() {
        check(
            "
//- /posts.resolver.ts
import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Post, User } from './entities';
import { UsersService } from './services';
@Resolver(() => Post)
export class PostsResolver {
  constructor(private users: UsersService) {}
  @ResolveField(() => [User])
  async authors(@Parent() post: Post & { authors?: User[] }) {
    if (post.authors) {
      return post.authors.filter((author) => author.name);
    }
    return [await this.users.byId(post.authorId)];
  }
}
",
        );
    }
}

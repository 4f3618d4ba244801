//! Sequelize: models, handles, rows and associations to queries; declarations and migrations to tables.

use tuneup_model::{Bound, Operation, PredicateOp, Table};

use super::{link, query_calls};

/// Models in the forms of plain JavaScript, circularly associated.
const MODELS: &str = "
//- /models/User.js
const { DataTypes, Model } = require('sequelize');
class User extends Model {
  constructor(values, options) {
    super(values, options);
    /** @type {string} */
    this.email
    /** @type {import('./Post')[]} */
    this.posts
  }
  static findByEmail(email) { return this.findOne({ where: { email } }); }
  static create(values) { return super.create(values); }
  async rename(name) { this.name = name; await this.save(); }
  static init(sequelize) {
    super.init(
      { id: { type: DataTypes.UUID, primaryKey: true }, email: DataTypes.STRING, name: { type: DataTypes.TEXT, unique: true } },
      { sequelize, modelName: 'user', indexes: [{ fields: ['email', { name: 'name' }] }] }
    );
  }
}
module.exports = User;
//- /models/Post.js
const { DataTypes, Model, Op } = require('sequelize');
class Post extends Model {
  static init(sequelize) {
    super.init({ title: DataTypes.STRING, size: DataTypes.INTEGER }, { sequelize, modelName: 'post', underscored: true });
    const { user, tag } = sequelize.models;
    user.hasMany(Post, { onDelete: 'CASCADE' });
    Post.belongsTo(user);
    Post.belongsTo(user, { as: 'editor', foreignKey: 'editorId' });
    Post.belongsToMany(tag, { through: 'postTags' });
    tag.belongsToMany(Post, { through: 'postTags' });
  }
}
module.exports = Post;
//- /models/Tag.js
module.exports = (sequelize, DataTypes) => {
  const Tag = sequelize.define('tag', { label: DataTypes.STRING, upper: DataTypes.VIRTUAL }, { timestamps: false });
  return Tag;
};
//- /Database.js
const { Sequelize } = require('sequelize');
class Database {
  constructor() { this.sequelize = null; }
  get models() { return this.sequelize?.models || {}; }
  /** @type {typeof import('./models/User')} */
  get userModel() { return this.models.user; }
  connect() {
    this.sequelize = new Sequelize({ dialect: 'sqlite', storage: 'x' });
    require('./models/User').init(this.sequelize);
    require('./models/Post').init(this.sequelize);
    require('./models/Tag')(this.sequelize, Sequelize.DataTypes);
  }
}
module.exports = new Database();
";

/// What the tests' own files stand behind.
const INDENT: &str = "            ";

fn calls(text: &str) -> Vec<String> {
    let own: Vec<&str> = text.lines().map(|line| line.strip_prefix(INDENT).unwrap_or(line)).collect();
    let own = own.join("\n");
    query_calls(&format!("{MODELS}{own}")).into_iter().filter(|line| line.starts_with("use")).collect()
}

fn table(text: &str, name: &str) -> Table {
    let linked = link(text);
    linked.program.catalog.table(name).unwrap_or_else(|| panic!("no table {name}")).clone()
}

fn indexes(table: &Table) -> Vec<String> {
    let text = |index: &tuneup_model::Index| {
        let unique = if index.unique { " unique" } else { "" };
        format!("{}{unique}", index.columns.join(","))
    };
    table.indexes.iter().map(text).collect()
}

fn keys(table: &Table) -> Vec<String> {
    table.foreign_keys.iter().map(|key| format!("{} {}", key.columns.join(","), key.references)).collect()
}

#[test]
fn every_form_of_handle() {
    assert_eq!(
        calls(
            "
            //- /use.js
            const Database = require('./Database');
            const User = require('./models/User');
            Database.userModel.findAll();
            Database.models.post.count();
            Database.sequelize.models.tag.findOne();
            Database.sequelize.model('user').max('id');
            User.findByPk(1);
            const { post: Post, tag } = Database.models;
            Post.bulkCreate([]);
            tag.scope('x').destroy({ where: { id: 1 } });
            User.create({});
            Database.sequelize.query('SELECT * FROM posts');
            /** @param {typeof import('./models/Post')} model */
            const count = (model) => model.findAndCountAll();
            "
        ),
        [
            "use.js:3 users findAll",
            "use.js:4 posts count",
            "use.js:5 tags findOne",
            "use.js:6 users max",
            "use.js:7 users findByPk",
            "use.js:9 posts bulkCreate",
            "use.js:10 tags destroy",
            "use.js:11 users create",
            "use.js:12 posts select",
            "use.js:14 posts findAndCountAll",
        ]
    );
}

#[test]
fn rows_and_their_associations() {
    assert_eq!(
        calls(
            "
            //- /use.js
            const Database = require('./Database');
            /** @param {import('./models/User')} user */
            async function touch(user) {
              await user.save();
              const posts = await user.getPosts({ limit: 3 });
              for (const post of posts) await post.destroy();
              for (const [n, post] of posts.entries()) await post.update({ size: n });
              await user.countPosts();
              await user.posts[0].reload();
              await posts[0].addTag(1);
              await posts[0].setEditor(user);
              await posts[0][`get${user.kind}`]();
              user.getName();
            }
            async function page() {
              const { rows, count } = await Database.userModel.findAndCountAll();
              await rows[0].increment('size');
              const [row, made] = await Database.userModel.findOrCreate({ where: {} });
              await row.destroy();
              (await Database.userModel.findByEmail('a')).rename('b');
            }
            "
        ),
        [
            "use.js:4 users save",
            "use.js:5 posts getPosts",
            "use.js:6 posts destroy",
            "use.js:7 posts update",
            "use.js:8 posts countPosts",
            "use.js:9 posts reload",
            "use.js:10 postTags addTag",
            "use.js:11 posts setEditor",
            "use.js:12 ? get…",
            "use.js:16 users findAndCountAll",
            "use.js:17 users increment",
            "use.js:18 users findOrCreate",
            "use.js:19 users destroy",
        ]
    );
}

#[test]
fn transactions_and_rows_of_a_request() {
    assert_eq!(
        calls(
            "
            //- /use.js
            const Database = require('./Database');
            /**
             * @typedef Held
             * @property {import('./models/Post')} post
             *
             * @typedef {import('express').Request & Held} PostRequest
             */
            class Posts {
              /**
               * @param {PostRequest} req
               */
              async remove(req, res) {
                await req.post.destroy();
                await Database.sequelize.transaction(async (transaction) => {
                  await Database.userModel.update({ name: '' }, { where: { id: req.params.id }, transaction });
                });
              }
            }
            module.exports = new Posts();
            "
        ),
        ["use.js:13 posts destroy", "use.js:15 users update"]
    );
}

#[test]
fn tables_of_models() {
    let users = table(MODELS, "users");
    assert_eq!(users.primary_key, ["id"]);
    assert_eq!(indexes(&users), ["name unique", "email,name"]);
    let fields: Vec<&str> = users.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(fields, ["id", "email", "name", "createdAt", "updatedAt"]);

    let posts = table(MODELS, "posts");
    assert_eq!(keys(&posts), ["user_id users", "editor_id users"]);
    assert_eq!(indexes(&posts), [""; 0], "a reference gets no index by itself");
    let fields: Vec<&str> = posts.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(fields, ["title", "size", "id", "created_at", "updated_at", "user_id", "editor_id"]);

    let tags = table(MODELS, "tags");
    assert_eq!(tags.columns.len(), 2, "a virtual attribute has no column");
    let between = table(MODELS, "postTags");
    assert_eq!(between.primary_key, ["post_id", "tag_id"]);
    assert_eq!(keys(&between), ["post_id posts", "tag_id tags"]);
}

#[test]
fn shapes_of_options() {
    let linked = link(&format!(
        "{MODELS}
//- /use.js
const {{ Op }} = require('sequelize');
const Database = require('./Database');
const ids = [1, 2];
Database.models.post.findAll({{
  where: {{ userId: ids, size: {{ [Op.gt]: 3, [Op.lt]: 9 }}, [Op.and]: [{{ title: {{ [Op.like]: 'a%' }} }}] }},
  include: [{{ model: Database.userModel, where: {{ email: 'x' }} }}, {{ model: Database.models.tag }}],
  order: [['createdAt', 'DESC']],
  attributes: ['id', 'title'],
  limit: 20,
  offset: 40
}});
Database.models.post.bulkCreate([], {{ updateOnDuplicate: ['title'] }});
Database.models.post.findAll({{ where: {{ [Op.or]: [{{ size: 1 }}, {{ title: 'a' }}] }} }});
"
    ));
    let file = linked.program.files.iter().position(|facts| facts.path == "use.js").unwrap() as u32;
    let shapes: Vec<_> =
        linked.program.queries.iter().filter(|query| query.file == file).map(|query| &query.shape).collect();
    let first = shapes[0];
    let terms: Vec<_> = first
        .filter
        .all_of
        .iter()
        .map(|it| (it.column.table.as_str(), it.column.column.as_str(), it.op))
        .collect();
    assert_eq!(
        terms,
        [
            ("posts", "user_id", PredicateOp::In),
            ("posts", "size", PredicateOp::Range),
            ("posts", "title", PredicateOp::Prefix),
            ("users", "email", PredicateOp::Equal),
        ]
    );
    assert!(!first.filter.has_unknown);
    assert_eq!(first.joined, ["postTags", "tags", "users"]);
    assert_eq!((first.limit, first.offset), (Bound::Constant(20), Bound::Constant(40)));
    assert!(first.order_known && first.order[0].descending);
    assert_eq!(first.order[0].column.column, "created_at");
    assert_eq!(shapes[1].operation, Operation::Upsert);
    assert!(shapes[2].filter.all_of.is_empty() && shapes[2].filter.has_unknown);
}

#[test]
fn decorated_classes() {
    let text = "
            //- /team.ts
            import { Table, Column, Model, HasMany, PrimaryKey } from 'sequelize-typescript';
            import { Player } from './player';
            @Table({ tableName: 'team' })
            export class Team extends Model<Team> {
              @PrimaryKey @Column code: string;
              @HasMany(() => Player) players: Player[];
            }
            //- /player.ts
            import { Table, Column, Model, ForeignKey, BelongsTo, Index } from 'sequelize-typescript';
            import { Team } from './team';
            @Table
            export class Player extends Model<Player> {
              @Index @Column name: string;
              @ForeignKey(() => Team) @Column teamCode: string;
              @BelongsTo(() => Team) team: Team;
            }
            //- /use.ts
            import { Player } from './player';
            export async function f() {
              const player = await Player.findOne({ where: { name: 'a' }, include: ['team'] });
              await player.team.save();
              const team = await player.$get('team');
            }
            ";
    assert_eq!(query_calls(text), ["use.ts:3 Players findOne", "use.ts:4 team save"]);
    let players = table(text, "Players");
    assert_eq!(keys(&players), ["teamCode team"]);
    assert_eq!(indexes(&players), ["name"]);
}

#[test]
fn a_registry_filled_by_a_loop() {
    assert_eq!(
        query_calls(
            "
            //- /models/index.js
            const fs = require('fs');
            const Sequelize = require('sequelize');
            const db = {};
            const sequelize = new Sequelize('postgres://localhost/x', { define: { underscored: true } });
            fs.readdirSync(__dirname).forEach((file) => {
              const model = require('./' + file)(sequelize, Sequelize.DataTypes);
              db[model.name] = model;
            });
            db.sequelize = sequelize;
            module.exports = db;
            //- /models/orderLine.js
            module.exports = (sequelize, DataTypes) => {
              const OrderLine = sequelize.define('OrderLine', { orderId: DataTypes.INTEGER });
              OrderLine.associate = (models) => { OrderLine.belongsTo(models.OrderLine, { as: 'parent' }); };
              return OrderLine;
            };
            //- /use.js
            const db = require('./models');
            const { OrderLine } = require('./models');
            db.OrderLine.findAll({ where: { orderId: 1 } });
            OrderLine.count();
            db.Missing.count();
            "
        ),
        ["use.js:3 order_lines findAll", "use.js:4 order_lines count"]
    );
}

#[test]
fn indexes_of_migrations() {
    let text = format!(
        "{MODELS}
//- /migrations/1-add.js
const all = [{{ table: 'posts', fields: ['size', 'title'] }}];
async function up({{ context: {{ queryInterface }} }}) {{
  await queryInterface.addIndex('posts', ['user_id'], {{ name: 'by_user' }});
  await queryInterface.addIndex('posts', {{ fields: ['editor_id'], name: 'by_editor', unique: true }});
  await add(queryInterface, 'posts', ['title']);
  for (const index of all) await queryInterface.addIndex(index.table, index.fields);
  await queryInterface.addIndex('posts', ['nowhere']);
  await queryInterface.addIndex(process.env.TABLE, ['size']);
}}
async function add(queryInterface, table, columns) {{ await queryInterface.addIndex(table, columns); }}
async function down({{ context: {{ queryInterface }} }}) {{ await queryInterface.addIndex('posts', ['size']); }}
module.exports = {{ up, down }};
//- /migrations/2-remove.js
module.exports = {{
  up: async (queryInterface) => {{ await queryInterface.removeIndex('posts', 'by_user'); }},
  down: async (queryInterface) => {{ await queryInterface.removeIndex('posts', ['title']); }}
}};
"
    );
    assert_eq!(indexes(&table(&text, "posts")), ["editor_id unique", "title", "size,title"]);
}

#[test]
fn migrations_follow_the_names_of_their_time() {
    let text = "
//- /models.js
const { DataTypes, Sequelize } = require('sequelize');
const sequelize = new Sequelize('postgres://');
sequelize.define('page', {
  title: DataTypes.STRING, shelfId: DataTypes.INTEGER, teamId: DataTypes.INTEGER, old: DataTypes.INTEGER
}, { tableName: 'pages', paranoid: true });
//- /migrations/1-add.js
module.exports = { up: async (queryInterface) => {
  await queryInterface.addIndex('sheets', ['bookId', 'title']);
  await queryInterface.addIndex('sheets', ['title']);
  await queryInterface.addIndex('sheets', ['title', 'gone']);
} };
//- /migrations/2-rename.js
module.exports = { up: async (queryInterface) => {
  await queryInterface.renameColumn('sheets', 'bookId', 'shelfId');
  await queryInterface.renameTable('sheets', 'pages');
  await queryInterface.removeColumn('pages', 'gone');
  await queryInterface.removeIndex('pages', 'sheets_title');
  await queryInterface.addIndex('pages', ['teamId', 'deletedAt']);
} };
";
    assert_eq!(indexes(&table(text, "pages")), ["shelfId,title", "teamId,deletedAt"]);
}

#[test]
fn what_is_not_known_stays_unknown() {
    assert_eq!(
        calls(
            "
            //- /use.js
            const { Sequelize, Model } = require('sequelize');
            const Database = require('./Database');
            const sequelize = new Sequelize('sqlite::memory:');
            const dynamic = sequelize.define(process.env.NAME, {});
            dynamic.findAll();
            const either = process.env.X ? Database.userModel : Database.models.post;
            either.count();
            Database.models.nothing.findAll();
            class Bare extends Model {}
            Bare.findAll();
            const settings = { update() {}, save() {} };
            settings.update();
            "
        ),
        ["use.js:5 ? findAll", "use.js:7 ? count"]
    );
}

#[test]
fn two_libraries_in_one_file() {
    assert_eq!(
        calls(
            "
            //- /use.ts
            import { PrismaClient } from '@prisma/client';
            import Database from './Database';
            const prisma = new PrismaClient();
            prisma.post.findMany();
            Database.userModel.findAll();
            "
        ),
        ["use.ts:4 Post findMany", "use.ts:5 users findAll"]
    );
}

#[test]
fn rows_collected_into_a_list_and_fakes_of_tests() {
    assert_eq!(
        calls(
            "
            //- /use.js
            const Database = require('./Database');
            /** @typedef {{ row: import('./models/User') }} Held */
            /** @param {Held & Request} req */
            async function remove(req) { await req.row.destroy(); }
            async function sweep() {
              const old = [];
              for (const post of await Database.models.post.findAll()) old.push(post);
              await Promise.all(old.map(async (post) => post.destroy()));
            }
            module.exports = { remove, sweep };
            //- /test/use.test.js
            const { remove } = require('../use');
            remove({ row: { destroy() {} } });
            "
        ),
        ["use.js:4 users destroy", "use.js:7 posts findAll", "use.js:8 posts destroy"]
    );
}

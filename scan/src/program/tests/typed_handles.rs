//! Declared handles that are known by their type, by a container's name for them, or by the models in method names.

use super::query_calls_with;

const SERVICES: &str = r#"
[[handles]]
package = "@acme/*"
type = "I*Service"
registered-as = ["Keys.*", "catalog"]
table-type-argument = 0
table-field = ["{model}Service_", "{model}s"]

[[handles.calls]]
methods = ["list", "list{models}"]
does = "read-many"

[[handles.calls]]
methods = ["retrieve{model}"]
does = "read-one"

[[handles]]
package = "@acme/*"
export = "Service"
path = "()()"

[[handles.calls]]
methods = ["list{models}"]
does = "read-many"

[[handles]]
package = "@acme/*"
registered-as = ["query"]

[[handles.calls]]
methods = ["()", "graph"]
does = "read-many"
table-argument = 0
table-property = ["entity", "from"]
"#;

/// The lines with their tables and methods.
fn asked(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    query_calls_with(SERVICES, &lines.join("\n"))
}

#[test]
fn values_of_a_declared_type() {
    let found = asked(
        "
        //- /package.json
        { \"name\": \"shop\", \"dependencies\": { \"@acme/framework\": \"1\" } }
        //- /entities.ts
        import { Entity, PrimaryKey } from '@mikro-orm/core';
        @Entity({ tableName: 'shop_order' })
        export class Order {
          @PrimaryKey() id!: string;
        }
        //- /use.ts
        import type { IModelService, IShopService, Other } from '@acme/framework/types';
        import type * as Types from '@acme/framework/types';
        import { Order } from './entities';
        class Shop {
          constructor(private readonly byType: IModelService<Order>, protected userService_: Types.IModelService<any>) {}
          async all(shop: IShopService, other: Other) {
            await this.byType.list();
            await this.userService_.list();
            await shop.listOrders({});
            await shop.retrieveUser('1');
            await shop.listUser('not a plural');
            await shop.listThings();
            await other.listOrders();
          }
        }
        export const asked = (container: any) => container.resolve<IShopService>('shop').listPosts();
        ",
    );
    assert_eq!(
        found,
        [
            "use.ts:7 shop_order list",
            "use.ts:8 User list",
            "use.ts:9 shop_order listOrders",
            "use.ts:10 User retrieveUser",
            "use.ts:16 Post listPosts",
        ]
    );
}

/// The package that is declared may be one of the repository: its source is asked for what is not declared.
#[test]
fn a_package_of_the_repository() {
    let found = asked(
        "
        //- /package.json
        { \"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\"] }
        //- /packages/types/package.json
        { \"name\": \"@acme/types\", \"main\": \"index.ts\" }
        //- /packages/types/index.ts
        export interface IShopService {
          listUsers(): Promise<unknown[]>;
          tidy(): Promise<void>;
        }
        export function Service(models: object): any {
          return class {};
        }
        //- /packages/shop/package.json
        { \"name\": \"shop\", \"dependencies\": { \"@acme/types\": \"*\", \"@prisma/client\": \"*\" } }
        //- /packages/shop/shop.ts
        import { PrismaClient } from '@prisma/client';
        import { Service, type IShopService } from '@acme/types';
        const prisma = new PrismaClient();
        export class Shop extends Service({}) implements IShopService {
          async listUsers() { return []; }
          async tidy() { await this.listPosts(); await this.listUsers(); await prisma.post.deleteMany({}); }
        }
        export async function work(shop: IShopService) {
          await shop.listUsers();
          await shop.tidy();
        }
        ",
    );
    assert_eq!(
        found,
        [
            "packages/shop/shop.ts:6 Post listPosts",
            "packages/shop/shop.ts:6 Post deleteMany",
            "packages/shop/shop.ts:9 User listUsers",
        ]
    );
}

#[test]
fn what_a_container_gives_for_a_name() {
    let found = asked(
        "
        //- /package.json
        { \"name\": \"shop\", \"dependencies\": { \"@acme/framework\": \"1\" } }
        //- /names.ts
        export const NAME = 'query';
        //- /use.ts
        import { Keys, queryOf } from '@acme/framework';
        import { Keys as Others } from 'elsewhere';
        import { NAME } from './names';
        export async function work(container: any, wanted: string) {
          const shop = container.resolve(Keys.SHOP);
          await shop.listPosts();
          await container.resolve('catalog').listUsers();
          await container.resolve(Others.SHOP).listUsers();
          await container.resolve('other').listUsers();
          const query = container.resolve(NAME);
          const object = queryOf({ from: 'posts', fields: ['id'] });
          await query(object);
          await query.graph({ entity: 'user' });
          await query.graph({ entity: wanted });
          await query.graph({ entity: 'nothing_known' });
        }
        ",
    );
    assert_eq!(
        found,
        [
            "use.ts:6 Post listPosts",
            "use.ts:7 User listUsers",
            "use.ts:12 Post query",
            "use.ts:13 User graph",
            "use.ts:14 ? graph",
            "use.ts:15 ? graph",
        ]
    );
}

/// A name alone says nothing in a program that does not use the package.
#[test]
fn a_program_without_the_package() {
    let found = asked(
        "
        //- /package.json
        { \"name\": \"shop\" }
        //- /use.ts
        export const all = (container: any) => container.resolve('query').graph({ entity: 'user' });
        ",
    );
    assert_eq!(found, [] as [&str; 0]);
}

/// Two modules may have models of one name: that of the caller's package is meant, else none.
#[test]
fn models_of_one_name() {
    let found = asked(
        "
        //- /package.json
        { \"name\": \"root\", \"private\": true, \"workspaces\": [\"modules/*\"] }
        //- /modules/cart/package.json
        { \"name\": \"cart\", \"dependencies\": { \"@acme/framework\": \"1\" } }
        //- /modules/cart/address.ts
        import { Entity, PrimaryKey } from '@mikro-orm/core';
        import type { IShopService } from '@acme/framework/types';
        @Entity({ tableName: 'cart_address' })
        export class Address {
          @PrimaryKey() id!: string;
        }
        export const ours = (shop: IShopService) => shop.listAddresses();
        //- /modules/order/package.json
        { \"name\": \"order\" }
        //- /modules/order/address.ts
        import { Entity, PrimaryKey } from '@mikro-orm/core';
        @Entity({ tableName: 'order_address' })
        export class Address {
          @PrimaryKey() id!: string;
        }
        //- /modules/other/package.json
        { \"name\": \"other\", \"dependencies\": { \"@acme/framework\": \"1\" } }
        //- /modules/other/use.ts
        import type { IShopService } from '@acme/framework/types';
        export const any = (shop: IShopService) => shop.listAddresses();
        ",
    );
    assert_eq!(
        found,
        ["modules/cart/address.ts:7 cart_address listAddresses", "modules/other/use.ts:2 ? listAddresses"]
    );
}

//! Clients that hold connections: what makes one, and which one it should be.

use crate::facts::CallKind;
use crate::program::value::Api;

/// What a made client holds open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holds {
    /// A pool of connections to a database.
    Pool,
    /// One connection to a database.
    Connection,
    /// A connection to Redis.
    Redis,
    /// A queue, with the connections to Redis of its own.
    Queue,
}

/// What the call makes, where that holds connections.
pub(crate) fn connects(api: &Api, kind: CallKind) -> Option<Holds> {
    let path = api.plain_path();
    let made = kind == CallKind::New;
    Some(match api.package.as_str() {
        package if path == "PrismaClient" && made && is_prisma(package) => Holds::Pool,
        "pg" | "@neondatabase/serverless" | "@vercel/postgres" => match path {
            "Pool" if made => Holds::Pool,
            "Client" if made => Holds::Connection,
            _ => return None,
        },
        "mysql" | "mysql2" | "mysql2/promise" | "promise-mysql" | "mariadb" => match path {
            "createPool" | "createPoolCluster" => Holds::Pool,
            "createConnection" => Holds::Connection,
            _ => return None,
        },
        "postgres" | "knex" if matches!(path, "" | "knex") && !made => Holds::Pool,
        "typeorm" if path == "createConnection" || (path == "DataSource" && made) => Holds::Pool,
        "sequelize" | "sequelize-typescript" | "@sequelize/core"
            if matches!(path, "" | "Sequelize") && made =>
        {
            Holds::Pool
        }
        "mongodb" if (path == "MongoClient" && made) || path == "MongoClient.connect" => Holds::Pool,
        "ioredis" if matches!(path, "" | "Redis" | "Cluster" | "Redis.Cluster") && made => Holds::Redis,
        "redis" | "@redis/client" if matches!(path, "createClient" | "createCluster") => Holds::Redis,
        "bullmq" if made && matches!(path, "Queue" | "QueueEvents" | "FlowProducer" | "QueuePro") => {
            Holds::Queue
        }
        "bull" | "bee-queue" if path.is_empty() => Holds::Queue,
        package if makes_pool(package, path) => Holds::Pool,
        _ => return None,
    })
}

/// Functions that open a pool.
fn makes_pool(package: &str, path: &str) -> bool {
    matches!(
        (package, path),
        ("pg-promise", "()") | ("slonik", "createPool") | ("mongoose", "createConnection")
    )
}

fn is_prisma(package: &str) -> bool {
    package == "@prisma/client"
        || package.starts_with("@prisma/client/")
        || package.starts_with("@prisma/client#")
        || package.starts_with(".prisma/client")
}

impl Holds {
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Pool => "a pool of connections",
            Self::Connection => "a database connection",
            Self::Redis => "a Redis connection",
            Self::Queue => "a queue with Redis connections of its own",
        }
    }
}

//! What a connection says of all its models: dialect, and options that models share.

use tuneup_model::Dialect;

use crate::facts::{CallKind, Expr, ExprId, PropKey};
use crate::objects::{Given, Object, Reader};
use crate::orm::text_at;
use crate::place::Place;
use crate::program::{Program, Role, Value};

/// What the constructor of the connection says of all models.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) dialect: Dialect,
    pub(super) styles: Styles,
}

/// Options that models share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the library")]
pub(super) struct Styles {
    pub(super) underscored: bool,
    pub(super) freeze: bool,
    pub(super) timestamps: bool,
    pub(super) paranoid: bool,
}

impl Settings {
    pub(super) fn of(program: &Program, reader: &Reader<'_>) -> Self {
        let plain = Styles { underscored: false, freeze: false, timestamps: true, paranoid: false };
        let mut settings = Self { dialect: Dialect::Postgresql, styles: plain };
        let mut stated = None;
        for (file, facts) in program.files.iter().enumerate() {
            if program.roles[file] == Role::Test {
                continue;
            }
            for call in facts.calls.iter().filter(|call| call.kind == CallKind::New) {
                let at = |expr: ExprId| Place { file: file as u32, expr };
                let Value::Api(api) = program.eval(at(call.callee)) else { continue };
                if !super::is_own(&api.package) || !super::is_constructor(&api.path) {
                    continue;
                }
                for arg in facts.list(call.args) {
                    if let Some(url) = text_at(program, at(*arg)) {
                        stated = stated.or_else(|| named_dialect(url.split(':').next().unwrap_or_default()));
                        continue;
                    }
                    let options = reader.object(at(*arg));
                    if let Given::Sure(at) = options.get("dialect") {
                        stated = stated.or_else(|| text_at(program, at).and_then(named_dialect));
                    }
                    if let Given::Sure(at) = options.get("define") {
                        settings.styles = settings.styles.with(reader, &reader.object(at));
                    }
                }
            }
        }
        settings.dialect = stated.or_else(|| configured(program)).unwrap_or(Dialect::Postgresql);
        settings
    }
}

impl Styles {
    pub(super) fn with(mut self, reader: &Reader<'_>, options: &Object<'_>) -> Self {
        let flags = [
            ("underscored", &mut self.underscored),
            ("freezeTableName", &mut self.freeze),
            ("timestamps", &mut self.timestamps),
            ("paranoid", &mut self.paranoid),
        ];
        for (name, flag) in flags {
            if let Given::Sure(at) = options.get(name)
                && let Expr::Bool(value) = reader.see(at).expr
            {
                *flag = value;
            }
        }
        self
    }
}

/// `dialect: 'mysql'` of a configuration that the constructor is given as a whole.
fn configured(program: &Program) -> Option<Dialect> {
    let files = program.files.iter().enumerate().filter(|(file, _)| program.roles[*file] != Role::Test);
    let mut props = files.flat_map(|(_, facts)| facts.props.iter().map(move |prop| (facts, prop)));
    props.find_map(|(facts, prop)| match (prop.key, facts.expr(prop.value)) {
        (PropKey::Name(key), Expr::Str(text)) if facts.name(key) == "dialect" => {
            named_dialect(facts.name(text))
        }
        _ => None,
    })
}

fn named_dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "postgres" | "postgresql" => Dialect::Postgresql,
        "mysql" | "mariadb" => Dialect::Mysql,
        "sqlite" => Dialect::Sqlite,
        "mssql" | "oracle" | "db2" | "snowflake" => Dialect::Other,
        _ => return None,
    })
}

//! Migrations: the SQL text that `up` of each adds, which knows the indexes that decorators leave out.

use tuneup_model::{Catalog, Location, Table};

use super::entities::place_of;
use crate::facts::{CallId, ClassId, Expr, FnId, MemberKind};
use crate::objects::{Reader, SqlText};
use crate::orm::migration_text::TextMigrations;
use crate::orm::{CallAt, method_name};
use crate::place::Place;
use crate::program::{ClassRef, Program, Role};
use crate::report::Texts;
use crate::schema::Schema;

/// Adds to the tables of entities what SQL text says of them, and the tables that only it makes.
pub(super) fn apply(
    program: &Program,
    texts: &mut Texts<'_>,
    statements: Vec<(String, Location)>,
    catalog: &mut Catalog,
) {
    let mut migrations = TextMigrations::onto(Catalog { dialect: catalog.dialect, ..Catalog::default() });
    for (class, up) in migration_classes(program) {
        let facts = program.facts(class.file);
        for n in 0..facts.calls.len() as u32 {
            let at = CallAt { file: class.file, call: CallId(n) };
            if !is_within(program, at, up) || method_name(program, at) != "addSql" {
                continue;
            }
            if let Some(text) = text_of(program, at) {
                let expr = facts.call(at.call).expr;
                migrations.apply(&text, place_of(program, texts, Place { file: at.file, expr }));
            }
        }
    }
    let made = migrations.finish();
    for table in made.tables {
        match catalog.tables.iter_mut().find(|known| known.name == table.name) {
            Some(known) => merge(known, table),
            None => catalog.tables.push(table),
        }
    }
    // Index decorators hold statements on the tables as they are in the end.
    let mut last = TextMigrations::onto(std::mem::take(catalog));
    for (text, place) in statements {
        last.apply(&text, place);
    }
    *catalog = last.finish();
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
}

/// The migrations know which indexes there are; the entities know what the columns are called.
fn merge(known: &mut Table, made: Table) {
    for index in made.indexes {
        if !known.indexes.iter().any(|it| it.columns == index.columns && it.unique == index.unique) {
            known.indexes.push(index);
        }
    }
    for column in made.columns {
        if known.column(&column.name).is_none() {
            known.columns.push(column);
        }
    }
    if known.primary_key.is_empty() {
        known.primary_key = made.primary_key;
    }
}

/// Migration classes with their `up`, in the order of their file names: they carry the time.
fn migration_classes(program: &Program) -> Vec<(ClassRef, FnId)> {
    let mut found = Vec::new();
    for (file, facts) in program.files.iter().enumerate() {
        if program.roles[file] == Role::Test {
            continue;
        }
        for (n, class) in facts.classes.iter().enumerate() {
            let class_ref = ClassRef { file: file as u32, id: ClassId(n as u32) };
            if class.extends.is_none() || !extends_migration(program, class_ref) {
                continue;
            }
            let up = class.members.iter().find(|member| facts.name(member.name) == "up");
            if let Some(MemberKind::Method(id)) = up.map(|member| &member.kind) {
                found.push((class_ref, *id));
            }
        }
    }
    let name = |class: &ClassRef| {
        let path = &program.facts(class.file).path;
        path.rsplit('/').next().unwrap_or(path).to_owned()
    };
    found.sort_by_key(|(class, _)| (name(class), class.file));
    found
}

fn extends_migration(program: &Program, class: ClassRef) -> bool {
    program.base_api(class).is_some_and(|api| super::is_own(&api.package) && api.last() == "Migration")
}

fn is_within(program: &Program, at: CallAt, function: FnId) -> bool {
    let facts = program.facts(at.file);
    std::iter::successors(Some(facts.call(at.call).function), |id| facts.function(*id).parent)
        .any(|id| id == function)
}

fn text_of(program: &Program, at: CallAt) -> Option<String> {
    let first = *program.facts(at.file).args(at.call).first()?;
    let first = Place { file: at.file, expr: first };
    if matches!(program.facts(at.file).expr(first.expr), Expr::Undefined | Expr::Null) {
        return None;
    }
    let none = Schema::default();
    let mut text = SqlText::default();
    Reader::new(program, &none).text(first, &mut text);
    text.whole()
}

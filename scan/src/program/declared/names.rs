//! Models by the names that frameworks make of them: singular and plural, with capitals and with underscores.

use rustc_hash::FxHashMap;

use super::patterns::Part;
use crate::orm::ModelRef;
use crate::orm::naming::{capitalized, pluralize};
use crate::orm::tables::snake_case;
use crate::program::Program;
use crate::schema::Schema;

/// All models of the program by their names.
#[derive(Debug, Default)]
pub(in crate::program) struct ModelNames {
    singular: FxHashMap<String, Vec<ModelRef>>,
    plural: FxHashMap<String, Vec<ModelRef>>,
    /// Singular and plural with underscores, and the tables' own names.
    stored: FxHashMap<String, Vec<ModelRef>>,
}

impl ModelNames {
    pub(in crate::program) fn of(schemas: &[Schema]) -> Self {
        let mut names = Self::default();
        for (schema, it) in schemas.iter().enumerate() {
            for (model, it) in it.models.iter().enumerate() {
                let at = ModelRef { schema: schema as u32, model: model as u32 };
                let plural = pluralize(&it.name);
                let mut stored = vec![snake_case(&it.name), snake_case(&plural), it.table.clone()];
                stored.sort_unstable();
                stored.dedup();
                for name in stored {
                    names.stored.entry(name).or_default().push(at);
                }
                names.singular.entry(it.name.clone()).or_default().push(at);
                names.plural.entry(plural).or_default().push(at);
            }
        }
        names
    }
}

impl Program {
    /// The model that a placeholder names, as the file that names it means it.
    pub(super) fn placed_model(&self, part: Part<'_>, file: u32) -> Option<ModelRef> {
        let found = match part {
            Part::Singular(name) => self.model_names.singular.get(&capitalized(name))?,
            Part::Plural(name) => self.model_names.plural.get(&capitalized(name))?,
        };
        self.nearest_model(found, file)
    }

    /// True where a placeholder names some model.
    pub(super) fn is_model_name(&self, part: Part<'_>) -> bool {
        match part {
            Part::Singular(name) => self.model_names.singular.contains_key(&capitalized(name)),
            Part::Plural(name) => self.model_names.plural.contains_key(&capitalized(name)),
        }
    }

    /// The table of the model, or the table itself, that a text names.
    pub(super) fn stored_table(&self, text: &str, file: u32) -> Option<String> {
        let found = self.model_names.stored.get(text).or_else(|| self.model_names.singular.get(text))?;
        Some(self.model(self.nearest_model(found, file)?).table.clone())
    }

    /// Of models of one name, that of the package which the file belongs to; nothing where that leaves several tables.
    fn nearest_model(&self, models: &[ModelRef], file: u32) -> Option<ModelRef> {
        let table = |model: &ModelRef| self.model(*model).table.as_str();
        let same_table = |models: &[ModelRef]| {
            models.iter().all(|other| table(other) == table(&models[0])).then(|| models[0])
        };
        let folder = |path: &str| self.package_folder(path).map(str::to_owned);
        let own = folder(&self.files[file as usize].path);
        let near: Vec<ModelRef> =
            models.iter().copied().filter(|it| folder(&self.model(*it).location.file) == own).collect();
        same_table(if near.is_empty() { models } else { &near })
    }
}

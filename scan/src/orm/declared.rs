//! Tables that the program itself declares: entity classes, model definitions, table constants.

use rustc_hash::FxHashMap;

use crate::place::Place;
use crate::program::ClassRef;
use crate::schema::Schema;

use super::ModelRef;

/// What one library finds declared.
#[derive(Debug)]
pub(crate) struct Declared {
    pub schema: Schema,
    /// What names each model in the program, by its index in the schema.
    pub names: Vec<(u32, Named)>,
}

/// What stands for a model in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Named {
    Class(ClassRef),
    /// The expression that makes it: `pgTable(…)`, `sequelize.define(…)`.
    Made(Place),
}

/// The models by what names them.
#[derive(Debug, Default)]
pub(crate) struct Entities {
    by_name: FxHashMap<Named, ModelRef>,
    names: FxHashMap<ModelRef, Named>,
}

impl Entities {
    pub(crate) fn add(&mut self, schema: u32, names: &[(u32, Named)]) {
        for (model, named) in names {
            let model = ModelRef { schema, model: *model };
            self.by_name.entry(*named).or_insert(model);
            self.names.entry(model).or_insert(*named);
        }
    }

    /// The first name of a model.
    pub(crate) fn name_of(&self, model: ModelRef) -> Option<Named> {
        self.names.get(&model).copied()
    }

    pub(crate) fn get(&self, named: Named) -> Option<ModelRef> {
        self.by_name.get(&named).copied()
    }
}

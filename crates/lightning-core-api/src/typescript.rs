//! Writes the types of this crate as one TypeScript module: plain types, no imports.
use crate::{Command, CommandResult, Config, CoreError, Event};
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use ts_rs::{TypeVisitor, TS};

const HEADER: &str = "// Generated from crates/lightning-core-api by scripts/core/generate-types.mjs. Do not edit.\n";

struct Collector {
    config: ts_rs::Config,
    seen: HashSet<TypeId>,
    declarations: BTreeMap<String, String>,
}
impl Collector {
    fn declare<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // only types that derive TS have a path; strings, numbers and lists have none
        if T::output_path().is_some() {
            let documentation = T::docs().unwrap_or_default();
            let declaration = T::decl(&self.config);
            self.declarations.insert(T::ident(&self.config), format!("{documentation}export {declaration}\n"));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}
impl TypeVisitor for Collector {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.declare::<T>();
    }
}

/// The module's text, sorted by name.
pub fn module() -> String {
    let mut collector =
        Collector { config: ts_rs::Config::default(), seen: HashSet::new(), declarations: BTreeMap::new() };
    collector.declare::<Config>();
    collector.declare::<Command>();
    collector.declare::<CommandResult>();
    collector.declare::<CoreError>();
    collector.declare::<Event>();
    let mut text = String::from(HEADER);
    for declaration in collector.declarations.values() {
        text.push('\n');
        text.push_str(declaration);
    }
    text
}

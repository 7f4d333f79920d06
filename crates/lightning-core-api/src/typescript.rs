//! Generates one TypeScript module with the types of this crate: plain types, no imports.
use crate::{Command, CommandResult, Config, CoreError, Event};
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use ts_rs::{TypeVisitor, TS};

const HEADER: &str = "// Generated from crates/lightning-core-api by scripts/core/generate-types.mjs. Do not edit.\n";

/// The sources of the tagged enums: `ts_rs` drops the documentation of their variants.
const ENUM_SOURCES: [(&str, &str); 3] = [
    ("Command", include_str!("command.rs")),
    ("CommandResult", include_str!("result.rs")),
    ("Event", include_str!("event.rs")),
];

/// The name and the documentation of each variant of an enum, from its formatted source.
fn variant_docs(source: &str, name: &str) -> Vec<(String, String)> {
    let start = format!("pub enum {name} {{");
    let body = source.lines().skip_while(|line| *line != start).skip(1).take_while(|line| *line != "}");
    let mut docs = String::new();
    let mut variants = vec![];
    for line in body {
        if let Some(text) = line.strip_prefix("    ///") {
            // rustdoc's links mean nothing in TypeScript
            let text = text.replace("[`", "`").replace("`]", "`");
            docs.push_str(&format!(" *{text}\n"));
        } else if line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase() {
            let variant: String = line[4..].chars().take_while(char::is_ascii_alphanumeric).collect();
            let tag = variant[..1].to_ascii_lowercase() + &variant[1..];
            variants.push((tag, format!("\n/**\n{docs} */\n")));
            docs.clear();
        }
    }
    variants
}

/// Adds the documentation of the variants to the declaration of a tagged enum.
fn document_variants(name: &str, mut declaration: String) -> String {
    for (_, source) in ENUM_SOURCES.iter().filter(|(documented, _)| *documented == name) {
        for (tag, docs) in variant_docs(source, name) {
            let member = format!("{{ \"type\": \"{tag}\"");
            declaration = declaration.replacen(&member, &format!("{docs}{member}"), 1);
        }
    }
    declaration
}

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
        // only types that derive `TS` have a path; strings, numbers and lists do not
        if T::output_path().is_some() {
            let documentation = T::docs().unwrap_or_default();
            let name = T::ident(&self.config);
            let declaration = document_variants(&name, T::decl(&self.config));
            self.declarations.insert(name, format!("{documentation}export {declaration}\n"));
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

/// The text of the module, with the types sorted by name.
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

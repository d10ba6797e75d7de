//! DMN files: XML to the parts of their decision tables, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node, ParsingOptions};

use super::ImportError;

/// Bytes of a DMN file.
pub const DMN_BYTES_MAX: usize = 32 << 20;
/// Nodes of its XML.
pub const DMN_NODES_MAX: u32 = 8_000_000;
/// How deep its elements may be nested.
pub const DMN_DEPTH_MAX: usize = 64;

/// DMN 1.1 to 1.6; decision tables look the same in all of them.
const NAMESPACES: [&str; 6] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
    "https://www.omg.org/spec/DMN/20240513/MODEL/",
];

/// What is in a DMN file.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) decisions: Vec<Decision>,
    /// Types that the file defines, by name.
    pub(super) types: BTreeMap<String, String>,
    /// Names that the file gives to inputs, to results and to parts of types.
    pub(super) names: BTreeSet<String>,
    /// Inputs that the file declares.
    pub(super) inputs: usize,
    /// Functions that the file defines (business knowledge models), by name.
    pub(super) functions: Vec<String>,
    /// What else stands in the file and has no place in a table.
    pub(super) others: Vec<String>,
}

/// One decision.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) id: String,
    pub(super) name: Option<String>,
    /// The name of its result for decisions that need it.
    pub(super) variable: String,
    /// The ids of the decisions whose results it needs.
    pub(super) requires: Vec<String>,
    pub(super) logic: Logic,
}

/// How a decision is made.
#[derive(Debug)]
pub(super) enum Logic {
    Table(RawTable),
    Literal(Text),
    /// The element's name, or nothing.
    Other(String),
}

/// A text, and its type and language where they are given.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) type_ref: Option<String>,
    pub(super) language: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawTable {
    pub(super) hit_policy: Option<String>,
    pub(super) aggregation: Option<String>,
    pub(super) inputs: Vec<RawInput>,
    pub(super) outputs: Vec<RawOutput>,
    pub(super) rules: Vec<RawRule>,
}

#[derive(Debug)]
pub(super) struct RawInput {
    pub(super) label: Option<String>,
    pub(super) variable: Option<String>,
    pub(super) expression: Text,
    pub(super) values: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawOutput {
    pub(super) name: Option<String>,
    pub(super) label: Option<String>,
    pub(super) type_ref: Option<String>,
    pub(super) values: Option<String>,
    pub(super) default: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawRule {
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) inputs: Vec<Text>,
    pub(super) outputs: Vec<Text>,
}

/// Reads a DMN file.
pub(super) fn read(bytes: &[u8]) -> Result<Model, ImportError> {
    if bytes.len() > DMN_BYTES_MAX {
        return Err(ImportError::Large);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    shallow(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: DMN_NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => ImportError::Dtd,
        roxmltree::Error::NodesLimitReached => ImportError::Large,
        other => ImportError::Xml(other.to_string()),
    })?;
    model(document.root_element())
}

/// Refuses elements nested too deep before a tree is built of them. Counts tags as they come, which is enough: what is
/// no tag (comments, data) is passed over, and a file that opens more than it closes is no XML.
fn shallow(text: &str) -> Result<(), ImportError> {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((_, tag)) = rest.split_once('<') {
        let passed = |end: &str| tag.split_once(end).map_or("", |(_, after)| after);
        rest = match tag.as_bytes() {
            [b'!', b'-', b'-', ..] => passed("-->"),
            [b'!', b'[', ..] => passed("]]>"),
            [b'?' | b'!', ..] => passed(">"),
            [b'/', ..] => {
                depth = depth.saturating_sub(1);
                passed(">")
            }
            _ => {
                let (inside, after) = end_of_tag(tag);
                depth += usize::from(!inside.ends_with('/'));
                after
            }
        };
        if depth > DMN_DEPTH_MAX {
            return Err(ImportError::Deep);
        }
    }
    Ok(())
}

/// What stands in a tag, and what after it; a `>` within quotes ends nothing.
fn end_of_tag(tag: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (tag.get(..at).unwrap_or_default(), tag.get(at + 1..).unwrap_or_default()),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    (tag, "")
}

fn model(root: Node<'_, '_>) -> Result<Model, ImportError> {
    let known = root.tag_name().namespace().is_some_and(|namespace| NAMESPACES.contains(&namespace));
    if root.tag_name().name() != "definitions" || !known {
        return Err(ImportError::NotDmn(root.tag_name().name().to_owned()));
    }
    let language = root.attribute("expressionLanguage");
    let decisions: Vec<Decision> = children(root, "decision").map(|node| decision(node, language)).collect();
    let types = children(root, "itemDefinition")
        .filter_map(|node| Some((node.attribute("name")?.to_owned(), inner(node, "typeRef")?)))
        .collect();
    let mut names = BTreeSet::new();
    let holders = ["inputData", "decision", "itemDefinition"].into_iter().flat_map(|name| children(root, name));
    holders.for_each(|node| declared(node, &mut names));
    names.extend(given(&decisions));
    let functions = children(root, "businessKnowledgeModel").map(named).collect();
    let services = children(root, "decisionService").map(|node| {
        let name = named(node);
        format!("the decision service `{name}` is not carried over; ask the tables one by one")
    });
    let others = services.chain(children(root, "itemDefinition").flat_map(constraints)).collect();
    Ok(Model { decisions, types, names, inputs: children(root, "inputData").count(), functions, others })
}

/// The outputs of tables that other decisions need: those read them by these names.
fn given(decisions: &[Decision]) -> Vec<String> {
    let needed: BTreeSet<&str> = decisions.iter().flat_map(|decision| &decision.requires).map(String::as_str).collect();
    let tables = decisions.iter().filter(|decision| needed.contains(decision.id.as_str()));
    let outputs = tables.flat_map(|decision| match &decision.logic {
        Logic::Table(table) => table.outputs.as_slice(),
        _ => &[],
    });
    let names = outputs.filter_map(|output| output.name.as_ref().or(output.label.as_ref()));
    names.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The name of an element, or else its id.
fn named(node: Node<'_, '_>) -> String {
    attribute(node, "name").or_else(|| attribute(node, "id")).unwrap_or_default()
}

/// The names that expressions may use for an input, a result, or a part of a type.
fn declared(node: Node<'_, '_>, names: &mut BTreeSet<String>) {
    // The name of a type is none of a value; those of its parts are.
    let own = attribute(node, "name").filter(|_| node.tag_name().name() != "itemDefinition");
    let variables = children(node, "variable").filter_map(|variable| attribute(variable, "name"));
    names.extend(own.into_iter().chain(variables).map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")));
    children(node, "itemComponent").for_each(|part| declared(part, names));
}

/// What a type says of its values beside what they are.
fn constraints(node: Node<'_, '_>) -> Vec<String> {
    let name = named(node);
    let allowed = children(node, "allowedValues").next().map(|values| {
        let values = text_of(values).unwrap_or_default();
        format!("the type `{name}` allows only {values}; that is not looked at here")
    });
    let list = node.attribute("isCollection") == Some("true");
    let list = list.then(|| format!("the type `{name}` is a list; values are taken as they come"));
    let parts = children(node, "itemComponent").flat_map(constraints);
    allowed.into_iter().chain(list).chain(parts).collect()
}

fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    let namespace = node.tag_name().namespace();
    node.children().filter(move |child| child.tag_name().name() == name && child.tag_name().namespace() == namespace)
}

/// The text of an element, its pieces put together.
fn content(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|piece| piece.text()).collect()
}

fn inner(node: Node<'_, '_>, name: &'static str) -> Option<String> {
    children(node, name).next().map(content)
}

/// The `text` within an element, trimmed; nothing when it is empty.
fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text = inner(node, "text")?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).map(str::trim).filter(|value| !value.is_empty()).map(Into::into)
}

fn text(node: Node<'_, '_>, language: Option<&str>) -> Text {
    Text {
        text: text_of(node).unwrap_or_default(),
        type_ref: attribute(node, "typeRef"),
        language: node.attribute("expressionLanguage").or(language).map(Into::into),
    }
}

fn decision(node: Node<'_, '_>, language: Option<&str>) -> Decision {
    let name = attribute(node, "name");
    let id = attribute(node, "id").or_else(|| name.clone()).unwrap_or_else(|| "decision".into());
    let variable = children(node, "variable").find_map(|variable| attribute(variable, "name"));
    let requires = children(node, "informationRequirement")
        .flat_map(|requirement| children(requirement, "requiredDecision"))
        .filter_map(|required| Some(required.attribute("href")?.rsplit('#').next()?.to_owned()))
        .collect();
    let logic = if let Some(table) = children(node, "decisionTable").next() {
        Logic::Table(raw_table(table, language))
    } else if let Some(literal) = children(node, "literalExpression").next() {
        Logic::Literal(text(literal, language))
    } else {
        let logic = ["context", "invocation", "relation", "list", "functionDefinition", "conditional", "for", "filter"];
        let found = node.children().map(|child| child.tag_name().name()).find(|name| logic.contains(name));
        Logic::Other(found.unwrap_or_default().to_owned())
    };
    Decision { variable: variable.or_else(|| name.clone()).unwrap_or_else(|| id.clone()), id, name, requires, logic }
}

fn raw_table(node: Node<'_, '_>, language: Option<&str>) -> RawTable {
    let headings: Vec<_> = children(node, "annotation").map(|heading| attribute(heading, "name")).collect();
    RawTable {
        hit_policy: attribute(node, "hitPolicy"),
        aggregation: attribute(node, "aggregation"),
        inputs: children(node, "input").map(|input| raw_input(input, language)).collect(),
        outputs: children(node, "output").map(raw_output).collect(),
        rules: children(node, "rule").map(|rule| raw_rule(rule, &headings, language)).collect(),
    }
}

fn raw_input(node: Node<'_, '_>, language: Option<&str>) -> RawInput {
    // The vendor's own attribute: its namespace differs from version to version, its name does not.
    let variable = node.attributes().find(|a| a.name() == "inputVariable").map(|a| a.value().trim().to_owned());
    RawInput {
        label: attribute(node, "label"),
        variable: variable.filter(|name| !name.is_empty()),
        expression: children(node, "inputExpression").next().map(|e| text(e, language)).unwrap_or_default(),
        values: children(node, "inputValues").next().and_then(text_of),
    }
}

fn raw_output(node: Node<'_, '_>) -> RawOutput {
    RawOutput {
        name: attribute(node, "name"),
        label: attribute(node, "label"),
        type_ref: attribute(node, "typeRef"),
        values: children(node, "outputValues").next().and_then(text_of),
        default: children(node, "defaultOutputEntry").next().and_then(text_of),
    }
}

fn raw_rule(node: Node<'_, '_>, headings: &[Option<String>], language: Option<&str>) -> RawRule {
    let description = inner(node, "description").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    // What is annotated is for readers, as the description is.
    let annotations = children(node, "annotationEntry").enumerate().filter_map(|(at, entry)| {
        let text = text_of(entry)?;
        let heading = headings.get(at).and_then(Option::as_ref);
        Some(heading.map_or_else(|| text.clone(), |heading| format!("{heading}: {text}")))
    });
    let said: Vec<String> = description.into_iter().chain(annotations).collect();
    RawRule {
        id: attribute(node, "id"),
        description: (!said.is_empty()).then(|| said.join("; ")),
        inputs: children(node, "inputEntry").map(|entry| text(entry, language)).collect(),
        outputs: children(node, "outputEntry").map(|entry| text(entry, language)).collect(),
    }
}

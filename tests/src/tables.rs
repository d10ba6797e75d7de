//! Decision tables of other systems: DMN files made up for tests, and general tables asked without a sandbox.

use std::fmt::Write as _;

use maple_guest as guest;
use maple_guest::Policy as _;
use maple_kernel as kernel;
use maple_kit::dmn::{Outcome, Program, TableFile, lower};
use serde_json::Value as Json;

/// A DMN file with one table, made of texts.
#[derive(Clone, Debug)]
pub struct Dmn {
    /// The hit policy, and an aggregation behind a blank.
    pub policy: String,
    /// Expression and type of each input.
    pub inputs: Vec<(String, String)>,
    /// Name and type of each output.
    pub outputs: Vec<(String, String)>,
    /// The cells of each rule, inputs before outputs.
    pub rules: Vec<Vec<String>>,
}

impl Dmn {
    /// A table with these columns and rules; a column is `text:type`, or a text alone.
    #[must_use]
    pub fn new(policy: &str, inputs: &[&str], outputs: &[&str], rules: &[&[&str]]) -> Self {
        let column = |text: &&str| {
            let (name, kind) = text.rsplit_once(':').unwrap_or((text, ""));
            (name.to_owned(), kind.to_owned())
        };
        Self {
            policy: policy.into(),
            inputs: inputs.iter().map(column).collect(),
            outputs: outputs.iter().map(column).collect(),
            rules: rules.iter().map(|cells| cells.iter().map(|cell| (*cell).to_owned()).collect()).collect(),
        }
    }

    /// The file.
    #[must_use]
    pub fn xml(&self) -> String {
        let (policy, aggregation) = match self.policy.split_once('+') {
            Some((policy, aggregation)) => (policy.trim(), format!(" aggregation=\"{}\"", aggregation.trim())),
            None => (self.policy.as_str(), String::new()),
        };
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" \
             id=\"d\" name=\"d\" namespace=\"n\">\n<decision id=\"made-up\" name=\"Made up\">\n\
             <decisionTable id=\"t\" hitPolicy=\"{policy}\"{aggregation}>\n"
        );
        let kind = |kind: &str| if kind.is_empty() { String::new() } else { format!(" typeRef=\"{kind}\"") };
        for (text, of) in &self.inputs {
            let (kind, text) = (kind(of), escape(text));
            writeln!(xml, "<input><inputExpression{kind}><text>{text}</text></inputExpression></input>").unwrap();
        }
        for (name, of) in &self.outputs {
            writeln!(xml, "<output name=\"{name}\"{}/>", kind(of)).unwrap();
        }
        for (number, cells) in self.rules.iter().enumerate() {
            write!(xml, "<rule id=\"rule_{}\">", number + 1).unwrap();
            for (column, cell) in cells.iter().enumerate() {
                let entry = if column < self.inputs.len() { "inputEntry" } else { "outputEntry" };
                write!(xml, "<{entry}><text>{}</text></{entry}>", escape(cell)).unwrap();
            }
            xml.push_str("</rule>\n");
        }
        xml.push_str("</decisionTable></decision></definitions>\n");
        xml
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A large table with the constructs of a court service's own: 272 rules, 62 inputs, 1.7 MB of XML.
///
/// The first input is a text on which every rule depends; each rule tests one to three of the others, which are reached
/// by `if … then … else` through objects within objects. What fills the file beside are ids and empty cells.
#[must_use]
pub fn large() -> Dmn {
    let mut inputs = vec![("taskType".to_owned(), "string".to_owned()), ("amount".to_owned(), "integer".to_owned())];
    for at in 2..62 {
        let field = format!("field{at}Of{}", at % 7);
        let text = match at % 6 {
            0 => format!(
                "if(caseData != null and caseData.Data != null and caseData.Data.{field} != null) then date and time(caseData.Data.{field}) else null"
            ),
            _ => format!(
                "if(caseData != null and caseData.Data != null and caseData.Data.{field} != null) then caseData.Data.{field} else null"
            ),
        };
        let kind = ["", "string", "boolean", "integer", "string", "string"][at % 6];
        inputs.push((text, kind.into()));
    }
    let outputs = ["name", "value", "canReconfigure", "note"].map(|name| (name.to_owned(), "string".to_owned()));
    let rules = (0..272).map(|row| large_rule(row, inputs.len())).collect();
    Dmn { policy: "COLLECT".into(), inputs, outputs: outputs.into(), rules }
}

fn large_rule(row: usize, inputs: usize) -> Vec<String> {
    let mut cells = vec![String::new(); inputs];
    let family = row % 40;
    cells[0] = match row % 9 {
        0 => format!("not(\"task{family}\", \"task{}\")", (family + 1) % 40),
        1 => String::new(),
        _ => format!("\"task{family}\",\"task{}\", \"task{}\"", (family + 7) % 40, (family + 13) % 40),
    };
    if row.is_multiple_of(5) {
        cells[1] = ["[1000..5000)", "> 25000", "<= 100", "not(0)"][row / 5 % 4].into();
    }
    for step in 0..1 + row % 3 {
        let at = 2 + (row * 7 + step * 11) % (inputs - 2);
        cells[at] = match at % 6 {
            0 => "> date and time(\"2026-01-01T00:00:00\")".into(),
            1 => format!("\"Yes\",\"value {}\"", row % 11),
            2 => ["true", "false"][row % 2].into(),
            3 => format!("[{}..{}]", row % 20, row % 20 + 5),
            4 => "null".into(),
            _ => "not(null)".into(),
        };
    }
    cells.push(format!("\"row{row}\""));
    cells.push(match row % 4 {
        0 => "if(caseData.Data.field3Of3 > 3) then \"many\" else \"few \" + string(caseData.Data.field3Of3)".into(),
        1 => format!("\"[Do the work](/cases/case-details/${{[CASE_REFERENCE]}}/trigger/work{row}/work{row}1)\""),
        2 => "caseData.Data.field7Of0".into(),
        _ => format!("\"a fixed text of rule {row}\""),
    });
    cells.push(["true", "false"][row % 2].into());
    cells.push(String::new());
    cells
}

/// The large table's file, with ids on every cell as modellers write them.
#[must_use]
pub fn large_xml() -> String {
    let mut id = 0;
    let mut numbered = String::new();
    for part in large().xml().split_inclusive("Entry>") {
        let opens = part.rfind("<inputEntry>").or_else(|| part.rfind("<outputEntry>"));
        match opens {
            Some(at) if part[at..].len() < 14 => {
                id += 1;
                let name = part[at + 1..].trim_end_matches('>');
                write!(numbered, "{}\n        <{name} id=\"UnaryTests_0a{id:06}\">\n          ", &part[..at]).unwrap();
            }
            _ => numbered.push_str(part),
        }
    }
    numbered
}

/// An input for which several rules of the large table match.
#[must_use]
pub fn large_input() -> Json {
    let mut data = serde_json::Map::new();
    for at in 2..62 {
        let value = match at % 6 {
            0 => "2026-05-01T10:00:00".into(),
            1 => "Yes".into(),
            2 => true.into(),
            3 => 7.into(),
            4 => continue,
            _ => "given".into(),
        };
        data.insert(format!("field{at}Of{}", at % 7), value);
    }
    serde_json::json!({ "taskType": "task7", "amount": 1200, "caseData": { "Data": data, "unused": [1, 2, 3] } })
}

/// The only table of a file, compiled.
///
/// # Panics
///
/// When it cannot be; the message says why.
#[must_use]
pub fn program(file: &TableFile) -> Program {
    let table = file.table(None).unwrap_or_else(|wrong| panic!("{wrong}"));
    lower(table).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The plugin's own code as an ordinary library, with a general table.
pub struct Native {
    program: Program,
    table: decision_table::Table,
}

impl Native {
    /// Configures the plugin.
    ///
    /// # Panics
    ///
    /// When it refuses the settings.
    #[must_use]
    pub fn new(program: Program) -> Self {
        let mut nodes = Vec::new();
        flatten(&program.settings, &mut nodes);
        let calendar = guest::Calendar { weekend: vec![6, 7], days_off: Vec::new(), days_on: Vec::new() };
        let configured = guest::runtime::configure(guest::Setup { settings: nodes, calendar });
        let table = configured.unwrap_or_else(|complaints| panic!("the table is refused: {complaints:?}"));
        Self { program, table }
    }

    /// The result, or the code of a refusal.
    ///
    /// # Errors
    ///
    /// The refusal, or what is wrong with the input.
    pub fn ask(&self, input: &Json) -> Result<Outcome, String> {
        let facts = self.program.facts(input)?;
        let facts = facts.iter().map(|(key, value)| guest::Fact { key: key.to_string(), value: fact(value) });
        let mut case = guest::testing::CaseBuilder::new("table").build();
        case.facts = facts.collect();
        let findings = self.table.assess(&case).map_err(|refusal| format!("{}: {}", refusal.code, refusal.detail))?;
        let findings: Vec<kernel::Finding> = findings.iter().map(finding).collect();
        self.program.outcome(&findings)
    }
}

fn flatten(setting: &kernel::Setting, nodes: &mut Vec<guest::Setting>) -> u32 {
    let at = nodes.len();
    nodes.push(guest::Setting::Flag(false));
    nodes[at] = match setting {
        kernel::Setting::Flag(flag) => guest::Setting::Flag(*flag),
        kernel::Setting::Number(number) => guest::Setting::Number(*number),
        kernel::Setting::Text(text) => guest::Setting::Text(text.to_string()),
        kernel::Setting::Day(day) => panic!("no general table has days in its settings, such as {day}"),
        kernel::Setting::Items(items) => guest::Setting::Items(items.iter().map(|item| flatten(item, nodes)).collect()),
        kernel::Setting::Table(entries) => {
            guest::Setting::Table(entries.iter().map(|(key, value)| (key.to_string(), flatten(value, nodes))).collect())
        }
    };
    u32::try_from(at).unwrap()
}

fn fact(given: &kernel::Value) -> guest::Value {
    match given {
        kernel::Value::Text(text) => guest::Value::Text(text.to_string()),
        kernel::Value::Number(number) => guest::Value::Number(*number),
        kernel::Value::Flag(flag) => guest::Value::Flag(*flag),
        kernel::Value::Words(words) => guest::Value::Words(words.iter().map(ToString::to_string).collect()),
        other => panic!("no input becomes a fact such as {other:?}"),
    }
}

fn finding(given: &guest::Finding) -> kernel::Finding {
    let guest::Claim::Derive(guest::Fact { key, value: guest::Value::Words(words) }) = &given.claim else {
        panic!("a general table derives words only, not {:?}", given.claim);
    };
    let value = kernel::Value::Words(words.iter().map(|word| word.as_str().into()).collect());
    kernel::Finding {
        rule: given.rule.as_str().into(),
        claim: kernel::Claim::Derive { key: key.as_str().into(), value },
        reason: Some(given.reason.code.as_str()).filter(|code| !code.is_empty()).map(Into::into),
        params: Vec::new(),
        basis: Vec::new(),
        evidence: Vec::new(),
    }
}

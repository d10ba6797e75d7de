//! Tables that need others: which order they have, and what has none.

use maple_kit::dmn::{TABLE_REQUIRED_MAX, TABLES_MAX};

use super::*;

/// Tables, each with what it needs.
type Needs = Vec<(String, Vec<String>)>;

/// A file of such tables.
fn file(tables: &[(String, Vec<String>)]) -> String {
    let table = |(id, needs): &(String, Vec<String>)| {
        format!(
            "[[table]]\nid = \"{id}\"\nhit-policy = \"unique\"\nrequires = {needs:?}\n[[table.output]]\nid = \"of-{id}\"\n\
             [[table.rule]]\nid = \"r\"\nthen.of-{id} = '1'\n"
        )
    };
    tables.iter().map(table).collect()
}

fn of(tables: &[(&str, &[&str])]) -> String {
    let owned = |(id, needs): &(&str, &[&str])| {
        ((*id).to_owned(), needs.iter().map(|need| (*need).to_owned()).collect::<Vec<_>>())
    };
    file(&tables.iter().map(owned).collect::<Vec<_>>())
}

fn refused(text: &str) -> String {
    TableFile::read(text.as_bytes()).err().unwrap_or_else(|| panic!("it is read: {text}")).to_string()
}

#[test]
fn each_table_comes_once_and_after_those_it_needs() {
    let text =
        of(&[("top", &["b", "a"]), ("a", &["base"]), ("b", &["a", "base"]), ("base", &[]), ("other", &["base"])]);
    let file = TableFile::read(text.as_bytes()).unwrap();
    let needed = |id: &str| -> Vec<&str> {
        file.needed(file.table(Some(id)).unwrap()).iter().map(|table| table.id.as_str()).collect()
    };
    assert_eq!(needed("top"), ["base", "a", "b", "top"]);
    assert_eq!(needed("base"), ["base"]);
    assert_eq!(needed("other"), ["base", "other"]);
    assert_eq!(TableFile::read(file.to_toml("").as_bytes()).unwrap(), file, "what is needed is written");
}

#[test]
fn what_has_no_order_is_refused() {
    for (tables, says) in [
        (&[("a", &["a"] as &[&str])] as &[(&str, &[&str])], "table `a`: it needs its own result: `a` → `a`; take one"),
        (&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])], "table `a`: it needs its own result: `a` → `b` → `c` → `a`"),
        (&[("x", &["y"]), ("y", &["z"]), ("z", &["y"])], "table `y`: it needs its own result: `y` → `z` → `y`"),
        (
            &[("risk", &[]), ("way", &["risc"])],
            "`requires` names `risc`, which is no table of the file; did you mean `risk`?",
        ),
        (
            &[("risk", &[]), ("way", &["elsewhere"])],
            "names `elsewhere`, which is no table of the file; add it, or take",
        ),
        (&[("risk", &[]), ("way", &["risk", "risk"])], "table `way`: `requires` names `risk` twice"),
    ] {
        let told = refused(&of(tables));
        assert!(told.contains(says), "{told}");
        assert_eq!(told.lines().count(), 1, "a ring is told once: {told}");
    }
}

#[test]
fn a_table_needs_so_many_others_and_no_more() {
    let name = |at: usize| format!("t{at}");
    let chain = |others: usize| -> Needs {
        (0..=others).map(|at| (name(at), if at < others { vec![name(at + 1)] } else { Vec::new() })).collect()
    };
    let wide = |others: usize| -> Needs {
        let all = (1..=others).map(name).collect();
        std::iter::once((name(0), all)).chain((1..=others).map(|at| (name(at), Vec::new()))).collect()
    };
    // The longer list is refused by its length, whatever it names.
    let long = format!(
        "table `t0`: `requires` names {} tables, at most {TABLE_REQUIRED_MAX} are taken",
        TABLE_REQUIRED_MAX + 1
    );
    let many = format!("table `t0`: it needs more than {TABLE_REQUIRED_MAX} other tables");
    let both: [(&dyn Fn(usize) -> Needs, String); 2] = [(&chain, many), (&wide, long.clone())];
    for (tables, says) in both {
        let read = TableFile::read(file(&tables(TABLE_REQUIRED_MAX)).as_bytes()).unwrap();
        assert_eq!(read.needed(&read.tables[0]).len(), TABLE_REQUIRED_MAX + 1);
        let told = refused(&file(&tables(TABLE_REQUIRED_MAX + 1)));
        assert!(told.contains(&says) && told.lines().count() == 1, "{told}");
    }
    let ring = file(&[(name(0), vec![name(0); TABLE_REQUIRED_MAX + 1])]);
    assert!(refused(&ring).contains(&long) && !refused(&ring).contains("its own result"), "{}", refused(&ring));
}

#[test]
fn a_file_has_so_many_tables_and_no_more() {
    let so_many = |count: usize| file(&(0..count).map(|at| (format!("t{at}"), Vec::new())).collect::<Needs>());
    assert_eq!(TableFile::read(so_many(TABLES_MAX).as_bytes()).unwrap().tables.len(), TABLES_MAX);
    let told = refused(&so_many(TABLES_MAX + 1));
    assert_eq!(told, format!("has {} tables; at most {TABLES_MAX} are taken in one file", TABLES_MAX + 1));

    // An import takes the first, and lists those behind them.
    let id = |at: usize| format!("d{at}");
    for more in [0, 1] {
        let last = id(TABLES_MAX + more - 1);
        let decisions: Vec<String> = (0..TABLES_MAX + more)
            .map(|at| if at == 0 { decision(&id(0), &[&last]) } else { decision(&id(at), &[]) })
            .collect();
        let imported = import(model(&decisions).as_bytes()).unwrap();
        assert_eq!(imported.file.tables.len(), TABLES_MAX);
        let lost: Vec<_> = imported.lost.iter().map(|lost| (lost.decision.as_str(), lost.why.as_str())).collect();
        let why = format!("at most {TABLES_MAX} tables are taken in one file");
        assert_eq!(lost, if more == 0 { Vec::new() } else { vec![(last.as_str(), why.as_str())] });
        assert_eq!(imported.file.tables[0].requires.len(), 1 - more, "what is not there is needed by none");
        assert_eq!(imported.notes.len(), more, "{:?}", imported.notes);
        assert!(TableFile::read(imported.file.to_toml("").as_bytes()).is_ok());
    }
}

/// A decision with a table of one rule, and the decisions whose results it needs.
fn decision(id: &str, needs: &[&str]) -> String {
    let needs: String = needs
        .iter()
        .map(|need| format!("<informationRequirement><requiredDecision href=\"#{need}\"/></informationRequirement>"))
        .collect();
    format!(
        "<decision id=\"{id}\" name=\"The {id}\">{needs}<decisionTable><output name=\"{id}-out\"/><rule>\
         <outputEntry><text>1</text></outputEntry></rule></decisionTable></decision>"
    )
}

fn model(decisions: &[String]) -> String {
    format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"d\" name=\"d\" namespace=\"n\">{}\
         </definitions>",
        decisions.concat()
    )
}

#[test]
fn imported_rings_are_cut_and_listed() {
    let xml = model(&[decision("a", &["b"]), decision("b", &["a", "c"]), decision("c", &["c"])]);
    let imported = import(xml.as_bytes()).unwrap();
    let lost: Vec<_> =
        imported.lost.iter().map(|lost| (lost.decision.as_str(), lost.text.as_str(), lost.why.as_str())).collect();
    assert_eq!(
        lost,
        [
            ("a", "b", "it would need its own result: `a` → `b` → `a`; give that of `b` as inputs"),
            ("c", "c", "it would need its own result: `c` → `c`; give that of `c` as inputs"),
        ]
    );
    let file = TableFile::read(imported.file.to_toml("").as_bytes()).unwrap();
    let requires: Vec<_> = file.tables.iter().map(|table| table.requires.join(" ")).collect();
    assert_eq!(requires, ["", "a c", ""]);
}

#[test]
fn an_import_takes_no_more_tables_than_a_file_may_have() {
    let others: Vec<String> = (0..=TABLE_REQUIRED_MAX).map(|at| format!("o{at}")).collect();
    let needs: Vec<&str> = others.iter().map(String::as_str).collect();
    let tables: Vec<String> = others.iter().map(|id| decision(id, &[])).collect();
    for (count, lost) in [(TABLE_REQUIRED_MAX, 0), (TABLE_REQUIRED_MAX + 1, 1)] {
        let xml = model(&[tables.concat(), decision("top", &needs[..count])]);
        let imported = import(xml.as_bytes()).unwrap();
        assert_eq!(imported.lost.len(), lost, "{count}: {:?}", imported.lost);
        assert!(TableFile::read(imported.file.to_toml("").as_bytes()).is_ok());
    }
}

#[test]
fn what_is_needed_and_not_there_is_told_by_the_names_of_its_outputs() {
    let odd = decision("odd", &[]).replace("<decisionTable>", "<decisionTable hitPolicy=\"SOMETIMES\">");
    let xml = model(&[decision("top", &["odd", "elsewhere", "fine"]), odd, decision("fine", &[])]);
    let imported = import(xml.as_bytes()).unwrap();
    assert_eq!(
        imported.notes,
        [
            "`top` needs the decision `elsewhere`, which is not in the file: give its results as inputs",
            "`top` needs the table `odd`, which is not carried over: give its results as the inputs `odd-out`",
        ]
    );
    assert_eq!(imported.file.tables[0].requires, ["fine"]);
}

#[test]
fn an_expression_may_stand_between_two_tables() {
    let top = decision("top", &["between"]).replace("<text>1<", "<text>Twice + 1<");
    let between = "<decision id=\"between\" name=\"Twice\"><informationRequirement><requiredDecision href=\"#way\"/>\
                   </informationRequirement><literalExpression><text>`way-out` * 2</text></literalExpression></decision>";
    let imported = import(model(&[top, between.to_owned(), decision("way", &[])]).as_bytes()).unwrap();
    assert_eq!((imported.lost.len(), imported.notes.len()), (0, 0), "{:?}", imported.notes);
    let table = &imported.file.tables[0];
    assert_eq!((table.requires.join(" "), table.lets.len()), ("way".to_owned(), 1));
    let answer = Native::new(lower(table).unwrap()).ask(&json!({ "way-out": 20 })).unwrap();
    assert_eq!(rows(answer), json!([{ "top-out": 41 }]));
}

/// Other engines give a result the name of its decision.
#[test]
fn who_reads_a_result_by_the_name_of_its_decision_is_told() {
    let top = decision("top", &["way"]).replace("<text>1<", "<text>The way + 1<");
    let imported = import(model(&[top, decision("way", &[])]).as_bytes()).unwrap();
    let told = "`top` reads `The way`, the name of the decision `way`; what that gives comes by the names of its outputs: \
                `way-out`";
    assert_eq!((imported.lost.len(), imported.notes), (0, vec![told.to_owned()]));
}

/// What a table gives is a name for those that need it, signs and all.
#[test]
fn outputs_with_signs_are_names_where_they_are_needed() {
    let top = decision("top", &["way"]).replace("<text>1<", "<text>way-out + 1<");
    let imported = import(model(&[top, decision("way", &[])]).as_bytes()).unwrap();
    assert_eq!((imported.lost.len(), imported.notes.len()), (0, 0), "{:?}", imported.notes);
    assert_eq!(imported.file.tables[0].rules[0].then["top-out"], "`way-out` + 1");
}

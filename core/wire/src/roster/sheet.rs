//! A sheet of mediators: CSV in UTF-8 or GB 18030, one line for each mediator, the first line naming the columns.

use std::borrow::Cow;

use csv::StringRecord;
use encoding_rs::{Encoding, GB18030, UTF_8};
use maple_kernel::Ruleset;

use super::{ROSTER_ROWS_MAX, RosterFlaw, RosterMessage, RosterPlace, Rows, rows};
use crate::{
    fields::{nearest, quoted},
    json::Json,
    privacy,
    problem::{Flaw, FlawCode, Problem, ProblemKind},
    sheet::{Sheet, SheetEncoding},
};

/// The columns of a sheet, in English and in Chinese; those that a sheet must have come first.
const COLUMNS: [(&str, &str); 11] = [
    ("station", "站点"),
    ("locality", "地区"),
    ("mediator", "调解员编号"),
    ("capacity", "容量"),
    ("cadence_days", "结案间隔天数"),
    ("plan_max", "单次上限"),
    ("skills", "技能"),
    ("languages", "语言"),
    ("kinds", "纠纷类型"),
    ("leave", "休假"),
    ("conflicts", "回避"),
];
/// Columns of a station.
const STATION: [&str; 2] = ["station", "locality"];
/// Columns of a mediator.
const MEDIATOR: [&str; 10] = [
    "mediator",
    "station",
    "skills",
    "languages",
    "kinds",
    "capacity",
    "plan_max",
    "cadence_days",
    "leave",
    "conflicts",
];
/// Columns that a sheet must have.
const NEEDED: usize = 5;
const NUMBERS: [&str; 3] = ["capacity", "plan_max", "cadence_days"];
const LISTS: [&str; 4] = ["skills", "languages", "kinds", "conflicts"];
const LEAVE: &str = "leave";
/// Columns that a sheet may have, with those that are wrong.
const COLUMNS_COUNT_MAX: usize = 64;

/// Reads a sheet in the named encoding; where none is named, in UTF-8 if it is that and in GB 18030 if not.
///
/// # Errors
///
/// When the sheet as a whole cannot be read, or has columns that are not taken; a bad line is told among those that are
/// refused.
pub fn parse_roster_sheet(
    bytes: &[u8],
    charset: Option<&str>,
    ruleset: &Ruleset,
) -> Result<RosterMessage, Box<Problem>> {
    let text = decoded(bytes, charset)?;
    let mut sheet = Sheet::new(text.as_bytes(), SheetEncoding::UTF_8);
    let torn = |_| whole(FlawCode::InvalidUtf8, "the sheet cannot be read as CSV", "无法按CSV读取该表");
    let mut record = StringRecord::new();
    sheet.next(&mut record).map_err(torn)?;
    let columns = columns(&record)?;
    let (mut all, mut count) = (Rows::new(ruleset), 0);
    while let Some(line) = sheet.next(&mut record).map_err(torn)? {
        if record.iter().all(str::is_empty) {
            continue;
        }
        count += 1;
        if count > ROSTER_ROWS_MAX {
            break;
        }
        take(&mut all, RosterPlace::Line(line), &columns, &record);
    }
    if count == 0 || count > ROSTER_ROWS_MAX {
        let (en, zh) = rows(count);
        let code = if count == 0 { FlawCode::TooFew } else { FlawCode::TooMany };
        return Err(whole(code, &en, &zh));
    }
    Ok(all.end())
}

fn whole(code: FlawCode, en: &str, zh: &str) -> Box<Problem> {
    let flaw = Flaw::new(String::new(), code, en.to_owned(), zh.to_owned());
    Box::new(Problem::with_errors(ProblemKind::InvalidRequest, vec![flaw], 1))
}

fn decoded<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, Box<Problem>> {
    let encoding = match charset {
        Some(label) => Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            let label = quoted(label);
            let en = format!("there is no charset {label}; send `charset=utf-8` or `charset=gb18030`");
            whole(FlawCode::UnknownValue, &en, &format!("没有{label}这一字符编码；请用utf-8或gb18030"))
        })?,
        None if bytes.starts_with(b"\xef\xbb\xbf") || std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => GB18030,
    };
    // A mark at the beginning wins over what is named: it is part of what was saved.
    let (text, used, torn) = encoding.decode(bytes);
    if torn {
        let name = used.name();
        let en = format!("the sheet is not written in {name}; save it as UTF-8, or name its charset in `content-type`");
        let zh = format!("该表不是{name}编码；请另存为UTF-8，或在content-type中写明charset");
        return Err(whole(FlawCode::InvalidUtf8, &en, &zh));
    }
    Ok(text)
}

/// The columns of a sheet by their places, or what is wrong with the first line.
fn columns(head: &StringRecord) -> Result<Vec<&'static str>, Box<Problem>> {
    let (mut known, mut flaws) = (Vec::new(), Vec::new());
    let mut wrong = |at: usize, name: &str, code, (en, zh)| {
        let pointer = format!("/{}", name.chars().take(64).collect::<String>().replace('~', "~0").replace('/', "~1"));
        let column = u32::try_from(at + 1).unwrap_or(u32::MAX);
        flaws.push(Flaw { at: Some((1, column)), ..Flaw::new(pointer, code, en, zh) });
    };
    for (at, name) in head.iter().enumerate().take(COLUMNS_COUNT_MAX) {
        let told = quoted(name);
        let found = COLUMNS.into_iter().find(|(en, zh)| name.eq_ignore_ascii_case(en) || name == *zh).map(|(en, _)| en);
        if let Some((en, zh)) = privacy::banned(name).filter(|_| found.is_none()) {
            let said = (format!("the column {told} is refused: {en}"), format!("不接收{told}列：{zh}"));
            wrong(at, name, FlawCode::Forbidden, said);
        } else if let Some(column) = found.filter(|column| !known.contains(column)) {
            known.push(column);
        } else if found.is_some() {
            let said = (format!("the column {told} comes twice; leave one out"), format!("{told}列重复"));
            wrong(at, name, FlawCode::Duplicate, said);
        } else {
            let all = COLUMNS.map(|(en, _)| en).join(", ");
            let zh = COLUMNS.map(|(_, zh)| zh).join("、");
            let hint = nearest(name, COLUMNS.into_iter().map(|(en, _)| en))
                .map_or_else(|| format!("the columns are {all}"), |near| format!("did you mean `{near}`?"));
            let said = (format!("there is no column {told}; {hint}"), format!("没有{told}这一列；可用列：{zh}"));
            wrong(at, name, FlawCode::UnknownField, said);
        }
    }
    for (name, zh) in COLUMNS.iter().take(NEEDED).filter(|(name, _)| !known.contains(name)) {
        let said = (format!("the column `{name}` is missing in the first line"), format!("首行缺少{zh}列（{name}）"));
        wrong(head.len(), name, FlawCode::Missing, said);
    }
    if flaws.is_empty() {
        return Ok(known);
    }
    let count = flaws.len();
    Err(Box::new(Problem::with_errors(ProblemKind::InvalidRequest, flaws, count)))
}

/// One line: a station, and a mediator where one is named.
fn take(all: &mut Rows<'_>, line: RosterPlace, columns: &[&'static str], record: &StringRecord) {
    if record.len() > columns.len() {
        let (has, columns) = (record.len(), columns.len());
        let said = (
            format!("the line has {has} fields and the sheet {columns} columns; put a field with commas in quotes"),
            format!("此行有{has}个字段，表头为{columns}列；含逗号的字段请加引号"),
        );
        all.told.refused.push(RosterFlaw::new(line, "", FlawCode::TooMany, said));
        return;
    }
    let said = |name: &str| {
        let given = columns.iter().zip(record).find(|(column, _)| **column == name).map(|(_, text)| text);
        given.filter(|text| !text.is_empty())
    };
    let object = |names: &[&'static str]| {
        let cells = names.iter().filter_map(|name| said(name).map(|text| (Cow::from(*name), cell(name, text))));
        Json::Object(cells.collect())
    };
    // Where the locality is left out, the station is one that is known.
    let place = said("locality");
    let whole = place.is_none() || all.station(line, &object(&STATION), STATION);
    if said("mediator").is_none() && place.is_some() {
        return;
    }
    if whole {
        all.mediator(line, &object(&MEDIATOR), MEDIATOR);
    } else {
        // What is wrong with the station is told; the rest is read all the same, for what else is wrong.
        let before = all.told.refused.len();
        all.mediator(line, &object(&MEDIATOR), MEDIATOR);
        all.told.mediators.retain(|(kept, _)| *kept != line);
        let told: Vec<_> = all.told.refused.split_off(before);
        all.told.refused.extend(told.into_iter().filter(|told| told.flaw.pointer != "/station"));
    }
}

fn cell<'a>(name: &str, text: &'a str) -> Json<'a> {
    let parts = || text.split(['|', ';', '；']).map(str::trim).filter(|part| !part.is_empty());
    if NUMBERS.contains(&name) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Json::Number(text)
    } else if LISTS.contains(&name) {
        Json::Items(parts().map(|part| Json::Text(part.into())).collect())
    } else if name == LEAVE {
        let run = |part: &'a str| {
            let (from, to) = part.split_once("..").unwrap_or((part, part));
            let days = [("from", from), ("to", to)];
            Json::Object(days.map(|(name, day)| (name.into(), Json::Text(day.trim().into()))).into())
        };
        Json::Items(parts().map(run).collect())
    } else {
        Json::Text(text.into())
    }
}

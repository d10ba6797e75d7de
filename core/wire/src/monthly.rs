//! The month's return as a sheet: UTF-8 with a mark at the beginning, so that every spreadsheet reads its letters.

use csv::Writer;
use maple_insight::{
    figures::{Month, RETURN_KINDS, Return, ReturnCounts, ReturnSource},
    life::Committee,
};

/// What a sheet in UTF-8 begins with.
const MARK: &str = "\u{feff}";
const HEAD: [[&str; 9]; 2] = [
    ["月份", "地区", "分类", "代码", "名称", "受理", "调解终结", "口头协议", "书面协议"],
    [
        "month",
        "locality",
        "section",
        "code",
        "name",
        "registered",
        "concluded",
        "oral_agreements",
        "written_agreements",
    ],
];

const fn committee(class: Committee) -> (&'static str, &'static str) {
    match class {
        Committee::Village => ("村人民调解委员会", "Village committee"),
        Committee::Residents => ("居民（社区）人民调解委员会", "Residents' committee"),
        Committee::Township => ("乡镇人民调解委员会", "Township committee"),
        Committee::Street => ("街道人民调解委员会", "Street committee"),
        Committee::Enterprise => ("企事业单位人民调解委员会", "Committee of an enterprise or institution"),
        Committee::Industry => ("行业性、专业性人民调解委员会", "Industry or professional committee"),
    }
}

const fn source(source: ReturnSource) -> (&'static str, &'static str) {
    match source {
        ReturnSource::Application => ("当事人申请", "Asked for by a party"),
        ReturnSource::Initiative => ("主动调解", "Offered by the committee"),
        ReturnSource::Court => ("法院委派委托", "Sent by a court"),
        ReturnSource::Procuratorate => ("检察机关委托移送", "Sent by a procuratorate"),
        ReturnSource::Police => ("公安机关委托移送", "Sent by the police"),
        ReturnSource::Petition => ("信访部门委托移送", "Sent by an office for petitions"),
        ReturnSource::Authority => ("其他行政机关委托移送", "Sent by another authority"),
        ReturnSource::Other => ("其他", "Other"),
    }
}

const UNSTATED: (&str, &str, &str) = ("not_stated", "未注明", "Not stated");

/// The return as a sheet, with heads and names in Chinese and in English.
#[must_use]
pub fn monthly_csv(made: &Return, locality: &str, month: Month) -> String {
    let mut sheet = Writer::from_writer(MARK.as_bytes().to_vec());
    let mut put = |cells: [String; 9]| {
        // Memory takes whatever is written to it.
        let _ = sheet.write_record(cells);
    };
    let heads = HEAD[0].iter().zip(HEAD[1]).map(|(zh, en)| format!("{zh} {en}"));
    put(heads.collect::<Vec<_>>().try_into().unwrap_or_default());
    let mut row = |section: (&str, &str), code: &str, zh: &str, en: &str, counts: &ReturnCounts| {
        let ReturnCounts { registered, concluded, oral, written } = counts;
        put([
            month.to_string(),
            locality.to_owned(),
            format!("{} {}", section.0, section.1),
            code.to_owned(),
            format!("{zh} {en}"),
            registered.to_string(),
            concluded.to_string(),
            oral.to_string(),
            written.to_string(),
        ]);
    };
    row(("合计", "total"), "total", "合计", "Total", &made.total);
    let (none, zh, en) = UNSTATED;
    for (class, counts) in &made.committees {
        let (code, name) = class.map_or((none, (zh, en)), |class| (class.as_str(), committee(class)));
        row(("调委会类型", "committee"), code, name.0, name.1, counts);
    }
    for (from, counts) in &made.sources {
        let (code, name) = from.map_or((none, (zh, en)), |from| (from.as_str(), source(from)));
        row(("纠纷来源", "source"), code, name.0, name.1, counts);
    }
    for (at, counts) in &made.kinds {
        let name = at.and_then(|at| RETURN_KINDS.get(at)).copied();
        let code = at.map_or_else(|| none.to_owned(), |at| format!("{:02}", at + 1));
        let name = name.unwrap_or((zh, en));
        row(("纠纷类型", "kind"), &code, name.0, name.1, counts);
    }
    String::from_utf8(sheet.into_inner().unwrap_or_default()).unwrap_or_default()
}

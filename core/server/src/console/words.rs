//! Words of the console that stand nowhere else: stages, events and what they say, states of nodes and policies.

use maple_insight::life::{EventType, Stage};
use maple_wire::Language;

use super::visit::say;

/// Where a dispute stands.
pub(super) const fn stage(stage: Stage, language: Language) -> &'static str {
    let (zh, en) = match stage {
        Stage::Registered => ("已登记", "registered"),
        Stage::Offered => ("已提出途径", "a way was offered"),
        Stage::Consented => ("已同意调解", "agreed to mediation"),
        Stage::Refused => ("已拒绝调解", "refused mediation"),
        Stage::Assigned => ("已分派", "assigned"),
        Stage::Accepted => ("调解员已接收", "taken by a mediator"),
        Stage::Declined => ("调解员未接收", "not taken by the mediator"),
        Stage::InMediation => ("调解中", "in mediation"),
        Stage::AgreedOral => ("已达成口头协议", "agreed by word of mouth"),
        Stage::AgreedWritten => ("已达成书面协议", "agreed in writing"),
        Stage::PartlyAgreed => ("部分达成协议", "agreed in part"),
        Stage::Performed => ("已履行", "performed"),
        Stage::ConfirmationFiled => ("已申请司法确认", "confirmation asked for"),
        Stage::Confirmed => ("已司法确认", "confirmed by a court"),
        Stage::Rejected => ("司法确认被驳回", "not confirmed"),
        Stage::Failed => ("调解未成", "no agreement"),
        Stage::Withdrawn => ("申请人撤回", "taken back"),
        Stage::Unreachable => ("当事人联系不上", "a party cannot be reached"),
        Stage::Suspended => ("因虚假调解中止", "stopped: feigned mediation"),
        Stage::ToCourt => ("已进入法院", "before a court"),
        Stage::ToArbitration => ("已进入仲裁", "before a tribunal"),
        Stage::HandedOn => ("已转交其他机关", "handed on"),
        Stage::Closed => ("已办结", "closed"),
        Stage::FollowedUp => ("已回访", "followed up"),
        Stage::Reopened => ("已重新办理", "taken up again"),
    };
    say(language, zh, en)
}

/// What happened.
pub(super) const fn event(event: EventType, language: Language) -> &'static str {
    let (zh, en) = match event {
        EventType::Registered => ("登记", "Registered"),
        EventType::Offered => ("提出途径", "A way is offered"),
        EventType::Consent => ("当事人答复", "A party answers"),
        EventType::Assigned => ("分派", "Assigned"),
        EventType::Accepted => ("调解员接收", "A mediator takes it"),
        EventType::Declined => ("调解员未接收", "The mediator does not take it"),
        EventType::Started => ("开始调解", "Mediation begins"),
        EventType::Agreed => ("达成协议", "An agreement"),
        EventType::Performed => ("履行完毕", "The agreement is performed"),
        EventType::Failed => ("调解终结，未达成协议", "Mediation ends without an agreement"),
        EventType::ConfirmationFiled => ("申请司法确认", "A court is asked to confirm"),
        EventType::ConfirmationDecided => ("法院对确认作出裁定", "The court decides on confirmation"),
        EventType::FiledInCourt => ("向法院起诉", "It goes to court"),
        EventType::ArbitrationStarted => ("进入仲裁", "It goes to arbitration"),
        EventType::Referred => ("转交其他机关", "It is handed on"),
        EventType::Closed => ("办结", "Closed"),
        EventType::FollowedUp => ("回访", "Followed up"),
        EventType::Reopened => ("重新办理", "Taken up again"),
        EventType::Called => ("再次来电", "Called about again"),
    };
    say(language, zh, en)
}

/// A level of a signal.
pub(super) fn level(word: &str, language: Language) -> &'static str {
    let (zh, en) = match word {
        "blue" => ("蓝色", "blue"),
        "yellow" => ("黄色", "yellow"),
        "orange" => ("橙色", "orange"),
        _ => ("红色", "red"),
    };
    say(language, zh, en)
}

/// Words that stand in the data of an event, each with its Chinese and its English.
const TOLD: &[(&str, &str, &str)] = &[
    ("party", "当事人", "party"),
    ("consent", "是否同意调解", "agrees to mediation"),
    ("form", "协议形式", "form"),
    ("scope", "范围", "scope"),
    ("due_on", "应履行至", "due on"),
    ("reason", "原因", "reason"),
    ("granted", "准予确认", "confirmed"),
    ("tribunal", "仲裁机构", "tribunal"),
    ("to", "转交", "to"),
    ("level", "办结层级", "level"),
    ("limit_on", "法定期限至", "limit of the law"),
    ("resolved", "已解决", "resolved"),
    ("satisfied", "满意", "content"),
    ("station", "受理单位", "station"),
    ("mediator", "调解员代号", "mediator"),
    ("channel", "途径", "channel"),
    ("applicant", "申请人", "applicant"),
    ("respondent", "被申请人", "respondent"),
    ("third_party", "第三人", "third party"),
    ("yes", "是", "yes"),
    ("no", "否", "no"),
    ("oral", "口头", "by word of mouth"),
    ("written", "书面", "in writing"),
    ("whole", "全部", "all of it"),
    ("part", "部分", "a part of it"),
    ("unwilling", "一方不愿调解", "a party is not willing"),
    ("too_far_apart", "分歧过大", "too far apart"),
    ("out_of_time", "期限届满未延长", "the time was over"),
    ("refuses_to_sign", "拒绝签收", "a party refuses to sign"),
    ("unreachable", "无法联系", "a party cannot be reached"),
    ("withdrawn", "申请人撤回", "taken back"),
    ("feigned", "虚假调解", "feigned mediation"),
    ("other", "其他", "something else"),
    ("police", "公安机关", "the police"),
    ("administrative_review", "行政复议机关", "an authority that reviews"),
    ("authority", "行政主管机关", "an authority that decides"),
    ("labour", "劳动人事争议仲裁委员会", "the labour tribunal"),
    ("rural_land", "农村土地承包仲裁委员会", "the tribunal for contracted land"),
    ("commercial", "仲裁委员会", "an arbitration commission"),
    ("notary", "公证机构", "a notary"),
    ("legal_aid", "法律援助", "legal aid"),
    ("petition_procedure", "信访程序", "petition procedure"),
    ("village", "村（社区）", "village or neighbourhood"),
    ("town", "乡镇（街道）", "town or street"),
    ("county", "县（市、区）", "county or district"),
    ("city", "市", "city"),
    ("province", "省", "province"),
    ("court", "法院", "court"),
];

/// A word of an event's data; as it is where it has no title.
pub(super) fn told(word: &str, language: Language) -> String {
    let known = TOLD.iter().find(|(known, ..)| *known == word);
    known.map_or_else(|| word.replace('_', " "), |(_, zh, en)| say(language, zh, en).to_owned())
}

/// Words of what serves and of what guardrails did.
const STATES: &[(&str, &str, &str)] = &[
    ("enforce", "生效", "counts"),
    ("shadow", "观察", "shadow"),
    ("off", "关闭", "off"),
    ("stopped", "已停用", "stopped"),
    ("quarantined", "已隔离", "quarantined"),
    ("ready", "正常", "ready"),
    ("degraded", "降级", "degraded"),
    ("draining", "正在停止", "stopping"),
    ("stale", "数据过旧", "cut off"),
    ("away", "失联", "away"),
    ("activate", "启用", "activated"),
    ("rollback", "回退", "rolled back"),
    ("brake", "变更状态", "state changed"),
    ("canary", "灰度", "canary"),
    ("renew", "续用", "renewed"),
    ("route", "分流", "routed"),
    ("refer", "交人工", "to a person"),
    ("applies", "适用", "applies"),
    ("not_applicable", "不适用", "does not apply"),
    ("indeterminate", "未能作答", "gave no usable answer"),
    ("added", "补上", "put in"),
    ("removed", "去掉", "took out"),
    ("clamped", "缩回法定限度", "cut back to what the law allows"),
    ("reordered", "调整先后", "moved"),
    ("held", "交由人工", "held for a person"),
    ("filled", "补全理由", "filled in"),
    ("policy", "规则", "policy"),
    ("locality", "地区", "place"),
    ("raised", "待认领", "nobody is at it"),
    ("acknowledged", "处置中", "somebody is at it"),
    ("handled", "已处置", "handled"),
    ("false_alarm", "误报", "false alarm"),
    ("expired", "已失效", "over by itself"),
    ("proposed", "待批准", "waits for a person"),
    ("accepted", "已批准", "accepted"),
    ("lapsed", "已过期", "nobody accepted it in time"),
    ("assigned", "已分派", "assigned"),
    ("kept", "维持不变", "stays"),
    ("left_out", "未分派", "left out"),
    ("organisation", "单位", "organisation"),
    ("place", "地点", "location"),
    ("project", "项目", "project"),
    ("station", "站点", "station"),
    ("kind", "纠纷类型", "kind of dispute"),
    ("case", "案件", "case"),
];

/// A word of what serves; as it is where it has no title.
pub(super) fn state(word: &str, language: Language) -> String {
    let known = STATES.iter().find(|(known, ..)| *known == word);
    known.map_or_else(|| word.replace('_', " "), |(_, zh, en)| say(language, zh, en).to_owned())
}

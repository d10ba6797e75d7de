//! The JSON contract of the decision service, version 1.

mod capacity;
mod decimal;
mod event;
mod explain;
mod facts;
mod fields;
mod guardrail;
mod handled;
mod indicator;
mod json;
mod mistake;
mod monthly;
mod openapi;
mod outgoing;
mod plan;
mod preview;
mod privacy;
mod problem;
mod question;
mod record;
mod reply;
mod roster;
mod sheet;
mod text;
mod views;
mod vocabulary;
mod writer;

pub use capacity::{CAPACITY_CHANGED, CapacityMessage, unknown_mediator};
pub use event::{
    AHEAD_SECONDS_MAX, EVENT_SOURCE_BYTES_MAX, EVENTS_BYTES_MAX, EVENTS_COUNT_MAX, EventMessage, Message,
    REGISTERED_FACTS, Registration, event_json, parse_event, parse_event_apart, parse_events,
};
pub use explain::{Explained, explain_json, explain_text, why_absent};
pub use facts::{WORD_BYTES_MAX, WORDS_COUNT_MAX, registered_facts};
pub use fields::{FIELDS_COUNT_MAX, NAME_BYTES_MAX, nearest};
pub use guardrail::meaning as guardrail_meaning;
pub use handled::{HandledMessage, Handling, SIGNAL_HANDLED};
pub use indicator::{IndicatorText, exit_text, indicator_text, loop_text, milestone_text};
pub use json::{DEPTH_MAX, VALUES_COUNT_MAX};
pub use mistake::{mistake_zh, tell_mistake_zh};
pub use monthly::monthly_csv;
pub use openapi::OPENAPI;
pub use outgoing::{CLOUDEVENT, OUTGOING_SOURCE_BYTES_MAX, Outgoing, OutgoingType, outgoing_json};
pub use plan::{Need, PLAN_HORIZON_DAYS, PLAN_QUESTION_BYTES_MAX, PlanMessage, parse_plan, plan_json};
pub use preview::{Overlay, PREVIEW_BYTES_MAX, Preview};
pub use privacy::looks_personal;
pub use problem::{ERRORS_COUNT_MAX, FilePlace, Flaw, FlawCode, Problem, ProblemKind};
pub use question::{ASKED, About, Asked, parse_asked, parse_question_asked, parse_question_served};
pub use question::{BODY_BYTES_MAX, ID_BYTES_MAX, PARTIES_COUNT_MAX, SOURCE_UNSTATED, parse_question};
pub use record::{Heard, canonical_question};
pub use reply::{Previewed, Reply, append_decision, write_decision, write_preview};
pub use roster::{
    MediatorMessage, ROSTER_BYTES_MAX, ROSTER_CAPACITY_MAX, ROSTER_LIST_MAX, ROSTER_ROWS_MAX, RosterFlaw,
    RosterMessage, RosterPlace, StationMessage, parse_roster, parse_roster_sheet, skills_apart,
};
pub use sheet::{SHEET_ROW_BYTES_MAX, Sheet, SheetEncoding, SheetFault};
pub use text::{Language, text};
pub use views::{LeftOut, PackView, Serving, write_localities, write_packs, write_provision, write_ruleset};
pub use vocabulary::{class_title, write_vocabulary};

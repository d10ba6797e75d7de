//! Ten or more people with one labour claim: the county mediates within seven days, unless arbitration has decided.

use maple_guest::{Calendar, CaseFile, Finding, Offer, Policy, Refusal, Rule, Span, Table, Text, channels, facts};

/// The policy with its settings.
pub struct ManyWorkers {
    people_min: i64,
}

impl Policy for ManyWorkers {
    fn summary() -> Text {
        Text::new(
            "十人以上的劳动争议，县级调解七日内办结",
            "Labour disputes of ten or more people: county mediation within seven days",
        )
    }

    fn configure(settings: &Table<'_>, _: &Calendar) -> Self {
        Self { people_min: settings.get("people-min").count(1..=10_000).unwrap_or(10) }
    }

    fn reads(&self) -> Vec<String> {
        vec![facts::PEOPLE.into(), facts::LABOUR_ARBITRATION_DONE.into()]
    }

    fn rules(&self) -> Vec<Rule> {
        vec![Rule::new("W1", Self::summary()).basis("cn.labour_mediation_arbitration.14")]
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        let many = case.people().is_some_and(|people| people >= self.people_min);
        if !case.is_kind("labour.*") || !many || case.labour_arbitration_done() {
            return Ok(Vec::new());
        }
        let offer = Offer::to(channels::LABOUR_MEDIATION).body("county").due(Span::days(7).after("acceptance"));
        Ok(vec![Finding::new("W1", offer).evidence(facts::PEOPLE)])
    }
}

maple_guest::export!(ManyWorkers);

#[cfg(test)]
mod tests {
    use maple_guest::testing::{CaseBuilder, ask, configure, offers, settings};

    use super::*;

    #[test]
    fn from_ten_people_on_the_county_is_offered() {
        let policy: ManyWorkers = configure(settings!({ "people-min": 10 })).unwrap();
        for (people, offered) in [(9, &[][..]), (10, &["labour_mediation/county"])] {
            let case = CaseBuilder::new("labour.wage").fact(facts::PEOPLE, people).build();
            assert_eq!(offers(&ask(&policy, &case)), offered, "{people} people");
        }
    }
}

//! The way: offers become steps, lower levels refine them, and what must come first comes first.

use crate::{
    Action, By, ChannelId, Claim, Class, Code, Day, Due, Precondition, Span, Step, StepDue,
    combine::{Draft, Heard},
    guardrails,
};

impl<'a> Draft<'_, 'a> {
    pub(crate) fn offer(&mut self, heard: &[Heard<'_, 'a>]) {
        let mut made: Vec<Step<'a>> = Vec::new();
        for claim in heard {
            let Claim::Offer { channel, body, .. } = &claim.finding.claim else { continue };
            if let Some(ground) = self.excluded.get(channel) {
                let fate = format!("closed by {} {}", ground.by.policy, ground.by.rule);
                self.note(claim.ground.by, &claim.finding, &fate);
                continue;
            }
            self.note(claim.ground.by, &claim.finding, "kept");
            let Some(offered) = self.step(claim) else { continue };
            let same = |step: &&mut Step<'_>| step.channel == channel && step.body == *body;
            match made.iter_mut().find(same) {
                Some(step) => self.refine(step, offered),
                None => made.push(offered),
            }
        }
        self.steps = self.settle_bodies(made);
        self.prefer(heard);
        self.offer_preconditions();
    }

    fn step(&mut self, claim: &Heard<'_, 'a>) -> Option<Step<'a>> {
        let Claim::Offer { channel, body, skills, due, weight, chargeable } = &claim.finding.claim else { return None };
        let (channel, def) = self.hearing.ruleset.index().channel_entry(channel.as_str())?;
        let by = claim.ground.by;
        if *chargeable && def.free {
            self.correct("H21", Action::Removed, &format!("fee for {channel}"), Some(by));
        }
        let mut skills = skills.clone();
        skills.sort();
        skills.dedup();
        Some(Step {
            channel,
            class: def.class,
            body: body.clone(),
            skills,
            needs_consent: guardrails::needs_consent(self.hearing.locality.participation, def),
            free: def.free,
            due: due.as_ref().map(|due| self.due(due, def.max, by, channel)),
            after: Vec::new(),
            weight: *weight,
            ground: claim.ground.clone(),
            decided: Vec::new(),
        })
    }

    /// A due that keeps within the channel's statutory maximum (H03).
    fn due(&mut self, due: &Due, max: Option<Span>, by: By<'a>, channel: &ChannelId) -> StepDue {
        let hearing = self.hearing;
        match due {
            Due::Within(term) => {
                let mut term = term.clone();
                term.span = self.within_maximum(term.span, max, by, &format!("due of {channel}"));
                StepDue { on: self.event_day(&term.start).map(|day| self.end(day, term.span)), term: Some(term) }
            }
            Due::On(day) => {
                let latest = max.map(|max| self.end(hearing.question.as_of, max));
                match latest {
                    Some(latest) if *day > latest => {
                        self.correct("H03", Action::Clamped, &format!("due of {channel}"), Some(by));
                        StepDue { term: None, on: Some(latest) }
                    }
                    _ => StepDue { term: None, on: Some(*day) },
                }
            }
        }
    }

    pub(crate) fn end(&self, start: Day, span: Span) -> Day {
        self.hearing.locality.calendar.end(start, span).day
    }

    /// The day of an event, where the case tells it already.
    fn event_day(&self, event: &Code) -> Option<Day> {
        match event.as_str() {
            "filing" => Some(self.hearing.question.case.filed),
            "today" => Some(self.hearing.question.as_of),
            _ => None,
        }
    }

    /// A later offer of the same step adds skills, sets what was open, and may shorten its time.
    fn refine(&mut self, step: &mut Step<'a>, later: Step<'a>) {
        let by = later.ground.by;
        for skill in later.skills {
            if !step.skills.contains(&skill) {
                step.skills.push(skill);
                step.decided.push(("skills", by));
            }
        }
        step.skills.sort();
        if later.weight != 0 && later.weight != step.weight {
            step.weight = later.weight;
            step.decided.push(("weight", by));
        }
        if step.body.is_none() && later.body.is_some() {
            step.body = later.body;
            step.decided.push(("body", by));
        }
        match (&step.due, later.due) {
            (_, None) => {}
            (None, due) => {
                step.due = due;
                step.decided.push(("due", by));
            }
            (Some(upper), Some(due)) => {
                let (old, new) = (self.last_day(upper), self.last_day(&due));
                if new < old {
                    step.due = Some(due);
                    step.decided.push(("due", by));
                } else if new > old {
                    self.correct("H03", Action::Clamped, &format!("due of {}", step.channel), Some(by));
                }
            }
        }
        step.ground.basis.join(&later.ground.basis);
        step.ground.evidence.join(&later.ground.evidence);
    }

    /// The day a due would end on if its event happened on the day of the case; for comparing dues.
    fn last_day(&self, due: &StepDue) -> Day {
        let today = self.hearing.question.as_of;
        due.on.unwrap_or_else(|| due.term.as_ref().map_or(today, |term| self.end(today, term.span)))
    }

    /// A channel offered with bodies is not offered without one as well: what was said of the channel as a whole
    /// holds for each of its bodies. Protection and whoever decides stay on offer as the floor names them, whatever body a
    /// lower level adds (H01, H04); what only confirms does not.
    fn settle_bodies(&mut self, made: Vec<Step<'a>>) -> Vec<Step<'a>> {
        let (bodied, plain): (Vec<Step<'a>>, Vec<Step<'a>>) = made.into_iter().partition(|step| step.body.is_some());
        let mut steps = Vec::with_capacity(bodied.len() + plain.len());
        for whole in plain {
            let mut parts = bodied.iter().filter(|step| step.channel == whole.channel).peekable();
            if parts.peek().is_none() {
                steps.push(whole);
                continue;
            }
            let must_stay = self.decides_or_protects(&whole)
                && self.is_trusted(whole.ground.by)
                && !parts.clone().any(|part| self.is_trusted(part.ground.by));
            if must_stay {
                steps.push(whole.clone());
            }
            for part in parts {
                let mut step = part.clone();
                step.decided.push(("channel", whole.ground.by));
                if step.due.is_none() || whole.due.as_ref().is_some_and(|due| self.shorter_than(due, &step)) {
                    if step.due.is_some() {
                        let what = format!("due of {}", step.channel);
                        self.correct("H03", Action::Clamped, &what, Some(part.ground.by));
                    }
                    step.due.clone_from(&whole.due);
                }
                if step.weight == 0 {
                    step.weight = whole.weight;
                }
                step.skills.extend(whole.skills.iter().cloned());
                step.skills.sort();
                step.skills.dedup();
                step.ground.basis.join(&whole.ground.basis);
                steps.push(step);
            }
        }
        let lone = bodied.into_iter().filter(|part| !steps.iter().any(|s| s.channel == part.channel));
        let lone: Vec<Step<'a>> = lone.collect();
        steps.extend(lone);
        steps
    }

    fn decides_or_protects(&self, step: &Step<'_>) -> bool {
        let decides = || self.hearing.ruleset.index().channel(step.channel.as_str()).is_some_and(|def| def.decides);
        step.class == Class::Protective || step.class == Class::Adjudicative && decides()
    }

    fn is_trusted(&self, by: By<'_>) -> bool {
        let mut policies = self.hearing.voices.iter().map(|voice| voice.policy);
        policies.any(|policy| policy.trusted && policy.id.as_str() == by.policy)
    }

    fn shorter_than(&self, due: &StepDue, step: &Step<'_>) -> bool {
        step.due.as_ref().is_some_and(|own| self.last_day(due) < self.last_day(own))
    }

    fn prefer(&mut self, heard: &[Heard<'_, 'a>]) {
        for claim in heard {
            let Claim::Prefer { channel, weight } = &claim.finding.claim else { continue };
            let mut moved = false;
            for step in self.steps.iter_mut().filter(|step| step.channel == channel) {
                step.weight = *weight;
                step.decided.push(("weight", claim.ground.by));
                moved = true;
            }
            self.note(claim.ground.by, &claim.finding, if moved { "kept" } else { "without effect: not on offer" });
        }
    }

    /// What must come first is on offer, even if no policy offered it.
    fn offer_preconditions(&mut self) {
        let missing: Vec<Precondition<'a>> = self
            .preconditions
            .iter()
            .filter(|p| !self.steps.iter().any(|s| s.channel == p.first) && !self.excluded.contains_key(p.first))
            .cloned()
            .collect();
        for Precondition { first, ground, .. } in missing {
            if !self.steps.iter().any(|s| s.channel == first) {
                self.steps.extend(guardrails::plain_step(self.hearing, first, ground));
            }
        }
    }

    /// Class, then weight, then as offered; what must come first comes first.
    pub(crate) fn put_in_order(&mut self) {
        self.steps.sort_by_key(|step| (step.class, -step.weight));
        for Precondition { first, before, .. } in &self.preconditions {
            let last_first = self.steps.iter().rposition(|s| s.channel == *first);
            for step in self.steps.iter_mut().filter(|s| s.channel == *before) {
                if !step.after.contains(first) {
                    step.after.push(first);
                }
            }
            let earliest = self.steps.iter().position(|s| s.channel == *before);
            if let (Some(last), Some(earliest)) = (last_first, earliest)
                && earliest < last
            {
                let step = self.steps.remove(earliest);
                self.steps.insert(last, step);
            }
        }
    }
}

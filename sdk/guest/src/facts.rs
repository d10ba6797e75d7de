//! The keys of the facts that come up everywhere. A locality's vocabulary (`policies/facts.toml`) has more; any key may
//! be written as text.

macro_rules! keys {
    ($($name:ident = $key:literal, $doc:literal;)+) => {$(
        #[doc = $doc]
        pub const $name: &str = $key;
    )+};
}

keys! {
    AMOUNT = "amount", "What the dispute is about in money: money.";
    PEOPLE = "people", "How many people it concerns: number.";
    RELATION = "relation", "`family`, `neighbour`, `employment`, `trade`, `none`, `public`: text.";
    SAME_VILLAGE = "same_village", "All parties live in one village: flag.";
    WRITTEN_CONTRACT = "written_contract", "There is a written contract: flag.";
    ARBITRATION_CLAUSE = "arbitration_clause", "There is a valid arbitration clause: flag.";
    DOMESTIC_VIOLENCE = "domestic_violence", "Violence within the family is suspected: flag.";
    CHILD_AT_RISK = "child_at_risk", "A child may be in danger: flag.";
    VIOLENCE_NOW = "violence_now", "Violence is going on or threatens: flag.";
    KNEW_ON = "knew_on", "When the right holder knew: day.";
    EMPLOYMENT_ENDED_ON = "employment_ended_on", "When the employment ended: day.";
    AGREEMENT_ON = "agreement_on", "When the parties agreed: day.";
    AGREEMENT_DUE_ON = "agreement_due_on", "When the agreement was to be performed: day.";
    AGREEMENT_FORM = "agreement_form", "In which form they agreed: text.";
    PERFORMED = "performed", "The agreement is performed: flag.";
    COURT_FILED_ON = "court_filed_on", "When the case came to court: day.";
    MEDIATION_STARTED_ON = "mediation_started_on", "When mediation began: day.";
    MEDIATION_FAILED = "mediation_failed", "Mediation failed: flag.";
    LABOUR_ARBITRATION_DONE = "labour_arbitration_done", "Labour arbitration has decided: flag.";
    ADMIN_REVIEW_DONE = "admin_review_done", "Administrative review has decided: flag.";
    ASSETS_AT_RISK = "assets_at_risk", "Assets may disappear: flag.";
    FIXED_DEBT = "fixed_debt", "The debt is fixed and undisputed: flag.";
    CALLS_7D = "calls_7d", "Calls about the same dispute within seven days: number.";
    PUBLIC_AUTHORITY_ACT = "public_authority_act", "The dispute is about an act of a public authority: flag.";
    AGE_BAND = "age_band", "Of a party: `under_8`, `8_13`, `14_17`, `adult`, `60_plus`: text.";
    CONSENT = "consent", "Of a party: `yes`, `no`, `unknown`: text.";
    REPRESENTED = "represented", "Of a party: somebody represents it: flag.";
    LANGUAGE = "language", "Of a party: the language it speaks: text.";
    FOREIGN = "foreign", "Of a party: it is from abroad: flag.";
    SECTOR = "sector", "Of a party: the branch of business: text.";
    RURAL_MIGRANT_WORKER = "rural_migrant_worker", "Of a party: a worker who came from the countryside: flag.";
    SUPPORT_NEED = "support_need", "Of a party: which support it needs: text.";
}

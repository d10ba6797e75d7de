//! The keys of facts that ship; made from `policies/` by the test `vocabulary`. Any other may be written as text.

/// Now abroad: flag, of a party.
pub const ABROAD: &str = "abroad";

/// An early conciliation certificate is held: flag.
pub const ACAS_CERTIFICATE: &str = "acas_certificate";

/// The day the early conciliation certificate was received: day.
pub const ACAS_CERTIFICATE_ON: &str = "acas_certificate_on";

/// The day ACAS was told: day.
pub const ACAS_NOTIFIED_ON: &str = "acas_notified_on";

/// Limit of the Civil Resolution Tribunal for motor-injury claims: money, of the place.
pub const ACCIDENT_CAP: &str = "accident_cap";

/// The traffic police have made their finding: flag.
pub const ACCIDENT_DETERMINED: &str = "accident_determined";

/// Day the accident finding was received: day.
pub const ACCIDENT_DETERMINED_ON: &str = "accident_determined_on";

/// Similar accidents at the place within seven days: count.
pub const ACCIDENTS_PLACE_7D: &str = "accidents_place_7d";

/// Accuses an official: flag.
pub const ACCUSES_OFFICIAL: &str = "accuses_official";

/// What is claimed against the authority: text (`legality`, `compensation`, `damages`, `discretion`).
pub const ADMIN_CLAIM: &str = "admin_claim";

/// Administrative review has been gone through: flag.
pub const ADMIN_REVIEW_DONE: &str = "admin_review_done";

/// The court has ordered dispute resolution out of court: flag.
pub const ADR_ORDERED: &str = "adr_ordered";

/// Age band: text (`under_8`, `8_13`, `14_17`, `adult`, `60_plus`), of a party.
pub const AGE_BAND: &str = "age_band";

/// Who mediated the agreement: text (`self`, `peoples_mediation`, `industry_mediation`, `labour_mediation`, `admin_mediation`, `police_mediation`, `lawyer_mediation`, `commercial_mediation`, `consumer_association`, `court_delegated_mediation`, `court`).
pub const AGREEMENT_BY: &str = "agreement_by";

/// Day the agreement must be performed: day.
pub const AGREEMENT_DUE_ON: &str = "agreement_due_on";

/// Form of the agreement: text (`oral`, `written`).
pub const AGREEMENT_FORM: &str = "agreement_form";

/// Day the mediated agreement took effect: day.
pub const AGREEMENT_ON: &str = "agreement_on";

/// The agreement settles status: flag.
pub const AGREEMENT_ON_STATUS: &str = "agreement_on_status";

/// The agreement settles title to property or intellectual property: flag.
pub const AGREEMENT_ON_TITLE: &str = "agreement_on_title";

/// Day the dispute went to court after the agreement: day.
pub const AGREEMENT_SUED_ON: &str = "agreement_sued_on";

/// Already before or decided by a court, tribunal or authority: flag.
pub const ALREADY_HANDLED: &str = "already_handled";

/// Already resolved with binding force: flag.
pub const ALREADY_RESOLVED: &str = "already_resolved";

/// Amount in dispute: money.
pub const AMOUNT: &str = "amount";

/// There is a valid written arbitration agreement: flag.
pub const ARBITRATION_CLAUSE: &str = "arbitration_clause";

/// The arbitration agreement is void or lapsed: flag.
pub const ARBITRATION_CLAUSE_VOID: &str = "arbitration_clause_void";

/// Nobody invoked the arbitration agreement before the first hearing: flag.
pub const ARBITRATION_WAIVED: &str = "arbitration_waived";

/// Assets may vanish: flag.
pub const ASSETS_AT_RISK: &str = "assets_at_risk";

/// The award is final for the employer: flag.
pub const AWARD_FINAL: &str = "award_final";

/// Day the award was received: day.
pub const AWARD_ON: &str = "award_on";

/// Calls about this dispute within seven days: count.
pub const CALLS_7D: &str = "calls_7d";

/// Capacity to act: text (`full`, `limited`, `none`), of a party.
pub const CAPACITY: &str = "capacity";

/// Challenges how an authority mediated: flag.
pub const CHALLENGES_MEDIATION: &str = "challenges_mediation";

/// Age band of the child concerned: text (`under_8`, `8_13`, `14_17`).
pub const CHILD_AGE_BAND: &str = "child_age_band";

/// A child is harmed or in danger: flag.
pub const CHILD_AT_RISK: &str = "child_at_risk";

/// Day the child was born: day.
pub const CHILD_BORN_ON: &str = "child_born_on";

/// Sexual harm to a child: flag.
pub const CHILD_SEXUAL_HARM: &str = "child_sexual_harm";

/// What is claimed: text (`payment`, `damages`, `stop_infringement`, `return_property`, `support`, `status`, `title`, `performance`, `other`).
pub const CLAIM: &str = "claim";

/// Day the claim was issued: day.
pub const CLAIM_ISSUED_ON: &str = "claim_issued_on";

/// Signs of a sham dispute or collusion: flag.
pub const COLLUSION_SUSPECTED: &str = "collusion_suspected";

/// Day of the complaint: day.
pub const COMPLAINT_ON: &str = "complaint_on";

/// Complaints against the organisation within 30 days: count.
pub const COMPLAINTS_ORG_30D: &str = "complaints_org_30d";

/// Unrelated complainants against the organisation within 90 days: count.
pub const COMPLAINTS_ORG_90D: &str = "complaints_org_90d";

/// A court has been asked to confirm the agreement: flag.
pub const CONFIRMATION_ASKED: &str = "confirmation_asked";

/// Confirmed by the court: flag.
pub const CONFIRMED: &str = "confirmed";

/// Consent to mediation: text (`yes`, `no`, `unknown`), of a party.
pub const CONSENT: &str = "consent";

/// Raises a constitutional question: flag.
pub const CONSTITUTIONAL: &str = "constitutional";

/// Last day of the cooling-off period before divorce: day.
pub const COOLING_OFF_ENDED_ON: &str = "cooling_off_ended_on";

/// The parties owe each other: flag.
pub const COUNTER_DEBT: &str = "counter_debt";

/// There is a counterclaim: flag.
pub const COUNTERCLAIM: &str = "counterclaim";

/// The court has registered the case: flag.
pub const COURT_ACCEPTED: &str = "court_accepted";

/// Day the claim was brought to the court: day.
pub const COURT_FILED_ON: &str = "court_filed_on";

/// Small claims court or track cap: money, of the place.
pub const COURT_SMALL_CLAIMS_CAP: &str = "court_small_claims_cap";

/// Track: text (`small`, `fast`, `intermediate`, `multi`).
pub const COURT_TRACK: &str = "court_track";

/// A crime is suspected: flag.
pub const CRIME_SUSPECTED: &str = "crime_suspected";

/// Tribunal category: text (`small_claims`, `strata`, `society`, `cooperative`, `accident_benefits`, `minor_injury`, `intimate_images`, `other`).
pub const CRT_CATEGORY: &str = "crt_category";

/// The tribunal has given its final decision: flag.
pub const CRT_DECIDED: &str = "crt_decided";

/// Exempted from the tribunal: flag.
pub const CRT_EXEMPTED: &str = "crt_exempted";

/// A matter for the Civil Resolution Tribunal: flag, set by policies.
pub const CRT_MATTER: &str = "crt_matter";

/// A ground on which the tribunal may refuse the claim: text (`too_complex`, `abuse`, `already_resolved`, `other_body`).
pub const CRT_REFUSAL_GROUND: &str = "crt_refusal_ground";

/// The tribunal has refused the claim: flag.
pub const CRT_REFUSED: &str = "crt_refused";

/// Tribunal small-claims cap: money, of the place.
pub const CRT_SMALL_CLAIMS_CAP: &str = "crt_small_claims_cap";

/// Ends after the last day that the law gave: count, counted by the service.
pub const DEADLINES_MISSED: &str = "deadlines_missed";

/// The debtor can be served: flag.
pub const DEBTOR_SERVICEABLE: &str = "debtor_serviceable";

/// The claim is defended: flag.
pub const DEFENDED: &str = "defended";

/// Payment has been demanded: flag.
pub const DEMANDED: &str = "demanded";

/// Departments concerned: count.
pub const DEPARTMENTS: &str = "departments";

/// A party did not attend: flag.
pub const DID_NOT_ATTEND: &str = "did_not_attend";

/// All directions questionnaires are in: flag.
pub const DIRECTIONS_COMPLETE: &str = "directions_complete";

/// Both agree on divorce, children and property: flag.
pub const DIVORCE_AGREED: &str = "divorce_agreed";

/// Day the divorce registration was applied for: day.
pub const DIVORCE_APPLIED_ON: &str = "divorce_applied_on";

/// About an internet domain name: flag.
pub const DOMAIN_NAME: &str = "domain_name";

/// Domestic violence is alleged or shows signs: flag.
pub const DOMESTIC_VIOLENCE: &str = "domestic_violence";

/// The police issued a warning letter for domestic violence: flag.
pub const DV_WARNING_LETTER: &str = "dv_warning_letter";

/// Day the employment ended: day.
pub const EMPLOYMENT_ENDED_ON: &str = "employment_ended_on";

/// About compensation for expropriation: flag.
pub const EXPROPRIATION_COMPENSATION: &str = "expropriation_compensation";

/// The facts are disputed: flag.
pub const FACTS_DISPUTED: &str = "facts_disputed";

/// Suits against the organisation within 30 days: count.
pub const FILINGS_ORG_30D: &str = "filings_org_30d";

/// Cap of final labour awards: money, of the place.
pub const FINAL_AWARD_CAP: &str = "final_award_cap";

/// The application asks for a financial remedy: flag.
pub const FINANCIAL_REMEDY: &str = "financial_remedy";

/// Fire or other danger now: flag.
pub const FIRE_NOW: &str = "fire_now";

/// Day of the firm's final response: day.
pub const FIRM_FINAL_RESPONSE_ON: &str = "firm_final_response_on";

/// The debt is a fixed sum and due: flag.
pub const FIXED_DEBT: &str = "fixed_debt";

/// From abroad: flag, of a party.
pub const FOREIGN: &str = "foreign";

/// International sale of goods or transfer of technology: flag.
pub const FOREIGN_SALE: &str = "foreign_sale";

/// The government has decided: flag.
pub const GOVERNMENT_DECIDED: &str = "government_decided";

/// Day the government decision was received: day.
pub const GOVERNMENT_DECISION_ON: &str = "government_decision_on";

/// The claim is for harassment: flag.
pub const HARASSMENT: &str = "harassment";

/// Hard or complex: flag.
pub const HARD: &str = "hard";

/// In financial hardship: flag, of a party.
pub const HARDSHIP: &str = "hardship";

/// Raises the Human Rights Code: flag.
pub const HUMAN_RIGHTS: &str = "human_rights";

/// The husband asks for divorce: flag.
pub const HUSBAND_SUES: &str = "husband_sues";

/// Administrative review is under way: flag.
pub const IN_ADMIN_REVIEW: &str = "in_admin_review";

/// Line of business: text.
pub const INDUSTRY: &str = "industry";

/// Somebody is hurt and needs help now: flag.
pub const INJURY_NOW: &str = "injury_now";

/// Day of the work accident or diagnosis: day.
pub const INJURY_ON: &str = "injury_on";

/// The work injury is recognised: flag.
pub const INJURY_RECOGNISED: &str = "injury_recognised";

/// Liability is insured: flag.
pub const INSURED: &str = "insured";

/// Sum from which the insurer must join: money, of the place.
pub const INSURER_THRESHOLD: &str = "insurer_threshold";

/// Day the limitation last started afresh: day.
pub const INTERRUPTED_ON: &str = "interrupted_on";

/// How the claim was issued: text (`paper`, `mcol`, `sdt`, `ocmc`).
pub const ISSUE_ROUTE: &str = "issue_route";

/// Disputes of this kind here this month: count.
pub const KIND_PLACE_MONTH: &str = "kind_place_month";

/// Warning line for this kind here: count.
pub const KIND_PLACE_THRESHOLD: &str = "kind_place_threshold";

/// Day the right-holder knew or should have known: day.
pub const KNEW_ON: &str = "knew_on";

/// Day the labour arbitration commission received the application: day.
pub const LABOUR_ARBITRATION_APPLIED_ON: &str = "labour_arbitration_applied_on";

/// Labour arbitration has been gone through: flag.
pub const LABOUR_ARBITRATION_DONE: &str = "labour_arbitration_done";

/// Why it is not a labour dispute: text (`household_helper`, `craftsman_apprentice`, `farm_hire`, `insurance_agency`, `disability_grade`, `housing_reform`).
pub const LABOUR_EXCEPTION: &str = "labour_exception";

/// Language spoken: text, of a party.
pub const LANGUAGE: &str = "language";

/// Life insurance: flag.
pub const LIFE_INSURANCE: &str = "life_insurance";

/// Asks whether a marriage is valid: flag.
pub const MARRIAGE_VALIDITY: &str = "marriage_validity";

/// Mediation failed: flag.
pub const MEDIATION_FAILED: &str = "mediation_failed";

/// Day mediation ended without agreement: day.
pub const MEDIATION_FAILED_ON: &str = "mediation_failed_on";

/// Levels at which mediation has already failed: words (`village`, `residents`, `enterprise`, `town`, `street`, `industry`, `county`, `city`).
pub const MEDIATION_LEVELS_FAILED: &str = "mediation_levels_failed";

/// Day mediation began: day.
pub const MEDIATION_STARTED_ON: &str = "mediation_started_on";

/// A party asks for another mediator: flag.
pub const MEDIATORS_ASKED_TO_LEAVE: &str = "mediators_asked_to_leave";

/// The assessment meeting has taken place: flag.
pub const MIAM_DONE: &str = "miam_done";

/// Exempt from the assessment meeting: flag.
pub const MIAM_EXEMPT: &str = "miam_exempt";

/// The act infringes an acquired right in natural resources: flag.
pub const NATURAL_RESOURCE_RIGHT: &str = "natural_resource_right";

/// Needs an appraisal: flag.
pub const NEEDS_APPRAISAL: &str = "needs_appraisal";

/// The parties have negotiated: flag.
pub const NEGOTIATED: &str = "negotiated";

/// Notarised with enforceable force: flag.
pub const NOTARISED: &str = "notarised";

/// Day of the harm: day.
pub const OCCURRED_ON: &str = "occurred_on";

/// Penalty imposed on the spot: flag.
pub const ON_THE_SPOT_PENALTY: &str = "on_the_spot_penalty";

/// Handled online: flag.
pub const ONLINE: &str = "online";

/// Papers are lost or the matter is a legacy: flag.
pub const PAPERS_LOST: &str = "papers_lost";

/// Number of parties to the claim: count.
pub const PARTIES_TOTAL: &str = "parties_total";

/// A party cannot be found: flag.
pub const PARTY_MISSING: &str = "party_missing";

/// The payroll account missed a cycle: flag.
pub const PAYROLL_MISSED: &str = "payroll_missed";

/// Days unresolved: count.
pub const PENDING_DAYS: &str = "pending_days";

/// People with the same claim: count.
pub const PEOPLE: &str = "people";

/// The agreement has been performed: flag.
pub const PERFORMED: &str = "performed";

/// The claim includes damages for personal injury: flag.
pub const PERSONAL_INJURY: &str = "personal_injury";

/// Challenges a disciplinary or other personnel decision: flag.
pub const PERSONNEL_DECISION: &str = "personnel_decision";

/// Day the pregnancy ended: day.
pub const PREGNANCY_ENDED_ON: &str = "pregnancy_ended_on";

/// Day the court preserved the assets: day.
pub const PRESERVATION_ON: &str = "preservation_on";

/// Court procedure: text (`ordinary`, `summary`, `small_claims`, `special`, `payment_order`, `public_summons`, `bankruptcy`, `enforcement`).
pub const PROCEDURE: &str = "procedure";

/// Project or policy event: text (`expropriation`, `closure`, `merger`, `relocation`, `bankruptcy`, `policy_change`).
pub const PROJECT_EVENT: &str = "project_event";

/// A party is protected: flag.
pub const PROTECTED_PARTY: &str = "protected_party";

/// A protection order is in force: flag.
pub const PROTECTION_ORDER_ISSUED: &str = "protection_order_issued";

/// The dispute is about an act of public authority: flag.
pub const PUBLIC_AUTHORITY_ACT: &str = "public_authority_act";

/// A dispute with public authority: flag, set by policies.
pub const PUBLIC_LAW: &str = "public_law";

/// Outside the automatic referral: flag, set by policies.
pub const REFERRAL_EXCLUDED: &str = "referral_excluded";

/// Steps of mediation after a party had refused it: count, counted by the service.
pub const REFUSALS_BROKEN: &str = "refusals_broken";

/// The thing is land, a house or registered property: flag.
pub const REGISTERED_PROPERTY: &str = "registered_property";

/// Suits after an agreement: count, counted by the service.
pub const RELAPSES: &str = "relapses";

/// Relation between the parties: text (`family`, `neighbour`, `employment`, `trade`, `none`, `public`).
pub const RELATION: &str = "relation";

/// Disputes at the same place within 180 days: count.
pub const REPEAT_PLACE_180D: &str = "repeat_place_180d";

/// A repeated petition: flag.
pub const REPEATED_PETITION: &str = "repeated_petition";

/// Representatives at the table: count.
pub const REPRESENTATIVES: &str = "representatives";

/// Represented: flag, of a party.
pub const REPRESENTED: &str = "represented";

/// Day of the request for resolution: day.
pub const REQUESTED_ON: &str = "requested_on";

/// Day the other side responded: day.
pub const RESPONSE_ON: &str = "response_on";

/// Day the review decision was received: day.
pub const REVIEW_DECISION_ON: &str = "review_decision_on";

/// Rural land arbitration has been gone through: flag.
pub const RURAL_ARBITRATION_DONE: &str = "rural_arbitration_done";

/// Rural migrant worker: flag, of a party.
pub const RURAL_MIGRANT_WORKER: &str = "rural_migrant_worker";

/// A safeguarding concern: flag.
pub const SAFEGUARDING_CONCERN: &str = "safeguarding_concern";

/// Both parties live in one village or community: flag.
pub const SAME_VILLAGE: &str = "same_village";

/// Sector: text (`construction`, `hardware`, `doors`, `manufacturing`, `retail`, `catering`, `tourism`, `transport`, `property`, `finance`, `insurance`, `medical`, `education`, `platform`, `agriculture`, `trade`, `services`, `real_estate`, `internet`, `public`, `other`), of a party.
pub const SECTOR: &str = "sector";

/// Lives mainly on his or her own earnings: flag, of a party.
pub const SELF_SUPPORTING: &str = "self_supporting";

/// Serious circumstances: flag.
pub const SERIOUS: &str = "serious";

/// Facts and rights are clear, little is disputed: flag.
pub const SIMPLE_CASE: &str = "simple_case";

/// The parties agreed on small claims procedure: flag.
pub const SMALL_CLAIMS_AGREED: &str = "small_claims_agreed";

/// Cap of small claims by agreement: money, of the place.
pub const SMALL_CLAIMS_AGREED_CAP: &str = "small_claims_agreed_cap";

/// Cap of small claims: money, of the place.
pub const SMALL_CLAIMS_CAP: &str = "small_claims_cap";

/// A non-contentious court procedure applies: flag.
pub const SPECIAL_PROCEDURE: &str = "special_procedure";

/// The claim is for a specified sum: flag.
pub const SPECIFIED_SUM: &str = "specified_sum";

/// Cases that the station's mediators can have open at a time: count, counted by the service.
pub const STATION_CAPACITY: &str = "station_capacity";

/// Cases that the station has to do now: count, counted by the service.
pub const STATION_DESK: &str = "station_desk";

/// Cases of the station that are not closed: count, counted by the service.
pub const STATION_OPEN: &str = "station_open";

/// Mediators of the station with more open cases than they can have: count, counted by the service.
pub const STATION_OVERLOADED: &str = "station_overloaded";

/// Cases of the station that nobody took up for more than seven days: count, counted by the service.
pub const STATION_WAITING_7D: &str = "station_waiting_7d";

/// Still employed: flag.
pub const STILL_EMPLOYED: &str = "still_employed";

/// Somebody speaks of harming himself or herself: flag.
pub const SUICIDE_RISK: &str = "suicide_risk";

/// Support needed: words (`hearing`, `sight`, `speech`, `mobility`, `reading`, `devices`, `interpreter`, `other`), of a party.
pub const SUPPORT_NEED: &str = "support_need";

/// Concerns status or title: flag.
pub const TITLE_DISPUTE: &str = "title_dispute";

/// Day the victim turned 18: day.
pub const TURNED_18_ON: &str = "turned_18_on";

/// Urgent: flag.
pub const URGENT: &str = "urgent";

/// An urgent family matter: flag.
pub const URGENT_FAMILY: &str = "urgent_family";

/// Where it happened: a mall, market, fair or exhibition: text (`mall`, `market`, `fair`, `exhibition`, `other`).
pub const VENUE: &str = "venue";

/// The contract was made and performed online, or the act took place online: flag.
pub const VIA_INTERNET: &str = "via_internet";

/// The person harmed: flag, of a party.
pub const VICTIM: &str = "victim";

/// The victim, heard alone, wants to mediate on property: flag.
pub const VICTIM_WANTS_MEDIATION: &str = "victim_wants_mediation";

/// Violence now or about to happen: flag.
pub const VIOLENCE_NOW: &str = "violence_now";

/// The dispute may turn violent: flag.
pub const VIOLENCE_RISK: &str = "violence_risk";

/// The employer gave a written note of the wages owed and nothing else is disputed: flag.
pub const WAGE_IOU: &str = "wage_iou";

/// The wife is pregnant: flag.
pub const WIFE_PREGNANT: &str = "wife_pregnant";

/// The wife asks for divorce: flag.
pub const WIFE_SUES: &str = "wife_sues";

/// Unpaid workers of the organisation within 30 days: count.
pub const WORKERS_ORG_30D: &str = "workers_org_30d";

/// There is a written contract: flag.
pub const WRITTEN_CONTRACT: &str = "written_contract";

/** The keys of facts that ship; made from `policies/` by the test `vocabulary`. */
export const facts = Object.freeze(
  /** @type {const} */ ({
    /** Now abroad: flag, of a party. */
    ABROAD: "abroad",
    /** An early conciliation certificate is held: flag. */
    ACAS_CERTIFICATE: "acas_certificate",
    /** The day the early conciliation certificate was received: day. */
    ACAS_CERTIFICATE_ON: "acas_certificate_on",
    /** The day ACAS was told: day. */
    ACAS_NOTIFIED_ON: "acas_notified_on",
    /** Limit of the Civil Resolution Tribunal for motor-injury claims: money, of the place. */
    ACCIDENT_CAP: "accident_cap",
    /** The traffic police have made their finding: flag. */
    ACCIDENT_DETERMINED: "accident_determined",
    /** Day the accident finding was received: day. */
    ACCIDENT_DETERMINED_ON: "accident_determined_on",
    /** Similar accidents at the place within seven days: count. */
    ACCIDENTS_PLACE_7D: "accidents_place_7d",
    /** Accuses an official: flag. */
    ACCUSES_OFFICIAL: "accuses_official",
    /** What is claimed against the authority: text (`legality`, `compensation`, `damages`, `discretion`). */
    ADMIN_CLAIM: "admin_claim",
    /** Administrative review has been gone through: flag. */
    ADMIN_REVIEW_DONE: "admin_review_done",
    /** The court has ordered dispute resolution out of court: flag. */
    ADR_ORDERED: "adr_ordered",
    /** Age band: text (`under_8`, `8_13`, `14_17`, `adult`, `60_plus`), of a party. */
    AGE_BAND: "age_band",
    /** Who mediated the agreement: text (`self`, `peoples_mediation`, `industry_mediation`, `labour_mediation`, `admin_mediation`, `police_mediation`, `lawyer_mediation`, `commercial_mediation`, `consumer_association`, `court_delegated_mediation`, `court`). */
    AGREEMENT_BY: "agreement_by",
    /** Day the agreement must be performed: day. */
    AGREEMENT_DUE_ON: "agreement_due_on",
    /** Form of the agreement: text (`oral`, `written`). */
    AGREEMENT_FORM: "agreement_form",
    /** Day the mediated agreement took effect: day. */
    AGREEMENT_ON: "agreement_on",
    /** The agreement settles status: flag. */
    AGREEMENT_ON_STATUS: "agreement_on_status",
    /** The agreement settles title to property or intellectual property: flag. */
    AGREEMENT_ON_TITLE: "agreement_on_title",
    /** Day the dispute went to court after the agreement: day. */
    AGREEMENT_SUED_ON: "agreement_sued_on",
    /** Already before or decided by a court, tribunal or authority: flag. */
    ALREADY_HANDLED: "already_handled",
    /** Already resolved with binding force: flag. */
    ALREADY_RESOLVED: "already_resolved",
    /** Amount in dispute: money. */
    AMOUNT: "amount",
    /** There is a valid written arbitration agreement: flag. */
    ARBITRATION_CLAUSE: "arbitration_clause",
    /** The arbitration agreement is void or lapsed: flag. */
    ARBITRATION_CLAUSE_VOID: "arbitration_clause_void",
    /** Nobody invoked the arbitration agreement before the first hearing: flag. */
    ARBITRATION_WAIVED: "arbitration_waived",
    /** Assets may vanish: flag. */
    ASSETS_AT_RISK: "assets_at_risk",
    /** The award is final for the employer: flag. */
    AWARD_FINAL: "award_final",
    /** Day the award was received: day. */
    AWARD_ON: "award_on",
    /** Calls about this dispute within seven days: count. */
    CALLS_7D: "calls_7d",
    /** Capacity to act: text (`full`, `limited`, `none`), of a party. */
    CAPACITY: "capacity",
    /** Challenges how an authority mediated: flag. */
    CHALLENGES_MEDIATION: "challenges_mediation",
    /** Age band of the child concerned: text (`under_8`, `8_13`, `14_17`). */
    CHILD_AGE_BAND: "child_age_band",
    /** A child is harmed or in danger: flag. */
    CHILD_AT_RISK: "child_at_risk",
    /** Day the child was born: day. */
    CHILD_BORN_ON: "child_born_on",
    /** Sexual harm to a child: flag. */
    CHILD_SEXUAL_HARM: "child_sexual_harm",
    /** What is claimed: text (`payment`, `damages`, `stop_infringement`, `return_property`, `support`, `status`, `title`, `performance`, `other`). */
    CLAIM: "claim",
    /** Day the claim was issued: day. */
    CLAIM_ISSUED_ON: "claim_issued_on",
    /** Signs of a sham dispute or collusion: flag. */
    COLLUSION_SUSPECTED: "collusion_suspected",
    /** Day of the complaint: day. */
    COMPLAINT_ON: "complaint_on",
    /** Complaints against the organisation within 30 days: count. */
    COMPLAINTS_ORG_30D: "complaints_org_30d",
    /** Unrelated complainants against the organisation within 90 days: count. */
    COMPLAINTS_ORG_90D: "complaints_org_90d",
    /** A court has been asked to confirm the agreement: flag. */
    CONFIRMATION_ASKED: "confirmation_asked",
    /** Confirmed by the court: flag. */
    CONFIRMED: "confirmed",
    /** Consent to mediation: text (`yes`, `no`, `unknown`), of a party. */
    CONSENT: "consent",
    /** Raises a constitutional question: flag. */
    CONSTITUTIONAL: "constitutional",
    /** Last day of the cooling-off period before divorce: day. */
    COOLING_OFF_ENDED_ON: "cooling_off_ended_on",
    /** The parties owe each other: flag. */
    COUNTER_DEBT: "counter_debt",
    /** There is a counterclaim: flag. */
    COUNTERCLAIM: "counterclaim",
    /** The court has registered the case: flag. */
    COURT_ACCEPTED: "court_accepted",
    /** Day the claim was brought to the court: day. */
    COURT_FILED_ON: "court_filed_on",
    /** Small claims court or track cap: money, of the place. */
    COURT_SMALL_CLAIMS_CAP: "court_small_claims_cap",
    /** Track: text (`small`, `fast`, `intermediate`, `multi`). */
    COURT_TRACK: "court_track",
    /** A crime is suspected: flag. */
    CRIME_SUSPECTED: "crime_suspected",
    /** Tribunal category: text (`small_claims`, `strata`, `society`, `cooperative`, `accident_benefits`, `minor_injury`, `intimate_images`, `other`). */
    CRT_CATEGORY: "crt_category",
    /** The tribunal has given its final decision: flag. */
    CRT_DECIDED: "crt_decided",
    /** Exempted from the tribunal: flag. */
    CRT_EXEMPTED: "crt_exempted",
    /** A matter for the Civil Resolution Tribunal: flag, set by policies. */
    CRT_MATTER: "crt_matter",
    /** A ground on which the tribunal may refuse the claim: text (`too_complex`, `abuse`, `already_resolved`, `other_body`). */
    CRT_REFUSAL_GROUND: "crt_refusal_ground",
    /** The tribunal has refused the claim: flag. */
    CRT_REFUSED: "crt_refused",
    /** Tribunal small-claims cap: money, of the place. */
    CRT_SMALL_CLAIMS_CAP: "crt_small_claims_cap",
    /** Ends after the last day that the law gave: count, counted by the service. */
    DEADLINES_MISSED: "deadlines_missed",
    /** The debtor can be served: flag. */
    DEBTOR_SERVICEABLE: "debtor_serviceable",
    /** The claim is defended: flag. */
    DEFENDED: "defended",
    /** Payment has been demanded: flag. */
    DEMANDED: "demanded",
    /** Departments concerned: count. */
    DEPARTMENTS: "departments",
    /** A party did not attend: flag. */
    DID_NOT_ATTEND: "did_not_attend",
    /** All directions questionnaires are in: flag. */
    DIRECTIONS_COMPLETE: "directions_complete",
    /** Both agree on divorce, children and property: flag. */
    DIVORCE_AGREED: "divorce_agreed",
    /** Day the divorce registration was applied for: day. */
    DIVORCE_APPLIED_ON: "divorce_applied_on",
    /** About an internet domain name: flag. */
    DOMAIN_NAME: "domain_name",
    /** Domestic violence is alleged or shows signs: flag. */
    DOMESTIC_VIOLENCE: "domestic_violence",
    /** The police issued a warning letter for domestic violence: flag. */
    DV_WARNING_LETTER: "dv_warning_letter",
    /** Day the employment ended: day. */
    EMPLOYMENT_ENDED_ON: "employment_ended_on",
    /** About compensation for expropriation: flag. */
    EXPROPRIATION_COMPENSATION: "expropriation_compensation",
    /** The facts are disputed: flag. */
    FACTS_DISPUTED: "facts_disputed",
    /** Suits against the organisation within 30 days: count. */
    FILINGS_ORG_30D: "filings_org_30d",
    /** Cap of final labour awards: money, of the place. */
    FINAL_AWARD_CAP: "final_award_cap",
    /** The application asks for a financial remedy: flag. */
    FINANCIAL_REMEDY: "financial_remedy",
    /** Fire or other danger now: flag. */
    FIRE_NOW: "fire_now",
    /** Day of the firm's final response: day. */
    FIRM_FINAL_RESPONSE_ON: "firm_final_response_on",
    /** The debt is a fixed sum and due: flag. */
    FIXED_DEBT: "fixed_debt",
    /** From abroad: flag, of a party. */
    FOREIGN: "foreign",
    /** International sale of goods or transfer of technology: flag. */
    FOREIGN_SALE: "foreign_sale",
    /** The government has decided: flag. */
    GOVERNMENT_DECIDED: "government_decided",
    /** Day the government decision was received: day. */
    GOVERNMENT_DECISION_ON: "government_decision_on",
    /** The claim is for harassment: flag. */
    HARASSMENT: "harassment",
    /** Hard or complex: flag. */
    HARD: "hard",
    /** In financial hardship: flag, of a party. */
    HARDSHIP: "hardship",
    /** Raises the Human Rights Code: flag. */
    HUMAN_RIGHTS: "human_rights",
    /** The husband asks for divorce: flag. */
    HUSBAND_SUES: "husband_sues",
    /** Administrative review is under way: flag. */
    IN_ADMIN_REVIEW: "in_admin_review",
    /** Line of business: text. */
    INDUSTRY: "industry",
    /** Somebody is hurt and needs help now: flag. */
    INJURY_NOW: "injury_now",
    /** Day of the work accident or diagnosis: day. */
    INJURY_ON: "injury_on",
    /** The work injury is recognised: flag. */
    INJURY_RECOGNISED: "injury_recognised",
    /** Liability is insured: flag. */
    INSURED: "insured",
    /** Sum from which the insurer must join: money, of the place. */
    INSURER_THRESHOLD: "insurer_threshold",
    /** Day the limitation last started afresh: day. */
    INTERRUPTED_ON: "interrupted_on",
    /** How the claim was issued: text (`paper`, `mcol`, `sdt`, `ocmc`). */
    ISSUE_ROUTE: "issue_route",
    /** Disputes of this kind here this month: count. */
    KIND_PLACE_MONTH: "kind_place_month",
    /** Warning line for this kind here: count. */
    KIND_PLACE_THRESHOLD: "kind_place_threshold",
    /** Day the right-holder knew or should have known: day. */
    KNEW_ON: "knew_on",
    /** Day the labour arbitration commission received the application: day. */
    LABOUR_ARBITRATION_APPLIED_ON: "labour_arbitration_applied_on",
    /** Labour arbitration has been gone through: flag. */
    LABOUR_ARBITRATION_DONE: "labour_arbitration_done",
    /** Why it is not a labour dispute: text (`household_helper`, `craftsman_apprentice`, `farm_hire`, `insurance_agency`, `disability_grade`, `housing_reform`). */
    LABOUR_EXCEPTION: "labour_exception",
    /** Language spoken: text, of a party. */
    LANGUAGE: "language",
    /** Life insurance: flag. */
    LIFE_INSURANCE: "life_insurance",
    /** Asks whether a marriage is valid: flag. */
    MARRIAGE_VALIDITY: "marriage_validity",
    /** Mediation failed: flag. */
    MEDIATION_FAILED: "mediation_failed",
    /** Day mediation ended without agreement: day. */
    MEDIATION_FAILED_ON: "mediation_failed_on",
    /** Levels at which mediation has already failed: words (`village`, `residents`, `enterprise`, `town`, `street`, `industry`, `county`, `city`). */
    MEDIATION_LEVELS_FAILED: "mediation_levels_failed",
    /** Day mediation began: day. */
    MEDIATION_STARTED_ON: "mediation_started_on",
    /** A party asks for another mediator: flag. */
    MEDIATORS_ASKED_TO_LEAVE: "mediators_asked_to_leave",
    /** The assessment meeting has taken place: flag. */
    MIAM_DONE: "miam_done",
    /** Exempt from the assessment meeting: flag. */
    MIAM_EXEMPT: "miam_exempt",
    /** The act infringes an acquired right in natural resources: flag. */
    NATURAL_RESOURCE_RIGHT: "natural_resource_right",
    /** Needs an appraisal: flag. */
    NEEDS_APPRAISAL: "needs_appraisal",
    /** The parties have negotiated: flag. */
    NEGOTIATED: "negotiated",
    /** Notarised with enforceable force: flag. */
    NOTARISED: "notarised",
    /** Day of the harm: day. */
    OCCURRED_ON: "occurred_on",
    /** Penalty imposed on the spot: flag. */
    ON_THE_SPOT_PENALTY: "on_the_spot_penalty",
    /** Handled online: flag. */
    ONLINE: "online",
    /** Papers are lost or the matter is a legacy: flag. */
    PAPERS_LOST: "papers_lost",
    /** Number of parties to the claim: count. */
    PARTIES_TOTAL: "parties_total",
    /** A party cannot be found: flag. */
    PARTY_MISSING: "party_missing",
    /** The payroll account missed a cycle: flag. */
    PAYROLL_MISSED: "payroll_missed",
    /** Days unresolved: count. */
    PENDING_DAYS: "pending_days",
    /** People with the same claim: count. */
    PEOPLE: "people",
    /** The agreement has been performed: flag. */
    PERFORMED: "performed",
    /** The claim includes damages for personal injury: flag. */
    PERSONAL_INJURY: "personal_injury",
    /** Challenges a disciplinary or other personnel decision: flag. */
    PERSONNEL_DECISION: "personnel_decision",
    /** Day the pregnancy ended: day. */
    PREGNANCY_ENDED_ON: "pregnancy_ended_on",
    /** Day the court preserved the assets: day. */
    PRESERVATION_ON: "preservation_on",
    /** Court procedure: text (`ordinary`, `summary`, `small_claims`, `special`, `payment_order`, `public_summons`, `bankruptcy`, `enforcement`). */
    PROCEDURE: "procedure",
    /** Project or policy event: text (`expropriation`, `closure`, `merger`, `relocation`, `bankruptcy`, `policy_change`). */
    PROJECT_EVENT: "project_event",
    /** A party is protected: flag. */
    PROTECTED_PARTY: "protected_party",
    /** A protection order is in force: flag. */
    PROTECTION_ORDER_ISSUED: "protection_order_issued",
    /** The dispute is about an act of public authority: flag. */
    PUBLIC_AUTHORITY_ACT: "public_authority_act",
    /** A dispute with public authority: flag, set by policies. */
    PUBLIC_LAW: "public_law",
    /** Outside the automatic referral: flag, set by policies. */
    REFERRAL_EXCLUDED: "referral_excluded",
    /** Steps of mediation after a party had refused it: count, counted by the service. */
    REFUSALS_BROKEN: "refusals_broken",
    /** The thing is land, a house or registered property: flag. */
    REGISTERED_PROPERTY: "registered_property",
    /** Suits after an agreement: count, counted by the service. */
    RELAPSES: "relapses",
    /** Relation between the parties: text (`family`, `neighbour`, `employment`, `trade`, `none`, `public`). */
    RELATION: "relation",
    /** Disputes at the same place within 180 days: count. */
    REPEAT_PLACE_180D: "repeat_place_180d",
    /** A repeated petition: flag. */
    REPEATED_PETITION: "repeated_petition",
    /** Representatives at the table: count. */
    REPRESENTATIVES: "representatives",
    /** Represented: flag, of a party. */
    REPRESENTED: "represented",
    /** Day of the request for resolution: day. */
    REQUESTED_ON: "requested_on",
    /** Day the other side responded: day. */
    RESPONSE_ON: "response_on",
    /** Day the review decision was received: day. */
    REVIEW_DECISION_ON: "review_decision_on",
    /** Rural land arbitration has been gone through: flag. */
    RURAL_ARBITRATION_DONE: "rural_arbitration_done",
    /** Rural migrant worker: flag, of a party. */
    RURAL_MIGRANT_WORKER: "rural_migrant_worker",
    /** A safeguarding concern: flag. */
    SAFEGUARDING_CONCERN: "safeguarding_concern",
    /** Both parties live in one village or community: flag. */
    SAME_VILLAGE: "same_village",
    /** Sector: text (`construction`, `hardware`, `doors`, `manufacturing`, `retail`, `catering`, `tourism`, `transport`, `property`, `finance`, `insurance`, `medical`, `education`, `platform`, `agriculture`, `trade`, `services`, `real_estate`, `internet`, `public`, `other`), of a party. */
    SECTOR: "sector",
    /** Lives mainly on his or her own earnings: flag, of a party. */
    SELF_SUPPORTING: "self_supporting",
    /** Serious circumstances: flag. */
    SERIOUS: "serious",
    /** Facts and rights are clear, little is disputed: flag. */
    SIMPLE_CASE: "simple_case",
    /** The parties agreed on small claims procedure: flag. */
    SMALL_CLAIMS_AGREED: "small_claims_agreed",
    /** Cap of small claims by agreement: money, of the place. */
    SMALL_CLAIMS_AGREED_CAP: "small_claims_agreed_cap",
    /** Cap of small claims: money, of the place. */
    SMALL_CLAIMS_CAP: "small_claims_cap",
    /** A non-contentious court procedure applies: flag. */
    SPECIAL_PROCEDURE: "special_procedure",
    /** The claim is for a specified sum: flag. */
    SPECIFIED_SUM: "specified_sum",
    /** Cases that the station's mediators can have open at a time: count, counted by the service. */
    STATION_CAPACITY: "station_capacity",
    /** Cases that the station has to do now: count, counted by the service. */
    STATION_DESK: "station_desk",
    /** Cases of the station that are not closed: count, counted by the service. */
    STATION_OPEN: "station_open",
    /** Mediators of the station with more open cases than they can have: count, counted by the service. */
    STATION_OVERLOADED: "station_overloaded",
    /** Cases of the station that nobody took up for more than seven days: count, counted by the service. */
    STATION_WAITING_7D: "station_waiting_7d",
    /** Still employed: flag. */
    STILL_EMPLOYED: "still_employed",
    /** Somebody speaks of harming himself or herself: flag. */
    SUICIDE_RISK: "suicide_risk",
    /** Support needed: words (`hearing`, `sight`, `speech`, `mobility`, `reading`, `devices`, `interpreter`, `other`), of a party. */
    SUPPORT_NEED: "support_need",
    /** Concerns status or title: flag. */
    TITLE_DISPUTE: "title_dispute",
    /** Day the victim turned 18: day. */
    TURNED_18_ON: "turned_18_on",
    /** Urgent: flag. */
    URGENT: "urgent",
    /** An urgent family matter: flag. */
    URGENT_FAMILY: "urgent_family",
    /** Where it happened: a mall, market, fair or exhibition: text (`mall`, `market`, `fair`, `exhibition`, `other`). */
    VENUE: "venue",
    /** The contract was made and performed online, or the act took place online: flag. */
    VIA_INTERNET: "via_internet",
    /** The person harmed: flag, of a party. */
    VICTIM: "victim",
    /** The victim, heard alone, wants to mediate on property: flag. */
    VICTIM_WANTS_MEDIATION: "victim_wants_mediation",
    /** Violence now or about to happen: flag. */
    VIOLENCE_NOW: "violence_now",
    /** The dispute may turn violent: flag. */
    VIOLENCE_RISK: "violence_risk",
    /** The employer gave a written note of the wages owed and nothing else is disputed: flag. */
    WAGE_IOU: "wage_iou",
    /** The wife is pregnant: flag. */
    WIFE_PREGNANT: "wife_pregnant",
    /** The wife asks for divorce: flag. */
    WIFE_SUES: "wife_sues",
    /** Unpaid workers of the organisation within 30 days: count. */
    WORKERS_ORG_30D: "workers_org_30d",
    /** There is a written contract: flag. */
    WRITTEN_CONTRACT: "written_contract",
  }),
);

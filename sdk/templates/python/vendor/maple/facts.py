"""The keys of facts that ship; made from `policies/` by the test `vocabulary`."""

from typing import Final

ABROAD: Final = "abroad"
"""Now abroad: flag, of a party."""

ACAS_CERTIFICATE: Final = "acas_certificate"
"""An early conciliation certificate is held: flag."""

ACAS_CERTIFICATE_ON: Final = "acas_certificate_on"
"""The day the early conciliation certificate was received: day."""

ACAS_NOTIFIED_ON: Final = "acas_notified_on"
"""The day ACAS was told: day."""

ACCIDENT_CAP: Final = "accident_cap"
"""Limit of the Civil Resolution Tribunal for motor-injury claims: money, of the place."""

ACCIDENT_DETERMINED: Final = "accident_determined"
"""The traffic police have made their finding: flag."""

ACCIDENT_DETERMINED_ON: Final = "accident_determined_on"
"""Day the accident finding was received: day."""

ACCIDENTS_PLACE_7D: Final = "accidents_place_7d"
"""Similar accidents at the place within seven days: count."""

ACCUSES_OFFICIAL: Final = "accuses_official"
"""Accuses an official: flag."""

ADMIN_CLAIM: Final = "admin_claim"
"""What is claimed against the authority: text (`legality`, `compensation`, `damages`, `discretion`)."""

ADMIN_REVIEW_DONE: Final = "admin_review_done"
"""Administrative review has been gone through: flag."""

ADR_ORDERED: Final = "adr_ordered"
"""The court has ordered dispute resolution out of court: flag."""

AGE_BAND: Final = "age_band"
"""Age band: text (`under_8`, `8_13`, `14_17`, `adult`, `60_plus`), of a party."""

AGREEMENT_BY: Final = "agreement_by"
"""Who mediated the agreement: text (`self`, `peoples_mediation`, `industry_mediation`, `labour_mediation`, `admin_mediation`, `police_mediation`, `lawyer_mediation`, `commercial_mediation`, `consumer_association`, `court_delegated_mediation`, `court`)."""

AGREEMENT_DUE_ON: Final = "agreement_due_on"
"""Day the agreement must be performed: day."""

AGREEMENT_FORM: Final = "agreement_form"
"""Form of the agreement: text (`oral`, `written`)."""

AGREEMENT_ON: Final = "agreement_on"
"""Day the mediated agreement took effect: day."""

AGREEMENT_ON_STATUS: Final = "agreement_on_status"
"""The agreement settles status: flag."""

AGREEMENT_ON_TITLE: Final = "agreement_on_title"
"""The agreement settles title to property or intellectual property: flag."""

AGREEMENT_SUED_ON: Final = "agreement_sued_on"
"""Day the dispute went to court after the agreement: day."""

ALREADY_HANDLED: Final = "already_handled"
"""Already before or decided by a court, tribunal or authority: flag."""

ALREADY_RESOLVED: Final = "already_resolved"
"""Already resolved with binding force: flag."""

AMOUNT: Final = "amount"
"""Amount in dispute: money."""

ARBITRATION_CLAUSE: Final = "arbitration_clause"
"""There is a valid written arbitration agreement: flag."""

ARBITRATION_CLAUSE_VOID: Final = "arbitration_clause_void"
"""The arbitration agreement is void or lapsed: flag."""

ARBITRATION_WAIVED: Final = "arbitration_waived"
"""Nobody invoked the arbitration agreement before the first hearing: flag."""

ASSETS_AT_RISK: Final = "assets_at_risk"
"""Assets may vanish: flag."""

AWARD_FINAL: Final = "award_final"
"""The award is final for the employer: flag."""

AWARD_ON: Final = "award_on"
"""Day the award was received: day."""

CALLS_7D: Final = "calls_7d"
"""Calls about this dispute within seven days: count."""

CAPACITY: Final = "capacity"
"""Capacity to act: text (`full`, `limited`, `none`), of a party."""

CHALLENGES_MEDIATION: Final = "challenges_mediation"
"""Challenges how an authority mediated: flag."""

CHILD_AGE_BAND: Final = "child_age_band"
"""Age band of the child concerned: text (`under_8`, `8_13`, `14_17`)."""

CHILD_AT_RISK: Final = "child_at_risk"
"""A child is harmed or in danger: flag."""

CHILD_BORN_ON: Final = "child_born_on"
"""Day the child was born: day."""

CHILD_SEXUAL_HARM: Final = "child_sexual_harm"
"""Sexual harm to a child: flag."""

CLAIM: Final = "claim"
"""What is claimed: text (`payment`, `damages`, `stop_infringement`, `return_property`, `support`, `status`, `title`, `performance`, `other`)."""

CLAIM_ISSUED_ON: Final = "claim_issued_on"
"""Day the claim was issued: day."""

COLLUSION_SUSPECTED: Final = "collusion_suspected"
"""Signs of a sham dispute or collusion: flag."""

COMPLAINT_ON: Final = "complaint_on"
"""Day of the complaint: day."""

COMPLAINTS_ORG_30D: Final = "complaints_org_30d"
"""Complaints against the organisation within 30 days: count."""

COMPLAINTS_ORG_90D: Final = "complaints_org_90d"
"""Unrelated complainants against the organisation within 90 days: count."""

CONFIRMATION_ASKED: Final = "confirmation_asked"
"""A court has been asked to confirm the agreement: flag."""

CONFIRMED: Final = "confirmed"
"""Confirmed by the court: flag."""

CONSENT: Final = "consent"
"""Consent to mediation: text (`yes`, `no`, `unknown`), of a party."""

CONSTITUTIONAL: Final = "constitutional"
"""Raises a constitutional question: flag."""

COOLING_OFF_ENDED_ON: Final = "cooling_off_ended_on"
"""Last day of the cooling-off period before divorce: day."""

COUNTER_DEBT: Final = "counter_debt"
"""The parties owe each other: flag."""

COUNTERCLAIM: Final = "counterclaim"
"""There is a counterclaim: flag."""

COURT_ACCEPTED: Final = "court_accepted"
"""The court has registered the case: flag."""

COURT_FILED_ON: Final = "court_filed_on"
"""Day the claim was brought to the court: day."""

COURT_SMALL_CLAIMS_CAP: Final = "court_small_claims_cap"
"""Small claims court or track cap: money, of the place."""

COURT_TRACK: Final = "court_track"
"""Track: text (`small`, `fast`, `intermediate`, `multi`)."""

CRIME_SUSPECTED: Final = "crime_suspected"
"""A crime is suspected: flag."""

CRT_CATEGORY: Final = "crt_category"
"""Tribunal category: text (`small_claims`, `strata`, `society`, `cooperative`, `accident_benefits`, `minor_injury`, `intimate_images`, `other`)."""

CRT_DECIDED: Final = "crt_decided"
"""The tribunal has given its final decision: flag."""

CRT_EXEMPTED: Final = "crt_exempted"
"""Exempted from the tribunal: flag."""

CRT_MATTER: Final = "crt_matter"
"""A matter for the Civil Resolution Tribunal: flag, set by policies."""

CRT_REFUSAL_GROUND: Final = "crt_refusal_ground"
"""A ground on which the tribunal may refuse the claim: text (`too_complex`, `abuse`, `already_resolved`, `other_body`)."""

CRT_REFUSED: Final = "crt_refused"
"""The tribunal has refused the claim: flag."""

CRT_SMALL_CLAIMS_CAP: Final = "crt_small_claims_cap"
"""Tribunal small-claims cap: money, of the place."""

DEADLINES_MISSED: Final = "deadlines_missed"
"""Ends after the last day that the law gave: count, counted by the service."""

DEBTOR_SERVICEABLE: Final = "debtor_serviceable"
"""The debtor can be served: flag."""

DEFENDED: Final = "defended"
"""The claim is defended: flag."""

DEMANDED: Final = "demanded"
"""Payment has been demanded: flag."""

DEPARTMENTS: Final = "departments"
"""Departments concerned: count."""

DID_NOT_ATTEND: Final = "did_not_attend"
"""A party did not attend: flag."""

DIRECTIONS_COMPLETE: Final = "directions_complete"
"""All directions questionnaires are in: flag."""

DIVORCE_AGREED: Final = "divorce_agreed"
"""Both agree on divorce, children and property: flag."""

DIVORCE_APPLIED_ON: Final = "divorce_applied_on"
"""Day the divorce registration was applied for: day."""

DOMAIN_NAME: Final = "domain_name"
"""About an internet domain name: flag."""

DOMESTIC_VIOLENCE: Final = "domestic_violence"
"""Domestic violence is alleged or shows signs: flag."""

DV_WARNING_LETTER: Final = "dv_warning_letter"
"""The police issued a warning letter for domestic violence: flag."""

EMPLOYMENT_ENDED_ON: Final = "employment_ended_on"
"""Day the employment ended: day."""

EXPROPRIATION_COMPENSATION: Final = "expropriation_compensation"
"""About compensation for expropriation: flag."""

FACTS_DISPUTED: Final = "facts_disputed"
"""The facts are disputed: flag."""

FILINGS_ORG_30D: Final = "filings_org_30d"
"""Suits against the organisation within 30 days: count."""

FINAL_AWARD_CAP: Final = "final_award_cap"
"""Cap of final labour awards: money, of the place."""

FINANCIAL_REMEDY: Final = "financial_remedy"
"""The application asks for a financial remedy: flag."""

FIRE_NOW: Final = "fire_now"
"""Fire or other danger now: flag."""

FIRM_FINAL_RESPONSE_ON: Final = "firm_final_response_on"
"""Day of the firm's final response: day."""

FIXED_DEBT: Final = "fixed_debt"
"""The debt is a fixed sum and due: flag."""

FOREIGN: Final = "foreign"
"""From abroad: flag, of a party."""

FOREIGN_SALE: Final = "foreign_sale"
"""International sale of goods or transfer of technology: flag."""

GOVERNMENT_DECIDED: Final = "government_decided"
"""The government has decided: flag."""

GOVERNMENT_DECISION_ON: Final = "government_decision_on"
"""Day the government decision was received: day."""

HARASSMENT: Final = "harassment"
"""The claim is for harassment: flag."""

HARD: Final = "hard"
"""Hard or complex: flag."""

HARDSHIP: Final = "hardship"
"""In financial hardship: flag, of a party."""

HUMAN_RIGHTS: Final = "human_rights"
"""Raises the Human Rights Code: flag."""

HUSBAND_SUES: Final = "husband_sues"
"""The husband asks for divorce: flag."""

IN_ADMIN_REVIEW: Final = "in_admin_review"
"""Administrative review is under way: flag."""

INDUSTRY: Final = "industry"
"""Line of business: text."""

INJURY_NOW: Final = "injury_now"
"""Somebody is hurt and needs help now: flag."""

INJURY_ON: Final = "injury_on"
"""Day of the work accident or diagnosis: day."""

INJURY_RECOGNISED: Final = "injury_recognised"
"""The work injury is recognised: flag."""

INSURED: Final = "insured"
"""Liability is insured: flag."""

INSURER_THRESHOLD: Final = "insurer_threshold"
"""Sum from which the insurer must join: money, of the place."""

INTERRUPTED_ON: Final = "interrupted_on"
"""Day the limitation last started afresh: day."""

ISSUE_ROUTE: Final = "issue_route"
"""How the claim was issued: text (`paper`, `mcol`, `sdt`, `ocmc`)."""

KIND_PLACE_MONTH: Final = "kind_place_month"
"""Disputes of this kind here this month: count."""

KIND_PLACE_THRESHOLD: Final = "kind_place_threshold"
"""Warning line for this kind here: count."""

KNEW_ON: Final = "knew_on"
"""Day the right-holder knew or should have known: day."""

LABOUR_ARBITRATION_APPLIED_ON: Final = "labour_arbitration_applied_on"
"""Day the labour arbitration commission received the application: day."""

LABOUR_ARBITRATION_DONE: Final = "labour_arbitration_done"
"""Labour arbitration has been gone through: flag."""

LABOUR_EXCEPTION: Final = "labour_exception"
"""Why it is not a labour dispute: text (`household_helper`, `craftsman_apprentice`, `farm_hire`, `insurance_agency`, `disability_grade`, `housing_reform`)."""

LANGUAGE: Final = "language"
"""Language spoken: text, of a party."""

LIFE_INSURANCE: Final = "life_insurance"
"""Life insurance: flag."""

MARRIAGE_VALIDITY: Final = "marriage_validity"
"""Asks whether a marriage is valid: flag."""

MEDIATION_FAILED: Final = "mediation_failed"
"""Mediation failed: flag."""

MEDIATION_FAILED_ON: Final = "mediation_failed_on"
"""Day mediation ended without agreement: day."""

MEDIATION_LEVELS_FAILED: Final = "mediation_levels_failed"
"""Levels at which mediation has already failed: words (`village`, `residents`, `enterprise`, `town`, `street`, `industry`, `county`, `city`)."""

MEDIATION_STARTED_ON: Final = "mediation_started_on"
"""Day mediation began: day."""

MEDIATORS_ASKED_TO_LEAVE: Final = "mediators_asked_to_leave"
"""A party asks for another mediator: flag."""

MIAM_DONE: Final = "miam_done"
"""The assessment meeting has taken place: flag."""

MIAM_EXEMPT: Final = "miam_exempt"
"""Exempt from the assessment meeting: flag."""

NATURAL_RESOURCE_RIGHT: Final = "natural_resource_right"
"""The act infringes an acquired right in natural resources: flag."""

NEEDS_APPRAISAL: Final = "needs_appraisal"
"""Needs an appraisal: flag."""

NEGOTIATED: Final = "negotiated"
"""The parties have negotiated: flag."""

NOTARISED: Final = "notarised"
"""Notarised with enforceable force: flag."""

OCCURRED_ON: Final = "occurred_on"
"""Day of the harm: day."""

ON_THE_SPOT_PENALTY: Final = "on_the_spot_penalty"
"""Penalty imposed on the spot: flag."""

ONLINE: Final = "online"
"""Handled online: flag."""

PAPERS_LOST: Final = "papers_lost"
"""Papers are lost or the matter is a legacy: flag."""

PARTIES_TOTAL: Final = "parties_total"
"""Number of parties to the claim: count."""

PARTY_MISSING: Final = "party_missing"
"""A party cannot be found: flag."""

PAYROLL_MISSED: Final = "payroll_missed"
"""The payroll account missed a cycle: flag."""

PENDING_DAYS: Final = "pending_days"
"""Days unresolved: count."""

PEOPLE: Final = "people"
"""People with the same claim: count."""

PERFORMED: Final = "performed"
"""The agreement has been performed: flag."""

PERSONAL_INJURY: Final = "personal_injury"
"""The claim includes damages for personal injury: flag."""

PERSONNEL_DECISION: Final = "personnel_decision"
"""Challenges a disciplinary or other personnel decision: flag."""

PREGNANCY_ENDED_ON: Final = "pregnancy_ended_on"
"""Day the pregnancy ended: day."""

PRESERVATION_ON: Final = "preservation_on"
"""Day the court preserved the assets: day."""

PROCEDURE: Final = "procedure"
"""Court procedure: text (`ordinary`, `summary`, `small_claims`, `special`, `payment_order`, `public_summons`, `bankruptcy`, `enforcement`)."""

PROJECT_EVENT: Final = "project_event"
"""Project or policy event: text (`expropriation`, `closure`, `merger`, `relocation`, `bankruptcy`, `policy_change`)."""

PROTECTED_PARTY: Final = "protected_party"
"""A party is protected: flag."""

PROTECTION_ORDER_ISSUED: Final = "protection_order_issued"
"""A protection order is in force: flag."""

PUBLIC_AUTHORITY_ACT: Final = "public_authority_act"
"""The dispute is about an act of public authority: flag."""

PUBLIC_LAW: Final = "public_law"
"""A dispute with public authority: flag, set by policies."""

REFERRAL_EXCLUDED: Final = "referral_excluded"
"""Outside the automatic referral: flag, set by policies."""

REFUSALS_BROKEN: Final = "refusals_broken"
"""Steps of mediation after a party had refused it: count, counted by the service."""

REGISTERED_PROPERTY: Final = "registered_property"
"""The thing is land, a house or registered property: flag."""

RELAPSES: Final = "relapses"
"""Suits after an agreement: count, counted by the service."""

RELATION: Final = "relation"
"""Relation between the parties: text (`family`, `neighbour`, `employment`, `trade`, `none`, `public`)."""

REPEAT_PLACE_180D: Final = "repeat_place_180d"
"""Disputes at the same place within 180 days: count."""

REPEATED_PETITION: Final = "repeated_petition"
"""A repeated petition: flag."""

REPRESENTATIVES: Final = "representatives"
"""Representatives at the table: count."""

REPRESENTED: Final = "represented"
"""Represented: flag, of a party."""

REQUESTED_ON: Final = "requested_on"
"""Day of the request for resolution: day."""

RESPONSE_ON: Final = "response_on"
"""Day the other side responded: day."""

REVIEW_DECISION_ON: Final = "review_decision_on"
"""Day the review decision was received: day."""

RURAL_ARBITRATION_DONE: Final = "rural_arbitration_done"
"""Rural land arbitration has been gone through: flag."""

RURAL_MIGRANT_WORKER: Final = "rural_migrant_worker"
"""Rural migrant worker: flag, of a party."""

SAFEGUARDING_CONCERN: Final = "safeguarding_concern"
"""A safeguarding concern: flag."""

SAME_VILLAGE: Final = "same_village"
"""Both parties live in one village or community: flag."""

SECTOR: Final = "sector"
"""Sector: text (`construction`, `hardware`, `doors`, `manufacturing`, `retail`, `catering`, `tourism`, `transport`, `property`, `finance`, `insurance`, `medical`, `education`, `platform`, `agriculture`, `trade`, `services`, `real_estate`, `internet`, `public`, `other`), of a party."""

SELF_SUPPORTING: Final = "self_supporting"
"""Lives mainly on his or her own earnings: flag, of a party."""

SERIOUS: Final = "serious"
"""Serious circumstances: flag."""

SIMPLE_CASE: Final = "simple_case"
"""Facts and rights are clear, little is disputed: flag."""

SMALL_CLAIMS_AGREED: Final = "small_claims_agreed"
"""The parties agreed on small claims procedure: flag."""

SMALL_CLAIMS_AGREED_CAP: Final = "small_claims_agreed_cap"
"""Cap of small claims by agreement: money, of the place."""

SMALL_CLAIMS_CAP: Final = "small_claims_cap"
"""Cap of small claims: money, of the place."""

SPECIAL_PROCEDURE: Final = "special_procedure"
"""A non-contentious court procedure applies: flag."""

SPECIFIED_SUM: Final = "specified_sum"
"""The claim is for a specified sum: flag."""

STATION_CAPACITY: Final = "station_capacity"
"""Cases that the station's mediators can have open at a time: count, counted by the service."""

STATION_DESK: Final = "station_desk"
"""Cases that the station has to do now: count, counted by the service."""

STATION_OPEN: Final = "station_open"
"""Cases of the station that are not closed: count, counted by the service."""

STATION_OVERLOADED: Final = "station_overloaded"
"""Mediators of the station with more open cases than they can have: count, counted by the service."""

STATION_WAITING_7D: Final = "station_waiting_7d"
"""Cases of the station that nobody took up for more than seven days: count, counted by the service."""

STILL_EMPLOYED: Final = "still_employed"
"""Still employed: flag."""

SUICIDE_RISK: Final = "suicide_risk"
"""Somebody speaks of harming himself or herself: flag."""

SUPPORT_NEED: Final = "support_need"
"""Support needed: words (`hearing`, `sight`, `speech`, `mobility`, `reading`, `devices`, `interpreter`, `other`), of a party."""

TITLE_DISPUTE: Final = "title_dispute"
"""Concerns status or title: flag."""

TURNED_18_ON: Final = "turned_18_on"
"""Day the victim turned 18: day."""

URGENT: Final = "urgent"
"""Urgent: flag."""

URGENT_FAMILY: Final = "urgent_family"
"""An urgent family matter: flag."""

VENUE: Final = "venue"
"""Where it happened: a mall, market, fair or exhibition: text (`mall`, `market`, `fair`, `exhibition`, `other`)."""

VIA_INTERNET: Final = "via_internet"
"""The contract was made and performed online, or the act took place online: flag."""

VICTIM: Final = "victim"
"""The person harmed: flag, of a party."""

VICTIM_WANTS_MEDIATION: Final = "victim_wants_mediation"
"""The victim, heard alone, wants to mediate on property: flag."""

VIOLENCE_NOW: Final = "violence_now"
"""Violence now or about to happen: flag."""

VIOLENCE_RISK: Final = "violence_risk"
"""The dispute may turn violent: flag."""

WAGE_IOU: Final = "wage_iou"
"""The employer gave a written note of the wages owed and nothing else is disputed: flag."""

WIFE_PREGNANT: Final = "wife_pregnant"
"""The wife is pregnant: flag."""

WIFE_SUES: Final = "wife_sues"
"""The wife asks for divorce: flag."""

WORKERS_ORG_30D: Final = "workers_org_30d"
"""Unpaid workers of the organisation within 30 days: count."""

WRITTEN_CONTRACT: Final = "written_contract"
"""There is a written contract: flag."""

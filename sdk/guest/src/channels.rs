//! The channels of disputes that ship; made from `policies/` by the test `vocabulary`. Any other may be written as text.

/// Acas early conciliation: precondition, in `gb/england-wales`.
pub const ACAS_EARLY_CONCILIATION: &str = "acas_early_conciliation";

/// Administrative suit: adjudicative, in `cn`.
pub const ADMIN_LITIGATION: &str = "admin_litigation";

/// Mediation by the competent authority: facilitative, in `cn`.
pub const ADMIN_MEDIATION: &str = "admin_mediation";

/// Administrative review: adjudicative, in `cn`.
pub const ADMIN_REVIEW: &str = "admin_review";

/// Mediation during administrative review: facilitative, in `cn`.
pub const ADMIN_REVIEW_MEDIATION: &str = "admin_review_mediation";

/// Decision by the government: adjudicative, in `cn`.
pub const ADMIN_RULING: &str = "admin_ruling";

/// Mediation within the arbitral body: facilitative, in `cn`.
pub const ARBITRAL_MEDIATION: &str = "arbitral_mediation";

/// Setting aside an award: adjudicative, in `cn`.
pub const AWARD_SET_ASIDE: &str = "award_set_aside";

/// Child protection service: protective, in `ca/british-columbia`.
pub const CHILD_PROTECTION_BC: &str = "child_protection_bc";

/// Children's services of the local authority: protective, in `gb/england-wales`.
pub const CHILDREN_SERVICES: &str = "children_services";

/// Protection by the civil affairs department: protective, in `cn`.
pub const CIVIL_AFFAIRS: &str = "civil_affairs";

/// Commercial arbitration: adjudicative, in `cn`.
pub const COMMERCIAL_ARBITRATION: &str = "commercial_arbitration";

/// Commercial mediation: facilitative, in `cn`.
pub const COMMERCIAL_MEDIATION: &str = "commercial_mediation";

/// Mediation by the consumer association: facilitative, in `cn`.
pub const CONSUMER_ASSOCIATION: &str = "consumer_association";

/// Consumer complaint (12315): parallel, in `cn`.
pub const CONSUMER_COMPLAINT: &str = "consumer_complaint";

/// The ordinary court of the place: adjudicative.
pub const COURT: &str = "court";

/// Mediation delegated by the court before registration: facilitative, in `cn`.
pub const COURT_DELEGATED_MEDIATION: &str = "court_delegated_mediation";

/// Mediation entrusted by the court after registration: facilitative, in `cn`.
pub const COURT_ENTRUSTED_MEDIATION: &str = "court_entrusted_mediation";

/// Dispute resolution ordered by the court: facilitative, in `gb/england-wales`.
pub const COURT_ORDERED_ADR: &str = "court_ordered_adr";

/// Civil Resolution Tribunal: decision: adjudicative, in `ca/british-columbia`.
pub const CRT_ADJUDICATION: &str = "crt_adjudication";

/// Civil Resolution Tribunal: facilitation: facilitative, in `ca/british-columbia`.
pub const CRT_FACILITATION: &str = "crt_facilitation";

/// Civil Resolution Tribunal: negotiation: facilitative, in `ca/british-columbia`.
pub const CRT_NEGOTIATION: &str = "crt_negotiation";

/// Discipline inspection and supervision body: informative, in `cn`.
pub const DISCIPLINE_INSPECTION: &str = "discipline_inspection";

/// Emergency call: protective.
pub const EMERGENCY_CALL: &str = "emergency_call";

/// Employment Standards Branch of BC: adjudicative, in `ca/british-columbia`.
pub const EMPLOYMENT_STANDARDS_BC: &str = "employment_standards_bc";

/// Employment tribunal: adjudicative, in `gb/england-wales`.
pub const EMPLOYMENT_TRIBUNAL: &str = "employment_tribunal";

/// Compulsory enforcement: adjudicative.
pub const ENFORCEMENT: &str = "enforcement";

/// Family justice counsellors: facilitative, in `ca/british-columbia`.
pub const FAMILY_JUSTICE_BC: &str = "family_justice_bc";

/// Family mediation: facilitative, in `gb/england-wales`.
pub const FAMILY_MEDIATION: &str = "family_mediation";

/// Financial Ombudsman Service: adjudicative, in `gb/england-wales`.
pub const FINANCIAL_OMBUDSMAN: &str = "financial_ombudsman";

/// Complaint to the firm: precondition, in `gb/england-wales`.
pub const FIRM_COMPLAINT: &str = "firm_complaint";

/// 12345 public hotline: informative, in `cn`.
pub const HOTLINE_12345: &str = "hotline_12345";

/// Human Rights Tribunal: adjudicative, in `ca/british-columbia`.
pub const HUMAN_RIGHTS_TRIBUNAL: &str = "human_rights_tribunal";

/// People's mediation by a trade or specialist committee: facilitative, in `cn`.
pub const INDUSTRY_MEDIATION: &str = "industry_mediation";

/// Internet court: adjudicative, in `cn`.
pub const INTERNET_COURT: &str = "internet_court";

/// Joint conference of the departments: parallel, in `cn`.
pub const JOINT_CONFERENCE: &str = "joint_conference";

/// Judicial confirmation of a mediated agreement: adjudicative, in `cn`.
pub const JUDICIAL_CONFIRMATION: &str = "judicial_confirmation";

/// Mediation by the judge: facilitative, in `cn`.
pub const JUDICIAL_MEDIATION: &str = "judicial_mediation";

/// Judicial review: adjudicative, in `gb/england-wales`.
pub const JUDICIAL_REVIEW: &str = "judicial_review";

/// Judicial review in the Supreme Court of BC: adjudicative, in `ca/british-columbia`.
pub const JUDICIAL_REVIEW_BC: &str = "judicial_review_bc";

/// Review of a labour agreement by the arbitration commission: adjudicative, in `cn`.
pub const LABOUR_AGREEMENT_REVIEW: &str = "labour_agreement_review";

/// Labour and personnel arbitration: adjudicative, in `cn`.
pub const LABOUR_ARBITRATION: &str = "labour_arbitration";

/// Labour inspection: parallel, in `cn`.
pub const LABOUR_INSPECTION: &str = "labour_inspection";

/// Labour mediation: facilitative, in `cn`.
pub const LABOUR_MEDIATION: &str = "labour_mediation";

/// Mediation by lawyers: facilitative, in `cn`.
pub const LAWYER_MEDIATION: &str = "lawyer_mediation";

/// Leaders' reception day: parallel, in `cn`.
pub const LEADERS_RECEPTION: &str = "leaders_reception";

/// Legal aid: parallel.
pub const LEGAL_AID: &str = "legal_aid";

/// Marriage registry: parallel, in `cn`.
pub const MARRIAGE_REGISTRY: &str = "marriage_registry";

/// Mediation information and assessment meeting (MIAM): precondition, in `gb/england-wales`.
pub const MIAM: &str = "miam";

/// Neutral evaluation: facilitative.
pub const NEUTRAL_EVALUATION: &str = "neutral_evaluation";

/// Non-molestation order: protective, in `gb/england-wales`.
pub const NON_MOLESTATION_ORDER: &str = "non_molestation_order";

/// Notary: informative, in `cn`.
pub const NOTARY: &str = "notary";

/// Mediation within Online Civil Money Claims: facilitative, in `gb/england-wales`.
pub const OCMC_MEDIATION: &str = "ocmc_mediation";

/// Ordinary procedure: adjudicative, in `cn`.
pub const ORDINARY_LITIGATION: &str = "ordinary_litigation";

/// Payment order: adjudicative, in `cn`.
pub const PAYMENT_ORDER: &str = "payment_order";

/// People's mediation: facilitative, in `cn`.
pub const PEOPLES_MEDIATION: &str = "peoples_mediation";

/// Petition: informative, in `cn`.
pub const PETITION: &str = "petition";

/// Mediation by the police: facilitative, in `cn`.
pub const POLICE_MEDIATION: &str = "police_mediation";

/// Report to the police: protective.
pub const POLICE_REPORT: &str = "police_report";

/// Preservation of assets before suit: parallel, in `cn`.
pub const PRESERVATION: &str = "preservation";

/// Private mediation: facilitative.
pub const PRIVATE_MEDIATION: &str = "private_mediation";

/// Personal protection order: protective.
pub const PROTECTION_ORDER: &str = "protection_order";

/// Family Law Act protection order: protective, in `ca/british-columbia`.
pub const PROTECTION_ORDER_BC: &str = "protection_order_bc";

/// Residential Tenancy Branch of BC: adjudicative, in `ca/british-columbia`.
pub const RESIDENTIAL_TENANCY_BC: &str = "residential_tenancy_bc";

/// Rural land contract arbitration: adjudicative, in `cn`.
pub const RURAL_LAND_ARBITRATION: &str = "rural_land_arbitration";

/// Settlement between the parties: facilitative.
pub const SELF_SETTLEMENT: &str = "self_settlement";

/// Temporary shelter: protective.
pub const SHELTER: &str = "shelter";

/// Small claims procedure: adjudicative, in `cn`.
pub const SMALL_CLAIMS: &str = "small_claims";

/// Small Claims Mediation Service: facilitative, in `gb/england-wales`.
pub const SMALL_CLAIMS_MEDIATION: &str = "small_claims_mediation";

/// Solution Explorer: parallel, in `ca/british-columbia`.
pub const SOLUTION_EXPLORER: &str = "solution_explorer";

/// Summary procedure: adjudicative, in `cn`.
pub const SUMMARY_PROCEDURE: &str = "summary_procedure";

/// Asking the supervising authority to step in: parallel, in `cn`.
pub const SUPERVISION_REQUEST: &str = "supervision_request";

/// Recognition of a work injury: parallel, in `cn`.
pub const WORK_INJURY_RECOGNITION: &str = "work_injury_recognition";

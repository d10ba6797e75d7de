/** The channels of disputes that ship; made from `policies/` by the test `vocabulary`. */
export const channels = Object.freeze(
  /** @type {const} */ ({
    /** Acas early conciliation: precondition, in `gb/england-wales`. */
    ACAS_EARLY_CONCILIATION: "acas_early_conciliation",
    /** Administrative suit: adjudicative, in `cn`. */
    ADMIN_LITIGATION: "admin_litigation",
    /** Mediation by the competent authority: facilitative, in `cn`. */
    ADMIN_MEDIATION: "admin_mediation",
    /** Administrative review: adjudicative, in `cn`. */
    ADMIN_REVIEW: "admin_review",
    /** Mediation during administrative review: facilitative, in `cn`. */
    ADMIN_REVIEW_MEDIATION: "admin_review_mediation",
    /** Decision by the government: adjudicative, in `cn`. */
    ADMIN_RULING: "admin_ruling",
    /** Mediation within the arbitral body: facilitative, in `cn`. */
    ARBITRAL_MEDIATION: "arbitral_mediation",
    /** Setting aside an award: adjudicative, in `cn`. */
    AWARD_SET_ASIDE: "award_set_aside",
    /** Child protection service: protective, in `ca/british-columbia`. */
    CHILD_PROTECTION_BC: "child_protection_bc",
    /** Children's services of the local authority: protective, in `gb/england-wales`. */
    CHILDREN_SERVICES: "children_services",
    /** Protection by the civil affairs department: protective, in `cn`. */
    CIVIL_AFFAIRS: "civil_affairs",
    /** Commercial arbitration: adjudicative, in `cn`. */
    COMMERCIAL_ARBITRATION: "commercial_arbitration",
    /** Commercial mediation: facilitative, in `cn`. */
    COMMERCIAL_MEDIATION: "commercial_mediation",
    /** Mediation by the consumer association: facilitative, in `cn`. */
    CONSUMER_ASSOCIATION: "consumer_association",
    /** Consumer complaint (12315): parallel, in `cn`. */
    CONSUMER_COMPLAINT: "consumer_complaint",
    /** The ordinary court of the place: adjudicative. */
    COURT: "court",
    /** Mediation delegated by the court before registration: facilitative, in `cn`. */
    COURT_DELEGATED_MEDIATION: "court_delegated_mediation",
    /** Mediation entrusted by the court after registration: facilitative, in `cn`. */
    COURT_ENTRUSTED_MEDIATION: "court_entrusted_mediation",
    /** Dispute resolution ordered by the court: facilitative, in `gb/england-wales`. */
    COURT_ORDERED_ADR: "court_ordered_adr",
    /** Civil Resolution Tribunal: decision: adjudicative, in `ca/british-columbia`. */
    CRT_ADJUDICATION: "crt_adjudication",
    /** Civil Resolution Tribunal: facilitation: facilitative, in `ca/british-columbia`. */
    CRT_FACILITATION: "crt_facilitation",
    /** Civil Resolution Tribunal: negotiation: facilitative, in `ca/british-columbia`. */
    CRT_NEGOTIATION: "crt_negotiation",
    /** Discipline inspection and supervision body: informative, in `cn`. */
    DISCIPLINE_INSPECTION: "discipline_inspection",
    /** Emergency call: protective. */
    EMERGENCY_CALL: "emergency_call",
    /** Employment Standards Branch of BC: adjudicative, in `ca/british-columbia`. */
    EMPLOYMENT_STANDARDS_BC: "employment_standards_bc",
    /** Employment tribunal: adjudicative, in `gb/england-wales`. */
    EMPLOYMENT_TRIBUNAL: "employment_tribunal",
    /** Compulsory enforcement: adjudicative. */
    ENFORCEMENT: "enforcement",
    /** Family justice counsellors: facilitative, in `ca/british-columbia`. */
    FAMILY_JUSTICE_BC: "family_justice_bc",
    /** Family mediation: facilitative, in `gb/england-wales`. */
    FAMILY_MEDIATION: "family_mediation",
    /** Financial Ombudsman Service: adjudicative, in `gb/england-wales`. */
    FINANCIAL_OMBUDSMAN: "financial_ombudsman",
    /** Complaint to the firm: precondition, in `gb/england-wales`. */
    FIRM_COMPLAINT: "firm_complaint",
    /** 12345 public hotline: informative, in `cn`. */
    HOTLINE_12345: "hotline_12345",
    /** Human Rights Tribunal: adjudicative, in `ca/british-columbia`. */
    HUMAN_RIGHTS_TRIBUNAL: "human_rights_tribunal",
    /** People's mediation by a trade or specialist committee: facilitative, in `cn`. */
    INDUSTRY_MEDIATION: "industry_mediation",
    /** Internet court: adjudicative, in `cn`. */
    INTERNET_COURT: "internet_court",
    /** Joint conference of the departments: parallel, in `cn`. */
    JOINT_CONFERENCE: "joint_conference",
    /** Judicial confirmation of a mediated agreement: adjudicative, in `cn`. */
    JUDICIAL_CONFIRMATION: "judicial_confirmation",
    /** Mediation by the judge: facilitative, in `cn`. */
    JUDICIAL_MEDIATION: "judicial_mediation",
    /** Judicial review: adjudicative, in `gb/england-wales`. */
    JUDICIAL_REVIEW: "judicial_review",
    /** Judicial review in the Supreme Court of BC: adjudicative, in `ca/british-columbia`. */
    JUDICIAL_REVIEW_BC: "judicial_review_bc",
    /** Review of a labour agreement by the arbitration commission: adjudicative, in `cn`. */
    LABOUR_AGREEMENT_REVIEW: "labour_agreement_review",
    /** Labour and personnel arbitration: adjudicative, in `cn`. */
    LABOUR_ARBITRATION: "labour_arbitration",
    /** Labour inspection: parallel, in `cn`. */
    LABOUR_INSPECTION: "labour_inspection",
    /** Labour mediation: facilitative, in `cn`. */
    LABOUR_MEDIATION: "labour_mediation",
    /** Mediation by lawyers: facilitative, in `cn`. */
    LAWYER_MEDIATION: "lawyer_mediation",
    /** Leaders' reception day: parallel, in `cn`. */
    LEADERS_RECEPTION: "leaders_reception",
    /** Legal aid: parallel. */
    LEGAL_AID: "legal_aid",
    /** Marriage registry: parallel, in `cn`. */
    MARRIAGE_REGISTRY: "marriage_registry",
    /** Mediation information and assessment meeting (MIAM): precondition, in `gb/england-wales`. */
    MIAM: "miam",
    /** Neutral evaluation: facilitative. */
    NEUTRAL_EVALUATION: "neutral_evaluation",
    /** Non-molestation order: protective, in `gb/england-wales`. */
    NON_MOLESTATION_ORDER: "non_molestation_order",
    /** Notary: informative, in `cn`. */
    NOTARY: "notary",
    /** Mediation within Online Civil Money Claims: facilitative, in `gb/england-wales`. */
    OCMC_MEDIATION: "ocmc_mediation",
    /** Ordinary procedure: adjudicative, in `cn`. */
    ORDINARY_LITIGATION: "ordinary_litigation",
    /** Payment order: adjudicative, in `cn`. */
    PAYMENT_ORDER: "payment_order",
    /** People's mediation: facilitative, in `cn`. */
    PEOPLES_MEDIATION: "peoples_mediation",
    /** Petition: informative, in `cn`. */
    PETITION: "petition",
    /** Mediation by the police: facilitative, in `cn`. */
    POLICE_MEDIATION: "police_mediation",
    /** Report to the police: protective. */
    POLICE_REPORT: "police_report",
    /** Preservation of assets before suit: parallel, in `cn`. */
    PRESERVATION: "preservation",
    /** Private mediation: facilitative. */
    PRIVATE_MEDIATION: "private_mediation",
    /** Personal protection order: protective. */
    PROTECTION_ORDER: "protection_order",
    /** Family Law Act protection order: protective, in `ca/british-columbia`. */
    PROTECTION_ORDER_BC: "protection_order_bc",
    /** Residential Tenancy Branch of BC: adjudicative, in `ca/british-columbia`. */
    RESIDENTIAL_TENANCY_BC: "residential_tenancy_bc",
    /** Rural land contract arbitration: adjudicative, in `cn`. */
    RURAL_LAND_ARBITRATION: "rural_land_arbitration",
    /** Settlement between the parties: facilitative. */
    SELF_SETTLEMENT: "self_settlement",
    /** Temporary shelter: protective. */
    SHELTER: "shelter",
    /** Small claims procedure: adjudicative, in `cn`. */
    SMALL_CLAIMS: "small_claims",
    /** Small Claims Mediation Service: facilitative, in `gb/england-wales`. */
    SMALL_CLAIMS_MEDIATION: "small_claims_mediation",
    /** Solution Explorer: parallel, in `ca/british-columbia`. */
    SOLUTION_EXPLORER: "solution_explorer",
    /** Summary procedure: adjudicative, in `cn`. */
    SUMMARY_PROCEDURE: "summary_procedure",
    /** Asking the supervising authority to step in: parallel, in `cn`. */
    SUPERVISION_REQUEST: "supervision_request",
    /** Recognition of a work injury: parallel, in `cn`. */
    WORK_INJURY_RECOGNITION: "work_injury_recognition",
  }),
);

"""The channels of disputes that ship; made from `policies/` by the test `vocabulary`."""

from typing import Final

ACAS_EARLY_CONCILIATION: Final = "acas_early_conciliation"
"""Acas early conciliation: precondition, in `gb/england-wales`."""

ADMIN_LITIGATION: Final = "admin_litigation"
"""Administrative suit: adjudicative, in `cn`."""

ADMIN_MEDIATION: Final = "admin_mediation"
"""Mediation by the competent authority: facilitative, in `cn`."""

ADMIN_REVIEW: Final = "admin_review"
"""Administrative review: adjudicative, in `cn`."""

ADMIN_REVIEW_MEDIATION: Final = "admin_review_mediation"
"""Mediation during administrative review: facilitative, in `cn`."""

ADMIN_RULING: Final = "admin_ruling"
"""Decision by the government: adjudicative, in `cn`."""

ARBITRAL_MEDIATION: Final = "arbitral_mediation"
"""Mediation within the arbitral body: facilitative, in `cn`."""

AWARD_SET_ASIDE: Final = "award_set_aside"
"""Setting aside an award: adjudicative, in `cn`."""

CHILD_PROTECTION_BC: Final = "child_protection_bc"
"""Child protection service: protective, in `ca/british-columbia`."""

CHILDREN_SERVICES: Final = "children_services"
"""Children's services of the local authority: protective, in `gb/england-wales`."""

CIVIL_AFFAIRS: Final = "civil_affairs"
"""Protection by the civil affairs department: protective, in `cn`."""

COMMERCIAL_ARBITRATION: Final = "commercial_arbitration"
"""Commercial arbitration: adjudicative, in `cn`."""

COMMERCIAL_MEDIATION: Final = "commercial_mediation"
"""Commercial mediation: facilitative, in `cn`."""

CONSUMER_ASSOCIATION: Final = "consumer_association"
"""Mediation by the consumer association: facilitative, in `cn`."""

CONSUMER_COMPLAINT: Final = "consumer_complaint"
"""Consumer complaint (12315): parallel, in `cn`."""

COURT: Final = "court"
"""The ordinary court of the place: adjudicative."""

COURT_DELEGATED_MEDIATION: Final = "court_delegated_mediation"
"""Mediation delegated by the court before registration: facilitative, in `cn`."""

COURT_ENTRUSTED_MEDIATION: Final = "court_entrusted_mediation"
"""Mediation entrusted by the court after registration: facilitative, in `cn`."""

COURT_ORDERED_ADR: Final = "court_ordered_adr"
"""Dispute resolution ordered by the court: facilitative, in `gb/england-wales`."""

CRT_ADJUDICATION: Final = "crt_adjudication"
"""Civil Resolution Tribunal: decision: adjudicative, in `ca/british-columbia`."""

CRT_FACILITATION: Final = "crt_facilitation"
"""Civil Resolution Tribunal: facilitation: facilitative, in `ca/british-columbia`."""

CRT_NEGOTIATION: Final = "crt_negotiation"
"""Civil Resolution Tribunal: negotiation: facilitative, in `ca/british-columbia`."""

DISCIPLINE_INSPECTION: Final = "discipline_inspection"
"""Discipline inspection and supervision body: informative, in `cn`."""

EMERGENCY_CALL: Final = "emergency_call"
"""Emergency call: protective."""

EMPLOYMENT_STANDARDS_BC: Final = "employment_standards_bc"
"""Employment Standards Branch of BC: adjudicative, in `ca/british-columbia`."""

EMPLOYMENT_TRIBUNAL: Final = "employment_tribunal"
"""Employment tribunal: adjudicative, in `gb/england-wales`."""

ENFORCEMENT: Final = "enforcement"
"""Compulsory enforcement: adjudicative."""

FAMILY_JUSTICE_BC: Final = "family_justice_bc"
"""Family justice counsellors: facilitative, in `ca/british-columbia`."""

FAMILY_MEDIATION: Final = "family_mediation"
"""Family mediation: facilitative, in `gb/england-wales`."""

FINANCIAL_OMBUDSMAN: Final = "financial_ombudsman"
"""Financial Ombudsman Service: adjudicative, in `gb/england-wales`."""

FIRM_COMPLAINT: Final = "firm_complaint"
"""Complaint to the firm: precondition, in `gb/england-wales`."""

HOTLINE_12345: Final = "hotline_12345"
"""12345 public hotline: informative, in `cn`."""

HUMAN_RIGHTS_TRIBUNAL: Final = "human_rights_tribunal"
"""Human Rights Tribunal: adjudicative, in `ca/british-columbia`."""

INDUSTRY_MEDIATION: Final = "industry_mediation"
"""People's mediation by a trade or specialist committee: facilitative, in `cn`."""

INTERNET_COURT: Final = "internet_court"
"""Internet court: adjudicative, in `cn`."""

JOINT_CONFERENCE: Final = "joint_conference"
"""Joint conference of the departments: parallel, in `cn`."""

JUDICIAL_CONFIRMATION: Final = "judicial_confirmation"
"""Judicial confirmation of a mediated agreement: adjudicative, in `cn`."""

JUDICIAL_MEDIATION: Final = "judicial_mediation"
"""Mediation by the judge: facilitative, in `cn`."""

JUDICIAL_REVIEW: Final = "judicial_review"
"""Judicial review: adjudicative, in `gb/england-wales`."""

JUDICIAL_REVIEW_BC: Final = "judicial_review_bc"
"""Judicial review in the Supreme Court of BC: adjudicative, in `ca/british-columbia`."""

LABOUR_AGREEMENT_REVIEW: Final = "labour_agreement_review"
"""Review of a labour agreement by the arbitration commission: adjudicative, in `cn`."""

LABOUR_ARBITRATION: Final = "labour_arbitration"
"""Labour and personnel arbitration: adjudicative, in `cn`."""

LABOUR_INSPECTION: Final = "labour_inspection"
"""Labour inspection: parallel, in `cn`."""

LABOUR_MEDIATION: Final = "labour_mediation"
"""Labour mediation: facilitative, in `cn`."""

LAWYER_MEDIATION: Final = "lawyer_mediation"
"""Mediation by lawyers: facilitative, in `cn`."""

LEADERS_RECEPTION: Final = "leaders_reception"
"""Leaders' reception day: parallel, in `cn`."""

LEGAL_AID: Final = "legal_aid"
"""Legal aid: parallel."""

MARRIAGE_REGISTRY: Final = "marriage_registry"
"""Marriage registry: parallel, in `cn`."""

MIAM: Final = "miam"
"""Mediation information and assessment meeting (MIAM): precondition, in `gb/england-wales`."""

NEUTRAL_EVALUATION: Final = "neutral_evaluation"
"""Neutral evaluation: facilitative."""

NON_MOLESTATION_ORDER: Final = "non_molestation_order"
"""Non-molestation order: protective, in `gb/england-wales`."""

NOTARY: Final = "notary"
"""Notary: informative, in `cn`."""

OCMC_MEDIATION: Final = "ocmc_mediation"
"""Mediation within Online Civil Money Claims: facilitative, in `gb/england-wales`."""

ORDINARY_LITIGATION: Final = "ordinary_litigation"
"""Ordinary procedure: adjudicative, in `cn`."""

PAYMENT_ORDER: Final = "payment_order"
"""Payment order: adjudicative, in `cn`."""

PEOPLES_MEDIATION: Final = "peoples_mediation"
"""People's mediation: facilitative, in `cn`."""

PETITION: Final = "petition"
"""Petition: informative, in `cn`."""

POLICE_MEDIATION: Final = "police_mediation"
"""Mediation by the police: facilitative, in `cn`."""

POLICE_REPORT: Final = "police_report"
"""Report to the police: protective."""

PRESERVATION: Final = "preservation"
"""Preservation of assets before suit: parallel, in `cn`."""

PRIVATE_MEDIATION: Final = "private_mediation"
"""Private mediation: facilitative."""

PROTECTION_ORDER: Final = "protection_order"
"""Personal protection order: protective."""

PROTECTION_ORDER_BC: Final = "protection_order_bc"
"""Family Law Act protection order: protective, in `ca/british-columbia`."""

RESIDENTIAL_TENANCY_BC: Final = "residential_tenancy_bc"
"""Residential Tenancy Branch of BC: adjudicative, in `ca/british-columbia`."""

RURAL_LAND_ARBITRATION: Final = "rural_land_arbitration"
"""Rural land contract arbitration: adjudicative, in `cn`."""

SELF_SETTLEMENT: Final = "self_settlement"
"""Settlement between the parties: facilitative."""

SHELTER: Final = "shelter"
"""Temporary shelter: protective."""

SMALL_CLAIMS: Final = "small_claims"
"""Small claims procedure: adjudicative, in `cn`."""

SMALL_CLAIMS_MEDIATION: Final = "small_claims_mediation"
"""Small Claims Mediation Service: facilitative, in `gb/england-wales`."""

SOLUTION_EXPLORER: Final = "solution_explorer"
"""Solution Explorer: parallel, in `ca/british-columbia`."""

SUMMARY_PROCEDURE: Final = "summary_procedure"
"""Summary procedure: adjudicative, in `cn`."""

SUPERVISION_REQUEST: Final = "supervision_request"
"""Asking the supervising authority to step in: parallel, in `cn`."""

WORK_INJURY_RECOGNITION: Final = "work_injury_recognition"
"""Recognition of a work injury: parallel, in `cn`."""

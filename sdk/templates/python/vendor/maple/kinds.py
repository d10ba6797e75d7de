"""The kinds of disputes that ship; made from `policies/` by the test `vocabulary`."""

from typing import Final

ADMIN_INACTION: Final = "admin.inaction"
"""Failure of an authority to act."""

ADMIN_INFORMATION: Final = "admin.information"
"""Access to government information."""

ADMIN_LICENSE: Final = "admin.license"
"""Administrative licence."""

ADMIN_PENALTY: Final = "admin.penalty"
"""Administrative penalty."""

BUSINESS_COMPANY: Final = "business.company"
"""Company and shareholders."""

BUSINESS_DATA: Final = "business.data"
"""Data and virtual property."""

BUSINESS_FOREIGN_TRADE: Final = "business.foreign_trade"
"""Foreign trade."""

BUSINESS_IP: Final = "business.ip"
"""Intellectual property."""

CONSUMER_GOODS: Final = "consumer.goods"
"""Consumer goods."""

CONSUMER_ONLINE: Final = "consumer.online"
"""Online shopping."""

CONSUMER_PREPAID: Final = "consumer.prepaid"
"""Prepaid consumption."""

CONSUMER_TOURISM: Final = "consumer.tourism"
"""Tourism."""

CONTRACT_CONSTRUCTION: Final = "contract.construction"
"""Construction contract."""

CONTRACT_INSURANCE: Final = "contract.insurance"
"""Insurance."""

CONTRACT_LABOUR_SERVICE: Final = "contract.labour_service"
"""Personal services between civil parties."""

CONTRACT_LOAN_BANK: Final = "contract.loan_bank"
"""Bank loan."""

CONTRACT_LOAN_PRIVATE: Final = "contract.loan_private"
"""Private loan."""

CONTRACT_PARTNERSHIP: Final = "contract.partnership"
"""Partnership."""

CONTRACT_SALE: Final = "contract.sale"
"""Sale of goods."""

CONTRACT_SERVICE: Final = "contract.service"
"""Service contract."""

CONTRACT_WORK: Final = "contract.work"
"""Contract for work."""

ENVIRONMENT_POLLUTION: Final = "environment.pollution"
"""Pollution."""

EXPROPRIATION_HOUSE: Final = "expropriation.house"
"""Expropriation of houses."""

EXPROPRIATION_LAND: Final = "expropriation.land"
"""Expropriation of land."""

FAMILY_BRIDE_PRICE: Final = "family.bride_price"
"""Bride price and engagement."""

FAMILY_CUSTODY: Final = "family.custody"
"""Custody and contact."""

FAMILY_DIVORCE: Final = "family.divorce"
"""Divorce."""

FAMILY_GUARDIANSHIP: Final = "family.guardianship"
"""Guardianship."""

FAMILY_INHERITANCE: Final = "family.inheritance"
"""Inheritance."""

FAMILY_SUPPORT: Final = "family.support"
"""Support of elders, spouse or child."""

FAMILY_VIOLENCE: Final = "family.violence"
"""Domestic violence."""

FIRE_DAMAGE: Final = "fire.damage"
"""Fire damage."""

HOUSING_CONSTRUCTION_QUALITY: Final = "housing.construction_quality"
"""Quality of a building."""

HOUSING_HOMESTEAD: Final = "housing.homestead"
"""Homestead."""

HOUSING_LEASE: Final = "housing.lease"
"""Lease of a home."""

HOUSING_SALE: Final = "housing.sale"
"""Sale of a home."""

LABOUR_INJURY: Final = "labour.injury"
"""Work-injury benefits."""

LABOUR_PERSONNEL: Final = "labour.personnel"
"""Personnel dispute of a public institution."""

LABOUR_PLATFORM: Final = "labour.platform"
"""Platform work."""

LABOUR_SOCIAL_INSURANCE: Final = "labour.social_insurance"
"""Social insurance."""

LABOUR_TERMINATION: Final = "labour.termination"
"""End of an employment contract."""

LABOUR_WAGE: Final = "labour.wage"
"""Wage arrears."""

LABOUR_WAGE_MIGRANT: Final = "labour.wage_migrant"
"""Wages of rural migrant workers."""

LAND_COLLECTIVE_INCOME: Final = "land.collective_income"
"""Sharing of collective income."""

LAND_CONTRACT: Final = "land.contract"
"""Rural land contract."""

LAND_FOREST: Final = "land.forest"
"""Forest and grassland rights."""

LAND_TITLE: Final = "land.title"
"""Title to land."""

MEDICAL_FEE: Final = "medical.fee"
"""Medical fee."""

MEDICAL_MALPRACTICE: Final = "medical.malpractice"
"""Medical damage."""

NEIGHBOUR_BOUNDARY: Final = "neighbour.boundary"
"""Boundary and access."""

NEIGHBOUR_LIFT: Final = "neighbour.lift"
"""Adding a lift."""

NEIGHBOUR_NUISANCE: Final = "neighbour.nuisance"
"""Noise, fumes, leaks."""

OTHER: Final = "other"
"""Other."""

PROPERTY_FEE: Final = "property.fee"
"""Property management fee."""

PROPERTY_OWNERS_COMMITTEE: Final = "property.owners_committee"
"""Owners' committee."""

PROPERTY_PARKING: Final = "property.parking"
"""Parking."""

PROPERTY_SERVICE: Final = "property.service"
"""Property management service."""

PUBLIC_ORDER_FIGHT: Final = "public_order.fight"
"""Fight or wilful damage."""

TORT_ANIMAL: Final = "tort.animal"
"""Damage by an animal."""

TORT_BODY: Final = "tort.body"
"""Injury to a person."""

TORT_PROPERTY: Final = "tort.property"
"""Damage to property."""

TORT_REPUTATION: Final = "tort.reputation"
"""Reputation, privacy and other personality rights."""

TORT_SCHOOL: Final = "tort.school"
"""Injury at school."""

TRAFFIC_INJURY: Final = "traffic.injury"
"""Traffic accident with injury."""

TRAFFIC_PROPERTY: Final = "traffic.property"
"""Traffic accident with damage only."""

VILLAGE_AFFAIRS: Final = "village.affairs"
"""Village affairs."""

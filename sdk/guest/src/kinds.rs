//! The kinds of disputes that ship; made from `policies/` by the test `vocabulary`. Any other may be written as text.

/// Failure of an authority to act.
pub const ADMIN_INACTION: &str = "admin.inaction";

/// Access to government information.
pub const ADMIN_INFORMATION: &str = "admin.information";

/// Administrative licence.
pub const ADMIN_LICENSE: &str = "admin.license";

/// Administrative penalty.
pub const ADMIN_PENALTY: &str = "admin.penalty";

/// Company and shareholders.
pub const BUSINESS_COMPANY: &str = "business.company";

/// Data and virtual property.
pub const BUSINESS_DATA: &str = "business.data";

/// Foreign trade.
pub const BUSINESS_FOREIGN_TRADE: &str = "business.foreign_trade";

/// Intellectual property.
pub const BUSINESS_IP: &str = "business.ip";

/// Consumer goods.
pub const CONSUMER_GOODS: &str = "consumer.goods";

/// Online shopping.
pub const CONSUMER_ONLINE: &str = "consumer.online";

/// Prepaid consumption.
pub const CONSUMER_PREPAID: &str = "consumer.prepaid";

/// Tourism.
pub const CONSUMER_TOURISM: &str = "consumer.tourism";

/// Construction contract.
pub const CONTRACT_CONSTRUCTION: &str = "contract.construction";

/// Insurance.
pub const CONTRACT_INSURANCE: &str = "contract.insurance";

/// Personal services between civil parties.
pub const CONTRACT_LABOUR_SERVICE: &str = "contract.labour_service";

/// Bank loan.
pub const CONTRACT_LOAN_BANK: &str = "contract.loan_bank";

/// Private loan.
pub const CONTRACT_LOAN_PRIVATE: &str = "contract.loan_private";

/// Partnership.
pub const CONTRACT_PARTNERSHIP: &str = "contract.partnership";

/// Sale of goods.
pub const CONTRACT_SALE: &str = "contract.sale";

/// Service contract.
pub const CONTRACT_SERVICE: &str = "contract.service";

/// Contract for work.
pub const CONTRACT_WORK: &str = "contract.work";

/// Pollution.
pub const ENVIRONMENT_POLLUTION: &str = "environment.pollution";

/// Expropriation of houses.
pub const EXPROPRIATION_HOUSE: &str = "expropriation.house";

/// Expropriation of land.
pub const EXPROPRIATION_LAND: &str = "expropriation.land";

/// Bride price and engagement.
pub const FAMILY_BRIDE_PRICE: &str = "family.bride_price";

/// Custody and contact.
pub const FAMILY_CUSTODY: &str = "family.custody";

/// Divorce.
pub const FAMILY_DIVORCE: &str = "family.divorce";

/// Guardianship.
pub const FAMILY_GUARDIANSHIP: &str = "family.guardianship";

/// Inheritance.
pub const FAMILY_INHERITANCE: &str = "family.inheritance";

/// Support of elders, spouse or child.
pub const FAMILY_SUPPORT: &str = "family.support";

/// Domestic violence.
pub const FAMILY_VIOLENCE: &str = "family.violence";

/// Fire damage.
pub const FIRE_DAMAGE: &str = "fire.damage";

/// Quality of a building.
pub const HOUSING_CONSTRUCTION_QUALITY: &str = "housing.construction_quality";

/// Homestead.
pub const HOUSING_HOMESTEAD: &str = "housing.homestead";

/// Lease of a home.
pub const HOUSING_LEASE: &str = "housing.lease";

/// Sale of a home.
pub const HOUSING_SALE: &str = "housing.sale";

/// Work-injury benefits.
pub const LABOUR_INJURY: &str = "labour.injury";

/// Personnel dispute of a public institution.
pub const LABOUR_PERSONNEL: &str = "labour.personnel";

/// Platform work.
pub const LABOUR_PLATFORM: &str = "labour.platform";

/// Social insurance.
pub const LABOUR_SOCIAL_INSURANCE: &str = "labour.social_insurance";

/// End of an employment contract.
pub const LABOUR_TERMINATION: &str = "labour.termination";

/// Wage arrears.
pub const LABOUR_WAGE: &str = "labour.wage";

/// Wages of rural migrant workers.
pub const LABOUR_WAGE_MIGRANT: &str = "labour.wage_migrant";

/// Sharing of collective income.
pub const LAND_COLLECTIVE_INCOME: &str = "land.collective_income";

/// Rural land contract.
pub const LAND_CONTRACT: &str = "land.contract";

/// Forest and grassland rights.
pub const LAND_FOREST: &str = "land.forest";

/// Title to land.
pub const LAND_TITLE: &str = "land.title";

/// Medical fee.
pub const MEDICAL_FEE: &str = "medical.fee";

/// Medical damage.
pub const MEDICAL_MALPRACTICE: &str = "medical.malpractice";

/// Boundary and access.
pub const NEIGHBOUR_BOUNDARY: &str = "neighbour.boundary";

/// Adding a lift.
pub const NEIGHBOUR_LIFT: &str = "neighbour.lift";

/// Noise, fumes, leaks.
pub const NEIGHBOUR_NUISANCE: &str = "neighbour.nuisance";

/// Other.
pub const OTHER: &str = "other";

/// Property management fee.
pub const PROPERTY_FEE: &str = "property.fee";

/// Owners' committee.
pub const PROPERTY_OWNERS_COMMITTEE: &str = "property.owners_committee";

/// Parking.
pub const PROPERTY_PARKING: &str = "property.parking";

/// Property management service.
pub const PROPERTY_SERVICE: &str = "property.service";

/// Fight or wilful damage.
pub const PUBLIC_ORDER_FIGHT: &str = "public_order.fight";

/// Damage by an animal.
pub const TORT_ANIMAL: &str = "tort.animal";

/// Injury to a person.
pub const TORT_BODY: &str = "tort.body";

/// Damage to property.
pub const TORT_PROPERTY: &str = "tort.property";

/// Reputation, privacy and other personality rights.
pub const TORT_REPUTATION: &str = "tort.reputation";

/// Injury at school.
pub const TORT_SCHOOL: &str = "tort.school";

/// Traffic accident with injury.
pub const TRAFFIC_INJURY: &str = "traffic.injury";

/// Traffic accident with damage only.
pub const TRAFFIC_PROPERTY: &str = "traffic.property";

/// Village affairs.
pub const VILLAGE_AFFAIRS: &str = "village.affairs";

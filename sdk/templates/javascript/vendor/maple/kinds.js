/** The kinds of disputes that ship; made from `policies/` by the test `vocabulary`. */
export const kinds = Object.freeze(
  /** @type {const} */ ({
    /** Failure of an authority to act. */
    ADMIN_INACTION: "admin.inaction",
    /** Access to government information. */
    ADMIN_INFORMATION: "admin.information",
    /** Administrative licence. */
    ADMIN_LICENSE: "admin.license",
    /** Administrative penalty. */
    ADMIN_PENALTY: "admin.penalty",
    /** Company and shareholders. */
    BUSINESS_COMPANY: "business.company",
    /** Data and virtual property. */
    BUSINESS_DATA: "business.data",
    /** Foreign trade. */
    BUSINESS_FOREIGN_TRADE: "business.foreign_trade",
    /** Intellectual property. */
    BUSINESS_IP: "business.ip",
    /** Consumer goods. */
    CONSUMER_GOODS: "consumer.goods",
    /** Online shopping. */
    CONSUMER_ONLINE: "consumer.online",
    /** Prepaid consumption. */
    CONSUMER_PREPAID: "consumer.prepaid",
    /** Tourism. */
    CONSUMER_TOURISM: "consumer.tourism",
    /** Construction contract. */
    CONTRACT_CONSTRUCTION: "contract.construction",
    /** Insurance. */
    CONTRACT_INSURANCE: "contract.insurance",
    /** Personal services between civil parties. */
    CONTRACT_LABOUR_SERVICE: "contract.labour_service",
    /** Bank loan. */
    CONTRACT_LOAN_BANK: "contract.loan_bank",
    /** Private loan. */
    CONTRACT_LOAN_PRIVATE: "contract.loan_private",
    /** Partnership. */
    CONTRACT_PARTNERSHIP: "contract.partnership",
    /** Sale of goods. */
    CONTRACT_SALE: "contract.sale",
    /** Service contract. */
    CONTRACT_SERVICE: "contract.service",
    /** Contract for work. */
    CONTRACT_WORK: "contract.work",
    /** Pollution. */
    ENVIRONMENT_POLLUTION: "environment.pollution",
    /** Expropriation of houses. */
    EXPROPRIATION_HOUSE: "expropriation.house",
    /** Expropriation of land. */
    EXPROPRIATION_LAND: "expropriation.land",
    /** Bride price and engagement. */
    FAMILY_BRIDE_PRICE: "family.bride_price",
    /** Custody and contact. */
    FAMILY_CUSTODY: "family.custody",
    /** Divorce. */
    FAMILY_DIVORCE: "family.divorce",
    /** Guardianship. */
    FAMILY_GUARDIANSHIP: "family.guardianship",
    /** Inheritance. */
    FAMILY_INHERITANCE: "family.inheritance",
    /** Support of elders, spouse or child. */
    FAMILY_SUPPORT: "family.support",
    /** Domestic violence. */
    FAMILY_VIOLENCE: "family.violence",
    /** Fire damage. */
    FIRE_DAMAGE: "fire.damage",
    /** Quality of a building. */
    HOUSING_CONSTRUCTION_QUALITY: "housing.construction_quality",
    /** Homestead. */
    HOUSING_HOMESTEAD: "housing.homestead",
    /** Lease of a home. */
    HOUSING_LEASE: "housing.lease",
    /** Sale of a home. */
    HOUSING_SALE: "housing.sale",
    /** Work-injury benefits. */
    LABOUR_INJURY: "labour.injury",
    /** Personnel dispute of a public institution. */
    LABOUR_PERSONNEL: "labour.personnel",
    /** Platform work. */
    LABOUR_PLATFORM: "labour.platform",
    /** Social insurance. */
    LABOUR_SOCIAL_INSURANCE: "labour.social_insurance",
    /** End of an employment contract. */
    LABOUR_TERMINATION: "labour.termination",
    /** Wage arrears. */
    LABOUR_WAGE: "labour.wage",
    /** Wages of rural migrant workers. */
    LABOUR_WAGE_MIGRANT: "labour.wage_migrant",
    /** Sharing of collective income. */
    LAND_COLLECTIVE_INCOME: "land.collective_income",
    /** Rural land contract. */
    LAND_CONTRACT: "land.contract",
    /** Forest and grassland rights. */
    LAND_FOREST: "land.forest",
    /** Title to land. */
    LAND_TITLE: "land.title",
    /** Medical fee. */
    MEDICAL_FEE: "medical.fee",
    /** Medical damage. */
    MEDICAL_MALPRACTICE: "medical.malpractice",
    /** Boundary and access. */
    NEIGHBOUR_BOUNDARY: "neighbour.boundary",
    /** Adding a lift. */
    NEIGHBOUR_LIFT: "neighbour.lift",
    /** Noise, fumes, leaks. */
    NEIGHBOUR_NUISANCE: "neighbour.nuisance",
    /** Other. */
    OTHER: "other",
    /** Property management fee. */
    PROPERTY_FEE: "property.fee",
    /** Owners' committee. */
    PROPERTY_OWNERS_COMMITTEE: "property.owners_committee",
    /** Parking. */
    PROPERTY_PARKING: "property.parking",
    /** Property management service. */
    PROPERTY_SERVICE: "property.service",
    /** Fight or wilful damage. */
    PUBLIC_ORDER_FIGHT: "public_order.fight",
    /** Damage by an animal. */
    TORT_ANIMAL: "tort.animal",
    /** Injury to a person. */
    TORT_BODY: "tort.body",
    /** Damage to property. */
    TORT_PROPERTY: "tort.property",
    /** Reputation, privacy and other personality rights. */
    TORT_REPUTATION: "tort.reputation",
    /** Injury at school. */
    TORT_SCHOOL: "tort.school",
    /** Traffic accident with injury. */
    TRAFFIC_INJURY: "traffic.injury",
    /** Traffic accident with damage only. */
    TRAFFIC_PROPERTY: "traffic.property",
    /** Village affairs. */
    VILLAGE_AFFAIRS: "village.affairs",
  }),
);

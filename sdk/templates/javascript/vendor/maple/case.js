// Reading a case. A fact that is not known is undefined; a flag that is not known is not set. What matters must be known.

/** @typedef {import("./contract.d.ts").Fact} Fact */
/** @typedef {import("./contract.d.ts").Value} Value */

class Facts {
  /** @param {Fact[]} facts */
  constructor(facts) {
    this.facts = facts;
  }

  /** The value of a fact, if it is known. @param {string} key @returns {Value | undefined} */
  fact(key) {
    return this.facts.find((fact) => fact.key === key)?.value;
  }

  /** True when the fact is known to be `true`. @param {string} key */
  flag(key) {
    const value = this.fact(key);
    return value?.tag === "flag" && value.val;
  }

  /** The word of a text fact. @param {string} key */
  text(key) {
    const value = this.fact(key);
    return value?.tag === "text" ? value.val : undefined;
  }

  /** The number of a count. @param {string} key */
  count(key) {
    const value = this.fact(key);
    return value?.tag === "number" ? value.val : undefined;
  }

  /** The day of a day fact. @param {string} key */
  day(key) {
    const value = this.fact(key);
    return value?.tag === "day" ? value.val : undefined;
  }

  /** The amount of a money fact, in minor units (fen, pence, cents). @param {string} key */
  money(key) {
    const value = this.fact(key);
    return value?.tag === "money" ? value.val : undefined;
  }

  /** The words of a words fact; none when it is not known. @param {string} key @returns {string[]} */
  words(key) {
    const value = this.fact(key);
    return value?.tag === "words" ? value.val : [];
  }
}

/** One party: a role, a type and facts; never a name. */
export class Party extends Facts {
  /** @param {import("./contract.d.ts").Party} party */
  constructor(party) {
    super(party.facts);
    this.role = party.role;
    this.partyType = party.partyType;
  }

  /** True for a human being. */
  get isNatural() {
    return this.partyType === "natural";
  }
}

/** One dispute as the host shares it: only the facts that the policy says it reads. */
export class Case extends Facts {
  /** @param {import("./contract.d.ts").CaseFile} file */
  constructor(file) {
    super(file.facts);
    this.purposes = file.purposes;
    this.locality = file.locality;
    this.kind = file.kind;
    this.source = file.source;
    this.asOf = file.day;
    this.filed = file.filed;
    this.parties = file.parties.map((party) => new Party(party));
  }

  /** True when the kind is this one, or matches a prefix such as `labour.*`. @param {string} pattern */
  isKind(pattern) {
    return pattern.endsWith("*") ? this.kind.startsWith(pattern.slice(0, -1)) : this.kind === pattern;
  }

  /** The parties with a role. @param {string} role */
  withRole(role) {
    return this.parties.filter((party) => party.role === role);
  }
}

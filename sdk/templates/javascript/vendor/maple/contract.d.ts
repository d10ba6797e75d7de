// The types of the contract; made from `sdk/wit` by the test `languages`.

/** A calendar day (proleptic Gregorian). Plugins have no clock: the day is a fact. */
export interface Day {
  year: number;
  month: number;
  day: number;
}

/** The value of one fact, typed by the vocabulary (`policies/facts.toml`). */
export type Value =
  /** a code or one word of a closed list */
  | { tag: "text", val: string }
  /** a finite number; NaN and infinities are refused on both sides of the border */
  | { tag: "number", val: number }
  | { tag: "flag", val: boolean }
  | { tag: "day", val: Day }
  | { tag: "words", val: string[] }
  /** minor units (fen, pence, cents) of the locality's currency */
  | { tag: "money", val: number };

export interface Fact {
  key: string;
  value: Value;
}

export type PartyType = "natural" | "organisation" | "public-authority";

/** One party: a role and a type, never a name. */
export interface Party {
  role: string;
  partyType: PartyType;
  facts: Fact[];
}

export type Purposes = { routing: boolean; prevention: boolean };

/** One dispute as the host shares it: only the facts that `describe` lists under `reads`. */
export interface CaseFile {
  purposes: Purposes;
  /** path in the tree of localities, such as `cn/zhejiang/jinhua/yongkang` */
  locality: string;
  /** dispute kind, such as `labour.wage` */
  kind: string;
  /** where the case came in, such as `hotline` */
  source: string;
  /** the day the case is judged as of */
  day: Day;
  /** the day the case was filed */
  filed: Day;
  facts: Fact[];
  parties: Party[];
}

export type Unit = "hour" | "day" | "working-day" | "month" | "year";

/** A length of time. The host counts it by the law of the locality; plugins never do. */
export interface Span {
  count: number;
  unit: Unit;
}

export interface Term {
  span: Span;
  /** the event the term runs from, such as `acceptance` */
  start: string;
}

export type Due =
  | { tag: "within", val: Term }
  | { tag: "on", val: Day };

/** A step on offer. */
export interface Offer {
  channel: string;
  /** who within the channel, such as `village`, `town`, `county` */
  body?: string | null;
  skills: string[];
  due?: Due | null;
  /** preference among steps of the same class, -100 to 100 */
  weight: number;
  /** says that the step costs money; ignored for channels that are free by law */
  chargeable: boolean;
}

/** Moves a channel that is on offer up or down among its class; offers nothing by itself. */
export interface Preference {
  channel: string;
  weight: number;
}

export interface Precondition {
  first: string;
  before: string;
}

export type Selector =
  | { tag: "channel", val: string }
  /** every channel of a class: protective, parallel, facilitative, precondition, adjudicative, informative */
  | { tag: "class", val: string };

export interface Duty {
  code: string;
  /** who bears it, such as `intake`, `mediator`, `general_contractor` */
  bearer?: string | null;
  params: Fact[];
}

/** A time limit that runs from a day; the host computes its end. */
export interface Clock {
  code: string;
  start: Day;
  span: Span;
  /** days before the end at which to warn */
  warn: number[];
}

export type Level = "blue" | "yellow" | "orange" | "red";

/** What a signal is about. There is no case for a person, and there never will be. */
export type Subject =
  /** the organisation with this role in the case */
  | { tag: "organisation", val: string }
  | { tag: "place" }
  | { tag: "project" }
  | { tag: "kind" }
  | { tag: "station" }
  /** the case's own clock */
  | { tag: "own-case" };

export interface Signal {
  code: string;
  level: Level;
  subject: Subject;
  measures: string[];
  /** the unit that answers for it */
  responsible?: string | null;
  /** how soon that unit must act */
  handleWithin?: Span | null;
}

export type Claim =
  | { tag: "offer", val: Offer }
  | { tag: "prefer", val: Preference }
  | { tag: "require-first", val: Precondition }
  | { tag: "forbid", val: Selector }
  | { tag: "duty", val: Duty }
  | { tag: "clock", val: Clock }
  | { tag: "signal", val: Signal }
  /** a fact for policies asked later; its key must be declared as derived in the vocabulary */
  | { tag: "derive", val: Fact }
  /** a person must decide; the code says why */
  | { tag: "refer", val: string };

export interface Reason {
  /** the code of a reason in `describe`; empty for the rule's own summary */
  code: string;
  params: Fact[];
}

export interface Finding {
  rule: string;
  claim: Claim;
  reason: Reason;
  /** provision ids; empty for the rule's own, as listed in `describe` */
  basis: string[];
  /** the keys of the facts that this finding rests on */
  evidence: string[];
}

/** The policy cannot answer this case; a person will. */
export interface Refusal {
  code: string;
  detail: string;
}

export interface Text {
  zh: string;
  en: string;
}

export interface Rule {
  id: string;
  summary: Text;
  basis: string[];
}

export interface ReasonText {
  code: string;
  /** `{key}` is replaced by the parameter of that name */
  text: Text;
}

export interface Descriptor {
  id: string;
  /** semver of the plugin */
  version: string;
  summary: Text;
  /** the keys of the facts that the policy reads, of the case and of its parties */
  reads: string[];
  rules: Rule[];
  reasons: ReasonText[];
}

/** One node of the settings. Nodes point to later nodes by index; node 0 is the root table. */
export type Setting =
  | { tag: "flag", val: boolean }
  | { tag: "number", val: number }
  | { tag: "text", val: string }
  | { tag: "day", val: Day }
  | { tag: "items", val: number[] }
  | { tag: "table", val: [string, number][] };

/** The days that differ from the weekly pattern in the locality's calendar. */
export interface Calendar {
  /** weekdays (1 Monday to 7 Sunday) that are days of rest */
  weekend: number[];
  daysOff: Day[];
  /** days of rest that are worked */
  daysOn: Day[];
}

export interface Setup {
  settings: Setting[];
  calendar: Calendar;
}

export interface Complaint {
  /** where in the settings, such as `rules[2].when.amount` */
  path: string;
  message: string;
  advice?: string | null;
}

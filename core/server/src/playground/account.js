// How a decision came about: who was asked, who was not and why, and what became of each claim.

import { DecisionView, coded, h, joined } from './decision.js';

// How many rules that kept silent are told of one table.
const SILENT_TOLD_MAX = 3;

// A claim that became one of these changed nothing.
const GONE = ['not_heard', 'taken_back', 'replaced', 'closed', 'no_effect', 'not_asked_for', 'shadow'];

export class AccountView extends DecisionView {
  all() {
    const { say, words, explanation: e } = this;
    if (!e) return [];
    const places = e.chain.map(({ id, title }) => h('span', '', words.of(title ?? { en: id })));
    return [
      h('h3', '', say.account),
      h('p', 'chain', h('span', 'quiet', `${say.asked_places}${say.colon}`), ...joined(places, ' › ')),
      ...e.chain.map((place) => this.place(place)).filter(Boolean),
      e.elsewhere ? h('p', 'quiet', say.elsewhere(e.elsewhere)) : null,
    ].filter(Boolean);
  }

  place({ id, title }) {
    const { say, words } = this;
    const here = this.explanation.policies.filter((policy) => policy.place === id);
    if (!here.length) return null;
    const spoke = here.filter((p) => p.asked && (p.fault || p.claims?.length));
    const silent = here.filter((p) => p.asked && !p.fault && !p.claims?.length);
    const skipped = here.filter((p) => !p.asked);
    return h(
      'section',
      'place',
      h('h4', '', words.of(title ?? { en: id })),
      ...spoke.map((policy) => this.policy(policy)),
      this.folded(say.nothing(silent.length), silent, (p) => [this.name(p), ...this.kept(p)]),
      this.folded(say.not_asked(skipped.length), skipped, (p) => [
        this.name(p),
        h('span', 'because', words.list(p.because.map((b) => words.of(b.says)))),
      ]),
    );
  }

  folded(title, policies, show) {
    if (!policies.length) return null;
    const mine = policies.some((policy) => this.mine(policy));
    const box = h('details', 'rest', h('summary', '', title), h('ul', '', ...policies.map((p) => h('li', '', show(p)))));
    box.open = mine;
    return box;
  }

  name(policy) {
    const { say } = this;
    return h(
      'span',
      'name',
      this.code(policy.policy),
      this.flag(policy),
      policy.mode === 'shadow' ? h('span', 'yours', say.shadow) : null,
    );
  }

  policy(policy) {
    const { say } = this;
    const count = policy.claims?.length ?? 0;
    const fuel = h('span', 'quiet fuel', say.fuel(Number(policy.fuel).toLocaleString('en')));
    const lost = (policy.claims ?? []).filter((claim) => GONE.includes(claim.became.code)).length;
    const head = h(
      'summary',
      '',
      this.name(policy),
      ' ',
      policy.fault ? h('span', 'fault', this.words.of(policy.fault.says)) : h('span', 'quiet', say.claims(count)),
      lost ? h('span', 'lost', say.lost(lost)) : null,
      fuel,
    );
    const box = h('details', this.mine(policy) ? 'policy mine' : 'policy', head, ...this.said(policy));
    box.open = this.mine(policy) || Boolean(policy.fault);
    return box;
  }

  said(policy) {
    const { say, words } = this;
    const out = [];
    if (policy.fault) {
      out.push(h('p', 'fault', `${words.of(policy.fault.says)}${say.colon}${policy.fault.detail}`));
    }
    let last = null;
    for (const claim of policy.claims ?? []) {
      const same = last && last.rule === claim.rule && last.why.en === claim.why.en && last.why.zh === claim.why.zh;
      if (!same) out.push(this.reason(claim));
      out.push(this.claim(claim));
      last = claim;
    }
    if (policy.diary?.length) out.push(h('pre', 'diary', policy.diary.join('\n')));
    return [...out, ...this.kept(policy)];
  }

  // Why rules kept silent: of a short table all of them, of a long one those that nearly spoke.
  kept(policy) {
    const rules = policy.silent?.rules ?? [];
    const told = rules.filter((rule) => rules.length <= SILENT_TOLD_MAX || rule.near).slice(0, SILENT_TOLD_MAX);
    const more = rules.length - told.length + (policy.silent?.more ?? 0);
    const { say, words } = this;
    return [
      ...told.map((rule) => h('p', 'small', h('span', 'number', rule.rule), ' ', `${say.kept}${say.colon}`, ...coded(words.of(rule.says)))),
      more ? h('p', 'small', say.kept_more(more)) : null,
    ].filter(Boolean);
  }

  reason(claim) {
    const { say, words } = this;
    const seen = claim.evidence.filter((fact) => fact.values.length);
    const unseen = claim.evidence.filter((fact) => !fact.values.length);
    const facts = seen.map((fact) => {
      const values = fact.values.map(({ role, says }) => [role ? `${words.title('role', role)} ` : '', words.of(says)]);
      return [`${words.of(fact.title)}${say.colon}`, ...joined(values, say.and)];
    });
    if (unseen.length) facts.push([say.unknown(words.list(unseen.map((fact) => words.of(fact.title))))]);
    const laws = this.laws(claim.basis.map(({ id }) => id));
    return h(
      'div',
      'reason',
      h('p', '', h('span', 'number', claim.rule), claim.floor ? h('span', 'floor', say.floor) : null, ' ', words.of(claim.why)),
      facts.length ? h('p', 'small', `${say.facts}${say.colon}`, ...joined(facts, say.semi).flat(3)) : null,
      laws.length ? h('p', 'small', `${say.law}${say.colon}`, ...laws) : null,
    );
  }

  claim(claim) {
    const { words } = this;
    const kind = GONE.includes(claim.became.code) ? 'gone' : claim.became.code === 'adds_nothing' ? 'same' : 'kept';
    return h(
      'p',
      `claim ${kind}`,
      h('span', 'says', words.of(claim.says)),
      h('span', 'arrow', '→'),
      h('span', 'became', words.of(claim.became.says)),
    );
  }
}

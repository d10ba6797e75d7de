// A decision as a person reads it.

/** An element; `null` children are left out. */
export function h(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** A day, marked as one. */
export function day(text) {
  const time = h('time', '', text);
  time.dateTime = text;
  return time;
}

export class DecisionView {
  constructor(words, reply) {
    this.words = words;
    this.decision = reply.decision;
    this.explanation = reply.explanation;
    this.brought = new Set(reply.brought);
  }

  get say() {
    return this.words.say;
  }

  all() {
    const { decision: d, say } = this;
    return [
      this.outcome(),
      this.steps(),
      this.section(say.firsts, d.preconditions, (p) => this.precondition(p)),
      this.section(say.closed, grouped(d.excluded), (group) => this.closed(group)),
      this.section(say.clocks, d.clocks, (clock) => this.clock(clock)),
      this.section(say.duties, d.duties, (duty) => this.duty(duty)),
      this.section(say.signals, d.signals, (signal) => this.signal(signal)),
      this.rights(),
      this.section(say.guardrails, this.acted(), (guardrail) => this.guardrail(guardrail)),
      this.section(say.faults, d.verdicts.filter((v) => v.fault), (v) => [h('p', 'lead', v.policy), h('p', '', v.detail)]),
    ].filter(Boolean);
  }

  outcome() {
    const { decision: d, say, words } = this;
    const refer = d.outcome === 'refer';
    const chain = this.explanation?.chain ?? [];
    const place = chain.length ? words.of(chain[chain.length - 1].title) : '';
    const claims = this.claims();
    return h(
      'div',
      `outcome ${d.outcome}`,
      h('h3', '', refer ? say.refer : say.route),
      refer && d.referral ? h('p', 'why', words.of(d.referral.text)) : null,
      h('p', 'quiet', say.under(place, d.as_of)),
      h('p', claims ? 'mine' : 'mine silent', claims ? say.yours_spoke(claims) : say.yours_silent),
    );
  }

  claims() {
    const policies = this.explanation?.policies ?? [];
    return policies.filter((p) => this.brought.has(p.policy)).reduce((sum, p) => sum + (p.claims?.length ?? 0), 0);
  }

  steps() {
    const { steps } = this.decision;
    if (!steps.length) return h('p', 'quiet', this.say.no_steps);
    return h('ol', 'steps', ...steps.map((step) => h('li', this.mine(step) ? 'step mine' : 'step', this.step(step))));
  }

  step(step) {
    const { say, words } = this;
    const body = step.body ? ` · ${words.title('body', step.body)}` : '';
    const marks = [
      h('span', `mark ${step.needs_consent ? 'consent' : ''}`, step.needs_consent ? say.consent : say.no_consent),
      h('span', `mark ${step.free ? 'free' : ''}`, step.free ? say.free : say.charge),
      step.due ? h('span', 'mark due', this.due(step.due)) : null,
      step.skills.length
        ? h('span', 'mark', say.skills(words.list(step.skills.map((skill) => words.title('skill', skill)))))
        : null,
      step.after.length
        ? h('span', 'mark after', say.after(words.list(step.after.map((channel) => words.title('channels', channel)))))
        : null,
    ];
    return [
      h('div', 'lead', h('strong', '', words.title('channels', step.channel), body), ' ', this.code(step.channel)),
      h('div', 'class', words.title('classes', step.class)),
      h('div', 'marks', ...marks),
      this.ground(step),
      ...Object.entries(step.decided).map(([field, by]) =>
        h('p', 'small', say.decided(say.fields[field] ?? field, this.code(`${by.policy} ${by.rule}`)), this.flag(by)),
      ),
    ];
  }

  due({ count, unit, from, on }) {
    const { say, words } = this;
    if (on) return say.by(on);
    return say.within(words.span(count, unit), words.title('event', from));
  }

  precondition(p) {
    const { say, words } = this;
    const text = say.first(words.title('channels', p.first), words.title('channels', p.before));
    return [h('p', 'lead', text), this.ground(p)];
  }

  closed({ channels, ground }) {
    return [
      h('p', 'lead', this.words.list(channels.map((channel) => this.words.title('channels', channel)))),
      this.ground(ground),
    ];
  }

  clock(clock) {
    const { say, words } = this;
    const span = words.span(clock.span.count, clock.span.unit);
    return [
      h('p', 'lead split', h('strong', '', words.title('clock', clock.code)), h('span', 'ends', say.ends(clock.ends))),
      h(
        'div',
        'marks',
        h('span', 'mark', say.runs(span, clock.start)),
        clock.warn.length ? h('span', 'mark', say.warn(words.list(clock.warn.map(String)))) : null,
        clock.verified ? null : h('span', 'mark doubt', say.holidays),
      ),
      this.ground(clock),
    ];
  }

  duty(duty) {
    const { say, words } = this;
    const bearer = duty.bearer ? words.title('bearer', duty.bearer) : null;
    const params = Object.entries(duty.params).map(([key, value]) =>
      h('span', 'mark', `${words.title('param', key)}${say.colon}${this.value(value)}`),
    );
    const name = words.title('duty', duty.code);
    const head = h(
      'summary',
      '',
      bearer ? h('strong', '', `${bearer}${say.colon}`) : null,
      name,
      duty.needs_person ? h('span', 'mark doubt', say.confirm) : null,
      ...params,
      this.flag(duty),
    );
    return [h('details', 'fold', head, this.ground(duty, name))];
  }

  signal(signal) {
    const { say, words } = this;
    const marks = [
      signal.measures.length ? say.measures(words.list(signal.measures.map((m) => words.title('measure', m)))) : null,
      signal.responsible ? say.responsible(words.title('bearer', signal.responsible)) : null,
      signal.handle_by ? say.handle(signal.handle_by) : null,
    ];
    return [
      h(
        'p',
        'lead',
        h('span', `level ${signal.level}`, say.levels[signal.level]),
        ' ',
        h('strong', '', words.title('signal', signal.code)),
        ` · ${this.subject(signal.subject)}`,
      ),
      h('div', 'marks', ...marks.filter(Boolean).map((text) => h('span', 'mark', text))),
      this.ground(signal),
    ];
  }

  subject({ type, ref }) {
    const name = this.say.subjects[type] ?? type;
    if (type === 'organisation' && ref) return `${name}${this.say.colon}${this.words.title('role', ref)}`;
    return name;
  }

  rights() {
    const { rights } = this.decision;
    if (!rights.length) return null;
    const items = rights.map((right) => h('li', '', this.words.title('right', right)));
    return h('section', 'part', h('h4', '', this.say.rights), h('ul', 'rights', ...items));
  }

  // What the same guardrail did stands together.
  acted() {
    const groups = new Map();
    this.decision.guardrails.forEach((guardrail, at) => {
      const group = groups.get(guardrail.id) ?? { id: guardrail.id, did: [] };
      group.did.push({ ...guardrail, says: this.explanation?.guardrails[at]?.says });
      groups.set(guardrail.id, group);
    });
    return [...groups.values()];
  }

  guardrail({ id, did }) {
    const { words } = this;
    const lines = did.map((one) =>
      h(
        'li',
        '',
        one.says ? coded(words.of(one.says)) : `${one.action} ${one.what}`,
        one.policy ? h('span', 'small', ' ', this.by(one)) : null,
      ),
    );
    return [
      h('p', 'lead', h('span', 'number', id), ' ', words.title('guardrails', id)),
      h('ul', 'did', ...lines),
    ];
  }

  // Why, the law behind it, and whose rule it is.
  ground(ground, said) {
    const { words, say } = this;
    const law = this.laws(ground.basis);
    const why = words.of(ground.why);
    return h(
      'div',
      'ground',
      why === said ? null : h('p', 'why', why),
      h('p', 'small', law.length ? h('span', 'laws', `${say.law}${say.colon}`, ...law) : null, this.by(ground)),
    );
  }

  // Articles of one law that follow each other name it once.
  laws(ids) {
    const { say, words } = this;
    const buttons = ids.map((id, at) => {
      const again = at > 0 && words.title('laws', id) === words.title('laws', ids[at - 1]);
      const button = this.law(id, words.title(again ? 'articles' : 'provisions', id));
      if (at < ids.length - 1) button.dataset.then = say.semi.trim();
      return button;
    });
    return joined(buttons, ' ');
  }

  law(id, text) {
    const button = h('button', 'law', text);
    button.type = 'button';
    button.dataset.provision = id;
    button.setAttribute('aria-label', this.words.title('provisions', id));
    button.title = this.say.more_law;
    button.setAttribute('aria-expanded', 'false');
    return button;
  }

  by(ground) {
    return h('span', 'by', this.code(`${ground.policy} ${ground.rule}`), this.flag(ground));
  }

  flag(ground) {
    return this.mine(ground) ? h('span', 'yours', this.say.yours) : null;
  }

  mine(ground) {
    return this.brought.has(ground.policy) || Object.values(ground.decided ?? {}).some((by) => this.brought.has(by.policy));
  }

  code(text) {
    return h('code', '', text);
  }

  value(value) {
    if (value === true || value === 'yes') return this.say.yes;
    if (value === false || value === 'no') return this.say.no;
    return Array.isArray(value) ? this.words.list(value) : String(value);
  }

  section(title, items, show) {
    if (!items.length) return null;
    const list = items.map((item) => h('li', item.policy && this.mine(item) ? 'mine' : '', show(item)));
    return h('section', 'part', h('h4', '', title), h('ul', 'plain', ...list));
  }
}

/** What stands between items goes between them. */
export function joined(items, between) {
  return items.flatMap((item, at) => (at ? [between, item] : [item]));
}

/** A text in which the codes, which stand in brackets, are set as such. */
export function coded(text) {
  return text.split(/[(（]([a-z][a-z0-9_./*-]*)[)）]/).map((part, at) => (at % 2 ? h('code', '', part) : part));
}

// Channels that are closed for the same reason stand together.
function grouped(excluded) {
  const groups = new Map();
  for (const { channel, ...ground } of excluded) {
    const key = JSON.stringify(ground);
    const group = groups.get(key) ?? { channels: [], ground, policy: ground.policy };
    group.channels.push(channel);
    groups.set(key, group);
  }
  return [...groups.values()];
}

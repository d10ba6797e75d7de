// The page's words in both languages, and the ruleset's words as the server names them.

const SAY = {
  zh: {
    page: '规则试验台 · 枫桥',
    name: '枫桥',
    playground: '规则试验台',
    skip: '跳到决定',
    language: '语言',
    example: '示例',
    own: '自己的内容',
    share: '复制链接',
    shared: '链接已复制，内容只在链接里',
    table: '规则表',
    table_format: 'TOML',
    case: '案件',
    case_format: 'JSON，同 POST /v1/evaluate',
    keys: '按 Tab 离开编辑框。',
    answer: '结果',
    views: '查看方式',
    decision: '决定',
    json_label: '结果的JSON',
    copy_json: '复制JSON',
    copy_curl: '复制curl命令',
    copied: '已复制',
    not_copied: '浏览器不允许复制，请手动选取',
    updating: '正在更新…',
    fresh: (ms) => `${ms} 毫秒`,
    behind: '以下是改动之前的决定',
    none_yet: '改正上面标出的问题后，这里显示决定。',
    waiting: '这里显示决定。',
    unreachable: '连不上服务器，正在重试…',
    busy: '服务器正忙，正在重试…',
    tally: (n) => `${n}处问题`,
    line: (n) => `第${n}行`,
    told: {
      route: (n, first) => `决定：有${n}步可走，第一步是${first}。`,
      refer: (why) => `决定：由工作人员决定。${why}`,
      problems: (n, first) => `${n}处问题。${first}`,
    },
    route: '可以走的路，按先后',
    refer: '由工作人员决定',
    under: (place, day) => `${place} · 适用${day}的法律`,
    no_steps: '没有可走的步骤。',
    yours: '你的规则表',
    yours_silent: '你的规则表没有说话：没有一条规则适用于本案。',
    yours_spoke: (n) => `你的规则表提出了${n}项主张。`,
    consent: '须各方同意',
    no_consent: '无须他方同意',
    free: '免费',
    charge: '可能收费',
    by: (day) => `最迟 ${day}`,
    within: (span, event) => `自${event}起${span}内`,
    skills: (list) => `专长：${list}`,
    after: (list) => `须先经${list}`,
    law: '依据',
    rule: '规则',
    more_law: '查看条文大意',
    verified: '已与官方文本核对',
    unverified: '尚未与官方文本核对',
    in_force: (from, to) => (to ? `${from}至${to}施行` : `${from}起施行`),
    decided: (field, by) => [`${field}由`, by, '决定'],
    fields: { due: '期限', skills: '专长', body: '经办单位', weight: '先后', channel: '途径' },
    firsts: '法定前置',
    first: (first, before) => `${before}之前须先经${first}`,
    closed: '本案不适用',
    clocks: '期限',
    ends: (day) => `${day} 届满`,
    runs: (span, start) => `自${start}起${span}`,
    warn: (list) => `届满前${list}天提醒`,
    holidays: '该年节假日安排尚未公布或核对',
    duties: '有关方面应当',
    confirm: '须经人工确认',
    signals: '风险预警',
    levels: { blue: '蓝色', yellow: '黄色', orange: '橙色', red: '红色' },
    subjects: {
      organisation: '单位',
      place: '地点',
      project: '项目',
      kind: '这类纠纷',
      station: '站点',
      own_case: '本案',
    },
    measures: (list) => `措施：${list}`,
    responsible: (who) => `负责：${who}`,
    handle: (day) => `最迟处置 ${day}`,
    rights: '当事人的权利',
    guardrails: '护栏做了什么',
    faults: '未能作答的政策',
    account: '如何得出',
    asked_places: '依次询问',
    claims: (n) => `${n}项主张`,
    lost: (n) => `${n}项未起作用`,
    not_asked: (n) => `未询问（${n}）`,
    nothing: (n) => `问了，没有适用的规则（${n}）`,
    kept: '未适用',
    kept_more: (n) => `另有${n}条规则未适用。`,
    elsewhere: (n) => `其他地方的${n}项政策与本案无关。`,
    facts: '看到的事实',
    unknown: (list) => `不知道：${list}`,
    became: '结果',
    floor: '底线',
    shadow: '观察',
    fuel: (n) => `燃料 ${n}`,
    diary: '日记',
    units: { hour: '小时', day: '日', working_day: '个工作日', month: '个月', year: '年' },
    yes: '是',
    no: '否',
    and: '、',
    semi: '；',
    colon: '：',
  },
  en: {
    page: 'Playground · Maple Bridge',
    name: 'Maple Bridge',
    playground: 'Playground',
    skip: 'Skip to the decision',
    language: 'Language',
    example: 'Example',
    own: 'Your own',
    share: 'Copy link',
    shared: 'Link copied; everything is in the link itself',
    table: 'Rule table',
    table_format: 'TOML',
    case: 'Case',
    case_format: 'JSON, as for POST /v1/evaluate',
    keys: 'Tab leaves the editor.',
    answer: 'Answer',
    views: 'Views',
    decision: 'Decision',
    json_label: 'The answer as JSON',
    copy_json: 'Copy the JSON',
    copy_curl: 'Copy as curl',
    copied: 'Copied',
    not_copied: 'The browser does not let the page copy; select the text yourself',
    updating: 'Updating…',
    fresh: (ms) => `${ms} ms`,
    behind: 'This is the decision before the change',
    none_yet: 'The decision appears here once the problems marked above are mended.',
    waiting: 'The decision appears here.',
    unreachable: 'The server cannot be reached; trying again…',
    busy: 'The server is busy; trying again…',
    tally: (n) => (n === 1 ? '1 problem' : `${n} problems`),
    line: (n) => `line ${n}`,
    told: {
      route: (n, first) => `Decision: ${n === 1 ? 'one step' : `${n} steps`}, the first is ${first}.`,
      refer: (why) => `Decision: a person decides. ${why}`,
      problems: (n, first) => `${n === 1 ? '1 problem' : `${n} problems`}. ${first}`,
    },
    route: 'The way, in this order',
    refer: 'A person decides',
    under: (place, day) => `${place} · the law of ${day}`,
    no_steps: 'There is no step to take.',
    yours: 'your table',
    yours_silent: 'Your table says nothing: no rule of it covers this case.',
    yours_spoke: (n) => (n === 1 ? 'Your table makes one claim.' : `Your table makes ${n} claims.`),
    consent: 'only if every party agrees',
    no_consent: 'needs nobody’s consent',
    free: 'free of charge',
    charge: 'may cost money',
    by: (day) => `by ${day}`,
    within: (span, event) => `within ${span} of ${lowered(event)}`,
    skills: (list) => `skills: ${list}`,
    after: (list) => `only after ${list}`,
    law: 'Law',
    rule: 'rule',
    more_law: 'Show what the article says',
    verified: 'compared with the official text',
    unverified: 'not yet compared with the official text',
    in_force: (from, to) => (to ? `in force ${from} to ${to}` : `in force from ${from}`),
    decided: (field, by) => [`${field} decided by `, by],
    fields: { due: 'the time limit', skills: 'skills', body: 'the body', weight: 'the place', channel: 'the channel' },
    firsts: 'What must come first',
    first: (first, before) => `${first} before ${before}`,
    closed: 'Closed to this case',
    clocks: 'Time limits',
    ends: (day) => `ends ${day}`,
    runs: (span, start) => `${span} from ${start}`,
    warn: (list) => `warns ${list} days before`,
    holidays: 'that year’s holidays are not published or checked',
    duties: 'What must be done',
    confirm: 'a person confirms first',
    signals: 'Early warnings',
    levels: { blue: 'Blue', yellow: 'Yellow', orange: 'Orange', red: 'Red' },
    subjects: {
      organisation: 'organisation',
      place: 'this place',
      project: 'this project',
      kind: 'this kind of dispute',
      station: 'this station',
      own_case: 'this case',
    },
    measures: (list) => `measures: ${list}`,
    responsible: (who) => `responsible: ${who}`,
    handle: (day) => `to be handled by ${day}`,
    rights: 'The parties’ rights',
    guardrails: 'What guardrails did',
    faults: 'Policies without a usable answer',
    account: 'How it came about',
    asked_places: 'Places asked',
    claims: (n) => (n === 1 ? 'one claim' : `${n} claims`),
    lost: (n) => `${n} came to nothing`,
    not_asked: (n) => `Not asked (${n})`,
    nothing: (n) => `Asked, and no rule applies (${n})`,
    kept: 'keeps silent',
    kept_more: (n) => (n === 1 ? 'One more rule keeps silent.' : `${n} more rules keep silent.`),
    elsewhere: (n) =>
      n === 1 ? 'One policy of another place has no say here.' : `${n} policies of other places have no say here.`,
    facts: 'Facts it saw',
    unknown: (list) => `not known: ${list}`,
    became: 'became',
    floor: 'floor',
    shadow: 'shadow',
    fuel: (n) => `${n} fuel`,
    diary: 'diary',
    units: { hour: 'hour', day: 'day', working_day: 'working day', month: 'month', year: 'year' },
    yes: 'yes',
    no: 'no',
    and: ', ',
    semi: '; ',
    colon: ': ',
  },
};

const KEPT = 'maple.language';

function lowered(text) {
  return /^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}

/** The language remembered, else the browser's. */
export function firstLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // A browser may forbid keeping; then nothing is remembered.
  }
  const wanted = kept ?? (navigator.languages ?? [navigator.language])[0] ?? 'en';
  return wanted.startsWith('zh') ? 'zh' : 'en';
}

export class Words {
  constructor() {
    this.known = new Map();
    this.language = 'en';
  }

  get say() {
    return SAY[this.language];
  }

  keep(language) {
    this.language = language;
    try {
      localStorage.setItem(KEPT, language);
    } catch {
      // Not remembered, no more.
    }
  }

  /** Takes in `/v1/vocabulary`. */
  learn(vocabulary) {
    const put = (list, id, title) => this.known.set(`${list} ${id}`, title);
    for (const list of ['localities', 'kinds', 'classes', 'channels', 'guardrails']) {
      for (const { id, title } of vocabulary[list]) put(list, id, title);
    }
    for (const { key, title } of vocabulary.facts) put('facts', key, title);
    for (const { list, words } of vocabulary.words) for (const { id, title } of words) put(list, id, title);
    for (const { id, law, article } of vocabulary.provisions) {
      const [zh, en] = article.split(' / ');
      put('laws', id, law);
      put('articles', id, { zh, en: en ?? zh });
      put('provisions', id, { zh: `《${law.zh}》${zh}`, en: `${law.en}, ${en ?? zh}` });
    }
  }

  /** Whether the ruleset has a word. */
  has(list, id) {
    return this.known.has(`${list} ${id}`);
  }

  /** A word in the page's language; an unknown one as it is. */
  title(list, id) {
    const family = list === 'skill' && id.startsWith('lang_') ? 'lang_*' : null;
    const known = this.known.get(`${list} ${id}`);
    if (known) return this.of(known);
    if (family && this.known.has(`skill ${family}`)) {
      return `${this.of(this.known.get(`skill ${family}`))}${this.say.colon}${id.slice(5)}`;
    }
    return id;
  }

  /** A text of both languages in the page's. */
  of(text) {
    return text[this.language] ?? text.en;
  }

  list(items) {
    return items.join(this.say.and);
  }

  span(count, unit) {
    const word = this.say.units[unit] ?? unit;
    return this.language === 'zh' ? `${count}${word}` : `${count} ${word}${count === 1 ? '' : 's'}`;
  }
}

// Colours for TOML and JSON: a text becomes lines, and each line a list of [what, text].

const TOML = new RegExp(
  [
    /("""[^]*?(?:"""|$(?![^]))|'''[^]*?(?:'''|$(?![^]))|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?)/, // 1 text
    /(#.*)/, // 2 comment
    /(^[ \t]*\[\[?[\w.\-"' ]+\]\]?[ \t]*$)/, // 3 heading
    /([\w-]+(?:\.[\w-]+)*(?=[ \t]*=))/, // 4 key
    /(\d{4}-\d\d-\d\d|[+-]?\b\d[\d_]*(?:\.\d+)?\b|\b(?:true|false)\b)/, // 5 value
  ]
    .map((part) => part.source)
    .join('|'),
  'gm',
);

const JSON_TEXT = /("(?:\\.|[^"\\\n])*"(?=\s*:))|("(?:\\.|[^"\\\n])*"?)|(-?\b\d[\d.eE+-]*\b|\b(?:true|false|null)\b)/g;

const KINDS = {
  toml: [TOML, ['', 'text', 'comment', 'heading', 'key', 'value']],
  json: [JSON_TEXT, ['', 'key', 'text', 'value']],
};

/** The lines of a text, each a list of [what it is, text]. */
export function paint(kind, text) {
  const [pattern, names] = KINDS[kind];
  const lines = [[]];
  const put = (what, piece) => {
    piece.split('\n').forEach((part, at) => {
      if (at > 0) lines.push([]);
      if (part) lines[lines.length - 1].push([what, part]);
    });
  };
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    if (!match[0]) continue;
    put('', text.slice(done, match.index));
    const group = match.findIndex((part, at) => at > 0 && part !== undefined);
    put(names[group], match[0]);
    done = match.index + match[0].length;
  }
  put('', text.slice(done));
  return lines;
}

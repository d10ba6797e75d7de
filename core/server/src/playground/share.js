// A link that holds everything in its hash, which a browser sends to nobody; and a draft that lasts as long as the tab.

const DRAFT = 'maple.playground';

/** The address of this page with both texts in it. */
export async function link({ table, question, language }) {
  const hash = new URLSearchParams({ lang: language, s: await packed(JSON.stringify([table, question])) });
  return `${location.origin}${location.pathname}${location.search}#${hash}`;
}

/** What the address of this page holds. */
export async function linked() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const language = ['zh', 'en'].find((known) => known === hash.get('lang'));
  // What another page of this server hands over to be tried stands there as it is.
  if (hash.has('table') && hash.has('case')) return { table: hash.get('table'), question: hash.get('case'), language };
  if (!hash.has('s')) return null;
  try {
    const [table, question] = JSON.parse(await unpacked(hash.get('s')));
    return typeof table === 'string' && typeof question === 'string' ? { table, question, language } : null;
  } catch {
    return null; // a link cut short
  }
}

export function keepDraft(draft) {
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  } catch {
    // Not kept, no more.
  }
}

export function keptDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT));
  } catch {
    return null;
  }
}

async function packed(text) {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

async function unpacked(code) {
  const binary = atob(code.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw')));
}

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

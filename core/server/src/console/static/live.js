// Hears what happens to signals while the risk board is shown. The page is whole without it.
'use strict';

(() => {
  const box = document.getElementById('live');
  if (!box || !window.EventSource) return;
  const words = box.dataset;
  const state = document.getElementById('live-state');
  const count = document.getElementById('fresh-count');
  const show = document.getElementById('fresh');
  const since = Number(words.since);
  // Signals that the page does not show yet; no more of them are remembered than this.
  const FRESH_MAX = 1000;
  const RETRY_MILLIS = 60000;
  const REFRESH_MILLIS = 1500;
  // How long a page that nobody looks at goes on listening.
  const HIDDEN_MILLIS = 30000;
  const fresh = new Set();
  let seen = since;
  let source = null;
  let timer = 0;
  let refreshing = 0;
  let leaving = 0;

  const say = (name, text) => {
    box.dataset.state = name;
    if (state.textContent !== text) state.textContent = text;
  };

  const told = () => {
    const text = fresh.size === 0 ? '' : fresh.size === 1 ? words.one : words.many.replace('%', fresh.size);
    if (count.textContent !== text) count.textContent = text;
    show.hidden = fresh.size === 0;
  };

  const asked = async () => {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  };

  // Another state of what is shown already takes its place, unless somebody is at it with the keyboard.
  const refresh = async () => {
    refreshing = 0;
    try {
      const page = await asked();
      for (const part of ['urgency', ...[...document.querySelectorAll('.card')].map((card) => card.id)]) {
        const [old, next] = [document.getElementById(part), page.getElementById(part)];
        if (old && next && old.innerHTML !== next.innerHTML && !old.contains(document.activeElement)) {
          old.replaceWith(document.importNode(next, true));
        } else if (old && !next) {
          // It is over, or further down now: it stays until it is asked for, and says that it is no longer so.
          old.classList.add('gone');
          old.querySelectorAll('button').forEach((button) => { button.disabled = true; });
          const now = old.querySelector('.standing-now');
          if (now) now.textContent = words.gone;
        }
      }
    } catch {
      // The next change tries again; what is shown stays.
    }
  };

  const heard = (event) => {
    const signal = JSON.parse(event.data);
    seen = Math.max(seen, signal.changed);
    if (signal.issued > since && !signal.over && !document.getElementById(signal.id)) {
      if (fresh.size < FRESH_MAX) fresh.add(signal.id);
    } else if (signal.over) {
      fresh.delete(signal.id);
    }
    told();
    if (!refreshing) refreshing = setTimeout(refresh, REFRESH_MILLIS);
  };

  const stop = () => {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  };

  const listen = () => {
    stop();
    const sign = words.listen.includes('?') ? '&' : '?';
    source = new EventSource(`${words.listen}${sign}since=${seen}`);
    source.addEventListener('hello', () => say('live', words.live));
    source.addEventListener('signal', heard);
    source.addEventListener('lost', () => { if (!refreshing) refreshing = setTimeout(refresh, REFRESH_MILLIS); });
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) {
        say('off', words.off);
        stop();
        timer = setTimeout(listen, RETRY_MILLIS);
      } else {
        say('lost', words.lost);
      }
    };
  };

  show.addEventListener('click', async (event) => {
    event.preventDefault();
    try {
      const page = await asked();
      const board = page.getElementById('board');
      document.getElementById('board').replaceWith(document.importNode(board, true));
      fresh.clear();
      show.hidden = true;
      count.textContent = words.shown;
      document.getElementById('cards-title').scrollIntoView({ block: 'start' });
    } catch {
      location.reload();
    }
  });

  // Browsers open only a few connections to one server: a page that is not looked at lets its own go.
  document.addEventListener('visibilitychange', () => {
    clearTimeout(leaving);
    if (document.hidden) {
      leaving = setTimeout(stop, HIDDEN_MILLIS);
    } else if (!source) {
      listen();
    }
  });
  window.addEventListener('pagehide', stop);
  listen();
})();

/** Who the explorer acts for: the bar above GraphiQL, and the scripts that take a token and send it along. */

/**
 * Takes the token from the address (`/graphql#token=...`), out of sight and out of the history, and sends it along:
 * as Authorization header over HTTP, in the connection parameters over WebSocket. It is kept in memory only.
 */
export const SIGN_IN = `
(() => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', location.pathname + location.search);
  if (!given) return;
  const authorization = 'Bearer ' + given;
  globalThis.waybillToken = given;
  const here = (address) => new URL(address, location.href).host === location.host;
  const fetchPlain = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (resource, options = {}) => {
    if (!here(resource.url ?? resource)) return fetchPlain(resource, options);
    const headers = new Headers(options.headers);
    if (!headers.has('authorization')) headers.set('authorization', authorization);
    return fetchPlain(resource, { ...options, headers });
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!here(this.url) || typeof data !== 'string' || !data.includes('connection_init')) return send.call(this, data);
    const message = JSON.parse(data);
    if (message.type === 'connection_init') message.payload = { authorization, ...message.payload };
    return send.call(this, JSON.stringify(message));
  };
})();
`;

/** Says who is signed in. A pasted token goes the way of a given one: into the address, and the page starts again. */
export const SIGN_IN_BAR = `
(() => {
  const form = document.querySelector('#sign-in');
  const [who, box, button] = ['output', 'input', 'button'].map((name) => form.querySelector(name));
  const token = globalThis.waybillToken;
  delete globalThis.waybillToken;
  if (token) {
    let name = 'somebody whose token cannot be read';
    try {
      name = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).sub;
    } catch {}
    who.textContent = 'Signed in as ' + name;
    button.textContent = 'Sign out';
    box.parentElement.hidden = true;
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const pasted = box.value.trim().replace(/^.*#token=|^Bearer /, '');
    if (!token && !pasted) return;
    if (!token) location.replace('#token=' + encodeURIComponent(pasted));
    location.reload();
  });
})();
`;

export const BAR = `
<header id="bar">
  <h1>Waybill</h1>
  <form id="sign-in">
    <output>Not signed in: nothing can be changed</output>
    <label>Token <input type="password" autocomplete="off" spellcheck="false"></label>
    <button>Sign in</button>
  </form>
</header>
`;

/** The bar takes one line; GraphiQL, whose own logo would say the same again, takes the rest. */
export const BAR_STYLE = `
body { display: flex; flex-direction: column; height: 100vh; font: 15px/1.4 Roboto, system-ui, sans-serif }
body { background: #fff; color: #2f3b4f }
#bar, #sign-in { display: flex; align-items: center; gap: 12px }
#bar { justify-content: space-between; padding: 8px 16px 0 }
#bar h1 { margin: 0; font-size: 20px }
#bar [hidden] { display: none }
#bar input, #bar button { font: inherit; padding: 4px 10px; border: 1px solid #6b7890; border-radius: 4px }
#bar button { background: #2f3b4f; color: #fff; cursor: pointer }
#root { flex: 1; min-height: 0 }
#root .graphiql-container { height: 100% }
#root .graphiql-logo { display: none }
body.graphiql-dark { background: #212a3b; color: #d5dbe5 }
@media (prefers-color-scheme: dark) { body:not(.graphiql-light) { background: #212a3b; color: #d5dbe5 } }
`;

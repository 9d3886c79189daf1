/* Keeps a repair's page up to date: a stream that says that something changed, or, where there is none, a look now and
   then. The page is fetched again and its parts with data-live are put in place; what is being typed or chosen stays. */
(() => {
  "use strict";
  const EVERY_MS = 30000;
  const hero = document.querySelector("[data-follow]");
  const address = hero.dataset.follow;
  let stream = null, timer = null, failures = 0;

  const bare = (part) => part.innerHTML.replace(/(name="(?:token|csrf_token)" value=")[^"]*/g, "$1");

  async function refresh() {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (!answer.ok) return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    hero.dataset.mark = fresh.querySelector("[data-follow]").dataset.mark;
    const before = document.querySelector("h1").textContent;
    let changed = false;
    for (const part of document.querySelectorAll("[data-live]")) {
      const newer = fresh.getElementById(part.id);
      if (!newer || bare(newer) === bare(part)) continue;
      part.innerHTML = newer.innerHTML;
      changed = true;
    }
    const now = document.querySelector("h1").textContent;
    if (changed) document.getElementById("live").textContent = now === before ? document.getElementById("todo").textContent : now;
  }

  async function look() {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/plain" }, cache: "no-store" });
      if (!answer.ok || (await answer.text()) !== hero.dataset.mark) await refresh();
    } catch { /* no connection: the next look tries again */ }
  }

  function poll() {
    stream?.close();
    stream = null;
    if (timer) return;
    timer = setInterval(look, EVERY_MS);
    look();
  }

  function open() {
    if (timer) return;
    stream = new EventSource(`${address}?seen=${hero.dataset.mark}`);
    stream.onopen = () => { failures = 0; document.body.dataset.live = "open"; };
    stream.addEventListener("changed", () => refresh().catch(() => {}));
    stream.onerror = () => {
      failures += 1;
      if (failures > 3 || stream.readyState === EventSource.CLOSED) poll();
    };
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stream?.close();
    refresh().catch(() => {});
    open();
  });
  if (window.EventSource) open();
  else poll();
})();

/* What the pages do beyond HTML: keys, dialogs, htmx, toasts. Every page works without it. */
(() => {
  "use strict";

  const { $, all, on, gap, inBurst, isField, newToken, openDialog, scanBox } = window.quatrefoil;
  const { body } = document;
  const shown = (element) => element.checkVisibility();
  const letters = () => body.dataset.letterKeys !== "off";
  const say = (text) => { $("#live").textContent = text; };

  // keys

  let held = null; // a single key waits one scanner gap, so that the first character of a scan never acts

  function hold(event, run) {
    if (inBurst() > 1) return;
    event.preventDefault();
    const act = () => {
      held = null;
      if (inBurst() === 1) run();
    };
    held = { key: event.key, timer: setTimeout(act, gap() + 10) };
  }

  /** Another character came in time: the held one was text. */
  function giveBack() {
    if (!held) return;
    clearTimeout(held.timer);
    const box = scanBox();
    if (box) {
      box.focus();
      box.value += held.key;
    }
    held = null;
  }

  /** As written in data-key, in small letters: "shift+f4", "alt+1", "space". */
  function nameOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
    const base = altKey && code.startsWith("Digit") ? code[5] : key === " " ? "space" : key;
    return ((ctrlKey || metaKey ? "ctrl+" : "") + (altKey ? "alt+" : "") + (shiftKey && key.length > 1 ? "shift+" : "") + base).toLowerCase();
  }

  function use(element) {
    if (isField(element)) element.focus();
    else element.click();
  }

  on("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    const plain = key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (plain) giveBack();
    const typing = isField(target);
    const name = nameOf(event);
    const dialog = openDialog();
    // A field keeps its letters and its own undo, a button its Space.
    const kept = plain ? typing || !letters() || (key === " " && target !== body) : name === "ctrl+z" && typing && target.value;
    const keyed = !kept && all("[data-key]", dialog).find((one) => one.dataset.key.toLowerCase() === name && shown(one));
    if (keyed && plain) hold(event, () => use(keyed));
    else if (keyed) { event.preventDefault(); use(keyed); }
    else if (dialog) listKeys(event, $("[role=listbox]", dialog));
    else pageKeys(event, plain && !typing);
  });

  function pageKeys(event, free) {
    const { key, target } = event;
    const box = scanBox();
    const empty = target === box ? !box.value : !isField(target);
    const list = all("[data-results], [data-lines]").find((one) => $("[aria-selected]", one));
    if (key === "Escape" && box) {
      if (target === box && !empty) box.value = "";
      else $("[data-results]")?.replaceChildren();
      box.focus();
    } else if (empty && (key === "Delete" || key === "-")) {
      const remove = $("[data-lines] [aria-selected=true] [data-remove]");
      if (key === "-" && remove) hold(event, () => remove.click());
      else remove?.click();
    } else if (empty && list && listKeys(event, list)) {
      say($("[aria-selected=true]", list).textContent);
    } else if (free && key === "?") {
      hold(event, () => show($("#keys")));
    } else if (free && key === "/") {
      hold(event, () => (box ?? $("input[type=search]") ?? $(".search"))?.focus());
    } else if (free && box && /[\p{L}\p{N}*%]/u.test(key)) {
      box.focus(); // in time for this very character
    }
  }

  // lists

  function select(list, row) {
    $("[aria-selected=true]", list)?.setAttribute("aria-selected", "false");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    $(`[aria-controls="${list.id}"]`)?.setAttribute("aria-activedescendant", row.id);
  }

  /** Arrows, J and K choose, Enter opens, X ticks. Returns whether the key was used. */
  function listKeys(event, list) {
    const { key, target } = event;
    const letter = letters() && !isField(target) && !scanBox() && key;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key] ?? { j: 1, k: -1 }[letter];
    const rows = list ? all("[aria-selected]", list).filter(shown) : [];
    const index = rows.findIndex((row) => row.ariaSelected === "true");
    const row = rows[index];
    if (step && rows.length) select(list, rows[Math.min(rows.length - 1, Math.max(0, index + step))]);
    else if (key === "Enter" && row && !target.matches("a, button")) (row.matches("a, button") ? row : $("a, button", row))?.click();
    else if (letter === "x" && row) $("input", row)?.click();
    else return false;
    event.preventDefault();
    return true;
  }

  // dialogs

  const isHost = (element) => element.matches("#dialog, #door"); // filled by htmx
  let opener = null; // id of what had the focus: the element itself may be swapped meanwhile

  function show(dialog) {
    if (!dialog || dialog.open) return;
    opener = document.activeElement.id;
    dialog.showModal();
  }

  on("click", (event) => {
    const { target } = event;
    const within = (selector) => target.closest(selector);
    const open = within("[data-open]");
    const row = within("[data-lines] [aria-selected]");
    if (open) {
      event.preventDefault(); // without a script it is a link
      show($(open.dataset.open));
    }
    if (within("[data-close]")) {
      within(".toast")?.remove();
      within("dialog")?.close();
    }
    if (target.matches("dialog[closedby=any]")) target.close(); // beside its content
    if (within("[data-print]")) print();
    if (within("[data-check-all]")) checkAll(within("[data-check-all]"));
    if (within("[data-retry]")) retry();
    if (row && !within("a, button, input, label")) select(row.closest("[data-lines]"), row);
  });

  /** Every question of the form that has this answer gets it. */
  function checkAll({ form, dataset }) {
    all(`input[type=radio][value="${dataset.checkAll}"]`, form).forEach((radio) => { radio.checked = true; });
  }

  on("close", ({ target }) => {
    if (isHost(target)) target.replaceChildren();
    target.request = null;
    if (document.activeElement === body) (document.getElementById(opener) ?? scanBox() ?? $("h1[tabindex]"))?.focus();
  }, true);

  // forms

  /** Under way: a second submit is dropped. Not disabled, which would take the focus away. */
  function busy(element, isBusy) {
    element.toggleAttribute("data-busy", isBusy);
    const button = element.matches("form") ? $("button:not([type=button])", element) : element;
    button?.toggleAttribute("data-waiting", isBusy);
  }

  on("submit", (event) => {
    if (!event.target.hasAttribute("data-busy")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  on("submit", ({ target, defaultPrevented }) => {
    if (defaultPrevented || target.method === "get") return;
    busy(target, true);
    setTimeout(() => busy(target, false), 8000); // a download leaves the page standing
  });

  addEventListener("pageshow", () => all("[data-busy]").forEach((form) => busy(form, false))); // Back

  on("change", ({ target }) => {
    const { form, value } = target;
    // A scan over a select has undone the choice by then.
    if (target.closest("[data-autosubmit]")) setTimeout(() => { if (target.value === value) form.requestSubmit(); }, 4 * gap());
  });

  // htmx

  let lost = false; // whether this swap may take the focus away
  let spare = []; // ids that take the focus when its element is gone: itself, next row, previous row, the list's heading

  on("htmx:configRequest", ({ detail: { headers, verb, triggeringEvent } }) => {
    headers["X-CSRF-Token"] = $("meta[name=csrf-token]").content;
    if (verb === "get" && !triggeringEvent?.isTrusted) headers["X-Quiet"] = "yes"; // nobody's hand
  });

  on("htmx:confirm", (event) => { if (event.detail.elt.hasAttribute("data-busy")) event.preventDefault(); });

  on("htmx:beforeRequest", ({ detail: { elt, requestConfig } }) => {
    const focus = document.activeElement;
    const row = focus.closest("[aria-selected], tr, li");
    const list = focus.closest("[aria-labelledby]");
    spare = [focus.id, row?.nextElementSibling?.id, row?.previousElementSibling?.id, list?.getAttribute("aria-labelledby")];
    if (requestConfig.verb === "get") return;
    $("#notice").replaceChildren(); // what was refused before is past
    if (!elt.matches("[data-scan-form]")) busy(elt, true);
  });

  function keepFocus() {
    if (!lost || document.activeElement !== body) return;
    const FOCUSABLE = "[tabindex], a, button, input, select, textarea";
    const next = spare.map((id) => id && document.getElementById(id)).find((element) => element && shown(element));
    const inner = next?.matches(FOCUSABLE) ? next : next && $(FOCUSABLE, next);
    (inner ?? scanBox() ?? $("h1[tabindex]"))?.focus();
  }

  on("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
    setTimeout(keepFocus, 30); // a swap that only deletes does not settle
    if (elt.hasAttribute("data-busy")) busy(elt, false);
    if (xhr.status) $("#offline").hidden = true;
    const token = (elt.form ?? elt).elements?.token;
    if (token && xhr.status >= 200 && xhr.status < 300) token.value = newToken(); // done: the next one is another deed
  });

  // Signed out or locked: the door opens over the page, and door.js goes on with the request.
  on("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const address = xhr.status === 401 && xhr.getResponseHeader("HX-Redirect");
    if (!address) return;
    event.preventDefault();
    const door = $("#door");
    if (!door) return location.assign(address);
    if (!door.open) htmx.ajax("GET", address, door);
    door.request ??= requestConfig;
  });

  on("htmx:beforeSwap", ({ detail }) => {
    lost = document.activeElement !== body;
    // What comes without a place to go is a proxy's page, not ours.
    if (detail.target.id === "toasts" && detail.xhr.status >= 500) detail.serverResponse = $("#toast-failed").innerHTML;
    if (detail.target.id === "notice") detail.target = $("[data-notice]", openDialog() ?? $("#notice")) ?? detail.target;
  });

  on("htmx:afterSwap", ({ target }) => {
    if (isHost(target)) target.childElementCount ? show(target) : target.close();
    if (target.matches("[role=listbox]") && $("[role=option]", target)) select(target, $("[role=option]", target));
  });

  on("htmx:afterSettle", ({ detail }) => {
    if (detail.boosted) {
      say(document.title);
      $("h1[tabindex]")?.focus();
    }
    keepFocus();
  });

  on("close-dialog", () => $("#dialog").close());

  // connection

  function offline() {
    if ($("#offline").hidden) setTimeout(retry, 3000);
    $("#offline").hidden = false;
  }

  async function retry() {
    const answer = await fetch("/healthz").catch(() => null);
    $("#offline").hidden = true;
    if (!answer?.ok) offline();
  }

  on("htmx:sendError", offline);
  on("htmx:timeout", offline);

  // toasts, scans on pages without a scan form

  function expire(toast) {
    setTimeout(() => (toast.matches(":hover, :focus-within") ? expire(toast) : toast.remove()), 8000);
  }

  const toasts = $("#toasts");
  const arrived = (changes) => changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches).forEach(expire);
  if (toasts) new MutationObserver(arrived).observe(toasts, { childList: true });

  // Go there, or look it up over the page if leaving would lose what was typed.
  on("scan-find", ({ detail: code }) => {
    const field = $("#palette input");
    const dirty = all("main input, main textarea").some((one) => one.type !== "hidden" && one.value !== one.defaultValue);
    if (!field || !dirty) location.assign(`/find?code=${encodeURIComponent(code)}`);
    else {
      show($("#palette"));
      field.value = code;
      htmx.trigger(field, "scan");
    }
  });
})();

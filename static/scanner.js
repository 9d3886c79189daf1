/* From key presses to scans. A barcode scanner is a very fast keyboard: a burst that ends with Enter or Tab is a scan,
   whatever has the focus. Scans and typed codes wait in one queue until the server has answered. Loaded before app.js. */
(() => {
  "use strict";

  const SHORTEST = 3; // characters; less is a person in a hurry
  const RETRY_MS = 2000;
  const BOX_PAUSE_MS = 150;
  const FIELDS = "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, run, capture = false) => document.addEventListener(type, run, capture);

  /** Longest pause inside a burst, ms; slow wireless scanners need up to 150. */
  const gap = () => Math.min(150, Number(document.body.dataset.scanGap) || 60);
  /** In the scan box itself a hesitating scanner or a slow page must not cut a code in two. */
  const pause = () => (document.activeElement === scanBox() ? BOX_PAUSE_MS : gap());
  const isField = (element) => Boolean(element?.matches?.(FIELDS));
  const openDialog = () => all("dialog[open]").pop();
  const scanForm = () => $("dialog[open] form[data-scan-form]") ?? $("form[data-scan-form]");
  const scanBox = () => scanForm()?.elements.code;

  // reading keys

  let burst = null; // {text, last, fields, composing, done}
  const inBurst = () => (burst && !burst.done ? burst.text.length : 0);
  let unnamed = false; // Android names no key of a built-in scanner; its text follows as input

  // The US layout, which scanners send; read while an input method hides the characters.
  const US = {
    Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
    Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ", NumpadSubtract: "--", NumpadDecimal: "..",
  };

  function fromCode(code, shift) {
    const last = code.slice(-1);
    if (code.startsWith("Key")) return shift ? last : last.toLowerCase();
    if (/^(Digit|Numpad)\d$/.test(code)) return shift && code[0] === "D" ? ")!@#$%^&*("[last] : last;
    return US[code]?.[Number(shift)];
  }

  /** The character a key press stands for, if any. GS and RS (0x1D, 0x1E) come as Ctrl+] and Ctrl+6. */
  function character(event) {
    const { key, code } = event;
    if (event.isComposing || event.keyCode === 229 || key === "Dead") return fromCode(code, event.shiftKey);
    if (event.ctrlKey && burst && !event.altKey) return { BracketRight: "\x1d", Digit6: "\x1e" }[code];
    const chord = event.ctrlKey || event.altKey || event.metaKey;
    return key.length === 1 && (!chord || event.getModifierState("AltGraph")) ? key : undefined;
  }

  function remember(field) {
    let range = [field.value.length, field.value.length];
    try { range = [field.selectionStart ?? range[0], field.selectionEnd ?? range[1]]; } catch { /* dates have none */ }
    return { value: field.value, range };
  }

  function take(char, now) {
    if (!burst || burst.done || now - burst.last > pause()) burst = { text: "", fields: new Map() };
    // The focus may move during a burst, to the scan box or by an answer that comes in.
    for (const field of [document.activeElement, scanBox()]) {
      if (isField(field) && !burst.fields.has(field)) burst.fields.set(field, remember(field));
    }
    if (burst.text && now - burst.last > gap()) burst.slow = true;
    burst.text += char;
    burst.last = now;
  }

  /** A person who types into the scan box and pauses once: the whole box is meant, not what came after the pause. */
  const isTyped = () => burst.slow && Boolean(burst.fields.get(document.activeElement === scanBox() && scanBox())?.value);

  on("keydown", (event) => {
    const { key, code, timeStamp: now } = event;
    if (/^(Shift|Control|Alt|Meta|Caps|Num)/.test(key) && key.length > 1) return;
    unnamed = event.keyCode === 229 && !code;
    if (unnamed) return;
    const chord = event.ctrlKey || event.altKey || event.metaKey;
    if (!chord && (key === "Enter" || key === "Tab" || code === "Enter" || code === "Tab")) {
      const quick = burst && now - burst.last <= pause();
      if (quick && burst.text.length >= SHORTEST && !isTyped()) finish(event);
      else burst = null;
      return;
    }
    const char = event.repeat ? undefined : character(event);
    if (char === undefined) { burst = null; return; }
    take(char, now);
    if (char === " " && inBurst() > 1 && !isField(event.target)) event.preventDefault(); // it would press a button
    burst.composing ||= event.isComposing || event.keyCode === 229;
  }, true);

  on("beforeinput", ({ inputType, data, timeStamp }) => {
    if (unnamed && inputType === "insertText") take(data, timeStamp);
  }, true);

  /** No end key reaches a form or a button, nor the second one of a scanner that sends Enter and Tab. */
  function finish(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    burst.last = event.timeStamp;
    if (burst.done) return;
    burst.done = true;
    const { text, fields, composing } = burst;
    const [first] = fields.keys();
    const here = first?.dataset.scan === "here" && first;
    fields.forEach((memory, field) => putBack(field, memory, field === here ? text : "", composing));
    if (here) tell(here, text);
    else push(text, false);
  }

  const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  let told = Promise.resolve();

  function tell(field, text) {
    told = told.then(async () => {
      while ($(".htmx-request, .htmx-settling")) await sleep(20);
      const now = $(`#${field.id}`);
      if (!now) return;
      now.value ||= text;
      htmx.trigger(now, "scan", { code: text });
    });
  }

  /** Give a field the value it had before the burst, plus `text` where the cursor was. */
  function putBack(field, { value, range: [start, end] }, text, composing) {
    const wanted = field.matches("select") ? value : value.slice(0, start) + text + value.slice(end);
    const set = () => {
      if (field.value === wanted) return;
      field.value = wanted;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    set();
    if (!composing || document.activeElement !== field) return;
    field.blur(); // ends the composition; what the input method still writes is taken out again
    set();
    field.focus();
    setTimeout(set);
  }

  // sending

  const waiting = []; // {code, id, typed}, oldest first; the first one is on its way
  let sending = false;

  const newToken = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  async function push(code, typed) {
    // The server gives the same id the same answer, so a repeated sending sells nothing twice.
    const id = newToken();
    waiting.push({ code, id, typed });
    if (sending) return;
    sending = true;
    while (waiting.length) {
      const form = scanForm();
      const answer = form && await submit(form, waiting[0]);
      if (!form) document.dispatchEvent(new CustomEvent("scan-find", { detail: waiting.shift().code }));
      else if (answer) show(form, answer, waiting.shift());
      else await sleep(RETRY_MS);
    }
    sending = false;
  }

  /** Send one code through htmx; gives the finished request, or null when nobody answered. */
  async function submit(form, { code, id }) {
    let answer = null;
    const listen = ({ detail }) => { if (detail.requestConfig.elt === form) answer = detail.xhr; };
    on("htmx:afterRequest", listen);
    form.noValidate = true; // the box itself may be empty
    const line = $("[data-lines] [aria-selected=true]")?.dataset.line ?? "";
    await htmx.ajax("POST", form.getAttribute("hx-post") ?? form.action, { source: form, values: { code, scan_id: id, token: id, line } }).catch(() => {});
    document.removeEventListener("htmx:afterRequest", listen);
    return answer?.status ? answer : null;
  }

  /** Hit or miss for ear and eye; the words come from the server. */
  function show(form, answer, { code, typed }) {
    const { status } = answer;
    const box = form.elements.code;
    const verdict = answer.getResponseHeader("X-Scan") ?? (status < 400 ? "hit" : "miss");
    form.dataset.flash = verdict;
    setTimeout(() => { form.dataset.flash = ""; }, verdict === "miss" ? 600 : 120);
    if (document.body.dataset.sounds === "on") tone(...(verdict === "miss" ? [196, 0.28] : [1320, 0.07]));
    if ((status >= 500 || (typed && status >= 400)) && !box.value) {
      box.value = code;
      box.select();
    }
  }

  let audio = null;

  function tone(hertz, seconds) {
    audio ??= new AudioContext();
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    oscillator.connect(new GainNode(audio, { gain: 0.08 })).connect(audio.destination);
    oscillator.start();
    oscillator.stop(audio.currentTime + seconds);
  }

  // A typed code takes the same way; without this script the form is posted as it is.
  on("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-scan-form]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const box = form.elements.code;
    if (box.value.trim()) push(box.value.trim(), true);
    box.value = "";
  }, true);

  window.addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });

  window.quatrefoil = { $, all, on, gap, inBurst, isField, newToken, openDialog, scanBox };
})();

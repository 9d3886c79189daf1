/* The reading field: Enter takes what stands in it and empties it at once, so that nobody waits for the server. Readings go
   one after another; a refused one comes back into the field. A pasted column goes in as a whole. Without this file the
   form is a plain one. Listens on window, before the scanner: in this field a burst of digits is a reading. */
(() => {
  "use strict";

  const field = () => document.querySelector("#reading");
  const waiting = [];
  let isSending = false;

  const token = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  async function send({ address, values, text }) {
    const form = field().form;
    let status = 0;
    const note = ({ detail }) => { status = detail.xhr.status; };
    document.addEventListener("htmx:afterRequest", note);
    await htmx.ajax("POST", address, { source: form, target: "#measured", swap: "innerHTML", values: { ...values, token: token() } }).catch(() => {});
    document.removeEventListener("htmx:afterRequest", note);
    if (status >= 200 && status < 300) return;
    // what was refused comes back, and what was typed after it waits no longer: its place is another
    const lost = waiting.splice(0).map((one) => one.text);
    const input = field();
    if (input && !input.value && text !== undefined) { input.value = text; input.select(); }
    if (lost.length && input) input.title = lost.join(" ");
  }

  async function run() {
    if (isSending) return;
    isSending = true;
    while (waiting.length) await send(waiting.shift());
    isSending = false;
  }

  function take() {
    const input = field();
    const text = input.value;
    input.value = "";
    waiting.push({ address: input.form.action, values: { reading: text }, text });
    run();
  }

  window.addEventListener("keydown", (event) => {
    if (event.target !== field() || event.key !== "Enter" || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take();
  }, true);

  window.addEventListener("submit", (event) => {
    if (event.target !== field()?.form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take();
    field().focus();
  }, true);

  window.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (event.target !== field() || !text.trim().includes("\n")) return;
    event.preventDefault();
    waiting.push({ address: field().form.dataset.column, values: { column: text, reading: "" } });
    run();
  }, true);

  // for whoever waits until keys are taken here
  document.documentElement.dataset.measuring = "ready";
})();

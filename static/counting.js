/* The count sheet: each row's sum and the total while it is typed; Enter and the arrows go from one kind to the next, so that
   a drawer is counted without the mouse and Enter never closes a till. The server adds up again. */
(() => {
  "use strict";

  const fieldsOf = (sheet) => [...sheet.querySelectorAll("[data-value]")];

  function shown(sheet, minor) {
    const { currency, digits } = sheet.dataset;
    const format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) });
    return format.format(minor / 10 ** Number(digits));
  }

  function add(sheet) {
    let total = 0;
    for (const field of fieldsOf(sheet)) {
      const pieces = /^\d{1,6}$/.test(field.value.trim()) ? Number(field.value) : 0;
      const sum = pieces * Number(field.dataset.value);
      field.closest(".kind").querySelector("output").textContent = pieces ? shown(sheet, sum) : "";
      total += sum;
    }
    const whole = sheet.querySelector("[data-sum]");
    whole.textContent = total ? shown(sheet, total) : "–";
  }

  document.addEventListener("input", ({ target }) => {
    const sheet = target.closest?.("[data-count]");
    if (sheet) add(sheet);
  });

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!target.matches?.("[data-count] [data-value]") || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return;
    event.preventDefault();
    const fields = fieldsOf(target.closest("[data-count]"));
    const next = fields[fields.indexOf(target) + step];
    const after = next ?? (step > 0 ? target.form.querySelector("[data-after-count]") : null);
    after?.focus();
    after?.select?.();
  });

  document.querySelectorAll("[data-count]").forEach(add);
})();

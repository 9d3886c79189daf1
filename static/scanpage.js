/* A scan while nothing has the focus goes into the field `data-scan-page`, where the page has one: adding a part needs no
   other hand. Elsewhere, and for what is scanned into another field, everything stays as it is. */
addEventListener("scan-find", (event) => {
  const field = document.querySelector("[data-scan-page]");
  if (!field) return;
  event.stopImmediatePropagation();
  field.value = event.detail;
  field.focus();
  htmx.trigger(field, "scan", { code: event.detail });
}, true);

/* A file field with `data-most` (MB of one file) and `data-together` (MB of all) says `data-too-large` as soon as it
   holds more. Its form is not sent then: over the cap of a request nothing of what was typed would come through. */
document.addEventListener("change", ({ target: field }) => {
  if (!field.matches("input[type=file][data-most]")) return;
  const { most, together, tooLarge } = field.dataset;
  const sizes = [...field.files].map((file) => file.size / 1e6);
  const over = sizes.some((size) => size > most) || sizes.reduce((sum, size) => sum + size, 0) > together;
  field.setCustomValidity(over ? tooLarge : "");
  if (over) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  field.reportValidity();
});

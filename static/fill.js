/* `<button type="button" data-fill="#id" value="…">` writes its value into the field with that id. */
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-fill]");
  if (!button) return;
  const field = document.querySelector(button.dataset.fill);
  field.value = button.value;
  field.focus();
});

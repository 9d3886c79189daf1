/* After signing in over a page: go on with the request that met the closed door. It comes with the dialog's content. */
document.addEventListener("signed-in", ({ detail: { csrf } }) => {
  const door = document.querySelector("#door");
  document.querySelector("meta[name=csrf-token]").content = csrf;
  document.querySelectorAll("[name=csrf_token]").forEach((field) => { field.value = csrf; });
  const { verb, path, elt: source, parameters: values } = door.request;
  door.close();
  if (source.isConnected) htmx.ajax(verb, path, { source, values });
});

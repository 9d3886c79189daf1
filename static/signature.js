/* Signature on `<canvas data-signature="#id">`: the drawing goes as a PNG data URL into the hidden field with that id.
   The typed name beside it is the way without a pointer. `[data-wipe="#id"]` begins anew; `[data-pad]` is shown by this. */
(() => {
  "use strict";

  const INK = "#10161b"; // the pad is white paper in both themes
  const SCALE = Math.min(devicePixelRatio, 2); // finer than that nobody keeps it
  let pen = null, moved = false;

  for (const pad of document.querySelectorAll("[data-pad]")) pad.hidden = false;

  function prepare(pad) {
    if (pad.dataset.ready) return;
    pad.width = pad.clientWidth * SCALE;
    pad.height = pad.clientHeight * SCALE;
    pad.dataset.ready = "yes";
  }

  function draw({ target, offsetX, offsetY }) {
    const scale = target.width / target.clientWidth;
    pen.lineTo(offsetX * scale, offsetY * scale);
    pen.stroke();
  }

  document.addEventListener("pointerdown", (event) => {
    const pad = event.target;
    if (!pad.matches("canvas[data-signature]")) return;
    prepare(pad);
    pen = pad.getContext("2d");
    pen.lineWidth = 2 * SCALE;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = INK;
    pen.beginPath();
    pad.setPointerCapture(event.pointerId);
    moved = false;
    draw(event);
  });

  document.addEventListener("pointermove", (event) => {
    if (!pen) return;
    moved = true;
    draw(event);
  });

  document.addEventListener("pointerup", ({ target }) => {
    if (pen && moved) document.querySelector(target.dataset.signature).value = target.toDataURL("image/png");
    pen = null;
  });

  document.addEventListener("click", ({ target }) => {
    const field = target.closest("[data-wipe]")?.dataset.wipe;
    const pad = field && document.querySelector(`canvas[data-signature="${field}"]`);
    if (!pad) return;
    pad.getContext("2d").clearRect(0, 0, pad.width, pad.height);
    document.querySelector(field).value = "";
  });
})();

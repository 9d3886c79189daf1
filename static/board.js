/* The board by keyboard: arrows walk from card to card, M moves the one that has the focus. The link "Move" of each card
   opens its dialog over the board; without this script it leads to a page that does the same. */
(() => {
  "use strict";

  const columns = () => [...document.querySelectorAll("#columns .col")];
  const cards = (column) => [...column.querySelectorAll(".card")];
  const open = (card) => card?.querySelector("a.open");

  function ask(link) {
    htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog", swap: "innerHTML" });
  }

  /** The card `across` columns and `down` cards from this one, over empty columns. */
  function neighbour(card, across, down) {
    const all = columns();
    const column = card.closest(".col");
    const row = cards(column).indexOf(card);
    if (!across) return cards(column)[row + down];
    for (let at = all.indexOf(column) + across; all[at]; at += across) {
      const found = cards(all[at]);
      if (found.length) return found[Math.min(row, found.length - 1)];
    }
    return null;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#columns a.mv");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.focus();
    ask(link);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const card = document.activeElement.closest?.("#columns .card");
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (down !== undefined && (card || document.activeElement === document.body)) {
      const next = card ? neighbour(card, across, down) : document.querySelector("#columns .card");
      if (!next) return;
      event.preventDefault();
      open(next).focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (event.key.toLowerCase() === "m" && card && document.body.dataset.letterKeys !== "off") {
      // a scan that begins with M goes on within one gap; then its own characters are no key
      const { inBurst, gap } = window.quatrefoil;
      if (inBurst() > 1) return;
      event.preventDefault();
      setTimeout(() => { if (inBurst() <= 1) ask(card.querySelector("a.mv")); }, gap() + 10);
    }
  });
})();

/* tree.js: arrow keys walk a tree of links (决算追溯): up and down by row, right opens, left goes to the row above it. */
(() => {
  "use strict";
  const links = [...document.querySelectorAll("[data-tree] a[data-level]")];
  document.querySelector("[data-tree]")?.addEventListener("keydown", (event) => {
    const here = links.indexOf(event.target.closest("a[data-level]"));
    if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const level = (link) => Number(link.dataset.level);
    const moves = {
      ArrowDown: () => links[here + 1],
      ArrowUp: () => links[here - 1],
      ArrowLeft: () => links.slice(0, here).reverse().find((link) => level(link) < level(links[here])),
      ArrowRight: () => {
        if (links[here].dataset.open === "0") links[here].click();
        return links[here + 1];
      },
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move()?.focus();
  });
  if (location.hash === "#now") document.querySelector("#now a")?.focus({ preventScroll: true });
})();

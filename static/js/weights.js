/* weights.js: the sum of [data-weight] inputs in [data-weights-sum], as typed (评分合计); rows ticked away do not count. */
(() => {
  "use strict";
  const box = document.querySelector("[data-weights-sum]");
  if (!box) return;
  function reckon() {
    let sum = 0;
    document.querySelectorAll("[data-weight]").forEach((field) => {
      const gone = field.closest("tr")?.querySelector("[name$='-DELETE']")?.checked;
      if (!gone) sum += Number.parseInt(field.value, 10) || 0;
    });
    box.textContent = String(sum);
    box.classList.toggle("bad", sum !== 100);
  }
  document.addEventListener("input", reckon);
  document.addEventListener("change", reckon);
  reckon();
})();

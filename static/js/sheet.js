/* sheet.js: the score sheet's bands (档次). Picking a band marks it and, where no point is typed yet, puts its lowest point in. */
(() => {
  "use strict";
  document.querySelectorAll(".bands").forEach((group) => {
    group.addEventListener("change", (event) => {
      const radio = event.target;
      group.querySelectorAll("label").forEach((label) => label.classList.toggle("on", label.contains(radio)));
      const field = document.getElementById(`p-${radio.name.slice(2)}`);
      const typed = parseFloat(field.value);
      if (Number.isNaN(typed) || typed < parseFloat(radio.dataset.low) || typed > parseFloat(radio.dataset.high)) field.focus();
    });
  });
})();

/* lines.js: priced lines (报价明细): quantity × unit price = amount, totals as typed, rows added and removed. Contract:
   <table data-lines [data-ceiling="298000.00"]>; the form holds Django's TOTAL_FORMS, or names without a number.
     <tr data-line [data-norm="600.00"]> with [data-quantity], [data-price] inputs and [data-amount] output,
        [data-norm-says] for 「标准 600.00，高 33%」, [data-norm-reason] (hidden until 33 % over), [data-remove-line] button,
        an input [name$="-DELETE"] where there is one
   <template data-line-template> with __prefix__ in names and ids; a button [data-add-line] beside the table.
   Anywhere in the page: [data-lines-total], [data-lines-capitals], [data-lines-ceiling] (says how far below or above).
   Amounts are whole fen counted with BigInt, half up, as the server counts them. */
(() => {
  "use strict";
  const digits = "零壹贰叁肆伍陆柒捌玖";

  /* "1,200.50" -> [120050n, 2]; null when it is no number */
  function parse(text) {
    const plain = String(text || "").normalize("NFKC").replace(/[\s,，¥元]/g, "");
    const found = /^(\d*)(?:\.(\d*))?$/.exec(plain);
    if (!plain || !found || (!found[1] && !found[2])) return null;
    const decimals = found[2] || "";
    return [BigInt((found[1] || "0") + decimals), decimals.length];
  }
  function amount(quantity, price) {
    const a = parse(quantity);
    const b = parse(price);
    if (!a || !b) return null;
    const scale = a[1] + b[1];
    const product = a[0] * b[0];
    if (scale <= 2) return product * 10n ** BigInt(2 - scale);
    const divisor = 10n ** BigInt(scale - 2);
    return (product * 2n + divisor) / (divisor * 2n);
  }
  function fen(text) {
    const found = parse(text);
    return found && found[1] <= 2 ? found[0] * 10n ** BigInt(2 - found[1]) : null;
  }
  function money(value) {
    const whole = String(value / 100n).replace(/\B(?=(\d{3})+$)/g, ",");
    return `${whole}.${String(value % 100n).padStart(2, "0")}`;
  }
  function read(number) {
    for (const [size, unit] of [[100000000n, "亿"], [10000n, "万"], [1000n, "仟"], [100n, "佰"], [10n, "拾"]]) {
      if (number >= size) {
        const low = number % size;
        return read(number / size) + unit + (low && low < size / 10n ? "零" : "") + read(low);
      }
    }
    return number ? digits[Number(number)] : "";
  }
  function capitals(value) {
    const whole = value / 100n;
    const jiao = Number((value / 10n) % 10n);
    const rest = Number(value % 10n);
    let words = whole || !(value % 100n) ? `${read(whole) || "零"}元` : "";
    if (jiao) words += `${digits[jiao]}角`;
    else if (rest && whole) words += "零";
    return words + (rest ? `${digits[rest]}分` : "整");
  }
  window.platform = Object.assign(window.platform || {}, { capitals, lineAmount: amount, moneyText: money });

  document.querySelectorAll("[data-lines]").forEach((table) => {
    const form = table.closest("form");
    const body = table.tBodies[table.tBodies.length - 1];
    const template = document.querySelector("[data-line-template]");
    const counter = form ? form.querySelector("[name$='-TOTAL_FORMS']") : null;
    const rows = () => [...table.querySelectorAll("[data-line]:not([hidden])")];

    function norm(row) {
      const says = row.querySelector("[data-norm-says]");
      const reason = row.querySelector("[data-norm-reason]");
      const limit = fen(row.dataset.norm);
      const price = fen(row.querySelector("[data-price]").value);
      const over = limit && price && price > limit ? Number(((price - limit) * 100n) / limit) : 0;
      if (says && limit) {
        says.textContent = over ? `标准 ${money(limit)}，高 ${over}%` : `标准 ${money(limit)}`;
        says.classList.toggle("over", over >= 33);
      }
      if (reason) reason.hidden = over < 33 && !reason.querySelector("input, textarea")?.value;
    }

    function reckon() {
      let total = 0n;
      rows().forEach((row, n) => {
        const found = amount(row.querySelector("[data-quantity]").value, row.querySelector("[data-price]").value);
        const box = row.querySelector("[data-amount]");
        if (box) box.textContent = found === null ? "—" : money(found);
        const place = row.querySelector("[data-line-number]");
        if (place) place.textContent = String(n + 1);
        if (found !== null) total += found;
        norm(row);
      });
      document.querySelectorAll("[data-lines-total]").forEach((box) => { box.textContent = money(total); });
      document.querySelectorAll("[data-lines-capitals]").forEach((box) => { box.textContent = `人民币${capitals(total)}`; });
      const ceiling = fen(table.dataset.ceiling);
      document.querySelectorAll("[data-lines-ceiling]").forEach((box) => {
        if (!ceiling) return;
        const over = total > ceiling;
        const gap = Number(((over ? total - ceiling : ceiling - total) * 1000n) / ceiling) / 10;
        box.textContent = over ? `${money(total)} 元，超过最高限价 ${money(ceiling)} 元。请降低单价或数量。` : `${money(total)} ≤ ${money(ceiling)}，低 ${gap.toFixed(1)}%`;
        const row = box.closest("li");
        if (row) { row.classList.toggle("bad", over); row.classList.toggle("ok", !over); }
        box.classList.toggle("bad", over);
      });
      table.dispatchEvent(new CustomEvent("lines:changed", { bubbles: true, detail: { total: money(total) } }));
    }

    function add() {
      const number = counter ? Number(counter.value) : rows().length;
      const holder = document.createElement("tbody");
      holder.append(template.content.cloneNode(true));
      holder.querySelectorAll("*").forEach((one) => [...one.attributes].forEach((attribute) => {
        if (attribute.value.includes("__prefix__")) one.setAttribute(attribute.name, attribute.value.replaceAll("__prefix__", String(number)));
      }));
      const row = holder.firstElementChild;
      const last = rows().at(-1);
      if (last) last.after(row); else body.prepend(row);
      if (counter) counter.value = String(number + 1);
      reckon();
      row.querySelector("input:not([type=hidden]), select")?.focus();
      window.platform.say?.("已加一行");
    }

    function remove(row) {
      const flag = row.querySelector("[name$='-DELETE']");
      const next = row.nextElementSibling?.querySelector("input") || document.querySelector("[data-add-line]");
      if (flag) { if (flag.type === "checkbox") flag.checked = true; else flag.value = "on"; row.hidden = true; }
      else if (!counter) row.remove();
      else { row.querySelectorAll("input:not([type=hidden]), textarea").forEach((field) => { field.value = ""; }); row.hidden = true; }
      reckon();
      form?.dispatchEvent(new Event("input", { bubbles: true }));
      next?.focus();
      window.platform.say?.("已去掉一行");
    }

    table.addEventListener("input", reckon);
    table.addEventListener("focusout", (event) => {
      if (!event.target.matches("[data-price]")) return;
      const value = fen(event.target.value);
      if (value !== null) event.target.value = money(value);
    });
    table.addEventListener("click", (event) => { const button = event.target.closest("[data-remove-line]"); if (button) remove(button.closest("[data-line]")); });
    document.querySelectorAll("[data-add-line]").forEach((button) => button.addEventListener("click", (event) => { event.preventDefault(); add(); }));
    reckon();
  });
})();

/* resume.js: what was typed outlives a session that ended (登录过期，填的还在).
   Kept in this tab alone, from the moment a form is sent or the idle warning comes up; shown again once, to the same person, at the
   same address, when a log-in came between. Never a password, a file, a hidden field, or a form whose text is sealed. */
(() => {
  "use strict";
  const KEY = "resume";
  const person = document.body.dataset.person || "";
  const here = location.pathname + location.search;
  const take = () => {
    const text = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return text ? JSON.parse(text) : null;
  };
  // Not form.method and form.action: a field of that name stands in their way.
  const posts = (form) => (form.getAttribute("method") || "").toLowerCase() === "post";
  const typed = (form) => [...form.elements].filter((field) =>
    field.name && field.matches("input, textarea, select") && !field.matches("[type=hidden], [type=password], [type=file], [type=submit], [data-type-again]"));

  function keep(form) {
    if (!person || !posts(form) || form.hasAttribute("data-sealed") || !form.closest("main, dialog")) return;
    const fields = typed(form).map((field) => [field.name, field.matches("[type=checkbox], [type=radio]") ? [field.value, field.checked] : field.value]);
    const address = new URL(form.getAttribute("action") || "", location.href);
    if (fields.length) sessionStorage.setItem(KEY, JSON.stringify({ person, path: address.pathname + address.search, fields }));
  }

  function restore(kept) {
    const form = [...document.querySelectorAll("main form")].find((each) => posts(each) && typed(each).length);
    if (!form) return;
    const values = new Map();
    kept.fields.forEach(([name, value]) => values.set(name, [...(values.get(name) || []), value]));
    typed(form).forEach((field) => {
      const mine = values.get(field.name);
      if (!mine) return;
      if (field.matches("[type=checkbox], [type=radio]")) {
        const same = mine.find(([value]) => value === field.value);
        if (same) field.checked = same[1];
      } else if (mine.length) field.value = mine.shift();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    const note = document.createElement("div");
    note.className = "note info";
    note.setAttribute("role", "status");
    note.dataset.resumed = "";
    note.append(Object.assign(document.createElement("div"), { className: "grow", textContent: "刚才登录过期，没有办成。您填的内容已放回表单，请核对后再提交；文件和密码要重新填。" }));
    form.prepend(note);
    note.scrollIntoView({ block: "center" });
  }

  const kept = take();
  if (kept && !person && document.querySelector("form [name=password]")) sessionStorage.setItem(KEY, JSON.stringify({ ...kept, back: true }));
  else if (kept && kept.back && kept.person === person && kept.path === here) restore(kept);
  document.addEventListener("submit", (event) => keep(event.target));
  document.addEventListener("leaving", () => document.querySelectorAll("main form").forEach(keep));
})();

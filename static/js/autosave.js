/* autosave.js: drafts saved as typed (随写随存). Contract:
   <form data-autosave-url="/w/…/draft/" [data-sealed] [data-draft-version="3"]> with one [data-autosave-state] (components/autosave.html).
   1 s after the last key and on leaving a field: POST, form-encoded, all fields but files, token, password and idempotency key,
   plus draft_version and force=1 when the person chose the own text after a conflict.
   Answers: 200 {"saved_at": "14:12", "version": 4, "totals": {"name": "text"}} · 409 {"message", "device", "at", "version", "content": {field: text}}
            · 401/403 session over · 422 {"message"} · anything else counts as not saved.
   totals fill [data-total="name"]. A sealed form (data-sealed: a bid) is never kept on this machine. */
(() => {
  "use strict";
  const skip = new Set(["csrfmiddlewaretoken", "idempotency_key", "password", "version", "reason_password"]);
  document.querySelectorAll("form[data-autosave-url]").forEach((form) => {
    const url = form.dataset.autosaveUrl;
    const sealed = form.hasAttribute("data-sealed");
    const key = `draft:${url}`;
    const state = document.querySelector("[data-autosave-state]");
    const text = state ? state.querySelector("[data-autosave-text]") : null;
    let version = form.dataset.draftVersion || "";
    let timer = 0;
    let sending = null;
    let dirty = false;
    let sentText = pack();

    function show(kind, words) {
      if (!state) return;
      state.dataset.state = kind;
      text.textContent = words;
    }
    function pack() {
      const data = new URLSearchParams();
      new FormData(form).forEach((value, name) => { if (!skip.has(name) && typeof value === "string") data.append(name, value); });
      return data.toString();
    }
    const clock = () => new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

    function later(wait) {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    }

    async function save(force = false) {
      clearTimeout(timer);
      if (sending) { timer = setTimeout(save, 400); return; }
      const body = pack();
      if (body === sentText && force !== true) { dirty = false; return; }
      show("saving", "正在保存");
      const data = new URLSearchParams(body);
      data.append("draft_version", version);
      if (force === true) data.append("force", "1");
      try {
        sending = fetch(url, { method: "POST", body: data, credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": window.platform.token(), "X-Requested-With": "fetch", Accept: "application/json" } });
        await take(await sending, body);
      } catch {
        offline(body);
      } finally {
        // Only now: a save that began before the answer was read would carry the version before, and meet itself.
        sending = null;
      }
    }

    async function take(answer, body) {
      if (answer.ok) {
        const said = await answer.json();
        version = said.version ?? version;
        sentText = body;
        dirty = pack() !== body;
        if (!sealed) localStorage.removeItem(key);
        show("saved", `${said.saved_at || clock()} 已自动保存`);
        Object.entries(said.totals || {}).forEach(([name, words]) => document.querySelectorAll(`[data-total="${name}"]`).forEach((box) => { box.textContent = words; }));
        document.dispatchEvent(new CustomEvent("saved"));
        if (dirty) later(1000);
        return;
      }
      if (answer.status === 409) { conflict(await answer.json()); return; }
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        keep(body);
        show("bad", sealed ? "登录已过期，还没保存。请在新窗口登录后回来，不要关闭本页" : "登录已过期，已存在本机。请重新登录");
        return;
      }
      let said = {};
      try { said = await answer.json(); } catch { /* a page, not JSON */ }
      show("bad", said.message || "这次没有保存，会再试");
      if (answer.status >= 500) timer = setTimeout(save, 8000);
    }

    function keep(body) {
      if (!sealed) localStorage.setItem(key, JSON.stringify({ at: clock(), body }));
    }
    function offline(body) {
      keep(body);
      show("local", sealed ? "没有网络，还没保存。请不要关闭本页" : "没有网络，已存在本机");
      timer = setTimeout(save, 15000);
    }

    /* Another device has saved since: both texts stand side by side, nothing typed is lost. */
    function conflict(said) {
      show("bad", "另一台设备改过这份草稿");
      const box = document.createElement("div");
      box.className = "note bad";
      box.setAttribute("role", "alert");
      const inside = document.createElement("div");
      inside.className = "grow";
      const head = document.createElement("b");
      head.textContent = said.message || `另一台设备${said.device ? `（${said.device}）` : ""}${said.at ? `在 ${said.at} ` : ""}保存过这份草稿。您写的还在。`;
      inside.append(head);
      const mine = new URLSearchParams(pack());
      Object.entries(said.content || {}).forEach(([name, theirs]) => {
        const own = mine.getAll(name).join("、");
        if (own === String(theirs)) return;
        const label = form.elements[name]?.labels?.[0]?.textContent || name;
        inside.append(pair(label, own, String(theirs)));
      });
      const row = document.createElement("div");
      row.className = "row-x mt";
      row.append(button("用我这份", "btn btn-primary btn-sm", () => { version = said.version ?? version; box.remove(); save(true); }),
        button("用那一份", "btn btn-quiet btn-sm", () => { window.location.reload(); }));
      inside.append(row);
      box.append(inside);
      form.querySelectorAll("[data-draft-conflict]").forEach((old) => old.remove());
      box.setAttribute("data-draft-conflict", "");
      form.prepend(box);
      box.scrollIntoView({ block: "nearest" });
    }
    function pair(label, own, theirs) {
      const holder = document.createElement("div");
      holder.className = "diff";
      [["您写的", own], ["那一份", theirs]].forEach(([head, words]) => {
        const side = document.createElement("div");
        const title = document.createElement("b");
        title.textContent = `${label} · ${head}`;
        side.append(title, words || "（空）");
        holder.append(side);
      });
      return holder;
    }
    function button(words, css, act) {
      const made = document.createElement("button");
      made.type = "button";
      made.className = css;
      made.textContent = words;
      made.addEventListener("click", act);
      return made;
    }

    /* What stayed on this machine when the network was away */
    const kept = sealed ? null : localStorage.getItem(key);
    if (kept) {
      const { at, body } = JSON.parse(kept);
      const box = document.createElement("div");
      box.className = "note warn";
      const words = document.createElement("div");
      words.className = "grow";
      words.textContent = `本机还有一份没上传的草稿（${at}）。`;
      box.append(words,
        button("用这份", "btn btn-line btn-sm", () => { fill(body); box.remove(); later(0); }),
        button("不要了", "btn btn-quiet btn-sm", () => { localStorage.removeItem(key); box.remove(); }));
      form.prepend(box);
    }
    function fill(body) {
      const data = new URLSearchParams(body);
      [...new Set(data.keys())].forEach((name) => {
        const field = form.elements[name];
        if (!field) return;
        const values = data.getAll(name);
        const boxes = field instanceof RadioNodeList ? [...field] : [field];
        boxes.forEach((one, n) => {
          if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
          else if (one.type !== "file") one.value = values[n] ?? "";
        });
      });
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }

    form.addEventListener("input", () => later(1000));
    form.addEventListener("change", () => later(300));
    form.addEventListener("focusout", () => { if (dirty) later(0); });
    document.addEventListener("leaving", () => { if (dirty) save(); });
    window.addEventListener("online", () => { if (dirty || pack() !== sentText) save(); });
    window.addEventListener("offline", () => { if (dirty) offline(pack()); });
    form.addEventListener("submit", () => { clearTimeout(timer); dirty = false; if (!sealed) localStorage.removeItem(key); });
    window.addEventListener("beforeunload", (event) => { if (dirty && pack() !== sentText) { save(); event.preventDefault(); } });
  });
})();

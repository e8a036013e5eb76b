/* queue.js: forms that survive a weak network (离线记录). A form with data-queue is kept in the browser's database before it is sent,
   sent with its idempotency key, and forgotten only when the platform has answered; closing the page loses nothing.
   What waits belongs to the person who made it (body data-person) and is sent by any page of the desk, one at a time, in its order. */
(() => {
  "use strict";
  const NAME = "activities";
  const person = document.body.dataset.person || "";
  const $ = (selector, root = document) => root.querySelector(selector);
  if (!window.indexedDB || !person) return;

  /* The database: what waits to be sent, and what is still being filled in ------------- */
  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("waiting", { keyPath: "key" });
      asked.result.createObjectStore("drafts", { keyPath: "url" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  async function store(name, mode, act) {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode);
      const asked = act(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
  const put = (name, row) => store(name, "readwrite", (rows) => rows.put(row));
  const drop = (name, key) => store(name, "readwrite", (rows) => rows.delete(key));
  const get = (name, key) => store(name, "readonly", (rows) => rows.get(key));
  const mine = async () => (await store("waiting", "readonly", (rows) => rows.getAll()))
    .filter((row) => row.owner === person).sort((a, b) => a.at - b.at);

  /* One form as plain values and files, and back ----------------------------------------- */
  function packed(form) {
    const fields = [];
    const files = [];
    for (const [name, value] of new FormData(form)) {
      if (value instanceof File) { if (value.size) files.push({ name, file: value }); }
      else if (name !== "csrfmiddlewaretoken") fields.push([name, value]);
    }
    return { fields, files };
  }
  const cookie = (name) => (document.cookie.split("; ").find((each) => each.startsWith(`${name}=`)) || "").split("=")[1] || "";
  const token = () => ($("[name=csrfmiddlewaretoken]") || {}).value || cookie("csrftoken");

  /* Sending one: "sent" | "later" (no network, or the platform is down) | "login" | "refused" -- */
  async function send(row) {
    const body = new FormData();
    row.fields.forEach(([name, value]) => body.append(name, value));
    row.files.forEach(({ name, file }) => body.append(name, file, file.name));
    let answer;
    try {
      answer = await fetch(row.url, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" },
      });
    } catch { return { end: "later" }; }
    if (answer.status === 401 || new URL(answer.url).pathname.startsWith("/accounts/")) return { end: "login" };
    if (answer.redirected && answer.ok) return { end: "sent", url: answer.url };
    if (answer.status >= 500 || answer.status === 429) return { end: "later" };
    return { end: "refused" };
  }
  async function settle(row, result) {
    if (result.end === "sent") {
      await drop("waiting", row.key);
      await drop("drafts", row.url);
    } else if (result.end === "refused" && row.state !== "refused") {
      await put("drafts", { url: row.url, owner: row.owner, fields: row.fields, files: row.files, at: row.at });
      await put("waiting", { ...row, state: "refused" });
    }
  }

  /* Sending all that waits; never twice at a time, not even from two windows ----------------- */
  let running = null;
  const alone = (act) => (navigator.locks ? navigator.locks.request(`${NAME}-queue`, act) : act());
  function flush() {
    running = running || alone(async () => {
      let login = false;
      await show(login, navigator.onLine);
      for (const row of (await mine()).filter((each) => each.state === "waiting")) {
        if (!await get("waiting", row.key)) continue;
        const result = await send(row);
        await settle(row, result);
        if (result.end === "sent" && window.platform && window.platform.toast) window.platform.toast(`已上传：${row.title}`);
        login = result.end === "login";
        if (login || result.end === "later") break;
      }
      await show(login);
    }).catch(() => show(false)).finally(() => { running = null; });
    return running;
  }

  /* What the person sees of it ---------------------------------------------------------------- */
  async function show(login = false, sending = false) {
    const rows = await mine();
    const waiting = rows.filter((row) => row.state === "waiting");
    const refused = rows.filter((row) => row.state === "refused");
    let bar = $("[data-queue-bar]");
    if (!rows.length) { if (bar) bar.remove(); return; }
    if (!bar) {
      bar = document.createElement("div");
      bar.className = "offline";
      bar.setAttribute("role", "status");
      bar.dataset.queueBar = "";
      ($("#main") || document.body).before(bar);
    }
    bar.replaceChildren();
    if (waiting.length) {
      const why = !navigator.onLine ? "没有网络。" : login ? "请重新登录。" : "";
      bar.append(sending ? `正在上传 ${waiting.length} 条记录，可以离开这一页` : `${why}${waiting.length} 条记录已存在本机，联网后自动上传`);
    }
    refused.forEach((row) => {
      const line = document.createElement("div");
      const link = document.createElement("a");
      link.href = row.url;
      link.textContent = "打开看看";
      const away = document.createElement("button");
      away.type = "button";
      away.className = "linkb";
      away.textContent = "不再上传";
      away.addEventListener("click", async () => { await drop("waiting", row.key); await drop("drafts", row.url); await show(); });
      line.append(`「${row.title}」没有收下，您填的还在本机。`, link, " ", away);
      bar.append(line);
    });
  }

  /* A form that is kept --------------------------------------------------------------------- */
  const form = $("form[data-queue]");
  const address = (each) => new URL(each.getAttribute("action") || window.location.pathname, window.location.href).pathname;
  function filled(rows) {
    const chosen = new Map(rows.fields);
    for (const field of form.elements) {
      if (!field.name || ["csrfmiddlewaretoken", "idempotency_key", "version", "captured_at"].includes(field.name)) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = chosen.get(field.name) === field.value;
      else if (field.type !== "file" && chosen.has(field.name)) field.value = chosen.get(field.name);
    }
  }
  function shown(rows) {
    const field = $("input[type=file]", form);
    if (!field || !rows.files.length) return;
    const files = new DataTransfer();
    rows.files.forEach(({ file }) => files.items.add(file));
    field.files = files.files;
    field.dispatchEvent(new Event("restored"));
  }
  async function queued() {
    form.hidden = true;
    const note = $("[data-queued]");
    if (note) { note.hidden = false; note.scrollIntoView({ block: "nearest" }); }
    await show();
  }
  async function begin() {
    const url = address(form);
    const held = (await mine()).find((row) => row.url === url && row.state === "waiting");
    if (held) { await queued(); return; }
    const draft = await get("drafts", url);
    if (draft && draft.owner === person) {
      if (!("bound" in form.dataset)) filled(draft);
      shown(draft);
    }
    let later = 0;
    const keep = () => {
      clearTimeout(later);
      later = setTimeout(() => put("drafts", { url, owner: person, at: Date.now(), ...packed(form) }), 300);
    };
    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    form.addEventListener("click", (event) => { if (event.target.closest("[data-by]")) keep(); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (form.dataset.sent) return;
      form.dataset.sent = "1";
      clearTimeout(later);
      const button = $("[data-send]", form);
      if (button) button.setAttribute("aria-busy", "true");
      form.elements.captured_at.value = new Date().toISOString();
      const row = {
        key: form.elements.idempotency_key.value, owner: person, url, title: form.dataset.title || "",
        at: Date.now(), state: "waiting", ...packed(form),
      };
      let result = { end: "later" };
      try {
        await put("waiting", row);
        await put("drafts", { url, owner: person, at: row.at, fields: row.fields, files: row.files });
        if (navigator.onLine) result = await alone(() => send(row));
      } catch { form.submit(); return; }
      if (result.end === "sent") {
        await settle(row, result);
        window.location.assign(result.url);
      } else if (result.end === "refused") {
        // The page that says why comes with the form sent the plain way; the draft keeps the pictures.
        for (const old of await mine()) if (old.url === url) await drop("waiting", old.key);
        form.submit();
      } else {
        await queued();
      }
    });
  }

  window.addEventListener("online", flush);
  window.addEventListener("offline", () => show());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  setInterval(async () => { if (navigator.onLine && (await mine()).some((row) => row.state === "waiting")) flush(); }, 30000);
  (form ? begin() : Promise.resolve()).then(() => flush());
})();

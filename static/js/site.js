/* site.js: what every page does beyond HTML (对话框、提示、防重复提交、会话提醒). Nothing here is needed to use the platform.
   Contracts, all by data attributes:
   data-menu                 <details> that closes on Esc and outside clicks
   data-open-dialog="#id"    opens a <dialog>; data-close-dialog closes it; a[data-dialog] loads a verb's card into one
   data-type-again="TEXT"    input that must repeat TEXT before its form may be sent
   data-once                 form that is sent once; data-idempotency fills an empty key
   data-auto-submit          filter form that is sent when a select changes
   data-copy="TEXT"          click copies TEXT
   data-focus                gets the focus on load
   data-fill-user/-password  fills the log-in form (demonstration)
   data-max-bytes            limit of a file input
   data-count                textarea that counts its characters
   HX-Trigger: {"toast": {"text": "…", "kind": "ok|warn|bad|info"}}  shows a toast */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (name, selector, act) => document.addEventListener(name, (event) => {
    const found = event.target instanceof Element ? event.target.closest(selector) : null;
    if (found) act(event, found);
  });
  document.documentElement.classList.add("js");

  const token = () => ($("[name=csrfmiddlewaretoken]") || {}).value || "";
  const say = (text) => { const box = $("[data-say]"); if (box) box.textContent = text; };
  window.platform = { token, say };

  /* Toasts ------------------------------------------------------------------ */
  const leave = (toast) => { toast.classList.add("out"); setTimeout(() => toast.remove(), 300); };
  const wait = (toast) => { if (!toast.hasAttribute("data-stay")) setTimeout(() => leave(toast), 6000); };
  function showToast(text, kind = "ok") {
    const template = $("[data-toast-template]");
    const box = $("[data-toasts]");
    if (!template || !box || !text) return;
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.classList.add(kind);
    if (kind === "bad") toast.setAttribute("data-stay", "");
    $(".grow", toast).textContent = text;
    box.append(toast);
    wait(toast);
  }
  window.platform.toast = showToast;
  all("[data-toast]").forEach(wait);
  on("click", "[data-dismiss]", (event, button) => leave(button.closest("[data-toast]")));
  document.addEventListener("toast", (event) => showToast(event.detail.text || event.detail.value, event.detail.kind));

  /* Menus, side sheet, filter sheet ------------------------------------------ */
  const shut = (menu, focus) => { if (menu.open) { menu.open = false; if (focus) $("summary", menu).focus(); } };
  document.addEventListener("click", (event) => all("[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) shut(menu); }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all("[data-menu][open]").forEach((menu) => shut(menu, true));
      if ($(".side.open")) side(false);
      all(".filt.open").forEach((form) => filter(form, false));
    }
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = all("[data-find], .filt [type=search]").find((field) => field.offsetParent);
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    }
  });
  function side(open) {
    const sheet = $(".side");
    sheet.classList.toggle("open", open);
    const target = open ? $("a", sheet) : $("[data-side-open]");
    if (target) target.focus();
  }
  on("click", "[data-side-open]", (event) => { event.preventDefault(); side(!$(".side").classList.contains("open")); });
  on("click", "[data-side-close]", (event) => { event.preventDefault(); side(false); });
  function filter(form, open) {
    form.classList.toggle("open", open);
    const button = $("[data-filter-open]", form);
    button.setAttribute("aria-expanded", String(open));
    if (!open) button.focus();
  }
  on("click", "[data-filter-open]", (event, button) => { const form = button.closest(".filt"); filter(form, !form.classList.contains("open")); });
  on("click", "[data-filter-close]", (event, button) => filter(button.closest(".filt"), false));
  const bare = (form) => all("input, select", form).forEach((field) => { if (!field.value) field.disabled = true; });
  on("submit", "[data-auto-submit]", (event, form) => bare(form));
  on("change", "[data-auto-submit] select", (event, field) => {
    const form = field.form;
    const sheet = field.closest("[data-filter-sheet]");
    if (sheet && getComputedStyle(sheet).position === "fixed") return;
    form.requestSubmit();
  });

  /* Dialogs ------------------------------------------------------------------ */
  let opener = null;
  function openDialog(dialog, from) {
    opener = from;
    dialog.showModal();
    ready(dialog);
    const first = $("[data-focus], input:not([type=hidden]), textarea, select", dialog);
    if (first) first.focus();
  }
  document.addEventListener("close", (event) => { if (opener && event.target.matches("dialog")) { opener.focus(); opener = null; } }, true);
  on("click", "[data-open-dialog]", (event, button) => { event.preventDefault(); openDialog($(button.dataset.openDialog), button); });
  on("click", "[data-close-dialog]", (event, button) => {
    const dialog = button.closest("dialog");
    if (dialog) { event.preventDefault(); dialog.close(); }
  });
  on("click", "a[data-dialog]", async (event, link) => {
    const frame = $("[data-dialog-frame]");
    if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { headers: { "X-Requested-With": "fetch" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const card = $("[data-verb]", page);
      if (!answer.ok || !card) throw new Error("no card");
      const form = $("form", card);
      if (!form.getAttribute("action")) form.setAttribute("action", link.href);
      frame.replaceChildren(document.importNode(card, true));
      const head = $("h1", frame);
      if (head) { head.id = "dialog-h"; frame.setAttribute("aria-labelledby", "dialog-h"); }
      openDialog(frame, link);
    } catch { window.location.assign(link.href); }
  });

  /* Sending: once, with a key, after typing again ------------------------------ */
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const plain = (text) => text.normalize("NFKC").replace(/[\s,，¥元]/g, "");
  function check(field) {
    const button = $("button:not([type=button])", field.form);
    const same = plain(field.value) === plain(field.dataset.typeAgain);
    if (button) button.setAttribute("aria-disabled", String(!same));
    return same;
  }
  on("input", "[data-type-again]", (event, field) => { check(field); field.removeAttribute("aria-invalid"); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const again = $("[data-type-again]", form);
    if (again && !check(again)) {
      event.preventDefault();
      again.setAttribute("aria-invalid", "true");
      again.focus();
      say("和要求的不一样，请照抄一遍");
      return;
    }
    if (form.hasAttribute("data-download")) return; // the page stays
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.getAttribute("method") === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      all("button:not([type=button])", form).forEach((button) => button.setAttribute("aria-busy", "true"));
      const bar = $("[data-run-bar]");
      if (bar) bar.classList.add("on");
    }
  });
  window.addEventListener("pageshow", () => {
    all("form[data-sent]").forEach((form) => delete form.dataset.sent);
    all("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    all("[data-run-bar]").forEach((bar) => bar.classList.remove("on"));
    all(".filt :disabled").forEach((field) => { field.disabled = false; });
  });
  on("click", "[aria-disabled=true]", (event, thing) => {
    event.preventDefault();
    const why = thing.getAttribute("aria-describedby");
    if (why && document.getElementById(why)) say(document.getElementById(why).textContent);
  });
  on("submit", "[data-logout]", () => {
    Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
  });

  /* Fields ------------------------------------------------------------------- */
  const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
  on("change", "input[type=file]", (event, field) => {
    const list = $(`[data-picked="${field.id}"]`);
    const limit = Number(field.dataset.maxBytes || 0);
    const large = limit ? [...field.files].find((file) => file.size > limit) : null;
    field.setCustomValidity(large ? `${large.name} 有 ${size(large.size)}，超过 ${size(limit)}。请压缩后再选。` : "");
    if (large) field.reportValidity();
    if (list) {
      list.replaceChildren(...[...field.files].map((file) => {
        const row = document.createElement("li");
        row.textContent = `${file.name}　${size(file.size)}`;
        return row;
      }));
    }
  });
  function count(field) {
    let box = field.nextElementSibling;
    if (!box || !box.matches(".count")) {
      box = document.createElement("span");
      box.className = "count hint num";
      field.after(box);
    }
    box.textContent = `${[...field.value].length} / ${field.maxLength}`;
  }
  on("input", "textarea[data-count]", (event, field) => count(field));
  on("click", "[data-peek]", (event, button) => {
    const field = $(button.dataset.peek);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.setAttribute("aria-label", shown ? "隐藏密码" : "显示密码");
  });
  on("click", "[data-fill-user]", (event, button) => {
    $("[name=username]").value = button.dataset.fillUser;
    $("[name=password]").value = button.dataset.fillPassword || "";
    $(button.dataset.fillPassword ? "form .btn-primary" : "[name=password]").focus();
  });
  on("click", "[data-copy]", async (event, thing) => {
    try { await navigator.clipboard.writeText(thing.dataset.copy); showToast("已复制"); } catch { say("这个浏览器不让复制"); }
  });
  on("click", "[data-print]", (event) => { event.preventDefault(); window.print(); });
  function ready(root) {
    all("[data-idempotency]", root).forEach((field) => { if (!field.value) field.value = newKey(); });
    all("[data-type-again]", root).forEach(check);
    all("textarea[data-count][maxlength]", root).forEach(count);
  }
  ready(document);
  const focus = $("[data-focus]");
  if (focus) focus.focus();

  /* htmx: token, thin bar after 300 ms, refusals shown, unattended polls ---------- */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.requestConfig.headers["X-Unattended"]) $("[data-run-bar]")?.classList.add("on");
  });
  document.addEventListener("htmx:afterRequest", () => $("[data-run-bar]")?.classList.remove("on"));
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([409, 422].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:sendError", () => showToast("没有网络，这一步没有送出。恢复后再试。", "warn"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    showToast(status === 403 ? "登录已过期，或这一步不归您办。请刷新本页。" : `这一步没有办成（${status}）。请刷新后再试。`, "bad");
  });
  document.addEventListener("htmx:afterSwap", (event) => ready(event.target));

  /* Session: warn five minutes before its end -------------------------------------- */
  const seconds = Number(document.body.dataset.sessionSeconds || 0);
  const idle = $("[data-idle]");
  if (seconds && idle) {
    const warning = Math.min(300, seconds / 2);
    let last = Date.now();
    const stay = async () => {
      last = Date.now();
      if (idle.open) idle.close();
      try { await fetch(document.body.dataset.keepalive, { method: "HEAD", credentials: "same-origin" }); } catch { /* the next save says so */ }
    };
    document.addEventListener("saved", () => { last = Date.now(); });
    document.addEventListener("htmx:afterRequest", (event) => { if (!event.detail.requestConfig.headers["X-Unattended"]) last = Date.now(); });
    $("[data-idle-stay]").addEventListener("click", stay);
    setInterval(() => {
      const left = seconds - (Date.now() - last) / 1000;
      if (left <= 0) { window.location.reload(); return; }
      if (left > warning) return;
      $("[data-idle-left]").textContent = left >= 60 ? `${Math.ceil(left / 60)} 分钟` : `${Math.ceil(left)} 秒`;
      if (!idle.open && !$("dialog[open]")) { document.dispatchEvent(new CustomEvent("leaving")); idle.showModal(); }
    }, 1000);
  }
})();
